/* standalone.c: main of a fuzz target where there is no libFuzzer. Runs every file of the given
 * corpus, then N seeded random inputs (fresh bytes, or corpus inputs mutated), and prints TAP. When
 * the target ends the process, the input lies in a file and the line to run it again is printed. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INPUT_SIZE_MAX   ((size_t)1 << 20) /* of a corpus file */
#define CORPUS_COUNT_MAX 4096u
#define INPUT_SECONDS    30u /* longer is a hang */

typedef struct input {
    uint8_t *data;
    size_t size;
    char *name;
} input;

static input corpus[CORPUS_COUNT_MAX];
static size_t corpus_count;
static const uint8_t *current_data;
static size_t current_size;
static const char *program;
static uint64_t random_state;

static uint64_t next_random(void) { /* splitmix64 */
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t random_below(size_t limit) {
    return (size_t)(next_random() % limit);
}

static void say(const char *text) {
    ssize_t ignored = write(2, text, strlen(text));
    (void)ignored;
}

/* In a dying process: only calls that are safe in a signal handler. */
static void save_input(void) {
    static const char digits[] = "0123456789abcdef";
    static bool saved;
    if (saved) {
        return;
    }
    saved = true;
    char name[] = "fuzz-crash-0000000000000000";
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < current_size; i++) {
        hash = (hash ^ current_data[i]) * 0x100000001b3u;
    }
    for (size_t i = sizeof name - 1; i-- > sizeof name - 17;) { /* the zeros, from the end */
        name[i] = digits[hash & 15];
        hash >>= 4;
    }
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || write(file, current_data, current_size) != (ssize_t)current_size) {
        say("fuzz: cannot save the input\n");
    }
    say("reproduce: ");
    say(program);
    say(" ");
    say(name);
    say("\n");
}

static void on_signal(int number) {
    say(number == SIGALRM ? "fuzz: the input takes too long\n" : "fuzz: the target crashed\n");
    save_input();
    signal(number, SIG_DFL);
    raise(number);
}

/* Sanitizers catch the signals of bad memory themselves, and call this before they end the process;
 * abort they leave alone. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

static void install_handlers(void) {
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(save_input);
        signal(SIGABRT, on_signal);
        signal(SIGALRM, on_signal);
        return;
    }
    const int numbers[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGALRM};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        signal(numbers[i], on_signal);
    }
}

/* The copy has exactly `size` bytes, so that a sanitizer sees a read past the end. */
static void run_one(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) {
        fprintf(stderr, "fuzz: out of memory\n");
        exit(2);
    }
    if (size > 0) {
        memcpy(copy, data, size);
    }
    current_data = copy;
    current_size = size;
    alarm(INPUT_SECONDS);
    LLVMFuzzerTestOneInput(copy, size);
    alarm(0);
    free(copy);
}

static void die(const char *what, const char *name) {
    fprintf(stderr, "fuzz: %s: %s\n", name, what);
    exit(2);
}

static void load_file(const char *path) {
    if (corpus_count == CORPUS_COUNT_MAX) {
        die("too many corpus files", path);
    }
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_SIZE_MAX);
    if (file == NULL || data == NULL) {
        die(strerror(errno), path);
    }
    size_t size = fread(data, 1, INPUT_SIZE_MAX, file);
    if (ferror(file) || fgetc(file) != EOF) {
        die("unreadable or above the size limit", path);
    }
    fclose(file);
    char *name = strdup(path);
    uint8_t *kept = realloc(data, size > 0 ? size : 1);
    if (name == NULL || kept == NULL) {
        die("out of memory", path);
    }
    corpus[corpus_count++] = (input){kept, size, name};
}

static void load_path(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0) {
        die(strerror(errno), path);
    }
    if (!S_ISDIR(info.st_mode)) {
        load_file(path);
        return;
    }
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        die(strerror(errno), path);
    }
    for (int i = 0; i < count; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            load_file(name);
        }
        free(entries[i]);
    }
    free(entries);
}

