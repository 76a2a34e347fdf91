/** ch_bitset is a set of small numbers, one bit each, in the caller's words.
 *
 *      word 0            word 1                 number n is bit n % 64 of word n / 64; the bits
 *    |63 .... 1 0|  |127 ... 65 64|  ...        above the last number are always 0
 *
 *  Every index is checked. Searches read one word at a time. Not to be shared by threads; not for
 *  sparse sets of large numbers: see tmpl/map.h. */
#ifndef CH_BITSET_H
#define CH_BITSET_H

#include <coldheap/arith.h>
#include <coldheap/bits.h>
#include <coldheap/status.h>

#define CH_BITSET_WORD_BITS 64u

/** Fields are private; visible so that the calls inline. */
typedef struct ch_bitset {
    uint64_t *words;
    size_t bit_count;
} ch_bitset;

/** ch_bitset_align returns the alignment of the words. */
CH_INLINE size_t ch_bitset_align(void);

/** ch_bitset_footprint returns the bytes of the words for `bit_count` numbers; 0 for 0. */
CH_INLINE size_t ch_bitset_footprint(size_t bit_count);

/** ch_bitset_init makes the empty set of the numbers below `bit_count` over the caller's memory.
 *  Errors:   CH_EINVAL NULL (memory may be NULL if bit_count is 0); CH_EALIGN; CH_EFULL size below
 *            the footprint. Nothing is written then.
 *  Lifetime: the memory must outlive the set. Cost: O(words). */
static inline ch_status ch_bitset_init(ch_bitset *set, void *memory, size_t size_bytes,
                                       size_t bit_count);

/** ch_bitset_set adds `index`, ch_bitset_clear takes it out; CH_ERANGE unless it is below the
 *  capacity. Adding what is in and taking out what is not changes nothing. */
CH_INLINE ch_status ch_bitset_set(ch_bitset *set, size_t index);
CH_INLINE ch_status ch_bitset_clear(ch_bitset *set, size_t index);

/** ch_bitset_test tells whether `index` is in; false out of range. ch_bitset_test_try answers
 *  CH_ERANGE then and leaves *out. */
CH_INLINE bool ch_bitset_test(const ch_bitset *set, size_t index);
CH_INLINE ch_status ch_bitset_test_try(const ch_bitset *set, bool *out, size_t index);

/** ch_bitset_find_first stores the least number in the set; CH_ENOENT if it is empty.
 *  ch_bitset_find_next stores the least that is `from` or above: CH_ENOENT, also for from =
 *  capacity, so that a loop ends by itself; CH_ERANGE above. *out changes on CH_OK only.
 *  Cost: O(words passed). */
static inline ch_status ch_bitset_find_first(const ch_bitset *set, size_t *out);
static inline ch_status ch_bitset_find_next(const ch_bitset *set, size_t *out, size_t from);

/** ch_bitset_find_gap stores the least number from `from` on that is not in the set; answers as
 *  ch_bitset_find_next. Cost: O(words passed). */
static inline ch_status ch_bitset_find_gap(const ch_bitset *set, size_t *out, size_t from);

/** ch_bitset_count returns how many numbers are in. Cost: O(words). */
static inline size_t ch_bitset_count(const ch_bitset *set);

CH_INLINE size_t ch_bitset_capacity(const ch_bitset *set);

/** ch_bitset_reset takes all numbers out, ch_bitset_fill adds all. Cost: O(words). */
static inline void ch_bitset_reset(ch_bitset *set);
static inline void ch_bitset_fill(ch_bitset *set);

/** ch_bitset_check returns CH_OK or CH_ECORRUPT with *invariant (may be NULL): 1 words missing or
 *  misaligned, 2 a bit above the last number. */
static inline ch_status ch_bitset_check(const ch_bitset *set, unsigned *invariant);

/* ---- Implementation ---------------------------------------------------------------------- */

CH_INLINE size_t chi_bitset_words(size_t bit_count) {
    return bit_count / CH_BITSET_WORD_BITS + (bit_count % CH_BITSET_WORD_BITS != 0);
}

CH_INLINE uint64_t chi_bitset_bit(size_t index) {
    return (uint64_t)1 << (index % CH_BITSET_WORD_BITS);
}

/* The bits of the last word that stand for numbers. */
CH_INLINE uint64_t chi_bitset_last_mask(const ch_bitset *set) {
    return ~(uint64_t)0 >> ((0u - set->bit_count) % CH_BITSET_WORD_BITS);
}

CH_INLINE size_t ch_bitset_align(void) {
    return CH_ALIGNOF(uint64_t);
}

