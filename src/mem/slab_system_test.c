/* slab_system_test.c: slabs and what lies outside them: sources, parents and systems that refuse,
 * other processes and threads, memory checkers, trackers, and pages after long use. */
#define _GNU_SOURCE
#include "mem/slab_rig.h"

#include <pthread.h>
#include <sys/resource.h>

#include "harness.h"
#include "mem/death_rig.h"

static slab_world world;

static const size_t SIZES[] = {16, 48, 128, 1024};
static const size_t COUNTS[] = {4, 3, 2, 2};

static ch_slab *start(world_kind kind, ch_slab_oversize oversize) {
    ch_slab_options options = {.sizes = SIZES,
                               .class_count = 4,
                               .counts = COUNTS,
                               .oversize = oversize,
                               .name = "outside"};
    CH_REQUIRE(world_begin(&world, &options, kind));
    return &world.slab;
}

/* ---- Refusals -------------------------------------------------------------------------------- */

/* malloc, but for one call. */
typedef struct failing_source {
    uint64_t calls;
    uint64_t fails_at;
    size_t live;
} failing_source;

static void *failing_alloc(void *user, size_t size_bytes, size_t align) {
    failing_source *source = user;
    void *block = NULL;
    if (++source->calls == source->fails_at || posix_memalign(&block, align, size_bytes) != 0) {
        return NULL;
    }
    source->live++;
    return block;
}

static ch_status failing_free(void *user, void *block, size_t size_bytes) {
    failing_source *source = user;
    (void)size_bytes;
    source->live--;
    free(block);
    return CH_OK;
}

/* The same program each time; its acquires fail exactly where the source does. */
static void run_on_failing_source(ch_slab *slab, const failing_source *source) {
    static const size_t sizes[] = {10, 2000, 40, 100, 5000, 1};
    void *live[6] = {0};
    size_t in_use = 0;
    for (size_t step = 0; step < 24; step++) {
        void **place = &live[step * 5 % 6];
        if (*place != NULL) {
            CHECK_EQUAL(ch_slab_release(slab, *place), CH_OK);
            *place = NULL;
            in_use--;
            continue;
        }
        ch_slab_figures before;
        ch_slab_figures after;
        void *block = live;
        CHECK_EQUAL(ch_slab_stats(slab, &before), CH_OK);
        ch_status got = ch_slab_acquire_try(slab, &block, sizes[step % 6]);
        if (source->calls == source->fails_at && got != CH_OK) {
            CHECK_EQUAL(got, CH_ENOMEM);
            CHECK_EQUAL(ch_slab_stats(slab, &after), CH_OK);
            CHECK(block == live && after.in_use == in_use && after.acquires == before.acquires);
            CHECK_EQUAL(after.failures, before.failures + 1);
            block = ch_slab_acquire(slab, sizes[step % 6]); /* the next call succeeds */
            CHECK(block != NULL);
        }
        *place = block;
        in_use++;
        CHECK_EQUAL(ch_slab_check(slab, NULL), CH_OK);
    }
}

TEST(slab_survives_a_source_or_parent_that_fails_at_any_call) { /* M40 M76 */
    static CH_ALIGNED(64) uint8_t memory[65536];
    static const size_t six[] = {6, 6, 6, 6};
    for (unsigned twin = 0; twin < 2; twin++) {
        bool reached = true;
        for (uint64_t k = 1; reached; k++) {
            failing_source source = {.fails_at = k};
            ch_allocator heap = {.alloc = failing_alloc, .free = failing_free, .user = &source};
            ch_slab_options options = {.sizes = SIZES,
                                       .class_count = 4,
                                       .counts = six,
                                       .oversize = CH_SLAB_OVERSIZE_PARENT,
                                       .oversize_count = 6,
                                       .parent = heap};
            ch_slab slab;
            ch_status status =
                twin != 0 ? ch_slab_init_twin(&slab, memory, sizeof memory, &options, &heap)
                          : ch_slab_init(&slab, memory, sizeof memory, &options);
            CHECK(status == CH_OK && source.calls == 0);
            run_on_failing_source(&slab, &source);
            reached = source.calls >= k;
            CHECK(reached || k > 4);
            CHECK_EQUAL(ch_slab_fini(&slab), CH_OK);
            CHECK_EQUAL(source.live, 0);
        }
    }
}

