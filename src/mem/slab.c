/* slab.c: acquire, release and everything that finds its way by size or by address (slab.h). Blocks
 * of a class are the matter of slab_static.c or slab_paged.c, what is too large that of slab_big.c.
 */
#include "base/misuse.h"
#include "mem/checked.h"
#include "mem/slab_parts.h"
#include "mem/track_parts.h"

static void count_acquire(ch_slab *slab, size_t i, size_t size_bytes) {
    uint64_t acquires = chi_slab_acquires(slab, i) + 1;
    uint64_t requested = chi_slab_requested(slab, i) + size_bytes;
    CH_PUBLISH(*chi_slab_tally(slab, i), 0);
    CH_PUBLISH(slab->counts[i].acquires, acquires);
    CH_PUBLISH(slab->counts[i].requested_bytes, requested);
}

/* ---- Acquire --------------------------------------------------------------------------------- */

static void *take_checked_page(ch_slab *slab, size_t class_index) {
    void *block = chi_slab_page_take(slab, class_index);
    if (block != NULL && slab->config.checked) {
        chi_group_add(slab, block, slab->counts[class_index].size_bytes);
        chi_open(block, slab->counts[class_index].size_bytes);
    }
    return block;
}

/* A block of exactly this class. CH_EFULL, or CH_ENOMEM if whoever should give it refused. */
static ch_status take_of_class(ch_slab *slab, void **out, size_t class_index) {
    if (slab->config.paged) {
        void *block = take_checked_page(slab, class_index);
        if (block == NULL) {
            return slab->pages_touched < slab->config.page_count ? CH_ENOMEM : CH_EFULL;
        }
        *out = block;
        return CH_OK;
    }
    return chi_slab_static_take(slab, out, class_index);
}

static ch_status take_or_borrow(ch_slab *slab, void **out, size_t size_bytes) {
    size_t wanted = chi_slab_route(slab, size_bytes);
    size_t last =
        slab->config.empty == CH_SLAB_EMPTY_BORROW ? slab->config.class_count - 1 : wanted;
    chi_slab_counts *counts = &slab->counts[wanted];
    ch_status first = CH_OK;
    for (size_t i = wanted; i <= last; i++) {
        ch_status status = take_of_class(slab, out, i);
        if (status == CH_OK) {
            count_acquire(slab, wanted, size_bytes);
            if (i != wanted) {
                CH_PUBLISH(counts->borrows, counts->borrows + 1);
                CH_PUBLISH(counts->borrowed_bytes,
                           counts->borrowed_bytes + slab->counts[i].size_bytes);
            }
            return CH_OK;
        }
        first = i == wanted ? status : first;
    }
    CH_PUBLISH(counts->failures, counts->failures + 1);
    return first;
}

static void note(const ch_slab *slab, unsigned op, size_t size_bytes, const void *site,
                 const void *block) {
    if (slab->tracked != 0) {
        chi_track(slab->tracker, CH_TRACK_POOL, op, size_bytes, site, block);
    }
}

static ch_status take_unnoted(ch_slab *slab, void **out, size_t size_bytes) {
    if (size_bytes <= slab->config.largest_bytes) {
        return take_or_borrow(slab, out, size_bytes);
    }
    if (slab->config.oversize == CH_SLAB_OVERSIZE_ERROR) {
        CH_PUBLISH(slab->refused_oversize, slab->refused_oversize + 1);
        return CH_ERANGE;
    }
    ch_status status = chi_slab_big_acquire(slab, out, size_bytes);
    if (status != CH_OK) {
        CH_PUBLISH(slab->refused_count, slab->refused_count + 1);
    }
    return status;
}

static ch_status take_any(ch_slab *slab, void **out, size_t size_bytes, const void *site) {
    ch_status status = take_unnoted(slab, out, size_bytes);
    if (status != CH_OK) {
        note(slab, CH_TRACK_EXHAUSTED, size_bytes, site, NULL);
    } else if (slab->tracked != 0) {
        note(slab, CH_TRACK_ACQUIRE, ch_slab_usable_size(slab, *out), site, *out);
    }
    return status;
}

void *chi_slab_acquire_any(ch_slab *slab, size_t size_bytes, const void *site) {
    void *block = NULL;
    if (!chi_slab_is_live(slab)) {
        return NULL;
    }
    if (slab->owner != chi_thread_token()) {
        (void)ch_misuse_report(&(ch_misuse){.object = slab,
                                            .name = slab->config.name,
                                            .call = "ch_slab_acquire",
                                            .site = site,
                                            .status = CH_ETHREAD});
        return NULL;
    }
    return take_any(slab, &block, size_bytes, site) == CH_OK ? block : NULL;
}

ch_status ch_slab_acquire_try(ch_slab *slab, void **out, size_t size_bytes) {
    if (slab == NULL || out == NULL) {
        return CH_EINVAL;
    }
    if (!chi_slab_is_live(slab)) {
        return CH_ESTATE;
    }
    if (slab->owner != chi_thread_token()) {
        return CHI_MISUSE(slab, slab->config.name, NULL, CH_ETHREAD);
    }
    return take_any(slab, out, size_bytes, CH_RETURN_ADDRESS());
}

