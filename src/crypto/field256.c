/* field256.c: the choice of kernels, the self-check, and what is built on them. */
#include "field256.h"

const chevmi_modulus chevmi_modulus_bn254_p = {
    .p = {0x3c208c16d87cfd47u, 0x97816a916871ca8du, 0xb85045b68181585du, 0x30644e72e131a029u},
    .n0 = 0x87d20782e4866389u,
    .one = {0xd35d438dc58f0d9du, 0x0a78eb28f5c70b3du, 0x666ea36f7879462cu, 0x0e0a77c19a07df2fu},
    .square = {0xf32cfc5b538afa89u, 0xb5e71911d44501fbu, 0x47ab1eff0a417ff6u, 0x06d89f71cab8351fu},
    .shifted = {0xf082305b61f3f51cu, 0x5e05aa45a1c72a34u, 0xe14116da06056176u, 0xc19139cb84c680a6u},
};

const chevmi_modulus chevmi_modulus_bn254_n = {
    .p = {0x43e1f593f0000001u, 0x2833e84879b97091u, 0xb85045b68181585du, 0x30644e72e131a029u},
    .n0 = 0xc2e1f593efffffffu,
    .one = {0xac96341c4ffffffbu, 0x36fc76959f60cd29u, 0x666ea36f7879462eu, 0x0e0a77c19a07df2fu},
    .square = {0x1bb8e645ae216da7u, 0x53fe3ab1e35c59e3u, 0x8c49833d53bb8085u, 0x0216d0b17f4e44a5u},
    .shifted = {0x0f87d64fc0000004u, 0xa0cfa121e6e5c245u, 0xe14116da06056174u, 0xc19139cb84c680a6u},
};

const chevmi_modulus chevmi_modulus_p256_p = {
    .p = {0xffffffffffffffffu, 0x00000000ffffffffu, 0x0000000000000000u, 0xffffffff00000001u},
    .n0 = 0x0000000000000001u,
    .one = {0x0000000000000001u, 0xffffffff00000000u, 0xffffffffffffffffu, 0x00000000fffffffeu},
    .square = {0x0000000000000003u, 0xfffffffbffffffffu, 0xfffffffffffffffeu, 0x00000004fffffffdu},
    .shifted = {0xffffffffffffffffu, 0x00000000ffffffffu, 0x0000000000000000u, 0xffffffff00000001u},
};

const chevmi_modulus chevmi_modulus_p256_n = {
    .p = {0xf3b9cac2fc632551u, 0xbce6faada7179e84u, 0xffffffffffffffffu, 0xffffffff00000000u},
    .n0 = 0xccd1c8aaee00bc4fu,
    .one = {0x0c46353d039cdaafu, 0x4319055258e8617bu, 0x0000000000000000u, 0x00000000ffffffffu},
    .square = {0x83244c95be79eea2u, 0x4699799c49bd6fa6u, 0x2845b2392b6bec59u, 0x66e12d94f3d95620u},
    .shifted = {0xf3b9cac2fc632551u, 0xbce6faada7179e84u, 0xffffffffffffffffu, 0xffffffff00000000u},
};

/* ---- blst's kernels ---------------------------------------------------------------------------
 * Names inside blst that its header does not show. They exist in its assembly for these machines;
 * elsewhere blst is C (__BLST_NO_ASM__) and has nothing we could use. The version is pinned
 * (deps/blst), and chevmi_field256_check decides at run time. */
#if defined(CHEVMI_BLST_ASSEMBLY)

extern void mul_mont_sparse_256(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                                const uint64_t p[4], uint64_t n0);
extern void sqr_mont_sparse_256(uint64_t r[4], const uint64_t a[4], const uint64_t p[4],
                                uint64_t n0);
extern void add_mod_256(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                        const uint64_t p[4]);
extern void sub_mod_256(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                        const uint64_t p[4]);
extern void redc_mont_256(uint64_t r[4], const uint64_t a[8], const uint64_t p[4], uint64_t n0);
extern void ct_inverse_mod_256(uint64_t r[8], const uint64_t a[4], const uint64_t p[4],
                               const uint64_t shifted[4]);

