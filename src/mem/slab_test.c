/* slab_test.c: classes, footprints, set-up, routing, pages, policies and misuse of slabs. What any
 * sequence of calls must do is slab_model_test.c's matter. */
#define _GNU_SOURCE
#include "mem/slab_rig.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include "harness.h"

static slab_world world;

static const size_t SIZES[] = {16, 48, 128, 1024};
static const size_t COUNTS[] = {4, 3, 2, 2};

static ch_slab_options small(void) {
    return (ch_slab_options){.sizes = SIZES, .class_count = 4, .counts = COUNTS, .name = "mixed"};
}

static ch_slab *start(world_kind kind, ch_slab_empty empty, ch_slab_oversize oversize) {
    ch_slab_options options = small();
    options.empty = empty;
    options.oversize = oversize;
    CHECK(world_begin(&world, &options, kind));
    return &world.slab;
}

#define FOR_EACH_KIND(kind) for (world_kind kind = WORLD_STATIC; kind < WORLD_KINDS; kind++)

/* ---- Classes --------------------------------------------------------------------------------- */

static size_t counts_of_one[CH_SLAB_CLASSES_MAX];

static void begin_table(ch_slab_table table) {
    for (size_t i = 0; i < CH_SLAB_CLASSES_MAX; i++) {
        counts_of_one[i] = 1;
    }
    world = (slab_world){.options = {.table = table, .counts = counts_of_one}};
    world.memory_bytes = ch_slab_footprint(&world.options);
    CHECK(posix_memalign(&world.memory, CH_SLAB_ALIGN_MAX, world.memory_bytes) == 0);
    CHECK_EQUAL(ch_slab_init(&world.slab, world.memory, world.memory_bytes, &world.options), CH_OK);
}

static void end_table(void) {
    CHECK_EQUAL(ch_slab_fini(&world.slab), CH_OK);
    free(world.memory);
}

TEST(slab_default_classes_waste_15_bytes_up_to_128_and_a_fifth_above) { /* M37 */
    begin_table(CH_SLAB_28);
    ch_slab *slab = &world.slab;
    CHECK_EQUAL(ch_slab_class_size(slab, 0), 16);
    CHECK_EQUAL(ch_slab_class_size(slab, 7), 128);
    CHECK_EQUAL(ch_slab_class_size(slab, 8), 160);
    CHECK_EQUAL(ch_slab_class_size(slab, 27), 4096);
    CHECK_EQUAL(ch_slab_class_size(slab, 28), 0);
    for (size_t size = 0; size <= 4097; size++) {
        size_t i = ch_slab_class_of(slab, size);
        if (size > 4096) {
            CHECK_EQUAL(i, SIZE_MAX);
            continue;
        }
        size_t given = ch_slab_class_size(slab, i);
        bool smallest = i == 0 || ch_slab_class_size(slab, i - 1) < size;
        bool lean = size <= 128 ? given - size <= 15 || size == 0 : (given - size) * 5 <= given;
        CHECK(given >= size && smallest && lean);
        void *block = ch_slab_acquire(slab, size);
        CHECK(block != NULL && ch_slab_usable_size(slab, block) == given);
        CHECK_EQUAL(ch_slab_release_sized(slab, block, size), CH_OK);
    }
    end_table();
}

TEST(slab_pow2_table_has_ten_classes) { /* M37 */
    begin_table(CH_SLAB_POW2);
    for (size_t i = 0; i < 10; i++) {
        CHECK_EQUAL(ch_slab_class_size(&world.slab, i), (size_t)8 << i);
        CHECK_EQUAL(ch_slab_class_of(&world.slab, (size_t)8 << i), i);
        CHECK_EQUAL(ch_slab_class_of(&world.slab, ((size_t)8 << i) + 1), i < 9 ? i + 1 : SIZE_MAX);
    }
    CHECK_EQUAL(ch_slab_class_size(&world.slab, 10), 0);
    end_table();
}

