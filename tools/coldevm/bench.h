/* bench.h: the parts of `coldevm bench`: flags and order of work (bench.c), measuring one case
 * (bench_measure.c), and writing what was measured: a table (bench_table.c), malloc against cold
 * (bench_reduction.c), Google-Benchmark JSON (bench_export.c), a picture (bench_picture.c).
 *
 * A row is one case on one rival. Rivals of a case are measured round by round in turn, each run on
 * the same state, restored between runs outside the measured time. */
#ifndef COLDEVM_BENCH_H
#define COLDEVM_BENCH_H

#include "allocations.h"
#include "cases.h"
#include "foreign.h"

#define BENCH_RIVALS_MAX 20u
#define BENCH_ROUNDS_MAX 1000u

/* Who runs: our machine in one of its backends and cache modes, or an EVMC library. */
typedef struct bench_rival {
    const char *backend; /* "cold", "managed", "malloc", "vm:NAME" */
    const char *mode;    /* "cached", "analysed"; NULL where there is only one */
    const char *label;   /* backend, or backend/mode */
    bool malloc_twin;
    bool managed; /* on a manager ... */
    bool tracks;  /* ... which counts what it gives */
    bool cache_off;
    foreign_vm *foreign;
} bench_rival;

typedef struct bench_settings {
    bench_rival rivals[BENCH_RIVALS_MAX];
    size_t rival_count;
    size_t own_count; /* the first of them are ours */
    uint64_t rounds;
    double round_seconds; /* least measured time of a round */
    bool allocations;     /* each case once more, on a manager that counts */
    bool reduction;       /* malloc against cold, in numbers */
} bench_settings;

typedef struct bench_round {
    uint64_t runs;
    double real_ns; /* per run */
    double cpu_ns;
} bench_round;

typedef struct bench_row {
    const bench_case *from;
    const bench_rival *rival;
    bench_round *rounds;
    size_t round_count;
    double min_ns;            /* per run, of the best batch of all rounds */
    double median_ns, p99_ns; /* per run, over the rounds' means */
    bool by_cpu;              /* these by the thread's processor clock, else the wall clock */
    uint64_t gas;
    uint64_t heap_calls; /* of one run in steady state */
    uint64_t page_faults;
    bool heap_is_known;
    size_t peak_bytes; /* 0 = not known (EVMC libraries) */
    size_t reserved_bytes;
    uint32_t result;               /* hash of status, gas, output and logs */
    const char *failure;           /* NULL: all as expected */
    allocation_counts allocations; /* of one run on a manager; a case's first row */
} bench_row;

typedef struct bench_table {
    const bench_settings *settings;
    bench_row *rows; /* case by case, rivals in their order */
    size_t row_count;
    size_t case_count;
} bench_table;

/* bench_measure fills the rows of one case, one per rival. An exit code; EXIT_FAILED if a rival did
 * not answer as expected, the reason being in its row. */
int bench_measure(const bench_case *from, const bench_settings *settings, bench_row *rows);

/* bench_ratio is the time of the row over that of our row number `own` of the same case: above 1 we
 * are faster. 0 if one of them failed. */
double bench_ratio(const bench_table *table, const bench_row *row, size_t own);

/* bench_mean is the geometric mean of bench_ratio over all cases for rival number `rival`, *least
 * the smallest of them and *least_case its case; 0 if there is none. */
double bench_mean(const bench_table *table, size_t rival, size_t own, double *least,
                  const char **least_case);

/* bench_mgas: million gas per second at the row's best time. */
double bench_mgas(const bench_row *row);

/* What bench_print shows beyond the plain table. */
typedef struct bench_view {
    bool ratios;
    bool wide; /* gas and reserved bytes */
} bench_view;

void bench_print(const bench_table *table, bench_view view);

/* bench_print_allocations writes what one run of each case took from each kind of memory. */
void bench_print_allocations(const bench_table *table);
void bench_print_json(const bench_table *table);

/* bench_print_reduction compares the malloc backend with the cold one, case by case; its JSON is a
 * member of bench_print_json's object. */
void bench_print_reduction(const bench_table *table);
void bench_print_reduction_json(const bench_table *table);

int bench_export_csv(const bench_table *table, const char *path);    /* exit codes */
int bench_export_gbench(const bench_table *table, const char *path); /* exit codes */
int bench_export_svg(const bench_table *table, const char *path);

/* bench_run_evm_bench is the runner of evm-bench: deploys `code`, calls it with `input` and prints
 * milliseconds, a line per run. */
int bench_run_evm_bench(byte_range code, byte_range input, uint64_t runs);

#endif
