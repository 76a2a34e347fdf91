/* modexp: every small case against counting, shapes of lengths and moduli, every build against GMP.
 * 10^5 random cases in the conformance run, a sample of 3,000 otherwise. */
#include "modexp.h"
#include "modexp_kernel.h"

#include "field256.h"
#include "num/cpu.h"

#include "harness.h"

#include <stdlib.h>
#include <string.h>

#if defined(CHEVM_TEST_GMP)
#include <gmp.h>
#endif

#define SIZE_LIMIT 264u /* bytes of an operand in a test */

static uint64_t work[8192];

static const chevmi_modexp_kernel *const BUILDS[] = {
#define BUILD_ADDRESS(name) &name,
    CHEVMI_MODEXP_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
};
#define BUILD_COUNT (sizeof BUILDS / sizeof BUILDS[0])

/* False if this machine cannot run it. Plain products go with plain fields. */
static bool select_build(size_t i) {
    const unsigned needs = BUILDS[i]->features;
    if ((needs & ~chevmi_cpu_features()) != 0) {
        return false;
    }
    (void)chevmi_field256_select(needs != 0);
    return CHECK(chevmi_modexp_select(needs) == BUILDS[i]);
}

/* Runs in exactly the memory it asks for: a guard word stands behind it. */
static void run(uint8_t *out, const chevmi_span *base, const chevmi_span *exponent,
                const chevmi_span *modulus) {
    const size_t bytes = chevmi_modexp_workspace(modulus->size, chevmi_span_bits(exponent));
    if (!CHECK(bytes < sizeof work)) {
        return;
    }
    memset(work, 0xa5, sizeof work);
    memset(out, 0x5a, (size_t)modulus->size + 1);
    chevmi_modexp(out, base, exponent, modulus, work);
    CHECK_EQUAL(work[bytes / 8], UINT64_C(0xa5a5a5a5a5a5a5a5));
    CHECK_EQUAL(out[modulus->size], 0x5a);
}

static chevmi_span whole(const uint8_t *bytes, size_t size) {
    return (chevmi_span){bytes, size, size};
}

/* ---- Small numbers -------------------------------------------------------------------------- */

static unsigned count_out(unsigned base, unsigned exponent, unsigned modulus) {
    unsigned value = modulus == 0 ? 0 : 1 % modulus;
    for (unsigned i = 0; i < exponent; i++) {
        value = value * base % modulus;
    }
    return value;
}

TEST(modexp_small_numbers_all) {
    for (unsigned modulus = 0; modulus < 130; modulus++) {
        for (unsigned base = 0; base < 140; base++) {
            for (unsigned exponent = 0; exponent < 12; exponent++) {
                const uint8_t b = (uint8_t)base, e = (uint8_t)exponent, m = (uint8_t)modulus;
                const chevmi_span spans[3] = {whole(&b, 1), whole(&e, 1), whole(&m, 1)};
                uint8_t out[2];
                run(out, &spans[0], &spans[1], &spans[2]);
                const unsigned want = modulus == 0 ? 0 : count_out(base, exponent, modulus);
                if (!CHECK_EQUAL(out[0], want)) {
                    return;
                }
            }
        }
    }
}

TEST(modexp_of_nothing) {
    const uint8_t five = 5, zeros[40] = {0};
    const chevmi_span none = {NULL, 0, 0}, number = whole(&five, 1);
    uint8_t out[41] = {1};
    run(out, &number, &number, &none); /* a result of no bytes */
    run(out, &none, &number, &number);
    CHECK_EQUAL(out[0], 0);
    run(out, &none, &none, &number); /* 0 ^ 0 */
    CHECK_EQUAL(out[0], 1);
    const chevmi_span zero_modulus = whole(zeros, sizeof zeros);
    run(out, &number, &number, &zero_modulus);
    CHECK_BYTES(out, zeros, sizeof zeros);
    run(out, &none, &none, &zero_modulus);
    CHECK_BYTES(out, zeros, sizeof zeros);
}

/* Input that ends early is continued by zeros: 3 ^ 0x0200 mod 0x0700, 2 of 4 bytes there. */
TEST(modexp_numbers_that_end_early) {
    const uint8_t three = 3, two[2] = {0, 2}, seven = 7;
    const chevmi_span base = whole(&three, 1), exponent = {two, 2, 3}, modulus = {&seven, 1, 2};
    uint8_t out[3];
    unsigned want = 1;
    for (unsigned i = 0; i < 0x200; i++) {
        want = want * 3 % 0x700;
    }
    run(out, &base, &exponent, &modulus);
    CHECK_EQUAL(out[0] << 8 | out[1], want);
    CHECK_EQUAL(chevmi_span_bits(&exponent), 10);
    const chevmi_span absent = {NULL, 0, 1000};
    CHECK_EQUAL(chevmi_span_bits(&absent), 0);
    run(out, &absent, &exponent, &modulus);
    CHECK_EQUAL(out[0] << 8 | out[1], 0);
}

