/* arenas_test.c: sizes, borders, hard limits, reset, figures and self-check of the three scratch
 * arenas, and 10^6 random steps against counters. What one arena does is arena_test.c's. */
#include <coldheap/arenas.h>

#include <stdio.h>

#include "harness.h"
#include "mem/checked.h"
#include "mem_rig.h"
#include "model.h"

enum { MEMORY = 1 << 15 };

static _Alignas(CH_ARENAS_BORDER) uint8_t memory[MEMORY];
static rig_source source;
static ch_arenas set;

#define FOR_BOTH(twin)   for (int twin = 0; twin < 2; twin++)
#define FOR_EACH(kind)   for (unsigned kind = 0; kind < CH_ARENAS_KINDS; kind++)
#define ARENA(set, k)    ch_arenas_get((set), (ch_arenas_kind)(k))
#define RESET(set, k)    ch_arenas_reset((set), (ch_arenas_kind)(k))
#define USAGE(set, k, f) ch_arenas_usage((set), (ch_arenas_kind)(k), (f))

static void start(const ch_arenas_sizes *sizes, int twin) {
    ch_allocator allocator = rig_source_allocator(&source);
    set = (ch_arenas){0};
    CHECK_EQUAL(twin ? ch_arenas_init_twin(&set, &allocator, sizes)
                     : ch_arenas_init(&set, memory, sizeof memory, sizes),
                CH_OK);
}

static void finish(void) {
    CHECK_EQUAL(ch_arenas_check(&set, NULL), CH_OK);
    CHECK_EQUAL(ch_arenas_fini(&set), CH_OK);
    CHECK_EQUAL(ch_arenas_fini(&set), CH_OK);
    CHECK_EQUAL(source.live, 0);
    CHECK_EQUAL(source.wrong, 0);
}

TEST(arenas_default_sizes_are_those_of_the_contract) { /* M54 */
    CHECK_EQUAL(CH_ARENAS_EXECUTION_BYTES, 1048576);
    CHECK_EQUAL(CH_ARENAS_TEMPORARY_BYTES, 262144);
    CHECK_EQUAL(CH_ARENAS_SCRATCH_BYTES, 65536);
    CHECK_EQUAL(ch_arenas_footprint(NULL), 1048576 + 262144 + 65536);
    CHECK_EQUAL(ch_arenas_align(), 64);
    void *block = aligned_alloc(64, ch_arenas_footprint(NULL));
    CHECK_EQUAL(ch_arenas_init(&set, block, ch_arenas_footprint(NULL), NULL), CH_OK);
    CHECK_EQUAL(ch_arena_capacity(ARENA(&set, CH_ARENAS_EXECUTION)), 1048576);
    CHECK_EQUAL(ch_arena_capacity(ARENA(&set, CH_ARENAS_TEMPORARY)), 262144);
    CHECK_EQUAL(ch_arena_capacity(ARENA(&set, CH_ARENAS_SCRATCH)), 65536);
    finish();
    free(block);
}

TEST(arenas_footprint_is_exact_and_every_absent_subset_works) { /* M2 M54 */
    const size_t full[CH_ARENAS_KINDS] = {1000, 500, 77};
    for (unsigned subset = 1; subset < 8; subset++) {
        size_t bytes[CH_ARENAS_KINDS];
        size_t want = 0;
        FOR_EACH(kind) {
            bytes[kind] = (subset >> kind & 1u) != 0 ? full[kind] : 0;
            want = bytes[kind] != 0 ? (want + 63) / 64 * 64 + bytes[kind] : want;
        }
        ch_arenas_sizes sizes = {bytes[0], bytes[1], bytes[2], CH_ZERO_NONE, NULL};
        CHECK_EQUAL(ch_arenas_footprint(&sizes), want);
        CHECK_EQUAL(ch_arenas_init(&set, memory, want - 1, &sizes), CH_EFULL);
        CHECK_EQUAL(ch_arenas_init(&set, memory, want, &sizes), CH_OK);
        FOR_EACH(kind) {
            ch_arena *arena = ARENA(&set, kind);
            ch_arenas_figures figures;
            CHECK((arena != NULL) == (bytes[kind] != 0));
            CHECK_EQUAL(RESET(&set, kind), arena != NULL ? CH_OK : CH_ENOENT);
            CHECK_EQUAL(USAGE(&set, kind, &figures), CH_OK);
            CHECK_EQUAL(figures.capacity_bytes, bytes[kind]);
            CHECK_EQUAL(figures.used_bytes, 0);
        }
        CHECK_EQUAL(ch_arenas_reset_all(&set), CH_OK);
        finish();
    }
}

