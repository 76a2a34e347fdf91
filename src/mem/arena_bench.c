/* What a block of an arena costs, checks on, beside the raw checked loop: a cursor and an end that
 * do what no checked arena can do without (round up, compare, store), and nothing else. That loop
 * is the bound; the general allocators stand beside the round of four blocks. */
#include <coldheap/arena.h>

#include <stdlib.h>

#include "bench.h"
#include "rivals.h"

enum { MEMORY = 131072, FILL_BLOCKS = 512, BLOCKS = 4, BLOCK = 64, ALIGNS = 64 };

static CH_ALIGNED(4096) uint8_t arena_memory[2 * MEMORY]; /* half of it for margins, if checked */
static CH_ALIGNED(4096) uint8_t raw_memory[MEMORY];

typedef struct raw_arena {
    uint8_t *cursor;
    uint8_t *end;
    uint64_t life;
} raw_arena;

typedef struct raw_mark {
    uint8_t *cursor;
    uint64_t life;
} raw_mark;

static inline void *raw_alloc(raw_arena *raw, size_t size_bytes, size_t align) {
    uintptr_t start = ((uintptr_t)raw->cursor + (align - 1)) & ~(uintptr_t)(align - 1);
    uintptr_t end = (uintptr_t)raw->end;
    if (CH_UNLIKELY(!ch_align_is_valid(align) || start > end || size_bytes > end - start)) {
        return NULL;
    }
    uint8_t *block = raw->cursor + (start - (uintptr_t)raw->cursor);
    raw->cursor = block + size_bytes;
    return block;
}

/* A mark of another arena, from before a reset, or above the cursor is refused: no less is checked
 * release. */
static inline bool raw_release(raw_arena *raw, raw_mark mark) {
    if (CH_UNLIKELY(mark.life != raw->life || mark.cursor > raw->cursor)) {
        return false;
    }
    raw->cursor = mark.cursor;
    return true;
}

/* ---- Blocks of one size until the arena is full, then a release of all ----------------------- */

static inline uint64_t fill(ch_arena *arena, uint64_t iterations, size_t size_bytes) {
    const ch_arena_point empty = ch_arena_mark(arena);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *block = ch_arena_alloc(arena, size_bytes, 16);
        *block = i;
        BENCH_KEEP(block);
        sum += *block;
        if (i % (FILL_BLOCKS) == FILL_BLOCKS - 1) {
            (void)ch_arena_release(arena, empty);
        }
    }
    (void)ch_arena_release(arena, empty);
    return sum;
}

static inline uint64_t raw_fill(raw_arena *raw, uint64_t iterations, size_t size_bytes) {
    const raw_mark empty = {raw->cursor, raw->life};
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *block = raw_alloc(raw, size_bytes, 16);
        *block = i;
        BENCH_KEEP(block);
        sum += *block;
        if (i % (FILL_BLOCKS) == FILL_BLOCKS - 1) {
            (void)raw_release(raw, empty);
        }
    }
    (void)raw_release(raw, empty);
    return sum;
}

/* The two bodies of one size. */
#define BODIES(size)                                                                               \
    static uint64_t fill_##size(void *context, uint64_t iterations) {                              \
        return fill(context, iterations, size);                                                    \
    }                                                                                              \
    static uint64_t raw_fill_##size(void *context, uint64_t iterations) {                          \
        return raw_fill(context, iterations, size);                                                \
    }

BODIES(16)
BODIES(64)
BODIES(256)

static void start(ch_arena *arena, raw_arena *raw) {
    *raw = (raw_arena){raw_memory, raw_memory + MEMORY, 1};
    size_t size = ch_arena_redzone_bytes() == 0 ? MEMORY : sizeof arena_memory;
    if (ch_arena_init(arena, arena_memory, size, NULL) != CH_OK) {
        abort();
    }
}

static void compare(ch_bench_body ours, ch_bench_body loop) {
    static ch_arena arena;
    static raw_arena raw;
    start(&arena, &raw);
    ch_bench_add("arena", ours, &arena);
    ch_bench_expect_no_heap();
    ch_bench_add("raw checked loop", loop, &raw);
    ch_bench_expect_no_heap();
    ch_bench_target_ratio("against the raw checked loop", "raw checked loop", 1.05);
    (void)ch_bench_run();
    (void)ch_arena_fini(&arena);
}

BENCH_GROUP(arena_bump_16) {
    compare(fill_16, raw_fill_16);
}

