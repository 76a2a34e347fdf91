/* pools_test.c: sets of pools: set-up, kinds present, absent and unknown, random operations against
 * a list, self-check; and pools of a type (tmpl/pool.h). */
#define _GNU_SOURCE
#include "mem/pools_rig.h"

#include <sys/mman.h>

#include "harness.h"
#include "model.h"

typedef struct frame {
    CH_ALIGNED(64) uint64_t words[24];
} frame;

#define CH_POOL_NAME frames
#define CH_POOL_TYPE frame
#include <coldheap/tmpl/pool.h>

static pools_world world;

#define FOR_BOTH(twin) for (int twin = 0; twin < 2; twin++)

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return world_step(context, step, (uint32_t)ch_test_random());                              \
    }

OPERATION(acquire, STEP_ACQUIRE)
OPERATION(release, STEP_RELEASE)
OPERATION(release_again, STEP_RELEASE_AGAIN)
OPERATION(release_other_kind, STEP_RELEASE_OTHER_KIND)
OPERATION(reset_kind, STEP_RESET_KIND)
OPERATION(reset, STEP_RESET)
OPERATION(refuse, STEP_REFUSE)
OPERATION(renew, STEP_RENEW)

static const ch_model_operation operations[] = {
    {"acquire", 100, acquire},
    {"release", 60, release},
    {"release_again", 20, release_again},
    {"release_other_kind", 20, release_other_kind},
    {"reset_kind", 4, reset_kind},
    {"reset", 2, reset},
    {"refuse", 4, refuse},
    {"renew", 1, renew},
};

static bool agrees(void *context) {
    return world_agrees(context);
}

TEST(pools_agree_with_their_model_over_1e6_operations) { /* M7 M36 M77 */
    FOR_BOTH(twin) {
        CHECK(world_begin(&world, twin));
        CHECK(ch_model_run(&(ch_model){.operations = operations,
                                       .operation_count = sizeof operations / sizeof operations[0],
                                       .check = agrees,
                                       .context = &world,
                                       .steps = twin ? 100000 : 1000000,
                                       .check_interval = 4}));
        CHECK(world_end(&world));
    }
}

