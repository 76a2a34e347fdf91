/* The walk against the compiler's unwinder: the same frames, or fewer where it cannot know. */
#include "walk.h"

#include "state.h"

#include "harness.h"

typedef struct trace {
    const void *frames[CHI_FRAME_MAX];
    size_t count;
    const void *expected[CHI_FRAME_MAX];
    size_t expected_count;
    const void *caller;
    const void *base;
} trace;

__attribute__((noinline)) static void take(trace *t, size_t frame_max) {
    uintptr_t stack_pointer;
    t->caller = __builtin_return_address(0);
    t->count = chi_guard_walk(t->frames, frame_max, t->caller, CHI_WALK_FRAME);
    t->expected_count = chi_guard_backtrace(t->expected, &stack_pointer, t->caller, frame_max);
    __asm__ volatile("" : : : "memory");
}

__attribute__((noinline)) static void take_deeper(trace *t, unsigned levels, size_t frame_max) {
    t->base = __builtin_frame_address(0); /* makes it keep a frame pointer */
    if (levels > 0) {
        take_deeper(t, levels - 1, frame_max);
    } else {
        take(t, frame_max);
    }
    __asm__ volatile("" : : : "memory");
}

TEST(g23_walk_begins_at_the_caller) {
    trace t = {.count = 0};
    take_deeper(&t, 40, 16);
    CHECK_EQUAL(t.count, 16);
    CHECK(t.frames[0] == t.caller);
    CHECK_BYTES(t.frames, t.expected, sizeof t.frames[0] * 16);
}

TEST(g23_walk_writes_no_more_than_asked) {
    trace t = {.count = 0};
    take_deeper(&t, 40, 3);
    CHECK_EQUAL(t.count, 3);
    CHECK(t.frames[3] == NULL);
    take_deeper(&t, 40, 0);
    CHECK_EQUAL(t.count, 0);
}

TEST(g23_unknown_caller_is_all_there_is) {
    const void *frames[4] = {NULL};
    CHECK_EQUAL(chi_guard_walk(frames, 4, &frames, CHI_WALK_FRAME), 1);
    CHECK(frames[0] == (const void *)&frames);
}
