/* The interposed functions answer as libc's do, watched or not: blocks, alignment, errors, errno.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "state.h"

void *memalign(size_t align, size_t size_bytes);
void *valloc(size_t size_bytes);
void *pvalloc(size_t size_bytes);
void free_sized(void *pointer, size_t size_bytes);
void free_aligned_sized(void *pointer, size_t align, size_t size_bytes);
size_t malloc_usable_size(void *pointer);

static void *keep(void *pointer) {
    __asm__ volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

static size_t hide(size_t size) {
    __asm__ volatile("" : "+r"(size));
    return size;
}

/* Runs `check` on the off path, and again while this thread is counted. */
static void off_and_watched(void (*check)(void)) {
    check();
    ch_heap_calls count;
    ch_count_begin(&count);
    check();
    ch_count_end(&count);
    CHECK(count.allocs > 0);
}

static void check_block(unsigned char *block, size_t size, size_t align) {
    if (!CHECK(block != NULL) || !CHECK_EQUAL((uintptr_t)block % align, 0)) {
        return;
    }
    CHECK(malloc_usable_size(block) >= size);
    memset(block, 0xa5, size);
}

static void check_sizes(void) {
    for (size_t size = 0; size < 5000; size = size * 3 / 2 + 1) {
        unsigned char *block = keep(malloc(size));
        check_block(block, size, 16);
        block = keep(realloc(keep(block), size + 100));
        check_block(block, size + 100, 16);
        block = keep(reallocarray(keep(block), size + 1, 3));
        check_block(block, (size + 1) * 3, 16);
        free(block);
        unsigned char *zeros = keep(calloc(size + 1, 7));
        for (size_t i = 0; i < (size + 1) * 7; i++) {
            if (!CHECK(zeros[i] == 0)) {
                break;
            }
        }
        free_sized(zeros, (size + 1) * 7);
    }
}

TEST(g12_blocks_are_whole) {
    off_and_watched(check_sizes);
}

static void check_alignments(void) {
    for (size_t align = 16; align <= 65536; align *= 2) {
        void *block = keep(aligned_alloc(align, align * 2));
        check_block(block, align * 2, align);
        free_aligned_sized(block, align, align * 2);
        check_block(block = keep(memalign(align, 100)), 100, align);
        free(block);
        block = NULL;
        CHECK_EQUAL(posix_memalign(&block, align, 33), 0);
        check_block(block, 33, align);
        free(block);
    }
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *block = keep(valloc(10));
    check_block(block, 10, page);
    free(block);
    block = keep(pvalloc(10));
    check_block(block, page, page);
    free(block);
}

TEST(g12_alignments_are_kept) {
    off_and_watched(check_alignments);
}

/* Kept: a compiler may leave an unused allocation out, and then call it successful. */
#define REFUSED(call) (errno = 0, keep(call) == NULL && errno == ENOMEM)

static void check_errors(void) {
    void *block = keep(malloc(1));
    CHECK(REFUSED(malloc(hide(PTRDIFF_MAX))));
    CHECK(REFUSED(malloc(hide(SIZE_MAX))));
    CHECK(REFUSED(calloc(hide(SIZE_MAX / 2), hide(3))));
    CHECK(REFUSED(calloc(hide(SIZE_MAX), hide(SIZE_MAX))));
    CHECK(REFUSED(realloc(keep(block), hide(SIZE_MAX))));
    CHECK(REFUSED(reallocarray(keep(block), hide(SIZE_MAX / 2), hide(3))));
    CHECK(REFUSED(reallocarray(NULL, hide(SIZE_MAX / 2), hide(3))));
    CHECK(REFUSED(aligned_alloc(64, hide(SIZE_MAX - 127))));
    CHECK(REFUSED(memalign(64, hide(SIZE_MAX))));
    CHECK(REFUSED(valloc(hide(SIZE_MAX))));
    CHECK(REFUSED(pvalloc(hide(SIZE_MAX))));
    void *untouched = block;
    CHECK_EQUAL(posix_memalign(&untouched, hide(64), hide(SIZE_MAX)), ENOMEM);
    CHECK_EQUAL(posix_memalign(&untouched, hide(0), 8), EINVAL);
    CHECK_EQUAL(posix_memalign(&untouched, hide(3), 8), EINVAL);
    CHECK_EQUAL(posix_memalign(&untouched, hide(4), 8), EINVAL);
    CHECK_EQUAL(posix_memalign(&untouched, hide(24), 8), EINVAL);
    CHECK(keep(untouched) == keep(block));
    free(keep(block));
}

TEST(g12_errors_are_those_of_libc) {
    off_and_watched(check_errors);
}

static void check_errno(void) {
    errno = 1234;
    void *block = keep(malloc(100));
    block = keep(realloc(keep(block), 200));
    free(block);
    free(keep(NULL));
    CHECK_EQUAL(errno, 1234);
}

TEST(g12_errno_is_left_alone) {
    off_and_watched(check_errno);
    ch_guard_set_mode(CH_GUARD_COUNT);
    {
        CH_HOT_SCOPE("tick");
        check_errno();
    }
    CHECK_EQUAL(ch_guard_violations(), 3);
    ch_guard_reset();
}

TEST(g12_every_function_is_seen) {
    void *block = NULL;
    ch_heap_calls count;
    ch_count_begin(&count);
    free(keep(malloc(1)));
    free(keep(calloc(1, 1)));
    free_sized(keep(realloc(keep(NULL), 1)), 1);
    free_aligned_sized(keep(reallocarray(keep(NULL), 1, 1)), 1, 1);
    free(keep(memalign(16, 1)));
    free(keep(aligned_alloc(16, 16)));
    CHECK_EQUAL(posix_memalign(&block, 16, 1), 0);
    free(block);
    free(keep(valloc(1)));
    free(keep(pvalloc(1)));
    block = keep(malloc(1));
    block = keep(realloc(keep(block), 2));
    block = keep(reallocarray(keep(block), 3, 1));
    CHECK(realloc(keep(block), hide(0)) == NULL);
    ch_count_end(&count);
    CHECK_EQUAL(count.allocs, 10);
    CHECK_EQUAL(count.frees, 10);
    CHECK_EQUAL(count.reallocs, 2);
}

TEST(g15_denied_calls_change_nothing) {
    ch_guard_set_mode(CH_GUARD_DENY);
    void *block = keep(malloc(10));
    void *untouched = block;
    {
        CH_HOT_SCOPE("tick");
        CHECK(REFUSED(malloc(1)));
        CHECK(REFUSED(calloc(1, 1)));
        CHECK(REFUSED(realloc(keep(block), 100)));
        CHECK(REFUSED(reallocarray(keep(block), 100, 1)));
        CHECK(REFUSED(memalign(16, 1)));
        CHECK(REFUSED(aligned_alloc(16, 16)));
        CHECK(REFUSED(valloc(1)));
        CHECK(REFUSED(pvalloc(1)));
        CHECK_EQUAL(posix_memalign(&untouched, 16, 16), ENOMEM);
    }
    CHECK(keep(untouched) == keep(block));
    CHECK_EQUAL(ch_guard_violations(), 9);
    memset(keep(block), 1, 10);
    {
        CH_HOT_SCOPE("tick");
        CHECK(realloc(keep(block), hide(0)) == NULL); /* a free goes on */
    }
    CHECK_EQUAL(ch_guard_violations(), 10);
    ch_guard_reset();
    ch_guard_set_mode(CH_GUARD_ABORT);
}
