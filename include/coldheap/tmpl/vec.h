/** vec.h: a vector of fixed capacity, as an include-template: an array that knows how much of it is
 *  in use and answers when it is full. Never moves, never grows, never allocates.
 *
 *      #define CH_VEC_NAME journal              // type and prefix of the functions
 *      #define CH_VEC_TYPE journal_entry
 *      #define CH_VEC_CAP  64                   // leave out: capacity at init, caller's memory
 *      #include <coldheap/tmpl/vec.h>
 *
 *  The parameters are undefined at the end. What the instance `journal` offers:
 *
 *    journal_align(), journal_footprint(capacity)   memory that init takes; 0 on overflow
 *    journal_init(v, memory, size, capacity)        CH_EINVAL CH_EALIGN CH_EFULL; with CH_VEC_CAP:
 *                                                   init(v). Capacity 0 is valid, without memory
 *    journal_push(v, &element)            CH_OK, CH_EFULL
 *    journal_push_slot(v)                 next element to fill in place, NULL if full
 *    journal_pop(v, &element)             CH_OK, CH_EEMPTY; &element may be NULL
 *    journal_get(v, index)                element, NULL if index >= count
 *    journal_set(v, index, &element)      CH_OK, CH_ERANGE
 *    journal_last(v)                      last element, NULL if empty
 *    journal_insert(v, index, &element)   CH_OK, CH_EFULL, CH_ERANGE (index > count); O(n)
 *    journal_remove_at(v, index)          CH_OK, CH_ERANGE; keeps the order; O(n)
 *    journal_remove_swap(v, index)        CH_OK, CH_ERANGE; the last element fills the gap; O(1)
 *    journal_extend(v, elements, n)       CH_OK, CH_EFULL (nothing appended); may be its own
 *    journal_truncate(v, count)           CH_OK, CH_ERANGE if it would grow
 *    journal_clear(v), _data, _count, _capacity, _remaining, _full, _empty
 *    journal_check(v, &invariant)         CH_OK or CH_ECORRUPT: 1 capacity, 2 count
 *
 *  Pointers to elements stay valid until the element is removed or moved by insert or remove_at.
 *  Elements that were never pushed are not initialised. All O(1) unless said. One thread at a time.
 */
#include <string.h>

#include <coldheap/arith.h>
#include <coldheap/status.h>
#include <coldheap/tmpl/join.h>

#ifndef CH_VEC_NAME
#error "vec.h: CH_VEC_NAME must name the instance"
#endif
#ifndef CH_VEC_TYPE
#error "vec.h: CH_VEC_TYPE must be the type of the elements"
#endif

#define CHI_(suffix) CH_JOIN(CH_VEC_NAME, suffix)

typedef struct CH_VEC_NAME {
    size_t count;
#ifdef CH_VEC_CAP
    CH_VEC_TYPE items[(CH_VEC_CAP) > 0 ? (CH_VEC_CAP) : 1];
#else
    size_t capacity;
    CH_VEC_TYPE *items;
#endif
} CH_VEC_NAME;

#ifdef CH_VEC_CAP

static inline ch_status CHI_(_init)(CH_VEC_NAME *vec) {
    if (vec == NULL) {
        return CH_EINVAL;
    }
    vec->count = 0;
    return CH_OK;
}

static inline size_t CHI_(_capacity)(const CH_VEC_NAME *vec) {
    (void)vec;
    return (CH_VEC_CAP);
}

#else

static inline size_t CHI_(_align)(void) {
    return CH_ALIGNOF(CH_VEC_TYPE);
}

static inline size_t CHI_(_footprint)(size_t capacity) {
    size_t total = 0;
    return ch_size_mul(&total, capacity, sizeof(CH_VEC_TYPE)) ? total : 0;
}

static inline ch_status CHI_(_init)(CH_VEC_NAME *vec, void *memory, size_t size_bytes,
                                    size_t capacity) {
    size_t need = 0;
    if (vec == NULL || (memory == NULL && capacity != 0) ||
        !ch_size_mul(&need, capacity, sizeof(CH_VEC_TYPE))) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, CHI_(_align)()) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < need) {
        return CH_EFULL;
    }
    vec->count = 0;
    vec->capacity = capacity;
    vec->items = (CH_VEC_TYPE *)memory;
    return CH_OK;
}

static inline size_t CHI_(_capacity)(const CH_VEC_NAME *vec) {
    return vec->capacity;
}

#endif

static inline size_t CHI_(_count)(const CH_VEC_NAME *vec) {
    return vec->count;
}

static inline size_t CHI_(_remaining)(const CH_VEC_NAME *vec) {
    return CHI_(_capacity)(vec) - vec->count;
}