/* ---- By address ------------------------------------------------------------------------------ */

static ch_status find_elsewhere(const ch_slab *slab, const void *block, chi_slab_place *place) {
    if (chi_slab_big_size(slab, block) != 0) {
        *place = (chi_slab_place){.class_index = CHI_SLAB_BIG};
        return CH_OK;
    }
    return chi_slab_big_covers(slab, block) ? CH_EINTERIOR : CH_EFOREIGN;
}

ch_status chi_slab_find(const ch_slab *slab, const void *block, chi_slab_place *place) {
    size_t offset = (uintptr_t)block - (uintptr_t)slab->area;
    if (slab->config.twin) { /* an oversize block may lie where one of the twin's was */
        chi_slab_place big = {0, 0};
        ch_status status = chi_slab_static_find(slab, block, place);
        if (status != CH_OK && find_elsewhere(slab, block, &big) == CH_OK) {
            *place = big;
            status = CH_OK;
        }
        return status == CH_EFOREIGN ? find_elsewhere(slab, block, place) : status;
    }
    if (offset >= slab->config.area_bytes) {
        return find_elsewhere(slab, block, place);
    }
    return slab->config.paged ? chi_slab_page_find(slab, offset, place)
                              : chi_slab_static_find(slab, block, place);
}

static size_t usable(const ch_slab *slab, const void *block, const chi_slab_place *place) {
    return place->class_index == CHI_SLAB_BIG ? chi_slab_big_size(slab, block)
                                              : slab->counts[place->class_index].size_bytes;
}

/* Gives a block in use back to where it is from. */
static ch_status give(ch_slab *slab, void *block, const chi_slab_place *place, const void *site) {
    if (slab->tracked != 0) {
        note(slab, CH_TRACK_RELEASE, usable(slab, block, place), site, block);
    }
    if (place->class_index == CHI_SLAB_BIG) {
        return chi_slab_big_release(slab, block);
    }
    if (slab->config.paged) {
        if (slab->config.checked) {
            chi_group_drop(slab, block);
            chi_close(block, slab->counts[place->class_index].size_bytes);
        }
        size_t offset = (size_t)((uint8_t *)block - slab->area);
        chi_slab_page_give(slab, offset >> CHI_SLAB_PAGE_SHIFT, place->slot);
        return CH_OK;
    }
    chi_slab_static_give(slab, block, place);
    return CH_OK;
}

static CH_COLD ch_status report(const ch_slab *slab, const char *call, const void *block,
                                const void *site, ch_status status) {
    return ch_misuse_report(&(ch_misuse){.object = slab,
                                         .name = slab->config.name,
                                         .call = call,
                                         .culprit = block,
                                         .site = site,
                                         .status = status});
}

/* The place of a block in use; else a misuse of `call`, reported. */
static ch_status place_of(const ch_slab *slab, const void *block, const char *call,
                          const void *site, chi_slab_place *place) {
    bool stranger = slab->owner != chi_thread_token();
    ch_status status = stranger ? CH_ETHREAD : chi_slab_find(slab, block, place);
    return status == CH_OK ? CH_OK : report(slab, call, block, site, status);
}

ch_status chi_slab_release_any(ch_slab *slab, void *block, const void *site) {
    chi_slab_place place = {0, 0};
    if (!chi_slab_is_live(slab)) {
        return CH_ESTATE;
    }
    ch_status status = place_of(slab, block, "ch_slab_release", site, &place);
    return status == CH_OK ? give(slab, block, &place, site) : status;
}

/* Whether a request of this size could have got the block. */
static bool size_fits(const ch_slab *slab, const void *block, size_t size_bytes,
                      const chi_slab_place *place) {
    if (place->class_index == CHI_SLAB_BIG) {
        return chi_slab_big_size(slab, block) == size_bytes;
    }
    if (size_bytes > slab->config.largest_bytes) {
        return false;
    }
    size_t wanted = chi_slab_route(slab, size_bytes);
    bool borrows = slab->config.empty == CH_SLAB_EMPTY_BORROW;
    return wanted == place->class_index || (borrows && wanted < place->class_index);
}

ch_status ch_slab_release_sized_slow(ch_slab *slab, void *block, size_t size_bytes) {
    chi_slab_place place = {0, 0};
    if (slab == NULL) {
        return CH_EINVAL;
    }
    if (!chi_slab_is_live(slab)) {
        return CH_ESTATE;
    }
    ch_status status = place_of(slab, block, "ch_slab_release_sized", CH_RETURN_ADDRESS(), &place);
    if (status != CH_OK) {
        return status;
    }
    if (!size_fits(slab, block, size_bytes, &place)) {
        return report(slab, "ch_slab_release_sized", block, CH_RETURN_ADDRESS(), CH_EINVAL);
    }
    return give(slab, block, &place, CH_RETURN_ADDRESS());
}

