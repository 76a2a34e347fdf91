/* slab_setup.c: class tables, footprints and the layout of static, paged and twin slabs (slab.h).
 *
 * All memory of a slab is one list of parts, each on a border of 64 bytes: lay_out() fills it in
 * once, footprint and init read it. */
#include <coldheap/hash.h>

#include "mem/checked.h"
#include "mem/name.h"
#include "mem/slab_parts.h"
#include "mem/track_parts.h"

#define SLAB_MAGIC ((uintptr_t)0x42414c53u)
#define SEAL_SEED  0x534c414253u
#define STEPS_MAX  4096u /* of a static slab's map, about */
#define STEP_SHIFT 6u    /* the least */

typedef enum slab_kind { KIND_STATIC, KIND_PAGED, KIND_TWIN } slab_kind;

typedef struct layout {
    slab_kind kind;
    size_t sizes[CH_SLAB_CLASSES_MAX];
    size_t counts[CH_SLAB_CLASSES_MAX];
    size_t class_count;
    size_t page_count;
    size_t page_words;
    size_t map_shift;
    size_t map_bytes;
    size_t block_count;                 /* of all classes */
    size_t starts[CH_SLAB_CLASSES_MAX]; /* static: of each class in the area */
    size_t counts_at;
    size_t lookup_at;
    size_t map_at;
    size_t used_at; /* tables of blocks, class by class: bytes, free ones, twin: addresses */
    size_t free_at;
    size_t objects_at;
    size_t hints_at;
    size_t big_at;
    size_t where_at;
    size_t pages_at;
    size_t bits_at;
    size_t area_at;
    size_t area_bytes;
    size_t total_bytes;
} layout;

static size_t default_size(ch_slab_table table, size_t index) {
    if (table == CH_SLAB_POW2) {
        return (size_t)8 << index;
    }
    if (index < 8) {
        return 16 * (index + 1);
    }
    return ((size_t)128 << (index - 8) / 4) / 4 * (5 + (index - 8) % 4);
}

static bool read_sizes(const ch_slab_options *options, layout *l) {
    size_t last = 0;
    if (options->sizes != NULL) {
        l->class_count = options->class_count;
    } else {
        l->class_count = options->table == CH_SLAB_28     ? 28
                         : options->table == CH_SLAB_POW2 ? 10
                                                          : 0;
    }
    if (l->class_count == 0 || l->class_count > CH_SLAB_CLASSES_MAX) {
        return false;
    }
    for (size_t i = 0; i < l->class_count; i++) {
        size_t size = options->sizes != NULL ? options->sizes[i] : default_size(options->table, i);
        if (size <= last || size > CH_SLAB_SIZE_MAX || size % 8 != 0) {
            return false;
        }
        l->sizes[i] = last = size;
    }
    return true;
}

static bool read_counts(const ch_slab_options *options, layout *l) {
    bool some = false;
    for (size_t i = 0; l->kind != KIND_PAGED && i < l->class_count; i++) {
        size_t count = options->counts != NULL ? options->counts[i] : 0;
        if (count > CH_SLAB_COUNT_MAX || !ch_size_add(&l->block_count, l->block_count, count)) {
            return false;
        }
        l->counts[i] = count;
        some = some || count > 0;
    }
    return some || l->kind == KIND_PAGED;
}

static bool policies_are_valid(const ch_slab_options *options) {
    bool empty = options->empty == CH_SLAB_EMPTY_ERROR || options->empty == CH_SLAB_EMPTY_BORROW;
    bool parent = options->parent.alloc != NULL && options->parent.free != NULL;
    switch (options->oversize) {
    case CH_SLAB_OVERSIZE_ERROR:
        return empty;
    case CH_SLAB_OVERSIZE_REGION:
        return empty && options->oversize_count > 0;
    case CH_SLAB_OVERSIZE_PARENT:
        return empty && options->oversize_count > 0 && parent;
    default:
        return false;
    }
}

