/* EIP-2537 and point evaluation, from bytes to bytes with all checks. Beside the sums of products:
 * one multiplication a term, and blst's own routine (which checks no point and is wrong with
 * infinity among few points). */
#include "bls12381_rig.h"
#include "kzg_rig.h"

#include "bench.h"

#define TERMS_MAX 512u
#define PAIRS_MAX 8u

typedef struct work {
    size_t count;
    uint8_t in[TERMS_MAX * CHEVMI_BLS_G2_TERM_BYTES];
    uint8_t out[CHEVMI_BLS_G2_BYTES];
    blst_p1_affine p1[TERMS_MAX];
    blst_p2_affine p2[TERMS_MAX];
    uint8_t scalars[TERMS_MAX][32];
} work;

static work shared;
static uint64_t scratch[CHEVMI_BLS_MSM_SCRATCH_BYTES / 8];

static uint64_t result_of(const work *w) {
    uint64_t result;
    memcpy(&result, w->out + 40, sizeof result);
    return result;
}

#define BODY(name, call)                                                                           \
    static uint64_t name(void *context, uint64_t iterations) {                                     \
        work *const w = context;                                                                   \
        for (uint64_t i = 0; i < iterations; i++) {                                                \
            CH_REQUIRE(call);                                                                      \
            BENCH_KEEP(w->out);                                                                    \
        }                                                                                          \
        return result_of(w);                                                                       \
    }

BODY(g1_add, chevmi_bls_g1_add(w->out, w->in))
BODY(g2_add, chevmi_bls_g2_add(w->out, w->in))
BODY(map_g1, chevmi_bls_map_fp_to_g1(w->out, w->in))
BODY(map_g2, chevmi_bls_map_fp2_to_g2(w->out, w->in))
BODY(g1_msm, chevmi_bls_g1_msm(w->out, w->in, w->count, scratch, sizeof scratch))
BODY(g2_msm, chevmi_bls_g2_msm(w->out, w->in, w->count, scratch, sizeof scratch))
BODY(pairing, chevmi_bls_pairing_check(w->out, w->in, w->count))
BODY(kzg, chevmi_kzg_point_evaluation(w->out, w->in))

static uint64_t g1_blst(void *context, uint64_t iterations) {
    work *const w = context;
    const blst_p1_affine *const points[] = {w->p1, NULL};
    const uint8_t *const scalars[] = {w->scalars[0], NULL};
    for (uint64_t i = 0; i < iterations; i++) {
        blst_p1 sum;
        for (size_t k = 0; k < w->count; k++) { /* the check the precompile owes */
            CH_REQUIRE(blst_p1_affine_in_g1(&w->p1[k]));
        }
        blst_p1s_mult_pippenger(&sum, points, w->count, scalars, 256, scratch);
        chevmi_bls_p1_encode(w->out, &sum);
    }
    return result_of(w);
}

static uint64_t g2_blst(void *context, uint64_t iterations) {
    work *const w = context;
    const blst_p2_affine *const points[] = {w->p2, NULL};
    const uint8_t *const scalars[] = {w->scalars[0], NULL};
    for (uint64_t i = 0; i < iterations; i++) {
        blst_p2 sum;
        for (size_t k = 0; k < w->count; k++) {
            CH_REQUIRE(blst_p2_affine_in_g2(&w->p2[k]));
        }
        blst_p2s_mult_pippenger(&sum, points, w->count, scalars, 256, scratch);
        chevmi_bls_p2_encode(w->out, &sum);
    }
    return result_of(w);
}

static void run(const char *name, ch_bench_body body, size_t count) {
    shared.count = count;
    ch_bench_check_iterations(1);
    ch_bench_add(name, body, &shared);
    ch_bench_expect_no_heap();
}

static void reverse(uint8_t out[32], const uint8_t in[32]) {
    for (unsigned i = 0; i < 32; i++) {
        out[i] = in[31 - i];
    }
}

