/* manager_config_test.c: presets, validation and layout of managers: everything that is decided
 * before there is memory. */
#include <string.h>

#include "harness.h"
#include "mem/manager_parts.h"

/* ---- Presets ------------------------------------------------------------------------------- */

static void check_pools(const ch_pool_sizes *s, const size_t want[6]) {
    CHECK_EQUAL(s->u256_pool_size, want[0]);
    CHECK_EQUAL(s->hash_pool_size, want[1]);
    CHECK_EQUAL(s->address_pool_size, want[2]);
    CHECK_EQUAL(s->frame_pool_size, want[3]);
    CHECK_EQUAL(s->account_pool_size, want[4]);
    CHECK_EQUAL(s->transaction_pool_size, want[5]);
}

static void check_buffers(const ch_buffer_sizes *s, const size_t want[8]) {
    CHECK_EQUAL(s->small_buffer_size, want[0]);
    CHECK_EQUAL(s->small_buffer_count, want[1]);
    CHECK_EQUAL(s->medium_buffer_size, want[2]);
    CHECK_EQUAL(s->medium_buffer_count, want[3]);
    CHECK_EQUAL(s->large_buffer_size, want[4]);
    CHECK_EQUAL(s->large_buffer_count, want[5]);
    CHECK_EQUAL(s->huge_buffer_size, want[6]);
    CHECK_EQUAL(s->huge_buffer_count, want[7]);
}

static void check_added(const ch_manager_config *c) {
    CHECK_EQUAL(c->watermarks_max, 1024);
    CHECK_EQUAL(c->tracker_sites, 1000);
    CHECK_EQUAL(c->clear_buffers, true);
    CHECK_EQUAL(c->zero_objects, true);
    CHECK_EQUAL(c->limit_bytes, 0);
    CHECK(c->name == NULL && !c->guard_pages);
}

/* Payload without the three open kinds. */
static size_t closed_payload(ch_manager_config config) {
    config.pool_sizes.frame_pool_size = 0;
    config.pool_sizes.account_pool_size = 0;
    config.pool_sizes.transaction_pool_size = 0;
    return ch_manager_payload(&config);
}

TEST(manager_high_performance_has_exactly_these_numbers) { /* M56 */
    const ch_manager_config c = ch_manager_high_performance();
    CHECK_EQUAL(c.enable_zero_allocation, true);
    CHECK_EQUAL(c.enable_stack_allocation, true);
    CHECK_EQUAL(c.enable_object_pooling, true);
    CHECK_EQUAL(c.enable_buffer_pooling, true);
    CHECK_EQUAL(c.enable_scratch_arenas, true);
    CHECK_EQUAL(c.max_stack_memory, 1048576);
    check_pools(&c.pool_sizes, (const size_t[]){1000, 500, 500, 100, 200, 50});
    check_buffers(&c.buffer_sizes, (const size_t[]){64, 1000, 256, 500, 1024, 200, 4096, 50});
    CHECK_EQUAL(c.arena_sizes.execution_arena_size, 1048576);
    CHECK_EQUAL(c.arena_sizes.temporary_arena_size, 262144);
    CHECK_EQUAL(c.arena_sizes.scratch_arena_size, 65536);
    CHECK_EQUAL(c.allocation_tracking, true);
    CHECK_EQUAL(closed_payload(c), 3084432);
    check_added(&c);
}

TEST(manager_balanced_has_exactly_these_numbers) { /* M56 */
    const ch_manager_config c = ch_manager_balanced();
    CHECK_EQUAL(c.enable_zero_allocation, true);
    CHECK_EQUAL(c.enable_stack_allocation, true);
    CHECK_EQUAL(c.enable_object_pooling, true);
    CHECK_EQUAL(c.enable_buffer_pooling, true);
    CHECK_EQUAL(c.enable_scratch_arenas, true);
    CHECK_EQUAL(c.max_stack_memory, 524288);
    check_pools(&c.pool_sizes, (const size_t[]){500, 250, 250, 50, 100, 25});
    check_buffers(&c.buffer_sizes, (const size_t[]){64, 500, 256, 250, 1024, 100, 4096, 25});
    CHECK_EQUAL(c.arena_sizes.execution_arena_size, 524288);
    CHECK_EQUAL(c.arena_sizes.temporary_arena_size, 131072);
    CHECK_EQUAL(c.arena_sizes.scratch_arena_size, 32768);
    CHECK_EQUAL(c.allocation_tracking, false);
    CHECK_EQUAL(closed_payload(c), 1542216);
    check_added(&c);
}

