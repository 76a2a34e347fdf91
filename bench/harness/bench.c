/* bench.c: main of every bench program: groups, the check call, calibration, interleaved rounds and
 * their statistics. Printing is report.c's, counting heap calls is heap_count.c's. */
#define _GNU_SOURCE
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define BATCHES_PER_ROUND 20u
#define BATCH_LIMIT       (UINT64_C(1) << 40)

static ch_bench_group *group_first;
static ch_bench_group *group_last;

/* The running group. */
static struct {
    const char *name;
    bench_row rows[BENCH_RIVALS_MAX];
    size_t row_count;
    uint64_t bytes;
    uint64_t check_iterations;
    uint64_t random_state;
    bench_target targets[BENCH_TARGETS_MAX];
    size_t target_count;
    bool results_differ;
    bool failed;
    bool missed;
    bool ran;
} group;

static double samples[BENCH_RIVALS_MAX][BENCH_ROUNDS_MAX * BENCH_BATCHES_MAX];
static size_t sample_count[BENCH_RIVALS_MAX];
static unsigned group_number;
static bool any_missed;

void ch_bench_register(ch_bench_group *entry) {
    if (group_last != NULL) {
        group_last->next = entry;
    } else {
        group_first = entry;
    }
    group_last = entry;
}

static void die(const char *message) {
    fprintf(stderr, "bench: group %s: %s\n", group.name, message);
    exit(2);
}

void ch_bench_add(const char *name, ch_bench_body body, void *context) {
    if (group.row_count == BENCH_RIVALS_MAX) {
        die("too many rivals");
    }
    bench_row row = {.group = group.name, .name = name, .body = body, .context = context};
    group.rows[group.row_count++] = row;
}

void ch_bench_expect_no_heap(void) {
    if (group.row_count == 0) {
        die("ch_bench_expect_no_heap before any ch_bench_add");
    }
    group.rows[group.row_count - 1].expects_no_heap = true;
}

void ch_bench_bytes(uint64_t bytes_per_iteration) {
    group.bytes = bytes_per_iteration;
}

void ch_bench_check_iterations(uint64_t iterations) {
    group.check_iterations = iterations;
}

void ch_bench_results_differ(void) {
    group.results_differ = true;
}

void ch_bench_target_ratio(const char *what, const char *rival, double limit) {
    if (group.target_count == BENCH_TARGETS_MAX) {
        die("too many targets");
    }
    bench_target target = {.what = what, .rival = rival, .limit = limit};
    group.targets[group.target_count++] = target;
}

void ch_bench_target(const char *what, double limit_ns) {
    ch_bench_target_ratio(what, NULL, limit_ns);
}

