/* slab_info_test.c: figures, JSON, allocator, self-check, determinism and what memory checkers see
 * of slabs. */
#define _GNU_SOURCE
#include "mem/slab_rig.h"

#include <pthread.h>

#include "harness.h"
#include "mem/checked.h"

static slab_world world;

static const size_t SIZES[] = {16, 48};
static const size_t COUNTS[] = {4, 3};

static ch_slab *start(world_kind kind) {
    ch_slab_options options = {.sizes = SIZES,
                               .class_count = 2,
                               .counts = COUNTS,
                               .oversize = CH_SLAB_OVERSIZE_PARENT,
                               .name = "a \"b\""};
    CHECK(world_begin(&world, &options, kind));
    return &world.slab;
}

TEST(slab_json_tells_what_happened_at_every_length) { /* M9 M41 */
    static const char want[] =
        "{\"object\":\"slab\",\"name\":\"a \\\"b\\\"\",\"in_use\":2,\"largest_available\":48,"
        "\"pages\":0,\"pages_used\":0,\"acquires\":3,\"failures\":0,\"borrows\":0,"
        "\"requested_bytes\":50,\"given_bytes\":64,\"oversize_in_use\":1,\"oversize_bytes\":100,"
        "\"oversize_peak\":1,\"oversize_acquires\":1,\"refused_oversize\":0,\"source_calls\":0,"
        "\"fill\":0.781250,"
        "\"classes\":[{\"size_bytes\":16,\"capacity\":4,\"in_use\":0,\"peak\":1,\"pages\":0,"
        "\"acquires\":1,\"failures\":0,\"borrows\":0,\"requested_bytes\":10,\"given_bytes\":16,"
        "\"utilization\":0.000000},{\"size_bytes\":48,\"capacity\":3,\"in_use\":1,\"peak\":1,"
        "\"pages\":0,\"acquires\":1,\"failures\":0,\"borrows\":0,\"requested_bytes\":40,"
        "\"given_bytes\":48,\"utilization\":0.333333}]}";
    ch_slab *slab = start(WORLD_STATIC);
    char text[sizeof want];
    void *small = ch_slab_acquire(slab, 10);
    CHECK(ch_slab_acquire(slab, 40) != NULL && ch_slab_acquire(slab, 100) != NULL);
    CHECK_EQUAL(ch_slab_release(slab, small), CH_OK);
    for (size_t size = 0; size <= sizeof want; size++) {
        memset(text, 'x', sizeof text);
        CHECK_EQUAL(ch_slab_stats_json(slab, text, size), sizeof want - 1);
        size_t kept = size == 0 ? 0 : size - 1;
        CHECK(memcmp(text, want, kept) == 0 && (size == 0 || text[kept] == 0));
    }
    CHECK(world_end(&world));
    CHECK_EQUAL(ch_slab_stats_json(slab, text, sizeof text), 4);
    CHECK_TEXT(text, "null");
}

TEST(slab_stats_have_a_row_per_class) { /* M9 M41 */
    ch_slab *slab = start(WORLD_PAGED);
    ch_slab_class_figures one;
    ch_slab_figures all;
    CHECK_EQUAL(ch_slab_class_stats(slab, &one, 2), CH_ERANGE);
    void *block = ch_slab_acquire(slab, 48);
    CHECK_EQUAL(ch_slab_class_stats(slab, &one, 1), CH_OK);
    CHECK_EQUAL(one.pages, 1);
    CHECK_EQUAL(one.capacity, slab->bins[1].slots);
    CHECK_EQUAL(one.in_use, 1);
    CHECK_EQUAL(ch_slab_release(slab, block), CH_OK);
    CHECK_EQUAL(ch_slab_stats(slab, &all), CH_OK);
    CHECK_EQUAL(all.pages, WORLD_PAGES);
    CHECK_EQUAL(all.pages_used, 0);
    CHECK_EQUAL(all.class_count, 2);
    CHECK(world_end(&world));
}

TEST(slab_counts_survive_the_end_of_their_short_words) {       /* M41 */
    const uint64_t rounds = chi_checked() ? 100000 : 20000000; /* the tally of a class: 2^24 */
    for (world_kind kind = WORLD_STATIC; kind < WORLD_TWIN; kind++) {
        ch_slab *slab = start(kind);
        ch_slab_class_figures one;
        for (uint64_t round = 0; round < rounds; round++) {
            void *block = ch_slab_acquire(slab, 47);
            CHECK(ch_slab_release(slab, block) == CH_OK);
        }
        CHECK_EQUAL(ch_slab_class_stats(slab, &one, 1), CH_OK);
        CHECK_EQUAL(one.acquires, rounds);
        CHECK_EQUAL(one.requested_bytes, rounds * 47);
        CHECK_EQUAL(one.given_bytes, rounds * 48);
        CHECK_EQUAL(one.peak, 1);
        CHECK(world_end(&world));
    }
}