TEST(modexp_workspace_grows_and_saturates) {
    size_t last = 0;
    uint64_t steps = 0;
    for (uint64_t bits = 1; bits != 0; bits = chevmi_modexp_window_step(bits)) {
        CHECK(chevmi_modexp_workspace(1024, bits) > last);
        if (bits > 1) {
            CHECK_EQUAL(chevmi_modexp_workspace(1024, bits - 1), last);
        }
        last = chevmi_modexp_workspace(1024, bits);
        steps++;
    }
    CHECK_EQUAL(steps, 5);
    CHECK_EQUAL(chevmi_modexp_workspace(1024, UINT64_MAX), last);
    CHECK_EQUAL(chevmi_modexp_workspace(0, 1), 0);
    CHECK_EQUAL(chevmi_modexp_workspace(1, 1), chevmi_modexp_workspace(64, 1));
    CHECK_EQUAL(chevmi_modexp_workspace(UINT64_MAX, 1), SIZE_MAX);
}

/* ---- Random numbers ------------------------------------------------------------------------- */

/* Bytes of a shape that carries and windows find hard. */
static void fill(uint8_t *bytes, size_t size) {
    const uint64_t shape = ch_test_random() % 8;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = shape == 0 ? 0xff : (uint8_t)ch_test_random();
    }
    const size_t part = size == 0 ? 0 : (size_t)(ch_test_random() % (size + 1));
    if (shape == 1) {
        memset(bytes, 0, part);
    } else if (shape == 2) {
        memset(bytes + part, 0, size - part);
    } else if (shape == 3 && size > 0) {
        memset(bytes, 0, size);
        bytes[part % size] = (uint8_t)(1u << ch_test_random() % 8);
    } else if (shape == 4) {
        memset(bytes, 0xff, part);
    }
}

typedef struct operands {
    uint8_t bytes[3][SIZE_LIMIT];
    chevmi_span span[3]; /* base, exponent, modulus */
} operands;

static void draw(operands *all) {
    static const size_t limits[8] = {8, 16, 33, 40, 65, 72, 130, SIZE_LIMIT};
    for (unsigned i = 0; i < 3; i++) {
        size_t limit = limits[ch_test_random() % 8];
        if (i == 1 && limit > 65) {
            limit = ch_test_random() % 8 == 0 ? 100 : 20;
        }
        const size_t size = (size_t)(ch_test_random() % (limit + 1));
        const size_t present =
            ch_test_random() % 8 == 0 ? (size_t)(ch_test_random() % (size + 1)) : size;
        fill(all->bytes[i], size);
        memset(all->bytes[i] + present, 0, size - present);
        all->span[i] = (chevmi_span){all->bytes[i], present, size};
    }
    if (all->span[2].present != 0 && ch_test_random() % 2 == 0) {
        all->bytes[2][all->span[2].present - 1] |= 1;
    }
}

#if defined(CHEVM_TEST_GMP)
static void answer(uint8_t *out, const operands *all) {
    mpz_t number[3], power;
    const size_t size = (size_t)all->span[2].size;
    mpz_init(power);
    for (unsigned i = 0; i < 3; i++) {
        mpz_init(number[i]);
        mpz_import(number[i], (size_t)all->span[i].size, 1, 1, 0, 0, all->bytes[i]);
    }
    memset(out, 0, size);
    if (mpz_sgn(number[2]) != 0) {
        mpz_powm(power, number[0], number[1], number[2]);
        const size_t length = mpz_sgn(power) == 0 ? 0 : (mpz_sizeinbase(power, 2) + 7) / 8;
        mpz_export(out + size - length, NULL, 1, 1, 0, 0, power);
    }
    for (unsigned i = 0; i < 3; i++) {
        mpz_clear(number[i]);
    }
    mpz_clear(power);
}

static const char *const ORACLE = "GMP";
#else
/* Without GMP the builds are still held against each other. */
static void answer(uint8_t *out, const operands *all) {
    (void)chevmi_field256_select(false);
    (void)chevmi_modexp_select(0);
    chevmi_modexp(out, &all->span[0], &all->span[1], &all->span[2], work);
}

static const char *const ORACLE = "plain C";
#endif

TEST(modexp_every_build_agrees_with_an_oracle) {
    const uint64_t count = ch_test_cases(100000, 3000);
    for (uint64_t n = 0; n < count; n++) {
        operands all;
        uint8_t want[SIZE_LIMIT], got[SIZE_LIMIT + 1];
        draw(&all);
        answer(want, &all);
        for (size_t i = 0; i < BUILD_COUNT; i++) {
            if (!select_build(i)) {
                continue;
            }
            run(got, &all.span[0], &all.span[1], &all.span[2]);
            if (!CHECK_BYTES(got, want, (size_t)all.span[2].size)) {
                CHECK_TEXT(BUILDS[i]->name, ORACLE);
                return;
            }
        }
    }
    (void)chevmi_field256_select(true);
    (void)chevmi_modexp_select(chevmi_cpu_features());
}

