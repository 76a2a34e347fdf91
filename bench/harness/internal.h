/* internal.h: what the files of the bench harness share: one measured row, and who prints it. */
#ifndef CH_BENCH_INTERNAL_H
#define CH_BENCH_INTERNAL_H

#include "bench.h"

#define BENCH_RIVALS_MAX  16u
#define BENCH_TARGETS_MAX 8u
#define BENCH_ROUNDS_MIN  9u
#define BENCH_ROUNDS_MAX  1000u
#define BENCH_BATCHES_MAX 64u /* samples of one rival in one round */
#define BENCH_FLOOR_NS    0.2 /* anything faster did not do the work */

/** The program's flags. */
typedef struct bench_option_set {
    const char *filter;
    const char *json;
    uint64_t rounds;
    uint64_t round_ns;
    uint64_t slow_down; /* percent */
    bool list;
    bool smoke;
} bench_option_set;

extern bench_option_set bench_options;

/** bench_options_parse reads the command line; ends the program with status 2 if it is wrong. */
void bench_options_parse(int argc, char **argv);

/** One round of one rival, totals over its batches. */
typedef struct bench_round {
    uint64_t iterations;
    uint64_t real_ns;
    uint64_t cpu_ns;
    uint64_t heap_calls;
    uint64_t page_faults;
} bench_round;

/** One rival of a group with everything that was measured of it. */
typedef struct bench_row {
    const char *group;
    const char *name;
    ch_bench_body body;
    void *context;
    bool expects_no_heap;
    uint64_t bytes;            /* per iteration, 0 if the group did not say */
    uint64_t batch_iterations; /* after calibration */
    uint64_t result;           /* hash of the check call */
    uint64_t check_heap_calls; /* of the check call */
    double cold_ns;            /* per iteration of the very first call */
    double min_ns;
    double median_ns;
    double p99_ns;
    double ratio; /* median over the first rival's median */
    double heap_calls;
    double page_faults; /* both per iteration over all rounds */
    bool invalid;
    uint64_t round_count;
    bench_round *rounds;
} bench_row;

/** One promise of a group: its first rival's minimum against a limit in ns or against a rival. */
typedef struct bench_target {
    const char *what;
    const char *rival; /* NULL: limit is in ns */
    double limit;
} bench_target;

/** bench_heap_is_counted tells whether ch_bench_heap_calls can see this program's heap calls. */
bool bench_heap_is_counted(void);

/** bench_table_row prints one row on stdout, the heading before the first of a group. */
void bench_table_row(const bench_row *row, bool first);

/** bench_json_open creates `path` and writes the context; false with a message if it cannot.
 *  bench_json_row adds a row's repetitions and aggregates; bench_json_target keeps a judged promise
 *  (its text lives on) and bench_json_close writes those and the baselines, ends the file and
 *  answers false if any write failed. */
bool bench_json_open(const char *path, const char *executable);
void bench_json_row(const bench_row *row);
void bench_json_target(const char *group, const bench_target *target, double figure);
bool bench_json_close(void);

#endif
