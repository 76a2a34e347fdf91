/* track_process_test.c: notes to a run time that counts for the whole process, and a heap counter
 * that the manager reads. This program is that run time: it defines the weak functions of hot.h. */
#include <coldheap/manager.h>

#include <string.h>

#include "harness.h"
#include "mem/track_parts.h"

static bool wanted;
static uint64_t notes[CH_TRACK_KINDS][CH_TRACK_OPS];
static uint64_t noted_bytes;
static const void *last_site;
static const void *last_object;

int ch_track_wanted(void) {
    return wanted;
}

void ch_track_note(unsigned kind, unsigned op, size_t size_bytes, const void *site,
                   const void *object) {
    notes[kind][op]++;
    noted_bytes += size_bytes;
    last_site = site;
    last_object = object;
}

static bool heap_counting;
static uint64_t heap_calls;

int chi_guard_heap_count(uint64_t *allocations) {
    *allocations = heap_calls;
    return heap_counting;
}

static void forget(void) {
    for (unsigned i = 0; i < CH_TRACK_KINDS * CH_TRACK_OPS; i++) {
        notes[i / CH_TRACK_OPS][i % CH_TRACK_OPS] = 0;
    }
    noted_bytes = 0;
}

TEST(track_notes_go_to_the_process_where_it_wants_them) { /* M71 */
    forget();
    wanted = false;
    CHECK(!chi_track_is_wanted(NULL));
    chi_track(NULL, CH_TRACK_POOL, CH_TRACK_ACQUIRE, 8, &wanted, &notes);
    CH_TRACK_NOTE(CH_TRACK_HEAP, CH_TRACK_ACQUIRE, 8, &wanted);
    CHECK_EQUAL(noted_bytes, 0);
    wanted = true;
    CHECK(chi_track_is_wanted(NULL));
    chi_track(NULL, CH_TRACK_POOL, CH_TRACK_ACQUIRE, 8, &wanted, &notes);
    CHECK_EQUAL(notes[CH_TRACK_POOL][CH_TRACK_ACQUIRE], 1);
    CHECK(last_site == &wanted && last_object == &notes);
    CH_TRACK_NOTE(CH_TRACK_HEAP, CH_TRACK_RELEASE, 5, &noted_bytes);
    CHECK_EQUAL(notes[CH_TRACK_HEAP][CH_TRACK_RELEASE], 1);
    CHECK_EQUAL(noted_bytes, 13);
    CHECK(last_site == &noted_bytes && last_object == NULL);
    wanted = false;
}

TEST(track_notes_go_to_tracker_and_process_both) { /* M71 */
    static CH_ALIGNED(64) uint8_t memory[1 << 20];
    ch_tracker tracker;
    ch_tracker_figures figures;
    forget();
    wanted = true;
    CHECK_EQUAL(ch_tracker_init(&tracker, memory, sizeof memory, NULL), CH_OK);
    chi_track(&tracker, CH_TRACK_BUFFER, CH_TRACK_ACQUIRE, 64, &wanted, &notes);
    CHECK_EQUAL(ch_tracker_enable(&tracker, false), CH_OK);
    chi_track(&tracker, CH_TRACK_BUFFER, CH_TRACK_ACQUIRE, 64, &wanted, &notes);
    CHECK_EQUAL(ch_tracker_stats(&tracker, &figures), CH_OK);
    CHECK_EQUAL(figures.buffer_acquisitions, 1);
    CHECK_EQUAL(notes[CH_TRACK_BUFFER][CH_TRACK_ACQUIRE], 2);
    wanted = false;
}

