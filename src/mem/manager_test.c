/* manager_test.c: set-up, use and switches of managers. What any sequence of calls must do is
 * manager_model_test.c's matter; presets and layout are manager_config_test.c's. */
#define _GNU_SOURCE
#include <coldheap/manager.h>

#include <stdio.h>
#include <sys/mman.h>

#include "harness.h"
#include "mem/checked.h"
#include "mem/mem_rig.h"

/* A manager over memory of exactly its footprint, between two closed pages. */
typedef struct hall {
    uint8_t *map;
    size_t map_bytes;
    uint8_t *memory;
    size_t size_bytes;
    ch_manager *manager;
} hall;

static bool hall_open(hall *h, const ch_manager_config *config) {
    size_t need = ch_manager_footprint(config);
    size_t room = (need + 4095) / 4096 * 4096;
    *h = (hall){.map_bytes = room + 8192, .size_bytes = need};
    h->map = mmap(NULL, h->map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!CHECK(need > 0 && h->map != MAP_FAILED)) {
        return false;
    }
    CHECK_EQUAL(mprotect(h->map + 4096, room, PROT_READ | PROT_WRITE), 0);
    h->memory = h->map + 4096 + (room - need) / 64 * 64;
    return CHECK_EQUAL(ch_manager_init(&h->manager, h->memory, need, config), CH_OK);
}

static void hall_close(hall *h) {
    CHECK_EQUAL(ch_manager_fini(h->manager), CH_OK);
    (void)munmap(h->map, h->map_bytes);
}

static bool lies_inside(const hall *h, const void *pointer, size_t size_bytes) {
    uintptr_t offset = (uintptr_t)pointer - (uintptr_t)h->memory;
    return offset <= h->size_bytes && size_bytes <= h->size_bytes - offset;
}

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
