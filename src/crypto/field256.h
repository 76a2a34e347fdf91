/* field256.h: Montgomery arithmetic modulo a number of at most 256 bits that the caller names: the
 * fields of BN254, P-256 and their scalars. Elements are four limbs, lowest first, below the
 * modulus, in Montgomery form (a stands for a * R^-1, R = 2^256).
 *
 *   chevmi_field256_init picks the kernels: blst's assembly if a start-up self-check against plain
 * C passes, else plain C. Both give the same results.
 *
 * r may be a or b. Nothing here hides timing: inputs are public. */
#ifndef CHEVMI_FIELD256_H
#define CHEVMI_FIELD256_H

#include <coldheap/base.h>

/* A modulus and its constants. Odd, > 2^192; all fields but p are derived (field256_test). */
typedef struct chevmi_modulus {
    uint64_t p[4];
    uint64_t n0;         /* -1/p mod 2^64 */
    uint64_t one[4];     /* R mod p */
    uint64_t square[4];  /* R^2 mod p */
    uint64_t shifted[4]; /* p * 2^k, top bit set */
} chevmi_modulus;

/* The kernels, chosen at chevmi_field256_init (called by chevm_hash_init); plain C before. */
typedef struct chevmi_field256_kernels {
    void (*mul)(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t p[4],
                uint64_t n0);
    void (*sqr)(uint64_t r[4], const uint64_t a[4], const uint64_t p[4], uint64_t n0);
    void (*add)(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t p[4]);
    void (*sub)(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t p[4]);
    void (*reduce)(uint64_t r[4], const uint64_t a[8], const uint64_t p[4], uint64_t n0);
    /* r[8] with r * a = 1 before reduction; see chevmi_f256_inverse */
    void (*inverse)(uint64_t r[8], const uint64_t a[4], const uint64_t p[4],
                    const uint64_t shifted[4]);
} chevmi_field256_kernels;

extern chevmi_field256_kernels chevmi_field256;

void chevmi_field256_init(void);

/* True if blst's kernels passed the self-check and are in use. */
bool chevmi_field256_is_borrowed(void);

/* Montgomery form to and from; inverse in Montgomery form (0 for 0); big-endian bytes. from_be
 * returns false, r unchanged, if the number is not below the modulus. */
void chevmi_f256_to_mont(uint64_t r[4], const uint64_t a[4], const chevmi_modulus *m);
void chevmi_f256_from_mont(uint64_t r[4], const uint64_t a[4], const chevmi_modulus *m);
void chevmi_f256_inverse(uint64_t r[4], const uint64_t a[4], const chevmi_modulus *m);
bool chevmi_f256_from_be(uint64_t r[4], const uint8_t bytes[32], const chevmi_modulus *m);
void chevmi_f256_to_be(uint8_t bytes[32], const uint64_t a[4], const chevmi_modulus *m);

CH_INLINE void chevmi_f256_mul(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                               const chevmi_modulus *m) {
    chevmi_field256.mul(r, a, b, m->p, m->n0);
}

CH_INLINE void chevmi_f256_sqr(uint64_t r[4], const uint64_t a[4], const chevmi_modulus *m) {
    chevmi_field256.sqr(r, a, m->p, m->n0);
}

CH_INLINE void chevmi_f256_add(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                               const chevmi_modulus *m) {
    chevmi_field256.add(r, a, b, m->p);
}

CH_INLINE void chevmi_f256_sub(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                               const chevmi_modulus *m) {
    chevmi_field256.sub(r, a, b, m->p);
}

#endif
