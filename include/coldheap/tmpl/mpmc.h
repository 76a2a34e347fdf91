/** mpmc.h: a ring of events from any number of threads to any number of threads, as an
 *  include-template. Nothing waits: full and empty are answers.
 *
 *      #define CH_MPMC_NAME jobs                // type and prefix of the functions
 *      #define CH_MPMC_TYPE job
 *      #define CH_MPMC_CAP  1024                // power of two, all usable; leave out: capacity at
 *      #include <coldheap/tmpl/mpmc.h>          // init, caller's memory
 *
 *        slots  | turn item | turn item | ...   a slot's turn tells whose it is: 2i when index i
 * may be written there, 2i+1 when it may be read
 *
 *  The parameters are undefined at the end. What the instance `jobs` offers:
 *
 *    jobs_align(), jobs_footprint(capacity)   memory that init takes; 0 unless a power of two
 *    jobs_init(r, memory, size, capacity)     CH_EINVAL CH_EALIGN CH_EFULL; with CH_MPMC_CAP:
 *                                             init(r). Also CH_EALIGN: r itself, see below
 *    jobs_push(r, &item)      CH_OK, CH_EFULL. Any thread
 *    jobs_pop(r, &item)       CH_OK, CH_EEMPTY. Any thread
 *    jobs_capacity(r), jobs_count(r), _empty, _full, _remaining   a snapshot. Any thread
 *    while no thread uses the ring:
 *    jobs_reset(r)            empty; O(capacity)
 *    jobs_check(r, &invariant)   CH_OK or CH_ECORRUPT: 1 capacity, 2 head and tail, 3 turns
 *    jobs_start(r, index)     reset, counting from `index` (tests of the wrap)
 *
 *  What one producer pushes is popped in that order (each consumer sees it so; together they may
 *  finish in another). A thread that stops inside push hides the items that others push after it
 *  until it goes on: pop says CH_EEMPTY meanwhile. One that stops inside pop makes push say
 * CH_EFULL when the others come round to its slot. A call repeats its exchange only when another
 * thread's went through. The object is aligned to CH_LINE_PAIR, as are the slots; take care if it
 * lies in memory of your own. For a single consumer see mpsc.h, for a single producer too spsc.h;
 * cost: mpmc bench. Source: the bounded queue with a sequence number per slot is D. Vyukov's. */
#include <coldheap/event_ring.h>
#include <coldheap/tmpl/join.h>

#ifndef CH_MPMC_NAME
#error "mpmc.h: CH_MPMC_NAME must name the instance"
#endif
#ifndef CH_MPMC_TYPE
#error "mpmc.h: CH_MPMC_TYPE must be the type of the events"
#endif

#define CHI_(suffix) CH_JOIN(CH_MPMC_NAME, suffix)

#ifdef CH_MPMC_CAP
CH_STATIC_ASSERT((CH_MPMC_CAP) > 0 && ((CH_MPMC_CAP) & ((CH_MPMC_CAP)-1)) == 0,
                 "mpmc.h: CH_MPMC_CAP must be a power of two");
#endif

typedef struct CHI_(_slot) {
    size_t turn;
    CH_MPMC_TYPE item;
} CHI_(_slot);

/* A pair of lines each for what producers fight over, what consumers do, and what never changes. */
typedef struct CH_ALIGNED(CH_LINE_PAIR) CH_MPMC_NAME {
    CH_ALIGNED(CH_LINE_PAIR) size_t tail;
    CH_ALIGNED(CH_LINE_PAIR) size_t head;
    ch_ring_side consumer;
#ifdef CH_MPMC_CAP
    CH_ALIGNED(CH_LINE_PAIR) CHI_(_slot) slots[CH_MPMC_CAP];
#else
    CH_ALIGNED(CH_LINE_PAIR) size_t mask;
    CHI_(_slot) * slots;
#endif
} CH_MPMC_NAME;

#ifdef CH_MPMC_CAP

static inline size_t CHI_(_capacity)(const CH_MPMC_NAME *ring) {
    (void)ring;
    return (CH_MPMC_CAP);
}

#else

static inline size_t CHI_(_capacity)(const CH_MPMC_NAME *ring) {
    return ring->mask + 1;
}

#endif

/* The slot of index `at`. */
static inline CHI_(_slot) * CHI_(_slot_of)(const CH_MPMC_NAME *ring, size_t at) {
    return (CHI_(_slot) *)&ring->slots[at & (CHI_(_capacity)(ring) - 1)];
}

static inline void CHI_(_start)(CH_MPMC_NAME *ring, size_t index) {
    for (size_t i = 0; i < CHI_(_capacity)(ring); i++) {
        ch_atomic_store_release(&CHI_(_slot_of)(ring, index + i)->turn, 2 * (index + i));
    }
    ring->consumer.thread = NULL;
    ch_atomic_store_release(&ring->head, index);
    ch_atomic_store_release(&ring->tail, index);
}

static inline void CHI_(_reset)(CH_MPMC_NAME *ring) {
    CHI_(_start)(ring, 0);
}

#ifdef CH_MPMC_CAP

static inline ch_status CHI_(_init)(CH_MPMC_NAME *ring) {
    if (ring == NULL) {
        return CH_EINVAL;
    }
    if (ch_align_padding(ring, CH_ALIGNOF(CH_MPMC_NAME)) != 0) {
        return CH_EALIGN;
    }
    CHI_(_reset)(ring);
    return CH_OK;
}

#else

static inline size_t CHI_(_align)(void) {
    return CH_ALIGNOF(CHI_(_slot)) > CH_LINE_PAIR ? CH_ALIGNOF(CHI_(_slot)) : CH_LINE_PAIR;
}

