/* xpool_test.c: geometry, life cycle, ways of an object back to its shard, misuse, figures,
 * self-check and random steps of pools for threads, by one thread. Threads: xpool_thread_test.c. */
#define _GNU_SOURCE
#include "xpool_rig.h"

#include <stdio.h>
#include <sys/mman.h>

#include "harness.h"
#include "mem/checked.h"
#include "mem/xpool_parts.h"
#include "model.h"

static xrig rig;
static ch_xpool_shard *a;
static ch_xpool_shard *b;

static void start(const ch_xpool_options *options) {
    CHECK(xrig_begin(&rig, options, ch_test_random_below));
    CHECK_EQUAL(ch_xpool_join(&rig.pool, &a), CH_OK);
    CHECK_EQUAL(ch_xpool_join(&rig.pool, &b), CH_OK);
}

static void finish(void) {
    unsigned invariant = 0;
    CHECK_EQUAL(ch_xpool_check(&rig.pool, &invariant), CH_OK);
    CHECK_EQUAL(invariant, 0);
    CHECK_EQUAL(rig_seen.count, 0);
    CHECK(xrig_end(&rig));
}

TEST(xpool_objects_are_aligned_disjoint_and_of_their_shard) { /* M5 M52 */
    for (size_t align = 1; align <= CH_ALIGN_MAX; align *= 4) {
        for (size_t size = 1; size <= 4097; size = size * 2 + 1) {
            const ch_xpool_options options = {
                .object_bytes = size, .align = align, .per_thread = 3, .threads_max = 2};
            uint8_t *objects[6];
            start(&options);
            const uint8_t *memory = rig.memory;
            const uint8_t *end = memory + ch_xpool_footprint(&options);
            for (size_t i = 0; i < 6; i++) {
                objects[i] = ch_xpool_acquire(i < 3 ? a : b);
                if (!CHECK(objects[i] != NULL && (uintptr_t)objects[i] % align == 0)) {
                    return;
                }
                CHECK(objects[i] >= memory && objects[i] + size <= end);
                CHECK_EQUAL(ch_xpool_owner_of(&rig.pool, objects[i]), i / 3);
                memset(objects[i], (int)i + 1, size);
            }
            CHECK(ch_xpool_acquire(a) == NULL);
            for (size_t i = 0; i < 6; i++) {
                CHECK(rig_is_filled(objects[i], size, (uint8_t)(i + 1)));
                CHECK_EQUAL(ch_xpool_release(i % 2 == 0 ? a : b, objects[i]), CH_OK);
            }
            finish();
        }
    }
}

