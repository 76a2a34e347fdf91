/** spsc.h: a ring of events from one thread to one other, as an include-template. Nothing waits:
 *  full and empty are answers.
 *
 *      #define CH_SPSC_NAME events              // type and prefix of the functions
 *      #define CH_SPSC_TYPE event
 *      #define CH_SPSC_CAP  1024                // power of two, all usable; leave out: capacity at
 *      #include <coldheap/tmpl/spsc.h>          // init, caller's memory
 *
 *        items  | . . 5 6 7 8 . . |     head <= tail <= head + capacity, both count for ever and
 *                     ^       ^         wrap; each side works on a copy of the other's index and
 *                   head     tail       looks at the original only when the copy says full or empty
 *
 *  The parameters are undefined at the end. What the instance `events` offers:
 *
 *    events_align(), events_footprint(capacity)   memory that init takes; 0 unless a power of two
 *    events_init(r, memory, size, capacity)       CH_EINVAL CH_EALIGN CH_EFULL; with CH_SPSC_CAP:
 *                                                 init(r). Also CH_EALIGN: r itself, see below
 *    producer's side, one thread:
 *    events_push(r, &item)          CH_OK, CH_EFULL
 *    events_push_n(r, items, n)     how many of the n were taken, 0 to n; published together
 *    events_reserve(r, n, &room)    first of `room` free places in a row to fill in place: at least
 *                                   1 and at most n, fewer at the end of the array; NULL if full
 *    events_publish(r, n)           the first n of them become visible; CH_ERANGE if n > room
 *    consumer's side, one thread:
 *    events_pop(r, &item)           CH_OK, CH_EEMPTY
 *    events_pop_n(r, items, n)      how many items were given, 0 to n
 *    events_claim(r, n, &ready)     first of `ready` items in a row to read in place; NULL if empty
 *    events_consume(r, n)           the first n of them are given back; CH_ERANGE if n > ready
 *    both sides:
 *    events_capacity(r), events_count(r), _empty, _full, _remaining
 *                                   a snapshot: from the producer's thread the ring is at most that
 *                                   full, from the consumer's at least
 *    while neither side is in use:
 *    events_reset(r)                empty, sides without owner; events_check(r, &invariant) CH_OK
 *                                   or CH_ECORRUPT: 1 capacity, 2 head and tail, 3 a side's copy
 *    events_start(r, index)         reset, counting from `index` (tests of the wrap)
 *
 *  A second thread on a side is misuse: CH_ETHREAD in verify builds, elsewhere undefined. The first
 *  thread that uses a side owns it until reset. The object is aligned to CH_LINE_PAIR, as are the
 *  items; take care if it lies in memory of your own. All O(1) plus copying; cost: spsc bench. */
#include <string.h>

#include <coldheap/event_ring.h>
#include <coldheap/tmpl/join.h>

#ifndef CH_SPSC_NAME
#error "spsc.h: CH_SPSC_NAME must name the instance"
#endif
#ifndef CH_SPSC_TYPE
#error "spsc.h: CH_SPSC_TYPE must be the type of the events"
#endif

#define CHI_(suffix) CH_JOIN(CH_SPSC_NAME, suffix)

#ifdef CH_SPSC_CAP
CH_STATIC_ASSERT((CH_SPSC_CAP) > 0 && ((CH_SPSC_CAP) & ((CH_SPSC_CAP)-1)) == 0,
                 "spsc.h: CH_SPSC_CAP must be a power of two");
#endif

/* What one side alone uses. */
typedef struct CHI_(_side) {
    size_t at;    /* its own index */
    size_t limit; /* how far it may go, by the last look at the other's index */
#ifndef CH_SPSC_CAP
    size_t mask;
    CH_SPSC_TYPE *items;
#endif
    ch_ring_side owner;
} CHI_(_side);

/* Four pairs of lines: what each side works with, and what each shows to the other. */
typedef struct CH_ALIGNED(CH_LINE_PAIR) CH_SPSC_NAME {
    CH_ALIGNED(CH_LINE_PAIR) CHI_(_side) producer;
    CH_ALIGNED(CH_LINE_PAIR) size_t tail;
    CH_ALIGNED(CH_LINE_PAIR) CHI_(_side) consumer;
    CH_ALIGNED(CH_LINE_PAIR) size_t head;
#ifdef CH_SPSC_CAP
    CH_ALIGNED(CH_LINE_PAIR) CH_SPSC_TYPE items[CH_SPSC_CAP];
#endif
} CH_SPSC_NAME;

