/* track_wrapper.c: functions that allocate for their callers: a call site in one of them tells
 * nothing, the frame before does. They are looked up by name when the tracker is armed; what
 * libraries opened later bring is not known here, and is left to whoever reads the record. */
#define _GNU_SOURCE
#include "track.h"

#ifdef CHI_GUARD_STATIC

void chi_track_wrappers_find(void) {
}

bool chi_track_is_wrapper(const void *return_address) {
    (void)return_address;
    return false;
}

#else
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

static const char *const names[] = {
    "_Znwm",
    "_Znam",
    "_ZnwmRKSt9nothrow_t",
    "_ZnamRKSt9nothrow_t",
    "_ZnwmSt11align_val_t",
    "_ZnamSt11align_val_t",
    "_ZnwmSt11align_val_tRKSt9nothrow_t",
    "_ZnamSt11align_val_tRKSt9nothrow_t",
    "strdup",
    "strndup",
    "__strdup",
    "__strndup",
    "asprintf",
    "vasprintf",
    "__asprintf",
    "__asprintf_chk",
    "__vasprintf_chk",
    "getline",
    "getdelim",
    "__getdelim",
    "g_malloc",
    "g_malloc0",
    "g_malloc_n",
    "g_malloc0_n",
    "g_try_malloc",
    "g_realloc",
    "g_realloc_n",
    "g_strdup",
    "g_strndup",
    "g_slice_alloc",
    "g_slice_alloc0",
    "xmalloc",
    "xcalloc",
    "xrealloc",
    "xstrdup",
    "sh_xmalloc",
    "sh_xrealloc",
    "PyMem_Malloc",
    "PyMem_Calloc",
    "PyMem_Realloc",
    "PyMem_RawMalloc",
    "PyMem_RawCalloc",
    "PyMem_RawRealloc",
    "PyObject_Malloc",
    "PyObject_Calloc",
    "PyObject_Realloc",
    "_PyMem_RawMalloc",
    "__rust_alloc",
    "__rust_alloc_zeroed",
    "__rust_realloc",
    "__rdl_alloc",
    "__rdl_alloc_zeroed",
    "__rdl_realloc",
};

#define NAME_COUNT (sizeof names / sizeof names[0])

static struct {
    uintptr_t start;
    uintptr_t bytes;
} wrappers[NAME_COUNT];

static uint64_t bytes_of(const void *symbol) {
    CHI_HOOK_SCOPE;
    Dl_info info;
    const ElfW(Sym) *entry = NULL;
    const int found = dladdr1(symbol, &info, (void **)(uintptr_t)&entry, RTLD_DL_SYMENT);
    return found != 0 && entry != NULL && info.dli_saddr == symbol ? entry->st_size : 0;
}

void chi_track_wrappers_find(void) {
    for (size_t i = 0; i < NAME_COUNT; i++) {
        const void *symbol = chi_guard_any_symbol(names[i]);
        wrappers[i].start = (uintptr_t)symbol;
        wrappers[i].bytes = symbol != NULL ? (uintptr_t)bytes_of(symbol) : 0;
    }
    CHI_HOOK_SCOPE;
    (void)dlerror(); /* the first call gives the text of the last miss out, the second back: */
    (void)dlerror(); /* else it would be freed later, as a block of unknown origin */
}

/* A return address is behind the call: the last one of a function may be its end. */
bool chi_track_is_wrapper(const void *return_address) {
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if ((uintptr_t)return_address - 1 - wrappers[i].start < wrappers[i].bytes) {
            return true;
        }
    }
    return false;
}

#endif