ch_status ch_slab_resize(ch_slab *slab, void *block, size_t size_bytes) {
    chi_slab_place place = {0, 0};
    if (slab == NULL) {
        return CH_EINVAL;
    }
    if (!chi_slab_is_live(slab)) {
        return CH_ESTATE;
    }
    ch_status status = place_of(slab, block, __func__, CH_RETURN_ADDRESS(), &place);
    if (status != CH_OK) {
        return status;
    }
    return size_bytes <= usable(slab, block, &place) ? CH_OK : CH_EFULL;
}

size_t ch_slab_usable_size(const ch_slab *slab, const void *block) {
    chi_slab_place place = {0, 0};
    bool found =
        slab != NULL && chi_slab_is_live(slab) && chi_slab_find(slab, block, &place) == CH_OK;
    return found ? usable(slab, block, &place) : 0;
}

/* ---- All of it ------------------------------------------------------------------------------- */

/* Everything in use goes back at once. */
static void note_all(const ch_slab *slab, const void *site) {
    size_t bytes = slab->oversize_bytes;
    for (size_t i = 0; slab->tracked != 0 && i < slab->config.class_count; i++) {
        bytes += chi_slab_in_use(slab, i) * slab->counts[i].size_bytes;
    }
    if (bytes > 0) {
        note(slab, CH_TRACK_RELEASE, bytes, site, NULL);
    }
}

ch_status ch_slab_reset(ch_slab *slab) {
    if (slab == NULL) {
        return CH_EINVAL;
    }
    if (!chi_slab_is_live(slab)) {
        return CH_ESTATE;
    }
    if (slab->owner != chi_thread_token()) {
        return CHI_MISUSE(slab, slab->config.name, NULL, CH_ETHREAD);
    }
    note_all(slab, CH_RETURN_ADDRESS());
    if (!slab->config.paged) {
        chi_slab_static_reset(slab);
    } else {
        chi_slab_page_reset(slab);
        if (slab->config.checked) {
            chi_group_keep(slab, slab->area, 0);
            chi_close(slab->area, slab->pages_touched * CH_SLAB_PAGE_BYTES);
        }
    }
    chi_slab_big_reset(slab);
    return CH_OK;
}

ch_status ch_slab_fini(ch_slab *slab) {
    if (slab == NULL || !chi_slab_is_live(slab)) {
        return CH_OK;
    }
    note_all(slab, CH_RETURN_ADDRESS());
    slab->magic = 0;
    if (slab->config.twin) {
        chi_slab_static_reset(slab);
    }
    if (slab->config.checked) {
        chi_group_end(slab);
        chi_open_defined(slab->area, slab->config.paged ? slab->pages_touched * CH_SLAB_PAGE_BYTES
                                                        : slab->config.area_bytes);
    }
    chi_slab_big_reset(slab);
    *slab = (ch_slab){0};
    return CH_OK;
}

ch_status ch_slab_track(ch_slab *slab, ch_tracker *tracker) {
    if (slab == NULL) {
        return CH_EINVAL;
    }
    if (!chi_slab_is_live(slab)) {
        return CH_ESTATE;
    }
    if (slab->owner != chi_thread_token()) {
        return CHI_MISUSE(slab, slab->config.name, tracker, CH_ETHREAD);
    }
    slab->tracker = tracker;
    slab->tracked = chi_track_is_wanted(tracker);
    chi_slab_set_fast(slab);
    return CH_OK;
}

/* ---- As an allocator ------------------------------------------------------------------------- */

static void *allocator_alloc(void *user, size_t size_bytes, size_t align) {
    ch_slab *slab = user;
    if (align > CH_SLAB_ALIGN_MAX) {
        return NULL;
    }
    if (size_bytes <= slab->config.largest_bytes) {
        size_t i = chi_slab_route(slab, size_bytes);
        while (i < slab->config.class_count &&
               chi_slab_align_of(slab->counts[i].size_bytes) < align) {
            i++;
        }
        if (i == slab->config.class_count) {
            return NULL;
        }
        size_bytes =
            chi_slab_route(slab, size_bytes) == i ? size_bytes : slab->counts[i].size_bytes;
    }
    void *block = slab->tracked == 0 ? ch_slab_acquire(slab, size_bytes)
                                     : chi_slab_acquire_any(slab, size_bytes, CH_RETURN_ADDRESS());
    if (block != NULL && ch_align_padding(block, align) != 0) { /* borrowed from another class */
        (void)ch_slab_release(slab, block);
        return NULL;
    }
    return block;
}

static bool allocator_resize(void *user, void *block, size_t old_bytes, size_t new_bytes) {
    (void)old_bytes;
    return new_bytes <= ch_slab_usable_size(user, block);
}

static ch_status allocator_free(void *user, void *block, size_t size_bytes) {
    (void)size_bytes; /* may have been resized in place */
    const ch_slab *slab = user;
    return slab->tracked == 0 ? ch_slab_release(user, block)
                              : chi_slab_release_any(user, block, CH_RETURN_ADDRESS());
}

ch_allocator ch_slab_allocator(ch_slab *slab) {
    return (ch_allocator){
        .alloc = allocator_alloc, .resize = allocator_resize, .free = allocator_free, .user = slab};
}
