/* mpmc_test.c: the rings of many producers, with many consumers and with one: what they answer and
 * every interleaving of a few calls. Real threads: mpmc_threads_test.c. */
#define _GNU_SOURCE
#include "mem/weave_rig.h"

#include "mem/mem_rig.h"
#include "mem/mpmc_rig.h"

#include <pthread.h>

typedef struct CH_ALIGNED(256) wide_job {
    uint64_t words[8];
} wide_job;

#define CH_MPMC_NAME wides
#define CH_MPMC_TYPE wide_job
#define CH_MPMC_CAP  2
#include <coldheap/tmpl/mpmc.h>

#define CH_MPSC_NAME bytes
#define CH_MPSC_TYPE uint8_t
#define CH_MPSC_CAP  1
#include <coldheap/tmpl/mpsc.h>

#if defined(CH_MPMC_NAME) || defined(CH_MPMC_TYPE) || defined(CH_MPMC_CAP) ||                      \
    defined(CH_MPMC_SINGLE) || defined(CHI_)
#error "mpmc.h left a parameter defined"
#endif
#if defined(CH_MPSC_NAME) || defined(CH_MPSC_TYPE) || defined(CH_MPSC_CAP)
#error "mpsc.h left a parameter defined"
#endif

#include "harness.h"
#include "model.h"

TEST(mpmc_footprint_is_whole_line_pairs_of_a_power_of_two) { /* M2 M5 M67 */
    CHECK_EQUAL(jobs_align(), 128);
    CHECK_EQUAL(jobs_footprint(0), 0);
    CHECK_EQUAL(jobs_footprint(1), 128);
    CHECK_EQUAL(jobs_footprint(3), 0);
    CHECK_EQUAL(jobs_footprint(16), (16 * (sizeof(size_t) + sizeof(job)) + 127) / 128 * 128);
    CHECK_EQUAL(jobs_footprint(SIZE_MAX / 2 + 1), 0);
    CHECK_EQUAL(jobs_footprint(SIZE_MAX), 0);
}

TEST(mpmc_keeps_the_sides_on_lines_of_their_own) { /* M67 */
    CHECK_EQUAL(_Alignof(jobs), 128);
    CHECK_EQUAL(offsetof(jobs, head) - offsetof(jobs, tail), 128);
    CHECK_EQUAL(offsetof(jobs, mask) - offsetof(jobs, head), 128);
    CHECK_EQUAL(offsetof(wides, slots) % 256, 0);
    CHECK_EQUAL(sizeof(((wides *)NULL)->slots[0]) % 256, 0);
}

TEST(mpmc_init_refuses_wrong_memory_and_writes_nothing) { /* M2 M3 */
    static CH_ALIGNED(256) uint8_t memory[512];
    static CH_ALIGNED(256) uint8_t place[sizeof(wides) + sizeof(jobs) + 256];
    jobs *r = (jobs *)(void *)place;
    mail *m = (mail *)(void *)place;
    memset(place, 0x5a, sizeof place);
    CHECK_EQUAL(jobs_init(NULL, memory, 256, 16), CH_EINVAL);
    CHECK_EQUAL(jobs_init(r, NULL, 256, 16), CH_EINVAL);
    CHECK_EQUAL(jobs_init(r, memory, 256, 0), CH_EINVAL);
    CHECK_EQUAL(mail_init(m, memory, 256, 3), CH_EINVAL);
    CHECK_EQUAL(jobs_init(r, memory, SIZE_MAX, SIZE_MAX / 2 + 1), CH_EINVAL);
    CHECK_EQUAL(jobs_init(r, memory + 64, 256, 16), CH_EALIGN);
    CHECK_EQUAL(mail_init((mail *)(void *)(place + 8), memory, 256, 16), CH_EALIGN);
    CHECK_EQUAL(jobs_init(r, memory, jobs_footprint(16) - 1, 16), CH_EFULL);
    CHECK(rig_is_filled(place, sizeof place, 0x5a) && rig_is_filled(memory, sizeof memory, 0));
    CHECK_EQUAL(jobs_init(r, memory, jobs_footprint(16), 16), CH_OK);
    CHECK(rig_is_filled(memory + jobs_footprint(16), sizeof memory - jobs_footprint(16), 0));
    CHECK_EQUAL(wides_init(NULL), CH_EINVAL);
    CHECK_EQUAL(bytes_init(NULL), CH_EINVAL);
    CHECK_EQUAL(wides_init((wides *)(void *)(place + 128)), CH_EALIGN);
    CHECK_EQUAL(wides_init((wides *)(void *)place), CH_OK);
}

/* With one slot its turn alone tells empty from full. */
TEST(mpsc_of_one_place_alternates) { /* M61 M67 */
    static bytes r;
    uint8_t got = 0;
    CHECK_EQUAL(bytes_init(&r), CH_OK);
    bytes_start(&r, SIZE_MAX - 3);
    for (uint8_t i = 0; i < 9; i++) {
        CHECK_EQUAL(bytes_pop(&r, &got), CH_EEMPTY);
        CHECK_EQUAL(bytes_push(&r, &i), CH_OK);
        CHECK_EQUAL(bytes_push(&r, &got), CH_EFULL);
        CHECK_EQUAL(bytes_check(&r, NULL), CH_OK);
        CHECK_EQUAL(bytes_pop(&r, &got), CH_OK);
        CHECK_EQUAL(got, i);
    }
    CHECK_EQUAL(bytes_capacity(&r), 1);
}