TEST(slab_allocator_gives_the_alignment_that_is_asked_for) { /* M39 */
    for (world_kind kind = WORLD_STATIC; kind < WORLD_KINDS; kind++) {
        ch_slab *slab = start(kind);
        ch_allocator source = ch_slab_allocator(slab);
        void *block = source.alloc(source.user, 8, 16);
        CHECK(block != NULL && ch_slab_usable_size(slab, block) == 16);
        CHECK(source.alloc(source.user, 8, 32) == NULL);
        CHECK(source.alloc(source.user, 8, 128) == NULL);
        void *large = source.alloc(source.user, 1000, 64);
        CHECK(large != NULL && (uintptr_t)large % 64 == 0);
        CHECK(source.resize(source.user, block, 8, 16));
        CHECK(!source.resize(source.user, block, 16, 17));
        CHECK_EQUAL(source.free(source.user, block, 16), CH_OK);
        CHECK_EQUAL(source.free(source.user, large, 1000), CH_OK);
        CHECK_EQUAL(source.free(source.user, block, 16), CH_EDOUBLE);
        CHECK(rig_misused(slab, CH_EDOUBLE));
        CHECK(world_end(&world));
    }
}

/* ---- Self-check ------------------------------------------------------------------------------ */

static void check_flips(ch_slab *slab, void *bytes, size_t from, size_t to) {
    uint8_t *at = bytes;
    for (size_t i = from; i < to; i++) {
        unsigned invariant = 0;
        at[i] ^= 1;
        if (!CHECK_EQUAL(ch_slab_check(slab, &invariant), CH_ECORRUPT)) {
            CHECK_EQUAL(i, SIZE_MAX); /* prints which byte it was */
        }
        CHECK(invariant >= 1 && invariant <= 8);
        at[i] ^= 1;
    }
    CHECK_EQUAL(ch_slab_check(slab, NULL), CH_OK);
}

/* All but marks of words, which may promise too much, and the slot of a hint: another free block of
 * the page serves as well. */
static void check_page_flips(ch_slab *slab) {
    chi_slab_bin *bin = &slab->bins[0];
    check_flips(slab, bin, 0, offsetof(chi_slab_bin, tally));
    check_flips(slab, bin, offsetof(chi_slab_bin, drawn), offsetof(chi_slab_bin, idle));
    check_flips(slab, bin, offsetof(chi_slab_bin, stride_bytes), sizeof *bin);
    for (unsigned bit = 16; bit < 64; bit += 8) {
        bin->hints[0] ^= (uint64_t)1 << bit;
        CHECK_EQUAL(ch_slab_check(slab, NULL), CH_ECORRUPT);
        bin->hints[0] ^= (uint64_t)1 << bit;
    }
    for (size_t i = 0; i < 2; i++) {
        check_flips(slab, &slab->pages[i], 0, offsetof(chi_slab_page, summary));
        check_flips(slab, &slab->pages[i], offsetof(chi_slab_page, next),
                    offsetof(chi_slab_page, word));
    }
    for (size_t i = 0; i < 2; i++) {
        check_flips(slab, slab->pages[i].bits, 0, chi_slab_page_words(&slab->pages[i]) * 8);
    }
}

TEST(slab_check_sees_every_flipped_byte) { /* M7 */
    for (world_kind kind = WORLD_STATIC; kind < WORLD_KINDS; kind++) {
        ch_slab *slab = start(kind);
        void *first = ch_slab_acquire(slab, 16);
        CHECK(ch_slab_acquire(slab, 48) != NULL && ch_slab_acquire(slab, 100) != NULL);
        CHECK_EQUAL(ch_slab_release(slab, first), CH_OK);
        check_flips(slab, slab, 0, offsetof(ch_slab, pages_touched));
        check_flips(slab, slab, offsetof(ch_slab, stock), offsetof(ch_slab, stock) + 4);
        check_flips(slab, slab, offsetof(ch_slab, oversize_bytes),
                    offsetof(ch_slab, oversize_peak));
        check_flips(slab, slab, offsetof(ch_slab, owner), sizeof *slab);
        check_flips(slab, slab->counts, 0, offsetof(chi_slab_counts, count));
        check_flips(slab, (void *)(uintptr_t)slab->lookup, 0, 7);
        if (kind == WORLD_PAGED) {
            check_page_flips(slab);
        } else {
            check_flips(slab, slab->classes, 0, offsetof(chi_slab_class, tally));
            check_flips(slab, slab->classes[0].used, 0, 1);
            check_flips(slab, slab->classes[0].free_base, 0, 4);
        }
        CHECK(world_end(&world));
    }
}

