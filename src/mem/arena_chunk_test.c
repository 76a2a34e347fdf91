/* arena_chunk_test.c: arenas that take chunks from a source, and twins: when the source is called,
 * limits, growth, what goes back. */
#include "arena_rig.h"

#include "harness.h"

static arena_rig rig;

static ch_arena *start(arena_kind kind, ch_arena_options options) {
    rig = (arena_rig){0};
    CHECK_EQUAL(rig_start(&rig, kind, &options), CH_OK);
    return &rig.arena;
}

static void finish(void) {
    CHECK_EQUAL(ch_arena_check(&rig.arena, NULL), CH_OK);
    CHECK(rig_stop(&rig));
}

/* Takes the same blocks every time; returns false if one is refused. */
static bool work(ch_arena *arena) {
    static const size_t sizes[] = {1, 700, 20, 5000, 64, 64, 2000, 100000, 3, 900};
    const ch_arena_point mark = ch_arena_mark(arena);
    bool given = true;
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            uint8_t *block = ch_arena_alloc(arena, sizes[i], (size_t)1 << i);
            given = given && block != NULL;
            if (block != NULL) {
                memset(block, (int)i, sizes[i]);
            }
        }
        if (round == 0) {
            given = given && ch_arena_release(arena, mark) == CH_OK;
        }
    }
    return given;
}

TEST(repeated_work_calls_the_source_in_its_first_round_only) { /* M20 */
    ch_arena *arena =
        start(CHUNKED, (ch_arena_options){.first_bytes = 1024, .chunk_max_bytes = 16384});
    CHECK(work(arena));
    const uint64_t calls = rig.source.calls;
    const size_t used = ch_arena_used(arena);
    CHECK_EQUAL(arena->source_calls, calls);
    CHECK(calls > 3);
    for (unsigned round = 0; round < 1000; round++) {
        CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
        CHECK_EQUAL(ch_arena_used(arena), 0);
        if (!CHECK(work(arena))) {
            break;
        }
        CHECK_EQUAL(ch_arena_used(arena), used);
        CHECK_EQUAL(ch_arena_check(arena, NULL), CH_OK);
    }
    CHECK_EQUAL(rig.source.calls, calls);
    finish();
}

TEST(twin_holds_what_is_in_use_and_nothing_else) { /* M26 */
    ch_arena *arena = start(TWIN, (ch_arena_options){0});
    for (unsigned round = 0; round < 100; round++) {
        CHECK(work(arena));
        CHECK_EQUAL(rig.source.live, 10);
        CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
        CHECK_EQUAL(rig.source.live, 0);
        CHECK_EQUAL(rig.source.bytes, 0);
    }
    CHECK_EQUAL(arena->source_calls, rig.source.calls);
    CHECK_EQUAL(rig.source.calls, 100 * 40);
    finish();
}

TEST(limit_of_all_chunks_is_hit_to_the_byte) { /* M20 */
    for (size_t limit = 4000; limit < 4100; limit++) {
        const ch_arena_options options = {.limit_bytes = limit, .first_bytes = 1024};
        ch_arena *arena = start(CHUNKED, options);
        CHECK_EQUAL(rig.source.bytes, 1024);
        CHECK(ch_arena_alloc(arena, ch_arena_remaining_for(arena, 1), 1) != NULL);
        CHECK(ch_arena_alloc(arena, 1, 1) != NULL);
        CHECK_EQUAL(rig.source.bytes, 3072);
        CHECK(ch_arena_alloc(arena, ch_arena_remaining_for(arena, 1), 1) != NULL);
        CHECK(ch_arena_alloc(arena, 1, 1) != NULL);
        CHECK_EQUAL(rig.source.bytes, limit);
        CHECK(ch_arena_alloc(arena, ch_arena_remaining_for(arena, 1), 1) != NULL);
        const ch_arena_point before = ch_arena_mark(arena);
        CHECK(ch_arena_alloc(arena, 1, 1) == NULL);
        CHECK(ch_arena_alloc(arena, SIZE_MAX, 1) == NULL);
        CHECK_BYTES(&before, &(ch_arena_point[]){ch_arena_mark(arena)}, sizeof before);
        CHECK_EQUAL(rig.source.bytes, limit);
        CHECK_EQUAL(ch_arena_capacity(arena), limit);
        finish();
    }
}

TEST(request_above_the_next_chunk_gets_its_own_and_does_not_raise_growth) { /* M20 */
    ch_arena *arena = start(CHUNKED, (ch_arena_options){.first_bytes = 1024});
    CHECK_EQUAL(arena->next_chunk_bytes, 2048);
    uint8_t *block = ch_arena_alloc(arena, 100000, 64);
    CHECK(block != NULL && (uintptr_t)block % 64 == 0);
    CHECK_EQUAL(ch_arena_remaining_for(arena, 1), 0);
    CHECK(rig.source.bytes < 1024 + 100000 + 64 + 128);
    CHECK_EQUAL(arena->next_chunk_bytes, 2048);
    CHECK(ch_arena_alloc(arena, 1, 1) != NULL);
    CHECK_EQUAL(arena->next_chunk_bytes, 4096);
    finish();
}