#ifdef CH_SPSC_CAP

static inline size_t CHI_(_capacity)(const CH_SPSC_NAME *ring) {
    (void)ring;
    return (CH_SPSC_CAP);
}

/* The place of index `at`. */
static inline CH_SPSC_TYPE *CHI_(_place)(CH_SPSC_NAME *ring, const CHI_(_side) * side, size_t at) {
    (void)side;
    return &ring->items[at & ((CH_SPSC_CAP)-1)];
}

#else

static inline size_t CHI_(_capacity)(const CH_SPSC_NAME *ring) {
    return ring->producer.mask + 1;
}

static inline CH_SPSC_TYPE *CHI_(_place)(CH_SPSC_NAME *ring, const CHI_(_side) * side, size_t at) {
    (void)ring;
    return &side->items[at & side->mask];
}

#endif

static inline void CHI_(_start)(CH_SPSC_NAME *ring, size_t index) {
    ring->producer.at = index;
    ring->producer.limit = index + CHI_(_capacity)(ring);
    ring->producer.owner.thread = NULL;
    ring->consumer.at = index;
    ring->consumer.limit = index;
    ring->consumer.owner.thread = NULL;
    ch_atomic_store_release(&ring->head, index);
    ch_atomic_store_release(&ring->tail, index);
}

static inline void CHI_(_reset)(CH_SPSC_NAME *ring) {
    CHI_(_start)(ring, 0);
}

#ifdef CH_SPSC_CAP

static inline ch_status CHI_(_init)(CH_SPSC_NAME *ring) {
    if (ring == NULL) {
        return CH_EINVAL;
    }
    if (ch_align_padding(ring, CH_ALIGNOF(CH_SPSC_NAME)) != 0) {
        return CH_EALIGN;
    }
    CHI_(_reset)(ring);
    return CH_OK;
}

#else

static inline size_t CHI_(_align)(void) {
    return CH_ALIGNOF(CH_SPSC_TYPE) > CH_LINE_PAIR ? CH_ALIGNOF(CH_SPSC_TYPE) : CH_LINE_PAIR;
}

static inline size_t CHI_(_footprint)(size_t capacity) {
    size_t total = 0;
    bool fits = ch_is_power_of_two(capacity) && capacity <= SIZE_MAX / 4 &&
                ch_size_mul(&total, capacity, sizeof(CH_SPSC_TYPE)) &&
                ch_size_round_up(&total, total, CH_LINE_PAIR);
    return fits ? total : 0;
}

static inline ch_status CHI_(_init)(CH_SPSC_NAME *ring, void *memory, size_t size_bytes,
                                    size_t capacity) {
    size_t need = CHI_(_footprint)(capacity);
    if (ring == NULL || memory == NULL || need == 0) {
        return CH_EINVAL;
    }
    if (ch_align_padding(ring, CH_ALIGNOF(CH_SPSC_NAME)) != 0 ||
        ch_align_padding(memory, CHI_(_align)()) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < need) {
        return CH_EFULL;
    }
    ring->producer.mask = capacity - 1;
    ring->producer.items = (CH_SPSC_TYPE *)memory;
    ring->consumer.mask = capacity - 1;
    ring->consumer.items = (CH_SPSC_TYPE *)memory;
    CHI_(_reset)(ring);
    return CH_OK;
}

#endif

/* ---- Producer ---------------------------------------------------------------------------------
 */

/* How many places are free, at most `n` looked for: the consumer's index is read only if the copy
 * promises fewer. */
static inline size_t CHI_(_room)(CH_SPSC_NAME *ring, size_t n) {
    size_t room = ring->producer.limit - ring->producer.at;
    if (CH_UNLIKELY(room < n)) {
        ring->producer.limit = ch_atomic_load_acquire(&ring->head) + CHI_(_capacity)(ring);
        room = ring->producer.limit - ring->producer.at;
    }
    return room < n ? room : n;
}

static inline void CHI_(_show)(CH_SPSC_NAME *ring, size_t n) {
    size_t next = ring->producer.at + n;
    ring->producer.at = next;
    ch_atomic_store_release(&ring->tail, next);
}

