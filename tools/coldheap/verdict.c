/* verdict.c: breadth first from the root, so that the way to each finding is a shortest one; then
 * depth first over what was reached, for recursion and the stack. See verdict.h. */
#include "verdict.h"

#include "decode.h"
#include "effects.h"
#include "source.h"
#include "store.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *text;
    bool violation;
} CLASSES[FINDING_CLASSES] = {
#define FINDING_ROW(name, text, violation) [FINDING_##name] = {text, violation},
    FINDING_ROWS(FINDING_ROW)
#undef FINDING_ROW
};

const char *verdict_class_text(finding_class class) {
    return CLASSES[class].text;
}

bool verdict_class_is_violation(finding_class class) {
    return CLASSES[class].violation;
}

/* Breadth first: a list of functions to look into. */
typedef struct search {
    verdict *out;
    graph *in;
    verdict_rules *rules;
    function **queue;
    size_t queued;
    size_t room;
    finding **last_of[FINDING_CLASSES];
    size_t count_of[FINDING_CLASSES];
    finding *first_of[FINDING_CLASSES];
    bool all_decoded;
} search;

static bool is_library(const function *of) {
    return of->in->library;
}

/* The edge by which the way to `at` leaves the user's code: within a library one finding of a class
 * is enough. */
static const edge *own_edge(const function *at, const edge *via) {
    while (is_library(at) && at->parent != NULL) {
        via = at->via;
        at = at->parent;
    }
    return via;
}

/* Whether a finding tells the user nothing that `other`, of the same class, does not. */
static bool is_repeat(const finding *other, function *at, const edge *via, const char *what) {
    if (is_library(at) && is_library(other->at)) {
        return own_edge(other->at, other->via) == own_edge(at, via);
    }
    bool same_what = other->what == what ||
                     (other->what != NULL && what != NULL && strcmp(other->what, what) == 0);
    bool by_name = other->class == FINDING_ALLOC || other->class == FINDING_UNKNOWN_EXTERN ||
                   other->class == FINDING_RECURSION;
    return other->at == at && same_what && (other->via == via || by_name);
}

static void add_finding(search *s, finding_class class, function *at, const edge *via,
                        const char *what) {
    for (finding *other = s->first_of[class]; other != NULL; other = other->next) {
        if (is_repeat(other, at, via, what)) {
            return;
        }
    }
    s->count_of[class]++;
    if (s->count_of[class] > s->rules->finding_max) {
        return;
    }
    finding *made = STORE_NEW(finding);
    *made = (finding){.class = class, .at = at, .via = via, .what = what};
    if (s->last_of[class] == NULL) {
        s->first_of[class] = made;
    } else {
        *s->last_of[class] = made;
    }
    s->last_of[class] = &made->next;
}

static void add_exception(search *s, const char *name, const char *reason) {
    for (exception *other = s->out->exceptions; other != NULL; other = other->next) {
        if (other->name == name || strcmp(other->name, name) == 0) {
            return;
        }
    }
    exception *made = STORE_NEW(exception);
    *made = (exception){.name = name, .reason = reason, .next = s->out->exceptions};
    s->out->exceptions = made;
}

static void enqueue(search *s, function *of, function *parent, const edge *via) {
    if (of->seen_for == s->rules->number) {
        return;
    }
    of->seen_for = s->rules->number;
    of->parent = parent;
    of->via = via;
    of->state = 0;
    of->walk_parent = NULL;
    of->walk_via = NULL;
    if (s->queued == s->room) {
        size_t room = s->room != 0 ? s->room * 2 : 1024;
        function **moved = STORE_ARRAY(function *, room);
        if (s->queued > 0) {
            memcpy(moved, s->queue, s->queued * sizeof *moved);
        }
        s->queue = moved;
        s->room = room;
    }
    s->queue[s->queued++] = of;
}

/* Where the way from the root enters the C library: its caller is what the user can change. */
static finding_class alloc_class(const function *from) {
    return is_library(from) ? FINDING_LIBC_ALLOC : FINDING_ALLOC;
}

/* A call of a name: an allocator, a mark, an exception, a function elsewhere, or nothing known.
 * Returns: the function to look into; NULL if that is settled. */
static function *settle_name(search *s, function *from, const edge *via, const char *name,
                             function *target) {
    if (effects_allocates(name)) {
        add_finding(s, alloc_class(from), from, via, name);
        return NULL;
    }
    if (effects_none(name) || effects_ends(name)) {
        return NULL;
    }
    policy_line *line = policy_find(&s->rules->policy, POLICY_EFFECT, name);
    line = line != NULL ? line : policy_find(&s->rules->policy, POLICY_COLD, name);
    if (line != NULL) {
        add_exception(s, name, line->reason);
        return NULL;
    }
    target = target != NULL ? target : graph_find_further(s->in, name);
    if (target == NULL) {
        add_finding(s, FINDING_UNKNOWN_EXTERN, from, via, name);
    } else if (target->permit) {
        add_exception(s, name, "CH_PERMIT_FN");
        return NULL;
    }
    return target;
}

