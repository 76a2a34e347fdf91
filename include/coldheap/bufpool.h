/** ch_bufpool lends buffers for input and output out of one to eight classes of sizes, all laid out
 *  in the caller's memory. A request gets the smallest class that fits; if that has none left, a
 *  larger one.
 *
 *   |64|64|64| ... |256|256| ... |1024| ... |4096| ...    buffers that are not
 *                                                           lent are zero
 *
 *   ch_buffer   data                 data+length           data+capacity
 *                |==== written ======|------ space --------|
 *
 *  A buffer is a value with a handle: a copy of it that outlives its release is recognised. Buffers
 *  are cleared when they come back, so no content reaches the next borrower. A buffer is aligned to
 *  the largest power of two that divides the size of its class, at most CH_BUFFER_ALIGN_MAX.
 *
 *  A *twin* takes every buffer from an allocator. In checked builds each buffer has a redzone and
 * free ones are no-access. Not to be copied or moved. One thread at a time (ch_bufpool_stats may be
 * called from any). Not for blocks whose capacity does not matter (slab.h), nor for growing texts.
 */
#ifndef CH_BUFPOOL_H
#define CH_BUFPOOL_H

#include <string.h>

#include <coldheap/pool.h>
#include <coldheap/track.h>
#include <coldheap/zero.h>

#define CH_BUFPOOL_CLASSES_MAX 8u
#define CH_BUFPOOL_COUNT_MAX   ((size_t)1 << 28) /* of a class */
#define CH_BUFFER_ALIGN_MAX    64u

/** Sizes and counts of buffers; count 0: absent. */
typedef struct ch_bufpool_class {
    size_t size_bytes; /* 1 to CH_POOL_OBJECT_MAX */
    size_t count;
} ch_bufpool_class;

/** How to set up a buffer pool. A zeroed struct is valid: 500 buffers of 64 bytes, 250 of 256, 100
 *  of 1024 and 25 of 4096, cleared, falling through. */
typedef struct ch_bufpool_options {
    const ch_bufpool_class *classes; /* ascending sizes, not all absent; read during the call */
    size_t class_count;              /* 1 to CH_BUFPOOL_CLASSES_MAX; ignored if classes is NULL */
    bool strict;                     /* a request is served by its own class or not at all */
    bool keep_contents;              /* buffers are not cleared */
    const char *name;
} ch_bufpool_options;

/** What tells one loan of a buffer from all others; {0} none. */
typedef struct ch_buffer_handle {
    struct chi_bufpool_class *lender; /* in the pool */
    struct chi_buffer_slot *slot;     /* in its tables */
    uint32_t generation;
} ch_buffer_handle;

/** A buffer on loan; {0} is none, with capacity 0. `data` and `capacity` may be read; length too.
 */
typedef struct ch_buffer {
    uint8_t *data;
    size_t capacity; /* bytes: the size of its class, which may exceed the request */
    size_t length;   /* bytes written */
    ch_buffer_handle handle;
} ch_buffer;

/** What a pool did for one class. */
typedef struct ch_bufpool_class_figures {
    size_t size_bytes;
    size_t capacity; /* buffers */
    size_t in_use;
    size_t available;
    size_t peak;
    uint64_t acquires;        /* loans of its buffers */
    uint64_t requested_bytes; /* that those asked for */
    uint64_t given_bytes;     /* that they got: acquires * size_bytes */
    uint64_t failures;        /* requests of this class that got nothing */
    uint64_t fall_throughs;   /* requests of this class that a larger one served */
    double utilization;       /* in_use / capacity, 0 if that is 0 */
} ch_bufpool_class_figures;

typedef struct ch_bufpool_figures {
    size_t class_count;
    size_t capacity;
    size_t in_use;
    size_t available;
    uint64_t acquires;
    uint64_t requested_bytes;
    uint64_t given_bytes;
    uint64_t failures; /* too large ones included */
    uint64_t too_large;
    uint64_t fall_throughs;
    uint64_t source_calls; /* of a twin */
} ch_bufpool_figures;

