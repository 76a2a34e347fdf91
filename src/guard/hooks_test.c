/* Beside a sanitizer: its hooks bring the events, after the fact and without the call's name. */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "harness.h"

static ch_violation last;
static const void *first_frame;

static ch_guard_mode remember(const ch_violation *violation, void *context) {
    (void)context;
    last = *violation;
    first_frame = violation->frames[0];
    return CH_GUARD_DENY; /* cannot be done here, and must do no harm */
}

__attribute__((noinline)) static void *allocate(size_t size_bytes) {
    void *volatile block = malloc(size_bytes);
    return block;
}

TEST(g21_hooks_arm) {
    CHECK(ch_guard_armed());
}

TEST(g21_realloc_is_alloc_and_free) {
    ch_heap_calls count;
    char *block = allocate(10);
    ch_count_begin(&count);
    char *volatile moved = realloc(block, 10000);
    ch_count_end(&count);
    CHECK_EQUAL(count.allocs, 1);
    CHECK_EQUAL(count.frees, 1);
    CHECK_EQUAL(count.reallocs, 0);
    CHECK_EQUAL(count.bytes, 10000);
    free(moved);
}

TEST(g21_call_site_is_the_programs) {
    ch_guard_on_violation(remember, NULL);
    void *block;
    {
        CH_HOT_SCOPE("tick");
        block = allocate(33);
    }
    CHECK(block != NULL);
    CHECK_TEXT(last.call, "allocation");
    CHECK_EQUAL(last.size_bytes, 33);
    const uintptr_t function = (uintptr_t)allocate;
    CHECK((uintptr_t)first_frame > function && (uintptr_t)first_frame < function + 256);
    {
        CH_HOT_SCOPE("tick");
        free(block);
    }
    CHECK_TEXT(last.call, "free");
    CHECK(last.pointer == block);
    CHECK_EQUAL(ch_guard_violations(), 2);
    ch_guard_reset();
}