TEST(mpmc_check_names_the_broken_invariant) { /* M7 M67 */
    static mpmc_world w;
    unsigned invariant = 0;
    CHECK(mpmc_world_begin(&w, 2, false));
    CHECK_EQUAL(mpmc_push(&w, (job){1, 2}), CH_OK);
    CHECK_EQUAL(mpmc_push(&w, (job){1, 3}), CH_OK);
    const struct {
        void *word;
        unsigned invariant;
    } rows[] = {
        {&w.ring.mask, 1}, {&w.ring.head, 2}, {&w.ring.tail, 2}, {&w.ring.slots[3].turn, 3}};
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        for (size_t byte = 0; byte < sizeof(size_t); byte++) {
            uint8_t *broken = (uint8_t *)rows[row].word + byte;
            *broken ^= 0x18;
            CHECK_EQUAL(mpmc_check(&w, &invariant), CH_ECORRUPT);
            CHECK_EQUAL(invariant, rows[row].invariant);
            *broken ^= 0x18;
        }
    }
    w.ring.slots = NULL;
    CHECK_EQUAL(mpmc_check(&w, &invariant), CH_ECORRUPT);
    CHECK_EQUAL(invariant, 1);
}

/* ---- Model ----------------------------------------------------------------------------------- */

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return mpmc_world_step(context, step, (uint32_t)ch_test_random());                         \
    }

OPERATION(push, MPMC_PUSH)
OPERATION(pop, MPMC_POP)
OPERATION(start, MPMC_START)

static bool agrees(void *context) {
    return mpmc_world_agrees(context);
}

static void run_model(bool single) {
    static const ch_model_operation operations[] = {
        {"push", 100, push}, {"pop", 95, pop}, {"start", 1, start}};
    static mpmc_world w;
    for (unsigned choice = 0; choice < 5; choice++) {
        CHECK(mpmc_world_begin(&w, choice, single));
        CHECK(ch_model_run(&(ch_model){.operations = operations,
                                       .operation_count = sizeof operations / sizeof operations[0],
                                       .check = agrees,
                                       .context = &w,
                                       .steps = 200000}));
    }
}

TEST(mpmc_agrees_with_its_model_over_1e6_operations) { /* M7 M67 M77 */
    run_model(false);
}

TEST(mpsc_agrees_with_its_model_over_1e6_operations) { /* M7 M67 M77 */
    run_model(true);
}

/* ---- Every interleaving ---------------------------------------------------------------------- */

enum { WEFT_PRODUCERS = 2 };

/* Producers number their items 1, 2, ...; taken[p] has a bit for each that came out. */
typedef struct weft {
    mpmc_world world;
    unsigned choice;
    bool single;
    unsigned before; /* items of producer 0 that are there at the begin */
    uint32_t pushed[WEFT_PRODUCERS];
    uint32_t taken[WEFT_PRODUCERS];
    bool right;
} weft;

static void weft_push(weft *w, uint32_t producer) {
    uint32_t number = w->pushed[producer] + 1;
    w->pushed[producer] += mpmc_push(&w->world, (job){producer, number}) == CH_OK;
}

/* One consumer's pops: never the same item twice, of each producer in order. */
static void weft_pop(weft *w, uint32_t last[WEFT_PRODUCERS]) {
    job got = {0, 0};
    if (mpmc_pop(&w->world, &got) != CH_OK) {
        return;
    }
    uint32_t bit = (uint32_t)1 << got.number;
    w->right = w->right && got.producer < WEFT_PRODUCERS && got.number > last[got.producer] &&
               (w->taken[got.producer] & bit) == 0;
    if (w->right) {
        last[got.producer] = got.number;
        w->taken[got.producer] |= bit;
    }
}

static void weft_begin(void *context) {
    weft *w = context;
    (void)mpmc_world_begin(&w->world, w->choice, w->single);
    for (unsigned i = 0; i < WEFT_PRODUCERS; i++) {
        w->pushed[i] = 0;
        w->taken[i] = 0;
    }
    w->right = true;
    for (unsigned i = 0; i < w->before; i++) {
        weft_push(w, 0);
    }
}

static void weft_pushes_0(void *context) {
    weft_push(context, 0);
}

static void weft_pushes_1(void *context) {
    weft_push(context, 1);
}

static void weft_pushes_0_twice(void *context) {
    weft_push(context, 0);
    weft_push(context, 0);
}

static void weft_pops(void *context) {
    uint32_t last[WEFT_PRODUCERS] = {0};
    weft_pop(context, last);
}

