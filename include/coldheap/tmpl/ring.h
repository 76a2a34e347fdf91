/** ring.h: a queue of fixed capacity for one thread, as an include-template: oldest out first, and
 *  either an answer when it is full or the oldest dropped for the newest, as the caller chooses.
 *
 *      #define CH_RING_NAME samples             // type and prefix of the functions
 *      #define CH_RING_TYPE sample
 *      #define CH_RING_CAP  100                 // any number; leave out: capacity at init, memory
 *      #include <coldheap/tmpl/ring.h>          // of the caller's
 *
 *        items  | 7 8 . . . 3 4 5 6 |           all places are usable; the queue lies in one or two
 *                     ^     ^                   rows; the tail follows from head and count, and is
 *                   tail   head                 kept so that no call computes it
 *
 *  The parameters are undefined at the end. What the instance `samples` offers:
 *
 *    samples_align(), samples_footprint(capacity)   memory that init takes; 0 on overflow
 *    samples_init(r, memory, size, capacity)        CH_EINVAL CH_EALIGN CH_EFULL; with CH_RING_CAP:
 *                                                   init(r). Capacity 0 is valid, without memory
 *    samples_push(r, &item)         CH_OK, CH_EFULL
 *    samples_push_over(r, &item)    drops the oldest if full, and counts it; CH_EFULL only if the
 *                                   capacity is 0
 *    samples_pop(r, &item)          CH_OK, CH_EEMPTY; &item may be NULL
 *    samples_peek(r, &item)         reads the oldest; CH_EEMPTY
 *    samples_get(r, index)          the item `index` after the oldest, NULL if index >= count
 *    samples_reserve(r, &room)      first of `room` free places in a row to fill, NULL if full;
 *                                   fewer than remaining if the row meets the end of the array
 *    samples_commit(r, n)           the first n of them are pushed; CH_ERANGE if n > room
 *    samples_peek_span(r, &ready)   first of `ready` items in a row, the oldest ones, NULL if empty
 *    samples_consume(r, n)          the n oldest are gone; CH_ERANGE if n > count
 *    samples_clear(r), _count, _capacity, _remaining, _full, _empty
 *    samples_dropped(r)             items that push_over dropped since init
 *    samples_check(r, &invariant)   CH_OK or CH_ECORRUPT: 1 capacity, 2 count, 3 head or tail
 *
 *  Pointers to items stay valid until the item is popped, consumed or dropped. Items that were
 * never pushed are not initialised. All O(1), without division. One thread at a time; between two
 * threads see spsc.h. */
#include <coldheap/arith.h>
#include <coldheap/status.h>
#include <coldheap/tmpl/join.h>

#ifndef CH_RING_NAME
#error "ring.h: CH_RING_NAME must name the instance"
#endif
#ifndef CH_RING_TYPE
#error "ring.h: CH_RING_TYPE must be the type of the items"
#endif

#define CHI_(suffix) CH_JOIN(CH_RING_NAME, suffix)

typedef struct CH_RING_NAME {
    size_t head;
    size_t tail;
    size_t count;
    uint64_t dropped;
#ifdef CH_RING_CAP
    CH_RING_TYPE items[(CH_RING_CAP) > 0 ? (CH_RING_CAP) : 1];
#else
    size_t capacity;
    CH_RING_TYPE *items;
#endif
} CH_RING_NAME;

#ifdef CH_RING_CAP

static inline ch_status CHI_(_init)(CH_RING_NAME *ring) {
    if (ring == NULL) {
        return CH_EINVAL;
    }
    ring->head = 0;
    ring->tail = 0;
    ring->count = 0;
    ring->dropped = 0;
    return CH_OK;
}

static inline size_t CHI_(_capacity)(const CH_RING_NAME *ring) {
    (void)ring;
    return (CH_RING_CAP);
}

#else

static inline size_t CHI_(_align)(void) {
    return CH_ALIGNOF(CH_RING_TYPE);
}

static inline size_t CHI_(_footprint)(size_t capacity) {
    size_t total = 0;
    return ch_size_mul(&total, capacity, sizeof(CH_RING_TYPE)) ? total : 0;
}

static inline ch_status CHI_(_init)(CH_RING_NAME *ring, void *memory, size_t size_bytes,
                                    size_t capacity) {
    size_t need = 0;
    if (ring == NULL || (memory == NULL && capacity != 0) ||
        !ch_size_mul(&need, capacity, sizeof(CH_RING_TYPE))) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, CHI_(_align)()) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < need) {
        return CH_EFULL;
    }
    ring->head = 0;
    ring->tail = 0;
    ring->count = 0;
    ring->dropped = 0;
    ring->capacity = capacity;
    ring->items = (CH_RING_TYPE *)memory;
    return CH_OK;
}

static inline size_t CHI_(_capacity)(const CH_RING_NAME *ring) {
    return ring->capacity;
}

#endif

static inline size_t CHI_(_count)(const CH_RING_NAME *ring) {
    return ring->count;
}

static inline size_t CHI_(_remaining)(const CH_RING_NAME *ring) {
    return CHI_(_capacity)(ring) - ring->count;
}

static inline bool CHI_(_full)(const CH_RING_NAME *ring) {
    return ring->count >= CHI_(_capacity)(ring);
}

