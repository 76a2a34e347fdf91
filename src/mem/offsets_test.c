/* offsets_test.c: equal calls give equal offsets, in two processes whose memory lies at different
 * addresses: 10^5 random calls of each object, one hash of all that was given out. */
#include <coldheap/arena.h>
#include <coldheap/pool.h>
#include <coldheap/stack.h>

#include <stdio.h>
#include <string.h>

#include "harness.h"

enum { CALLS = 100000, ROOM = 1 << 16 };

typedef struct run {
    size_t ahead_bytes; /* address space taken before the object's memory: moves it */
    uint64_t seed;
    uint64_t (*work)(uint8_t *memory, uint64_t seed);
} run;

static uint64_t next(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static uint64_t mix(uint64_t hash, const void *block, const uint8_t *memory) {
    const uint64_t offset =
        block != NULL ? (uint64_t)((const uint8_t *)block - memory) : UINT64_MAX;
    return (hash ^ offset ^ hash >> 29) * 0x9e3779b97f4a7c15u;
}

/* Half of the memory is a fixed arena, the other half the source of a chunked one. */
static uint64_t arena_work(uint8_t *memory, uint64_t seed) {
    ch_arena fixed;
    ch_arena under;
    ch_arena chunked;
    uint64_t hash = 0;
    CH_REQUIRE(ch_arena_init(&fixed, memory, ROOM / 2, NULL) == CH_OK);
    CH_REQUIRE(ch_arena_init(&under, memory + ROOM / 2, ROOM / 2, NULL) == CH_OK);
    const ch_allocator source = ch_arena_allocator(&under);
    const ch_arena_options options = {.first_bytes = 1024, .limit_bytes = ROOM / 4};
    CH_REQUIRE(ch_arena_init_chunked(&chunked, &source, &options) == CH_OK);
    ch_arena *const arenas[2] = {&fixed, &chunked};
    ch_arena_point marks[2] = {ch_arena_mark(&fixed), ch_arena_mark(&chunked)};
    for (size_t i = 0; i < CALLS; i++) {
        const size_t which = i % 2;
        const uint64_t choice = next(&seed) % 16;
        if (choice < 12) {
            const size_t align = (size_t)1 << next(&seed) % 8;
            hash = mix(hash, ch_arena_alloc(arenas[which], 1 + next(&seed) % 300, align), memory);
        } else if (choice < 13) {
            marks[which] = ch_arena_mark(arenas[which]);
        } else if (choice < 15) {
            hash += (uint64_t)ch_arena_release(arenas[which], marks[which]);
        } else {
            hash += (uint64_t)ch_arena_reset(arenas[which]);
            marks[which] = ch_arena_mark(arenas[which]);
        }
    }
    CH_REQUIRE(ch_arena_fini(&chunked) == CH_OK && ch_arena_fini(&under) == CH_OK);
    CH_REQUIRE(ch_arena_fini(&fixed) == CH_OK);
    return hash;
}

static uint64_t stack_work(uint8_t *memory, uint64_t seed) {
    static struct {
        void *block;
        size_t size_bytes;
    } blocks[1024];
    ch_stack stack;
    size_t count = 0;
    uint64_t hash = 0;
    CH_REQUIRE(ch_stack_init(&stack, memory, ROOM, &(ch_stack_options){.watermarks_max = 4}) ==
               CH_OK);
    for (size_t i = 0; i < CALLS; i++) {
        const uint64_t choice = next(&seed) % 16;
        if (choice < 8 && count < 1024) {
            const size_t align = (size_t)1 << next(&seed) % 8;
            const size_t size = next(&seed) % 300;
            void *block = ch_stack_alloc(&stack, size, align);
            hash = mix(hash, block, memory);
            if (block != NULL) {
                blocks[count].block = block;
                blocks[count++].size_bytes = size;
            }
        } else if (choice < 15 && count > 0) {
            count--;
            hash += (uint64_t)ch_stack_free(&stack, blocks[count].block, blocks[count].size_bytes);
        } else if (choice == 15 && next(&seed) % 64 == 0) {
            hash += (uint64_t)ch_stack_reset(&stack);
            count = 0;
        }
    }
    CH_REQUIRE(ch_stack_fini(&stack) == CH_OK);
    return hash;
}

static uint64_t pool_work(uint8_t *memory, uint64_t seed) {
    const ch_pool_options options = {.object_bytes = 48, .align = 16, .count = 500};
    static void *objects[500];
    ch_pool pool;
    size_t count = 0;
    uint64_t hash = 0;
    CH_REQUIRE(ch_pool_init(&pool, memory, ROOM, &options) == CH_OK);
    for (size_t i = 0; i < CALLS; i++) {
        if (next(&seed) % 2 == 0) {
            void *object = ch_pool_acquire(&pool);
            hash = mix(hash, object, memory);
            if (object != NULL) {
                objects[count++] = object;
            }
        } else if (count > 0) {
            const size_t which = next(&seed) % count;
            hash += (uint64_t)ch_pool_release(&pool, objects[which]);
            objects[which] = objects[--count];
        }
    }
    CH_REQUIRE(ch_pool_fini(&pool) == CH_OK);
    return hash;
}

/* What a child process does: its hash comes back as text. */
static void work_apart(void *context) {
    const run *wish = context;
    ch_region ahead;
    ch_region region;
    CH_REQUIRE(ch_region_reserve(&ahead, &(ch_region_options){.size_bytes = wish->ahead_bytes}) ==
               CH_OK);
    CH_REQUIRE(ch_region_reserve(&region, &(ch_region_options){.size_bytes = ROOM}) == CH_OK);
    CH_REQUIRE(ch_region_commit(&region, 0, ROOM) == CH_OK);
    fprintf(stderr, "%016llx", (unsigned long long)wish->work(region.base, wish->seed));
    fflush(stderr);
}

static void check_two_processes(uint64_t (*work)(uint8_t *memory, uint64_t seed)) {
    char texts[3][64] = {"1", "2", "3"};
    const uint64_t seed = ch_test_random();
    const run runs[3] = {{1 << 12, seed, work}, {3u << 20, seed, work}, {1 << 12, seed + 1, work}};
    for (size_t i = 0; i < 3; i++) {
        run wish = runs[i];
        CHECK(!ch_test_child_dies(work_apart, &wish, texts[i], sizeof texts[i]));
        CHECK_EQUAL(strlen(texts[i]), 16);
    }
    CHECK_TEXT(texts[1], texts[0]);
    CHECK(strcmp(texts[2], texts[0]) != 0); /* else the hash says nothing */
}

TEST(offsets_of_arenas_are_equal_in_two_processes) { /* M11 */
    check_two_processes(arena_work);
}

TEST(offsets_of_stacks_are_equal_in_two_processes) { /* M11 */
    check_two_processes(stack_work);
}

TEST(offsets_of_pools_are_equal_in_two_processes) { /* M11 */
    check_two_processes(pool_work);
}
