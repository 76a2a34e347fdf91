// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// BLAKE2b-512 (RFC 7693), unkeyed, over calldata: 64-bit additions and rotations in 256-bit words.
contract Blake2b {
    uint256 private constant MASK = 0xffffffffffffffff;

    struct Work {
        uint256[8] state;
        uint256[16] vector;
        uint256[16] block;
    }

    function digest(bytes calldata message) external pure returns (bytes32 high, bytes32 low) {
        unchecked {
            Work memory work;
            for (uint256 i = 0; i < 8; i++) {
                work.state[i] = initial(i);
            }
            work.state[0] ^= 0x01010040; // 64 bytes of digest, no key
            uint256 start = 0;
            while (message.length - start > 128) {
                load(work, message, start);
                start += 128;
                compress(work, start, 0);
            }
            load(work, message, start);
            compress(work, message.length, MASK);
            for (uint256 i = 0; i < 4; i++) {
                high = (high << 64) | bytes32(swapBytes(work.state[i]));
                low = (low << 64) | bytes32(swapBytes(work.state[i + 4]));
            }
        }
    }

    /// Sixteen little-endian words; bytes behind the message read as zero.
    function load(Work memory work, bytes calldata message, uint256 start) private pure {
        unchecked {
            for (uint256 i = 0; i < 16; i++) {
                uint256 place = start + 8 * i;
                uint256 word = 0;
                if (place < message.length) {
                    assembly ("memory-safe") {
                        word := shr(192, calldataload(add(message.offset, place)))
                    }
                    uint256 left = message.length - place;
                    if (left < 8) {
                        word &= MASK << (64 - 8 * left);
                    }
                }
                work.block[i] = swapBytes(word);
            }
        }
    }

    function compress(Work memory work, uint256 counted, uint256 last) private pure {
        unchecked {
            uint256[16] memory v = work.vector;
            for (uint256 i = 0; i < 8; i++) {
                v[i] = work.state[i];
                v[i + 8] = initial(i);
            }
            v[12] ^= counted;
            v[14] ^= last;
            for (uint256 round = 0; round < 12; round++) {
                uint256 order = permutation(round % 10);
                mix(work, order >> 56, 0, 4, 8, 12);
                mix(work, order >> 48, 1, 5, 9, 13);
                mix(work, order >> 40, 2, 6, 10, 14);
                mix(work, order >> 32, 3, 7, 11, 15);
                mix(work, order >> 24, 0, 5, 10, 15);
                mix(work, order >> 16, 1, 6, 11, 12);
                mix(work, order >> 8, 2, 7, 8, 13);
                mix(work, order, 3, 4, 9, 14);
            }
            for (uint256 i = 0; i < 8; i++) {
                work.state[i] ^= v[i] ^ v[i + 8];
            }
        }
    }

    /// G of RFC 7693 3.1; the low byte of `pair` names the two message words.
    function mix(Work memory work, uint256 pair, uint256 ia, uint256 ib, uint256 ic, uint256 id)
        private
        pure
    {
        unchecked {
            uint256[16] memory v = work.vector;
            uint256 b = v[ib];
            uint256 c = v[ic];
            uint256 a = (v[ia] + b + work.block[(pair >> 4) & 15]) & MASK;
            uint256 d = rotate(v[id] ^ a, 32);
            c = (c + d) & MASK;
            b = rotate(b ^ c, 24);
            a = (a + b + work.block[pair & 15]) & MASK;
            d = rotate(d ^ a, 16);
            c = (c + d) & MASK;
            v[ia] = a;
            v[ib] = rotate(b ^ c, 63);
            v[ic] = c;
            v[id] = d;
        }
    }

    function rotate(uint256 word, uint256 right) private pure returns (uint256) {
        unchecked {
            return ((word >> right) | (word << (64 - right))) & MASK;
        }
    }

    function swapBytes(uint256 word) private pure returns (uint256) {
        word = ((word & 0x00ff00ff00ff00ff) << 8) | ((word >> 8) & 0x00ff00ff00ff00ff);
        word = ((word & 0x0000ffff0000ffff) << 16) | ((word >> 16) & 0x0000ffff0000ffff);
        return ((word & 0xffffffff) << 32) | (word >> 32);
    }

    /// Word i of the initial value (the square roots of SHA-512), packed four to a number.
    function initial(uint256 i) private pure returns (uint256) {
        unchecked {
            uint256 four = i < 4
                ? 0x6a09e667f3bcc908_bb67ae8584caa73b_3c6ef372fe94f82b_a54ff53a5f1d36f1
                : 0x510e527fade682d1_9b05688c2b3e6c1f_1f83d9abfb41bd6b_5be0cd19137e2179;
            return (four >> (64 * (3 - (i & 3)))) & MASK;
        }
    }

    /// The message order of a round, a nibble an index, first in front.
    function permutation(uint256 round) private pure returns (uint256) {
        unchecked {
            uint256 four = round < 4
                ? 0x0123456789abcdef_ea489fd61c02b753_b8c052fdae367194_7931dcbe265a40f8
                : round < 8
                    ? 0x905724afe1bc683d_2c6a0b834d75fe19_c51fed4a0763928b_db7ec13950f4862a
                    : 0x6fe9b308c2d714a5_a2847615fb9e3cd0_0000000000000000_0000000000000000;
            return (four >> (64 * (3 - (round & 3)))) & MASK;
        }
    }
}