TEST(xpool_options_are_checked_and_footprint_is_exact) { /* M2 M5 M52 */
    const ch_xpool_options good = {
        .object_bytes = 8, .align = 8, .per_thread = 4, .threads_max = 2};
    ch_xpool_options wrong[13];
    for (size_t i = 0; i < 13; i++) {
        wrong[i] = good;
    }
    wrong[0].object_bytes = 0;
    wrong[1].object_bytes = CH_POOL_OBJECT_MAX + 1;
    wrong[2].object_bytes = SIZE_MAX;
    wrong[3].align = 0;
    wrong[4].align = 3;
    wrong[5].align = 2 * CH_ALIGN_MAX;
    wrong[6].per_thread = 0;
    wrong[7].per_thread = CH_POOL_COUNT_MAX / 2 + 1;
    wrong[8].per_thread = SIZE_MAX;
    wrong[9].threads_max = 0;
    wrong[10].threads_max = CH_XPOOL_THREADS_MAX + 1;
    wrong[11].threads_max = SIZE_MAX;
    wrong[12].batch = CH_XPOOL_BATCH_MAX + 1;
    static _Alignas(4096) uint8_t memory[1 << 16];
    ch_xpool pool = {0};
    for (size_t i = 0; i < 13; i++) {
        CHECK_EQUAL(ch_xpool_footprint(&wrong[i]), 0);
        CHECK_EQUAL(ch_xpool_align(&wrong[i]), 0);
        CHECK_EQUAL(ch_xpool_init(&pool, memory, sizeof memory, &wrong[i]), CH_EINVAL);
    }
    const size_t bytes = ch_xpool_footprint(&good);
    CHECK(bytes > 0 && bytes <= sizeof memory);
    CHECK_EQUAL(ch_xpool_footprint(NULL), 0);
    CHECK_EQUAL(ch_xpool_init(NULL, memory, bytes, &good), CH_EINVAL);
    CHECK_EQUAL(ch_xpool_init(&pool, NULL, bytes, &good), CH_EINVAL);
    CHECK_EQUAL(ch_xpool_init(&pool, memory, bytes, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_xpool_init(&pool, memory + 64, bytes, &good), CH_EALIGN);
    CHECK_EQUAL(ch_xpool_init(&pool, memory, bytes - 1, &good), CH_EFULL);
    CHECK_EQUAL(pool.magic, 0);
    CHECK(rig_is_filled(memory, sizeof memory, 0));
    memset(memory + bytes, 0x77, 64);
    CHECK_EQUAL(ch_xpool_init(&pool, memory, bytes, &good), CH_OK);
    CHECK(rig_is_filled(memory + bytes, 64, 0x77));
    CHECK_EQUAL(ch_xpool_fini(&pool), CH_OK);
    CHECK_EQUAL(ch_xpool_fini(NULL), CH_OK);
    ch_xpool_options most = {.object_bytes = CH_POOL_OBJECT_MAX,
                             .align = CH_ALIGN_MAX,
                             .per_thread = CH_POOL_COUNT_MAX,
                             .threads_max = 1};
    CHECK((ch_xpool_footprint(&most) != 0) == (SIZE_MAX > UINT32_MAX));
}

/* Uses a whole pool whose memory ends at a page that nobody may touch. */
static void use_before_a_closed_page(const ch_xpool_options *options) {
    enum { PAGE = 4096 };
    const size_t need = ch_xpool_footprint(options);
    const size_t align = ch_xpool_align(options);
    const size_t room = (need + PAGE - 1) / PAGE * PAGE;
    uint8_t *map = mmap(NULL, room + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!CHECK(map != MAP_FAILED && mprotect(map + PAGE, room, PROT_READ | PROT_WRITE) == 0)) {
        return;
    }
    uint8_t *memory = map + PAGE + (room - need) / align * align;
    ch_xpool pool = {0};
    ch_xpool_shard *shards[2];
    CHECK_EQUAL(ch_xpool_init(&pool, memory, need - 1, options), CH_EFULL);
    CHECK_EQUAL(ch_xpool_init(&pool, memory, need, options), CH_OK);
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQUAL(ch_xpool_join(&pool, &shards[i]), CH_OK);
    }
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < 2; i++) {
            void *objects[16];
            size_t count = 0;
            while ((objects[count] = ch_xpool_acquire(shards[i])) != NULL) {
                memset(objects[count++], 1, options->object_bytes);
            }
            CHECK_EQUAL(count, options->per_thread);
            while (count > 0) { /* by its own thread, and by the other one */
                CHECK_EQUAL(ch_xpool_release(shards[(i + count) % 2], objects[count - 1]), CH_OK);
                count--;
            }
        }
    }
    CHECK_EQUAL(ch_xpool_check(&pool, NULL), CH_OK);
    CHECK_EQUAL(ch_xpool_fini(&pool), CH_OK);
    CHECK_EQUAL(munmap(map, room + 2 * PAGE), 0);
}

TEST(xpool_footprint_is_exact_between_two_closed_pages) { /* M2 */
    for (size_t size = 1; size <= 4097; size = 3 * size + 1) {
        for (size_t align = 1; align <= CH_ALIGN_MAX; align *= 8) {
            use_before_a_closed_page(&(ch_xpool_options){.object_bytes = size,
                                                         .align = align,
                                                         .per_thread = 1 + size % 15,
                                                         .threads_max = 2,
                                                         .batch = 1 + align % 5});
        }
    }
}