/** Fields from here to the end of ch_bufpool are private. */
typedef struct chi_bufpool_config {
    size_t class_count;
    size_t strict;
    size_t clears;
    size_t checked;
    size_t twin;
    ch_allocator source; /* twin */
    size_t counts[CH_BUFPOOL_CLASSES_MAX];
    size_t strides[CH_BUFPOOL_CLASSES_MAX]; /* distances of buffers; 0 in a twin */
    uint8_t *bases[CH_BUFPOOL_CLASSES_MAX]; /* the buffers; NULL in a twin */
    char name[CH_NAME_MAX + 1];
} chi_bufpool_config;

/* Where a buffer lies, and the number of its loan, this one or the next. */
typedef struct chi_buffer_slot {
    uint8_t *data;
    uint32_t generation;
    uint32_t place; /* low half of the address of its entry in the stack, if it is there */
} chi_buffer_slot;

/* What the inline paths need of a class. */
typedef struct chi_bufpool_class {
    chi_buffer_slot *spare; /* the slot released last, or NULL */
    chi_buffer_slot *slots;
    chi_buffer_slot **free_base; /* stack of the free slots but the spare one */
    chi_buffer_slot **free_end;  /* the end that the inline path sees; free_base if it has none */
    size_t fast_bytes;           /* of slots used since the last reset; 0 without inline path */
    size_t size_bytes;
    size_t clear_bytes; /* size_bytes; 0: contents are kept */
    uint64_t tally;     /* loans and bytes asked for since both were last added to their totals */
} chi_bufpool_class;

typedef struct chi_bufpool_counts {
    size_t fresh;      /* slots used since the last reset */
    size_t touched;    /* slots ever used: their generations are valid */
    size_t held_count; /* free slots of a pool without inline path */
    size_t peak;
    uint64_t acquires; /* without the tally, as the next */
    uint64_t requested_bytes;
    uint64_t failures;
    uint64_t fall_throughs;
} chi_bufpool_counts;

typedef struct ch_bufpool {
    size_t sizes[CH_BUFPOOL_CLASSES_MAX + 1];              /* SIZE_MAX after the last */
    chi_bufpool_class classes[CH_BUFPOOL_CLASSES_MAX + 1]; /* the last one is always absent */
    chi_bufpool_counts counts[CH_BUFPOOL_CLASSES_MAX];
    uint64_t too_large;
    uint64_t source_calls;
    ch_tracker *tracker;
    size_t tracked; /* 1: every call goes out of line and is noted */
    const void *owner;
    chi_bufpool_config config;
    uint64_t seal;
    uintptr_t magic;
} ch_bufpool;

CH_API_BEGIN

/** ch_bufpool_align returns the alignment that the memory of any buffer pool needs. */
size_t ch_bufpool_align(void);

/** ch_bufpool_footprint returns the bytes that the buffers and their tables take; 0 for invalid
 *  options (NULL: the default) or overflow; ch_bufpool_twin_footprint the same for a twin. */
size_t ch_bufpool_footprint(const ch_bufpool_options *options);
size_t ch_bufpool_twin_footprint(const ch_bufpool_options *options);

/** ch_bufpool_init lays a pool out in the caller's memory, which need not be zero, and writes none
 *  of it. Errors: CH_EINVAL NULL or invalid options; CH_EALIGN; CH_EFULL size below the footprint.
 *  Nothing is written then.
 *  Lifetime: the memory must outlive the pool. Cost: O(classes). */
ch_status ch_bufpool_init(ch_bufpool *pool, void *memory, size_t size_bytes,
                          const ch_bufpool_options *options);

/** ch_bufpool_init_twin makes a twin; the memory holds only tables. Cost: O(sum of counts). */
ch_status ch_bufpool_init_twin(ch_bufpool *pool, void *memory, size_t size_bytes,
                               const ch_bufpool_options *options, const ch_allocator *source);

/** ch_bufpool_acquire lends a buffer of at least `size_bytes` bytes, all zero unless keep_contents,
 *  with length 0. Size 0 is served by the smallest class.
 *  Errors: CH_ERANGE larger than the largest class; CH_EFULL all classes that fit are empty or
 * absent (strict: its own class); CH_ENOMEM a twin's source refused; CH_ESTATE not initialised;
 *          CH_ETHREAD misuse (verify builds). *buffer changes on CH_OK only.
 *  Cost:   O(1); plus clearing when a buffer is used for the first time. */
