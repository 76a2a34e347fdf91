/* bn254.h: each precompile's work on bytes, checks included, by the build this machine picks and by
 * the others; and the products in the extension, on which all of it stands. */
#include "bn254_rig.h"

#include "bench.h"

#define PAIRS_MAX 8u

typedef struct bn_work {
    const char *name;
    unsigned build;
    size_t pair_count;
    uint8_t in[192 * PAIRS_MAX];
} bn_work;

static bn_work works[] = {
    {.name = "fastest", .build = 0},
    {.name = "portable on blst", .build = 2},
    {.name = "portable on C", .build = 3},
};

/* Each two pairs are (p, q), (-p, q): any even number of them gives one. */
static void random_pairs(uint8_t *in) {
    chevmi_bn_g1 p;
    chevmi_bn_g2 q;
    for (unsigned i = 0; i < PAIRS_MAX; i += 2) {
        bn_rig_g1(&p, ch_bench_random);
        bn_rig_g2(&q, ch_bench_random);
        bn_rig_store_pair(in + 192 * i, &p, &q);
        chevmi_bn_fp_neg(&p.y, &p.y);
        bn_rig_store_pair(in + 192 * (i + 1), &p, &q);
    }
}

static void run(ch_bench_body body, size_t pair_count, uint64_t check_iterations, double limit_ns) {
    uint8_t in[192 * PAIRS_MAX];
    bn_rig_use(0);
    random_pairs(in);
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        memcpy(works[i].in, in, sizeof in);
        works[i].pair_count = pair_count;
        ch_bench_add(works[i].name, body, &works[i]);
        ch_bench_expect_no_heap();
    }
    ch_bench_check_iterations(check_iterations);
    ch_bench_target("time", limit_ns);
    ch_bench_run();
    bn_rig_use(0);
}

static uint64_t result_of(const uint8_t bytes[64]) {
    return chevm_limb_load_be(bytes + 24) ^ chevm_limb_load_be(bytes + 56);
}

/* Each sum is an operand of the next. */
static uint64_t add(void *context, uint64_t iterations) {
    bn_work *const work = context;
    uint8_t in[128];
    bn_rig_use(work->build);
    memcpy(in, work->in, 64);
    memcpy(in + 64, work->in + 192, 64);
    for (uint64_t i = 0; i < iterations; i++) {
        (void)chevmi_bn254_add(in, in);
    }
    return result_of(in);
}

BENCH_GROUP(bn254_add) {
    run(add, 0, 100, 3000);
}

/* The scalar is the x of the product before: any 254 bits. */
static uint64_t mul(void *context, uint64_t iterations) {
    bn_work *const work = context;
    uint8_t in[96];
    bn_rig_use(work->build);
    memcpy(in, work->in, 96);
    for (uint64_t i = 0; i < iterations; i++) {
        (void)chevmi_bn254_mul(in, in);
        memcpy(in + 64, in, 32);
    }
    return result_of(in);
}

BENCH_GROUP(bn254_mul) {
    run(mul, 0, 10, 50000);
}

static uint64_t pairing(void *context, uint64_t iterations) {
    bn_work *const work = context;
    uint64_t answers = 0;
    bn_rig_use(work->build);
    for (uint64_t i = 0; i < iterations; i++) {
        bool one = true;
        answers += chevmi_bn254_pairing(&one, work->in, work->pair_count) ? 2 + one : 0;
    }
    return answers;
}

BENCH_GROUP(bn254_pairing_1) {
    run(pairing, 1, 2, 750000);
}

BENCH_GROUP(bn254_pairing_2) {
    run(pairing, 2, 2, 950000);
}

BENCH_GROUP(bn254_pairing_4) {
    run(pairing, 4, 2, 1500000);
}

BENCH_GROUP(bn254_pairing_8) {
    run(pairing, 8, 2, 2500000);
}

static uint64_t extension_mul(void *context, uint64_t iterations) {
    bn_work *const work = context;
    chevmi_bn_fp2 x, y;
    bn_rig_use(work->build);
    (void)chevmi_bn_fp2_load(&x, work->in + 64);
    (void)chevmi_bn_fp2_load(&y, work->in + 128);
    for (uint64_t i = 0; i < iterations; i++) {
        chevmi_bn_fp2_mul(&x, &x, &y);
    }
    return x.a.limb[0] ^ x.b.limb[3];
}

BENCH_GROUP(bn254_extension_mul) {
    run(extension_mul, 0, 1000, 100);
}
