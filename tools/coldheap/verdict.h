/* verdict.h: what one root can reach, and what that means: PROVEN (no allocator, nothing unknown),
 * VIOLATION, UNPROVEN; each finding with the shortest path to it, and the worst case of the stack.
 */
#ifndef COLDHEAP_TOOL_VERDICT_H
#define COLDHEAP_TOOL_VERDICT_H

#include "graph.h"
#include "policy.h"

/* Classes of findings: X(NAME, text, is a violation). */
#define FINDING_ROWS(X)                                                                            \
    X(ALLOC, "ALLOC", true)                                                                        \
    X(LIBC_ALLOC, "LIBC-ALLOC", true)                                                              \
    X(STACK_LIMIT, "STACK-LIMIT", true)                                                            \
    X(SYSCALL, "SYSCALL", true)                                                                    \
    X(LIBC_INDIRECT, "LIBC-INDIRECT", false)                                                       \
    X(UNKNOWN_EXTERN, "UNKNOWN-EXTERN", false)                                                     \
    X(INDIRECT_CALL, "INDIRECT-CALL", false)                                                       \
    X(RECURSION, "RECURSION", false)                                                               \
    X(UNBOUNDED_STACK, "UNBOUNDED-STACK", false)                                                   \
    X(UNDECODED, "UNDECODED", false)

typedef enum finding_class {
#define FINDING_ENUM(name, text, violation) FINDING_##name,
    FINDING_ROWS(FINDING_ENUM)
#undef FINDING_ENUM
        FINDING_CLASSES
} finding_class;

typedef struct finding finding;
struct finding {
    finding_class class;
    function *at;     /* where it is, or what is reached */
    const edge *via;  /* the place in `at`, or NULL */
    const char *what; /* names, an expression; may be NULL */
    finding *next;
};

/* A deliberate exception on the way: a function marked CH_PERMIT_FN, or a line of the policy. */
typedef struct exception exception;
struct exception {
    const char *name;
    const char *reason;
    exception *next;
};

typedef enum verdict_kind { VERDICT_PROVEN, VERDICT_UNPROVEN, VERDICT_VIOLATION } verdict_kind;

typedef struct verdict {
    function *root;
    verdict_kind kind;
    finding *findings; /* violations first */
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
} verdict_rules;

/* verdict_find looks into everything that `root` reaches. */
void verdict_find(verdict *out, graph *in, function *root, verdict_rules *rules);

const char *verdict_class_text(finding_class class);
bool verdict_class_is_violation(finding_class class);

#endif
