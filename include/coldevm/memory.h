/** memory.h: the EVM's memory: per frame a byte array of whole 32-byte words, zero where nothing
 * was written, that grows without realloc, without copying and without the heap.
 *
 *   base          start          start+size        start+clean_end    dirty_end      committed
 * capacity
 *    |= parents ===|= this frame ==|=== known zero ==|== old bytes =====|= never written ==| no
 * pages | data
 *
 *  The one idea: one reservation, frames in it one after the other. A child starts where its parent
 *  ends, so opening and closing a frame is a few moves. Pages are committed in doubling steps and
 * stay. Bytes that an ended frame left behind are zeroed ahead of growth in chunks, everything
 * beyond dirty_end is zero already; growing within the known-zero part is one addition.
 *
 *  Invariants: size and clean_end are multiples of 32; size <= clean_end; start + clean_end <=
 *  committed <= capacity; all bytes at or beyond max(dirty_end, start + size) are zero up to
 *  committed; cost = price of size / 32 words.
 *
 *  The malloc twin (chevm_memory_init_twin) has the same interface and takes each frame's bytes as
 *  one block that is resized by doubling, from the caller's ch_allocator.
 *
 *  Threads: one writer; any number of threads may use the const functions while nobody writes.
 *  Errors:  outcomes that can reach a contract or a user are chevm_status, set-up answers
 * ch_status. */
#ifndef CHEVM_MEMORY_H
#define CHEVM_MEMORY_H

#include <coldevm/types.h>
#include <coldheap/base.h>
#include <coldheap/status.h>

#include <string.h>

CH_API_BEGIN

struct ch_allocator;
struct ch_region;

/** Largest end (offset + size) that has a price the interpreter asks for; beyond it is out of gas.
 */
#define CHEVM_MEMORY_END_MAX ((UINT64_C(1) << 37) - 32)

/** Largest limit_bytes: 64 GiB of all frames together. */
#define CHEVM_MEMORY_LIMIT_MAX (UINT64_C(1) << 36)

/** Most words chevm_memory_price knows exactly. */
#define CHEVM_MEMORY_WORDS_MAX (UINT64_C(1) << 32)

/** Bytes that are committed, resident and zero after init, unless the limit is smaller. */
#define CHEVM_MEMORY_FIRST_BYTES 4096u

typedef struct chevm_memory {
    uint8_t *data;     /* first byte of the running frame's memory */
    uint64_t size;     /* its bytes, a multiple of 32 */
    uint64_t word_end; /* size == 0 ? 0 : size - 31: an offset < word_end addresses a whole word */
    uint64_t
        clean_end;  /* bytes [size, clean_end) of this frame are known zero and may be touched */
    uint64_t cost;  /* price of size: 3 w + w * w / 512 for w = size / 32 */
    uint64_t start; /* offset of data from base; in the twin the sum of the parents' sizes */
    uint64_t
        dirty_end; /* offset from base: bytes at or beyond were never written by closed frames */
    uint64_t peak; /* most bytes of all frames together, as of the last open or close */
    uint64_t committed;       /* bytes from base that may be touched */
    uint64_t capacity;        /* limit of all frames together */
    uint8_t *base;            /* first byte of the reservation; NULL in the twin */
    struct ch_region *region; /* NULL: plain memory or twin */
    uint64_t region_offset;   /* of base in region */
    const struct ch_allocator *twin;
    chevm_status failure; /* why the last chevm_memory_grow returned false */
    uint32_t magic;
} chevm_memory;

/** What a parent needs to go on after its child; kept by the caller (frame record). Private. */
typedef struct chevm_memory_frame {
    uint8_t *data;
    uint64_t size;
    uint64_t cost;
} chevm_memory_frame;

/** All zero is usable except limit_bytes, which must not be 0. */
typedef struct chevm_memory_options {
    uint64_t limit_bytes; /* of all frames together; 32 or more; rounded down to a multiple of 32 */
    uint64_t first_bytes; /* made ready (committed, resident, zero) by init; 0 = 4 KiB */
    bool zeroed;          /* plain memory only: the caller's bytes are all zero already */
} chevm_memory_options;

/* ---- Life ------------------------------------------------------------------------------------ */

/** chevm_memory_init places the memory at `offset` (a multiple of 4096) of a reserved region; bytes
 *  there that were never committed must read as zero after commit. Needs limit_bytes of it.
 *  Returns: CH_OK with one empty frame; CH_EINVAL (NULL, no limit), CH_EALIGN, CH_ERANGE (not
 * inside the region), CH_ENOMEM (refused). *memory is unchanged on error. Lifetime: the region must
 * live until chevm_memory_fini. */
