/* main.c: the same programs on malloc and on the patterns: what the heap was asked, how long it
 * took, how much memory was touched.
 *
 *   reduction                   measures, prints a Markdown table (docs/measured/reduction.md)
 *   reduction --short           fewer columns (README)
 *   reduction --check           TAP: equal results, no heap call on the patterns, at least 80 %
 *                               fewer in all than on malloc
 *   reduction --bounded ROUNDS  TAP: resident memory within footprint + 5 %, no drift
 *   reduction --leaky ROUNDS    the same while every round keeps 64 bytes: it must fail
 *
 * Times are CPU time, the best of nine runs, each in a process of its own, the backings in turn.
 * With COLDHEAP_CONFORMANCE_SAMPLE=N set, --bounded takes 10^6 / N rounds if that is more. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

enum {
    REPEATS = 9,
    WARM_ROUNDS = 256,
    MEMORY_ROUNDS = 4096,
    CHECK_ROUNDS = 512,
    DRIFT_BYTES = 8192
};

#define ROUND_TIME_NS 2e7

static const char *const BACKING_NAMES[BACKINGS] = {"patterns", "malloc twin", "plain malloc"};

typedef struct row {
    measured best[BACKINGS];
    size_t peak_bytes[BACKINGS];
    bool passed;
} row;

/* ---- Measuring ---------------------------------------------------------------------------------
 */

static bool one(measured *result, size_t work, backing on, purpose purpose, uint64_t rounds) {
    return measure(result, workloads[work], workloads_plain[work], on, purpose, WARM_ROUNDS,
                   rounds) &&
           result->passed;
}

/* As many rounds as take ROUND_TIME_NS on the patterns: the same for all backings. */
static uint64_t rounds_for(size_t work) {
    measured trial;
    if (!one(&trial, work, BACKING_COLD, PURPOSE_TIME, CHECK_ROUNDS)) {
        return 0;
    }
    return (uint64_t)(ROUND_TIME_NS / trial.ns_per_round) + 1;
}

static void measure_row(row *row, size_t work) {
    const uint64_t rounds = rounds_for(work);
    row->passed = rounds > 0;
    for (unsigned repeat = 0; repeat < REPEATS && row->passed; repeat++) {
        for (unsigned i = 0; i < BACKINGS; i++) {
            const unsigned on = (i + repeat) % BACKINGS;
            measured now;
            row->passed = one(&now, work, (backing)on, PURPOSE_TIME, rounds) && row->passed;
            if (repeat == 0 || now.ns_per_round < row->best[on].ns_per_round) {
                row->best[on] = now;
            }
        }
    }
    for (unsigned on = 0; on < BACKINGS; on++) {
        measured now;
        row->passed = one(&now, work, (backing)on, PURPOSE_MEMORY, MEMORY_ROUNDS) && row->passed;
        row->peak_bytes[on] = now.peak_bytes;
        row->passed = row->passed && row->best[on].hash == row->best[BACKING_COLD].hash;
    }
}

/* Heap calls of the whole program. */
static uint64_t total_calls(const measured *m) {
    return m->setup_calls + m->warm_calls + m->steady_calls;
}

static double fewer_percent(const measured *cold, const measured *other) {
    const double calls = (double)total_calls(other);
    return calls > 0 ? 100.0 * (calls - (double)total_calls(cold)) / calls : 0;
}

static double saved_percent(const measured *cold, const measured *other) {
    return 100.0 * (other->ns_per_round - cold->ns_per_round) / other->ns_per_round;
}

static double per_round(uint64_t count, const measured *m) {
    return (double)count / (double)m->rounds;
}

/* ---- The table ---------------------------------------------------------------------------------
 */

static void print_long(const workload *work, const row *row) {
    const measured *cold = &row->best[BACKING_COLD];
    for (unsigned on = 0; on < BACKINGS; on++) {
        const measured *m = &row->best[on];
        printf("| %s | %s | %" PRIu64 " | %.4g | %.0f | %" PRIu64 " | %.3g | %zu | ",
               on == 0 ? work->name : "", BACKING_NAMES[on], m->setup_calls,
               per_round(m->steady_calls, m), m->ns_per_round, m->setup_faults,
               per_round(m->steady_faults, m), row->peak_bytes[on] / 1024);
        if (on == BACKING_COLD) {
            printf("%zu | | |\n", cold->footprint_bytes / 1024);
        } else {
            printf("| %.2f %% | %.0f %% |\n", fewer_percent(cold, m), saved_percent(cold, m));
        }
    }
}

static void print_short(const workload *work, const row *row) {
    const measured *cold = &row->best[BACKING_COLD];
    const measured *plain = &row->best[BACKING_PLAIN];
    printf("| %s: %s | %s | %.4g | %" PRIu64 " | %.0f | %.0f | %.0f %% |\n", work->name, work->what,
           work->pattern, per_round(plain->steady_calls, plain), total_calls(cold),
           plain->ns_per_round, cold->ns_per_round, saved_percent(cold, plain));
}

/* One line a claim: which workloads reach it, which do not. */
static void claim(const char *what, double least, const double *percent) {
    const char *before = " reached by";
    printf("- %s:", what);
    for (unsigned asked = 0; asked < 2; asked++) {
        for (size_t i = 0; i < WORKLOADS; i++) {
            if ((percent[i] >= least) == (asked == 0)) {
                printf("%s %s (%.0f %%)", before, workloads[i]->name, percent[i]);
                before = ",";
            }
        }
        before = "; not by";
    }
    puts("");
}

