/** track_block.h: which site a block belongs to, and how much was asked for, in the last 8 bytes of
 *  its usable memory (with lifetimes or samples, 16):
 *
 *      | what was asked for | slack ... | time (8) | check 24 . slack 16 . site 24 |
 *                                                  xor hash of the address
 *
 *  A block of which the tracker knows nothing (from before arming, from another allocator) does not
 *  pass the check: nothing is read into it and nothing written. Taking a block spoils the check, so
 *  memory that is given out again without a trailer is not mistaken for the old block.
 *
 *  The usable size is read from glibc's chunk header, as malloc_usable_size does, without a call;
 *  track_setup.c makes sure that both agree before trailers are used at all. */
#ifndef CH_GUARD_TRACK_BLOCK_H
#define CH_GUARD_TRACK_BLOCK_H

#include "track.h"

#define CHI_TRAILER_BYTES 8u
#define CHI_TRAILER_MIX   UINT64_C(0x9e3779b97f4a7c15)

#define CHI_BLOCK_ALIGN      16u
#define CHI_BLOCK_LEAST      32u
#define CHI_BLOCK_MOST       (UINT64_C(1) << 47)
#define CHI_CHUNK_FLAGS      7u
#define CHI_CHUNK_IS_MMAPPED 2u
#define CHI_SITE_BITS        24
#define CHI_SITE_MASK        0xffffffu
#define CHI_SLACK_MAX        0xffffu /* and then the size itself stands before */
#define CHI_CHECK_SHIFT      40

CH_INLINE uint64_t chi_chunk_head(const void *pointer) {
    return ((const uint64_t *)pointer)[-1];
}

/** Bytes of the chunk, 0 to 7 of them flags, as the word before the block says. */
CH_INLINE size_t chi_chunk_usable(uint64_t head) {
    return (size_t)((head & ~(uint64_t)CHI_CHUNK_FLAGS) - 8 - ((head & CHI_CHUNK_IS_MMAPPED) << 2));
}

CH_INLINE bool chi_chunk_plausible(const void *pointer, uint64_t head) {
    return (uintptr_t)pointer % CHI_BLOCK_ALIGN == 0 && head - CHI_BLOCK_LEAST < CHI_BLOCK_MOST;
}

/** Never 0 in the bits of the check, so that cleared memory does not pass it. */
CH_INLINE uint64_t chi_trailer_mix(const void *pointer) {
    return (((uint64_t)(uintptr_t)pointer ^ CHI_PLAN->salt) * CHI_TRAILER_MIX) | UINT64_C(1) << 63;
}

CH_INLINE uint64_t *chi_trailer_at(void *pointer, size_t usable_bytes) {
    return (uint64_t *)(void *)((unsigned char *)pointer + usable_bytes - CHI_TRAILER_BYTES);
}

/** What the trailer says, if it is one: site and slack; 0 otherwise. */
CH_INLINE uint64_t chi_trailer_read(void *pointer, size_t usable_bytes) {
    const uint64_t word = *chi_trailer_at(pointer, usable_bytes) ^ chi_trailer_mix(pointer);
    const bool passes =
        (word >> CHI_CHECK_SHIFT) == 0 && (uint32_t)(word & CHI_SITE_MASK) < CHI_PLAN->sites_max;
    return passes ? word : 0;
}

#pragma GCC visibility push(hidden)

/** chi_track_block_put writes down whose a block is. Returns: false if there is no room for it. */
bool chi_track_block_put(void *pointer, const chi_track_block *block);

/** chi_track_block_take reads that, and makes it invalid. Returns: false if the block is not known;
 *  nothing is written then. chi_track_block_look only reads. */
bool chi_track_block_take(void *pointer, chi_track_block *block);
bool chi_track_block_look(void *pointer, chi_track_block *block);

#pragma GCC visibility pop

#endif