ch_status chevm_memory_init(chevm_memory *memory, struct ch_region *region, size_t offset,
                            const chevm_memory_options *options);

/** chevm_memory_init_plain uses the caller's bytes [bytes, bytes + limit_bytes), aligned to 32.
 *  Returns: CH_OK, CH_EINVAL, CH_EALIGN; CH_EFULL if size is below the limit. */
ch_status chevm_memory_init_plain(chevm_memory *memory, void *bytes, size_t size,
                                  const chevm_memory_options *options);

/** chevm_memory_init_twin takes every frame's bytes from `allocator`: the rival of E10.
 *  Returns: CH_OK, CH_EINVAL. */
ch_status chevm_memory_init_twin(chevm_memory *memory, const struct ch_allocator *allocator,
                                 const chevm_memory_options *options);

/** chevm_memory_fini ends it; a zeroed or finished object is left alone. Pages stay with the
 * region. */
void chevm_memory_fini(chevm_memory *memory);

/** chevm_memory_reset goes back to one empty frame. O(1): pages stay committed, bytes are zeroed
 *  when somebody grows into them.
 *  Requires: in the twin, no child open. */
void chevm_memory_reset(chevm_memory *memory);

/** chevm_memory_trim gives pages beyond the larger of `keep_bytes` and the bytes in use back to the
 *  system (region only; otherwise nothing happens). They read as zero when they come back.
 *  Returns: CH_OK, or the region's error with nothing changed. */
ch_status chevm_memory_trim(chevm_memory *memory, uint64_t keep_bytes);

/** chevm_memory_check verifies the invariants, O(committed).
 *  Returns: CH_OK; CH_ECORRUPT. */
ch_status chevm_memory_check(const chevm_memory *memory);

/* ---- Price and worst case ---------------------------------------------------------------------
 */

/** chevm_memory_words is ceil(size / 32) for every size. */
CH_INLINE uint64_t chevm_memory_words(uint64_t size);

/** chevm_memory_price is 3 w + floor(w * w / 512), exact up to CHEVM_MEMORY_WORDS_MAX words;
 *  UINT64_MAX beyond. Source: yellow paper H.1. */
CH_INLINE uint64_t chevm_memory_price(uint64_t words);

/** Which part of its gas a frame can hand to a child. */
typedef enum chevm_memory_rule {
    CHEVM_MEMORY_ALL_GAS = 0,  /* before Tangerine Whistle: all of it */
    CHEVM_MEMORY_63_OF_64 = 1, /* EIP-150: all but one 64th */
} chevm_memory_rule;

/** chevm_memory_worst_case bounds the bytes that `gas` can buy in depth_max + 1 nested frames
 *  together: exact for one frame, else an upper bound (tested: within 0.1 % + 32 KiB of a real
 * plan). A multiple of 32. Costs up to a millisecond; proof in memory_bound.c. Example: 30,000,000
 * gas: 3,941,408 bytes in one frame. */
uint64_t chevm_memory_worst_case(uint64_t gas, uint32_t depth_max, chevm_memory_rule rule);

/* ---- Frames ---------------------------------------------------------------------------------- */

/** chevm_memory_open starts a child: *parent receives what close needs, the running frame is empty.
 *  Never fails, O(1). Nest at most CHEVM_DEPTH_MAX deep. */
CH_INLINE void chevm_memory_open(chevm_memory *memory, chevm_memory_frame *parent);

/** chevm_memory_close ends the running child and continues its parent, whose bytes and size are as
 *  they were. Frames close in the reverse order of open.
 *  Lifetime: the child's bytes can be read (output!) until the memory grows or a further frame is
 *            closed; in the twin they are gone at once. */
CH_INLINE void chevm_memory_close(chevm_memory *memory, const chevm_memory_frame *parent);

/** chevm_memory_close_wiped is chevm_memory_close for a child whose bytes nobody reads any more: a
 *  small child is zeroed at once, and its parent and the next child grow without a call. */
CH_INLINE void chevm_memory_close_wiped(chevm_memory *memory, const chevm_memory_frame *parent);

/* ---- Growth ---------------------------------------------------------------------------------- */

/** chevm_memory_grow makes [0, end) addressable and takes the difference in price from *gas.
 *  Requires: end <= CHEVM_MEMORY_END_MAX; *gas >= 0.
 *  Returns:  true; false with memory->failure = CHEVM_OUT_OF_GAS, or, if the gas was enough,
 *            CHEVM_MEMORY_LIMIT_EXCEEDED (limit_bytes) or CHEVM_OUT_OF_MEMORY (refused by the
 * system); nothing else has changed then. Cost:     no call while end stays in the known-zero part.
 * data may move in the twin only. */
