/** unseen.h: ThreadSanitizer does not see the atomics of the run time, which is not instrumented,
 * but does see the memset and memcpy that it calls, and takes orderly sharing for races. CHI_UNSEEN
 *  tells it to look away until the end of the block. Empty where there is no sanitizer. */
#ifndef CH_GUARD_UNSEEN_H
#define CH_GUARD_UNSEEN_H

#ifdef CHI_GUARD_HOOKS

extern void AnnotateIgnoreReadsBegin(const char *file, int line) __attribute__((weak));
extern void AnnotateIgnoreReadsEnd(const char *file, int line) __attribute__((weak));
extern void AnnotateIgnoreWritesBegin(const char *file, int line) __attribute__((weak));
extern void AnnotateIgnoreWritesEnd(const char *file, int line) __attribute__((weak));

static inline int chi_unseen_begin(void) {
    if (AnnotateIgnoreReadsBegin != 0 && AnnotateIgnoreWritesBegin != 0) {
        AnnotateIgnoreReadsBegin("coldheap", 0);
        AnnotateIgnoreWritesBegin("coldheap", 0);
    }
    return 0;
}

static inline void chi_unseen_end(const int *unused) {
    (void)unused;
    if (AnnotateIgnoreReadsEnd != 0 && AnnotateIgnoreWritesEnd != 0) {
        AnnotateIgnoreWritesEnd("coldheap", 0);
        AnnotateIgnoreReadsEnd("coldheap", 0);
    }
}

#define CHI_UNSEEN                                                                                 \
    __attribute__((cleanup(chi_unseen_end), unused)) const int chi_unseen_scope = chi_unseen_begin()

#else
#define CHI_UNSEEN ((void)0)
#endif

#endif