static size_t data_bytes(void) {
    char line[128];
    size_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && kib == 0 && fgets(line, sizeof line, file) != NULL) {
        (void)sscanf(line, "VmData: %zu", &kib);
    }
    CH_REQUIRE(file != NULL && fclose(file) == 0);
    return kib << 10;
}

/* The system refuses to commit more than `context` bytes, then gives in. */
static void run_out_of_data(void *context) {
    const size_t *spare = context;
    const size_t used = data_bytes();
    ch_slab_options options = {.table = CH_SLAB_28};
    ch_region_options space = {.size_bytes = (size_t)64 << 20};
    ch_region region;
    ch_slab slab;
    void *block = NULL;
    struct rlimit old;
    CH_REQUIRE(ch_region_reserve(&region, &space) == CH_OK);
    CH_REQUIRE(ch_slab_init_region(&slab, &region, &options) == CH_OK);
    CH_REQUIRE(getrlimit(RLIMIT_DATA, &old) == 0);
    struct rlimit limit = {.rlim_cur = used + *spare, .rlim_max = old.rlim_max};
    CH_REQUIRE(setrlimit(RLIMIT_DATA, &limit) == 0);
    size_t count = 0;
    while (ch_slab_acquire_try(&slab, &block, 4096) == CH_OK) {
        memset(block, 1, 4096);
        count++;
    }
    void *last = block;
    CH_REQUIRE(ch_slab_acquire_try(&slab, &block, 4096) == CH_ENOMEM && block == last);
    CH_REQUIRE(ch_slab_check(&slab, NULL) == CH_OK);
    CH_REQUIRE(count == 0 || ch_slab_release(&slab, last) == CH_OK);
    CH_REQUIRE(count == 0 || ch_slab_acquire(&slab, 4096) == last);
    CH_REQUIRE(setrlimit(RLIMIT_DATA, &old) == 0);
    CH_REQUIRE(ch_slab_acquire(&slab, 100) != NULL && ch_slab_check(&slab, NULL) == CH_OK);
    CH_REQUIRE(ch_slab_fini(&slab) == CH_OK && ch_region_fini(&region) == CH_OK);
}

TEST(slab_survives_a_system_that_refuses_pages_at_any_step) { /* M38 M76 */
    if (RIG_SLOW || ch_test_is_emulated()) {
        ch_test_skip("limits are not the kernel's, or the sanitizer's own memory counts");
        return;
    }
    for (size_t spare = (size_t)1 << 18; spare <= (size_t)16 << 20; spare *= 2) {
        char text[4096] = {0};
        CHECK(!ch_test_child_dies(run_out_of_data, &spare, text, sizeof text));
    }
}

/* The block of a parent may lie where one of the twin's was. */
static uint8_t *shared_block;

static void *shared_alloc(void *user, size_t size_bytes, size_t align) {
    (void)user;
    (void)size_bytes;
    (void)align;
    return shared_block;
}

static ch_status shared_free(void *user, void *block, size_t size_bytes) {
    (void)user;
    (void)size_bytes;
    CHECK(block == shared_block);
    return CH_OK;
}

TEST(slab_twin_takes_back_oversize_blocks_that_lie_in_old_ones) { /* M40 */
    static CH_ALIGNED(64) uint8_t memory[16384];
    static CH_ALIGNED(64) uint8_t bytes[8192];
    ch_allocator heap = {.alloc = shared_alloc, .free = shared_free};
    ch_slab_options options = {.sizes = SIZES,
                               .class_count = 4,
                               .counts = COUNTS,
                               .oversize = CH_SLAB_OVERSIZE_PARENT,
                               .oversize_count = 1,
                               .parent = heap};
    ch_slab slab;
    CHECK_EQUAL(ch_slab_init_twin(&slab, memory, sizeof memory, &options, &heap), CH_OK);
    for (size_t inside = 0; inside < 2; inside++) {
        shared_block = bytes;
        void *old = ch_slab_acquire(&slab, 1000);
        CHECK_EQUAL(ch_slab_release(&slab, old), CH_OK);
        shared_block = bytes + 64 * inside;
        void *big = ch_slab_acquire(&slab, 5000);
        CHECK(big == shared_block && ch_slab_usable_size(&slab, big) == 5000);
        CHECK_EQUAL(ch_slab_release_sized(&slab, big, 5000), CH_OK);
    }
    CHECK_EQUAL(ch_slab_check(&slab, NULL), CH_OK);
    CHECK_EQUAL(ch_slab_fini(&slab), CH_OK);
}

