/* map_test.c: the map template: capacity, keys by content, churn, clear, listing, self-check, and a
 * model at every load. */
#define _GNU_SOURCE
#include "mem/checked.h"
#include "mem/map_rig.h"
#include "mem/mem_rig.h"

#include <coldheap/region.h>

#include "harness.h"
#include "model.h"

typedef struct address {
    uint8_t bytes[20];
} address;

typedef struct word {
    uint8_t bytes[32];
} word;

#define CH_MAP_NAME  balances
#define CH_MAP_KEY   address
#define CH_MAP_VALUE word
#define CH_MAP_CAP   100
#include <coldheap/tmpl/map.h>

#define CH_MAP_NAME seen_words
#define CH_MAP_KEY  word
#include <coldheap/tmpl/map.h>

#define CH_MAP_NAME  numbers
#define CH_MAP_KEY   uint64_t
#define CH_MAP_VALUE uint64_t
#include <coldheap/tmpl/map.h>

#define CH_MAP_NAME bytes_seen
#define CH_MAP_KEY  uint8_t
#define CH_MAP_CAP  1
#include <coldheap/tmpl/map.h>

#define CH_MAP_NAME nothing
#define CH_MAP_KEY  uint16_t
#define CH_MAP_CAP  0
#include <coldheap/tmpl/map.h>

#define CH_MAP_NAME            one_place
#define CH_MAP_KEY             uint32_t
#define CH_MAP_HASH(key, seed) ((void)(key), (void)(seed), (uint64_t)0)
#include <coldheap/tmpl/map.h>

#if defined(CH_MAP_NAME) || defined(CH_MAP_KEY) || defined(CH_MAP_VALUE) || defined(CH_MAP_CAP) || \
    defined(CH_MAP_HASH) || defined(CH_MAP_EQUAL) || defined(CHI_)
#error "map.h left a parameter defined"
#endif

static void *start_numbers(numbers *map, size_t capacity, uint64_t seed) {
    void *memory = NULL;
    size_t size = numbers_footprint(capacity);
    CHECK(posix_memalign(&memory, numbers_align(), size) == 0);
    CHECK_EQUAL(numbers_init(map, memory, size, &(ch_map_options){capacity, seed}), CH_OK);
    return memory;
}

/* ---- Set-up ---------------------------------------------------------------------------------- */

TEST(map_footprint_is_0_out_of_range) { /* M2 M5 */
    CHECK(numbers_footprint(0) > 0);
    CHECK(numbers_footprint(1) > 0);
    CHECK_EQUAL(numbers_footprint(((size_t)1 << 31) + 1), 0);
    CHECK_EQUAL(numbers_footprint(SIZE_MAX), 0);
    CHECK_EQUAL(numbers_footprint(SIZE_MAX - 15), 0);
    CHECK(SIZE_MAX == UINT32_MAX || numbers_footprint((size_t)1 << 31) > (size_t)1 << 35);
    CHECK_EQUAL(numbers_align() % 16, 0);
}

TEST(map_init_refuses_wrong_memory_and_writes_nothing) { /* M2 M3 */
    static CH_ALIGNED(16) uint8_t memory[4096];
    static const uint8_t zero[sizeof memory];
    const ch_map_options options = {.capacity = 20};
    const ch_map_options huge = {.capacity = SIZE_MAX};
    size_t need = numbers_footprint(20);
    numbers map = {.count = 5};
    CHECK(need <= sizeof memory);
    CHECK_EQUAL(numbers_init(NULL, memory, need, &options), CH_EINVAL);
    CHECK_EQUAL(numbers_init(&map, NULL, need, &options), CH_EINVAL);
    CHECK_EQUAL(numbers_init(&map, memory, need, NULL), CH_EINVAL);
    CHECK_EQUAL(numbers_init(&map, memory, SIZE_MAX, &huge), CH_EINVAL);
    CHECK_EQUAL(numbers_init(&map, memory + 8, need, &options), CH_EALIGN);
    CHECK_EQUAL(numbers_init(&map, memory, need - 1, &options), CH_EFULL);
    CHECK_EQUAL(map.count, 5);
    CHECK_BYTES(memory, zero, sizeof memory);
    CHECK_EQUAL(balances_init(NULL, 1), CH_EINVAL);
}

/* ---- Capacity -------------------------------------------------------------------------------- */

