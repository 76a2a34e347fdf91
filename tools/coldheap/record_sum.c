/* record_sum.c: the tables of all threads added up; see record.h.
 *
 * Single tables may go below 0, since a free is booked by the thread that frees: sums are made
 * with wrapping numbers and held at 0 at the end. The peak of a site is the exact one of table 0 if
 * the record says so, that of the only table which knows the site, or else at most the sum of all
 * tables' peaks. */
#include "record.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include <string.h>

typedef struct site_sum {
    chi_track_counters of;
    chi_track_lifetimes life;
    uint64_t peaks;      /* sum of the tables' */
    uint64_t exact_peak; /* of table 0 */
    uint32_t tables;     /* that know the site */
} site_sum;

typedef struct sum_taker {
    const chi_track_record *header;
    site_sum *sums;
    const uint32_t *places; /* row -> site + 1; 0: not ready */
    uint32_t table;
    bool used; /* the table has a number */
} sum_taker;

static bool is_used(const chi_track_counters *of) {
    return (of->count | of->frees | of->exhausted) != 0;
}

static void add_counters(chi_track_counters *to, const chi_track_counters *of) {
    to->count += of->count;
    to->frees += of->frees;
    to->bytes += of->bytes;
    to->freed_bytes += of->freed_bytes;
    to->exhausted += of->exhausted;
    if (of->largest_bytes > to->largest_bytes) {
        to->largest_bytes = of->largest_bytes;
    }
}

/* What a row had at the peak of the process: saved when it first changed after it, or what it still
 * has. */
static void add_life(sum_taker *in, site_sum *to, const chi_track_counters *of,
                     const uint8_t *bytes) {
    chi_track_lifetimes life;
    memcpy(&life, bytes + sizeof *of, sizeof life);
    bool saved = life.global_stamp == in->header->peak_stamp;
    to->life.life_ns += life.life_ns;
    to->life.most_bytes += life.most_bytes;
    to->life.most_blocks += life.most_blocks;
    to->life.global_bytes += saved ? life.global_bytes : of->bytes - of->freed_bytes;
    to->life.global_blocks += saved ? life.global_blocks : of->count - of->frees;
}

static bool take_counters(void *context, uint64_t row, const uint8_t *bytes) {
    sum_taker *in = context;
    chi_track_counters of;
    memcpy(&of, bytes, sizeof of);
    uint32_t place = in->places[row];
    if (place == 0) {
        return true;
    }
    site_sum *to = &in->sums[place - 1];
    if (in->table == 0) { /* what is known of the site as a whole lies there */
        to->exact_peak = of.peak_bytes;
        to->of.mark_bytes = of.mark_bytes;
        to->of.mark_blocks = of.mark_blocks;
    }
    if (is_used(&of)) {
        in->used = true;
        to->tables++;
        to->peaks += of.peak_bytes;
        add_counters(&to->of, &of);
        if (in->header->lifetimes != 0) {
            add_life(in, to, &of, bytes);
        }
    }
    return true;
}

/* Numbers that passed each other while they were read, or went below 0 in a broken file. */
static uint64_t less(uint64_t whole, uint64_t part) {
    return part < whole ? whole - part : 0;
}

static uint64_t not_negative(uint64_t wrapped) {
    return wrapped <= INT64_MAX ? wrapped : 0;
}

static void set_peak(record_numbers *to, const site_sum *sum, const chi_track_record *header) {
    bool exact = header->exact_peak != 0 || sum->tables <= 1;
    uint64_t peak = header->exact_peak != 0 ? sum->exact_peak : sum->peaks;
    peak = peak < to->bytes ? peak : to->bytes;
    peak = peak > to->live_bytes ? peak : to->live_bytes;
    to->peak_bytes = peak;
    to->peak_is_bound = !exact && peak > to->live_bytes;
}

static void set_site(record_site *to, const site_sum *sum, const chi_track_record *header) {
    const chi_track_counters *of = &sum->of;
    to->of = (record_numbers){.count = of->count,
                              .frees = of->frees,
                              .bytes = of->bytes,
                              .live_bytes = less(of->bytes, of->freed_bytes),
                              .live_blocks = less(of->count, of->frees),
                              .largest_bytes = of->largest_bytes,
                              .exhausted = of->exhausted};
    if (header->mark_count > 0) {
        to->of.growth_bytes = less(to->of.live_bytes, not_negative(of->mark_bytes));
        to->of.growth_blocks = less(to->of.live_blocks, not_negative(of->mark_blocks));
    }
    set_peak(&to->of, sum, header);
    to->life = (record_life){.life_ns = sum->life.life_ns,
                             .most_bytes = sum->life.most_bytes,
                             .most_blocks = sum->life.most_blocks,
                             .global_bytes = not_negative(sum->life.global_bytes),
                             .global_blocks = not_negative(sum->life.global_blocks)};
}