static inline bool CHI_(_full)(const CH_VEC_NAME *vec) {
    return vec->count >= CHI_(_capacity)(vec);
}

static inline bool CHI_(_empty)(const CH_VEC_NAME *vec) {
    return vec->count == 0;
}

static inline CH_VEC_TYPE *CHI_(_data)(const CH_VEC_NAME *vec) {
    return (CH_VEC_TYPE *)vec->items;
}

static inline CH_VEC_TYPE *CHI_(_push_slot)(CH_VEC_NAME *vec) {
    return CH_UNLIKELY(CHI_(_full)(vec)) ? NULL : &vec->items[vec->count++];
}

static inline ch_status CHI_(_push)(CH_VEC_NAME *vec, const CH_VEC_TYPE *element) {
    if (CH_UNLIKELY(CHI_(_full)(vec))) {
        return CH_EFULL;
    }
    vec->items[vec->count++] = *element;
    return CH_OK;
}

static inline ch_status CHI_(_pop)(CH_VEC_NAME *vec, CH_VEC_TYPE *element) {
    if (CH_UNLIKELY(vec->count == 0)) {
        return CH_EEMPTY;
    }
    vec->count--;
    if (element != NULL) {
        *element = vec->items[vec->count];
    }
    return CH_OK;
}

static inline CH_VEC_TYPE *CHI_(_get)(const CH_VEC_NAME *vec, size_t index) {
    return CH_LIKELY(index < vec->count) ? (CH_VEC_TYPE *)&vec->items[index] : NULL;
}

static inline CH_VEC_TYPE *CHI_(_last)(const CH_VEC_NAME *vec) {
    return CHI_(_get)(vec, vec->count - 1); /* empty: SIZE_MAX, which is out of range */
}

static inline ch_status CHI_(_set)(CH_VEC_NAME *vec, size_t index, const CH_VEC_TYPE *element) {
    if (index >= vec->count) {
        return CH_ERANGE;
    }
    vec->items[index] = *element;
    return CH_OK;
}

static inline ch_status CHI_(_insert)(CH_VEC_NAME *vec, size_t index, const CH_VEC_TYPE *element) {
    if (index > vec->count) {
        return CH_ERANGE;
    }
    if (CHI_(_full)(vec)) {
        return CH_EFULL;
    }
    CH_VEC_TYPE copy = *element; /* it may be one of those that move */
    memmove(&vec->items[index + 1], &vec->items[index], (vec->count - index) * sizeof(CH_VEC_TYPE));
    vec->items[index] = copy;
    vec->count++;
    return CH_OK;
}

static inline ch_status CHI_(_remove_at)(CH_VEC_NAME *vec, size_t index) {
    if (index >= vec->count) {
        return CH_ERANGE;
    }
    vec->count--;
    memmove(&vec->items[index], &vec->items[index + 1], (vec->count - index) * sizeof(CH_VEC_TYPE));
    return CH_OK;
}

static inline ch_status CHI_(_remove_swap)(CH_VEC_NAME *vec, size_t index) {
    if (index >= vec->count) {
        return CH_ERANGE;
    }
    vec->count--;
    if (index != vec->count) {
        vec->items[index] = vec->items[vec->count];
    }
    return CH_OK;
}

static inline ch_status CHI_(_extend)(CH_VEC_NAME *vec, const CH_VEC_TYPE *elements, size_t n) {
    if (n > CHI_(_remaining)(vec) || n > PTRDIFF_MAX / sizeof(CH_VEC_TYPE)) {
        return CH_EFULL;
    }
    if (n > 0) {
        memmove(&vec->items[vec->count], elements, n * sizeof(CH_VEC_TYPE));
    }
    vec->count += n;
    return CH_OK;
}

static inline ch_status CHI_(_truncate)(CH_VEC_NAME *vec, size_t count) {
    if (count > vec->count) {
        return CH_ERANGE;
    }
    vec->count = count;
    return CH_OK;
}

static inline void CHI_(_clear)(CH_VEC_NAME *vec) {
    vec->count = 0;
}

static inline ch_status CHI_(_check)(const CH_VEC_NAME *vec, unsigned *invariant) {
    size_t capacity = CHI_(_capacity)(vec);
    unsigned broken = 0;
    if (capacity > SIZE_MAX / sizeof(CH_VEC_TYPE) || (capacity > 0 && CHI_(_data)(vec) == NULL)) {
        broken = 1;
    } else if (vec->count > capacity) {
        broken = 2;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}

#undef CHI_
#undef CH_VEC_NAME
#undef CH_VEC_TYPE
#ifdef CH_VEC_CAP
#undef CH_VEC_CAP
#endif
