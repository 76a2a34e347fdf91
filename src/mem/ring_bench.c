/* ring_bench.c: one item in and the oldest out of a half full queue of one thread, items of 8 and
 * of 64 bytes, 1000 places: ours with all its checks; a raw loop with the same checks and no more;
 * an unchecked one over 1024 places with a mask; and one that divides, as queues of any size often
 * do. */
#include <stdint.h>
#include <string.h>

#include "bench.h"

enum { PLACES = 1000, PLACES_MASKED = 1024 };

typedef struct wide_item {
    uint64_t words[8];
} wide_item;

#define CH_RING_NAME narrow
#define CH_RING_TYPE uint64_t
#define CH_RING_CAP  PLACES
#include <coldheap/tmpl/ring.h>

#define CH_RING_NAME wide
#define CH_RING_TYPE wide_item
#define CH_RING_CAP  PLACES
#include <coldheap/tmpl/ring.h>

/* The raw loops over items of any type: `fits` and `next` are expressions over ring and position.
 */
#define RAW(name, type, places, full, empty, next)                                                 \
    typedef struct name {                                                                          \
        size_t head;                                                                               \
        size_t tail;                                                                               \
        size_t count;                                                                              \
        type items[places];                                                                        \
    } name;                                                                                        \
    static inline bool name##_push(name *ring, const type *item) {                                 \
        if (full) {                                                                                \
            return false;                                                                          \
        }                                                                                          \
        const size_t at = ring->tail;                                                              \
        ring->items[at] = *item;                                                                   \
        ring->tail = (next);                                                                       \
        ring->count++;                                                                             \
        return true;                                                                               \
    }                                                                                              \
    static inline bool name##_pop(name *ring, type *item) {                                        \
        if (empty) {                                                                               \
            return false;                                                                          \
        }                                                                                          \
        const size_t at = ring->head;                                                              \
        *item = ring->items[at];                                                                   \
        ring->head = (next);                                                                       \
        ring->count--;                                                                             \
        return true;                                                                               \
    }

#define FULL  ring->count == PLACES
#define EMPTY ring->count == 0
#define WRAP  at + 1 == PLACES ? 0 : at + 1
RAW(raw_narrow, uint64_t, PLACES, FULL, EMPTY, WRAP)
RAW(raw_wide, wide_item, PLACES, FULL, EMPTY, WRAP)
RAW(masked_narrow, uint64_t, PLACES_MASKED, false, false, (at + 1) % PLACES_MASKED)
RAW(masked_wide, wide_item, PLACES_MASKED, false, false, (at + 1) % PLACES_MASKED)

/* The number of places is not known to the compiler. */
static size_t divisor = PLACES;
RAW(divided_narrow, uint64_t, PLACES, FULL, EMPTY, (at + 1) % divisor)
RAW(divided_wide, wide_item, PLACES, FULL, EMPTY, (at + 1) % divisor)

/* A body: half the places are filled, then one in, one out; the object is believed to be read in
 * between, as it is where a push is one step of many. */
#define BODY(name, type, begin, first_word)                                                        \
    static uint64_t name##_turns(void *context, uint64_t iterations) {                             \
        name *ring = context;                                                                      \
        type item;                                                                                 \
        uint64_t sum = 0;                                                                          \
        memset(&item, 0, sizeof item);                                                             \
        begin;                                                                                     \
        for (unsigned i = 0; i < PLACES / 2; i++) {                                                \
            (void)name##_push(ring, &item);                                                        \
        }                                                                                          \
        for (uint64_t i = 0; i < iterations; i++) {                                                \
            first_word = i;                                                                        \
            (void)name##_push(ring, &item);                                                        \
            BENCH_KEEP(ring);                                                                      \
            (void)name##_pop(ring, &item);                                                         \
            BENCH_KEEP(ring);                                                                      \
            sum += first_word;                                                                     \
        }                                                                                          \
        return sum;                                                                                \
    }

#define RAW_BEGIN ring->head = ring->tail = ring->count = 0
BODY(narrow, uint64_t, (void)narrow_init(ring), item)
BODY(raw_narrow, uint64_t, RAW_BEGIN, item)
BODY(masked_narrow, uint64_t, RAW_BEGIN, item)
BODY(divided_narrow, uint64_t, RAW_BEGIN, item)
BODY(wide, wide_item, (void)wide_init(ring), item.words[0])
BODY(raw_wide, wide_item, RAW_BEGIN, item.words[0])
BODY(masked_wide, wide_item, RAW_BEGIN, item.words[0])
BODY(divided_wide, wide_item, RAW_BEGIN, item.words[0])

#define COMPARE(type)                                                                              \
    static type ours;                                                                              \
    static raw_##type raw;                                                                         \
    static masked_##type masked;                                                                   \
    static divided_##type divided;                                                                 \
    ch_bench_add("cold", type##_turns, &ours);                                                     \
    ch_bench_expect_no_heap();                                                                     \
    ch_bench_add("raw, checked", raw_##type##_turns, &raw);                                        \
    ch_bench_target_ratio("one in, one out", "raw, checked", 1.05);                                \
    ch_bench_add("raw, masked", masked_##type##_turns, &masked);                                   \
    ch_bench_add("raw, divided", divided_##type##_turns, &divided);                                \
    (void)ch_bench_run()

BENCH_GROUP(ring_turn_8) {
    COMPARE(narrow);
}

BENCH_GROUP(ring_turn_64) {
    COMPARE(wide);
}
