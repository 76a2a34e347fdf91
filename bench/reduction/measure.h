/** measure.h: one workload on one backing, measured in a process of its own, so that nothing of one
 *  run is left for the next. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "workload.h"

typedef enum backing { BACKING_COLD = 0, BACKING_TWIN, BACKING_PLAIN, BACKINGS } backing;

/** What a run is for. Time: rounds are timed, nothing else happens. Memory: malloc is told to keep
 *  what it has, so that resident memory at the end is the peak. */
typedef enum purpose { PURPOSE_TIME, PURPOSE_MEMORY } purpose;

typedef struct measured {
    bool passed; /* init and every round succeeded */
    uint64_t hash;
    uint64_t setup_calls;  /* heap calls of init */
    uint64_t warm_calls;   /* of the warm-up rounds and of fini */
    uint64_t steady_calls; /* of the rounds after those */
    uint64_t rounds;       /* of these */
    double ns_per_round;
    uint64_t setup_faults; /* page faults of init and warm-up */
    uint64_t steady_faults;
    size_t footprint_bytes; /* of the block that the workload was given */
    size_t half_bytes;      /* resident after half of the rounds; 0: not known */
    size_t peak_bytes;      /* resident after all */
} measured;

/** Bytes of the heap that every round keeps, 0 unless set: for the test of the test. */
extern size_t measure_leak_bytes;

/** measure runs `rounds` rounds after `warm` ones. Returns false if the process could not be had or
 *  died. */
bool measure(measured *result, const workload *cold, const workload *plain, backing on,
             purpose purpose, uint64_t warm, uint64_t rounds);

#endif