static void add_site(record_numbers *to, const record_numbers *of) {
    to->peak_is_bound = to->peak_is_bound || of->peak_is_bound || to->count > 0;
    to->count += of->count;
    to->frees += of->frees;
    to->bytes += of->bytes;
    to->peak_bytes += of->peak_bytes;
    to->exhausted += of->exhausted;
    to->growth_bytes += of->growth_bytes;
    to->growth_blocks += of->growth_blocks;
    if (of->largest_bytes > to->largest_bytes) {
        to->largest_bytes = of->largest_bytes;
    }
}

/* What is live is known of the whole kind, also where blocks went back in bulk and stay on their
 * sites (track_record.h). A peak is at most the sum of the sites'. */
static void add_kinds(record *out, const site_sum *sums) {
    uint64_t freed[CHI_TRACK_KIND_COUNT] = {0};
    for (size_t i = 0; i < out->site_count; i++) {
        const record_site *site = &out->sites[i];
        if (is_used(&sums[i].of)) {
            add_site(&out->kinds[site->kind], &site->of);
            freed[site->kind] += sums[i].of.freed_bytes;
        }
    }
    for (size_t i = 0; i < CHI_TRACK_KIND_COUNT; i++) {
        record_numbers *kind = &out->kinds[i];
        kind->live_bytes = less(kind->bytes, freed[i]);
        kind->live_blocks = less(kind->count, kind->frees);
    }
}

/* The peak of the heap is counted while the process runs; what its only thread has not told yet is
 * in that one's tail. */
static void set_process(record *out, const chi_track_tail *tail) {
    record_numbers *heap = &out->kinds[0];
    uint64_t peak = out->header.peak_bytes;
    if (out->table_count == 1 && not_negative(tail->high_bytes) > peak) {
        peak = tail->high_bytes;
    }
    peak = peak < heap->bytes ? peak : heap->bytes;
    heap->peak_bytes = peak > heap->live_bytes ? peak : heap->live_bytes;
    heap->peak_is_bound = false;
    out->process = *heap;
}

/* The header's sums are only as new as the last mark. */
static void add_tail(chi_track_tail *to, const chi_track_tail *of) {
    to->reallocs += of->reallocs;
    to->frees_unattributed += of->frees_unattributed;
    to->sites_dropped += of->sites_dropped;
    to->blocks_dropped += of->blocks_dropped;
    if (not_negative(of->high_bytes) > to->high_bytes) {
        to->high_bytes = of->high_bytes;
    }
}

static void set_tail(chi_track_record *header, const chi_track_tail *sum) {
    header->reallocs = sum->reallocs;
    header->frees_unattributed = sum->frees_unattributed;
    header->sites_dropped = sum->sites_dropped;
    header->blocks_dropped = sum->blocks_dropped;
}

static int add_table(record *out, const record_source *from, sum_taker *taker,
                     chi_track_tail *tails) {
    uint64_t offset = out->header.tables_offset + taker->table * out->header.table_bytes;
    chi_track_tail tail;
    taker->used = false;
    if (!record_rows(from, offset, out->header.counter_bytes, out->header.sites_max, take_counters,
                     taker) ||
        !record_copy(from, offset + out->header.tail_offset, &tail, sizeof tail)) {
        return message_error(EXIT_NOT_ARMED, from->name, 0, "broken record: table %u",
                             taker->table);
    }
    out->table_count += taker->used;
    add_tail(tails, &tail);
    return EXIT_DONE;
}

int record_sum(record *out, const record_source *from) {
    uint32_t *places = STORE_ARRAY(uint32_t, out->header.sites_max);
    for (size_t i = 0; i < out->site_count; i++) {
        places[out->sites[i].index] = (uint32_t)i + 1;
    }
    sum_taker taker = {
        .header = &out->header, .sums = STORE_ARRAY(site_sum, out->site_count), .places = places};
    chi_track_tail tails = {.live_bytes = 0};
    int code = EXIT_DONE;
    for (; code == EXIT_DONE && taker.table < out->header.tables; taker.table++) {
        code = add_table(out, from, &taker, &tails);
    }
    for (size_t i = 0; code == EXIT_DONE && i < out->site_count; i++) {
        set_site(&out->sites[i], &taker.sums[i], &out->header);
    }
    if (code == EXIT_DONE) {
        add_kinds(out, taker.sums);
        set_process(out, &tails);
        set_tail(&out->header, &tails);
    }
    return code;
}
