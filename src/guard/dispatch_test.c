/* System calls in hot scopes: raw instructions, libc's own, and what they must not break: results,
 * registers, signal handlers, masks, threads, fork children. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "harness.h"
#include "kernel_rig.h"
#include "state.h"

#if defined(__x86_64__) && defined(__LP64__)

#define PR_DISPATCH 59u

/* True, and the test is marked, if the kernel has no dispatch. */
static bool is_impossible(void) {
    if (chi_dispatch_possible()) {
        return false;
    }
    ch_test_skip("no Syscall User Dispatch here (Linux 5.11), or a filter forbids it");
    return true;
}

#define HOT CH_HOT_SCOPE_OPS("hot", CH_OP_SYSCALL)

static long raw_getpid(const void **behind) {
    long result;
    __asm__ volatile("syscall\n"
                     "1: leaq 1b(%%rip), %1"
                     : "=a"(result), "=&r"(*behind)
                     : "0"(SYS_getpid)
                     : "rcx", "r11", "cc", "memory");
    return result;
}

TEST(g34_sees_a_raw_instruction_with_number_and_address) {
    kernel_rig rig;
    const void *behind = NULL;
    long process;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    {
        HOT;
        process = raw_getpid(&behind);
    }
    (void)raw_getpid(&behind); /* cold again */
    kernel_rig_fini();
    CHECK_EQUAL((uint64_t)process, (uint64_t)getpid());
    if (CHECK_EQUAL(rig.count, 1)) {
        CHECK_TEXT(rig.found[0].call, "getpid");
        CHECK_TEXT(rig.found[0].section, "hot");
        CHECK_EQUAL(rig.found[0].op, CH_OP_SYSCALL);
    }
}

TEST(g34_the_address_is_that_of_the_instruction) {
    kernel_rig rig;
    const void *behind = NULL;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    {
        HOT;
        (void)raw_getpid(&behind);
    }
    kernel_rig_fini();
    CHECK(rig.found[0].caller == behind);
}

TEST(g34_sees_calls_inside_libc) {
    kernel_rig rig;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    {
        HOT; /* the heap itself is allowed here */
        void *volatile block = malloc((size_t)64 << 20);
        free(block);
    }
    kernel_rig_fini();
#ifdef CHI_GUARD_HOOKS /* a sanitizer's heap asks for more, and keeps it */
    CHECK(kernel_rig_calls(&rig, "mmap") >= 1);
#else
    CHECK_EQUAL(kernel_rig_calls(&rig, "mmap"), 1);
    CHECK_EQUAL(kernel_rig_calls(&rig, "munmap"), 1);
#endif
}

