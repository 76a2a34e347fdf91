/* stack_info_test.c: queries, figures, JSON and the self-check of stacks and their twins. */
#include "stack_rig.h"

#include <stdio.h>

#include "mem/checked.h"

#include "harness.h"

#define FOR_EACH_KIND(kind) for (stack_kind kind = 0; kind < STACK_KINDS; kind++)

static stack_rig rig;

static ch_stack *start(stack_kind kind, ch_stack_options options) {
    rig = (stack_rig){0};
    CHECK_EQUAL(rig_start(&rig, kind, &options), CH_OK);
    return &rig.stack;
}

static void finish(void) {
    CHECK_EQUAL(ch_stack_check(&rig.stack, NULL), CH_OK);
    CHECK(rig_stop(&rig));
}

TEST(queries_follow_use_and_keep_failures_over_reset) { /* M27 */
    FOR_EACH_KIND(kind) {
        ch_stack *stack = start(kind, (ch_stack_options){.size_bytes = 4096, .watermarks_max = 3});
        const size_t lead = kind == OWN ? CH_STACK_LINK_BYTES : 0;
        CHECK_EQUAL(ch_stack_capacity(stack), 4096);
        CHECK_EQUAL(ch_stack_available(stack), 4096);
        CHECK(ch_stack_alloc(stack, 100, 1) != NULL);
        CHECK_EQUAL(ch_stack_mark(stack), CH_OK);
        CHECK(ch_stack_alloc(stack, 4096, 1) == NULL);
        CHECK_EQUAL(ch_stack_used(stack), 100 + lead);
        CHECK_EQUAL(ch_stack_reset(stack), CH_OK);
        ch_stack_figures figures;
        CHECK_EQUAL(ch_stack_stats(stack, &figures), CH_OK);
        CHECK_EQUAL(figures.used_bytes, 0);
        CHECK_EQUAL(figures.capacity_bytes, 4096);
        CHECK_EQUAL(figures.available_bytes, 4096);
        CHECK_EQUAL(figures.peak_bytes, 100 + lead);
        CHECK_EQUAL(figures.watermarks, 0);
        CHECK_EQUAL(figures.watermarks_max, 3);
        CHECK_EQUAL(figures.allocations, 1);
        CHECK_EQUAL(figures.total_bytes, 100);
        CHECK_EQUAL(figures.failures_full, 1);
        CHECK_EQUAL(figures.failures_invalid, 0);
        CHECK_EQUAL(figures.source_calls, rig.source.calls);
        CHECK_EQUAL(rig.source.calls, kind == TWIN ? 2 : 0);
        CHECK_EQUAL(ch_stack_stats(NULL, &figures), CH_EINVAL);
        CHECK_EQUAL(ch_stack_stats(stack, NULL), CH_EINVAL);
        finish();
    }
}

/* Blocks are given and never touched but for their links. */
TEST(counts_outlive_every_window_of_the_inline_paths) { /* M27 M59 */
    enum { BLOCK = 1 << 20, ROUNDS = 6000 };
    const size_t room = (size_t)BLOCK * 1500;
    const ch_region_options wish = {.size_bytes = room};
    ch_region region;
    ch_stack stack;
    ch_stack_figures figures;
    if (chi_checked() || sizeof(size_t) < 8) {
        ch_test_skip("needs an inline path and address space");
        return;
    }
    CHECK_EQUAL(ch_region_reserve(&region, &wish), CH_OK);
    CHECK_EQUAL(ch_region_commit(&region, 0, room), CH_OK);
    CHECK_EQUAL(ch_stack_init(&stack, region.base, room, &(ch_stack_options){.watermarks_max = 1}),
                CH_OK);
    uint64_t blocks = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        CHECK_EQUAL(round % 2 == 0 ? ch_stack_mark(&stack) : CH_OK, CH_OK);
        void *block = ch_stack_alloc(&stack, BLOCK, 8);
        CHECK_EQUAL(round % 2 == 0 ? ch_stack_release(&stack) : ch_stack_free(&stack, block, BLOCK),
                    CH_OK);
        CHECK_EQUAL(ch_stack_allocations(&stack), ++blocks);
    }
    while (ch_stack_alloc(&stack, BLOCK, 1) != NULL) {
        blocks++;
    }
    CHECK_EQUAL(blocks, ROUNDS + 1499);
    CHECK_EQUAL(ch_stack_stats(&stack, &figures), CH_OK);
    CHECK_EQUAL(figures.allocations, blocks);
    CHECK_EQUAL(figures.total_bytes, blocks * BLOCK);
    CHECK_EQUAL(ch_stack_check(&stack, NULL), CH_OK);
    CHECK_EQUAL(ch_stack_fini(&stack), CH_OK);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}

