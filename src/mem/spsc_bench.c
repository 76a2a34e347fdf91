/* What it costs to hand an item of 8 or 64 bytes to another core: one by one, published by 64, and
 * there and back, beside a bare cache line that goes to and fro in the same run. */
#define _GNU_SOURCE
#include "mem/pair_rig.h"

#include "mem/ck_rig.h"

/* A ring of wide items that fits the first cache is slower than one that does not: each line is
 * then fetched out of the other processor's first cache (docs/design/025-rings.md). */
enum { PLACES = 1024, PLACES_LARGE = 4096, BATCH = 64 };

#define CH_SPSC_NAME narrow
#define CH_SPSC_TYPE uint64_t
#define CH_SPSC_CAP  PLACES
#include <coldheap/tmpl/spsc.h>

#define CH_SPSC_NAME wide
#define CH_SPSC_TYPE pair_item
#define CH_SPSC_CAP  PLACES
#include <coldheap/tmpl/spsc.h>

#define CH_SPSC_NAME large
#define CH_SPSC_TYPE pair_item
#define CH_SPSC_CAP  PLACES_LARGE
#include <coldheap/tmpl/spsc.h>

static large large_out;
static narrow narrow_out, narrow_home;
static wide wide_out, wide_home;

static bool begin(void) {
    return narrow_init(&narrow_out) == CH_OK && narrow_init(&narrow_home) == CH_OK &&
           wide_init(&wide_out) == CH_OK && wide_init(&wide_home) == CH_OK &&
           large_init(&large_out) == CH_OK && pair_begin();
}

/* ---- One by one -------------------------------------------------------------------------------
 */

CH_INLINE int push_8(void *ring, const pair_item *item) {
    return narrow_push(ring, &item->words[0]);
}

CH_INLINE int pop_8(void *ring, pair_item *item) {
    return narrow_pop(ring, &item->words[0]);
}

CH_INLINE int push_64(void *ring, const pair_item *item) {
    return wide_push(ring, item);
}

CH_INLINE int pop_64(void *ring, pair_item *item) {
    return wide_pop(ring, item);
}

static void single_8_produce(uint64_t count) {
    pair_produce(push_8, &narrow_out, count);
}

static uint64_t single_8_consume(uint64_t count) {
    return pair_consume(pop_8, &narrow_out, 1, count);
}

static void single_64_produce(uint64_t count) {
    pair_produce(push_64, &wide_out, count);
}

static uint64_t single_64_consume(uint64_t count) {
    return pair_consume(pop_64, &wide_out, 8, count);
}

static pair_rival single_8 = {single_8_produce, single_8_consume};
static pair_rival single_64 = {single_64_produce, single_64_consume};

/* ---- Published by 64 --------------------------------------------------------------------------
 */

static void batch_8_produce(uint64_t count) {
    for (uint64_t next = 0; next < count;) {
        size_t room = 0;
        size_t wanted = count - next < BATCH ? (size_t)(count - next) : BATCH;
        uint64_t *places = NULL;
        PAIR_UNTIL((places = narrow_reserve(&narrow_out, wanted, &room)) != NULL, PAIR_PATIENT);
        for (size_t i = 0; i < room; i++) {
            places[i] = next + i;
        }
        (void)narrow_publish(&narrow_out, room);
        next += room;
    }
}

static uint64_t batch_8_consume(uint64_t count) {
    uint64_t sum = 0;
    for (uint64_t next = 0; next < count;) {
        size_t ready = 0;
        const uint64_t *places = NULL;
        PAIR_UNTIL((places = narrow_claim(&narrow_out, BATCH, &ready)) != NULL, PAIR_PATIENT);
        for (size_t i = 0; i < ready; i++) {
            sum += pair_share(&places[i], 1, next + i);
        }
        (void)narrow_consume(&narrow_out, ready);
        next += ready;
    }
    return sum;
}

