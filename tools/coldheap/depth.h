/* depth.h: how much stack a root can take, and which functions call themselves again. */
#ifndef COLDHEAP_TOOL_DEPTH_H
#define COLDHEAP_TOOL_DEPTH_H

#include "graph.h"
#include "policy.h"

/* What is told of a cycle of calls: `via` in `from` goes to `to`, and no line of the policy bounds
 * the cycle (line is NULL), or one does. */
typedef void (*depth_cycle)(void *context, function *from, const edge *via, function *to,
                            policy_line *line);

/* depth_find walks through what the search `number` has reached from `root`, all of which is
 * decoded. Returns: bytes of stack at most, as far as every cycle has a bound. */
uint64_t depth_find(graph *in, function *root, uint32_t number, const policy *rules,
                    depth_cycle tell, void *context);

#endif
