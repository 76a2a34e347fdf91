/* arena_track_test.c: what a tracker hears of arenas of every kind, of the calling thread's areas
 * and of a set of arenas; each number against what was done. */
#include <coldheap/arenas.h>
#include <coldheap/local.h>

#include "arena_rig.h"
#include "harness.h"
#include "mem/checked.h"

#define FOR_EACH_KIND(kind) for (arena_kind kind = FIXED; kind < ARENA_KINDS; kind++)

static arena_rig rig;
static CH_ALIGNED(64) uint8_t tables[1 << 20];
static ch_tracker tracker;

static ch_tracker_figures seen(void) {
    ch_tracker_figures figures = {0};
    CHECK_EQUAL(ch_tracker_stats(&tracker, &figures), CH_OK);
    CHECK_EQUAL(ch_tracker_check(&tracker, NULL), CH_OK);
    return figures;
}

static void start_tracker(void) {
    tracker = (ch_tracker){0};
    CHECK_EQUAL(ch_tracker_init(&tracker, tables, sizeof tables, NULL), CH_OK);
}

TEST(arena_tells_its_tracker_every_block_refusal_and_release) { /* M71 */
    FOR_EACH_KIND(kind) {
        const ch_arena_options options = {.limit_bytes = 8192, .first_bytes = 1024};
        start_tracker();
        rig = (arena_rig){0};
        CHECK_EQUAL(rig_start(&rig, kind, &options), CH_OK);
        ch_arena *arena = &rig.arena;
        CHECK_EQUAL(ch_arena_track(NULL, &tracker), CH_EINVAL);
        CHECK_EQUAL(ch_arena_track(&(ch_arena){0}, &tracker), CH_ESTATE);
        CHECK_EQUAL(ch_arena_track(arena, &tracker), CH_OK);
        void *out = NULL;
        CHECK(ch_arena_alloc(arena, 100, 8) != NULL);
        CHECK_EQUAL(ch_arena_alloc_try(arena, &out, 50, 8), CH_OK);
        CHECK(ch_arena_calloc(arena, 10, 3, 8) != NULL);
        CHECK(CH_ARENA_ARRAY(arena, uint64_t, 2) != NULL);
        const ch_allocator over = ch_arena_allocator(arena);
        CHECK(over.alloc(over.user, 7, 8) != NULL);
        CHECK(ch_arena_alloc(arena, 0, 8) != NULL);            /* moves nothing: no note */
        CHECK(ch_arena_alloc(arena, 100000, 8) == NULL);       /* no room */
        CHECK(ch_arena_calloc(arena, SIZE_MAX, 2, 8) == NULL); /* invalid: no note */
        ch_tracker_figures figures = seen();
        CHECK_EQUAL(figures.arena_allocations, 5);
        CHECK_EQUAL(figures.total_arena_bytes, 100 + 50 + 30 + 16 + 7);
        CHECK_EQUAL(figures.kinds[CH_TRACK_ARENA].exhausted, 1);
        CHECK_EQUAL(figures.sites, 5); /* five lines of this test */
        const size_t used = ch_arena_used(arena);
        const ch_arena_point mark = ch_arena_mark(arena);
        CHECK_EQUAL(ch_arena_release(arena, mark), CH_OK); /* nothing came back: no note */
        CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
        figures = seen();
        CHECK_EQUAL(figures.kinds[CH_TRACK_ARENA].releases, 1);
        CHECK_EQUAL(figures.kinds[CH_TRACK_ARENA].released_bytes, used);
        CHECK_EQUAL(ch_arena_allocations(arena), 5);
        CHECK(rig_stop(&rig));
        CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
    }
}