TEST(tracker_hears_of_every_block_and_unbinding_gives_the_inline_path_back) { /* M71 M75 */
    static CH_ALIGNED(64) uint8_t tables[1 << 20];
    FOR_EACH_KIND(kind) {
        ch_stack *stack = start(kind, (ch_stack_options){.size_bytes = 4096, .watermarks_max = 3});
        const uint8_t *inline_end = stack->fast_end;
        ch_tracker tracker;
        ch_tracker_figures seen;
        CHECK_EQUAL(ch_tracker_init(&tracker, tables, sizeof tables, NULL), CH_OK);
        CHECK_EQUAL(ch_stack_track(NULL, &tracker), CH_EINVAL);
        CHECK_EQUAL(ch_stack_track(&(ch_stack){0}, &tracker), CH_ESTATE);
        CHECK_EQUAL(ch_stack_track(stack, &tracker), CH_OK);
        CHECK(stack->fast_end == NULL && stack->fast_marks == 0);
        void *low = ch_stack_alloc(stack, 100, 8);
        void *top = NULL;
        CHECK_EQUAL(ch_stack_alloc_try(stack, &top, 50, 8), CH_OK);
        CHECK(ch_stack_alloc(stack, 5000, 8) == NULL);
        CHECK_EQUAL(ch_stack_free(stack, top, 50), CH_OK);
        CHECK_EQUAL(ch_tracker_stats(&tracker, &seen), CH_OK);
        CHECK_EQUAL(seen.stack_allocations, 2);
        CHECK_EQUAL(seen.total_stack_bytes, 150);
        CHECK_EQUAL(seen.kinds[CH_TRACK_STACK].exhausted, 1);
        CHECK_EQUAL(seen.kinds[CH_TRACK_STACK].releases, 1);
        CHECK(seen.kinds[CH_TRACK_STACK].current_known);
        CHECK_EQUAL(seen.kinds[CH_TRACK_STACK].current_bytes, 100);
        CHECK_EQUAL(seen.unmatched, 0);
        CHECK_EQUAL(seen.sites, 2); /* two lines of this test */
        CHECK_EQUAL(ch_stack_mark(stack), CH_OK);
        const ch_allocator over = ch_stack_allocator(stack);
        CHECK(over.alloc(over.user, 30, 8) != NULL);
        CHECK_EQUAL(ch_stack_release(stack), CH_OK);
        CHECK_EQUAL(ch_stack_reset(stack), CH_OK);
        CHECK_EQUAL(ch_tracker_stats(&tracker, &seen), CH_OK);
        CHECK_EQUAL(seen.stack_allocations, 3);
        CHECK_EQUAL(seen.kinds[CH_TRACK_STACK].releases, 3);
        CHECK(!seen.kinds[CH_TRACK_STACK].current_known);
        CHECK_EQUAL(ch_stack_check(stack, NULL), CH_OK);
        CHECK_EQUAL(ch_stack_track(stack, NULL), CH_OK);
        CHECK(stack->fast_end == inline_end && low != NULL);
        CHECK(ch_stack_alloc(stack, 10, 8) != NULL);
        CHECK_EQUAL(ch_tracker_stats(&tracker, &seen), CH_OK);
        CHECK_EQUAL(seen.stack_allocations, 3);
        CHECK_EQUAL(ch_stack_allocations(stack), 4);
        CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
        finish();
    }
}

TEST(refused_block_of_a_twin_is_full_and_changes_nothing) { /* M26 M76 */
    ch_stack *stack = start(TWIN, (ch_stack_options){0});
    CHECK(ch_stack_alloc(stack, 10, 1) != NULL);
    rig.source.refusing = true;
    CHECK(ch_stack_alloc(stack, 10, 1) == NULL);
    CHECK_EQUAL(ch_stack_used(stack), 10);
    CHECK_EQUAL(stack->failures_full, 1);
    finish();
}

TEST(json_has_fixed_keys_and_is_cut_at_every_length) { /* M9 M27 */
    ch_stack *stack = start(OWN, (ch_stack_options){.name = "s", .size_bytes = 1000});
    CHECK_EQUAL(ch_stack_mark(stack), CH_OK);
    char want[512];
    char got[512];
    const int length = snprintf(want, sizeof want,
                                "{\"object\":\"stack\",\"name\":\"s\",\"used_bytes\":0,"
                                "\"capacity_bytes\":1000,\"available_bytes\":1000,"
                                "\"peak_bytes\":0,\"watermarks\":1,\"watermarks_max\":1024,"
                                "\"allocations\":0,\"total_bytes\":0,"
                                "\"failures_full\":0,\"failures_invalid\":0,\"source_calls\":0,"
                                "\"utilization\":0.000000}");
    CHECK_EQUAL(ch_stack_stats_json(stack, NULL, 0), length);
    for (size_t size = 1; size <= (size_t)length + 2; size++) {
        memset(got, 0x5a, sizeof got);
        CHECK_EQUAL(ch_stack_stats_json(stack, got, size), length);
        const size_t written = size <= (size_t)length ? size - 1 : (size_t)length;
        CHECK_BYTES(got, want, written);
        CHECK_EQUAL(got[written], 0);
        CHECK_EQUAL(got[size], 0x5a);
    }
    finish();
    CHECK_EQUAL(ch_stack_stats_json(&rig.stack, got, sizeof got), 4);
    CHECK_TEXT(got, "null");
}

