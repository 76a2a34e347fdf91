/* ring_test.c: the ring template for one thread, at fixed capacity and over the caller's memory. */
#include "mem/ring_rig.h"

typedef struct wide_item {
    uint64_t number;
    char text[33];
} wide_item;

#define CH_RING_NAME wides
#define CH_RING_TYPE wide_item
#define CH_RING_CAP  3
#include <coldheap/tmpl/ring.h>

#define CH_RING_NAME nothing
#define CH_RING_TYPE uint64_t
#define CH_RING_CAP  0
#include <coldheap/tmpl/ring.h>

#define CH_RING_NAME single
#define CH_RING_TYPE uint8_t
#define CH_RING_CAP  1
#include <coldheap/tmpl/ring.h>

#if defined(CH_RING_NAME) || defined(CH_RING_TYPE) || defined(CH_RING_CAP) || defined(CHI_)
#error "ring.h left a parameter defined"
#endif

#include "harness.h"
#include "model.h"

TEST(ring_footprint_is_exact_and_0_on_overflow) { /* M2 M5 */
    CHECK_EQUAL(words_align(), _Alignof(uint32_t));
    CHECK_EQUAL(words_footprint(0), 0);
    CHECK_EQUAL(words_footprint(7), 28);
    CHECK_EQUAL(words_footprint(SIZE_MAX / 4), SIZE_MAX / 4 * 4);
    CHECK_EQUAL(words_footprint(SIZE_MAX / 4 + 1), 0);
    CHECK_EQUAL(words_footprint(SIZE_MAX), 0);
}

TEST(ring_init_refuses_wrong_memory_and_writes_nothing) { /* M2 M3 */
    uint32_t memory[4] = {7, 7, 7, 7};
    const uint32_t same[4] = {7, 7, 7, 7};
    words r = {.head = 99, .count = 98};
    CHECK_EQUAL(words_init(NULL, memory, 16, 4), CH_EINVAL);
    CHECK_EQUAL(words_init(&r, NULL, 16, 4), CH_EINVAL);
    CHECK_EQUAL(words_init(&r, memory, 16, SIZE_MAX / 4 + 1), CH_EINVAL);
    CHECK_EQUAL(words_init(&r, (uint8_t *)memory + 1, 12, 3), CH_EALIGN);
    CHECK_EQUAL(words_init(&r, memory, 15, 4), CH_EFULL);
    CHECK(r.head == 99 && r.count == 98);
    CHECK_EQUAL(words_init(&r, memory, 16, 4), CH_OK);
    CHECK_BYTES(memory, same, sizeof memory);
    CHECK_EQUAL(wides_init(NULL), CH_EINVAL);
}

/* Each capacity takes exactly that many, from every position of the head. */
TEST(ring_uses_all_places_from_every_head) { /* M65 */
    static ring_world w;
    for (size_t capacity = 0; capacity <= RING_CAP_MAX; capacity++) {
        CHECK(ring_world_begin(&w, capacity));
        for (size_t head = 0; head <= capacity; head++) {
            for (uint32_t i = 0; i < capacity; i++) {
                CHECK(ring_push(&w, i, false));
            }
            CHECK(words_full(&w.ring) && ring_push(&w, 99, false) && ring_world_agrees(&w));
            while (w.count > 0) {
                CHECK(ring_pop(&w, true) && ring_pop(&w, false) && ring_world_agrees(&w));
            }
            CHECK(ring_pop(&w, true) && ring_pop(&w, false));
            CHECK(capacity == 0 || (ring_push(&w, 1, false) && ring_pop(&w, false)));
        }
    }
}

TEST(ring_push_over_drops_the_oldest_and_counts) { /* M65 */
    wides r;
    wide_item item = {0};
    CHECK_EQUAL(wides_init(&r), CH_OK);
    for (uint64_t i = 0; i < 10; i++) {
        item.number = i;
        CHECK_EQUAL(wides_push_over(&r, &item), CH_OK);
        CHECK_EQUAL(wides_dropped(&r), i < 3 ? 0 : i - 2);
    }
    CHECK_EQUAL(wides_push_over(&r, wides_get(&r, 0)), CH_OK); /* the one that goes */
    CHECK_EQUAL(wides_get(&r, 2)->number, 7);
    CHECK_EQUAL(wides_pop(&r, &item), CH_OK);
    CHECK_EQUAL(item.number, 8);
    wides_clear(&r);
    CHECK_EQUAL(wides_dropped(&r), 8);
    CHECK(wides_empty(&r) && wides_get(&r, 0) == NULL);
}

