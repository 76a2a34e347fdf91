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

static void compare(bool logarithmic, bool writes) {
    static workload drawn;
    static raw_lists raw;
    static size_t counts[CLASSES];
    draw(&drawn, logarithmic);
    for (size_t i = 0; i < CLASSES; i++) {
        counts[i] = PER_CLASS;
    }
    ch_slab_options options = {.counts = counts};
    ch_slab slabs[5];
    ch_region region;
    void *memory[4];
    ch_allocator heap = {.alloc = twin_alloc, .free = twin_free};
    size_t bytes = ch_slab_footprint(&options);
    size_t twin_bytes = ch_slab_twin_footprint(&options);
    ch_region_options space = {.size_bytes = ch_slab_paged_footprint(&options, 1000)};
    memory[0] = block_of(bytes);
    memory[1] = block_of(bytes);
    memory[2] = block_of(twin_bytes);
    memory[3] = block_of(bytes);
    if (ch_slab_init(&slabs[0], memory[0], bytes, &options) != CH_OK ||
        ch_slab_init(&slabs[1], memory[1], bytes, &options) != CH_OK ||
        ch_slab_init(&slabs[4], memory[3], bytes, &options) != CH_OK ||
        ch_slab_init_twin(&slabs[2], memory[2], twin_bytes, &options, &heap) != CH_OK ||
        ch_region_reserve(&region, &space) != CH_OK ||
        ch_region_commit(&region, 0, region.size_bytes) != CH_OK ||
        ch_region_prefault(&region, 0, region.size_bytes) != CH_OK ||
        ch_slab_init_region(&slabs[3], &region, &options) != CH_OK) {
        abort();
    }
    raw_begin(&raw, &slabs[1]);
    size_t rival_count = 0;
    const ch_rival *known = ch_rivals(&rival_count);
    rival *ours = begin(&drawn, &slabs[0], slab_take, writes);
    rival *sized = begin(&drawn, &slabs[4], slab_take, writes);
    rival *paged = begin(&drawn, &slabs[3], slab_take, writes);
    rival *lists = begin(&drawn, &raw, raw_take, writes);
    rival *twin = begin(&drawn, &slabs[2], slab_take, writes);
    rival *general[8];
    ch_bench_add("static", slab_replace, ours);
    ch_bench_expect_no_heap();
    ch_bench_add("static, sized", slab_replace_sized, sized);
    ch_bench_expect_no_heap();
    ch_bench_add("paged", slab_replace, paged);
    ch_bench_expect_no_heap();
    ch_bench_add("raw lists", raw_replace, lists);
    ch_bench_add("twin on malloc", slab_replace, twin);
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
    for (size_t i = 0; i < rival_count; i++) {
        end(general[i], general_give);
    }
    for (size_t i = 0; i < 5; i++) {
        (void)ch_slab_fini(&slabs[i]);
    }
    (void)ch_region_fini(&region);
    for (size_t i = 0; i < 4; i++) {
        free(memory[i]);
    }
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
