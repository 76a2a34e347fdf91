/* SHA-256, RIPEMD-160 and BLAKE2b's compression, the sizes their precompiles are called with;
 * OpenSSL's hashes beside ours where it has them. */
#include "blake2f.h"

#include "num/cpu.h"

#include "bench.h"

#include <string.h>

#if defined(CHEVM_TEST_OPENSSL)
#include <openssl/evp.h>
#endif

typedef struct hash_work {
    size_t size;
    void (*hash)(uint8_t *out, const uint8_t *data, size_t size);
    const char *rival; /* OpenSSL's name for it */
    uint8_t data[1024];
} hash_work;

static uint64_t hash_chain(void *context, uint64_t iterations) {
    hash_work *const work = context;
    memset(work->data, 0x5a, sizeof work->data);
    for (uint64_t i = 0; i < iterations; i++) {
        work->hash(work->data, work->data, work->size);
    }
    uint64_t result;
    memcpy(&result, work->data, sizeof result);
    return result;
}

#if defined(CHEVM_TEST_OPENSSL)
static uint64_t openssl_chain(void *context, uint64_t iterations) {
    hash_work *const work = context;
    EVP_MD_CTX *const digest = EVP_MD_CTX_new();
    const EVP_MD *const kind = EVP_get_digestbyname(work->rival);
    memset(work->data, 0x5a, sizeof work->data);
    for (uint64_t i = 0; i < iterations; i++) {
        (void)EVP_DigestInit_ex(digest, kind, NULL);
        (void)EVP_DigestUpdate(digest, work->data, work->size);
        (void)EVP_DigestFinal_ex(digest, work->data, NULL);
    }
    EVP_MD_CTX_free(digest);
    uint64_t result;
    memcpy(&result, work->data, sizeof result);
    return result;
}
#endif

static void run_hash(hash_work *work) {
    ch_bench_add("cold", hash_chain, work);
    ch_bench_expect_no_heap();
#if defined(CHEVM_TEST_OPENSSL)
    ch_bench_results_differ(); /* it may not have the algorithm */
    ch_bench_add("openssl", openssl_chain, work);
#endif
    ch_bench_bytes(work->size);
    ch_bench_run();
}

#define HASH_GROUP(name, function, openssl, bytes)                                                 \
    BENCH_GROUP(name) {                                                                            \
        static hash_work work = {.size = bytes, .hash = function, .rival = openssl};               \
        run_hash(&work);                                                                           \
    }

HASH_GROUP(sha256_32, chevm_sha256, "SHA256", 32)
HASH_GROUP(sha256_64, chevm_sha256, "SHA256", 64)
HASH_GROUP(sha256_1024, chevm_sha256, "SHA256", 1024)
HASH_GROUP(ripemd160_32, chevm_ripemd160, "RIPEMD160", 32)
HASH_GROUP(ripemd160_1000, chevm_ripemd160, "RIPEMD160", 1000)

typedef struct blake_work {
    const chevmi_blake2f_build *build;
    uint32_t rounds;
} blake_work;

static uint64_t blake_chain(void *context, uint64_t iterations) {
    const blake_work *const work = context;
    uint64_t h[8] = {1, 2, 3, 4, 5, 6, 7, 8}, m[16] = {9, 10, 11, 12};
    const uint64_t t[2] = {128, 0};
    for (uint64_t i = 0; i < iterations; i++) {
        m[15] = i;
        work->build->compress(h, m, t, true, work->rounds);
    }
    return h[0];
}

static void run_blake(uint32_t rounds) {
    static const chevmi_blake2f_build *const all[] = {
#define BUILD_ADDRESS(name) &name,
        CHEVMI_BLAKE2F_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
    };
    static blake_work work[sizeof all / sizeof all[0]];
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if ((all[i]->features & ~chevmi_cpu_features()) == 0) {
            work[i] = (blake_work){all[i], rounds};
            ch_bench_add(all[i]->name + strlen("chevmi_"), blake_chain, &work[i]);
            ch_bench_expect_no_heap();
        }
    }
    ch_bench_run();
}

BENCH_GROUP(blake2f_12) {
    run_blake(12);
}

BENCH_GROUP(blake2f_1000) {
    run_blake(1000);
}
