/* launch.c: see launch.h. */
#include "launch.h"

#include "codes.h"
#include "message.h"
#include "store.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define STATUS_NOT_RUNNABLE 126
#define STATUS_NOT_FOUND    127
#define STATUS_SIGNAL       128

/* ---- the session ---- */

int launch_open(launch *out) {
    *out = (launch){.fd = memfd_create("coldheap-session", MFD_CLOEXEC)};
    if (out->fd < 0 || ftruncate(out->fd, sizeof(chi_session)) != 0) {
        return message_error(EXIT_INTERNAL, "session", 0, "%s", strerror(errno));
    }
    void *memory = mmap(NULL, sizeof(chi_session), PROT_READ | PROT_WRITE, MAP_SHARED, out->fd, 0);
    if (memory == MAP_FAILED) {
        return message_error(EXIT_INTERNAL, "session", 0, "%s", strerror(errno));
    }
    out->session = memory;
    out->session->version = CHI_SESSION_VERSION;
    out->session->bytes = sizeof(chi_session);
    out->session->command = getpid();
    out->session->magic = CHI_SESSION_MAGIC;
    return EXIT_DONE;
}

void launch_close(launch *in) {
    if (in->session != NULL) {
        munmap(in->session, sizeof(chi_session));
    }
    if (in->fd >= 0) {
        close(in->fd);
    }
    *in = (launch){.fd = -1};
}

int launch_set(char *field, size_t field_bytes, const char *text, const char *what) {
    const size_t length = strlen(text);
    if (length >= field_bytes) {
        return message_error(EXIT_USAGE, what, 0, "'%.60s...' is longer than %zu characters", text,
                             field_bytes - 1);
    }
    memcpy(field, text, length + 1);
    return EXIT_DONE;
}

void launch_cut(char *field, size_t field_bytes, const char *text) {
    const size_t length = strnlen(text, field_bytes - 1);
    memcpy(field, text, length);
    field[length] = 0;
}

chi_session_rule *launch_rule(launch *in, uint32_t kind) {
    if (in->rule_count == CHI_SESSION_RULES) {
        (void)message_error(EXIT_USAGE, "rules", 0, "more than %u rules", CHI_SESSION_RULES);
        return NULL;
    }
    chi_session_rule *rule = &in->session->rules[in->rule_count++];
    rule->kind = kind;
    return rule;
}

int launch_hot(launch *in, uint32_t kind, const char *text, int position) {
    const char *bang = strchr(text, '!');
    const char *function = bang != NULL ? bang + 1 : text;
    if (*function == 0 || bang == text) {
        return message_argument(EXIT_USAGE, position, "'%.80s' names no function", text);
    }
    chi_session_rule *rule = launch_rule(in, kind);
    if (rule == NULL) {
        return EXIT_USAGE;
    }
    const char *module = bang != NULL ? store_text(text, (size_t)(bang - text)) : "";
    const int code = launch_set(rule->module, sizeof rule->module, module, "module");
    return code != EXIT_DONE
               ? code
               : launch_set(rule->function, sizeof rule->function, function, "function");
}

int launch_hot_address(launch *in, const char *text, int position) {
    text_error error;
    const char *plus = strrchr(text, '+');
    const char *colon = plus != NULL ? strchr(plus, ':') : NULL;
    uint64_t offset;
    uint64_t bytes;
    if (colon == NULL || plus == text ||
        !text_u64(&offset, store_text(plus + 1, (size_t)(colon - plus - 1)), UINT64_MAX, &error) ||
        !text_u64(&bytes, colon + 1, UINT64_MAX - offset, &error) || bytes == 0) {
        return message_argument(EXIT_USAGE, position,
                                "'%.80s' is not MODULE+OFFSET:LENGTH, as app+0x1200:0x80", text);
    }
    chi_session_rule *rule = launch_rule(in, CHI_RULE_HOT);
    if (rule == NULL) {
        return EXIT_USAGE;
    }
    rule->by_address = 1;
    rule->offset = offset;
    rule->bytes = bytes;
    return launch_set(rule->module, sizeof rule->module, store_text(text, (size_t)(plus - text)),
                      "module");
}

/* ---- the run time ---- */

