/* resolve.c: one process a module, asked over a socket that keeps messages apart; see resolve.h.
 * What it answers is checked like any input: it has read a stranger's file. */
#include "resolve.h"

#include "demangle.h"
#include "resolve_worker.h"
#include "store.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define ANSWERS_FIRST 64u
#define PROBLEM_BYTES 1024u

typedef enum phase { UNOPENED, WITH_LINES, WITH_SYMBOLS, ENDED } phase;

typedef struct kept_answer {
    uint64_t address;
    bool taken;
    resolve_answer answer;
} kept_answer;

struct resolve_module {
    const char *path;
    const char *name;
    const uint8_t *build_id;
    size_t build_id_size;
    phase phase;
    resolve_state state;
    pid_t process; /* 0: none */
    int socket;
    int64_t left_ns; /* of the time that this phase may take */
    char problem[PROBLEM_BYTES];
    kept_answer *answers; /* open addressing; a power of two */
    size_t answer_count;
    size_t answer_room;
    resolve_module *next;
};

static resolve_module *modules;
static char message[WORKER_MESSAGE_BYTES];

/* ---- modules ---- */

resolve_module *resolve_open(const char *path, const uint8_t *build_id, size_t build_id_size) {
    for (resolve_module *at = modules; at != NULL; at = at->next) {
        if (strcmp(at->path, path) == 0 && at->build_id_size == build_id_size &&
            (build_id_size == 0 || memcmp(at->build_id, build_id, build_id_size) == 0)) {
            return at;
        }
    }
    resolve_module *made = STORE_NEW(resolve_module);
    made->path = store_text(path, strlen(path));
    const char *slash = strrchr(made->path, '/');
    made->name = slash != NULL ? slash + 1 : made->path;
    if (build_id_size > 0) {
        made->build_id = (const uint8_t *)store_text((const char *)build_id, build_id_size);
        made->build_id_size = build_id_size;
    }
    made->answers = STORE_ARRAY(kept_answer, ANSWERS_FIRST);
    made->answer_room = ANSWERS_FIRST;
    made->next = modules;
    modules = made;
    return made;
}

const char *resolve_path(const resolve_module *in) {
    return in->path;
}

const char *resolve_name(const resolve_module *in) {
    return in->name;
}

/* ---- the process ---- */

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

static void end_process(resolve_module *of) {
    if (of->process > 0) {
        (void)kill(of->process, SIGKILL);
        while (waitpid(of->process, NULL, 0) < 0 && errno == EINTR) {}
        close(of->socket);
        of->process = 0;
    }
}

static bool start_process(resolve_module *of, bool symbols_only) {
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
        return false;
    }
    const pid_t parent = getpid();
    const pid_t process = fork();
    if (process == 0) {
        worker_run(sockets[1], parent, of->path, of->build_id, of->build_id_size, symbols_only);
    }
    close(sockets[1]);
    if (process < 0) {
        close(sockets[0]);
        return false;
    }
    of->process = process;
    of->socket = sockets[0];
    of->left_ns = RESOLVE_SECONDS * NS_PER_SECOND;
    return true;
}

typedef enum hearing { HEARD, LATE, GONE } hearing;

/* Waits for a message, at most for what is left of the module's time. */
static hearing hear(resolve_module *from, size_t *size) {
    const int64_t began = now_ns();
    for (;;) {
        const int64_t left = from->left_ns - (now_ns() - began);
        struct pollfd at = {.fd = from->socket, .events = POLLIN};
        const int ready = left > 0 ? poll(&at, 1, (int)(left / 1000000) + 1) : 0;
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready <= 0) {
            from->left_ns = 0;
            return LATE;
        }
        const ssize_t got = recv(from->socket, message, sizeof message, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        from->left_ns -= now_ns() - began;
        *size = got > 0 ? (size_t)got : 0;
        return got > 0 ? HEARD : GONE;
    }
}

static void describe(resolve_module *of, const char *text) {
    (void)snprintf(of->problem, sizeof of->problem, "%.500s %.500s", of->path, text);
}

/* The worker of this phase cannot go on: a plainer one takes over, or nobody. */
static void step_down(resolve_module *of, const char *why) {
    describe(of, why);
    end_process(of);
    of->state = RESOLVE_NOTHING;
    of->phase = of->phase == WITH_LINES ? WITH_SYMBOLS : ENDED;
}

static const char *reason(const resolve_module *of, hearing how) {
    const bool lines = of->phase == WITH_LINES;
    if (how == LATE) {
        return lines ? "has debug information that takes longer than 5 s to read: ELF symbols only"
                     : "has symbols that take longer than 5 s to read";
    }
    return lines ? "has damaged debug information: ELF symbols only" : "has damaged symbols";
}

/* What the worker says after it has opened the file. */
static void take_opening(resolve_module *of, size_t size) {
    worker_opening opening;
    if (size != sizeof opening) {
        step_down(of, reason(of, GONE));
        return;
    }
    memcpy(&opening, message, sizeof opening);
    opening.problem[sizeof opening.problem - 1] = 0;
    if (opening.problem[0] != 0) {
        describe(of, opening.problem);
    }
    of->state = opening.result == LOOKUP_LINES     ? RESOLVE_LINES
                : opening.result == LOOKUP_SYMBOLS ? RESOLVE_SYMBOLS
                                                   : RESOLVE_NOTHING;
    if (of->state == RESOLVE_NOTHING) {
        end_process(of);
        of->phase = ENDED;
    }
}

