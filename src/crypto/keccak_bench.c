/* Keccak-256: what this machine picks beside the other builds, for the sizes the EVM asks for most
 * (a word, a mapping slot, a block of the sponge, a kilobyte), and OpenSSL's SHA3-256, which does
 * the same work with another padding byte. */
#include "keccak.h"

#include "num/cpu.h"

#include "bench.h"

#include <string.h>

#if defined(CHEVM_TEST_OPENSSL)
#include <openssl/evp.h>
#endif

typedef struct keccak_work {
    const chevmi_keccak_build *build;
    size_t size;
    uint8_t data[1024];
} keccak_work;

/* Each hash goes into the next one's input, so that calls cannot overlap more than in a contract.
 */
static uint64_t hash_chain(void *context, uint64_t iterations) {
    keccak_work *const work = context;
    memset(work->data, 0x5a, sizeof work->data);
    for (uint64_t i = 0; i < iterations; i++) {
        work->build->hash(work->data, work->data, work->size, CHEVMI_KECCAK_DOMAIN);
    }
    uint64_t result;
    memcpy(&result, work->data, sizeof result);
    return result;
}

#if defined(CHEVM_TEST_OPENSSL)
static uint64_t openssl_chain(void *context, uint64_t iterations) {
    keccak_work *const work = context;
    EVP_MD_CTX *const digest = EVP_MD_CTX_new();
    memset(work->data, 0x5a, sizeof work->data);
    for (uint64_t i = 0; i < iterations; i++) {
        (void)EVP_DigestInit_ex(digest, EVP_sha3_256(), NULL);
        (void)EVP_DigestUpdate(digest, work->data, work->size);
        (void)EVP_DigestFinal_ex(digest, work->data, NULL);
    }
    EVP_MD_CTX_free(digest);
    uint64_t result;
    memcpy(&result, work->data, sizeof result);
    return result;
}
#endif

static void run_size(size_t size) {
    static const chevmi_keccak_build *const all[] = {
#define BUILD_ADDRESS(name) &name,
        CHEVMI_KECCAK_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
    };
    static keccak_work work[sizeof all / sizeof all[0] + 1];
    const unsigned features = chevmi_cpu_features();
    size_t used = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if ((all[i]->features & ~features) == 0) {
            work[used] = (keccak_work){.build = all[i], .size = size};
            ch_bench_add(all[i]->name + strlen("chevmi_"), hash_chain, &work[used++]);
            ch_bench_expect_no_heap();
        }
    }
#if defined(CHEVM_TEST_OPENSSL)
    ch_bench_results_differ();
    work[used] = (keccak_work){.build = NULL, .size = size};
    ch_bench_add("openssl_sha3", openssl_chain, &work[used]);
#endif
    ch_bench_bytes(size);
    ch_bench_run();
}

BENCH_GROUP(keccak_32) {
    run_size(32);
}

BENCH_GROUP(keccak_64) {
    run_size(64);
}

BENCH_GROUP(keccak_136) {
    run_size(136);
}

BENCH_GROUP(keccak_1000) {
    run_size(1000);
}

/* ---- Many at one time: 8 hashes an iteration, of `size` bytes, and fewer -------------------- */

typedef struct many_work {
    size_t size, count;
    bool one_by_one;
} many_work;

static uint64_t hash_many(void *context, uint64_t iterations) {
    static uint8_t data[CHEVMI_KECCAK_EIGHT][1024];
    const many_work *const work = context;
    chevm_keccak_job jobs[CHEVMI_KECCAK_EIGHT];
    memset(data, 0x5a, sizeof data);
    for (size_t i = 0; i < CHEVMI_KECCAK_EIGHT; i++) {
        data[i][0] = (uint8_t)i;
        jobs[i] = (chevm_keccak_job){data[i], work->size, data[i]};
    }
    for (uint64_t i = 0; i < iterations; i++) {
        if (work->one_by_one) {
            for (size_t at = 0; at < work->count; at++) {
                chevm_keccak256(data[at], data[at], work->size);
            }
        } else {
            chevm_keccak256_many(jobs, work->count);
        }
    }
    uint64_t result;
    memcpy(&result, data[0], sizeof result);
    return result;
}

static void run_many(size_t size, size_t count) {
    many_work work[2] = {{size, count, false}, {size, count, true}};
    chevm_hash_init();
    ch_bench_add("many", hash_many, &work[0]);
    ch_bench_expect_no_heap();
    ch_bench_add("one by one", hash_many, &work[1]);
    ch_bench_run();
}

BENCH_GROUP(keccak_many_8_of_32) {
    run_many(32, 8);
}

BENCH_GROUP(keccak_many_3_of_32) {
    run_many(32, 3);
}

BENCH_GROUP(keccak_many_8_of_110) {
    run_many(110, 8);
}

BENCH_GROUP(keccak_many_8_of_500) {
    run_many(500, 8);
}
