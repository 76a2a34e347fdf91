/* arena_test.c: blocks and marks of arenas of every kind: sizes, misuse, zeroing, a model, and what
 * a memory checker must see. */
#include "arena_rig.h"

#include "mem/checked.h"

#include "crime_rig.h"
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

/* ---- Blocks ---------------------------------------------------------------------------------- */

static bool pair_is_right(ch_arena *arena, size_t size, size_t align) {
    const ch_arena_point mark = ch_arena_mark(arena);
    uint8_t *low = ch_arena_alloc(arena, size, align);
    uint8_t *high = ch_arena_alloc(arena, 1 + size % 7, align);
    bool right =
        low != NULL && high != NULL && (uintptr_t)low % align == 0 && (uintptr_t)high % align == 0;
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

TEST(blocks_of_every_size_and_align_are_aligned_disjoint_and_inside) { /* M17 */
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

TEST(blocks_of_64_lie_on_lines_and_a_hundred_a_round_end_where_they_began) { /* M17 */
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        size_t used = 0;
        for (unsigned round = 0; round < 100; round++) {
            for (unsigned i = 0; i < 100; i++) {
                const uint8_t *line = ch_arena_alloc(arena, 64, 64);
                const uint8_t *rest = ch_arena_alloc(arena, 1 + i % 64, 1);
                CHECK(line != NULL && rest != NULL && (uintptr_t)line % 64 == 0);
            }
            CHECK(round == 0 || ch_arena_used(arena) == used);
            used = ch_arena_used(arena);
            CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
            CHECK_EQUAL(ch_arena_used(arena), 0);
        }
        CHECK_EQUAL(ch_arena_allocations(arena), 20000);
        finish();
    }
}

TEST(exact_fill_works_and_one_more_byte_changes_nothing) { /* M17 */
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

TEST(arena_without_capacity_gives_no_byte) { /* M17 */
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

TEST(extreme_arguments_fail_and_move_nothing) { /* M5 M17 */
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        CHECK(ch_arena_alloc(arena, 5, 1) != NULL);
        const ch_arena_point before = ch_arena_mark(arena);
        uint64_t full = 0;
        for (size_t align = 1; align <= CH_ALIGN_MAX; align *= 2) {
            const size_t sizes[] = {SIZE_MAX,         SIZE_MAX - align + 1,
                                    SIZE_MAX - align, SIZE_MAX - 2 * align,
                                    SIZE_MAX / 2,     SIZE_MAX / 2 + 1};
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

TEST(bad_align_is_misuse_counted_as_invalid) { /* M4 M17 */
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

TEST(size_0_gives_an_aligned_pointer_and_moves_nothing) { /* M17 */
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

TEST(calloc_and_the_typed_forms_clear_and_align) { /* M17 */
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        CHECK(ch_arena_alloc(arena, 1, 1) != NULL);
        for (size_t count = 1; count < 300; count++) {
            const uint8_t *block = ch_arena_calloc(arena, count, 3, 64);
            CHECK(block != NULL && (uintptr_t)block % 64 == 0 &&
                  rig_is_filled(block, 3 * count, 0));
            CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
        }
        const uint64_t *one = CH_ARENA_NEW(arena, uint64_t);
        const uint64_t *many = CH_ARENA_ARRAY(arena, uint64_t, 10);
        CHECK(one != NULL && (uintptr_t)one % CH_ALIGNOF(uint64_t) == 0);
        CHECK(many != NULL && (uintptr_t)many % CH_ALIGNOF(uint64_t) == 0);
        finish();
    }
}

TEST(last_block_grows_and_shrinks_in_place) { /* M17 */
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){.limit_bytes = 4096});
        uint8_t *first = ch_arena_alloc(arena, 16, 16);
        uint8_t *last = ch_arena_alloc(arena, 16, 16);
        memset(last, 7, 16);
        const size_t used = ch_arena_used(arena);
        CHECK_EQUAL(ch_arena_extend(arena, first, 16, 17), CH_EORDER);
        CHECK_EQUAL(ch_arena_extend(arena, last, 15, 17), CH_EORDER);
        CHECK_EQUAL(ch_arena_extend(arena, last, 17, 16), CH_EORDER);
        CHECK_EQUAL(ch_arena_extend(arena, NULL, 0, 1), CH_EORDER);
        CHECK_EQUAL(ch_arena_extend(arena, last, 16, SIZE_MAX), CH_EFULL);
        CHECK_EQUAL(ch_arena_extend(arena, last, 16, 4097), CH_EFULL);
        CHECK_EQUAL(ch_arena_trim_last(arena, last, 16, 17), CH_EINVAL);
        CHECK_EQUAL(ch_arena_used(arena), used);
        CHECK_EQUAL(arena->failures_full, 2);
        CHECK_EQUAL(ch_arena_extend(arena, last, 16, 64), CH_OK);
        CHECK(rig_is_filled(last, 16, 7));
        memset(last, 8, 64);
        CHECK_EQUAL(ch_arena_used(arena), used + 48);
        CHECK_EQUAL(ch_arena_trim_last(arena, last, 64, 0), CH_OK);
        CHECK_EQUAL(ch_arena_used(arena), used - 16);
        CHECK_EQUAL(ch_arena_peak(arena), used + 48);
        finish();
    }
}

TEST(allocator_over_an_arena_takes_back_the_last_block) { /* M26 */
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        const ch_allocator over = ch_arena_allocator(arena);
        void *low = over.alloc(over.user, 32, 32);
        void *high = over.alloc(over.user, 32, 32);
        CHECK(low != NULL && high != NULL);
        const size_t used = ch_arena_used(arena);
        CHECK(!over.resize(over.user, low, 32, 40) && over.resize(over.user, high, 32, 40));
        CHECK_EQUAL(over.free(over.user, low, 32), CH_OK);
        CHECK_EQUAL(ch_arena_used(arena), used + 8);
        CHECK_EQUAL(over.free(over.user, high, 40), CH_OK);
        CHECK_EQUAL(ch_arena_used(arena), used - 32);
        CHECK(over.alloc(over.user, SIZE_MAX, 1) == NULL);
        finish();
    }
}

/* ---- Marks ----------------------------------------------------------------------------------- */

TEST(marks_nest_to_any_depth) { /* M18 */
    FOR_EACH_KIND(kind) {
        enum { DEPTH = 2000 };
        static ch_arena_point marks[DEPTH];
        static size_t used[DEPTH];
        const size_t limit = kind == FIXED ? 0 : (size_t)1 << 20;
        ch_arena *arena = start(kind, (ch_arena_options){.limit_bytes = limit});
        for (size_t depth = 0; depth < DEPTH; depth++) {
            marks[depth] = ch_arena_mark(arena);
            used[depth] = ch_arena_used(arena);
            CHECK(ch_arena_alloc(arena, 1 + depth % 13, 1) != NULL);
        }
        const size_t top = ch_arena_used(arena);
        for (size_t depth = DEPTH; depth-- > 0; depth -= depth > 100 ? depth % 3 : 0) {
            CHECK_EQUAL(ch_arena_release(arena, marks[depth]), CH_OK);
            CHECK_EQUAL(ch_arena_release(arena, marks[depth]), CH_OK);
            CHECK_EQUAL(ch_arena_used(arena), used[depth]);
        }
        CHECK_EQUAL(ch_arena_used(arena), 0);
        CHECK_EQUAL(ch_arena_peak(arena), top);
        finish();
    }
}

static void refuse(ch_arena *arena, ch_arena_point point) {
    const ch_arena_point before = ch_arena_mark(arena);
    CHECK_EQUAL(ch_arena_release(arena, point), CH_EORDER);
    CHECK(rig_seen.culprit == (const void *)point.cursor);
    CHECK(rig_misused(arena, CH_EORDER));
    CHECK_BYTES(&before, &(ch_arena_point[]){ch_arena_mark(arena)}, sizeof before);
}

TEST(wrong_marks_are_misuse_and_change_nothing) { /* M4 M18 */
    FOR_EACH_KIND(kind) {
        uint8_t bytes[64];
        ch_arena other;
        ch_arena *arena = start(kind, (ch_arena_options){0});
        CHECK_EQUAL(ch_arena_init(&other, bytes, sizeof bytes, NULL), CH_OK);
        CHECK(ch_arena_alloc(arena, 10, 1) != NULL);
        const ch_arena_point low = ch_arena_mark(arena);
        CHECK(ch_arena_alloc(arena, 10, 1) != NULL);
        const ch_arena_point high = ch_arena_mark(arena);
        CHECK_EQUAL(ch_arena_release(arena, low), CH_OK);
        refuse(arena, high);
        refuse(arena, ch_arena_mark(&other));
        refuse(arena, (ch_arena_point){0});
        ch_arena_point above = low;
        above.cursor = (uint8_t *)((uintptr_t)above.cursor + 1);
        refuse(arena, above);
        ch_arena_point later = low;
        later.place++;
        refuse(arena, later);
        CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
        CHECK(ch_arena_alloc(arena, 10, 1) != NULL);
        refuse(arena, low);
        CHECK_EQUAL(ch_arena_fini(&other), CH_OK);
        finish();
    }
}

TEST(mark_outlives_growth_of_the_block_below_it) { /* M18 */
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        uint8_t *block = ch_arena_alloc(arena, 16, 16);
        const size_t used = ch_arena_used(arena);
        const ch_arena_point mark = ch_arena_mark(arena);
        CHECK_EQUAL(ch_arena_extend(arena, block, 16, 32), CH_OK);
        CHECK(ch_arena_alloc(arena, 100, 8) != NULL);
        CHECK_EQUAL(ch_arena_release(arena, mark), CH_OK);
        CHECK_EQUAL(ch_arena_used(arena), used);
        CHECK_EQUAL(ch_arena_extend(arena, block, 16, 20), CH_OK);
        finish();
    }
}

TEST(scope_releases_at_its_end) { /* M18 */
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        for (unsigned round = 0; round < 3; round++) {
            CH_ARENA_SCOPE(arena);
            CHECK(ch_arena_alloc(arena, 100, 1) != NULL);
            {
                CH_ARENA_SCOPE(arena);
                CHECK(ch_arena_alloc(arena, 5000, 64) != NULL);
            }
            CHECK(ch_arena_used(arena) < 5000);
        }
        CHECK_EQUAL(ch_arena_used(arena), 0);
        finish();
    }
}