TEST(slab_equal_calls_give_equal_offsets) { /* M11 */
    for (world_kind kind = WORLD_STATIC; kind < WORLD_TWIN; kind++) {
        uint64_t sums[2];
        for (size_t life = 0; life < 2; life++) {
            ch_slab *slab = start(kind);
            uint64_t state = 88172645463325252u;
            uint8_t *held[4] = {0};
            sums[life] = 0;
            for (size_t i = 0; i < 100000; i++) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                size_t at = state >> 62;
                if (held[at] != NULL) {
                    CHECK_EQUAL(ch_slab_release(slab, held[at]), CH_OK);
                }
                held[at] = ch_slab_acquire(slab, 48 - (state >> 40 & 47));
                bool full = held[at] == NULL;
                sums[life] = sums[life] * 31 + (full ? 1 : (size_t)(held[at] - slab->area));
            }
            CHECK(world_end(&world));
        }
        CHECK_EQUAL(sums[0], sums[1]);
    }
}

/* ---- Threads --------------------------------------------------------------------------------- */

static void *call_all(void *context) {
    void *out = &world;
    CHECK(ch_slab_acquire(&world.slab, 10) == NULL);
    CHECK(rig_misused(&world.slab, CH_ETHREAD));
    CHECK_EQUAL(ch_slab_acquire_try(&world.slab, &out, 10), CH_ETHREAD);
    CHECK(rig_misused(&world.slab, CH_ETHREAD) && out == &world);
    CHECK_EQUAL(ch_slab_release(&world.slab, context), CH_ETHREAD);
    CHECK(rig_misused(&world.slab, CH_ETHREAD));
    CHECK_EQUAL(ch_slab_release_sized(&world.slab, context, 10), CH_ETHREAD);
    CHECK(rig_misused(&world.slab, CH_ETHREAD));
    CHECK_EQUAL(ch_slab_resize(&world.slab, context, 10), CH_ETHREAD);
    CHECK(rig_misused(&world.slab, CH_ETHREAD));
    CHECK_EQUAL(ch_slab_reset(&world.slab), CH_ETHREAD);
    CHECK(rig_misused(&world.slab, CH_ETHREAD));
    return NULL;
}

TEST(slab_calls_from_another_thread_are_misuse_in_verify_builds) { /* M4 M6 */
    if (chi_thread_token() == NULL) {
        ch_test_skip("threads are told apart in verify builds only");
        return;
    }
    for (world_kind kind = WORLD_STATIC; kind < WORLD_KINDS; kind++) {
        ch_slab *slab = start(kind);
        void *block = ch_slab_acquire(slab, 10);
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, call_all, block) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK_EQUAL(ch_slab_check(slab, NULL), CH_OK);
        CHECK_EQUAL(ch_slab_release(slab, block), CH_OK);
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

TEST(slab_misuse_of_bytes_faults_under_asan_only) { /* M8 */
    for (world_kind kind = WORLD_STATIC; kind < WORLD_TWIN; kind++) {
        ch_slab *slab = start(kind);
        (void)ch_slab_acquire(slab, 48);
        uint8_t *block = ch_slab_acquire(slab, 48);
        CHECK(!faults(block) && !faults(block + 47));
        CHECK_EQUAL(faults(block + 48), TOOL_SEES);
        CHECK_EQUAL(faults(block - 1), TOOL_SEES);
        CHECK_EQUAL(ch_slab_release(slab, block), CH_OK);
        CHECK_EQUAL(faults(block), TOOL_SEES);
        block = ch_slab_acquire(slab, 16);
        CHECK(!faults(block));
        CHECK_EQUAL(ch_slab_reset(slab), CH_OK);
        CHECK_EQUAL(faults(block), TOOL_SEES);
        CHECK_EQUAL(ch_slab_fini(slab), CH_OK);
        CHECK(!faults(block)); /* its owner's again */
        CHECK(world_end(&world));
    }
}
