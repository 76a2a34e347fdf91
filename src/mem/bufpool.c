/* bufpool.c: set-up of buffer pools, and what the inline paths of bufpool.h leave: first use of a
 * buffer, falling through, checked builds, twins, and all that is wrong.
 *
 * Each buffer has a slot that says where it lies and counts its loans; the free slots of a class
 * are a stack of pointers. Slots from `fresh` on were not used since the last reset: they are in no
 * stack, and those from `touched` on were never written. */
#include <coldheap/hash.h>

#include "base/misuse.h"
#include "mem/bufpool_parts.h"
#include "mem/checked.h"
#include "mem/name.h"
#include "mem/track_parts.h"

#define BUFPOOL_MAGIC ((uintptr_t)0x46465542u)
#define SEAL_SEED     0x4255464645u
#define SLOT_BORDER   16u /* a slot has 16 bytes, where words have 4: 12 */

static const ch_bufpool_class DEFAULT_CLASSES[] = {{64, 500}, {256, 250}, {1024, 100}, {4096, 25}};

#define CLEAR_STEP       ((size_t)1024)
#define CLEAR_STEPS_MOST ((size_t)16384)

enum { DEFAULT_COUNT = sizeof DEFAULT_CLASSES / sizeof DEFAULT_CLASSES[0] };

typedef struct part {
    size_t base_at;
    size_t slots_at;
    size_t free_at;
    size_t stride_bytes; /* twin: 0 */
} part;

typedef struct layout {
    const ch_bufpool_class *classes;
    size_t class_count;
    part parts[CH_BUFPOOL_CLASSES_MAX];
    size_t total_bytes;
} layout;

static size_t align_of(size_t size_bytes) {
    size_t align = size_bytes & (0 - size_bytes);
    return align < CH_BUFFER_ALIGN_MAX ? align : CH_BUFFER_ALIGN_MAX;
}

/* The distance of buffers; checked builds have a redzone behind each. */
static size_t stride_of(size_t size_bytes) {
    size_t stride = size_bytes;
    if (chi_checked()) {
        size_t align = align_of(size_bytes);
        align = align > CHI_GRANULE_BYTES ? align : CHI_GRANULE_BYTES;
        (void)ch_size_round_up(&stride, size_bytes + CHI_REDZONE_BYTES, align); /* 2^30 at most */
    }
    return stride;
}

/* Puts `count` things of `each` bytes at the end, on a border of `align`; *at is where. */
static bool put_part(layout *l, size_t *at, size_t count, size_t each, size_t align) {
    size_t bytes = 0;
    return ch_size_round_up(at, l->total_bytes, align) && ch_size_mul(&bytes, count, each) &&
           ch_size_add(&l->total_bytes, *at, bytes);
}

static bool lay_out_class(layout *l, size_t i, bool twin) {
    size_t count = l->classes[i].count;
    part *p = &l->parts[i];
    p->stride_bytes = twin ? 0 : stride_of(l->classes[i].size_bytes);
    return count == 0 || (put_part(l, &p->base_at, count, p->stride_bytes, CH_BUFFER_ALIGN_MAX) &&
                          put_part(l, &p->slots_at, count, sizeof(chi_buffer_slot), SLOT_BORDER) &&
                          put_part(l, &p->free_at, count, sizeof(void *), sizeof(void *)));
}

static bool lay_out(const ch_bufpool_options *options, bool twin, layout *l) {
    bool custom = options != NULL && options->classes != NULL;
    size_t last = 0;
    *l = (layout){.classes = custom ? options->classes : DEFAULT_CLASSES,
                  .class_count = custom ? options->class_count : DEFAULT_COUNT};
    if (l->class_count == 0 || l->class_count > CH_BUFPOOL_CLASSES_MAX) {
        return false;
    }
    for (size_t i = 0; i < l->class_count; i++) {
        const ch_bufpool_class *class = &l->classes[i];
        if (class->size_bytes <= last || class->size_bytes > CH_POOL_OBJECT_MAX ||
            class->count > CH_BUFPOOL_COUNT_MAX || !lay_out_class(l, i, twin)) {
            return false;
        }
        last = class->size_bytes;
    }
    return l->total_bytes > 0;
}

size_t ch_bufpool_align(void) {
    return CH_BUFFER_ALIGN_MAX;
}

size_t ch_bufpool_footprint(const ch_bufpool_options *options) {
    layout l;
    return lay_out(options, false, &l) ? l.total_bytes : 0;
}

size_t ch_bufpool_twin_footprint(const ch_bufpool_options *options) {
    layout l;
    return lay_out(options, true, &l) ? l.total_bytes : 0;
}