TEST(arenas_refuse_bad_input_and_write_nothing) { /* M2 M5 M54 */
    static const uint8_t untouched[64];
    const ch_arenas_sizes none = {0};
    const ch_arenas_sizes wraps[] = {{.execution_bytes = SIZE_MAX, .scratch_bytes = 1},
                                     {.temporary_bytes = SIZE_MAX - 62, .scratch_bytes = 1},
                                     {.execution_bytes = SIZE_MAX / 2, .scratch_bytes = SIZE_MAX}};
    const ch_arenas_sizes odd = {.execution_bytes = 64, .zeroing = (ch_zeroing)7};
    const ch_arenas_sizes good = {.execution_bytes = 64};
    const ch_allocator nothing = {0};
    memset(memory, 0, sizeof untouched);
    set = (ch_arenas){0};
    CHECK_EQUAL(ch_arenas_footprint(&none), 0);
    CHECK_EQUAL(ch_arenas_init(&set, memory, MEMORY, &none), CH_EINVAL);
    for (size_t i = 0; i < 3; i++) {
        CHECK_EQUAL(ch_arenas_footprint(&wraps[i]), 0);
        CHECK_EQUAL(ch_arenas_init(&set, memory, MEMORY, &wraps[i]), CH_EINVAL);
    }
    CHECK_EQUAL(ch_arenas_footprint(&odd), 0);
    CHECK_EQUAL(ch_arenas_init(&set, memory, MEMORY, &odd), CH_EINVAL);
    CHECK_EQUAL(ch_arenas_init(NULL, memory, MEMORY, &good), CH_EINVAL);
    CHECK_EQUAL(ch_arenas_init(&set, NULL, MEMORY, &good), CH_EINVAL);
    CHECK_EQUAL(ch_arenas_init(&set, memory, SIZE_MAX, &good), CH_ERANGE);
    for (size_t off = 1; off < CH_ARENAS_BORDER; off++) {
        CHECK_EQUAL(ch_arenas_init(&set, memory + off, 512, &good), CH_EALIGN);
    }
    CHECK_EQUAL(ch_arenas_init(&set, memory, 63, &good), CH_EFULL);
    CHECK_EQUAL(ch_arenas_init_twin(&set, NULL, &good), CH_EINVAL);
    CHECK_EQUAL(ch_arenas_init_twin(&set, &nothing, &good), CH_EINVAL);
    CHECK_EQUAL(set.magic, 0);
    CHECK_BYTES(memory, untouched, sizeof untouched);
}

