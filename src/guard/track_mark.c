/* track_mark.c: moments of a run: marks, the seal, the end. What each site holds then is written
 * down, and the sums in the header are brought up to date. */
#define _GNU_SOURCE
#include "track.h"

static void bring_up_to_date(chi_track_record *record) {
    chi_track_tail sum;
    chi_track_thread *self = &chi_track_self;
    if (self->state == CHI_TRACK_READY) {
        chi_track_publish(self->tail);
    }
    chi_track_totals(&sum);
    record->reallocs = sum.reallocs;
    record->frees_unattributed = sum.frees_unattributed;
    record->sites_dropped = sum.sites_dropped;
    record->blocks_dropped = sum.blocks_dropped;
    record->end_ns = chi_track_now_ns();
}

void chi_track_ended(void) {
    if (chi_track_on() && CHI_PLAN->index != NULL) {
        bring_up_to_date(CHI_PLAN->record);
        CHI_PLAN->record->ended = 1;
    }
}

static void add_mark(chi_track_record *record, const char *name) {
    const uint32_t at = __atomic_fetch_add(&record->mark_count, 1, __ATOMIC_RELAXED);
    if (at >= CHI_TRACK_MARKS) {
        __atomic_store_n(&record->mark_count, CHI_TRACK_MARKS, __ATOMIC_RELAXED);
        return;
    }
    chi_track_mark_row *row = &record->marks[at];
    for (size_t i = 0; name != NULL && name[i] != 0 && i < sizeof row->name - 1; i++) {
        row->name[i] = name[i];
    }
    row->at_ns = chi_track_now_ns();
}

static void mark(const char *name) {
    chi_track_record *record = CHI_PLAN->record;
    const uint32_t sites = __atomic_load_n(&record->site_count, __ATOMIC_ACQUIRE);
    for (uint32_t site = 0; site < sites; site++) {
        chi_track_counters sum;
        chi_track_sum(&sum, site);
        chi_track_counters *row =
            (chi_track_counters *)(void *)(CHI_PLAN->tables + site * CHI_PLAN->row_bytes);
        row->mark_bytes = sum.bytes - sum.freed_bytes;
        row->mark_blocks = sum.count - sum.frees;
    }
    bring_up_to_date(record);
    add_mark(record, name);
}

CHI_EXPORT bool chi_guard_track_mark(const char *name) {
    if (!chi_track_on() || (CHI_PLAN->index == NULL && !chi_track_forked())) {
        return false;
    }
    mark(name);
    return true;
}

void chi_track_sealed(const char *name) {
    if (chi_guard_settings.config.track_since_seal != 0) {
        (void)chi_guard_track_mark(name);
    }
}