/* ---- Zeroing --------------------------------------------------------------------------------- */

TEST(zeroing_on_alloc_clears_what_is_given) { /* M21 */
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){.zeroing = CH_ZERO_ON_ALLOC});
        for (size_t round = 0; round < 200; round++) {
            const ch_arena_point mark = ch_arena_mark(arena);
            uint8_t *block = ch_arena_alloc(arena, 1 + 7 * round, 8);
            CHECK(block != NULL && rig_is_filled(block, 1 + 7 * round, 0));
            memset(block, 0xff, 1 + 7 * round);
            CHECK_EQUAL(ch_arena_extend(arena, block, 1 + 7 * round, 30 + 7 * round), CH_OK);
            CHECK(rig_is_filled(block, 1 + 7 * round, 0xff));
            CHECK(rig_is_filled(block + 1 + 7 * round, 29, 0));
            memset(block, 0xff, 30 + 7 * round);
            CHECK_EQUAL(ch_arena_release(arena, mark), CH_OK);
        }
        finish();
    }
}

TEST(zeroing_on_release_clears_exactly_what_was_given) { /* M21 */
    ch_arena *arena = start(FIXED, (ch_arena_options){.zeroing = CH_ZERO_ON_RELEASE});
    uint8_t *low = ch_arena_alloc(arena, 100, 1);
    memset(low, 1, 100);
    const ch_arena_point mark = ch_arena_mark(arena);
    const size_t from = ch_arena_used(arena);
    uint8_t *block = ch_arena_alloc(arena, 3000, 64);
    memset(block, 1, 3000);
    CHECK_EQUAL(ch_arena_trim_last(arena, block, 3000, 2000), CH_OK);
    const size_t to = (size_t)(block - rig.memory) + 3000;
    CHECK_EQUAL(ch_arena_release(arena, mark), CH_OK);
    CHECK(rig_is_filled(low, 100, 1));
    finish(); /* opens all bytes to memory checkers */
    CHECK(rig_is_filled(rig.memory + from, to - from, 0));
    CHECK(rig_is_filled(rig.memory + to, RIG_MEMORY - to, 0xa5));
}