static void check_holds_exactly(size_t capacity) {
    numbers map = {0};
    void *memory = start_numbers(&map, capacity, ch_test_random());
    uint64_t start = ch_test_random();
    for (uint64_t i = 0; i < capacity; i++) {
        CHECK(numbers_put(&map, &(uint64_t){start + i}, &i) == CH_OK);
    }
    CHECK(numbers_full(&map));
    CHECK_EQUAL(numbers_count(&map), capacity);
    CHECK_EQUAL(numbers_capacity(&map), capacity);
    bool fresh = true;
    uint64_t more = start + capacity;
    CHECK_EQUAL(numbers_put(&map, &more, &more), CH_EFULL);
    CHECK(numbers_upsert(&map, &more, &fresh) == NULL && !fresh);
    CHECK(!numbers_has(&map, &more));
    CHECK_EQUAL(numbers_remove(&map, &more), CH_ENOENT);
    for (uint64_t i = 0; i < capacity; i++) {
        const uint64_t *value = numbers_get(&map, &(uint64_t){start + i});
        CHECK(value != NULL && *value == i);
        CHECK(numbers_put(&map, &(uint64_t){start + i}, &more) == CH_OK); /* present: replaced */
    }
    CHECK_EQUAL(numbers_count(&map), capacity);
    CHECK_EQUAL(numbers_check(&map, NULL), CH_OK);
    free(memory);
}

TEST(map_of_capacity_n_holds_exactly_n) { /* M63 */
    for (size_t capacity = 0; capacity < 130; capacity++) {
        check_holds_exactly(capacity);
    }
    check_holds_exactly(1000);
    check_holds_exactly(4096);
    check_holds_exactly(20001);
}

TEST(map_of_fixed_capacity_0_and_1_work) { /* M61 M63 */
    nothing none;
    bytes_seen one;
    CHECK_EQUAL(nothing_init(&none, 3), CH_OK);
    CHECK_EQUAL(nothing_put(&none, &(uint16_t){1}), CH_EFULL);
    CHECK(!nothing_has(&none, &(uint16_t){1}));
    CHECK_EQUAL(nothing_remove(&none, &(uint16_t){1}), CH_ENOENT);
    CHECK_EQUAL(nothing_check(&none, NULL), CH_OK);
    CHECK_EQUAL(bytes_seen_init(&one, 3), CH_OK);
    for (unsigned i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        uint8_t other = (uint8_t)(i + 1);
        CHECK_EQUAL(bytes_seen_put(&one, &byte), CH_OK);
        CHECK_EQUAL(bytes_seen_put(&one, &byte), CH_OK);
        CHECK_EQUAL(bytes_seen_put(&one, &other), CH_EFULL);
        CHECK_EQUAL(bytes_seen_remove(&one, &byte), CH_OK);
        CHECK_EQUAL(bytes_seen_remove(&one, &byte), CH_ENOENT);
        CHECK_EQUAL(bytes_seen_check(&one, NULL), CH_OK);
    }
}

/* ---- Keys ------------------------------------------------------------------------------------ */

TEST(map_finds_20_byte_keys_by_content) { /* M61 M63 */
    static balances map;
    CHECK_EQUAL(balances_init(&map, ch_test_random()), CH_OK);
    for (unsigned i = 0; i < 100; i++) {
        address key = {{0}};
        word value = {{(uint8_t)i}};
        key.bytes[i % 20] = (uint8_t)(1 + i / 20); /* differ in one byte, each place in turn */
        CHECK_EQUAL(balances_put(&map, &key, &value), CH_OK);
        memset(&key, 0xff, sizeof key);
    }
    for (unsigned i = 0; i < 100; i++) {
        address again = {{0}};
        again.bytes[i % 20] = (uint8_t)(1 + i / 20);
        const word *value = balances_get(&map, &again);
        CHECK(value != NULL && value->bytes[0] == i);
    }
    CHECK(balances_get(&map, &(address){{0}}) == NULL);
    balances copy = map; /* self-contained */
    balances_clear(&map);
    CHECK_EQUAL(balances_count(&copy), 100);
    CHECK_EQUAL(balances_check(&copy, NULL), CH_OK);
    CHECK_EQUAL(balances_check(&map, NULL), CH_OK);
}

TEST(map_set_of_32_byte_keys_finds_by_content) { /* M61 M63 */
    seen_words set = {0};
    void *memory = NULL;
    size_t size = seen_words_footprint(256);
    CHECK(posix_memalign(&memory, seen_words_align(), size) == 0);
    CHECK_EQUAL(seen_words_init(&set, memory, size, &(ch_map_options){256, 1}), CH_OK);
    for (unsigned bit = 0; bit < 256; bit++) {
        word key = {{0}};
        key.bytes[bit / 8] = (uint8_t)(1u << bit % 8);
        CHECK(!seen_words_has(&set, &key));
        CHECK_EQUAL(seen_words_put(&set, &key), CH_OK);
        CHECK_EQUAL(seen_words_put(&set, &key), CH_OK);
        CHECK_EQUAL(seen_words_count(&set), bit + 1);
    }
    for (unsigned bit = 0; bit < 256; bit++) {
        word key = {{0}};
        key.bytes[bit / 8] = (uint8_t)(1u << bit % 8);
        CHECK_EQUAL(seen_words_remove(&set, &key), CH_OK);
        CHECK(!seen_words_has(&set, &key));
    }
    CHECK(seen_words_empty(&set));
    free(memory);
}