bool chi_bufpool_is_live(const ch_bufpool *pool) {
    return pool->magic == (BUFPOOL_MAGIC ^ (uintptr_t)pool);
}

uint64_t chi_bufpool_seal_of(const ch_bufpool *pool) {
    uint64_t seal = ch_hash_bytes(&pool->config, sizeof pool->config, SEAL_SEED);
    seal = ch_hash_bytes(pool->sizes, sizeof pool->sizes, seal | 1u);
    for (size_t i = 0; i < CH_BUFPOOL_CLASSES_MAX; i++) {
        const chi_bufpool_class *lender = &pool->classes[i];
        const size_t fixed[] = {(size_t)lender->slots, (size_t)lender->free_base,
                                lender->size_bytes, lender->clear_bytes};
        seal = ch_hash_bytes(fixed, sizeof fixed, seal | 1u);
    }
    return seal;
}

static void begin_class(ch_bufpool *pool, size_t i, uint8_t *bytes, const layout *l) {
    const part *p = &l->parts[i];
    chi_bufpool_class *lender = &pool->classes[i];
    lender->size_bytes = l->classes[i].size_bytes;
    lender->clear_bytes = pool->config.clears ? lender->size_bytes : 0;
    pool->config.strides[i] = p->stride_bytes;
    if (l->classes[i].count == 0) {
        return; /* absent */
    }
    pool->config.counts[i] = l->classes[i].count;
    lender->slots = (chi_buffer_slot *)(void *)(bytes + p->slots_at);
    lender->free_base = lender->free_end = (chi_buffer_slot **)(void *)(bytes + p->free_at);
    if (!pool->config.twin) {
        pool->config.bases[i] = bytes + p->base_at;
    }
    if (pool->config.checked) {
        chi_close(pool->config.bases[i], l->classes[i].count * p->stride_bytes);
        chi_group_begin(lender);
    }
}

static ch_status init(ch_bufpool *pool, void *memory, size_t size_bytes,
                      const ch_bufpool_options *options, const ch_allocator *source) {
    static const ch_bufpool_options plain = {0};
    layout l;
    if (pool == NULL || memory == NULL || !lay_out(options, source != NULL, &l)) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, CH_BUFFER_ALIGN_MAX) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < l.total_bytes) {
        return CH_EFULL;
    }
    options = options != NULL ? options : &plain;
    *pool = (ch_bufpool){.tracked = chi_track_is_wanted(NULL), .owner = chi_thread_token()};
    pool->config.class_count = l.class_count;
    pool->config.strict = options->strict;
    pool->config.clears = !options->keep_contents;
    pool->config.checked = source == NULL && chi_checked();
    if (source != NULL) {
        pool->config.twin = true;
        pool->config.source = *source;
    }
    chi_name_set(pool->config.name, options->name);
    for (size_t i = 0; i <= CH_BUFPOOL_CLASSES_MAX; i++) {
        pool->sizes[i] = i < l.class_count ? l.classes[i].size_bytes : SIZE_MAX;
    }
    if (pool->config.checked) {
        chi_open(memory, l.total_bytes); /* it may be closed, as a part of another object */
    }
    for (size_t i = 0; i < l.class_count; i++) {
        begin_class(pool, i, memory, &l);
    }
    pool->seal = chi_bufpool_seal_of(pool);
    pool->magic = BUFPOOL_MAGIC ^ (uintptr_t)pool; /* a copy of a pool is not a live one */
    return CH_OK;
}

ch_status ch_bufpool_init(ch_bufpool *pool, void *memory, size_t size_bytes,
                          const ch_bufpool_options *options) {
    return init(pool, memory, size_bytes, options, NULL);
}

ch_status ch_bufpool_init_twin(ch_bufpool *pool, void *memory, size_t size_bytes,
                               const ch_bufpool_options *options, const ch_allocator *source) {
    if (source == NULL || source->alloc == NULL || source->free == NULL) {
        return CH_EINVAL;
    }
    return init(pool, memory, size_bytes, options, source);
}

static void note(const ch_bufpool *pool, unsigned op, size_t size_bytes, const void *site,
                 const void *data) {
    if (pool->tracked != 0) {
        chi_track(pool->tracker, CH_TRACK_BUFFER, op, size_bytes, site, data);
    }
}

/* All lent buffers go back at once. */
static void note_all(const ch_bufpool *pool, const void *site) {
    size_t bytes = 0;
    for (size_t i = 0; i < pool->config.class_count; i++) {
        bytes += (pool->counts[i].fresh - chi_bufpool_free(pool, i)) * pool->sizes[i];
    }
    if (bytes > 0) {
        note(pool, CH_TRACK_RELEASE, bytes, site, NULL);
    }
}

