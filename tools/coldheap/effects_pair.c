/* effects_pair.c: from exported names inwards; see effects_pair.h. */
#include "effects_pair.h"

#include "store.h"

#include <string.h>

typedef struct pair {
    function *shared;
    function *archive; /* NULL: none yet */
    bool contradicted;
} pair;

typedef struct pairing {
    graph *shared;
    graph *archive;
    pair *pairs; /* by index of the shared function */
    size_t room;
    function **queue; /* shared functions whose partner is to be looked into */
    size_t queued;
    size_t queue_room;
} pairing;

static bool is_nameless(const function *of) {
    return strchr(of->name, '+') != NULL;
}

static bool matters(const edge *via) {
    return via->kind != EDGE_REFERENCE && via->kind != EDGE_UNDECODED;
}

static const edge *next_that_matters(const edge *via) {
    while (via != NULL && !matters(via)) {
        via = via->next;
    }
    return via;
}

static bool same_shape(const function *left, const function *right) {
    const edge *a = next_that_matters(left->edges);
    const edge *b = next_that_matters(right->edges);
    while (a != NULL && b != NULL && a->kind == b->kind) {
        a = next_that_matters(a->next);
        b = next_that_matters(b->next);
    }
    return a == NULL && b == NULL;
}

static pair *slot_of(pairing *p, const function *of) {
    if (of->index >= p->room) {
        size_t room = ((size_t)of->index + 1) * 2;
        pair *moved = STORE_ARRAY(pair, room);
        if (p->room > 0) {
            memcpy(moved, p->pairs, p->room * sizeof *moved);
        }
        p->pairs = moved;
        p->room = room;
    }
    return &p->pairs[of->index];
}

static void enqueue(pairing *p, function *shared) {
    if (p->queued == p->queue_room) {
        size_t room = p->queue_room != 0 ? p->queue_room * 2 : 4096;
        function **moved = STORE_ARRAY(function *, room);
        if (p->queued > 0) {
            memcpy(moved, p->queue, p->queued * sizeof *moved);
        }
        p->queue = moved;
        p->queue_room = room;
    }
    p->queue[p->queued++] = shared;
}

static void join(pairing *p, function *shared, function *archive) {
    pair *slot = slot_of(p, shared);
    if (slot->archive == NULL) {
        *slot = (pair){.shared = shared, .archive = archive};
        enqueue(p, shared);
    } else if (slot->archive != archive) {
        slot->contradicted = true;
    }
}

static void look_into(pairing *p, function *shared, function *archive) {
    graph_decode(p->shared, shared);
    graph_decode(p->archive, archive);
    if (!same_shape(shared, archive)) {
        return;
    }
    const edge *a = next_that_matters(archive->edges);
    const edge *b = next_that_matters(shared->edges);
    while (a != NULL && b != NULL) {
        bool both = a->target != NULL && b->target != NULL;
        if (both && is_nameless(b->target)) {
            join(p, b->target, a->target);
        }
        a = next_that_matters(a->next);
        b = next_that_matters(b->next);
    }
}

size_t effects_pair(graph *shared, graph *archive) {
    pairing p = {.shared = shared, .archive = archive};
    size_t position = 0;
    size_t count = 0;
    for (function *of; (of = graph_each(shared, &position)) != NULL;) {
        function *partner = is_nameless(of) ? NULL : graph_find(archive, of->name);
        if (partner != NULL) {
            join(&p, of, partner);
        }
    }
    for (size_t i = 0; i < p.queued; i++) {
        look_into(&p, p.queue[i], p.pairs[p.queue[i]->index].archive);
    }
    for (size_t i = 0; i < p.room; i++) {
        const pair *found = &p.pairs[i];
        if (found->archive != NULL && !found->contradicted && is_nameless(found->shared) &&
            !is_nameless(found->archive)) {
            found->shared->name = found->archive->name;
            count++;
        }
    }
    return count;
}
