/** kernel_rig.h: for tests of what the kernel sees: findings that a callback collects, and kernels
 *  that refuse a call (by a seccomp filter). */
#ifndef CH_GUARD_KERNEL_RIG_H
#define CH_GUARD_KERNEL_RIG_H

#ifndef _GNU_SOURCE
#error "kernel_rig.h needs _GNU_SOURCE before the first include"
#endif

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coldheap/guard.h>

#define KERNEL_RIG_MAX 64u

typedef struct kernel_found {
    const char *call;
    const void *caller;
    const void *pointer;
    uint32_t op;
    char section[32];
} kernel_found;

typedef struct kernel_rig {
    kernel_found found[KERNEL_RIG_MAX];
    size_t count;
    ch_guard_mode answer;
} kernel_rig;

static inline ch_guard_mode kernel_rig_note(const ch_violation *violation, void *context) {
    kernel_rig *rig = context;
    if (rig->count < KERNEL_RIG_MAX) {
        kernel_found *found = &rig->found[rig->count];
        *found = (kernel_found){.call = violation->call,
                                .caller = violation->caller,
                                .pointer = violation->pointer,
                                .op = violation->op};
        strncpy(found->section, violation->section, sizeof found->section - 1);
    }
    rig->count++;
    return rig->answer;
}

/** kernel_rig_init begins to collect, and answers every finding by going on. */
static inline void kernel_rig_init(kernel_rig *rig) {
    *rig = (kernel_rig){.answer = CH_GUARD_COUNT};
    ch_guard_on_violation(kernel_rig_note, rig);
}

static inline void kernel_rig_fini(void) {
    ch_guard_on_violation(NULL, NULL);
    ch_guard_reset();
}

/** kernel_rig_calls counts findings of a call by that name. */
static inline size_t kernel_rig_calls(const kernel_rig *rig, const char *call) {
    size_t count = 0;
    for (size_t i = 0; i < rig->count && i < KERNEL_RIG_MAX; i++) {
        count += strcmp(rig->found[i].call, call) == 0;
    }
    return count;
}

/** kernel_rig_forbid makes system call `number` fail with EPERM in this process from now on,
 *  if its first argument is at least `first`. */
static inline bool kernel_rig_forbid(uint32_t number, uint32_t first) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/** kernel_rig_status runs this test program anew, with the variable COLDHEAP, in a child where the
 *  call is forbidden (number 0: none is). Returns: its exit status, -1 if it had none; what it said
 *  is in text. */
static inline int kernel_rig_status(const char *variable, uint32_t number, uint32_t first,
                                    char *text, size_t size) {
    int ends[2];
    if (pipe(ends) != 0) {
        return -1;
    }
    const pid_t child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        setenv("COLDHEAP", variable, 1);
        if (number == 0 || kernel_rig_forbid(number, first)) {
            execl("/proc/self/exe", "test", "--list", (char *)NULL);
        }
        _exit(127);
    }
    close(ends[1]);
    size_t used = 0;
    for (ssize_t got; (got = read(ends[0], text + used, size - 1 - used)) > 0;) {
        used += (size_t)got;
    }
    text[used] = 0;
    close(ends[0]);
    int status = -1;
    (void)waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
