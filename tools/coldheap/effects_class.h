/* effects_class.h: what a function of a library does, from the weakest to the strongest statement.
 * X(NAME, text, meaning). "alloc" is certain to be reachable, "unknown" and "indirect" may hide
 * anything; "syscall" and "none" are free of the heap. */
#ifndef COLDHEAP_TOOL_EFFECTS_CLASS_H
#define COLDHEAP_TOOL_EFFECTS_CLASS_H

#include <stdbool.h>

// clang-format off
#define EFFECT_CLASS_ROWS(X)                                                                       \
    X(NONE,     "none",     "neither heap nor kernel")                                             \
    X(SYSCALL,  "syscall",  "no heap; can enter the kernel")                                       \
    X(INDIRECT, "indirect", "reaches a computed call")                                             \
    X(UNKNOWN,  "unknown",  "reaches something that nobody here defines or that cannot be read")   \
    X(ALLOC,    "alloc",    "reaches an allocator")
// clang-format on

typedef enum effect_class {
#define EFFECT_CLASS_ENUM(name, text, meaning) EFFECT_##name,
    EFFECT_CLASS_ROWS(EFFECT_CLASS_ENUM)
#undef EFFECT_CLASS_ENUM
        EFFECT_CLASSES
} effect_class;

const char *effect_class_text(effect_class of);
const char *effect_class_meaning(effect_class of);

/* effect_class_read finds the class of that text; false if there is none. */
bool effect_class_read(effect_class *out, const char *text);

/* effect_class_is_clean tells whether the class excludes the heap. */
static inline bool effect_class_is_clean(effect_class of) {
    return of <= EFFECT_SYSCALL;
}

#endif