/* Every key wants the same group and has the same tag: each call still ends, and is right. */
TEST(map_full_of_keys_with_one_hash_answers) { /* M63 M64 */
    static const size_t capacities[] = {1, 15, 105, 700};
    for (size_t n = 0; n < sizeof capacities / sizeof capacities[0]; n++) {
        const uint32_t capacity = (uint32_t)capacities[n];
        one_place set = {0};
        void *memory = NULL;
        size_t size = one_place_footprint(capacity);
        CHECK(posix_memalign(&memory, one_place_align(), size) == 0);
        CHECK_EQUAL(one_place_init(&set, memory, size, &(ch_map_options){capacity, 1}), CH_OK);
        for (uint32_t key = 0; key < capacity; key++) {
            CHECK_EQUAL(one_place_put(&set, &key), CH_OK);
        }
        CHECK_EQUAL(one_place_put(&set, &capacity), CH_EFULL);
        CHECK(!one_place_has(&set, &capacity));
        CHECK_EQUAL(one_place_remove(&set, &capacity), CH_ENOENT);
        CHECK_EQUAL(one_place_check(&set, NULL), CH_OK);
        for (uint32_t i = 0; i < capacity; i++) { /* from the middle on, round */
            uint32_t key = (i + capacity / 2) % capacity;
            CHECK_EQUAL(one_place_remove(&set, &key), CH_OK);
            CHECK(!one_place_has(&set, &key));
            CHECK(i % 16 != 0 || one_place_check(&set, NULL) == CH_OK);
        }
        CHECK(one_place_empty(&set) && one_place_check(&set, NULL) == CH_OK);
        free(memory);
    }
}

/* ---- Churn ----------------------------------------------------------------------------------- */

/* Groups that misses look at, over many absent keys: the length of their probes. */
static size_t miss_cost(const numbers *map, uint64_t first_absent) {
    size_t groups = 0;
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t key = first_absent + i;
        chi_map_place place = numbers_place(map, &key);
        uint32_t at = place.group;
        for (groups++; chi_map_passed(&map->groups[at], place.tag); groups++) {
            at = chi_map_following(at, map->group_count);
        }
        CHECK(!numbers_has(map, &key));
    }
    return groups;
}

static void check_churn(size_t capacity) {
    const uint64_t absent = (uint64_t)1 << 40;
    numbers churned = {0};
    numbers fresh = {0};
    void *memory = start_numbers(&churned, capacity, 7);
    void *fresh_memory = start_numbers(&fresh, capacity, 7);
    uint64_t key = 0;
    for (; key < capacity - 1; key++) {
        CHECK(numbers_put(&churned, &key, &key) == CH_OK);
    }
    for (size_t i = 0; i < 100 * capacity; i++, key++) {
        CHECK(numbers_put(&churned, &key, &key) == CH_OK);
        CHECK(numbers_remove(&churned, &(uint64_t){key - (capacity - 1)}) == CH_OK);
    }
    CHECK_EQUAL(numbers_count(&churned), capacity - 1);
    CHECK_EQUAL(numbers_check(&churned, NULL), CH_OK);
    for (uint64_t i = key - (capacity - 1); i < key; i++) {
        CHECK(numbers_has(&churned, &i));
        CHECK(numbers_put(&fresh, &i, &i) == CH_OK);
    }
    size_t after = miss_cost(&churned, absent);
    size_t before = miss_cost(&fresh, absent);
    CHECK(after * 10 <= before * 11);
    CHECK(after < 5 * 20000);
    free(memory);
    free(fresh_memory);
}

TEST(map_misses_after_churn_cost_what_they_cost_in_a_fresh_map) { /* M64 */
    check_churn(105);                                             /* no slot more than the least */
    check_churn(1000);
    check_churn(6000);
}

/* All pages that hold no used group become inaccessible: clear and next must not need them. */
TEST(map_clear_and_next_touch_only_what_was_used) { /* M63 */
    enum { CAPACITY = 1000000, USED = 5 };
    ch_region region;
    numbers map = {0};
    size_t size = numbers_footprint(CAPACITY);
    ch_region_options space = {.size_bytes = size};
    if (!CHECK_EQUAL(ch_region_reserve(&region, &space), CH_OK)) {
        return;
    }
    CHECK_EQUAL(ch_region_commit(&region, 0, size), CH_OK);
    CHECK_EQUAL(numbers_init(&map, region.base, size, &(ch_map_options){CAPACITY, 1}), CH_OK);
    for (uint64_t i = 0; i < USED; i++) {
        CHECK_EQUAL(numbers_put(&map, &i, &i), CH_OK);
    }
    size_t page = (size_t)4096;
    size_t group_bytes = map.group_count * sizeof map.groups[0] / page * page;
    size_t closed = 0;
    for (size_t at = 0; at < group_bytes; at += page) {
        bool used = false;
        for (uint32_t i = 0; i < map.touched_count; i++) {
            used = used || map.touched[i] * sizeof map.groups[0] / page == at / page;
        }
        if (!used) {
            CHECK_EQUAL(ch_region_decommit(&region, at, page), CH_OK);
            closed += page;
        }
    }
    CHECK(closed >= group_bytes - USED * page);
    size_t position = 0;
    size_t entries = 0;
    while (numbers_next(&map, &position) != NULL) {
        entries++;
    }
    CHECK_EQUAL(entries, USED);
    numbers_clear(&map);
    CHECK(numbers_empty(&map));
    position = 0;
    CHECK(numbers_next(&map, &position) == NULL);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}

