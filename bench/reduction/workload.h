/** workload.h: one real program, written once, that runs on three backings: the patterns over one
 *  block that it states beforehand; their malloc twins, chosen at init; and plain malloc, where the
 *  same source is compiled with plain.h between it and the library.
 *
 *  A round is one unit of its work (a document, a request, ...). Equal rounds give equal results on
 *  every backing, and leave nothing behind: round n needs no more memory than round 1. */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <coldheap/allocator.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct workload {
    const char *name;
    const char *pattern; /* which patterns it uses */
    const char *what;    /* what one round does */
    /** Bytes of the block that init needs: with `heap` that of the twins, which holds tables. */
    size_t (*footprint)(bool twin);
    /** Sets everything up; heap is NULL for the patterns. False if it could not. */
    bool (*init)(void *memory, size_t size_bytes, const ch_allocator *heap);
    /** Does round `number`; the result depends on all of its work. */
    uint64_t (*round)(uint64_t number);
    void (*fini)(void);
} workload;

enum { WORKLOADS = 7 };

/** The same workloads on the library, and on plain malloc. */
extern const workload *const workloads[WORKLOADS];
extern const workload *const workloads_plain[WORKLOADS];

#define WORKLOAD_JOIN_(a, b) a##b
#define WORKLOAD_JOIN(a, b)  WORKLOAD_JOIN_(a, b)

/** WORKLOAD(tokens) is the name of a workload's struct in this compilation. */
#ifdef REDUCTION_PLAIN
#define WORKLOAD(name) WORKLOAD_JOIN(plain_, name)
#else
#define WORKLOAD(name) WORKLOAD_JOIN(cold_, name)
#endif

/** The numbers that decide what a round does: the same for the same state. */
static inline uint64_t workload_random(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline uint64_t workload_mix(uint64_t hash, uint64_t value) {
    return (hash ^ value) * 0x100000001b3u;
}

#endif
