/* bench_measure.c: a case's rivals take turns in rounds; see bench.h.
 *
 * A machine shared with others disturbs a measurement only for the worse, so a row's time is that
 * of its best batch: a batch is a single run where runs are long, else some runs that last together
 * long enough to be told from the clock. Long runs are timed by the processor clock of the thread,
 * which does not count the time of others; short ones by the wall clock, which costs far less to
 * read. */
#include "contender.h"

#include "codes.h"
#include "seal.h"
#include "store.h"

#include <stdlib.h>
#include <string.h>

#define LONG_RUN_NS 100000.0 /* from here on reading the processor clock is below 1 % of a run */
#define BATCH_NS    200000.0
#define RUNS_MAX    (UINT64_C(1) << 40)

static double judged_ns(const contender *it, contender_time time) {
    return (double)(it->by_cpu ? time.cpu_ns : time.wall_ns);
}

/* `runs` runs; their times summed, and the best batch kept. */
static bool run_round(contender *it, uint64_t runs, contender_time *total) {
    contender_time batch = {0, 0};
    uint64_t in_batch = 0;
    bool same = true;
    *total = (contender_time){0, 0};
    if (contender_is_cold(it)) {
        seal_begin(SEAL_TRAP);
    }
    for (uint64_t i = 0; same && i < runs; i++) {
        contender_time spent;
        same = contender_run(it, &spent);
        batch.wall_ns += spent.wall_ns;
        batch.cpu_ns += spent.cpu_ns;
        if (++in_batch == it->batch || i + 1 == runs) {
            double mean = judged_ns(it, batch) / (double)in_batch;
            it->best_ns = it->best_ns == 0 || mean < it->best_ns ? mean : it->best_ns;
            total->wall_ns += batch.wall_ns;
            total->cpu_ns += batch.cpu_ns;
            batch = (contender_time){0, 0};
            in_batch = 0;
        }
    }
    if (contender_is_cold(it)) {
        seal_end();
    }
    return same;
}

/* How many runs fill a round; doubles until the time is nearly reached. All rivals of a case are
 * timed by the clock that the first one chose. */
static bool calibrate(contender *it, const bench_settings *settings, const contender *first) {
    double wanted_ns = settings->round_seconds * 1e9;
    double least_ns = wanted_ns > BATCH_NS ? wanted_ns / 2 : BATCH_NS / 2;
    contender_time spent;
    it->batch = 1;
    it->by_cpu = false;
    uint64_t runs = 1;
    for (;; runs *= 2) {
        if (!run_round(it, runs, &spent)) {
            return false;
        }
        if ((double)spent.wall_ns >= least_ns || runs >= RUNS_MAX) {
            break;
        }
    }
    double per_run = it->best_ns > 1 ? it->best_ns : 1;
    double fitting = wanted_ns / per_run;
    it->runs = fitting < 1 ? 1 : (uint64_t)fitting;
    it->by_cpu = first == it ? per_run >= LONG_RUN_NS : first->by_cpu;
    it->batch = it->by_cpu || per_run > BATCH_NS ? 1 : (uint64_t)(BATCH_NS / per_run);
    it->best_ns = 0;
    return true;
}

static void measure_round(contender *it, bench_row *row) {
    contender_time spent;
    uint64_t cpu = contender_clock(CLOCK_THREAD_CPUTIME_ID);
    uint64_t wall = contender_clock(CLOCK_MONOTONIC);
    if (!run_round(it, it->runs, &spent)) {
        row->failure = "a later run answered otherwise than the first";
        return;
    }
    wall = contender_clock(CLOCK_MONOTONIC) - wall;
    cpu = contender_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;
    bench_round *round = &row->rounds[row->round_count++];
    round->runs = it->runs;
    round->real_ns = (double)spent.wall_ns / (double)it->runs;
    /* Short runs: the share of the round that the thread had a processor. */
    double share = wall > 0 ? (double)cpu / (double)wall : 1;
    round->cpu_ns = it->by_cpu ? (double)spent.cpu_ns / (double)it->runs : round->real_ns * share;
}

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static void summarise(const contender *it, bench_row *row) {
    static double sorted[BENCH_ROUNDS_MAX];
    size_t count = row->round_count;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = it->by_cpu ? row->rounds[i].cpu_ns : row->rounds[i].real_ns;
    }
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    row->min_ns = it->best_ns;
    row->median_ns = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    row->p99_ns = sorted[(count * 99 + 99) / 100 - 1];
    row->by_cpu = it->by_cpu;
}

