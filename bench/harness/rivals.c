/* rivals.c: see rivals.h. Each library is opened under its own names, so that the allocator of the
 * process stays the C library's. */
#define _GNU_SOURCE
#include "rivals.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

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

/* ---- Versions: a baseline without one is none; a debug allocator is no baseline ----------------
 */

static char versions[CANDIDATES][64];

typedef int (*mallctl_function)(const char *name, void *old, size_t *old_size, void *new,
                                size_t new_size);

static bool describe_jemalloc(void *library, char *text, size_t size) {
    mallctl_function mallctl = NULL;
    find(library, "mallctl", &mallctl);
    const char *version = "?";
    bool debug = false;
    size_t version_size = sizeof version;
    size_t debug_size = sizeof debug;
    if (mallctl != NULL) {
        (void)mallctl("version", &version, &version_size, NULL, 0);
        (void)mallctl("config.debug", &debug, &debug_size, NULL, 0);
    }
    snprintf(text, size, "%.*s", (int)strcspn(version, "-"), version);
    return !debug;
}

static bool describe_mimalloc(void *library, char *text, size_t size) {
    int (*version)(void) = NULL;
    find(library, "mi_version", &version);
    int number = version != NULL ? version() : 0; /* 1.2.3 is 123 */
    snprintf(text, size, "%d.%d.%d", number / 100, number / 10 % 10, number % 10);
    Dl_info where;
    return version == NULL || dladdr((void *)(uintptr_t)version, &where) == 0 ||
           strstr(where.dli_fname, "debug") == NULL;
}

static bool describe_tcmalloc(void *library, char *text, size_t size) {
    const char *(*version)(int *, int *, const char **) = NULL;
    find(library, "tc_version", &version);
    int major = 0;
    int minor = 0;
    const char *patch = "";
    if (version != NULL) {
        (void)version(&major, &minor, &patch);
    }
    snprintf(text, size, "%d.%d%s", major, minor, patch);
    return strstr(RIVAL_TCMALLOC, "debug") == NULL;
}

/* False if the library checks its blocks, as debug builds do. */
static bool describe(size_t i, void *library) {
    static bool (*const DESCRIBE[CANDIDATES])(void *, char *, size_t) = {
        describe_mimalloc, describe_jemalloc, describe_tcmalloc};
    return DESCRIBE[i](library, versions[i], sizeof versions[i]);
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
    if (!describe((size_t)(wanted - candidates), library)) {
        return "is a debug build";
    }
    ch_bench_baseline(wanted->name, versions[wanted - candidates]);
    return rival->alloc != NULL && rival->free != NULL ? NULL : "lacks its functions";
}

const ch_rival *ch_rivals(size_t *count) {
    static ch_rival known[1 + CANDIDATES] = {{"glibc", malloc, free}};
    static size_t known_count;
    if (known_count == 0) {
        known_count = 1;
        ch_bench_baseline("glibc", gnu_get_libc_version());
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
