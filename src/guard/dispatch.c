/* dispatch.c: system calls in hot scopes, by Syscall User Dispatch (Linux 5.11): while the thread's
 * selector says BLOCK, the kernel turns each system call into SIGSYS, wherever it comes from. The
 * handler puts it on the account and lets the interrupted code issue it again, from the one place
 * that is always allowed, with registers and stack as they were.
 *
 * Calls that cannot be issued from there: a return from a signal handler (it needs no way back), a
 * change of the signal mask (it must never block SIGSYS, and is done for the program), a new thread
 * or process (it has no way back of its own): after the latter the rest of the scope goes unseen.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "session_shared.h"
#include "state.h"

#if defined(__x86_64__) && defined(__LP64__)

/* <linux/prctl.h>, <asm-generic/siginfo.h>, <linux/audit.h> */
#define SET_DISPATCH      59
#define DISPATCH_OFF      0
#define DISPATCH_ON       1
#define CODE_DISPATCH     2
#define ARCHITECTURE      0xc000003eu
#define INSTRUCTION_BYTES 2

/* What the kernel hands over with SIGSYS. */
typedef struct call_info {
    int signal;
    int error;
    int code;
    int unused;
    uint64_t behind; /* address after the instruction */
    int number;
    uint32_t architecture;
} call_info;

static bool is_listed(uint32_t number) {
    const uint8_t *list = chi_guard_settings.config.syscalls_allowed;
    return number < CHI_SESSION_SYSCALLS && (list[number / 8] & (1u << number % 8)) != 0;
}

/* A frame below this stack pointer is dead: pthread_exit, for example, leaves scopes open. */
static void drop_dead(uintptr_t stack_pointer) {
    if (chi_guard_own_stack(stack_pointer)) {
        chi_guard_drop_below(stack_pointer);
    }
}

/* Returns: false if the call must be refused. */
static bool judge(const call_info *info, const int64_t *registers) {
    CHI_HOOK_SCOPE;
    const int errno_before = errno;
    const void *const caller = (const void *)(uintptr_t)info->behind;
    const void *frames[CHI_FRAME_MAX] = {caller};
    size_t frame_count = 0;
    drop_dead((uintptr_t)registers[REG_RSP]);
    if ((chi_guard_denied() & CH_OP_SYSCALL) == 0) {
        return true;
    }
    if (chi_guard_wants_frames()) {
        uintptr_t ignored;
        frame_count = chi_guard_backtrace(frames, &ignored, caller, CHI_FRAME_MAX);
    }
    chi_guard_finding finding = {
        .violation = {.call = chi_syscall_name((uint32_t)info->number),
                      .caller = caller,
                      .frames = frames,
                      .frame_count = frame_count,
                      .op = CH_OP_SYSCALL,
                      .depth = (uint32_t)chi_guard_self.state,
                      .thread = (int)chi_raw_call(SYS_gettid, 0, 0, 0, 0, 0)},
        .site = {.caller = caller, .call = CHI_CALL_SYSTEM + 1},
        .found = CHI_FOUND_SYSCALL,
        .number = (uint32_t)info->number};
    const bool allowed = chi_guard_settle(&finding);
    errno = errno_before;
    return allowed;
}

/* The new mask is that of the interrupted code, which gets it back when the handler returns. */
static void change_mask(ucontext_t *context) {
    int64_t *registers = (int64_t *)context->uc_mcontext.gregs;
    uint64_t now = 0;
    registers[REG_RAX] =
        chi_raw_call(SYS_rt_sigprocmask, (long)registers[REG_RDI], (long)registers[REG_RSI],
                     (long)registers[REG_RDX], (long)registers[REG_R10], 0);
    (void)chi_raw_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)(uintptr_t)&now, sizeof now, 0);
    now &= ~(UINT64_C(1) << (SIGSYS - 1));
    __builtin_memcpy(&context->uc_sigmask, &now, sizeof now);
}

static bool makes_a_thread(int number) {
    return number == SYS_clone || number == SYS_clone3 || number == SYS_fork || number == SYS_vfork;
}