CH_INLINE ch_status ch_bufpool_acquire(ch_bufpool *pool, ch_buffer *buffer, size_t size_bytes);

/** ch_bufpool_release takes a buffer back and zeroes the caller's struct.
 *  Errors, all misuse with nothing changed: CH_EFOREIGN a buffer of another pool, or none;
 * CH_ESTALE a copy of a buffer that was released, also by reset; CH_EINTERIOR `data` was changed;
 *          CH_ETHREAD (verify builds). CH_ESTATE not initialised is none.
 *  Cost:   O(1); plus clearing its whole capacity. */
CH_INLINE ch_status ch_bufpool_release(ch_bufpool *pool, ch_buffer *buffer);

/** ch_bufpool_is_lent tells whether a buffer is on loan from this pool now. */
bool ch_bufpool_is_lent(const ch_bufpool *pool, const ch_buffer *buffer);

/** ch_bufpool_reset takes all buffers back; they are cleared before they are lent again.
 *  Cost: O(classes); twin: O(buffers). CH_ESTATE if not initialised. */
ch_status ch_bufpool_reset(ch_bufpool *pool);

/** ch_bufpool_fini ends the pool; a twin's buffers go back to its source. A zeroed or finished
 * pool: no-op. Lent buffers are neither cleared nor valid any more. */
ch_status ch_bufpool_fini(ch_bufpool *pool);

/** ch_bufpool_class_stats fills the figures of one class, ch_bufpool_stats those of all.
 *  Errors: CH_EINVAL NULL; CH_ERANGE no such class; CH_ESTATE. Threads: any; another thread's view
 *  may be torn between fields. */
ch_status ch_bufpool_class_stats(const ch_bufpool *pool, ch_bufpool_class_figures *figures,
                                 size_t class_index);
ch_status ch_bufpool_stats(const ch_bufpool *pool, ch_bufpool_figures *figures);

/** ch_bufpool_stats_json writes the figures and those of each class as one JSON object by the
 *  snprintf rule; returns the length needed without the closing 0. */
size_t ch_bufpool_stats_json(const ch_bufpool *pool, char *out, size_t size);

/** ch_bufpool_check verifies the invariants; *invariant (may be NULL) gets the number of the first
 *  broken one: 1 seal over the configuration, 2 counts of a class, 3 its slots and the free ones, 4
 *  order and place of the classes. A slot that is not free counts as lent. Cost: O(buffers). */
ch_status ch_bufpool_check(const ch_bufpool *pool, unsigned *invariant);

/** ch_bufpool_track binds `tracker` (NULL: unbinds): from now on each loan and return, each request
 *  that got nothing, and the bytes that a reset or fini takes back are noted there (track.h), as
 *  sizes of the buffers. A tracked pool has no inline paths. A pool is tracked from init on if a
 * run time for the whole process wants notes. Errors: CH_EINVAL; CH_ESTATE; CH_ETHREAD misuse.
 *  Lifetime: the tracker must outlive the pool or be unbound. Cost: O(classes). */
ch_status ch_bufpool_track(ch_bufpool *pool, ch_tracker *tracker);

/** Out-of-line halves of the inline functions; not for direct use. */
ch_status ch_bufpool_acquire_slow(ch_bufpool *pool, ch_buffer *buffer, size_t size_bytes);
ch_status ch_bufpool_release_slow(ch_bufpool *pool, uint8_t *data, chi_bufpool_class *lender,
                                  chi_buffer_slot *slot, uint32_t generation);
void ch_bufpool_clear_large(uint8_t *data, size_t size_bytes);

CH_API_END

/** ch_buffer_write appends `size_bytes` bytes; the source may overlap the buffer. CH_EFULL if they
 * do not fit, nothing written; CH_EINVAL NULL with a size. */
CH_INLINE ch_status ch_buffer_write(ch_buffer *buffer, const void *bytes, size_t size_bytes);

/** ch_buffer_read shows what was written: first byte and length. Lifetime: the loan's. */
CH_INLINE void ch_buffer_read(const ch_buffer *buffer, const uint8_t **bytes, size_t *size_bytes);

/** ch_buffer_reset forgets what was written; with `clear` the whole capacity is zeroed. */
CH_INLINE void ch_buffer_reset(ch_buffer *buffer, bool clear);

