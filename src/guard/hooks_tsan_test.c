/* ThreadSanitizer tells nothing of aligned allocations: they are taken by hand, once each. */
#define _GNU_SOURCE
#include "state.h"

#include <errno.h>
#include <stdlib.h>

#include "harness.h"

void *memalign(size_t align, size_t size_bytes);
void *valloc(size_t size_bytes);
void *pvalloc(size_t size_bytes);

TEST(g21_aligned_calls_are_seen_once) {
    ch_heap_calls count;
    void *block = NULL;
    ch_count_begin(&count);
    void *volatile first = aligned_alloc(64, 64);
    void *volatile second = memalign(64, 64);
    CHECK_EQUAL(posix_memalign(&block, 64, 64), 0);
    void *volatile third = valloc(64);
    void *volatile fourth = pvalloc(64);
    ch_count_end(&count);
    CHECK_EQUAL(count.allocs, 5);
    CHECK_EQUAL(count.bytes, 320);
    CHECK_EQUAL((uintptr_t)first % 64 + (uintptr_t)second % 64 + (uintptr_t)block % 64, 0);
    ch_count_begin(&count);
    free(first);
    free(second);
    free(third);
    free(fourth);
    free(block);
    ch_count_end(&count);
    CHECK_EQUAL(count.frees, 5);
}

TEST(g15_aligned_calls_can_be_denied) {
    void *block = NULL;
    ch_guard_set_mode(CH_GUARD_DENY);
    {
        CH_HOT_SCOPE("tick");
        errno = 0;
        void *volatile refused = aligned_alloc(64, 64);
        CHECK(refused == NULL && errno == ENOMEM);
        CHECK_EQUAL(posix_memalign(&block, 64, 64), ENOMEM);
    }
    CHECK_EQUAL(ch_guard_violations(), 2);
    ch_guard_reset();
    ch_guard_set_mode(CH_GUARD_ABORT);
}