TEST(slab_blocks_are_aligned_to_what_divides_their_class) { /* M5 M37 */
    begin_table(CH_SLAB_28);
    for (size_t i = 0; i < 28; i++) {
        size_t size = ch_slab_class_size(&world.slab, i);
        size_t align = size & (0 - size);
        align = align < CH_SLAB_ALIGN_MAX ? align : CH_SLAB_ALIGN_MAX;
        CHECK_EQUAL((uintptr_t)ch_slab_acquire(&world.slab, size) % align, 0);
    }
    end_table();
}

/* ---- Options and set-up ---------------------------------------------------------------------- */

static void check_invalid(const ch_slab_options *options) {
    static uint8_t block[64];
    ch_slab slab = {0};
    ch_slab before = slab;
    ch_allocator source = rig_source_allocator(&world.parent);
    ch_region region;
    CHECK_EQUAL(ch_slab_footprint(options), 0);
    CHECK_EQUAL(ch_slab_twin_footprint(options), 0);
    CHECK_EQUAL(ch_slab_init(&slab, block, SIZE_MAX, options), CH_EINVAL);
    CHECK_EQUAL(ch_slab_init_twin(&slab, block, SIZE_MAX, options, &source), CH_EINVAL);
    CHECK_EQUAL(ch_region_from(&region, block, sizeof block), CH_OK);
    CHECK(options == NULL || options->counts != COUNTS ||
          ch_slab_init_region(&slab, &region, options) == CH_EINVAL);
    CHECK_BYTES(&slab, &before, sizeof slab);
}

TEST(slab_invalid_options_have_no_footprint_and_no_slab) { /* M2 M5 M37 */
    static const size_t equal[] = {16, 16, 128, 1024};
    static const size_t odd[] = {16, 20, 128, 1024};
    static const size_t zero[] = {0, 16, 128, 1024};
    static const size_t large[] = {16, 48, 128, CH_SLAB_SIZE_MAX + 8};
    static const size_t *const wrong[] = {equal, odd, zero, large};
    static const size_t none[4] = {0};
    static const size_t many[] = {1, 1, 1, CH_SLAB_COUNT_MAX + 1};
    ch_slab_options options;
    check_invalid(NULL);
    for (size_t i = 0; i < 4; i++) {
        options = small();
        options.sizes = wrong[i];
        check_invalid(&options);
    }
    options = small();
    options.counts = NULL;
    check_invalid(&options);
    options.counts = none;
    check_invalid(&options);
    options.counts = many;
    check_invalid(&options);
    options = small();
    options.class_count = 0;
    check_invalid(&options);
    options.class_count = CH_SLAB_CLASSES_MAX + 1;
    check_invalid(&options);
    options = small();
    options.empty = (ch_slab_empty)2;
    check_invalid(&options);
    options = small();
    options.oversize = (ch_slab_oversize)3;
    check_invalid(&options);
    options.oversize = CH_SLAB_OVERSIZE_REGION; /* without a count */
    check_invalid(&options);
    options.oversize_count = SIZE_MAX;
    check_invalid(&options);
    options.oversize_count = 1;
    options.oversize = CH_SLAB_OVERSIZE_PARENT; /* without a parent */
    check_invalid(&options);
    options = (ch_slab_options){.table = (ch_slab_table)2, .counts = COUNTS};
    check_invalid(&options);
    options = small();
    CHECK_EQUAL(ch_slab_paged_footprint(&options, 0), 0);
    CHECK_EQUAL(ch_slab_paged_footprint(&options, CH_SLAB_PAGES_MAX + 1), 0);
    CHECK_EQUAL(ch_slab_paged_footprint(&options, SIZE_MAX), 0);
}

