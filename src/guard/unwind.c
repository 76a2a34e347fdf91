/* unwind.c: the backtrace of a violation, by the compiler's own unwinder, which reads .eh_frame and
 * so needs no frame pointers. It is linked, not loaded on demand as backtrace(3) does, and used
 * once at load time, so that nothing is set up in a violation. It costs microseconds: it runs for
 * violations only. */
#include <unwind.h>

#include "state.h"

typedef struct walk {
    const void *caller;
    const void **frames;
    size_t count;
    size_t frame_max;
    uintptr_t stack_pointer;
    unsigned skipped;
} walk;

#define SKIPPED_MAX 64u

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument) {
    walk *w = (walk *)argument;
    const void *address = (const void *)_Unwind_GetIP(context);
    if (w->count == 0) {
        if (address != w->caller) {
            return ++w->skipped < SKIPPED_MAX ? _URC_NO_REASON : _URC_END_OF_STACK;
        }
        w->stack_pointer = (uintptr_t)_Unwind_GetCFA(context);
    }
    if (w->count == w->frame_max || address == NULL) {
        return _URC_END_OF_STACK;
    }
    w->frames[w->count++] = address;
    return _URC_NO_REASON;
}

/* libgcc's lookup of unwind tables; weak, because other unwinders lack it. */
struct dwarf_eh_bases {
    void *text;
    void *data;
    void *function;
};
extern const void *_Unwind_Find_FDE(void *address, struct dwarf_eh_bases *bases)
    __attribute__((weak));

/* libgcc aborts if it has no table for its own caller, as in a static program that was linked
 * without --eh-frame-hdr, before its constructors. */
static bool has_tables(void) {
    struct dwarf_eh_bases bases;
    return _Unwind_Find_FDE == NULL ||
           (_Unwind_Find_FDE((void *)(uintptr_t)chi_guard_backtrace, &bases) != NULL &&
            _Unwind_Find_FDE((void *)(uintptr_t)_Unwind_Backtrace, &bases) != NULL);
}

size_t chi_guard_backtrace(const void **frames, uintptr_t *stack_pointer, const void *caller,
                           size_t frame_max) {
    walk w = {.caller = caller, .frames = frames, .frame_max = frame_max};
    if (has_tables()) {
        _Unwind_Backtrace(visit, &w);
    }
    *stack_pointer = w.stack_pointer;
    if (w.count == 0 && frame_max > 0) {
        frames[0] = caller;
        return 1;
    }
    return w.count;
}
