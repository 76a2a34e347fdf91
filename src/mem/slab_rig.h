/* slab_rig.h: a slab of any kind beside a slow reference that knows what every call must answer;
 * the same steps serve slab_model_test.c (random) and slab_fuzz.c (bytes of the input). The
 * reference is a list of live blocks: room in a class, or in pages, is counted anew from it for
 * every call. */
#ifndef CHI_SLAB_RIG_H
#define CHI_SLAB_RIG_H

#include "mem/mem_rig.h"
#include "mem/slab_parts.h"

enum { WORLD_LIVE = 700, WORLD_GONE = 64, WORLD_PAGES = 4, WORLD_BIGS = 3, WORLD_BIG_MOST = 40000 };

typedef enum world_kind { WORLD_STATIC, WORLD_PAGED, WORLD_TWIN, WORLD_KINDS } world_kind;

typedef enum slab_step {
    STEP_ACQUIRE,
    STEP_ACQUIRE_TRY,
    STEP_RELEASE,
    STEP_RELEASE_SIZED,
    STEP_RELEASE_WRONG_SIZE,
    STEP_RELEASE_AGAIN,
    STEP_RELEASE_FOREIGN,
    STEP_RELEASE_INTERIOR,
    STEP_RESIZE,
    STEP_RESET,
    STEP_REFUSE,
    STEP_TRACK,
    STEP_RENEW,
    STEP_COUNT
} slab_step;

typedef struct world_block {
    uint8_t *bytes;
    size_t asked_bytes;
    size_t class_index; /* CHI_SLAB_BIG: oversize */
    uint8_t fill;
} world_block;

typedef struct slab_world {
    ch_slab slab;
    ch_slab_options options;
    world_kind kind;
    ch_region region;
    void *memory;
    size_t memory_bytes;
    ch_slab inner; /* a twin's source: an address that comes back is of the same class */
    void *inner_memory;
    bool inner_refuses;
    rig_source parent;
    ch_tracker tracker; /* comes and goes; must change nothing */
    CH_ALIGNED(64) uint8_t tables[1024];
    world_block live[WORLD_LIVE];
    size_t live_count;
    world_block gone[WORLD_GONE];
    size_t gone_count;
    bool was_reset; /* a twin's slots have forgotten some blocks */
    uint64_t acquires;
    uint64_t failures;
    uint64_t requested_bytes;
    uint64_t given_bytes;
    uint64_t borrows;
    uint64_t by_class[CH_SLAB_CLASSES_MAX]; /* acquires of each */
} slab_world;

static inline void *world_inner_alloc(void *user, size_t size_bytes, size_t align) {
    slab_world *w = user;
    ch_allocator inner = ch_slab_allocator(&w->inner);
    return w->inner_refuses ? NULL : inner.alloc(inner.user, size_bytes, align);
}

static inline ch_status world_inner_free(void *user, void *block, size_t size_bytes) {
    slab_world *w = user;
    return ch_slab_release_sized(&w->inner, block, size_bytes);
}

static inline ch_status world_init_slab(slab_world *w) {
    ch_allocator source = {.alloc = world_inner_alloc, .free = world_inner_free, .user = w};
    w->live_count = w->gone_count = 0;
    w->was_reset = false;
    w->acquires = w->failures = w->requested_bytes = w->given_bytes = w->borrows = 0;
    memset(w->by_class, 0, sizeof w->by_class);
    if (w->kind == WORLD_PAGED) {
        return ch_slab_init_region(&w->slab, &w->region, &w->options);
    }
    return w->kind == WORLD_TWIN
               ? ch_slab_init_twin(&w->slab, w->memory, w->memory_bytes, &w->options, &source)
               : ch_slab_init(&w->slab, w->memory, w->memory_bytes, &w->options);
}

/* Sets up a slab over memory full of rubbish, with exactly the bytes of its footprint, and the
 * hook; an oversize parent is the world's own. */
