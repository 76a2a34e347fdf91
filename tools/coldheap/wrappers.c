/* wrappers.c: the known ones, as globs; see wrappers.h. */
#include "wrappers.h"

#include "demangle.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* What a call is named after: a wrapper that is asked for bytes stands for the call it makes; one
 * that has its own reason for memory does not. */
typedef enum kind { GIVES, USES } kind;

typedef struct wrapper {
    const char *glob;
    kind kind;
} wrapper;

// clang-format off
/* By the qualified name. Containers and strings of the standard library are no place to blame. */
static const wrapper KNOWN_CXX[] = {
    {"operator new", GIVES},    {"operator new[[]]", GIVES},
    {"operator delete", GIVES}, {"operator delete[[]]", GIVES},
    {"std::*", USES},           {"__gnu_cxx::*", USES},
};

static const wrapper KNOWN_C[] = {
    {"__cxa_allocate_exception", USES}, {"__cxa_free_exception", USES},
    {"malloc", GIVES},     {"calloc", GIVES},     {"realloc", GIVES},  {"reallocarray", GIVES},
    {"free", GIVES},       {"memalign", GIVES},   {"aligned_alloc", GIVES},
    {"posix_memalign", GIVES}, {"valloc", GIVES}, {"pvalloc", GIVES},  {"cfree", GIVES},
    {"strdup", USES},      {"__strdup", USES},    {"strndup", USES},   {"__strndup", USES},
    {"wcsdup", USES},      {"asprintf", USES},    {"vasprintf", USES}, {"___asprintf", USES},
    {"__asprintf_chk", USES}, {"__vasprintf_chk", USES}, {"__vasprintf_internal", USES},
    {"getline", USES},     {"__getline", USES},   {"getdelim", USES},  {"__getdelim", USES},
    {"_IO_getdelim", USES}, {"_IO_vasprintf", USES},
    /* GLib */
    {"g_malloc*", GIVES},  {"g_try_malloc*", GIVES}, {"g_realloc*", GIVES},
    {"g_try_realloc*", GIVES}, {"g_free*", GIVES}, {"g_slice_alloc*", GIVES},
    {"g_slice_free*", GIVES}, {"g_aligned_alloc*", GIVES},
    {"g_strdup*", USES},   {"g_strndup", USES},   {"g_memdup*", USES},
    /* GNU programs */
    {"xmalloc", GIVES},    {"xcalloc", GIVES},    {"xrealloc", GIVES}, {"xzalloc", GIVES},
    {"xnmalloc", GIVES},   {"xnrealloc", GIVES},  {"x2realloc", GIVES}, {"x2nrealloc", GIVES},
    {"xcharalloc", GIVES}, {"ximalloc", GIVES},   {"xicalloc", GIVES}, {"xirealloc", GIVES},
    {"xreallocarray", GIVES}, {"xireallocarray", GIVES}, {"xpalloc", GIVES}, {"xfree", GIVES},
    {"imalloc", GIVES},    {"irealloc", GIVES},   {"icalloc", GIVES},
    {"sh_xmalloc", GIVES}, {"sh_xrealloc", GIVES}, {"sh_xfree", GIVES},
    {"xmemdup", USES},     {"ximemdup*", USES},   {"xstrdup", USES},   {"xstrndup", USES},
    {"xasprintf", USES},   {"xvasprintf", USES},
    /* Perl, Python */
    {"Perl_safesys*", GIVES},
    {"PyMem_*", GIVES},    {"_PyMem_*", GIVES},   {"PyObject_Malloc", GIVES},
    {"PyObject_Calloc", GIVES}, {"PyObject_Realloc", GIVES}, {"PyObject_Free", GIVES},
    {"_PyObject_Malloc", GIVES}, {"_PyObject_Calloc", GIVES}, {"_PyObject_Realloc", GIVES},
    {"_PyObject_Free", GIVES}, {"pymalloc_alloc", GIVES},
    /* SQLite, zlib */
    {"sqlite3Malloc*", GIVES}, {"sqlite3MemMalloc", GIVES}, {"sqlite3DbMalloc*", GIVES},
    {"sqlite3_malloc*", GIVES}, {"sqlite3Realloc", GIVES}, {"sqlite3MemRealloc", GIVES},
    {"sqlite3_free", GIVES},
    {"zcalloc", GIVES},    {"zcfree", GIVES},
    {"__rust_alloc*", GIVES}, {"__rust_realloc", GIVES}, {"__rust_dealloc", GIVES},
    {"__rdl_alloc*", GIVES}, {"__rdl_realloc", GIVES}, {"__rdl_dealloc", GIVES},
    {"__rg_alloc*", GIVES}, {"__rg_realloc", GIVES}, {"__rg_dealloc", GIVES},
};

static const wrapper KNOWN_RUST[] = {
    {"alloc::*", USES}, {"<alloc::*", USES}, {"core::*", USES}, {"<core::*", USES},
    {"std::*", USES},   {"<std::*", USES},
};
// clang-format on

static const char *added[WRAPPERS_ADDED_MAX];
static size_t added_count;

bool wrappers_add(const char *glob) {
    if (added_count == WRAPPERS_ADDED_MAX) {
        return false;
    }
    added[added_count++] = glob;
    return true;
}

static bool is_added(const char *function) {
    if (function[0] == 0) {
        return false;
    }
    for (size_t i = 0; i < added_count; i++) {
        if (demangle_matches(added[i], function)) {
            return true;
        }
    }
    return false;
}

static const wrapper *find_in(const wrapper *rows, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (fnmatch(rows[i].glob, name, 0) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

#define FIND_IN(rows, name) find_in((rows), sizeof(rows) / sizeof(rows)[0], (name))

/* `function` readable; `symbol` says whose language it is. */
static const wrapper *known(const char *function, const char *symbol) {
    char bare[DEMANGLE_BYTES];
    if (demangle_is_rust(symbol)) {
        return FIND_IN(KNOWN_RUST, function);
    }
    (void)snprintf(bare, sizeof bare, "%s", function);
    if (symbol[0] == '_' && symbol[1] == 'Z') {
        demangle_bare(bare);
        return FIND_IN(KNOWN_CXX, bare);
    }
    return FIND_IN(KNOWN_C, bare);
}

/* Where names are short, as in debug information of lines only, the file still tells. */
static bool is_of_standard_library(const resolve_frame *frame) {
    return strstr(frame->file, "/include/c++/") != NULL || strstr(frame->file, "/rustc/") != NULL;
}

bool wrappers_has(const resolve_frame *frame) {
    return is_of_standard_library(frame) ||
           (frame->function[0] != 0 && known(frame->function, frame->symbol) != NULL) ||
           is_added(frame->symbol) || is_added(frame->function);
}

size_t wrappers_call_site(const resolve_frame *const *frames, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!wrappers_has(frames[i])) {
            return i;
        }
    }
    return count > 0 ? count - 1 : 0;
}

const char *wrappers_operation(char *text, size_t size, const char *call,
                               const resolve_frame *const *frames, size_t count) {
    (void)snprintf(text, size, "%s", call);
    for (size_t i = 0; i < count && wrappers_has(frames[i]); i++) {
        const wrapper *found = known(frames[i]->function, frames[i]->symbol);
        if (found != NULL && found->kind == GIVES) {
            char bare[DEMANGLE_BYTES];
            (void)snprintf(bare, sizeof bare, "%s", frames[i]->function);
            demangle_bare(bare);
            (void)snprintf(text, size, "%s", bare);
        }
    }
    return text;
}
