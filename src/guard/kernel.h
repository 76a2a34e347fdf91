/** kernel.h: what only the kernel can see of a thread: its system calls (dispatch.c) and its page
 *  faults (faults.c). Both are switched at the ends of scopes, per thread: neither threads nor fork
 *  children inherit them, so each thread arms itself at its first enter, and again in a child.
 *
 *  The one idea: scopes deny CH_OP_SYSCALL and CH_OP_FAULT like any other operation, in the same
 *  state word. Only when one of these bits changes there is more to do than to store the word. */
#ifndef CH_GUARD_KERNEL_H
#define CH_GUARD_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coldheap/base.h>
#include <coldheap/hot.h>

#pragma GCC visibility push(hidden)

/* What the kernel reads at each system call of an armed thread. */
#define CHI_SELECTOR_ALLOW 0
#define CHI_SELECTOR_BLOCK 1

#define CHI_KERNEL_OPS   (CH_OP_SYSCALL | CH_OP_FAULT)
#define CHI_STATE_KERNEL ((uint64_t)CHI_KERNEL_OPS << 32) /* among the denied ones */

/** Part of chi_guard_thread. */
typedef struct chi_kernel_thread {
    volatile uint8_t selector;
    bool active;         /* some open scope is, or was, about CHI_KERNEL_OPS */
    bool watches_faults; /* inside a scope that denies them */
    int faults_fd;
    uint64_t dispatch_owner; /* process in which this thread is armed, inverted; 0: in none */
    uint64_t faults_owner;
    uint64_t faults_before[2]; /* minor, major */
    const ch_hot_mark *faults_mark;
} chi_kernel_thread;

/** Bits that scopes deny, and permits permit, if they do so to any heap operation: what the
 *  settings ask for. */
extern uint32_t chi_kernel_ops;

/** The process id, 0 in a fork child until somebody asks by chi_kernel_process. */
extern uint64_t chi_kernel_owner[512]; /* a page; the first word */
CH_COLD uint64_t chi_kernel_process(void);

/** chi_kernel_begin arms what the settings ask for, and tries it out. Returns: NULL, or why that
 *  cannot be done here. */
const char *chi_kernel_begin(void);

/** chi_kernel_possible returns those of CHI_KERNEL_OPS that could be checked in this process. */
uint32_t chi_kernel_possible(void);

/** chi_kernel_switch does what cannot be done by storing a byte: it arms the thread for system
 *  calls, and begins or ends the watch for page faults, as the state `after` wants it. */
CH_COLD void chi_kernel_switch(uint64_t after);

/* dispatch.c: system calls. */
const char *chi_dispatch_begin(void);
bool chi_dispatch_possible(void);
bool chi_dispatch_arm(void);

/* faults.c: page faults. The bits of state decide which scopes; `locate` how. */
const char *chi_faults_begin(uint32_t kind);
bool chi_faults_possible(void);
bool chi_faults_enter(const ch_hot_mark *mark); /* false: impossible in this thread */
void chi_faults_leave(void);

/** chi_faults_tell prints, once, what was counted in this process if the settings asked for it;
 *  chi_faults_forget begins anew. */
void chi_faults_tell(int fd);
void chi_faults_forget(void);

/* raw.c: system calls that are none to the dispatch, and handlers that return by one. */
long chi_raw_call(long number, long a, long b, long c, long d, long e);
extern const char chi_raw_first[];
extern const char chi_raw_return[];
extern const char chi_raw_again[];
extern const char chi_raw_last[];

/** chi_raw_handle makes `handler` (of SA_SIGINFO's shape) handle `signal`, and lets it through in
 *  this thread; chi_raw_unblock does the latter alone. */
bool chi_raw_handle(int signal, void (*handler)(int, void *, void *));
void chi_raw_unblock(int signal);

/** chi_raw_resume makes the interrupted code issue the call it was about to issue, and go on
 *  behind it. `registers` are those of its ucontext_t. */
void chi_raw_resume(int64_t *registers, uint64_t behind);

/* syscall_name.c */

/** chi_syscall_name returns the name of a system call; "?" if this build knew none. */
const char *chi_syscall_name(uint32_t number);

/** chi_syscall_number finds a call by name; -1 if this build knew none of that name. */
int chi_syscall_number(const char *name);

/** chi_kernel_mark_ops returns the operation bits that a mark is about. */
CH_INLINE uint64_t chi_kernel_mark_ops(const ch_hot_mark *mark) {
    const uint32_t ops = mark->deny & 0xffu;
    return ops | ((ops & CH_OP_HEAP) != 0 ? chi_kernel_ops : 0);
}

CH_INLINE uint8_t chi_kernel_selector(uint64_t state) {
    return (state & ((uint64_t)CH_OP_SYSCALL << 32)) != 0 ? CHI_SELECTOR_BLOCK : CHI_SELECTOR_ALLOW;
}

CH_INLINE bool chi_kernel_denies_faults(uint64_t state) {
    return (state & ((uint64_t)CH_OP_FAULT << 32)) != 0;
}

CH_INLINE bool chi_dispatch_is_armed(const chi_kernel_thread *self) {
    return self->dispatch_owner == ~__atomic_load_n(chi_kernel_owner, __ATOMIC_RELAXED);
}

/** chi_kernel_follow makes the kernel follow a change of CHI_STATE_KERNEL at the beginning of a
 *  scope. Returns: false if that takes chi_kernel_switch. */
CH_INLINE bool chi_kernel_follow(chi_kernel_thread *self, uint64_t after) {
    self->selector = chi_kernel_selector(after);
    return chi_dispatch_is_armed(self) && self->watches_faults == chi_kernel_denies_faults(after);
}

#pragma GCC visibility pop

#endif
