/** u256.h: unsigned and two's-complement arithmetic modulo 2^256, as the EVM defines it.
 *
 *     limbs[3]      limbs[2]      limbs[1]      limbs[0]
 *    |255 ... 192 |191 ... 128 |127 ...  64 |63 ...   0|      value = sum limbs[i] * 2^(64 i)
 *
 *  Every function takes out first, then its operands in the order the EVM pops them, and allows any
 *  of them to be the same object unless its contract says otherwise. Nothing fails: division by
 *  zero gives zero, as in the EVM. The inline half is what an interpreter executes per opcode;
 *  division, products modulo a word, powers and text are calls into src/num.
 *
 *  Threads: pure functions, except that a chevm_num_cache belongs to one thread at a time.
 *  Source: Ethereum yellow paper H.2; EIP-145 (shifts), EIP-7939 (count leading zeros). */
#ifndef CHEVM_U256_H
#define CHEVM_U256_H

#include <coldevm/u256_limb.h>

typedef struct chevm_u256 {
    uint64_t limbs[4]; /* least significant first, on every machine */
} chevm_u256;

CH_API_BEGIN

/* ---- Moving and testing --------------------------------------------------------------------- */

/** chevm_u256_copy copies in 8-byte moves by design, so that a later 8-byte load is forwarded. */
CH_INLINE void chevm_u256_copy(chevm_u256 *out, const chevm_u256 *a);

/** chevm_u256_set_u64 sets out to a 64-bit value. */
CH_INLINE void chevm_u256_set_u64(chevm_u256 *out, uint64_t value);

CH_INLINE bool chevm_u256_is_zero(const chevm_u256 *a);

/** chevm_u256_fits_u64: the value is below 2^64, that is, equal to limbs[0]. */
CH_INLINE bool chevm_u256_fits_u64(const chevm_u256 *a);

/** chevm_u256_is_negative: bit 255 is set. */
CH_INLINE bool chevm_u256_is_negative(const chevm_u256 *a);

CH_INLINE bool chevm_u256_equal(const chevm_u256 *a, const chevm_u256 *b);

/** chevm_u256_less: a < b as unsigned numbers; less_signed: as two's complement. */
CH_INLINE bool chevm_u256_less(const chevm_u256 *a, const chevm_u256 *b);
CH_INLINE bool chevm_u256_less_signed(const chevm_u256 *a, const chevm_u256 *b);

/** chevm_u256_bit_length: position of the highest set bit plus one; 0 for zero. */
CH_INLINE unsigned chevm_u256_bit_length(const chevm_u256 *a);

/* ---- Arithmetic modulo 2^256 ----------------------------------------------------------------- */

CH_INLINE void chevm_u256_add(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b);
CH_INLINE void chevm_u256_sub(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b);
CH_INLINE void chevm_u256_negate(chevm_u256 *out, const chevm_u256 *a);
CH_INLINE void chevm_u256_mul(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b);

/* ---- Bits ------------------------------------------------------------------------------------ */

CH_INLINE void chevm_u256_and(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b);
CH_INLINE void chevm_u256_or(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b);
CH_INLINE void chevm_u256_xor(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b);
CH_INLINE void chevm_u256_not(chevm_u256 *out, const chevm_u256 *a);

/** chevm_u256_shl, shr, sar shift value by `shift` bits; 256 and more leaves zero, or for sar of a
 *  negative value all ones. */
CH_INLINE void chevm_u256_shl(chevm_u256 *out, const chevm_u256 *shift, const chevm_u256 *value);
CH_INLINE void chevm_u256_shr(chevm_u256 *out, const chevm_u256 *shift, const chevm_u256 *value);
CH_INLINE void chevm_u256_sar(chevm_u256 *out, const chevm_u256 *shift, const chevm_u256 *value);

/** chevm_u256_shl_bits and shr_bits shift by a plain number.
 *  Requires: bits < 256. */
CH_INLINE void chevm_u256_shl_bits(chevm_u256 *out, const chevm_u256 *value, unsigned bits);
CH_INLINE void chevm_u256_shr_bits(chevm_u256 *out, const chevm_u256 *value, unsigned bits);

