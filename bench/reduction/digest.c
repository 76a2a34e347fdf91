/* digest.c: where memory patterns do not matter: one temporary a round, and all the time goes into
 * arithmetic. */
#include <coldheap/arena.h>

#include "workload.h"

enum { WORDS = 512, PASSES = 16 };

static ch_arena arena;

static size_t footprint(bool twin) {
    return twin ? 64 : 16384;
}

static bool init(void *memory, size_t size_bytes, const ch_allocator *heap) {
    return (heap == NULL ? ch_arena_init(&arena, memory, size_bytes, NULL)
                         : ch_arena_init_twin(&arena, heap, NULL)) == CH_OK;
}

static uint64_t one_round(uint64_t number) {
    uint64_t *words = CH_ARENA_ARRAY(&arena, uint64_t, WORDS);
    if (words == NULL) {
        return 0;
    }
    uint64_t state = number;
    for (size_t i = 0; i < WORDS; i++) {
        words[i] = workload_random(&state);
    }
    uint64_t hash = 1;
    for (unsigned pass = 0; pass < PASSES; pass++) {
        for (size_t i = 0; i < WORDS; i++) {
            hash = workload_mix(hash, words[i] + pass);
        }
    }
    return ch_arena_reset(&arena) == CH_OK ? hash : 0;
}

static void fini(void) {
    (void)ch_arena_fini(&arena);
}

const workload WORKLOAD(digest) = {
    "digest", "arena", "a digest of 4 KB of words: arithmetic", footprint, init, one_round, fini};
