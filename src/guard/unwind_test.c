/* The backtrace begins at the caller, knows its stack pointer, and says so where it cannot walk. */
#include "state.h"

#include "harness.h"

typedef struct trace {
    const void *frames[CHI_FRAME_MAX];
    size_t count;
    uintptr_t stack_pointer;
    uintptr_t frame_address;
    const void *caller;
} trace;

__attribute__((noinline)) static void take(trace *t, size_t frame_max) {
    t->caller = __builtin_return_address(0);
    t->count = chi_guard_backtrace(t->frames, &t->stack_pointer, t->caller, frame_max);
    __asm__ volatile("" : : : "memory");
}

__attribute__((noinline)) static void take_deeper(trace *t, unsigned levels, size_t frame_max) {
    if (levels > 0) {
        take_deeper(t, levels - 1, frame_max);
    } else {
        t->frame_address = (uintptr_t)__builtin_frame_address(0);
        take(t, frame_max);
    }
    __asm__ volatile("" : : : "memory");
}

TEST(g16_caller_comes_first) {
    trace t = {.count = 0};
    take_deeper(&t, 3, CHI_FRAME_MAX);
    CHECK(t.count > 5 && t.count <= CHI_FRAME_MAX);
    CHECK(t.frames[0] == t.caller);
    for (size_t i = 0; i < t.count; i++) {
        CHECK(t.frames[i] != NULL);
    }
    CHECK(t.stack_pointer <= t.frame_address);
    CHECK(t.stack_pointer > t.frame_address - 4096);
}

TEST(g16_at_most_as_many_as_asked) {
    trace t = {.count = 0};
    take_deeper(&t, 100, CHI_FRAME_MAX);
    CHECK_EQUAL(t.count, CHI_FRAME_MAX);
    take_deeper(&t, 100, 1);
    CHECK_EQUAL(t.count, 1);
    CHECK(t.frames[0] == t.caller);
    CHECK(t.stack_pointer != 0);
}

TEST(g16_unknown_caller_is_all_there_is) {
    const void *frames[CHI_FRAME_MAX] = {NULL};
    uintptr_t stack_pointer = 1;
    CHECK_EQUAL(chi_guard_backtrace(frames, &stack_pointer, &frames, CHI_FRAME_MAX), 1);
    CHECK(frames[0] == (const void *)&frames);
    CHECK_EQUAL(stack_pointer, 0);
}