/* ---- Kernels on hard limbs ------------------------------------------------------------------ */

/* A limb of all ones, none, one bit, or noise. */
static uint64_t hard_limb(void) {
    const uint64_t random = ch_test_random();
    switch (random % 6) {
    case 0:
    case 1:
        return ~(uint64_t)0;
    case 2:
        return 0;
    case 3:
        return (uint64_t)1 << (random >> 8 & 63);
    default:
        return ch_test_random();
    }
}

static void hard_limbs(uint64_t *limbs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        limbs[i] = hard_limb();
    }
}

static uint64_t inverse_limb(uint64_t x) {
    uint64_t inverse = x;
    for (unsigned i = 0; i < 5; i++) {
        inverse *= 2 - x * inverse;
    }
    return inverse;
}

/* A modulus from 2^254 on whose top limb is often the largest or smallest that folding takes. */
static void draw_four(chevmi_four *m) {
    static const uint64_t tops[] = {(uint64_t)1 << 62, ~(uint64_t)2, ~(uint64_t)0, ~(uint64_t)1};
    hard_limbs(m->m, 4);
    const uint64_t choice = ch_test_random() % 6;
    m->m[3] = choice < 4 ? tops[choice] : m->m[3] | (uint64_t)1 << 62;
    m->m[0] |= 1;
    m->k = 0 - inverse_limb(m->m[0]);
    uint64_t carry = 1;
    for (unsigned i = 0; i < 4; i++) {
        const uint64_t limb = chevm_limb_muladd(&carry, m->m[i], m->k, carry, 0);
        if (i > 0) {
            m->fold[i - 1] = limb;
        }
    }
    m->fold[3] = carry;
}

/* Below m, often just below. */
static void draw_below(uint64_t x[4], const uint64_t m[4]) {
    hard_limbs(x, 4);
    if (ch_test_random() % 3 == 0) {
        const uint64_t less[4] = {1 + ch_test_random() % 3, 0, 0, 0};
        (void)chevm_limb4_sub(x, m, less);
    }
    while (!chevm_limb4_less(x, m)) {
        (void)chevm_limb4_sub(x, x, m);
    }
}

TEST(modexp_four_limbs_agree_on_hard_moduli) {
    for (unsigned n = 0; n < 200000; n++) {
        chevmi_four m;
        uint64_t a[4], b[4], want[4], got[4];
        draw_four(&m);
        draw_below(a, m.m);
        draw_below(b, m.m);
        const uint64_t *const other = n % 2 == 0 ? a : b; /* squares have their own way */
        chevmi_modexp_plain.four(want, a, other, &m);
        for (size_t i = 0; i < BUILD_COUNT; i++) {
            if (!select_build(i)) {
                continue;
            }
            BUILDS[i]->four(got, a, other, &m);
            bool good = CHECK_BYTES(got, want, sizeof want);
            if (m.m[3] < ~(uint64_t)1) {
                BUILDS[i]->four_folded(got, a, other, &m);
                good &= CHECK_BYTES(got, want, sizeof want);
            }
            if (!good) {
                return;
            }
        }
    }
}

TEST(modexp_blocks_agree_on_hard_limbs) {
    enum { BLOCKS = 5, LIMBS = BLOCKS * CHEVMI_BLOCK };
    uint64_t a[LIMBS], b[LIMBS], m[LIMBS], want[4][2 * LIMBS], got[4][2 * LIMBS];
    for (unsigned n = 0; n < 3000; n++) {
        const size_t blocks = 1 + n % BLOCKS, limbs = blocks * CHEVMI_BLOCK;
        hard_limbs(a, limbs);
        hard_limbs(b, limbs);
        hard_limbs(m, limbs);
        m[0] |= 1;
        m[limbs - 1] |= (uint64_t)1 << 62;
        const uint64_t k = 0 - inverse_limb(m[0]);
        for (size_t i = BUILD_COUNT; i-- > 0;) { /* plain C, the last, comes first */
            const chevmi_modexp_kernel *const build = BUILDS[i];
            if (!select_build(i)) {
                continue;
            }
            memset(got, 0x5a, sizeof got);
            build->product(got[0], a, b, blocks);
            build->square(got[1], a, blocks);
            build->product_low(got[2], a, b, blocks);
            memcpy(got[3], got[0], sizeof got[3]);
            build->reduce(got[3], got[3], m, blocks, k);
            memset(got[3] + limbs, 0, 8 * limbs); /* what is left of the sum */
            if (i + 1 == BUILD_COUNT) {
                memcpy(want, got, sizeof want);
                CHECK_BYTES(got[2], got[0], 8 * limbs);
            } else if (!CHECK_BYTES(got, want, sizeof want)) {
                return;
            }
        }
    }
}