CH_INLINE bool chevm_memory_grow(chevm_memory *memory, uint64_t end, int64_t *gas);

/** chevm_memory_resize sets the size to `size` rounded up to words, growing (zero) or shrinking
 * (the bytes are gone). No gas; cost follows. Errors: CHEVM_INVALID_SIZE (rounding overflows),
 * CHEVM_MEMORY_LIMIT_EXCEEDED, CHEVM_OUT_OF_MEMORY. */
chevm_status chevm_memory_resize(chevm_memory *memory, uint64_t size);

/** chevm_memory_ensure grows, if needed, so that [0, size) is addressable; *new_words (may be NULL)
 *  receives the number of words added, for pricing. Errors as chevm_memory_resize. */
chevm_status chevm_memory_ensure(chevm_memory *memory, uint64_t size, uint64_t *new_words);

/* ---- Questions ------------------------------------------------------------------------------- */

CH_INLINE uint64_t chevm_memory_size(const chevm_memory *memory);
CH_INLINE bool chevm_memory_is_empty(const chevm_memory *memory);
CH_INLINE uint64_t chevm_memory_word_count(const chevm_memory *memory);

/** chevm_memory_limit is the most bytes of all frames together; peak the most there ever were. */
CH_INLINE uint64_t chevm_memory_limit(const chevm_memory *memory);
uint64_t chevm_memory_peak(const chevm_memory *memory);

/** chevm_memory_data is the first byte of the running frame; valid until the next growth (twin) or
 *  close. May be NULL in the twin while the frame is empty. */
CH_INLINE uint8_t *chevm_memory_data(chevm_memory *memory);
CH_INLINE const uint8_t *chevm_memory_data_const(const chevm_memory *memory);

/* ---- Checked access: every argument is safe ---------------------------------------------------
 *
 *  Readers never grow: CHEVM_INVALID_SIZE if offset + size overflows, else CHEVM_INVALID_OFFSET if
 *  the bytes are not all inside. Writers grow first: CHEVM_INVALID_SIZE if the end overflows, else
 *  CHEVM_MEMORY_LIMIT_EXCEEDED or CHEVM_OUT_OF_MEMORY. Size 0 is always CHEVM_OK and does nothing.
 *  On an error neither memory nor output has changed. No gas is taken. */

chevm_status chevm_memory_get_byte(const chevm_memory *memory, uint8_t *value, uint64_t offset);
/** 32 bytes as they lie in memory; and the number whose big-endian form they are. */
chevm_status chevm_memory_get_word(const chevm_memory *memory, uint8_t word[32], uint64_t offset);
chevm_status chevm_memory_get_u256(const chevm_memory *memory, chevm_u256 *value, uint64_t offset);
/** *slice points into the memory, valid as chevm_memory_data; NULL for size 0. */
chevm_status chevm_memory_get_slice(const chevm_memory *memory, const uint8_t **slice,
                                    uint64_t offset, uint64_t size);

chevm_status chevm_memory_set_byte(chevm_memory *memory, uint64_t offset, uint8_t value);
chevm_status chevm_memory_set_word(chevm_memory *memory, uint64_t offset, const uint8_t word[32]);
chevm_status chevm_memory_set_u256(chevm_memory *memory, uint64_t offset, const chevm_u256 *value);
/** source may lie in this memory, also overlapping the target. */
chevm_status chevm_memory_set_data(chevm_memory *memory, uint64_t offset, const uint8_t *source,
                                   size_t size);

/** chevm_memory_set_data_bounded writes `size` bytes at `offset`: source[source_offset ...] as far
 * as it reaches, zero behind it (all zero if source_offset >= source_size), as the *COPY opcodes
 * do. Requires: source does not lie in this memory unless it is in the range of size 0. */
typedef struct chevm_memory_source {
    const uint8_t *bytes; /* may be NULL if size is 0 */
    uint64_t size;
    uint64_t offset;
} chevm_memory_source;
chevm_status chevm_memory_set_data_bounded(chevm_memory *memory, uint64_t offset, uint64_t size,
                                           const chevm_memory_source *source);

/** chevm_memory_copy is MCOPY: the source range is read as it was before, overlap in both
 * directions is right, the same place is a no-op; both ranges are made addressable first. */
