/** map_group.h: the 16-byte control group of tmpl/map.h: fourteen tags, one byte of hash each (0:
 *  free slot), and a counter of the entries that wanted this group but lie in a later one.
 *
 *  The one idea: one 16-byte load answers "which of fourteen slots may hold this key" and "may it
 * lie further on". The counter is exact (raised by an insert that passes, lowered by the remove of
 * that entry), so nothing piles up under churn. Its top bit marks a group that clear must visit. */
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

#define CHI_MAP_SLOTS        14u     /* per group */
#define CHI_MAP_SLOTS_MASK   0x3fffu /* one bit per slot */
#define CHI_MAP_TOUCHED      0x8000u /* the group is on the list of groups in use */
#define CHI_MAP_PASSED_MAX   0x7fffu /* the counter stays there once it got there */
#define CHI_MAP_CAPACITY_MAX ((size_t)1 << 31)

/** What a map over caller's memory is set up with. */
typedef struct ch_map_options {
    size_t capacity; /* entries it holds; 0 to 2^31 */
    uint64_t seed;   /* of the hash: secret where keys come from strangers */
} ch_map_options;

typedef struct chi_map_group {
    uint8_t tags[CHI_MAP_SLOTS];
    uint16_t passed; /* CHI_MAP_TOUCHED | entries that passed by */
} CH_ALIGNED(16) chi_map_group;

/** Where the search for a key begins and what its tag is. */
typedef struct chi_map_place {
    uint32_t group;
    uint8_t tag;
} chi_map_place;

/** chi_map_groups returns how many groups hold `capacity` entries at seven eighths load; at
 * least 1. An expression of constants, so that it can size an array. */
#define CHI_MAP_GROUPS(capacity) (((capacity)*8u + 97u) / 98u + ((capacity) == 0))

/** chi_map_place_of splits a hash: the upper half chooses the group, the low byte is the tag. */
CH_INLINE chi_map_place chi_map_place_of(uint64_t hash, uint32_t group_count) {
    uint8_t tag = (uint8_t)hash;
    chi_map_place place;
    place.group = (uint32_t)(((hash >> 32) * group_count) >> 32);
    place.tag = (uint8_t)(tag + (tag == 0));
    return place;
}

/** chi_map_passed tells whether entries lie beyond this group. */
CH_INLINE bool chi_map_passed(const chi_map_group *group) {
    return (group->passed & CHI_MAP_PASSED_MAX) != 0;
}

/** chi_map_can_count is 1 unless the counter has stopped at its end: what to add or take away. */
CH_INLINE uint32_t chi_map_can_count(const chi_map_group *group) {
    return (group->passed & CHI_MAP_PASSED_MAX) != CHI_MAP_PASSED_MAX;
}

CH_INLINE uint32_t chi_map_following(uint32_t group, uint32_t group_count) {
    return group + 1 == group_count ? 0 : group + 1;
}

/* chi_map_match returns one bit per slot whose tag is `tag`; tag 0 finds the free slots. */
#if defined(__SSE2__)

CH_INLINE uint32_t chi_map_match(const chi_map_group *group, uint8_t tag) {
    __m128i tags = _mm_load_si128((const __m128i *)(const void *)group);
    __m128i same = _mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag));
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

CH_INLINE uint32_t chi_map_match(const chi_map_group *group, uint8_t tag) {
    uint64_t pattern = tag * 0x0101010101010101u;
    uint32_t first = chi_map_zero_bytes(ch_bits_load_le64(group->tags) ^ pattern);
    uint32_t second = chi_map_zero_bytes(ch_bits_load_le64(group->tags + 6) ^ pattern);
    return first | (second >> 2) << 8;
}

#endif

#endif