TEST(slab_footprint_is_exact_between_two_closed_pages) { /* M2 M38 */
    FOR_EACH_KIND(kind) {
        ch_slab_options options = small();
        ch_allocator source = rig_source_allocator(&world.parent);
        size_t need = kind == WORLD_PAGED  ? ch_slab_paged_footprint(&options, 2)
                      : kind == WORLD_TWIN ? ch_slab_twin_footprint(&options)
                                           : ch_slab_footprint(&options);
        size_t room = (need + 4095) / 4096 * 4096;
        uint8_t *map = mmap(NULL, room + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(map != MAP_FAILED && mprotect(map + 4096, room, PROT_READ | PROT_WRITE) == 0);
        uint8_t *memory = map + 4096 + (room - need) / CH_SLAB_ALIGN_MAX * CH_SLAB_ALIGN_MAX;
        for (size_t less = 0; less < 2; less++) {
            ch_slab slab = {0};
            ch_region region;
            ch_status want = less ? CH_EFULL : CH_OK;
            CHECK_EQUAL(ch_region_from(&region, memory, need - less), CH_OK);
            ch_status got = kind == WORLD_PAGED ? ch_slab_init_region(&slab, &region, &options)
                            : kind == WORLD_TWIN
                                ? ch_slab_init_twin(&slab, memory, need - less, &options, &source)
                                : ch_slab_init(&slab, memory, need - less, &options);
            if (kind == WORLD_PAGED && less) { /* the last page does not fit any more */
                CHECK_EQUAL(got, CH_OK);
                CHECK_EQUAL(slab.config.page_count, 1);
            } else {
                CHECK_EQUAL(got, want);
            }
            for (void *block; (block = ch_slab_acquire(&slab, 1000)) != NULL;) {
                memset(block, 1, 1000);
            }
            CHECK_EQUAL(ch_slab_fini(&slab), CH_OK);
        }
        CHECK(munmap(map, room + 8192) == 0);
    }
    CHECK_EQUAL(world.parent.live, 0);
}

TEST(slab_init_refuses_wrong_memory_and_writes_nothing) { /* M2 */
    static CH_ALIGNED(64) uint8_t block[32768];
    ch_slab_options options = small();
    ch_allocator source = rig_source_allocator(&world.parent);
    ch_slab slab = {0};
    ch_region region;
    memset(block, 7, sizeof block);
    CHECK_EQUAL(ch_slab_init(NULL, block, sizeof block, &options), CH_EINVAL);
    CHECK_EQUAL(ch_slab_init(&slab, NULL, sizeof block, &options), CH_EINVAL);
    CHECK_EQUAL(ch_slab_init_twin(&slab, block, sizeof block, &options, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_slab_init_region(&slab, NULL, &options), CH_EINVAL);
    CHECK_EQUAL(ch_slab_init(&slab, block + 32, sizeof block - 32, &options), CH_EALIGN);
    CHECK_EQUAL(ch_slab_init_twin(&slab, block + 8, 32000, &options, &source), CH_EALIGN);
    CHECK_EQUAL(ch_slab_init(&slab, block, ch_slab_footprint(&options) - 1, &options), CH_EFULL);
    CHECK_EQUAL(ch_region_from(&region, block, sizeof block), CH_OK);
    CHECK_EQUAL(ch_slab_init_region(&slab, &region, &options), CH_EFULL);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
    CHECK_EQUAL(ch_slab_init_region(&slab, &region, &options), CH_ESTATE);
    CHECK(rig_is_filled(block, sizeof block, 7));
    CHECK_EQUAL(ch_slab_align(), CH_SLAB_ALIGN_MAX);
}

TEST(slab_calls_before_init_after_fini_and_on_a_copy_answer_estate) { /* M2 M3 */
    ch_slab *slab = start(WORLD_STATIC, CH_SLAB_EMPTY_ERROR, CH_SLAB_OVERSIZE_ERROR);
    ch_slab blank = {0};
    ch_slab copy = *slab;
    copy.fast_sizes = copy.fast_bytes = 0; /* the fast paths do not ask */
    ch_slab *others[] = {&blank, &copy};
    for (size_t i = 0; i < 2; i++) {
        ch_slab_figures all;
        ch_slab_class_figures one;
        void *block = &all;
        CHECK(ch_slab_acquire(others[i], 0) == NULL);
        CHECK_EQUAL(ch_slab_acquire_try(others[i], &block, 1), CH_ESTATE);
        CHECK(block == &all);
        CHECK_EQUAL(ch_slab_release(others[i], block), CH_ESTATE);
        CHECK_EQUAL(ch_slab_release_sized(others[i], block, 1), CH_ESTATE);
        CHECK_EQUAL(ch_slab_resize(others[i], block, 1), CH_ESTATE);
        CHECK_EQUAL(ch_slab_usable_size(others[i], block), 0);
        CHECK_EQUAL(ch_slab_class_of(others[i], 1), SIZE_MAX);
        CHECK_EQUAL(ch_slab_class_size(others[i], 0), 0);
        CHECK_EQUAL(ch_slab_reset(others[i]), CH_ESTATE);
        CHECK_EQUAL(ch_slab_stats(others[i], &all), CH_ESTATE);
        CHECK_EQUAL(ch_slab_class_stats(others[i], &one, 0), CH_ESTATE);
        CHECK_EQUAL(ch_slab_check(others[i], NULL), CH_ECORRUPT);
        CHECK_EQUAL(ch_slab_fini(others[i]), CH_OK);
    }
    CHECK_EQUAL(ch_slab_acquire_try(NULL, NULL, 1), CH_EINVAL);
    CHECK_EQUAL(ch_slab_release_sized(NULL, NULL, 1), CH_EINVAL);
    CHECK_EQUAL(ch_slab_resize(NULL, NULL, 1), CH_EINVAL);
    CHECK_EQUAL(ch_slab_reset(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_slab_stats(slab, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_slab_class_stats(slab, NULL, 0), CH_EINVAL);
    CHECK_EQUAL(ch_slab_fini(NULL), CH_OK);
    CHECK(world_end(&world));
}

/* ---- Misuse ---------------------------------------------------------------------------------- */

static void check_refused(void *block, ch_status want) {
    ch_slab_figures before;
    ch_slab_figures after;
    CHECK_EQUAL(ch_slab_stats(&world.slab, &before), CH_OK);
    CHECK_EQUAL(ch_slab_release(&world.slab, block), want);
    CHECK(rig_seen.culprit == block && rig_misused(&world.slab, want));
    CHECK_EQUAL(ch_slab_release_sized(&world.slab, block, 40), want);
    CHECK(rig_seen.culprit == block && rig_misused(&world.slab, want));
    CHECK_EQUAL(ch_slab_resize(&world.slab, block, 1), want);
    CHECK(rig_seen.culprit == block && rig_misused(&world.slab, want));
    CHECK_EQUAL(ch_slab_stats(&world.slab, &after), CH_OK);
    CHECK_BYTES(&after, &before, sizeof after);
    CHECK_EQUAL(ch_slab_check(&world.slab, NULL), CH_OK);
}

TEST(slab_every_wrong_release_has_its_own_status_and_changes_nothing) { /* M3 M4 M39 */
    FOR_EACH_KIND(kind) {
        ch_slab *slab = start(kind, CH_SLAB_EMPTY_ERROR, CH_SLAB_OVERSIZE_PARENT);
        uint8_t *kept = ch_slab_acquire(slab, 40);
        uint8_t *gone = ch_slab_acquire(slab, 40);
        uint8_t *big = ch_slab_acquire(slab, 5000);
        uint8_t elsewhere = 0;
        CHECK_EQUAL(ch_slab_release(slab, gone), CH_OK);
        check_refused(gone, CH_EDOUBLE);
        check_refused(kept + 1, CH_EINTERIOR);
        check_refused(kept + 47, CH_EINTERIOR);
        check_refused(big + 1, CH_EINTERIOR);
        check_refused(NULL, CH_EFOREIGN);
        check_refused(&elsewhere, CH_EFOREIGN);
        CHECK_EQUAL(ch_slab_release_sized(slab, kept, 49), CH_EINVAL);
        CHECK(rig_misused(slab, CH_EINVAL));
        CHECK_EQUAL(ch_slab_release_sized(slab, kept, 16), CH_EINVAL);
        CHECK(rig_misused(slab, CH_EINVAL));
        CHECK_EQUAL(ch_slab_release_sized(slab, kept, SIZE_MAX), CH_EINVAL);
        CHECK(rig_misused(slab, CH_EINVAL));
        CHECK_EQUAL(ch_slab_release_sized(slab, big, 4999), CH_EINVAL);
        CHECK(rig_misused(slab, CH_EINVAL));
        CHECK_EQUAL(ch_slab_release_sized(slab, big, 5000), CH_OK);
        check_refused(big, CH_EFOREIGN);
        CHECK_EQUAL(ch_slab_release_sized(slab, kept, 17), CH_OK);
        CHECK(world_end(&world));
    }
}

/* ---- Sizes and policies ---------------------------------------------------------------------- */

TEST(slab_refuses_sizes_that_no_memory_holds) { /* M3 M5 M40 */
    static const ch_slab_oversize policies[] = {CH_SLAB_OVERSIZE_ERROR, CH_SLAB_OVERSIZE_REGION,
                                                CH_SLAB_OVERSIZE_PARENT};
    for (size_t i = 0; i < 3; i++) {
        ch_slab *slab = start(WORLD_STATIC, CH_SLAB_EMPTY_BORROW, policies[i]);
        for (size_t less = 0; less < 2; less++) {
            void *block = &world;
            ch_status want = i == 2 ? CH_ENOMEM : CH_ERANGE;
            CHECK_EQUAL(ch_slab_acquire_try(slab, &block, SIZE_MAX - 63 * less), want);
            CHECK(block == &world);
        }
        CHECK(ch_slab_acquire(slab, 1024) != NULL);
        CHECK(world_end(&world));
    }
}

TEST(slab_oversize_blocks_are_bounded_and_counted) { /* M40 M41 */
    ch_slab *slab = start(WORLD_PAGED, CH_SLAB_EMPTY_ERROR, CH_SLAB_OVERSIZE_REGION);
    uint8_t *blocks[WORLD_BIGS];
    ch_slab_figures figures;
    void *out = NULL;
    for (size_t i = 0; i < WORLD_BIGS; i++) {
        blocks[i] = ch_slab_acquire(slab, 1025 + 100000 * i);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 3, 1025 + 100000 * i);
    }
    CHECK_EQUAL(ch_slab_acquire_try(slab, &out, 1025), CH_EFULL);
    CHECK_EQUAL(ch_slab_stats(slab, &figures), CH_OK);
    CHECK_EQUAL(figures.oversize_in_use, 3);
    CHECK_EQUAL(figures.oversize_bytes, 3 * 1025 + 300000);
    CHECK_EQUAL(figures.oversize_peak, 3);
    CHECK_EQUAL(figures.oversize_acquires, 3);
    CHECK_EQUAL(figures.failures, 1);
    CHECK_EQUAL(ch_slab_resize(slab, blocks[0], 1026), CH_EFULL);
    CHECK_EQUAL(ch_slab_resize(slab, blocks[0], 1025), CH_OK);
    CHECK_EQUAL(ch_slab_release(slab, blocks[1]), CH_OK);
    CHECK(ch_slab_acquire(slab, 4000) != NULL);
    CHECK(world_end(&world));
}

TEST(slab_borrows_from_the_next_larger_class_that_has_a_block) { /* M40 M41 */
    ch_slab *slab = start(WORLD_STATIC, CH_SLAB_EMPTY_BORROW, CH_SLAB_OVERSIZE_ERROR);
    ch_slab_class_figures one;
    static const size_t expected[] = {16, 16, 16, 16, 48, 48, 48, 128, 128, 1024, 1024, 0};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        void *block = ch_slab_acquire(slab, 10);
        CHECK_EQUAL(ch_slab_usable_size(slab, block), expected[i]);
    }
    CHECK_EQUAL(ch_slab_class_stats(slab, &one, 0), CH_OK);
    CHECK_EQUAL(one.acquires, 11);
    CHECK_EQUAL(one.borrows, 7);
    CHECK_EQUAL(one.failures, 1);
    CHECK_EQUAL(one.requested_bytes, 110);
    CHECK_EQUAL(one.given_bytes, 4 * 16 + 3 * 48 + 2 * 128 + 2 * 1024);
    CHECK(world_end(&world));
}

/* ---- Pages ----------------------------------------------------------------------------------- */

static size_t fill_class(ch_slab *slab, size_t size_bytes) {
    size_t count = 0;
    while (ch_slab_acquire(slab, size_bytes) != NULL) {
        count++;
    }
    return count;
}

TEST(slab_pages_go_from_class_to_class_when_empty) { /* M38 */
    ch_slab *slab = start(WORLD_PAGED, CH_SLAB_EMPTY_ERROR, CH_SLAB_OVERSIZE_ERROR);
    ch_slab_figures all;
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 4; i++) {
            void *first = ch_slab_acquire(slab, SIZES[i]);
            size_t slots = slab->bins[i].slots;
            CHECK_EQUAL(fill_class(slab, SIZES[i]), WORLD_PAGES * slots - 1);
            CHECK_EQUAL(ch_slab_stats(slab, &all), CH_OK);
            CHECK_EQUAL(all.pages_used, WORLD_PAGES);
            CHECK_EQUAL(all.largest_available, 0);
            CHECK(ch_slab_acquire(slab, SIZES[3 - i]) == NULL);
            CHECK_EQUAL(ch_slab_release(slab, first), CH_OK);
            uint8_t *page = slab->area + ((size_t)((uint8_t *)first - slab->area) & ~(size_t)65535);
            for (size_t slot = 1; slot < slots; slot++) {
                void *block = page + slot * slab->bins[i].stride_bytes;
                CHECK_EQUAL(ch_slab_release(slab, block), CH_OK);
            }
            CHECK_EQUAL(ch_slab_stats(slab, &all), CH_OK);
            CHECK_EQUAL(all.pages_used, WORLD_PAGES - 1);
            CHECK_EQUAL(all.largest_available, 1024);
            CHECK(ch_slab_acquire(slab, SIZES[3 - i]) != NULL);
            CHECK_EQUAL(ch_slab_check(slab, NULL), CH_OK);
            CHECK_EQUAL(ch_slab_reset(slab), CH_OK);
        }
    }
    CHECK(world_end(&world));
}