TEST(arenas_calls_without_a_live_set_answer_estate) { /* M3 M54 */
    const ch_arenas_sizes good = {.execution_bytes = 64};
    ch_arenas_figures figures;
    char text[8];
    start(&good, 0);
    ch_arenas others[2] = {{.magic = 0}, set}; /* never initialised; a copy is not the set */
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQUAL(ch_arenas_reset(&others[i], CH_ARENAS_EXECUTION), CH_ESTATE);
        CHECK_EQUAL(ch_arenas_reset_all(&others[i]), CH_ESTATE);
        CHECK_EQUAL(ch_arenas_usage(&others[i], CH_ARENAS_EXECUTION, &figures), CH_ESTATE);
        CHECK_EQUAL(ch_arenas_check(&others[i], NULL), CH_ECORRUPT);
        CHECK_EQUAL(ch_arenas_stats_json(&others[i], text, sizeof text), 4);
        CHECK_TEXT(text, "null");
        CHECK_EQUAL(ch_arenas_fini(&others[i]), CH_OK);
    }
    CHECK(ch_arenas_get(&others[0], CH_ARENAS_EXECUTION) == NULL);
    CHECK(ARENA(&set, CH_ARENAS_KINDS) == NULL);
    CHECK_EQUAL(RESET(&set, CH_ARENAS_KINDS), CH_EINVAL);
    CHECK_EQUAL(USAGE(&set, CH_ARENAS_KINDS, &figures), CH_EINVAL);
    CHECK_EQUAL(ch_arenas_usage(&set, CH_ARENAS_SCRATCH, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arenas_usage(NULL, CH_ARENAS_SCRATCH, &figures), CH_EINVAL);
    CHECK_EQUAL(ch_arenas_reset(NULL, CH_ARENAS_SCRATCH), CH_EINVAL);
    CHECK_EQUAL(ch_arenas_reset_all(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arenas_fini(NULL), CH_OK);
    finish();
}

TEST(arenas_limits_are_hard_and_one_full_arena_leaves_the_others_alone) { /* M54 */
    const ch_arenas_sizes sizes = {4096, 1024, 512, CH_ZERO_NONE, "limits"};
    const size_t limits[CH_ARENAS_KINDS] = {4096, 1024, 512};
    FOR_BOTH(twin) {
        start(&sizes, twin);
        FOR_EACH(kind) {
            const size_t most = ch_arena_remaining_for(ARENA(&set, kind), 1);
            CHECK(chi_checked() || most == limits[kind]);
            CHECK(ch_arena_alloc(ARENA(&set, kind), limits[kind] + 1, 1) == NULL);
            uint8_t *block = ch_arena_alloc(ARENA(&set, kind), most, 1);
            if (CHECK(block != NULL)) {
                memset(block, (int)kind + 1, most);
            }
            CHECK(ch_arena_alloc(ARENA(&set, kind), 1, 1) == NULL);
            for (unsigned other = kind + 1; other < CH_ARENAS_KINDS; other++) {
                CHECK_EQUAL(ch_arena_used(ARENA(&set, other)), 0);
            }
        }
        CHECK_EQUAL(ch_arenas_reset(&set, CH_ARENAS_TEMPORARY), CH_OK);
        FOR_EACH(kind) {
            ch_arenas_figures figures;
            CHECK_EQUAL(USAGE(&set, kind, &figures), CH_OK);
            CHECK_EQUAL(figures.used_bytes, kind == CH_ARENAS_TEMPORARY ? 0 : limits[kind]);
            CHECK_EQUAL(figures.peak_bytes, limits[kind]);
            CHECK_EQUAL(figures.capacity_bytes, limits[kind]);
            CHECK_EQUAL(figures.failures, 2);
        }
        finish();
    }
}

TEST(arenas_zeroing_applies_to_all_three) { /* M54 */
    const ch_arenas_sizes sizes = {256, 256, 256, CH_ZERO_ON_ALLOC, NULL};
    memset(memory, 0x5a, sizeof memory);
    start(&sizes, 0);
    FOR_EACH(kind) {
        const uint8_t *block = ch_arena_alloc(ARENA(&set, kind), 100, 1);
        CHECK(block != NULL && rig_is_filled(block, 100, 0));
    }
    finish();
}

TEST(arenas_json_is_whole_cut_at_every_length_and_null_after_the_end) { /* M9 M54 */
    const ch_arenas_sizes sizes = {1000, 0, 500, CH_ZERO_NONE, "a \"b\""};
    char want[512];
    char text[512];
    FOR_BOTH(twin) {
        start(&sizes, twin);
        CHECK(ch_arena_alloc(ARENA(&set, 0), 100, 1) != NULL);
        CHECK(ch_arena_alloc(ARENA(&set, 2), 501, 1) == NULL);
        const size_t used = ch_arena_used(ARENA(&set, 0));
        int length =
            snprintf(want, sizeof want,
                     "{\"object\":\"arenas\",\"name\":\"a \\\"b\\\"\",\"execution\":{"
                     "\"used_bytes\":%zu,\"peak_bytes\":%zu,\"capacity_bytes\":1000,"
                     "\"allocations\":1,\"failures\":0,\"utilization\":0.%03zu000},"
                     "\"temporary\":{\"used_bytes\":0,\"peak_bytes\":0,\"capacity_bytes\":0,"
                     "\"allocations\":0,\"failures\":0,\"utilization\":0.000000},\"scratch\":{"
                     "\"used_bytes\":0,\"peak_bytes\":0,\"capacity_bytes\":500,\"allocations\":0,"
                     "\"failures\":1,\"utilization\":0.000000}}",
                     used, used, used);
        for (size_t size = 0; size <= (size_t)length + 1; size++) {
            memset(text, '#', sizeof text);
            CHECK_EQUAL(ch_arenas_stats_json(&set, size != 0 ? text : NULL, size), length);
            CHECK(size == 0 || (strlen(text) == size - 1 && memcmp(text, want, size - 1) == 0));
            CHECK(text[size] == '#');
        }
        finish();
        CHECK_EQUAL(ch_arenas_stats_json(&set, text, sizeof text), 4);
    }
}

TEST(arenas_check_sees_every_flipped_byte_of_the_layout) { /* M7 M54 */
    const ch_arenas_sizes sizes = {256, 0, 256, CH_ZERO_NONE, "flip"};
    FOR_BOTH(twin) {
        start(&sizes, twin);
        uint8_t *bytes = (uint8_t *)&set;
        for (size_t i = 0; i < sizeof set; i++) {
            const size_t arenas = offsetof(ch_arenas, arenas);
            unsigned invariant = 0;
            if (i >= arenas && i < arenas + sizeof set.arenas) {
                continue; /* arena_info_test.c flips those */
            }
            bytes[i] ^= 1;
            CHECK_EQUAL(ch_arenas_check(&set, &invariant), CH_ECORRUPT);
            CHECK(invariant == 1 || invariant == 2);
            bytes[i] ^= 1;
        }
        ch_arena *scratch = ARENA(&set, CH_ARENAS_SCRATCH);
        unsigned invariant = 0;
        scratch->peak_cursor = (uint8_t *)(uintptr_t)1;
        CHECK_EQUAL(ch_arenas_check(&set, &invariant), CH_ECORRUPT);
        CHECK_EQUAL(invariant, 37);
        scratch->peak_cursor = scratch->chunk_base;
        finish();
    }
}

/* ---- Against counters ------------------------------------------------------------------------ */

typedef struct world {
    size_t used[CH_ARENAS_KINDS];
    size_t peak[CH_ARENAS_KINDS];
    uint64_t failures[CH_ARENAS_KINDS];
    ch_arena_point mark[CH_ARENAS_KINDS];
    size_t marked[CH_ARENAS_KINDS];
    bool has_mark[CH_ARENAS_KINDS];
} world;

static bool step_alloc(void *context) {
    world *w = context;
    const size_t kind = ch_test_random_below(CH_ARENAS_KINDS);
    const size_t size = 1 + ch_test_random_below(300);
    ch_arena *arena = ARENA(&set, kind);
    const bool fits = size <= ch_arena_remaining_for(arena, 8);
    uint8_t *block = ch_arena_alloc(arena, size, 8);
    if (block == NULL) {
        w->failures[kind]++;
        return !fits && ch_arena_used(arena) == w->used[kind];
    }
    memset(block, (int)kind, size);
    w->used[kind] = ch_arena_used(arena);
    w->peak[kind] = w->used[kind] > w->peak[kind] ? w->used[kind] : w->peak[kind];
    return fits;
}

static bool step_mark(void *context) {
    world *w = context;
    const size_t kind = ch_test_random_below(CH_ARENAS_KINDS);
    w->mark[kind] = ch_arena_mark(ARENA(&set, kind));
    w->marked[kind] = w->used[kind];
    w->has_mark[kind] = true;
    return true;
}

static bool step_release(void *context) {
    world *w = context;
    const size_t kind = ch_test_random_below(CH_ARENAS_KINDS);
    if (!w->has_mark[kind]) {
        return true;
    }
    w->used[kind] = w->marked[kind];
    w->has_mark[kind] = false;
    return ch_arena_release(ARENA(&set, kind), w->mark[kind]) == CH_OK;
}

static bool step_reset(void *context) {
    world *w = context;
    const size_t kind = ch_test_random_below(CH_ARENAS_KINDS);
    w->used[kind] = 0;
    w->has_mark[kind] = false;
    return RESET(&set, kind) == CH_OK;
}

static bool step_reset_all(void *context) {
    world *w = context;
    FOR_EACH(kind) {
        w->used[kind] = 0;
        w->has_mark[kind] = false;
    }
    return ch_arenas_reset_all(&set) == CH_OK;
}

static bool agrees(void *context) {
    const world *w = context;
    FOR_EACH(kind) {
        ch_arenas_figures figures;
        if (USAGE(&set, kind, &figures) != CH_OK || figures.used_bytes != w->used[kind] ||
            figures.peak_bytes != w->peak[kind] || figures.failures != w->failures[kind]) {
            return false;
        }
    }
    return ch_arenas_check(&set, NULL) == CH_OK;
}

TEST(arenas_agree_with_counters_over_random_steps) { /* M54 M77 */
    static const ch_model_operation operations[] = {{"alloc", 30, step_alloc},
                                                    {"mark", 4, step_mark},
                                                    {"release", 4, step_release},
                                                    {"reset", 1, step_reset},
                                                    {"reset_all", 1, step_reset_all}};
    const ch_arenas_sizes sizes = {9001, 4096, 1111, CH_ZERO_NONE, "model"};
    FOR_BOTH(twin) {
        world w = {0};
        start(&sizes, twin);
        CHECK(ch_model_run(&(ch_model){.operations = operations,
                                       .operation_count = 5,
                                       .check = agrees,
                                       .context = &w,
                                       .steps = RIG_SLOW || chi_checked() ? 100000 : 1000000,
                                       .check_interval = 8}));
        finish();
    }
}
