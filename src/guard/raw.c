/* raw.c: one stretch of code from which every system call is allowed: the run time's own, the
 * return from its signal handlers, and the calls of the program that are issued again for it. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "state.h"

#if defined(__x86_64__) && defined(__LP64__)

/* Where calls that were issued again go on: the innermost one at byte offset `top`. A ring, because
 * a signal handler may leave by a jump and never take its entry. */
#define RESUME_MAX 32u

typedef struct resume_ring {
    uint64_t top; /* the lowest byte counts, in steps of 8 */
    uint64_t places[RESUME_MAX];
} resume_ring;

_Static_assert(RESUME_MAX * sizeof(uint64_t) == 256, "the byte wraps where the ring does");

extern CHI_THREAD_LOCAL resume_ring chi_raw_ring;
CHI_THREAD_LOCAL resume_ring chi_raw_ring;

/* The restorer is byte for byte what unwinders know a signal frame by; the padding keeps the
 * function before it out of their sight. chi_raw_again runs with the program's stack, which it must
 * not touch (red zone), and has but the registers that a system call destroys: rcx, r11, flags. */
// clang-format off
__asm__(".pushsection .text.chi_raw, \"ax\", @progbits\n"
        ".balign 64\n"
        ".skip 16, 0x90\n"
        ".globl chi_raw_first, chi_raw_return, chi_raw_again, chi_raw_call, chi_raw_last\n"
        ".hidden chi_raw_first, chi_raw_return, chi_raw_again, chi_raw_call, chi_raw_last\n"
        ".type chi_raw_call, @function\n"
        "chi_raw_first:\n"
        "chi_raw_return:\n"
        "    .byte 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0\n" /* movq $15, %rax: rt_sigreturn */
        "    syscall\n"
        "chi_raw_again:\n"
        "    syscall\n"
        "    movq chi_raw_ring@gottpoff(%rip), %rcx\n"
        "    addq %fs:0, %rcx\n"
        "    movzbl (%rcx), %r11d\n"
        "    movq 8(%rcx, %r11), %r11\n"
        "    subb $8, (%rcx)\n"
        "    jmpq *%r11\n"
        "chi_raw_call:\n"
        "    movq %rdi, %rax\n"
        "    movq %rsi, %rdi\n"
        "    movq %rdx, %rsi\n"
        "    movq %rcx, %rdx\n"
        "    movq %r8, %r10\n"
        "    movq %r9, %r8\n"
        "    syscall\n"
        "    ret\n"
        ".size chi_raw_call, . - chi_raw_call\n"
        "chi_raw_last:\n"
        ".popsection\n");
// clang-format on

void chi_raw_resume(int64_t *registers, uint64_t behind) {
    resume_ring *ring = &chi_raw_ring;
    const uint8_t top = (uint8_t)(ring->top + 8);
    ring->places[top / 8] = behind;
    ring->top = top;
    registers[REG_RIP] = (int64_t)(uintptr_t)chi_raw_again;
}

/* The kernel's own struct sigaction. */
typedef struct kernel_action {
    void (*handler)(int, void *, void *);
    unsigned long flags;
    const char *restorer;
    uint64_t mask;
} kernel_action;

#define SA_RESTORER_FLAG 0x04000000ul

bool chi_raw_handle(int signal, void (*handler)(int, void *, void *)) {
    const kernel_action action = {.handler = handler,
                                  .flags = SA_SIGINFO | SA_NODEFER | SA_RESTART | SA_RESTORER_FLAG,
                                  .restorer = chi_raw_return};
    const long result =
        chi_raw_call(SYS_rt_sigaction, signal, (long)(uintptr_t)&action, 0, sizeof action.mask, 0);
    chi_raw_unblock(signal);
    return result == 0;
}

void chi_raw_unblock(int signal) {
    const uint64_t mask = UINT64_C(1) << (signal - 1);
    (void)chi_raw_call(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)(uintptr_t)&mask, 0, sizeof mask, 0);
}

#else

const char chi_raw_first[1];
const char chi_raw_return[1];
const char chi_raw_again[1];
const char chi_raw_last[1];

long chi_raw_call(long number, long a, long b, long c, long d, long e) {
    return syscall(number, a, b, c, d, e);
}

void chi_raw_resume(int64_t *registers, uint64_t behind) {
    (void)registers;
    (void)behind;
}

bool chi_raw_handle(int signal, void (*handler)(int, void *, void *)) {
    (void)signal;
    (void)handler;
    return false;
}

void chi_raw_unblock(int signal) {
    (void)signal;
}

#endif
