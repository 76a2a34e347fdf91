/* bufpool_system_test.c: buffer pools and what lies outside them: sources that refuse, other
 * processes and threads, memory checkers, trackers. */
#define _GNU_SOURCE
#include "mem/bufpool_rig.h"

#include <pthread.h>

#include "harness.h"
#include "mem/death_rig.h"

static bufpool_world world;

static const ch_bufpool_class CLASSES[] = {{64, 3}, {96, 2}, {512, 2}};

static ch_bufpool *start(bool twin) {
    ch_bufpool_options options = {.name = "outside"};
    CH_REQUIRE(world_begin(&world, CLASSES, 3, &options, twin));
    return &world.pool;
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

/* The same program each time; a loan fails only where the source does, and only if strict: else the
 * next class serves. */
static void run_on_failing_source(ch_bufpool *pool, const failing_source *source, bool strict) {
    static const size_t sizes[] = {10, 300, 70, 64, 90};
    ch_buffer live[5] = {0};
    for (size_t step = 0; step < 20; step++) {
        ch_buffer *one = &live[step * 3 % 5];
        if (one->data != NULL) {
            CHECK_EQUAL(ch_bufpool_release(pool, one), CH_OK);
            continue;
        }
        ch_bufpool_figures before;
        ch_bufpool_figures after;
        CHECK_EQUAL(ch_bufpool_stats(pool, &before), CH_OK);
        const uint64_t calls = source->calls;
        ch_status got = ch_bufpool_acquire(pool, one, sizes[step % 5]);
        bool hit = calls < source->fails_at && source->calls >= source->fails_at;
        CHECK_EQUAL(ch_bufpool_stats(pool, &after), CH_OK);
        CHECK_EQUAL(ch_bufpool_check(pool, NULL), CH_OK);
        if (got != CH_OK) {
            CHECK(hit && (strict || sizes[step % 5] == 300) && got == CH_ENOMEM);
            CHECK(world_is_none(one) && after.in_use == before.in_use);
            CHECK(after.failures == before.failures + 1 && after.acquires == before.acquires);
            CHECK_EQUAL(ch_bufpool_acquire(pool, one, sizes[step % 5]), CH_OK);
        } else {
            CHECK(!hit || after.fall_throughs == before.fall_throughs + 1);
        }
        CHECK(rig_is_filled(one->data, one->capacity, 0));
    }
}

TEST(bufpool_twin_survives_a_source_that_fails_at_any_call) { /* M42 M76 */
    static const ch_bufpool_class many[] = {{64, 6}, {96, 6}, {512, 6}};
    static CH_ALIGNED(64) uint8_t memory[4096];
    for (unsigned strict = 0; strict < 2; strict++) {
        bool reached = true;
        for (uint64_t k = 1; reached; k++) {
            failing_source source = {.fails_at = k};
            ch_allocator heap = {.alloc = failing_alloc, .free = failing_free, .user = &source};
            ch_bufpool_options options = {.classes = many, .class_count = 3, .strict = strict != 0};
            ch_bufpool pool;
            CHECK_EQUAL(ch_bufpool_init_twin(&pool, memory, sizeof memory, &options, &heap), CH_OK);
            CHECK_EQUAL(source.calls, 0);
            run_on_failing_source(&pool, &source, strict != 0);
            reached = source.calls >= k;
            CHECK(reached || k > 10);
            CHECK_EQUAL(ch_bufpool_fini(&pool), CH_OK);
            CHECK_EQUAL(source.live, 0);
        }
    }
}

/* ---- Processes and threads ------------------------------------------------------------------- */

/* Prints a hash over the offsets that random calls from a fixed seed give. */
static void tell_offsets(void *unused) {
    ch_bufpool *pool = start(false);
    ch_buffer live[8] = {0};
    uint64_t state = 1;
    uint64_t hash = 0xcbf29ce484222325u;
    (void)unused;
    for (unsigned call = 0; call < 100000; call++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        ch_buffer *one = &live[state >> 61];
        if (one->data != NULL) {
            CH_REQUIRE(ch_bufpool_release(pool, one) == CH_OK);
        }
        bool lent = ch_bufpool_acquire(pool, one, (size_t)(state >> 33) % 513) == CH_OK;
        uint64_t offset = lent ? (uint64_t)(one->data - (uint8_t *)world.memory) : 1;
        hash = (hash ^ offset) * 0x100000001b3u;
    }
    CH_REQUIRE(world_end(&world));
    fprintf(stderr, "%016llx\n", (unsigned long long)hash);
}

TEST(bufpool_equal_calls_in_two_processes_give_equal_offsets) { /* M11 */
    char first[64];
    char second[64];
    CHECK(!ch_test_child_dies(tell_offsets, NULL, first, sizeof first));
    CHECK(!ch_test_child_dies(tell_offsets, NULL, second, sizeof second));
    CHECK_EQUAL(strlen(first), 17);
    CHECK_TEXT(first, second);
}

static size_t watch_ends;

/* Asks for figures while the owner works; each of them is within what is possible. */
static void *watch(void *context) {
    bool *right = context;
    while (__atomic_load_n(&watch_ends, __ATOMIC_ACQUIRE) == 0) {
        ch_bufpool_class_figures one;
        *right = *right && ch_bufpool_class_stats(&world.pool, &one, 0) == CH_OK &&
                 one.capacity == 3 && one.peak <= 3 && one.in_use <= 3;
    }
    return NULL;
}

TEST(bufpool_figures_may_be_read_by_another_thread) { /* M6 M9 */
    ch_bufpool *pool = start(false);
    bool right = true;
    pthread_t thread;
    watch_ends = 0;
    CHECK_EQUAL(pthread_create(&thread, NULL, watch, &right), 0);
    for (unsigned round = 0; round < (RIG_SLOW ? 20000u : 200000u); round++) {
        ch_buffer lent[3] = {0};
        for (size_t i = 0; i < 3; i++) {
            CHECK(ch_bufpool_acquire(pool, &lent[i], 64) == CH_OK);
        }
        for (size_t i = 0; i < 3; i++) {
            CHECK(ch_bufpool_release(pool, &lent[i]) == CH_OK);
        }
    }
    __atomic_store_n(&watch_ends, 1, __ATOMIC_RELEASE);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK(right);
    CHECK(world_end(&world));
}

TEST(bufpool_counts_survive_the_end_of_their_short_words) { /* M45 */
    ch_bufpool *pool = start(false);
    ch_bufpool_class_figures one;
    const uint64_t rounds = 300000; /* the tally of a class has room for 2^17 loans */
    for (uint64_t round = 0; round < rounds; round++) {
        ch_buffer lent = {0};
        CHECK(ch_bufpool_acquire(pool, &lent, 65) == CH_OK);
        CHECK(ch_bufpool_release(pool, &lent) == CH_OK);
    }
    CHECK_EQUAL(ch_bufpool_class_stats(pool, &one, 1), CH_OK);
    CHECK_EQUAL(one.acquires, rounds);
    CHECK_EQUAL(one.requested_bytes, rounds * 65);
    CHECK_EQUAL(one.given_bytes, rounds * 96);
    CHECK_EQUAL(one.peak, 1);
    CHECK(world_end(&world));
}

/* ---- Memory checkers ------------------------------------------------------------------------- */

static ch_buffer first;
static ch_buffer second;

static void begin_two_buffers(void) {
    ch_bufpool *pool = start(false);
    CHECK_EQUAL(ch_bufpool_acquire(pool, &first, 64), CH_OK);
    CHECK_EQUAL(ch_bufpool_acquire(pool, &second, 64), CH_OK);
}

static void write_to(uint8_t *at) {
    *(volatile uint8_t *)at = 1;
}

static void overflow_by_one(void *unused) {
    (void)unused;
    begin_two_buffers();
    write_to(first.data + 64);
}

static void underflow_by_one(void *unused) {
    (void)unused;
    begin_two_buffers();
    write_to(second.data - 1);
}

static void use_after_release(void *unused) {
    (void)unused;
    begin_two_buffers();
    uint8_t *data = first.data;
    CHECK_EQUAL(ch_bufpool_release(&world.pool, &first), CH_OK);
    write_to(data);
}

static void use_after_reset(void *unused) {
    (void)unused;
    begin_two_buffers();
    CHECK_EQUAL(ch_bufpool_reset(&world.pool), CH_OK);
    write_to(second.data + 63);
}

TEST(bufpool_misplaced_accesses_die_under_a_memory_checker) { /* M8 */
    const death_body bodies[] = {overflow_by_one, underflow_by_one, use_after_release,
                                 use_after_reset};
    death_check("bufpool_misplaced_accesses_die_under_a_memory_checker", bodies, 4);
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
    return figures.kinds[CH_TRACK_BUFFER];
}

static CH_NOINLINE ch_buffer acquire_here(ch_bufpool *pool, size_t size_bytes) {
    ch_buffer buffer = {0};
    CHECK_EQUAL(ch_bufpool_acquire(pool, &buffer, size_bytes), CH_OK);
    return buffer;
}

TEST(bufpool_tracker_books_buffers_on_who_acquired_them) { /* M45 M71 M72 */
    for (unsigned twin = 0; twin < 2; twin++) {
        size_t count = 0;
        start_tracker();
        ch_bufpool *pool = start(twin != 0);
        CHECK_EQUAL(ch_bufpool_track(pool, &tracker), CH_OK);
        ch_buffer small = acquire_here(pool, 10);
        ch_buffer large = acquire_here(pool, 300);
        ch_buffer none = {0};
        CHECK_EQUAL(ch_bufpool_acquire(pool, &none, 513), CH_ERANGE);
        CHECK_EQUAL(ch_bufpool_release(pool, &small), CH_OK);
        const ch_track_site *sites = ch_tracker_sites(&tracker, &count);
        if (CHECK_EQUAL(count, 1)) {
            CHECK((uintptr_t)sites[0].address - (uintptr_t)acquire_here < 4096);
            CHECK_EQUAL(sites[0].count, 2);
            CHECK_EQUAL(sites[0].releases, 1);
            CHECK_EQUAL(sites[0].total_bytes, 64 + 512);
            CHECK_EQUAL(sites[0].current_bytes, 512);
        }
        CHECK_EQUAL(noted().exhausted, 1);
        CHECK(ch_bufpool_is_lent(pool, &large));
        CHECK_EQUAL(ch_bufpool_reset(pool), CH_OK);
        CHECK_EQUAL(noted().released_bytes, 64 + 512);
        (void)acquire_here(pool, 96);
        CHECK(world_end(&world));
        CHECK_EQUAL(noted().released_bytes, 64 + 512 + 96);
        CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
    }
}

TEST(bufpool_unbound_from_its_tracker_has_its_inline_paths_back) { /* M71 M75 */
    for (unsigned twin = 0; twin < 2; twin++) {
        start_tracker();
        ch_bufpool blank = {0};
        CHECK_EQUAL(ch_bufpool_track(NULL, &tracker), CH_EINVAL);
        CHECK_EQUAL(ch_bufpool_track(&blank, &tracker), CH_ESTATE);
        ch_bufpool *pool = start(twin != 0);
        ch_buffer one = acquire_here(pool, 64);
        ch_buffer two = acquire_here(pool, 64);
        const uint8_t *last = one.data;
        CHECK_EQUAL(ch_bufpool_release(pool, &one), CH_OK);
        const size_t fast = pool->classes[0].fast_bytes;
        CHECK_EQUAL(ch_bufpool_track(pool, &tracker), CH_OK);
        CHECK(pool->classes[0].fast_bytes == 0 && pool->classes[0].spare == NULL &&
              pool->classes[0].free_end == pool->classes[0].free_base);
        CHECK_EQUAL(ch_bufpool_check(pool, NULL), CH_OK);
        one = acquire_here(pool, 64);
        CHECK(twin != 0 || one.data == last); /* still the last one first */
        CHECK_EQUAL(noted().acquisitions, 1);
        CHECK_EQUAL(ch_bufpool_track(pool, NULL), CH_OK);
        CHECK_EQUAL(pool->classes[0].fast_bytes, fast);
        CHECK_EQUAL(ch_bufpool_release(pool, &two), CH_OK);
        CHECK_EQUAL(ch_bufpool_release(pool, &one), CH_OK);
        CHECK_EQUAL(noted().releases, 0);
        CHECK_EQUAL(ch_bufpool_check(pool, NULL), CH_OK);
        CHECK(world_end(&world));
        CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
    }
}