/* A stub of the table of imports does nothing but jump to what it stands for. */
static const edge *through_stub(search *s, const edge *via) {
    function *target = via->target;
    const image_section *section =
        target != NULL ? image_section_at(target->in, target->address) : NULL;
    if (section == NULL || strncmp(section->name, ".plt", 4) != 0) {
        return via;
    }
    graph_decode(s->in, target);
    const edge *only = target->edges;
    return only != NULL && only->kind == EDGE_TAIL && only->next == NULL ? only : via;
}

static void look_at_call(search *s, function *from, const edge *via) {
    const edge *end = through_stub(s, via);
    const char *name = end->target != NULL ? end->target->name : end->name;
    function *target = settle_name(s, from, via, name, end->target);
    if (target != NULL) {
        enqueue(s, target, from, via);
    }
}

/* ---- computed calls ---- */

static void call_all_taken(search *s, function *from, const edge *via) {
    size_t position = 0;
    if (!s->all_decoded) {
        graph_decode_all(s->in);
        s->all_decoded = true;
    }
    for (function *of; (of = graph_each(s->in, &position)) != NULL;) {
        if (of->taken && !is_library(of)) {
            function *target = settle_name(s, from, via, of->name, of);
            if (target != NULL) {
                enqueue(s, target, from, via);
            }
        }
    }
}

/* All functions whose address stands in a table: an object of data whose name fits. */
static void call_table(search *s, function *from, const edge *via, const char *glob) {
    size_t count = 0;
    for (image *at = s->in->images.first; at != NULL; at = at->next) {
        for (uint32_t i = 0; !at->library && i < at->symbol_count; i++) {
            const image_symbol *symbol = &at->symbols[i];
            if (symbol->type != STT_OBJECT || symbol->section == 0 ||
                fnmatch(glob, symbol->name, 0) != 0) {
                continue;
            }
            for (const image_relocation *entry =
                     image_relocation_in(at, symbol->address, symbol->size);
                 entry != NULL && entry < at->relocations + at->relocation_count &&
                 entry->address - symbol->address < symbol->size;
                 entry++) {
                function *target = decode_target_of(s->in, at, entry);
                count += target != NULL;
                target = target != NULL ? settle_name(s, from, via, target->name, target) : NULL;
                if (target != NULL) {
                    enqueue(s, target, from, via);
                }
            }
        }
    }
    if (count == 0) {
        add_finding(s, FINDING_INDIRECT_CALL, from, via, store_format("no functions in %s", glob));
    }
}

static void call_listed(search *s, function *from, const edge *via, const char *targets) {
    for (const char *at = targets; *at != 0;) {
        size_t length = strcspn(at, ",");
        char *name = store_text(at, length);
        bool is_table = strncmp(name, "@in:", 4) == 0;
        function *target =
            is_table ? NULL : settle_name(s, from, via, name, graph_find_any(s->in, name));
        if (is_table) {
            call_table(s, from, via, name + 4);
        } else if (target != NULL) {
            enqueue(s, target, from, via);
        }
        at += length + (at[length] == ',');
    }
}

#define SOURCE_BYTES 512u

static void look_at_indirect(search *s, function *from, const edge *via) {
    char source[SOURCE_BYTES];
    if (is_library(from)) {
        add_finding(s, FINDING_LIBC_INDIRECT, from, via, from->name);
        return;
    }
    bool has_source = source_line(source, sizeof source, from->in, via->address);
    policy_line *line = policy_for_call(&s->rules->policy, from->name, has_source ? source : NULL);
    if (line == NULL) {
        char *text = has_source ? source + strspn(source, " \t") : NULL;
        size_t length = text != NULL ? strcspn(text, "\r\n") : 0;
        add_finding(s, FINDING_INDIRECT_CALL, from, via,
                    text != NULL ? store_text(text, length < 80 ? length : 80) : NULL);
        return;
    }
    add_exception(s, store_format("%s: %s -> %s", from->name, line->name, line->targets),
                  line->reason);
    if (strcmp(line->targets, "@taken") == 0) {
        call_all_taken(s, from, via);
    } else if (strcmp(line->targets, "cold") != 0) {
        call_listed(s, from, via, line->targets);
    }
}

/* ---- the search ---- */

static void look_at_edge(search *s, function *from, const edge *via) {
    switch (via->kind) {
    case EDGE_CALL:
    case EDGE_TAIL:
        look_at_call(s, from, via);
        return;
    case EDGE_REFERENCE:
        if (from->resolver) {
            look_at_call(s, from, via);
        }
        return;
    case EDGE_INDIRECT_CALL:
    case EDGE_INDIRECT_TAIL:
        look_at_indirect(s, from, via);
        return;
    case EDGE_SYSCALL:
        s->out->syscall_count++;
        if (s->rules->deny_syscalls) {
            add_finding(s, FINDING_SYSCALL, from, via, NULL);
        }
        return;
    case EDGE_UNDECODED:
        add_finding(s, FINDING_UNDECODED, from, via, NULL);
        return;
    }
}

