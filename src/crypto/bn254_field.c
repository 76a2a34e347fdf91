/* bn254_field.c: the constants of the field, products of the extension on field256.h, inverse and
 * bytes. */
#include "bn254_field.h"

#include "bn254.h"
#include "num/cpu.h"

const uint64_t chevmi_bn_multiples[11][4] = {
    {0, 0, 0, 0},
    {0x3c208c16d87cfd47u, 0x97816a916871ca8du, 0xb85045b68181585du, 0x30644e72e131a029u},
    {0x7841182db0f9fa8eu, 0x2f02d522d0e3951au, 0x70a08b6d0302b0bbu, 0x60c89ce5c2634053u},
    {0xb461a4448976f7d5u, 0xc6843fb439555fa7u, 0x28f0d12384840918u, 0x912ceb58a394e07du},
    {0xf082305b61f3f51cu, 0x5e05aa45a1c72a34u, 0xe14116da06056176u, 0xc19139cb84c680a6u},
    {0x2ca2bc723a70f263u, 0xf58714d70a38f4c2u, 0x99915c908786b9d3u, 0xf1f5883e65f820d0u},
    {0x68c3488912edefaau, 0x8d087f6872aabf4fu, 0x51e1a24709081231u, 0x2259d6b14729c0fau},
    {0xa4e3d49feb6aecf1u, 0x2489e9f9db1c89dcu, 0x0a31e7fd8a896a8fu, 0x52be2524285b6124u},
    {0xe10460b6c3e7ea38u, 0xbc0b548b438e5469u, 0xc2822db40c0ac2ecu, 0x83227397098d014du},
    {0x1d24eccd9c64e77fu, 0x538cbf1cac001ef7u, 0x7ad2736a8d8c1b4au, 0xb386c209eabea177u},
    {0x594578e474e1e4c6u, 0xeb0e29ae1471e984u, 0x3322b9210f0d73a7u, 0xe3eb107ccbf041a1u},
};

static void mul(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *x, const chevmi_bn_fp2 *y) {
    chevmi_bn_fp sum_x, sum_y, real, imaginary;
    chevmi_bn_fp_add(&sum_x, &x->a, &x->b);
    chevmi_bn_fp_add(&sum_y, &y->a, &y->b);
    chevmi_bn_fp_mul(&real, &x->a, &y->a);
    chevmi_bn_fp_mul(&imaginary, &x->b, &y->b);
    chevmi_bn_fp_mul(&r->b, &sum_x, &sum_y);
    chevmi_bn_fp_sub(&r->b, &r->b, &real);
    chevmi_bn_fp_sub(&r->b, &r->b, &imaginary);
    chevmi_bn_fp_sub(&r->a, &real, &imaginary);
}

static void sqr(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *x) {
    chevmi_bn_fp sum, difference, mixed;
    chevmi_bn_fp_add(&sum, &x->a, &x->b);
    chevmi_bn_fp_sub(&difference, &x->a, &x->b);
    chevmi_bn_fp_mul(&mixed, &x->a, &x->b);
    chevmi_bn_fp_mul(&r->a, &sum, &difference);
    chevmi_bn_fp_add(&r->b, &mixed, &mixed);
}

const chevmi_bn_kernel chevmi_bn_general = {"chevmi_bn_general", 0, mul, sqr};

const chevmi_bn_kernel *chevmi_bn_current = &chevmi_bn_general;

const chevmi_bn_kernel *chevmi_bn_select(unsigned features) {
    static const chevmi_bn_kernel *const all[] = {
#define BUILD_ADDRESS(name) &name,
        CHEVMI_BN_KERNEL_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
    };
    size_t i = 0;
    while ((all[i]->features & ~features) != 0) {
        i++;
    }
    CH_PUBLISH(chevmi_bn_current, all[i]);
    return all[i];
}

void chevmi_bn254_init(void) {
    (void)chevmi_bn_select(chevmi_cpu_features());
}

/* 1 / (a + b i) = (a - b i) / (a^2 + b^2) */
void chevmi_bn_fp2_inverse(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a) {
    chevmi_bn_fp norm, square;
    chevmi_bn_fp_sqr(&norm, &a->a);
    chevmi_bn_fp_sqr(&square, &a->b);
    chevmi_bn_fp_add(&norm, &norm, &square);
    chevmi_f256_inverse(norm.limb, norm.limb, &chevmi_modulus_bn254_p);
    chevmi_bn_fp_mul(&r->a, &a->a, &norm);
    chevmi_bn_fp_mul(&r->b, &a->b, &norm);
    chevmi_bn_fp_neg(&r->b, &r->b);
}

bool chevmi_bn_fp2_load(chevmi_bn_fp2 *r, const uint8_t bytes[64]) {
    return chevmi_bn_fp_load(&r->b, bytes) && chevmi_bn_fp_load(&r->a, bytes + 32);
}
