/* verdict.c: breadth first from the root, so that the way to each finding is a shortest one; then
 * depth.c goes over what was reached, for recursion and the stack. See verdict.h. */
#include "verdict.h"

#include "clone.h"
#include "demangle.h"
#include "depth.h"
#include "effects.h"
#include "expression.h"
#include "permit.h"
#include "source.h"
#include "store.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *text;
    unsigned weight;
} CLASSES[FINDING_CLASSES] = {
#define FINDING_ROW(name, text, weight) [FINDING_##name] = {text, weight},
    FINDING_ROWS(FINDING_ROW)
#undef FINDING_ROW
};

const char *verdict_class_text(finding_class class) {
    return CLASSES[class].text;
}

unsigned verdict_class_weight(finding_class class) {
    return CLASSES[class].weight;
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
    const char *candidates;
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

/* Returns: the finding; NULL if it is none of those that are kept. */
static finding *add_finding(search *s, finding_class class, function *at, const edge *via,
                            const char *what) {
    for (finding *other = s->first_of[class]; other != NULL; other = other->next) {
        if (is_repeat(other, at, via, what)) {
            return NULL;
        }
    }
    s->count_of[class]++;
    if (s->count_of[class] > s->rules->finding_max) {
        return NULL;
    }
    finding *made = STORE_NEW(finding);
    *made = (finding){.class = class, .at = at, .via = via, .what = what};
    if (s->last_of[class] == NULL) {
        s->first_of[class] = made;
    } else {
        *s->last_of[class] = made;
    }
    s->last_of[class] = &made->next;
    return made;
}

static exception *find_exception(search *s, const policy_line *line, const function *permitted) {
    exception **last = &s->out->exceptions;
    for (; *last != NULL; last = &(*last)->next) {
        if ((*last)->line == line && (*last)->permitted == permitted) {
            return *last;
        }
    }
    *last = STORE_NEW(exception);
    (*last)->line = line;
    (*last)->permitted = permitted;
    return *last;
}

static void use_line(search *s, const policy_line *line) {
    exception *used = find_exception(s, line, NULL);
    used->text = used->text != NULL ? used->text : policy_text(line);
    used->reason = line->reason;
    used->count++;
}

static void use_permit(search *s, function *of) {
    exception *used = find_exception(s, NULL, of);
    if (used->count++ == 0) {
        used->text = store_format("CH_PERMIT_FN %.200s", of->name);
        used->reason = permit_reason(s->in, of);
    }
}

static void enqueue(search *s, function *of, function *parent, const edge *via) {
    if (of->seen_for == s->rules->number) {
        return;
    }
    of->seen_for = s->rules->number;
    of->parent = parent;
    of->via = via;
    of->order = 0;
    of->open = false;
    of->group = NULL;
    of->stack_bytes = 0;
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

/* Whether an input defines the name, or a library that the user gave: then it is not libc's. */
static bool is_own(const search *s, const char *name, const function *target) {
    bool own = target != NULL && !is_library(target);
    for (const image_archive *at = s->in->libraries;
         !own && at != s->rules->effects.libc && at != NULL; at = at->next) {
        own = image_archive_has(at, name);
    }
    return own;
}

/* Nothing of it needs to be looked into. The C library's leaves in assembly are so by name, also
 * in a program that is linked with them. */
static bool is_settled(const char *name, const function *target, bool own) {
    bool leaf = effects_none(name) && (!own || (target != NULL && target->in->linked));
    return effects_allocates(name) || effects_is_mark(name) || leaf || effects_ends(name);
}

static bool row_is_none(const effect_row *row) {
    return row != NULL && row->class == EFFECT_NONE && row->stack_known;
}

/* Whether the library in use does what libc.a does not: looking there would miss it. */
static bool tell_difference(search *s, function *from, const edge *via, const effect_row *row) {
    static const finding_class CLASSES_OF[EFFECT_CLASSES] = {
        [EFFECT_INDIRECT] = FINDING_LIBC_INDIRECT,
        [EFFECT_UNKNOWN] = FINDING_UNKNOWN_EXTERN,
        [EFFECT_ALLOC] = FINDING_LIBC_ALLOC,
    };
    if (row == NULL || effect_class_is_clean(row->class) || (row->in_archive && !row->differs)) {
        return false;
    }
    finding *made = add_finding(s, CLASSES_OF[row->class], from, via, row->name);
    if (made != NULL) {
        made->witness = row->witness;
    }
    s->out->stack_known = false;
    return true;
}

/* A call of a name: an allocator, a mark, an exception, a function elsewhere, or nothing known.
 * Returns: the function to look into; NULL if that is settled. */
static function *settle_name(search *s, function *from, const edge *via, const char *name,
                             function *target) {
    bool own = is_own(s, name, target);
    const effect_row *row = own ? NULL : effects_use_find(&s->rules->effects, name);
    if (row_is_none(row)) {
        return graph_add_known(s->in, row->name, (uint32_t)row->stack_bytes);
    }
    if (target != NULL && target->hub) {
        return target; /* that was known before */
    }
    if (target == NULL && !is_settled(name, target, own)) {
        target = graph_find_further(s->in, name);
        name = target != NULL ? target->name : name; /* another name of the same */
    }
    if (effects_allocates(name)) {
        add_finding(s, alloc_class(from), from, via, name);
        return NULL;
    }
    if (is_settled(name, target, own)) {
        return NULL;
    }
    policy_line *line = policy_find(&s->rules->policy, POLICY_EFFECT, name);
    if (line != NULL) {
        s->out->stack_known = false;
    } else {
        line = policy_find(&s->rules->policy, POLICY_COLD, name);
    }
    if (line != NULL) {
        use_line(s, line);
        return NULL;
    }
    if (tell_difference(s, from, via, row)) {
        return NULL;
    }
    if (target == NULL) {
        add_finding(s, FINDING_UNKNOWN_EXTERN, from, via, name);
    } else if (target->permit) {
        use_permit(s, target);
        return NULL;
    }
    return target;
}

/* A call that the compiler does not know of: its frame was laid out without it. */
static void look_at_assembly(search *s, function *from, const edge *via, const char *name) {
    if (via->kind != EDGE_CALL || is_library(from) || !graph_compiler_lacks(s->in, from, name)) {
        return;
    }
    policy_line *line = policy_for_assembly(&s->rules->policy, from->name, name);
    if (line != NULL) {
        use_line(s, line);
    } else {
        add_finding(s, FINDING_ASM_CALL, from, via, name);
    }
}

static void look_at_call(search *s, function *from, const edge *via) {
    const edge *end = graph_through_stub(s->in, via);
    const char *name = end->target != NULL ? end->target->name : end->name;
    look_at_assembly(s, from, via, name);
    function *target = settle_name(s, from, via, name, end->target);
    if (target == NULL) {
        return;
    }
    enqueue(s, target, from, via);
    bool by_name = target->in != from->in && !from->hub;
    for (function *rival = by_name ? target->rival : NULL; rival != NULL; rival = rival->rival) {
        enqueue(s, rival->same != NULL ? rival->same : rival, from, via);
    }
}

/* ---- computed calls ---- */

/* Whatever is handed out in the inputs; what they hand out of others is reached by its name. */
static void add_taken(search *s, function *hub, const char **open) {
    const graph_name *outside;
    size_t position = 0;
    graph_mark_taken(s->in, &outside);
    for (function *of; (of = graph_each(s->in, &position)) != NULL;) {
        if (of->taken && !is_library(of) && !of->stub) {
            graph_add_edge(hub, EDGE_TAIL, of, NULL);
        }
    }
    for (; outside != NULL; outside = outside->next) {
        graph_add_edge(hub, EDGE_TAIL, NULL, outside->name);
    }
    if (!graph_has_whole_program(s->in)) {
        *open = "no main among the inputs: addresses may come from outside them";
    } else if (graph_uses(s->in, "dlsym") || graph_uses(s->in, "dlvsym")) {
        *open = "dlsym gives addresses from outside the inputs";
    } else if (graph_is_stripped(s->in)) {
        *open = "a program without symbols: its functions are not all known";
    }
}

/* All functions whose address stands in a table: an object of data whose name fits. */
static size_t add_table(search *s, function *hub, const char *glob) {
    size_t count = 0;
    for (image *at = s->in->images.first; at != NULL; at = at->next) {
        for (uint32_t i = 0; !at->library && i < at->symbol_count; i++) {
            const image_symbol *symbol = &at->symbols[i];
            if (symbol->type == STT_OBJECT && symbol->section != 0 &&
                fnmatch(glob, symbol->name, 0) == 0) {
                count += graph_add_table(s->in, hub, at, symbol);
            }
        }
    }
    return count;
}

/* All functions that the name fits: units may keep several of one name to themselves. */
static size_t add_named(search *s, function *hub, const char *name) {
    size_t count = 0;
    size_t position = 0;
    for (function *of; (of = graph_each(s->in, &position)) != NULL;) {
        if (!of->in->library && !clone_is_cold(of->name) && clone_fits(name, of->name)) {
            graph_add_edge(hub, EDGE_TAIL, of, NULL);
            count++;
        }
    }
    return count;
}

static void add_listed(search *s, function *hub, const char *targets, const char **open) {
    for (const char *at = targets; *at != 0;) {
        size_t length = strcspn(at, ",");
        char *name = store_text(at, length);
        if (strcmp(name, "@taken") == 0) {
            add_taken(s, hub, open);
        } else if (strncmp(name, "@in:", 4) == 0) {
            if (add_table(s, hub, name + 4) == 0) {
                *open = store_format("no function in an object named %s", name + 4);
            }
        } else if (strcmp(name, "cold") != 0) {
            if (add_named(s, hub, name) == 0) {
                graph_add_edge(hub, EDGE_TAIL, NULL, name);
            }
        }
        at += length + (at[length] == ',');
    }
}

/* One function without code stands for all that the line lets a call reach. */
static void make_hub(search *s, policy_line *line) {
    const char *open = NULL;
    line->hub = graph_make_hub(s->in, store_format("[%s]", policy_text(line)));
    add_listed(s, line->hub, line->targets, &open);
    line->open = open;
}

#define CANDIDATES_MAX 6u

/* The functions whose address is taken: one of them it will be. */
static const char *candidates_of(search *s) {
    const graph_name *outside;
    const char *text = "";
    size_t count = 0;
    size_t position = 0;
    graph_mark_taken(s->in, &outside);
    for (function *of; (of = graph_each(s->in, &position)) != NULL;) {
        if (of->taken && !is_library(of) && !of->stub && count++ < CANDIDATES_MAX) {
            char readable[DEMANGLE_BYTES];
            text =
                store_format("%s %.100s", text, demangle(readable, of->name) ? readable : of->name);
        }
    }
    if (count > CANDIDATES_MAX) {
        text = store_format("%s and %zu more", text, count - CANDIDATES_MAX);
    }
    return count > 0 ? text : NULL;
}

static void add_indirect(search *s, function *from, const edge *via, const char *source,
                         int column) {
    size_t start = 0;
    size_t length = source != NULL ? expression_at(source, column, &start) : 0;
    const char *what = length > 0 ? store_text(source + start, length) : NULL;
    finding *made = add_finding(s, FINDING_INDIRECT_CALL, from, via, what);
    if (made != NULL) {
        s->candidates = s->candidates != NULL ? s->candidates : candidates_of(s);
        made->candidates = s->candidates;
    }
}

static void look_at_indirect(search *s, function *from, edge *via) {
    char source[SOURCE_BYTES];
    int column = 0;
    bool asks = !via->looked_up || via->line == NULL;
    bool has_source = asks && source_statement(source, from->in, via->address, &column);
    if (!via->looked_up) {
        via->line =
            policy_for_call(&s->rules->policy, from->name, has_source ? source : NULL, column);
        via->looked_up = true;
    }
    if (via->line == NULL && is_library(from)) {
        add_finding(s, FINDING_LIBC_INDIRECT, from, via, from->name);
        return;
    }
    if (via->line == NULL) {
        add_indirect(s, from, via, has_source ? source : NULL, column);
        return;
    }
    if (via->line->hub == NULL) {
        make_hub(s, via->line);
    }
    use_line(s, via->line);
    if (via->line->open != NULL) {
        finding *made = add_finding(s, FINDING_INDIRECT_CALL, from, via, via->line->hub->name);
        if (made != NULL) {
            made->why = via->line->open;
        }
    }
    enqueue(s, via->line->hub, from, via);
}

/* ---- the search ---- */

static void look_at_edge(search *s, function *from, edge *via) {
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
        add_finding(s, s->rules->deny_syscalls ? FINDING_SYSCALL : FINDING_NOTE_SYSCALL, from, via,
                    NULL);
        return;
    case EDGE_MARK:
        return;
    case EDGE_UNDECODED:
        add_finding(s, FINDING_UNDECODED, from, via, NULL);
        return;
    }
}

/* A frame that grows by what is computed is as large as the policy says. */
static void look_at_frame(search *s, function *of) {
    policy_line *line = policy_find(&s->rules->policy, POLICY_STACK, of->name);
    if (line == NULL) {
        add_finding(s, FINDING_UNBOUNDED_STACK, of, NULL, NULL);
        s->out->stack_known = false;
        return;
    }
    use_line(s, line);
    if (of->frame_bytes < line->stack_bytes) {
        uint64_t added = line->stack_bytes - of->frame_bytes;
        for (edge *via = of->edges; via != NULL; via = via->next) {
            via->stack_bytes += (uint32_t)added;
        }
        of->frame_bytes = (uint32_t)line->stack_bytes;
    }
}

static void look_into(search *s, function *of) {
    graph_decode(s->in, of);
    s->out->function_count += !of->hub;
    if (of->unbounded) {
        look_at_frame(s, of);
    }
    for (edge *via = of->edges; via != NULL; via = via->next) {
        look_at_edge(s, of, via);
    }
}

static void tell_cycle(void *context, function *from, const edge *via, function *to,
                       policy_line *line) {
    search *s = context;
    if (line != NULL) {
        use_line(s, line);
    } else {
        add_finding(s, FINDING_RECURSION, from, via, to->name);
        s->out->stack_known = false;
    }
}

static void conclude(search *s) {
    static const verdict_kind KINDS[] = {VERDICT_PROVEN, VERDICT_UNPROVEN, VERDICT_VIOLATION};
    finding **last = &s->out->findings;
    for (unsigned class = 0; class < FINDING_CLASSES; class ++) {
        if (s->first_of[class] == NULL) {
            continue;
        }
        verdict_kind kind = KINDS[CLASSES[class].weight];
        s->out->kind = kind > s->out->kind ? kind : s->out->kind;
        *last = s->first_of[class];
        last = s->last_of[class];
    }
}

/* A limit asked for is kept, broken, or cannot be shown to be kept. */
static void judge_stack(search *s, function *root) {
    verdict *out = s->out;
    if (s->rules->stack_max == 0) {
        return;
    }
    if (out->stack_bytes > s->rules->stack_max) {
        add_finding(s, FINDING_STACK_LIMIT, root, NULL, NULL);
    } else if (!out->stack_known) {
        add_finding(s, FINDING_UNBOUNDED_STACK, root, NULL, NULL);
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
    out->stack_bytes = depth_find(in, root, rules->number, &rules->policy, tell_cycle, &s);
    judge_stack(&s, root);
    conclude(&s);
}
