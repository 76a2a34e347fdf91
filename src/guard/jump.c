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
    self->kernel.selector = chi_kernel_selector(self->hook_frame == 0 ? self->state : 0);
}

#ifdef CHI_GUARD_STATIC

/* In a static glibc all the plain jumps are this one; __longjmp_chk stays libc's. */
void __libc_siglongjmp(struct __jmp_buf_tag environment[1], int value) CH_NORETURN;

#define JUMP(name, environment, value)                                                             \
    do {                                                                                           \
        before_jump(environment);                                                                  \
        __libc_siglongjmp((environment), (value));                                                 \
    } while (0)

#else

typedef void (*jump_fn)(struct __jmp_buf_tag *, int) CH_NORETURN;

static void *slot_longjmp;
static void *slot__longjmp;
static void *slot_siglongjmp;
static void *slot___longjmp_chk;

/* Looked up at load, so that a signal handler's first jump need not. */
__attribute__((constructor(102))) static void find_jumps(void) {
    slot_longjmp = chi_guard_next_symbol("longjmp");
    slot__longjmp = chi_guard_next_symbol("_longjmp");
    slot_siglongjmp = chi_guard_next_symbol("siglongjmp");
    slot___longjmp_chk = chi_guard_next_symbol("__longjmp_chk");
}

CH_NORETURN static void jump(struct __jmp_buf_tag *environment, int value, const char *name,
                             void *next) {
    before_jump(environment);
    next = next != NULL ? next : chi_guard_next_symbol(name);
    if (next == NULL) {
        chi_guard_say("no ", name, " behind the guard");
        abort();
    }
    ((jump_fn)(uintptr_t)next)(environment, value);
}

#define JUMP(name, environment, value) jump((environment), (value), #name, slot_##name)

void __longjmp_chk(struct __jmp_buf_tag environment[1], int value) CH_NORETURN;

CHI_EXPORT void __longjmp_chk(struct __jmp_buf_tag environment[1], int value) {
    JUMP(__longjmp_chk, environment, value);
}

#endif

CHI_EXPORT void longjmp(struct __jmp_buf_tag environment[1], int value) {
    JUMP(longjmp, environment, value);
}

CHI_EXPORT void _longjmp(struct __jmp_buf_tag environment[1], int value) {
    JUMP(_longjmp, environment, value);
}

CHI_EXPORT void siglongjmp(struct __jmp_buf_tag environment[1], int value) {
    JUMP(siglongjmp, environment, value);
}
