/* What a block of a stack costs, checks on, beside the raw checked loop: the same links before the
 * blocks and the same questions at free (is it the top, is the size right), and nothing else. That
 * loop is the bound; the general allocators stand beside the pair of 64 bytes. */
#include <coldheap/stack.h>

#include <stdlib.h>

#include "bench.h"
#include "rivals.h"

enum { MEMORY = 32768, BLOCK = 64, MARKS = 16 };

static CH_ALIGNED(4096) uint8_t stack_memory[MEMORY];
static CH_ALIGNED(4096) uint8_t raw_memory[MEMORY];

typedef struct raw_link {
    uint8_t *cursor;
    uint8_t *top;
} raw_link;

typedef struct raw_stack {
    uint8_t *cursor;
    uint8_t *top;
    uint8_t *end;
    raw_link marks[MARKS];
    size_t mark_count;
} raw_stack;

static inline void *raw_alloc(raw_stack *raw, size_t size_bytes, size_t align) {
    uintptr_t cursor = (uintptr_t)raw->cursor;
    uintptr_t start = (cursor + sizeof(raw_link) + (align - 1)) & ~(uintptr_t)(align - 1);
    uintptr_t end = (uintptr_t)raw->end;
    if (CH_UNLIKELY(!ch_align_is_valid(align) || start > end || size_bytes > end - start)) {
        return NULL;
    }
    uint8_t *block = raw->cursor + (start - cursor);
    ((raw_link *)(void *)block)[-1] = (raw_link){raw->cursor, raw->top};
    raw->top = block;
    raw->cursor = block + size_bytes;
    return block;
}

static inline bool raw_free(raw_stack *raw, void *block, size_t size_bytes) {
    if (CH_UNLIKELY(block != raw->top || (size_t)(raw->cursor - raw->top) != size_bytes)) {
        return false;
    }
    const raw_link *link = (raw_link *)block - 1;
    raw->top = link->top;
    raw->cursor = link->cursor;
    return true;
}

static inline bool raw_mark(raw_stack *raw) {
    if (CH_UNLIKELY(raw->mark_count == MARKS)) {
        return false;
    }
    raw->marks[raw->mark_count++] = (raw_link){raw->cursor, raw->top};
    return true;
}

static inline bool raw_release(raw_stack *raw) {
    if (CH_UNLIKELY(raw->mark_count == 0)) {
        return false;
    }
    const raw_link *mark = &raw->marks[--raw->mark_count];
    raw->cursor = mark->cursor;
    raw->top = mark->top;
    return true;
}

/* ---- A block taken and freed ----------------------------------------------------------------- */

static inline uint64_t pair(ch_stack *stack, uint64_t iterations, size_t size_bytes) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *block = ch_stack_alloc(stack, size_bytes, 16);
        *block = i;
        BENCH_KEEP(block);
        sum += *block;
        (void)ch_stack_free(stack, block, size_bytes);
    }
    return sum;
}

static inline uint64_t raw_pair(raw_stack *raw, uint64_t iterations, size_t size_bytes) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *block = raw_alloc(raw, size_bytes, 16);
        *block = i;
        BENCH_KEEP(block);
        sum += *block;
        if (!raw_free(raw, block, size_bytes)) {
            abort();
        }
    }
    return sum;
}

static uint64_t rival_pair(void *context, uint64_t iterations) {
    const ch_rival *rival = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *block = rival->alloc(BLOCK);
        *block = i;
        BENCH_KEEP(block);
        sum += *block;
        rival->free(block);
    }
    return sum;
}

/* The two bodies of one size. */
#define BODIES(size)                                                                               \
    static uint64_t pair_##size(void *context, uint64_t iterations) {                              \
        return pair(context, iterations, size);                                                    \
    }                                                                                              \
    static uint64_t raw_pair_##size(void *context, uint64_t iterations) {                          \
        return raw_pair(context, iterations, size);                                                \
    }

BODIES(16)
BODIES(64)
BODIES(256)

static void compare(ch_bench_body ours, ch_bench_body loop, ch_bench_body general, double limit) {
    static ch_stack stack;
    static raw_stack raw;
    size_t count = 0;
    const ch_rival *rivals = ch_rivals(&count);
    raw = (raw_stack){.cursor = raw_memory, .end = raw_memory + MEMORY};
    if (ch_stack_init(&stack, stack_memory, MEMORY, &(ch_stack_options){.watermarks_max = MARKS}) !=
        CH_OK) {
        abort();
    }
    ch_bench_add("stack", ours, &stack);
    ch_bench_expect_no_heap();
    ch_bench_add("raw checked loop", loop, &raw);
    ch_bench_expect_no_heap();
    for (size_t i = 0; general != NULL && i < count; i++) {
        ch_bench_add(rivals[i].name, general, (void *)(uintptr_t)&rivals[i]);
    }
    ch_bench_target_ratio("against the raw checked loop", "raw checked loop", limit);
    (void)ch_bench_run();
    (void)ch_stack_fini(&stack);
}

BENCH_GROUP(stack_pair_16) {
    compare(pair_16, raw_pair_16, NULL, 1.05);
}

BENCH_GROUP(stack_pair_64) {
    compare(pair_64, raw_pair_64, rival_pair, 1.05);
}

BENCH_GROUP(stack_pair_256) {
    compare(pair_256, raw_pair_256, NULL, 1.05);
}

/* ---- A watermark, four blocks, a release ----------------------------------------------------- */

/* Called four times in a row: compilers do not unroll both loops alike. */
static inline uint64_t one(ch_stack *stack, uint64_t value) {
    uint64_t *block = ch_stack_alloc(stack, BLOCK, 16);
    *block = value;
    BENCH_KEEP(block);
    return *block;
}

static inline uint64_t raw_one(raw_stack *raw, uint64_t value) {
    uint64_t *block = raw_alloc(raw, BLOCK, 16);
    *block = value;
    BENCH_KEEP(block);
    return *block;
}

static uint64_t rounds(void *context, uint64_t iterations) {
    ch_stack *stack = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        (void)ch_stack_mark(stack);
        sum += one(stack, i);
        sum += one(stack, i + 1);
        sum += one(stack, i + 2);
        sum += one(stack, i + 3);
        (void)ch_stack_release(stack);
    }
    return sum;
}

static uint64_t raw_rounds(void *context, uint64_t iterations) {
    raw_stack *raw = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        if (!raw_mark(raw)) {
            abort();
        }
        sum += raw_one(raw, i);
        sum += raw_one(raw, i + 1);
        sum += raw_one(raw, i + 2);
        sum += raw_one(raw, i + 3);
        if (!raw_release(raw)) {
            abort();
        }
    }
    return sum;
}

BENCH_GROUP(stack_mark_4x64_release) {
    compare(rounds, raw_rounds, NULL, 1.3); /* docs/design/023 */
}