TEST(g34_vdso_calls_are_no_event) {
    kernel_rig rig;
    struct timespec now;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    {
        HOT;
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
    kernel_rig_fini();
    if (kernel_rig_calls(&rig, "clock_gettime") != 0) {
        ch_test_skip("no clock in the vDSO here");
        return;
    }
    CHECK_EQUAL(rig.count, 0);
}

TEST(g34_calls_are_issued_again_with_their_results) {
    kernel_rig rig;
    int ends[2] = {-1, -1};
    char text[4] = "";
    int closed;
    int error;
    void *mapped;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    {
        HOT;
        (void)pipe(ends);
        (void)write(ends[1], "abc", 3);
        (void)read(ends[0], text, 3);
        mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        closed = close(-1);
        error = errno;
    }
    kernel_rig_fini();
    CHECK_TEXT(text, "abc");
    CHECK(mapped != MAP_FAILED);
    CHECK_EQUAL((uint64_t)closed, (uint64_t)-1);
    CHECK_EQUAL((uint64_t)error, EBADF);
    CHECK_EQUAL(rig.count, 5);
    munmap(mapped, 4096);
    close(ends[0]);
    close(ends[1]);
}

/* Everything but rax, rcx, r11 and the flags, and the red zone below the stack pointer. */
static CH_NOINLINE uint64_t registers_changed(void) {
    uint64_t changed;
    __asm__ volatile("movq $0x1234, -8(%%rsp)\n"
                     "movq $0x5678, -120(%%rsp)\n"
                     "movq $1, %%rdi\n movq $2, %%rsi\n movq $3, %%rdx\n movq $4, %%r8\n"
                     "movq $5, %%r9\n movq $6, %%r10\n movq $7, %%r12\n movq $8, %%r13\n"
                     "movq $9, %%r14\n movq $10, %%r15\n movq $11, %%rbx\n"
                     "movl %1, %%eax\n"
                     "syscall\n"
                     "xorq $1, %%rdi\n xorq $2, %%rsi\n xorq $3, %%rdx\n xorq $4, %%r8\n"
                     "xorq $5, %%r9\n xorq $6, %%r10\n xorq $7, %%r12\n xorq $8, %%r13\n"
                     "xorq $9, %%r14\n xorq $10, %%r15\n xorq $11, %%rbx\n"
                     "xorq $0x1234, -8(%%rsp)\n xorq $0x5678, -120(%%rsp)\n"
                     "orq %%rsi, %%rdi\n orq %%rdx, %%rdi\n orq %%r8, %%rdi\n orq %%r9, %%rdi\n"
                     "orq %%r10, %%rdi\n orq %%r12, %%rdi\n orq %%r13, %%rdi\n"
                     "orq %%r14, %%rdi\n orq %%r15, %%rdi\n orq %%rbx, %%rdi\n"
                     "orq -8(%%rsp), %%rdi\n orq -120(%%rsp), %%rdi\n"
                     "movq %%rdi, %%rax\n"
                     : "=&a"(changed)
                     : "i"(SYS_getpid)
                     : "rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                       "r15", "rbx", "cc", "memory");
    return changed;
}

TEST(g34_registers_and_red_zone_stay) {
    kernel_rig rig;
    uint64_t changed;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    {
        HOT;
        changed = registers_changed();
    }
    kernel_rig_fini();
    CHECK_EQUAL(rig.count, 1);
    CHECK_EQUAL(changed, 0);
}

TEST(g34_deny_mode_refuses_the_call) {
    kernel_rig rig;
    int ends[2] = {-1, -1};
    int result;
    int error;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    rig.answer = CH_GUARD_DENY;
    {
        HOT;
        errno = 0;
        result = pipe(ends);
        error = errno;
    }
    kernel_rig_fini();
    CHECK_EQUAL((uint64_t)result, (uint64_t)-1);
    CHECK_EQUAL((uint64_t)error, ENOMEM);
    CHECK_EQUAL((uint64_t)ends[0], (uint64_t)-1);
}

TEST(g34_permit_scopes_and_the_allow_list) {
    kernel_rig rig;
    uint8_t *list = chi_guard_settings.config.syscalls_allowed;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    list[SYS_getppid / 8] = (uint8_t)(list[SYS_getppid / 8] | 1u << SYS_getppid % 8);
    {
        HOT;
        (void)getppid();
        {
            CH_PERMIT_SCOPE_OPS("checked", CH_OP_SYSCALL);
            (void)getuid();
            {
                CH_HOT_SCOPE_OPS("inner", CH_OP_SYSCALL);
                (void)getgid();
            }
        }
        (void)geteuid();
    }
    list[SYS_getppid / 8] = 0;
    kernel_rig_fini();
    CHECK_EQUAL(rig.count, 2);
    CHECK_EQUAL(kernel_rig_calls(&rig, "getgid"), 1);
    CHECK_EQUAL(kernel_rig_calls(&rig, "geteuid"), 1);
    CHECK_TEXT(rig.found[0].section, "inner");
}

TEST(g34_settings_make_all_hot_scopes_deny_calls) {
    kernel_rig rig;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    chi_kernel_ops = CH_OP_SYSCALL;
    {
        CH_HOT_SCOPE("plain");
        (void)getppid();
        {
            CH_PERMIT_SCOPE("all of it");
            (void)getuid();
        }
    }
    chi_kernel_ops = 0;
    kernel_rig_fini();
    CHECK_EQUAL(rig.count, 1);
    CHECK_TEXT(rig.found[0].section, "plain");
}

/* ---- signals ---- */

static volatile int handled;

static void handle(int signal) {
    (void)signal;
    (void)getuid(); /* an event: a handler inherits the interrupted state */
    handled++;
}

TEST(g34_signal_handlers_return_inside_a_hot_scope) {
    kernel_rig rig;
    if (is_impossible()) {
        return;
    }
    handled = 0;
    (void)signal(SIGUSR1, handle);
    kernel_rig_init(&rig);
    {
        HOT;
        for (int i = 0; i < 100; i++) {
            (void)syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
        }
    }
    kernel_rig_fini();
    CHECK_EQUAL((uint64_t)handled, 100);
    CHECK_EQUAL(rig.count, 400);
    CHECK_EQUAL(kernel_rig_calls(&rig, "rt_sigreturn"), 0);
}

TEST(g34_a_handler_may_interrupt_a_call_that_was_issued_again) {
    kernel_rig rig;
    struct timespec left = {0, 0};
    const struct timespec wanted = {0, 50000000};
    const struct itimerval often = {{0, 2000}, {0, 2000}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    int result = 0;
    if (is_impossible()) {
        return;
    }
    handled = 0;
    (void)signal(SIGALRM, handle);
    kernel_rig_init(&rig);
    (void)setitimer(ITIMER_REAL, &often, NULL);
    {
        HOT;
        for (int i = 0; i < 20; i++) {
            result |= nanosleep(&wanted, &left) == 0; /* interrupted each time */
        }
    }
    (void)setitimer(ITIMER_REAL, &never, NULL);
    kernel_rig_fini();
    CHECK(handled >= 20);
    CHECK_EQUAL((uint64_t)result, 0);
    CHECK_EQUAL(kernel_rig_calls(&rig, "clock_nanosleep") > 0, 1);
}

TEST(g34_a_mask_of_all_signals_does_not_kill) {
    kernel_rig rig;
    sigset_t all;
    sigset_t before;
    sigset_t inside;
    sigset_t after;
    if (is_impossible()) {
        return;
    }
    sigfillset(&all);
    kernel_rig_init(&rig);
    {
        HOT;
        (void)pthread_sigmask(SIG_BLOCK, &all, &before);
        (void)getppid();
        (void)pthread_sigmask(SIG_SETMASK, NULL, &inside);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        (void)pthread_sigmask(SIG_SETMASK, NULL, &after);
    }
    kernel_rig_fini();
    CHECK(sigismember(&inside, SIGUSR1) == 1 && sigismember(&inside, SIGTERM) == 1);
    CHECK(sigismember(&inside, SIGSYS) == 0);
    CHECK(sigismember(&before, SIGUSR1) == 0 && sigismember(&after, SIGUSR1) == 0);
    CHECK_EQUAL(kernel_rig_calls(&rig, "getppid"), 1);
    CHECK_EQUAL(kernel_rig_calls(&rig, "rt_sigprocmask"), 4);
}

/* ---- threads and processes ---- */

static void *hot_thread(void *argument) {
    HOT;
    (void)getppid();
    return argument;
}

TEST(g34_each_thread_arms_itself) {
    kernel_rig rig;
    pthread_t thread;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(pthread_create(&thread, NULL, hot_thread, NULL), 0);
        CHECK_EQUAL(pthread_join(thread, NULL), 0);
    }
    kernel_rig_fini();
    CHECK_EQUAL(kernel_rig_calls(&rig, "getppid"), 3);
    CHECK_EQUAL(rig.count, 3);
}

static void *cold_thread(void *argument) {
    (void)getppid();
    return argument;
}

TEST(g34_a_thread_may_be_created_in_a_hot_scope) {
    kernel_rig rig;
    pthread_t thread;
    int result;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    {
        HOT;
        result = pthread_create(&thread, NULL, cold_thread, NULL);
    }
    CHECK_EQUAL((uint64_t)result, 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    kernel_rig_fini();
    CHECK_EQUAL(kernel_rig_calls(&rig, "clone3") + kernel_rig_calls(&rig, "clone"), 1);
    CHECK_EQUAL(kernel_rig_calls(&rig, "getppid"), 0);
}

TEST(g06_fork_children_arm_again_at_their_next_enter) { /* G34 */
    kernel_rig rig;
    int status = -1;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    {
        HOT;
        (void)getppid();
    }
    const pid_t child = fork();
    if (child == 0) {
        {
            HOT;
            (void)getuid();
        }
        /* _exit would end with the verdict on the finding. */
        (void)syscall(SYS_exit_group, kernel_rig_calls(&rig, "getuid") == 1 ? 23 : 24);
    }
    (void)waitpid(child, &status, 0);
    kernel_rig_fini();
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 23);
    CHECK_EQUAL(rig.count, 1);
}

TEST(g34_fork_inside_a_hot_scope) {
    kernel_rig rig;
    int status = -1;
    pid_t child;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    {
        HOT;
        child = fork();
        if (child == 0) {
            _exit(7);
        }
        (void)getppid();
    }
    (void)waitpid(child, &status, 0);
    kernel_rig_fini();
    CHECK(child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

TEST(g34_the_run_time_itself_makes_no_events) {
    kernel_rig rig;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    {
        CH_HOT_SCOPE_OPS("both", CH_OP_SYSCALL | CH_OP_HEAP);
        void *volatile block = malloc(8);
        free(block);
    }
    kernel_rig_fini();
#ifdef CHI_GUARD_HOOKS /* a sanitizer makes system calls of its own */
    CHECK_EQUAL(kernel_rig_calls(&rig, "allocation"), 1);
#else
    CHECK_EQUAL(rig.count, 2);
    CHECK_EQUAL(kernel_rig_calls(&rig, "malloc"), 1);
#endif
}

/* ---- arming ---- */

TEST(g33_a_kernel_without_dispatch_is_refused) {
    char text[4096];
    if (is_impossible()) {
        return;
    }
    CHECK_EQUAL((uint64_t)kernel_rig_status("mode=log,syscalls", 0, 0, text, sizeof text), 0);
    CHECK_EQUAL(
        (uint64_t)kernel_rig_status("mode=log,syscalls", SYS_prctl, PR_DISPATCH, text, sizeof text),
        CH_GUARD_STATUS_NOT_ARMED);
    CHECK(strstr(text, "system calls cannot be watched") != NULL);
    CHECK_EQUAL((uint64_t)kernel_rig_status("mode=log", SYS_prctl, PR_DISPATCH, text, sizeof text),
                0);
}

#else

TEST(g33_other_machines_say_so) {
    CHECK(chi_dispatch_begin() != NULL);
    CHECK(!chi_dispatch_possible());
}

#endif