char *launch_own_folder(void) {
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) {
        return store_text(".", 1);
    }
    path[length] = 0;
    const char *slash = strrchr(path, '/');
    return store_text(path, slash != NULL ? (size_t)(slash - path) : 0);
}

int launch_runtime(launch *in, launch_runtime_kind kind, const char *folder) {
    static const char *const names[] = {
        [LAUNCH_PRELOAD] = "libcoldheap-preload.so", [LAUNCH_HOOKS] = "libcoldheap-hooks.so"};
    const char *own = launch_own_folder();
    const char *const folders[] = {folder != NULL ? folder : store_format("%s/../lib", own),
                                   store_format("%s/../" COLDHEAP_LIBRARY_FOLDER, own)};
    const size_t count = folder != NULL ? 1 : sizeof folders / sizeof folders[0];
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX];
        const char *wanted = store_format("%s/%s", folders[i], names[kind]);
        if (realpath(wanted, path) == NULL || access(path, R_OK) != 0) {
            continue;
        }
        if (strpbrk(path, " :") != NULL) {
            return message_error(EXIT_NOT_ARMED, path, 0,
                                 "a path with a space or a colon cannot be preloaded");
        }
        in->library = store_text(path, strlen(path));
        return EXIT_DONE;
    }
    return message_error(EXIT_NOT_ARMED, names[kind], 0, "not in %s: name its folder by --runtime",
                         folders[0]);
}

/* ---- images ---- */

static size_t image_count(const chi_session *in) {
    const uint32_t taken = __atomic_load_n(&in->image_count, __ATOMIC_ACQUIRE);
    return taken < CHI_SESSION_IMAGES ? taken : CHI_SESSION_IMAGES;
}

static bool counts(const chi_session_image *image) {
    const uint32_t state = __atomic_load_n(&image->state, __ATOMIC_ACQUIRE);
    return state == CHI_IMAGE_EXPECTED || state == CHI_IMAGE_ARMED || state == CHI_IMAGE_REFUSED;
}

static bool is_last(const chi_session *in, size_t index, size_t count) {
    const chi_session_image *image = &in->images[index];
    for (size_t i = index + 1; image->process != 0 && i < count; i++) {
        if (in->images[i].process == image->process && counts(&in->images[i])) {
            return false;
        }
    }
    return true;
}

const chi_session_image *launch_next_image(const chi_session *in, size_t *position) {
    const size_t count = image_count(in);
    while (*position < count) {
        const size_t index = (*position)++;
        if (counts(&in->images[index]) && is_last(in, index, count)) {
            return &in->images[index];
        }
    }
    return NULL;
}

/* ---- the program ---- */

static bool is_variable(const char *entry, const char *name) {
    const size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

/* What the user preloads comes first: it is what the program would use without us. */
static char *preload_entry(const launch *in) {
    const char *user = getenv("LD_PRELOAD");
    const bool has_user = user != NULL && *user != 0;
    return store_format("LD_PRELOAD=%s%s%s%s%s", in->before != NULL ? in->before : "",
                        in->before != NULL ? ":" : "", has_user ? user : "", has_user ? ":" : "",
                        in->library);
}

static char **make_environment(const launch *in) {
    size_t count = 0;
    while (environ[count] != NULL) {
        count++;
    }
    char **made = STORE_ARRAY(char *, count + 3);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_variable(environ[i], "LD_PRELOAD") && !is_variable(environ[i], "COLDHEAP")) {
            made[used++] = environ[i];
        }
    }
    made[used++] = preload_entry(in);
    made[used] = store_format("COLDHEAP=session=/proc/%d/fd/%d", (int)getpid(), in->fd);
    return made;
}

static volatile sig_atomic_t child;

/* What the terminal sends reaches the program by itself: it is in the same group. */
static void pass_on(int number, siginfo_t *info, void *context) {
    (void)context;
    if (child > 0 && info->si_code <= 0) {
        const int saved = errno;
        (void)kill((pid_t)child, number);
        errno = saved;
    }
}

static const int PASSED_ON[] = {SIGINT,  SIGQUIT, SIGTERM, SIGHUP,
                                SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH};

#define PASSED_ON_COUNT (sizeof PASSED_ON / sizeof PASSED_ON[0])

typedef struct signal_state {
    sigset_t mask;
    struct sigaction actions[PASSED_ON_COUNT];
    bool changed[PASSED_ON_COUNT];
} signal_state;

