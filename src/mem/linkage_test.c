/* The symbols of inline functions do what the inline functions do. The names below are ours, the
 * symbols are those of the objects; test/install compares the whole list. */
#include <coldheap/arena.h>
#include <coldheap/bitset.h>
#include <coldheap/pool.h>
#include <coldheap/stack.h>

#include "harness.h"

void *arena_alloc(ch_arena *arena, size_t size_bytes, size_t align) __asm__("ch_arena_alloc");
ch_arena_point arena_mark(const ch_arena *arena) __asm__("ch_arena_mark");
ch_status arena_release(ch_arena *arena, ch_arena_point point) __asm__("ch_arena_release");
void *pool_acquire(ch_pool *pool) __asm__("ch_pool_acquire");
ch_status pool_release(ch_pool *pool, void *object) __asm__("ch_pool_release");
void *stack_alloc(ch_stack *stack, size_t size_bytes, size_t align) __asm__("ch_stack_alloc");
ch_status stack_free(ch_stack *stack, void *block, size_t size_bytes) __asm__("ch_stack_free");
void bitset_fill(ch_bitset *set) __asm__("ch_bitset_fill");
size_t bitset_count(const ch_bitset *set) __asm__("ch_bitset_count");

static CH_ALIGNED(64) uint8_t memory[4096];

TEST(linkage_arena_by_its_symbols) {
    ch_arena arena;
    CHECK_EQUAL(ch_arena_init(&arena, memory, 1024, NULL), CH_OK);
    const ch_arena_point point = arena_mark(&arena);
    void *first = arena_alloc(&arena, 100, 8);
    CHECK(first == memory + ch_arena_redzone_bytes());
    CHECK(arena_alloc(&arena, 1000, 8) == NULL);
    CHECK_EQUAL(arena_release(&arena, point), CH_OK);
    CHECK(ch_arena_alloc(&arena, 1, 8) == first);
    CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
}

TEST(linkage_pool_by_its_symbols) {
    const ch_pool_options options = {.object_bytes = 24, .align = 8, .count = 2};
    ch_pool pool;
    CHECK_EQUAL(ch_pool_init(&pool, memory, sizeof memory, &options), CH_OK);
    void *first = pool_acquire(&pool);
    void *other = ch_pool_acquire(&pool);
    CHECK(first != NULL && other != NULL && first != other);
    CHECK(pool_acquire(&pool) == NULL);
    CHECK_EQUAL(pool_release(&pool, first), CH_OK);
    CHECK(ch_pool_acquire(&pool) == first);
    CHECK_EQUAL(ch_pool_fini(&pool), CH_OK);
}

TEST(linkage_stack_and_bit_set_by_their_symbols) {
    const ch_stack_options options = {.watermarks_max = 4};
    ch_stack stack;
    ch_bitset set;
    CHECK_EQUAL(ch_stack_init(&stack, memory, 1024, &options), CH_OK);
    void *block = stack_alloc(&stack, 10, 8);
    CHECK(block != NULL);
    CHECK_EQUAL(stack_free(&stack, block, 10), CH_OK);
    CHECK_EQUAL(ch_stack_fini(&stack), CH_OK);
    CHECK_EQUAL(ch_bitset_init(&set, memory, sizeof memory, 77), CH_OK);
    bitset_fill(&set);
    CHECK_EQUAL(bitset_count(&set), 77);
}
