/* arena_info_test.c: queries, figures, JSON and the self-check of arenas. */
#include "arena_rig.h"

#include <stdio.h>

#include "harness.h"
#include "mem/checked.h"

#define FOR_EACH_KIND(kind) for (arena_kind kind = 0; kind < ARENA_KINDS; kind++)

static arena_rig rig;

static ch_arena *start(arena_kind kind, ch_arena_options options) {
    rig = (arena_rig){0};
    CHECK_EQUAL(rig_start(&rig, kind, &options), CH_OK);
    return &rig.arena;
}

static void finish(void) {
    CHECK_EQUAL(ch_arena_check(&rig.arena, NULL), CH_OK);
    CHECK(rig_stop(&rig));
}

TEST(remaining_for_is_exactly_what_the_next_block_gets) { /* M22 */
    FOR_EACH_KIND(kind) {
        for (size_t align = 1; align <= CH_ALIGN_MAX; align *= 2) {
            ch_arena *arena = start(kind, (ch_arena_options){.limit_bytes = 30000 + align});
            CHECK(ch_arena_alloc(arena, 1 + align % 7, 1) != NULL);
            const size_t most = ch_arena_remaining_for(arena, align);
            const uint64_t calls = rig.source.calls;
            CHECK(most > 20000);
            CHECK(ch_arena_alloc(arena, most, align) != NULL);
            CHECK(kind == TWIN || rig.source.calls == calls);
            CHECK_EQUAL(ch_arena_remaining_for(arena, align), 0);
            finish();
        }
    }
}

TEST(queries_follow_use_and_keep_failures_over_reset) { /* M22 */
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){.limit_bytes = 4096});
        const size_t lead = kind == TWIN ? 0 : ch_arena_redzone_bytes();
        CHECK_EQUAL(ch_arena_used(arena), 0);
        CHECK_EQUAL(ch_arena_peak(arena), 0);
        CHECK_EQUAL(ch_arena_capacity(arena), 4096);
        const void *block = ch_arena_alloc(arena, 1024, 16);
        const size_t used = ch_arena_used(arena);
        CHECK(block != NULL && used >= 1024 + lead && used < 1024 + lead + 16);
        CHECK_EQUAL(ch_arena_remaining(arena), 4096 - used);
        const double part = (double)used / 4096;
        CHECK(ch_arena_utilization(arena) >= part && ch_arena_utilization(arena) <= part);
        CHECK(ch_arena_alloc(arena, 5000, 1) == NULL);
        CHECK(ch_arena_calloc(arena, SIZE_MAX, 2, 1) == NULL);
        CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
        CHECK_EQUAL(ch_arena_used(arena), 0);
        CHECK_EQUAL(ch_arena_peak(arena), used);
        ch_arena_peak_reset(arena);
        CHECK_EQUAL(ch_arena_peak(arena), 0);
        ch_arena_figures figures;
        CHECK_EQUAL(ch_arena_stats(arena, &figures), CH_OK);
        CHECK_EQUAL(figures.failures_full, 1);
        CHECK_EQUAL(figures.failures_invalid, 1);
        CHECK_EQUAL(figures.padding_bytes, used - 1024);
        CHECK_EQUAL(figures.allocations, 1);
        CHECK_EQUAL(figures.total_bytes, 1024);
        CHECK_EQUAL(figures.chunks, kind == TWIN ? 0 : 1);
        CHECK_EQUAL(figures.source_calls, kind == FIXED ? 0 : kind == TWIN ? 2 : 1);
        CHECK_EQUAL(ch_arena_stats(NULL, &figures), CH_EINVAL);
        CHECK_EQUAL(ch_arena_stats(arena, NULL), CH_EINVAL);
        finish();
    }
}