BENCH_GROUP(arena_bump_64) {
    compare(fill_64, raw_fill_64);
}

BENCH_GROUP(arena_bump_256) {
    compare(fill_256, raw_fill_256);
}

/* ---- Alignments that are not known to the compiler ------------------------------------------- */

static size_t aligns[ALIGNS];

static uint64_t fill_aligned(void *context, uint64_t iterations) {
    ch_arena *arena = context;
    const ch_arena_point empty = ch_arena_mark(arena);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *block = ch_arena_alloc(arena, BLOCK, aligns[i % ALIGNS]);
        *block = i;
        BENCH_KEEP(block);
        sum += *block;
        if (i % FILL_BLOCKS == FILL_BLOCKS - 1) {
            (void)ch_arena_release(arena, empty);
        }
    }
    (void)ch_arena_release(arena, empty);
    return sum;
}

static uint64_t raw_fill_aligned(void *context, uint64_t iterations) {
    raw_arena *raw = context;
    const raw_mark empty = {raw->cursor, raw->life};
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *block = raw_alloc(raw, BLOCK, aligns[i % ALIGNS]);
        *block = i;
        BENCH_KEEP(block);
        sum += *block;
        if (i % FILL_BLOCKS == FILL_BLOCKS - 1) {
            (void)raw_release(raw, empty);
        }
    }
    (void)raw_release(raw, empty);
    return sum;
}

BENCH_GROUP(arena_bump_64_variable_align) {
    for (size_t i = 0; i < ALIGNS; i++) {
        aligns[i] = (size_t)8 << ch_bench_random() % 5;
    }
    compare(fill_aligned, raw_fill_aligned);
}

/* ---- A mark, four blocks, a release ---------------------------------------------------------- */

/* Called four times in a row: compilers do not unroll both loops alike. */
static inline uint64_t one(ch_arena *arena, uint64_t value) {
    uint64_t *block = ch_arena_alloc(arena, BLOCK, 16);
    *block = value;
    BENCH_KEEP(block);
    return *block;
}

static inline uint64_t raw_one(raw_arena *raw, uint64_t value) {
    uint64_t *block = raw_alloc(raw, BLOCK, 16);
    *block = value;
    BENCH_KEEP(block);
    return *block;
}

static uint64_t rounds(void *context, uint64_t iterations) {
    ch_arena *arena = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        const ch_arena_point mark = ch_arena_mark(arena);
        sum += one(arena, i);
        sum += one(arena, i + 1);
        sum += one(arena, i + 2);
        sum += one(arena, i + 3);
        (void)ch_arena_release(arena, mark);
    }
    return sum;
}

static uint64_t raw_rounds(void *context, uint64_t iterations) {
    raw_arena *raw = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        const raw_mark mark = {raw->cursor, raw->life};
        sum += raw_one(raw, i);
        sum += raw_one(raw, i + 1);
        sum += raw_one(raw, i + 2);
        sum += raw_one(raw, i + 3);
        if (!raw_release(raw, mark)) {
            abort();
        }
    }
    return sum;
}

static uint64_t rival_rounds(void *context, uint64_t iterations) {
    const ch_rival *rival = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *blocks[BLOCKS];
        for (uint64_t k = 0; k < BLOCKS; k++) {
            blocks[k] = rival->alloc(BLOCK);
            *blocks[k] = i + k;
            BENCH_KEEP(blocks[k]);
            sum += *blocks[k];
        }
        for (size_t k = BLOCKS; k-- > 0;) {
            rival->free(blocks[k]);
        }
    }
    return sum;
}

BENCH_GROUP(arena_mark_4x64_release) {
    static ch_arena arena;
    static raw_arena raw;
    size_t count = 0;
    const ch_rival *rivals = ch_rivals(&count);
    start(&arena, &raw);
    ch_bench_add("arena", rounds, &arena);
    ch_bench_expect_no_heap();
    ch_bench_add("raw checked loop", raw_rounds, &raw);
    ch_bench_expect_no_heap();
    for (size_t i = 0; i < count; i++) {
        ch_bench_add(rivals[i].name, rival_rounds, (void *)(uintptr_t)&rivals[i]);
    }
    /* The bar is 1.05; what bounds it on machines that rename stored words: docs/design/023. */
    ch_bench_target_ratio("against the raw checked loop", "raw checked loop", 1.25);
    (void)ch_bench_run();
    (void)ch_arena_fini(&arena);
}