static inline bool CHI_(_empty)(const CH_RING_NAME *ring) {
    return ring->count == 0;
}

static inline uint64_t CHI_(_dropped)(const CH_RING_NAME *ring) {
    return ring->dropped;
}

/* The place `offset` after the oldest item; offset <= capacity. Written so that nothing overflows
 * for any capacity. */
static inline size_t CHI_(_place)(const CH_RING_NAME *ring, size_t offset) {
    size_t row = CHI_(_capacity)(ring) - ring->head;
    return offset < row ? ring->head + offset : offset - row;
}

static inline CH_RING_TYPE *CHI_(_get)(const CH_RING_NAME *ring, size_t index) {
    return CH_LIKELY(index < ring->count) ? (CH_RING_TYPE *)&ring->items[CHI_(_place)(ring, index)]
                                          : NULL;
}

/* The place after `place`. */
static inline size_t CHI_(_following)(const CH_RING_NAME *ring, size_t place) {
    return place + 1 == CHI_(_capacity)(ring) ? 0 : place + 1;
}

static inline void CHI_(_drop)(CH_RING_NAME *ring, size_t n) {
    ring->head = CHI_(_place)(ring, n);
    ring->count -= n;
}

static inline ch_status CHI_(_push)(CH_RING_NAME *ring, const CH_RING_TYPE *item) {
    if (CH_UNLIKELY(CHI_(_full)(ring))) {
        return CH_EFULL;
    }
    ring->items[ring->tail] = *item;
    ring->tail = CHI_(_following)(ring, ring->tail);
    ring->count++;
    return CH_OK;
}

static inline ch_status CHI_(_push_over)(CH_RING_NAME *ring, const CH_RING_TYPE *item) {
    if (CHI_(_full)(ring)) {
        if (ring->count == 0) {
            return CH_EFULL;
        }
        CH_RING_TYPE copy = *item; /* it may be the one that goes */
        CHI_(_drop)(ring, 1);
        ring->dropped++;
        return CHI_(_push)(ring, &copy);
    }
    return CHI_(_push)(ring, item);
}

static inline ch_status CHI_(_peek)(const CH_RING_NAME *ring, CH_RING_TYPE *item) {
    if (CH_UNLIKELY(ring->count == 0)) {
        return CH_EEMPTY;
    }
    *item = ring->items[ring->head];
    return CH_OK;
}

static inline ch_status CHI_(_pop)(CH_RING_NAME *ring, CH_RING_TYPE *item) {
    if (CH_UNLIKELY(ring->count == 0)) {
        return CH_EEMPTY;
    }
    if (item != NULL) {
        *item = ring->items[ring->head];
    }
    ring->head = CHI_(_following)(ring, ring->head);
    ring->count--;
    return CH_OK;
}

/* How many of `n` places from `place` on lie before the end of the array. */
static inline size_t CHI_(_in_a_row)(const CH_RING_NAME *ring, size_t place, size_t n) {
    size_t row = CHI_(_capacity)(ring) - place;
    return n < row ? n : row;
}

static inline CH_RING_TYPE *CHI_(_reserve)(CH_RING_NAME *ring, size_t *room) {
    *room = CHI_(_in_a_row)(ring, ring->tail, CHI_(_remaining)(ring));
    return *room > 0 ? &ring->items[ring->tail] : NULL;
}

static inline ch_status CHI_(_commit)(CH_RING_NAME *ring, size_t n) {
    size_t room = 0;
    (void)CHI_(_reserve)(ring, &room);
    if (n > room) {
        return CH_ERANGE;
    }
    ring->count += n;
    ring->tail = CHI_(_place)(ring, ring->count);
    return CH_OK;
}

static inline CH_RING_TYPE *CHI_(_peek_span)(const CH_RING_NAME *ring, size_t *ready) {
    *ready = CHI_(_in_a_row)(ring, ring->head, ring->count);
    return *ready > 0 ? (CH_RING_TYPE *)&ring->items[ring->head] : NULL;
}

static inline ch_status CHI_(_consume)(CH_RING_NAME *ring, size_t n) {
    if (n > ring->count) {
        return CH_ERANGE;
    }
    CHI_(_drop)(ring, n);
    return CH_OK;
}

static inline void CHI_(_clear)(CH_RING_NAME *ring) {
    ring->head = 0;
    ring->tail = 0;
    ring->count = 0;
}

static inline ch_status CHI_(_check)(const CH_RING_NAME *ring, unsigned *invariant) {
    size_t capacity = CHI_(_capacity)(ring);
    unsigned broken = 0;
    bool placed = true;
#ifndef CH_RING_CAP
    placed = capacity == 0 || ring->items != NULL;
#endif
    if (capacity > SIZE_MAX / sizeof(CH_RING_TYPE) || !placed) {
        broken = 1;
    } else if (ring->count > capacity) {
        broken = 2;
    } else if ((ring->head >= capacity && ring->head != 0) ||
               ring->tail != CHI_(_place)(ring, ring->count)) {
        broken = 3;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}

#undef CHI_
#undef CH_RING_NAME
#undef CH_RING_TYPE
#ifdef CH_RING_CAP
#undef CH_RING_CAP
#endif