TEST(map_pointers_to_values_survive_puts) { /* M63 */
    numbers map = {0};
    uint64_t *values[500];
    void *memory = start_numbers(&map, 500, 3);
    for (uint64_t i = 0; i < 500; i++) {
        bool fresh = false;
        values[i] = numbers_upsert(&map, &i, &fresh);
        CHECK(fresh && values[i] != NULL);
        *values[i] = i;
    }
    for (uint64_t i = 0; i < 500; i++) {
        CHECK(numbers_get(&map, &i) == values[i] && *values[i] == i);
    }
    free(memory);
}

/* ---- Self-check ------------------------------------------------------------------------------ */

static void check_flips(const crowd *map, void *bytes, size_t size) {
    uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++) {
        unsigned invariant = 0;
        at[i] ^= 1;
        if (!CHECK_EQUAL(crowd_check(map, &invariant), CH_ECORRUPT)) {
            CHECK_EQUAL(i, SIZE_MAX); /* prints which byte it was */
        }
        CHECK(invariant >= 1 && invariant <= 5);
        at[i] ^= 1;
    }
    CHECK_EQUAL(crowd_check(map, NULL), CH_OK);
}

/* Every tag, filter, list entry, bit and count matters. */
TEST(map_check_sees_flipped_bytes) { /* M7 M63 */
    enum { CAPACITY = 105 };
    map_world w;
    CHECK(map_world_begin(&w, CAPACITY, 1));
    for (uint32_t key = 0; key < CAPACITY; key++) {
        CHECK(map_world_put(&w, key, key + 1));
    }
    crowd *map = &w.crowd;
    check_flips(map, map->touched, map->touched_count * sizeof map->touched[0]);
    check_flips(map, map->groups, map->group_count * sizeof map->groups[0]);
    check_flips(map, map->listed, 1);
    check_flips(map, map->strays, map->group_count * sizeof map->strays[0]);
    check_flips(map, &map->count, sizeof map->count);
    check_flips(map, &map->group_count, sizeof map->group_count);
    check_flips(map, &map->touched_count, sizeof map->touched_count);
    unsigned invariant = 0;
    map->capacity = SIZE_MAX;
    CHECK_EQUAL(crowd_check(map, &invariant), CH_ECORRUPT);
    CHECK_EQUAL(invariant, 1);
    map_world_end(&w);
}

/* ---- Model ----------------------------------------------------------------------------------- */

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return map_world_step(context, step, (uint32_t)ch_test_random());                          \
    }

OPERATION(put, MAP_PUT)
OPERATION(upsert, MAP_UPSERT)
OPERATION(get, MAP_GET)
OPERATION(remove_one, MAP_REMOVE)
OPERATION(remove_some, MAP_REMOVE_SOME)
OPERATION(fill, MAP_FILL)
OPERATION(clear, MAP_CLEAR)

static bool agrees(void *context) {
    return map_world_agrees(context);
}

static void run(size_t capacity, uint64_t steps) {
    static const ch_model_operation operations[] = {
        {"put", 60, put},           {"upsert", 40, upsert},          {"get", 60, get},
        {"remove", 90, remove_one}, {"remove_some", 4, remove_some}, {"fill", 4, fill},
        {"clear", 1, clear},
    };
    static map_world w;
    CHECK(map_world_begin(&w, capacity, ch_test_random()));
    CHECK(ch_model_run(&(ch_model){.operations = operations,
                                   .operation_count = sizeof operations / sizeof operations[0],
                                   .check = agrees,
                                   .context = &w,
                                   .steps = steps,
                                   .check_interval = 1 + capacity / 8}));
    map_world_end(&w);
}

TEST(map_agrees_with_its_model_over_1e6_operations_at_every_load) { /* M7 M63 M64 M77 */
    static const size_t capacities[] = {0, 1, 2, 14, 15, 16, 40, 105, 106, 300};
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        run(capacities[i], RIG_SLOW || chi_checked() ? 12000 : 100000);
    }
}