TEST(xpool_objects_come_back_in_batches_and_from_idle_outboxes) { /* M52 */
    enum { OWN = 8, BATCH = 4 };
    const ch_xpool_options options = {
        .object_bytes = 32, .align = 8, .per_thread = OWN, .threads_max = 2, .batch = BATCH};
    void *objects[OWN];
    ch_xpool_figures figures;
    start(&options);
    for (size_t i = 0; i < OWN; i++) {
        objects[i] = ch_xpool_acquire(a);
    }
    for (size_t i = 0; i < BATCH - 1; i++) {
        CHECK_EQUAL(ch_xpool_release(b, objects[i]), CH_OK);
    }
    CHECK_EQUAL(a->ring_tail, 0); /* nothing sent yet */
    CHECK_EQUAL(ch_xpool_stats(&rig.pool, &figures), CH_OK);
    CHECK_EQUAL(figures.returning, BATCH - 1);
    CHECK_EQUAL(ch_xpool_release(b, objects[BATCH - 1]), CH_OK);
    CHECK_EQUAL(a->ring_tail, BATCH); /* one step for all */
    for (size_t i = 0; i < BATCH; i++) {
        CHECK(ch_xpool_acquire(a) != NULL);
    }
    CHECK(ch_xpool_acquire(a) == NULL);
    CHECK_EQUAL(ch_xpool_release(b, objects[BATCH]), CH_OK);
    CHECK(ch_xpool_acquire(a) == objects[BATCH]); /* out of the outbox of an idle thread */
    CHECK(ch_xpool_acquire(a) == NULL);
    CHECK_EQUAL(ch_xpool_stats(&rig.pool, &figures), CH_OK);
    CHECK_EQUAL(figures.in_use, OWN);
    CHECK_EQUAL(figures.drained, BATCH + 1);
    CHECK_EQUAL(figures.failures, 2);
    finish();
}

TEST(xpool_numbers_without_room_in_the_ring_are_found_by_their_state) { /* M52 */
    enum { OWN = 2 };
    const ch_xpool_options options = {
        .object_bytes = 8, .align = 8, .per_thread = OWN, .threads_max = 2, .batch = 1};
    start(&options);
    void *object = ch_xpool_acquire(a);
    a->ring_tail = a->ring_head + rig.pool.config.ring_slots; /* as if full */
    CHECK_EQUAL(ch_xpool_release(b, object), CH_OK);
    CHECK_EQUAL(a->lost, 1);
    CHECK_EQUAL(ch_xpool_check(&rig.pool, NULL), CH_OK);
    CHECK(ch_xpool_acquire(a) != NULL);
    CHECK(ch_xpool_acquire(a) == object);
    CHECK_EQUAL(a->lost, 0);
    a->ring_tail = a->ring_head;
    finish();
}

TEST(xpool_leaving_hands_everything_to_the_next_joiner) { /* M52 */
    const ch_xpool_options options = {
        .object_bytes = 64, .align = 64, .per_thread = 4, .threads_max = 2};
    ch_xpool_shard *third = NULL;
    void *objects[4];
    start(&options);
    CHECK_EQUAL(ch_xpool_join(&rig.pool, &third), CH_EFULL);
    CHECK(third == NULL);
    for (size_t i = 0; i < 4; i++) {
        objects[i] = ch_xpool_acquire(a);
    }
    CHECK_EQUAL(ch_xpool_release(a, objects[0]), CH_OK);
    CHECK_EQUAL(ch_xpool_leave(a), CH_OK);
    CHECK_EQUAL(ch_xpool_release(b, objects[1]), CH_OK); /* to a shard that nobody has */
    CHECK_EQUAL(ch_xpool_leave(b), CH_OK);
    CHECK_EQUAL(ch_xpool_join(&rig.pool, &third), CH_OK);
    CHECK(third == a);
    CHECK(ch_xpool_acquire(third) == objects[0]);
    CHECK(ch_xpool_acquire(third) == objects[1]);
    CHECK(ch_xpool_acquire(third) == NULL);
    finish();
}

