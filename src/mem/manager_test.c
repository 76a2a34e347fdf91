/* manager_test.c: set-up, use, switches and places of managers. What any sequence of calls must do
 * is manager_model_test.c's matter; presets and layout are manager_config_test.c's, figures and
 * self-check manager_info_test.c's. */
#define _GNU_SOURCE
#include <coldheap/manager.h>

#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness.h"
#include "mem/checked.h"
#include "mem/manager_hall_rig.h"
#include "mem/mem_rig.h"

static void use_stack(hall *h, bool on) {
    ch_stack *stack = ch_manager_stack(h->manager);
    CHECK_EQUAL(stack != NULL, on);
    if (stack != NULL) {
        uint8_t *block = ch_stack_alloc(stack, 100, 16);
        CHECK(block != NULL && lies_inside(h, block, 100));
        memset(block, 1, 100);
        CHECK_EQUAL(ch_manager_set_enabled(h->manager, CH_MANAGER_STACK, false), CH_EBUSY);
        CHECK_EQUAL(ch_stack_free(stack, block, 100), CH_OK);
    }
}

static void use_pools(hall *h, bool on) {
    for (size_t kind = 0; kind < CH_KIND_COUNT; kind++) {
        ch_pool *pool = ch_manager_pool(h->manager, kind);
        CHECK_EQUAL(pool != NULL, on);
        if (pool != NULL) {
            uint8_t *object = ch_pool_acquire(pool);
            CHECK(object != NULL && lies_inside(h, object, 20));
            CHECK(rig_is_filled(object, 20, 0));
            memset(object, 1, 20);
            CHECK_EQUAL(ch_manager_set_enabled(h->manager, CH_MANAGER_POOLS, false), CH_EBUSY);
            CHECK_EQUAL(ch_pool_release(pool, object), CH_OK);
        }
    }
    CHECK(ch_manager_pool(h->manager, CH_KIND_COUNT) == NULL);
    CHECK(ch_manager_pool(h->manager, SIZE_MAX) == NULL);
}

static void use_buffers(hall *h, bool on) {
    static const size_t SIZES[] = {1, 65, 257, 1025};
    for (size_t i = 0; i < 4; i++) {
        ch_buffer buffer = {0};
        ch_status want = on ? CH_OK : CH_EDISABLED;
        CHECK_EQUAL(ch_manager_buffer_acquire(h->manager, &buffer, SIZES[i]), want);
        if (on) {
            CHECK(lies_inside(h, buffer.data, buffer.capacity) && buffer.capacity >= SIZES[i]);
            memset(buffer.data, 1, buffer.capacity);
            CHECK_EQUAL(ch_manager_set_enabled(h->manager, CH_MANAGER_BUFFERS, false), CH_EBUSY);
        }
        CHECK_EQUAL(ch_manager_buffer_release(h->manager, &buffer), want);
    }
}

static void use_arenas(hall *h, bool on) {
    for (size_t kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        ch_arena *arena = ch_manager_arena(h->manager, kind);
        CHECK_EQUAL(arena != NULL, on);
        if (arena != NULL) {
            uint8_t *block = ch_arena_alloc(arena, 4096, 64);
            CHECK(block != NULL && lies_inside(h, block, 4096));
            memset(block, 1, 4096);
            CHECK_EQUAL(ch_manager_set_enabled(h->manager, CH_MANAGER_ARENAS, false), CH_EBUSY);
        }
    }
    CHECK(ch_manager_arena(h->manager, CH_ARENAS_KINDS) == NULL);
    CHECK_EQUAL(ch_manager_arenas_reset(h->manager), on ? CH_OK : CH_EDISABLED);
}

