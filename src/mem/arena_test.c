/* arena_test.c: arenas of every kind: set-up, blocks, marks, zeroing, misuse, and a model. Growth is
 * in arena_chunk_test.c, queries and checks in arena_info_test.c. */
#include "arena_rig.h"

#include "harness.h"
#include "model.h"

#define FOR_EACH_KIND(kind) for (arena_kind kind = 0; kind < ARENA_KINDS; kind++)
#define COUNT(array)        (sizeof(array) / sizeof(array)[0])

static arena_rig rig;

static ch_arena *start(arena_kind kind, ch_arena_options options) {
    rig = (arena_rig){0};
    CHECK_EQUAL(rig_start(&rig, kind, &options), CH_OK);
    ch_on_misuse(&rig_hook);
    return &rig.arena;
}

static void finish(void) {
    unsigned broken = 0;
    CHECK_EQUAL(ch_arena_check(&rig.arena, &broken), CH_OK);
    CHECK_EQUAL(broken, 0);
    CHECK(rig_stop(&rig));
    CHECK_EQUAL(rig_seen.count, 0);
    ch_on_misuse(NULL);
}

/* ---- Set-up ---------------------------------------------------------------------------------- */

TEST(init_uses_its_memory_to_the_byte_and_no_more) {
    static const size_t sizes[] = {1, 2, 15, 16, 17, 63, 64, 255, 4096, 4097};
    static CH_ALIGNED(16) uint8_t bytes[4097 + 32];
    for (size_t i = 0; i < COUNT(sizes); i++) {
        const ch_arena_options options = {.limit_bytes = sizes[i], .no_redzone = true};
        ch_arena arena;
        memset(bytes, 0x5a, sizeof bytes);
        memset(&arena, 0x5a, sizeof arena);
        CHECK_EQUAL(ch_arena_footprint(&options), sizes[i]);
        CHECK_EQUAL(ch_arena_init(&arena, bytes + 16, sizes[i] - 1, &options), CH_EFULL);
        CHECK(rig_is_filled((const uint8_t *)&arena, sizeof arena, 0x5a));
        CHECK_EQUAL(ch_arena_init(&arena, bytes + 16, sizes[i], &options), CH_OK);
        uint8_t *block = ch_arena_alloc(&arena, sizes[i], 1);
        if (CHECK(block == bytes + 16)) {
            memset(block, 0xff, sizes[i]);
        }
        CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
        CHECK(rig_is_filled(bytes, 16, 0x5a));
        CHECK(rig_is_filled(bytes + 16, sizes[i], 0xff));
        CHECK(rig_is_filled(bytes + 16 + sizes[i], sizeof bytes - 16 - sizes[i], 0x5a));
    }
    CHECK_EQUAL(ch_arena_align(), 1);
}

