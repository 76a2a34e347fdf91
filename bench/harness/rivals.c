/* rivals.c: see rivals.h. Each library is opened under its own names, so that the allocator of the
 * process stays the C library's. */
#include "rivals.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef RIVAL_MIMALLOC
#define RIVAL_MIMALLOC ""
#endif
#ifndef RIVAL_JEMALLOC
#define RIVAL_JEMALLOC ""
#endif
#ifndef RIVAL_TCMALLOC
#define RIVAL_TCMALLOC ""
#endif

typedef struct candidate {
    const char *name;
    const char *path; /* "": not found at configure time */
    const char *alloc;
    const char *free;
} candidate;

static const candidate candidates[] = {
    {"mimalloc", RIVAL_MIMALLOC, "mi_malloc", "mi_free"},
    {"jemalloc", RIVAL_JEMALLOC, "malloc", "free"},
    {"tcmalloc", RIVAL_TCMALLOC, "tc_malloc", "tc_free"},
};

enum { CANDIDATES = sizeof candidates / sizeof candidates[0] };

/* A symbol as the function pointer it is; POSIX promises that the bits are the same. */
static void find(void *library, const char *name, void *function) {
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
}

static const char *open_candidate(const candidate *wanted, ch_rival *rival) {
    if (wanted->path[0] == 0) {
        return "not found when the build was configured";
    }
    void *library = dlopen(wanted->path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        return dlerror();
    }
    rival->name = wanted->name;
    find(library, wanted->alloc, &rival->alloc);
    find(library, wanted->free, &rival->free);
    return rival->alloc != NULL && rival->free != NULL ? NULL : "lacks its functions";
}

const ch_rival *ch_rivals(size_t *count) {
    static ch_rival known[1 + CANDIDATES] = {{"glibc", malloc, free}};
    static size_t known_count;
    if (known_count == 0) {
        known_count = 1;
        for (size_t i = 0; i < CANDIDATES; i++) {
            const char *missing = open_candidate(&candidates[i], &known[known_count]);
            if (missing == NULL) {
                known_count++;
            } else {
                printf("# %s skipped: %s\n", candidates[i].name, missing);
            }
        }
    }
    *count = known_count;
    return known;
}