TEST(manager_minimal_has_exactly_these_numbers) { /* M56 */
    const ch_manager_config c = ch_manager_minimal();
    CHECK_EQUAL(c.enable_zero_allocation, true);
    CHECK_EQUAL(c.enable_stack_allocation, true);
    CHECK_EQUAL(c.enable_object_pooling, false);
    CHECK_EQUAL(c.enable_buffer_pooling, false);
    CHECK_EQUAL(c.enable_scratch_arenas, false);
    CHECK_EQUAL(c.max_stack_memory, 131072);
    check_pools(&c.pool_sizes, (const size_t[]){0, 0, 0, 0, 0, 0});
    check_buffers(&c.buffer_sizes, (const size_t[]){0, 0, 0, 0, 0, 0, 0, 0});
    CHECK_EQUAL(c.arena_sizes.execution_arena_size, 131072);
    CHECK_EQUAL(c.arena_sizes.temporary_arena_size, 32768);
    CHECK_EQUAL(c.arena_sizes.scratch_arena_size, 16384);
    CHECK_EQUAL(c.allocation_tracking, false);
    CHECK_EQUAL(closed_payload(c), 131072);
    check_added(&c);
}

TEST(manager_presets_are_valid) { /* M57 */
    const ch_manager_config presets[] = {ch_manager_high_performance(), ch_manager_balanced(),
                                         ch_manager_minimal()};
    for (size_t i = 0; i < 3; i++) {
        const char *field = "?";
        CHECK_EQUAL(ch_manager_config_check(&presets[i], &field), CH_OK);
        CHECK(field == NULL);
    }
}

/* ---- Validation ---------------------------------------------------------------------------- */

/* A field that was made bad, in the order of the struct. */
typedef struct breakage {
    const char *field;
    void (*apply)(ch_manager_config *config);
} breakage;

#define BREAK(label, statement)                                                                    \
    static void break_##label(ch_manager_config *c) {                                              \
        statement;                                                                                 \
    }

BREAK(stack_low, c->max_stack_memory = 4095)
BREAK(stack_high, c->max_stack_memory = CH_MANAGER_STACK_MAX + 1)
BREAK(stack_huge, c->max_stack_memory = SIZE_MAX)
BREAK(no_pool, c->pool_sizes = (ch_pool_sizes){0})
BREAK(u256, c->pool_sizes.u256_pool_size = CH_POOL_COUNT_MAX + 1)
BREAK(hash, c->pool_sizes.hash_pool_size = CH_POOL_COUNT_MAX + 1)
BREAK(address, c->pool_sizes.address_pool_size = SIZE_MAX)
BREAK(frame, c->pool_sizes.frame_pool_size = CH_POOL_COUNT_MAX + 1)
BREAK(account, c->pool_sizes.account_pool_size = SIZE_MAX)
BREAK(transaction, c->pool_sizes.transaction_pool_size = CH_POOL_COUNT_MAX + 1)
BREAK(small, c->buffer_sizes.small_buffer_size = 15)
BREAK(small_count, c->buffer_sizes.small_buffer_count = CH_BUFPOOL_COUNT_MAX + 1)
BREAK(medium, c->buffer_sizes.medium_buffer_size = c->buffer_sizes.small_buffer_size)
BREAK(medium_count, c->buffer_sizes.medium_buffer_count = SIZE_MAX)
BREAK(large, c->buffer_sizes.large_buffer_size = 0)
BREAK(large_count, c->buffer_sizes.large_buffer_count = CH_BUFPOOL_COUNT_MAX + 1)
BREAK(huge, c->buffer_sizes.huge_buffer_size = CH_POOL_OBJECT_MAX + 1)
BREAK(huge_count, c->buffer_sizes.huge_buffer_count = SIZE_MAX)
BREAK(execution, c->arena_sizes.execution_arena_size = 4095)
BREAK(temporary, c->arena_sizes.temporary_arena_size = 1)
BREAK(scratch, c->arena_sizes.scratch_arena_size = SIZE_MAX)
BREAK(no_watermarks, c->watermarks_max = 0)
BREAK(watermarks, c->watermarks_max = 65537)
BREAK(sites, c->tracker_sites = 15)
BREAK(live, c->tracker_live = CH_TRACK_LIVE_MAX + 1)
BREAK(frame_bytes, c->frame_bytes = 0)
BREAK(frame_align, c->frame_align = 3)
BREAK(account_bytes, c->account_bytes = CH_POOL_OBJECT_MAX + 1)
BREAK(account_align, c->account_align = 0)
BREAK(transaction_bytes, c->transaction_bytes = 0)
BREAK(transaction_align, c->transaction_align = 8192)
BREAK(limit, c->limit_bytes = 65536)

