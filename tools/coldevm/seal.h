/* seal.h: the heap is cold while code runs. Everything the tool takes from the heap it takes before
 * seal_begin; what is called between begin and end either ends the program (trap: message and exit
 * code 20) or is counted. */
#ifndef COLDEVM_SEAL_H
#define COLDEVM_SEAL_H

#include <coldheap/base.h>
#include <coldheap/guard.h>

typedef enum seal_mode { SEAL_TRAP, SEAL_COUNT } seal_mode;

/* seal_is_armed tells whether heap calls can be seen at all in this build. */
bool seal_is_armed(void);

void seal_begin(seal_mode mode);

/* What the current thread called between begin and end; all 0 if not armed. */
typedef struct seal_count {
    uint64_t calls;       /* of any kind, free included */
    uint64_t allocations; /* calls that ask for memory ... */
    uint64_t bytes;       /* ... and how much they ask for */
} seal_count;

seal_count seal_end(void);

/* The same for work of several threads, in two halves: seal_process seals all of them until
 * seal_process_end; in between a thread counts its own calls from seal_count_begin to
 * seal_count_end. Nothing that ends a thread may happen while the process is sealed. */
typedef ch_heap_calls seal_counter;

void seal_process(seal_mode mode);
void seal_process_end(void);
void seal_count_begin(seal_counter *counter);
seal_count seal_count_end(seal_counter *counter);

#endif
