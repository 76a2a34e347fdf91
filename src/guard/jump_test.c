/* longjmp over scopes: they end at the jump itself, not only when a violation looks (scenarios
 * cannot tell the two apart). */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdlib.h>

#include "harness.h"
#include "state.h"

static sigjmp_buf target;

static uint32_t depth(void) {
    return (uint32_t)chi_guard_self.state;
}

__attribute__((noinline)) static void open_and_jump(int levels, int kind) {
    CH_HOT_SCOPE("level");
    if (levels > 1) {
        open_and_jump(levels - 1, kind);
    } else if (kind == 0) {
        longjmp(target, 1);
    } else if (kind == 1) {
        _longjmp(target, 1);
    } else {
        siglongjmp(target, 1);
    }
    __asm__ volatile("" : : : "memory");
}

static void jump_and_check(int levels, int kind) {
    const uint32_t before = depth();
    if (sigsetjmp(target, 0) == 0) {
        open_and_jump(levels, kind);
    }
    CHECK_EQUAL(depth(), before);
}

TEST(g05_jump_ends_the_scopes_below) {
    for (int kind = 0; kind < 3; kind++) {
        for (int levels = 1; levels <= 100; levels++) {
            jump_and_check(levels, kind);
        }
    }
    CHECK_EQUAL(chi_guard_self.state, 0);
}

TEST(g05_jump_keeps_the_scopes_above) {
    CH_HOT_SCOPE("outer");
    CH_PERMIT_SCOPE_OPS("inner", CH_OP_FREE);
    const uint64_t before = chi_guard_self.state;
    for (int levels = 1; levels <= 10; levels++) {
        jump_and_check(levels, levels % 3);
        CHECK_EQUAL(chi_guard_self.state, before);
    }
}

TEST(g05_jump_within_the_function_ends_nothing) {
    volatile int turns = 0;
    CH_HOT_SCOPE("here");
    if (sigsetjmp(target, 0) == 0) {
        turns++;
        longjmp(target, 1);
    }
    CHECK_EQUAL(turns, 1);
    CHECK_EQUAL(depth(), 1);
}

TEST(g05_jump_keeps_the_count) {
    ch_heap_calls count;
    ch_count_begin(&count);
    jump_and_check(5, 0);
    void *volatile block = malloc(3);
    free(block);
    ch_count_end(&count);
    CHECK_EQUAL(count.allocs, 1);
}

TEST(g05_value_and_mask_arrive) {
    CH_HOT_SCOPE("outer");
    const int value = sigsetjmp(target, 1);
    if (value == 0) {
        CH_HOT_SCOPE("inner");
        siglongjmp(target, 77);
    }
    CHECK_EQUAL(value, 77);
}
