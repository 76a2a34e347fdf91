/* manager_info_test.c: self-check, tracking and JSON of managers. That every figure is right after
 * any sequence of calls is manager_model_test.c's matter. */
#define _GNU_SOURCE
#include <coldheap/manager.h>

#include <string.h>

#include "harness.h"
#include "mem/checked.h"
#include "mem/manager_hall_rig.h"

/* ---- Self-check ---------------------------------------------------------------------------- */

TEST(manager_check_notices_each_byte_of_header_fields_it_promises) { /* M7 */
    const ch_manager_config config = ch_manager_balanced();
    hall h;
    if (!hall_open(&h, &config)) {
        return;
    }
    ch_manager *m = h.manager;
    const struct {
        void *start;
        size_t size_bytes;
        unsigned invariant;
    } ranges[] = {{&m->config, sizeof m->config, 1},
                  {m->parts, sizeof m->parts, 1},
                  {m->name, sizeof m->name, 1},
                  {&m->present, sizeof m->present, 1},
                  {&m->footprint_bytes, sizeof m->footprint_bytes, 1},
                  {&m->seal, sizeof m->seal, 1},
                  {&m->magic, sizeof m->magic, 1},
                  {&m->switched, sizeof m->switched, 2},
                  {&m->stack_given, sizeof m->stack_given, 2},
                  {&m->buffers_given, sizeof m->buffers_given, 2},
                  {&m->tracker_given, sizeof m->tracker_given, 2},
                  {m->pools_given, sizeof m->pools_given, 2},
                  {m->arenas_given, sizeof m->arenas_given, 2}};
    for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++) {
        for (size_t i = 0; i < ranges[r].size_bytes; i++) {
            uint8_t *byte = (uint8_t *)ranges[r].start + i;
            unsigned invariant = 0;
            *byte ^= 0x81;
            CHECK_EQUAL(ch_manager_check(m, &invariant), CH_ECORRUPT);
            CHECK_EQUAL(invariant, ranges[r].invariant);
            *byte ^= 0x81;
        }
    }
    unsigned invariant = 1;
    CHECK_EQUAL(ch_manager_check(m, &invariant), CH_OK);
    CHECK_EQUAL(invariant, 0);
    hall_close(&h);
}

TEST(manager_check_tells_the_part_that_is_broken) { /* M7 */
    ch_manager_config config = ch_manager_balanced();
    hall h;
    config.allocation_tracking = true;
    if (!hall_open(&h, &config)) {
        return;
    }
    ch_manager *m = h.manager;
    uint64_t *seals[] = {&m->tracker.seal, &m->stack.seal, &m->pools.seal, &m->buffers.seal,
                         &m->arenas.seal};
    for (unsigned i = 0; i < 5; i++) {
        unsigned invariant = 0;
        *seals[i] ^= 1;
        CHECK_EQUAL(ch_manager_check(m, &invariant), CH_ECORRUPT);
        CHECK_EQUAL(invariant, 100 * (i + 1) + 1);
        *seals[i] ^= 1;
    }
    CHECK_EQUAL(ch_manager_check(m, NULL), CH_OK);
    hall_close(&h);
}

/* ---- Tracking -------------------------------------------------------------------------------- */

/* Three sites that take and one that gives back. */
static void use_tracked(ch_manager *m, size_t rounds) {
    for (size_t i = 0; i < rounds; i++) {
        ch_pool *pool = ch_manager_pool(m, CH_KIND_ADDRESS);
        void *object = ch_pool_acquire(pool);
        ch_buffer buffer = {0};
        CHECK_EQUAL(ch_manager_buffer_acquire(m, &buffer, 50), CH_OK);
        void *block = ch_stack_alloc(ch_manager_stack(m), 24, 8);
        CHECK(block != NULL && ch_arena_alloc(ch_manager_arena(m, 1), 10, 1) != NULL);
        CHECK_EQUAL(ch_stack_free(ch_manager_stack(m), block, 24), CH_OK);
        CHECK_EQUAL(ch_manager_buffer_release(m, &buffer), CH_OK);
        CHECK_EQUAL(ch_pool_release(pool, object), CH_OK);
    }
}

static const ch_track_site *site_of_kind(const ch_tracker *tracker, unsigned kind) {
    size_t count = 0;
    const ch_track_site *sites = ch_tracker_sites(tracker, &count);
    for (size_t i = 0; i < count; i++) {
        if (sites[i].kind == kind) {
            return &sites[i];
        }
    }
    return NULL;
}

