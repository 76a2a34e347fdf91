/** bench.h: measured comparisons as functions. An X_bench.c holds BENCH_GROUP(name) blocks and the
 *  bodies they measure; the harness brings main, the rounds, the statistics, the table and the
 * JSON.
 *
 *  The one idea: a group is a set of rivals that do the same work, run round by round next to each
 *  other on one machine in one process. Only ratios inside a group mean anything; a result hash
 *  proves that the work was done and that it was the same.
 *
 *      static uint64_t pool_pair(void *context, uint64_t iterations) {
 *          frames *pool = context;
 *          uint64_t sum = 0;
 *          for (uint64_t i = 0; i < iterations; i++) {
 *              frame *taken = frames_acquire(pool);
 *              taken->number = i;
 *              BENCH_KEEP(taken);                      // the store must happen
 *              sum += taken->number;
 *              frames_release(pool, taken);
 *          }
 *          return sum;
 *      }
 *
 *      BENCH_GROUP(pool_lifo_64) {
 *          frames pool = ...;                          // set up: not measured
 *          ch_bench_add("cold", pool_pair, &pool);        // the first rival is ours: ratio 1.00
 *          ch_bench_expect_no_heap();                     // of the rival added last
 *          ch_bench_add("malloc", malloc_pair, NULL);
 *          ch_bench_run();                                // measures all, prints the rows
 *          frames_fini(&pool);                         // tear down: not measured
 *      }
 *
 *  What a run of one group is:
 *  1. Check call: each rival is called twice with the same iteration count. The first call finds
 *     everything cold; its time stands in a column of its own. The return value of the second is
 * the result hash; all rivals of a group must give the same one (ch_bench_results_differ() lifts
 *     it). Heap calls are counted here exactly.
 *  2. Calibration: the batch size is raised until a batch takes a tenth of a round.
 *  3. At least 9 rounds (--rounds); in each, every rival in turn runs its batches, the order
 * rotating by one each round. A sample is the time of one batch divided by its iterations.
 *  4. min, median and p99 over all samples, heap calls and page faults per iteration.
 *
 *  Heap calls are those of the measuring thread: malloc, calloc, realloc, reallocarray, free and
 * the aligned family, through interposed functions that count and pass on to glibc (about 1 ns
 * each, which rivals on malloc pay); under a sanitizer through its hooks; elsewhere "-". A row
 * faster than 0.2 ns per iteration is marked INVALID: no loop with work in it is that fast. The
 * group "floor" is built in and shows what an empty iteration costs here.
 *
 *  Program flags: --list, --filter TEXT (part of a group's name), --rounds N (9, more allowed),
 *  --min-time MS (10: length of one rival's share of a round), --json FILE (Google-Benchmark
 * format),
 *  --smoke, --slow-down PERCENT (the first rival of each group does so much more work than it is
 *  credited with: for the test of gates, which must notice). Smoke runs the check call and a few
 * short rounds and prints TAP: a group fails if hashes differ or an expected zero of heap calls is
 * not zero. A full run fails for the same reasons and if a row is INVALID. Random numbers are
 * seeded by the group's name: every run has the same work. */
#ifndef CH_BENCH_HARNESS_H
#define CH_BENCH_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A body does its work `iterations` times and returns a value that depends on all of it (the same
 *  for all rivals of the group). iterations >= 1. */
typedef uint64_t (*ch_bench_body)(void *context, uint64_t iterations);

/** ch_bench_add adds a rival to the running group; at most 16. `name` and `context` must live until
 *  ch_bench_run returns. */
void ch_bench_add(const char *name, ch_bench_body body, void *context);

/** ch_bench_expect_no_heap states that the rival added last never calls the heap; the run fails if
 * it does. */
void ch_bench_expect_no_heap(void);

/** ch_bench_bytes says how many bytes one iteration of the group handles: adds a GB/s column. */
void ch_bench_bytes(uint64_t bytes_per_iteration);

/** ch_bench_check_iterations sets the iterations of the check call (default 1000), for bodies whose
 *  single iteration is long. Also the least size of a batch. */
void ch_bench_check_iterations(uint64_t iterations);

/** ch_bench_results_differ states that rivals of this group give different hashes on purpose. */
void ch_bench_results_differ(void);

/** ch_bench_target promises that the group's first rival needs at most `limit_ns` (minimum, per
 *  iteration); ch_bench_target_ratio that it needs at most `limit` times the minimum of `rival`. At
 *  most 8 per group, before ch_bench_run, which prints "target <what>: <figure> of <limit>: ok" or
 *  "MISS". A full run with a miss ends with status 3; smoke does not judge. `what` and `rival` live
 * as the group. */
void ch_bench_target(const char *what, double limit_ns);
void ch_bench_target_ratio(const char *what, const char *rival, double limit);

/** ch_bench_baseline names a foreign allocator or library that rivals of this program stand for,
 * and its version, once each; at most 16. It is printed and goes into the JSON. Texts live on. */
void ch_bench_baseline(const char *name, const char *version);

/** ch_bench_run measures the rivals added so far and prints them; once per group, last. Returns
 * false if the group failed. */
bool ch_bench_run(void);

/** ch_bench_random gives the next number of a stream that the group's name decides. */
uint64_t ch_bench_random(void);

/** ch_bench_heap_calls counts the calling thread's heap calls so far; 0 for ever where they cannot
 * be counted. */
uint64_t ch_bench_heap_calls(void);

/** BENCH_KEEP makes the compiler believe that `value` and all memory are read here. */
#define BENCH_KEEP(value) __asm__ volatile("" : : "g"(value) : "memory")

/** BENCH_HIDE makes the compiler forget what it knows of the integer or pointer variable. */
#define BENCH_HIDE(variable) __asm__ volatile("" : "+r"(variable))

/** One registered group; lives in static storage of its file. */
typedef struct ch_bench_group {
    const char *name;
    void (*run)(void);
    struct ch_bench_group *next;
} ch_bench_group;

void ch_bench_register(ch_bench_group *group);

#define BENCH_GROUP(name)                                                                          \
    static void bench_group_##name(void);                                                          \
    static ch_bench_group bench_entry_##name = {#name, bench_group_##name, NULL};                  \
    __attribute__((constructor)) static void bench_register_##name(void) {                         \
        ch_bench_register(&bench_entry_##name);                                                    \
    }                                                                                              \
    static void bench_group_##name(void)

#endif
