/* depth.c: Tarjan's algorithm over the functions that were reached, without recursion of its own.
 * Functions that call each other in a circle are a group; groups end in order from the leaves up,
 * so each one's stack is known from those below it.
 *
 * A group of one that does not call itself takes its frame, or the depth at one of its calls and
 * what lies below that. A group with calls inside takes all of its frames, once for each time that
 * the policy lets a bounded function of it be entered: between two such entries no function comes
 * twice. Jumps alone, as between a function and its cold part, are a loop and no recursion. */
#include "depth.h"

typedef struct depth {
    graph *in;
    uint32_t number;
    const policy *rules;
    depth_cycle tell;
    void *context;
    function *open; /* the last one of them; function.below leads on */
    uint32_t counter;
} depth;

/* The function that an edge goes to, if the search has reached it. */
static function *target_of(depth *d, const function *from, const edge *via) {
    bool is_call = via->kind == EDGE_CALL || via->kind == EDGE_TAIL ||
                   (via->kind == EDGE_REFERENCE && from->resolver);
    function *to = NULL;
    if (is_call) {
        const edge *end = graph_through_stub(d->in, via);
        to = end->target != NULL || end->name == NULL ? end->target : graph_find(d->in, end->name);
    } else if (via->line != NULL) {
        to = via->line->hub;
    }
    return to != NULL && to->seen_for == d->number ? to : NULL;
}

static bool pushes(const edge *via) {
    return via->kind == EDGE_CALL || via->kind == EDGE_INDIRECT_CALL;
}

static uint64_t above(const edge *via) {
    return via->stack_bytes + (pushes(via) ? 8u : 0u);
}

static uint64_t more(uint64_t one, uint64_t other) {
    return one > other ? one : other;
}

/* ---- groups ---- */

/* Takes members out that reach no cycle but through a bounded one; what remains goes in circles.
 * A member is out when its `lowest` is 0. */
static void take_out_ends(depth *d, function *members) {
    for (bool changed = true; changed;) {
        changed = false;
        for (function *of = members; of != NULL; of = of->below) {
            bool leads_on = false;
            for (const edge *via = of->edges; of->lowest != 0 && via != NULL; via = via->next) {
                const function *to = target_of(d, of, via);
                leads_on = leads_on || (to != NULL && to->group == of->group && to->lowest != 0);
            }
            if (of->lowest != 0 && !leads_on) {
                of->lowest = 0;
                changed = true;
            }
        }
    }
}

/* Tells the first call of a cycle without a bound. */
static void tell_unbounded(depth *d, function *members) {
    for (function *of = members; of != NULL; of = of->below) {
        for (const edge *via = of->edges; of->lowest != 0 && via != NULL; via = via->next) {
            function *to = target_of(d, of, via);
            if (pushes(via) && to != NULL && to->group == of->group && to->lowest != 0) {
                d->tell(d->context, of, via, to, NULL);
                return;
            }
        }
    }
}

/* How often the bounded members of a group may be entered altogether. They are taken out. */
static uint64_t bound_of(depth *d, function *members) {
    uint64_t times = 0;
    for (function *of = members; of != NULL; of = of->below) {
        policy_line *line = policy_find(d->rules, POLICY_BOUND, of->name);
        if (line != NULL) {
            d->tell(d->context, of, NULL, of, line);
            times += line->depth;
            of->lowest = 0;
        }
    }
    return times;
}

static void measure_group(depth *d, function *members) {
    uint64_t frames = 0;
    uint64_t below = 0;
    bool calls = false;
    for (function *of = members; of != NULL; of = of->below) {
        frames += of->frame_bytes + 8u;
        for (const edge *via = of->edges; via != NULL; via = via->next) {
            const function *to = target_of(d, of, via);
            if (to != NULL && to->group == of->group) {
                calls = calls || pushes(via);
            } else {
                below = more(below, above(via) + (to != NULL ? to->stack_bytes : 0));
            }
        }
    }
    uint64_t times = 1;
    if (calls) {
        times = bound_of(d, members);
        take_out_ends(d, members);
        tell_unbounded(d, members);
        times = times > 0 ? times : 1;
    }
    for (function *of = members; of != NULL; of = of->below) {
        of->stack_bytes = frames * times + below;
    }
}

static void measure_one(depth *d, function *of) {
    uint64_t most = of->frame_bytes;
    for (const edge *via = of->edges; via != NULL; via = via->next) {
        const function *to = target_of(d, of, via);
        if (to != NULL || pushes(via)) {
            most = more(most, above(via) + (to != NULL ? to->stack_bytes : 0));
        }
    }
    of->stack_bytes = most;
}

static bool goes_to_itself(depth *d, const function *of) {
    for (const edge *via = of->edges; via != NULL; via = via->next) {
        if (target_of(d, of, via) == of) {
            return true;
        }
    }
    return false;
}

/* All that are open down to `first` are one group. */
static void end_group(depth *d, function *first) {
    function *members = d->open;
    function *last = members;
    for (function *of = members;; of = of->below) {
        of->open = false;
        of->group = first;
        last = of;
        if (of == first) {
            break;
        }
    }
    d->open = last->below;
    last->below = NULL;
    if (members == first && !goes_to_itself(d, first)) {
        measure_one(d, first);
    } else {
        measure_group(d, members);
    }
}

/* ---- the walk ---- */

static void enter(depth *d, function *of, function *caller) {
    of->order = of->lowest = ++d->counter;
    of->open = true;
    of->below = d->open;
    of->caller = caller;
    of->next_edge = of->edges;
    of->group = NULL;
    d->open = of;
}

/* The next function to enter from `of`; NULL if all of its edges were followed. */
static function *next_of(depth *d, function *of) {
    while (of->next_edge != NULL) {
        const edge *via = of->next_edge;
        function *to = target_of(d, of, via);
        of->next_edge = via->next;
        if (to != NULL && to->order == 0) {
            return to;
        }
        if (to != NULL && to->open && to->order < of->lowest) {
            of->lowest = to->order;
        }
    }
    return NULL;
}

uint64_t depth_find(graph *in, function *root, uint32_t number, const policy *rules,
                    depth_cycle tell, void *context) {
    depth d = {.in = in, .number = number, .rules = rules, .tell = tell, .context = context};
    enter(&d, root, NULL);
    for (function *of = root; of != NULL;) {
        function *to = next_of(&d, of);
        if (to != NULL) {
            enter(&d, to, of);
            of = to;
            continue;
        }
        function *caller = of->caller;
        uint32_t lowest = of->lowest;
        if (lowest == of->order) {
            end_group(&d, of);
        } else if (caller != NULL && lowest < caller->lowest) {
            caller->lowest = lowest;
        }
        of = caller;
    }
    return root->stack_bytes;
}
