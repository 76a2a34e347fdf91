/* spsc_test.c: the ring from one thread to one other: what it answers, every interleaving of a few
 * calls, and real threads. */
#define _GNU_SOURCE
#include "mem/weave_rig.h"

#include "mem/checked.h"
#include "mem/mem_rig.h"
#include "mem/spsc_rig.h"

#include <pthread.h>
#include <sched.h>

typedef struct CH_ALIGNED(256) wide_event {
    uint64_t words[8];
} wide_event;

#define CH_SPSC_NAME wides
#define CH_SPSC_TYPE wide_event
#define CH_SPSC_CAP  2
#include <coldheap/tmpl/spsc.h>

#define CH_SPSC_NAME stream
#define CH_SPSC_TYPE uint64_t
#define CH_SPSC_CAP  4096
#include <coldheap/tmpl/spsc.h>

#if defined(CH_SPSC_NAME) || defined(CH_SPSC_TYPE) || defined(CH_SPSC_CAP) || defined(CHI_)
#error "spsc.h left a parameter defined"
#endif

#include "harness.h"
#include "model.h"

TEST(spsc_footprint_is_whole_line_pairs_of_a_power_of_two) { /* M2 M5 M66 */
    CHECK_EQUAL(events_align(), 128);
    CHECK_EQUAL(events_footprint(0), 0);
    CHECK_EQUAL(events_footprint(1), 128);
    CHECK_EQUAL(events_footprint(3), 0);
    CHECK_EQUAL(events_footprint(32), 128);
    CHECK_EQUAL(events_footprint(64), 256);
    CHECK_EQUAL(events_footprint(SIZE_MAX / 2 + 1), 0);
    CHECK_EQUAL(events_footprint(SIZE_MAX), 0);
}

TEST(spsc_keeps_the_sides_on_lines_of_their_own) { /* M66 */
    CHECK_EQUAL(_Alignof(events), 128);
    CHECK_EQUAL(offsetof(events, tail) - offsetof(events, producer), 128);
    CHECK_EQUAL(offsetof(events, consumer) - offsetof(events, tail), 128);
    CHECK_EQUAL(offsetof(events, head) - offsetof(events, consumer), 128);
    CHECK_EQUAL(offsetof(wides, items) % 256, 0);
}

TEST(spsc_init_refuses_wrong_memory_and_writes_nothing) { /* M2 M3 */
    static CH_ALIGNED(256) uint8_t memory[512];
    static CH_ALIGNED(256) uint8_t place[sizeof(wides) + sizeof(events) + 256];
    events *r = (events *)(void *)place;
    memset(place, 0x5a, sizeof place);
    CHECK_EQUAL(events_init(NULL, memory, 256, 64), CH_EINVAL);
    CHECK_EQUAL(events_init(r, NULL, 256, 64), CH_EINVAL);
    CHECK_EQUAL(events_init(r, memory, 256, 0), CH_EINVAL);
    CHECK_EQUAL(events_init(r, memory, 256, 3), CH_EINVAL);
    CHECK_EQUAL(events_init(r, memory, SIZE_MAX, SIZE_MAX / 2 + 1), CH_EINVAL);
    CHECK_EQUAL(events_init(r, memory + 64, 256, 64), CH_EALIGN);
    CHECK_EQUAL(events_init((events *)(void *)(place + 8), memory, 256, 64), CH_EALIGN);
    CHECK_EQUAL(events_init(r, memory, 255, 64), CH_EFULL);
    CHECK(rig_is_filled(place, sizeof place, 0x5a));
    CHECK_EQUAL(events_init(r, memory, 256, 64), CH_OK);
    CHECK(rig_is_filled(memory, sizeof memory, 0));
    CHECK_EQUAL(wides_init(NULL), CH_EINVAL);
    CHECK_EQUAL(wides_init((wides *)(void *)(place + 128)), CH_EALIGN);
    CHECK_EQUAL(wides_init((wides *)(void *)place), CH_OK);
}

