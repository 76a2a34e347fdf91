/** zero.h: zeroing that the compiler can neither drop nor turn into a slow string store. */
#ifndef CH_ZERO_H
#define CH_ZERO_H

#include <string.h>

#include <coldheap/base.h>

/** When an object that gives out bytes clears them. */
typedef enum ch_zeroing {
    CH_ZERO_NONE = 0,   /* bytes are as the last user left them */
    CH_ZERO_ON_RELEASE, /* cleared when they come back; release costs O(bytes) */
    CH_ZERO_ON_ALLOC    /* cleared when they are given out; alloc costs O(bytes) */
} ch_zeroing;

/** ch_zero sets `size_bytes` bytes to 0, for certain: also if nothing reads them any more.
 *  Cost: vector stores up to 1 KiB, memset above (zero bench: const_256). */
CH_INLINE void ch_zero(void *memory, size_t size_bytes);

/* ---- Implementation ---------------------------------------------------------------------- */

#if defined(__GNUC__) || defined(__clang__)

typedef uint64_t chi_zero_block __attribute__((vector_size(16), aligned(1), may_alias));

/* Tells the compiler that the bytes are read, so that no store may vanish or become a memset. */
#define CHI_ZERO_SEEN(pointer) __asm__ volatile("" : : "r"(pointer) : "memory")

CH_INLINE void ch_zero(void *memory, size_t size_bytes) {
    uint8_t *at = (uint8_t *)memory;
    if (size_bytes > 1024) {
        memset(at, 0, size_bytes);
        CHI_ZERO_SEEN(at);
        return;
    }
    const chi_zero_block zero = {0, 0};
    size_t done = 0;
    for (; done + 64 <= size_bytes; done += 64) {
        chi_zero_block *block = (chi_zero_block *)(at + done);
        block[0] = zero;
        block[1] = zero;
        block[2] = zero;
        block[3] = zero;
        CHI_ZERO_SEEN(at);
    }
    for (; done + 16 <= size_bytes; done += 16) {
        *(chi_zero_block *)(at + done) = zero;
    }
    for (; done < size_bytes; done++) {
        at[done] = 0;
        CHI_ZERO_SEEN(at);
    }
    CHI_ZERO_SEEN(at);
}

#else

CH_INLINE void ch_zero(void *memory, size_t size_bytes) {
    volatile uint8_t *at = (volatile uint8_t *)memory;
    for (size_t i = 0; i < size_bytes; i++) {
        at[i] = 0;
    }
}

#endif

#endif