static inline ch_status CHI_(_push)(CH_SPSC_NAME *ring, const CH_SPSC_TYPE *item) {
    ch_status status = CH_RING_ENTER(&ring->producer.owner, ring, "push");
    if (status != CH_OK) {
        return status;
    }
    if (CH_UNLIKELY(CHI_(_room)(ring, 1) == 0)) {
        return CH_EFULL;
    }
    size_t at = ring->producer.at;
    *CHI_(_place)(ring, &ring->producer, at) = *item;
    /* Four lines ahead: the consumer's copy of them is gone when they are written (spsc bench:
     * single). */
    ch_atomic_want(CHI_(_place)(ring, &ring->producer, at + 255 / sizeof(CH_SPSC_TYPE) + 1));
    CHI_(_show)(ring, 1);
    return CH_OK;
}

/* The part of `n` places from `at` that lies before the end of the array. */
static inline size_t CHI_(_in_a_row)(const CH_SPSC_NAME *ring, size_t at, size_t n) {
    size_t row = CHI_(_capacity)(ring) - (at & (CHI_(_capacity)(ring) - 1));
    return n < row ? n : row;
}

/* Copies items to places in a row. Wide ones one by one: the lines of later places are asked for
 * while the present one is written (spsc bench: copied). */
static inline void CHI_(_write)(CH_SPSC_NAME *ring, size_t at, const CH_SPSC_TYPE *items,
                                size_t n) {
    CH_SPSC_TYPE *places = CHI_(_place)(ring, &ring->producer, at);
    if (sizeof(CH_SPSC_TYPE) < CHI_RING_WIDE) {
        memcpy(places, items, n * sizeof(CH_SPSC_TYPE));
        return;
    }
    for (size_t i = 0; i < n; i++) {
        places[i] = items[i];
        ch_atomic_want(CHI_(_place)(ring, &ring->producer, at + i + CHI_RING_WRITE_AHEAD));
    }
}

static inline size_t CHI_(_push_n)(CH_SPSC_NAME *ring, const CH_SPSC_TYPE *items, size_t n) {
    if (CH_RING_ENTER(&ring->producer.owner, ring, "push_n") != CH_OK) {
        return 0;
    }
    size_t at = ring->producer.at;
    size_t taken = CHI_(_room)(ring, n);
    if (taken == 0) {
        return 0;
    }
    size_t row = CHI_(_in_a_row)(ring, at, taken);
    CHI_(_write)(ring, at, items, row);
    CHI_(_write)(ring, at + row, items + row, taken - row);
    CHI_(_show)(ring, taken);
    return taken;
}

static inline CH_SPSC_TYPE *CHI_(_reserve)(CH_SPSC_NAME *ring, size_t n, size_t *room) {
    *room = 0;
    if (CH_RING_ENTER(&ring->producer.owner, ring, "reserve") != CH_OK) {
        return NULL;
    }
    *room = CHI_(_in_a_row)(ring, ring->producer.at, CHI_(_room)(ring, n));
    return *room > 0 ? CHI_(_place)(ring, &ring->producer, ring->producer.at) : NULL;
}

static inline ch_status CHI_(_publish)(CH_SPSC_NAME *ring, size_t n) {
    ch_status status = CH_RING_ENTER(&ring->producer.owner, ring, "publish");
    if (status != CH_OK) {
        return status;
    }
    size_t room = ring->producer.limit - ring->producer.at;
    if (n > CHI_(_in_a_row)(ring, ring->producer.at, room)) {
        return CH_ERANGE;
    }
    CHI_(_show)(ring, n);
    return CH_OK;
}

/* ---- Consumer ---------------------------------------------------------------------------------
 */

static inline size_t CHI_(_ready)(CH_SPSC_NAME *ring, size_t n) {
    size_t ready = ring->consumer.limit - ring->consumer.at;
    if (CH_UNLIKELY(ready < n)) {
        ring->consumer.limit = ch_atomic_load_acquire(&ring->tail);
        ready = ring->consumer.limit - ring->consumer.at;
    }
    return ready < n ? ready : n;
}

static inline void CHI_(_give_back)(CH_SPSC_NAME *ring, size_t n) {
    size_t next = ring->consumer.at + n;
    ring->consumer.at = next;
    ch_atomic_store_release(&ring->head, next);
}

static inline ch_status CHI_(_pop)(CH_SPSC_NAME *ring, CH_SPSC_TYPE *item) {
    ch_status status = CH_RING_ENTER(&ring->consumer.owner, ring, "pop");
    if (status != CH_OK) {
        return status;
    }
    if (CH_UNLIKELY(CHI_(_ready)(ring, 1) == 0)) {
        return CH_EEMPTY;
    }
    *item = *CHI_(_place)(ring, &ring->consumer, ring->consumer.at);
    CHI_(_give_back)(ring, 1);
    return CH_OK;
}

