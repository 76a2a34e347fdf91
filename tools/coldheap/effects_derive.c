/* effects_derive.c: one search backwards per effect; see effects_derive.h. */
#include "effects_derive.h"

#include "effects.h"
#include "store.h"

#include <stdio.h>
#include <string.h>

/* From a function one step towards an effect; distance 0: not reached. At distance 1 `what` is the
 * effect's name, further away `next` is the function to go on from. */
struct effects_step {
    function *next;
    const char *what;
    uint32_t distance;
    bool by_reference; /* the address of `next` is handed out, not called */
};

/* A call turned round: who comes here. */
typedef struct arrival {
    function *from;
    uint32_t next; /* index + 1 of the next arrival at the same function; 0: none */
    bool by_reference;
} arrival;

/* An effect that happens in the function itself. */
typedef struct seed {
    function *at;
    const char *what;
    effect_class effect;
} seed;

typedef struct derivation {
    effects_map *out;
    graph *in;
    size_t node_room; /* of out->nodes */
    function **list;  /* all functions, in the order in which they are met */
    size_t list_count;
    size_t list_room;
    arrival *arrivals;
    size_t arrival_count;
    size_t arrival_room;
    uint32_t *first_arrival; /* by function.index; index + 1 */
    size_t first_room;
    seed *seeds;
    size_t seed_count;
    size_t seed_room;
} derivation;

/* ---- functions and who calls them ---- */

static void *grown(const void *old, size_t used, size_t room, size_t size) {
    void *moved = store_array(room, size, _Alignof(max_align_t));
    if (used > 0) {
        memcpy(moved, old, used * size);
    }
    return moved;
}

static void add_arrival(derivation *d, function *from, const function *to, bool by_reference) {
    if (d->arrival_count == d->arrival_room) {
        d->arrival_room = d->arrival_room != 0 ? d->arrival_room * 2 : 65536;
        d->arrivals = grown(d->arrivals, d->arrival_count, d->arrival_room, sizeof *d->arrivals);
    }
    if (to->index >= d->first_room) {
        size_t room = (size_t)(to->index + 1) * 2;
        d->first_arrival = grown(d->first_arrival, d->first_room, room, sizeof(uint32_t));
        d->first_room = room;
    }
    d->arrivals[d->arrival_count++] =
        (arrival){.from = from, .next = d->first_arrival[to->index], .by_reference = by_reference};
    d->first_arrival[to->index] = (uint32_t)d->arrival_count;
}

static void add_seed(derivation *d, function *at, effect_class effect, const char *what) {
    if (d->seed_count == d->seed_room) {
        d->seed_room = d->seed_room != 0 ? d->seed_room * 2 : 4096;
        d->seeds = grown(d->seeds, d->seed_count, d->seed_room, sizeof *d->seeds);
    }
    d->seeds[d->seed_count++] = (seed){.at = at, .effect = effect, .what = what};
}

/* Takes a function up once; nodes stand at their index. */
static function *take(derivation *d, function *of) {
    effects_map *out = d->out;
    of = of->same != NULL ? of->same : of;
    if (of->index >= d->node_room) {
        size_t room = ((size_t)of->index + 1) * 2;
        out->nodes = grown(out->nodes, d->node_room, room, sizeof *out->nodes);
        d->node_room = room;
    }
    if (out->nodes[of->index] == NULL) {
        if (d->list_count == d->list_room) {
            d->list_room = d->list_room != 0 ? d->list_room * 2 : 16384;
            d->list = grown(d->list, d->list_count, d->list_room, sizeof *d->list);
        }
        out->nodes[of->index] = of;
        d->list[d->list_count++] = of;
    }
    return of;
}

static void look_at_name(derivation *d, function *from, const edge *via) {
    function *target = via->target;
    const char *name = target != NULL ? target->name : via->name;
    if (effects_allocates(name)) {
        add_seed(d, from, EFFECT_ALLOC, name);
        return;
    }
    if (effects_ends(name)) {
        return;
    }
    target = target != NULL ? target : graph_find_further(d->in, name);
    if (target == NULL) {
        add_seed(d, from, EFFECT_UNKNOWN, name);
    } else {
        add_arrival(d, from, take(d, target), false);
    }
}

static void look_at_reference(derivation *d, function *from, const edge *via) {
    function *target = via->target != NULL ? via->target : graph_find(d->in, via->name);
    if (target != NULL) {
        add_arrival(d, from, take(d, target), true);
    }
}

static void look_at_edge(derivation *d, function *from, const edge *via) {
    switch (via->kind) {
    case EDGE_CALL:
    case EDGE_TAIL:
        look_at_name(d, from, via);
        return;
    case EDGE_REFERENCE:
        if (from->resolver) {
            look_at_name(d, from, via);
        } else {
            look_at_reference(d, from, via);
        }
        return;
    case EDGE_INDIRECT_CALL:
    case EDGE_INDIRECT_TAIL:
        add_seed(d, from, EFFECT_INDIRECT, "*");
        return;
    case EDGE_SYSCALL:
        add_seed(d, from, EFFECT_SYSCALL, "syscall");
        return;
    case EDGE_MARK:
        return;
    case EDGE_UNDECODED:
        add_seed(d, from, EFFECT_UNKNOWN, "?");
        return;
    }
}

static void decode_all(derivation *d) {
    size_t position = 0;
    for (function *of; (of = graph_each(d->in, &position)) != NULL;) {
        (void)take(d, of);
    }
    for (size_t i = 0; i < d->list_count; i++) {
        graph_decode(d->in, d->list[i]);
        for (const edge *via = d->list[i]->edges; via != NULL; via = via->next) {
            look_at_edge(d, d->list[i], via);
        }
    }
}

