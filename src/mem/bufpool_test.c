/* bufpool_test.c: set-up, classes, contents, misuse, figures, self-check of buffer pools and what
 * memory checkers see. What any sequence of calls must do is bufpool_model_test.c's matter. */
#define _GNU_SOURCE
#include "mem/bufpool_rig.h"

#include <pthread.h>
#include <sys/mman.h>

#include "harness.h"
#include "mem/checked.h"

static bufpool_world world;

static const ch_bufpool_class CLASSES[] = {{64, 2}, {256, 0}, {300, 3}};

static ch_bufpool *start(bool twin, bool strict) {
    ch_bufpool_options options = {.strict = strict, .name = "a \"b\""};
    CHECK(world_begin(&world, CLASSES, 3, &options, twin));
    return &world.pool;
}

#define FOR_BOTH(twin) for (int twin = 0; twin < 2; twin++)

/* ---- Set-up ---------------------------------------------------------------------------------- */

TEST(bufpool_by_default_has_four_classes) { /* M42 */
    static const size_t sizes[] = {64, 256, 1024, 4096};
    static const size_t counts[] = {500, 250, 100, 25};
    ch_bufpool_class_figures one;
    size_t bytes = ch_bufpool_footprint(NULL);
    void *memory = aligned_alloc(CH_BUFFER_ALIGN_MAX, (bytes + 63) / 64 * 64);
    ch_bufpool pool;
    CHECK_EQUAL(ch_bufpool_init(&pool, memory, bytes, NULL), CH_OK);
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQUAL(ch_bufpool_class_stats(&pool, &one, i), CH_OK);
        CHECK_EQUAL(one.size_bytes, sizes[i]);
        CHECK_EQUAL(one.capacity, counts[i]);
    }
    for (size_t size = 0; size <= 4097; size++) {
        ch_buffer buffer = {0};
        size_t want = size <= 64 ? 64 : size <= 256 ? 256 : size <= 1024 ? 1024 : 4096;
        CHECK_EQUAL(ch_bufpool_acquire(&pool, &buffer, size), size <= 4096 ? CH_OK : CH_ERANGE);
        if (size <= 4096) {
            CHECK_EQUAL(buffer.capacity, want);
            CHECK_EQUAL(ch_bufpool_release(&pool, &buffer), CH_OK);
        }
    }
    ch_buffer none = {0};
    CHECK_EQUAL(ch_bufpool_acquire(&pool, &none, SIZE_MAX), CH_ERANGE);
    CHECK_EQUAL(ch_bufpool_fini(&pool), CH_OK);
    free(memory);
}