/* Puts `count` things of `each` bytes at the end, on a border; *at is where. */
static bool put_part(layout *l, size_t *at, size_t count, size_t each) {
    size_t bytes = 0;
    return ch_size_mul(&bytes, count, each) &&
           ch_size_round_up(at, l->total_bytes, CH_SLAB_ALIGN_MAX) &&
           ch_size_add(&l->total_bytes, *at, bytes);
}

size_t chi_slab_stride_of(size_t size_bytes, bool checked) {
    size_t stride = size_bytes;
    if (checked) {
        (void)ch_size_round_up(&stride, size_bytes + CHI_REDZONE_BYTES,
                               chi_slab_align_of(size_bytes)); /* of 32 KiB at most */
    }
    return stride;
}

static bool class_bytes(const layout *l, size_t i, size_t *bytes) {
    return ch_size_mul(bytes, l->counts[i], chi_slab_stride_of(l->sizes[i], chi_checked()));
}

/* Puts the blocks of each class into the area, from a step of the map on. */
static bool measure_classes(layout *l) {
    size_t raw = 0;
    size_t bytes = 0;
    for (size_t i = 0; i < l->class_count; i++) {
        if (!class_bytes(l, i, &bytes) || !ch_size_add(&raw, raw, bytes)) {
            return false;
        }
    }
    if (l->kind == KIND_TWIN) {
        return true;
    }
    for (l->map_shift = STEP_SHIFT; raw >> l->map_shift > STEPS_MAX;) {
        l->map_shift++;
    }
    for (size_t i = 0; i < l->class_count; i++) {
        (void)class_bytes(l, i, &bytes);
        if (!ch_size_round_up(&l->starts[i], l->area_bytes, (size_t)1 << l->map_shift) ||
            !ch_size_add(&l->area_bytes, l->starts[i], bytes)) {
            return false;
        }
    }
    l->map_bytes = (l->area_bytes >> l->map_shift) + 1;
    return true;
}

static bool measure_pages(layout *l, size_t page_count) {
    l->page_count = page_count;
    l->page_words = (CH_SLAB_PAGE_BYTES / l->sizes[0] + 63) / 64;
    return page_count > 0 && page_count <= CH_SLAB_PAGES_MAX &&
           ch_size_mul(&l->area_bytes, page_count, CH_SLAB_PAGE_BYTES);
}

static bool lay_out(const ch_slab_options *options, slab_kind kind, size_t page_count, layout *l) {
    *l = (layout){.kind = kind};
    if (options == NULL || !policies_are_valid(options) || !read_sizes(options, l) ||
        !read_counts(options, l) ||
        !(kind == KIND_PAGED ? measure_pages(l, page_count) : measure_classes(l))) {
        return false;
    }
    bool twin = kind == KIND_TWIN;
    bool bounded = options->oversize != CH_SLAB_OVERSIZE_ERROR;
    size_t big = bounded ? chi_slab_big_footprint(options->oversize_count) : 0;
    size_t where = twin ? chi_slab_where_footprint(l->block_count) : 0;
    size_t lookup = (l->sizes[l->class_count - 1] >> CHI_SLAB_UNIT_SHIFT) + 1;
    size_t blocks = l->block_count; /* 0 in a paged slab */
    size_t hints = kind == KIND_PAGED ? l->class_count * chi_slab_hint_most(page_count) : 0;
    size_t bins = kind == KIND_PAGED ? sizeof(chi_slab_bin) : sizeof(chi_slab_class);
    l->total_bytes = l->class_count * bins;
    return (big != 0 || !bounded) && (where != 0 || !twin) &&
           put_part(l, &l->counts_at, l->class_count, sizeof(chi_slab_counts)) &&
           put_part(l, &l->lookup_at, lookup, 1) && put_part(l, &l->map_at, l->map_bytes, 1) &&
           put_part(l, &l->used_at, blocks, 1) &&
           put_part(l, &l->free_at, blocks, sizeof(uint32_t)) &&
           put_part(l, &l->objects_at, twin ? blocks : 0, sizeof(void *)) &&
           put_part(l, &l->hints_at, hints, sizeof(uint64_t)) && put_part(l, &l->big_at, big, 1) &&
           put_part(l, &l->where_at, where, 1) &&
           put_part(l, &l->pages_at, l->page_count, sizeof(chi_slab_page)) &&
           put_part(l, &l->bits_at, l->page_count, l->page_words * sizeof(uint64_t)) &&
           put_part(l, &l->area_at, l->area_bytes, 1);
}