TEST(spsc_publishes_only_what_was_reserved_and_found) { /* M3 M5 M66 */
    static spsc_world w;
    size_t room = 0;
    CHECK(spsc_world_begin(&w, 2)); /* 4 places; index -4: the array's begin */
    CHECK_EQUAL(events_publish(&w.ring, 5), CH_ERANGE);
    CHECK_EQUAL(events_publish(&w.ring, SIZE_MAX), CH_ERANGE);
    CHECK_EQUAL(events_consume(&w.ring, 1), CH_ERANGE);
    uint32_t *places = events_reserve(&w.ring, 9, &room);
    CHECK(places != NULL && room == 4);
    CHECK_EQUAL(events_count(&w.ring), 0); /* not visible yet */
    places[0] = 1;
    places[1] = 2;
    CHECK_EQUAL(events_publish(&w.ring, 2), CH_OK);
    CHECK_EQUAL(events_consume(&w.ring, 1), CH_ERANGE); /* there, but not claimed */
    CHECK_EQUAL(*events_claim(&w.ring, 1, &room), 1);
    CHECK_EQUAL(events_consume(&w.ring, SIZE_MAX), CH_ERANGE);
    CHECK_EQUAL(events_consume(&w.ring, 1), CH_OK);
    CHECK_EQUAL(events_count(&w.ring), 1);
    CHECK_EQUAL(events_check(&w.ring, NULL), CH_OK);
}

TEST(spsc_check_names_the_broken_invariant) { /* M7 M66 */
    static spsc_world w;
    unsigned invariant = 0;
    CHECK(spsc_world_begin(&w, 3));
    CHECK(spsc_push_n(&w, 8, 1));
    const struct {
        size_t offset;
        unsigned invariant;
    } rows[] = {
        {offsetof(events, producer.mask), 1},  {offsetof(events, consumer.mask), 1},
        {offsetof(events, producer.items), 1}, {offsetof(events, tail), 2},
        {offsetof(events, head), 2},           {offsetof(events, producer.at), 2},
        {offsetof(events, consumer.at), 2},    {offsetof(events, producer.limit), 3},
        {offsetof(events, consumer.limit), 3},
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        for (size_t byte = 0; byte < sizeof(size_t); byte++) {
            static events broken;
            broken = w.ring;
            ((uint8_t *)&broken)[rows[row].offset + byte] ^= 0x10;
            CHECK_EQUAL(events_check(&broken, &invariant), CH_ECORRUPT);
            CHECK_EQUAL(invariant, rows[row].invariant);
        }
    }
}

/* ---- Model ----------------------------------------------------------------------------------- */

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return spsc_world_step(context, step, (uint32_t)ch_test_random());                         \
    }

OPERATION(push, SPSC_PUSH)
OPERATION(pop, SPSC_POP)
OPERATION(push_n, SPSC_PUSH_N)
OPERATION(pop_n, SPSC_POP_N)
OPERATION(reserve, SPSC_RESERVE)
OPERATION(claim, SPSC_CLAIM)
OPERATION(start, SPSC_START)

static bool agrees(void *context) {
    return spsc_world_agrees(context);
}

TEST(spsc_agrees_with_its_model_over_1e6_operations) { /* M7 M66 M77 */
    static const ch_model_operation operations[] = {
        {"push", 100, push},  {"pop", 100, pop},        {"push_n", 20, push_n},
        {"pop_n", 20, pop_n}, {"reserve", 30, reserve}, {"claim", 30, claim},
        {"start", 4, start},
    };
    static spsc_world w;
    for (unsigned choice = 0; choice < 5; choice++) {
        CHECK(spsc_world_begin(&w, choice));
        CHECK(ch_model_run(&(ch_model){.operations = operations,
                                       .operation_count = sizeof operations / sizeof operations[0],
                                       .check = agrees,
                                       .context = &w,
                                       .steps = 200000}));
    }
}

/* ---- Every interleaving ---------------------------------------------------------------------- */