/* Copies items from places in a row, as `write` does. */
static inline void CHI_(_read)(CH_SPSC_NAME *ring, size_t at, CH_SPSC_TYPE *items, size_t n) {
    const CH_SPSC_TYPE *places = CHI_(_place)(ring, &ring->consumer, at);
    if (sizeof(CH_SPSC_TYPE) < CHI_RING_WIDE) {
        memcpy(items, places, n * sizeof(CH_SPSC_TYPE));
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ch_atomic_near(CHI_(_place)(ring, &ring->consumer, at + i + CHI_RING_READ_AHEAD));
        items[i] = places[i];
    }
}

static inline size_t CHI_(_pop_n)(CH_SPSC_NAME *ring, CH_SPSC_TYPE *items, size_t n) {
    if (CH_RING_ENTER(&ring->consumer.owner, ring, "pop_n") != CH_OK) {
        return 0;
    }
    size_t at = ring->consumer.at;
    size_t given = CHI_(_ready)(ring, n);
    if (given == 0) {
        return 0;
    }
    size_t row = CHI_(_in_a_row)(ring, at, given);
    CHI_(_read)(ring, at, items, row);
    CHI_(_read)(ring, at + row, items + row, given - row);
    CHI_(_give_back)(ring, given);
    return given;
}

static inline const CH_SPSC_TYPE *CHI_(_claim)(CH_SPSC_NAME *ring, size_t n, size_t *ready) {
    *ready = 0;
    if (CH_RING_ENTER(&ring->consumer.owner, ring, "claim") != CH_OK) {
        return NULL;
    }
    *ready = CHI_(_in_a_row)(ring, ring->consumer.at, CHI_(_ready)(ring, n));
    return *ready > 0 ? CHI_(_place)(ring, &ring->consumer, ring->consumer.at) : NULL;
}

static inline ch_status CHI_(_consume)(CH_SPSC_NAME *ring, size_t n) {
    ch_status status = CH_RING_ENTER(&ring->consumer.owner, ring, "consume");
    if (status != CH_OK) {
        return status;
    }
    size_t ready = ring->consumer.limit - ring->consumer.at;
    if (n > CHI_(_in_a_row)(ring, ring->consumer.at, ready)) {
        return CH_ERANGE;
    }
    CHI_(_give_back)(ring, n);
    return CH_OK;
}

/* ---- Both -------------------------------------------------------------------------------------
 */

/* Head first: seen from a third thread the difference may then exceed the capacity, never wrap. */
static inline size_t CHI_(_count)(const CH_SPSC_NAME *ring) {
    size_t head = ch_atomic_load_acquire(&ring->head);
    size_t count = ch_atomic_load_acquire(&ring->tail) - head;
    return count < CHI_(_capacity)(ring) ? count : CHI_(_capacity)(ring);
}

static inline bool CHI_(_empty)(const CH_SPSC_NAME *ring) {
    return CHI_(_count)(ring) == 0;
}

static inline bool CHI_(_full)(const CH_SPSC_NAME *ring) {
    return CHI_(_count)(ring) == CHI_(_capacity)(ring);
}

static inline size_t CHI_(_remaining)(const CH_SPSC_NAME *ring) {
    return CHI_(_capacity)(ring) - CHI_(_count)(ring);
}

static inline ch_status CHI_(_check)(const CH_SPSC_NAME *ring, unsigned *invariant) {
    size_t capacity = CHI_(_capacity)(ring);
    size_t head = ch_atomic_load_acquire(&ring->head);
    size_t tail = ch_atomic_load_acquire(&ring->tail);
    unsigned broken = 0;
    bool same = true;
#ifndef CH_SPSC_CAP
    same = ring->consumer.mask == ring->producer.mask && ring->producer.items != NULL &&
           ring->consumer.items == ring->producer.items;
#endif
    if (!same || !ch_is_power_of_two(capacity)) {
        broken = 1;
    } else if (tail - head > capacity || ring->producer.at != tail || ring->consumer.at != head) {
        broken = 2;
    } else if (head + capacity - ring->producer.limit > capacity ||
               ring->producer.limit - tail > capacity ||
               ring->consumer.limit - head > tail - head) {
        broken = 3;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}

#undef CHI_
#undef CH_SPSC_NAME
#undef CH_SPSC_TYPE
#ifdef CH_SPSC_CAP
#undef CH_SPSC_CAP
#endif
