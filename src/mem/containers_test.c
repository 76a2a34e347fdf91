/* containers_test.c: what holds for every container template: two instances and more in one file,
 * memory of exactly the footprint between two closed pages, places that depend on the calls alone.
 */
#include "mem/instances_rig.h"

#include <coldheap/region.h>

#include "harness.h"

/* ---- Footprint ------------------------------------------------------------------------------- */

/* What a container does with its memory: init with `size_bytes`; fill, empty, fill again. */
typedef ch_status (*start_function)(void *memory, size_t size_bytes, size_t capacity);
typedef size_t (*work_function)(void); /* how many went in */

typedef struct container {
    const char *name;
    size_t (*align)(void);
    size_t (*footprint)(size_t capacity);
    start_function start;
    work_function work;
} container;

static placed_vec vec;
static placed_map map;
static placed_set set;
static placed_lifo lifo;
static placed_ring ring;
static placed_spsc spsc;
static placed_mpsc mpsc;
static placed_mpmc mpmc;

/* The calls of one template under the names above: `put` and `take` are expressions that are true
 * while something fits or is left; both may use `number`. */
#define CONTAINER(kind, init, put, take, check)                                                    \
    static ch_status kind##_start(void *memory, size_t size_bytes, size_t capacity) {              \
        (void)capacity;                                                                            \
        return (init);                                                                             \
    }                                                                                              \
    static size_t kind##_work(void) {                                                              \
        size_t count = 0;                                                                          \
        int number = 0;                                                                            \
        for (unsigned round = 0; round < 3; round++) {                                             \
            for (count = 0; number++, (put); count++) {}                                           \
            CHECK_EQUAL((check), CH_OK);                                                           \
            for (; (take); number--) {}                                                            \
        }                                                                                          \
        return count;                                                                              \
    }

CONTAINER(vec, placed_vec_init(&vec, memory, size_bytes, capacity),
          placed_vec_push(&vec, &number) == CH_OK, placed_vec_pop(&vec, NULL) == CH_OK,
          placed_vec_check(&vec, NULL))
CONTAINER(map, placed_map_init(&map, memory, size_bytes, &(ch_map_options){.capacity = capacity}),
          placed_map_put(&map, &number, &number) == CH_OK,
          placed_map_remove(&map, &(int){number - 1}) == CH_OK, placed_map_check(&map, NULL))
CONTAINER(set, placed_set_init(&set, memory, size_bytes, &(ch_map_options){.capacity = capacity}),
          placed_set_put(&set, &(uint64_t){(uint64_t)number}) == CH_OK,
          placed_set_remove(&set, &(uint64_t){(uint64_t)number - 1}) == CH_OK,
          placed_set_check(&set, NULL))
CONTAINER(lifo, placed_lifo_init(&lifo, memory, size_bytes, capacity),
          placed_lifo_push(&lifo, &number) == CH_OK, placed_lifo_pop(&lifo, NULL) == CH_OK,
          placed_lifo_check(&lifo, NULL))
CONTAINER(ring, placed_ring_init(&ring, memory, size_bytes, capacity),
          placed_ring_push(&ring, &number) == CH_OK, placed_ring_pop(&ring, NULL) == CH_OK,
          placed_ring_check(&ring, NULL))
CONTAINER(spsc, placed_spsc_init(&spsc, memory, size_bytes, capacity),
          placed_spsc_push(&spsc, &number) == CH_OK, placed_spsc_pop(&spsc, &number) == CH_OK,
          placed_spsc_check(&spsc, NULL))
CONTAINER(mpsc, placed_mpsc_init(&mpsc, memory, size_bytes, capacity),
          placed_mpsc_push(&mpsc, &number) == CH_OK, placed_mpsc_pop(&mpsc, &number) == CH_OK,
          placed_mpsc_check(&mpsc, NULL))
CONTAINER(mpmc, placed_mpmc_init(&mpmc, memory, size_bytes, capacity),
          placed_mpmc_push(&mpmc, &number) == CH_OK, placed_mpmc_pop(&mpmc, &number) == CH_OK,
          placed_mpmc_check(&mpmc, NULL))