/** ch_buffer_remaining returns how many bytes still fit. */
CH_INLINE size_t ch_buffer_remaining(const ch_buffer *buffer);

/** ch_buffer_space returns where the next byte goes, for filling ch_buffer_remaining bytes in
 * place; ch_buffer_commit then appends the first `size_bytes` of them. CH_ERANGE beyond the
 * remaining, nothing changed. */
CH_INLINE uint8_t *ch_buffer_space(const ch_buffer *buffer);
CH_INLINE ch_status ch_buffer_commit(ch_buffer *buffer, size_t size_bytes);

/* ---- Implementation ---------------------------------------------------------------------- */

#define CHI_BUFFER_TALLY_BITS 47u /* of bytes: 2^17 loans of at most 2^30 bytes */
#define CHI_BUFFER_TALLY_ONE  ((uint64_t)1 << CHI_BUFFER_TALLY_BITS)
#define CHI_BUFFER_CLEAR_MOST ((size_t)256) /* with inline stores; above, memset is faster */

CH_INLINE void chi_buffer_forget(ch_buffer *buffer) {
    buffer->data = NULL;
    buffer->capacity = 0;
    buffer->length = 0;
    buffer->handle.lender = NULL;
    buffer->handle.slot = NULL;
    buffer->handle.generation = 0;
}

/* The rare ways keep the caller's struct out of memory, so that it may live in registers. */
CH_INLINE ch_status chi_bufpool_acquire_apart(ch_bufpool *pool, ch_buffer *buffer,
                                              size_t size_bytes) {
    ch_buffer copy;
    ch_status status = ch_bufpool_acquire_slow(pool, &copy, size_bytes);
    if (status == CH_OK) {
        buffer->data = copy.data;
        buffer->capacity = copy.capacity;
        buffer->length = 0;
        buffer->handle.lender = copy.handle.lender;
        buffer->handle.slot = copy.handle.slot;
        buffer->handle.generation = copy.handle.generation;
    }
    return status;
}

CH_INLINE ch_status chi_bufpool_release_apart(ch_bufpool *pool, ch_buffer *buffer) {
    ch_status status = ch_bufpool_release_slow(pool, buffer->data, buffer->handle.lender,
                                               buffer->handle.slot, buffer->handle.generation);
    if (status == CH_OK) {
        chi_buffer_forget(buffer);
    }
    return status;
}

/* A loan after a return takes the spare slot: what it reads was stored once, not through the stack
 * (bufpool bench: 64). The handle names the class too: a release need not wait for the slot. */
CH_INLINE ch_status ch_bufpool_acquire(ch_bufpool *pool, ch_buffer *buffer, size_t size_bytes) {
    size_t i = 0;
    while (i < CH_BUFPOOL_CLASSES_MAX && pool->sizes[i] < size_bytes) {
        i++;
        CH_OPAQUE(i); /* eight copies of this loop would be slower */
    }
    chi_bufpool_class *lender = &pool->classes[i];
    CH_OPAQUE(lender);
    chi_buffer_slot *slot = lender->spare;
    uint64_t asked = CHI_BUFFER_TALLY_ONE | size_bytes;
    uint64_t tally = lender->tally + asked;
    if (CH_LIKELY(tally >= asked && slot != NULL)) {
        CH_PUBLISH(lender->spare, NULL);
    } else if (tally >= asked && lender->free_end != lender->free_base) {
        slot = lender->free_end[-1];
        CH_PUBLISH(lender->free_end, lender->free_end - 1);
    } else {
        return chi_bufpool_acquire_apart(pool, buffer, size_bytes);
    }
    CH_PUBLISH(lender->tally, tally);
    buffer->data = slot->data;
    buffer->capacity = lender->size_bytes;
    buffer->length = 0;
    buffer->handle.lender = lender;
    buffer->handle.slot = slot;
    buffer->handle.generation = slot->generation;
    return CH_OK;
}

/* Clears with 64 bytes of inline stores each; the last ones may overlap those before. */
CH_INLINE void chi_bufpool_clear_small(uint8_t *data, size_t size_bytes) {
    size_t done = 0;
    do {
        ch_zero(data + done, 64);
        done += 64;
    } while (done + 64 <= size_bytes);
    if (done != size_bytes) {
        ch_zero(data + size_bytes - 64, 64);
    }
}

