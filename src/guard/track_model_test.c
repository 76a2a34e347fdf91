/* The tracker beside a slow list of blocks: random heap calls from a few call sites, booked by hand
 * in the list, in every way of tracking; at the end, and at each mark, both must agree. */
#define _GNU_SOURCE
#include "track_rig.h"

#include <errno.h>
#include <malloc.h>

#define SITES  6u
#define LIVE   300u
#define STEPS  20000u
#define MARKER 40000000u /* a size per site that finds its row */

typedef struct model_site {
    uint64_t count;
    uint64_t frees;
    uint64_t bytes;
    uint64_t freed_bytes;
    uint64_t peak_bytes;
    uint64_t mark_bytes;
    uint32_t row;
} model_site;

typedef struct model_block {
    unsigned char *block;
    size_t size_bytes;
    unsigned site;
    unsigned char fill;
} model_block;

static model_site sites[SITES];
static model_block live[LIVE];
static uint64_t live_bytes;
static uint64_t peak_bytes;
static uint64_t reallocs;

/* One call site each. */
static void *take(unsigned site, size_t size_bytes, void *old) {
    void *block = NULL;
    switch (site) {
    case 0:
        block = rig_hide(malloc(size_bytes));
        break;
    case 1:
        block = rig_hide(calloc(1, size_bytes));
        break;
    case 2:
        block = rig_hide(realloc(old, size_bytes));
        break;
    case 3:
        block = rig_hide(aligned_alloc(64, size_bytes));
        break;
    case 4:
        CHECK_EQUAL(posix_memalign(&block, 4096, size_bytes), 0);
        break;
    default:
        block = rig_hide(reallocarray(old, 1, size_bytes));
        break;
    }
    return block;
}

static bool is_realloc(unsigned site) {
    return site == 2 || site == 5;
}

static void book_taken(unsigned site, size_t size_bytes) {
    model_site *s = &sites[site];
    s->count++;
    s->bytes += size_bytes;
    const uint64_t current = s->bytes - s->freed_bytes;
    s->peak_bytes = current > s->peak_bytes ? current : s->peak_bytes;
    live_bytes += size_bytes;
    peak_bytes = live_bytes > peak_bytes ? live_bytes : peak_bytes;
}

static void book_freed(const model_block *b) {
    sites[b->site].frees++;
    sites[b->site].freed_bytes += b->size_bytes;
    live_bytes -= b->size_bytes;
}

static bool is_intact(const model_block *b, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i += 1 + size_bytes / 64) {
        if (b->block[i] != b->fill) {
            return false;
        }
    }
    return size_bytes == 0 || b->block[size_bytes - 1] == b->fill;
}

static void fill(model_block *b) {
    b->fill = (unsigned char)ch_test_random();
    memset(b->block, b->fill, malloc_usable_size(b->block)); /* all that is the program's */
}

static size_t random_size(void) {
    static const size_t limits[] = {1, 40, 300, 5000, 200000, 3000000};
    return 1 + ch_test_random_below(limits[ch_test_random_below(ch_test_random_below(6) + 1)]);
}

static void step(void) {
    model_block *b = &live[ch_test_random_below(LIVE)];
    const unsigned site = (unsigned)ch_test_random_below(SITES);
    if (b->block == NULL || (is_realloc(site) && ch_test_random_below(2) == 0)) {
        const size_t size_bytes = random_size();
        const size_t kept = b->size_bytes < size_bytes ? b->size_bytes : size_bytes;
        const bool resized = b->block != NULL;
        b->block = take(site, size_bytes, b->block);
        CHECK(!resized || is_intact(b, kept));
        if (resized) {
            reallocs++;
            book_freed(b);
        }
        b->site = site;
        b->size_bytes = size_bytes;
        book_taken(site, size_bytes);
        fill(b);
    } else {
        CHECK(is_intact(b, b->size_bytes));
        book_freed(b);
        free(b->block);
        *b = (model_block){0};
    }
}

static void find_rows(void) {
    for (unsigned site = 0; site < SITES; site++) {
        free(take(site, MARKER + site, NULL));
        sites[site] = (model_site){1, 1, MARKER + site, MARKER + site, MARKER + site, 0, 0};
        sites[site].row = rig_find(MARKER + site);
        CHECK(sites[site].row != 0);
        peak_bytes = MARKER + site;
    }
}

static void compare(bool peaks) {
    for (unsigned site = 0; site < SITES; site++) {
        const model_site *want = &sites[site];
        chi_track_counters got;
        chi_track_sum(&got, want->row);
        CHECK_EQUAL(got.count, want->count);
        CHECK_EQUAL(got.frees, want->frees);
        CHECK_EQUAL(got.bytes, want->bytes);
        CHECK_EQUAL(got.freed_bytes, want->freed_bytes);
        CHECK_EQUAL(got.mark_bytes, want->mark_bytes);
        CHECK(!peaks || got.peak_bytes == want->peak_bytes);
    }
    chi_track_tail totals;
    chi_track_totals(&totals);
    CHECK_EQUAL(totals.reallocs, reallocs);
    CHECK_EQUAL(totals.live_bytes, live_bytes);
    CHECK_EQUAL(totals.frees_unattributed, 0);
}

static void mark_now(void) {
    CHECK(ch_track_mark("now"));
    for (unsigned site = 0; site < SITES; site++) {
        sites[site].mark_bytes = sites[site].bytes - sites[site].freed_bytes;
    }
}

static void run_model(chi_session_config config) {
    live_bytes = peak_bytes = reallocs = 0;
    memset(live, 0, sizeof live);
    CHECK(rig_arm(config));
    find_rows();
    for (unsigned i = 0; i < STEPS; i++) {
        step();
        if (i % (STEPS / 4) == 0) {
            mark_now();
            compare(true);
        }
    }
    compare(true);
    for (unsigned i = 0; i < LIVE; i++) {
        if (live[i].block != NULL) {
            book_freed(&live[i]);
            free(live[i].block);
        }
    }
    CHECK_EQUAL(live_bytes, 0);
    compare(true);
    chi_track_ended();
    CHECK_EQUAL(CHI_PLAN->record->peak_bytes, peak_bytes);
    rig_stop();
}

TEST(g25_model_by_call_site) {
    run_model((chi_session_config){.track_depth = 1});
}

TEST(g26_model_with_lifetimes) {
    run_model((chi_session_config){.track_depth = 1, .track_lifetimes = 1});
}

TEST(g27_model_with_exact_peak) {
    run_model((chi_session_config){.track_depth = 1, .track_exact_peak = 1});
}

TEST(g27_model_with_all) {
    run_model((chi_session_config){
        .track_depth = 1, .track_exact_peak = 1, .track_lifetimes = 1, .track_sites = 100});
}

/* Where blocks have no trailers, as beside another allocator. */
TEST(g26_model_with_the_address_table) {
    chi_track_trailers_wanted = false;
    run_model((chi_session_config){.track_depth = 1});
    run_model((chi_session_config){.track_depth = 1, .track_lifetimes = 1});
    chi_track_trailers_wanted = true;
}