/* ---- Long use -------------------------------------------------------------------------------- */

enum { LIVE = 3000, PAGES = 40 };

static void *live_blocks[PAGES * 4096];

static size_t fill(ch_slab *slab, size_t size_bytes) {
    size_t count = 0;
    for (void *block; (block = ch_slab_acquire(slab, size_bytes)) != NULL;) {
        live_blocks[count++] = block;
    }
    return count;
}

static size_t pages_touched_by(ch_slab *slab, uint64_t rounds) {
    memset(live_blocks, 0, LIVE * sizeof *live_blocks);
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t random = ch_test_random();
        void **place = &live_blocks[random % LIVE];
        if (*place != NULL) {
            CHECK_EQUAL(ch_slab_release(slab, *place), CH_OK);
        }
        size_t largest = (size_t)16 << (random >> 20) % 8; /* sizes of each octave alike */
        *place = ch_slab_acquire(slab, 1 + (random >> 32) % largest);
        CHECK(*place != NULL);
    }
    return slab->pages_touched;
}

TEST(slab_pages_all_come_back_whatever_the_fragments) { /* M38 M82 */
    static const size_t fills[] = {16, 4096, 112, 1024, 16, 640};
    ch_slab_options options = {.table = CH_SLAB_28};
    ch_region_options space = {.size_bytes = ch_slab_paged_footprint(&options, PAGES)};
    ch_region region;
    ch_slab slab;
    CHECK_EQUAL(ch_region_reserve(&region, &space), CH_OK);
    CHECK_EQUAL(ch_slab_init_region(&slab, &region, &options), CH_OK);
    size_t pages = slab.config.page_count;
    const uint64_t rounds = ch_test_cases(1000000, RIG_SLOW || chi_checked() ? 100000 : 1000000);
    size_t early = pages_touched_by(&slab, rounds / 10);
    for (size_t i = 0; i < LIVE; i++) {
        CHECK(live_blocks[i] == NULL || ch_slab_release(&slab, live_blocks[i]) == CH_OK);
    }
    size_t late = pages_touched_by(&slab, rounds);
    CHECK(early < PAGES && late < PAGES && late <= early + 12); /* a page per class or less */
    CHECK_EQUAL(ch_slab_check(&slab, NULL), CH_OK);
    for (size_t i = 0; i < LIVE; i++) {
        CHECK(live_blocks[i] == NULL || ch_slab_release(&slab, live_blocks[i]) == CH_OK);
    }
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
        size_t slots = slab.bins[ch_slab_class_of(&slab, fills[i])].slots;
        size_t count = fill(&slab, fills[i]);
        CHECK_EQUAL(count, pages * slots);   /* the limit is exact and no page is withheld */
        for (size_t k = 0; k < count; k++) { /* every seventh first, then the others */
            size_t at = k * 7 % count;
            at = count % 7 == 0 ? k : at;
            CHECK(ch_slab_release(&slab, live_blocks[at]) == CH_OK);
        }
        CHECK_EQUAL(ch_slab_check(&slab, NULL), CH_OK);
    }
    CHECK_EQUAL(ch_slab_fini(&slab), CH_OK);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}

/* ---- Processes and threads ------------------------------------------------------------------- */

/* Prints a hash over the offsets that random calls from a fixed seed give. */
static void tell_offsets(void *context) {
    const world_kind *kind = context;
    ch_slab *slab = start(*kind, CH_SLAB_OVERSIZE_ERROR);
    uint8_t *live[8] = {0};
    uint64_t state = 1;
    uint64_t hash = 0xcbf29ce484222325u;
    for (unsigned call = 0; call < 100000; call++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint8_t **place = &live[state >> 61];
        if (*place != NULL) {
            CH_REQUIRE(ch_slab_release(slab, *place) == CH_OK);
        }
        *place = ch_slab_acquire(slab, (size_t)(state >> 33) % 1025);
        uint64_t offset = *place == NULL ? 1 : (uint64_t)(*place - slab->area);
        hash = (hash ^ offset) * 0x100000001b3u;
    }
    CH_REQUIRE(world_end(&world));
    fprintf(stderr, "%016llx\n", (unsigned long long)hash);
}

TEST(slab_equal_calls_in_two_processes_give_equal_offsets) { /* M11 */
    for (world_kind kind = WORLD_STATIC; kind < WORLD_TWIN; kind++) {
        char first[64];
        char second[64];
        CHECK(!ch_test_child_dies(tell_offsets, &kind, first, sizeof first));
        CHECK(!ch_test_child_dies(tell_offsets, &kind, second, sizeof second));
        CHECK_EQUAL(strlen(first), 17);
        CHECK_TEXT(first, second);
    }
}