/* ---- Acquire --------------------------------------------------------------------------------- */

/* Puts the spare slot into the stack; returns how many it has then. */
static size_t settle(ch_bufpool *pool, size_t i) {
    chi_bufpool_class *lender = &pool->classes[i];
    chi_buffer_slot *spare = lender->spare;
    if (spare != NULL) { /* so there is an inline path */
        spare->place = (uint32_t)(uintptr_t)lender->free_end;
        *lender->free_end = spare;
        CH_PUBLISH(lender->spare, NULL);
        CH_PUBLISH(lender->free_end, lender->free_end + 1);
    }
    return chi_bufpool_free(pool, i);
}

/* Sets the slots used since the last reset and the free ones of them, for the inline path or hidden
 * from it. */
static void set_free(ch_bufpool *pool, size_t i, size_t fresh, size_t free_count) {
    bool fast = chi_bufpool_is_fast(pool);
    chi_bufpool_class *lender = &pool->classes[i];
    lender->fast_bytes = fast ? fresh * sizeof(chi_buffer_slot) : 0;
    CH_PUBLISH(pool->counts[i].fresh, fresh);
    CH_PUBLISH(lender->free_end, lender->free_base + (fast ? free_count : 0));
    CH_PUBLISH(pool->counts[i].held_count, fast ? 0 : free_count);
}

/* The slot to lend next: the last released, or one that had no loan since the last reset. NULL if
 * all are lent. */
static chi_buffer_slot *take_slot(ch_bufpool *pool, size_t i) {
    chi_bufpool_class *lender = &pool->classes[i];
    chi_bufpool_counts *counts = &pool->counts[i];
    size_t free_count = settle(pool, i);
    if (free_count > 0) {
        set_free(pool, i, counts->fresh, free_count - 1);
        return lender->free_base[free_count - 1];
    }
    size_t number = counts->fresh;
    if (number == pool->config.counts[i]) {
        return NULL; /* an absent class has no tables either */
    }
    chi_buffer_slot *slot = &lender->slots[number];
    slot->place = (uint32_t)(uintptr_t)lender->free_base - 1; /* no place */
    if (number == counts->touched) {
        counts->touched++;
        slot->generation = 0;
        slot->data =
            pool->config.twin ? NULL : pool->config.bases[i] + number * pool->config.strides[i];
    } else { /* free or lent when a reset came: older handles become stale either way */
        slot->generation++;
    }
    set_free(pool, i, number + 1, 0);
    return slot;
}

static void put_slot(ch_bufpool *pool, size_t i, chi_buffer_slot *slot) {
    size_t free_count = settle(pool, i);
    chi_buffer_slot **entry = &pool->classes[i].free_base[free_count];
    slot->generation++;
    slot->place = (uint32_t)(uintptr_t)entry;
    *entry = slot;
    set_free(pool, i, pool->counts[i].fresh, free_count + 1);
}

/* Opens the bytes of a slot that was just taken; false if a twin's source refused. */
static bool open_slot(ch_bufpool *pool, size_t i, chi_buffer_slot *slot) {
    size_t size_bytes = pool->sizes[i];
    if (pool->config.twin) {
        const ch_allocator *source = &pool->config.source;
        CH_PUBLISH(pool->source_calls, pool->source_calls + 1);
        void *object = source->alloc(source->user, size_bytes, align_of(size_bytes));
        if (object == NULL) {
            return false;
        }
        slot->data = object;
    } else if (pool->config.checked) {
        chi_group_add(&pool->classes[i], slot->data, size_bytes);
        chi_open(slot->data, size_bytes);
    }
    return true;
}

static void count_loan(ch_bufpool *pool, size_t i, size_t size_bytes) {
    chi_bufpool_counts *counts = &pool->counts[i];
    uint64_t acquires = chi_bufpool_acquires(pool, i) + 1;
    uint64_t requested = chi_bufpool_requested(pool, i) + size_bytes;
    size_t in_use = counts->fresh - chi_bufpool_free(pool, i);
    CH_PUBLISH(pool->classes[i].tally, 0);
    CH_PUBLISH(counts->acquires, acquires);
    CH_PUBLISH(counts->requested_bytes, requested);
    if (in_use > counts->peak) {
        CH_PUBLISH(counts->peak, in_use);
    }
}

