/** atomic.h: words that threads share: the few operations that the event rings are made of, usable
 *  from C17 and C++17 alike (both languages' own atomics exclude the other).
 *
 *  The one idea: a word is published with release and looked at with acquire, so that whoever sees
 *  the word also sees all that was written before it. Words have the machine's width; they wrap. */
#ifndef CH_ATOMIC_H
#define CH_ATOMIC_H

#include <coldheap/base.h>

#if !defined(__GNUC__) && !defined(__clang__)
#error "atomic.h: needs the __atomic built-in functions of gcc or clang"
#endif

/** Distance that keeps words of two threads apart: two cache lines, which are fetched in pairs. */
#define CH_LINE_PAIR 128

/** CH_ATOMIC_STEP runs before every access of this header; a test that walks through all
 *  interleavings defines it before the first include. */
#ifndef CH_ATOMIC_STEP
#define CH_ATOMIC_STEP() ((void)0)
#endif

/** ch_atomic_load reads a word; only the word itself is known then. */
CH_INLINE size_t ch_atomic_load(const size_t *word);

/** ch_atomic_load_acquire reads a word and with it all that was written before it was stored. */
CH_INLINE size_t ch_atomic_load_acquire(const size_t *word);

/** ch_atomic_store_release stores a word and with it all that was written before. */
CH_INLINE void ch_atomic_store_release(size_t *word, size_t value);

/** ch_atomic_advance stores `next` if the word still is *expected, else reads it into *expected.
 *  Returns whether it stored. Orders nothing; may fail for no reason. */
CH_INLINE bool ch_atomic_advance(size_t *word, size_t *expected, size_t next);

/** ch_atomic_pause tells the processor that the caller spins. */
CH_INLINE void ch_atomic_pause(void);

/** ch_atomic_want asks for the cache line of `place` to be written soon; reads and writes nothing.
 */
CH_INLINE void ch_atomic_want(void *place);

/** ch_atomic_near asks for the cache line of `place` to be read soon; reads nothing itself. */
CH_INLINE void ch_atomic_near(const void *place);

/* ---- Implementation ---------------------------------------------------------------------- */

CH_INLINE size_t ch_atomic_load(const size_t *word) {
    CH_ATOMIC_STEP();
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

CH_INLINE size_t ch_atomic_load_acquire(const size_t *word) {
    CH_ATOMIC_STEP();
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

CH_INLINE void ch_atomic_store_release(size_t *word, size_t value) {
    CH_ATOMIC_STEP();
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

CH_INLINE bool ch_atomic_advance(size_t *word, size_t *expected, size_t next) {
    CH_ATOMIC_STEP();
    return __atomic_compare_exchange_n(word, expected, next, true, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
}

CH_INLINE void ch_atomic_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* By its name: gcc makes a read of __builtin_prefetch unless told of newer machines. Processors
 * that do not know the instruction take it for none in 64-bit mode. */
CH_INLINE void ch_atomic_want(void *place) {
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)place));
#else
    __builtin_prefetch(place, 1);
#endif
}

CH_INLINE void ch_atomic_near(const void *place) {
    __builtin_prefetch(place, 0);
}

#endif