/* The same over two sizes of ring. */
#define BATCH_64(name, type, ring)                                                                 \
    static void name##_produce(uint64_t count) {                                                   \
        pair_item item = {{0}};                                                                    \
        for (uint64_t next = 0; next < count;) {                                                   \
            size_t room = 0;                                                                       \
            size_t wanted = count - next < BATCH ? (size_t)(count - next) : BATCH;                 \
            pair_item *places = NULL;                                                              \
            PAIR_UNTIL((places = type##_reserve(&(ring), wanted, &room)) != NULL, PAIR_PATIENT);   \
            for (size_t i = 0; i < room; i++) {                                                    \
                item.words[0] = next + i;                                                          \
                places[i] = item;                                                                  \
            }                                                                                      \
            (void)type##_publish(&(ring), room);                                                   \
            next += room;                                                                          \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static uint64_t name##_consume(uint64_t count) {                                               \
        uint64_t sum = 0;                                                                          \
        for (uint64_t next = 0; next < count;) {                                                   \
            size_t ready = 0;                                                                      \
            const pair_item *places = NULL;                                                        \
            PAIR_UNTIL((places = type##_claim(&(ring), BATCH, &ready)) != NULL, PAIR_PATIENT);     \
            for (size_t i = 0; i < ready; i++) {                                                   \
                sum += pair_share(places[i].words, 8, next + i);                                   \
            }                                                                                      \
            (void)type##_consume(&(ring), ready);                                                  \
            next += ready;                                                                         \
        }                                                                                          \
        return sum;                                                                                \
    }                                                                                              \
                                                                                                   \
    static pair_rival name = {name##_produce, name##_consume};

BATCH_64(batch_64, large, large_out)
BATCH_64(batch_64_small, wide, wide_out)

/* Copied from and to rows of the caller's. */
static void copied_64_produce(uint64_t count) {
    static pair_item row[BATCH];
    for (uint64_t next = 0; next < count;) {
        size_t wanted = count - next < BATCH ? (size_t)(count - next) : BATCH;
        size_t taken = 0;
        for (size_t i = 0; i < wanted; i++) {
            row[i].words[0] = next + i;
        }
        PAIR_UNTIL((taken += large_push_n(&large_out, row + taken, wanted - taken)) == wanted,
                   PAIR_PATIENT);
        next += wanted;
    }
}

static uint64_t copied_64_consume(uint64_t count) {
    static pair_item row[BATCH];
    uint64_t sum = 0;
    for (uint64_t next = 0; next < count;) {
        size_t given = 0;
        PAIR_UNTIL((given = large_pop_n(&large_out, row, BATCH)) != 0, PAIR_PATIENT);
        for (size_t i = 0; i < given; i++) {
            sum += pair_share(row[i].words, 8, next + i);
        }
        next += given;
    }
    return sum;
}

static pair_rival copied_64 = {copied_64_produce, copied_64_consume};

/* The bound: an array of items and two words, published by 64, nothing checked but room. */
static struct raw_ring {
    CH_ALIGNED(CH_LINE_PAIR) size_t tail;
    CH_ALIGNED(CH_LINE_PAIR) size_t head;
    CH_ALIGNED(CH_LINE_PAIR) uint64_t narrow[PLACES];
    CH_ALIGNED(CH_LINE_PAIR) pair_item wide[PLACES_LARGE];
} raw;

/* Calls `count` in rounds of at most `batch` that never meet the end of the array. */
CH_INLINE size_t raw_round(size_t batch, uint64_t next, uint64_t count) {
    const uint64_t left = count - next;
    const uint64_t row = batch - next % batch;
    return (size_t)(left < row ? left : row);
}

CH_INLINE void raw_produce(bool is_wide, size_t places, size_t batch, uint64_t count) {
    pair_item item = {{0}};
    size_t head = 0;
    for (uint64_t next = 0; next < count;) {
        const size_t n = raw_round(batch, next, count);
        if (next + n - head > places) {
            PAIR_UNTIL(next + n - (head = ch_atomic_load_acquire(&raw.head)) <= places,
                       PAIR_PATIENT);
        }
        for (size_t i = 0; i < n; i++) {
            item.words[0] = next + i;
            if (is_wide) {
                raw.wide[(next + i) % places] = item;
            } else {
                raw.narrow[(next + i) % places] = next + i;
            }
        }
        next += n;
        ch_atomic_store_release(&raw.tail, (size_t)next);
    }
}

CH_INLINE uint64_t raw_consume(bool is_wide, size_t places, size_t batch, uint64_t count) {
    uint64_t sum = 0;
    size_t tail = 0;
    for (uint64_t next = 0; next < count;) {
        const size_t n = raw_round(batch, next, count);
        if (tail < next + n) {
            PAIR_UNTIL((tail = ch_atomic_load_acquire(&raw.tail)) >= next + n, PAIR_PATIENT);
        }
        for (size_t i = 0; i < n; i++) {
            const size_t at = (size_t)(next + i) % places;
            sum += is_wide ? pair_share(raw.wide[at].words, 8, next + i)
                           : pair_share(&raw.narrow[at], 1, next + i);
        }
        next += n;
        ch_atomic_store_release(&raw.head, (size_t)next);
    }
    return sum;
}

/* Both indices at 0 again when the consumer is through: it is the last to touch them. */
static uint64_t raw_end(uint64_t sum) {
    ch_atomic_store_release(&raw.tail, 0);
    ch_atomic_store_release(&raw.head, 0);
    return sum;
}

#define RAW(name, is_wide, places, batch)                                                          \
    static void name##_produce(uint64_t count) {                                                   \
        raw_produce((is_wide), (places), (batch), count);                                          \
    }                                                                                              \
                                                                                                   \
    static uint64_t name##_consume(uint64_t count) {                                               \
        return raw_end(raw_consume((is_wide), (places), (batch), count));                          \
    }                                                                                              \
                                                                                                   \
    static pair_rival name = {name##_produce, name##_consume};

RAW(raw_8, false, PLACES, BATCH)
RAW(raw_8_single, false, PLACES, 1)
RAW(raw_64, true, PLACES_LARGE, BATCH)
RAW(raw_64_small, true, PLACES, BATCH)
RAW(raw_64_single, true, PLACES, 1)

static pair_rival batch_8 = {batch_8_produce, batch_8_consume};

/* ---- There and back ---------------------------------------------------------------------------
 */

static void trip_8_produce(uint64_t count) {
    pair_ask(push_8, &narrow_out, pop_8, &narrow_home, count);
}

static uint64_t trip_8_consume(uint64_t count) {
    return pair_answer(pop_8, &narrow_out, push_8, &narrow_home, count);
}

static void trip_64_produce(uint64_t count) {
    pair_ask(push_64, &wide_out, pop_64, &wide_home, count);
}

static uint64_t trip_64_consume(uint64_t count) {
    return pair_answer(pop_64, &wide_out, push_64, &wide_home, count);
}

static pair_rival trip_8 = {trip_8_produce, trip_8_consume};
static pair_rival trip_64 = {trip_64_produce, trip_64_consume};

#ifdef COLDHEAP_CK

static ck_words ck_second;

CH_INLINE int ck_push_8(void *ring, const pair_item *item) {
    return ck_push(CK_SPSC, ring, item);
}

CH_INLINE int ck_pop_8(void *ring, pair_item *item) {
    return ck_pop(CK_SPSC, ring, item);
}

static void ck_8_produce(uint64_t count) {
    pair_produce(ck_push_8, &ck_first, count);
}

static uint64_t ck_8_consume(uint64_t count) {
    return pair_consume(ck_pop_8, &ck_first, 1, count);
}

static void ck_trip_produce(uint64_t count) {
    pair_ask(ck_push_8, &ck_first, ck_pop_8, &ck_second, count);
}

static uint64_t ck_trip_consume(uint64_t count) {
    return pair_answer(ck_pop_8, &ck_first, ck_push_8, &ck_second, count);
}

static pair_rival ck_8 = {ck_8_produce, ck_8_consume};
static pair_rival ck_trip = {ck_trip_produce, ck_trip_consume};

#endif

/* The bare lines: a word each way that the other thread answers; and one word for both ways. */
static CH_ALIGNED(CH_LINE_PAIR) size_t ping;
static CH_ALIGNED(CH_LINE_PAIR) size_t pong;

static void lines_produce(uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        ch_atomic_store_release(&ping, (size_t)i + 1);
        PAIR_UNTIL(ch_atomic_load_acquire(&pong) == i + 1, PAIR_EAGER);
    }
    ch_atomic_store_release(&pong, 0);
}

static uint64_t lines_consume(uint64_t count) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        PAIR_UNTIL(ch_atomic_load_acquire(&ping) == i + 1, PAIR_EAGER);
        sum += pair_share(&i, 1, i);
        ch_atomic_store_release(&pong, (size_t)i + 1);
    }
    return sum;
}

static pair_rival lines = {lines_produce, lines_consume};

static void line_produce(uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        ch_atomic_store_release(&ping, 2 * (size_t)i + 1);
        PAIR_UNTIL(ch_atomic_load_acquire(&ping) == 2 * i + 2, PAIR_EAGER);
    }
}