uint64_t ch_bench_random(void) { /* splitmix64 */
    uint64_t z = (group.random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t page_faults(void) {
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

/* The same count for every rival: so hashes and heap calls compare, and none depends on speed. The
 * first call of all finds cold caches, untouched pages and empty free lists: its time stands apart.
 */
static void check_call(bench_row *row) {
    uint64_t start = clock_ns(CLOCK_MONOTONIC);
    uint64_t first = row->body(row->context, group.check_iterations);
    BENCH_KEEP(first);
    row->cold_ns = (double)(clock_ns(CLOCK_MONOTONIC) - start) / (double)group.check_iterations;
    uint64_t before = ch_bench_heap_calls();
    row->result = row->body(row->context, group.check_iterations);
    row->check_heap_calls = ch_bench_heap_calls() - before;
}

/* With --slow-down the first rival does more than it is credited with. */
static uint64_t timed_batch(bench_row *row, uint64_t iterations) {
    uint64_t done = iterations;
    if (row == &group.rows[0]) {
        done += iterations * bench_options.slow_down / 100;
    }
    uint64_t start = clock_ns(CLOCK_MONOTONIC);
    uint64_t result = row->body(row->context, done);
    BENCH_KEEP(result);
    return clock_ns(CLOCK_MONOTONIC) - start;
}

static void calibrate(bench_row *row) {
    uint64_t target_ns = bench_options.round_ns / BATCHES_PER_ROUND;
    uint64_t iterations = group.check_iterations;
    while (iterations < BATCH_LIMIT) {
        uint64_t spent_ns = timed_batch(row, iterations);
        if (spent_ns >= target_ns / 2) {
            break;
        }
        iterations *= 2;
    }
    row->batch_iterations = iterations;
}

static void measure_round(size_t index, uint64_t round) {
    bench_row *row = &group.rows[index];
    bench_round *total = &row->rounds[round];
    uint64_t heap_before = ch_bench_heap_calls();
    uint64_t faults_before = page_faults();
    uint64_t cpu_before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    for (unsigned batch = 0; batch < BENCH_BATCHES_MAX; batch++) {
        uint64_t spent_ns = timed_batch(row, row->batch_iterations);
        samples[index][sample_count[index]++] = (double)spent_ns / (double)row->batch_iterations;
        total->iterations += row->batch_iterations;
        total->real_ns += spent_ns;
        if (total->real_ns >= bench_options.round_ns) {
            break;
        }
    }
    total->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_before;
    total->page_faults = page_faults() - faults_before;
    total->heap_calls = ch_bench_heap_calls() - heap_before;
}

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static void summarise(size_t index) {
    bench_row *row = &group.rows[index];
    size_t count = sample_count[index];
    double *sorted = samples[index];
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    row->min_ns = sorted[0];
    row->median_ns = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    row->p99_ns = sorted[(count * 99 + 99) / 100 - 1];
    bench_round sum = {0, 0, 0, 0, 0};
    for (uint64_t i = 0; i < row->round_count; i++) {
        sum.iterations += row->rounds[i].iterations;
        sum.heap_calls += row->rounds[i].heap_calls;
        sum.page_faults += row->rounds[i].page_faults;
    }
    row->heap_calls = (double)sum.heap_calls / (double)sum.iterations;
    row->page_faults = (double)sum.page_faults / (double)sum.iterations;
    row->invalid = row->min_ns < BENCH_FLOOR_NS;
    row->ratio = row->median_ns / group.rows[0].median_ns;
}

static void fail(const bench_row *row, const char *what) {
    group.failed = true;
    printf("# %s/%s: %s\n", row->group, row->name, what);
}

static void judge(void) {
    for (size_t i = 0; i < group.row_count; i++) {
        bench_row *row = &group.rows[i];
        if (!group.results_differ && row->result != group.rows[0].result) {
            fail(row, "result differs from the first rival's");
        }
        if (row->expects_no_heap && (row->check_heap_calls != 0 || row->heap_calls > 0)) {
            fail(row, "heap calls where none may be");
        }
        if (row->invalid && !bench_options.smoke) {
            fail(row, "faster than 0.2 ns an iteration: the work is not done");
        }
    }
}

static void judge_targets(void) {
    for (size_t i = 0; i < group.target_count && !bench_options.smoke; i++) {
        const bench_target *target = &group.targets[i];
        double base = target->rival == NULL ? 1 : 0;
        for (size_t k = 0; k < group.row_count && base == 0; k++) {
            base = strcmp(group.rows[k].name, target->rival) == 0 ? group.rows[k].min_ns : 0;
        }
        if (base == 0) {
            die("target names no rival of the group");
        }
        const double figure = group.rows[0].min_ns / base;
        printf("target %s: %.3g of %.3g%s%s: %s\n", target->what, figure, target->limit,
               target->rival == NULL ? " ns" : " x ", target->rival == NULL ? "" : target->rival,
               figure <= target->limit ? "ok" : "MISS");
        group.missed = group.missed || figure > target->limit;
        if (bench_options.json != NULL) {
            bench_json_target(group.name, target, figure);
        }
    }
}

bool ch_bench_run(void) {
    if (group.row_count == 0 || group.ran) {
        die(group.ran ? "ch_bench_run twice" : "no rivals");
    }
    group.ran = true;
    for (size_t i = 0; i < group.row_count; i++) {
        bench_row *row = &group.rows[i];
        row->bytes = group.bytes;
        row->round_count = bench_options.rounds;
        row->rounds = calloc(bench_options.rounds, sizeof *row->rounds);
        sample_count[i] = 0;
        if (row->rounds == NULL) {
            die("out of memory");
        }
        check_call(row);
        calibrate(row);
    }
    for (uint64_t round = 0; round < bench_options.rounds; round++) {
        for (size_t i = 0; i < group.row_count; i++) {
            measure_round((i + (size_t)round) % group.row_count, round);
        }
    }
    for (size_t i = 0; i < group.row_count; i++) {
        summarise(i);
        if (!bench_options.smoke) {
            bench_table_row(&group.rows[i], i == 0);
        }
        if (bench_options.json != NULL) {
            bench_json_row(&group.rows[i]);
        }
    }
    judge();
    judge_targets();
    for (size_t i = 0; i < group.row_count; i++) {
        free(group.rows[i].rounds);
    }
    return !group.failed;
}

static uint64_t floor_body(void *context, uint64_t iterations) {
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        BENCH_KEEP(i);
    }
    return iterations;
}

static void floor_group(void) {
    ch_bench_add("null", floor_body, NULL);
    ch_bench_expect_no_heap();
    ch_bench_run();
}

static uint64_t name_hash(const char *name) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name != 0; name++) {
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    }
    return hash;
}

static bool run_group(const ch_bench_group *entry) {
    memset(&group, 0, sizeof group);
    group.name = entry->name;
    group.check_iterations = 1000;
    group.random_state = name_hash(entry->name);
    entry->run();
    if (!group.ran) {
        die("never called ch_bench_run");
    }
    group_number++;
    if (bench_options.smoke) {
        printf("%sok %u - %s: %zu rivals, result %016" PRIx64 "\n", group.failed ? "not " : "",
               group_number, group.name, group.row_count, group.rows[0].result);
    }
    any_missed = any_missed || group.missed;
    fflush(stdout);
    return !group.failed;
}

int main(int argc, char **argv) {
    static const ch_bench_group floor_entry = {"floor", floor_group, NULL};
    bench_options_parse(argc, argv);
    if (bench_options.list) {
        for (const ch_bench_group *entry = group_first; entry != NULL; entry = entry->next) {
            printf("%s\n", entry->name);
        }
        return 0;
    }
    if (bench_options.json != NULL && !bench_json_open(bench_options.json, argv[0])) {
        return 2;
    }
    if (bench_options.smoke) {
        printf("TAP version 14\n");
    }
    bool passed = run_group(&floor_entry);
    for (const ch_bench_group *entry = group_first; entry != NULL; entry = entry->next) {
        if (bench_options.filter == NULL || strstr(entry->name, bench_options.filter) != NULL) {
            passed = run_group(entry) && passed;
        }
    }
    if (bench_options.smoke) {
        printf("1..%u\n", group_number);
    }
    if (bench_options.json != NULL && !bench_json_close()) {
        return 2;
    }
    return group_number < 2 || !passed ? 1 : any_missed ? 3 : 0;
}