TEST(ring_of_no_and_of_one_place) { /* M61 M65 */
    nothing n;
    single s;
    size_t length = 9;
    CHECK_EQUAL(nothing_init(&n), CH_OK);
    CHECK_EQUAL(nothing_push(&n, &(uint64_t){1}), CH_EFULL);
    CHECK_EQUAL(nothing_push_over(&n, &(uint64_t){1}), CH_EFULL);
    CHECK_EQUAL(nothing_pop(&n, NULL), CH_EEMPTY);
    CHECK(nothing_full(&n) && nothing_empty(&n) && nothing_dropped(&n) == 0);
    CHECK(nothing_reserve(&n, &length) == NULL && length == 0);
    CHECK(nothing_peek_span(&n, &length) == NULL && length == 0);
    CHECK_EQUAL(nothing_consume(&n, 0), CH_OK);
    CHECK_EQUAL(nothing_check(&n, NULL), CH_OK);
    CHECK_EQUAL(single_init(&s), CH_OK);
    for (uint8_t i = 0; i < 5; i++) {
        CHECK_EQUAL(single_push_over(&s, &i), CH_OK);
        CHECK_EQUAL(*single_get(&s, 0), i);
        CHECK_EQUAL(single_check(&s, NULL), CH_OK);
    }
    CHECK_EQUAL(single_dropped(&s), 4);
    CHECK_EQUAL(single_pop(&s, NULL), CH_OK);
}

TEST(ring_refuses_more_than_the_row) { /* M3 M5 M65 */
    static ring_world w;
    size_t row = 0;
    CHECK(ring_world_begin(&w, 8));
    CHECK(ring_fill(&w, 6, 10) && ring_read(&w, 5)); /* head 5, one item, free rows of 2 and 5 */
    CHECK(words_reserve(&w.ring, &row) == w.memory + 6);
    CHECK_EQUAL(row, 2);
    CHECK_EQUAL(words_commit(&w.ring, 3), CH_ERANGE);
    CHECK_EQUAL(words_commit(&w.ring, SIZE_MAX), CH_ERANGE);
    CHECK_EQUAL(words_consume(&w.ring, 2), CH_ERANGE);
    CHECK_EQUAL(words_consume(&w.ring, SIZE_MAX), CH_ERANGE);
    CHECK(ring_world_agrees(&w));
    CHECK(ring_fill(&w, 2, 20) && ring_fill(&w, 9, 30) && ring_world_agrees(&w));
    CHECK(words_full(&w.ring) && words_peek_span(&w.ring, &row) == w.memory + 5 && row == 3);
}

/* Any single byte of the indices that is changed in a full ring with head 0 shows. */
TEST(ring_check_names_the_broken_invariant) { /* M7 M65 */
    static ring_world w;
    unsigned invariant = 0;
    CHECK(ring_world_begin(&w, 8));
    CHECK(ring_fill(&w, 8, 1));
    for (size_t i = 0; i < sizeof(size_t); i++) {
        words broken = w.ring;
        ((uint8_t *)&broken.count)[i] ^= 1;
        CHECK_EQUAL(words_check(&broken, &invariant), CH_ECORRUPT);
        CHECK_EQUAL(invariant, 2);
        broken = w.ring;
        ((uint8_t *)&broken.head)[i] ^= 8;
        CHECK_EQUAL(words_check(&broken, &invariant), CH_ECORRUPT);
        CHECK_EQUAL(invariant, 3);
        broken = w.ring;
        ((uint8_t *)&broken.tail)[i] ^= 1;
        CHECK_EQUAL(words_check(&broken, &invariant), CH_ECORRUPT);
        CHECK_EQUAL(invariant, 3);
    }
    w.ring.items = NULL;
    CHECK_EQUAL(words_check(&w.ring, &invariant), CH_ECORRUPT);
    CHECK_EQUAL(invariant, 1);
}

/* ---- Model ----------------------------------------------------------------------------------- */

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return ring_world_step(context, step, (uint32_t)ch_test_random());                         \
    }

OPERATION(push, RING_PUSH)
OPERATION(push_over, RING_PUSH_OVER)
OPERATION(pop, RING_POP)
OPERATION(peek, RING_PEEK)
OPERATION(get, RING_GET)
OPERATION(fill, RING_FILL)
OPERATION(take, RING_READ)
OPERATION(clear, RING_CLEAR)

static bool agrees(void *context) {
    return ring_world_agrees(context);
}

TEST(ring_agrees_with_its_model_over_1e6_operations) { /* M7 M65 M77 */
    static const ch_model_operation operations[] = {
        {"push", 400, push}, {"push_over", 100, push_over},
        {"pop", 350, pop},   {"peek", 50, peek},
        {"get", 50, get},    {"fill", 60, fill},
        {"read", 60, take},  {"clear", 5, clear},
    };
    static ring_world w;
    for (size_t capacity = 0; capacity <= RING_CAP_MAX; capacity++) {
        CHECK(ring_world_begin(&w, capacity));
        CHECK(ch_model_run(&(ch_model){.operations = operations,
                                       .operation_count = sizeof operations / sizeof operations[0],
                                       .check = agrees,
                                       .context = &w,
                                       .steps = 1000000 / RING_CAP_MAX}));
    }
}
