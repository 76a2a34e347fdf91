/* verdict.h: what one root can reach, and what that means: PROVEN (no allocator, nothing unknown),
 * VIOLATION, UNPROVEN; each finding with the shortest path to it, and the worst case of the stack.
 */
#ifndef COLDHEAP_TOOL_VERDICT_H
#define COLDHEAP_TOOL_VERDICT_H

#include "effects_use.h"
#include "graph.h"
#include "policy.h"

/* Classes of findings: X(NAME, text, weight): 2 a violation, 1 something unknown, 0 a note. */
#define FINDING_ROWS(X)                                                                            \
    X(ALLOC, "ALLOC", 2)                                                                           \
    X(LIBC_ALLOC, "LIBC-ALLOC", 2)                                                                 \
    X(STACK_LIMIT, "STACK-LIMIT", 2)                                                               \
    X(SYSCALL, "SYSCALL", 2)                                                                       \
    X(LIBC_INDIRECT, "LIBC-INDIRECT", 1)                                                           \
    X(UNKNOWN_EXTERN, "UNKNOWN-EXTERN", 1)                                                         \
    X(INDIRECT_CALL, "INDIRECT-CALL", 1)                                                           \
    X(ASM_CALL, "ASM-CALL", 1)                                                                     \
    X(RECURSION, "RECURSION", 1)                                                                   \
    X(UNBOUNDED_STACK, "UNBOUNDED-STACK", 1)                                                       \
    X(UNDECODED, "UNDECODED", 1)                                                                   \
    X(NOTE_SYSCALL, "SYSCALL", 0)

typedef enum finding_class {
#define FINDING_ENUM(name, text, weight) FINDING_##name,
    FINDING_ROWS(FINDING_ENUM)
#undef FINDING_ENUM
        FINDING_CLASSES
} finding_class;

typedef struct finding finding;
struct finding {
    finding_class class;
    function *at;           /* where it is, or what is reached */
    const edge *via;        /* the place in `at`, or NULL */
    const char *what;       /* names, an expression; may be NULL */
    const char *candidates; /* of a computed call; may be NULL */
    const char *witness;    /* the way inside a library that is known by its table; may be NULL */
    const char *why;        /* what is stated of it does not settle it; may be NULL */
    finding *next;
};

/* A deliberate exception on the way: a function marked CH_PERMIT_FN, or a line of the policy. */
typedef struct exception exception;
struct exception {
    const policy_line *line; /* NULL: CH_PERMIT_FN of `permitted` */
    const function *permitted;
    const char *text;
    const char *reason;
    size_t count; /* places where it served */
    exception *next;
};

typedef enum verdict_kind { VERDICT_PROVEN, VERDICT_UNPROVEN, VERDICT_VIOLATION } verdict_kind;

typedef struct verdict {
    function *root;
    verdict_kind kind;
    finding *findings; /* violations first, notes last */
    exception *exceptions;
    uint64_t stack_bytes;
    bool stack_known;
    size_t function_count;
    size_t syscall_count;
} verdict;

typedef struct verdict_rules {
    policy policy;
    uint64_t stack_max; /* 0: any */
    bool deny_syscalls;
    uint32_t number;    /* of the search that is on */
    size_t finding_max; /* of one class and root that are kept */
    effects_use effects;
} verdict_rules;

/* verdict_find looks into everything that `root` reaches. */
void verdict_find(verdict *out, graph *in, function *root, verdict_rules *rules);

const char *verdict_class_text(finding_class class);

/* verdict_class_weight is 2 for a violation, 1 for something unknown, 0 for a note. */
unsigned verdict_class_weight(finding_class class);

#endif