TEST(xpool_calls_without_a_live_pool_answer) { /* M2 M3 */
    const ch_xpool_options options = {
        .object_bytes = 8, .align = 8, .per_thread = 1, .threads_max = 2};
    ch_xpool_figures figures;
    ch_xpool_shard *shard = NULL;
    void *out = NULL;
    start(&options);
    ch_xpool copy = rig.pool;
    CHECK_EQUAL(ch_xpool_join(&copy, &shard), CH_ESTATE);
    CHECK_EQUAL(ch_xpool_stats(&copy, &figures), CH_ESTATE);
    CHECK_EQUAL(ch_xpool_check(&copy, NULL), CH_ECORRUPT);
    CHECK_EQUAL(ch_xpool_owner_of(&copy, &out), SIZE_MAX);
    CHECK_EQUAL(ch_xpool_fini(&copy), CH_OK);
    CHECK_EQUAL(ch_xpool_join(NULL, &shard), CH_EINVAL);
    CHECK_EQUAL(ch_xpool_join(&rig.pool, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_xpool_stats(NULL, &figures), CH_EINVAL);
    CHECK_EQUAL(ch_xpool_stats(&rig.pool, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_xpool_acquire_try(a, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_xpool_acquire_try(NULL, &out), CH_EINVAL);
    CHECK_EQUAL(ch_xpool_leave(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_xpool_flush(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_xpool_fini(&rig.pool), CH_OK);
    CHECK(ch_xpool_acquire(a) == NULL);
    CHECK_EQUAL(ch_xpool_acquire_try(a, &out), CH_ESTATE);
    CHECK_EQUAL(ch_xpool_release(a, &out), CH_ESTATE);
    CHECK_EQUAL(ch_xpool_leave(a), CH_ESTATE);
    CHECK_EQUAL(ch_xpool_stats_json(&rig.pool, NULL, 0), 4);
    CHECK(xrig_end(&rig));
}

TEST(xpool_wrong_releases_have_their_own_status_and_change_nothing) { /* M4 M30 M53 */
    const ch_xpool_options options = {
        .object_bytes = 48, .align = 16, .per_thread = 4, .threads_max = 2, .batch = 2};
    uint8_t elsewhere[64];
    start(&options);
    uint8_t *kept = ch_xpool_acquire(a);
    uint8_t *gone = ch_xpool_acquire(a);
    uint8_t *away = ch_xpool_acquire(a);
    CHECK_EQUAL(ch_xpool_release(a, gone), CH_OK);
    CHECK_EQUAL(ch_xpool_release(b, away), CH_OK);
    ch_xpool_shard *const both[] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        const ch_xpool_shard before = *both[i];
        CHECK(xrig_is_refused(&rig, both[i], gone, CH_EDOUBLE));
        CHECK(xrig_is_refused(&rig, both[i], away, CH_EDOUBLE));
        CHECK(xrig_is_refused(&rig, both[i], NULL, CH_EFOREIGN));
        CHECK(xrig_is_refused(&rig, both[i], elsewhere, CH_EFOREIGN));
        for (size_t inside = 1; inside < 48; inside++) {
            CHECK(xrig_is_refused(&rig, both[i], kept + inside, CH_EINTERIOR));
        }
        CHECK_BYTES(both[i], &before, sizeof before);
    }
    finish();
}

/* What the race of two releases leaves: one object twice in a list, or twice on its way. */
TEST(xpool_an_object_released_twice_at_one_instant_is_given_out_once) { /* M4 M53 */
    const ch_xpool_options options = {
        .object_bytes = 8, .align = 8, .per_thread = 3, .threads_max = 2, .batch = 1};
    start(&options);
    void *object = ch_xpool_acquire(a);
    const size_t slot = a->fresh - 1;
    size_t *count = chi_checked() ? &a->held_count : &a->free_count;
    CHECK_EQUAL(ch_xpool_release(a, object), CH_OK);
    a->free_slots[(*count)++] = (uint32_t)slot;
    CHECK(ch_xpool_acquire(a) == object);
    void *second = ch_xpool_acquire(a);
    CHECK(second != NULL && second != object);
    CHECK(rig_misused(&rig.pool, CH_EDOUBLE));
    CHECK_EQUAL(ch_xpool_release(b, object), CH_OK);
    a->states[slot] = (uint16_t)a->used_state; /* another releaser still saw it in use */
    CHECK_EQUAL(ch_xpool_release(b, object), CH_OK);
    void *third = ch_xpool_acquire(a);
    void *fourth = ch_xpool_acquire(a);
    CHECK(third != NULL && fourth != NULL && third != fourth);
    CHECK(ch_xpool_acquire(a) == NULL);
    CHECK_EQUAL(ch_xpool_check(&rig.pool, NULL), CH_OK);
    CHECK(xrig_end(&rig));
}

TEST(xpool_json_is_whole_and_cut_at_every_length) { /* M9 */
    const ch_xpool_options options = {
        .object_bytes = 24, .align = 8, .per_thread = 5, .threads_max = 2, .name = "jobs \"x\""};
    char want[512];
    char text[512];
    start(&options);
    void *first = ch_xpool_acquire(a);
    CHECK(ch_xpool_acquire(a) != NULL && ch_xpool_acquire(b) != NULL);
    CHECK_EQUAL(ch_xpool_release(b, first), CH_OK);
    int length = snprintf(want, sizeof want,
                          "{\"object\":\"xpool\",\"name\":\"jobs \\\"x\\\"\",\"capacity\":10,"
                          "\"threads\":2,\"threads_max\":2,\"available\":7,\"returning\":1,"
                          "\"in_use\":2,\"drained\":0,\"failures\":0,\"object_bytes\":24,"
                          "\"stride_bytes\":%zu,\"utilization\":0.200000}",
                          rig.pool.config.stride_bytes);
    for (size_t size = 0; size <= (size_t)length + 1; size++) {
        memset(text, '#', sizeof text);
        CHECK_EQUAL(ch_xpool_stats_json(&rig.pool, size != 0 ? text : NULL, size), length);
        CHECK(size == 0 || (strlen(text) == size - 1 && memcmp(text, want, size - 1) == 0));
        CHECK(text[size] == '#');
    }
    finish();
}

static void check_flips(void *bytes, size_t from, size_t to, unsigned least, unsigned most) {
    uint8_t *at = bytes;
    for (size_t i = from; i < to; i++) {
        unsigned invariant = 0;
        at[i] ^= 1;
        if (!CHECK_EQUAL(ch_xpool_check(&rig.pool, &invariant), CH_ECORRUPT)) {
            CHECK_EQUAL(i, SIZE_MAX); /* prints which byte it was */
        }
        CHECK(invariant >= least && invariant <= most);
        at[i] ^= 1;
    }
    CHECK_EQUAL(ch_xpool_check(&rig.pool, NULL), CH_OK);
}

TEST(xpool_check_sees_every_flipped_byte) { /* M7 */
    const ch_xpool_options options = {
        .object_bytes = 24, .align = 8, .per_thread = 4, .threads_max = 2, .batch = 2};
    start(&options);
    void *objects[4];
    for (size_t i = 0; i < 4; i++) {
        objects[i] = ch_xpool_acquire(a);
    }
    CHECK_EQUAL(ch_xpool_release(a, objects[0]), CH_OK);
    CHECK_EQUAL(ch_xpool_release(a, objects[3]), CH_OK);
    CHECK_EQUAL(ch_xpool_release(b, objects[1]), CH_OK);
    check_flips(&rig.pool, 0, sizeof rig.pool, 1, 1);
    check_flips(a, 0, offsetof(ch_xpool_shard, drained), 2, 4); /* counters can be anything */
    check_flips(a->states, 0, 8 * sizeof(uint16_t), 3, 5);
    check_flips(a->free_slots, 0, (a->free_count + a->held_count) * sizeof(uint32_t), 4, 4);
    check_flips(chi_xpool_outbox(&rig.pool, 1, 0), 0, 8, 5, 5);
    finish();
}

TEST(xpool_agrees_with_its_model) { /* M7 M52 M53 M77 */
    static const ch_model_operation operations[] = {
        {"join", 3, xrig_join_step},        {"leave", 3, xrig_leave_step},
        {"acquire", 20, xrig_acquire_step}, {"release", 16, xrig_release_step},
        {"flush", 1, xrig_flush_step},      {"misuse", 2, xrig_misuse_step},
        {"track", 1, xrig_track_step}};
    const ch_xpool_options shapes[] = {
        {.object_bytes = 40, .align = 8, .per_thread = 25, .threads_max = 5, .batch = 4},
        {.object_bytes = 1, .align = 1, .per_thread = 3, .threads_max = 4, .batch = 1},
        {.object_bytes = 100, .align = 64, .per_thread = 60, .threads_max = 2},
        {.object_bytes = 7, .align = 1, .per_thread = 1, .threads_max = 3, .batch = 1000}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        CHECK(xrig_begin(&rig, &shapes[i], ch_test_random_below));
        CHECK(ch_model_run(&(ch_model){.operations = operations,
                                       .operation_count = 7,
                                       .check = xrig_agrees,
                                       .context = &rig,
                                       .steps = RIG_SLOW || chi_checked() ? 25000 : 250000,
                                       .check_interval = 16}));
        CHECK(xrig_end(&rig));
    }
}
