/** map_group.h: the 16-byte control group of tmpl/map.h: fifteen tags, one byte of hash each (0:
 * free slot), and a filter of the entries that wanted this group but lie in a later one.
 *
 *  The one idea: one 16-byte load answers "which of fifteen slots may hold this key" and "may it
 * lie further on". The low bits of a tag put entries into eight classes; bit c of the filter is set
 * if, and only if, an entry of class c passed. The template keeps two promises on every change, so
 * that a map after any churn answers as fast as a fresh one: only a full group was ever passed, and
 * no filter bit outlives its last entry. */
#ifndef CH_TMPL_MAP_GROUP_H
#define CH_TMPL_MAP_GROUP_H

#include <coldheap/arith.h>
#include <coldheap/bits.h>
#include <coldheap/hash.h>
#include <coldheap/status.h>
#include <coldheap/tmpl/join.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define CHI_MAP_SLOTS        15u     /* per group */
#define CHI_MAP_SLOTS_MASK   0x7fffu /* one bit per slot */
#define CHI_MAP_CLASSES      8u
#define CHI_MAP_CAPACITY_MAX ((size_t)1 << 31)

/** What a map over caller's memory is set up with. */
typedef struct ch_map_options {
    size_t capacity; /* entries it holds; 0 to 2^31 */
    uint64_t seed;   /* of the hash: secret where keys come from strangers */
} ch_map_options;

typedef struct chi_map_group {
    uint8_t tags[CHI_MAP_SLOTS];
    uint8_t passed; /* bit per class of entries that lie further on */
} CH_ALIGNED(16) chi_map_group;

/** Where the search for a key begins, and a byte of its hash. Words: bytes would be kept as bytes
 * and read back as words, which waits (map bench: miss). */
typedef struct chi_map_place {
    uint32_t group;
    uint32_t tag;
} chi_map_place;

/* What is stored for a byte of hash, four times: the byte itself, but 8, which is of the
 * same class, for 0. And the bit of each class. Looked up, because gcc makes three instructions of
 * the one and five of the other (map bench: hit, miss). */
#define CHI_MAP_TAG(t) ((t)*0x01010101u)
#define CHI_MAP_TAG4(t)                                                                            \
    CHI_MAP_TAG(t), CHI_MAP_TAG((t) + 1), CHI_MAP_TAG((t) + 2), CHI_MAP_TAG((t) + 3)
#define CHI_MAP_TAG16(t)                                                                           \
    CHI_MAP_TAG4(t), CHI_MAP_TAG4((t) + 4), CHI_MAP_TAG4((t) + 8), CHI_MAP_TAG4((t) + 12)
#define CHI_MAP_TAG64(t)                                                                           \
    CHI_MAP_TAG16(t), CHI_MAP_TAG16((t) + 16), CHI_MAP_TAG16((t) + 32), CHI_MAP_TAG16((t) + 48)
static const uint32_t chi_map_tags[256] = {
    CHI_MAP_TAG(8u),     CHI_MAP_TAG(1u),    CHI_MAP_TAG(2u),    CHI_MAP_TAG(3u),
    CHI_MAP_TAG4(4u),    CHI_MAP_TAG4(8u),   CHI_MAP_TAG4(12u),  CHI_MAP_TAG16(16u),
    CHI_MAP_TAG16(32u),  CHI_MAP_TAG16(48u), CHI_MAP_TAG64(64u), CHI_MAP_TAG64(128u),
    CHI_MAP_TAG64(192u),
};
static const uint8_t chi_map_bits[CHI_MAP_CLASSES] = {1, 2, 4, 8, 16, 32, 64, 128};

/** CHI_MAP_GROUPS is how many groups hold `capacity` entries at seven eighths load; at least 1. An
 *  expression of constants, so that it can size an array. One slot always stays free. */
#define CHI_MAP_GROUPS(capacity) (((capacity)*8u + 104u) / 105u + ((capacity) == 0))

/** CHI_MAP_WORDS is how many 32-bit words hold one bit per group. */
#define CHI_MAP_WORDS(groups) (((groups) + 31u) / 32u)

/** chi_map_place_of splits a hash, taken as a fraction of 2^64, by multiplication with the number
 * of groups: whole parts are the group, so that any number will do, and the first eight bits behind
 *  them the tag. Only the upper bits of a hash count. */
CH_INLINE chi_map_place chi_map_place_of(uint64_t hash, uint32_t group_count) {
    chi_map_place place;
    uint64_t rest;
    place.group = (uint32_t)ch_bits_mul_wide(&rest, hash, group_count);
    place.tag = (uint32_t)(rest >> 56);
    return place;
}

