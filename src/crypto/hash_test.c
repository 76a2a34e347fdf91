/* hash.c: initialising picks builds this machine can run, again and again, from any thread, and
 * changes no result. */
#include <coldevm/hash.h>

#include "bn254.h"
#include "kzg.h"
#include "p256.h"

#include "harness.h"

#include <pthread.h>
#include <string.h>

TEST(hash_init_may_be_called_any_number_of_times_and_changes_no_result) {
    uint8_t first[32], again[32];
    uint64_t h[8] = {1}, h_again[8] = {1};
    const uint64_t m[16] = {2}, t[2] = {3, 0};
    chevm_keccak256(first, (const uint8_t *)"x", 1); /* the portable builds, before any choice */
    chevm_blake2f(h, m, t, true, 12);
    for (unsigned i = 0; i < 3; i++) {
        chevm_hash_init();
        chevm_keccak256(again, (const uint8_t *)"x", 1);
        CHECK_BYTES(again, first, sizeof first);
        memset(h_again, 0, sizeof h_again);
        h_again[0] = 1;
        chevm_blake2f(h_again, m, t, true, 12);
        CHECK_BYTES(h_again, h, sizeof h);
    }
}

/* What one thread sees: every room that initialising changes, used while others initialise. */
typedef struct witness {
    pthread_t thread;
    uint8_t keccak[32], sum[64];
    bool p256, kzg;
} witness;

static void *use_while_initialising(void *context) {
    witness *const w = context;
    static const uint8_t zeros[192]; /* no signature, no commitment */
    uint8_t points[128] = {[31] = 1, [63] = 2, [95] = 1, [127] = 2};
    uint8_t out[64];
    chevm_hash_init();
    chevm_keccak256(w->keccak, points, sizeof points);
    CH_REQUIRE(chevmi_bn254_add(w->sum, points));
    w->p256 = chevmi_p256_verify_call(out, zeros, 160) != 0;
    w->kzg = chevmi_kzg_point_evaluation(out, zeros);
    chevm_hash_init();
    return NULL;
}

TEST(hash_init_in_several_threads_disturbs_none_of_them) {
    enum { THREADS = 8 };
    static witness all[THREADS];
    witness alone;
    unsigned started = 0;
    while (started < THREADS &&
           pthread_create(&all[started].thread, NULL, use_while_initialising, &all[started]) == 0) {
        started++;
    }
    CHECK_EQUAL(started, THREADS);
    for (unsigned i = 0; i < started; i++) {
        CHECK_EQUAL(pthread_join(all[i].thread, NULL), 0);
    }
    (void)use_while_initialising(&alone);
    for (unsigned i = 0; i < started; i++) {
        CHECK_BYTES(all[i].keccak, alone.keccak, sizeof alone.keccak);
        CHECK_BYTES(all[i].sum, alone.sum, sizeof alone.sum);
        CHECK(!all[i].p256 && !all[i].kzg);
    }
}
