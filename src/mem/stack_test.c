/* stack_test.c: stacks and their twins: set-up, blocks, watermarks, misuse, zeroing, a model, and
 * what a memory checker must see. Queries and the self-check are in stack_info_test.c. */
#include "stack_rig.h"

#include "mem/checked.h"

#include "crime_rig.h"
#include "harness.h"
#include "model.h"

#define FOR_EACH_KIND(kind) for (stack_kind kind = 0; kind < STACK_KINDS; kind++)
#define COUNT(array)        (sizeof(array) / sizeof(array)[0])

static stack_rig rig;

static ch_stack *start(stack_kind kind, ch_stack_options options) {
    rig = (stack_rig){0};
    CHECK_EQUAL(rig_start(&rig, kind, &options), CH_OK);
    ch_on_misuse(&rig_hook);
    return &rig.stack;
}

static void finish(void) {
    unsigned broken = 0;
    CHECK_EQUAL(ch_stack_check(&rig.stack, &broken), CH_OK);
    CHECK_EQUAL(broken, 0);
    CHECK(rig_stop(&rig));
    CHECK_EQUAL(rig_seen.count, 0);
    ch_on_misuse(NULL);
}

enum { MARK = sizeof(chi_stack_link) }; /* what a watermark takes */

/* ---- Set-up ---------------------------------------------------------------------------------- */

TEST(init_uses_its_memory_to_the_byte_and_no_more) { /* M2 M24 */
    static CH_ALIGNED(16) uint8_t bytes[8192];
    for (size_t size = 16; size < 300; size++) {
        for (size_t marks = 1; marks < 5; marks++) {
            const ch_stack_options options = {.size_bytes = size, .watermarks_max = marks};
            const size_t footprint = ch_stack_footprint(&options);
            ch_stack stack;
            memset(bytes, 0x5a, sizeof bytes);
            memset(&stack, 0x5a, sizeof stack);
            CHECK_EQUAL(footprint, size + MARK * marks);
            CHECK_EQUAL(ch_stack_init(&stack, bytes + 16, footprint - 1, &options), CH_EFULL);
            CHECK(rig_is_filled((const uint8_t *)&stack, sizeof stack, 0x5a));
            CHECK_EQUAL(ch_stack_init(&stack, bytes + 16, footprint, &options), CH_OK);
            for (size_t i = 0; i < marks; i++) {
                CHECK_EQUAL(ch_stack_mark(&stack), CH_OK);
            }
            uint8_t *block = ch_stack_alloc(&stack, size - 16, 1);
            if (CHECK(block != NULL)) {
                memset(block, 0xff, size - 16);
            }
            CHECK_EQUAL(ch_stack_available(&stack), 0);
            CHECK_EQUAL(ch_stack_fini(&stack), CH_OK);
            CHECK(rig_is_filled(bytes, 16, 0x5a));
            CHECK(rig_is_filled(bytes + 16 + footprint, sizeof bytes - 16 - footprint, 0x5a));
        }
    }
    CHECK_EQUAL(ch_stack_align(), 8);
}