static const breakage BREAKAGES[] = {
    {"max_stack_memory", break_stack_low},
    {"max_stack_memory", break_stack_high},
    {"max_stack_memory", break_stack_huge},
    {"pool_sizes", break_no_pool},
    {"pool_sizes.u256_pool_size", break_u256},
    {"pool_sizes.hash_pool_size", break_hash},
    {"pool_sizes.address_pool_size", break_address},
    {"pool_sizes.frame_pool_size", break_frame},
    {"pool_sizes.account_pool_size", break_account},
    {"pool_sizes.transaction_pool_size", break_transaction},
    {"buffer_sizes.small_buffer_size", break_small},
    {"buffer_sizes.small_buffer_count", break_small_count},
    {"buffer_sizes.medium_buffer_size", break_medium},
    {"buffer_sizes.medium_buffer_count", break_medium_count},
    {"buffer_sizes.large_buffer_size", break_large},
    {"buffer_sizes.large_buffer_count", break_large_count},
    {"buffer_sizes.huge_buffer_size", break_huge},
    {"buffer_sizes.huge_buffer_count", break_huge_count},
    {"arena_sizes.execution_arena_size", break_execution},
    {"arena_sizes.temporary_arena_size", break_temporary},
    {"arena_sizes.scratch_arena_size", break_scratch},
    {"watermarks_max", break_no_watermarks},
    {"watermarks_max", break_watermarks},
    {"tracker_sites", break_sites},
    {"tracker_live", break_live},
    {"frame_bytes", break_frame_bytes},
    {"frame_align", break_frame_align},
    {"account_bytes", break_account_bytes},
    {"account_align", break_account_align},
    {"transaction_bytes", break_transaction_bytes},
    {"transaction_align", break_transaction_align},
    {"limit_bytes", break_limit},
};
enum { BREAKAGE_COUNT = sizeof BREAKAGES / sizeof BREAKAGES[0] };

static bool is_refused(const ch_manager_config *config, const char *want) {
    const char *field = NULL;
    ch_manager_part parts[CH_MANAGER_PARTS] = {{.name = "kept"}};
    bool refused = ch_manager_config_check(config, &field) == CH_EINVAL && field != NULL &&
                   ch_manager_config_check(config, NULL) == CH_EINVAL;
    refused = refused && ch_manager_footprint(config) == 0 && ch_manager_align(config) == 0 &&
              ch_manager_payload(config) == 0 && ch_manager_layout(config, parts) == CH_EINVAL &&
              strcmp(parts[0].name, "kept") == 0;
    return refused && strcmp(field, want) == 0;
}

TEST(manager_names_each_bad_field) { /* M57 */
    for (size_t i = 0; i < BREAKAGE_COUNT; i++) {
        ch_manager_config config = ch_manager_high_performance();
        BREAKAGES[i].apply(&config);
        if (!CHECK(is_refused(&config, BREAKAGES[i].field))) {
            CHECK_TEXT(BREAKAGES[i].field, "");
        }
    }
}

TEST(manager_names_the_first_of_two_bad_fields) { /* M57 */
    for (size_t i = 0; i < BREAKAGE_COUNT; i++) {
        for (size_t j = i + 1; j < BREAKAGE_COUNT; j++) {
            ch_manager_config config = ch_manager_high_performance();
            BREAKAGES[j].apply(&config);
            BREAKAGES[i].apply(&config);
            if (!CHECK(is_refused(&config, BREAKAGES[i].field))) {
                CHECK_TEXT(BREAKAGES[i].field, BREAKAGES[j].field);
            }
        }
    }
}

TEST(manager_does_not_look_at_fields_of_features_that_are_off) { /* M57 */
    ch_manager_config config = ch_manager_high_performance();
    config.enable_zero_allocation = false;
    for (size_t i = 0; i + 1 < BREAKAGE_COUNT; i++) {
        BREAKAGES[i].apply(&config);
    }
    CHECK_EQUAL(ch_manager_config_check(&config, NULL), CH_OK);
    CHECK_EQUAL(ch_manager_footprint(&config), sizeof(ch_manager));
    config.enable_zero_allocation = true;
    config.enable_stack_allocation = false;
    config.enable_object_pooling = false;
    config.enable_buffer_pooling = false;
    config.enable_scratch_arenas = false;
    config.allocation_tracking = false;
    CHECK_EQUAL(ch_manager_config_check(&config, NULL), CH_OK);
    CHECK_EQUAL(ch_manager_footprint(&config), sizeof(ch_manager));
    CHECK_EQUAL(ch_manager_payload(&config), 0);
}