/* A few edits of a corpus input: bytes changed, a part doubled, a part cut, the end dropped. */
static size_t mutate(uint8_t *data, size_t size, size_t size_max) {
    size_t edits = 1 + random_below(8);
    for (size_t i = 0; i < edits && size > 0; i++) {
        size_t at = random_below(size);
        size_t part = 1 + random_below(size - at < 32 ? size - at : 32);
        switch (random_below(6)) {
        case 0:
            data[at] = (uint8_t)next_random();
            break;
        case 1:
            data[at] = (uint8_t)(data[at] ^ (1u << random_below(8)));
            break;
        case 2:
            if (size + part <= size_max) {
                memmove(data + at + part, data + at, size - at);
                size += part;
            }
            break;
        case 3:
            memmove(data + at, data + at + part, size - at - part);
            size -= part;
            break;
        case 4:
            memset(data + at, random_below(2) != 0 ? 0xff : 0, part);
            break;
        default:
            size = at;
            break;
        }
    }
    return size;
}

static size_t random_input(uint8_t *data, size_t size_max) {
    if (corpus_count > 0 && random_below(4) != 0) {
        const input *from = &corpus[random_below(corpus_count)];
        size_t size = from->size < size_max ? from->size : size_max;
        memcpy(data, from->data, size);
        return mutate(data, size, size_max);
    }
    size_t size = random_below((size_t)1 << (1 + random_below(12)));
    size = size < size_max ? size : size_max;
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)next_random();
    }
    return size;
}

static uint64_t number(const char *text) {
    char *end = NULL;
    uint64_t value = strtoull(text, &end, 0);
    if (text[0] < '0' || text[0] > '9' || *end != 0) {
        die("not a number", text);
    }
    return value;
}

static void run_random(uint64_t runs, uint64_t seconds, size_t size_max) {
    uint8_t *data = malloc(size_max > 0 ? size_max : 1);
    if (data == NULL) {
        die("out of memory", "random inputs");
    }
    time_t end = time(NULL) + (time_t)seconds;
    for (uint64_t i = 0; seconds > 0 ? time(NULL) < end : i < runs; i++) {
        run_one(data, random_input(data, size_max));
    }
    free(data);
}

int main(int argc, char **argv) {
    uint64_t runs = 0;
    uint64_t seconds = 0;
    const char *seed_text = getenv("COLDHEAP_SEED");
    uint64_t seed = seed_text != NULL ? number(seed_text) : (uint64_t)time(NULL);
    size_t size_max = 4096;
    program = argv[0];
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--runs") == 0 && has_value) {
            runs = number(argv[++i]);
        } else if (strcmp(argv[i], "--seconds") == 0 && has_value) {
            seconds = number(argv[++i]);
        } else if (strcmp(argv[i], "--seed") == 0 && has_value) {
            seed = number(argv[++i]);
        } else if (strcmp(argv[i], "--max-size") == 0 && has_value) {
            size_max = (size_t)number(argv[++i]);
        } else if (argv[i][0] == '-') {
            fprintf(stderr,
                    "usage: %s [--runs N | --seconds S] [--seed N] [--max-size BYTES]"
                    " [FILE|FOLDER...]\n",
                    argv[0]);
            return 2;
        } else {
            load_path(argv[i]);
        }
    }
    install_handlers();
    printf("TAP version 14\n1..2\n# seed %" PRIu64 "\n", seed);
    fflush(stdout);
    run_one(NULL, 0);
    for (size_t i = 0; i < corpus_count; i++) {
        run_one(corpus[i].data, corpus[i].size);
    }
    printf("ok 1 - corpus of %zu inputs and the empty one\n", corpus_count);
    fflush(stdout);
    random_state = seed;
    run_random(runs, seconds, size_max);
    printf("ok 2 - random inputs: %" PRIu64 "%s\n", seconds > 0 ? seconds : runs,
           seconds > 0 ? " seconds" : "");
    return 0;
}
