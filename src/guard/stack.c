/* stack.c: dead scopes. A longjmp, pthread_exit or pthread_cancel may skip the end of a scope; its
 * record then names a frame that no longer exists. Such scopes are found by address: on a stack
 * that grows down, a live scope's frame is never below the stack pointer of running code.
 *
 * That holds only within one stack. So it is applied only if all addresses lie in the stack that
 * the thread was started with; fibres and signal stacks are left alone, because a missed violation
 * is worse than a false one. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/resource.h>

#include "state.h"

#define MAIN_STACK_UNLIMITED ((size_t)1 << 30)
#define SCRATCH_BYTES        8192u
#define SCRATCH_ALIGN        16u

/* Where the kernel began the initial thread's stack; glibc's loader keeps it. */
extern void *__libc_stack_end __attribute__((weak));

static pthread_t initial_thread;

/* Constructors run in the initial thread, which getpid() == gettid() would not tell after a fork
 * in another one. */
__attribute__((constructor(101))) static void remember_initial_thread(void) {
    initial_thread = pthread_self();
}

/* pthread_getattr_np allocates. Here its calls must not reach the allocator: we may be in a signal
 * handler that interrupted it. They are few and small, and all given back before it returns. */
struct chi_guard_scratch {
    _Alignas(SCRATCH_ALIGN) unsigned char bytes[SCRATCH_BYTES];
    size_t used;
};

void *chi_guard_scratch_take(chi_guard_scratch *scratch, size_t size_bytes) {
    if (size_bytes > SCRATCH_BYTES - scratch->used) {
        return NULL;
    }
    void *block = scratch->bytes + scratch->used;
    scratch->used += (size_bytes + SCRATCH_ALIGN - 1) & ~(size_t)(SCRATCH_ALIGN - 1);
    scratch->used = scratch->used < SCRATCH_BYTES ? scratch->used : SCRATCH_BYTES;
    return block;
}

bool chi_guard_scratch_owns(const chi_guard_scratch *scratch, const void *pointer) {
    return (uintptr_t)pointer - (uintptr_t)scratch->bytes < SCRATCH_BYTES;
}

static void find_initial_stack(chi_guard_thread *self) {
    struct rlimit limit;
    if (&__libc_stack_end == NULL || getrlimit(RLIMIT_STACK, &limit) != 0) {
        return;
    }
    size_t size = MAIN_STACK_UNLIMITED;
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < size) {
        size = (size_t)limit.rlim_cur;
    }
    const uintptr_t high = (uintptr_t)__libc_stack_end;
    self->stack_low = high > size ? high - size : 0;
    self->stack_high = high;
}

static void find_thread_stack(chi_guard_thread *self) {
    CHI_HOOK_SCOPE;
    chi_guard_scratch scratch;
    scratch.used = 0;
    self->scratch = &scratch;
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        void *low = NULL;
        size_t size = 0;
        if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
            self->stack_low = (uintptr_t)low;
            self->stack_high = (uintptr_t)low + size;
        }
        pthread_attr_destroy(&attributes);
    }
    self->scratch = NULL;
}

bool chi_guard_own_stack(uintptr_t address) {
    chi_guard_thread *self = &chi_guard_self;
    if (CH_UNLIKELY(self->stack_high == 0)) {
        if (pthread_equal(pthread_self(), initial_thread)) {
            find_initial_stack(self);
        } else {
            find_thread_stack(self);
        }
    }
    return address >= self->stack_low && address < self->stack_high;
}

void chi_guard_drop_below(uintptr_t limit) {
    chi_guard_thread *self = &chi_guard_self;
    for (uint32_t depth; (depth = (uint32_t)self->state) > 0;) {
        const uint32_t index = (depth < CHI_RECORD_MAX ? depth : CHI_RECORD_MAX) - 1;
        const chi_guard_record *record = &self->records[index];
        if (record->frame >= limit || !chi_guard_own_stack(record->frame)) {
            return;
        }
        chi_guard_leave(record->before);
    }
}