TEST(manager_works_with_every_combination_of_switches) { /* M55 M57 M58 M2 */
    for (unsigned set = 0; set < 64; set++) {
        ch_manager_config config = ch_manager_balanced();
        hall h;
        config.enable_zero_allocation = (set & 1) != 0;
        config.enable_stack_allocation = (set & 2) != 0;
        config.enable_object_pooling = (set & 4) != 0;
        config.enable_buffer_pooling = (set & 8) != 0;
        config.enable_scratch_arenas = (set & 16) != 0;
        config.allocation_tracking = (set & 32) != 0;
        if (!hall_open(&h, &config)) {
            return;
        }
        bool any = (set & 1) != 0;
        use_stack(&h, any && (set & 2) != 0);
        use_pools(&h, any && (set & 4) != 0);
        use_buffers(&h, any && (set & 8) != 0);
        use_arenas(&h, any && (set & 16) != 0);
        CHECK_EQUAL(ch_manager_tracker(h.manager) != NULL, any && (set & 32) != 0);
        for (unsigned feature = 0; feature < CH_MANAGER_FEATURES; feature++) {
            bool on = any && ((set >> feature) & 1) != 0;
            CHECK_EQUAL(ch_manager_is_enabled(h.manager, feature), on);
            CHECK_EQUAL(ch_manager_set_enabled(h.manager, feature, false), CH_OK);
            CHECK_EQUAL(ch_manager_set_enabled(h.manager, feature, true),
                        on ? CH_OK : CH_EDISABLED);
        }
        CHECK_EQUAL(ch_manager_reset(h.manager), CH_OK);
        CHECK_EQUAL(h.size_bytes == sizeof(ch_manager), !any || (set & 62) == 0);
        hall_close(&h);
    }
}

/* ---- Places -------------------------------------------------------------------------------- */

static bool in_part(const hall *h, size_t part, const void *pointer, size_t size_bytes) {
    ch_manager_part parts[CH_MANAGER_PARTS];
    CHECK_EQUAL(ch_manager_layout(&h->manager->config, parts), CH_OK);
    uintptr_t offset = (uintptr_t)pointer - (uintptr_t)h->manager;
    return offset >= parts[part].offset &&
           offset + size_bytes <= parts[part].offset + parts[part].size_bytes;
}

/* Takes everything that there is; each piece lies in its own part. */
static void take_all(const hall *h) {
    ch_manager *m = h->manager;
    ch_stack *stack = ch_manager_stack(m);
    for (void *block; (block = ch_stack_alloc(stack, 1000, 8)) != NULL;) {
        CHECK(in_part(h, CH_MANAGER_PART_STACK, block, 1000));
        memset(block, 0xff, 1000);
    }
    for (size_t kind = 0; kind < CH_KIND_COUNT; kind++) {
        ch_pool *pool = ch_manager_pool(m, kind);
        size_t count = 0;
        for (void *object; (object = ch_pool_acquire(pool)) != NULL; count++) {
            CHECK(in_part(h, CH_MANAGER_PART_POOLS + kind, object, 20));
            memset(object, 0xff, 20);
        }
        CHECK_EQUAL(count, ch_pool_capacity(pool));
    }
    for (size_t i = 0; i < CH_MANAGER_CLASSES; i++) {
        static const size_t SIZES[] = {64, 256, 1024, 4096};
        ch_buffer buffer = {0};
        while (ch_manager_buffer_acquire(m, &buffer, SIZES[i]) == CH_OK &&
               buffer.capacity == SIZES[i]) {
            CHECK(in_part(h, CH_MANAGER_PART_BUFFERS + i, buffer.data, SIZES[i]));
            memset(buffer.data, 0xff, SIZES[i]);
        }
        if (buffer.capacity != SIZES[i]) {
            CHECK_EQUAL(ch_manager_buffer_release(m, &buffer), CH_OK);
        }
    }
    for (size_t kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        ch_arena *arena = ch_manager_arena(m, kind);
        for (void *block; (block = ch_arena_alloc(arena, 4096, 1)) != NULL;) {
            CHECK(in_part(h, CH_MANAGER_PART_ARENAS + kind, block, 4096));
            memset(block, 0xff, 4096);
        }
        CHECK(ch_arena_remaining(arena) < 4096 + ch_arena_redzone_bytes());
        CHECK(chi_checked() || ch_arena_remaining(arena) == 0);
    }
    CHECK_EQUAL(ch_manager_check(m, NULL), CH_OK);
}

TEST(manager_gives_nothing_outside_the_part_it_belongs_to) { /* M55 M2 */
    ch_manager_config config = ch_manager_balanced();
    config.allocation_tracking = true;
    config.frame_align = 4096;
    hall h;
    if (hall_open(&h, &config)) {
        take_all(&h);
        CHECK_EQUAL(ch_manager_reset(h.manager), CH_OK);
        take_all(&h);
        hall_close(&h);
    }
}