static inline bool world_begin(slab_world *w, const ch_slab_options *options, world_kind kind) {
    *w = (slab_world){.options = *options, .kind = kind};
    w->options.parent = rig_source_allocator(&w->parent);
    w->options.oversize_count = WORLD_BIGS;
    w->memory_bytes = kind == WORLD_PAGED  ? ch_slab_paged_footprint(&w->options, WORLD_PAGES)
                      : kind == WORLD_TWIN ? ch_slab_twin_footprint(&w->options)
                                           : ch_slab_footprint(&w->options);
    if (w->memory_bytes == 0 ||
        posix_memalign(&w->memory, CH_SLAB_ALIGN_MAX, w->memory_bytes) != 0) {
        return false;
    }
    memset(w->memory, 0xa5, w->memory_bytes);
    if (kind == WORLD_PAGED && ch_region_from(&w->region, w->memory, w->memory_bytes) != CH_OK) {
        return false;
    }
    if (kind == WORLD_TWIN) {
        size_t inner_bytes = ch_slab_footprint(&w->options);
        ch_slab_options plain = w->options;
        plain.oversize = CH_SLAB_OVERSIZE_ERROR;
        plain.empty = CH_SLAB_EMPTY_ERROR;
        if (posix_memalign(&w->inner_memory, CH_SLAB_ALIGN_MAX, inner_bytes) != 0 ||
            ch_slab_init(&w->inner, w->inner_memory, inner_bytes, &plain) != CH_OK) {
            return false;
        }
    }
    rig_seen = (rig_recorder){0};
    (void)ch_on_misuse(&rig_hook);
    const ch_tracker_options counters = {.counters_only = true};
    return ch_tracker_init(&w->tracker, w->tables, sizeof w->tables, &counters) == CH_OK &&
           world_init_slab(w) == CH_OK;
}

static inline bool world_inner_is_empty(const slab_world *w) {
    ch_slab_figures figures = {0};
    return w->kind != WORLD_TWIN ||
           (ch_slab_stats(&w->inner, &figures) == CH_OK && figures.in_use == 0);
}

/* Ends it; false if a source did not get everything back. */
static inline bool world_end(slab_world *w) {
    bool right = ch_slab_fini(&w->slab) == CH_OK && w->parent.live == 0 && w->parent.wrong == 0 &&
                 world_inner_is_empty(w);
    right = right && ch_slab_fini(&w->slab) == CH_OK && ch_slab_fini(&w->inner) == CH_OK;
    (void)ch_on_misuse(NULL);
    free(w->memory);
    free(w->inner_memory);
    return right;
}

/* ---- The reference --------------------------------------------------------------------------- */

static inline size_t world_largest(const slab_world *w) {
    return w->options.sizes[w->options.class_count - 1];
}

static inline size_t world_class(const slab_world *w, size_t size_bytes) {
    size_t i = 0;
    while (w->options.sizes[i] < size_bytes) {
        i++;
    }
    return i;
}

static inline size_t world_count(const slab_world *w, size_t class_index) {
    size_t count = 0;
    for (size_t i = 0; i < w->live_count; i++) {
        count += w->live[i].class_index == class_index;
    }
    return count;
}

static inline size_t world_page_of(const slab_world *w, const world_block *block) {
    return (size_t)(block->bytes - w->slab.area) / CH_SLAB_PAGE_BYTES;
}

/* Whether a class can serve a block: a page without live blocks, or one of its own with room. */
static inline bool world_pages_have_room(const slab_world *w, size_t class_index) {
    for (size_t page = 0; page < WORLD_PAGES; page++) {
        size_t live = 0;
        bool ours = true;
        for (size_t i = 0; i < w->live_count; i++) {
            const world_block *block = &w->live[i];
            if (block->class_index != CHI_SLAB_BIG && world_page_of(w, block) == page) {
                live++;
                ours = ours && block->class_index == class_index;
            }
        }
        if (live == 0 || (ours && live < w->slab.bins[class_index].slots)) {
            return true;
        }
    }
    return false;
}

