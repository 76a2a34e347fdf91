/* pool_system_test.c: pools and what is around them: closed pages, other threads and processes,
 * sources that refuse, memory checkers. */
#define _GNU_SOURCE
#include "mem/pool_rig.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

#include "harness.h"
#include "mem/death_rig.h"

static pool_world world;

#define FOR_BOTH(twin) for (int twin = 0; twin < 2; twin++)

/* ---- Pages ----------------------------------------------------------------------------------- */

enum { PAGE = 4096 };

/* Uses a whole pool whose memory ends, or begins, at a page that nobody may touch. */
static void use_between_pages(const ch_pool_options *options, bool twin, bool at_end) {
    ch_allocator source = {.alloc = world_source_alloc, .free = world_source_free, .user = &world};
    const size_t need = twin ? ch_pool_twin_footprint(options) : ch_pool_footprint(options);
    const size_t border = twin ? 16 : ch_pool_align(options);
    const size_t room = (need + PAGE - 1) / PAGE * PAGE;
    uint8_t *map = mmap(NULL, room + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!CHECK(map != MAP_FAILED && mprotect(map + PAGE, room, PROT_READ | PROT_WRITE) == 0)) {
        return;
    }
    uint8_t *memory = map + PAGE + (at_end ? (room - need) / border * border : 0);
    for (size_t less = 0; less < 2; less++) {
        ch_pool pool = {0};
        const ch_status got = twin ? ch_pool_init_twin(&pool, memory, need - less, options, &source)
                                   : ch_pool_init(&pool, memory, need - less, options);
        CHECK_EQUAL(got, less != 0 ? CH_EFULL : CH_OK);
        for (unsigned round = 0; round < 2 && got == CH_OK; round++) {
            void *objects[WORLD_SLOTS];
            size_t count = 0;
            while ((objects[count] = ch_pool_acquire(&pool)) != NULL) {
                memset(objects[count++], 1, options->object_bytes);
            }
            CHECK_EQUAL(count, options->count);
            while (count > 0) {
                CHECK_EQUAL(ch_pool_release(&pool, objects[--count]), CH_OK);
            }
            CHECK_EQUAL(ch_pool_check(&pool, NULL), CH_OK);
            CHECK_EQUAL(ch_pool_reset(&pool), CH_OK);
        }
        CHECK_EQUAL(ch_pool_fini(&pool), CH_OK);
    }
    CHECK_EQUAL(munmap(map, room + 2 * PAGE), 0);
}

TEST(pool_footprint_is_exact_between_two_closed_pages) { /* M2 */
    static const size_t sizes[] = {1, 3, 20, 64, 4097};
    static const size_t aligns[] = {1, 4, 16, 4096};
    FOR_BOTH(twin) {
        world = (pool_world){0};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            for (size_t k = 0; k < sizeof aligns / sizeof aligns[0]; k++) {
                const ch_pool_options options = {
                    .object_bytes = sizes[i], .align = aligns[k], .count = 1 + 6 * k};
                use_between_pages(&options, twin, true);
                use_between_pages(&options, twin, false);
            }
        }
        CHECK_EQUAL(world.source_live, 0);
    }
}

/* Only the pages of three objects and of the tables can be touched. */
TEST(pool_reset_with_zeroing_clears_the_used_slots_only) { /* M29 M32 */
    enum { USED = 3, COUNT = 64 };
    const ch_pool_options options = {
        .object_bytes = PAGE, .align = PAGE, .count = COUNT, .flags = CH_POOL_ZERO_ON_RELEASE};
    if (chi_checked()) {
        ch_test_skip("redzones put objects elsewhere");
        return;
    }
    const size_t size = ch_pool_footprint(&options);
    const size_t room = (size + PAGE - 1) / PAGE * PAGE;
    uint8_t *map = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!CHECK(map != MAP_FAILED) ||
        !CHECK(mprotect(map, USED * PAGE, PROT_READ | PROT_WRITE) == 0) ||
        !CHECK(mprotect(map + COUNT * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0)) {
        return;
    }
    ch_pool pool;
    CHECK_EQUAL(ch_pool_init(&pool, map, size, &options), CH_OK);
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < USED; i++) {
            uint8_t *object = ch_pool_acquire(&pool);
            CHECK(object == map + i * PAGE &&
                  world_content_is(&(pool_world){.options = options}, object, 0));
            memset(object, 0x77, PAGE);
        }
        CHECK_EQUAL(ch_pool_reset(&pool), CH_OK);
    }
    CHECK_EQUAL(ch_pool_fini(&pool), CH_OK);
    CHECK_EQUAL(munmap(map, room), 0);
}

/* ---- Sources that refuse --------------------------------------------------------------------- */

typedef struct failing_source {
    uint64_t calls;
    uint64_t fails_at; /* this call gives nothing */
    size_t live;
} failing_source;