/* Rivals of one backend share a state: the first opens and fills it. */
static contender *find_owner(contender *contenders, size_t count, const bench_rival *rival) {
    for (size_t i = 0; i < count; i++) {
        const bench_rival *other = contenders[i].rival;
        if (other->malloc_twin == rival->malloc_twin && other->managed == rival->managed &&
            contenders[i].on.owns_state) {
            return &contenders[i];
        }
    }
    return NULL;
}

static int prepare(contender *contenders, const bench_case *from, const bench_settings *settings,
                   bench_row *rows) {
    for (size_t i = 0; i < settings->rival_count; i++) {
        const bench_rival *rival = &settings->rivals[i];
        contender *it = &contenders[i];
        bench_row *row = &rows[i];
        *row = (bench_row){.from = from, .rival = rival};
        row->rounds = STORE_ARRAY(bench_round, settings->rounds);
        int code = contender_open(it, from, rival, find_owner(contenders, i, rival));
        if (code != EXIT_DONE) {
            return code;
        }
        contender_judge(it, row);
        if (row->failure == NULL && row->result != rows[0].result) {
            row->failure = "answers otherwise than the first";
        }
        if (row->failure == NULL) {
            contender_count(it, row);
            if (!calibrate(it, settings, &contenders[0])) {
                row->failure = "a later run answered otherwise than the first";
            }
        }
    }
    return EXIT_DONE;
}

/* What a run takes from a manager, on a machine of its own: counting has its price. */
static int count_allocations(const bench_case *from, const bench_settings *settings,
                             bench_row *row) {
    const bench_rival rival = {.backend = "managed",
                               .label = "managed",
                               .managed = true,
                               .tracks = true,
                               .cache_off = settings->rivals[0].cache_off};
    static contender counted;
    counted = (contender){.is_open = false};
    bench_row answer = {.from = from, .rival = &rival};
    int code = contender_open(&counted, from, &rival, NULL);
    if (code == EXIT_DONE) {
        contender_judge(&counted, &answer);
        contender_allocations(&counted, &row->allocations);
        if (row->failure == NULL) {
            row->failure = answer.failure == NULL && answer.result != row->result
                               ? "answers otherwise on a manager"
                               : answer.failure;
        }
    }
    contender_close(&counted);
    return code;
}

static void play_rounds(contender *contenders, const bench_settings *settings, bench_row *rows) {
    size_t count = settings->rival_count;
    for (uint64_t round = 0; round < settings->rounds; round++) {
        for (size_t i = 0; i < count; i++) {
            size_t turn = (i + (size_t)round) % count; /* nobody is always first */
            if (rows[turn].failure == NULL) {
                measure_round(&contenders[turn], &rows[turn]);
            }
        }
    }
}

int bench_measure(const bench_case *from, const bench_settings *settings, bench_row *rows) {
    static contender contenders[BENCH_RIVALS_MAX];
    memset(contenders, 0, sizeof contenders);
    int code = prepare(contenders, from, settings, rows);
    if (code == EXIT_DONE && settings->allocations) {
        code = count_allocations(from, settings, &rows[0]);
    }
    if (code == EXIT_DONE) {
        play_rounds(contenders, settings, rows);
        for (size_t i = 0; i < settings->rival_count; i++) {
            if (rows[i].failure != NULL) {
                code = EXIT_FAILED;
            } else {
                summarise(&contenders[i], &rows[i]);
            }
        }
    }
    for (size_t i = settings->rival_count; i > 0; i--) {
        contender_close(&contenders[i - 1]);
    }
    return code;
}
