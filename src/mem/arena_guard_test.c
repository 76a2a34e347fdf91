/* arena_guard_test.c: a footprint is exact: the object lies between two guard pages, uses all of
 * it, and neither guard is touched, or the test would die; one byte less is refused. */
#include <coldheap/arenas.h>
#include <coldheap/stack.h>

#include <string.h>

#include "harness.h"
#include "mem/checked.h"

static ch_region region;

static uint8_t *between_guards(size_t size_bytes) {
    const ch_region_options wish = {
        .size_bytes = size_bytes, .guard_low = true, .guard_high = true};
    region = (ch_region){0};
    CHECK_EQUAL(ch_region_reserve(&region, &wish), CH_OK);
    CHECK_EQUAL(region.size_bytes, size_bytes); /* whole pages: both ends touch a guard */
    CHECK_EQUAL(ch_region_commit(&region, 0, size_bytes), CH_OK);
    return region.base;
}

static void use_up(ch_arena *arena) {
    for (unsigned round = 0; round < 3; round++) {
        size_t bytes = ch_arena_remaining_for(arena, 1);
        uint8_t *block = ch_arena_alloc(arena, bytes, 1);
        if (CHECK(block != NULL && bytes > 0)) {
            memset(block, 0xff, bytes);
        }
        CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
    }
}

TEST(arena_between_guard_pages_needs_its_footprint_and_no_more) { /* M2 */
    const size_t page = CH_ALIGN_MAX > 4096 ? CH_ALIGN_MAX : 4096;
    for (ch_zeroing zeroing = CH_ZERO_NONE; zeroing <= CH_ZERO_ON_ALLOC; zeroing++) {
        const ch_arena_options options = {.limit_bytes = 4 * page, .zeroing = zeroing};
        ch_arena arena;
        CHECK_EQUAL(ch_arena_footprint(&options), 4 * page);
        uint8_t *memory = between_guards(4 * page);
        CHECK_EQUAL(ch_arena_init(&arena, memory, 4 * page - 1, &options), CH_EFULL);
        CHECK_EQUAL(ch_arena_init(&arena, memory, 4 * page, &options), CH_OK);
        use_up(&arena);
        CHECK_EQUAL(ch_arena_check(&arena, NULL), CH_OK);
        CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
        CHECK_EQUAL(ch_region_fini(&region), CH_OK);
    }
}

TEST(stack_between_guard_pages_needs_its_footprint_and_no_more) { /* M2 */
    const size_t size = 4 * 4096;
    for (ch_zeroing zeroing = CH_ZERO_NONE; zeroing <= CH_ZERO_ON_ALLOC; zeroing++) {
        const ch_stack_options options = {
            .watermarks_max = 8, .size_bytes = size - 8 * 2 * sizeof(void *), .zeroing = zeroing};
        ch_stack stack;
        const size_t footprint = ch_stack_footprint(&options);
        uint8_t *memory = between_guards(size);
        CHECK(footprint <= size);
        CHECK_EQUAL(ch_stack_init(&stack, memory, footprint - 1, &options), CH_EFULL);
        /* The end touches the high guard, or the start the low one: they are one if it is exact. */
        memory += size - footprint;
        CHECK_EQUAL(ch_stack_init(&stack, memory, footprint, &options), CH_OK);
        for (unsigned level = 0; level < 8; level++) {
            CHECK_EQUAL(ch_stack_mark(&stack), CH_OK);
            CHECK(ch_stack_alloc(&stack, 100, 8) != NULL);
        }
        CHECK_EQUAL(ch_stack_mark(&stack), CH_EFULL);
        const size_t most = ch_stack_available(&stack) - CH_STACK_LINK_BYTES - 4;
        uint8_t *block = ch_stack_alloc(&stack, most, 1);
        if (CHECK(block != NULL && ch_stack_available(&stack) == 0)) {
            memset(block, 0xff, most);
        }
        CHECK_EQUAL(ch_stack_check(&stack, NULL), CH_OK);
        CHECK_EQUAL(ch_stack_reset(&stack), CH_OK);
        CHECK_EQUAL(ch_stack_fini(&stack), CH_OK);
        CHECK_EQUAL(ch_region_fini(&region), CH_OK);
    }
}

TEST(arenas_between_guard_pages_need_their_footprint_and_no_more) { /* M2 M54 */
    const ch_arenas_sizes sizes = {
        .execution_bytes = 4096, .temporary_bytes = 1024, .scratch_bytes = 3072};
    ch_arenas set;
    CHECK_EQUAL(ch_arenas_footprint(&sizes), 8192);
    uint8_t *memory = between_guards(8192);
    CHECK_EQUAL(ch_arenas_init(&set, memory, 8191, &sizes), CH_EFULL);
    CHECK_EQUAL(ch_arenas_init(&set, memory, 8192, &sizes), CH_OK);
    for (unsigned kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        use_up(ch_arenas_get(&set, (ch_arenas_kind)kind));
    }
    CHECK_EQUAL(ch_arenas_check(&set, NULL), CH_OK);
    CHECK_EQUAL(ch_arenas_fini(&set), CH_OK);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}