TEST(zeroing_not_chosen_leaves_bytes_alone) { /* M21 */
    ch_arena *arena = start(FIXED, (ch_arena_options){0});
    uint8_t *block = ch_arena_alloc(arena, 100, 1);
    memset(block, 1, 100);
    CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
    finish();
    CHECK(rig_is_filled(block, 100, 1));
    CHECK(rig_is_filled(block + 100, 1000, 0xa5));
}

/* ---- Model ----------------------------------------------------------------------------------- */

TEST(arena_agrees_with_its_model) { /* M13 M17 M22 M26 M77 */
    static const ch_model_operation operations[] = {
        {"alloc", 40, rig_alloc_step},    {"refused", 3, rig_refused_step},
        {"extend", 8, rig_extend_step},   {"mark", 10, rig_mark_step},
        {"release", 6, rig_release_step}, {"bad release", 3, rig_bad_release_step},
        {"reset", 1, rig_reset},          {"trim", 1, rig_trim_step},
        {"peak reset", 1, rig_peak_step},
    };
    const char *wish = getenv("COLDHEAP_MODEL_STEPS"); /* per kind and zeroing */
    const uint64_t steps = wish != NULL ? strtoull(wish, NULL, 10) : chi_checked() ? 20000 : 100000;
    ch_on_misuse(&rig_hook);
    FOR_EACH_KIND(kind) {
        for (ch_zeroing zeroing = CH_ZERO_NONE; zeroing <= CH_ZERO_ON_ALLOC; zeroing++) {
            CHECK(rig_begin(&rig, kind, zeroing, ch_test_random_below));
            CHECK(ch_model_run(&(ch_model){.operations = operations,
                                           .operation_count = COUNT(operations),
                                           .check = rig_agrees,
                                           .context = &rig,
                                           .steps = steps}));
            CHECK(rig_end(&rig));
        }
    }
    ch_on_misuse(NULL);
}