chevm_status chevm_memory_copy(chevm_memory *memory, uint64_t target, uint64_t source,
                               uint64_t size);

/** chevm_memory_snapshot copies the running frame to buffer; *used (may be NULL) gets its size,
 * also when the buffer is too small (CHEVM_INVALID_SIZE, nothing copied). */
chevm_status chevm_memory_snapshot(const chevm_memory *memory, uint8_t *buffer, size_t buffer_size,
                                   uint64_t *used);

/** chevm_memory_restore makes the running frame consist of exactly these bytes, zero-filled to a
 *  word. bytes must not lie in this memory. Errors as chevm_memory_resize. */
chevm_status chevm_memory_restore(chevm_memory *memory, const uint8_t *bytes, size_t size);

/** chevm_memory_to_hex writes two lower-case digits per byte and a terminating zero; *used (may be
 *  NULL) gets the digits, also when text is too small (CHEVM_INVALID_SIZE, nothing written). */
chevm_status chevm_memory_to_hex(const chevm_memory *memory, char *text, size_t text_size,
                                 uint64_t *used);

/* ---- Unchecked access: the interpreter's paths -------------------------------------------------
 */

/** chevm_memory_load and store move one word. Requires: offset < memory->word_end. */
CH_INLINE void chevm_memory_load(const chevm_memory *memory, chevm_u256 *value, uint64_t offset);
CH_INLINE void chevm_memory_store(chevm_memory *memory, uint64_t offset, const chevm_u256 *value);

/** chevm_memory_store_byte writes one byte. Requires: offset < memory->size. */
CH_INLINE void chevm_memory_store_byte(chevm_memory *memory, uint64_t offset, uint8_t value);

/** chevm_memory_at is the address of byte `offset`. Requires: offset <= memory->size, and
 *  memory->size > 0. */
CH_INLINE uint8_t *chevm_memory_at(chevm_memory *memory, uint64_t offset);

/* ---- Implementation -------------------------------------------------------------------------- */

/* Grows to new_size (a multiple of 32 above size), pays from gas. Returns the gas left, or -1 with
 * memory->failure set. By value, so that the caller's gas can stay in a register. */
CH_NOINLINE int64_t chevm_memory_grow_slow(chevm_memory *memory, uint64_t new_size, int64_t gas);
CH_COLD void chevm_memory_open_twin(chevm_memory *memory);
CH_COLD void chevm_memory_close_twin(chevm_memory *memory, const chevm_memory_frame *parent);

CH_INLINE uint64_t chevm_memory_words(uint64_t size) {
    return (size >> 5) + ((size & 31u) != 0);
}

CH_INLINE uint64_t chevm_memory_price(uint64_t words) {
    const uint64_t high = words >> 5; /* (32 h + l)^2 / 512 = 2 h^2 + (64 h l + l^2) / 512 */
    const uint64_t low = words & 31u;
    if (CH_UNLIKELY(words > CHEVM_MEMORY_WORDS_MAX)) {
        return UINT64_MAX;
    }
    return 3 * words + 2 * high * high + ((64 * high * low + low * low) >> 9);
}

CH_INLINE void chevm_memory_set_size(chevm_memory *memory, uint64_t size, uint64_t cost) {
    memory->size = size;
    memory->word_end = size - 31;
    memory->cost = cost;
}

CH_INLINE bool chevm_memory_grow(chevm_memory *memory, uint64_t end, int64_t *gas) {
    if (end <= memory->size) {
        return true;
    }
    const uint64_t size = (end + 31) & ~(uint64_t)31;
    const uint64_t words =
        size >> 5; /* wraps near 2^32, far above any clean_end: grow_slow decides */
    const uint64_t cost = words * (words + 1536) >> 9;
    int64_t left = *gas - (int64_t)(cost - memory->cost);
    if (CH_LIKELY(left >= 0 && size <= memory->clean_end)) {
        chevm_memory_set_size(memory, size, cost);
        *gas = left;
        return true;
    }
    left = chevm_memory_grow_slow(memory, size, *gas);
    if (CH_UNLIKELY(left < 0)) {
        return false;
    }
    *gas = left;
    return true;
}

/* Notes how far the running frame reached; its bytes count as written. */
CH_INLINE void chevm_memory_note_end(chevm_memory *memory) {
    const uint64_t end = memory->start + memory->size;
    memory->dirty_end = end > memory->dirty_end ? end : memory->dirty_end;
    memory->peak = end > memory->peak ? end : memory->peak;
}

/* Keeps the compiler from loading neighbouring fields at once: a 16-byte load of fields that were
 * just stored one by one waits for the store buffer. */
