/* Every call that can begin a seal does so if it is awaited, and is libc's in any case; the signal,
 * the time, and what is told of the init. Each in a child, as a process is sealed once. */
#define _GNU_SOURCE
#include "sealon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "session_rig.h"
#include "session_shared.h"
#include "state.h"

#ifdef CHI_GUARD_INTERPOSES

static const struct timespec no_time;

/* A SIGUSR1 that is blocked and waits. */
static const sigset_t *pending_signal(void) {
    static sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    return &set;
}

static void do_nothing(int number) {
    (void)number;
}

/* An alarm that ends a wait for signals. */
static void alarm_soon(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = do_nothing;
    sigaction(SIGALRM, &action, NULL);
    ualarm(2000, 2000);
}

static int epoll_file(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

static bool call_listen(void) {
    return listen(-1, 1) == -1 && errno == EBADF;
}

static bool call_accept(void) {
    return accept(-1, NULL, NULL) == -1 && errno == EBADF;
}

static bool call_accept4(void) {
    return accept4(-1, NULL, NULL, 0) == -1 && errno == EBADF;
}

static bool call_poll(void) {
    return poll(NULL, 0, 0) == 0;
}

static bool call_ppoll(void) {
    return ppoll(NULL, 0, &no_time, NULL) == 0;
}

int __poll_chk(struct pollfd *files, nfds_t count, int timeout, size_t size);
int __ppoll_chk(struct pollfd *files, nfds_t count, const struct timespec *timeout,
                const sigset_t *mask, size_t size);

static bool call_poll_chk(void) {
    return __poll_chk(NULL, 0, 0, 0) == 0;
}

static bool call_ppoll_chk(void) {
    return __ppoll_chk(NULL, 0, &no_time, NULL, 0) == 0;
}

static bool call_select(void) {
    struct timeval none = {0};
    return select(0, NULL, NULL, NULL, &none) == 0;
}

static bool call_pselect(void) {
    return pselect(0, NULL, NULL, NULL, &no_time, NULL) == 0;
}

static bool call_epoll_wait(void) {
    struct epoll_event event;
    return epoll_wait(epoll_file(), &event, 1, 0) == 0;
}

static bool call_epoll_pwait(void) {
    struct epoll_event event;
    return epoll_pwait(epoll_file(), &event, 1, 0, NULL) == 0;
}

int epoll_pwait2(int epoll, struct epoll_event *events, int max, const struct timespec *timeout,
                 const sigset_t *mask);

static bool call_epoll_pwait2(void) {
    struct epoll_event event;
    const int result = epoll_pwait2(epoll_file(), &event, 1, &no_time, NULL);
    return result == 0 || errno == ENOSYS; /* Linux 5.11 */
}

static bool call_sigwait(void) {
    int number = 0;
    return sigwait(pending_signal(), &number) == 0 && number == SIGUSR1;
}

static bool call_sigwaitinfo(void) {
    siginfo_t info;
    return sigwaitinfo(pending_signal(), &info) == SIGUSR1;
}

static bool call_sigtimedwait(void) {
    siginfo_t info;
    return sigtimedwait(pending_signal(), &info, &no_time) == SIGUSR1;
}

static bool call_pause(void) {
    alarm_soon();
    return pause() == -1 && errno == EINTR;
}

static bool call_sigsuspend(void) {
    sigset_t none;
    sigemptyset(&none);
    alarm_soon();
    return sigsuspend(&none) == -1 && errno == EINTR;
}

static bool call_nanosleep(void) {
    return nanosleep(&no_time, NULL) == 0;
}

static bool call_clock_nanosleep(void) {
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &no_time, NULL) == 0 &&
           clock_nanosleep(12345, 0, &no_time, NULL) == EINVAL;
}

static bool call_sleep(void) {
    return sleep(0) == 0;
}

static bool call_usleep(void) {
    return usleep(0) == 0;
}

typedef struct sealing_call {
    const char *name;
    uint32_t bit;
    bool (*call)(void);
} sealing_call;