static ch_status take_of_class(ch_bufpool *pool, ch_buffer *buffer, size_t i, size_t size_bytes) {
    chi_buffer_slot *slot = take_slot(pool, i);
    if (slot == NULL) {
        return CH_EFULL;
    }
    if (!open_slot(pool, i, slot)) {
        put_slot(pool, i, slot);
        return CH_ENOMEM;
    }
    if (pool->config.clears) { /* it may never have been in use, or left so by a reset */
        ch_zero(slot->data, pool->sizes[i]);
    }
    count_loan(pool, i, size_bytes);
    *buffer = (ch_buffer){
        .data = slot->data,
        .capacity = pool->sizes[i],
        .handle = {.lender = &pool->classes[i], .slot = slot, .generation = slot->generation},
    };
    return CH_OK;
}

static ch_status take(ch_bufpool *pool, ch_buffer *buffer, size_t size_bytes, const void *site) {
    size_t wanted = 0;
    ch_status first = CH_OK;
    while (wanted < pool->config.class_count && pool->sizes[wanted] < size_bytes) {
        wanted++;
    }
    if (wanted >= pool->config.class_count) {
        CH_PUBLISH(pool->too_large, pool->too_large + 1);
        note(pool, CH_TRACK_EXHAUSTED, size_bytes, site, NULL);
        return CH_ERANGE;
    }
    size_t end = pool->config.strict ? wanted + 1 : pool->config.class_count;
    chi_bufpool_counts *counts = &pool->counts[wanted];
    for (size_t i = wanted; i < end; i++) {
        ch_status status = take_of_class(pool, buffer, i, size_bytes);
        if (status == CH_OK) {
            CH_PUBLISH(counts->fall_throughs, counts->fall_throughs + (i != wanted));
            note(pool, CH_TRACK_ACQUIRE, buffer->capacity, site, buffer->data);
            return CH_OK;
        }
        first = i == wanted ? status : first;
    }
    CH_PUBLISH(counts->failures, counts->failures + 1);
    note(pool, CH_TRACK_EXHAUSTED, size_bytes, site, NULL);
    return first;
}

ch_status ch_bufpool_acquire_slow(ch_bufpool *pool, ch_buffer *buffer, size_t size_bytes) {
    if (!chi_bufpool_is_live(pool)) {
        return CH_ESTATE;
    }
    if (pool->owner != chi_thread_token()) {
        return CHI_MISUSE_OF("ch_bufpool_acquire", pool, pool->config.name, NULL, CH_ETHREAD);
    }
    return take(pool, buffer, size_bytes, CH_RETURN_ADDRESS());
}

/* ---- Release --------------------------------------------------------------------------------- */

/* The class that a handle names; SIZE_MAX if it is none of this pool. */
static size_t class_of(const ch_bufpool *pool, const chi_bufpool_class *lender) {
    size_t place = (uintptr_t)lender - (uintptr_t)pool->classes;
    bool ours = place < pool->config.class_count * sizeof *lender && place % sizeof *lender == 0;
    return ours ? place / sizeof *lender : SIZE_MAX;
}

/* CH_OK for a buffer on loan, or what it is instead. */
static ch_status find(const ch_bufpool *pool, const ch_buffer *buffer) {
    const chi_buffer_slot *slot = buffer->handle.slot;
    size_t i = class_of(pool, buffer->handle.lender);
    if (i == SIZE_MAX) {
        return CH_EFOREIGN;
    }
    size_t offset = (uintptr_t)slot - (uintptr_t)pool->classes[i].slots;
    if (offset >= pool->config.counts[i] * sizeof *slot || offset % sizeof *slot != 0) {
        return CH_EFOREIGN;
    }
    if (offset / sizeof *slot >= pool->counts[i].fresh ||
        slot->generation != buffer->handle.generation || chi_bufpool_is_free(pool, i, slot)) {
        return CH_ESTALE;
    }
    return slot->data == buffer->data ? CH_OK : CH_EINTERIOR;
}

/* Takes the bytes of a lent slot back. */
static void close_slot(ch_bufpool *pool, size_t i, uint8_t *data) {
    size_t size_bytes = pool->sizes[i];
    if (pool->config.clears) {
        ch_zero(data, size_bytes);
    }
    if (pool->config.twin) {
        const ch_allocator *source = &pool->config.source;
        CH_PUBLISH(pool->source_calls, pool->source_calls + 1);
        (void)source->free(source->user, data, size_bytes);
    } else if (pool->config.checked) {
        chi_group_drop(&pool->classes[i], data);
        chi_close(data, size_bytes);
    }
}