TEST(bufpool_footprint_is_exact_between_two_closed_pages) { /* M2 M42 */
    FOR_BOTH(twin) {
        ch_bufpool_options options = {.classes = CLASSES, .class_count = 3};
        ch_allocator source = rig_source_allocator(&world.source);
        size_t need = twin ? ch_bufpool_twin_footprint(&options) : ch_bufpool_footprint(&options);
        size_t room = (need + 4095) / 4096 * 4096;
        uint8_t *map = mmap(NULL, room + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(map != MAP_FAILED && mprotect(map + 4096, room, PROT_READ | PROT_WRITE) == 0);
        uint8_t *memory = map + 4096 + (room - need) / CH_BUFFER_ALIGN_MAX * CH_BUFFER_ALIGN_MAX;
        for (size_t less = 0; less < 2; less++) {
            ch_bufpool pool = {0};
            ch_buffer buffer = {0};
            ch_status got =
                twin ? ch_bufpool_init_twin(&pool, memory, need - less, &options, &source)
                     : ch_bufpool_init(&pool, memory, need - less, &options);
            CHECK_EQUAL(got, less ? CH_EFULL : CH_OK);
            while (ch_bufpool_acquire(&pool, &buffer, 1) == CH_OK) {
                memset(buffer.data, 1, buffer.capacity);
            }
            CHECK_EQUAL(ch_bufpool_fini(&pool), CH_OK);
        }
        CHECK(munmap(map, room + 8192) == 0);
    }
    CHECK_EQUAL(world.source.live, 0);
}

static void check_invalid(const ch_bufpool_class *classes, size_t class_count) {
    static CH_ALIGNED(64) uint8_t block[64];
    ch_bufpool_options options = {.classes = classes, .class_count = class_count};
    ch_allocator source = rig_source_allocator(&world.source);
    ch_bufpool pool = {0};
    CHECK_EQUAL(ch_bufpool_footprint(&options), 0);
    CHECK_EQUAL(ch_bufpool_twin_footprint(&options), 0);
    CHECK_EQUAL(ch_bufpool_init(&pool, block, SIZE_MAX, &options), CH_EINVAL);
    CHECK_EQUAL(ch_bufpool_init_twin(&pool, block, SIZE_MAX, &options, &source), CH_EINVAL);
    CHECK(rig_is_filled((const uint8_t *)&pool, sizeof pool, 0));
}

TEST(bufpool_invalid_options_have_no_footprint_and_no_pool) { /* M2 M5 M42 */
    static const ch_bufpool_class equal[] = {{16, 1}, {16, 1}};
    static const ch_bufpool_class zero[] = {{0, 1}, {16, 1}};
    static const ch_bufpool_class absent[] = {{16, 0}, {32, 0}};
    static const ch_bufpool_class many[] = {{16, CH_BUFPOOL_COUNT_MAX + 1}};
    static const ch_bufpool_class large[] = {{CH_POOL_OBJECT_MAX + 1, 1}};
    static CH_ALIGNED(64) uint8_t block[4096];
    ch_bufpool_options options = {.classes = CLASSES, .class_count = 3};
    ch_bufpool pool = {0};
    check_invalid(equal, 2);
    check_invalid(zero, 2);
    check_invalid(absent, 2);
    check_invalid(many, 1);
    check_invalid(large, 1);
    check_invalid(CLASSES, 0);
    check_invalid(CLASSES, CH_BUFPOOL_CLASSES_MAX + 1);
    CHECK_EQUAL(ch_bufpool_init(NULL, block, sizeof block, &options), CH_EINVAL);
    CHECK_EQUAL(ch_bufpool_init(&pool, NULL, sizeof block, &options), CH_EINVAL);
    CHECK_EQUAL(ch_bufpool_init_twin(&pool, block, sizeof block, &options, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_bufpool_init(&pool, block + 32, sizeof block - 32, &options), CH_EALIGN);
    CHECK(rig_is_filled(block, sizeof block, 0));
    CHECK_EQUAL(ch_bufpool_align(), CH_BUFFER_ALIGN_MAX);
}

TEST(bufpool_calls_before_init_after_fini_and_on_a_copy_answer_estate) { /* M2 M3 */
    ch_bufpool *pool = start(false, false);
    static ch_bufpool blank;
    static ch_bufpool copy;
    ch_bufpool *others[] = {&blank, &copy};
    copy = *pool; /* nothing was released yet: the inline paths have nothing to take */
    for (size_t i = 0; i < 2; i++) {
        ch_bufpool_figures all;
        ch_bufpool_class_figures one;
        ch_buffer buffer = {0};
        CHECK_EQUAL(ch_bufpool_acquire(others[i], &buffer, 0), CH_ESTATE);
        CHECK_EQUAL(ch_bufpool_acquire(others[i], &buffer, SIZE_MAX), CH_ESTATE);
        CHECK_EQUAL(ch_bufpool_release(others[i], &buffer), CH_ESTATE);
        CHECK(!ch_bufpool_is_lent(others[i], &buffer));
        CHECK_EQUAL(ch_bufpool_reset(others[i]), CH_ESTATE);
        CHECK_EQUAL(ch_bufpool_stats(others[i], &all), CH_ESTATE);
        CHECK_EQUAL(ch_bufpool_class_stats(others[i], &one, 0), CH_ESTATE);
        CHECK_EQUAL(ch_bufpool_check(others[i], NULL), CH_ECORRUPT);
        CHECK_EQUAL(ch_bufpool_fini(others[i]), CH_OK);
    }
    CHECK_EQUAL(ch_bufpool_reset(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_bufpool_stats(pool, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_bufpool_class_stats(pool, NULL, 0), CH_EINVAL);
    CHECK_EQUAL(ch_bufpool_fini(NULL), CH_OK);
    CHECK(world_end(&world));
}

/* ---- Lending --------------------------------------------------------------------------------- */

TEST(bufpool_falls_through_absent_and_empty_classes_unless_strict) { /* M42 M45 */
    FOR_BOTH(strict) {
        ch_bufpool *pool = start(false, strict);
        ch_bufpool_class_figures one;
        ch_buffer buffer = {0};
        static const size_t expected[] = {64, 64, 300, 300, 300};
        for (size_t i = 0; i < 6; i++) {
            bool served = i < (strict ? 2 : 5);
            CHECK_EQUAL(ch_bufpool_acquire(pool, &buffer, 10), served ? CH_OK : CH_EFULL);
            CHECK(!served || buffer.capacity == expected[i]);
        }
        CHECK_EQUAL(ch_bufpool_acquire(pool, &buffer, 200), CH_EFULL);
        CHECK_EQUAL(ch_bufpool_class_stats(pool, &one, 0), CH_OK);
        CHECK_EQUAL(one.fall_throughs, strict ? 0 : 3);
        CHECK_EQUAL(one.failures, strict ? 4 : 1);
        CHECK_EQUAL(ch_bufpool_class_stats(pool, &one, 1), CH_OK);
        CHECK_EQUAL(one.capacity, 0);
        CHECK(one.utilization == 0.0);
        CHECK_EQUAL(one.failures, 1);
        CHECK_EQUAL(ch_bufpool_class_stats(pool, &one, 3), CH_ERANGE);
        CHECK(world_end(&world));
    }
}

TEST(bufpool_no_secret_reaches_the_next_borrower) { /* M44 */
    FOR_BOTH(twin) {
        ch_bufpool *pool = start(twin, false);
        ch_buffer lent[5] = {0};
        for (size_t round = 0; round < 3; round++) {
            for (size_t i = 0; i < 5; i++) {
                CHECK_EQUAL(ch_bufpool_acquire(pool, &lent[i], 1), CH_OK);
                CHECK(rig_is_filled(lent[i].data, lent[i].capacity, 0));
                memset(lent[i].data, 0x5e, lent[i].capacity);
            }
            uint8_t *kept = lent[0].data;
            for (size_t i = 0; i < 5 && round != 1; i++) {
                CHECK_EQUAL(ch_bufpool_release(pool, &lent[i]), CH_OK);
            }
            CHECK(twin || round == 1 || chi_checked() || rig_is_filled(kept, 64, 0));
            CHECK(round != 1 || ch_bufpool_reset(pool) == CH_OK);
        }
        CHECK(world_end(&world));
    }
}

TEST(bufpool_clears_every_byte_of_a_buffer_and_none_beside_it) { /* M10 M44 */
    static const size_t sizes[] = {1,   7,   63,  64,  65,   100,  127,  128,  129,  192,
                                   255, 256, 257, 500, 1000, 1024, 1025, 4096, 5000, 20000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const ch_bufpool_class one = {sizes[i], 3};
        ch_bufpool_options options = {.classes = &one, .class_count = 1};
        size_t bytes = ch_bufpool_footprint(&options);
        uint8_t *memory = aligned_alloc(CH_BUFFER_ALIGN_MAX, (bytes + 63) / 64 * 64);
        ch_bufpool pool;
        ch_buffer lent[3] = {0};
        memset(memory, 0xa5, bytes);
        CHECK_EQUAL(ch_bufpool_init(&pool, memory, bytes, &options), CH_OK);
        for (size_t k = 0; k < 3; k++) {
            CHECK_EQUAL(ch_bufpool_acquire(&pool, &lent[k], sizes[i]), CH_OK);
            memset(lent[k].data, 0x5e, sizes[i]);
        }
        const uint8_t *middle = lent[1].data;
        CHECK_EQUAL(ch_bufpool_release(&pool, &lent[1]), CH_OK);
        CHECK(chi_checked() || rig_is_filled(middle, sizes[i], 0));
        CHECK(rig_is_filled(lent[0].data, sizes[i], 0x5e));
        CHECK(rig_is_filled(lent[2].data, sizes[i], 0x5e));
        CHECK_EQUAL(ch_bufpool_acquire(&pool, &lent[1], 0), CH_OK);
        CHECK(lent[1].data == middle && rig_is_filled(middle, sizes[i], 0));
        CHECK_EQUAL(ch_bufpool_fini(&pool), CH_OK);
        free(memory);
    }
}

TEST(bufpool_buffer_takes_bytes_up_to_its_capacity) { /* M5 M43 */
    ch_bufpool *pool = start(false, false);
    ch_buffer buffer = {0};
    const uint8_t *bytes = NULL;
    size_t size = 0;
    size_t huge = SIZE_MAX;
    CHECK_EQUAL(ch_bufpool_acquire(pool, &buffer, 64), CH_OK);
    CHECK_EQUAL(ch_buffer_write(&buffer, "0123456789", 10), CH_OK);
    CHECK_EQUAL(ch_buffer_write(&buffer, buffer.data + 5, 5), CH_OK);
    CHECK_EQUAL(ch_buffer_write(&buffer, NULL, 0), CH_OK);
    CHECK_EQUAL(ch_buffer_write(&buffer, NULL, 1), CH_EINVAL);
    CHECK_EQUAL(ch_buffer_write(&buffer, buffer.data, 50), CH_EFULL);
    CH_OPAQUE(huge); /* else the compiler warns about what is tested */
    CHECK_EQUAL(ch_buffer_write(&buffer, buffer.data, huge), CH_EFULL);
    ch_buffer_read(&buffer, &bytes, &size);
    CHECK_EQUAL(size, 15);
    CHECK_BYTES(bytes, "012345678956789", 15);
    CHECK(ch_buffer_space(&buffer) == buffer.data + 15);
    CHECK_EQUAL(ch_buffer_commit(&buffer, 50), CH_ERANGE);
    CHECK_EQUAL(ch_buffer_commit(&buffer, SIZE_MAX), CH_ERANGE);
    CHECK_EQUAL(ch_buffer_commit(&buffer, 49), CH_OK);
    CHECK_EQUAL(ch_buffer_remaining(&buffer), 0);
    CHECK(ch_buffer_space(&buffer) == NULL);
    CHECK_EQUAL(ch_buffer_write(&buffer, "", 1), CH_EFULL);
    ch_buffer_reset(&buffer, false);
    CHECK_BYTES(buffer.data, "01234", 5);
    ch_buffer_reset(&buffer, true);
    CHECK(buffer.length == 0 && rig_is_filled(buffer.data, 64, 0));
    CHECK(world_end(&world));
}

/* ---- Misuse ---------------------------------------------------------------------------------- */

TEST(bufpool_every_wrong_release_has_its_own_status_and_changes_nothing) { /* M3 M4 M44 */
    FOR_BOTH(twin) {
        static CH_ALIGNED(64) uint8_t block[8192];
        static ch_bufpool other;
        ch_bufpool *pool = start(twin, false);
        ch_bufpool_options options = {.classes = CLASSES, .class_count = 3};
        ch_buffer kept = {0};
        ch_buffer gone = {0};
        ch_buffer foreign = {0};
        ch_buffer none = {0};
        CHECK_EQUAL(ch_bufpool_init(&other, block, sizeof block, &options), CH_OK);
        CHECK_EQUAL(ch_bufpool_acquire(&other, &foreign, 10), CH_OK);
        CHECK_EQUAL(ch_bufpool_acquire(pool, &kept, 10), CH_OK);
        CHECK_EQUAL(ch_bufpool_acquire(pool, &gone, 10), CH_OK);
        ch_buffer copy = gone;
        ch_buffer moved = kept;
        moved.data++;
        CHECK_EQUAL(ch_bufpool_release(pool, &gone), CH_OK);
        CHECK(world_is_none(&gone));
        CHECK(world_is_refused(&world, &copy, CH_ESTALE));
        CHECK(world_is_refused(&world, &gone, CH_EFOREIGN));
        CHECK(world_is_refused(&world, &none, CH_EFOREIGN));
        CHECK(world_is_refused(&world, &foreign, CH_EFOREIGN));
        CHECK(world_is_refused(&world, &moved, CH_EINTERIOR));
        CHECK_EQUAL(ch_bufpool_reset(pool), CH_OK);
        CHECK(world_is_refused(&world, &kept, CH_ESTALE));
        CHECK_EQUAL(ch_bufpool_check(pool, NULL), CH_OK);
        CHECK_EQUAL(ch_bufpool_release(&other, &foreign), CH_OK);
        CHECK_EQUAL(ch_bufpool_fini(&other), CH_OK);
        CHECK(world_end(&world));
    }
}

static void *call_all(void *context) {
    ch_buffer *lent = context;
    ch_buffer buffer = {0};
    CHECK_EQUAL(ch_bufpool_acquire(&world.pool, &buffer, 10), CH_ETHREAD);
    CHECK(rig_misused(&world.pool, CH_ETHREAD) && world_is_none(&buffer));
    CHECK_EQUAL(ch_bufpool_release(&world.pool, lent), CH_ETHREAD);
    CHECK(rig_misused(&world.pool, CH_ETHREAD) && lent->data != NULL);
    CHECK_EQUAL(ch_bufpool_reset(&world.pool), CH_ETHREAD);
    CHECK(rig_misused(&world.pool, CH_ETHREAD));
    return NULL;
}

TEST(bufpool_calls_from_another_thread_are_misuse_in_verify_builds) { /* M4 M6 */
    if (chi_thread_token() == NULL) {
        ch_test_skip("threads are told apart in verify builds only");
        return;
    }
    FOR_BOTH(twin) {
        ch_bufpool *pool = start(twin, false);
        ch_buffer lent = {0};
        pthread_t thread;
        CHECK_EQUAL(ch_bufpool_acquire(pool, &lent, 10), CH_OK);
        CHECK(pthread_create(&thread, NULL, call_all, &lent) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK_EQUAL(ch_bufpool_release(pool, &lent), CH_OK);
        CHECK(world_end(&world));
    }
}

/* ---- Figures and self-check ------------------------------------------------------------------ */

TEST(bufpool_json_tells_what_happened_at_every_length) { /* M9 M45 */
    static const char want[] =
        "{\"object\":\"bufpool\",\"name\":\"a \\\"b\\\"\",\"capacity\":5,\"in_use\":2,"
        "\"available\":3,\"acquires\":3,\"requested_bytes\":65,\"given_bytes\":428,\"failures\":1,"
        "\"too_large\":1,\"fall_throughs\":1,\"source_calls\":0,\"utilization\":0.400000,"
        "\"classes\":[{\"size_bytes\":64,\"capacity\":2,\"in_use\":1,\"available\":1,\"peak\":2,"
        "\"acquires\":2,\"requested_bytes\":0,\"given_bytes\":128,\"failures\":0,"
        "\"fall_throughs\":0,\"utilization\":0.500000},"
        "{\"size_bytes\":256,\"capacity\":0,\"in_use\":0,\"available\":0,\"peak\":0,"
        "\"acquires\":0,\"requested_bytes\":0,\"given_bytes\":0,\"failures\":0,"
        "\"fall_throughs\":1,\"utilization\":0.000000},"
        "{\"size_bytes\":300,\"capacity\":3,\"in_use\":1,\"available\":2,\"peak\":1,"
        "\"acquires\":1,\"requested_bytes\":65,\"given_bytes\":300,\"failures\":0,"
        "\"fall_throughs\":0,\"utilization\":0.333333}]}";
    ch_bufpool *pool = start(false, false);
    char text[sizeof want];
    ch_buffer one = {0};
    ch_buffer two = {0};
    CHECK_EQUAL(ch_bufpool_acquire(pool, &one, 0), CH_OK);
    CHECK_EQUAL(ch_bufpool_acquire(pool, &two, 0), CH_OK);
    CHECK_EQUAL(ch_bufpool_release(pool, &one), CH_OK);
    CHECK_EQUAL(ch_bufpool_acquire(pool, &two, 65), CH_OK);
    CHECK_EQUAL(ch_bufpool_acquire(pool, &two, 301), CH_ERANGE);
    for (size_t size = 0; size <= sizeof want; size++) {
        memset(text, 'x', sizeof text);
        CHECK_EQUAL(ch_bufpool_stats_json(pool, text, size), sizeof want - 1);
        size_t kept = size == 0 ? 0 : size - 1;
        CHECK(memcmp(text, want, kept) == 0 && (size == 0 || text[kept] == 0));
    }
    CHECK(world_end(&world));
    CHECK_EQUAL(ch_bufpool_stats_json(pool, text, sizeof text), 4);
    CHECK_TEXT(text, "null");
}

/* Flips each byte of an object in turn; the check must see it. */
static void check_flips(const ch_bufpool *pool, void *bytes, size_t from, size_t to) {
    uint8_t *at = bytes;
    for (size_t i = from; i < to; i++) {
        unsigned invariant = 0;
        at[i] ^= 1;
        if (!CHECK_EQUAL(ch_bufpool_check(pool, &invariant), CH_ECORRUPT)) {
            CHECK_EQUAL((uintptr_t)bytes - (uintptr_t)pool + i,
                        SIZE_MAX); /* prints which byte it was */
        }
        CHECK(invariant >= 1 && invariant <= 4);
        at[i] ^= 1;
    }
    CHECK_EQUAL(ch_bufpool_check(pool, NULL), CH_OK);
}

TEST(bufpool_check_sees_every_flipped_byte) { /* M7 */
    FOR_BOTH(twin) {
        ch_bufpool *pool = start(twin, false);
        ch_buffer lent[2] = {0};
        for (size_t i = 0; i < 2; i++) {
            CHECK_EQUAL(ch_bufpool_acquire(pool, &lent[i], 1), CH_OK);
        }
        for (size_t i = 2; i > 0; i--) { /* the first is the spare one then */
            CHECK_EQUAL(ch_bufpool_release(pool, &lent[i - 1]), CH_OK);
        }
        chi_bufpool_class *lender = &pool->classes[0];
        for (size_t i = 0; i <= CH_BUFPOOL_CLASSES_MAX; i++) {
            bool there = i == 0 || i == 2;
            size_t tally = offsetof(chi_bufpool_class, tally); /* can be anything */
            size_t end = there ? tally : offsetof(chi_bufpool_class, size_bytes);
            size_t from = there ? 0 : offsetof(chi_bufpool_class, free_end);
            check_flips(pool, &pool->classes[i], from, end);
        }
        check_flips(pool, pool->sizes, 0, sizeof pool->sizes);
        check_flips(pool, &pool->counts[0], 0, offsetof(chi_bufpool_counts, held_count));
        check_flips(pool, pool, offsetof(ch_bufpool, owner), sizeof *pool);
        check_flips(pool, lender->free_base, 0, sizeof(void *));
        check_flips(pool, &lender->slots[1], offsetof(chi_buffer_slot, place),
                    sizeof(chi_buffer_slot));
        if (!twin) {
            check_flips(pool, lender->slots, 0, sizeof(uint8_t *));
        }
        CHECK(world_end(&world));
    }
}

/* ---- Tools ----------------------------------------------------------------------------------- */

#ifdef CHI_HAVE_ASAN
enum { TOOL_SEES = 1 };
#else
enum { TOOL_SEES = 0 };
#endif

static void touch(void *context) {
    *(volatile uint8_t *)context = 1;
}

static bool faults(uint8_t *at) {
    return ch_test_child_dies(touch, at, NULL, 0);
}

TEST(bufpool_misuse_of_bytes_faults_under_asan_only) { /* M8 */
    ch_bufpool *pool = start(false, false);
    ch_buffer first = {0};
    ch_buffer buffer = {0};
    CHECK_EQUAL(ch_bufpool_acquire(pool, &first, 64), CH_OK);
    CHECK_EQUAL(ch_bufpool_acquire(pool, &buffer, 64), CH_OK);
    uint8_t *data = buffer.data;
    CHECK(!faults(data) && !faults(data + 63));
    CHECK_EQUAL(faults(data + 64), TOOL_SEES);
    CHECK_EQUAL(faults(data - 1), TOOL_SEES);
    CHECK_EQUAL(ch_bufpool_release(pool, &buffer), CH_OK);
    CHECK_EQUAL(faults(data), TOOL_SEES);
    CHECK_EQUAL(ch_bufpool_reset(pool), CH_OK);
    CHECK_EQUAL(faults(first.data), TOOL_SEES);
    CHECK_EQUAL(ch_bufpool_fini(pool), CH_OK);
    CHECK(!faults(data)); /* its owner's again */
    CHECK(world_end(&world));
}