/** chevm_u256_byte takes byte `index` of value, 0 being the most significant; 0 from 32 on. */
CH_INLINE void chevm_u256_byte(chevm_u256 *out, const chevm_u256 *index, const chevm_u256 *value);

/** chevm_u256_signextend repeats the top bit of byte `index` (0 the least significant) upward; from
 *  31 on the value stays as it is. */
CH_INLINE void chevm_u256_signextend(chevm_u256 *out, const chevm_u256 *index,
                                     const chevm_u256 *value);

/** chevm_u256_clz sets out to the number of leading zero bits, 256 for zero. */
CH_INLINE void chevm_u256_clz(chevm_u256 *out, const chevm_u256 *a);

/* ---- Bytes ----------------------------------------------------------------------------------- */

/** chevm_u256_from_be32 and to_be32 convert 32 big-endian bytes, any alignment. */
CH_INLINE void chevm_u256_from_be32(chevm_u256 *out, const uint8_t bytes[32]);
CH_INLINE void chevm_u256_to_be32(uint8_t bytes[32], const chevm_u256 *a);

/** chevm_u256_from_be reads `size` big-endian bytes; fewer than 32 are the low end of the word.
 *  Requires: size <= 32; bytes may be NULL if size is 0. */
CH_INLINE void chevm_u256_from_be(chevm_u256 *out, const uint8_t *bytes, size_t size);

/* ---- Division and powers (src/num) ------------------------------------------------------------
 */

/** chevm_num_cache remembers what is costly to derive from a divisor or modulus that comes back.
 *  Zero-initialise it; one per thread of execution; it changes no result, only the time. */
#define CHEVM_NUM_CACHE_DIVISORS 8u

typedef struct chevm_num_divisor {
    chevm_u256 divisor;
    chevm_u256 normalised;    /* divisor << shift: bit 255 set */
    chevm_u256 reciprocal;    /* floor((2^512 - 1) / normalised) - 2^256 */
    chevm_u256 multiplier;    /* reciprocal + 1 */
    uint64_t limb_reciprocal; /* the reciprocal of its two top limbs */
    uint32_t shift;
    uint32_t ready;      /* the derived fields are filled in */
    uint32_t confidence; /* grows with hits; an entry gives way when it is used up */
} chevm_num_divisor;

typedef struct chevm_num_cache {
    chevm_num_divisor divisors[CHEVM_NUM_CACHE_DIVISORS]; /* private; by a hash of the divisor */
} chevm_num_cache;

/** chevm_num_init picks the fastest build of each routine for this machine. Until it is called the
 *  portable builds are used; results never differ.
 *  Threads: may be called from any thread, any number of times. */
void chevm_num_init(void);

/** chevm_u256_div and mod: quotient and remainder of a / b, both 0 if b is 0. */
void chevm_u256_div(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b);
void chevm_u256_mod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b);

/** chevm_u256_divmod gives both; quotient and remainder must be different objects. */
void chevm_u256_divmod(chevm_u256 *quotient, chevm_u256 *remainder, const chevm_u256 *a,
                       const chevm_u256 *b);

/** chevm_u256_sdiv rounds toward zero, -2^255 / -1 = -2^255; smod has the sign of a. */
void chevm_u256_sdiv(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b);
void chevm_u256_smod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b);

/** chevm_u256_addmod and mulmod: (a + b) and (a * b) modulo m without overflow, 0 if m is 0. */
void chevm_u256_addmod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                       const chevm_u256 *m);
void chevm_u256_mulmod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                       const chevm_u256 *m);

/** chevm_u256_exp: base to the power of exponent modulo 2^256; 0^0 = 1. */
void chevm_u256_exp(chevm_u256 *out, const chevm_u256 *base, const chevm_u256 *exponent);

/** The same with a cache for repeated divisors and moduli; cache may be NULL. */
void chevm_u256_div_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                           chevm_num_cache *cache);
void chevm_u256_mod_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                           chevm_num_cache *cache);
void chevm_u256_sdiv_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                            chevm_num_cache *cache);
void chevm_u256_smod_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                            chevm_num_cache *cache);
void chevm_u256_addmod_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                              const chevm_u256 *m, chevm_num_cache *cache);
void chevm_u256_mulmod_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                              const chevm_u256 *m, chevm_num_cache *cache);