TEST(init_takes_each_option_at_its_ends_and_nothing_beyond) {
    static uint8_t bytes[64];
    ch_arena arena;
    struct {
        ch_arena_options options;
        ch_status status;
    } rows[] = {
        {{.zeroing = CH_ZERO_NONE}, CH_OK},
        {{.zeroing = CH_ZERO_ON_ALLOC}, CH_OK},
        {{.zeroing = (ch_zeroing)3}, CH_EINVAL},
        {{.zeroing = (ch_zeroing)-1}, CH_EINVAL},
        {{.growth_percent = 99}, CH_EINVAL},
        {{.growth_percent = 100}, CH_OK},
        {{.growth_percent = 1000}, CH_OK},
        {{.growth_percent = 1001}, CH_EINVAL},
        {{.limit_bytes = 1}, CH_OK},
        {{.limit_bytes = 64}, CH_OK},
        {{.limit_bytes = 65}, CH_EFULL},
        {{.limit_bytes = SIZE_MAX}, CH_EFULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        ch_region region;
        memset(&arena, 0x5a, sizeof arena);
        CHECK_EQUAL(ch_arena_init(&arena, bytes, 64, &rows[i].options), rows[i].status);
        CHECK(rows[i].status == CH_OK ||
              rig_is_filled((const uint8_t *)&arena, sizeof arena, 0x5a));
        CHECK(rows[i].status != CH_OK || ch_arena_fini(&arena) == CH_OK);
        CHECK_EQUAL(ch_region_from(&region, bytes, 64), CH_OK);
        CHECK_EQUAL(ch_arena_init_region(&arena, &region, &rows[i].options), rows[i].status);
        CHECK(rows[i].status != CH_OK || ch_arena_fini(&arena) == CH_OK);
        if (rows[i].status == CH_EINVAL) {
            CHECK_EQUAL(ch_arena_footprint(&rows[i].options), 0);
        }
    }
    memset(&arena, 0x5a, sizeof arena);
    CHECK_EQUAL(ch_arena_init(NULL, bytes, 64, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init(&arena, NULL, 64, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init(&arena, bytes, SIZE_MAX, NULL), CH_ERANGE);
    CHECK_EQUAL(ch_arena_init_region(&arena, NULL, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_region(&arena, &(ch_region){0}, NULL), CH_ESTATE);
    CHECK_EQUAL(ch_arena_footprint(NULL), 0);
    CHECK(rig_is_filled((const uint8_t *)&arena, sizeof arena, 0x5a));
}

TEST(init_from_a_source_checks_source_and_sizes) {
    rig_source source = {0};
    const ch_allocator whole = rig_source_allocator(&source);
    const ch_allocator no_alloc = {.free = rig_free};
    const ch_allocator no_free = {.alloc = rig_alloc};
    const ch_arena_options tiny = {.first_bytes = 16};
    const ch_arena_options crossed = {.first_bytes = 4096, .chunk_max_bytes = 4095};
    const ch_arena_options unknown = {.zeroing = (ch_zeroing)3};
    ch_arena arena;
    memset(&arena, 0x5a, sizeof arena);
    CHECK_EQUAL(ch_arena_init_chunked(NULL, &whole, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_chunked(&arena, NULL, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_chunked(&arena, &no_alloc, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_chunked(&arena, &no_free, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_chunked(&arena, &whole, &tiny), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_chunked(&arena, &whole, &crossed), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_chunked(&arena, &whole, &unknown), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_twin(NULL, &whole, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_twin(&arena, NULL, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_twin(&arena, &no_alloc, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_twin(&arena, &no_free, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_twin(&arena, &whole, &unknown), CH_EINVAL);
    CHECK_EQUAL(source.calls, 0);
    source.refusing = true;
    CHECK_EQUAL(ch_arena_init_chunked(&arena, &whole, NULL), CH_EFULL);
    CHECK(rig_is_filled((const uint8_t *)&arena, sizeof arena, 0x5a));
}

TEST(arena_that_is_not_live_answers_estate) {
    ch_arena arena = {0};
    ch_arena_figures figures;
    void *out = NULL;
    ch_on_misuse(&rig_hook);
    for (unsigned round = 0; round < 2; round++) {
        CHECK(ch_arena_alloc(&arena, 1, 1) == NULL);
        CHECK(ch_arena_calloc(&arena, SIZE_MAX, 2, 1) == NULL);
        CHECK_EQUAL(ch_arena_alloc_try(&arena, &out, 1, 1), CH_ESTATE);
        CHECK_EQUAL(ch_arena_extend(&arena, &out, 0, 1), CH_ESTATE);
        CHECK_EQUAL(ch_arena_reset(&arena), CH_ESTATE);
        CHECK_EQUAL(ch_arena_trim(&arena, 0), CH_ESTATE);
        CHECK_EQUAL(ch_arena_stats(&arena, &figures), CH_ESTATE);
        CHECK_EQUAL(ch_arena_release_slow(&arena, &(ch_arena_point){0}), CH_ESTATE);
        CHECK_EQUAL(ch_arena_check(&arena, NULL), CH_ECORRUPT);
        CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
        CHECK_EQUAL(ch_arena_remaining_for(&arena, 1), 0);
        uint8_t byte;
        CHECK_EQUAL(ch_arena_init(&arena, &byte, 1, NULL), CH_OK);
        CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
    }
    CHECK_EQUAL(ch_arena_alloc_try(NULL, &out, 1, 1), CH_EINVAL);
    CHECK_EQUAL(ch_arena_extend(NULL, &out, 0, 1), CH_EINVAL);
    CHECK_EQUAL(ch_arena_reset(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_trim(NULL, 0), CH_EINVAL);
    CHECK_EQUAL(ch_arena_fini(NULL), CH_OK);
    CHECK_EQUAL(rig_seen.count, 0);
    ch_on_misuse(NULL);
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

static bool pair_is_right(ch_arena *arena, size_t size, size_t align) {
    const ch_arena_point mark = ch_arena_mark(arena);
    uint8_t *low = ch_arena_alloc(arena, size, align);
    uint8_t *high = ch_arena_alloc(arena, 1 + size % 7, align);
    bool right = low != NULL && high != NULL && (uintptr_t)low % align == 0 &&
                 (uintptr_t)high % align == 0;
    right = right && ((uintptr_t)low + size <= (uintptr_t)high ||
                      (uintptr_t)high + 1 + size % 7 <= (uintptr_t)low);
    if (right && size > 0) {
        low[0] = low[size - 1] = 0x11;
        high[0] = high[size % 7] = 0x22;
        right = low[0] == 0x11 && low[size - 1] == 0x11;
    }
    if (right && rig_is_linear(&rig)) {
        const uintptr_t base = (uintptr_t)(rig.kind == FIXED ? rig.memory : rig.region.base);
        right = (uintptr_t)low >= base && (uintptr_t)high + size % 7 < base + RIG_MEMORY;
    }
    return ch_arena_release(arena, mark) == CH_OK && right;
}

TEST(blocks_of_every_size_and_align_are_aligned_disjoint_and_inside) {
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        CHECK(ch_arena_alloc(arena, 3, 1) != NULL);
        for (size_t align = 1; align <= CH_ALIGN_MAX; align *= 2) {
            for (size_t size = 0; size <= 4097; size++) {
                if (!CHECK(pair_is_right(arena, size, align))) {
                    finish();
                    return;
                }
            }
        }
        finish();
    }
}

TEST(exact_fill_works_and_one_more_byte_changes_nothing) {
    FOR_EACH_KIND(kind) {
        if (kind == CHUNKED) {
            continue; /* arena_chunk_test.c */
        }
        for (size_t align = 1; align <= CH_ALIGN_MAX; align *= 4) {
            ch_arena *arena = start(kind, (ch_arena_options){.limit_bytes = 20000});
            CHECK(ch_arena_alloc(arena, 3, 1) != NULL);
            const size_t most = ch_arena_remaining_for(arena, align);
            const ch_arena_point before = ch_arena_mark(arena);
            CHECK(ch_arena_alloc(arena, most + 1, align) == NULL);
            CHECK_BYTES(&before, &(ch_arena_point[]){ch_arena_mark(arena)}, sizeof before);
            CHECK(ch_arena_alloc(arena, most, align) != NULL);
            CHECK_EQUAL(ch_arena_remaining(arena), 0);
            CHECK_EQUAL(ch_arena_remaining_for(arena, 1), 0);
            CHECK(ch_arena_alloc(arena, 1, 1) == NULL);
            CHECK_EQUAL(ch_arena_used(arena), 20000);
            CHECK_EQUAL(arena->failures_full, 2);
            finish();
        }
    }
}

TEST(arena_without_capacity_gives_no_byte) {
    uint8_t byte;
    ch_arena arena;
    CHECK_EQUAL(ch_arena_init(&arena, &byte, 0, NULL), CH_OK);
    CHECK(ch_arena_alloc(&arena, 1, 1) == NULL);
    CHECK(ch_arena_alloc(&arena, SIZE_MAX, 1) == NULL);
    CHECK(ch_arena_utilization(&arena) <= 0.0);
    CHECK_EQUAL(ch_arena_capacity(&arena), 0);
    CHECK_EQUAL(ch_arena_check(&arena, NULL), CH_OK);
    CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
}

TEST(extreme_arguments_fail_and_move_nothing) {
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        CHECK(ch_arena_alloc(arena, 5, 1) != NULL);
        const ch_arena_point before = ch_arena_mark(arena);
        uint64_t full = 0;
        for (size_t align = 1; align <= CH_ALIGN_MAX; align *= 2) {
            const size_t sizes[] = {SIZE_MAX, SIZE_MAX - align + 1, SIZE_MAX - align,
                                    SIZE_MAX - 2 * align, SIZE_MAX / 2, SIZE_MAX / 2 + 1};
            for (size_t i = 0; i < COUNT(sizes); i++) {
                void *out = &rig;
                CHECK(ch_arena_alloc(arena, sizes[i], align) == NULL);
                CHECK(ch_arena_calloc(arena, sizes[i], 1, align) == NULL);
                CHECK_EQUAL(ch_arena_alloc_try(arena, &out, sizes[i], align), CH_EFULL);
                CHECK(out == (void *)&rig);
                full += 3;
            }
        }
        CHECK_EQUAL(arena->failures_full, full);
        CHECK(ch_arena_calloc(arena, SIZE_MAX, 2, 1) == NULL);
        CHECK(ch_arena_calloc(arena, SIZE_MAX / 2 + 1, 2, 1) == NULL);
        CHECK(CH_ARENA_ARRAY(arena, uint64_t, SIZE_MAX / 4) == NULL);
        CHECK_EQUAL(arena->failures_invalid, 3);
        CHECK_EQUAL(arena->failures_full, full);
        CHECK_BYTES(&before, &(ch_arena_point[]){ch_arena_mark(arena)}, sizeof before);
        finish();
    }
}

TEST(bad_align_is_misuse_counted_as_invalid) {
    static const size_t aligns[] = {0, 3, 12, 4095, 4097, 8192, SIZE_MAX, SIZE_MAX / 2 + 1};
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        for (size_t i = 0; i < COUNT(aligns); i++) {
            void *out = &rig;
            CHECK(ch_arena_alloc(arena, 1, aligns[i]) == NULL);
            CHECK(rig_misused(arena, CH_EALIGN));
            CHECK_EQUAL(ch_arena_alloc_try(arena, &out, 0, aligns[i]), CH_EALIGN);
            CHECK(rig_misused(arena, CH_EALIGN));
            CHECK(out == (void *)&rig);
            CHECK_EQUAL(ch_arena_remaining_for(arena, aligns[i]), 0);
        }
        CHECK_EQUAL(arena->failures_invalid, 2 * COUNT(aligns));
        CHECK_EQUAL(ch_arena_used(arena), 0);
        finish();
    }
}

TEST(size_0_gives_an_aligned_pointer_and_moves_nothing) {
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        CHECK(ch_arena_alloc(arena, 5, 1) != NULL);
        const size_t used = ch_arena_used(arena);
        for (size_t align = 1; align <= CH_ALIGN_MAX; align *= 2) {
            const void *block = ch_arena_alloc(arena, 0, align);
            CHECK(block != NULL && (uintptr_t)block % align == 0);
            CHECK(ch_arena_calloc(arena, 0, SIZE_MAX, align) != NULL);
            CHECK_EQUAL(ch_arena_used(arena), used);
        }
        finish();
    }
}

TEST(calloc_and_the_typed_forms_clear_and_align) {
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        CHECK(ch_arena_alloc(arena, 1, 1) != NULL);
        for (size_t count = 1; count < 300; count++) {
            const uint8_t *block = ch_arena_calloc(arena, count, 3, 64);
            CHECK(block != NULL && (uintptr_t)block % 64 == 0 && rig_is_filled(block, 3 * count, 0));
            CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
        }
        const uint64_t *one = CH_ARENA_NEW(arena, uint64_t);
        const uint64_t *many = CH_ARENA_ARRAY(arena, uint64_t, 10);
        CHECK(one != NULL && (uintptr_t)one % CH_ALIGNOF(uint64_t) == 0);
        CHECK(many != NULL && (uintptr_t)many % CH_ALIGNOF(uint64_t) == 0);
        finish();
    }
}