/* ---- Memory checkers ------------------------------------------------------------------------- */

static volatile uint8_t sink;

static void overflow_by_one(void *block) {
    ((volatile uint8_t *)block)[24] = 1;
}

static void underflow_by_one(void *block) {
    sink = *(volatile uint8_t *)((uintptr_t)block - 1);
}

static void use_after_release(void *block) {
    (void)ch_arena_release(&rig.arena, rig.stale);
    ((volatile uint8_t *)block)[0] = 1;
}

static void use_after_reset(void *block) {
    (void)ch_arena_reset(&rig.arena);
    sink = ((volatile uint8_t *)block)[23];
}

static void use_after_trim_last(void *block) {
    (void)ch_arena_trim_last(&rig.arena, block, 24, 16);
    sink = ((volatile uint8_t *)block)[16];
}

TEST(memory_checker_sees_what_is_not_given_out) { /* M8 */
    void (*const crimes[])(void *) = {overflow_by_one, underflow_by_one, use_after_release,
                                      use_after_reset, use_after_trim_last};
    if (!crime_is_watched()) {
        ch_test_skip("needs AddressSanitizer or Valgrind (ctest -R mem/valgrind)");
        return;
    }
    FOR_EACH_KIND(kind) {
        ch_arena *arena = start(kind, (ch_arena_options){0});
        CHECK(ch_arena_alloc(arena, 40, 8) != NULL);
        rig.stale = ch_arena_mark(arena);
        uint8_t *block = ch_arena_alloc(arena, 24, 8);
        memset(block, 1, 24);
        for (size_t i = 0; i < COUNT(crimes); i++) {
            if (kind == TWIN && crimes[i] != use_after_release && crimes[i] != use_after_reset) {
                continue; /* around a twin's block the source keeps watch */
            }
            CHECK(crime_is_seen(crimes[i], block));
        }
        finish();
    }
}
