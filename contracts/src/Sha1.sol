// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// SHA-1 (FIPS 180-4) over calldata: 32-bit rotations in 256-bit words, 80 rounds a block.
contract Sha1 {
    function digest(bytes calldata message) external pure returns (bytes20) {
        unchecked {
            bytes memory padded = pad(message);
            uint256[80] memory schedule;
            uint256 state = 0x00_67452301_efcdab89_98badcfe_10325476_c3d2e1f0;
            for (uint256 start = 0; start < padded.length; start += 64) {
                expand(schedule, padded, start);
                state = compress(schedule, state);
            }
            return bytes20(uint160(state));
        }
    }

    function pad(bytes calldata message) private pure returns (bytes memory padded) {
        unchecked {
            padded = new bytes((message.length + 72) & ~uint256(63));
            for (uint256 i = 0; i < message.length; i++) {
                padded[i] = message[i];
            }
            padded[message.length] = 0x80;
            uint256 bits = message.length * 8;
            for (uint256 i = 1; bits != 0; i++) {
                padded[padded.length - i] = bytes1(uint8(bits));
                bits >>= 8;
            }
        }
    }

    function expand(uint256[80] memory schedule, bytes memory padded, uint256 start) private pure {
        unchecked {
            for (uint256 i = 0; i < 16; i++) {
                uint256 place = start + 4 * i;
                uint256 word;
                assembly ("memory-safe") {
                    word := shr(224, mload(add(add(padded, 32), place)))
                }
                schedule[i] = word;
            }
            for (uint256 i = 16; i < 80; i++) {
                uint256 mixed = schedule[i - 3] ^ schedule[i - 8];
                schedule[i] = rotate(mixed ^ schedule[i - 14] ^ schedule[i - 16], 1);
            }
        }
    }

    /// The five state words lie in one 160-bit number, a in front.
    function compress(uint256[80] memory schedule, uint256 state) private pure returns (uint256) {
        unchecked {
            uint256 a = state >> 128;
            uint256 b = (state >> 96) & 0xffffffff;
            uint256 c = (state >> 64) & 0xffffffff;
            uint256 d = (state >> 32) & 0xffffffff;
            uint256 e = state & 0xffffffff;
            for (uint256 i = 0; i < 80; i++) {
                uint256 next = rotate(a, 5) + mix(i, b, c, d) + e + schedule[i];
                e = d;
                d = c;
                c = rotate(b, 30);
                b = a;
                a = next & 0xffffffff;
            }
            a = (a + (state >> 128)) & 0xffffffff;
            b = (b + (state >> 96)) & 0xffffffff;
            c = (c + (state >> 64)) & 0xffffffff;
            d = (d + (state >> 32)) & 0xffffffff;
            e = (e + state) & 0xffffffff;
            return (a << 128) | (b << 96) | (c << 64) | (d << 32) | e;
        }
    }

    /// Round function and round constant of step i.
    function mix(uint256 i, uint256 b, uint256 c, uint256 d) private pure returns (uint256) {
        unchecked {
            if (i < 20) {
                return (d ^ (b & (c ^ d))) + 0x5a827999;
            }
            if (i < 40) {
                return (b ^ c ^ d) + 0x6ed9eba1;
            }
            if (i < 60) {
                return ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
            }
            return (b ^ c ^ d) + 0xca62c1d6;
        }
    }

    function rotate(uint256 word, uint256 by) private pure returns (uint256) {
        unchecked {
            return ((word << by) | (word >> (32 - by))) & 0xffffffff;
        }
    }
}