static const sealing_call sealing_calls[] = {
    {"listen", CHI_SEAL_ON_LISTEN, call_listen},
    {"accept", CHI_SEAL_ON_ACCEPT, call_accept},
    {"accept4", CHI_SEAL_ON_ACCEPT, call_accept4},
    {"poll", CHI_SEAL_ON_POLL, call_poll},
    {"ppoll", CHI_SEAL_ON_POLL, call_ppoll},
    {"__poll_chk", CHI_SEAL_ON_POLL, call_poll_chk},
    {"__ppoll_chk", CHI_SEAL_ON_POLL, call_ppoll_chk},
    {"select", CHI_SEAL_ON_SELECT, call_select},
    {"pselect", CHI_SEAL_ON_SELECT, call_pselect},
    {"epoll_wait", CHI_SEAL_ON_EPOLL_WAIT, call_epoll_wait},
    {"epoll_pwait", CHI_SEAL_ON_EPOLL_WAIT, call_epoll_pwait},
    {"epoll_pwait2", CHI_SEAL_ON_EPOLL_WAIT, call_epoll_pwait2},
    {"sigwait", CHI_SEAL_ON_SIGWAIT, call_sigwait},
    {"sigwaitinfo", CHI_SEAL_ON_SIGWAIT, call_sigwaitinfo},
    {"sigtimedwait", CHI_SEAL_ON_SIGWAIT, call_sigtimedwait},
    {"pause", CHI_SEAL_ON_PAUSE, call_pause},
    {"sigsuspend", CHI_SEAL_ON_PAUSE, call_sigsuspend},
    {"nanosleep", CHI_SEAL_ON_NANOSLEEP, call_nanosleep},
    {"clock_nanosleep", CHI_SEAL_ON_NANOSLEEP, call_clock_nanosleep},
    {"sleep", CHI_SEAL_ON_NANOSLEEP, call_sleep},
    {"usleep", CHI_SEAL_ON_NANOSLEEP, call_usleep}};

#define CALL_COUNT (sizeof sealing_calls / sizeof sealing_calls[0])

#endif

/* ---- what happens in the children ---- */

static void await(uint32_t bits) {
    chi_guard_settings.config.seal_on = bits;
    chi_guard_settings.config.mode = CH_GUARD_COUNT;
    chi_guard_settings.exit_status = 0;
    chi_sealon_begin();
}

static void fail_unless(bool condition, const char *what) {
    if (!condition) {
        CH_PERMIT_SCOPE("the test has failed");
        dprintf(STDERR_FILENO, "# %s\n", what);
        _exit(1);
    }
}

static bool sealed_by(const char *wanted) {
    const char *name;
    uint64_t age;
    return chi_guard_seal_state(&name, &age) && strcmp(name, wanted) == 0;
}

static bool sealed(void) {
    const char *name;
    uint64_t age;
    return chi_guard_seal_state(&name, &age);
}

static bool ends_well(void (*body)(void *), const void *context) {
    char text[4096];
    const bool died = ch_test_child_dies(body, (void *)(uintptr_t)context, text, sizeof text);
    if (died) {
        printf("# %s\n", text);
    }
    return !died;
}

#ifdef CHI_GUARD_INTERPOSES

static void seal_by_call(void *context) {
    const sealing_call *call = (const sealing_call *)context;
    await(call->bit);
    fail_unless(!sealed(), "sealed too early");
    fail_unless(call->call(), "the call is not libc's");
    fail_unless(sealed_by(call->name), "not sealed by this call");
    fail_unless(chi_sealon_awaited == 0, "still waiting");
}

static void do_not_seal(void *context) {
    const sealing_call *call = (const sealing_call *)context;
    await(~call->bit & chi_sealon_supported() & ~(uint32_t)CHI_SEAL_ON_AFTER);
    fail_unless(call->call(), "the call is not libc's");
    fail_unless(!sealed(), "sealed by a call that was not asked for");
}

TEST(g24_first_call_seals) {
    for (size_t i = 0; i < CALL_COUNT; i++) {
        if (!CHECK(ends_well(seal_by_call, &sealing_calls[i])) ||
            !CHECK(ends_well(do_not_seal, &sealing_calls[i]))) {
            printf("# %s\n", sealing_calls[i].name);
        }
    }
}

TEST(g24_calls_that_nobody_awaits_go_on) {
    for (size_t i = 0; i < CALL_COUNT; i++) {
        if (sealing_calls[i].bit != CHI_SEAL_ON_PAUSE &&
            sealing_calls[i].bit != CHI_SEAL_ON_SIGWAIT) {
            CHECK(sealing_calls[i].call());
        }
    }
    CHECK(!sealed());
}

static void seal_once(void *nothing) {
    (void)nothing;
    await(CHI_SEAL_ON_POLL);
    call_poll();
    fail_unless(ch_unseal(), "not sealed");
    call_poll();
    fail_unless(!sealed(), "sealed twice");
}