size_t ch_slab_align(void) {
    return CH_SLAB_ALIGN_MAX;
}

size_t ch_slab_footprint(const ch_slab_options *options) {
    layout l;
    return lay_out(options, KIND_STATIC, 0, &l) ? l.total_bytes : 0;
}

size_t ch_slab_paged_footprint(const ch_slab_options *options, size_t page_count) {
    layout l;
    return lay_out(options, KIND_PAGED, page_count, &l) ? l.total_bytes : 0;
}

size_t ch_slab_twin_footprint(const ch_slab_options *options) {
    layout l;
    return lay_out(options, KIND_TWIN, 0, &l) ? l.total_bytes : 0;
}

/* ---- Init ------------------------------------------------------------------------------------ */

void chi_slab_set_fast(ch_slab *slab) {
    const chi_slab_config *config = &slab->config;
    bool fast = !config->checked && !config->twin && slab->tracked == 0;
    size_t sizes = fast ? config->largest_bytes + 1 : 0;
    slab->fast_sizes = config->paged ? 0 : sizes;
    slab->fast_bytes = fast && !config->paged ? config->area_bytes : 0;
    slab->paged_sizes = config->paged ? sizes : 0;
    slab->paged_bytes = fast && config->paged ? slab->pages_touched * CH_SLAB_PAGE_BYTES : 0;
}

/* Everything but the blocks. */
static void begin(ch_slab *slab, uint8_t *bytes, const ch_slab_options *options, const layout *l) {
    size_t largest = l->sizes[l->class_count - 1];
    uint8_t *lookup = bytes + l->lookup_at;
    bool bounded = options->oversize != CH_SLAB_OVERSIZE_ERROR;
    *slab = (ch_slab){
        .area = bytes + l->area_at,
        .lookup = lookup,
        .map_shift = l->map_shift,
        .counts = (chi_slab_counts *)(void *)(bytes + l->counts_at),
        .stock = CHI_SLAB_NONE,
        .tracked = chi_track_is_wanted(NULL),
        .owner = chi_thread_token(),
        .config = {.class_count = l->class_count,
                   .largest_bytes = largest,
                   .page_count = l->page_count,
                   .page_words = l->page_words,
                   .area_bytes = l->area_bytes,
                   .empty = options->empty,
                   .oversize = options->oversize,
                   .oversize_count = bounded ? options->oversize_count : 0,
                   .paged = l->kind == KIND_PAGED,
                   .twin = l->kind == KIND_TWIN,
                   .checked = l->kind != KIND_TWIN && chi_checked()},
    };
    if (options->oversize == CH_SLAB_OVERSIZE_PARENT) {
        slab->config.parent = options->parent;
    }
    chi_name_set(slab->config.name, options->name);
    size_t unit = 0;
    for (size_t i = 0; i < l->class_count; i++) {
        slab->counts[i] = (chi_slab_counts){.size_bytes = l->sizes[i], .count = l->counts[i]};
        for (; unit <= l->sizes[i] >> CHI_SLAB_UNIT_SHIFT; unit++) {
            lookup[unit] = (uint8_t)i;
        }
    }
    if (bounded) {
        chi_slab_big_begin(slab, bytes + l->big_at, options->oversize_count);
    }
}

