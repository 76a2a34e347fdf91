/* Names by generation: one acquired, asked and released at once; and the question alone, of a
 * thousand in random order. Ours, checked; the same table as a raw loop, which asks nothing but the
 * generation. */
#include <coldheap/handles.h>

#include <stdlib.h>

#include "bench.h"

enum { LIVE = 1000, COUNT = 1024 };

typedef struct raw_table {
    chi_handle_entry entries[COUNT];
    uint32_t first;
} raw_table;

static ch_handles table;
static raw_table raw;
static ch_handle named[2][LIVE];

CH_INLINE ch_handle raw_acquire(uint32_t index) {
    uint32_t at = raw.first;
    chi_handle_entry *entry = &raw.entries[at];
    raw.first = entry->index;
    entry->index = index;
    return (ch_handle){.entry = at, .generation = ++entry->generation};
}

CH_INLINE uint32_t raw_get(ch_handle handle) {
    const chi_handle_entry *entry = &raw.entries[handle.entry];
    return entry->generation == handle.generation ? entry->index : UINT32_MAX;
}

CH_INLINE void raw_release(ch_handle handle) {
    chi_handle_entry *entry = &raw.entries[handle.entry];
    entry->generation++;
    entry->index = raw.first;
    raw.first = handle.entry;
}

static uint64_t ours_pairs(void *context, uint64_t iterations) {
    uint64_t sum = 0;
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        ch_handle handle = {0};
        uint32_t index = 0;
        (void)ch_handles_acquire(&table, &handle, (uint32_t)i);
        BENCH_KEEP(&handle);
        (void)ch_handles_get(&table, &index, handle);
        sum += index;
        (void)ch_handles_release(&table, handle);
    }
    return sum;
}

static uint64_t raw_pairs(void *context, uint64_t iterations) {
    uint64_t sum = 0;
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        ch_handle handle = raw_acquire((uint32_t)i);
        BENCH_KEEP(&handle);
        sum += raw_get(handle);
        raw_release(handle);
    }
    return sum;
}

static uint64_t ours_gets(void *context, uint64_t iterations) {
    const ch_handle *handles = context;
    uint64_t sum = 0;
    size_t at = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint32_t index = 0;
        (void)ch_handles_get(&table, &index, handles[at]);
        BENCH_KEEP(index);
        sum += index;
        at = at + 1 < LIVE ? at + 1 : 0;
    }
    return sum;
}

static uint64_t raw_gets(void *context, uint64_t iterations) {
    const ch_handle *handles = context;
    uint64_t sum = 0;
    size_t at = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint32_t index = raw_get(handles[at]);
        BENCH_KEEP(index);
        sum += index;
        at = at + 1 < LIVE ? at + 1 : 0;
    }
    return sum;
}

static void begin(void) {
    static chi_handle_entry memory[COUNT];
    const ch_handles_options options = {.capacity = COUNT};
    if (ch_handles_init(&table, memory, sizeof memory, &options) != CH_OK) {
        abort();
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        raw.entries[i] = (chi_handle_entry){.generation = 0, .index = i + 1};
    }
    raw.first = 0;
}

BENCH_GROUP(handles_pair) {
    begin();
    ch_bench_add("handles", ours_pairs, NULL);
    ch_bench_expect_no_heap();
    ch_bench_add("raw table", raw_pairs, NULL);
    (void)ch_bench_run();
    (void)ch_handles_fini(&table);
}

BENCH_GROUP(handles_get_random_of_1000) {
    begin();
    for (uint32_t i = 0; i < LIVE; i++) {
        if (ch_handles_acquire(&table, &named[0][i], i) != CH_OK) {
            abort();
        }
        named[1][i] = raw_acquire(i);
    }
    for (size_t i = LIVE - 1; i > 0; i--) { /* the same order for both */
        const size_t other = ch_bench_random() % (i + 1);
        for (size_t which = 0; which < 2; which++) {
            const ch_handle kept = named[which][i];
            named[which][i] = named[which][other];
            named[which][other] = kept;
        }
    }
    ch_bench_add("handles", ours_gets, named[0]);
    ch_bench_expect_no_heap();
    ch_bench_add("raw table", raw_gets, named[1]);
    /* A place that is no constant, a bound and the parity of the generation. */
    ch_bench_target_ratio("get", "raw table", 2.5);
    (void)ch_bench_run();
    (void)ch_handles_fini(&table);
}