TEST(g24_only_the_first_call_seals) {
    CHECK(ends_well(seal_once, NULL));
}

static void free_before_and_after(void *nothing) {
    (void)nothing;
    session_rig rig;
    fail_unless(session_rig_init(&rig) && chi_session_attach(rig.path) == NULL, "no session");
    chi_session_image_begin();
    await(CHI_SEAL_ON_POLL);
    void *volatile blocks[10];
    for (size_t i = 0; i < 10; i++) {
        blocks[i] = malloc(100);
    }
    call_poll();
    for (size_t i = 0; i < 10; i++) {
        free(blocks[i]);
    }
    const chi_session_image *image = &rig.session->images[0];
    fail_unless(image->init_allocs == 10 && image->init_bytes == 1000, "wrong init budget");
    fail_unless(image->sealed == 1 && strcmp(image->seal, "poll") == 0, "seal not told");
    fail_unless(ch_guard_violations() == 10, "frees are not denied");
    fail_unless(image->violations == 10, "violations not told");
    fail_unless((chi_guard_flags & CHI_FLAG_COUNTING) == 0, "still counting");
}

TEST(g24_init_budget_ends_at_the_seal) {
    CHECK(ends_well(free_before_and_after, NULL));
}

#endif

/* ---- signal, time, the program itself ---- */

static void seal_by_signal(void *nothing) {
    (void)nothing;
    await(CHI_SEAL_ON_SIGUSR2);
    fail_unless(!sealed(), "sealed too early");
    kill(getpid(), SIGUSR2);
    fail_unless(sealed_by("SIGUSR2"), "not sealed by the signal");
    kill(getpid(), SIGUSR2);
}

TEST(g24_signal_seals) {
    CHECK(ends_well(seal_by_signal, NULL));
}

static void wait_ms(long ms) {
    const struct timespec time = {.tv_nsec = ms * 1000000};
    nanosleep(&time, NULL);
}

static void seal_by_time(void *nothing) {
    (void)nothing;
    chi_guard_settings.config.seal_after_ns = 30000000;
    await(CHI_SEAL_ON_AFTER);
    void *volatile first = malloc(10);
    fail_unless(ch_guard_violations() == 0 && !sealed(), "sealed too early");
    wait_ms(60);
    fail_unless(!sealed(), "sealed without a call");
    void *volatile second = malloc(10);
    fail_unless(sealed_by("time"), "not sealed");
#ifndef CHI_GUARD_HOOKS
    fail_unless(ch_guard_violations() == 1, "the first call after the time is no violation");
#endif
    fail_unless((chi_guard_flags & CHI_FLAG_CLOCK) == 0, "still looking at the clock");
    ch_unseal();
    free(first);
    free(second);
}

TEST(g24_time_seals) {
    CHECK(ends_well(seal_by_time, NULL));
}

static void seal_by_program(void *nothing) {
    (void)nothing;
    chi_guard_settings.config.seal_after_ns = 0;
    await(CHI_SEAL_ON_AFTER | CHI_SEAL_ON_SIGUSR2);
    fail_unless(ch_seal("own"), "not sealed");
    kill(getpid(), SIGUSR2);
    fail_unless(sealed_by("own") && chi_sealon_awaited == 0, "still waiting");
}

TEST(g24_program_may_be_first) {
    CHECK(ends_well(seal_by_program, NULL));
}

static void count_goes_on(void *nothing) {
    (void)nothing;
    ch_guard_count_process(true);
    await(CHI_SEAL_ON_SIGUSR2);
    kill(getpid(), SIGUSR2);
    fail_unless(sealed() && (chi_guard_flags & CHI_FLAG_COUNTING) != 0, "somebody else counted");
}

TEST(g24_count_of_the_program_goes_on) {
    CHECK(ends_well(count_goes_on, NULL));
}

TEST(g24_every_bit_is_supported_or_refused) {
    uint32_t all = 0;
#ifdef CHI_GUARD_INTERPOSES
    for (size_t i = 0; i < CALL_COUNT; i++) {
        all |= sealing_calls[i].bit;
    }
    all |= CHI_SEAL_ON_MAIN;
#endif
    CHECK_EQUAL(chi_sealon_supported(), all | CHI_SEAL_ON_SIGUSR2 | CHI_SEAL_ON_AFTER);
}
