/** lifo.h: a stack of values with fixed capacity, as an include-template: checked operations for
 *  code that does not know the height, unchecked ones for code that has proved it.
 *
 *      #define CH_LIFO_NAME words               // type and prefix of the functions
 *      #define CH_LIFO_TYPE u256
 *      #define CH_LIFO_CAP  1024                // leave out: capacity at init, caller's memory
 *      #include <coldheap/tmpl/lifo.h>
 *
 *  The parameters are undefined at the end. Without CH_LIFO_CAP the stack is a view: the stack of a
 *  callee may begin where that of its caller ends. What the instance `words` offers:
 *
 *    words_align(), words_footprint(capacity)     memory that init takes; 0 on overflow
 *    words_init(s, memory, size, capacity)        CH_EINVAL CH_EALIGN CH_EFULL; with CH_LIFO_CAP:
 *                                                 init(s)
 *    words_push(s, &value)      CH_OK, CH_EFULL
 *    words_pop(s, &value)       CH_OK, CH_EEMPTY; &value may be NULL
 *    words_peek(s, i, &value)   reads the element i below the top (0: the top); CH_ERANGE
 *    words_set(s, i, &value)    writes it; CH_ERANGE
 *    words_dup(s, i)            pushes a copy of it; CH_ERANGE before CH_EFULL
 *    words_swap(s, i)           exchanges it with the top; CH_ERANGE (also if empty)
 *    words_push_fast, _pop_fast, _peek_fast, _set_fast, _dup_fast, _swap_fast
 *                               unchecked twins; the caller guarantees the range (asserted in debug
 *                               builds). peek_fast returns a pointer
 *    words_mark(s)              the present height, a plain number: any nesting, no storage
 *    words_release(s, mark, wipe)   back to it; CH_EORDER if the stack is lower now. CH_WIPE clears
 *                               the elements in use above the mark, no others; CH_KEEP is O(1)
 *    words_clear(s, wipe), _count, _capacity, _remaining, _full, _empty, _data
 *    words_check(s, &invariant) CH_OK or CH_ECORRUPT: 1 capacity, 2 count
 *
 *  Elements that were never pushed are not initialised; those above the top cannot be read through
 *  the checked functions. All O(1) but wiping. One thread at a time. */
#include <coldheap/arith.h>
#include <coldheap/status.h>
#include <coldheap/tmpl/join.h>
#include <coldheap/zero.h>

#ifndef CH_TMPL_LIFO_WIPE
#define CH_TMPL_LIFO_WIPE
/** Whether a release leaves the bytes of what it drops. */
typedef enum ch_wipe { CH_KEEP = 0, CH_WIPE } ch_wipe;
#endif

#ifndef CH_LIFO_NAME
#error "lifo.h: CH_LIFO_NAME must name the instance"
#endif
#ifndef CH_LIFO_TYPE
#error "lifo.h: CH_LIFO_TYPE must be the type of the elements"
#endif

#define CHI_(suffix) CH_JOIN(CH_LIFO_NAME, suffix)

typedef struct CH_LIFO_NAME {
    size_t count;
#ifdef CH_LIFO_CAP
    CH_LIFO_TYPE items[(CH_LIFO_CAP) > 0 ? (CH_LIFO_CAP) : 1];
#else
    size_t capacity;
    CH_LIFO_TYPE *items;
#endif
} CH_LIFO_NAME;

#ifdef CH_LIFO_CAP

static inline ch_status CHI_(_init)(CH_LIFO_NAME *lifo) {
    if (lifo == NULL) {
        return CH_EINVAL;
    }
    lifo->count = 0;
    return CH_OK;
}

static inline size_t CHI_(_capacity)(const CH_LIFO_NAME *lifo) {
    (void)lifo;
    return (CH_LIFO_CAP);
}

#else

static inline size_t CHI_(_align)(void) {
    return CH_ALIGNOF(CH_LIFO_TYPE);
}

static inline size_t CHI_(_footprint)(size_t capacity) {
    size_t total = 0;
    return ch_size_mul(&total, capacity, sizeof(CH_LIFO_TYPE)) ? total : 0;
}

static inline ch_status CHI_(_init)(CH_LIFO_NAME *lifo, void *memory, size_t size_bytes,
                                    size_t capacity) {
    size_t need = 0;
    if (lifo == NULL || (memory == NULL && capacity != 0) ||
        !ch_size_mul(&need, capacity, sizeof(CH_LIFO_TYPE))) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, CHI_(_align)()) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < need) {
        return CH_EFULL;
    }
    lifo->count = 0;
    lifo->capacity = capacity;
    lifo->items = (CH_LIFO_TYPE *)memory;
    return CH_OK;
}

static inline size_t CHI_(_capacity)(const CH_LIFO_NAME *lifo) {
    return lifo->capacity;
}

#endif

static inline size_t CHI_(_count)(const CH_LIFO_NAME *lifo) {
    return lifo->count;
}

static inline size_t CHI_(_remaining)(const CH_LIFO_NAME *lifo) {
    return CHI_(_capacity)(lifo) - lifo->count;
}

static inline bool CHI_(_full)(const CH_LIFO_NAME *lifo) {
    return lifo->count >= CHI_(_capacity)(lifo);
}

static inline bool CHI_(_empty)(const CH_LIFO_NAME *lifo) {
    return lifo->count == 0;
}

