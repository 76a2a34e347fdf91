/* arena_refusal_test.c: everything under an arena or a stack that can refuse does so once, at call
 * 1, 2, 3 ... of the same work: the request answers, nothing changes, the work goes on, and at the
 * end all is given back. */
#define _GNU_SOURCE
#include <coldheap/arena.h>
#include <coldheap/stack.h>

#include <sys/resource.h>

#include "harness.h"
#include "mem/checked.h"
#include "mem_rig.h"

enum { STEPS = 60, CALLS_MOST = 1000 };

static rig_source source;
static ch_arena arena;
static ch_stack stack;
static uint8_t memory[4096];

/* What is in use, each block filled with its number. */
static struct {
    uint8_t *bytes;
    size_t size_bytes;
} blocks[STEPS];
static size_t block_count;
static uint64_t refusals;

static bool blocks_kept(void) {
    for (size_t i = 0; i < block_count; i++) {
        if (!rig_is_filled(blocks[i].bytes, blocks[i].size_bytes, (uint8_t)i)) {
            return false;
        }
    }
    return true;
}

static void add(void *bytes, size_t size_bytes) {
    blocks[block_count].bytes = bytes;
    blocks[block_count].size_bytes = size_bytes;
    memset(bytes, (int)block_count, size_bytes);
    block_count++;
}

/* ---- Arenas ---------------------------------------------------------------------------------- */

static void arena_alloc(size_t size_bytes) {
    const size_t used = ch_arena_used(&arena);
    const uint64_t full = arena.failures_full;
    const uint64_t given = ch_arena_allocations(&arena);
    void *out = &out;
    const ch_status status = ch_arena_alloc_try(&arena, &out, size_bytes, 8);
    if (status == CH_OK) {
        add(out, size_bytes);
    } else {
        CHECK(status == CH_EFULL && out == (void *)&out);
        CHECK_EQUAL(ch_arena_used(&arena), used);
        CHECK_EQUAL(arena.failures_full, full + 1);
        CHECK_EQUAL(ch_arena_allocations(&arena), given);
        refusals++;
    }
    CHECK_EQUAL(ch_arena_check(&arena, NULL), CH_OK);
}

static void arena_extend(size_t more) {
    const size_t used = ch_arena_used(&arena);
    const size_t last = block_count - 1;
    const size_t old = blocks[last].size_bytes;
    const ch_status status = ch_arena_extend(&arena, blocks[last].bytes, old, old + more);
    CHECK(status == CH_OK || status == CH_EFULL || status == CH_EORDER);
    if (status == CH_OK) {
        blocks[last].size_bytes = old + more;
        memset(blocks[last].bytes, (int)last, old + more);
    } else {
        CHECK_EQUAL(ch_arena_used(&arena), used);
    }
    CHECK_EQUAL(ch_arena_check(&arena, NULL), CH_OK);
}

static void arena_work(void) {
    block_count = 0;
    ch_arena_point mark = ch_arena_mark(&arena);
    size_t marked = 0;
    for (size_t step = 0; step < STEPS; step++) {
        arena_alloc(1 + step * 97 % 1500);
        if (step % 7 == 3 && block_count > marked) {
            arena_extend(30);
        }
        if (step % 10 == 4) {
            mark = ch_arena_mark(&arena);
            marked = block_count;
        } else if (step % 10 == 9) {
            CHECK_EQUAL(ch_arena_release(&arena, mark), CH_OK);
            block_count = marked;
        }
        CHECK(blocks_kept());
        if (step % 20 == 19) {
            CHECK_EQUAL(ch_arena_reset(&arena), CH_OK);
            CHECK_EQUAL(ch_arena_trim(&arena, 0), CH_OK);
            block_count = marked = 0;
            mark = ch_arena_mark(&arena);
        }
    }
}

static ch_status start_chunked(void) {
    const ch_allocator from = rig_source_allocator(&source);
    return ch_arena_init_chunked(&arena, &from, &(ch_arena_options){.first_bytes = 512});
}

static ch_status start_twin(void) {
    const ch_allocator from = rig_source_allocator(&source);
    return ch_arena_init_twin(&arena, &from, NULL);
}

static ch_status start_spill(void) {
    const ch_allocator from = rig_source_allocator(&source);
    return ch_arena_init_spill(&arena, memory, sizeof memory, &from, NULL);
}

/* Call k is refused, for every k that the work makes. */
static void refuse_each_call(ch_status (*start)(void), bool init_calls) {
    uint64_t k = 0;
    do {
        k++;
        source = (rig_source){.refuse_call = k};
        memset(&arena, 0, sizeof arena);
        refusals = 0;
        const ch_status status = start();
        if (init_calls && k == 1) {
            CHECK_EQUAL(status, CH_EFULL);
            CHECK(rig_is_filled((const uint8_t *)&arena, sizeof arena, 0));
            continue;
        }
        CHECK_EQUAL(status, CH_OK);
        arena_work();
        CHECK(refusals <= 1 || start == start_chunked);
        CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
        CHECK(source.live == 0 && source.bytes == 0 && source.wrong == 0);
    } while (k < CALLS_MOST && source.calls >= k);
    CHECK(k > 3 && k < CALLS_MOST); /* the last round had no refusal */
    CHECK_EQUAL(refusals, 0);
}

TEST(chunked_arena_survives_a_refusal_at_every_call) { /* M20 M76 */
    refuse_each_call(start_chunked, true);
}

