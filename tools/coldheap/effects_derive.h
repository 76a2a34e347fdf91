/* effects_derive.h: what each function of a graph can reach: an allocator, something unknown, a
 * computed call, a system call; and for each of these a shortest way there.
 *
 * The whole graph is decoded once; then one search runs backwards from every place where such a
 * thing happens, so all functions are answered together. Nothing that cannot be told becomes
 * "none": a name that nobody defines and bytes that are no instruction are unknown. */
#ifndef COLDHEAP_TOOL_EFFECTS_DERIVE_H
#define COLDHEAP_TOOL_EFFECTS_DERIVE_H

#include "effects_class.h"
#include "graph.h"

typedef struct effects_step effects_step;

typedef struct effects_map {
    graph *in;
    function **nodes; /* all functions, in order of index */
    size_t count;
    effects_step *steps[EFFECT_CLASSES]; /* by function.index; towards that effect */
    uint64_t *stacks;                    /* by function.index; see effects_stack */
} effects_map;

/* effects_derive answers for all functions of the graph and of its libraries' members that they
 * need. */
void effects_derive(effects_map *out, graph *in);

/* effects_class_of is the strongest effect that a function can reach. */
effect_class effects_class_of(const effects_map *in, const function *of);

/* effects_witness is the way to an effect: "qsort > __qsort_r > malloc"; in the store. A function
 * whose address is handed out on the way stands behind ">&". Requires: the function reaches it. */
const char *effects_witness(const effects_map *in, const function *of, effect_class effect);

/* effects_stack is the most that a function and all it calls take of the stack, in bytes.
 * Returns: EFFECTS_STACK_UNKNOWN with recursion or a frame without a bound on the way. */
#define EFFECTS_STACK_UNKNOWN UINT64_MAX
uint64_t effects_stack(effects_map *in, const function *of);

#endif