/** chi_map_stored is the tag as groups hold it: never 0. Both are of one class, and stored once
 * more it stays as it is. */
CH_INLINE uint8_t chi_map_stored(uint32_t tag) {
    return (uint8_t)chi_map_tags[tag];
}

/** chi_map_class is the filter bit of the tag's class. */
CH_INLINE uint8_t chi_map_class(uint32_t tag) {
    return chi_map_bits[tag % CHI_MAP_CLASSES];
}

/** chi_map_passed tells whether entries of the tag's class lie beyond the group. */
CH_INLINE bool chi_map_passed(const chi_map_group *group, uint32_t tag) {
    return (group->passed & chi_map_class(tag)) != 0;
}

CH_INLINE uint32_t chi_map_following(uint32_t group, uint32_t group_count) {
    return group + 1 == group_count ? 0 : group + 1;
}

/** chi_map_distance counts the steps from group `from` forward to group `to`. */
CH_INLINE uint32_t chi_map_distance(uint32_t from, uint32_t to, uint32_t group_count) {
    return to >= from ? to - from : to + (group_count - from);
}

/* chi_map_match returns one bit per slot that holds `tag`, chi_map_free one per free slot.
 * chi_map_match_class returns one bit per slot whose tag is of class `class_of`, free ones in 0. */
#if defined(__SSE2__)

CH_INLINE uint32_t chi_map_match(const chi_map_group *group, uint32_t tag) {
    __m128i tags = _mm_load_si128((const __m128i *)(const void *)group);
    __m128i same = _mm_cmpeq_epi8(tags, _mm_set1_epi32((int)chi_map_tags[tag]));
    return (uint32_t)_mm_movemask_epi8(same) & CHI_MAP_SLOTS_MASK;
}

CH_INLINE uint32_t chi_map_free(const chi_map_group *group) {
    __m128i tags = _mm_load_si128((const __m128i *)(const void *)group);
    __m128i same = _mm_cmpeq_epi8(tags, _mm_setzero_si128());
    return (uint32_t)_mm_movemask_epi8(same) & CHI_MAP_SLOTS_MASK;
}

CH_INLINE uint32_t chi_map_match_class(const chi_map_group *group, uint32_t class_of) {
    __m128i tags = _mm_load_si128((const __m128i *)(const void *)group);
    __m128i classes = _mm_and_si128(tags, _mm_set1_epi8((char)(CHI_MAP_CLASSES - 1)));
    __m128i same = _mm_cmpeq_epi8(classes, _mm_set1_epi8((char)class_of));
    return (uint32_t)_mm_movemask_epi8(same) & CHI_MAP_SLOTS_MASK;
}

#else

/* One bit per byte of `word` that is 0; exact, and independent of the byte order of the machine
 * because the word was loaded lowest byte first. */
CH_INLINE uint32_t chi_map_zero_bytes(uint64_t word) {
    const uint64_t low7 = 0x7f7f7f7f7f7f7f7fu;
    uint64_t zero = ~(((word & low7) + low7) | word | low7); /* 0x80 where the byte is 0 */
    return (uint32_t)(((zero >> 7) * 0x0102040810204080u) >> 56);
}

CH_INLINE uint32_t chi_map_match_masked(const chi_map_group *group, uint8_t value, uint8_t mask) {
    uint64_t pattern = value * 0x0101010101010101u;
    uint64_t keep = mask * 0x0101010101010101u;
    uint32_t first = chi_map_zero_bytes((ch_bits_load_le64(group->tags) & keep) ^ pattern);
    uint32_t second = chi_map_zero_bytes((ch_bits_load_le64(group->tags + 7) & keep) ^ pattern);
    return first | second << 7;
}

CH_INLINE uint32_t chi_map_match(const chi_map_group *group, uint32_t tag) {
    return chi_map_match_masked(group, chi_map_stored(tag), 0xff);
}

CH_INLINE uint32_t chi_map_free(const chi_map_group *group) {
    return chi_map_match_masked(group, 0, 0xff);
}

CH_INLINE uint32_t chi_map_match_class(const chi_map_group *group, uint32_t class_of) {
    return chi_map_match_masked(group, (uint8_t)class_of, CHI_MAP_CLASSES - 1);
}

#endif

/** chi_map_taken returns one bit per slot that holds an entry. */
CH_INLINE uint32_t chi_map_taken(const chi_map_group *group) {
    return chi_map_free(group) ^ CHI_MAP_SLOTS_MASK;
}

#endif