static inline bool world_has_room(const slab_world *w, size_t class_index) {
    return w->kind == WORLD_PAGED ? world_pages_have_room(w, class_index)
                                  : world_count(w, class_index) < w->options.counts[class_index];
}

/* What an acquire must answer, and the class that serves it. */
static inline ch_status world_answer(const slab_world *w, size_t size_bytes, size_t *class_index) {
    *class_index = CHI_SLAB_BIG;
    if (size_bytes > world_largest(w)) {
        if (w->options.oversize == CH_SLAB_OVERSIZE_ERROR) {
            return CH_ERANGE;
        }
        bool refuses = w->options.oversize == CH_SLAB_OVERSIZE_PARENT && w->parent.refusing;
        return world_count(w, CHI_SLAB_BIG) >= WORLD_BIGS ? CH_EFULL : refuses ? CH_ENOMEM : CH_OK;
    }
    size_t first = world_class(w, size_bytes);
    size_t last = w->options.empty == CH_SLAB_EMPTY_BORROW ? w->options.class_count - 1 : first;
    for (*class_index = first; *class_index <= last; ++*class_index) {
        if (world_has_room(w, *class_index) && !w->inner_refuses) {
            return CH_OK;
        }
    }
    return w->inner_refuses && world_has_room(w, first) ? CH_ENOMEM : CH_EFULL;
}

static inline size_t world_find(const slab_world *w, const uint8_t *bytes) {
    size_t i = 0;
    while (i < w->live_count && w->live[i].bytes != bytes) {
        i++;
    }
    return i;
}

static inline size_t world_usable(const slab_world *w, const world_block *block) {
    return block->class_index == CHI_SLAB_BIG ? block->asked_bytes
                                              : w->options.sizes[block->class_index];
}

static inline bool world_is_inside_live(const slab_world *w, const uint8_t *bytes) {
    bool inside = false;
    for (size_t i = 0; i < w->live_count; i++) {
        inside =
            inside || (uintptr_t)bytes - (uintptr_t)w->live[i].bytes < world_usable(w, &w->live[i]);
    }
    return inside;
}

static inline bool world_overlaps(const slab_world *w, const world_block *block) {
    bool overlaps = false;
    for (size_t i = 0; i < w->live_count; i++) {
        uintptr_t a = (uintptr_t)w->live[i].bytes;
        uintptr_t b = (uintptr_t)block->bytes;
        overlaps =
            overlaps || (a < b + world_usable(w, block) && b < a + world_usable(w, &w->live[i]));
    }
    return overlaps;
}

