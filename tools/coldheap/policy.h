/* policy.h: what a person states about code that a machine cannot see through, one line each, with
 * its reason:
 *
 *   effect snprintf none              "measured: 0 for %d %s"       a function does not allocate
 *   call   hot_indirect -> op_add     "closed table"                targets of a computed call
 *   call   expr:compar -> @taken      "any function handed out"     by the callee's expression
 *   call   expr:error_callback -> cold "error path"
 *   call   run -> @in:host_table      "the only host there is"      all functions in an object of
 * data bound  tree_depth depth 32        "the tree is balanced"        recursion cold   log_slow
 * "error path, not hot"         not looked into
 *
 * Expressions are looked up in the source, whose path is that of the debug information; if that is
 * relative, it is so to the working directory. Names are globs. `#` begins a comment. A line that
 * never served is told to the user. */
#ifndef COLDHEAP_TOOL_POLICY_H
#define COLDHEAP_TOOL_POLICY_H

#include <coldheap/base.h>

typedef enum policy_kind { POLICY_EFFECT, POLICY_CALL, POLICY_BOUND, POLICY_COLD } policy_kind;

typedef struct policy_line policy_line;
struct policy_line {
    policy_kind kind;
    const char *name;    /* a glob; POLICY_CALL by expression: the expression */
    const char *targets; /* POLICY_CALL: names and @in:OBJECT between commas, "@taken", "cold" */
    const char *reason;
    uint64_t depth; /* POLICY_BOUND */
    size_t line;
    uint64_t used;      /* how often it served */
    uint32_t shown_for; /* the root whose verdict listed it last */
    bool by_expression;
    policy_line *next;
};

typedef struct policy {
    const char *path;
    policy_line *lines;
} policy;

/* policy_read reads the file; an exit code, its message out with the line that is wrong. */
int policy_read(policy *out, const char *path);

/* policy_find finds the first line of that kind for a function, policy_for_call the one for a
 * computed call in it, whose line of source (may be NULL) is `source`. NULL if there is none. */
policy_line *policy_find(const policy *in, policy_kind kind, const char *name);
policy_line *policy_for_call(const policy *in, const char *name, const char *source);

#endif