static const chevmi_field256_kernels borrowed_kernels = {
    mul_mont_sparse_256, sqr_mont_sparse_256, add_mod_256,
    sub_mod_256,         redc_mont_256,       ct_inverse_mod_256,
};
static const chevmi_field256_kernels *const BORROWED = &borrowed_kernels;

#else
static const chevmi_field256_kernels *const BORROWED = NULL;
#endif

/* ---- The choice ------------------------------------------------------------------------------ */

const chevmi_field256_kernels *chevmi_field256_current = &chevmi_field256_plain;

/* What the self-check said; threads that race find the same. */
enum { UNKNOWN, SOUND, BROKEN };
static int borrowed_state = UNKNOWN;

bool chevmi_field256_select(bool borrowed) {
    if (borrowed && CH_PEEK(borrowed_state) == UNKNOWN) {
        const bool sound = BORROWED != NULL && chevmi_field256_check(BORROWED);
        CH_PUBLISH(borrowed_state, sound ? SOUND : BROKEN);
    }
    const bool use = borrowed && CH_PEEK(borrowed_state) == SOUND;
    CH_PUBLISH(chevmi_field256_current, use ? BORROWED : &chevmi_field256_plain);
    return use;
}

void chevmi_field256_init(void) {
    (void)chevmi_field256_select(true);
}

/* ---- The self-check -------------------------------------------------------------------------- */

#define CHECK_OPERANDS 14u

/* Operands of the whole range of a modulus: both ends, the middle, the constants, and words with
 * long runs of carries. */
static void check_operands(uint64_t out[CHECK_OPERANDS][4], const chevmi_modulus *m) {
    static const uint64_t SEEDS[5][4] = {
        {0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu, 0x2545f4914f6cdd1du},
        {0xd1342543de82ef95u, 0xaf251af3b0f025b5u, 0xb564ef22ec7aece5u, 0xf7c2ebc08f67f2b5u},
        {0xffffffffffffffffu, 0xffffffffffffffffu, 0xffffffffffffffffu, 0x0fffffffffffffffu},
        {0x8000000000000000u, 0x0000000000000001u, 0x8000000000000000u, 0x2000000000000001u},
        {0x0000000000000000u, 0xffffffffffffffffu, 0x0000000000000000u, 0xffffffff00000000u},
    };
    const chevmi_field256_kernels *const plain = &chevmi_field256_plain;
    const uint64_t zero[4] = {0}, one[4] = {1};
    for (unsigned i = 0; i < 4; i++) {
        out[0][i] = 0;
        out[1][i] = one[i];
        out[2][i] = m->one[i];
        out[3][i] = m->square[i];
        out[4][i] = m->p[i] >> 1 | (i < 3 ? m->p[i + 1] << 63 : 0); /* (p - 1) / 2 */
    }
    plain->sub(out[5], zero, one, m->p); /* p - 1 */
    plain->sub(out[6], out[5], one, m->p);
    plain->sub(out[7], zero, m->one, m->p);
    plain->add(out[8], out[4], one, m->p);
    for (unsigned i = 0; i < 5; i++) {
        plain->mul(out[9 + i], SEEDS[i], m->square, m->p, m->n0);
    }
}

static bool check_pair(const chevmi_field256_kernels *k, const uint64_t a[4], const uint64_t b[4],
                       const chevmi_modulus *m) {
    const chevmi_field256_kernels *const plain = &chevmi_field256_plain;
    const uint64_t wide[8] = {b[3], b[2], b[1], b[0], a[0], a[1], a[2], a[3]}; /* below p R */
    uint64_t got[4], want[4];
    k->mul(got, a, b, m->p, m->n0);
    plain->mul(want, a, b, m->p, m->n0);
    bool good = chevmi_f256_equal(got, want);
    k->add(got, a, b, m->p);
    plain->add(want, a, b, m->p);
    good &= chevmi_f256_equal(got, want);
    k->sub(got, a, b, m->p);
    plain->sub(want, a, b, m->p);
    good &= chevmi_f256_equal(got, want);
    k->reduce(got, wide, m->p, m->n0);
    plain->reduce(want, wide, m->p, m->n0);
    return good && chevmi_f256_equal(got, want);
}

