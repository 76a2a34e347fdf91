/* harness.c: the main of every unit-test program. Runs the registered tests in file order and
 * prints TAP. Knows nothing of what it tests. */
#define _GNU_SOURCE
#include "harness.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BYTES_SHOWN_MAX 128u

static ch_test_case *test_first;
static ch_test_case *test_last;

static struct {
    const char *program;
    const char *filter;
    uint64_t seed;
    bool list;
} options;

/* The running test. */
static struct {
    const ch_test_case *test;
    unsigned number;
    bool failed;
    const char *skip;
    uint64_t random_state;
} current;

static pid_t main_process;

void ch_test_register(ch_test_case *test) {
    if (test_last != NULL) {
        test_last->next = test;
    } else {
        test_first = test;
    }
    test_last = test;
}

bool ch_test_check(bool passed, const char *expression, const char *file, int line) {
    if (!passed) {
        current.failed = true;
        printf("# %s:%d: failed: %s\n", file, line, expression);
    }
    return passed;
}

bool ch_test_check_equal(uint64_t got, uint64_t want, const char *expression, const char *file,
                         int line) {
    if (!ch_test_check(got == want, expression, file, line)) {
        printf("#   got %" PRIu64 " (0x%" PRIx64 "), want %" PRIu64 " (0x%" PRIx64 ")\n", got, got,
               want, want);
        return false;
    }
    return true;
}

/* Up to BYTES_SHOWN_MAX bytes from the one that differs first. */
static void print_bytes(const char *label, const unsigned char *bytes, size_t size, size_t from) {
    size_t shown = size - from < BYTES_SHOWN_MAX ? size - from : BYTES_SHOWN_MAX;
    printf("#   %s [%zu] ", label, from);
    for (size_t i = 0; i < shown; i++) {
        printf("%02x", bytes[from + i]);
    }
    printf("%s\n", shown < size - from ? "..." : "");
}

bool ch_test_check_bytes(const void *got, const void *want, size_t size, const char *expression,
                         const char *file, int line) {
    if (!ch_test_check(size == 0 || memcmp(got, want, size) == 0, expression, file, line)) {
        const unsigned char *left = got;
        const unsigned char *right = want;
        size_t from = 0;
        while (left[from] == right[from]) {
            from++;
        }
        print_bytes("got ", left, size, from);
        print_bytes("want", right, size, from);
        return false;
    }
    return true;
}

bool ch_test_check_text(const char *got, const char *want, const char *expression, const char *file,
                        int line) {
    if (!ch_test_check(got != NULL && strcmp(got, want) == 0, expression, file, line)) {
        printf("#   got  \"%s\"\n#   want \"%s\"\n", got != NULL ? got : "(null)", want);
        return false;
    }
    return true;
}

void ch_test_skip(const char *reason) {
    current.skip = reason;
}

uint64_t ch_test_random(void) { /* splitmix64 */
    uint64_t z = (current.random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t ch_test_random_below(uint64_t limit) {
    return ch_test_random() % limit;
}

bool ch_test_is_emulated(void) {
    return getenv("COLDHEAP_EMULATED") != NULL;
}

uint64_t ch_test_cases(uint64_t all, uint64_t usual) {
    const char *const sample = getenv("COLDHEAP_CONFORMANCE_SAMPLE");
    const uint64_t every = sample != NULL ? strtoull(sample, NULL, 10) : 0;
    if (every == 0) {
        return usual;
    }
    return all > every ? all / every : 1;
}

bool ch_test_child_dies(void (*body)(void *), void *context, char *text, size_t size) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) {
        return false;
    }
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        close(pipe_ends[0]);
        close(pipe_ends[1]);
        return false;
    }
    if (child == 0) {
        dup2(pipe_ends[1], 2);
        close(pipe_ends[0]);
        close(pipe_ends[1]);
        body(context);
        _exit(0);
    }
    close(pipe_ends[1]);
    size_t used = 0;
    char chunk[512];
    ssize_t got;
    while ((got = read(pipe_ends[0], chunk, sizeof chunk)) > 0) {
        for (ssize_t i = 0; i < got && text != NULL && used + 1 < size; i++) {
            text[used++] = chunk[i];
        }
    }
    if (text != NULL && size > 0) {
        text[used] = 0;
    }
    close(pipe_ends[0]);
    int status = 0;
    return waitpid(child, &status, 0) == child &&
           (WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) != 0));
}