/* ---- Text ------------------------------------------------------------------------------------ */

#define CHEVM_U256_DECIMAL_SIZE 79u /* 78 digits and the terminating zero */
#define CHEVM_U256_HEX_SIZE     67u /* "0x", 64 digits and the terminating zero */

/** chevm_u256_to_decimal and to_hex write without leading zeros ("0", "0x0") and terminate.
 *  Returns: number of characters before the terminating zero. */
size_t chevm_u256_to_decimal(char text[CHEVM_U256_DECIMAL_SIZE], const chevm_u256 *a);
size_t chevm_u256_to_hex(char text[CHEVM_U256_HEX_SIZE], const chevm_u256 *a);

/** chevm_u256_from_decimal and from_hex read exactly `size` characters: digits only, at least one;
 *  hex with or without "0x", either case.
 *  Returns: false, and out unchanged, if a character does not belong or the value needs more than
 *  256 bits. Leading zeros are allowed in any number. */
bool chevm_u256_from_decimal(chevm_u256 *out, const char *text, size_t size);
bool chevm_u256_from_hex(chevm_u256 *out, const char *text, size_t size);

/* ---- Implementation -------------------------------------------------------------------------- */

CH_INLINE void chevm_u256_set_limbs(chevm_u256 *out, uint64_t x0, uint64_t x1, uint64_t x2,
                                    uint64_t x3) {
    CHEVM_LIMB_BARRIER(x0, x1, x2, x3);
    out->limbs[0] = x0;
    out->limbs[1] = x1;
    out->limbs[2] = x2;
    out->limbs[3] = x3;
}

CH_INLINE void chevm_u256_copy(chevm_u256 *out, const chevm_u256 *a) {
    chevm_u256_set_limbs(out, a->limbs[0], a->limbs[1], a->limbs[2], a->limbs[3]);
}

CH_INLINE void chevm_u256_set_u64(chevm_u256 *out, uint64_t value) {
    out->limbs[0] = value;
    out->limbs[1] = 0;
    out->limbs[2] = 0;
    out->limbs[3] = 0;
}

CH_INLINE bool chevm_u256_is_zero(const chevm_u256 *a) {
    return (a->limbs[0] | a->limbs[1] | a->limbs[2] | a->limbs[3]) == 0;
}

CH_INLINE bool chevm_u256_fits_u64(const chevm_u256 *a) {
    return (a->limbs[1] | a->limbs[2] | a->limbs[3]) == 0;
}

CH_INLINE bool chevm_u256_is_negative(const chevm_u256 *a) {
    return a->limbs[3] >> 63 != 0;
}

CH_INLINE bool chevm_u256_equal(const chevm_u256 *a, const chevm_u256 *b) {
    return ((a->limbs[0] ^ b->limbs[0]) | (a->limbs[1] ^ b->limbs[1]) |
            (a->limbs[2] ^ b->limbs[2]) | (a->limbs[3] ^ b->limbs[3])) == 0;
}

CH_INLINE bool chevm_u256_less(const chevm_u256 *a, const chevm_u256 *b) {
    return chevm_limb4_less(a->limbs, b->limbs);
}

CH_INLINE bool chevm_u256_less_signed(const chevm_u256 *a, const chevm_u256 *b) {
    return chevm_limb4_less_signed(a->limbs, b->limbs);
}

CH_INLINE unsigned chevm_u256_bit_length(const chevm_u256 *a) {
    for (unsigned i = 4; i-- > 0;) {
        if (a->limbs[i] != 0) {
            return 64u * i + 64u - chevm_limb_clz(a->limbs[i]);
        }
    }
    return 0;
}

CH_INLINE void chevm_u256_add(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    (void)chevm_limb4_add(out->limbs, a->limbs, b->limbs);
}

CH_INLINE void chevm_u256_sub(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    (void)chevm_limb4_sub(out->limbs, a->limbs, b->limbs);
}