static inline void world_drop(slab_world *w, size_t at) {
    w->gone[w->gone_count++ % WORLD_GONE] = w->live[at];
    w->live[at] = w->live[--w->live_count];
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static inline size_t world_size(const slab_world *w, uint32_t argument) {
    size_t limit = world_largest(w) >> argument % 12;
    size_t size = (argument >> 4) % (limit + 2); /* now and then above the largest */
    return argument % 61 == 0 ? world_largest(w) + 1 + (argument >> 8) % 5000 : size;
}

static inline bool world_take(slab_world *w, world_block block) {
    size_t natural =
        block.class_index == CHI_SLAB_BIG ? CH_SLAB_ALIGN_MAX : w->options.sizes[block.class_index];
    size_t align = natural & (0 - natural);
    align = align < CH_SLAB_ALIGN_MAX ? align : CH_SLAB_ALIGN_MAX;
    if (world_overlaps(w, &block) || (uintptr_t)block.bytes % align != 0 ||
        ch_slab_usable_size(&w->slab, block.bytes) != world_usable(w, &block)) {
        return false;
    }
    memset(block.bytes, block.fill, world_usable(w, &block));
    w->live[w->live_count++] = block;
    w->acquires++;
    if (block.class_index != CHI_SLAB_BIG) {
        w->requested_bytes += block.asked_bytes;
        w->given_bytes += world_usable(w, &block);
        w->by_class[world_class(w, block.asked_bytes)]++;
        w->borrows += block.class_index != world_class(w, block.asked_bytes);
    }
    return true;
}

static inline bool world_acquire(slab_world *w, slab_step step, uint32_t argument) {
    world_block block = {.asked_bytes = world_size(w, argument),
                         .fill = (uint8_t)(1 + argument % 255)};
    if (w->live_count == WORLD_LIVE || block.asked_bytes > WORLD_BIG_MOST) {
        return true;
    }
    ch_status want = world_answer(w, block.asked_bytes, &block.class_index);
    ch_status got = want;
    void *found = NULL;
    if (step == STEP_ACQUIRE_TRY) {
        got = ch_slab_acquire_try(&w->slab, &found, block.asked_bytes);
    } else {
        found = ch_slab_acquire(&w->slab, block.asked_bytes);
    }
    block.bytes = found;
    w->failures += want != CH_OK;
    return got == want && (found != NULL) == (want == CH_OK) && rig_seen.count == 0 &&
           (want != CH_OK || world_take(w, block));
}

static inline bool world_release(slab_world *w, slab_step step, uint32_t argument) {
    if (w->live_count == 0) {
        return true;
    }
    size_t at = argument % w->live_count;
    world_block block = w->live[at];
    if (!rig_is_filled(block.bytes, world_usable(w, &block), block.fill)) {
        return false;
    }
    ch_status got = step == STEP_RELEASE
                        ? ch_slab_release(&w->slab, block.bytes)
                        : ch_slab_release_sized(&w->slab, block.bytes, block.asked_bytes);
    world_drop(w, at);
    return got == CH_OK && rig_seen.count == 0;
}

static inline bool world_release_wrong_size(slab_world *w, uint32_t argument) {
    if (w->live_count == 0) {
        return true;
    }
    const world_block *block = &w->live[argument % w->live_count];
    size_t size =
        block->class_index == CHI_SLAB_BIG ? block->asked_bytes + 1 : world_usable(w, block) + 1;
    return ch_slab_release_sized(&w->slab, block->bytes, size) == CH_EINVAL &&
           rig_misused(&w->slab, CH_EINVAL);
}

/* A release that must be refused with `want`; `also` is right too. */
static inline bool world_is_refused(slab_world *w, const uint8_t *bytes, ch_status want,
                                    ch_status also) {
    ch_status got = ch_slab_release(&w->slab, (void *)(uintptr_t)bytes);
    return (got == want || got == also) && rig_seen.culprit == bytes &&
           rig_misused(&w->slab, got) && ch_slab_usable_size(&w->slab, bytes) == 0;
}

static inline bool world_release_again(slab_world *w, uint32_t argument) {
    size_t kept = w->gone_count < WORLD_GONE ? w->gone_count : WORLD_GONE;
    if (kept == 0) {
        return true;
    }
    const world_block *block = &w->gone[argument % kept];
    if (world_find(w, block->bytes) < w->live_count) {
        return true; /* in use again */
    }
    if (block->class_index == CHI_SLAB_BIG) {
        bool inside = world_is_inside_live(w, block->bytes);
        return world_is_refused(w, block->bytes, inside ? CH_EINTERIOR : CH_EFOREIGN,
                                inside ? CH_EINTERIOR : CH_EFOREIGN);
    }
    if (w->kind == WORLD_PAGED) { /* the page may be of another class by now */
        return world_is_refused(w, block->bytes, CH_EDOUBLE, CH_EINTERIOR);
    }
    return world_is_refused(w, block->bytes, CH_EDOUBLE, w->was_reset ? CH_EFOREIGN : CH_EDOUBLE);
}

static inline bool world_release_foreign(slab_world *w, uint32_t argument) {
    uintptr_t area = (uintptr_t)w->slab.area;
    const uintptr_t wrong[] = {
        0,          (uintptr_t)w->memory, area - 1, area + w->slab.config.area_bytes, (uintptr_t)w,
        UINTPTR_MAX};
    uintptr_t address = wrong[argument % (sizeof wrong / sizeof wrong[0])];
    return world_is_refused(w, (const uint8_t *)address, CH_EFOREIGN, CH_EFOREIGN);
}

static inline bool world_release_interior(slab_world *w, uint32_t argument) {
    if (w->live_count == 0) {
        return true;
    }
    const world_block *block = &w->live[argument % w->live_count];
    size_t inside = 1 + (argument >> 8) % (world_usable(w, block) - 1);
    return world_is_refused(w, block->bytes + inside, CH_EINTERIOR, CH_EINTERIOR);
}

static inline bool world_resize(slab_world *w, uint32_t argument) {
    if (w->live_count == 0) {
        return true;
    }
    const world_block *block = &w->live[argument % w->live_count];
    size_t size = (argument >> 6) % (2 * world_usable(w, block));
    ch_status want = size <= world_usable(w, block) ? CH_OK : CH_EFULL;
    return ch_slab_resize(&w->slab, block->bytes, size) == want && rig_seen.count == 0;
}

static inline bool world_reset(slab_world *w) {
    while (w->live_count > 0) {
        world_drop(w, w->live_count - 1);
    }
    w->was_reset = w->kind == WORLD_TWIN;
    return ch_slab_reset(&w->slab) == CH_OK && w->parent.live == 0 && world_inner_is_empty(w);
}

static inline bool world_step(slab_world *w, slab_step step, uint32_t argument) {
    switch (step) {
    case STEP_ACQUIRE:
    case STEP_ACQUIRE_TRY:
        return world_acquire(w, step, argument);
    case STEP_RELEASE:
    case STEP_RELEASE_SIZED:
        return world_release(w, step, argument);
    case STEP_RELEASE_WRONG_SIZE:
        return world_release_wrong_size(w, argument);
    case STEP_RELEASE_AGAIN:
        return world_release_again(w, argument);
    case STEP_RELEASE_FOREIGN:
        return world_release_foreign(w, argument);
    case STEP_RELEASE_INTERIOR:
        return world_release_interior(w, argument);
    case STEP_RESIZE:
        return world_resize(w, argument);
    case STEP_RESET:
        return world_reset(w);
    case STEP_REFUSE:
        w->inner_refuses = w->kind == WORLD_TWIN && !w->inner_refuses && argument % 2 == 0;
        w->parent.refusing = !w->parent.refusing && argument % 4 == 0;
        return true;
    case STEP_TRACK:
        return ch_slab_track(&w->slab, w->slab.tracker == NULL ? &w->tracker : NULL) == CH_OK;
    default:
        return ch_slab_fini(&w->slab) == CH_OK && w->parent.live == 0 && world_inner_is_empty(w) &&
               world_init_slab(w) == CH_OK;
    }
}

/* ---- The deep comparison --------------------------------------------------------------------- */

static inline bool world_agrees(const slab_world *w) {
    unsigned invariant = 0;
    ch_slab_figures all;
    if (ch_slab_check(&w->slab, &invariant) != CH_OK || invariant != 0 ||
        ch_slab_stats(&w->slab, &all) != CH_OK) {
        return false;
    }
    size_t largest = 0;
    for (size_t i = 0; i < w->options.class_count; i++) {
        ch_slab_class_figures one;
        if (ch_slab_class_stats(&w->slab, &one, i) != CH_OK || one.in_use != world_count(w, i) ||
            one.peak < one.in_use || one.acquires != w->by_class[i]) {
            return false;
        }
        largest = world_has_room(w, i) ? w->options.sizes[i] : largest;
    }
    return all.in_use == w->live_count && all.acquires == w->acquires &&
           all.failures == w->failures && all.requested_bytes == w->requested_bytes &&
           all.given_bytes == w->given_bytes && all.borrows == w->borrows &&
           all.largest_available == largest &&
           all.oversize_in_use == world_count(w, CHI_SLAB_BIG) &&
           (w->options.oversize != CH_SLAB_OVERSIZE_PARENT ||
            (w->parent.live == all.oversize_in_use && w->parent.bytes == all.oversize_bytes));
}

#endif