typedef struct weft {
    spsc_world world;
    unsigned choice;
    uint32_t pushed;
    uint32_t popped; /* all that was popped, in order, are 1, 2, ... popped */
    bool ordered;
} weft;

static void weft_begin(void *context) {
    weft *w = context;
    (void)spsc_world_begin(&w->world, w->choice);
    w->pushed = 0;
    w->popped = 0;
    w->ordered = true;
}

static void weft_push(weft *w) {
    uint32_t next = w->pushed + 1;
    w->pushed += events_push(&w->world.ring, &next) == CH_OK;
}

static void weft_pop(weft *w) {
    uint32_t got = 0;
    if (events_pop(&w->world.ring, &got) == CH_OK) {
        w->ordered = w->ordered && got == ++w->popped;
    }
}

static void weft_produces(void *context) {
    weft *w = context;
    for (unsigned i = 0; i < 3; i++) {
        weft_push(w);
    }
    const uint32_t two[] = {w->pushed + 1, w->pushed + 2};
    w->pushed += (uint32_t)events_push_n(&w->world.ring, two, 2);
}

static void weft_consumes(void *context) {
    weft *w = context;
    size_t ready = 0;
    for (unsigned i = 0; i < 3; i++) {
        weft_pop(w);
    }
    const uint32_t *places = events_claim(&w->world.ring, 2, &ready);
    for (size_t i = 0; i < ready; i++) {
        w->ordered = w->ordered && places[i] == ++w->popped;
    }
    w->ordered = w->ordered && events_consume(&w->world.ring, ready) == CH_OK;
}

/* Whatever the schedule: what was taken comes out in order, the rest is still there. */
static bool weft_end(void *context) {
    weft *w = context;
    bool kept = events_count(&w->world.ring) == w->pushed - w->popped &&
                events_check(&w->world.ring, NULL) == CH_OK;
    while (!events_empty(&w->world.ring)) {
        weft_pop(w);
    }
    return kept && w->ordered && w->popped == w->pushed;
}

TEST(spsc_is_right_in_every_interleaving) { /* M66 */
    if (!WEAVE_SUPPORTED) {
        ch_test_skip("TSan does not follow switched stacks");
        return;
    }
    for (unsigned choice = 0; choice < 3; choice++) {
        static weft w;
        w.choice = choice;
        uint64_t schedules = weave_all(&(weave){.begin = weft_begin,
                                                .threads = {weft_produces, weft_consumes},
                                                .thread_count = 2,
                                                .end = weft_end,
                                                .context = &w});
        CHECK(schedules > 100);
    }
}

/* ---- Threads --------------------------------------------------------------------------------- */

/* 10^9 in the conformance mode. */
static uint64_t stream_items;

static stream pipe;

/* A thread that finds nothing to do lets the other run. */
static void wait_a_while(unsigned *waits) {
    ch_atomic_pause();
    if (++*waits % 1024 == 0) {
        (void)sched_yield();
    }
}

/* Every way to push in turn, mostly those of many items. */
static void *stream_produces(void *context) {
    uint64_t next = 0;
    unsigned waits = 0;
    (void)context;
    while (next < stream_items) {
        uint64_t items[64];
        uint64_t left = stream_items - next;
        size_t wanted = left < 64 ? (size_t)left : 64;
        size_t done = 0;
        uint64_t *places = items;
        if (next % 8 < 6) {
            places = stream_reserve(&pipe, wanted, &done);
        } else {
            done = next % 8 == 6 ? 1 : wanted;
        }
        for (size_t i = 0; i < done; i++) {
            places[i] = next + i;
        }
        if (places == items) {
            done =
                done == 1 ? stream_push(&pipe, items) == CH_OK : stream_push_n(&pipe, items, done);
        } else if (stream_publish(&pipe, done) != CH_OK) {
            return &pipe;
        }
        next += done;
        if (done == 0) {
            wait_a_while(&waits);
        }
    }
    return NULL;
}

