/* arenas.c: three lifetimes, three arenas: a transaction's results live in EXECUTION, a call's in
 * TEMPORARY, a single step's in SCRATCH. Each is given back on its own, and none can eat another.
 */
#include <coldheap/arenas.h>

#include <stdio.h>

#define KIB ((size_t)1024)

static uint64_t step(ch_arenas *set, uint64_t seed) {
    ch_arena *scratch = ch_arenas_get(set, CH_ARENAS_SCRATCH);
    uint64_t *words = CH_ARENA_ARRAY(scratch, uint64_t, 64);
    uint64_t sum = 0;
    for (size_t i = 0; words != NULL && i < 64; i++) {
        words[i] = seed * (i + 1);
        sum += words[i];
    }
    (void)ch_arenas_reset(set, CH_ARENAS_SCRATCH);
    return sum;
}

int main(void) {
    static const ch_arenas_sizes SIZES = {
        .execution_bytes = 8 * KIB, .temporary_bytes = 4 * KIB, .scratch_bytes = KIB};
    static CH_ALIGNED(64) uint8_t block[13 * KIB];
    ch_arenas set = {0};
    if (ch_arenas_footprint(&SIZES) > sizeof block ||
        ch_arenas_init(&set, block, sizeof block, &SIZES) != CH_OK) {
        return 1;
    }
    uint64_t *total = CH_ARENA_NEW(ch_arenas_get(&set, CH_ARENAS_EXECUTION), uint64_t);
    if (total == NULL) {
        return 1;
    }
    *total = 0;
    for (uint64_t call = 1; call <= 1000; call++) {
        uint64_t *answer = CH_ARENA_NEW(ch_arenas_get(&set, CH_ARENAS_TEMPORARY), uint64_t);
        if (answer == NULL) {
            (void)ch_arenas_reset(&set, CH_ARENAS_TEMPORARY); /* full: the calls so far are done */
            continue;
        }
        *answer = step(&set, call);
        *total += *answer;
    }
    char figures[1024];
    (void)ch_arenas_stats_json(&set, figures, sizeof figures);
    printf("sum %llu\n%s\n", (unsigned long long)*total, figures);
    return ch_arenas_fini(&set) == CH_OK ? 0 : 1;
}
