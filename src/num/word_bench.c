/* Word arithmetic: the build this machine picks beside the other builds and GMP's mpn functions,
 * operand shapes as in the EVM. 64 operand sets a group, so that branch history stays realistic
 * and everything lies in the first-level cache. */
#include "cpu.h"
#include "kernel.h"

#include "bench.h"

#include <string.h>

#if defined(CHEVM_TEST_GMP)
#include <gmp.h>
#endif

#define SETS 64u

typedef struct operands {
    chevm_u256 a, b, m;
} operands;

typedef struct word_work {
    const chevmi_num_kernel *kernel;
    chevm_num_cache *cache;
    const operands *sets;
} word_work;

static operands sets[SETS];

/* One body per operation: the results' low limbs are added up. */
#define WORD_BODY(name, call)                                                                      \
    static uint64_t name(void *context, uint64_t iterations) {                                     \
        const word_work *const work = context;                                                     \
        uint64_t sum = 0;                                                                          \
        chevm_u256 out;                                                                            \
        for (uint64_t i = 0; i < iterations; i++) {                                                \
            const operands *const set = &work->sets[i % SETS];                                     \
            call;                                                                                  \
            BENCH_KEEP(&out);                                                                      \
            sum += out.limbs[0];                                                                   \
        }                                                                                          \
        return sum;                                                                                \
    }

WORD_BODY(add, chevm_u256_add(&out, &set->a, &set->b))
WORD_BODY(mul, chevm_u256_mul(&out, &set->a, &set->b))
WORD_BODY(shr, chevm_u256_shr(&out, &set->b, &set->a))
WORD_BODY(divide, work->kernel->div(&out, &set->a, &set->b, work->cache))
WORD_BODY(mod, work->kernel->mod(&out, &set->a, &set->b, work->cache))
WORD_BODY(addmod, work->kernel->addmod(&out, &set->a, &set->b, &set->m, work->cache))
WORD_BODY(mulmod, work->kernel->mulmod(&out, &set->a, &set->b, &set->m, work->cache))
WORD_BODY(power, work->kernel->exp(&out, &set->a, &set->b))

#if defined(CHEVM_TEST_GMP)
static mp_limb_t *limbs(const uint64_t *x) {
    return (mp_limb_t *)(uintptr_t)x;
}

static mp_size_t count_of(const uint64_t *x) {
    mp_size_t count = 4;
    while (count > 1 && x[count - 1] == 0) {
        count--;
    }
    return count;
}

static void gmp_divide(uint64_t q[9], uint64_t r[4], const uint64_t *a, mp_size_t count,
                       const chevm_u256 *m) {
    mpn_tdiv_qr(limbs(q), limbs(r), 0, limbs(a), count, limbs(m->limbs), count_of(m->limbs));
}

static void gmp_div(chevm_u256 *out, const operands *set, bool want_remainder) {
    uint64_t q[9], r[4];
    const mp_size_t count = count_of(set->a.limbs);
    if (count < count_of(set->b.limbs)) {
        chevm_u256_set_u64(out, want_remainder ? set->a.limbs[0] : 0);
        return;
    }
    gmp_divide(q, r, set->a.limbs, count, &set->b);
    chevm_u256_set_u64(out, want_remainder ? r[0] : q[0]);
}

static void gmp_sum(chevm_u256 *out, const operands *set) {
    uint64_t t[5], q[9], r[4];
    t[4] = mpn_add_n(limbs(t), limbs(set->a.limbs), limbs(set->b.limbs), 4);
    gmp_divide(q, r, t, 5, &set->m);
    chevm_u256_set_u64(out, r[0]);
}

static void gmp_product(chevm_u256 *out, const operands *set) {
    uint64_t t[8], q[9], r[4];
    mpn_mul_n(limbs(t), limbs(set->a.limbs), limbs(set->b.limbs), 4);
    gmp_divide(q, r, t, 8, &set->m);
    chevm_u256_set_u64(out, r[0]);
}

WORD_BODY(gmp_add, mpn_add_n(limbs(out.limbs), limbs(set->a.limbs), limbs(set->b.limbs), 4))
WORD_BODY(gmp_mul, uint64_t t[8]; mpn_mul_n(limbs(t), limbs(set->a.limbs), limbs(set->b.limbs), 4);
          chevm_u256_set_u64(&out, t[0]))
WORD_BODY(gmp_quotient, gmp_div(&out, set, false))
WORD_BODY(gmp_remainder, gmp_div(&out, set, true))
WORD_BODY(gmp_addmod, gmp_sum(&out, set))
WORD_BODY(gmp_mulmod, gmp_product(&out, set))
#define GMP_BODY(body) body
#else
#define GMP_BODY(body) NULL
#endif

/* A random word of exactly `bits` bits (0 for 0). */
static chevm_u256 word_of(unsigned bits) {
    chevm_u256 a = {{ch_bench_random(), ch_bench_random(), ch_bench_random(), ch_bench_random()}};
    a.limbs[3] |= (uint64_t)1 << 63;
    if (bits == 0) {
        return (chevm_u256){{0, 0, 0, 0}};
    }
    chevm_u256_shr_bits(&a, &a, 256 - bits);
    return a;
}

static void fill(unsigned a_bits, unsigned b_bits, unsigned m_bits) {
    for (unsigned i = 0; i < SETS; i++) {
        sets[i] = (operands){word_of(a_bits), word_of(b_bits), word_of(m_bits)};
    }
}

