/* resolve_worker.c: see resolve_worker.h. */
#include "resolve_worker.h"

#include "demangle.h"
#include "resolve.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TEXT_MAX_BYTES 1000u /* of a file or a linker name; longer ones are cut */
#define MEMORY_MAX     ((rlim_t)4 << 30)

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

static char message[WORKER_MESSAGE_BYTES];

/* Nothing of the command's stays open here: somebody may wait for the end of a pipe. */
static void close_all_but(int socket) {
    if (dup2(socket, 3) != 3) {
        _exit(1);
    }
    if (syscall(SYS_close_range, 4u, ~0u, 0u) != 0) {
        for (int fd = 4; fd < 4096; fd++) {
            close(fd);
        }
    }
    const int nothing = open("/dev/null", O_RDWR);
    (void)dup2(nothing, 0);
    (void)dup2(nothing, 1);
#if !IS_SANITIZED
    (void)dup2(nothing, 2);
#endif
    close(nothing);
}

static void set_limits(pid_t parent) {
    const struct rlimit none = {0, 0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1);
    }
    (void)setrlimit(RLIMIT_CORE, &none);
#if !IS_SANITIZED
    const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};
    (void)setrlimit(RLIMIT_DATA, &memory);
#endif
    static const int SIGNALS[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGINT, SIGTERM};
    for (size_t i = 0; i < sizeof SIGNALS / sizeof SIGNALS[0]; i++) {
        (void)signal(SIGNALS[i], SIGNALS[i] == SIGINT ? SIG_IGN : SIG_DFL);
    }
}

static size_t add_text(size_t used, const char *text) {
    const size_t length = text != NULL ? strnlen(text, TEXT_MAX_BYTES) : 0;
    memcpy(message + used, text != NULL ? text : "", length);
    message[used + length] = 0;
    return used + length + 1;
}

static size_t add_frame(size_t used, const lookup_frame *frame) {
    char readable[DEMANGLE_BYTES];
    const worker_frame fixed = {frame->line, frame->column};
    const char *symbol = frame->symbol != NULL ? frame->symbol : frame->name;
    memcpy(message + used, &fixed, sizeof fixed);
    used += sizeof fixed;
    if (symbol != NULL && demangle(readable, symbol)) {
        used = add_text(used, readable);
    } else {
        used = add_text(used, frame->name != NULL ? frame->name : symbol);
    }
    used = add_text(used, symbol);
    return add_text(used, frame->file);
}

static void answer(lookup *in, int socket, uint64_t address) {
    lookup_frame frames[RESOLVE_FRAMES_MAX];
    worker_answer fixed = {.frame_count = 0};
    const size_t count = lookup_find(in, address, frames, RESOLVE_FRAMES_MAX, &fixed.symbol_offset);
    size_t used = sizeof fixed;
    const size_t most = sizeof(worker_frame) + 3 * (DEMANGLE_BYTES + 1);
    for (size_t i = 0; i < count && sizeof message - used >= most; i++) {
        used = add_frame(used, &frames[i]);
        fixed.frame_count++;
    }
    memcpy(message, &fixed, sizeof fixed);
    if (send(socket, message, used, MSG_NOSIGNAL) < 0) {
        _exit(1);
    }
}

CH_NORETURN void worker_run(int socket, pid_t parent, const char *path, const uint8_t *build_id,
                            size_t build_id_size, bool symbols_only) {
    lookup in;
    worker_opening opening;
    close_all_but(socket);
    socket = 3;
    set_limits(parent);
    memset(&opening, 0, sizeof opening);
    opening.result =
        (uint32_t)lookup_open(&in, path, build_id, build_id_size, symbols_only, opening.problem);
    if (send(socket, &opening, sizeof opening, MSG_NOSIGNAL) != sizeof opening) {
        _exit(1);
    }
    uint64_t address;
    while (recv(socket, &address, sizeof address, 0) == sizeof address) {
        answer(&in, socket, address);
    }
    _exit(0);
}
