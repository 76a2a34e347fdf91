/* lifo_bench.c: the value stack at the work of an interpreter, 1024 words of 32 bytes: two words
 * pushed and folded into one, a copy from below, an exchange. Ours checked and unchecked; a raw
 * array with a height that nothing checks, which is the bound of the unchecked calls, and the same
 * with one comparison per call, which is that of the checked ones. */
#include <stdint.h>

#include "bench.h"

enum { WORDS = 1024, HEIGHT = 500 };

typedef struct word {
    uint64_t limbs[4];
} word;

#define CH_LIFO_NAME stack
#define CH_LIFO_TYPE word
#define CH_LIFO_CAP  WORDS
#include <coldheap/tmpl/lifo.h>

typedef struct raw_stack {
    size_t height;
    word words[WORDS];
} raw_stack;

static inline void raw_push(raw_stack *raw, const word *value) {
    raw->words[raw->height++] = *value;
}

static inline void raw_pop(raw_stack *raw, word *value) {
    *value = raw->words[--raw->height];
}

static inline void raw_dup(raw_stack *raw, size_t index) {
    raw->words[raw->height] = raw->words[raw->height - 1 - index];
    raw->height++;
}

static inline void raw_swap(raw_stack *raw, size_t index) {
    word *top = &raw->words[raw->height - 1];
    word copy = *top;
    *top = *(top - index);
    *(top - index) = copy;
}

static inline bool even_push(raw_stack *raw, const word *value) {
    if (CH_UNLIKELY(raw->height >= WORDS)) {
        return false;
    }
    raw_push(raw, value);
    return true;
}

static inline bool even_pop(raw_stack *raw, word *value) {
    if (CH_UNLIKELY(raw->height == 0)) {
        return false;
    }
    raw_pop(raw, value);
    return true;
}

static inline bool even_dup(raw_stack *raw, size_t index) {
    if (CH_UNLIKELY(index >= raw->height || raw->height >= WORDS)) {
        return false;
    }
    raw_dup(raw, index);
    return true;
}

static inline bool even_swap(raw_stack *raw, size_t index) {
    if (CH_UNLIKELY(index >= raw->height)) {
        return false;
    }
    raw_swap(raw, index);
    return true;
}

/* One turn: push, dup of the seventh, swap with the third, two pops that are added. */
#define TURN(name, type, begin, push, pop, dup, swap)                                              \
    static uint64_t name(void *context, uint64_t iterations) {                                     \
        type *s = context;                                                                         \
        word a = {{0, 1, 2, 3}};                                                                   \
        word b = a;                                                                                \
        uint64_t sum = 0;                                                                          \
        size_t seventh = 6;                                                                        \
        size_t third = 2;                                                                          \
        begin;                                                                                     \
        for (unsigned i = 0; i < HEIGHT; i++) {                                                    \
            (void)push(s, &a);                                                                     \
        }                                                                                          \
        for (uint64_t i = 0; i < iterations; i++) {                                                \
            BENCH_HIDE(seventh);                                                                   \
            BENCH_HIDE(third);                                                                     \
            a.limbs[0] = i;                                                                        \
            (void)push(s, &a);                                                                     \
            BENCH_KEEP(s);                                                                         \
            (void)dup(s, seventh);                                                                 \
            BENCH_KEEP(s);                                                                         \
            (void)swap(s, third);                                                                  \
            BENCH_KEEP(s);                                                                         \
            (void)pop(s, &b);                                                                      \
            BENCH_KEEP(s);                                                                         \
            sum += b.limbs[0] + b.limbs[3];                                                        \
            (void)pop(s, &b);                                                                      \
            BENCH_KEEP(s);                                                                         \
            sum += b.limbs[0];                                                                     \
        }                                                                                          \
        return sum;                                                                                \
    }

TURN(checked, stack, (void)stack_init(s), stack_push, stack_pop, stack_dup, stack_swap)
TURN(fast, stack, (void)stack_init(s), stack_push_fast, stack_pop_fast, stack_dup_fast,
     stack_swap_fast)
TURN(raw, raw_stack, s->height = 0, raw_push, raw_pop, raw_dup, raw_swap)
TURN(even, raw_stack, s->height = 0, even_push, even_pop, even_dup, even_swap)

static CH_ALIGNED(64) stack ours;
static CH_ALIGNED(64) raw_stack bound;

BENCH_GROUP(lifo_turn_checked) {
    ch_bench_add("cold", checked, &ours);
    ch_bench_expect_no_heap();
    ch_bench_add("raw, checked", even, &bound);
    ch_bench_target_ratio("five checked calls", "raw, checked", 1.1);
    ch_bench_run();
}

BENCH_GROUP(lifo_turn_unchecked) {
    ch_bench_add("cold, _fast", fast, &ours);
    ch_bench_expect_no_heap();
    ch_bench_add("raw", raw, &bound);
    ch_bench_target_ratio("five unchecked calls", "raw", 1.1);
    ch_bench_run();
}