CH_INLINE void chi_bufpool_clear(uint8_t *data, size_t size_bytes) {
    if (CH_LIKELY(size_bytes == 64)) {
        ch_zero(data, 64);
    } else if (size_bytes - 64 <= CHI_BUFFER_CLEAR_MOST - 64) {
        chi_bufpool_clear_small(data, size_bytes);
    } else if (size_bytes <= 1024) {
        memset(data, 0, size_bytes);
        CHI_ZERO_SEEN(data);
    } else {
        ch_bufpool_clear_large(data, size_bytes);
    }
}

/* Whether the inline path may take the buffer back: a class of this pool, a slot of that class, on
 * this loan. */
CH_INLINE bool chi_bufpool_is_plain(const ch_bufpool *pool, const ch_buffer *buffer) {
    const chi_bufpool_class *lender = buffer->handle.lender;
    const chi_buffer_slot *slot = buffer->handle.slot;
    size_t place = (uintptr_t)lender - (uintptr_t)pool->classes;
    bool ours = sizeof *lender == 64 /* one test for border and range */
                    ? (place & ~(size_t)(64 * (CH_BUFPOOL_CLASSES_MAX - 1))) == 0
                    : place < sizeof pool->classes && place % sizeof *lender == 0;
    if (CH_UNLIKELY(!ours)) {
        return false;
    }
    size_t offset = (uintptr_t)slot - (uintptr_t)lender->slots;
    return offset < lender->fast_bytes && offset % sizeof *slot == 0 &&
           slot->generation == buffer->handle.generation && slot->data == buffer->data;
}

/* Clearing comes last, so that what follows the call need not wait for it. */
CH_INLINE ch_status ch_bufpool_release(ch_bufpool *pool, ch_buffer *buffer) {
    uint8_t *data = buffer->data;
    chi_bufpool_class *lender = buffer->handle.lender;
    chi_buffer_slot *slot = buffer->handle.slot;
    if (CH_UNLIKELY(!chi_bufpool_is_plain(pool, buffer))) {
        return chi_bufpool_release_apart(pool, buffer);
    }
    chi_buffer_slot *old = lender->spare;
    slot->generation = buffer->handle.generation + 1;
    CH_PUBLISH(lender->spare, slot);
    if (CH_UNLIKELY(old != NULL)) {
        chi_buffer_slot **end = lender->free_end;
        old->place = (uint32_t)(uintptr_t)end;
        *end = old;
        CH_PUBLISH(lender->free_end, end + 1);
    }
    chi_buffer_forget(buffer);
    chi_bufpool_clear(data, lender->clear_bytes);
    return CH_OK;
}

CH_INLINE size_t ch_buffer_remaining(const ch_buffer *buffer) {
    return buffer->capacity - buffer->length;
}

CH_INLINE ch_status ch_buffer_write(ch_buffer *buffer, const void *bytes, size_t size_bytes) {
    if (size_bytes > ch_buffer_remaining(buffer)) {
        return CH_EFULL;
    }
    if (size_bytes > 0) {
        if (bytes == NULL) {
            return CH_EINVAL;
        }
        memmove(buffer->data + buffer->length, bytes, size_bytes);
        buffer->length += size_bytes;
    }
    return CH_OK;
}

CH_INLINE void ch_buffer_read(const ch_buffer *buffer, const uint8_t **bytes, size_t *size_bytes) {
    *bytes = buffer->data;
    *size_bytes = buffer->length;
}

CH_INLINE void ch_buffer_reset(ch_buffer *buffer, bool clear) {
    if (clear && buffer->capacity > 0) {
        ch_zero(buffer->data, buffer->capacity);
    }
    buffer->length = 0;
}

CH_INLINE uint8_t *ch_buffer_space(const ch_buffer *buffer) {
    return buffer->length < buffer->capacity ? buffer->data + buffer->length : NULL;
}

CH_INLINE ch_status ch_buffer_commit(ch_buffer *buffer, size_t size_bytes) {
    if (size_bytes > ch_buffer_remaining(buffer)) {
        return CH_ERANGE;
    }
    buffer->length += size_bytes;
    return CH_OK;
}

#endif
