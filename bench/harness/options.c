/* options.c: the command line of every bench program; bench.h says what its flags mean. */
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bench_option_set bench_options = {.rounds = BENCH_ROUNDS_MIN, .round_ns = 10000000};

static void usage(const char *program) {
    fprintf(stderr,
            "usage: %s [--list] [--filter TEXT] [--rounds N] [--min-time MS] [--json FILE]"
            " [--smoke] [--slow-down PERCENT]\n",
            program);
    exit(2);
}

static uint64_t number(const char *text, uint64_t least, uint64_t most, const char *program) {
    char *end = NULL;
    uint64_t value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != 0 || value < least || value > most) {
        fprintf(stderr, "%s: %s is not a number in %" PRIu64 "..%" PRIu64 "\n", program, text,
                least, most);
        exit(2);
    }
    return value;
}

void bench_options_parse(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--list") == 0) {
            bench_options.list = true;
            continue;
        }
        if (strcmp(argv[i], "--smoke") == 0) {
            bench_options.smoke = true;
            bench_options.rounds = 2;
            bench_options.round_ns = 100000;
            continue;
        }
        if (value == NULL) {
            usage(argv[0]);
        }
        if (strcmp(argv[i], "--filter") == 0) {
            bench_options.filter = value;
        } else if (strcmp(argv[i], "--json") == 0) {
            bench_options.json = value;
        } else if (strcmp(argv[i], "--rounds") == 0) {
            bench_options.rounds = number(value, BENCH_ROUNDS_MIN, BENCH_ROUNDS_MAX, argv[0]);
        } else if (strcmp(argv[i], "--min-time") == 0) {
            bench_options.round_ns = number(value, 1, 100000, argv[0]) * 1000000u;
        } else if (strcmp(argv[i], "--slow-down") == 0) {
            bench_options.slow_down = number(value, 1, 1000, argv[0]);
        } else {
            usage(argv[0]);
        }
        i++;
    }
}