static inline CH_LIFO_TYPE *CHI_(_data)(const CH_LIFO_NAME *lifo) {
    return (CH_LIFO_TYPE *)lifo->items;
}

static inline void CHI_(_push_fast)(CH_LIFO_NAME *lifo, const CH_LIFO_TYPE *value) {
    CH_ASSERT(!CHI_(_full)(lifo));
    lifo->items[lifo->count++] = *value;
}

static inline void CHI_(_pop_fast)(CH_LIFO_NAME *lifo, CH_LIFO_TYPE *value) {
    CH_ASSERT(!CHI_(_empty)(lifo));
    *value = lifo->items[--lifo->count];
}

static inline CH_LIFO_TYPE *CHI_(_peek_fast)(const CH_LIFO_NAME *lifo, size_t index) {
    CH_ASSERT(index < lifo->count);
    return (CH_LIFO_TYPE *)&lifo->items[lifo->count - 1 - index];
}

static inline void CHI_(_set_fast)(CH_LIFO_NAME *lifo, size_t index, const CH_LIFO_TYPE *value) {
    CH_ASSERT(index < lifo->count);
    lifo->items[lifo->count - 1 - index] = *value;
}

static inline void CHI_(_dup_fast)(CH_LIFO_NAME *lifo, size_t index) {
    CH_ASSERT(index < lifo->count && !CHI_(_full)(lifo));
    lifo->items[lifo->count] = lifo->items[lifo->count - 1 - index];
    lifo->count++;
}

static inline void CHI_(_swap_fast)(CH_LIFO_NAME *lifo, size_t index) {
    CH_ASSERT(index < lifo->count);
    CH_LIFO_TYPE *top = &lifo->items[lifo->count - 1];
    CH_LIFO_TYPE *other = top - index;
    CH_LIFO_TYPE copy = *top;
    *top = *other;
    *other = copy;
}

static inline ch_status CHI_(_push)(CH_LIFO_NAME *lifo, const CH_LIFO_TYPE *value) {
    if (CH_UNLIKELY(CHI_(_full)(lifo))) {
        return CH_EFULL;
    }
    CHI_(_push_fast)(lifo, value);
    return CH_OK;
}

static inline ch_status CHI_(_pop)(CH_LIFO_NAME *lifo, CH_LIFO_TYPE *value) {
    if (CH_UNLIKELY(CHI_(_empty)(lifo))) {
        return CH_EEMPTY;
    }
    lifo->count--;
    if (value != NULL) {
        *value = lifo->items[lifo->count];
    }
    return CH_OK;
}

static inline ch_status CHI_(_peek)(const CH_LIFO_NAME *lifo, size_t index, CH_LIFO_TYPE *value) {
    if (CH_UNLIKELY(index >= lifo->count)) {
        return CH_ERANGE;
    }
    *value = *CHI_(_peek_fast)(lifo, index);
    return CH_OK;
}

static inline ch_status CHI_(_set)(CH_LIFO_NAME *lifo, size_t index, const CH_LIFO_TYPE *value) {
    if (CH_UNLIKELY(index >= lifo->count)) {
        return CH_ERANGE;
    }
    CHI_(_set_fast)(lifo, index, value);
    return CH_OK;
}

static inline ch_status CHI_(_dup)(CH_LIFO_NAME *lifo, size_t index) {
    if (CH_UNLIKELY(index >= lifo->count)) {
        return CH_ERANGE;
    }
    if (CH_UNLIKELY(CHI_(_full)(lifo))) {
        return CH_EFULL;
    }
    CHI_(_dup_fast)(lifo, index);
    return CH_OK;
}

static inline ch_status CHI_(_swap)(CH_LIFO_NAME *lifo, size_t index) {
    if (CH_UNLIKELY(index >= lifo->count)) {
        return CH_ERANGE;
    }
    CHI_(_swap_fast)(lifo, index);
    return CH_OK;
}

static inline size_t CHI_(_mark)(const CH_LIFO_NAME *lifo) {
    return lifo->count;
}

static inline ch_status CHI_(_release)(CH_LIFO_NAME *lifo, size_t mark, ch_wipe wipe) {
    if (mark > lifo->count) {
        return CH_EORDER;
    }
    if (wipe == CH_WIPE && mark < lifo->count) {
        ch_zero(lifo->items + mark, (lifo->count - mark) * sizeof(CH_LIFO_TYPE));
    }
    lifo->count = mark;
    return CH_OK;
}

static inline void CHI_(_clear)(CH_LIFO_NAME *lifo, ch_wipe wipe) {
    (void)CHI_(_release)(lifo, 0, wipe);
}

static inline ch_status CHI_(_check)(const CH_LIFO_NAME *lifo, unsigned *invariant) {
    size_t capacity = CHI_(_capacity)(lifo);
    unsigned broken = 0;
    if (capacity > SIZE_MAX / sizeof(CH_LIFO_TYPE) || (capacity > 0 && CHI_(_data)(lifo) == NULL)) {
        broken = 1;
    } else if (lifo->count > capacity) {
        broken = 2;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}

#undef CHI_
#undef CH_LIFO_NAME
#undef CH_LIFO_TYPE
#ifdef CH_LIFO_CAP
#undef CH_LIFO_CAP
#endif