/* Counts the mappings that cover [start, start + size_bytes), and those of them without access. */
static size_t mappings(const void *start, size_t size_bytes, size_t *closed) {
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    size_t count = 0;
    *closed = 0;
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        unsigned long low;
        unsigned long high;
        char rights[8];
        if (sscanf(line, "%lx-%lx %7s", &low, &high, rights) == 3 &&
            low < (uintptr_t)start + size_bytes && high > (uintptr_t)start) {
            count++;
            *closed += rights[0] == '-';
        }
    }
    if (maps != NULL) {
        (void)fclose(maps);
    }
    return count;
}

TEST(manager_in_a_region_is_one_mapping) { /* M55 */
    const ch_manager_config config = ch_manager_high_performance();
    ch_manager *manager = NULL;
    size_t closed = 0;
    CHECK_EQUAL(ch_manager_init_region(&manager, &config, NULL), CH_OK);
    size_t need = ch_manager_footprint(&config);
    CHECK_EQUAL(mappings(manager, need, &closed), 1);
    CHECK_EQUAL(closed, 0);
    const hall h = {.memory = (uint8_t *)manager, .size_bytes = need, .manager = manager};
    take_all(&h);
    uint8_t *start = (uint8_t *)manager;
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
    CHECK_EQUAL(mappings(start, 1, &closed), 0);
}

static void touch(void *byte) {
    *(volatile uint8_t *)byte = 1;
}