TEST(manager_tracker_sees_what_every_part_does) {                    /* M71 M72 M59 */
    static const size_t BYTES[CH_TRACK_KINDS] = {0, 24, 20, 64, 10}; /* buffers: of their class */
    const ch_manager_config config = ch_manager_high_performance();
    ch_tracker_figures figures;
    ch_manager_figures all;
    hall h;
    if (!hall_open(&h, &config)) {
        return;
    }
    use_tracked(h.manager, 1000);
    const ch_tracker *tracker = ch_manager_tracker(h.manager);
    CHECK_EQUAL(ch_tracker_stats(tracker, &figures), CH_OK);
    CHECK_EQUAL(ch_manager_stats(h.manager, &all), CH_OK);
    CHECK_EQUAL(figures.stack_allocations, all.stack_allocations);
    CHECK_EQUAL(figures.pool_acquisitions, all.pool_acquisitions);
    CHECK_EQUAL(figures.buffer_acquisitions, all.buffer_acquisitions);
    CHECK_EQUAL(figures.arena_allocations, all.arena_allocations);
    CHECK_EQUAL(figures.sites, 4);
    CHECK_EQUAL(figures.sites_dropped + figures.live_dropped + figures.unmatched, 0);
    for (unsigned kind = CH_TRACK_STACK; kind < CH_TRACK_KINDS; kind++) {
        const ch_track_site *site = site_of_kind(tracker, kind);
        uintptr_t offset = (uintptr_t)site->address - (uintptr_t)use_tracked;
        CHECK_EQUAL(site->count, 1000);
        CHECK_EQUAL(site->total_bytes, 1000 * BYTES[kind]);
        CHECK(offset < 65536 || 0u - offset < 65536); /* the caller's lines, hot or cold */
        if (kind != CH_TRACK_ARENA) {
            CHECK_EQUAL(site->releases, 1000);
            CHECK_EQUAL(site->current_bytes, 0);
            CHECK_EQUAL(site->peak_bytes, BYTES[kind]);
        }
    }
    CHECK_EQUAL(ch_manager_check(h.manager, NULL), CH_OK);
    hall_close(&h);
}

TEST(manager_tracker_switched_off_costs_and_counts_nothing) { /* M71 M75 M58 */
    const ch_manager_config config = ch_manager_high_performance();
    ch_tracker_figures figures;
    ch_manager_figures all;
    hall h;
    if (!hall_open(&h, &config)) {
        return;
    }
    ch_manager *m = h.manager;
    use_tracked(m, 10);
    CHECK_EQUAL(ch_manager_set_enabled(m, CH_MANAGER_TRACKING, false), CH_OK);
    CHECK(ch_manager_tracker(m) == NULL);
    use_tracked(m, 1);
    /* inline paths are back, where the build has any */
    CHECK((m->stack.fast_end != NULL) == !chi_checked());
    CHECK_EQUAL(ch_tracker_stats(&m->tracker, &figures), CH_OK);
    CHECK_EQUAL(figures.pool_acquisitions, 10);
    CHECK_EQUAL(ch_manager_set_enabled(m, CH_MANAGER_TRACKING, true), CH_OK);
    CHECK(m->stack.fast_end == NULL);
    use_tracked(m, 5);
    CHECK_EQUAL(ch_tracker_stats(&m->tracker, &figures), CH_OK);
    CHECK_EQUAL(figures.pool_acquisitions, 15);
    CHECK_EQUAL(ch_manager_stats(m, &all), CH_OK);
    CHECK_EQUAL(all.pool_acquisitions, 16);
    hall_close(&h);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

TEST(manager_json_is_whole_at_every_length) { /* M59 M9 */
    static char text[16384];
    static char part[16384];
    ch_manager_config config = ch_manager_minimal();
    hall h;
    config.name = "one \"core\"";
    if (!hall_open(&h, &config)) {
        return;
    }
    size_t length = ch_manager_stats_json(h.manager, text, sizeof text);
    CHECK_EQUAL(length, strlen(text));
    CHECK(starts_with(text, "{\"object\":\"manager\",\"name\":\"one \\\"core\\\"\","
                            "\"heap_allocations\":null,\"stack_allocations\":0,"
                            "\"pool_acquisitions\":0,\"buffer_acquisitions\":0,"
                            "\"arena_allocations\":0,\"peak_stack_usage\":0,"
                            "\"current_stack_usage\":0,"));
    CHECK(strstr(text, "\"enabled\":{\"zero_allocation\":true,\"stack\":true,\"pools\":false,"
                       "\"buffers\":false,\"arenas\":false,\"tracking\":false},"
                       "\"tracker\":null,\"stack\":{\"object\":\"stack\",") != NULL);
    CHECK(strstr(text, "\"pools\":null,\"buffers\":null,\"arenas\":null}") != NULL);
    for (size_t size = 0; size <= length + 1; size++) {
        memset(part, 0x7e, sizeof part);
        CHECK_EQUAL(ch_manager_stats_json(h.manager, size > 0 ? part : NULL, size), length);
        size_t kept = size == 0 ? 0 : size <= length ? size - 1 : length;
        CHECK(memcmp(part, text, kept) == 0 && (size == 0 || part[kept] == 0));
        CHECK_EQUAL(part[size], 0x7e);
    }
    hall_close(&h);
}
