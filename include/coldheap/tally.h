/** tally.h: what the inline paths of arenas and stacks count: blocks and their bytes in one word,
 * so that counting costs one addition.
 *
 *  The one idea: the word overflows late (2^32 of either half), and an inline path only works
 * inside a window of 1 GiB; whoever leaves the window goes out of line, where the word is folded
 * into totals of 64 bits and a new window begins. Not for direct use. */
#ifndef CH_TALLY_H
#define CH_TALLY_H

#include <coldheap/base.h>

/** One block in a tally word; its bytes are added below. */
#define CHI_TALLY_BLOCK ((uint64_t)1 << 32)

/** Bytes that inline paths may give out, and take back, between two folds. */
#define CHI_TALLY_WINDOW ((size_t)1 << 30)

/** Inline paths give no bytes of the last ones of the address space, so start + size cannot wrap
 * for sizes below half of this. */
#define CHI_TALLY_TOP ((uintptr_t)1 << 17)

/** chi_fits tells whether a block of at least one byte fits from `start` to `end`, which is NULL or
 *  at most UINTPTR_MAX - CHI_TALLY_TOP. Constant sizes take one comparison. */
CH_INLINE bool chi_fits(uintptr_t start, uintptr_t end, size_t size_bytes);

/** chi_tally_window cuts the range of an inline path: from `cursor` to at most one window on, or
 *  NULL if it lies too high. */
CH_INLINE uint8_t *chi_tally_window(uint8_t *cursor, uint8_t *end);

/** chi_tally_is_high tells whether another window of blocks could overflow the word. */
CH_INLINE bool chi_tally_is_high(uint64_t tally);

/* ---- Implementation ---------------------------------------------------------------------- */

CH_INLINE bool chi_fits(uintptr_t start, uintptr_t end, size_t size_bytes) {
    if (CH_IS_CONSTANT(size_bytes) && size_bytes - 1 < CHI_TALLY_TOP / 2) {
        return start + size_bytes <= end;
    }
    return start <= end && size_bytes - 1 < end - start;
}

/* Blocks of no byte are not counted inline, so there are never more blocks than bytes. */
CH_INLINE bool chi_tally_is_high(uint64_t tally) {
    return (int32_t)(uint32_t)tally < 0;
}

CH_INLINE uint8_t *chi_tally_window(uint8_t *cursor, uint8_t *end) {
    uint8_t *cut = (size_t)(end - cursor) > CHI_TALLY_WINDOW ? cursor + CHI_TALLY_WINDOW : end;
    return (uintptr_t)cut <= UINTPTR_MAX - CHI_TALLY_TOP ? cut : NULL;
}

#endif