/* A dying test still gets its line. snprintf is not safe in a handler by the letter; nothing that
 * could be lost by it matters any more. */
static void last_line(void) {
    char line[512];
    if (getpid() != main_process || current.test == NULL) {
        return;
    }
    int length = snprintf(
        line, sizeof line, "not ok %u - %s\n# died; reproduce: %s --filter %s --seed %" PRIu64 "\n",
        current.number, current.test->name, options.program, current.test->name, options.seed);
    current.test = NULL;
    ssize_t written = write(1, line, (size_t)length < sizeof line ? (size_t)length : sizeof line);
    (void)written;
}

static void on_signal(int number) {
    last_line();
    signal(number, SIG_DFL);
    raise(number);
}

/* Sanitizers catch the signals of bad memory themselves, and call this before they end the process;
 * abort they leave alone. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

static void install_handlers(void) {
    main_process = getpid();
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(last_line);
        signal(SIGABRT, on_signal);
        return;
    }
    const int numbers[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        signal(numbers[i], on_signal);
    }
}

static uint64_t name_hash(const char *name) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name != 0; name++) {
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    }
    return hash;
}

static bool run_test(const ch_test_case *test) {
    current.test = test;
    current.number++;
    current.failed = false;
    current.skip = NULL;
    current.random_state = options.seed ^ name_hash(test->name);
    test->run();
    if (current.failed) {
        printf("# reproduce: %s --filter %s --seed %" PRIu64 "\n", options.program, test->name,
               options.seed);
        printf("not ok %u - %s\n", current.number, test->name);
    } else if (current.skip != NULL) {
        printf("ok %u - %s # SKIP %s\n", current.number, test->name, current.skip);
    } else {
        printf("ok %u - %s\n", current.number, test->name);
    }
    fflush(stdout);
    current.test = NULL;
    return !current.failed;
}

static bool parse_seed(const char *text) {
    char *end = NULL;
    options.seed = strtoull(text, &end, 0);
    return text[0] >= '0' && text[0] <= '9' && *end == 0;
}

static bool parse(int argc, char **argv) {
    const char *seed = getenv("COLDHEAP_SEED");
    options.program = argv[0];
    options.seed = (uint64_t)time(NULL);
    if (seed != NULL && !parse_seed(seed)) {
        return false;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0) {
            options.list = true;
        } else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc) {
            options.filter = argv[++i];
        } else if (strcmp(argv[i], "--seed") != 0 || i + 1 == argc || !parse_seed(argv[++i])) {
            return false;
        }
    }
    return true;
}

static bool is_chosen(const ch_test_case *test) {
    return options.filter == NULL || strstr(test->name, options.filter) != NULL;
}

int main(int argc, char **argv) {
    if (!parse(argc, argv)) {
        fprintf(stderr, "usage: %s [--list] [--filter TEXT] [--seed N]\n", argv[0]);
        return 2;
    }
    unsigned failed = 0;
    if (!options.list) {
        install_handlers();
        printf("TAP version 14\n# seed %" PRIu64 "\n", options.seed);
        fflush(stdout);
    }
    for (const ch_test_case *test = test_first; test != NULL; test = test->next) {
        if (is_chosen(test) && options.list) {
            printf("%s\n", test->name);
        } else if (is_chosen(test)) {
            failed += !run_test(test);
        }
    }
    if (options.list) {
        return 0;
    }
    printf("1..%u\n", current.number);
    return failed != 0 || current.number == 0;
}