CH_INLINE void chevm_u256_negate(chevm_u256 *out, const chevm_u256 *a) {
    uint64_t borrow = 0;
    const uint64_t x0 = chevm_limb_sub(0, a->limbs[0], &borrow);
    const uint64_t x1 = chevm_limb_sub(0, a->limbs[1], &borrow);
    const uint64_t x2 = chevm_limb_sub(0, a->limbs[2], &borrow);
    chevm_u256_set_limbs(out, x0, x1, x2, 0 - a->limbs[3] - borrow);
}

CH_INLINE void chevm_u256_mul(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_limb4_mul(out->limbs, a->limbs, b->limbs);
}

CH_INLINE void chevm_u256_and(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_set_limbs(out, a->limbs[0] & b->limbs[0], a->limbs[1] & b->limbs[1],
                         a->limbs[2] & b->limbs[2], a->limbs[3] & b->limbs[3]);
}

CH_INLINE void chevm_u256_or(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_set_limbs(out, a->limbs[0] | b->limbs[0], a->limbs[1] | b->limbs[1],
                         a->limbs[2] | b->limbs[2], a->limbs[3] | b->limbs[3]);
}

CH_INLINE void chevm_u256_xor(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_set_limbs(out, a->limbs[0] ^ b->limbs[0], a->limbs[1] ^ b->limbs[1],
                         a->limbs[2] ^ b->limbs[2], a->limbs[3] ^ b->limbs[3]);
}

CH_INLINE void chevm_u256_not(chevm_u256 *out, const chevm_u256 *a) {
    chevm_u256_set_limbs(out, ~a->limbs[0], ~a->limbs[1], ~a->limbs[2], ~a->limbs[3]);
}

CH_INLINE void chevm_u256_shl_bits(chevm_u256 *out, const chevm_u256 *value, unsigned bits) {
    const uint64_t *const x = value->limbs;
    const unsigned k = bits & 63u;
    if (CH_LIKELY(bits < 64)) {
        chevm_u256_set_limbs(out, x[0] << k, chevm_limb_shl(x[1], x[0], k),
                             chevm_limb_shl(x[2], x[1], k), chevm_limb_shl(x[3], x[2], k));
    } else if (bits < 128) {
        chevm_u256_set_limbs(out, 0, x[0] << k, chevm_limb_shl(x[1], x[0], k),
                             chevm_limb_shl(x[2], x[1], k));
    } else if (bits < 192) {
        chevm_u256_set_limbs(out, 0, 0, x[0] << k, chevm_limb_shl(x[1], x[0], k));
    } else {
        chevm_u256_set_limbs(out, 0, 0, 0, x[0] << k);
    }
}

/* Shifts in `fill` (0 or all ones) from the top; bits < 256. */
CH_INLINE void chevm_u256_shr_fill(chevm_u256 *out, const chevm_u256 *value, unsigned bits,
                                   uint64_t fill) {
    const uint64_t *const x = value->limbs;
    const unsigned k = bits & 63u;
    const uint64_t top = chevm_limb_shr(fill, x[3], k);
    if (CH_LIKELY(bits < 64)) {
        chevm_u256_set_limbs(out, chevm_limb_shr(x[1], x[0], k), chevm_limb_shr(x[2], x[1], k),
                             chevm_limb_shr(x[3], x[2], k), top);
    } else if (bits < 128) {
        chevm_u256_set_limbs(out, chevm_limb_shr(x[2], x[1], k), chevm_limb_shr(x[3], x[2], k), top,
                             fill);
    } else if (bits < 192) {
        chevm_u256_set_limbs(out, chevm_limb_shr(x[3], x[2], k), top, fill, fill);
    } else {
        chevm_u256_set_limbs(out, top, fill, fill, fill);
    }
}

CH_INLINE void chevm_u256_shr_bits(chevm_u256 *out, const chevm_u256 *value, unsigned bits) {
    chevm_u256_shr_fill(out, value, bits, 0);
}

CH_INLINE void chevm_u256_shl(chevm_u256 *out, const chevm_u256 *shift, const chevm_u256 *value) {
    if (CH_UNLIKELY(!chevm_u256_fits_u64(shift) || shift->limbs[0] > 255)) {
        chevm_u256_set_u64(out, 0);
    } else {
        chevm_u256_shl_bits(out, value, (unsigned)shift->limbs[0]);
    }
}