TEST(pools_footprint_is_exact_between_two_closed_pages) { /* M2 M36 */
    FOR_BOTH(twin) {
        ch_allocator source = rig_source_allocator(&world.source);
        size_t need = twin ? ch_pools_twin_footprint(WORLD_SPECS, WORLD_KINDS)
                           : ch_pools_footprint(WORLD_SPECS, WORLD_KINDS);
        size_t room = (need + 4095) / 4096 * 4096;
        uint8_t *map = mmap(NULL, room + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(map != MAP_FAILED && mprotect(map + 4096, room, PROT_READ | PROT_WRITE) == 0);
        uint8_t *memory = map + 4096 + (room - need) / 128 * 128;
        for (size_t less = 0; less < 2; less++) {
            static ch_pools set;
            ch_status got =
                twin ? ch_pools_init_twin(&set, memory, need - less, WORLD_SPECS, WORLD_KINDS,
                                          &source)
                     : ch_pools_init(&set, memory, need - less, WORLD_SPECS, WORLD_KINDS);
            CHECK_EQUAL(got, less ? CH_EFULL : CH_OK);
            for (size_t kind = 0; kind < WORLD_KINDS; kind++) {
                for (void *object; (object = ch_pools_acquire(&set, kind)) != NULL;) {
                    memset(object, 1, WORLD_SPECS[kind].object_bytes);
                }
            }
            CHECK_EQUAL(ch_pools_fini(&set), CH_OK);
        }
        CHECK(munmap(map, room + 8192) == 0);
    }
}

TEST(pools_init_takes_all_or_nothing) { /* M2 M5 M36 */
    static CH_ALIGNED(128) uint8_t block[8192];
    static ch_pools set;
    ch_pool_spec specs[CH_POOLS_MAX + 1] = {{"a", 8, 8, 1, 0}, {"b", 8, 8, 1, 0}};
    ch_allocator source = rig_source_allocator(&world.source);
    ch_pool_spec none = {0};
    CHECK_EQUAL(ch_pools_init(NULL, block, sizeof block, specs, 2), CH_EINVAL);
    CHECK_EQUAL(ch_pools_init(&set, NULL, sizeof block, specs, 2), CH_EINVAL);
    CHECK_EQUAL(ch_pools_init(&set, block, sizeof block, NULL, 2), CH_EINVAL);
    CHECK_EQUAL(ch_pools_init(&set, block, sizeof block, specs, 0), CH_EINVAL);
    CHECK_EQUAL(ch_pools_init(&set, block, sizeof block, specs, CH_POOLS_MAX + 1), CH_EINVAL);
    CHECK_EQUAL(ch_pools_init(&set, block, sizeof block, &none, 1), CH_EINVAL);
    CHECK_EQUAL(ch_pools_init_twin(&set, block, sizeof block, specs, 2, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_pools_init(&set, block + 8, sizeof block - 8, specs, 2), CH_EALIGN);
    CHECK_EQUAL(ch_pools_init_twin(&set, block + 8, 8000, specs, 2, &source), CH_EALIGN);
    specs[1].align = 3; /* the second of two is wrong: the first is not set up either */
    CHECK_EQUAL(ch_pools_init(&set, block, sizeof block, specs, 2), CH_EINVAL);
    CHECK_EQUAL(ch_pools_footprint(specs, 2), 0);
    CHECK_EQUAL(ch_pools_align(specs, 2), 0);
    specs[1] = (ch_pool_spec){"b", CH_POOL_OBJECT_MAX, 1, CH_POOL_COUNT_MAX + 1, 0};
    CHECK_EQUAL(ch_pools_footprint(specs, 2), 0);
    CHECK(rig_is_filled(block, sizeof block, 0));
    CHECK(rig_is_filled((const uint8_t *)&set, sizeof set, 0));
    CHECK_EQUAL(ch_pools_align(WORLD_SPECS, WORLD_KINDS), 128);
}

TEST(pools_tell_absent_from_unknown) { /* M3 M36 */
    ch_pool *pool = NULL;
    ch_pool_figures figures;
    static ch_pools blank;
    CHECK(world_begin(&world, false));
    CHECK(ch_pools_get(&world.set, 0) == &world.set.pools[0]);
    CHECK(ch_pools_get(&world.set, WORLD_ABSENT) == NULL);
    CHECK(ch_pools_get(&world.set, SIZE_MAX) == NULL);
    CHECK_EQUAL(ch_pools_get_try(&world.set, &pool, WORLD_ABSENT), CH_ENOENT);
    CHECK_EQUAL(ch_pools_get_try(&world.set, &pool, WORLD_UNKNOWN), CH_ERANGE);
    CHECK_EQUAL(ch_pools_get_try(&world.set, NULL, 0), CH_EINVAL);
    CHECK_EQUAL(ch_pools_get_try(&blank, &pool, 0), CH_ESTATE);
    CHECK(pool == NULL);
    CHECK_EQUAL(ch_pools_get_try(&world.set, &pool, 3), CH_OK);
    CHECK(pool == &world.set.pools[3]);
    CHECK_EQUAL(ch_pools_stats(&world.set, &figures, WORLD_UNKNOWN), CH_ERANGE);
    CHECK_EQUAL(ch_pools_stats(&world.set, NULL, 0), CH_EINVAL);
    CHECK_EQUAL(ch_pools_stats(&blank, &figures, 0), CH_ESTATE);
    CHECK_EQUAL(ch_pools_available(&world.set, WORLD_UNKNOWN), 0);
    CHECK(ch_pools_utilization(&world.set, WORLD_ABSENT) == 0.0);
    CHECK_EQUAL(ch_pools_reset(&blank), CH_ESTATE);
    CHECK_EQUAL(ch_pools_reset(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_pools_reset_kind(NULL, 0), CH_EINVAL);
    CHECK_EQUAL(ch_pools_fini(NULL), CH_OK);
    CHECK(ch_pools_acquire(&blank, 0) == NULL);
    CHECK_EQUAL(ch_pools_release(&blank, 0, &blank), CH_ESTATE);
    CHECK(world_end(&world));
}

TEST(pools_json_lists_each_pool_at_every_length) { /* M9 */
    char want[2048];
    char text[2048];
    CHECK(world_begin(&world, false));
    (void)ch_pools_acquire(&world.set, 1);
    size_t length = ch_pools_stats_json(&world.set, want, sizeof want);
    CHECK(length < sizeof want && strlen(want) == length);
    char one[512];
    (void)ch_pool_stats_json(&world.set.pools[1], one, sizeof one);
    static const char head[] = "{\"object\":\"pools\",\"pools\":[{\"object\":\"pool\"";
    CHECK(strncmp(want, head, sizeof head - 1) == 0);
    CHECK(strstr(want, one) != NULL && strstr(want, "},null,{") != NULL);
    CHECK_TEXT(want + length - 3, "}]}");
    for (size_t size = 0; size <= length + 1; size++) {
        memset(text, 'x', sizeof text);
        CHECK_EQUAL(ch_pools_stats_json(&world.set, text, size), length);
        size_t kept = size == 0 ? 0 : size - 1;
        CHECK(memcmp(text, want, kept) == 0 && text[kept] == (size == 0 ? 'x' : 0));
        CHECK_EQUAL(text[size], 'x');
    }
    CHECK(world_end(&world));
    CHECK_EQUAL(ch_pools_stats_json(&world.set, text, sizeof text), 4);
    CHECK_TEXT(text, "null");
}

TEST(pools_check_sees_flipped_bytes) { /* M7 */
    CHECK(world_begin(&world, false));
    (void)ch_pools_acquire(&world.set, 0);
    uint8_t *at = (uint8_t *)&world.set;
    for (size_t i = 0; i < offsetof(ch_pools, pools) + sizeof(uint8_t *); i++) {
        unsigned invariant = 0;
        at[i] ^= 1;
        CHECK_EQUAL(ch_pools_check(&world.set, &invariant), CH_ECORRUPT);
        CHECK(invariant >= 1 && invariant <= 2);
        at[i] ^= 1;
    }
    CHECK_EQUAL(ch_pools_check(&world.set, NULL), CH_OK);
    CHECK(world_end(&world));
}

typedef struct triple {
    uint32_t words[3];
} triple;

#define CH_POOL_NAME triples
#define CH_POOL_TYPE triple
#include <coldheap/tmpl/pool.h>

#define CH_POOL_NAME   spread_triples
#define CH_POOL_TYPE   triple
#define CH_POOL_STRIDE 32
#include <coldheap/tmpl/pool.h>

/* Neither a stride that is no power of two, nor one that is not the constant, lets an object that
 * is not one pass. */
static void check_other_strides(void) {
    static CH_ALIGNED(64) uint8_t block[1024];
    for (size_t align = 4; align <= 32; align *= 2) {
        ch_pool pool;
        ch_pool_options options = triples_options(4);
        options.align = align;
        triple *taken[4];
        const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
        CHECK_EQUAL(triples_init(&pool, block, sizeof block, &options), CH_OK);
        for (unsigned round = 0; round < 3; round++) {
            for (size_t i = 0; i < 4; i++) {
                taken[i] = i % 2 == 0 ? triples_acquire(&pool) : spread_triples_acquire(&pool);
            }
            CHECK(triples_acquire(&pool) == NULL);
            CHECK_EQUAL(triples_release(&pool, (triple *)((uintptr_t)taken[1] + 4)), CH_EINTERIOR);
            CHECK(rig_misused(&pool, CH_EINTERIOR));
            CHECK_EQUAL(spread_triples_release(&pool, taken[3] + 40), CH_EFOREIGN);
            CHECK(rig_misused(&pool, CH_EFOREIGN));
            for (size_t i = 0; i < 4; i++) {
                CHECK_EQUAL(i < 2 ? spread_triples_release(&pool, taken[i])
                                  : triples_release(&pool, taken[i]),
                            CH_OK);
                CHECK_EQUAL(triples_release(&pool, taken[i]), CH_EDOUBLE);
                CHECK(rig_misused(&pool, CH_EDOUBLE));
            }
            CHECK_EQUAL(ch_pool_check(&pool, NULL), CH_OK);
        }
        (void)ch_on_misuse(before);
        CHECK_EQUAL(ch_pool_fini(&pool), CH_OK);
    }
}

TEST(pool_template_has_the_size_and_pointers_of_its_type) { /* M28 M36 */
    static CH_ALIGNED(64) uint8_t block[4 * sizeof(frame) + 256];
    ch_pool pool;
    ch_pool_options options = frames_options(3);
    ch_pool_handle handle;
    CHECK_EQUAL(options.object_bytes, sizeof(frame));
    CHECK_EQUAL(options.align, 64);
    CHECK(!frames_fits(NULL));
    CHECK_EQUAL(frames_init(&pool, block, sizeof block, NULL), CH_EINVAL);
    options.object_bytes--;
    CHECK_EQUAL(frames_init(&pool, block, sizeof block, &options), CH_EINVAL);
    options = frames_options(3);
    options.align = 32;
    CHECK_EQUAL(frames_init(&pool, block, sizeof block, &options), CH_EINVAL);
    options = frames_options(3);
    CHECK_EQUAL(frames_init(&pool, block, sizeof block, &options), CH_OK);
    CHECK(frames_fits(&pool));
    frame *one = frames_acquire(&pool);
    frame *two = frames_acquire_handle(&pool, &handle);
    CHECK(one != NULL && two != NULL && one != two && frames_get(&pool, handle) == two);
    CHECK_EQUAL(frames_release(&pool, one), CH_OK);
    CHECK_EQUAL(ch_pool_release_handle(&pool, handle), CH_OK);
    CHECK(frames_get(&pool, handle) == NULL);
    CHECK_EQUAL(ch_pool_fini(&pool), CH_OK);
    check_other_strides();
    CHECK(world_begin(&world, false));
    CHECK(!frames_fits(ch_pools_get(&world.set, 0)));
    CHECK(world_end(&world));
}