static inline size_t CHI_(_footprint)(size_t capacity) {
    size_t total = 0;
    bool fits = ch_is_power_of_two(capacity) && capacity <= SIZE_MAX / 8 &&
                ch_size_mul(&total, capacity, sizeof(CHI_(_slot))) &&
                ch_size_round_up(&total, total, CH_LINE_PAIR);
    return fits ? total : 0;
}

static inline ch_status CHI_(_init)(CH_MPMC_NAME *ring, void *memory, size_t size_bytes,
                                    size_t capacity) {
    size_t need = CHI_(_footprint)(capacity);
    if (ring == NULL || memory == NULL || need == 0) {
        return CH_EINVAL;
    }
    if (ch_align_padding(ring, CH_ALIGNOF(CH_MPMC_NAME)) != 0 ||
        ch_align_padding(memory, CHI_(_align)()) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < need) {
        return CH_EFULL;
    }
    ring->mask = capacity - 1;
    ring->slots = (CHI_(_slot) *)memory;
    CHI_(_reset)(ring);
    return CH_OK;
}

#endif

/* How far index `at` is behind (below 0) or ahead of `other`; both wrap. */
static inline ptrdiff_t CHI_(_distance)(size_t at, size_t other) {
    return (ptrdiff_t)(at - other);
}

/* The slot's turn says whether index `at` may be written: then the exchange makes it ours. */
static inline ch_status CHI_(_push)(CH_MPMC_NAME *ring, const CH_MPMC_TYPE *item) {
    size_t at = ch_atomic_load(&ring->tail);
    for (;;) {
        CHI_(_slot) *slot = CHI_(_slot_of)(ring, at);
        ptrdiff_t distance = CHI_(_distance)(ch_atomic_load_acquire(&slot->turn), 2 * at);
        if (distance < 0) {
            return CH_EFULL;
        }
        if (distance > 0) {
            at = ch_atomic_load(&ring->tail);
        } else if (ch_atomic_advance(&ring->tail, &at, at + 1)) {
            slot->item = *item;
            ch_atomic_store_release(&slot->turn, 2 * at + 1);
            return CH_OK;
        }
    }
}

/* Also with one consumer the head moves by exchange: one that is faster looks at the next slot
 * while the producer writes it, and both lose (docs/design/025-rings.md). */
static inline ch_status CHI_(_pop)(CH_MPMC_NAME *ring, CH_MPMC_TYPE *item) {
#ifdef CH_MPMC_SINGLE
    ch_status status = CH_RING_ENTER(&ring->consumer, ring, "pop");
    if (status != CH_OK) {
        return status;
    }
#endif
    size_t at = ch_atomic_load(&ring->head);
    for (;;) {
        CHI_(_slot) *slot = CHI_(_slot_of)(ring, at);
        ptrdiff_t distance = CHI_(_distance)(ch_atomic_load_acquire(&slot->turn), 2 * at + 1);
        if (distance < 0) {
            return CH_EEMPTY;
        }
        if (distance > 0) {
            at = ch_atomic_load(&ring->head);
        } else if (ch_atomic_advance(&ring->head, &at, at + 1)) {
            *item = slot->item;
            ch_atomic_store_release(&slot->turn, 2 * (at + CHI_(_capacity)(ring)));
            return CH_OK;
        }
    }
}

/* Head first: the tail may then be further than the capacity, never behind. */
static inline size_t CHI_(_count)(const CH_MPMC_NAME *ring) {
    size_t head = ch_atomic_load_acquire(&ring->head);
    size_t count = ch_atomic_load_acquire(&ring->tail) - head;
    return count < CHI_(_capacity)(ring) ? count : CHI_(_capacity)(ring);
}

static inline bool CHI_(_empty)(const CH_MPMC_NAME *ring) {
    return CHI_(_count)(ring) == 0;
}

static inline bool CHI_(_full)(const CH_MPMC_NAME *ring) {
    return CHI_(_count)(ring) == CHI_(_capacity)(ring);
}

static inline size_t CHI_(_remaining)(const CH_MPMC_NAME *ring) {
    return CHI_(_capacity)(ring) - CHI_(_count)(ring);
}

/* Whether the slots of the items say "read me", and no other does. */
static inline bool CHI_(_turns_hold)(const CH_MPMC_NAME *ring, size_t head, size_t tail) {
    size_t capacity = CHI_(_capacity)(ring);
    for (size_t at = head; at != head + capacity; at++) {
        size_t turn = ch_atomic_load_acquire(&CHI_(_slot_of)(ring, at)->turn);
        if (turn != 2 * at + (at - head < tail - head)) {
            return false;
        }
    }
    return true;
}

static inline ch_status CHI_(_check)(const CH_MPMC_NAME *ring, unsigned *invariant) {
    size_t capacity = CHI_(_capacity)(ring);
    size_t head = ch_atomic_load_acquire(&ring->head);
    size_t tail = ch_atomic_load_acquire(&ring->tail);
    unsigned broken = 0;
    bool placed = true;
#ifndef CH_MPMC_CAP
    placed = ring->slots != NULL;
#endif
    if (!placed || !ch_is_power_of_two(capacity) || capacity > SIZE_MAX / 8) {
        broken = 1;
    } else if (tail - head > capacity) {
        broken = 2;
    } else if (!CHI_(_turns_hold)(ring, head, tail)) {
        broken = 3;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}

#undef CHI_
#undef CH_MPMC_NAME
#undef CH_MPMC_TYPE
#ifdef CH_MPMC_CAP
#undef CH_MPMC_CAP
#endif
#ifdef CH_MPMC_SINGLE
#undef CH_MPMC_SINGLE
#endif