static size_t watch_ends;
static size_t watch_saw; /* something acquired */

/* Asks for figures while the owner works; each of them is within what is possible. */
static void *watch(void *context) {
    bool *right = context;
    while (__atomic_load_n(&watch_ends, __ATOMIC_ACQUIRE) == 0) {
        ch_slab_class_figures one;
        *right = *right && ch_slab_class_stats(&world.slab, &one, 1) == CH_OK &&
                 one.size_bytes == 48 && one.peak <= 3 && one.in_use <= 4096;
        __atomic_store_n(&watch_saw, one.acquires > 0, __ATOMIC_RELAXED);
    }
    return NULL;
}

TEST(slab_figures_may_be_read_by_another_thread) { /* M6 M9 */
    for (world_kind kind = WORLD_STATIC; kind < WORLD_TWIN; kind++) {
        ch_slab *slab = start(kind, CH_SLAB_OVERSIZE_ERROR);
        bool right = true;
        pthread_t thread;
        watch_ends = 0;
        watch_saw = 0;
        CH_REQUIRE(pthread_create(&thread, NULL, watch, &right) == 0);
        const unsigned rounds = RIG_SLOW ? 20000 : 200000;
        for (unsigned round = 0;
             round < rounds || __atomic_load_n(&watch_saw, __ATOMIC_RELAXED) == 0; round++) {
            void *blocks[3];
            for (size_t i = 0; i < 3; i++) {
                blocks[i] = ch_slab_acquire(slab, 40);
            }
            for (size_t i = 0; i < 3; i++) {
                CHECK(ch_slab_release(slab, blocks[i]) == CH_OK);
            }
        }
        __atomic_store_n(&watch_ends, 1, __ATOMIC_RELEASE);
        CHECK_EQUAL(pthread_join(thread, NULL), 0);
        CHECK(right);
        CHECK(world_end(&world));
    }
}

/* ---- Memory checkers ------------------------------------------------------------------------- */

static volatile uint8_t *first;
static volatile uint8_t *second;

static void begin_two_blocks(world_kind kind) {
    ch_slab *slab = start(kind, CH_SLAB_OVERSIZE_ERROR);
    first = ch_slab_acquire(slab, 48);
    second = ch_slab_acquire(slab, 48);
}

static void overflow_by_one(void *unused) {
    (void)unused;
    begin_two_blocks(WORLD_STATIC);
    first[48] = 1;
}

static void overflow_by_one_in_a_page(void *unused) {
    (void)unused;
    begin_two_blocks(WORLD_PAGED);
    first[48] = 1;
}

static void underflow_by_one(void *unused) {
    (void)unused;
    begin_two_blocks(WORLD_STATIC);
    second[-1] = 1;
}

static void use_after_release(void *unused) {
    (void)unused;
    begin_two_blocks(WORLD_STATIC);
    CHECK_EQUAL(ch_slab_release(&world.slab, (void *)(uintptr_t)first), CH_OK);
    first[0] = 1;
}

static void use_after_release_in_a_page(void *unused) {
    (void)unused;
    begin_two_blocks(WORLD_PAGED);
    CHECK_EQUAL(ch_slab_release_sized(&world.slab, (void *)(uintptr_t)first, 40), CH_OK);
    first[0] = 1;
}

static void use_after_reset(void *unused) {
    (void)unused;
    begin_two_blocks(WORLD_STATIC);
    CHECK_EQUAL(ch_slab_reset(&world.slab), CH_OK);
    second[47] = 1;
}

TEST(slab_misplaced_accesses_die_under_a_memory_checker) { /* M8 */
    const death_body bodies[] = {overflow_by_one,  overflow_by_one_in_a_page,
                                 underflow_by_one, use_after_release,
                                 use_after_reset,  use_after_release_in_a_page};
    death_check("slab_misplaced_accesses_die_under_a_memory_checker", bodies, 6);
}

/* ---- Trackers -------------------------------------------------------------------------------- */

static CH_ALIGNED(64) uint8_t tracker_memory[1 << 16];
static ch_tracker tracker;

static void start_tracker(void) {
    const ch_tracker_options options = {.sites_max = 16, .live_max = 16};
    CHECK_EQUAL(ch_tracker_init(&tracker, tracker_memory, sizeof tracker_memory, &options), CH_OK);
}