#if defined(__GNUC__) || defined(__clang__)
#define CHEVM_MEMORY_SINGLE(value) __asm__("" : "+r"(value))
#else
#define CHEVM_MEMORY_SINGLE(value) ((void)0)
#endif

/* Frames of at most this many bytes are zeroed when they end: exact and inline, and then their
 * parent and its next child grow without a call. */
#define CHEVM_MEMORY_SMALL 512u

/* Zeroes the running frame, word by word: short runs are done before a call to memset begins. */
CH_INLINE void chevm_memory_wipe_small(chevm_memory *memory) {
    uint8_t *bytes = memory->data;
    for (uint64_t left = memory->size; left != 0; left -= 32) {
        memset(bytes, 0, 32);
        bytes += 32;
        CHEVM_MEMORY_SINGLE(bytes); /* or the loop becomes that call */
    }
}

CH_INLINE void chevm_memory_open(chevm_memory *memory, chevm_memory_frame *parent) {
    uint64_t size = memory->size;
    uint64_t cost = memory->cost;
    CHEVM_MEMORY_SINGLE(size);
    CHEVM_MEMORY_SINGLE(cost);
    parent->data = memory->data;
    parent->size = size;
    parent->cost = cost;
    chevm_memory_note_end(memory);
    memory->start += size;
    memory->data += size;
    memory->clean_end -= size;
    memory->size = 0;
    memory->word_end = 0;
    memory->cost = 0;
    if (CH_UNLIKELY(memory->twin != NULL)) {
        chevm_memory_open_twin(memory);
    }
}

/* Continues the parent, behind which `clean` bytes are known zero. */
CH_INLINE void chevm_memory_resume(chevm_memory *memory, const chevm_memory_frame *parent,
                                   uint64_t clean) {
    memory->data = parent->data;
    memory->start -= parent->size;
    memory->size = parent->size;
    memory->word_end = parent->size == 0 ? 0 : parent->size - 31;
    memory->cost = parent->cost;
    memory->clean_end = parent->size + clean;
}

CH_INLINE void chevm_memory_close(chevm_memory *memory, const chevm_memory_frame *parent) {
    chevm_memory_note_end(memory);
    if (CH_UNLIKELY(memory->twin != NULL)) {
        chevm_memory_close_twin(memory, parent);
    } else {
        chevm_memory_resume(memory, parent, 0);
    }
}

CH_INLINE void chevm_memory_close_wiped(chevm_memory *memory, const chevm_memory_frame *parent) {
    const uint64_t end = memory->start + memory->size;
    if (CH_UNLIKELY(memory->twin != NULL || memory->size > CHEVM_MEMORY_SMALL)) {
        chevm_memory_close(memory, parent);
        return;
    }
    memory->peak = end > memory->peak ? end : memory->peak;
    chevm_memory_wipe_small(memory);
    chevm_memory_resume(memory, parent, memory->clean_end);
}

CH_INLINE uint64_t chevm_memory_size(const chevm_memory *memory) {
    return memory->size;
}

CH_INLINE bool chevm_memory_is_empty(const chevm_memory *memory) {
    return memory->size == 0;
}

CH_INLINE uint64_t chevm_memory_word_count(const chevm_memory *memory) {
    return memory->size >> 5;
}

CH_INLINE uint64_t chevm_memory_limit(const chevm_memory *memory) {
    return memory->capacity;
}

CH_INLINE uint8_t *chevm_memory_data(chevm_memory *memory) {
    return memory->data;
}

CH_INLINE const uint8_t *chevm_memory_data_const(const chevm_memory *memory) {
    return memory->data;
}

CH_INLINE uint8_t *chevm_memory_at(chevm_memory *memory, uint64_t offset) {
    CH_ASSERT(offset <= memory->size);
    return memory->data + offset;
}

CH_INLINE void chevm_memory_load(const chevm_memory *memory, chevm_u256 *value, uint64_t offset) {
    CH_ASSERT(offset < memory->word_end);
    chevm_u256_from_be32(value, memory->data + offset);
}

CH_INLINE void chevm_memory_store(chevm_memory *memory, uint64_t offset, const chevm_u256 *value) {
    CH_ASSERT(offset < memory->word_end);
    chevm_u256_to_be32(memory->data + offset, value);
}

CH_INLINE void chevm_memory_store_byte(chevm_memory *memory, uint64_t offset, uint8_t value) {
    CH_ASSERT(offset < memory->size);
    memory->data[offset] = value;
}

CH_API_END

#endif
