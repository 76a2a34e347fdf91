/** field256.h: Montgomery arithmetic modulo a number of at most 256 bits that the caller names: the
 *  fields of BN254 and P-256, and their scalars. An element is four limbs, lowest first, below the
 *  modulus, in Montgomery form: a stands for a * R^-1, R = 2^256.
 *
 *  The one idea: two sets of kernels behind one table. The fast ones are assembly inside blst that
 *  takes the modulus as an argument (docs/design/033-borrowed-kernels.md); they are used only where
 *  a self-check against plain C has passed. Both give the same results, bit for bit.
 *
 *  r may be a or b everywhere. Nothing here hides timing: inputs are public.
 *  Stack: below 2 KB (the inverse; others 0.2 KB). Threads: pure functions. */
#ifndef CHEVMI_FIELD256_H
#define CHEVMI_FIELD256_H

#include <coldevm/u256_limb.h>

/** A modulus and its constants. Odd, from 2^253 up to 2^256 - 2^192: above that (secp256k1) blst's
 *  sums of products may lose a carry. All fields but p follow from it. */
typedef struct chevmi_modulus {
    uint64_t p[4];
    uint64_t n0;         /* -1/p mod 2^64 */
    uint64_t one[4];     /* R mod p */
    uint64_t square[4];  /* R^2 mod p */
    uint64_t shifted[4]; /* p * 2^k, top bit set */
} chevmi_modulus;

extern const chevmi_modulus chevmi_modulus_bn254_p; /* coordinates */
extern const chevmi_modulus chevmi_modulus_bn254_n; /* group order */
extern const chevmi_modulus chevmi_modulus_p256_p;
extern const chevmi_modulus chevmi_modulus_p256_n;

/** One set of kernels. Operands must be below p, with others products may be wrong; so are results.
 */
typedef struct chevmi_field256_kernels {
    void (*mul)(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t p[4],
                uint64_t n0); /* a b / R */
    void (*sqr)(uint64_t r[4], const uint64_t a[4], const uint64_t p[4], uint64_t n0);
    void (*add)(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t p[4]);
    void (*sub)(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t p[4]);
    /** a / R for any a below p R; for larger a the result is below 2^256 but may exceed p. */
    void (*reduce)(uint64_t r[4], const uint64_t a[8], const uint64_t p[4], uint64_t n0);
    /** Some r congruent to R^2 / a (to 0 for 0), not reduced: chevmi_f256_inverse does that. */
    void (*inverse)(uint64_t r[8], const uint64_t a[4], const uint64_t p[4],
                    const uint64_t shifted[4]);
} chevmi_field256_kernels;

extern const chevmi_field256_kernels chevmi_field256_plain;

/** The set in use; change it by the functions below. */
extern const chevmi_field256_kernels *chevmi_field256_current;

CH_INLINE const chevmi_field256_kernels *chevmi_field256(void) {
    return CH_PEEK(chevmi_field256_current);
}

/** chevmi_field256_init takes blst's kernels if they are in this build and pass the self-check,
 * else plain C, which is also what works before. Called by chevm_hash_init; the check runs once.
 *  Threads: any, any number of times. */
void chevmi_field256_init(void);

/** chevmi_field256_select does the same for `borrowed` and takes plain C otherwise. Returns whether
 *  blst's kernels are in use now. Tests walk both. */
bool chevmi_field256_select(bool borrowed);

/** chevmi_field256_check compares a set with plain C: for each modulus above, all pairs of fixed
 *  operands over the whole range, the ends included. Cost: below 1 ms. */
bool chevmi_field256_check(const chevmi_field256_kernels *kernels);

/** chevmi_f256_to_mont takes a plain number below 2^256 into Montgomery form, from_mont back. */
void chevmi_f256_to_mont(uint64_t r[4], const uint64_t a[4], const chevmi_modulus *m);
void chevmi_f256_from_mont(uint64_t r[4], const uint64_t a[4], const chevmi_modulus *m);

/** chevmi_f256_inverse: 1/a, both in Montgomery form; 0 for 0. */
void chevmi_f256_inverse(uint64_t r[4], const uint64_t a[4], const chevmi_modulus *m);

/** chevmi_f256_from_be reads 32 big-endian bytes into Montgomery form; false, r unchanged, if the
 *  number is not below the modulus. chevmi_f256_to_be is the way back. */
bool chevmi_f256_from_be(uint64_t r[4], const uint8_t bytes[32], const chevmi_modulus *m);
void chevmi_f256_to_be(uint8_t bytes[32], const uint64_t a[4], const chevmi_modulus *m);

/** chevmi_f256_load and store move 32 big-endian bytes as a plain number, not Montgomery form. */
CH_INLINE void chevmi_f256_load(uint64_t r[4], const uint8_t bytes[32]) {
    for (unsigned i = 0; i < 4; i++) {
        r[i] = chevm_limb_load_be(bytes + 24 - 8 * i);
    }
}

CH_INLINE void chevmi_f256_store(uint8_t bytes[32], const uint64_t a[4]) {
    for (unsigned i = 0; i < 4; i++) {
        chevm_limb_store_be(bytes + 24 - 8 * i, a[i]);
    }
}

CH_INLINE void chevmi_f256_mul(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                               const chevmi_modulus *m) {
    chevmi_field256()->mul(r, a, b, m->p, m->n0);
}

CH_INLINE void chevmi_f256_sqr(uint64_t r[4], const uint64_t a[4], const chevmi_modulus *m) {
    chevmi_field256()->sqr(r, a, m->p, m->n0);
}

CH_INLINE void chevmi_f256_add(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                               const chevmi_modulus *m) {
    chevmi_field256()->add(r, a, b, m->p);
}

CH_INLINE void chevmi_f256_sub(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                               const chevmi_modulus *m) {
    chevmi_field256()->sub(r, a, b, m->p);
}

CH_INLINE bool chevmi_f256_is_zero(const uint64_t a[4]) {
    return (a[0] | a[1] | a[2] | a[3]) == 0;
}

CH_INLINE bool chevmi_f256_equal(const uint64_t a[4], const uint64_t b[4]) {
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}

#endif