/* Blocks are given and never touched, so gigabytes of them cost address space only. */
TEST(counts_outlive_every_window_of_the_inline_paths) { /* M22 M59 */
    enum { BLOCK = 1 << 20, ROUNDS = 6000 };
    const size_t room = (size_t)BLOCK * 1500 + 7; /* more than one window of 1 GiB */
    const ch_region_options wish = {.size_bytes = room};
    ch_region region;
    ch_arena arena;
    ch_arena_figures figures;
    if (chi_checked() || sizeof(size_t) < 8) {
        ch_test_skip("needs an inline path and address space");
        return;
    }
    CHECK_EQUAL(ch_region_reserve(&region, &wish), CH_OK);
    CHECK_EQUAL(ch_arena_init(&arena, region.base, room, NULL), CH_OK);
    uint64_t blocks = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        const ch_arena_point mark = ch_arena_mark(&arena);
        CHECK(ch_arena_alloc(&arena, 1 + round % 2, 1) != NULL);
        CHECK(ch_arena_alloc(&arena, BLOCK - 16, 8) != NULL);
        CHECK_EQUAL(ch_arena_release(&arena, mark), CH_OK);
        blocks += 2;
        CHECK_EQUAL(ch_arena_allocations(&arena), blocks);
    }
    CHECK_EQUAL(ch_arena_stats(&arena, &figures), CH_OK);
    CHECK_EQUAL(figures.total_bytes, (uint64_t)ROUNDS * (BLOCK - 16) + ROUNDS * 3 / 2);
    CHECK_EQUAL(figures.padding_bytes, ROUNDS * 13 / 2);
    while (ch_arena_alloc(&arena, BLOCK, 1) != NULL) {
        blocks++;
    }
    CHECK_EQUAL(ch_arena_used(&arena), (size_t)BLOCK * 1500);
    CHECK_EQUAL(ch_arena_allocations(&arena), blocks);
    CHECK_EQUAL(blocks, 2 * ROUNDS + 1500);
    CHECK_EQUAL(ch_arena_reset(&arena), CH_OK);
    CHECK_EQUAL(ch_arena_allocations(&arena), blocks);
    CHECK_EQUAL(ch_arena_check(&arena, NULL), CH_OK);
    CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}

TEST(peak_of_chunks_counts_all_of_them) { /* M22 */
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){.first_bytes = 1024});
        const ch_arena_point mark = ch_arena_mark(arena);
        size_t top = 0;
        for (size_t round = 0; round < 10; round++) {
            for (size_t i = 0; i < (round ^ 3); i++) {
                CHECK(ch_arena_alloc(arena, 777, 8) != NULL);
            }
            top = ch_arena_used(arena) > top ? ch_arena_used(arena) : top;
            CHECK_EQUAL(ch_arena_peak(arena), top);
            CHECK_EQUAL(ch_arena_release(arena, mark), CH_OK);
            CHECK_EQUAL(ch_arena_peak(arena), top);
        }
        finish();
    }
}

TEST(json_has_fixed_keys_and_is_cut_at_every_length) { /* M9 M22 */
    ch_arena *arena = start(FIXED, (ch_arena_options){.name = "a\"b\n", .limit_bytes = 1000});
    CHECK(ch_arena_alloc(arena, 1001, 1) == NULL);
    char want[512];
    char got[512];
    const int length = snprintf(want, sizeof want,
                                "{\"object\":\"arena\",\"name\":\"a\\\"b\\u000a\",\"used_bytes\":0,"
                                "\"capacity_bytes\":1000,\"remaining_bytes\":1000,"
                                "\"peak_bytes\":0,\"padding_bytes\":0,\"allocations\":0,"
                                "\"total_bytes\":0,\"failures_full\":1,"
                                "\"failures_invalid\":0,\"chunks\":1,\"source_calls\":0,"
                                "\"utilization\":0.000000}");
    CHECK_EQUAL(ch_arena_stats_json(arena, NULL, 0), length);
    for (size_t size = 1; size <= (size_t)length + 2; size++) {
        memset(got, 0x5a, sizeof got);
        CHECK_EQUAL(ch_arena_stats_json(arena, got, size), length);
        const size_t written = size <= (size_t)length ? size - 1 : (size_t)length;
        CHECK_BYTES(got, want, written);
        CHECK_EQUAL(got[written], 0);
        CHECK_EQUAL(got[size], 0x5a);
    }
    finish();
    CHECK_EQUAL(ch_arena_stats_json(&rig.arena, got, sizeof got), 4);
    CHECK_TEXT(got, "null");
}

TEST(name_is_cut_at_31_bytes) { /* M9 */
    char text[512];
    ch_arena *arena = start(FIXED, (ch_arena_options){.name = "0123456789012345678901234567890X"});
    (void)ch_arena_stats_json(arena, text, sizeof text);
    CHECK(strstr(text, "\"name\":\"0123456789012345678901234567890\",") != NULL);
    finish();
}