/* Every bit of [memory, memory+size), flipped, must be seen as a break of lowest to highest. */
static void flip(const ch_stack *stack, void *memory, size_t size, unsigned lowest,
                 unsigned highest) {
    for (size_t i = 0; i < 8 * size; i++) {
        uint8_t *byte = (uint8_t *)memory + i / 8;
        unsigned broken = 0;
        *byte = (uint8_t)(*byte ^ 1u << i % 8);
        CHECK_EQUAL(ch_stack_check(stack, &broken), CH_ECORRUPT);
        CHECK(broken >= lowest && broken <= highest);
        *byte = (uint8_t)(*byte ^ 1u << i % 8);
    }
}

/* Where the bytes of a word begin that are not its two lowest. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
enum { HIGH_AT = 0 };
#else
enum { HIGH_AT = 2 };
#endif

#define FLIP(field, lowest, highest)                                                               \
    flip(stack, &stack->field, sizeof stack->field, (lowest), (highest))

TEST(check_sees_every_flipped_bit_of_the_structure) { /* M7 */
    FOR_EACH_KIND(kind) {
        ch_stack *stack = start(kind, (ch_stack_options){.watermarks_max = 100});
        memset(rig.memory, 0, 1600); /* watermarks not set yet are no places */
        CHECK(ch_stack_alloc(stack, 100, 8) != NULL);
        CHECK_EQUAL(ch_stack_mark(stack), CH_OK);
        CHECK(ch_stack_alloc(stack, 100, 8) != NULL);
        FLIP(config, 1, 1);
        FLIP(seal, 1, 1);
        FLIP(magic, 1, 1);
        FLIP(fast_end, 3, 3);
        FLIP(fast_floor, 3, 3);
        FLIP(fast_marks, 3, 3);
        FLIP(tracker, 3, 3);
        if (kind == OWN && !chi_checked()) { /* else there is no inline path to disagree with */
            FLIP(tracked, 3, 3);
        }
        FLIP(owner, 3, 3);
        FLIP(floor, 3, 5);
        FLIP(used_bytes, 2, 4);
        FLIP(block_count, 2, 4);
        if (kind == OWN) {
            FLIP(top, 4, 4);
            FLIP(mark_count, 5, 5);
            flip(stack, rig.memory, sizeof(uint8_t *), 5, 5);
        }
        finish();
    }
}

TEST(check_sees_a_broken_chain_and_a_cursor_outside) { /* M7 */
    if (chi_checked()) {
        ch_test_skip("links are closed in checked builds");
        return;
    }
    ch_stack *stack = start(OWN, (ch_stack_options){0});
    uint8_t *low = ch_stack_alloc(stack, 100, 8);
    uint8_t *top = ch_stack_alloc(stack, 100, 8);
    CHECK(low != NULL && top != NULL);
    enum { WORD = sizeof(uint8_t *), LINK = CH_STACK_LINK_BYTES };
    flip(stack, low - LINK, 2 * WORD, 4, 4);           /* the lowest link: both words are known */
    flip(stack, top - LINK + WORD, WORD, 4, 4);        /* the block below */
    flip(stack, top - LINK + HIGH_AT, WORD - 2, 4, 4); /* the cursor before, but low bytes */
    unsigned broken = 0;
    uint8_t *const cursor = stack->cursor;
    stack->cursor = (uint8_t *)((uintptr_t)stack->config.end + 1);
    CHECK_EQUAL(ch_stack_check(stack, &broken), CH_ECORRUPT);
    CHECK_EQUAL(broken, 2);
    stack->cursor = (uint8_t *)((uintptr_t)stack->config.base - 1);
    CHECK_EQUAL(ch_stack_check(stack, &broken), CH_ECORRUPT);
    CHECK_EQUAL(broken, 2);
    stack->cursor = cursor;
    finish();
}

TEST(copy_of_a_stack_is_not_live) { /* M2 M7 */
    ch_stack *stack = start(OWN, (ch_stack_options){0});
    const ch_stack copy = *stack;
    CHECK_EQUAL(ch_stack_check(&copy, NULL), CH_ECORRUPT);
    CHECK_EQUAL(ch_stack_check(NULL, NULL), CH_ECORRUPT);
    finish();
}
