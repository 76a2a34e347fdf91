/* Objects of 64 bytes: one taken and given back at once; a thousand taken and given back in the
 * order they were taken, or in a random one; one of a thousand replaced. In the groups "written"
 * the first word of each is stored to, so that the memory behind the objects counts too. Ours with
 * all checks; its unchecked pair; a raw list through the objects, and indices in a stack beside a
 * bit per object with the checks that this pays for; boost::pool; the general allocators of this
 * machine. */
#include <coldheap/pool.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem/pool_bench_rig.h"
#include "rivals.h"

enum { OBJECT = POOL_BENCH_BYTES, LIVE = POOL_BENCH_LIVE, COUNT = 1024 };

typedef struct objects {
    CH_ALIGNED(4096) uint8_t bytes[COUNT][OBJECT];
    uint8_t tables[COUNT * (8 + 64)]; /* checked builds: the margins too */
} objects;

/* ---- Ours ------------------------------------------------------------------------------------ */

CH_INLINE void *pool_take(void *allocator) {
    return ch_pool_acquire((ch_pool *)allocator);
}

CH_INLINE void pool_give(void *allocator, void *object) {
    (void)ch_pool_release((ch_pool *)allocator, object);
}

POOL_BENCH_BODIES(pool)

typedef struct block {
    uint64_t words[OBJECT / 8];
} block;

#define CH_POOL_NAME blocks
#define CH_POOL_TYPE block
#include <coldheap/tmpl/pool.h>

CH_INLINE void *typed_take(void *allocator) {
    return blocks_acquire((ch_pool *)allocator);
}

CH_INLINE void typed_give(void *allocator, void *object) {
    (void)blocks_release((ch_pool *)allocator, (block *)object);
}

POOL_BENCH_BODIES(typed)

CH_INLINE void *unchecked_take(void *allocator) {
    return ch_pool_acquire_unchecked((ch_pool *)allocator);
}

CH_INLINE void unchecked_give(void *allocator, void *object) {
    ch_pool_release_unchecked((ch_pool *)allocator, object);
}

POOL_BENCH_BODIES(unchecked)

/* ---- A list through the objects -------------------------------------------------------------- */

typedef struct raw_list {
    void *first;
} raw_list;

CH_INLINE void *raw_take(void *allocator) {
    raw_list *raw = allocator;
    void *object = raw->first;
    memcpy(&raw->first, object, sizeof object);
    return object;
}

CH_INLINE void raw_give(void *allocator, void *object) {
    raw_list *raw = allocator;
    memcpy(object, &raw->first, sizeof object);
    raw->first = object;
}

POOL_BENCH_BODIES(raw)

/* ---- Indices in a stack, a bit per object ---------------------------------------------------- */

typedef struct index_stack {
    uint8_t *base;
    uint32_t *indices;
    size_t top;
    uint64_t *used;
} index_stack;

CH_INLINE void *stack_take(void *allocator) {
    index_stack *s = allocator;
    if (CH_UNLIKELY(s->top == 0)) {
        return NULL;
    }
    size_t i = s->indices[--s->top];
    s->used[i / 64] |= (uint64_t)1 << i % 64;
    return s->base + i * OBJECT;
}

CH_INLINE void stack_give(void *allocator, void *object) {
    index_stack *s = allocator;
    size_t offset = (uintptr_t)object - (uintptr_t)s->base;
    size_t i = offset / OBJECT;
    uint64_t bit = (uint64_t)1 << i % 64;
    if (CH_UNLIKELY(i >= COUNT || offset % OBJECT != 0 || (s->used[i / 64] & bit) == 0)) {
        abort();
    }
    s->used[i / 64] &= ~bit;
    s->indices[s->top++] = (uint32_t)i;
}

POOL_BENCH_BODIES(stack)

/* ---- General allocators ---------------------------------------------------------------------- */

CH_INLINE void *general_take(void *allocator) {
    return ((const ch_rival *)allocator)->alloc(OBJECT);
}

CH_INLINE void general_give(void *allocator, void *object) {
    ((const ch_rival *)allocator)->free(object);
}

POOL_BENCH_BODIES(general)

/* ---- The comparison -------------------------------------------------------------------------- */

#ifndef COLDHEAP_BOOST_POOL
const pool_bench_rival *pool_bench_boost(void) {
    static bool told;
    if (!told) {
        printf("# boost::pool skipped: not found when the build was configured\n");
    }
    told = true;
    return NULL;
}
#endif

typedef enum loop { PAIRS, MANY, REPLACE } loop;

/* A group: what is done, and what ours may take of the rivals' time; 0: not judged. */
typedef struct plan {
    loop which;
    bool shuffled;
    bool writes;
    double of_raw;
    double of_stack;
    double of_mimalloc;
} plan;

static ch_bench_body body_of(const pool_bench_rival *rival, loop which) {
    const ch_bench_body bodies[] = {rival->bodies.pairs, rival->bodies.many, rival->bodies.replace};
    return bodies[which];
}