static void run_g1_msm(size_t count) {
    rig_random = ch_bench_random;
    for (size_t i = 0; i < count; i++) {
        uint8_t *const term = shared.in + i * CHEVMI_BLS_G1_TERM_BYTES;
        rig_g1(term);
        rig_bytes(term + CHEVMI_BLS_G1_BYTES, 32);
        CH_REQUIRE(chevmi_bls_p1_decode(&shared.p1[i], term));
        reverse(shared.scalars[i], term + CHEVMI_BLS_G1_BYTES);
    }
    run("cold", g1_msm, count);
    ch_bench_add("blst", g1_blst, &shared);
    ch_bench_run();
}

static void run_g2_msm(size_t count) {
    rig_random = ch_bench_random;
    for (size_t i = 0; i < count; i++) {
        uint8_t *const term = shared.in + i * CHEVMI_BLS_G2_TERM_BYTES;
        rig_g2(term);
        rig_bytes(term + CHEVMI_BLS_G2_BYTES, 32);
        CH_REQUIRE(chevmi_bls_p2_decode(&shared.p2[i], term));
        reverse(shared.scalars[i], term + CHEVMI_BLS_G2_BYTES);
    }
    run("cold", g2_msm, count);
    ch_bench_add("blst", g2_blst, &shared);
    ch_bench_run();
}

static void run_pairing(size_t count) {
    rig_random = ch_bench_random;
    rig_pairs(shared.in, count);
    run("cold", pairing, count);
    ch_bench_run();
}

BENCH_GROUP(bls_g1_add) {
    rig_random = ch_bench_random;
    rig_g1(shared.in);
    rig_g1(shared.in + CHEVMI_BLS_G1_BYTES);
    run("cold", g1_add, 2);
    ch_bench_run();
}

BENCH_GROUP(bls_g2_add) {
    rig_random = ch_bench_random;
    rig_g2(shared.in);
    rig_g2(shared.in + CHEVMI_BLS_G2_BYTES);
    run("cold", g2_add, 2);
    ch_bench_run();
}

BENCH_GROUP(bls_map_g1) {
    rig_random = ch_bench_random;
    rig_fp(shared.in);
    run("cold", map_g1, 1);
    ch_bench_run();
}

BENCH_GROUP(bls_map_g2) {
    rig_random = ch_bench_random;
    rig_fp(shared.in);
    rig_fp(shared.in + 64);
    run("cold", map_g2, 1);
    ch_bench_run();
}

BENCH_GROUP(bls_g1_msm_1) {
    run_g1_msm(1);
}

BENCH_GROUP(bls_g1_msm_2) {
    run_g1_msm(2);
}

BENCH_GROUP(bls_g1_msm_16) {
    run_g1_msm(16);
}

BENCH_GROUP(bls_g1_msm_24) {
    run_g1_msm(24);
}

BENCH_GROUP(bls_g1_msm_128) {
    run_g1_msm(128);
}

BENCH_GROUP(bls_g1_msm_512) {
    run_g1_msm(512);
}

BENCH_GROUP(bls_g2_msm_1) {
    run_g2_msm(1);
}

BENCH_GROUP(bls_g2_msm_2) {
    run_g2_msm(2);
}

BENCH_GROUP(bls_g2_msm_16) {
    run_g2_msm(16);
}

BENCH_GROUP(bls_g2_msm_24) {
    run_g2_msm(24);
}

BENCH_GROUP(bls_g2_msm_128) {
    run_g2_msm(128);
}

BENCH_GROUP(bls_pairing_2) {
    run_pairing(2);
}

BENCH_GROUP(bls_pairing_4) {
    run_pairing(4);
}

BENCH_GROUP(bls_pairing_8) {
    run_pairing(PAIRS_MAX);
}

BENCH_GROUP(kzg_point_evaluation) {
    rig_random = ch_bench_random;
    chevmi_kzg_init();
    rig_opening(shared.in, RIG_POWERS);
    run("cold", kzg, 1);
    ch_bench_target("KZG, 1350 us", 1350e3);
    ch_bench_run();
}