/* The number of items that came in order. */
static uint64_t stream_consumes(void) {
    uint64_t next = 0;
    unsigned waits = 0;
    while (next < stream_items) {
        uint64_t items[64];
        const uint64_t *places = items;
        size_t done = 0;
        uint64_t wrong = 0;
        if (next % 8 < 6) {
            places = stream_claim(&pipe, 64, &done);
        } else if (next % 8 == 6) {
            done = stream_pop(&pipe, items) == CH_OK;
        } else {
            done = stream_pop_n(&pipe, items, 64);
        }
        for (size_t i = 0; i < done; i++) {
            wrong |= places[i] ^ (next + i);
        }
        if (wrong != 0 || (places != items && stream_consume(&pipe, done) != CH_OK)) {
            break;
        }
        next += done;
        if (done == 0) {
            wait_a_while(&waits);
        }
    }
    return next;
}

TEST(spsc_hands_1e9_items_over_in_order) { /* M6 M66 */
    pthread_t producer;
    void *failed = NULL;
    stream_items = ch_test_cases(1000000000, RIG_SLOW || chi_checked() ? 3000000 : 20000000);
    CHECK_EQUAL(stream_init(&pipe), CH_OK);
    stream_start(&pipe, SIZE_MAX - 3);
    if (!CHECK_EQUAL(pthread_create(&producer, NULL, stream_produces, NULL), 0)) {
        return;
    }
    CHECK_EQUAL(stream_consumes(), stream_items);
    CHECK_EQUAL(pthread_join(producer, &failed), 0);
    CHECK(failed == NULL);
    CHECK(stream_empty(&pipe));
    CHECK_EQUAL(stream_check(&pipe, NULL), CH_OK);
}

#ifdef CH_VERIFY

/* All calls of a side that is another thread's; nothing may change. */
static void *trespass(void *context) {
    spsc_world *w = context;
    uint32_t item = 5;
    size_t n = 7;
    ch_status statuses[] = {
        events_push(&w->ring, &item),
        events_publish(&w->ring, 0),
        events_pop(&w->ring, &item),
        events_consume(&w->ring, 0),
    };
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        CHECK_EQUAL(statuses[i], CH_ETHREAD);
    }
    CHECK_EQUAL(events_push_n(&w->ring, &item, 1), 0);
    CHECK_EQUAL(events_pop_n(&w->ring, &item, 1), 0);
    CHECK(events_reserve(&w->ring, 1, &n) == NULL && n == 0);
    CHECK(events_claim(&w->ring, 1, &n) == NULL && n == 0);
    CHECK_EQUAL(item, 5);
    return NULL;
}

TEST(spsc_second_producer_or_consumer_is_misuse) { /* M4 M66 */
    static spsc_world w;
    pthread_t thread;
    const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
    rig_seen = (rig_recorder){0};
    CHECK(spsc_world_begin(&w, 3));
    CHECK(spsc_push(&w, 1) && spsc_push(&w, 2) && spsc_pop(&w));
    CHECK_EQUAL(pthread_create(&thread, NULL, trespass, &w), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_EQUAL(rig_seen.count, 8);
    CHECK(rig_seen.object == &w.ring && rig_seen.status == CH_ETHREAD);
    CHECK(spsc_world_agrees(&w) && spsc_pop(&w));
    (void)ch_on_misuse(before);
}

#endif

TEST(spsc_reset_empties_and_takes_new_sides) { /* M2 M66 */
    static wides ring;
    wide_event event = {{0}};
    CHECK_EQUAL(wides_init(&ring), CH_OK);
    CHECK_EQUAL(wides_push(&ring, &event), CH_OK);
    CHECK_EQUAL(wides_push(&ring, &event), CH_OK);
    CHECK_EQUAL(wides_push(&ring, &event), CH_EFULL);
    wides_reset(&ring);
    CHECK(wides_empty(&ring));
    CHECK_EQUAL(wides_pop(&ring, &event), CH_EEMPTY);
    CHECK_EQUAL(wides_push(&ring, &event), CH_OK);
    CHECK_EQUAL(wides_count(&ring), 1);
}