TEST(arena_without_its_tracker_has_its_inline_path_back) { /* M75 */
    FOR_EACH_KIND(kind) {
        start_tracker();
        rig = (arena_rig){0};
        CHECK_EQUAL(rig_start(&rig, kind, &(ch_arena_options){.limit_bytes = 8192}), CH_OK);
        const ch_arena before = rig.arena;
        CHECK_EQUAL(ch_arena_track(&rig.arena, &tracker), CH_OK);
        CHECK(rig.arena.fast_end == NULL && rig.arena.fast_place != rig.arena.place);
        CHECK(ch_arena_alloc(&rig.arena, 10, 8) != NULL);
        CHECK_EQUAL(ch_arena_check(&rig.arena, NULL), CH_OK);
        CHECK_EQUAL(ch_arena_track(&rig.arena, NULL), CH_OK);
        CHECK_EQUAL(ch_arena_reset(&rig.arena), CH_OK);
        CHECK_EQUAL(ch_arena_check(&rig.arena, NULL), CH_OK);
        CHECK(kind == TWIN || rig.arena.fast_end == before.fast_end);
        CHECK_EQUAL(rig.arena.fast_drop_bytes, before.fast_drop_bytes);
        CHECK_EQUAL(rig.arena.fast_place == rig.arena.place, before.fast_place == before.place);
        CHECK(ch_arena_alloc(&rig.arena, 20, 8) != NULL);
        CHECK_EQUAL(seen().arena_allocations, 1);
        CHECK_EQUAL(ch_arena_allocations(&rig.arena), 2);
        CHECK(rig_stop(&rig));
        CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
    }
}

TEST(arena_model_holds_while_a_tracker_listens) { /* M71 M77 */
    FOR_EACH_KIND(kind) {
        start_tracker();
        CHECK(rig_begin(&rig, kind, CH_ZERO_NONE, ch_test_random_below));
        CHECK_EQUAL(ch_arena_track(&rig.arena, &tracker), CH_OK);
        ch_on_misuse(&rig_hook);
        for (size_t step = 0; step < 3000; step++) {
            const uint64_t choice = ch_test_random_below(10);
            CHECK(choice < 6    ? rig_alloc_step(&rig)
                  : choice < 7  ? rig_mark_step(&rig)
                  : choice < 8  ? rig_release_step(&rig)
                  : choice == 8 ? rig_refused_step(&rig)
                                : rig_bad_release_step(&rig));
            CHECK(rig_agrees(&rig));
        }
        const ch_tracker_figures figures = seen();
        CHECK_EQUAL(figures.arena_allocations, rig.given_blocks);
        CHECK_EQUAL(figures.total_arena_bytes, rig.given_bytes);
        CHECK_EQUAL(figures.unmatched, 0);
        ch_on_misuse(NULL);
        CHECK(rig_end(&rig));
        CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
    }
}

TEST(arenas_and_local_areas_share_one_tracker) { /* M54 M71 */
    static CH_ALIGNED(64) uint8_t memory[4096];
    const ch_arenas_sizes sizes = {.execution_bytes = 1024, .scratch_bytes = 1024};
    ch_arenas set;
    start_tracker();
    CHECK_EQUAL(ch_arenas_init(&set, memory, sizeof memory, &sizes), CH_OK);
    CHECK_EQUAL(ch_arenas_track(NULL, &tracker), CH_EINVAL);
    CHECK_EQUAL(ch_arenas_track(&(ch_arenas){.magic = 0}, &tracker), CH_ESTATE);
    CHECK_EQUAL(ch_arenas_track(&set, &tracker), CH_OK);
    CHECK_EQUAL(ch_local_track(&tracker), CH_OK);
    CHECK(ch_arena_alloc(ch_arenas_get(&set, CH_ARENAS_EXECUTION), 10, 1) != NULL);
    CHECK(ch_arena_alloc(ch_arenas_get(&set, CH_ARENAS_SCRATCH), 20, 1) != NULL);
    CHECK(ch_arena_alloc(ch_local_arena(), 30, 1) != NULL);
    CHECK(ch_scratch_alloc(40, 1) != NULL);
    void *out = NULL;
    CHECK_EQUAL(ch_scratch_alloc_try(&out, 50, 1), CH_OK);
    CHECK_EQUAL(seen().arena_allocations, 5);
    CHECK_EQUAL(seen().total_arena_bytes, 150);
    CHECK_EQUAL(ch_arenas_check(&set, NULL), CH_OK);
    CHECK_EQUAL(ch_local_check(NULL), CH_OK);
    CHECK_EQUAL(ch_arenas_track(&set, NULL), CH_OK);
    CHECK_EQUAL(ch_local_track(NULL), CH_OK);
    CHECK(ch_scratch_alloc(40, 1) != NULL);
    CHECK_EQUAL(seen().arena_allocations, 5);
    CHECK_EQUAL(ch_local_fini(), CH_OK);
    CHECK_EQUAL(ch_arenas_fini(&set), CH_OK);
    CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
}