/* Lets the interrupted code do the call. */
static void pass(const call_info *info, ucontext_t *context) {
    int64_t *registers = (int64_t *)context->uc_mcontext.gregs;
    registers[REG_RAX] = info->number;
    if (info->architecture != ARCHITECTURE || makes_a_thread(info->number)) {
        registers[REG_RIP] = (int64_t)(info->behind - INSTRUCTION_BYTES);
        chi_guard_self.kernel.selector = CHI_SELECTOR_ALLOW;
    } else if (info->number == SYS_rt_sigreturn) {
        registers[REG_RIP] = (int64_t)(uintptr_t)chi_raw_return;
    } else if (info->number == SYS_rt_sigprocmask) {
        change_mask(context);
    } else {
        chi_raw_resume(registers, info->behind);
    }
}

/* The kernel's way to end a call that the program must not make; those that never return, and a
 * handler's return, cannot be refused. */
static bool can_refuse(int number) {
    return number != SYS_rt_sigreturn && number != SYS_exit && number != SYS_exit_group;
}

static void on_call(int signal, void *information, void *interrupted) {
    const call_info *info = information;
    ucontext_t *context = interrupted;
    chi_guard_thread *self = &chi_guard_self;
    (void)signal;
    if (info->code != CODE_DISPATCH) {
        return; /* a filter's, or sent by hand: it has no call to account for */
    }
    self->kernel.selector = CHI_SELECTOR_ALLOW;
    bool allowed = true;
    if (CH_UNLIKELY(self->probing != 0)) {
        self->probe_hits++;
    } else if (self->hook_frame == 0 && info->number != SYS_rt_sigreturn &&
               !is_listed((uint32_t)info->number)) {
        allowed = judge(info, (const int64_t *)context->uc_mcontext.gregs);
    }
    self->kernel.selector =
        self->hook_frame == 0 ? chi_kernel_selector(self->state) : CHI_SELECTOR_ALLOW;
    if (allowed || !can_refuse(info->number)) {
        pass(info, context);
    } else {
        context->uc_mcontext.gregs[REG_RAX] = -ENOMEM;
    }
}

static long set_dispatch(long mode) {
    const uintptr_t first = (uintptr_t)chi_raw_first;
    const bool on = mode == DISPATCH_ON;
    return chi_raw_call(SYS_prctl, SET_DISPATCH, mode, on ? (long)first : 0,
                        on ? (long)((uintptr_t)chi_raw_last - first) : 0,
                        on ? (long)(uintptr_t)&chi_guard_self.kernel.selector : 0);
}

bool chi_dispatch_possible(void) {
    return chi_guard_self.kernel.dispatch_owner != 0 || set_dispatch(DISPATCH_OFF) == 0;
}

bool chi_dispatch_arm(void) {
    return chi_raw_handle(SIGSYS, on_call) && set_dispatch(DISPATCH_ON) == 0;
}

/* Only a call decides whether calls are seen. */
static bool is_seen(void) {
    chi_guard_thread *self = &chi_guard_self;
    long result;
    self->probing = 1;
    self->probe_hits = 0;
    self->kernel.selector = CHI_SELECTOR_BLOCK;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_getpid) : "rcx", "r11", "cc", "memory");
    self->kernel.selector = CHI_SELECTOR_ALLOW;
    self->probing = 0;
    return self->probe_hits == 1 && result == chi_raw_call(SYS_getpid, 0, 0, 0, 0, 0);
}

const char *chi_dispatch_begin(void) {
    chi_kernel_thread *self = &chi_guard_self.kernel;
    if (set_dispatch(DISPATCH_OFF) != 0) {
        return "system calls cannot be watched: the kernel has no Syscall User Dispatch (Linux "
               "5.11), or a filter forbids it";
    }
    if (!chi_dispatch_arm()) {
        return "system calls cannot be watched: the kernel refuses to dispatch them";
    }
    self->dispatch_owner = ~chi_kernel_process();
    return is_seen() ? NULL : "system calls cannot be watched: a call was not seen";
}

#else

const char *chi_dispatch_begin(void) {
    return "system calls cannot be watched on this kind of machine";
}

bool chi_dispatch_possible(void) {
    return false;
}

bool chi_dispatch_arm(void) {
    return false;
}

#endif
