/* track_note.c: memory that is no heap: coldheap's patterns, and whoever says CH_TRACK_NOTE, tell
 * what they give out and take back. A kind has rows of its own, so kinds never mix.
 *
 * A release of many objects at once names none: it is booked on a row of the kind without frames,
 * which goes below 0, so that the sums of the kind stay right. When one of the addresses is given
 * out again, its old block moves from there to the site that had it. */
#include "track.h"

CHI_EXPORT int ch_track_wanted(void) {
    return chi_track_on();
}

static uint32_t bulk_site(uint32_t kind) {
    return chi_track_site(kind, 0, NULL, 0);
}

static void end_of_block(uint32_t kind, const chi_track_block *block) {
    chi_track_book_noted_free(kind, block->site, 1, block->size_bytes);
}

/* The block that had this address went back in a release of many. */
static void end_of_lost_block(uint32_t kind, const chi_track_block *block) {
    end_of_block(kind, block);
    chi_track_book_noted_free(kind, bulk_site(kind), ~UINT64_C(0), 0 - block->size_bytes);
}

static void note_acquire(uint32_t kind, uint64_t size_bytes, const void *site, const void *object) {
    const chi_track_block block = {size_bytes, 0, chi_track_site(kind, 0, &site, 1)};
    chi_track_book_noted(kind, block.site, size_bytes);
    if (object == NULL) {
        return;
    }
    const uint64_t key = chi_track_address_key(object, kind);
    chi_track_block before;
    if (chi_track_address_take(key, &before)) {
        end_of_lost_block(kind, &before);
    }
    if (!chi_track_address_put(key, &block)) {
        chi_track_book_dropped_block();
    }
}

static void note_release(uint32_t kind, uint64_t size_bytes, const void *object) {
    chi_track_block block;
    if (object != NULL && chi_track_address_take(chi_track_address_key(object, kind), &block)) {
        end_of_block(kind, &block);
    } else {
        chi_track_book_noted_free(kind, bulk_site(kind), 1, size_bytes);
    }
}

CHI_EXPORT void ch_track_note(unsigned kind, unsigned op, size_t size_bytes, const void *site,
                              const void *object) {
    if (!chi_track_on() || kind >= CH_TRACK_KINDS ||
        (CHI_PLAN->index == NULL && !chi_track_forked())) {
        return;
    }
    switch (op) {
    case CH_TRACK_ACQUIRE:
        note_acquire(kind, size_bytes, site, object);
        break;
    case CH_TRACK_RELEASE:
        note_release(kind, size_bytes, object);
        break;
    case CH_TRACK_EXHAUSTED:
        chi_track_book_exhausted(chi_track_site(kind, 0, &site, 1));
        break;
    default:
        break;
    }
}

bool chi_track_heap_count(uint64_t *allocations) {
    if (!chi_track_on() || CHI_PLAN->index == NULL) {
        return false;
    }
    *allocations = 0;
    const uint32_t sites = __atomic_load_n(&CHI_PLAN->record->site_count, __ATOMIC_ACQUIRE);
    for (uint32_t site = 0; site < sites; site++) {
        if (chi_track_site_row_at(CHI_PLAN->record, site)->kind == CH_TRACK_HEAP) {
            chi_track_counters sum;
            chi_track_sum(&sum, site);
            *allocations += sum.count;
        }
    }
    return true;
}