#define ROW(kind)                                                                                  \
    { #kind, placed_##kind##_align, placed_##kind##_footprint, kind##_start, kind##_work }

static const container containers[] = {
    ROW(vec), ROW(map), ROW(set), ROW(lifo), ROW(ring), ROW(spsc), ROW(mpsc), ROW(mpmc),
};

/* Of memory that ends, or begins, where a closed page begins, or ends. */
static void check_exact(const container *c, size_t capacity, ch_region *region) {
    size_t need = c->footprint(capacity);
    size_t slack = (region->size_bytes - need) % c->align(); /* to the next aligned address */
    uint8_t *places[] = {region->base, region->base + (region->size_bytes - need - slack)};
    for (size_t i = 0; i < 2; i++) {
        if (need > 0) {
            CHECK_EQUAL(c->start(places[i], need - 1, capacity), CH_EFULL);
        }
        if (CHECK_EQUAL(c->start(places[i], need, capacity), CH_OK)) {
            CHECK_EQUAL(c->work(), capacity);
        }
    }
}

TEST(containers_need_their_footprint_and_no_byte_more) { /* M2 M61 */
    static const size_t capacities[] = {1, 2, 4, 16, 64, 512};
    for (size_t i = 0; i < sizeof containers / sizeof containers[0]; i++) {
        for (size_t n = 0; n < sizeof capacities / sizeof capacities[0]; n++) {
            size_t need = containers[i].footprint(capacities[n]);
            ch_region region;
            ch_region_options space = {.size_bytes = need, .guard_low = true, .guard_high = true};
            if (!CHECK_EQUAL(ch_region_reserve(&region, &space), CH_OK)) {
                return;
            }
            CHECK_EQUAL(ch_region_commit(&region, 0, region.size_bytes), CH_OK);
            check_exact(&containers[i], capacities[n], &region);
            CHECK_EQUAL(ch_region_fini(&region), CH_OK);
        }
    }
}

TEST(containers_refuse_misaligned_memory) { /* M2 M3 */
    static CH_ALIGNED(CH_LINE_PAIR) uint8_t memory[1 << 16];
    for (size_t i = 0; i < sizeof containers / sizeof containers[0]; i++) {
        for (size_t shift = 1; shift < containers[i].align(); shift *= 2) {
            CHECK_EQUAL(containers[i].start(memory + shift, sizeof memory - shift, 16), CH_EALIGN);
        }
        CHECK_EQUAL(containers[i].start(memory, sizeof memory, 16), CH_OK);
    }
}

/* ---- The map's places ------------------------------------------------------------------------ */

/* A hash of the order of all entries after `steps` calls that a fixed stream decides. */
static uint64_t map_order_after(void *memory, size_t size, unsigned steps) {
    placed_set numbers = {0};
    uint64_t state = 12345;
    uint64_t order = 0;
    size_t position = 0;
    const placed_set_entry *entry;
    CHECK_EQUAL(placed_set_init(&numbers, memory, size, &(ch_map_options){200, 7}), CH_OK);
    for (unsigned i = 0; i < steps; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t key = state >> 32 & 0x1ff;
        (void)(state >> 63 != 0 ? placed_set_put(&numbers, &key)
                                : placed_set_remove(&numbers, &key));
    }
    while ((entry = placed_set_next(&numbers, &position)) != NULL) {
        order = (order ^ entry->key) * 0x9e3779b97f4a7c15u + position;
    }
    return order;
}

/* Neither on the address nor on what lay in the memory, nor on the process: the value is pinned.
 * (Keys are hashed by their bytes, which lie the other way round on some machines.) */
TEST(map_places_depend_on_calls_and_seed_alone) { /* M11 M63 */
    static CH_ALIGNED(CH_LINE_PAIR) uint8_t memory[2][1 << 14];
    size_t size = placed_set_footprint(200);
    CHECK(size + 64 <= sizeof memory[0]);
    memset(memory[1], 0xa5, sizeof memory[1]);
    uint64_t order = map_order_after(memory[0], size, 100000);
    CHECK_EQUAL(map_order_after(memory[1] + 48, size, 100000), order);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    CHECK_EQUAL(order, 0xd4009a4dc11c83f8u);
#endif
}
