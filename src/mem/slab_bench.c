/* Mixed sizes, 10 000 live blocks: one of them, drawn at random, is released and a new one of a
 * random size acquired. Sizes from 16 to 4096 bytes, uniform or uniform in their logarithm. Ours on
 * both backings and as twin on malloc; a raw list per class without any check; the general
 * allocators of this machine. In the groups "written" the first word of each new block is stored
 * to, so that the memory behind the blocks counts too. */
#include <coldheap/slab.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "rivals.h"

enum { LIVE = 10000, DRAWS = 1 << 16, CLASSES = 28, PER_CLASS = 4000 };

typedef struct workload {
    uint16_t at[DRAWS];
    uint16_t size[DRAWS];
    size_t next; /* each rival goes on where it stopped */
    void *live[LIVE];
    uint16_t live_size[LIVE];
} workload;

typedef void *(*take_function)(void *allocator, size_t size_bytes);
typedef void (*give_function)(void *allocator, void *block, size_t size_bytes);

typedef struct rival {
    workload work;
    void *allocator;
    bool writes;
} rival;

/* The same loop for all; with constant functions it inlines. */
CH_INLINE uint64_t replace(rival *r, uint64_t iterations, take_function take, give_function give) {
    const bool writes = r->writes;
    workload *w = &r->work;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        size_t draw = w->next++ % DRAWS;
        size_t at = w->at[draw];
        give(r->allocator, w->live[at], w->live_size[at]);
        void *block = take(r->allocator, w->size[draw]);
        if (writes) {
            memcpy(block, &draw, sizeof draw);
        }
        BENCH_KEEP(block);
        w->live[at] = block;
        w->live_size[at] = w->size[draw];
        sum += (uint64_t)(block != NULL) + w->size[draw];
    }
    return sum;
}

/* ---- Ours ------------------------------------------------------------------------------------ */

CH_INLINE void *slab_take(void *allocator, size_t size_bytes) {
    return ch_slab_acquire(allocator, size_bytes);
}

CH_INLINE void slab_give(void *allocator, void *block, size_t size_bytes) {
    (void)size_bytes;
    (void)ch_slab_release(allocator, block);
}

static uint64_t slab_replace(void *context, uint64_t iterations) {
    return replace(context, iterations, slab_take, slab_give);
}

/* With the size, as raw lists need it too. */
CH_INLINE void slab_give_sized(void *allocator, void *block, size_t size_bytes) {
    (void)ch_slab_release_sized(allocator, block, size_bytes);
}

static uint64_t slab_replace_sized(void *context, uint64_t iterations) {
    return replace(context, iterations, slab_take, slab_give_sized);
}

/* ---- A raw list per class ---------------------------------------------------------------------
 */

typedef struct raw_lists {
    void *first[CLASSES];
    uint8_t lookup[4096 / 8 + 1];
} raw_lists;

CH_INLINE void *raw_take(void *allocator, size_t size_bytes) {
    raw_lists *raw = allocator;
    size_t i = raw->lookup[(size_bytes + 7) / 8];
    void *block = raw->first[i];
    memcpy(&raw->first[i], block, sizeof block);
    return block;
}

CH_INLINE void raw_give(void *allocator, void *block, size_t size_bytes) {
    raw_lists *raw = allocator;
    size_t i = raw->lookup[(size_bytes + 7) / 8];
    memcpy(block, &raw->first[i], sizeof block);
    raw->first[i] = block;
}

static uint64_t raw_replace(void *context, uint64_t iterations) {
    return replace(context, iterations, raw_take, raw_give);
}

/* The lists hold the blocks of a slab, each once. */
static void raw_begin(raw_lists *raw, ch_slab *slab) {
    for (size_t unit = 0; unit <= 4096 / 8; unit++) {
        raw->lookup[unit] = (uint8_t)ch_slab_class_of(slab, unit * 8);
    }
    for (size_t i = 0; i < CLASSES; i++) {
        raw->first[i] = NULL;
        for (void *block; (block = ch_slab_acquire(slab, ch_slab_class_size(slab, i))) != NULL;) {
            raw_give(raw, block, ch_slab_class_size(slab, i));
        }
    }
}

/* ---- General allocators -----------------------------------------------------------------------
 */

static void *general_take(void *allocator, size_t size_bytes) {
    return ((const ch_rival *)allocator)->alloc(size_bytes);
}

static void general_give(void *allocator, void *block, size_t size_bytes) {
    (void)size_bytes;
    ((const ch_rival *)allocator)->free(block);
}

static uint64_t general_replace(void *context, uint64_t iterations) {
    return replace(context, iterations, general_take, general_give);
}

static void *twin_alloc(void *user, size_t size_bytes, size_t align) {
    (void)user;
    return align <= 16 ? malloc(size_bytes) : aligned_alloc(align, size_bytes);
}

static ch_status twin_free(void *user, void *block, size_t size_bytes) {
    (void)user;
    (void)size_bytes;
    free(block);
    return CH_OK;
}

/* What a twin asks its source for, without the twin: with the alignment of the class. */
static void *source_take(void *allocator, size_t size_bytes) {
    const ch_slab *slab = allocator;
    size_t size = ch_slab_class_size(slab, ch_slab_class_of(slab, size_bytes));
    size_t align = size & (0 - size);
    return twin_alloc(NULL, size, align < CH_SLAB_ALIGN_MAX ? align : CH_SLAB_ALIGN_MAX);
}

static void source_give(void *allocator, void *block, size_t size_bytes) {
    (void)allocator;
    (void)size_bytes;
    free(block);
}

static uint64_t source_replace(void *context, uint64_t iterations) {
    return replace(context, iterations, source_take, source_give);
}

