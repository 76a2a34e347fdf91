/* Which stack an address lies in, and which scopes are dead by address. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "state.h"

static char not_a_stack[64];

TEST(g05_own_stack_of_the_initial_thread) {
    int local;
    void *volatile block = malloc(16);
    CHECK(chi_guard_own_stack((uintptr_t)&local));
    CHECK(!chi_guard_own_stack((uintptr_t)not_a_stack));
    CHECK(!chi_guard_own_stack((uintptr_t)block));
    CHECK(!chi_guard_own_stack(0));
    CHECK(!chi_guard_own_stack(UINTPTR_MAX));
    free(block);
}

typedef struct thread_view {
    const void *of_parent;
    bool own;
    bool parents;
    bool edges;
} thread_view;

static void *look_from_thread(void *context) {
    thread_view *view = (thread_view *)context;
    int local;
    /* In a scope: asking must not be a violation, though pthread_getattr_np allocates. */
    CH_HOT_SCOPE("tick");
    view->own = chi_guard_own_stack((uintptr_t)&local);
    view->parents = chi_guard_own_stack((uintptr_t)view->of_parent);
    const chi_guard_thread *self = &chi_guard_self;
    view->edges = chi_guard_own_stack(self->stack_low) && !chi_guard_own_stack(self->stack_high) &&
                  !chi_guard_own_stack(self->stack_low - 1) &&
                  chi_guard_own_stack(self->stack_high - 1);
    return NULL;
}

TEST(g05_own_stack_of_a_thread) {
    pthread_t thread;
    int local;
    thread_view view = {.of_parent = &local};
    CHECK_EQUAL(pthread_create(&thread, NULL, look_from_thread, &view), 0);
    pthread_join(thread, NULL);
    CHECK(view.own);
    CHECK(!view.parents);
    CHECK(view.edges);
    CHECK_EQUAL(ch_guard_violations(), 0);
}

/* A stack of the user's, in the middle of a larger block: exact edges all the same. */
TEST(g05_own_stack_brought_by_the_user) {
    enum { SIZE = 2 << 20 }; /* a sanitizer needs most of it */
    static _Alignas(4096) char block[3 * SIZE];
    pthread_t thread;
    pthread_attr_t attributes;
    thread_view view = {.of_parent = block};
    pthread_attr_init(&attributes);
    CHECK_EQUAL(pthread_attr_setstack(&attributes, block + SIZE, SIZE), 0);
    CHECK_EQUAL(pthread_create(&thread, &attributes, look_from_thread, &view), 0);
    pthread_join(thread, NULL);
    CHECK(view.own);
    CHECK(!view.parents);
    CHECK(view.edges);
    pthread_attr_destroy(&attributes);
}

TEST(g05_scratch_is_bounded) {
    _Alignas(16) unsigned char memory[16384];
    memset(memory, 0, sizeof memory); /* as large as the structure at least: nothing is used */
    chi_guard_scratch *scratch = (chi_guard_scratch *)(void *)memory;
    unsigned char *last = NULL;
    size_t count = 0;
    for (unsigned char *block; (block = chi_guard_scratch_take(scratch, 100)) != NULL; count++) {
        CHECK(chi_guard_scratch_owns(scratch, block));
        CHECK_EQUAL((uintptr_t)block % 16, 0);
        CHECK(last == NULL || block >= last + 100);
        last = block;
        if (!CHECK(count < sizeof memory / 100)) {
            break;
        }
    }
    CHECK(count > 50);
    CHECK(chi_guard_scratch_take(scratch, SIZE_MAX) == NULL);
    CHECK(!chi_guard_scratch_owns(scratch, memory + sizeof memory));
    CHECK(!chi_guard_scratch_owns(scratch, not_a_stack));
}

/* Frames that pretend: the addresses are all in our stack, ordered as calls would order them. */
TEST(g05_dead_scopes_are_dropped_by_address) {
    static const ch_hot_mark mark = {"m", "f.c", "f", 1, CH_OP_HEAP};
    char frames[101];
    for (int live = 0; live <= 10; live++) {
        for (int i = 0; i < 10; i++) {
            ch_hot_enter(&mark, &frames[100 - i * 10]);
        }
        CHECK_EQUAL((uint32_t)chi_guard_self.state, 10);
        chi_guard_drop_below((uintptr_t)&frames[100 - live * 10] + 1);
        CHECK_EQUAL((uint32_t)chi_guard_self.state, live);
        ch_hot_leave(0);
    }
}

TEST(g05_scopes_on_other_stacks_are_kept) {
    static const ch_hot_mark mark = {"m", "f.c", "f", 1, CH_OP_HEAP};
    char frame;
    ch_hot_enter(&mark, &frame);
    ch_hot_enter(&mark, not_a_stack);
    chi_guard_drop_below(UINTPTR_MAX);
    CHECK_EQUAL((uint32_t)chi_guard_self.state, 2);
    ch_hot_leave(0);
}