CH_INLINE void chevm_u256_shr(chevm_u256 *out, const chevm_u256 *shift, const chevm_u256 *value) {
    if (CH_UNLIKELY(!chevm_u256_fits_u64(shift) || shift->limbs[0] > 255)) {
        chevm_u256_set_u64(out, 0);
    } else {
        chevm_u256_shr_bits(out, value, (unsigned)shift->limbs[0]);
    }
}

CH_INLINE void chevm_u256_sar(chevm_u256 *out, const chevm_u256 *shift, const chevm_u256 *value) {
    const uint64_t fill = 0 - (value->limbs[3] >> 63);
    if (CH_UNLIKELY(!chevm_u256_fits_u64(shift) || shift->limbs[0] > 255)) {
        chevm_u256_set_limbs(out, fill, fill, fill, fill);
    } else {
        chevm_u256_shr_fill(out, value, (unsigned)shift->limbs[0], fill);
    }
}

CH_INLINE void chevm_u256_byte(chevm_u256 *out, const chevm_u256 *index, const chevm_u256 *value) {
    uint64_t byte = 0;
    if (CH_LIKELY(chevm_u256_fits_u64(index) && index->limbs[0] < 32)) {
        const unsigned position = 31u - (unsigned)index->limbs[0];
        byte = value->limbs[position >> 3] >> (8u * (position & 7u)) & 0xffu;
    }
    chevm_u256_set_u64(out, byte);
}

CH_INLINE void chevm_u256_signextend(chevm_u256 *out, const chevm_u256 *index,
                                     const chevm_u256 *value) {
    if (!chevm_u256_fits_u64(index) || index->limbs[0] > 30) {
        chevm_u256_copy(out, value);
        return;
    }
    const unsigned limb = (unsigned)index->limbs[0] >> 3;
    const unsigned bits = 8u * (((unsigned)index->limbs[0] & 7u) + 1u); /* kept of that limb */
    const uint64_t sign = 0 - (value->limbs[limb] >> (bits - 1u) & 1u);
    const uint64_t mask = ~(uint64_t)0 >> (64u - bits);
    const uint64_t top = (value->limbs[limb] & mask) | (sign & ~mask);
    chevm_u256_set_limbs(out, limb == 0 ? top : value->limbs[0],
                         limb < 1 ? sign : (limb == 1 ? top : value->limbs[1]),
                         limb < 2 ? sign : (limb == 2 ? top : value->limbs[2]),
                         limb < 3 ? sign : top);
}

CH_INLINE void chevm_u256_clz(chevm_u256 *out, const chevm_u256 *a) {
    chevm_u256_set_u64(out, 256u - chevm_u256_bit_length(a));
}

CH_INLINE void chevm_u256_from_be32(chevm_u256 *out, const uint8_t bytes[32]) {
    chevm_u256_set_limbs(out, chevm_limb_load_be(bytes + 24), chevm_limb_load_be(bytes + 16),
                         chevm_limb_load_be(bytes + 8), chevm_limb_load_be(bytes));
}

CH_INLINE void chevm_u256_to_be32(uint8_t bytes[32], const chevm_u256 *a) {
    uint64_t x0 = a->limbs[0], x1 = a->limbs[1], x2 = a->limbs[2], x3 = a->limbs[3];
    CHEVM_LIMB_BARRIER(x0, x1, x2, x3);
    chevm_limb_store_be(bytes, x3);
    chevm_limb_store_be(bytes + 8, x2);
    chevm_limb_store_be(bytes + 16, x1);
    chevm_limb_store_be(bytes + 24, x0);
}

CH_INLINE void chevm_u256_from_be(chevm_u256 *out, const uint8_t *bytes, size_t size) {
    uint64_t limbs[4] = {0, 0, 0, 0};
    for (size_t i = 0; i < size; i++) {
        const size_t position = size - 1 - i;
        limbs[position >> 3] |= (uint64_t)bytes[i] << (8u * (position & 7u));
    }
    chevm_u256_set_limbs(out, limbs[0], limbs[1], limbs[2], limbs[3]);
}

CH_API_END

#endif