static void shuffle(uint16_t *order) {
    for (size_t i = LIVE - 1; i > 0; i--) {
        size_t other = ch_bench_random() % (i + 1);
        uint16_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

/* Adds a rival; while one is replaced its objects are there before, and stay. */
static void add(pool_bench_work *w, const pool_bench_rival *rival, const uint16_t *order,
                const plan *p) {
    w->allocator = rival->allocator;
    w->next = 0;
    w->writes = p->writes;
    memcpy(w->order, order, sizeof w->order);
    for (size_t i = 0; i < LIVE; i++) {
        w->live[i] = rival->take(rival->allocator);
    }
    for (size_t i = 0; i < LIVE && p->which != REPLACE; i++) {
        rival->give(rival->allocator, w->live[i]);
    }
    ch_bench_add(rival->name, body_of(rival, p->which), w);
}

static void begin_pool(ch_pool *pool, objects *memory) {
    const ch_pool_options options = {.object_bytes = OBJECT, .align = OBJECT, .count = COUNT};
    memset(memory, 1, sizeof *memory);
    if (ch_pool_init(pool, memory, sizeof *memory, &options) != CH_OK) {
        abort();
    }
}

static void begin_stack(index_stack *s, objects *memory) {
    static uint32_t indices[COUNT];
    static uint64_t used[COUNT / 64];
    *s = (index_stack){.base = &memory->bytes[0][0], .indices = indices, .used = used};
    memset(used, 0, sizeof used);
    for (size_t i = 0; i < COUNT; i++) {
        indices[s->top++] = (uint32_t)(COUNT - 1 - i);
    }
}

static void begin_raw(raw_list *raw, objects *memory) {
    raw->first = NULL;
    for (size_t i = COUNT; i > 0; i--) {
        raw_give(raw, memory->bytes[i - 1]);
    }
}

static void judge(const plan *p, const ch_rival *known, size_t known_count) {
    if (p->of_raw > 0) {
        ch_bench_target_ratio("pool against the raw list", "raw list", p->of_raw);
    }
    if (p->of_stack > 0) {
        ch_bench_target_ratio("pool against indices and bits", "index stack, bits", p->of_stack);
    }
    for (size_t i = 0; i < known_count && p->of_mimalloc > 0; i++) {
        if (strcmp(known[i].name, "mimalloc") == 0) {
            ch_bench_target_ratio("pool against mimalloc", "mimalloc", p->of_mimalloc);
        }
    }
}

static void compare(plan p) {
    enum { RIVALS = 16 };
    static objects memory[5];
    static pool_bench_work work[RIVALS];
    static ch_pool pools[3];
    static raw_list raw;
    static index_stack stack;
    const pool_bench_rival own[] = {
        {"pool of a type", POOL_BENCH_BODIES_OF(typed), typed_take, typed_give, &pools[0]},
        {"pool", POOL_BENCH_BODIES_OF(pool), pool_take, pool_give, &pools[1]},
        {"raw list", POOL_BENCH_BODIES_OF(raw), raw_take, raw_give, &raw},
        {"index stack, bits", POOL_BENCH_BODIES_OF(stack), stack_take, stack_give, &stack},
        {"pool, unchecked", POOL_BENCH_BODIES_OF(unchecked), unchecked_take, unchecked_give,
         &pools[2]},
    };
    uint16_t order[LIVE];
    pool_bench_rival all[RIVALS];
    size_t count = sizeof own / sizeof own[0];
    size_t known_count = 0;
    const ch_rival *known = ch_rivals(&known_count);
    const pool_bench_rival *boost = pool_bench_boost();
    memcpy(all, own, sizeof own);
    if (boost != NULL) {
        all[count++] = *boost;
    }
    for (size_t i = 0; i < known_count; i++) {
        all[count++] = (pool_bench_rival){known[i].name, POOL_BENCH_BODIES_OF(general),
                                          general_take, general_give, (void *)(uintptr_t)&known[i]};
    }
    for (size_t i = 0; i < LIVE; i++) {
        order[i] = (uint16_t)i;
    }
    if (p.shuffled) {
        shuffle(order);
    }
    for (size_t i = 0; i < 3; i++) {
        begin_pool(&pools[i], &memory[i]);
    }
    begin_stack(&stack, &memory[3]);
    begin_raw(&raw, &memory[4]);
    for (size_t i = 0; i < count; i++) {
        add(&work[i], &all[i], order, &p);
        if (i < sizeof own / sizeof own[0]) {
            ch_bench_expect_no_heap();
        }
    }
    judge(&p, known, known_count);
    (void)ch_bench_run();
    for (size_t i = 0; i < count && p.which == REPLACE; i++) {
        for (size_t k = 0; k < LIVE; k++) {
            all[i].give(all[i].allocator, work[i].live[k]);
        }
    }
    for (size_t i = 0; i < 3; i++) {
        (void)ch_pool_fini(&pools[i]);
    }
}

/* On a processor that forwards a store to a load at no cost the raw list of this one takes a few
 * cycles, and is no bound for anything that counts generations: see docs/design/022-pool.md. */
BENCH_GROUP(pool_lifo_64) {
    compare((plan){.which = PAIRS, .of_stack = 3.0 / 3.7, .of_mimalloc = 3.0 / 5.7});
}

BENCH_GROUP(pool_fifo_1000_of_64) {
    compare((plan){.which = MANY, .of_raw = 4.7 / 5.4});
}

BENCH_GROUP(pool_random_1000_of_64) {
    compare((plan){.which = MANY, .shuffled = true, .of_raw = 5.0 / 6.3});
}

BENCH_GROUP(pool_replace_random_of_1000) {
    compare((plan){.which = REPLACE, .shuffled = true});
}

BENCH_GROUP(pool_lifo_64_written) {
    compare((plan){.which = PAIRS, .writes = true});
}

BENCH_GROUP(pool_fifo_1000_of_64_written) {
    compare((plan){.which = MANY, .writes = true});
}

BENCH_GROUP(pool_random_1000_of_64_written) {
    compare((plan){.which = MANY, .shuffled = true, .writes = true});
}
