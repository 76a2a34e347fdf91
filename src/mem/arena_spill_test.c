/* arena_spill_test.c: arenas that spill over into a source: what fits stays inside, what does not
 * comes exactly and goes back with its mark; random steps against a list of filled blocks. */
#include <coldheap/arena.h>

#include "harness.h"
#include "mem/arena_parts.h"
#include "mem/checked.h"
#include "mem_rig.h"
#include "model.h"

enum { MEMORY = 4096, BLOCKS = 200, MARKS = 20 };

static _Alignas(64) uint8_t memory[MEMORY];
static rig_source source;
static ch_arena arena;

static void start(ch_zeroing zeroing) {
    const ch_allocator allocator = rig_source_allocator(&source);
    const ch_arena_options options = {.zeroing = zeroing, .name = "spill"};
    source = (rig_source){0};
    CHECK_EQUAL(ch_arena_init_spill(&arena, memory, MEMORY, &allocator, &options), CH_OK);
}

static void finish(void) {
    CHECK_EQUAL(ch_arena_check(&arena, NULL), CH_OK);
    CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
    CHECK_EQUAL(source.live, 0);
    CHECK_EQUAL(source.wrong, 0);
}

static bool is_inside(const uint8_t *block) {
    return (uintptr_t)block - (uintptr_t)memory < MEMORY;
}

