/* p256_curve.c: the choice of the build, and the equation of the curve. */
#include "p256_curve.h"

static const chevmi_p256_build *const BUILDS[] = {
#define BUILD_ADDRESS(name) &name,
    CHEVMI_P256_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
};

const chevmi_p256_build *chevmi_p256_current = &chevmi_p256_plain;

const chevmi_p256_build *chevmi_p256_select(unsigned features) {
    const chevmi_p256_build *chosen = &chevmi_p256_plain;
    for (size_t i = sizeof BUILDS / sizeof BUILDS[0]; i-- > 0;) {
        if ((BUILDS[i]->features & ~features) == 0) {
            chosen = BUILDS[i];
        }
    }
    CH_PUBLISH(chevmi_p256_current, chosen);
    return chosen;
}

bool chevmi_p256_on_curve(const chevmi_p256_affine *a) {
    static const uint64_t B[4] = {0xd89cdf6229c4bddfu, 0xacf005cd78843090u, 0xe5a220abf7212ed6u,
                                  0xdc30061d04874834u};
    const chevmi_modulus *const p = &chevmi_modulus_p256_p;
    uint64_t left[4], right[4];
    chevmi_f256_sqr(left, a->y, p);
    chevmi_f256_sqr(right, a->x, p);
    for (unsigned i = 0; i < 3; i++) {
        chevmi_f256_sub(right, right, p->one, p);
    }
    chevmi_f256_mul(right, right, a->x, p);
    chevmi_f256_add(right, right, B, p);
    return chevmi_f256_equal(left, right);
}