static void *failing_alloc(void *user, size_t size_bytes, size_t align) {
    failing_source *source = user;
    void *block = NULL;
    if (++source->calls == source->fails_at ||
        posix_memalign(&block, align < 16 ? 16 : align, size_bytes) != 0) {
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
static void run_on_failing_source(ch_pool *pool, const failing_source *source) {
    enum { STEPS = 40 };
    void *live[8];
    size_t count = 0;
    for (size_t step = 0; step < STEPS; step++) {
        if (step % 5 == 3 || count == 8) {
            CHECK_EQUAL(ch_pool_release(pool, live[--count]), CH_OK);
            continue;
        }
        ch_pool_handle handle = {7, 7};
        void *object = live;
        const uint64_t failures = ch_pool_failures(pool);
        const uint64_t acquired = ch_pool_acquisitions(pool);
        const ch_status got = ch_pool_acquire_try(pool, &object);
        if (source->calls == source->fails_at && got != CH_OK) {
            CHECK_EQUAL(got, CH_ENOMEM);
            CHECK(object == live && ch_pool_in_use(pool) == count);
            CHECK_EQUAL(ch_pool_failures(pool), failures + 1);
            CHECK_EQUAL(ch_pool_acquisitions(pool), acquired);
            object = ch_pool_acquire_handle(pool, &handle); /* the next call succeeds */
            CHECK(object != NULL && ch_pool_get(pool, handle) == object);
        }
        live[count++] = object;
        CHECK_EQUAL(ch_pool_check(pool, NULL), CH_OK);
        CHECK_EQUAL(source->live, count);
    }
}

TEST(pool_twin_survives_a_source_that_fails_at_any_call) { /* M76 */
    const ch_pool_options options = {.object_bytes = 40, .align = 8, .count = 8};
    static CH_ALIGNED(16) uint8_t memory[4096];
    CHECK(ch_pool_twin_footprint(&options) <= sizeof memory);
    bool reached = true;
    for (uint64_t k = 1; reached; k++) {
        failing_source source = {.fails_at = k};
        ch_allocator heap = {.alloc = failing_alloc, .free = failing_free, .user = &source};
        ch_pool pool;
        CHECK_EQUAL(ch_pool_init_twin(&pool, memory, sizeof memory, &options, &heap), CH_OK);
        CHECK_EQUAL(source.calls, 0);
        run_on_failing_source(&pool, &source);
        reached = source.calls >= k;
        CHECK(reached || k > 20);
        CHECK_EQUAL(ch_pool_fini(&pool), CH_OK);
        CHECK_EQUAL(source.live, 0);
    }
}

/* ---- Processes ------------------------------------------------------------------------------- */

/* Prints a hash over the offsets that random calls from a fixed seed give. */
static void tell_offsets(void *unused) {
    enum { CALLS = 100000 };
    const ch_pool_options options = {.object_bytes = 20, .align = 4, .count = WORLD_SLOTS};
    void *live[WORLD_SLOTS];
    size_t count = 0;
    uint64_t state = 1;
    uint64_t hash = 0xcbf29ce484222325u;
    (void)unused;
    CH_REQUIRE(world_begin(&world, &options, false));
    for (unsigned call = 0; call < CALLS; call++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const uint32_t draw = (uint32_t)(state >> 33);
        if (draw % 512 == 0) {
            CH_REQUIRE(ch_pool_reset(&world.pool) == CH_OK);
            count = 0;
        } else if (draw % 2 == 0 && count < WORLD_SLOTS) {
            uint8_t *object = ch_pool_acquire(&world.pool);
            hash = (hash ^ (uint64_t)(object - world.pool.base)) * 0x100000001b3u;
            live[count++] = object;
        } else if (count > 0) {
            const size_t at = draw / 2 % count;
            CH_REQUIRE(ch_pool_release(&world.pool, live[at]) == CH_OK);
            live[at] = live[--count];
        }
    }
    CH_REQUIRE(world_end(&world));
    fprintf(stderr, "%016llx\n", (unsigned long long)hash);
}

TEST(pool_equal_calls_in_two_processes_give_equal_offsets) { /* M11 */
    char first[64];
    char second[64];
    CHECK(!ch_test_child_dies(tell_offsets, NULL, first, sizeof first));
    CHECK(!ch_test_child_dies(tell_offsets, NULL, second, sizeof second));
    CHECK_EQUAL(strlen(first), 17);
    CHECK_TEXT(first, second);
}

/* ---- Threads --------------------------------------------------------------------------------- */

static void *trespass(void *context) {
    void *object = NULL;
    ch_pool_handle *handle = context;
    CHECK(ch_pool_acquire(&world.pool) == NULL);
    CHECK(ch_pool_acquire_handle(&world.pool, handle) == NULL);
    CHECK_EQUAL(ch_pool_acquire_try(&world.pool, &object), CH_ETHREAD);
    CHECK_EQUAL(ch_pool_release(&world.pool, ch_pool_get(&world.pool, *handle)), CH_ETHREAD);
    CHECK_EQUAL(ch_pool_release_handle(&world.pool, *handle), CH_ETHREAD);
    CHECK_EQUAL(ch_pool_reset(&world.pool), CH_ETHREAD);
    CHECK_EQUAL(ch_pool_check(&world.pool, NULL), CH_ECORRUPT); /* it asks for the owner too */
    return context;
}

TEST(pool_calls_from_another_thread_are_misuse_in_verify_builds) { /* M4 M6 */
    pthread_t thread;
    void *done = NULL;
    ch_pool_handle handle;
    if (chi_thread_token() == NULL) {
        ch_test_skip("threads have no tokens in this build");
        return;
    }
    FOR_BOTH(twin) {
        const ch_pool_options options = {.object_bytes = 8, .align = 8, .count = 2};
        CHECK(world_begin(&world, &options, twin));
        CHECK(ch_pool_acquire_handle(&world.pool, &handle) != NULL);
        CHECK_EQUAL(pthread_create(&thread, NULL, trespass, &handle), 0);
        CHECK_EQUAL(pthread_join(thread, &done), 0);
        CHECK(done == &handle);
        CHECK_EQUAL(world.misuses, 6);
        CHECK_EQUAL(world.seen.status, CH_ETHREAD);
        CHECK_EQUAL(ch_pool_in_use(&world.pool), 1);
        CHECK_EQUAL(ch_pool_release_handle(&world.pool, handle), CH_OK);
        CHECK(world_end(&world));
    }
}

static size_t watch_ends;

/* Asks for figures while the owner works; each of them is one that was true at some time. */
static void *watch(void *context) {
    bool *right = context;
    while (__atomic_load_n(&watch_ends, __ATOMIC_ACQUIRE) == 0) {
        ch_pool_figures figures;
        *right = *right && ch_pool_stats(&world.pool, &figures) == CH_OK &&
                 figures.capacity == WORLD_SLOTS && figures.peak <= WORLD_SLOTS;
    }
    return NULL;
}

TEST(pool_figures_may_be_read_by_another_thread) { /* M6 M9 */
    const ch_pool_options options = {.object_bytes = 8, .align = 8, .count = WORLD_SLOTS};
    const unsigned rounds = RIG_SLOW ? 2000 : 20000;
    bool right = true;
    pthread_t thread;
    CHECK(world_begin(&world, &options, false));
    watch_ends = 0;
    CHECK_EQUAL(pthread_create(&thread, NULL, watch, &right), 0);
    for (unsigned round = 0; round < rounds; round++) {
        void *objects[WORLD_SLOTS];
        for (size_t i = 0; i < WORLD_SLOTS; i++) {
            objects[i] = ch_pool_acquire(&world.pool);
        }
        for (size_t i = 0; i < WORLD_SLOTS; i++) {
            CHECK(ch_pool_release(&world.pool, objects[i]) == CH_OK);
        }
    }
    __atomic_store_n(&watch_ends, 1, __ATOMIC_RELEASE);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK(right);
    CHECK(world_end(&world));
}

/* ---- Memory checkers ------------------------------------------------------------------------- */

static volatile uint8_t *first;
static volatile uint8_t *second;

static void begin_two_objects(void) {
    const ch_pool_options options = {.object_bytes = 40, .align = 8, .count = 3};
    CH_REQUIRE(world_begin(&world, &options, false));
    first = ch_pool_acquire(&world.pool);
    second = ch_pool_acquire(&world.pool);
}

static void overflow_by_one(void *unused) {
    (void)unused;
    begin_two_objects();
    first[40] = 1;
}

static void underflow_by_one(void *unused) {
    (void)unused;
    begin_two_objects();
    second[-1] = 1;
}

static void use_after_release(void *unused) {
    (void)unused;
    begin_two_objects();
    CHECK_EQUAL(ch_pool_release(&world.pool, (void *)(uintptr_t)first), CH_OK);
    first[0] = 1;
}

static void use_after_reset(void *unused) {
    (void)unused;
    begin_two_objects();
    CHECK_EQUAL(ch_pool_reset(&world.pool), CH_OK);
    second[39] = 1;
}

TEST(pool_misplaced_accesses_die_under_a_memory_checker) { /* M8 */
    const death_body bodies[] = {overflow_by_one, underflow_by_one, use_after_release,
                                 use_after_reset};
    death_check("pool_misplaced_accesses_die_under_a_memory_checker", bodies, 4);
}

/* Poison that outlived the pool would end the test here. */
TEST(pool_memory_is_open_again_after_fini) { /* M8 */
    const ch_pool_options options = {.object_bytes = 40, .align = 8, .count = 3};
    CHECK(world_begin(&world, &options, false));
    CHECK(ch_pool_acquire(&world.pool) != NULL);
    CHECK_EQUAL(ch_pool_fini(&world.pool), CH_OK);
    memset(world.memory, 3, world.memory_bytes);
    CHECK(world_end(&world));
}