TEST(twin_of_an_arena_survives_a_refusal_at_every_call) { /* M26 M76 */
    refuse_each_call(start_twin, false);
}

TEST(spilling_arena_survives_a_refusal_at_every_call) { /* M49 M76 */
    refuse_each_call(start_spill, false);
}

/* ---- Stacks ---------------------------------------------------------------------------------- */

static void stack_alloc(size_t size_bytes) {
    const size_t used = ch_stack_used(&stack);
    const uint64_t given = ch_stack_allocations(&stack);
    void *out = &out;
    const ch_status status = ch_stack_alloc_try(&stack, &out, size_bytes, 8);
    if (status == CH_OK) {
        add(out, size_bytes);
    } else {
        CHECK(status == CH_EFULL && out == (void *)&out);
        CHECK_EQUAL(ch_stack_used(&stack), used);
        CHECK_EQUAL(ch_stack_allocations(&stack), given);
        refusals++;
    }
    CHECK_EQUAL(ch_stack_check(&stack, NULL), CH_OK);
}

static void stack_resize(size_t more) {
    const size_t last = block_count - 1;
    const size_t old = blocks[last].size_bytes;
    const ch_status status = ch_stack_resize(&stack, blocks[last].bytes, old, old + more);
    CHECK(status == CH_OK || status == CH_EFULL);
    if (status == CH_OK) {
        blocks[last].size_bytes = old + more;
        memset(blocks[last].bytes, (int)last, old + more);
    }
    CHECK_EQUAL(ch_stack_check(&stack, NULL), CH_OK);
}

static void stack_work(void) {
    size_t marked = 0;
    block_count = 0;
    for (size_t step = 0; step < STEPS; step++) {
        stack_alloc(1 + step * 97 % 1500);
        if (step % 7 == 3 && block_count > marked) {
            stack_resize(30);
        }
        if (step % 5 == 2 && block_count > marked) {
            const size_t last = --block_count;
            CHECK_EQUAL(ch_stack_free(&stack, blocks[last].bytes, blocks[last].size_bytes), CH_OK);
        }
        if (step % 10 == 4) {
            CHECK_EQUAL(ch_stack_mark(&stack), CH_OK);
            marked = block_count;
        } else if (step % 10 == 9) {
            CHECK_EQUAL(ch_stack_release(&stack), CH_OK);
            block_count = marked;
            marked = 0;
            CHECK_EQUAL(step % 20 == 19 ? ch_stack_reset(&stack) : CH_OK, CH_OK);
            block_count = step % 20 == 19 ? 0 : block_count;
        }
        CHECK(blocks_kept());
    }
}

TEST(twin_of_a_stack_survives_a_refusal_at_every_call) { /* M26 M76 */
    static CH_ALIGNED(16) uint8_t marks[64 * 16];
    const ch_allocator from = rig_source_allocator(&source);
    const ch_stack_options options = {.watermarks_max = 64};
    uint64_t k = 0;
    do {
        source = (rig_source){.refuse_call = ++k};
        refusals = 0;
        CHECK_EQUAL(ch_stack_init_twin(&stack, marks, sizeof marks, &options, &from), CH_OK);
        stack_work();
        CHECK(refusals <= 1);
        CHECK_EQUAL(ch_stack_fini(&stack), CH_OK);
        CHECK(source.live == 0 && source.bytes == 0 && source.wrong == 0);
    } while (k < CALLS_MOST && source.calls >= k);
    CHECK(k > 3 && k < CALLS_MOST);
    CHECK_EQUAL(refusals, 0);
}

/* ---- The system ------------------------------------------------------------------------------ */

/* Pages that become writable count as data; the limit on these makes the next commit fail. */
static void commit_at_a_system_that_refuses(void *unused) {
    (void)unused;
    struct rlimit old;
    ch_region region;
    const ch_region_options wish = {.size_bytes = (size_t)1 << 24};
    const ch_arena_options options = {.first_bytes = 4096};
    CH_REQUIRE(ch_region_reserve(&region, &wish) == CH_OK);
    CH_REQUIRE(ch_arena_init_region(&arena, &region, &options) == CH_OK);
    CH_REQUIRE(getrlimit(RLIMIT_DATA, &old) == 0);
    const struct rlimit none = {1, old.rlim_max}; /* 0 would be no limit */
    for (size_t round = 0; round < 10; round++) {
        void *out = &out;
        const size_t rest = arena.committed_bytes - ch_arena_used(&arena);
        CH_REQUIRE(setrlimit(RLIMIT_DATA, &none) == 0);
        CH_REQUIRE(ch_arena_alloc_try(&arena, &out, rest + 1, 1) == CH_ENOMEM);
        CH_REQUIRE(out == (void *)&out && arena.failures_full == round + 1);
        CH_REQUIRE(ch_arena_check(&arena, NULL) == CH_OK);
        CH_REQUIRE(setrlimit(RLIMIT_DATA, &old) == 0);
        CH_REQUIRE(ch_arena_alloc_try(&arena, &out, rest + 1, 1) == CH_OK);
    }
    CH_REQUIRE(ch_arena_fini(&arena) == CH_OK && ch_region_fini(&region) == CH_OK);
}

TEST(region_arena_survives_every_commit_refused_once) { /* M19 M76 */
    char text[256];
    if (RIG_SLOW || chi_checked()) {
        ch_test_skip("memory checkers need data of their own");
        return;
    }
    CHECK(!ch_test_child_dies(commit_at_a_system_that_refuses, NULL, text, sizeof text));
    CHECK_TEXT(text, "");
}
