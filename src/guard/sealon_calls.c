/* sealon_calls.c: the calls that may begin a seal, as the program makes them. Each looks whether it
 * is awaited, one test, and goes on to libc's. They are cancellation points and restart as libc's
 * own do, because libc's own is what runs. */
#define _GNU_SOURCE
#include "sealon.h"
#include "state.h"

const char chi_guard_part_sealon = 0;

#ifdef CHI_GUARD_INTERPOSES

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "session.h"

/* Function, and what waits for it. */
#define SEAL_CALL_ROWS(X)                                                                          \
    X(listen, CHI_SEAL_ON_LISTEN)                                                                  \
    X(accept, CHI_SEAL_ON_ACCEPT)                                                                  \
    X(accept4, CHI_SEAL_ON_ACCEPT)                                                                 \
    X(poll, CHI_SEAL_ON_POLL)                                                                      \
    X(ppoll, CHI_SEAL_ON_POLL)                                                                     \
    X(__poll_chk, CHI_SEAL_ON_POLL)                                                                \
    X(__ppoll_chk, CHI_SEAL_ON_POLL)                                                               \
    X(select, CHI_SEAL_ON_SELECT)                                                                  \
    X(pselect, CHI_SEAL_ON_SELECT)                                                                 \
    X(epoll_wait, CHI_SEAL_ON_EPOLL_WAIT)                                                          \
    X(epoll_pwait, CHI_SEAL_ON_EPOLL_WAIT)                                                         \
    X(epoll_pwait2, CHI_SEAL_ON_EPOLL_WAIT)                                                        \
    X(sigwait, CHI_SEAL_ON_SIGWAIT)                                                                \
    X(sigwaitinfo, CHI_SEAL_ON_SIGWAIT)                                                            \
    X(sigtimedwait, CHI_SEAL_ON_SIGWAIT)                                                           \
    X(pause, CHI_SEAL_ON_PAUSE)                                                                    \
    X(sigsuspend, CHI_SEAL_ON_PAUSE)                                                               \
    X(nanosleep, CHI_SEAL_ON_NANOSLEEP)                                                            \
    X(clock_nanosleep, CHI_SEAL_ON_NANOSLEEP)                                                      \
    X(sleep, CHI_SEAL_ON_NANOSLEEP)                                                                \
    X(usleep, CHI_SEAL_ON_NANOSLEEP)

typedef enum seal_call {
#define ROW_INDEX(name, bit) CALL_##name,
    SEAL_CALL_ROWS(ROW_INDEX)
#undef ROW_INDEX
        CALL_COUNT
} seal_call;

static struct {
    const char *name;
    uint32_t bit;
    void *next;
} calls[CALL_COUNT] = {
#define ROW_ENTRY(function, seal_bit) {.name = #function, .bit = (seal_bit)},
    SEAL_CALL_ROWS(ROW_ENTRY)
#undef ROW_ENTRY
};

__attribute__((constructor(102))) static void find_calls(void) {
    for (size_t i = 0; i < CALL_COUNT; i++) {
        calls[i].next = chi_guard_next_symbol(calls[i].name);
    }
}

/* Begins the seal if this call is what it waits for. Returns: libc's function; NULL if it has none.
 * Constructors of other libraries may come before ours. */
static uintptr_t reach(seal_call call) {
    chi_sealon_at(calls[call].bit, calls[call].name);
    void *next = calls[call].next;
    return (uintptr_t)(CH_LIKELY(next != NULL) ? next : chi_guard_next_symbol(calls[call].name));
}

#define FORWARD(type, call, ...)                                                                   \
    type next = (type)reach(call);                                                                 \
    if (CH_UNLIKELY(next == NULL)) {                                                               \
        errno = ENOSYS;                                                                            \
        return -1;                                                                                 \
    }                                                                                              \
    return next(__VA_ARGS__)

/* glibc's headers declare it as a union of all kinds of addresses, handed over as a pointer. */
#ifdef __GLIBC__
#define SOCKET_ADDRESS __SOCKADDR_ARG
#else
#define SOCKET_ADDRESS struct sockaddr *
#endif

typedef int (*listen_fn)(int, int);
typedef int (*accept_fn)(int, SOCKET_ADDRESS, socklen_t *);
typedef int (*accept4_fn)(int, SOCKET_ADDRESS, socklen_t *, int);
typedef int (*poll_fn)(struct pollfd *, nfds_t, int);
typedef int (*ppoll_fn)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
typedef int (*poll_chk_fn)(struct pollfd *, nfds_t, int, size_t);
typedef int (*ppoll_chk_fn)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *,
                            size_t);
typedef int (*select_fn)(int, fd_set *, fd_set *, fd_set *, struct timeval *);
typedef int (*pselect_fn)(int, fd_set *, fd_set *, fd_set *, const struct timespec *,
                          const sigset_t *);
typedef int (*epoll_wait_fn)(int, struct epoll_event *, int, int);
typedef int (*epoll_pwait_fn)(int, struct epoll_event *, int, int, const sigset_t *);
typedef int (*epoll_pwait2_fn)(int, struct epoll_event *, int, const struct timespec *,
                               const sigset_t *);