static uint64_t line_consume(uint64_t count) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        PAIR_UNTIL(ch_atomic_load_acquire(&ping) == 2 * i + 1, PAIR_EAGER);
        sum += pair_share(&i, 1, i);
        ch_atomic_store_release(&ping, 2 * (size_t)i + 2);
    }
    return sum;
}

static pair_rival line = {line_produce, line_consume};

/* ---- Groups -----------------------------------------------------------------------------------
 */

/* Ours beside the raw loop, which is the bound. */
static void add_pair(pair_rival *ours, pair_rival *bound, const char *what, double limit) {
    ch_bench_add("cold", pair_body, ours);
    ch_bench_expect_no_heap();
    ch_bench_add("raw", pair_body, bound);
    ch_bench_target_ratio(what, "raw", limit);
}

BENCH_GROUP(spsc_single_8) {
    if (begin()) {
        add_pair(&single_8, &raw_8_single, "8 bytes, one by one", 1.1);
#ifdef COLDHEAP_CK
        ck_begin(&ck_first);
        ch_bench_add("ck", pair_body, &ck_8);
        ch_bench_target_ratio("8 bytes, one by one", "ck", 1.0);
#else
        ck_absent();
#endif
        ch_bench_run();
        pair_end();
    }
}

BENCH_GROUP(spsc_single_64) {
    if (begin()) {
        add_pair(&single_64, &raw_64_single, "64 bytes, one by one", 1.1);
        ch_bench_run();
        pair_end();
    }
}

