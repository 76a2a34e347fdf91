/* contender.h: one rival playing one case: opened with its own machine, on the state it shares with
 * the rivals of its backend; then single runs, each on the restored state. */
#ifndef COLDEVM_CONTENDER_H
#define COLDEVM_CONTENDER_H

#include "bench.h"
#include "stage.h"

#include <time.h>

typedef struct contender {
    stage on;
    const bench_rival *rival;
    const bench_case *from;
    chevm_message message;
    chevm_result answer;   /* of the first run; output not kept */
    size_t resident_bytes; /* of the process, before the machine ran for the first time */
    bool by_cpu;           /* runs are long enough to be timed by the thread's processor clock */
    bool is_open;
    uint64_t runs;  /* of a round */
    uint64_t batch; /* runs whose times are added before the best is sought */
    double best_ns; /* per run, of the best batch so far */
} contender;

/* What a run took: by the clock on the wall, and (if by_cpu) of the processor. */
typedef struct contender_time {
    uint64_t wall_ns;
    uint64_t cpu_ns;
} contender_time;

uint64_t contender_clock(clockid_t clock);

/* contender_open: an exit code. `owner` is the open rival whose state to use, NULL: open one, load
 * the case and deploy. contender_close of one that was never opened is no operation. */
int contender_open(contender *it, const bench_case *from, const bench_rival *rival,
                   contender *owner);
void contender_close(contender *it);

/* contender_is_cold: our machine, also on a manager, but without the twin; its runs are sealed and
 * may not touch the heap.
 */
bool contender_is_cold(const contender *it);

/* contender_judge makes the first run: warm-up, and the answer all others are held against. Fills
 * gas, result and failure of the row. */
void contender_judge(contender *it, bench_row *row);

/* contender_count makes one more run, sealed: what a transaction takes from the heap and from the
 * system, with its begin and its undoing. */
void contender_count(contender *it, bench_row *row);

/* contender_allocations makes one more run, sealed, and says what it took from the manager. */
void contender_allocations(contender *it, allocation_counts *counts);

/* contender_begin opens a transaction up to its message, which it fills in; contender_undo takes
 * the transaction back, if one is open. */
chevm_status contender_begin(contender *it, chevm_message *message);
void contender_undo(contender *it);

/* contender_run makes one timed run. Returns: false if it answered otherwise than the first. */
bool contender_run(contender *it, contender_time *spent);

#endif