static ch_track_kind_figures noted(void) {
    ch_tracker_figures figures;
    CHECK_EQUAL(ch_tracker_stats(&tracker, &figures), CH_OK);
    CHECK_EQUAL(ch_tracker_check(&tracker, NULL), CH_OK);
    return figures.kinds[CH_TRACK_POOL];
}

static CH_NOINLINE void *acquire_here(ch_slab *slab, size_t size_bytes) {
    void *block = ch_slab_acquire(slab, size_bytes);
    CHECK(block != NULL);
    return block;
}

TEST(slab_tracker_books_blocks_on_who_acquired_them) { /* M41 M71 M72 */
    for (world_kind kind = WORLD_STATIC; kind < WORLD_KINDS; kind++) {
        size_t count = 0;
        start_tracker();
        ch_slab *slab = start(kind, CH_SLAB_OVERSIZE_PARENT);
        CHECK_EQUAL(ch_slab_track(slab, &tracker), CH_OK);
        void *small = acquire_here(slab, 10);
        void *middle = acquire_here(slab, 40);
        void *big = acquire_here(slab, 3000);
        void *none = NULL;
        CHECK_EQUAL(ch_slab_acquire_try(slab, &none, SIZE_MAX), CH_ENOMEM);
        CHECK_EQUAL(ch_slab_release(slab, small), CH_OK);
        CHECK_EQUAL(ch_slab_release_sized(slab, big, 3000), CH_OK);
        const ch_track_site *sites = ch_tracker_sites(&tracker, &count);
        if (CHECK_EQUAL(count, 1)) {
            CHECK((uintptr_t)sites[0].address - (uintptr_t)acquire_here < 4096);
            CHECK_EQUAL(sites[0].count, 3);
            CHECK_EQUAL(sites[0].releases, 2);
            CHECK_EQUAL(sites[0].total_bytes, 16 + 48 + 3000);
            CHECK_EQUAL(sites[0].current_bytes, 48);
        }
        ch_track_kind_figures figures = noted();
        CHECK_EQUAL(figures.acquisitions, 3);
        CHECK_EQUAL(figures.exhausted, 1);
        CHECK_EQUAL(ch_slab_usable_size(slab, middle), 48);
        CHECK_EQUAL(ch_slab_reset(slab), CH_OK);
        CHECK_EQUAL(noted().released_bytes, 16 + 3000 + 48);
        (void)acquire_here(slab, 1024);
        CHECK(world_end(&world));
        CHECK_EQUAL(noted().released_bytes, 16 + 3000 + 48 + 1024);
        CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
    }
}

TEST(slab_unbound_from_its_tracker_has_its_fast_paths_back) { /* M71 M75 */
    for (world_kind kind = WORLD_STATIC; kind < WORLD_KINDS; kind++) {
        start_tracker();
        ch_slab blank = {0};
        CHECK_EQUAL(ch_slab_track(NULL, &tracker), CH_EINVAL);
        CHECK_EQUAL(ch_slab_track(&blank, &tracker), CH_ESTATE);
        ch_slab *slab = start(kind, CH_SLAB_OVERSIZE_ERROR);
        size_t fast = slab->fast_sizes + slab->paged_sizes;
        void *one = ch_slab_acquire(slab, 40);
        void *two = ch_slab_acquire(slab, 40);
        CHECK_EQUAL(ch_slab_release(slab, one), CH_OK);
        CHECK_EQUAL(ch_slab_track(slab, &tracker), CH_OK);
        CHECK(slab->fast_sizes + slab->paged_sizes + slab->fast_bytes + slab->paged_bytes == 0);
        CHECK_EQUAL(ch_slab_check(slab, NULL), CH_OK);
        CHECK(kind == WORLD_TWIN || ch_slab_acquire(slab, 40) == one); /* still the last first */
        CHECK_EQUAL(noted().acquisitions, kind != WORLD_TWIN);
        CHECK_EQUAL(ch_slab_track(slab, NULL), CH_OK);
        CHECK_EQUAL(slab->fast_sizes + slab->paged_sizes, fast);
        CHECK_EQUAL(ch_slab_release(slab, two), CH_OK);
        CHECK_EQUAL(noted().releases, 0);
        CHECK_EQUAL(ch_slab_check(slab, NULL), CH_OK);
        CHECK(world_end(&world));
        CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
    }
}