TEST(manager_accepts_each_field_at_its_bounds) { /* M57 M5 */
    ch_manager_config config = ch_manager_high_performance();
    config.max_stack_memory = 4096;
    config.watermarks_max = 1;
    config.tracker_sites = 16;
    config.tracker_live = 1;
    config.arena_sizes = (ch_arena_sizes){4096, 0, 4096};
    config.buffer_sizes = (ch_buffer_sizes){16, 1, 17, 1, 0, 0, 18, 1};
    config.pool_sizes = (ch_pool_sizes){.address_pool_size = 1};
    CHECK_EQUAL(ch_manager_config_check(&config, NULL), CH_OK);
    config.watermarks_max = 65536;
    config.tracker_sites = CH_TRACK_SITES_MAX;
    config.arena_sizes = (ch_arena_sizes){0};
    config.buffer_sizes = (ch_buffer_sizes){0};
    CHECK_EQUAL(ch_manager_config_check(&config, NULL), CH_OK);
    config.max_stack_memory = CH_MANAGER_STACK_MAX;
    config.limit_bytes = ch_manager_footprint(&config);
    CHECK(config.limit_bytes > CH_MANAGER_STACK_MAX);
    CHECK_EQUAL(ch_manager_config_check(&config, NULL), CH_OK);
    config.limit_bytes--;
    CHECK(is_refused(&config, "limit_bytes"));
    CHECK_EQUAL(ch_manager_config_check(NULL, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_manager_layout(&config, NULL), CH_EINVAL);
}

TEST(manager_refuses_a_sum_that_no_address_space_holds) { /* M57 M5 */
    ch_manager_config config = ch_manager_high_performance();
    config.pool_sizes.frame_pool_size = CH_POOL_COUNT_MAX;
    config.pool_sizes.account_pool_size = CH_POOL_COUNT_MAX;
    config.pool_sizes.transaction_pool_size = CH_POOL_COUNT_MAX;
    config.frame_bytes = config.account_bytes = config.transaction_bytes = CH_POOL_OBJECT_MAX;
    size_t large = ch_manager_footprint(&config);
    CHECK(large == 0 || large > 3 * CH_POOL_COUNT_MAX * CH_POOL_OBJECT_MAX);
    config.limit_bytes = large - 1;
    CHECK(large == 0 || is_refused(&config, "limit_bytes"));
}

/* ---- Layout -------------------------------------------------------------------------------- */

TEST(manager_parts_lie_in_order_at_their_borders) { /* M55 */
    ch_manager_part parts[CH_MANAGER_PARTS];
    for (unsigned guarded = 0; guarded < 2; guarded++) {
        ch_manager_config config = ch_manager_high_performance();
        size_t end = 0;
        config.guard_pages = guarded != 0;
        CHECK_EQUAL(ch_manager_layout(&config, parts), CH_OK);
        for (size_t i = 0; i < CH_MANAGER_PARTS; i++) {
            CHECK(parts[i].size_bytes > 0 && parts[i].offset >= end);
            CHECK_EQUAL(parts[i].offset % 64, 0);
            end = parts[i].offset + parts[i].size_bytes;
        }
        CHECK_EQUAL(end, ch_manager_footprint(&config));
        CHECK_TEXT(parts[CH_MANAGER_PART_POOLS + CH_KIND_ACCOUNT].name, "account");
        CHECK_TEXT(parts[CH_MANAGER_PARTS - 1].name, "scratch");
    }
}

TEST(manager_layout_is_the_same_every_time) { /* M11 M55 */
    const ch_manager_config config = ch_manager_balanced();
    ch_manager_part first[CH_MANAGER_PARTS];
    ch_manager_part again[CH_MANAGER_PARTS];
    CHECK_EQUAL(ch_manager_layout(&config, first), CH_OK);
    CHECK_EQUAL(ch_manager_layout(&config, again), CH_OK);
    for (size_t i = 0; i < CH_MANAGER_PARTS; i++) {
        CHECK_EQUAL(first[i].offset, again[i].offset);
        CHECK_EQUAL(first[i].size_bytes, again[i].size_bytes);
    }
}

TEST(manager_absent_parts_have_no_bytes) { /* M57 */
    ch_manager_config config = ch_manager_minimal();
    ch_manager_part parts[CH_MANAGER_PARTS];
    CHECK_EQUAL(ch_manager_layout(&config, parts), CH_OK);
    for (size_t i = 0; i < CH_MANAGER_PARTS; i++) {
        bool there = i == CH_MANAGER_PART_HEADER || i == CH_MANAGER_PART_STACK;
        CHECK_EQUAL(parts[i].size_bytes > 0, there);
    }
}