TEST(growth_follows_its_percentage_up_to_the_maximum) { /* M20 */
    static const struct {
        ch_arena_options options;
        size_t sizes[5]; /* of the chunks after the first */
    } rows[] = {
        {{.first_bytes = 120, .growth_percent = 100, .chunk_max_bytes = 130},
         {120, 120, 120, 120, 120}},
        {{.first_bytes = 1000, .growth_percent = 150}, {1500, 2250, 3375, 5062, 7593}},
        {{.first_bytes = 1000, .growth_percent = 1000}, {10000, 100000, 1000000, 10000000}},
        {{.first_bytes = 1000, .chunk_max_bytes = 5000}, {2000, 4000, 5000, 5000, 5000}},
        {{.first_bytes = 1000, .chunk_max_bytes = 1000}, {1000, 1000, 1000, 1000, 1000}},
        {{.first_bytes = 1000, .growth_percent = 200, .chunk_max_bytes = SIZE_MAX},
         {2000, 4000, 8000, 16000, 32000}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ch_arena *arena = start(CHUNKED, rows[i].options);
        for (size_t k = 0; k < 5 && rows[i].sizes[k] != 0; k++) {
            const size_t held = rig.source.bytes;
            const uint64_t chunks = arena->chunk_count;
            while (arena->chunk_count == chunks) {
                const size_t room = ch_arena_remaining_for(arena, 1);
                if (!CHECK(ch_arena_alloc(arena, room != 0 ? room : 1, 1) != NULL)) {
                    break;
                }
            }
            CHECK_EQUAL(rig.source.bytes - held, rows[i].sizes[k]);
        }
        finish();
    }
}

TEST(trim_returns_kept_chunks_only) { /* M20 */
    ch_arena *arena = start(CHUNKED, (ch_arena_options){.first_bytes = 1024});
    uint8_t *kept = ch_arena_alloc(arena, 500, 1);
    memset(kept, 3, 500);
    const ch_arena_point mark = ch_arena_mark(arena);
    CHECK(ch_arena_alloc(arena, 2000, 1) != NULL && ch_arena_alloc(arena, 9000, 1) != NULL);
    const size_t held = rig.source.bytes;
    CHECK_EQUAL(ch_arena_trim(arena, 0), CH_OK);
    CHECK_EQUAL(rig.source.bytes, held);
    CHECK_EQUAL(ch_arena_release(arena, mark), CH_OK);
    CHECK_EQUAL(rig.source.bytes, held);
    CHECK_EQUAL(ch_arena_trim(arena, held), CH_OK);
    CHECK_EQUAL(rig.source.bytes, held);
    CHECK_EQUAL(ch_arena_trim(arena, held - 1), CH_OK);
    CHECK_EQUAL(rig.source.live, 2);
    CHECK_EQUAL(ch_arena_trim(arena, 0), CH_OK);
    CHECK_EQUAL(rig.source.live, 1);
    CHECK(rig_is_filled(kept, 500, 3));
    finish();
}

TEST(refused_chunk_is_full_and_changes_nothing) { /* M20 M76 */
    for (arena_kind kind = CHUNKED; kind <= TWIN; kind++) {
        ch_arena *arena = start(kind, (ch_arena_options){.first_bytes = 1024});
        CHECK(ch_arena_alloc(arena, 100, 1) != NULL);
        const ch_arena_point before = ch_arena_mark(arena);
        rig.source.refusing = true;
        void *out = &rig;
        CHECK_EQUAL(ch_arena_alloc_try(arena, &out, 5000, 8), CH_EFULL);
        CHECK(out == (void *)&rig);
        CHECK(ch_arena_alloc(arena, 5000, 8) == NULL);
        CHECK_BYTES(&before, &(ch_arena_point[]){ch_arena_mark(arena)}, sizeof before);
        CHECK_EQUAL(arena->failures_full, 2);
        CHECK_EQUAL(ch_arena_check(arena, NULL), CH_OK);
        rig.source.refusing = false;
        CHECK(ch_arena_alloc(arena, 5000, 8) != NULL);
        finish();
    }
}

TEST(request_that_cannot_fit_leaves_kept_chunks_alone) { /* M20 */
    ch_arena *arena = start(CHUNKED, (ch_arena_options){.first_bytes = 1024, .limit_bytes = 10000});
    CHECK(ch_arena_alloc(arena, 500, 1) != NULL && ch_arena_alloc(arena, 1500, 1) != NULL);
    CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
    CHECK_EQUAL(rig.source.live, 2);
    CHECK(ch_arena_alloc(arena, 10000, 1) == NULL);
    CHECK_EQUAL(rig.source.live, 2);
    CHECK(ch_arena_alloc(arena, 8000, 1) != NULL); /* needs the share of the kept one */
    CHECK_EQUAL(rig.source.live, 2);
    CHECK(rig.source.bytes <= 10000);
    finish();
}

TEST(twin_of_a_rigid_source_grows_no_block) { /* M26 */
    ch_arena *arena = start(TWIN, (ch_arena_options){0});
    uint8_t *block = ch_arena_alloc(arena, 32, 8);
    rig.source.rigid = true;
    CHECK_EQUAL(ch_arena_extend(arena, block, 32, 33), CH_EFULL);
    CHECK_EQUAL(ch_arena_extend(arena, block, 32, 20), CH_OK);
    CHECK_EQUAL(ch_arena_used(arena), 20);
    finish();
}

TEST(arena_serves_as_source_of_an_arena) { /* M20 M26 */
    ch_arena *outer = start(CHUNKED, (ch_arena_options){0});
    const ch_allocator source = ch_arena_allocator(outer);
    ch_arena inner;
    CHECK_EQUAL(ch_arena_init_chunked(&inner, &source, &(ch_arena_options){.first_bytes = 512}),
                CH_OK);
    CHECK(work(&inner));
    CHECK_EQUAL(ch_arena_check(&inner, NULL), CH_OK);
    CHECK_EQUAL(ch_arena_fini(&inner), CH_OK);
    finish();
}