static void repeat_divisors(void) {
    for (unsigned i = 1; i < SETS; i++) {
        sets[i].b = sets[0].b;
        sets[i].m = sets[0].m;
    }
}

/* The builds this machine can run, then the first of them with the cache, then GMP. */
static void run_builds(ch_bench_body body, ch_bench_body gmp_body, bool cached) {
    static const chevmi_num_kernel *const all[] = {
#define KERNEL_ADDRESS(name) &name,
        CHEVMI_NUM_KERNEL_ROWS(KERNEL_ADDRESS)
#undef KERNEL_ADDRESS
    };
    static word_work work[sizeof all / sizeof all[0] + 1];
    static chevm_num_cache cache;
    const unsigned features = chevmi_cpu_features();
    size_t used = 0;
    memset(&cache, 0, sizeof cache);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if ((all[i]->features & ~features) == 0) {
            if (cached) {
                work[used] = (word_work){all[i], &cache, sets};
                ch_bench_add("cached", body, &work[used++]);
                ch_bench_expect_no_heap();
                cached = false;
            }
            work[used] = (word_work){all[i], NULL, sets};
            ch_bench_add(all[i]->name + strlen("chevmi_num_"), body, &work[used++]);
            ch_bench_expect_no_heap();
        }
    }
    if (gmp_body != NULL) {
        ch_bench_add("gmp", gmp_body, &work[0]);
    }
    ch_bench_run();
}

static void run_inline(ch_bench_body body, ch_bench_body gmp_body) {
    static word_work work = {NULL, NULL, sets};
    ch_bench_add("inline", body, &work);
    ch_bench_expect_no_heap();
    if (gmp_body != NULL) {
        ch_bench_add("gmp", gmp_body, &work);
    }
    ch_bench_run();
}

BENCH_GROUP(add) {
    fill(256, 256, 0);
    run_inline(add, GMP_BODY(gmp_add));
}

BENCH_GROUP(mul) {
    fill(256, 256, 0);
    run_inline(mul, GMP_BODY(gmp_mul));
}

BENCH_GROUP(shr) {
    fill(256, 8, 0);
    run_inline(shr, NULL);
}

#define DIVISION_GROUP(name, a_bits, b_bits)                                                       \
    BENCH_GROUP(div_##name) {                                                                      \
        fill(a_bits, b_bits, 0);                                                                   \
        run_builds(divide, GMP_BODY(gmp_quotient), false);                                         \
    }                                                                                              \
    BENCH_GROUP(mod_##name) {                                                                      \
        fill(a_bits, b_bits, 0);                                                                   \
        run_builds(mod, GMP_BODY(gmp_remainder), false);                                           \
    }

DIVISION_GROUP(256_by_64, 256, 64)
DIVISION_GROUP(256_by_128, 256, 128)
DIVISION_GROUP(256_by_192, 256, 192)
DIVISION_GROUP(256_by_256, 256, 252)
DIVISION_GROUP(128_by_64, 120, 50)
DIVISION_GROUP(64_by_64, 64, 40)

BENCH_GROUP(div_256_by_one_divisor_of_128) {
    fill(256, 128, 0);
    repeat_divisors();
    run_builds(divide, GMP_BODY(gmp_quotient), true);
}

BENCH_GROUP(div_by_powers_of_two) {
    fill(256, 8, 0);
    for (unsigned i = 0; i < SETS; i++) {
        const chevm_u256 one = {{1, 0, 0, 0}};
        chevm_u256_shl(&sets[i].b, &sets[i].b, &one);
    }
    run_builds(divide, GMP_BODY(gmp_quotient), false);
}

#define MODULAR_GROUP(bits)                                                                        \
    BENCH_GROUP(mulmod_##bits) {                                                                   \
        fill(256, 256, bits);                                                                      \
        run_builds(mulmod, GMP_BODY(gmp_mulmod), false);                                           \
    }                                                                                              \
    BENCH_GROUP(mulmod_one_modulus_of_##bits) {                                                    \
        fill(bits, bits, bits);                                                                    \
        repeat_divisors();                                                                         \
        run_builds(mulmod, GMP_BODY(gmp_mulmod), true);                                            \
    }

MODULAR_GROUP(64)
MODULAR_GROUP(128)
MODULAR_GROUP(192)
MODULAR_GROUP(254)
MODULAR_GROUP(256)

BENCH_GROUP(addmod_any) {
    fill(256, 256, 200);
    run_builds(addmod, GMP_BODY(gmp_addmod), false);
}

BENCH_GROUP(addmod_reduced) {
    fill(253, 253, 254);
    run_builds(addmod, GMP_BODY(gmp_addmod), false);
}

BENCH_GROUP(exp_256) {
    fill(256, 256, 0);
    for (unsigned i = 0; i < SETS; i++) {
        sets[i].a.limbs[0] |= 1;
    }
    run_builds(power, NULL, false);
}

BENCH_GROUP(exp_16) {
    fill(256, 16, 0);
    for (unsigned i = 0; i < SETS; i++) {
        sets[i].a.limbs[0] |= 1;
    }
    run_builds(power, NULL, false);
}

BENCH_GROUP(exp_of_ten) {
    fill(0, 6, 0);
    for (unsigned i = 0; i < SETS; i++) {
        sets[i].a.limbs[0] = 10;
    }
    run_builds(power, NULL, false);
}