static int table(bool is_short) {
    int status = 0;
    double fewer[WORKLOADS];
    double saved[WORKLOADS];
    if (is_short) {
        puts("| workload: one round | patterns | heap calls a round, malloc | on the patterns, in "
             "all"
             " | ns a round, malloc | patterns | time saved |\n"
             "|---|---|---:|---:|---:|---:|---:|");
    } else {
        puts("| workload | on | heap calls: setup | a round | ns a round | page faults: setup"
             " | a round | peak KiB | footprint KiB | heap calls saved | time saved |\n"
             "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    }
    for (size_t i = 0; i < WORKLOADS; i++) {
        row row = {.passed = false};
        measure_row(&row, i);
        if (!row.passed) {
            fprintf(stderr, "reduction: %s failed\n", workloads[i]->name);
            status = 1;
        } else {
            (is_short ? print_short : print_long)(workloads[i], &row);
        }
        fflush(stdout);
        fewer[i] = fewer_percent(&row.best[BACKING_COLD], &row.best[BACKING_PLAIN]);
        saved[i] = saved_percent(&row.best[BACKING_COLD], &row.best[BACKING_PLAIN]);
    }
    puts("");
    claim("at least 80 % fewer heap calls than on plain malloc", 80, fewer);
    claim("at least 10 % less time than on plain malloc", 10, saved);
    claim("at least 25 % less time than on plain malloc", 25, saved);
    return status;
}

/* ---- The tests ---------------------------------------------------------------------------------
 */

static unsigned test_count;
static int test_status;

static void verdict(bool passed, const char *work, const char *what) {
    printf("%sok %u - %s %s\n", passed ? "" : "not ", ++test_count, work, what);
    test_status = passed ? test_status : 1;
}

static void check(size_t i) {
    const char *name = workloads[i]->name;
    measured m[BACKINGS];
    bool ran = true;
    for (unsigned on = 0; on < BACKINGS; on++) {
        ran = one(&m[on], i, (backing)on, PURPOSE_TIME, CHECK_ROUNDS) && ran;
    }
    verdict(ran, name, "runs on every backing");
    verdict(m[BACKING_COLD].hash == m[BACKING_TWIN].hash &&
                m[BACKING_COLD].hash == m[BACKING_PLAIN].hash,
            name, "gives equal results on every backing");
    printf("# %s: heap calls in all %" PRIu64 " on the patterns, %" PRIu64 " on twins, %" PRIu64
           " plain\n",
           name, total_calls(&m[BACKING_COLD]), total_calls(&m[BACKING_TWIN]),
           total_calls(&m[BACKING_PLAIN]));
    verdict(m[BACKING_COLD].steady_calls == 0, name, "calls no heap in steady state");
    verdict(m[BACKING_TWIN].steady_calls >= CHECK_ROUNDS / 8 &&
                m[BACKING_PLAIN].steady_calls >= CHECK_ROUNDS / 8,
            name, "calls it on malloc");
    verdict(fewer_percent(&m[BACKING_COLD], &m[BACKING_TWIN]) >= 80 &&
                fewer_percent(&m[BACKING_COLD], &m[BACKING_PLAIN]) >= 80,
            name, "needs at least 80 % fewer heap calls in all");
}

static uint64_t rounds_asked(const char *text) {
    const char *sample = getenv("COLDHEAP_CONFORMANCE_SAMPLE");
    uint64_t rounds = strtoull(text, NULL, 10);
    uint64_t one_in = sample != NULL ? strtoull(sample, NULL, 10) : 0;
    uint64_t all = one_in > 0 ? 1000000 / one_in : 0;
    return all > rounds ? all : rounds;
}

/* Two pages, or a hundredth: what chance adds when the largest round so far comes late. */
static void bounded(size_t i, uint64_t rounds) {
    const char *name = workloads[i]->name;
    measured m;
    bool ran = one(&m, i, BACKING_COLD, PURPOSE_MEMORY, rounds);
    verdict(ran, name, "runs");
    printf("# %s: footprint %zu, resident %zu after half and %zu after all of %" PRIu64 " rounds\n",
           name, m.footprint_bytes, m.half_bytes, m.peak_bytes, rounds);
    verdict(m.steady_calls == 0, name, "calls no heap in all those rounds");
    if (m.peak_bytes == 0) {
        printf("ok %u - %s # SKIP resident memory is not known here\n", ++test_count, name);
        return;
    }
    verdict((double)m.peak_bytes <= 1.05 * (double)m.footprint_bytes, name,
            "stays within its footprint + 5 %");
    verdict(m.peak_bytes <= m.half_bytes + DRIFT_BYTES + m.footprint_bytes / 100, name,
            "does not drift");
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    if (argc == 1 || strcmp(mode, "--short") == 0) {
        return table(argc > 1);
    }
    const bool is_leaky = strcmp(mode, "--leaky") == 0 && argc == 3;
    const bool is_bounded = is_leaky || (strcmp(mode, "--bounded") == 0 && argc == 3);
    measure_leak_bytes = is_leaky ? 64 : 0;
    if (!is_bounded && strcmp(mode, "--check") != 0) {
        fprintf(stderr,
                "usage: reduction [--short | --check | --bounded ROUNDS | --leaky ROUNDS]\n");
        return 2;
    }
    puts("TAP version 14");
    for (size_t i = 0; i < WORKLOADS; i++) {
        if (is_bounded) {
            bounded(i, rounds_asked(argv[2]));
        } else {
            check(i);
        }
        fflush(stdout);
    }
    printf("1..%u\n", test_count);
    return test_status;
}