/* ---- the searches ---- */

typedef struct search {
    const derivation *d;
    effects_step *steps;
    function **queue;
    size_t queued;
    const effects_step *only; /* not NULL: references count where these steps lead on */
} search;

static void reach(search *s, function *of, effects_step step) {
    if (s->steps[of->index].distance == 0) {
        s->steps[of->index] = step;
        s->queue[s->queued++] = of;
    }
}

static void arrive(search *s, function *at) {
    uint32_t distance = s->steps[at->index].distance + 1;
    uint32_t next = at->index < s->d->first_room ? s->d->first_arrival[at->index] : 0;
    while (next != 0) {
        const arrival *by = &s->d->arrivals[next - 1];
        bool counts =
            !by->by_reference || (s->only != NULL && s->only[by->from->index].distance > 0);
        if (counts) {
            reach(s, by->from, (effects_step){at, NULL, distance, by->by_reference});
        }
        next = by->next;
    }
}

/* Breadth first from where the effect happens, so that every way is a shortest one. */
static effects_step *search_effect(const derivation *d, effect_class effect,
                                   const effects_step *only) {
    search s = {.d = d, .only = only};
    s.steps = STORE_ARRAY(effects_step, d->out->count);
    s.queue = STORE_ARRAY(function *, d->list_count);
    for (size_t i = 0; i < d->seed_count; i++) {
        if (d->seeds[i].effect == effect) {
            reach(&s, d->seeds[i].at, (effects_step){NULL, d->seeds[i].what, 1, false});
        }
    }
    for (size_t i = 0; i < s.queued; i++) {
        arrive(&s, s.queue[i]);
    }
    return s.steps;
}

void effects_derive(effects_map *out, graph *in) {
    derivation d = {.out = out, .in = in};
    *out = (effects_map){.in = in};
    decode_all(&d);
    out->count = in->function_count;
    out->steps[EFFECT_SYSCALL] = search_effect(&d, EFFECT_SYSCALL, NULL);
    out->steps[EFFECT_UNKNOWN] = search_effect(&d, EFFECT_UNKNOWN, NULL);
    out->steps[EFFECT_INDIRECT] = search_effect(&d, EFFECT_INDIRECT, NULL);
    out->steps[EFFECT_ALLOC] = search_effect(&d, EFFECT_ALLOC, out->steps[EFFECT_INDIRECT]);
}

/* ---- answers ---- */

effect_class effects_class_of(const effects_map *in, const function *of) {
    static const effect_class ORDER[] = {EFFECT_ALLOC, EFFECT_UNKNOWN, EFFECT_INDIRECT,
                                         EFFECT_SYSCALL};
    of = of->same != NULL ? of->same : of;
    for (size_t i = 0; i < sizeof ORDER / sizeof ORDER[0]; i++) {
        if (in->steps[ORDER[i]][of->index].distance > 0) {
            return ORDER[i];
        }
    }
    return EFFECT_NONE;
}

/* ---- the stack ---- */

#define STACK_NOT_ASKED 0u
#define STACK_OPEN      (UINT64_MAX - 1) /* on the way: to come back here is recursion */

static uint64_t stack_below(effects_map *in, const function *of) {
    uint64_t most = of->unbounded ? EFFECTS_STACK_UNKNOWN : of->frame_bytes;
    for (const edge *via = of->edges; via != NULL && most != EFFECTS_STACK_UNKNOWN;
         via = via->next) {
        bool flows = via->kind == EDGE_CALL || via->kind == EDGE_TAIL ||
                     (via->kind == EDGE_REFERENCE && of->resolver);
        const function *to = via->target;
        if (to == NULL && via->name != NULL) {
            to = graph_find(in->in, via->name);
        }
        if (!flows || to == NULL || effects_ends(to->name)) {
            continue;
        }
        uint64_t below = effects_stack(in, to);
        uint64_t through = below + via->stack_bytes + (via->kind == EDGE_CALL ? 8u : 0u);
        most = below == EFFECTS_STACK_UNKNOWN ? below : through > most ? through : most;
    }
    return most;
}

uint64_t effects_stack(effects_map *in, const function *of) {
    of = of->same != NULL ? of->same : of;
    if (in->stacks == NULL) {
        in->stacks = STORE_ARRAY(uint64_t, in->count);
    }
    uint64_t *slot = &in->stacks[of->index];
    if (*slot == STACK_OPEN) {
        return EFFECTS_STACK_UNKNOWN;
    }
    if (*slot == STACK_NOT_ASKED) {
        *slot = STACK_OPEN;
        uint64_t below = stack_below(in, of);
        *slot = below == EFFECTS_STACK_UNKNOWN ? below : below + 1; /* 0: not asked */
    }
    return *slot == EFFECTS_STACK_UNKNOWN ? *slot : *slot - 1;
}

/* ---- witnesses ---- */

#define WITNESS_BYTES 1000u

const char *effects_witness(const effects_map *in, const function *of, effect_class effect) {
    char text[WITNESS_BYTES];
    size_t used = 0;
    of = of->same != NULL ? of->same : of;
    const char *before = "";
    while (of != NULL && used < sizeof text / 2) {
        const effects_step *step = &in->steps[effect][of->index];
        int length = snprintf(text + used, sizeof text - used, "%s%.100s", before, of->name);
        used += length > 0 ? (size_t)length : 0;
        before = step->by_reference ? " >& " : " > ";
        if (step->next == NULL && step->what != NULL) {
            length = snprintf(text + used, sizeof text - used, "%s%.100s", before, step->what);
            used += length > 0 ? (size_t)length : 0;
        }
        of = step->next;
    }
    return store_text(text, used);
}