/* Blocks the signals and takes those that are not ignored; what is ignored stays so, for the
 * program too. */
static void take_signals(signal_state *before) {
    sigset_t blocked;
    (void)sigemptyset(&blocked);
    for (size_t i = 0; i < PASSED_ON_COUNT; i++) {
        (void)sigaddset(&blocked, PASSED_ON[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &blocked, &before->mask);
    struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < PASSED_ON_COUNT; i++) {
        (void)sigaction(PASSED_ON[i], NULL, &before->actions[i]);
        before->changed[i] = before->actions[i].sa_handler != SIG_IGN;
        if (before->changed[i]) {
            (void)sigaction(PASSED_ON[i], &action, NULL);
        }
    }
}

static void give_signals_back(const signal_state *before) {
    for (size_t i = 0; i < PASSED_ON_COUNT; i++) {
        if (before->changed[i]) {
            (void)sigaction(PASSED_ON[i], &before->actions[i], NULL);
        }
    }
    (void)sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

/* The first image is expected by us; what the program itself starts, its run time announces. NULL:
 * none announced. */
static chi_session_image *announce(chi_session *in, const char *path) {
    const uint32_t index = __atomic_fetch_add(&in->image_count, 1, __ATOMIC_ACQ_REL);
    if (index >= CHI_SESSION_IMAGES) {
        return NULL;
    }
    chi_session_image *image = &in->images[index];
    image->process = getpid();
    launch_cut(image->path, sizeof image->path, path);
    __atomic_store_n(&image->state, CHI_IMAGE_EXPECTED, __ATOMIC_RELEASE);
    return image;
}

CH_NORETURN static void become(launch *in, const char *path, const char *const *argv,
                               char **environment, int report) {
    chi_session_image *image = announce(in->session, path);
    if (in->output > 0) {
        (void)dup2(in->output, STDOUT_FILENO);
    }
    execvpe(path, (char *const *)(uintptr_t)argv, environment);
    const int why = errno;
    if (image != NULL) {
        __atomic_store_n(&image->state, CHI_IMAGE_GONE, __ATOMIC_RELEASE);
    }
    (void)!write(report, &why, sizeof why);
    _exit(STATUS_NOT_FOUND);
}

static void wait_for(int process, launch_end *end) {
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {}
    if (WIFSIGNALED(status)) {
        end->signal = WTERMSIG(status);
        end->status = STATUS_SIGNAL + end->signal;
    } else {
        end->status = WEXITSTATUS(status);
    }
}

static int not_started(const char *path, int why, launch_end *end) {
    end->status = why == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUNNABLE;
    return message_error(end->status, path, 0, "%s", strerror(why));
}

/* A run time with violations on its account ends its process with 97; the row of the image has the
 * status that the program wanted. */
static void own_status(const chi_session *in, launch_end *end) {
    size_t position = 0;
    for (const chi_session_image *image; (image = launch_next_image(in, &position)) != NULL;) {
        if (image->process == end->process && image->ended != 0 && end->status == EXIT_FINDING) {
            end->status = image->status;
        }
    }
}

int launch_run(launch *in, const char *path, const char *const *argv, launch_end *end) {
    int ends[2];
    *end = (launch_end){.status = EXIT_INTERNAL};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return message_error(EXIT_INTERNAL, path, 0, "%s", strerror(errno));
    }
    char **environment = make_environment(in);
    sink_flush(&sink_out);
    sink_flush(&sink_err);
    signal_state before;
    take_signals(&before);
    const pid_t process = fork();
    if (process == 0) {
        give_signals_back(&before);
        become(in, path, argv, environment, ends[1]);
    }
    const int fork_error = errno;
    child = process;
    (void)sigprocmask(SIG_SETMASK, &before.mask, NULL);
    close(ends[1]);
    int why = process < 0 ? fork_error : 0;
    if (process > 0) {
        const bool failed = read(ends[0], &why, sizeof why) == (ssize_t)sizeof why;
        wait_for(process, end);
        why = failed ? why : 0;
        end->process = failed ? 0 : process;
        own_status(in->session, end);
    }
    child = 0;
    close(ends[0]);
    give_signals_back(&before);
    return why != 0 ? not_started(path, why, end) : EXIT_DONE;
}
