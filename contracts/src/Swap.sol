// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// The arithmetic of an exchange with concentrated liquidity: the state is one square root of a
/// price (96 fractional bits), liquidity differs from range to range, and a trade walks through the
/// ranges until its amount is spent. Full 512-bit products, divisions with both roundings.
contract Swap {
    uint256 private constant ONE = 1 << 96;
    uint256 private constant STEP = 79466191966197645195421774832; // sqrt(1.0001^60), 96 bits
    uint256 private constant RANGES = 64;
    uint256 private constant FEE = 3000; // of 10^6

    uint256[RANGES + 1] private bounds; // rising; range i lies between bounds i and i+1
    uint256[RANGES] private liquidity;
    uint256 private price;
    uint256 private range;

    error TooBig();

    constructor() {
        bounds[0] = ONE * 9 / 10;
        for (uint256 i = 0; i < RANGES; i++) {
            bounds[i + 1] = mulDiv(bounds[i], STEP, ONE);
            liquidity[i] = 10 ** 21 + uint256(keccak256(abi.encode(i))) % 10 ** 21;
        }
        range = RANGES / 2;
        price = (bounds[range] + bounds[range + 1]) / 2;
    }

    /// `count` trades with amounts from a hash chain; answers where the price ends, what was paid
    /// out and what found no liquidity.
    function run(uint256 count)
        external
        returns (uint256 end, uint256 paid0, uint256 paid1, uint256 left)
    {
        unchecked {
            bytes32 seed = bytes32(count);
            for (uint256 i = 0; i < count; i++) {
                seed = keccak256(abi.encode(seed));
                uint256 amount = uint256(seed >> 8) % (2 * 10 ** 19);
                bool rising = uint256(seed) & 1 == 1;
                (uint256 paid, uint256 rest) = trade(amount - amount * FEE / 10 ** 6, rising);
                (paid0, paid1) = rising ? (paid0 + paid, paid1) : (paid0, paid1 + paid);
                left += rest;
            }
            end = price;
        }
    }

    /// Spends `amount` of token 1 (rising) or token 0 (falling).
    function trade(uint256 amount, bool rising) private returns (uint256 paid, uint256 rest) {
        unchecked {
            uint256 here = range;
            uint256 level = price;
            while (true) {
                uint256 depth = liquidity[here];
                uint256 limit = rising ? bounds[here + 1] : bounds[here];
                uint256 room = rising
                    ? amount1(depth, level, limit, true)
                    : amount0(depth, limit, level, true);
                bool crosses = amount >= room;
                uint256 next = crosses ? limit : stepped(depth, level, amount, rising);
                paid += rising
                    ? amount0(depth, level, next, false)
                    : amount1(depth, next, level, false);
                amount = crosses ? amount - room : 0;
                level = next;
                if (amount == 0 || here == (rising ? RANGES - 1 : 0)) {
                    break;
                }
                here = rising ? here + 1 : here - 1;
            }
            (price, range) = (level, here);
            rest = amount;
        }
    }

    /// The price after `amount` of the paid token, inside one range; rounded against the trader.
    function stepped(uint256 depth, uint256 from, uint256 amount, bool rising)
        private
        pure
        returns (uint256)
    {
        unchecked {
            if (rising) {
                return from + mulDiv(amount, ONE, depth);
            }
            uint256 scaled = depth << 96;
            return mulDivUp(scaled, from, scaled + amount * from);
        }
    }

    /// Token 0 between two prices: depth * (high - low) / (high * low).
    function amount0(uint256 depth, uint256 low, uint256 high, bool up)
        private
        pure
        returns (uint256)
    {
        unchecked {
            if (up) {
                return (mulDivUp(depth << 96, high - low, high) + low - 1) / low;
            }
            return mulDiv(depth << 96, high - low, high) / low;
        }
    }

    /// Token 1 between two prices: depth * (high - low).
    function amount1(uint256 depth, uint256 low, uint256 high, bool up)
        private
        pure
        returns (uint256)
    {
        unchecked {
            return up ? mulDivUp(depth, high - low, ONE) : mulDiv(depth, high - low, ONE);
        }
    }

    function mulDivUp(uint256 a, uint256 b, uint256 divisor) private pure returns (uint256) {
        unchecked {
            return mulDiv(a, b, divisor) + (mulmod(a, b, divisor) > 0 ? 1 : 0);
        }
    }

    /// floor(a * b / divisor) with the full product. The remainder is taken off, the powers of two
    /// are divided out of both, and what is left is an exact division: a product with the inverse
    /// of the odd divisor modulo 2^256.
    function mulDiv(uint256 a, uint256 b, uint256 divisor) private pure returns (uint256) {
        unchecked {
            uint256 low = a * b;
            uint256 spread = mulmod(a, b, type(uint256).max);
            uint256 high = spread - low - (spread < low ? 1 : 0);
            if (high == 0) {
                return low / divisor;
            }
            if (high >= divisor) {
                revert TooBig();
            }
            uint256 remainder = mulmod(a, b, divisor);
            high -= remainder > low ? 1 : 0;
            low -= remainder;
            uint256 twos = divisor & (0 - divisor);
            divisor /= twos;
            low = low / twos | high * ((0 - twos) / twos + 1);
            uint256 inverse = (3 * divisor) ^ 2; // right in the lowest 4 bits
            for (uint256 bits = 4; bits < 256; bits *= 2) {
                inverse *= 2 - divisor * inverse;
            }
            return low * inverse;
        }
    }
}