TEST(init_takes_each_option_at_its_ends_and_nothing_beyond) { /* M2 M25 */
    static CH_ALIGNED(16) uint8_t bytes[MARK * CH_STACK_WATERMARKS_MAX];
    static const struct {
        ch_stack_options options;
        ch_status status;
        size_t footprint;
    } rows[] = {
        {{.zeroing = CH_ZERO_ON_ALLOC}, CH_OK, 1024 * MARK},
        {{.zeroing = (ch_zeroing)3}, CH_EINVAL, 0},
        {{.zeroing = (ch_zeroing)-1}, CH_EINVAL, 0},
        {{.watermarks_max = 1}, CH_OK, MARK},
        {{.watermarks_max = CH_STACK_WATERMARKS_MAX}, CH_OK, sizeof bytes},
        {{.watermarks_max = CH_STACK_WATERMARKS_MAX + 1}, CH_EINVAL, 0},
        {{.watermarks_max = SIZE_MAX}, CH_EINVAL, 0},
        {{.watermarks_max = 1, .size_bytes = sizeof bytes - MARK}, CH_OK, sizeof bytes},
        {{.watermarks_max = 1, .size_bytes = sizeof bytes - MARK + 1}, CH_EFULL, sizeof bytes + 1},
        {{.watermarks_max = 1, .size_bytes = SIZE_MAX - MARK}, CH_EFULL, SIZE_MAX},
        {{.watermarks_max = 1, .size_bytes = SIZE_MAX - MARK + 1}, CH_EFULL, 0},
        {{.size_bytes = SIZE_MAX}, CH_EFULL, 0},
    };
    ch_stack stack;
    for (size_t i = 0; i < COUNT(rows); i++) {
        memset(&stack, 0x5a, sizeof stack);
        CHECK_EQUAL(ch_stack_footprint(&rows[i].options), rows[i].footprint);
        CHECK_EQUAL(ch_stack_init(&stack, bytes, sizeof bytes, &rows[i].options), rows[i].status);
        CHECK(rows[i].status == CH_OK ||
              rig_is_filled((const uint8_t *)&stack, sizeof stack, 0x5a));
        CHECK(rows[i].status != CH_OK || ch_stack_fini(&stack) == CH_OK);
    }
    memset(&stack, 0x5a, sizeof stack);
    CHECK_EQUAL(ch_stack_footprint(NULL), 0);
    CHECK_EQUAL(ch_stack_init(NULL, bytes, sizeof bytes, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_stack_init(&stack, NULL, sizeof bytes, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_stack_init(&stack, bytes + 4, sizeof bytes - 4, NULL), CH_EALIGN);
    CHECK_EQUAL(ch_stack_init(&stack, bytes, SIZE_MAX, NULL), CH_ERANGE);
    CHECK_EQUAL(ch_stack_init(&stack, bytes, 1024 * MARK - 1, NULL), CH_EFULL);
    CHECK(rig_is_filled((const uint8_t *)&stack, sizeof stack, 0x5a));
}

TEST(init_of_a_twin_needs_a_source_and_room_for_watermarks) { /* M26 */
    static CH_ALIGNED(16) uint8_t bytes[4 * MARK];
    const ch_allocator no_alloc = {.free = rig_free};
    const ch_allocator no_free = {.alloc = rig_alloc};
    rig_source source = {0};
    const ch_allocator whole = rig_source_allocator(&source);
    const ch_stack_options options = {.watermarks_max = 4};
    const ch_stack_options unknown = {.watermarks_max = 4, .zeroing = (ch_zeroing)3};
    ch_stack stack;
    memset(&stack, 0x5a, sizeof stack);
    CHECK_EQUAL(ch_stack_init_twin(&stack, bytes, sizeof bytes, &options, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_stack_init_twin(&stack, bytes, sizeof bytes, &options, &no_alloc), CH_EINVAL);
    CHECK_EQUAL(ch_stack_init_twin(&stack, bytes, sizeof bytes, &options, &no_free), CH_EINVAL);
    CHECK_EQUAL(ch_stack_init_twin(&stack, bytes, sizeof bytes, &unknown, &whole), CH_EINVAL);
    CHECK_EQUAL(ch_stack_init_twin(NULL, bytes, sizeof bytes, &options, &whole), CH_EINVAL);
    CHECK_EQUAL(ch_stack_init_twin(&stack, bytes, sizeof bytes - 1, &options, &whole), CH_EFULL);
    CHECK_EQUAL(ch_stack_init_twin(&stack, bytes + 1, sizeof bytes - 1, &options, &whole),
                CH_EALIGN);
    CHECK(rig_is_filled((const uint8_t *)&stack, sizeof stack, 0x5a));
    CHECK_EQUAL(ch_stack_init_twin(&stack, bytes, sizeof bytes, &options, &whole), CH_OK);
    CHECK_EQUAL(ch_stack_capacity(&stack), SIZE_MAX);
    CHECK_EQUAL(ch_stack_fini(&stack), CH_OK);
    CHECK_EQUAL(source.calls, 0);
}

TEST(stack_that_is_not_live_answers_estate) { /* M2 M3 */
    static void *room[8]; /* no block, but where the inline paths may look for a link */
    ch_stack stack = {0};
    ch_stack_figures figures;
    void *out = NULL;
    ch_on_misuse(&rig_hook);
    CHECK(ch_stack_alloc(&stack, 1, 1) == NULL);
    CHECK_EQUAL(ch_stack_alloc_try(&stack, &out, 1, 1), CH_ESTATE);
    CHECK_EQUAL(ch_stack_free(&stack, &room[4], 1), CH_ESTATE);
    CHECK_EQUAL(ch_stack_free(&stack, NULL, 0), CH_ESTATE);
    CHECK_EQUAL(ch_stack_resize(&stack, &out, 1, 1), CH_ESTATE);
    CHECK_EQUAL(ch_stack_mark(&stack), CH_ESTATE);
    CHECK_EQUAL(ch_stack_release(&stack), CH_ESTATE);
    CHECK_EQUAL(ch_stack_reset(&stack), CH_ESTATE);
    CHECK_EQUAL(ch_stack_stats(&stack, &figures), CH_ESTATE);
    CHECK_EQUAL(ch_stack_check(&stack, NULL), CH_ECORRUPT);
    CHECK_EQUAL(ch_stack_fini(&stack), CH_OK);
    CHECK_EQUAL(ch_stack_alloc_try(NULL, &out, 1, 1), CH_EINVAL);
    CHECK_EQUAL(ch_stack_alloc_try(&stack, NULL, 1, 1), CH_EINVAL);
    CHECK_EQUAL(ch_stack_resize(NULL, &out, 1, 1), CH_EINVAL);
    CHECK_EQUAL(ch_stack_mark(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_stack_release(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_stack_reset(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_stack_fini(NULL), CH_OK);
    CHECK_EQUAL(rig_seen.count, 0);
    ch_on_misuse(NULL);
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

TEST(blocks_of_every_size_and_align_come_back_to_used_0) { /* M24 */
    FOR_EACH_KIND(kind) {
        ch_stack *stack = start(kind, (ch_stack_options){0});
        for (size_t align = 1; align <= CH_ALIGN_MAX; align *= 2) {
            for (size_t size = 0; size <= 4097; size++) {
                uint8_t *low = ch_stack_alloc(stack, size, align);
                uint8_t *high = ch_stack_alloc(stack, 1 + size % 7, align);
                bool right = low != NULL && high != NULL && (uintptr_t)low % align == 0 &&
                             (uintptr_t)high % align == 0;
                right = right && ((uintptr_t)low + size <= (uintptr_t)high ||
                                  (uintptr_t)high + 1 + size % 7 <= (uintptr_t)low);
                right = right && (kind == TWIN || (low >= rig.memory + 1024 * MARK + 16 &&
                                                   high + size % 7 < rig.memory + RIG_MEMORY));
                right = right && ch_stack_free(stack, high, 1 + size % 7) == CH_OK &&
                        ch_stack_free(stack, low, size) == CH_OK && ch_stack_used(stack) == 0;
                if (!CHECK(right)) {
                    return;
                }
            }
        }
        finish();
    }
}

TEST(any_reverse_order_ends_at_used_0) { /* M24 */
    FOR_EACH_KIND(kind) {
        enum { DEPTH = 300 };
        ch_stack *stack = start(kind, (ch_stack_options){0});
        void *blocks[DEPTH];
        size_t sizes[DEPTH];
        for (size_t i = 0; i < DEPTH; i++) {
            sizes[i] = (size_t)ch_test_random_below(60);
            blocks[i] = ch_stack_alloc(stack, sizes[i], (size_t)1 << ch_test_random_below(7));
            CHECK(blocks[i] != NULL);
        }
        const size_t top = ch_stack_used(stack);
        for (size_t i = DEPTH; i-- > 0;) {
            CHECK_EQUAL(ch_stack_free(stack, blocks[i], sizes[i]), CH_OK);
        }
        CHECK_EQUAL(ch_stack_used(stack), 0);
        CHECK_EQUAL(ch_stack_peak(stack), top);
        finish();
    }
}

TEST(exact_fill_works_and_one_more_byte_changes_nothing) { /* M24 M27 */
    FOR_EACH_KIND(kind) {
        const size_t lead = kind == OWN ? CH_STACK_LINK_BYTES : 0;
        ch_stack *stack = start(kind, (ch_stack_options){.size_bytes = 4096});
        void *out = &rig;
        CHECK_EQUAL(ch_stack_alloc_try(stack, &out, 4096 - lead + 1, 8), CH_EFULL);
        CHECK(out == (void *)&rig);
        CHECK_EQUAL(ch_stack_used(stack), 0);
        CHECK_EQUAL(ch_stack_alloc_try(stack, &out, 4096 - lead, 8), CH_OK);
        CHECK_EQUAL(ch_stack_available(stack), 0);
        CHECK(ch_stack_alloc(stack, 1, 1) == NULL);
        CHECK_EQUAL(ch_stack_used(stack), 4096);
        CHECK_EQUAL(stack->failures_full, 2);
        CHECK_EQUAL(ch_stack_free(stack, out, 4096 - lead), CH_OK);
        CHECK_EQUAL(ch_stack_used(stack), 0);
        finish();
    }
}

TEST(extreme_and_bad_arguments_change_nothing) { /* M4 M5 M24 */
    static const size_t bad[] = {0, 3, 4095, 4097, 8192, SIZE_MAX};
    FOR_EACH_KIND(kind) {
        ch_stack *stack = start(kind, (ch_stack_options){0});
        void *block = ch_stack_alloc(stack, 5, 1);
        const ch_stack before = *stack;
        uint64_t full = 0;
        for (size_t align = 1; align <= CH_ALIGN_MAX; align *= 2) {
            const size_t sizes[] = {SIZE_MAX, SIZE_MAX - align + 1, SIZE_MAX - 16,
                                    SIZE_MAX - 16 - align, SIZE_MAX / 2 + 1};
            for (size_t i = 0; i < COUNT(sizes); i++) {
                CHECK(ch_stack_alloc(stack, sizes[i], align) == NULL);
                CHECK_EQUAL(ch_stack_resize(stack, block, 5, sizes[i]), CH_EFULL);
                full += 2;
            }
        }
        for (size_t i = 0; i < COUNT(bad); i++) {
            void *out = &rig;
            CHECK(ch_stack_alloc(stack, 1, bad[i]) == NULL);
            CHECK(rig_misused(stack, CH_EALIGN));
            CHECK_EQUAL(ch_stack_alloc_try(stack, &out, 1, bad[i]), CH_EALIGN);
            CHECK(rig_misused(stack, CH_EALIGN) && out == (void *)&rig);
        }
        CHECK_EQUAL(stack->failures_full, full);
        CHECK_EQUAL(stack->failures_invalid, 2 * COUNT(bad));
        CHECK(stack->cursor == before.cursor && stack->top == before.top);
        CHECK_EQUAL(stack->used_bytes, before.used_bytes);
        finish();
    }
}

TEST(resize_keeps_bytes_and_works_for_the_top_only) { /* M24 */
    FOR_EACH_KIND(kind) {
        ch_stack *stack = start(kind, (ch_stack_options){.size_bytes = 4096});
        uint8_t *low = ch_stack_alloc(stack, 16, 8);
        uint8_t *top = ch_stack_alloc(stack, 16, 8);
        memset(top, 7, 16);
        const size_t used = ch_stack_used(stack);
        CHECK_EQUAL(ch_stack_resize(stack, low, 16, 8), CH_EORDER);
        CHECK_EQUAL(ch_stack_resize(stack, top, 15, 8), CH_EINVAL);
        CHECK_EQUAL(ch_stack_resize(stack, top, 16, 4097), CH_EFULL);
        CHECK_EQUAL(ch_stack_used(stack), used);
        CHECK_EQUAL(ch_stack_resize(stack, top, 16, 60), CH_OK);
        CHECK(rig_is_filled(top, 16, 7));
        memset(top, 8, 60);
        CHECK_EQUAL(ch_stack_used(stack), used + 44);
        rig.source.rigid = true; /* shrinking needs no source */
        CHECK_EQUAL(ch_stack_resize(stack, top, 60, 3), CH_OK);
        CHECK(rig_is_filled(top, 3, 8));
        CHECK_EQUAL(ch_stack_resize(stack, top, 3, 0), CH_OK);
        CHECK_EQUAL(ch_stack_used(stack), used - 16);
        CHECK_EQUAL(ch_stack_peak(stack), used + 44);
        CHECK_EQUAL(ch_stack_free(stack, top, 0), CH_OK);
        CHECK_EQUAL(ch_stack_free(stack, low, 16), CH_OK);
        CHECK_EQUAL(ch_stack_used(stack), 0);
        finish();
    }
}

TEST(allocator_over_a_stack_frees_in_reverse_order) { /* M26 */
    FOR_EACH_KIND(kind) {
        ch_stack *stack = start(kind, (ch_stack_options){0});
        const ch_allocator over = ch_stack_allocator(stack);
        void *low = over.alloc(over.user, 32, 32);
        void *high = over.alloc(over.user, 32, 32);
        CHECK(!over.resize(over.user, low, 32, 40) && over.resize(over.user, high, 32, 40));
        CHECK_EQUAL(over.free(over.user, low, 32), CH_EORDER);
        CHECK(rig_misused(stack, CH_EORDER));
        CHECK_EQUAL(over.free(over.user, high, 40), CH_OK);
        CHECK_EQUAL(over.free(over.user, low, 32), CH_OK);
        CHECK_EQUAL(ch_stack_used(stack), 0);
        finish();
    }
}

/* ---- Watermarks ------------------------------------------------------------------------------ */

TEST(watermarks_are_1024_deep_and_not_1025) { /* M25 M27 */
    FOR_EACH_KIND(kind) {
        static size_t used[CH_STACK_WATERMARKS_DEFAULT];
        ch_stack *stack = start(kind, (ch_stack_options){0});
        for (size_t depth = 0; depth < CH_STACK_WATERMARKS_DEFAULT; depth++) {
            used[depth] = ch_stack_used(stack);
            CHECK_EQUAL(ch_stack_mark(stack), CH_OK);
            CHECK(ch_stack_alloc(stack, depth % 9, 1) != NULL);
        }
        const size_t top = ch_stack_used(stack);
        CHECK_EQUAL(ch_stack_mark(stack), CH_EFULL);
        CHECK_EQUAL(ch_stack_watermark_count(stack), CH_STACK_WATERMARKS_DEFAULT);
        CHECK_EQUAL(ch_stack_used(stack), top);
        CHECK_EQUAL(ch_stack_check(stack, NULL), CH_OK);
        for (size_t depth = CH_STACK_WATERMARKS_DEFAULT; depth-- > 0;) {
            CHECK_EQUAL(ch_stack_release(stack), CH_OK);
            CHECK_EQUAL(ch_stack_used(stack), used[depth]);
        }
        CHECK_EQUAL(ch_stack_release(stack), CH_EEMPTY);
        CHECK_EQUAL(ch_stack_watermark_count(stack), 0);
        CHECK_EQUAL(ch_stack_peak(stack), top);
        CHECK_EQUAL(stack->failures_full, 1);
        CHECK_EQUAL(ch_stack_mark(stack), CH_OK);
        CHECK_EQUAL(ch_stack_reset(stack), CH_OK);
        CHECK_EQUAL(ch_stack_release(stack), CH_EEMPTY);
        finish();
    }
}

TEST(blocks_below_a_watermark_stay_until_its_release) { /* M25 */
    FOR_EACH_KIND(kind) {
        ch_stack *stack = start(kind, (ch_stack_options){.watermarks_max = 2});
        for (size_t size = 0; size < 20; size++) {
            uint8_t *block = ch_stack_alloc(stack, size, 1);
            CHECK_EQUAL(ch_stack_mark(stack), CH_OK);
            CHECK_EQUAL(ch_stack_free(stack, block, size), CH_EORDER);
            CHECK(rig_misused(stack, CH_EORDER));
            CHECK_EQUAL(ch_stack_resize(stack, block, size, size), CH_EORDER);
            uint8_t *above = ch_stack_alloc(stack, 0, 1);
            CHECK_EQUAL(ch_stack_free(stack, above, 0), CH_OK);
            CHECK_EQUAL(ch_stack_free(stack, block, size), CH_EORDER);
            CHECK(rig_misused(stack, CH_EORDER));
            CHECK_EQUAL(ch_stack_release(stack), CH_OK);
            CHECK_EQUAL(ch_stack_free(stack, block, size), CH_OK);
            CHECK_EQUAL(ch_stack_used(stack), 0);
        }
        finish();
    }
}

/* ---- Misuse ---------------------------------------------------------------------------------- */

static void refuse(ch_stack *stack, void *block, size_t size, ch_status want) {
    const ch_stack before = *stack;
    CHECK_EQUAL(ch_stack_resize(stack, block, size, size + 1), want);
    CHECK_EQUAL(rig_seen.count, 0);
    CHECK_EQUAL(ch_stack_free(stack, block, size), want);
    CHECK(rig_seen.culprit == block);
    CHECK(rig_misused(stack, want));
    CHECK_BYTES(stack, &before, sizeof before);
}

TEST(every_misuse_has_its_status_and_changes_nothing) { /* M4 M24 */
    FOR_EACH_KIND(kind) {
        static uint8_t foreign[64];
        const ch_status gone = kind == OWN ? CH_EDOUBLE : CH_EFOREIGN;
        const ch_status inside = kind == OWN ? CH_EORDER : CH_EFOREIGN;
        ch_stack *stack = start(kind, (ch_stack_options){0});
        refuse(stack, NULL, 0, CH_EFOREIGN);
        uint8_t *low = ch_stack_alloc(stack, 32, 8);
        uint8_t *top = ch_stack_alloc(stack, 32, 8);
        refuse(stack, low, 32, CH_EORDER);
        refuse(stack, low, 31, CH_EORDER);
        refuse(stack, top, 31, CH_EINVAL);
        refuse(stack, top, 33, CH_EINVAL);
        refuse(stack, top, SIZE_MAX, CH_EINVAL);
        refuse(stack, top + 1, 31, inside);
        refuse(stack, foreign + 32, 32, CH_EFOREIGN);
        refuse(stack, NULL, 0, CH_EFOREIGN);
        refuse(stack, stack, 1, CH_EFOREIGN);
        CHECK_EQUAL(ch_stack_free(stack, top, 32), CH_OK);
        refuse(stack, top, 32, gone);
        CHECK_EQUAL(ch_stack_free(stack, low, 32), CH_OK);
        refuse(stack, low, 32, gone);
        finish();
    }
}

/* ---- Zeroing --------------------------------------------------------------------------------- */

TEST(zeroing_on_alloc_clears_what_is_given) { /* M27 */
    FOR_EACH_KIND(kind) {
        ch_stack *stack = start(kind, (ch_stack_options){.zeroing = CH_ZERO_ON_ALLOC});
        for (size_t size = 1; size < 300; size++) {
            uint8_t *block = ch_stack_alloc(stack, size, 8);
            CHECK(block != NULL && rig_is_filled(block, size, 0));
            memset(block, 0xff, size);
            CHECK_EQUAL(ch_stack_resize(stack, block, size, size + 20), CH_OK);
            CHECK(rig_is_filled(block, size, 0xff) && rig_is_filled(block + size, 20, 0));
            memset(block, 0xff, size + 20);
            CHECK_EQUAL(ch_stack_free(stack, block, size + 20), CH_OK);
        }
        finish();
    }
}

/* Clears on each way back: free, release, reset, resize. */
TEST(zeroing_on_release_clears_exactly_what_was_given) { /* M27 */
    for (unsigned way = 0; way < 4; way++) {
        ch_stack *stack =
            start(OWN, (ch_stack_options){.zeroing = CH_ZERO_ON_RELEASE, .watermarks_max = 1});
        uint8_t *low = ch_stack_alloc(stack, 104, 8);
        memset(low, 1, 104);
        CHECK_EQUAL(way == 1 ? ch_stack_mark(stack) : CH_OK, CH_OK);
        const size_t from = (size_t)(stack->cursor - rig.memory);
        uint8_t *block = ch_stack_alloc(stack, 3000, 64);
        memset(block, 1, 3000);
        const size_t to = (size_t)(stack->cursor - rig.memory);
        CHECK_EQUAL(way == 0   ? ch_stack_free(stack, block, 3000)
                    : way == 1 ? ch_stack_release(stack)
                    : way == 2 ? ch_stack_reset(stack)
                               : ch_stack_resize(stack, block, 3000, 0),
                    CH_OK);
        finish(); /* opens all bytes to memory checkers */
        const size_t cleared = way == 3 ? to - 3000 : from;
        CHECK(rig_is_filled(rig.memory + cleared, to - cleared, 0));
        CHECK(rig_is_filled(rig.memory + to, RIG_MEMORY - to, 0xa5));
        CHECK(rig_is_filled(low, 104, way == 2 ? 0 : 1));
    }
}

TEST(zeroing_on_release_reaches_the_blocks_of_a_twin) { /* M26 M27 */
    ch_stack *stack = start(TWIN, (ch_stack_options){.zeroing = CH_ZERO_ON_RELEASE});
    uint8_t *block = ch_stack_alloc(stack, 100, 8);
    memset(block, 1, 100);
    CHECK_EQUAL(ch_stack_resize(stack, block, 100, 40), CH_OK);
    CHECK(rig_is_filled(block, 40, 1) && rig_is_filled(block + 40, 60, 0));
    finish();
}

/* ---- Model ----------------------------------------------------------------------------------- */

TEST(stack_agrees_with_its_model) { /* M24 M25 M26 M27 M77 */
    static const ch_model_operation operations[] = {
        {"alloc", 40, rig_alloc_step},      {"refused", 3, rig_refused_step},
        {"free", 20, rig_free_step},        {"resize", 8, rig_resize_step},
        {"bad free", 5, rig_bad_free_step}, {"mark", 8, rig_mark_step},
        {"release", 6, rig_release_step},   {"reset", 1, rig_reset},
    };
    const char *wish = getenv("COLDHEAP_MODEL_STEPS"); /* per kind and zeroing */
    const uint64_t steps = wish != NULL ? strtoull(wish, NULL, 10) : chi_checked() ? 20000 : 200000;
    ch_on_misuse(&rig_hook);
    FOR_EACH_KIND(kind) {
        for (ch_zeroing zeroing = CH_ZERO_NONE; zeroing <= CH_ZERO_ON_ALLOC; zeroing++) {
            CHECK(rig_begin(&rig, kind, zeroing, ch_test_random_below));
            CHECK(ch_model_run(&(ch_model){.operations = operations,
                                           .operation_count = COUNT(operations),
                                           .check = rig_agrees,
                                           .context = &rig,
                                           .steps = steps}));
            CHECK(rig_stop(&rig));
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

static void use_after_free(void *block) {
    (void)ch_stack_free(&rig.stack, block, 24);
    ((volatile uint8_t *)block)[0] = 1;
}

static void use_after_release(void *block) {
    (void)ch_stack_release(&rig.stack);
    sink = ((volatile uint8_t *)block)[23];
}

static void use_after_reset(void *block) {
    (void)ch_stack_reset(&rig.stack);
    sink = ((volatile uint8_t *)block)[0];
}

static void use_after_shrinking(void *block) {
    (void)ch_stack_resize(&rig.stack, block, 24, 16);
    sink = ((volatile uint8_t *)block)[16];
}

TEST(memory_checker_sees_what_is_not_given_out) { /* M8 */
    void (*const crimes[])(void *) = {overflow_by_one,   underflow_by_one, use_after_free,
                                      use_after_release, use_after_reset,  use_after_shrinking};
    if (!crime_is_watched()) {
        ch_test_skip("needs AddressSanitizer or Valgrind (ctest -R mem/valgrind)");
        return;
    }
    ch_stack *stack = start(OWN, (ch_stack_options){0});
    CHECK_EQUAL(ch_stack_mark(stack), CH_OK);
    uint8_t *block = ch_stack_alloc(stack, 24, 8);
    memset(block, 1, 24);
    for (size_t i = 0; i < COUNT(crimes); i++) {
        CHECK(crime_is_seen(crimes[i], block));
    }
    finish();
}
