/* hooks.c: beside a sanitizer the allocator is the sanitizer's, and stays so: we only ask to be
 * told of its allocations and frees. It tells after the fact, so a denied call cannot be refused,
 * does not say which function was called, and shows a realloc as an allocation and a free. */
#define _GNU_SOURCE
#include <unwind.h>

#include "state.h"
#include "track.h"

const char chi_guard_part_alloc = 0;

typedef void (*alloc_hook)(const volatile void *block, size_t size_bytes);
typedef void (*free_hook)(const volatile void *block);

extern int __sanitizer_install_malloc_and_free_hooks(alloc_hook on_alloc, free_hook on_free)
    __attribute__((weak));

/* The calling code is found behind the last of the sanitizer's entry points on the stack; where
 * none is found there, the sanitizer's own call stands for it. */
static const char *const entry_names[] = {
    "malloc",    "calloc",        "realloc",        "reallocarray", "free",   "memalign",
    "valloc",    "aligned_alloc", "posix_memalign", "pvalloc",      "strdup", "strndup",
    "vasprintf", "asprintf",      "getline",        "getdelim",     "_Znwm",  "_Znam",
    "_ZdlPv",    "_ZdaPv",        "_ZdlPvm",        "_ZdaPvm",
};

#define ENTRY_COUNT     (sizeof entry_names / sizeof entry_names[0])
#define ENTRY_FRAME_MAX 24u

static uintptr_t entries[ENTRY_COUNT];

typedef struct entry_walk {
    const void *caller;
    unsigned frame;
    bool in_entry;
} entry_walk;

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument) {
    entry_walk *walk = (entry_walk *)argument;
    if (walk->in_entry) {
        walk->caller = (const void *)_Unwind_GetIP(context);
        walk->in_entry = false;
    }
    const uintptr_t start = (uintptr_t)_Unwind_GetRegionStart(context);
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        walk->in_entry = walk->in_entry || (start != 0 && entries[i] == start);
    }
    return ++walk->frame < ENTRY_FRAME_MAX ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static const void *calling_code(const void *hook_caller) {
    entry_walk walk = {hook_caller, 0, false};
    _Unwind_Backtrace(visit, &walk);
    return walk.caller;
}

static void tell(uint32_t op, chi_guard_call_name name, const void *pointer, size_t size_bytes,
                 const void *hook_caller) {
    chi_guard_call call = {op, name, size_bytes, 0, pointer, hook_caller};
    if (chi_guard_self.hook_frame == 0 && (chi_guard_denied() & op) != 0) {
        call.caller = calling_code(hook_caller);
    }
    (void)chi_guard_event(&call);
}

/* The tracker runs in the run time's own name: what the unwinder may allocate is not to come back
 * here. */
static void track_alloc(const void *block, size_t size_bytes, const void *hook_caller) {
    if (chi_guard_self.hook_frame == 0) {
        CHI_HOOK_SCOPE;
        chi_track_hook_alloc(block, size_bytes, calling_code(hook_caller));
    }
}

static void on_alloc(const volatile void *block, size_t size_bytes) {
    if (CH_UNLIKELY(chi_guard_watching())) {
        tell(CH_OP_ALLOC, CHI_CALL_SOME_ALLOC, NULL, size_bytes, __builtin_return_address(0));
        if (chi_track_on() && block != NULL) {
            track_alloc((const void *)block, size_bytes, __builtin_return_address(0));
        }
    }
}

static void on_free(const volatile void *block) {
    if (CH_UNLIKELY(chi_guard_watching()) && block != NULL) {
        tell(CH_OP_FREE, CHI_CALL_SOME_FREE, (const void *)block, 0, __builtin_return_address(0));
        if (chi_track_on()) {
            chi_track_hook_free((const void *)block);
        }
    }
}

__attribute__((constructor(102))) static void install(void) {
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        entries[i] = (uintptr_t)chi_guard_any_symbol(entry_names[i]);
    }
    if (__sanitizer_install_malloc_and_free_hooks != NULL) {
        (void)__sanitizer_install_malloc_and_free_hooks(on_alloc, on_free);
    }
}