/* What reduce leaves is below 2^256, and below p unless p is short; then a product with it still
 * fits the five limbs of the kernels' sums, and is below p again. */
static void inverse_by(const chevmi_field256_kernels *k, uint64_t r[4], const uint64_t a[4],
                       const chevmi_modulus *m) {
    uint64_t wide[8];
    k->inverse(wide, a, m->p, m->shifted);
    k->reduce(r, wide, m->p, m->n0);
    k->mul(r, r, m->square, m->p, m->n0);
}

static bool check_single(const chevmi_field256_kernels *k, const uint64_t a[4],
                         const chevmi_modulus *m) {
    const chevmi_field256_kernels *const plain = &chevmi_field256_plain;
    uint64_t got[4], want[4];
    k->sqr(got, a, m->p, m->n0);
    plain->sqr(want, a, m->p, m->n0);
    bool good = chevmi_f256_equal(got, want);
    inverse_by(k, got, a, m);
    inverse_by(plain, want, a, m);
    return good && chevmi_f256_equal(got, want);
}

bool chevmi_field256_check(const chevmi_field256_kernels *kernels) {
    static const chevmi_modulus *const MODULI[] = {
        &chevmi_modulus_bn254_p,
        &chevmi_modulus_bn254_n,
        &chevmi_modulus_p256_p,
        &chevmi_modulus_p256_n,
    };
    uint64_t operands[CHECK_OPERANDS][4];
    bool good = true;
    for (unsigned n = 0; n < sizeof MODULI / sizeof MODULI[0]; n++) {
        check_operands(operands, MODULI[n]);
        for (unsigned i = 0; i < CHECK_OPERANDS; i++) {
            good &= check_single(kernels, operands[i], MODULI[n]);
            for (unsigned j = 0; j < CHECK_OPERANDS; j++) {
                good &= check_pair(kernels, operands[i], operands[j], MODULI[n]);
            }
        }
    }
    return good;
}

/* ---- Built on the kernels -------------------------------------------------------------------- */

void chevmi_f256_to_mont(uint64_t r[4], const uint64_t a[4], const chevmi_modulus *m) {
    uint64_t below[4] = {a[0], a[1], a[2], a[3]};
    while (!chevm_limb4_less(below, m->p)) { /* at most seven times */
        (void)chevm_limb4_sub(below, below, m->p);
    }
    chevmi_field256()->mul(r, below, m->square, m->p, m->n0);
}

void chevmi_f256_from_mont(uint64_t r[4], const uint64_t a[4], const chevmi_modulus *m) {
    const uint64_t wide[8] = {a[0], a[1], a[2], a[3]};
    chevmi_field256()->reduce(r, wide, m->p, m->n0);
}

void chevmi_f256_inverse(uint64_t r[4], const uint64_t a[4], const chevmi_modulus *m) {
    inverse_by(chevmi_field256(), r, a, m);
}

bool chevmi_f256_from_be(uint64_t r[4], const uint8_t bytes[32], const chevmi_modulus *m) {
    uint64_t a[4];
    chevmi_f256_load(a, bytes);
    if (!chevm_limb4_less(a, m->p)) {
        return false;
    }
    chevmi_f256_to_mont(r, a, m);
    return true;
}

void chevmi_f256_to_be(uint8_t bytes[32], const uint64_t a[4], const chevmi_modulus *m) {
    uint64_t plain[4];
    chevmi_f256_from_mont(plain, a, m);
    chevmi_f256_store(bytes, plain);
}