static void weft_pops_twice(void *context) {
    uint32_t last[WEFT_PRODUCERS] = {0};
    weft_pop(context, last);
    weft_pop(context, last);
}

/* Whatever the schedule: each item that was taken in comes out once, the rest is still there. */
static bool weft_end(void *context) {
    weft *w = context;
    uint32_t last[WEFT_PRODUCERS] = {0};
    bool sound = mpmc_check(&w->world, NULL) == CH_OK;
    for (size_t left = mpmc_count(&w->world); left > 0; left--) {
        weft_pop(w, last);
    }
    for (unsigned i = 0; i < WEFT_PRODUCERS; i++) {
        w->right = w->right && w->taken[i] == ((uint32_t)2 << w->pushed[i]) - 2;
    }
    return sound && w->right && mpmc_count(&w->world) == 0;
}

static const struct {
    void (*threads[WEAVE_THREADS])(void *);
    unsigned thread_count;
    bool single;
} wefts[] = {
    {{weft_pushes_0_twice, weft_pops_twice}, 2, true},
    {{weft_pushes_0, weft_pushes_1, weft_pops}, 3, true},
    {{weft_pushes_0_twice, weft_pops_twice}, 2, false},
    {{weft_pushes_0_twice, weft_pushes_1}, 2, false},
    {{weft_pops_twice, weft_pops}, 2, false},
    {{weft_pushes_0, weft_pushes_1, weft_pops}, 3, false},
    {{weft_pushes_0, weft_pops, weft_pops}, 3, false},
};

/* weave_of describes case `i` on the ring of capacity 2^choice with `before` items in it. */
static weave weave_of(weft *w, size_t i, unsigned choice, unsigned before) {
    weave described = {
        .thread_count = wefts[i].thread_count, .begin = weft_begin, .end = weft_end, .context = w};
    w->choice = choice;
    w->single = wefts[i].single;
    w->before = before;
    for (unsigned t = 0; t < described.thread_count; t++) {
        described.threads[t] = wefts[i].threads[t];
    }
    return described;
}

TEST(mpmc_is_right_in_every_interleaving) { /* M67 */
    if (!WEAVE_SUPPORTED) {
        ch_test_skip("TSan does not follow switched stacks");
        return;
    }
    static weft w;
    for (size_t i = 0; i < sizeof wefts / sizeof wefts[0]; i++) {
        for (unsigned choice = 0; choice < 2; choice++) {
            for (unsigned before = 0; before <= 1u << choice; before++) {
                weave described = weave_of(&w, i, choice, before);
                CHECK(weave_all(&described) > 1);
            }
        }
    }
}

TEST(mpmc_is_right_in_random_interleavings_of_four_threads) { /* M67 */
    if (!WEAVE_SUPPORTED) {
        ch_test_skip("TSan does not follow switched stacks");
        return;
    }
    static weft w = {.choice = 1, .before = 1};
    CHECK(weave_some(
        &(weave){.begin = weft_begin,
                 .threads = {weft_pushes_0_twice, weft_pushes_1, weft_pops_twice, weft_pops_twice},
                 .thread_count = 4,
                 .end = weft_end,
                 .context = &w},
        20000, ch_test_random_below));
}

TEST(mpmc_reset_empties) { /* M2 M67 */
    static wides ring;
    wide_job item = {{0}};
    CHECK_EQUAL(wides_init(&ring), CH_OK);
    CHECK_EQUAL(wides_push(&ring, &item), CH_OK);
    CHECK_EQUAL(wides_push(&ring, &item), CH_OK);
    CHECK_EQUAL(wides_push(&ring, &item), CH_EFULL);
    wides_reset(&ring);
    CHECK(wides_empty(&ring));
    CHECK_EQUAL(wides_pop(&ring, &item), CH_EEMPTY);
    CHECK_EQUAL(wides_push(&ring, &item), CH_OK);
    CHECK_EQUAL(wides_pop(&ring, &item), CH_OK);
}

#ifdef CH_VERIFY

static void *trespass(void *context) {
    mpmc_world *w = context;
    job got = {5, 5};
    CHECK_EQUAL(mpmc_push(w, (job){0, 2}), CH_OK);
    CHECK_EQUAL(mpmc_pop(w, &got), CH_ETHREAD);
    CHECK(got.producer == 5 && got.number == 5);
    return NULL;
}

TEST(mpsc_second_consumer_is_misuse) { /* M4 M67 */
    static mpmc_world w;
    pthread_t thread;
    job got;
    const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
    rig_seen = (rig_recorder){0};
    CHECK(mpmc_world_begin(&w, 3, true));
    CHECK_EQUAL(mpmc_push(&w, (job){0, 1}), CH_OK);
    CHECK_EQUAL(mpmc_pop(&w, &got), CH_OK);
    CHECK_EQUAL(pthread_create(&thread, NULL, trespass, &w), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK(rig_misused(&w.box, CH_ETHREAD));
    CHECK_EQUAL(mpmc_pop(&w, &got), CH_OK);
    CHECK_EQUAL(got.number, 2);
    (void)ch_on_misuse(before);
}

#endif