static void look_into(search *s, function *of) {
    graph_decode(s->in, of);
    s->out->function_count++;
    if (of->unbounded) {
        add_finding(s, FINDING_UNBOUNDED_STACK, of, NULL, NULL);
        s->out->stack_known = false;
    }
    for (const edge *via = of->edges; via != NULL; via = via->next) {
        look_at_edge(s, of, via);
    }
}

/* ---- stack and recursion ---- */

enum { WALK_NEW, WALK_OPEN, WALK_DONE };

static void note_cycle(search *s, function *from, const edge *via, function *to) {
    policy_line *line = policy_find(&s->rules->policy, POLICY_BOUND, to->name);
    line = line != NULL ? line : policy_find(&s->rules->policy, POLICY_BOUND, from->name);
    if (line == NULL) {
        add_finding(s, FINDING_RECURSION, from, via, to->name);
        s->out->stack_known = false;
        return;
    }
    add_exception(s, store_format("recursion of %s", to->name), line->reason);
}

static bool is_flow(const edge *via, const function *from) {
    return via->kind == EDGE_CALL || via->kind == EDGE_TAIL ||
           (via->kind == EDGE_REFERENCE && from->resolver);
}

/* Whether the way by which the walk came from `to` down to `from`, closed by `via`, has a call in
 * it: jumps alone, as between a function and its cold part, are a loop and take no stack. */
static bool is_recursion(const function *from, const edge *via, const function *to) {
    bool calls = via->kind == EDGE_CALL;
    for (const function *at = from; !calls && at != to && at != NULL; at = at->walk_parent) {
        calls = at->walk_via != NULL && at->walk_via->kind != EDGE_TAIL;
    }
    return calls;
}

static uint64_t stack_of(search *s, function *of);

/* What one edge adds; a call pushes its return address. */
static uint64_t stack_through(search *s, function *from, const edge *via) {
    const edge *end = is_flow(via, from) ? through_stub(s, via) : via;
    function *to = end->target;
    if (to == NULL && end->name != NULL) {
        to = graph_find(s->in, end->name);
    }
    if (!is_flow(via, from) || to == NULL || to->seen_for != s->rules->number) {
        return via->kind == EDGE_CALL ? via->stack_bytes + 8u : 0;
    }
    if (to->state == WALK_OPEN) {
        if (is_recursion(from, via, to)) {
            note_cycle(s, from, via, to);
        }
        return 0;
    }
    if (to->state == WALK_NEW) {
        to->walk_parent = from;
        to->walk_via = via;
    }
    return stack_of(s, to) + via->stack_bytes + (via->kind == EDGE_CALL ? 8u : 0u);
}

static uint64_t stack_of(search *s, function *of) {
    if (of->state == WALK_DONE) {
        return of->stack_bytes;
    }
    of->state = WALK_OPEN;
    uint64_t most = of->frame_bytes;
    for (const edge *via = of->edges; via != NULL; via = via->next) {
        uint64_t through = stack_through(s, of, via);
        most = through > most ? through : most;
    }
    policy_line *line = policy_find(&s->rules->policy, POLICY_BOUND, of->name);
    if (line != NULL) {
        most += (line->depth - 1) * (of->frame_bytes + 8u);
    }
    of->state = WALK_DONE;
    of->stack_bytes = most;
    return most;
}

/* Computed calls: each target's own depth, from where it was reached. */
static void add_indirect_stack(search *s) {
    for (size_t i = 0; i < s->queued; i++) {
        function *of = s->queue[i];
        if (of->via != NULL &&
            (of->via->kind == EDGE_INDIRECT_CALL || of->via->kind == EDGE_INDIRECT_TAIL)) {
            uint64_t below = stack_of(s, of);
            uint64_t above = of->parent->frame_bytes + 8u;
            for (function *up = of->parent; up->parent != NULL; up = up->parent) {
                above += up->parent->frame_bytes + 8u;
            }
            if (above + below > s->out->stack_bytes) {
                s->out->stack_bytes = above + below;
            }
        }
    }
}

static void conclude(search *s) {
    finding **last = &s->out->findings;
    for (unsigned class = 0; class < FINDING_CLASSES; class ++) {
        if (s->first_of[class] == NULL) {
            continue;
        }
        verdict_kind kind = CLASSES[class].violation ? VERDICT_VIOLATION : VERDICT_UNPROVEN;
        s->out->kind = kind > s->out->kind ? kind : s->out->kind;
        *last = s->first_of[class];
        last = s->last_of[class];
    }
}

void verdict_find(verdict *out, graph *in, function *root, verdict_rules *rules) {
    search s = {.out = out, .in = in, .rules = rules};
    *out = (verdict){.root = root, .stack_known = true};
    rules->number++;
    enqueue(&s, root, NULL, NULL);
    for (size_t i = 0; i < s.queued; i++) {
        look_into(&s, s.queue[i]);
    }
    out->stack_bytes = stack_of(&s, root);
    add_indirect_stack(&s);
    if (rules->stack_max != 0 && out->stack_known && out->stack_bytes > rules->stack_max) {
        add_finding(&s, FINDING_STACK_LIMIT, root, NULL, NULL);
    }
    conclude(&s);
}