static chi_slab_class class_of(const ch_slab *slab, uint8_t *bytes, const layout *l, size_t i,
                               size_t before) {
    size_t stride = chi_slab_stride_of(l->sizes[i], slab->config.checked);
    unsigned shift = ch_bits_low(stride);
    uint32_t *frees = (uint32_t *)(void *)(bytes + l->free_at) + before;
    return (chi_slab_class){.base = slab->config.twin ? NULL : slab->area + l->starts[i],
                            .used = bytes + l->used_at + before,
                            .free_base = frees,
                            .free_end = frees,
                            .stride_inverse = (size_t)chi_slab_inverse(stride >> shift),
                            .stride_shift = shift,
                            .stride_bytes = (uint32_t)stride};
}

/* The classes of a static slab or a twin, and the map of the area. */
static void begin_classes(ch_slab *slab, uint8_t *bytes, const layout *l) {
    uint8_t *map = bytes + l->map_at;
    void **objects = (void **)(void *)(bytes + l->objects_at);
    size_t before = 0;
    size_t i = 0;
    slab->classes = (chi_slab_class *)(void *)bytes;
    slab->map = map;
    for (; i < l->class_count; i++) {
        slab->classes[i] = class_of(slab, bytes, l, i, before);
        slab->counts[i].objects = slab->config.twin ? objects + before : NULL;
        before += l->counts[i];
    }
    i = 0;
    for (size_t step = 0; step < l->map_bytes; step++) {
        while (i + 1 < l->class_count && l->starts[i + 1] <= step << l->map_shift) {
            i++; /* the last of those that start here: absent classes have no bytes */
        }
        map[step] = (uint8_t)i;
    }
}

static void begin_bins(ch_slab *slab, uint8_t *bytes, const layout *l) {
    size_t most = chi_slab_hint_most(l->page_count);
    slab->bins = (chi_slab_bin *)(void *)bytes;
    for (size_t i = 0; i < l->class_count; i++) {
        size_t stride = chi_slab_stride_of(l->sizes[i], slab->config.checked);
        slab->bins[i] = (chi_slab_bin){
            .hints = (uint64_t *)(void *)(bytes + l->hints_at) + i * most,
            .hint_most = most,
            .partial = CHI_SLAB_NONE,
            .idle = CHI_SLAB_NONE,
            .stride_bytes = (uint32_t)stride,
            .slots = (uint32_t)(CH_SLAB_PAGE_BYTES / stride),
        };
    }
    slab->pages = (chi_slab_page *)(void *)(bytes + l->pages_at);
    slab->free_bits = (uint64_t *)(void *)(bytes + l->bits_at);
}

bool chi_slab_is_live(const ch_slab *slab) {
    return slab->magic == (SLAB_MAGIC ^ (uintptr_t)slab);
}

uint64_t chi_slab_seal_of(const ch_slab *slab) {
    const size_t places[] = {(size_t)slab->area,      (size_t)slab->lookup, (size_t)slab->map,
                             (size_t)slab->classes,   (size_t)slab->bins,   (size_t)slab->counts,
                             (size_t)slab->pages,     (size_t)slab->big,    (size_t)slab->where,
                             (size_t)slab->free_bits, slab->map_shift};
    uint64_t seal = ch_hash_bytes(&slab->config, sizeof slab->config, SEAL_SEED);
    return ch_hash_bytes(places, sizeof places, seal | 1u);
}

uint64_t chi_slab_class_seal_of(const ch_slab *slab) {
    uint64_t seal = SEAL_SEED;
    for (size_t i = 0; !slab->config.paged && i < slab->config.class_count; i++) {
        const chi_slab_class *owner = &slab->classes[i];
        const size_t fixed[] = {(size_t)owner->base,      (size_t)owner->used,
                                (size_t)owner->free_base, owner->stride_inverse,
                                owner->stride_shift,      owner->stride_bytes};
        seal = ch_hash_bytes(fixed, sizeof fixed, seal | 1u);
    }
    return seal;
}

