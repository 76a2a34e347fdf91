/* p256.c: one verification by each way to compute, and OpenSSL's beside them where it is installed;
 * the steps it is made of. */
#include "p256_rig.h"

#include "bench.h"

#include <string.h>

typedef struct verify_work {
    p256_rig_way way;
    uint8_t input[CHEVMI_P256_INPUT];
} verify_work;

/* The first of geth's vectors. */
static const char VALID[] = "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d"
                            "a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac"
                            "36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60"
                            "4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3"
                            "7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e";

static void read_valid(uint8_t input[CHEVMI_P256_INPUT]) {
    for (size_t i = 0; i < CHEVMI_P256_INPUT; i++) {
        const char high = VALID[2 * i], low = VALID[2 * i + 1];
        const int h = high <= '9' ? high - '0' : high - 'a' + 10;
        const int l = low <= '9' ? low - '0' : low - 'a' + 10;
        input[i] = (uint8_t)(h * 16 + l);
    }
}

static uint64_t verify(void *context, uint64_t iterations) {
    const verify_work *const work = context;
    uint64_t valid = 0;
    uint8_t out[32];
    p256_rig_select(work->way);
    for (uint64_t i = 0; i < iterations; i++) {
        valid += chevmi_p256_verify_call(out, work->input, sizeof work->input);
    }
    return valid / 32;
}

#if defined(CHEVM_TEST_OPENSSL)

static inline uint64_t ch_test_random(void) {
    return ch_bench_random();
}

#include "ecdsa_rig.h"

typedef struct openssl_work {
    EVP_PKEY *pair;
    uint8_t hash[32], der[80];
    size_t size;
} openssl_work;

static uint64_t openssl_verify(void *context, uint64_t iterations) {
    const openssl_work *const work = context;
    EVP_PKEY_CTX *const verifier = EVP_PKEY_CTX_new(work->pair, NULL);
    uint64_t valid = 0;
    (void)EVP_PKEY_verify_init(verifier);
    for (uint64_t i = 0; i < iterations; i++) {
        valid += EVP_PKEY_verify(verifier, work->der, work->size, work->hash, 32) == 1;
    }
    EVP_PKEY_CTX_free(verifier);
    return valid;
}

static void add_openssl(openssl_work *work, const uint8_t *input) {
    ecdsa_sample sample;
    memcpy(sample.hash, input, 32);
    memcpy(sample.r, input + 32, 32);
    memcpy(sample.s, input + 64, 32);
    memcpy(sample.key, input + 96, 64);
    memcpy(work->hash, input, 32);
    work->size = ecdsa_rig_der(work->der, &sample);
    work->pair = ecdsa_rig_load(NID_X9_62_prime256v1, sample.key);
    ch_bench_add("openssl", openssl_verify, work);
}

#endif

BENCH_GROUP(p256_verify) {
    static const char *const names[P256_RIG_WAYS] = {"fastest", "borrowed", "plain"};
    static verify_work works[P256_RIG_WAYS];
    for (unsigned way = 0; way < P256_RIG_WAYS; way++) {
        works[way].way = way;
        read_valid(works[way].input);
        ch_bench_add(names[way], verify, &works[way]);
        ch_bench_expect_no_heap();
    }
#if defined(CHEVM_TEST_OPENSSL)
    static openssl_work theirs;
    add_openssl(&theirs, works[0].input);
#endif
    ch_bench_check_iterations(10);
    ch_bench_target("P-256 verification", 95000);
    ch_bench_run();
#if defined(CHEVM_TEST_OPENSSL)
    EVP_PKEY_free(theirs.pair);
#endif
}

typedef struct step_work {
    p256_rig_way way;
    chevmi_p256_point start;
} step_work;

static uint64_t doubles(void *context, uint64_t iterations) {
    const step_work *const work = context;
    chevmi_p256_point a = work->start;
    p256_rig_select(work->way);
    for (uint64_t i = 0; i < iterations; i++) {
        chevmi_p256_double(&a, &a);
    }
    return a.x[0];
}

static uint64_t adds(void *context, uint64_t iterations) {
    const step_work *const work = context;
    chevmi_p256_point a;
    p256_rig_select(work->way);
    chevmi_p256_double(&a, &work->start);
    for (uint64_t i = 0; i < iterations; i++) {
        chevmi_p256_add(&a, &a, &work->start, (i & 1) != 0);
    }
    return a.x[0];
}

static uint64_t affine_adds(void *context, uint64_t iterations) {
    const step_work *const work = context;
    chevmi_p256_point a = work->start;
    p256_rig_select(work->way);
    for (uint64_t i = 0; i < iterations; i++) {
        chevmi_p256_add_affine(&a, &a, &chevmi_p256_base[1 + i % 63], (i & 1) != 0);
    }
    return a.x[0];
}

static void run_step(ch_bench_body body) {
    static step_work fastest = {.way = P256_RIG_FASTEST}, borrowed = {.way = P256_RIG_BORROWED};
    memset(&fastest.start, 0, sizeof fastest.start);
    chevmi_p256_add_affine(&fastest.start, &fastest.start, &chevmi_p256_base[0], false);
    borrowed.start = fastest.start;
    ch_bench_add("fastest", body, &fastest);
    ch_bench_expect_no_heap();
    ch_bench_add("borrowed", body, &borrowed);
    ch_bench_expect_no_heap();
    ch_bench_run();
}

BENCH_GROUP(p256_double) {
    run_step(doubles);
}

BENCH_GROUP(p256_add) {
    run_step(adds);
}

BENCH_GROUP(p256_add_affine) {
    run_step(affine_adds);
}