/* Every byte of [offset, offset+size) of the arena, flipped, must be seen as one of `broken`. */
static void flip(ch_arena *arena, size_t offset, size_t size, unsigned lowest, unsigned highest) {
    for (size_t i = 0; i < size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            uint8_t *byte = (uint8_t *)arena + offset + i;
            unsigned broken = 0;
            *byte = (uint8_t)(*byte ^ 1u << bit);
            CHECK_EQUAL(ch_arena_check(arena, &broken), CH_ECORRUPT);
            CHECK(broken >= lowest && broken <= highest);
            *byte = (uint8_t)(*byte ^ 1u << bit);
        }
    }
}

#define FLIP(arena, field, lowest, highest)                                                        \
    flip((arena), offsetof(ch_arena, field), sizeof(arena)->field, (lowest), (highest))

TEST(check_sees_every_flipped_bit_of_the_structure) { /* M7 */
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){.first_bytes = 1024});
        CHECK(ch_arena_alloc(arena, 700, 8) != NULL && ch_arena_alloc(arena, 700, 8) != NULL);
        FLIP(arena, config, 1, 1);
        FLIP(arena, seal, 1, 1);
        FLIP(arena, magic, 1, 1);
        FLIP(arena, fast_end, 3, 3);
        FLIP(arena, fast_place, 3, 3);
        FLIP(arena, place, 3, 4);
        FLIP(arena, tracker, 3, 3);
        if (kind != TWIN && !chi_checked()) { /* else there is no inline path to disagree with */
            FLIP(arena, tracked, 3, 3);
        }
        FLIP(arena, life, 3, 4);
        FLIP(arena, resets, 4, 4);
        FLIP(arena, owner, 4, 4);
        FLIP(arena, end, 2, 5);
        FLIP(arena, chunk_base, 2, 6);
        FLIP(arena, chunk_index, 4, 6);
        FLIP(arena, before_bytes, 5, 6);
        FLIP(arena, acquired_bytes, 5, 6);
        FLIP(arena, committed_bytes, 5, 5);
        FLIP(arena, chunk_count, 6, 6);
        finish();
    }
}

TEST(check_sees_a_cursor_or_peak_outside_its_chunk) { /* M7 */
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        CHECK(ch_arena_alloc(arena, 700, 8) != NULL);
        const ch_arena good = *arena;
        unsigned broken = 0;
        arena->cursor = (uint8_t *)((uintptr_t)arena->chunk_base - 1);
        CHECK_EQUAL(ch_arena_check(arena, &broken), CH_ECORRUPT);
        CHECK_EQUAL(broken, 2);
        arena->cursor = (uint8_t *)((uintptr_t)arena->end + 1);
        CHECK_EQUAL(ch_arena_check(arena, &broken), CH_ECORRUPT);
        CHECK_EQUAL(broken, 2);
        arena->cursor = good.cursor;
        arena->peak_cursor = (uint8_t *)((uintptr_t)arena->end + 1);
        CHECK_EQUAL(ch_arena_check(arena, &broken), CH_ECORRUPT);
        CHECK_EQUAL(broken, 7);
        arena->peak_cursor = good.peak_cursor;
        finish();
    }
}

TEST(copy_of_an_arena_is_not_live) { /* M2 M7 */
    ch_arena *arena = start(FIXED, (ch_arena_options){0});
    const ch_arena copy = *arena;
    CHECK_EQUAL(ch_arena_check(&copy, NULL), CH_ECORRUPT);
    CHECK_EQUAL(ch_arena_check(NULL, NULL), CH_ECORRUPT);
    finish();
}

TEST(equal_calls_give_equal_offsets) { /* M11 */
    static uint16_t offsets[2][2000];
    for (unsigned run = 0; run < 2; run++) {
        uint32_t state = 1;
        ch_arena *arena = start(FIXED, (ch_arena_options){0});
        for (size_t i = 0; i < 2000; i++) {
            state = state * 1664525u + 1013904223u;
            const size_t align = (size_t)1 << (state >> 29);
            const uint8_t *block = ch_arena_alloc(arena, state >> 16 & 255u, align);
            offsets[run][i] = block != NULL ? (uint16_t)(block - rig.memory) : 0;
            if (block == NULL) {
                CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
            }
        }
        finish();
    }
    CHECK_BYTES(offsets[0], offsets[1], sizeof offsets[0]);
}
