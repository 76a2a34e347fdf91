/** arith.h: size arithmetic that cannot wrap unseen.
 *
 *  The one idea: a function returns false if the true result does not fit and then leaves `*out`
 *  untouched (but for ch_size_sub), so that a chain of steps is written as one `&&` expression.
 * Inputs are never assumed sane: every size, count and offset that comes from a caller passes
 * through here. */
#ifndef CH_ARITH_H
#define CH_ARITH_H

#include <coldheap/base.h>

/** ch_size_add stores a + b. Returns false if the sum exceeds SIZE_MAX. */
CH_INLINE bool ch_size_add(size_t *out, size_t a, size_t b);

/** ch_size_sub stores a - b. Returns false, with an unspecified result, if b exceeds a. */
CH_INLINE bool ch_size_sub(size_t *out, size_t a, size_t b);

/** ch_size_mul stores a * b. Returns false if the product exceeds SIZE_MAX. */
CH_INLINE bool ch_size_mul(size_t *out, size_t a, size_t b);

/** ch_size_round_up stores `size` rounded up to a multiple of `align`, a power of two.
 *  Returns false if `align` is no power of two or the result exceeds SIZE_MAX. */
CH_INLINE bool ch_size_round_up(size_t *out, size_t size, size_t align);

/** ch_size_in_range tells whether [offset, offset + size) lies in [0, limit), without wrapping. */
CH_INLINE bool ch_size_in_range(size_t offset, size_t size, size_t limit);

/** ch_is_power_of_two is true for 1, 2, 4, ... and false for 0. */
CH_INLINE bool ch_is_power_of_two(size_t value);

/** ch_align_is_valid is true for the alignments objects accept: powers of two, 1 to CH_ALIGN_MAX.
 */
CH_INLINE bool ch_align_is_valid(size_t align);

/** ch_align_padding returns the bytes from `pointer` up to the next multiple of `align` (a power of
 *  two), by address. */
CH_INLINE size_t ch_align_padding(const void *pointer, size_t align);

/* ---- Implementation ---------------------------------------------------------------------- */

CH_INLINE bool ch_size_add(size_t *out, size_t a, size_t b) {
    if (b > SIZE_MAX - a) {
        return false;
    }
    *out = a + b;
    return true;
}

CH_INLINE bool ch_size_sub(size_t *out, size_t a, size_t b) {
#if defined(__GNUC__) || defined(__clang__)
    return !__builtin_sub_overflow(a, b, out); /* one subtraction is the comparison too */
#else
    if (b > a) {
        return false;
    }
    *out = a - b;
    return true;
#endif
}

CH_INLINE bool ch_size_mul(size_t *out, size_t a, size_t b) {
    if (a != 0 && b > SIZE_MAX / a) {
        return false;
    }
    *out = a * b;
    return true;
}

CH_INLINE bool ch_size_round_up(size_t *out, size_t size, size_t align) {
    if (!ch_is_power_of_two(align) || size > SIZE_MAX - (align - 1)) {
        return false;
    }
    *out = (size + (align - 1)) & ~(align - 1);
    return true;
}

CH_INLINE bool ch_size_in_range(size_t offset, size_t size, size_t limit) {
    return offset <= limit && size <= limit - offset;
}

CH_INLINE bool ch_is_power_of_two(size_t value) {
    return value != 0 && (value & (value - 1)) == 0;
}

CH_INLINE bool ch_align_is_valid(size_t align) {
    return ch_is_power_of_two(align) && align <= CH_ALIGN_MAX;
}

CH_INLINE size_t ch_align_padding(const void *pointer, size_t align) {
    return (size_t)(0u - (uintptr_t)pointer) & (align - 1);
}

#endif
