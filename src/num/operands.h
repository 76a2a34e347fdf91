/** operands.h: words that find mistakes in carry chains and quotient estimates, for tests and
 *  benches only. */
#ifndef CHEVMI_NUM_OPERANDS_H
#define CHEVMI_NUM_OPERANDS_H

#include <coldevm/u256.h>

/** A limb out of those at which carries, normalisation and estimates change their course. */
static inline uint64_t operand_limb(uint64_t random) {
    static const uint64_t special[12] = {
        0,
        1,
        2,
        0x7fffffffffffffffu,
        0x8000000000000000u,
        0x8000000000000001u,
        0xfffffffffffffffeu,
        0xffffffffffffffffu,
        0x00000000ffffffffu,
        0xffffffff00000000u,
        0x0000000100000000u,
        0x123456789abcdef0u,
    };
    return special[random % 12];
}

/** A word from a stream of random numbers: uniform, short, of special limbs, or next to a power of
 *  two, each a quarter of the time. */
static inline chevm_u256 operand_word(uint64_t (*next)(void)) {
    chevm_u256 a = {{next(), next(), next(), next()}};
    const uint64_t choice = next();
    const unsigned bits = (unsigned)(choice >> 8) % 256u;
    switch (choice % 4) {
    case 0:
        break;
    case 1:
        chevm_u256_shr_bits(&a, &a, bits);
        break;
    case 2:
        for (unsigned i = 0; i < 4; i++) {
            a.limbs[i] = operand_limb(a.limbs[i]);
        }
        break;
    default: {
        const chevm_u256 one = {{1, 0, 0, 0}}, off = {{a.limbs[0] % 4, 0, 0, 0}};
        chevm_u256_shl_bits(&a, &one, bits);
        chevm_u256_sub(&a, &a, &off);
        break;
    }
    }
    return a;
}

#endif
