/* harness.c: the main of every unit-test program. Runs the registered tests in file order and
 * prints TAP. Knows nothing of what it tests. */
#define _GNU_SOURCE
#include "harness.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static ch_test_case *test_first;
static ch_test_case *test_last;
static bool current_failed;
static const char *current_skip;
static uint64_t random_state;

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
        current_failed = true;
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

static void print_bytes(const char *label, const unsigned char *bytes, size_t size) {
    printf("#   %s ", label);
    for (size_t i = 0; i < size && i < 128; i++) {
        printf("%02x", bytes[i]);
    }
    printf("%s\n", size > 128 ? "..." : "");
}

bool ch_test_check_bytes(const void *got, const void *want, size_t size, const char *expression,
                         const char *file, int line) {
    if (!ch_test_check(size == 0 || memcmp(got, want, size) == 0, expression, file, line)) {
        print_bytes("got ", got, size);
        print_bytes("want", want, size);
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
    current_skip = reason;
}

uint64_t ch_test_random(void) { /* splitmix64 */
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t ch_test_random_below(uint64_t limit) {
    return ch_test_random() % limit;
}

bool ch_test_child_dies(void (*body)(void *), void *context, char *text, size_t size) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) {
        return false;
    }
    fflush(NULL);
    pid_t child = fork();
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

static uint64_t name_hash(const char *name) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name != 0; name++) {
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    }
    return hash;
}

int main(int argc, char **argv) {
    const char *filter = NULL;
    uint64_t seed = (uint64_t)time(NULL);
    bool list = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0) {
            list = true;
        } else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc) {
            filter = argv[++i];
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            seed = strtoull(argv[++i], NULL, 0);
        } else {
            fprintf(stderr, "usage: %s [--list] [--filter TEXT] [--seed N]\n", argv[0]);
            return 2;
        }
    }
    unsigned count = 0;
    unsigned failed = 0;
    for (ch_test_case *test = test_first; test != NULL; test = test->next) {
        if (filter != NULL && strstr(test->name, filter) == NULL) {
            continue;
        }
        if (list) {
            printf("%s\n", test->name);
            continue;
        }
        if (count == 0) {
            printf("TAP version 14\n# seed %" PRIu64 "\n", seed);
        }
        count++;
        current_failed = false;
        current_skip = NULL;
        random_state = seed ^ name_hash(test->name);
        test->run();
        failed += current_failed;
        printf("%sok %u - %s%s%s\n", current_failed ? "not " : "", count, test->name,
               current_skip != NULL ? " # SKIP " : "", current_skip != NULL ? current_skip : "");
        fflush(stdout);
    }
    if (list) {
        return 0;
    }
    printf("1..%u\n", count);
    return failed != 0 || count == 0;
}
