/* p256_curve_plain.c: the build for any machine, on the kernels of field256.h. */
#include "p256_curve.h"

#define P (&chevmi_modulus_p256_p)

CH_INLINE void mul(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]) {
    chevmi_f256_mul(r, a, b, P);
}

CH_INLINE void sqr(uint64_t r[4], const uint64_t a[4]) {
    chevmi_f256_sqr(r, a, P);
}

CH_INLINE void add(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]) {
    chevmi_f256_add(r, a, b, P);
}

CH_INLINE void sub(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]) {
    chevmi_f256_sub(r, a, b, P);
}

#define CHEVMI_P256_BUILD chevmi_p256_plain
#define CHEVMI_P256_NEEDS 0u
#include "p256_curve_tmpl.h"