/* ---- The comparison ---------------------------------------------------------------------------
 */

static void draw(workload *w, bool logarithmic) {
    for (size_t i = 0; i < DRAWS; i++) {
        uint64_t random = ch_bench_random();
        double part = (double)(random >> 40) / (double)(1 << 24);
        double size = logarithmic ? exp2(4.0 + 8.0 * part) : 16.0 + 4081.0 * part;
        w->at[i] = (uint16_t)((random & 0xffffff) % LIVE);
        w->size[i] = (uint16_t)size;
    }
}

static rival *begin(const workload *drawn, void *allocator, take_function take, bool writes) {
    rival *r = malloc(sizeof *r);
    r->work = *drawn;
    r->allocator = allocator;
    r->writes = writes;
    for (size_t i = 0; i < LIVE; i++) {
        r->work.live_size[i] = drawn->size[i];
        r->work.live[i] = take(allocator, drawn->size[i]);
    }
    return r;
}

static void end(rival *r, give_function give) {
    for (size_t i = 0; i < LIVE; i++) {
        give(r->allocator, r->work.live[i], r->work.live_size[i]);
    }
    free(r);
}

/* Memory without pages left to fault, which would hide everything else. */
static void *block_of(size_t bytes) {
    size_t size = (bytes + 63) / 64 * 64;
    void *block = aligned_alloc(CH_SLAB_ALIGN_MAX, size);
    if (block == NULL) {
        abort();
    }
    return memset(block, 1, size);
}

enum { PLAIN, FOR_LISTS, TWIN, PAGED, SIZED, SLABS };

typedef struct stage {
    ch_slab slabs[SLABS];
    void *memory[SLABS];
    ch_region region;
} stage;

static void set_up(stage *on) {
    static size_t counts[CLASSES];
    for (size_t i = 0; i < CLASSES; i++) {
        counts[i] = PER_CLASS;
    }
    ch_slab_options options = {.counts = counts};
    ch_allocator heap = {.alloc = twin_alloc, .free = twin_free};
    ch_region_options space = {.size_bytes = ch_slab_paged_footprint(&options, 1000)};
    bool right = ch_region_reserve(&on->region, &space) == CH_OK &&
                 ch_region_commit(&on->region, 0, on->region.size_bytes) == CH_OK &&
                 ch_region_prefault(&on->region, 0, on->region.size_bytes) == CH_OK &&
                 ch_slab_init_region(&on->slabs[PAGED], &on->region, &options) == CH_OK;
    for (size_t i = 0; i < SLABS && right; i++) {
        ch_slab *slab = &on->slabs[i];
        size_t bytes = i == TWIN ? ch_slab_twin_footprint(&options) : ch_slab_footprint(&options);
        on->memory[i] = i == PAGED ? NULL : block_of(bytes);
        if (i != PAGED) {
            right = (i == TWIN ? ch_slab_init_twin(slab, on->memory[i], bytes, &options, &heap)
                               : ch_slab_init(slab, on->memory[i], bytes, &options)) == CH_OK;
        }
    }
    if (!right) {
        abort();
    }
}

static void tear_down(stage *on) {
    for (size_t i = 0; i < SLABS; i++) {
        (void)ch_slab_fini(&on->slabs[i]);
        free(on->memory[i]);
    }
    (void)ch_region_fini(&on->region);
}

static void compare(bool logarithmic, bool writes) {
    static workload drawn;
    static raw_lists raw;
    static stage on;
    ch_slab *slabs = on.slabs;
    draw(&drawn, logarithmic);
    set_up(&on);
    raw_begin(&raw, &slabs[FOR_LISTS]);
    size_t rival_count = 0;
    const ch_rival *known = ch_rivals(&rival_count);
    rival *ours = begin(&drawn, &slabs[PLAIN], slab_take, writes);
    rival *sized = begin(&drawn, &slabs[SIZED], slab_take, writes);
    rival *paged = begin(&drawn, &slabs[PAGED], slab_take, writes);
    rival *lists = begin(&drawn, &raw, raw_take, writes);
    rival *twin = begin(&drawn, &slabs[TWIN], slab_take, writes);
    rival *source = begin(&drawn, &slabs[PLAIN], source_take, writes);
    rival *general[8];
    ch_bench_add("static", slab_replace, ours);
    ch_bench_expect_no_heap();
    ch_bench_add("static, sized", slab_replace_sized, sized);
    ch_bench_expect_no_heap();
    ch_bench_add("paged", slab_replace, paged);
    ch_bench_expect_no_heap();
    ch_bench_add("raw lists", raw_replace, lists);
    ch_bench_add("twin on malloc", slab_replace, twin);
    ch_bench_add("its malloc alone", source_replace, source);
    for (size_t i = 0; i < rival_count; i++) {
        general[i] = begin(&drawn, (void *)(uintptr_t)&known[i], general_take, writes);
        ch_bench_add(known[i].name, general_replace, general[i]);
    }
    if (!writes) {
        ch_bench_target_ratio("static against glibc", "glibc", logarithmic ? 0.133 : 0.077);
    }
    ch_bench_run();
    end(ours, slab_give);
    end(sized, slab_give);
    end(paged, slab_give);
    end(lists, raw_give);
    end(twin, slab_give);
    end(source, source_give);
    for (size_t i = 0; i < rival_count; i++) {
        end(general[i], general_give);
    }
    tear_down(&on);
}

BENCH_GROUP(slab_uniform) {
    compare(false, false);
}

BENCH_GROUP(slab_log_uniform) {
    compare(true, false);
}

BENCH_GROUP(slab_uniform_written) {
    compare(false, true);
}

BENCH_GROUP(slab_log_uniform_written) {
    compare(true, true);
}
