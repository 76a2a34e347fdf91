/* resolve_worker.h: the process that reads one module for resolve.c, and what it sends. Requests
 * are addresses, 8 bytes each. First it sends a worker_opening, then per request a worker_answer,
 * its frames behind it: worker_frame, then function, symbol and file, each ended by a zero. */
#ifndef COLDHEAP_TOOL_RESOLVE_WORKER_H
#define COLDHEAP_TOOL_RESOLVE_WORKER_H

#include "lookup.h"

#include <coldheap/base.h>

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WORKER_MESSAGE_BYTES 65536u

typedef struct worker_opening {
    uint32_t result; /* lookup_result */
    char problem[LOOKUP_PROBLEM_BYTES];
} worker_opening;

typedef struct worker_answer {
    uint64_t symbol_offset;
    uint32_t frame_count;
    uint32_t unused;
} worker_answer;

typedef struct worker_frame {
    uint32_t line;
    uint32_t column;
} worker_frame;

/* worker_run serves until the other end is closed, or `parent` ended; it is all that the process
 * does. */
CH_NORETURN void worker_run(int socket, pid_t parent, const char *path, const uint8_t *build_id,
                            size_t build_id_size, bool symbols_only);

#endif
