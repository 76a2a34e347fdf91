/** modexp_ring.h: the rings modexp computes in, and powers in them; internal to src/crypto.
 *
 *  One ring type, four ways to multiply: Montgomery by 1 limb, by 4 limbs and by blocks
 * of 8, and truncated products for powers of two. A Montgomery ring does not work modulo m
 * but modulo a multiple of it that fills the ring's limbs (m + m * 2^s), so that R mod m is one
 *  subtraction away; the last step, out of Montgomery form, is done modulo m itself. */
#ifndef CHEVMI_MODEXP_RING_H
#define CHEVMI_MODEXP_RING_H

#include "modexp.h"
#include "modexp_kernel.h"

typedef struct chevmi_ring chevmi_ring;

/** mul, sqr (`times` squarings, at least one) and add; r may be a or b. */
struct chevmi_ring {
    void (*mul)(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, const uint64_t *b);
    void (*sqr)(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, unsigned times);
    void (*add)(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, const uint64_t *b);
    const chevmi_modexp_kernel *kernel;
    chevmi_four_function *mul_four;
    chevmi_four four;  /* of four limbs only */
    size_t limbs;      /* of an element */
    const uint64_t *m; /* the multiple of the modulus; none modulo 2^k */
    uint64_t k;        /* -1/m mod 2^64 */
    uint64_t *t;       /* 2 * limbs for products */
};

/** Memory handed out from the caller's, limb by limb; what was taken last goes back by resetting
 *  `next`. The sizes add up to what chevmi_modexp_workspace says. */
typedef struct chevmi_limbs {
    uint64_t *next;
} chevmi_limbs;

uint64_t *chevmi_limbs_take(chevmi_limbs *work, size_t count);

/** chevmi_ring_limbs is how many limbs an element takes modulo an odd m of `count` limbs: 1, 4 or a
 *  multiple of 8. */
size_t chevmi_ring_limbs(size_t count);

/** Powers of the base kept for an exponent of so many bits. */
size_t chevmi_window_powers(uint64_t exponent_bits);

/** chevmi_power_odd sets r = base ^ exponent mod m; r and m have chevmi_ring_limbs limbs, m is odd,
 *  above 1, and ends in zero limbs if shorter; bits = chevmi_span_bits(exponent), > 0. */
void chevmi_power_odd(uint64_t *r, const chevmi_span *base, const chevmi_span *exponent,
                      uint64_t bits, const uint64_t *m, size_t limbs, chevmi_limbs work);

/** chevmi_power_low sets r = base ^ exponent mod 2^width, bits > 0, r of whole blocks. */
void chevmi_power_low(uint64_t *r, const chevmi_span *base, const chevmi_span *exponent,
                      uint64_t bits, uint64_t width, chevmi_limbs work);

/** chevmi_inverse_limb is 1/x mod 2^64 for odd x. */
uint64_t chevmi_inverse_limb(uint64_t x);

/** chevmi_span_limbs writes limbs [first, first + count) of the number, zeros above its top. */
void chevmi_span_limbs(uint64_t *limbs, const chevmi_span *number, uint64_t first, size_t count);

#endif