TEST(track_patterns_set_up_in_a_process_that_wants_notes_make_them) { /* M71 */
    const ch_manager_config config = ch_manager_balanced();
    ch_manager *manager = NULL;
    forget();
    wanted = true;
    CHECK_EQUAL(ch_manager_init_region(&manager, &config, NULL), CH_OK);
    ch_stack *stack = ch_manager_stack(manager);
    void *block = ch_stack_alloc(stack, 100, 8);
    CHECK_EQUAL(ch_stack_free(stack, block, 100), CH_OK);
    CHECK(ch_arena_alloc(ch_manager_arena(manager, 0), 50, 8) != NULL);
    CHECK(ch_arena_alloc(ch_manager_arena(manager, 0), SIZE_MAX / 2, 8) == NULL);
    ch_pool *pool = ch_manager_pool(manager, CH_KIND_HASH);
    CHECK_EQUAL(ch_pool_release(pool, ch_pool_acquire(pool)), CH_OK);
    ch_buffer buffer = {0};
    CHECK_EQUAL(ch_manager_buffer_acquire(manager, &buffer, 60), CH_OK);
    CHECK_EQUAL(ch_manager_buffer_release(manager, &buffer), CH_OK);
    CHECK_EQUAL(notes[CH_TRACK_STACK][CH_TRACK_ACQUIRE], 1);
    CHECK_EQUAL(notes[CH_TRACK_STACK][CH_TRACK_RELEASE], 1);
    CHECK_EQUAL(notes[CH_TRACK_ARENA][CH_TRACK_ACQUIRE], 1);
    CHECK_EQUAL(notes[CH_TRACK_ARENA][CH_TRACK_EXHAUSTED], 1);
    CHECK_EQUAL(notes[CH_TRACK_POOL][CH_TRACK_ACQUIRE], 1);
    CHECK_EQUAL(notes[CH_TRACK_POOL][CH_TRACK_RELEASE], 1);
    CHECK_EQUAL(notes[CH_TRACK_BUFFER][CH_TRACK_ACQUIRE], 1);
    CHECK_EQUAL(notes[CH_TRACK_BUFFER][CH_TRACK_RELEASE], 1);
    wanted = false;
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

TEST(manager_knows_heap_calls_only_while_they_are_counted) { /* M59 M9 */
    const ch_manager_config config = ch_manager_minimal();
    static char text[16384];
    for (unsigned start = 0; start < 2; start++) {
        ch_manager *manager = NULL;
        ch_manager_figures figures;
        heap_counting = start != 0;
        heap_calls = 100;
        CHECK_EQUAL(ch_manager_init_region(&manager, &config, NULL), CH_OK);
        heap_counting = true;
        heap_calls = 107;
        CHECK_EQUAL(ch_manager_stats(manager, &figures), CH_OK);
        CHECK_EQUAL(figures.heap_known, start != 0);
        CHECK_EQUAL(figures.heap_allocations, start != 0 ? 7 : 0);
        CHECK(ch_manager_stats_json(manager, text, sizeof text) < sizeof text);
        CHECK((strstr(text, "\"heap_allocations\":7") != NULL) == (start != 0));
        CHECK((strstr(text, "\"heap_allocations\":null") != NULL) == (start == 0));
        heap_counting = false;
        CHECK_EQUAL(ch_manager_stats(manager, &figures), CH_OK);
        CHECK(!figures.heap_known);
        CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
    }
}

/* What the inline paths see of a pattern that was bound and unbound is what they saw before: off
 * costs nothing because it is the same code on the same words. */
TEST(track_unbound_patterns_are_byte_for_byte_what_they_were) { /* M75 */
    const ch_manager_config config = ch_manager_balanced();
    static CH_ALIGNED(64) uint8_t memory[1 << 20];
    static ch_manager before;
    ch_manager *manager = NULL;
    ch_tracker tracker;
    wanted = false;
    CHECK_EQUAL(ch_tracker_init(&tracker, memory, sizeof memory, NULL), CH_OK);
    CHECK_EQUAL(ch_manager_init_region(&manager, &config, NULL), CH_OK);
    before = *manager;
    ch_tracker *const bound[] = {&tracker, NULL};
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQUAL(ch_stack_track(&manager->stack, bound[i]), CH_OK);
        CHECK_EQUAL(ch_pools_track(&manager->pools, bound[i]), CH_OK);
        CHECK_EQUAL(ch_bufpool_track(&manager->buffers, bound[i]), CH_OK);
        CHECK_EQUAL(ch_arenas_track(&manager->arenas, bound[i]), CH_OK);
        bool same = memcmp(&before.stack, &manager->stack, sizeof before.stack) == 0 &&
                    memcmp(&before.pools, &manager->pools, sizeof before.pools) == 0 &&
                    memcmp(&before.buffers, &manager->buffers, sizeof before.buffers) == 0 &&
                    memcmp(&before.arenas, &manager->arenas, sizeof before.arenas) == 0;
        CHECK_EQUAL(same, i == 1);
    }
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}
