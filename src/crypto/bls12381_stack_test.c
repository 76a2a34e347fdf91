/* The stack BLS12-381 and KZG take, measured: each function runs in a thread on a painted stack;
 * how deep the paint is gone, less what an empty thread takes, must not exceed the stated figure.
 * Frames of a sanitizer's build are larger: there is nothing to measure then. */
#define _GNU_SOURCE

#include "kzg_rig.h"

#include "harness.h"

#include <pthread.h>
#include <stdio.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined(SANITIZED)
#define SANITIZED 0
#endif

#define STACK_BYTES (1u << 20)
#define PAINT       0xa5
#define MANY        70u /* more than a chunk of terms, several batches of pairs */

static uint8_t painted[STACK_BYTES] __attribute__((aligned(64)));
static uint8_t input[MANY * CHEVMI_BLS_PAIR_BYTES];
static uint64_t scratch[CHEVMI_BLS_MSM_SCRATCH_BYTES / 8];
static bool (*function)(uint8_t *out);

static void *call_function(void *context) {
    uint8_t out[CHEVMI_BLS_G2_BYTES];
    bool *const accepted = context;
    *accepted = function(out);
    return NULL;
}

static size_t depth_of(bool (*run)(uint8_t *out)) {
    pthread_t thread;
    pthread_attr_t attributes;
    bool accepted = false;
    size_t untouched = 0;
    function = run;
    memset(painted, PAINT, sizeof painted);
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstack(&attributes, painted, sizeof painted);
    if (CHECK_EQUAL(pthread_create(&thread, &attributes, call_function, &accepted), 0)) {
        (void)pthread_join(thread, NULL);
    }
    (void)pthread_attr_destroy(&attributes);
    CHECK(accepted);
    while (untouched < sizeof painted && painted[untouched] == PAINT) {
        untouched++;
    }
    return sizeof painted - untouched;
}

static bool nothing(uint8_t *out) {
    out[0] = 0;
    return true;
}

static bool g1_add(uint8_t *out) {
    return chevmi_bls_g1_add(out, input);
}

static bool g2_add(uint8_t *out) {
    return chevmi_bls_g2_add(out, input);
}

static bool g1_msm(uint8_t *out) {
    return chevmi_bls_g1_msm(out, input, MANY, scratch, sizeof scratch);
}

static bool g2_msm(uint8_t *out) {
    return chevmi_bls_g2_msm(out, input, MANY, scratch, sizeof scratch);
}

static bool pairing(uint8_t *out) {
    return chevmi_bls_pairing_check(out, input, MANY);
}

static bool map_g1(uint8_t *out) {
    return chevmi_bls_map_fp_to_g1(out, input);
}

static bool map_g2(uint8_t *out) {
    return chevmi_bls_map_fp2_to_g2(out, input);
}

static bool kzg(uint8_t *out) {
    return chevmi_kzg_point_evaluation(out, input);
}

static bool kzg_init(uint8_t *out) {
    chevmi_kzg_init();
    return nothing(out);
}

static void check(const char *name, bool (*run)(uint8_t *out), size_t limit) {
    if (SANITIZED) {
        ch_test_skip("a sanitizer's frames are larger");
        CHECK(run(painted));
        return;
    }
    const size_t used = depth_of(run) - depth_of(nothing);
    printf("# %s: %zu bytes of stack\n", name, used);
    CHECK(used <= limit);
}

TEST(bls_stays_within_the_stated_stack) {
    rig_random = ch_test_random;
    rig_g1(input), rig_g1(input + CHEVMI_BLS_G1_BYTES);
    check("g1_add", g1_add, CHEVMI_BLS_STACK_BYTES);
    rig_g2(input), rig_g2(input + CHEVMI_BLS_G2_BYTES);
    check("g2_add", g2_add, CHEVMI_BLS_STACK_BYTES);
    for (size_t i = 0; i < MANY; i++) {
        rig_g1(input + i * CHEVMI_BLS_G1_TERM_BYTES);
        rig_bytes(input + i * CHEVMI_BLS_G1_TERM_BYTES + CHEVMI_BLS_G1_BYTES, 32);
    }
    check("g1_msm", g1_msm, CHEVMI_BLS_STACK_BYTES);
    for (size_t i = 0; i < MANY; i++) {
        rig_g2(input + i * CHEVMI_BLS_G2_TERM_BYTES);
        rig_bytes(input + i * CHEVMI_BLS_G2_TERM_BYTES + CHEVMI_BLS_G2_BYTES, 32);
    }
    check("g2_msm", g2_msm, CHEVMI_BLS_STACK_BYTES);
    rig_pairs(input, MANY);
    check("pairing", pairing, CHEVMI_BLS_STACK_BYTES);
    rig_fp(input), rig_fp(input + 64);
    check("map_fp_to_g1", map_g1, CHEVMI_BLS_STACK_BYTES);
    check("map_fp2_to_g2", map_g2, CHEVMI_BLS_STACK_BYTES);
}

TEST(kzg_stays_within_the_stated_stack) {
    rig_random = ch_test_random;
    rig_opening(input, RIG_POWERS);
    check("kzg without lines", kzg, CHEVMI_KZG_STACK_BYTES);
    check("kzg_init", kzg_init, CHEVMI_KZG_STACK_BYTES);
    check("kzg", kzg, CHEVMI_KZG_STACK_BYTES);
}
