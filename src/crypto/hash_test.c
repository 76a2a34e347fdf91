/* hash.c: initialising picks builds this machine can run, again and again, and changes no result.
 */
#include <coldevm/hash.h>

#include "harness.h"

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
