/* policy.h: what a person states about code that a machine cannot see through, one line each, with
 * its reason:
 *
 *   effect snprintf none               "measured: 0 for %d %s"    a function does not allocate
 *   call   hot_indirect -> op_add      "closed table"             targets of computed calls in it
 *   call   expr:compar -> @taken       "any function handed out"  by the callee's expression
 *   call   expr:host->* -> @in:hosts*  "the hosts there are"      all functions in objects of data
 *   call   expr:on_error -> cold       "error path"               not looked into
 *   bound  tree_depth depth 32         "the tree is balanced"     recursion
 *   bound  spread stack 4096           "at most 16 rows"          a frame of no fixed size
 *   cold   log_slow                    "error path, not hot"      not looked into
 *
 * Names are globs, and stand for the clones of a function too. An expression is the callee as the
 * source writes it, or its end from a `.`, `->` or `::` on; only `*` is special in it. `#` begins a
 * comment. A line that never served is told to the user. */
#ifndef COLDHEAP_TOOL_POLICY_H
#define COLDHEAP_TOOL_POLICY_H

#include <coldheap/base.h>

typedef enum policy_kind {
    POLICY_EFFECT,
    POLICY_CALL,
    POLICY_BOUND,
    POLICY_STACK,
    POLICY_COLD
} policy_kind;

typedef struct policy_line policy_line;
struct policy_line {
    policy_kind kind;
    const char *name;    /* a glob; POLICY_CALL by expression: the expression */
    const char *targets; /* POLICY_CALL: names and @in:OBJECT between commas, "@taken", "cold" */
    const char *reason;
    uint64_t depth;       /* POLICY_BOUND */
    uint64_t stack_bytes; /* POLICY_STACK */
    size_t line;
    uint64_t used; /* how often it served */
    bool by_expression;
    struct function *hub; /* of verdict.c: calls all targets */
    const char *open;     /* why the targets are not all of them; NULL: they are */
    policy_line *next;
};

typedef struct policy {
    const char *path;
    policy_line *lines;
} policy;

/* policy_read reads the file; an exit code, its message out with the line that is wrong. */
int policy_read(policy *out, const char *path);

/* policy_find finds the first line of that kind for a function, NULL if there is none.
 * policy_for_call finds the one for a computed call in it, whose text of source (may be NULL) is
 * `source` with the call at `column`; policy_for_assembly the one that lists `target` among what
 * the function calls. */
policy_line *policy_find(const policy *in, policy_kind kind, const char *name);
policy_line *policy_for_call(const policy *in, const char *name, const char *source, int column);
policy_line *policy_for_assembly(const policy *in, const char *name, const char *target);

/* policy_text is the line as it is told to the user, without its reason. */
const char *policy_text(const policy_line *of);

#endif
