/** p256_curve.h: points of P-256, y^2 = x^3 - 3 x + b modulo p; internal to the room p256.
 *
 *  The one idea: Jacobian coordinates, (X, Y, Z) for x = X / Z^2, y = Y / Z^3, so that sums need no
 *  inverse; Z = 0 is the point at infinity. Coordinates are in Montgomery form. Sums are right for
 *  any two points, equal, opposite or at infinity. r may be any of the operands. */
#ifndef CHEVMI_P256_CURVE_H
#define CHEVMI_P256_CURVE_H

#include "field256.h"

typedef struct chevmi_p256_affine {
    uint64_t x[4], y[4]; /* never at infinity */
} chevmi_p256_affine;

typedef struct chevmi_p256_point {
    uint64_t x[4], y[4], z[4];
} chevmi_p256_point;

/** The odd multiples G, 3 G, 5 G ... of the base point. */
#define CHEVMI_P256_BASE_WINDOW 8u
#define CHEVMI_P256_BASE_COUNT  (1u << (CHEVMI_P256_BASE_WINDOW - 2))

extern const chevmi_p256_affine chevmi_p256_base[CHEVMI_P256_BASE_COUNT];

/** chevmi_p256_on_curve: y^2 = x^3 - 3 x + b. */
bool chevmi_p256_on_curve(const chevmi_p256_affine *a);

/** One build of doubling and adding. add sets r = a + b, or a - b if `minus`; add_affine the same
 *  with an affine b. */
typedef struct chevmi_p256_build {
    unsigned features; /* bits of num/cpu.h that the build needs */
    void (*twice)(chevmi_p256_point *r, const chevmi_p256_point *a);
    void (*add)(chevmi_p256_point *r, const chevmi_p256_point *a, const chevmi_p256_point *b,
                bool minus);
    void (*add_affine)(chevmi_p256_point *r, const chevmi_p256_point *a,
                       const chevmi_p256_affine *b, bool minus);
} chevmi_p256_build;

/** The builds there are, the fastest first; the last one runs anywhere. */
#if defined(__x86_64__) && defined(__GNUC__)
#define CHEVMI_P256_ROWS(X) X(chevmi_p256_adx) X(chevmi_p256_plain)
#else
#define CHEVMI_P256_ROWS(X) X(chevmi_p256_plain)
#endif

#define CHEVMI_P256_DECLARE(name) extern const chevmi_p256_build name;
CHEVMI_P256_ROWS(CHEVMI_P256_DECLARE)
#undef CHEVMI_P256_DECLARE

/** The build in use; change it by chevmi_p256_select, which makes the first build whose needs are
 *  all in `features` the current one and returns it. */
extern const chevmi_p256_build *chevmi_p256_current;
const chevmi_p256_build *chevmi_p256_select(unsigned features);

CH_INLINE void chevmi_p256_double(chevmi_p256_point *r, const chevmi_p256_point *a) {
    CH_PEEK(chevmi_p256_current)->twice(r, a);
}

CH_INLINE void chevmi_p256_add(chevmi_p256_point *r, const chevmi_p256_point *a,
                               const chevmi_p256_point *b, bool minus) {
    CH_PEEK(chevmi_p256_current)->add(r, a, b, minus);
}

CH_INLINE void chevmi_p256_add_affine(chevmi_p256_point *r, const chevmi_p256_point *a,
                                      const chevmi_p256_affine *b, bool minus) {
    CH_PEEK(chevmi_p256_current)->add_affine(r, a, b, minus);
}

#endif