TEST(slab_over_a_reservation_commits_as_it_grows_and_stops_at_the_region) { /* M38 */
    ch_slab_options options = {.table = CH_SLAB_28};
    ch_region_options space = {.size_bytes = ch_slab_paged_footprint(&options, 300)};
    ch_region region;
    ch_slab slab;
    CHECK_EQUAL(ch_region_reserve(&region, &space), CH_OK);
    CHECK_EQUAL(ch_slab_init_region(&slab, &region, &options), CH_OK);
    size_t pages = slab.config.page_count;
    CHECK(pages >= 300 && pages <= 301);
    uint64_t calls = region.system_calls;
    CHECK_EQUAL(fill_class(&slab, 4096), pages * slab.bins[27].slots);
    CHECK(region.system_calls - calls <= 6); /* 16, 32, ... 256 pages and the rest */
    CHECK_EQUAL(ch_slab_check(&slab, NULL), CH_OK);
    CHECK_EQUAL(ch_slab_fini(&slab), CH_OK);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}

static void run_out_of_data(void *context) {
    ch_slab *slab = context;
    struct rlimit limit = {.rlim_cur = 1 << 20, .rlim_max = 1 << 20};
    void *block = NULL;
    CH_REQUIRE(setrlimit(RLIMIT_DATA, &limit) == 0);
    CH_REQUIRE(ch_slab_acquire_try(slab, &block, 100) == CH_ENOMEM && block == NULL);
    CH_REQUIRE(ch_slab_acquire(slab, 100) == NULL && ch_slab_check(slab, NULL) == CH_OK);
}

TEST(slab_whose_pages_the_system_refuses_answers_enomem) { /* M3 M38 M76 */
    if (ch_test_is_emulated()) {
        ch_test_skip("the emulator does not pass the limit on");
        return;
    }
    ch_slab_options options = {.table = CH_SLAB_28};
    ch_region_options space = {.size_bytes = (size_t)64 << 20};
    ch_region region;
    ch_slab slab;
    CHECK_EQUAL(ch_region_reserve(&region, &space), CH_OK);
    CHECK_EQUAL(ch_slab_init_region(&slab, &region, &options), CH_OK);
    CHECK(!ch_test_child_dies(run_out_of_data, &slab, NULL, 0));
    CHECK(ch_slab_acquire(&slab, 100) != NULL);
    CHECK_EQUAL(ch_slab_fini(&slab), CH_OK);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}
