/* keccak_plain.c: the permutation in portable C. */
#include "keccak.h"

static const uint64_t ROUND_CONSTANTS[24] = {
    0x0000000000000001u, 0x0000000000008082u, 0x800000000000808au, 0x8000000080008000u,
    0x000000000000808bu, 0x0000000080000001u, 0x8000000080008081u, 0x8000000000008009u,
    0x000000000000008au, 0x0000000000000088u, 0x0000000080008009u, 0x000000008000000au,
    0x000000008000808bu, 0x800000000000008bu, 0x8000000000008089u, 0x8000000000008003u,
    0x8000000000008002u, 0x8000000000000080u, 0x000000000000800au, 0x800000008000000au,
    0x8000000080008081u, 0x8000000000008080u, 0x0000000080000001u, 0x8000000080008008u,
};

static const unsigned ROTATIONS[25] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                       25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};

static uint64_t rotate(uint64_t x, unsigned bits) {
    return bits == 0 ? x : x << bits | x >> (64 - bits);
}

void chevmi_keccak_permute_plain(uint64_t state[25]) {
    for (unsigned round = 0; round < 24; round++) {
        uint64_t parity[5], moved[25];
        for (unsigned x = 0; x < 5; x++) {
            parity[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
        }
        for (unsigned x = 0; x < 5; x++) {
            const uint64_t effect = parity[(x + 4) % 5] ^ rotate(parity[(x + 1) % 5], 1);
            for (unsigned y = 0; y < 5; y++) {
                moved[y + 5 * ((2 * x + 3 * y) % 5)] =
                    rotate(state[x + 5 * y] ^ effect, ROTATIONS[x + 5 * y]);
            }
        }
        for (unsigned y = 0; y < 25; y += 5) {
            for (unsigned x = 0; x < 5; x++) {
                state[x + y] = moved[x + y] ^ (~moved[(x + 1) % 5 + y] & moved[(x + 2) % 5 + y]);
            }
        }
        state[0] ^= ROUND_CONSTANTS[round];
    }
}