ch_status ch_bufpool_release_slow(ch_bufpool *pool, uint8_t *data, chi_bufpool_class *lender,
                                  chi_buffer_slot *slot, uint32_t generation) {
    const ch_buffer buffer = {.data = data,
                              .handle = {.lender = lender, .slot = slot, .generation = generation}};
    if (!chi_bufpool_is_live(pool)) {
        return CH_ESTATE;
    }
    ch_status status = pool->owner != chi_thread_token() ? CH_ETHREAD : find(pool, &buffer);
    if (status != CH_OK) {
        return CHI_MISUSE_OF("ch_bufpool_release", pool, pool->config.name, data, status);
    }
    size_t i = class_of(pool, lender);
    note(pool, CH_TRACK_RELEASE, pool->sizes[i], CH_RETURN_ADDRESS(), data);
    close_slot(pool, i, data);
    put_slot(pool, i, slot);
    return CH_OK;
}

/* The steps stay below what makes memset take the slower string store. */
void ch_bufpool_clear_large(uint8_t *data, size_t size_bytes) {
    size_t step = size_bytes <= CLEAR_STEPS_MOST ? CLEAR_STEP : size_bytes;
    CH_OPAQUE(step);
    for (size_t done = 0; done < size_bytes; done += step) {
        memset(data + done, 0, size_bytes - done < step ? size_bytes - done : step);
    }
    CHI_ZERO_SEEN(data);
}

bool ch_bufpool_is_lent(const ch_bufpool *pool, const ch_buffer *buffer) {
    return pool != NULL && buffer != NULL && chi_bufpool_is_live(pool) &&
           find(pool, buffer) == CH_OK;
}

/* ---- All of it ------------------------------------------------------------------------------- */

/* A twin's lent buffers go back to its source. */
static void return_all(ch_bufpool *pool, size_t i) {
    for (size_t number = 0; number < pool->counts[i].fresh; number++) {
        const chi_buffer_slot *slot = &pool->classes[i].slots[number];
        if (!chi_bufpool_is_free(pool, i, slot)) {
            close_slot(pool, i, slot->data);
        }
    }
}

ch_status ch_bufpool_reset(ch_bufpool *pool) {
    if (pool == NULL) {
        return CH_EINVAL;
    }
    if (!chi_bufpool_is_live(pool)) {
        return CH_ESTATE;
    }
    if (pool->owner != chi_thread_token()) {
        return CHI_MISUSE(pool, pool->config.name, NULL, CH_ETHREAD);
    }
    note_all(pool, CH_RETURN_ADDRESS());
    for (size_t i = 0; i < pool->config.class_count; i++) {
        if (pool->config.twin) {
            return_all(pool, i);
        } else if (pool->config.checked && pool->config.counts[i] > 0) {
            chi_group_keep(&pool->classes[i], pool->config.bases[i], 0);
            chi_close(pool->config.bases[i], pool->counts[i].fresh * pool->config.strides[i]);
        }
        if (pool->config.counts[i] > 0) {
            (void)settle(pool, i);
            set_free(pool, i, 0, 0);
        }
    }
    return CH_OK;
}

ch_status ch_bufpool_fini(ch_bufpool *pool) {
    if (pool == NULL || !chi_bufpool_is_live(pool)) {
        return CH_OK;
    }
    note_all(pool, CH_RETURN_ADDRESS());
    pool->magic = 0;
    for (size_t i = 0; i < pool->config.class_count; i++) {
        const chi_bufpool_class *lender = &pool->classes[i];
        if (pool->config.twin) {
            return_all(pool, i);
        } else if (pool->config.checked && pool->config.counts[i] > 0) {
            chi_group_end(lender);
            chi_open_defined(pool->config.bases[i],
                             pool->config.counts[i] * pool->config.strides[i]);
        }
    }
    *pool = (ch_bufpool){0};
    return CH_OK;
}

ch_status ch_bufpool_track(ch_bufpool *pool, ch_tracker *tracker) {
    size_t free_counts[CH_BUFPOOL_CLASSES_MAX] = {0};
    if (pool == NULL) {
        return CH_EINVAL;
    }
    if (!chi_bufpool_is_live(pool)) {
        return CH_ESTATE;
    }
    if (pool->owner != chi_thread_token()) {
        return CHI_MISUSE(pool, pool->config.name, tracker, CH_ETHREAD);
    }
    for (size_t i = 0; i < pool->config.class_count; i++) {
        free_counts[i] = settle(pool, i);
    }
    pool->tracker = tracker;
    pool->tracked = chi_track_is_wanted(tracker);
    for (size_t i = 0; i < pool->config.class_count; i++) {
        if (pool->config.counts[i] > 0) {
            set_free(pool, i, pool->counts[i].fresh, free_counts[i]);
        }
    }
    return CH_OK;
}