/* Brings the module to a phase with a worker, or to ENDED. */
static void make_ready(resolve_module *of) {
    while (of->phase != ENDED && of->process == 0) {
        of->phase = of->phase == UNOPENED ? WITH_LINES : of->phase;
        if (!start_process(of, of->phase == WITH_SYMBOLS)) {
            step_down(of, "cannot be read: no process for it");
            continue;
        }
        size_t size;
        const hearing how = hear(of, &size);
        if (how == HEARD) {
            take_opening(of, size);
        } else {
            step_down(of, reason(of, how));
        }
    }
}

resolve_state resolve_state_of(resolve_module *in, const char **problem) {
    make_ready(in);
    if (problem != NULL) {
        *problem = in->problem;
    }
    return in->state;
}

void resolve_close(void) {
    for (resolve_module *at = modules; at != NULL; at = at->next) {
        end_process(at);
        at->phase = ENDED;
    }
    modules = NULL;
}

/* ---- answers ---- */

/* The next text of a message, fit for a terminal; NULL if it does not end in there. */
static const char *next_text(size_t *at, size_t size) {
    const char *text = message + *at;
    const size_t length = strnlen(text, size - *at);
    if (length == size - *at) {
        return NULL;
    }
    *at += length + 1;
    char *copy = store_text(text, length);
    for (char *character = copy; *character != 0; character++) {
        if ((unsigned char)*character < ' ' || *character == 127) {
            *character = '?';
        }
    }
    return copy;
}

static bool read_frame(resolve_frame *out, size_t *at, size_t size) {
    worker_frame fixed;
    if (size - *at < sizeof fixed) {
        return false;
    }
    memcpy(&fixed, message + *at, sizeof fixed);
    *at += sizeof fixed;
    out->line = fixed.line;
    out->column = fixed.column;
    out->function = next_text(at, size);
    out->symbol = out->function != NULL ? next_text(at, size) : NULL;
    out->file = out->symbol != NULL ? next_text(at, size) : NULL;
    return out->file != NULL;
}

static bool read_answer(resolve_answer *out, size_t size) {
    worker_answer fixed;
    size_t at = sizeof fixed;
    if (size < sizeof fixed) {
        return false;
    }
    memcpy(&fixed, message, sizeof fixed);
    if (fixed.frame_count > RESOLVE_FRAMES_MAX) {
        return false;
    }
    resolve_frame *frames = STORE_ARRAY(resolve_frame, fixed.frame_count);
    for (uint32_t i = 0; i < fixed.frame_count; i++) {
        if (!read_frame(&frames[i], &at, size)) {
            return false;
        }
        frames[i].inlined = i + 1 < fixed.frame_count;
    }
    *out = (resolve_answer){frames, fixed.frame_count, fixed.symbol_offset};
    return true;
}

static bool ask(resolve_module *in, resolve_answer *out, uint64_t address) {
    make_ready(in);
    while (in->phase != ENDED) {
        size_t size;
        hearing how = GONE;
        if (send(in->socket, &address, sizeof address, MSG_NOSIGNAL) == sizeof address) {
            how = hear(in, &size);
        }
        if (how == HEARD && read_answer(out, size)) {
            return true;
        }
        step_down(in, reason(in, how == HEARD ? GONE : how));
        make_ready(in);
    }
    return false;
}

static kept_answer *slot_of(kept_answer *rows, size_t room, uint64_t address) {
    size_t at = (size_t)((address * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (room - 1);
    while (rows[at].taken && rows[at].address != address) {
        at = (at + 1) & (room - 1);
    }
    return &rows[at];
}

static void grow(resolve_module *of) {
    const size_t room = of->answer_room * 2;
    kept_answer *rows = STORE_ARRAY(kept_answer, room);
    for (size_t i = 0; i < of->answer_room; i++) {
        if (of->answers[i].taken) {
            *slot_of(rows, room, of->answers[i].address) = of->answers[i];
        }
    }
    of->answers = rows;
    of->answer_room = room;
}

const resolve_answer *resolve_at(resolve_module *in, uint64_t address) {
    kept_answer *slot = slot_of(in->answers, in->answer_room, address);
    if (slot->taken) {
        return &slot->answer;
    }
    resolve_answer *answer = NULL;
    if (2 * (in->answer_count + 1) > in->answer_room) {
        grow(in);
        slot = slot_of(in->answers, in->answer_room, address);
    }
    answer = &slot->answer;
    if (!ask(in, answer, address)) {
        *answer = (resolve_answer){.frame_count = 0};
    }
    slot->address = address;
    slot->taken = true;
    in->answer_count++;
    return answer;
}

const resolve_answer *resolve_return(resolve_module *in, uint64_t address) {
    return resolve_at(in, address > 0 ? address - 1 : 0);
}
