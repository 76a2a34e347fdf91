/* count.h: what the programs of this folder share: each calls functions of a library, counts the
 * heap calls of each under the guard that is preloaded, and prints a line for it:
 *
 *   NAME HEAP-CALLS BYTES
 *
 * where NAME is the root that `coldheap prove` is asked about. */
#ifndef LIBRARIES_COUNT_H
#define LIBRARIES_COUNT_H

#include <coldheap/guard.h>

#include <stdio.h>

typedef struct count_case {
    const char *name;
    void (*before)(void); /* not counted; NULL: nothing */
    int (*call)(void);    /* 0: the library did what it should */
    void (*after)(void);  /* not counted; NULL: nothing */
} count_case;

#define COUNT_RUNS 5

/* The most of several runs; false if it could not be counted, or the library failed. */
static bool count_one(const count_case *of) {
    ch_heap_calls most = {0};
    for (int i = 0; i < COUNT_RUNS; i++) {
        ch_heap_calls counted;
        if (of->before != NULL) {
            of->before();
        }
        bool begun = ch_count_begin(&counted);
        int wrong = of->call();
        bool ended = ch_count_end(&counted);
        if (of->after != NULL) {
            of->after();
        }
        if (!begun || !ended || wrong != 0) {
            fprintf(stderr, "%s: %s\n", of->name, wrong != 0 ? "failed" : "not counted");
            return false;
        }
        most = counted.allocs + counted.frees + counted.reallocs >=
                       most.allocs + most.frees + most.reallocs
                   ? counted
                   : most;
    }
    printf("%s %llu %llu\n", of->name,
           (unsigned long long)(most.allocs + most.frees + most.reallocs),
           (unsigned long long)most.bytes);
    return true;
}

static int count_all(const count_case *cases, size_t count) {
    if (!ch_guard_armed()) {
        fprintf(stderr, "the guard is not armed\n");
        return 98;
    }
    for (size_t i = 0; i < count; i++) {
        if (!count_one(&cases[i])) {
            return 1;
        }
    }
    return 0;
}

/* Text that compresses somewhat, the same every time. */
static inline void count_fill(char *bytes, size_t size) {
    unsigned state = 1;
    for (size_t i = 0; i < size; i++) {
        state = state * 1103515245u + 12345u;
        bytes[i] = (char)('a' + (state >> 16 & 0x7fff) % (i % 64 < 32 ? 3 : 20));
    }
}

#endif
