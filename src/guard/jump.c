/* jump.c: longjmp and its relatives. A jump over open scopes ends them at once: the stack pointer
 * it goes to is read from the buffer, and records of frames below it are dropped. It also ends the
 * run time's own "at work" mark, when a callback jumps out of a violation.
 *
 * Only glibc on x86-64 is decoded (saved rsp, rotated and xored with the thread's pointer guard).
 * Elsewhere the violation path finds the dead scopes: see violation.c. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdlib.h>

#include "state.h"

const char chi_guard_part_jump = 0;

typedef void (*jump_fn)(struct __jmp_buf_tag *, int) CH_NORETURN;

void __longjmp_chk(struct __jmp_buf_tag environment[1], int value) CH_NORETURN;

#if defined(__x86_64__) && defined(__LP64__) && defined(__GLIBC__)
#define SAVED_RSP 6

static uintptr_t target_of(const struct __jmp_buf_tag *environment) {
    uintptr_t value = (uintptr_t)environment->__jmpbuf[SAVED_RSP];
    uintptr_t pointer_guard;
    __asm__("movq %%fs:0x30, %0" : "=r"(pointer_guard));
    value = (value >> 17) | (value << 47);
    return value ^ pointer_guard;
}
#else
static uintptr_t target_of(const struct __jmp_buf_tag *environment) {
    (void)environment;
    return 0; /* in no stack */
}
#endif

static void before_jump(const struct __jmp_buf_tag *environment) {
    chi_guard_thread *self = &chi_guard_self;
    if (CH_LIKELY((uint32_t)self->state == 0 && self->hook_frame == 0)) {
        return;
    }
    const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    const uintptr_t target = target_of(environment);
    if (!chi_guard_own_stack(target) || !chi_guard_own_stack(here)) {
        return;
    }
    if (self->hook_frame < target) {
        self->hook_frame = 0;
    }
    chi_guard_drop_below(target);
}

CH_NORETURN static void jump(struct __jmp_buf_tag *environment, int value, const char *name,
                             void **slot) {
    before_jump(environment);
    void *symbol = *slot;
    if (symbol == NULL) {
        symbol = *slot = chi_guard_next_symbol(name);
    }
    if (symbol == NULL) {
        chi_guard_say("no ", name, " behind the guard");
        abort();
    }
    ((jump_fn)(uintptr_t)symbol)(environment, value);
}

static void *slot_longjmp;
static void *slot_underscore_longjmp;
static void *slot_siglongjmp;
static void *slot_longjmp_chk;

/* Looked up at load, so that a signal handler's first jump need not. */
__attribute__((constructor(102))) static void find_jumps(void) {
    slot_longjmp = chi_guard_next_symbol("longjmp");
    slot_underscore_longjmp = chi_guard_next_symbol("_longjmp");
    slot_siglongjmp = chi_guard_next_symbol("siglongjmp");
    slot_longjmp_chk = chi_guard_next_symbol("__longjmp_chk");
}

CHI_EXPORT void longjmp(struct __jmp_buf_tag environment[1], int value) {
    jump(environment, value, "longjmp", &slot_longjmp);
}

CHI_EXPORT void _longjmp(struct __jmp_buf_tag environment[1], int value) {
    jump(environment, value, "_longjmp", &slot_underscore_longjmp);
}

CHI_EXPORT void siglongjmp(struct __jmp_buf_tag environment[1], int value) {
    jump(environment, value, "siglongjmp", &slot_siglongjmp);
}

CHI_EXPORT void __longjmp_chk(struct __jmp_buf_tag environment[1], int value) {
    jump(environment, value, "__longjmp_chk", &slot_longjmp_chk);
}
