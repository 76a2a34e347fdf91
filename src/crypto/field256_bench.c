/* field256.c: each operation in a chain of itself, blst's kernels beside plain C (BN254's p), and
 * the self-check at start-up. */
#include "field256.h"

#include "bench.h"

#include <string.h>

typedef struct field_work {
    bool borrowed;
} field_work;

static const chevmi_modulus *const M = &chevmi_modulus_bn254_p;

static void start(const field_work *work, uint64_t x[4], uint64_t y[4]) {
    (void)chevmi_field256_select(work->borrowed);
    memcpy(x, M->square, 32);
    memcpy(y, M->one, 32);
    y[0] ^= 1;
}

#define CHAIN(name, step)                                                                          \
    static uint64_t name(void *context, uint64_t iterations) {                                     \
        uint64_t x[4], y[4];                                                                       \
        start(context, x, y);                                                                      \
        for (uint64_t i = 0; i < iterations; i++) {                                                \
            step;                                                                                  \
        }                                                                                          \
        (void)y;                                                                                   \
        return x[0] ^ x[3];                                                                        \
    }

CHAIN(mul_chain, chevmi_f256_mul(x, x, y, M))
CHAIN(sqr_chain, chevmi_f256_sqr(x, x, M))
CHAIN(add_chain, chevmi_f256_add(x, x, y, M))
CHAIN(sub_chain, chevmi_f256_sub(x, x, y, M))
CHAIN(inverse_chain, chevmi_f256_inverse(x, x, M); x[0] ^= i & 1)

static void run(ch_bench_body body) {
    static field_work works[2] = {{true}, {false}};
    ch_bench_add("borrowed", body, &works[0]);
    ch_bench_expect_no_heap();
    ch_bench_add("plain", body, &works[1]);
    ch_bench_expect_no_heap();
    ch_bench_run();
}

BENCH_GROUP(field256_mul) {
    run(mul_chain);
}

BENCH_GROUP(field256_sqr) {
    run(sqr_chain);
}

BENCH_GROUP(field256_add) {
    run(add_chain);
}

BENCH_GROUP(field256_sub) {
    run(sub_chain);
}

BENCH_GROUP(field256_inverse) {
    run(inverse_chain);
}

static uint64_t self_check(void *context, uint64_t iterations) {
    uint64_t sound = 0;
    (void)context;
    (void)chevmi_field256_select(true);
    for (uint64_t i = 0; i < iterations; i++) {
        sound += chevmi_field256_check(chevmi_field256());
    }
    return sound;
}

BENCH_GROUP(field256_self_check) {
    ch_bench_add("borrowed", self_check, NULL);
    ch_bench_expect_no_heap();
    ch_bench_check_iterations(10);
    ch_bench_run();
}