TEST(arena_spill_needs_a_source) { /* M2 */
    const ch_allocator nothing = {0};
    const ch_allocator allocator = rig_source_allocator(&source);
    CHECK_EQUAL(ch_arena_init_spill(&arena, memory, MEMORY, NULL, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_spill(&arena, memory, MEMORY, &nothing, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_spill(NULL, memory, MEMORY, &allocator, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_spill(&arena, NULL, MEMORY, &allocator, NULL), CH_EINVAL);
}

TEST(arena_spill_takes_only_what_does_not_fit_and_gives_it_back_with_its_mark) { /* M49 */
    start(CH_ZERO_NONE);
    const ch_arena_point empty = ch_arena_mark(&arena);
    uint8_t *large = ch_arena_alloc(&arena, 5000, 64);
    CHECK(large != NULL && !is_inside(large) && (uintptr_t)large % 64 == 0);
    memset(large, 1, 5000);
    CHECK_EQUAL(ch_arena_used(&arena), 5000);
    CHECK_EQUAL(ch_arena_capacity(&arena), MEMORY);
    CHECK_EQUAL(source.live, 1);
    const ch_arena_point one = ch_arena_mark(&arena);
    uint8_t *small = ch_arena_alloc(&arena, 100, 8);
    CHECK(small != NULL && is_inside(small));
    uint8_t *second = ch_arena_alloc(&arena, MEMORY, 8);
    CHECK(second != NULL && !is_inside(second));
    CHECK_EQUAL(ch_arena_extend(&arena, second, MEMORY, MEMORY + 1), CH_EORDER);
    CHECK_EQUAL(source.live, 2);
    CHECK_EQUAL(ch_arena_check(&arena, NULL), CH_OK);
    CHECK_EQUAL(ch_arena_release(&arena, one), CH_OK);
    CHECK_EQUAL(source.live, 1);
    CHECK(rig_is_filled(large, 5000, 1));
    CHECK_EQUAL(ch_arena_used(&arena), 5000);
    CHECK_EQUAL(ch_arena_release(&arena, empty), CH_OK);
    CHECK_EQUAL(source.live, 0);
    CHECK_EQUAL(ch_arena_used(&arena), 0);
    CHECK(ch_arena_peak(&arena) >= 5000 + 100 + MEMORY);
    const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
    CHECK_EQUAL(ch_arena_release(&arena, one), CH_EORDER);
    CHECK(rig_misused(&arena, CH_EORDER));
    (void)ch_on_misuse(before);
    finish();
}

TEST(arena_spill_reports_a_refusing_source_and_impossible_sizes) { /* M5 M49 M76 */
    start(CH_ZERO_NONE);
    void *out = &arena;
    source.refusing = true;
    CHECK_EQUAL(ch_arena_alloc_try(&arena, &out, MEMORY + 1, 8), CH_EFULL);
    source.refusing = false;
    CHECK_EQUAL(ch_arena_alloc_try(&arena, &out, SIZE_MAX, 8), CH_EFULL);
    CHECK_EQUAL(ch_arena_alloc_try(&arena, &out, SIZE_MAX - 100, 4096), CH_EFULL);
    CHECK(out == &arena);
    CHECK_EQUAL(ch_arena_used(&arena), 0);
    finish();
}

TEST(arena_spill_fini_and_reset_give_everything_back) { /* M49 */
    for (int round = 0; round < 2; round++) {
        start(CH_ZERO_NONE);
        for (size_t i = 0; i < 10; i++) {
            CHECK(ch_arena_alloc(&arena, MEMORY + 1 + i, 1) != NULL);
        }
        CHECK_EQUAL(source.live, 10);
        if (round == 0) {
            CHECK_EQUAL(ch_arena_reset(&arena), CH_OK);
            CHECK_EQUAL(source.live, 0);
        }
        finish();
    }
}

TEST(arena_spill_zeroes_as_chosen) { /* M21 */
    start(CH_ZERO_ON_ALLOC);
    const uint8_t *block = ch_arena_alloc(&arena, 9000, 1);
    CHECK(block != NULL && rig_is_filled(block, 9000, 0));
    finish();
}

TEST(arena_spill_check_sees_a_broken_list) { /* M7 */
    start(CH_ZERO_NONE);
    CHECK(ch_arena_alloc(&arena, 9000, 1) != NULL);
    chi_chunk *chunk = arena.chunk;
    size_t *const words[] = {&chunk->size_bytes, &chunk->before_bytes, &arena.before_bytes,
                             &arena.acquired_bytes};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        *words[i] += 1;
        CHECK_EQUAL(ch_arena_check(&arena, NULL), CH_ECORRUPT);
        *words[i] -= 1;
    }
    chunk->index++;
    CHECK_EQUAL(ch_arena_check(&arena, NULL), CH_ECORRUPT);
    chunk->index--;
    finish();
}

/* ---- Random steps ---------------------------------------------------------------------------- */

typedef struct world {
    struct {
        uint8_t *bytes;
        size_t size_bytes;
        uint8_t fill;
    } blocks[BLOCKS];
    size_t block_count;
    struct {
        ch_arena_point point;
        size_t block_count;
        size_t used;
    } marks[MARKS];
    size_t mark_count;
    size_t used;
    size_t peak;
} world;

static bool kept(const world *w) {
    for (size_t i = 0; i < w->block_count; i++) {
        if (!rig_is_filled(w->blocks[i].bytes, w->blocks[i].size_bytes, w->blocks[i].fill)) {
            return false;
        }
    }
    return true;
}

static bool step_alloc(void *context) {
    world *w = context;
    const size_t align = (size_t)1 << ch_test_random_below(13);
    const size_t size = 1 + ch_test_random_below(ch_test_random_below(8) == 0 ? 6000 : 200);
    const bool fits = size <= ch_arena_remaining_for(&arena, align);
    source.refusing = ch_test_random_below(20) == 0;
    uint8_t *block = ch_arena_alloc(&arena, size, align);
    const bool refused = source.refusing;
    source.refusing = false;
    if (block == NULL) {
        return !fits && refused;
    }
    if (is_inside(block) != fits || (uintptr_t)block % align != 0) {
        return false;
    }
    if (w->block_count < BLOCKS) {
        w->blocks[w->block_count].bytes = block;
        w->blocks[w->block_count].size_bytes = size;
        w->blocks[w->block_count].fill = (uint8_t)(1 + w->block_count);
        memset(block, w->blocks[w->block_count++].fill, size);
    }
    w->used = ch_arena_used(&arena);
    w->peak = w->used > w->peak ? w->used : w->peak;
    return true;
}

static bool step_mark(void *context) {
    world *w = context;
    if (w->mark_count < MARKS) {
        w->marks[w->mark_count].point = ch_arena_mark(&arena);
        w->marks[w->mark_count].block_count = w->block_count;
        w->marks[w->mark_count++].used = w->used;
    }
    return true;
}

static bool step_release(void *context) {
    world *w = context;
    if (w->mark_count == 0) {
        return true;
    }
    w->mark_count = ch_test_random_below(w->mark_count);
    const bool right = kept(w);
    w->block_count = w->marks[w->mark_count].block_count;
    w->used = w->marks[w->mark_count].used;
    return ch_arena_release(&arena, w->marks[w->mark_count].point) == CH_OK && right && kept(w);
}

static bool step_reset(void *context) {
    world *w = context;
    w->block_count = w->mark_count = w->used = 0;
    return ch_arena_reset(&arena) == CH_OK && source.live == 0;
}

static bool agrees(void *context) {
    const world *w = context;
    return ch_arena_check(&arena, NULL) == CH_OK && ch_arena_used(&arena) == w->used &&
           ch_arena_peak(&arena) == w->peak && source.live == arena.chunk_count - 1;
}

TEST(arena_spill_agrees_with_its_model) { /* M49 M77 */
    static const ch_model_operation operations[] = {{"alloc", 20, step_alloc},
                                                    {"mark", 5, step_mark},
                                                    {"release", 4, step_release},
                                                    {"reset", 1, step_reset}};
    for (unsigned zeroing = 0; zeroing < 3; zeroing++) {
        static world w;
        w = (world){0};
        start((ch_zeroing)zeroing);
        CHECK(ch_model_run(&(ch_model){.operations = operations,
                                       .operation_count = 4,
                                       .check = agrees,
                                       .context = &w,
                                       .steps = RIG_SLOW || chi_checked() ? 20000 : 350000}));
        finish();
    }
}