TEST(manager_with_guard_pages_has_closed_pages_between_features) { /* M55 M16 */
    ch_manager_config config = ch_manager_balanced();
    ch_manager *manager = NULL;
    ch_manager_part parts[CH_MANAGER_PARTS];
    size_t closed = 0;
    config.guard_pages = true;
    config.allocation_tracking = true;
    size_t need = ch_manager_footprint(&config);
    void *memory = aligned_alloc(64, (need + 63) / 64 * 64);
    CHECK_EQUAL(ch_manager_init(&manager, memory, need, &config), CH_EUNSUP);
    CHECK(manager == NULL);
    free(memory);
    CHECK_EQUAL(ch_manager_init_region(&manager, &config, NULL), CH_OK);
    CHECK_EQUAL(ch_manager_layout(&config, parts), CH_OK);
    (void)mappings(manager, need, &closed);
    CHECK_EQUAL(closed, 5);
    static const size_t FIRST[] = {CH_MANAGER_PART_TRACKER, CH_MANAGER_PART_STACK,
                                   CH_MANAGER_PART_POOLS, CH_MANAGER_PART_BUFFERS,
                                   CH_MANAGER_PART_ARENAS};
    for (size_t i = 0; i < 5; i++) {
        CHECK(ch_test_child_dies(touch, (uint8_t *)manager + parts[FIRST[i]].offset - 1, NULL, 0));
    }
    const hall h = {.memory = (uint8_t *)manager, .size_bytes = need, .manager = manager};
    take_all(&h);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
    CHECK_EQUAL(ch_manager_init_region(&manager, &config,
                                       &(ch_region_options){.guard_low = true, .guard_high = true}),
                CH_OK);
    CHECK(ch_test_child_dies(touch, (uint8_t *)manager - 1, NULL, 0));
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

/* The child's address space ends before a manager fits; it says by its death that all was well. */
static void refuse_memory(void *context) {
    const struct rlimit little = {(rlim_t)1 << 20, (rlim_t)1 << 20};
    ch_manager *manager = NULL;
    if (setrlimit(RLIMIT_AS, &little) == 0 &&
        ch_manager_init_region(&manager, context, NULL) == CH_ENOMEM && manager == NULL) {
        abort();
    }
    _exit(0);
}

TEST(manager_that_the_system_has_no_memory_for_says_so) { /* M55 M76 */
    ch_manager_config config = ch_manager_high_performance();
    if (RIG_SLOW || ch_test_is_emulated()) {
        ch_test_skip("sanitizers and emulators need the address space");
        return;
    }
    CHECK(ch_test_child_dies(refuse_memory, &config, NULL, 0));
}

/* ---- Statuses ------------------------------------------------------------------------------ */

TEST(manager_refuses_what_it_cannot_be_and_changes_nothing) { /* M2 M3 M5 */
    const ch_manager_config config = ch_manager_minimal();
    ch_manager_config bad = config;
    bad.max_stack_memory = 1;
    ch_manager *manager = NULL;
    size_t need = ch_manager_footprint(&config);
    uint8_t *memory = aligned_alloc(64, (need + 127) / 64 * 64);
    memset(memory, 0x5a, need + 64);
    CHECK_EQUAL(ch_manager_init(NULL, memory, need, &config), CH_EINVAL);
    CHECK_EQUAL(ch_manager_init(&manager, NULL, need, &config), CH_EINVAL);
    CHECK_EQUAL(ch_manager_init(&manager, memory, need, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_manager_init(&manager, memory, need, &bad), CH_EINVAL);
    CHECK_EQUAL(ch_manager_init(&manager, memory + 8, need, &config), CH_EALIGN);
    CHECK_EQUAL(ch_manager_init(&manager, memory, need - 1, &config), CH_EFULL);
    CHECK_EQUAL(ch_manager_init(&manager, memory, 0, &config), CH_EFULL);
    CHECK_EQUAL(ch_manager_init_region(NULL, &config, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_manager_init_region(&manager, &bad, NULL), CH_EINVAL);
    CHECK_EQUAL(
        ch_manager_init_region(&manager, &config, &(ch_region_options){.page = (ch_region_page)99}),
        CH_EINVAL);
    CHECK(manager == NULL && rig_is_filled(memory, need + 64, 0x5a));
    free(memory);
}

TEST(manager_that_is_none_answers_so) { /* M2 M3 M58 */
    static ch_manager none;
    ch_manager_figures figures;
    ch_buffer buffer = {0};
    CHECK_EQUAL(ch_manager_fini(NULL), CH_OK);
    CHECK_EQUAL(ch_manager_fini(&none), CH_OK);
    CHECK_EQUAL(ch_manager_reset(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_manager_reset(&none), CH_ESTATE);
    CHECK_EQUAL(ch_manager_set_enabled(NULL, CH_MANAGER_STACK, true), CH_EINVAL);
    CHECK_EQUAL(ch_manager_set_enabled(&none, CH_MANAGER_STACK, true), CH_ESTATE);
    CHECK(!ch_manager_is_enabled(NULL, CH_MANAGER_STACK));
    CHECK(!ch_manager_is_enabled(&none, CH_MANAGER_STACK));
    CHECK_EQUAL(ch_manager_stats(NULL, &figures), CH_EINVAL);
    CHECK_EQUAL(ch_manager_stats(&none, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_manager_stats(&none, &figures), CH_ESTATE);
    CHECK_EQUAL(ch_manager_stats_json(NULL, NULL, 0), 4);
    CHECK_EQUAL(ch_manager_check(NULL, NULL), CH_ECORRUPT);
    CHECK_EQUAL(ch_manager_check(&none, NULL), CH_ECORRUPT);
    CHECK(ch_manager_stack(&none) == NULL && ch_manager_pool(&none, 0) == NULL);
    CHECK(ch_manager_arena(&none, 0) == NULL && ch_manager_tracker(&none) == NULL);
    CHECK_EQUAL(ch_manager_buffer_acquire(&none, &buffer, 1), CH_EDISABLED);
    CHECK_EQUAL(ch_manager_buffer_release(&none, &buffer), CH_EDISABLED);
    CHECK_EQUAL(ch_manager_arenas_reset(&none), CH_EDISABLED);
}

TEST(manager_main_switch_stands_above_the_others) { /* M58 */
    const ch_manager_config config = ch_manager_balanced();
    hall h;
    if (!hall_open(&h, &config)) {
        return;
    }
    ch_manager *m = h.manager;
    void *object = ch_pool_acquire(ch_manager_pool(m, CH_KIND_HASH));
    CHECK_EQUAL(ch_manager_set_enabled(m, CH_MANAGER_ZERO_ALLOCATION, false), CH_EBUSY);
    CHECK_EQUAL(ch_manager_set_enabled(m, CH_MANAGER_STACK, false), CH_OK);
    CHECK(ch_manager_stack(m) == NULL && ch_manager_pool(m, CH_KIND_HASH) != NULL);
    CHECK_EQUAL(ch_pool_release(ch_manager_pool(m, CH_KIND_HASH), object), CH_OK);
    CHECK_EQUAL(ch_manager_set_enabled(m, CH_MANAGER_ZERO_ALLOCATION, false), CH_OK);
    CHECK(ch_manager_pool(m, CH_KIND_HASH) == NULL && ch_manager_arena(m, 0) == NULL);
    CHECK(!ch_manager_is_enabled(m, CH_MANAGER_POOLS));
    CHECK_EQUAL(ch_manager_check(m, NULL), CH_OK);
    CHECK_EQUAL(ch_manager_set_enabled(m, CH_MANAGER_STACK, true), CH_OK); /* waits */
    CHECK(ch_manager_stack(m) == NULL);
    CHECK_EQUAL(ch_manager_set_enabled(m, CH_MANAGER_ZERO_ALLOCATION, true), CH_OK);
    CHECK(ch_manager_stack(m) != NULL && ch_manager_pool(m, CH_KIND_HASH) != NULL);
    CHECK_EQUAL(ch_manager_set_enabled(m, CH_MANAGER_TRACKING, true), CH_EDISABLED);
    CHECK_EQUAL(ch_manager_set_enabled(m, CH_MANAGER_FEATURES, true), CH_ERANGE);
    CHECK_EQUAL(ch_manager_set_enabled(m, (ch_manager_feature)-1, false), CH_ERANGE);
    CHECK_EQUAL(ch_stack_mark(ch_manager_stack(m)), CH_OK);
    CHECK_EQUAL(ch_manager_set_enabled(m, CH_MANAGER_STACK, false), CH_EBUSY); /* a watermark */
    CHECK_EQUAL(ch_manager_reset(m), CH_OK);
    CHECK_EQUAL(ch_manager_set_enabled(m, CH_MANAGER_STACK, false), CH_OK);
    hall_close(&h);
}

TEST(manager_objects_and_buffers_come_back_cleared_if_asked) { /* M56 M32 M44 */
    for (unsigned clears = 0; clears < 2; clears++) {
        ch_manager_config config = ch_manager_balanced();
        hall h;
        config.zero_objects = config.clear_buffers = clears != 0;
        if (!hall_open(&h, &config)) {
            return;
        }
        ch_pool *pool = ch_manager_pool(h.manager, CH_KIND_U256);
        ch_buffer buffer = {0};
        uint8_t *object = ch_pool_acquire(pool);
        memset(object, 0x77, 32);
        CHECK_EQUAL(ch_pool_release(pool, object), CH_OK);
        CHECK(ch_pool_acquire(pool) == object);
        CHECK_EQUAL(ch_manager_buffer_acquire(h.manager, &buffer, 64), CH_OK);
        uint8_t *data = buffer.data;
        memset(data, 0x77, 64);
        CHECK_EQUAL(ch_manager_buffer_release(h.manager, &buffer), CH_OK);
        CHECK_EQUAL(ch_manager_buffer_acquire(h.manager, &buffer, 64), CH_OK);
        if (clears != 0) {
            CHECK(rig_is_filled(object, 32, 0) && rig_is_filled(buffer.data, 64, 0));
        } else if (!chi_checked()) {
            CHECK(rig_is_filled(object, 32, 0x77) && buffer.data == data &&
                  rig_is_filled(data, 64, 0x77));
        }
        hall_close(&h);
    }
}

static void *reset_elsewhere(void *context) {
    ch_manager *manager = context;
    return ch_manager_reset(manager) == CH_ETHREAD ? manager : NULL;
}

TEST(manager_knows_its_thread_in_verify_builds) { /* M6 */
    const ch_manager_config config = ch_manager_minimal();
    pthread_t other;
    void *refused = NULL;
    hall h;
    if (!hall_open(&h, &config)) {
        return;
    }
    bool verify = chi_thread_token() != NULL;
    if (verify) {
        rig_seen = (rig_recorder){0};
        (void)ch_on_misuse(&rig_hook);
        CHECK_EQUAL(pthread_create(&other, NULL, reset_elsewhere, h.manager), 0);
        CHECK_EQUAL(pthread_join(other, &refused), 0);
        (void)ch_on_misuse(NULL);
        CHECK(refused != NULL && rig_misused(h.manager, CH_ETHREAD));
    }
    hall_close(&h);
}
