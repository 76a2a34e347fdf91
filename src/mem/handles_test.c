/* handles_test.c: the table of generation handles. */
#define _GNU_SOURCE
#include "mem/handles_rig.h"

#include <pthread.h>

#include "harness.h"
#include "model.h"

static handles_world world;

static void begin(size_t capacity, unsigned flags, unsigned bits, uint32_t start) {
    CHECK(handles_world_begin(&world, &(ch_handles_options){.capacity = capacity,
                                                            .flags = flags,
                                                            .generation_bits = bits,
                                                            .generation_start = start,
                                                            .name = "names"}));
}

TEST(handles_options_at_their_edges) { /* M2 M5 M70 */
    const struct {
        ch_handles_options options;
        size_t footprint;
    } rows[] = {
        {{.capacity = 0}, 0},
        {{.capacity = 1}, 8},
        {{.capacity = 1000}, 8000},
        {{.capacity = CH_HANDLES_COUNT_MAX}, sizeof(size_t) > 4 ? CH_HANDLES_COUNT_MAX * 8 : 0},
        {{.capacity = CH_HANDLES_COUNT_MAX + 1}, 0},
        {{.capacity = SIZE_MAX}, 0},
        {{.capacity = 1, .flags = 2}, 0},
        {{.capacity = 1, .flags = CH_HANDLES_RETIRE}, 8},
        {{.capacity = 1, .generation_bits = 1}, 0},
        {{.capacity = 1, .generation_bits = 2}, 8},
        {{.capacity = 1, .generation_bits = 32}, 8},
        {{.capacity = 1, .generation_bits = 33}, 0},
        {{.capacity = 1, .generation_start = 1}, 0},
        {{.capacity = 1, .generation_start = UINT32_MAX - 1}, 8},
        {{.capacity = 1, .generation_bits = 4, .generation_start = 14}, 8},
        {{.capacity = 1, .generation_bits = 4, .generation_start = 16}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_EQUAL(ch_handles_footprint(&rows[i].options), rows[i].footprint);
    }
    CHECK_EQUAL(ch_handles_footprint(NULL), 0);
    CHECK_EQUAL(ch_handles_align(NULL), 0);
    CHECK_EQUAL(ch_handles_align(&rows[1].options), 4);
}

TEST(handles_init_refuses_wrong_memory_and_writes_nothing) { /* M2 */
    uint32_t memory[9];
    ch_handles table;
    const ch_handles_options options = {.capacity = 4};
    memset(memory, 0x5a, sizeof memory);
    memset(&table, 0x5a, sizeof table);
    CHECK_EQUAL(ch_handles_init(NULL, memory, 32, &options), CH_EINVAL);
    CHECK_EQUAL(ch_handles_init(&table, NULL, 32, &options), CH_EINVAL);
    CHECK_EQUAL(ch_handles_init(&table, memory, 32, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_handles_init(&table, memory, 32, &(ch_handles_options){0}), CH_EINVAL);
    CHECK_EQUAL(ch_handles_init(&table, (uint8_t *)memory + 1, 32, &options), CH_EALIGN);
    CHECK_EQUAL(ch_handles_init(&table, memory, 31, &options), CH_EFULL);
    CHECK(rig_is_filled((uint8_t *)&table, sizeof table, 0x5a));
    CHECK_EQUAL(ch_handles_init(&table, memory, 32, &options), CH_OK);
    CHECK(rig_is_filled((uint8_t *)memory, sizeof memory, 0x5a));
    ch_handle handle;
    for (uint32_t i = 0; i < 4; i++) {
        CHECK_EQUAL(ch_handles_acquire(&table, &handle, i), CH_OK);
    }
    CHECK_EQUAL(memory[8], 0x5a5a5a5a);
}

TEST(handles_outlive_what_they_name) { /* M70 */
    const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
    begin(3, 0, 0, 0);
    ch_handle first;
    ch_handle second;
    uint32_t index = 9;
    CHECK_EQUAL(ch_handles_acquire(&world.table, &first, 70), CH_OK);
    CHECK_EQUAL(ch_handles_get(&world.table, &index, first), CH_OK);
    CHECK_EQUAL(index, 70);
    CHECK_EQUAL(ch_handles_move(&world.table, first, 7), CH_OK);
    CHECK_EQUAL(ch_handles_get(&world.table, &index, first), CH_OK);
    CHECK_EQUAL(index, 7);
    CHECK_EQUAL(ch_handles_release(&world.table, first), CH_OK);
    CHECK_EQUAL(ch_handles_acquire(&world.table, &second, 71), CH_OK);
    CHECK(second.entry == first.entry && second.generation != first.generation);
    CHECK_EQUAL(ch_handles_get(&world.table, &index, first), CH_ESTALE);
    CHECK_EQUAL(index, 7);
    CHECK_EQUAL(ch_handles_release(&world.table, first), CH_ESTALE);
    CHECK(rig_misused(&world.table, CH_ESTALE));
    CHECK_EQUAL(ch_handles_move(&world.table, first, 1), CH_ESTALE);
    CHECK(rig_misused(&world.table, CH_ESTALE));
    CHECK(handles_foreign(&world, 0) && handles_foreign(&world, UINT32_MAX - 3));
    CHECK_EQUAL(ch_handles_reset(&world.table), CH_OK);
    CHECK_EQUAL(ch_handles_get(&world.table, &index, second), CH_ESTALE);
    CHECK_EQUAL(ch_handles_acquire(&world.table, &first, 72), CH_OK);
    CHECK(second.entry == first.entry && second.generation != first.generation);
    CHECK_EQUAL(ch_handles_get(&world.table, &index, second), CH_ESTALE);
    CHECK_EQUAL(rig_seen.count, 0); /* asking is never misuse */
    (void)ch_on_misuse(before);
}

TEST(handles_calls_without_a_table_are_refused) { /* M2 M3 */
    static ch_handles none;
    ch_handle handle = {0};
    ch_handles_figures figures;
    uint32_t index = 0;
    char text[8];
    for (unsigned i = 0; i < 2; i++) {
        ch_handles *table = i == 0 ? NULL : &none;
        const ch_status want = i == 0 ? CH_EINVAL : CH_ESTATE;
        CHECK_EQUAL(ch_handles_acquire(table, &handle, 1), want);
        CHECK_EQUAL(ch_handles_get(table, &index, handle), want);
        CHECK_EQUAL(ch_handles_move(table, handle, 1), want);
        CHECK_EQUAL(ch_handles_release(table, handle), want);
        CHECK_EQUAL(ch_handles_reset(table), want);
        CHECK_EQUAL(ch_handles_stats(table, &figures), want);
        CHECK_EQUAL(ch_handles_stats_json(table, text, sizeof text), 4);
        CHECK_TEXT(text, "null");
        CHECK_EQUAL(ch_handles_check(table, NULL), CH_ECORRUPT);
    }
    CHECK_EQUAL(ch_handles_fini(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_handles_fini(&none), CH_OK);
    begin(1, 0, 0, 0);
    CHECK_EQUAL(ch_handles_acquire(&world.table, NULL, 1), CH_EINVAL);
    CHECK_EQUAL(ch_handles_get(&world.table, NULL, handle), CH_EINVAL);
    none = world.table; /* a copy is no table */
    CHECK_EQUAL(ch_handles_acquire(&none, &handle, 1), CH_ESTATE);
}

/* 4 bits: 7 uses are told apart, the eighth is the first again. */
TEST(handles_generation_of_4_bits_wraps_after_7_uses) { /* M70 */
    ch_handle first;
    ch_handle handle;
    uint32_t index = 0;
    begin(1, 0, 4, 0);
    CHECK_EQUAL(ch_handles_acquire(&world.table, &first, 0), CH_OK);
    CHECK_EQUAL(ch_handles_release(&world.table, first), CH_OK);
    for (unsigned use = 1; use < 8; use++) {
        CHECK_EQUAL(ch_handles_acquire(&world.table, &handle, use), CH_OK);
        CHECK_EQUAL(ch_handles_get(&world.table, &index, first), CH_ESTALE);
        CHECK_EQUAL(ch_handles_release(&world.table, handle), CH_OK);
    }
    CHECK_EQUAL(ch_handles_acquire(&world.table, &handle, 9), CH_OK);
    CHECK_EQUAL(ch_handles_get(&world.table, &index, first), CH_OK);
    CHECK_EQUAL(index, 9);
}

/* A retiring table gives each entry 8 uses, by release or by reset, and then is full. */
TEST(handles_retiring_table_runs_out_instead_of_wrapping) { /* M70 */
    for (unsigned by_reset = 0; by_reset < 2; by_reset++) {
        ch_handle handle;
        begin(2, CH_HANDLES_RETIRE, 4, 0);
        for (unsigned use = 0; use < 8; use++) {
            CHECK_EQUAL(ch_handles_available(&world.table), 2);
            CHECK_EQUAL(ch_handles_acquire(&world.table, &handle, use), CH_OK);
            CHECK_EQUAL(handle.generation, 2 * use + 1);
            CHECK_EQUAL(by_reset ? ch_handles_reset(&world.table)
                                 : ch_handles_release(&world.table, handle),
                        CH_OK);
            CHECK_EQUAL(ch_handles_check(&world.table, NULL), CH_OK);
        }
        CHECK_EQUAL(ch_handles_available(&world.table), 1);
        CHECK_EQUAL(ch_handles_acquire(&world.table, &handle, 1), CH_OK);
        CHECK_EQUAL(handle.entry, 1);
        CHECK_EQUAL(ch_handles_acquire(&world.table, &handle, 1), CH_EFULL);
        CHECK_EQUAL(ch_handles_check(&world.table, NULL), CH_OK);
    }
}

TEST(handles_start_separates_two_lives_of_the_same_memory) { /* M70 */
    ch_handle before;
    uint32_t index = 0;
    begin(1, 0, 0, 0);
    CHECK_EQUAL(ch_handles_acquire(&world.table, &before, 0), CH_OK);
    begin(1, 0, 0, 1000);
    ch_handle after;
    CHECK_EQUAL(ch_handles_acquire(&world.table, &after, 0), CH_OK);
    CHECK_EQUAL(after.generation, 1001);
    CHECK_EQUAL(ch_handles_get(&world.table, &index, before), CH_ESTALE);
}

TEST(handles_json_obeys_the_snprintf_rule) { /* M9 */
    ch_handle handle;
    char whole[256];
    begin(4, 0, 0, 0);
    CHECK_EQUAL(ch_handles_acquire(&world.table, &handle, 0), CH_OK);
    size_t length = ch_handles_stats_json(&world.table, whole, sizeof whole);
    CHECK_TEXT(whole, "{\"object\":\"handles\",\"name\":\"names\",\"capacity\":4,\"in_use\":1,"
                      "\"available\":3,\"peak\":1,\"retired\":0,\"failures\":0,"
                      "\"utilization\":0.250000}");
    CHECK_EQUAL(length, strlen(whole));
    for (size_t size = 0; size <= length; size++) {
        char part[256];
        memset(part, 'x', sizeof part);
        CHECK_EQUAL(ch_handles_stats_json(&world.table, part, size), length);
        CHECK(size == 0 || (part[size - 1] == 0 && memcmp(part, whole, size - 1) == 0));
        CHECK_EQUAL(part[size], 'x');
    }
}

/* Any byte of the table that is changed shows, but those of the count of failures. */
TEST(handles_check_notices_flipped_bytes) { /* M7 */
    ch_handle handles[6];
    unsigned invariant = 0;
    begin(8, CH_HANDLES_RETIRE, 0, 0);
    for (uint32_t i = 0; i < 6; i++) {
        CHECK_EQUAL(ch_handles_acquire(&world.table, &handles[i], i), CH_OK);
    }
    CHECK_EQUAL(ch_handles_release(&world.table, handles[1]), CH_OK);
    CHECK_EQUAL(ch_handles_release(&world.table, handles[4]), CH_OK);
    CHECK_EQUAL(ch_handles_check(&world.table, &invariant), CH_OK);
    CHECK_EQUAL(invariant, 0);
    for (size_t i = 0; i < sizeof world.table; i++) {
        bool failures = i >= offsetof(ch_handles, peak_count) + sizeof(size_t) &&
                        i < offsetof(ch_handles, seal);
        ((uint8_t *)&world.table)[i] ^= 0x40;
        CHECK_EQUAL(ch_handles_check(&world.table, &invariant), failures ? CH_OK : CH_ECORRUPT);
        ((uint8_t *)&world.table)[i] ^= 0x40;
    }
    for (size_t i = 0; i < 6; i++) {
        world.memory[i].generation ^= 1;
        CHECK_EQUAL(ch_handles_check(&world.table, &invariant), CH_ECORRUPT);
        CHECK(invariant == 3 || invariant == 4);
        world.memory[i].generation ^= 1;
    }
    world.memory[4].index = 4; /* a loop */
    CHECK_EQUAL(ch_handles_check(&world.table, &invariant), CH_ECORRUPT);
    CHECK_EQUAL(invariant, 3);
}

/* ---- Model ----------------------------------------------------------------------------------- */

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return handles_world_step(context, step, (uint32_t)ch_test_random());                      \
    }

OPERATION(acquire, HANDLES_ACQUIRE)
OPERATION(get, HANDLES_GET)
OPERATION(move, HANDLES_MOVE)
OPERATION(release, HANDLES_RELEASE)
OPERATION(foreign, HANDLES_FOREIGN)
OPERATION(reset, HANDLES_RESET)
OPERATION(renew, HANDLES_RENEW)

static bool agrees(void *context) {
    return handles_world_agrees(context);
}

TEST(handles_agree_with_their_model_over_1e6_operations) { /* M4 M7 M70 M77 */
    static const ch_model_operation operations[] = {
        {"acquire", 300, acquire}, {"get", 100, get},        {"move", 100, move},
        {"release", 400, release}, {"foreign", 10, foreign}, {"reset", 5, reset},
        {"renew", 1, renew},
    };
    const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
    for (unsigned round = 0; round < 20; round++) {
        static const unsigned bits[] = {0, 2, 4, 8, 32};
        begin(1 + round % HANDLES_CAP_MAX, round / 5 % 2, bits[round % 5], 2 * (round % 2));
        CHECK(ch_model_run(&(ch_model){.operations = operations,
                                       .operation_count = sizeof operations / sizeof operations[0],
                                       .check = agrees,
                                       .context = &world,
                                       .steps = 50000}));
    }
    (void)ch_on_misuse(before);
}

TEST(handles_count_what_is_in_use) { /* M70 */
    ch_handle handles[3];
    begin(3, 0, 0, 0);
    CHECK_EQUAL(ch_handles_capacity(&world.table), 3);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_EQUAL(ch_handles_in_use(&world.table), i);
        CHECK_EQUAL(ch_handles_available(&world.table), 3 - i);
        CHECK_EQUAL(ch_handles_acquire(&world.table, &handles[i], i), CH_OK);
    }
    CHECK_EQUAL(ch_handles_release(&world.table, handles[1]), CH_OK);
    CHECK_EQUAL(ch_handles_in_use(&world.table), 2);
    CHECK_EQUAL(ch_handles_reset(&world.table), CH_OK);
    CHECK_EQUAL(ch_handles_in_use(&world.table), 0);
    CHECK_EQUAL(ch_handles_capacity(&world.table), 3);
}

#ifdef CH_VERIFY

static void *trespass(void *context) {
    ch_handle *handle = context;
    CHECK_EQUAL(ch_handles_acquire(&world.table, &(ch_handle){0}, 1), CH_ETHREAD);
    CHECK_EQUAL(ch_handles_move(&world.table, *handle, 1), CH_ETHREAD);
    CHECK_EQUAL(ch_handles_release(&world.table, *handle), CH_ETHREAD);
    CHECK_EQUAL(ch_handles_reset(&world.table), CH_ETHREAD);
    CHECK_EQUAL(ch_handles_fini(&world.table), CH_ETHREAD);
    return NULL;
}

TEST(handles_in_another_thread_are_misuse) { /* M6 */
    ch_handle handle;
    pthread_t thread;
    const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
    begin(2, 0, 0, 0);
    CHECK_EQUAL(ch_handles_acquire(&world.table, &handle, 1), CH_OK);
    CHECK_EQUAL(pthread_create(&thread, NULL, trespass, &handle), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_EQUAL(rig_seen.count, 5);
    CHECK_EQUAL(ch_handles_release(&world.table, handle), CH_OK);
    (void)ch_on_misuse(before);
}

#endif