BENCH_GROUP(spsc_batch_8) {
    if (begin()) {
        add_pair(&batch_8, &raw_8, "8 bytes, published by 64", 1.05);
        ch_bench_run();
        pair_end();
    }
}

static void batches_64(pair_rival *ours, pair_rival *copied, pair_rival *bound) {
    if (begin()) {
        add_pair(ours, bound, "64 bytes, published by 64", 1.05);
        if (copied != NULL) {
            ch_bench_add("cold, copied", pair_body, copied);
        }
        ch_bench_run();
        pair_end();
    }
}

BENCH_GROUP(spsc_batch_64) {
    batches_64(&batch_64, &copied_64, &raw_64);
}

BENCH_GROUP(spsc_batch_64_of_1024) {
    batches_64(&batch_64_small, NULL, &raw_64_small);
}

/* An item of 64 bytes is a line more each way than the bare words: only that of 8 is held to them.
 */
static void round_trip(pair_rival *rival, bool judged) {
    if (begin()) {
        ch_bench_add("cold", pair_body, rival);
        ch_bench_expect_no_heap();
        ch_bench_add("two lines", pair_body, &lines);
        ch_bench_add("one line", pair_body, &line);
        if (judged) {
            ch_bench_target_ratio("round trip to bare lines", "two lines", 1.6);
        }
#ifdef COLDHEAP_CK
        ck_begin(&ck_first);
        ck_begin(&ck_second);
        ch_bench_add("ck, 8 bytes", pair_body, &ck_trip);
#else
        ck_absent();
#endif
        ch_bench_run();
        pair_end();
    }
}

BENCH_GROUP(spsc_round_trip_8) {
    round_trip(&trip_8, true);
}

BENCH_GROUP(spsc_round_trip_64) {
    round_trip(&trip_64, false);
}
