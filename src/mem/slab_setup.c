/* slab_setup.c: class tables, footprints and the layout of static, paged and twin slabs (slab.h).
 *
 * All memory of a slab is one list of parts, each on a border of 64 bytes: lay_out() fills it in
 * once, footprint and init read it. */
#include <coldheap/hash.h>

#include "mem/checked.h"
#include "mem/name.h"
#include "mem/slab_parts.h"

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
    size_t block_count; /* twin: of all classes */
    size_t lookup_at;
    size_t pools_at;
    size_t map_at;
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
        if (count > CH_POOL_COUNT_MAX || !ch_size_add(&l->block_count, l->block_count, count)) {
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

/* Puts `size_bytes` at the end, on a border; *at is where. */
static bool put_part(layout *l, size_t *at, size_t size_bytes) {
    return ch_size_round_up(at, l->total_bytes, CH_SLAB_ALIGN_MAX) &&
           ch_size_add(&l->total_bytes, *at, size_bytes);
}

static ch_pool_options pool_options(const layout *l, size_t i, const char *name) {
    return (ch_pool_options){.object_bytes = l->sizes[i],
                             .align = chi_slab_align_of(l->sizes[i]),
                             .count = l->counts[i],
                             .name = name};
}

static size_t pool_bytes(const layout *l, size_t i) {
    ch_pool_options options = pool_options(l, i, NULL);
    return l->kind == KIND_TWIN ? ch_pool_twin_footprint(&options) : ch_pool_footprint(&options);
}

/* Puts the pools into the area, each on a step of the map. */
static bool measure_pools(layout *l) {
    size_t raw = 0;
    for (size_t i = 0; i < l->class_count; i++) {
        size_t bytes = l->counts[i] > 0 ? pool_bytes(l, i) : 0;
        if ((l->counts[i] > 0 && bytes == 0) || !ch_size_add(&raw, raw, bytes)) {
            return false;
        }
    }
    for (l->map_shift = STEP_SHIFT; raw >> l->map_shift > STEPS_MAX;) {
        l->map_shift++;
    }
    size_t step = (size_t)1 << l->map_shift;
    for (size_t i = 0; i < l->class_count; i++) {
        size_t start = 0;
        if (l->counts[i] > 0 && (!ch_size_round_up(&start, l->area_bytes, step) ||
                                 !ch_size_add(&l->area_bytes, start, pool_bytes(l, i)))) {
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
        !(kind == KIND_PAGED ? measure_pages(l, page_count) : measure_pools(l))) {
        return false;
    }
    bool twin = kind == KIND_TWIN;
    size_t bits = 0;
    size_t pages = 0;
    size_t pools = kind != KIND_PAGED ? l->class_count * sizeof(ch_pool) : 0;
    size_t lookup = (l->sizes[l->class_count - 1] >> CHI_SLAB_UNIT_SHIFT) + 1;
    bool bounded = options->oversize != CH_SLAB_OVERSIZE_ERROR;
    size_t big = bounded ? chi_slab_big_footprint(options->oversize_count) : 0;
    size_t where = twin ? chi_slab_where_footprint(l->block_count) : 0;
    l->total_bytes = l->class_count * sizeof(chi_slab_class);
    return (big != 0 || !bounded) && (where != 0 || !twin) &&
           ch_size_mul(&pages, l->page_count, sizeof(chi_slab_page)) &&
           ch_size_mul(&bits, l->page_count, l->page_words * sizeof(uint64_t)) &&
           put_part(l, &l->pools_at, pools) && put_part(l, &l->lookup_at, lookup) &&
           put_part(l, &l->map_at, l->map_bytes) && put_part(l, &l->big_at, big) &&
           put_part(l, &l->where_at, where) && put_part(l, &l->pages_at, pages) &&
           put_part(l, &l->bits_at, bits) && put_part(l, &l->area_at, l->area_bytes);
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

static uint32_t inverse_of_odd(uint32_t odd) {
    uint32_t inverse = odd; /* right in its lowest 3 bits; every step doubles that */
    for (unsigned bits = 3; bits < 32; bits *= 2) {
        inverse *= 2 - odd * inverse;
    }
    return inverse;
}

static chi_slab_class class_of(size_t size_bytes) {
    size_t stride = size_bytes;
    if (chi_checked()) {
        stride = size_bytes + CHI_REDZONE_BYTES;
        (void)ch_size_round_up(&stride, stride, chi_slab_align_of(size_bytes));
    }
    unsigned shift = ch_bits_low(stride);
    return (chi_slab_class){.partial = CHI_SLAB_NONE,
                            .idle = CHI_SLAB_NONE,
                            .size_bytes = size_bytes,
                            .stride_bytes = (uint32_t)stride,
                            .stride_inverse = inverse_of_odd((uint32_t)(stride >> shift)),
                            .stride_shift = shift,
                            .slots = (uint32_t)(CH_SLAB_PAGE_BYTES / stride)};
}

/* Everything but pools and pages. */
static void begin(ch_slab *slab, uint8_t *bytes, const ch_slab_options *options, const layout *l) {
    bool fast = !chi_checked() && l->kind != KIND_TWIN;
    size_t largest = l->sizes[l->class_count - 1];
    uint8_t *lookup = bytes + l->lookup_at;
    bool bounded = options->oversize != CH_SLAB_OVERSIZE_ERROR;
    *slab = (ch_slab){
        .area = bytes + l->area_at,
        .lookup = lookup,
        .classes = (chi_slab_class *)(void *)bytes,
        .fast_sizes = fast ? largest + 1 : 0,
        .fast_bytes = fast ? l->area_bytes : 0,
        .stock = CHI_SLAB_NONE,
        .owner = chi_thread_token(),
        .config = {.class_count = l->class_count,
                   .largest_bytes = largest,
                   .page_count = l->page_count,
                   .page_words = l->page_words,
                   .area_bytes = l->area_bytes,
                   .map_shift = l->map_shift,
                   .empty = options->empty,
                   .oversize = options->oversize,
                   .oversize_count = bounded ? options->oversize_count : 0,
                   .paged = l->kind == KIND_PAGED,
                   .twin = l->kind == KIND_TWIN,
                   .checked = chi_checked()},
    };
    if (options->oversize == CH_SLAB_OVERSIZE_PARENT) {
        slab->config.parent = options->parent;
    }
    chi_name_set(slab->config.name, options->name);
    size_t unit = 0;
    for (size_t i = 0; i < l->class_count; i++) {
        slab->classes[i] = class_of(l->sizes[i]);
        for (; unit <= l->sizes[i] >> CHI_SLAB_UNIT_SHIFT; unit++) {
            lookup[unit] = (uint8_t)i;
        }
    }
    if (bounded) {
        chi_slab_big_begin(slab, bytes + l->big_at, options->oversize_count);
    }
}

/* Lays the pools out; their own init cannot fail, their footprints were asked for before. */
static void begin_pools(ch_slab *slab, uint8_t *bytes, const layout *l,
                        const ch_allocator *source) {
    uint8_t *map = bytes + l->map_at;
    size_t step = (size_t)1 << l->map_shift;
    size_t end = 0;
    size_t at_step = 0;
    slab->pools = (ch_pool *)(void *)(bytes + l->pools_at);
    slab->map = map;
    for (size_t i = 0; i < l->class_count; i++) {
        ch_pool_options options = pool_options(l, i, slab->config.name);
        slab->pools[i] = (ch_pool){0};
        if (l->counts[i] == 0) {
            continue;
        }
        size_t start = (end + step - 1) & ~(step - 1);
        size_t size = pool_bytes(l, i);
        ch_status status =
            source != NULL
                ? ch_pool_init_twin(&slab->pools[i], slab->area + start, size, &options, source)
                : ch_pool_init(&slab->pools[i], slab->area + start, size, &options);
        CH_REQUIRE(status == CH_OK);
        end = start + size;
        for (; at_step < l->map_bytes && at_step << l->map_shift < end; at_step++) {
            map[at_step] = (uint8_t)i;
        }
    }
    for (; at_step < l->map_bytes; at_step++) {
        map[at_step] = 0;
    }
}

bool chi_slab_is_live(const ch_slab *slab) {
    return slab->magic == (SLAB_MAGIC ^ (uintptr_t)slab);
}

uint64_t chi_slab_seal_of(const ch_slab *slab) {
    const size_t places[] = {(size_t)slab->area,    (size_t)slab->lookup, (size_t)slab->map,
                             (size_t)slab->classes, (size_t)slab->pools,  (size_t)slab->pages,
                             (size_t)slab->big,     (size_t)slab->where,  (size_t)slab->free_bits,
                             slab->fast_sizes,      slab->fast_bytes};
    uint64_t seal = ch_hash_bytes(&slab->config, sizeof slab->config, SEAL_SEED);
    return ch_hash_bytes(places, sizeof places, seal | 1u);
}

static void seal(ch_slab *slab) {
    slab->seal = chi_slab_seal_of(slab);
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
        begin(slab, memory, options, &l);
        begin_pools(slab, memory, &l, NULL);
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
        begin_pools(slab, memory, &l, source);
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
    slab->pages = (chi_slab_page *)(void *)(facts.base + l.pages_at);
    slab->free_bits = (uint64_t *)(void *)(facts.base + l.bits_at);
    slab->config.region = region;
    if (slab->config.checked) {
        chi_group_begin(slab);
    }
    seal(slab);
    return CH_OK;
}
