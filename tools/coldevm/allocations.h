/* allocations.h: what a transaction took from each kind of memory (spec evm.md E9): stack, pool,
 * buffer and arena from the tracker of the stage's manager, heap from the guard. The stage must
 * have been opened managed and tracking; nothing is taken while it is counted. */
#ifndef COLDEVM_ALLOCATIONS_H
#define COLDEVM_ALLOCATIONS_H

#include "seal.h"
#include "sink.h"
#include "stage.h"

/* By kind of coldheap/track.h: CH_TRACK_HEAP ... */
typedef struct allocation_counts {
    uint64_t count[CH_TRACK_KINDS];
    uint64_t bytes[CH_TRACK_KINDS];
    bool heap_known; /* the guard is armed in this build */
} allocation_counts;

/* How --allocations is answered. */
typedef enum allocation_view {
    ALLOCATIONS_NONE,
    ALLOCATIONS_TABLE,
    ALLOCATIONS_JSON
} allocation_view;

#define ALLOCATION_CHOICES "table|json"

/* allocations_begin notes where the tracker stands, allocations_end turns that into what was taken
 * since; `heap` is what the guard counted in between. */
void allocations_begin(allocation_counts *counts, const stage *on);
void allocations_end(allocation_counts *counts, const stage *on, const seal_count *heap);

/* The kinds in the order in which they are shown. */
extern const unsigned allocation_order[CH_TRACK_KINDS];

/* allocations_shares fills each kind's percentage of the count: their sum is 100, or 0. */
void allocations_shares(double shares[CH_TRACK_KINDS], const allocation_counts *counts);

/* allocations_print writes the table, allocations_json one object without blanks or a line end. */
void allocations_print(sink *out, const allocation_counts *counts);
void allocations_json(sink *out, const allocation_counts *counts);

#endif