CH_INLINE size_t ch_bitset_footprint(size_t bit_count) {
    return chi_bitset_words(bit_count) * sizeof(uint64_t);
}

CH_INLINE size_t ch_bitset_capacity(const ch_bitset *set) {
    return set->bit_count;
}

static inline void ch_bitset_reset(ch_bitset *set) {
    for (size_t i = 0; i < chi_bitset_words(set->bit_count); i++) {
        set->words[i] = 0;
    }
}

static inline void ch_bitset_fill(ch_bitset *set) {
    size_t words = chi_bitset_words(set->bit_count);
    for (size_t i = 0; i < words; i++) {
        set->words[i] = i + 1 < words ? ~(uint64_t)0 : chi_bitset_last_mask(set);
    }
}

static inline ch_status ch_bitset_init(ch_bitset *set, void *memory, size_t size_bytes,
                                       size_t bit_count) {
    if (set == NULL || (memory == NULL && bit_count != 0)) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, ch_bitset_align()) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < ch_bitset_footprint(bit_count)) {
        return CH_EFULL;
    }
    set->words = (uint64_t *)memory;
    set->bit_count = bit_count;
    ch_bitset_reset(set);
    return CH_OK;
}

CH_INLINE ch_status ch_bitset_set(ch_bitset *set, size_t index) {
    if (CH_UNLIKELY(index >= set->bit_count)) {
        return CH_ERANGE;
    }
    set->words[index / CH_BITSET_WORD_BITS] |= chi_bitset_bit(index);
    return CH_OK;
}

CH_INLINE ch_status ch_bitset_clear(ch_bitset *set, size_t index) {
    if (CH_UNLIKELY(index >= set->bit_count)) {
        return CH_ERANGE;
    }
    set->words[index / CH_BITSET_WORD_BITS] &= ~chi_bitset_bit(index);
    return CH_OK;
}

CH_INLINE bool ch_bitset_test(const ch_bitset *set, size_t index) {
    return index < set->bit_count &&
           (set->words[index / CH_BITSET_WORD_BITS] & chi_bitset_bit(index)) != 0;
}

CH_INLINE ch_status ch_bitset_test_try(const ch_bitset *set, bool *out, size_t index) {
    if (CH_UNLIKELY(index >= set->bit_count)) {
        return CH_ERANGE;
    }
    *out = ch_bitset_test(set, index);
    return CH_OK;
}

/* The least number from `from` on whose bit differs from those of `flip`, 0 or all ones. */
CH_INLINE ch_status chi_bitset_find(const ch_bitset *set, size_t *out, size_t from, uint64_t flip) {
    if (from >= set->bit_count) {
        return from == set->bit_count ? CH_ENOENT : CH_ERANGE;
    }
    size_t words = chi_bitset_words(set->bit_count);
    size_t at = from / CH_BITSET_WORD_BITS;
    uint64_t word = (set->words[at] ^ flip) & (~(uint64_t)0 << (from % CH_BITSET_WORD_BITS));
    while (word == 0 && at + 1 < words) {
        word = set->words[++at] ^ flip;
    }
    if (at + 1 == words) {
        word &= chi_bitset_last_mask(set);
    }
    if (word == 0) {
        return CH_ENOENT;
    }
    *out = at * CH_BITSET_WORD_BITS + ch_bits_low(word);
    return CH_OK;
}

static inline ch_status ch_bitset_find_next(const ch_bitset *set, size_t *out, size_t from) {
    return chi_bitset_find(set, out, from, 0);
}

static inline ch_status ch_bitset_find_first(const ch_bitset *set, size_t *out) {
    return chi_bitset_find(set, out, 0, 0);
}

static inline ch_status ch_bitset_find_gap(const ch_bitset *set, size_t *out, size_t from) {
    return chi_bitset_find(set, out, from, ~(uint64_t)0);
}

static inline size_t ch_bitset_count(const ch_bitset *set) {
    size_t count = 0;
    for (size_t i = 0; i < chi_bitset_words(set->bit_count); i++) {
        count += ch_bits_count(set->words[i]);
    }
    return count;
}

static inline ch_status ch_bitset_check(const ch_bitset *set, unsigned *invariant) {
    size_t words = chi_bitset_words(set->bit_count);
    unsigned broken = 0;
    if (words != 0 &&
        (set->words == NULL || ch_align_padding(set->words, ch_bitset_align()) != 0)) {
        broken = 1;
    } else if (words != 0 && (set->words[words - 1] & ~chi_bitset_last_mask(set)) != 0) {
        broken = 2;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}

#endif