typedef int (*sigwait_fn)(const sigset_t *, int *);
typedef int (*sigwaitinfo_fn)(const sigset_t *, siginfo_t *);
typedef int (*sigtimedwait_fn)(const sigset_t *, siginfo_t *, const struct timespec *);
typedef int (*pause_fn)(void);
typedef int (*sigsuspend_fn)(const sigset_t *);
typedef int (*nanosleep_fn)(const struct timespec *, struct timespec *);
typedef int (*clock_nanosleep_fn)(clockid_t, int, const struct timespec *, struct timespec *);
typedef unsigned (*sleep_fn)(unsigned);
typedef int (*usleep_fn)(useconds_t);

CHI_EXPORT int listen(int socket, int backlog) {
    FORWARD(listen_fn, CALL_listen, socket, backlog);
}

CHI_EXPORT int accept(int socket, SOCKET_ADDRESS address, socklen_t *size) {
    FORWARD(accept_fn, CALL_accept, socket, address, size);
}

CHI_EXPORT int accept4(int socket, SOCKET_ADDRESS address, socklen_t *size, int flags) {
    FORWARD(accept4_fn, CALL_accept4, socket, address, size, flags);
}

CHI_EXPORT int poll(struct pollfd *files, nfds_t count, int timeout) {
    FORWARD(poll_fn, CALL_poll, files, count, timeout);
}

CHI_EXPORT int ppoll(struct pollfd *files, nfds_t count, const struct timespec *timeout,
                     const sigset_t *mask) {
    FORWARD(ppoll_fn, CALL_ppoll, files, count, timeout, mask);
}

int __poll_chk(struct pollfd *files, nfds_t count, int timeout, size_t size);

CHI_EXPORT int __poll_chk(struct pollfd *files, nfds_t count, int timeout, size_t size) {
    FORWARD(poll_chk_fn, CALL___poll_chk, files, count, timeout, size);
}

int __ppoll_chk(struct pollfd *files, nfds_t count, const struct timespec *timeout,
                const sigset_t *mask, size_t size);

CHI_EXPORT int __ppoll_chk(struct pollfd *files, nfds_t count, const struct timespec *timeout,
                           const sigset_t *mask, size_t size) {
    FORWARD(ppoll_chk_fn, CALL___ppoll_chk, files, count, timeout, mask, size);
}

CHI_EXPORT int select(int count, fd_set *read_set, fd_set *write_set, fd_set *except_set,
                      struct timeval *timeout) {
    FORWARD(select_fn, CALL_select, count, read_set, write_set, except_set, timeout);
}

CHI_EXPORT int pselect(int count, fd_set *read_set, fd_set *write_set, fd_set *except_set,
                       const struct timespec *timeout, const sigset_t *mask) {
    FORWARD(pselect_fn, CALL_pselect, count, read_set, write_set, except_set, timeout, mask);
}

CHI_EXPORT int epoll_wait(int epoll, struct epoll_event *events, int max, int timeout) {
    FORWARD(epoll_wait_fn, CALL_epoll_wait, epoll, events, max, timeout);
}

CHI_EXPORT int epoll_pwait(int epoll, struct epoll_event *events, int max, int timeout,
                           const sigset_t *mask) {
    FORWARD(epoll_pwait_fn, CALL_epoll_pwait, epoll, events, max, timeout, mask);
}

int epoll_pwait2(int epoll, struct epoll_event *events, int max, const struct timespec *timeout,
                 const sigset_t *mask);

CHI_EXPORT int epoll_pwait2(int epoll, struct epoll_event *events, int max,
                            const struct timespec *timeout, const sigset_t *mask) {
    FORWARD(epoll_pwait2_fn, CALL_epoll_pwait2, epoll, events, max, timeout, mask);
}

CHI_EXPORT int sigwait(const sigset_t *set, int *number) {
    FORWARD(sigwait_fn, CALL_sigwait, set, number);
}

CHI_EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info) {
    FORWARD(sigwaitinfo_fn, CALL_sigwaitinfo, set, info);
}

CHI_EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout) {
    FORWARD(sigtimedwait_fn, CALL_sigtimedwait, set, info, timeout);
}

CHI_EXPORT int pause(void) {
    pause_fn next = (pause_fn)reach(CALL_pause);
    return next != NULL ? next() : -1;
}

CHI_EXPORT int sigsuspend(const sigset_t *mask) {
    FORWARD(sigsuspend_fn, CALL_sigsuspend, mask);
}

CHI_EXPORT int nanosleep(const struct timespec *time, struct timespec *left) {
    FORWARD(nanosleep_fn, CALL_nanosleep, time, left);
}

CHI_EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                               struct timespec *left) {
    clock_nanosleep_fn next = (clock_nanosleep_fn)reach(CALL_clock_nanosleep);
    return next != NULL ? next(clock, flags, time, left) : ENOSYS;
}

CHI_EXPORT unsigned sleep(unsigned seconds) {
    sleep_fn next = (sleep_fn)reach(CALL_sleep);
    return next != NULL ? next(seconds) : seconds;
}

CHI_EXPORT int usleep(useconds_t us) {
    FORWARD(usleep_fn, CALL_usleep, us);
}

#endif