static void seal(ch_slab *slab) {
    if (slab->config.checked) {
        chi_group_begin(slab);
    }
    chi_slab_set_fast(slab);
    slab->seal = chi_slab_seal_of(slab);
    slab->class_seal = chi_slab_class_seal_of(slab);
    slab->magic = SLAB_MAGIC ^ (uintptr_t)slab; /* a copy of a slab is not a live one */
}

static ch_status memory_status(const void *memory, size_t size_bytes, const layout *l) {
    if (ch_align_padding(memory, CH_SLAB_ALIGN_MAX) != 0) {
        return CH_EALIGN;
    }
    return size_bytes < l->total_bytes ? CH_EFULL : CH_OK;
}

ch_status ch_slab_init(ch_slab *slab, void *memory, size_t size_bytes,
                       const ch_slab_options *options) {
    layout l;
    if (slab == NULL || memory == NULL || !lay_out(options, KIND_STATIC, 0, &l)) {
        return CH_EINVAL;
    }
    ch_status status = memory_status(memory, size_bytes, &l);
    if (status == CH_OK) {
        if (chi_checked()) {
            chi_open(memory, l.total_bytes); /* it may be closed, as a part of another object */
        }
        begin(slab, memory, options, &l);
        begin_classes(slab, memory, &l);
        if (slab->config.checked) {
            chi_close(slab->area, slab->config.area_bytes);
        }
        seal(slab);
    }
    return status;
}

ch_status ch_slab_init_twin(ch_slab *slab, void *memory, size_t size_bytes,
                            const ch_slab_options *options, const ch_allocator *source) {
    layout l;
    if (slab == NULL || memory == NULL || source == NULL || source->alloc == NULL ||
        source->free == NULL || !lay_out(options, KIND_TWIN, 0, &l)) {
        return CH_EINVAL;
    }
    ch_status status = memory_status(memory, size_bytes, &l);
    if (status == CH_OK) {
        begin(slab, memory, options, &l);
        begin_classes(slab, memory, &l);
        slab->config.source = *source;
        chi_slab_where_begin(slab, (uint8_t *)memory + l.where_at, l.block_count);
        seal(slab);
    }
    return status;
}

/* The most pages that fit. */
static ch_status fit_pages(const ch_slab_options *options, size_t size_bytes, layout *l) {
    size_t page_count = size_bytes / CH_SLAB_PAGE_BYTES;
    if (!lay_out(options, KIND_PAGED, 1, l)) {
        return CH_EINVAL;
    }
    if (l->total_bytes > size_bytes) {
        return CH_EFULL;
    }
    size_t each = CH_SLAB_PAGE_BYTES + sizeof(chi_slab_page) + l->page_words * sizeof(uint64_t);
    size_t guess = (size_bytes - l->total_bytes) / each + 2; /* borders hide less than a page */
    page_count = page_count < guess ? page_count : guess;
    page_count = page_count < CH_SLAB_PAGES_MAX ? page_count : CH_SLAB_PAGES_MAX;
    while (!lay_out(options, KIND_PAGED, page_count, l) || l->total_bytes > size_bytes) {
        page_count--;
    }
    return CH_OK;
}

ch_status ch_slab_init_region(ch_slab *slab, ch_region *region, const ch_slab_options *options) {
    layout l;
    ch_region_facts facts;
    if (slab == NULL || region == NULL || options == NULL) {
        return CH_EINVAL;
    }
    if (ch_region_info(region, &facts) != CH_OK) {
        return CH_ESTATE;
    }
    ch_status status = fit_pages(options, facts.size_bytes, &l);
    if (status != CH_OK) {
        return status;
    }
    if (ch_align_padding(facts.base, CH_SLAB_ALIGN_MAX) != 0) {
        return CH_EALIGN;
    }
    status = ch_region_commit(region, 0, l.area_at);
    if (status != CH_OK) {
        return status;
    }
    begin(slab, facts.base, options, &l);
    begin_bins(slab, facts.base, &l);
    slab->config.region = region;
    seal(slab);
    return CH_OK;
}
