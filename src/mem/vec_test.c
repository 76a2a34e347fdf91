/* vec_test.c: the vector template, at fixed capacity and over the caller's memory. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CH_VEC_NAME numbers
#define CH_VEC_TYPE uint32_t
#include <coldheap/tmpl/vec.h>

typedef struct wide_entry {
    uint64_t words[5];
    char tail;
} wide_entry;

#define CH_VEC_NAME entries
#define CH_VEC_TYPE wide_entry
#define CH_VEC_CAP  3
#include <coldheap/tmpl/vec.h>

#define CH_VEC_NAME nothing
#define CH_VEC_TYPE uint64_t
#define CH_VEC_CAP  0
#include <coldheap/tmpl/vec.h>

#define CH_VEC_NAME single
#define CH_VEC_TYPE uint8_t
#define CH_VEC_CAP  1
#include <coldheap/tmpl/vec.h>

#if defined(CH_VEC_NAME) || defined(CH_VEC_TYPE) || defined(CH_VEC_CAP) || defined(CHI_)
#error "vec.h left a parameter defined"
#endif

#include "harness.h"
#include "model.h"

static numbers numbers_over(uint32_t *memory, size_t capacity) {
    numbers v;
    CHECK_EQUAL(numbers_init(&v, memory, numbers_footprint(capacity), capacity), CH_OK);
    return v;
}

/* A vector of 8 that holds 0, 10, 20, ... */
static numbers tens(uint32_t *memory, uint32_t count) {
    numbers v = numbers_over(memory, 8);
    for (uint32_t i = 0; i < count; i++) {
        CHECK_EQUAL(numbers_push(&v, &(uint32_t){10 * i}), CH_OK);
    }
    return v;
}

static void check_holds(const numbers *v, const uint32_t *want, size_t count) {
    CHECK_EQUAL(numbers_count(v), count);
    CHECK_EQUAL(numbers_remaining(v), numbers_capacity(v) - count);
    CHECK_EQUAL(numbers_empty(v), count == 0);
    CHECK_EQUAL(numbers_full(v), count == numbers_capacity(v));
    CHECK(count == 0 || CHECK_BYTES(numbers_data(v), want, count * sizeof *want));
    CHECK_EQUAL(numbers_check(v, NULL), CH_OK);
}

#define HOLDS(v, ...)                                                                              \
    check_holds((v), (const uint32_t[]){__VA_ARGS__},                                              \
                sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

TEST(vec_footprint_is_exact_and_0_on_overflow) {
    CHECK_EQUAL(numbers_align(), _Alignof(uint32_t));
    CHECK_EQUAL(numbers_footprint(0), 0);
    CHECK_EQUAL(numbers_footprint(1), 4);
    CHECK_EQUAL(numbers_footprint(1000), 4000);
    CHECK_EQUAL(numbers_footprint(SIZE_MAX / 4), SIZE_MAX / 4 * 4);
    CHECK_EQUAL(numbers_footprint(SIZE_MAX / 4 + 1), 0);
    CHECK_EQUAL(numbers_footprint(SIZE_MAX), 0);
}

TEST(vec_init_refuses_wrong_memory_and_writes_nothing) {
    uint32_t memory[4] = {7, 7, 7, 7};
    const uint32_t same[4] = {7, 7, 7, 7};
    numbers v = {.count = 99, .capacity = 98};
    CHECK_EQUAL(numbers_init(NULL, memory, 16, 4), CH_EINVAL);
    CHECK_EQUAL(numbers_init(&v, NULL, 16, 4), CH_EINVAL);
    CHECK_EQUAL(numbers_init(&v, memory, 16, SIZE_MAX / 4 + 1), CH_EINVAL);
    CHECK_EQUAL(numbers_init(&v, memory, SIZE_MAX, SIZE_MAX), CH_EINVAL);
    CHECK_EQUAL(numbers_init(&v, (uint8_t *)memory + 1, 12, 3), CH_EALIGN);
    CHECK_EQUAL(numbers_init(&v, memory, 15, 4), CH_EFULL);
    CHECK(v.count == 99 && v.capacity == 98);
    CHECK_EQUAL(numbers_init(&v, memory, 16, 4), CH_OK);
    CHECK_BYTES(memory, same, sizeof memory);
    CHECK_EQUAL(entries_init(NULL), CH_EINVAL);
}

TEST(vec_push_fills_and_pop_empties) {
    uint32_t memory[3];
    uint32_t out = 5;
    numbers v = numbers_over(memory, 3);
    CHECK_EQUAL(numbers_pop(&v, &out), CH_EEMPTY);
    CHECK_EQUAL(numbers_pop(&v, NULL), CH_EEMPTY);
    CHECK_EQUAL(out, 5);
    CHECK(numbers_last(&v) == NULL);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_EQUAL(numbers_push(&v, &i), CH_OK);
        CHECK_EQUAL(*numbers_last(&v), i);
    }
    CHECK_EQUAL(numbers_push(&v, &out), CH_EFULL);
    CHECK(numbers_push_slot(&v) == NULL);
    HOLDS(&v, 0, 1, 2);
    CHECK_EQUAL(numbers_pop(&v, &out), CH_OK);
    CHECK_EQUAL(out, 2);
    CHECK_EQUAL(numbers_pop(&v, NULL), CH_OK);
    uint32_t *slot = numbers_push_slot(&v);
    CHECK(slot == memory + 1);
    *slot = 9;
    HOLDS(&v, 0, 9);
    numbers_clear(&v);
    check_holds(&v, NULL, 0);
}

TEST(vec_index_out_of_range_is_refused) {
    uint32_t memory[8];
    numbers v = tens(memory, 3);
    const size_t wrong[] = {3, 4, 7, 8, SIZE_MAX - 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK(numbers_get(&v, wrong[i]) == NULL);
        CHECK_EQUAL(numbers_set(&v, wrong[i], &(uint32_t){1}), CH_ERANGE);
        CHECK_EQUAL(numbers_remove_at(&v, wrong[i]), CH_ERANGE);
        CHECK_EQUAL(numbers_remove_swap(&v, wrong[i]), CH_ERANGE);
        CHECK(wrong[i] == 3 || numbers_insert(&v, wrong[i], &(uint32_t){1}) == CH_ERANGE);
        CHECK(wrong[i] == 3 || numbers_truncate(&v, wrong[i]) == CH_ERANGE);
        HOLDS(&v, 0, 10, 20);
    }
    CHECK_EQUAL(numbers_set(&v, 2, &(uint32_t){21}), CH_OK);
    CHECK(numbers_get(&v, 2) == memory + 2);
    HOLDS(&v, 0, 10, 21);
}

TEST(vec_insert_and_remove_keep_the_order) {
    uint32_t memory[8];
    numbers v = tens(memory, 4);
    CHECK_EQUAL(numbers_insert(&v, 0, &(uint32_t){1}), CH_OK);
    CHECK_EQUAL(numbers_insert(&v, 5, &(uint32_t){2}), CH_OK);
    CHECK_EQUAL(numbers_insert(&v, 2, numbers_get(&v, 4)), CH_OK); /* one that moves */
    HOLDS(&v, 1, 0, 30, 10, 20, 30, 2);
    CHECK_EQUAL(numbers_remove_at(&v, 0), CH_OK);
    CHECK_EQUAL(numbers_remove_at(&v, 5), CH_OK);
    CHECK_EQUAL(numbers_remove_at(&v, 1), CH_OK);
    HOLDS(&v, 0, 10, 20, 30);
    CHECK_EQUAL(numbers_remove_swap(&v, 0), CH_OK);
    HOLDS(&v, 30, 10, 20);
    CHECK_EQUAL(numbers_remove_swap(&v, 2), CH_OK);
    HOLDS(&v, 30, 10);
    v = tens(memory, 8);
    CHECK_EQUAL(numbers_insert(&v, 3, &(uint32_t){1}), CH_EFULL);
    CHECK_EQUAL(numbers_insert(&v, 9, &(uint32_t){1}), CH_ERANGE);
    HOLDS(&v, 0, 10, 20, 30, 40, 50, 60, 70);
}

TEST(vec_extend_takes_all_or_nothing_and_truncate_never_grows) {
    uint32_t memory[8];
    const uint32_t more[] = {1, 2, 3, 4, 5};
    volatile size_t far_too_many = SIZE_MAX; /* a compiler that sees it warns */
    numbers v = tens(memory, 4);
    CHECK_EQUAL(numbers_extend(&v, more, 5), CH_EFULL);
    CHECK_EQUAL(numbers_extend(&v, more, far_too_many), CH_EFULL);
    CHECK_EQUAL(numbers_extend(&v, NULL, 0), CH_OK);
    HOLDS(&v, 0, 10, 20, 30);
    CHECK_EQUAL(numbers_extend(&v, numbers_data(&v) + 1, 3), CH_OK); /* its own */
    CHECK_EQUAL(numbers_extend(&v, more, 1), CH_OK);
    HOLDS(&v, 0, 10, 20, 30, 10, 20, 30, 1);
    CHECK_EQUAL(numbers_truncate(&v, 9), CH_ERANGE);
    CHECK_EQUAL(numbers_truncate(&v, 8), CH_OK);
    CHECK_EQUAL(numbers_truncate(&v, 2), CH_OK);
    HOLDS(&v, 0, 10);
    CHECK_EQUAL(numbers_truncate(&v, 0), CH_OK);
    check_holds(&v, NULL, 0);
}

TEST(vec_of_capacity_0_and_1_work) {
    numbers none;
    nothing fixed;
    single one;
    uint64_t number = 1;
    uint8_t byte = 4;
    CHECK_EQUAL(numbers_init(&none, NULL, 0, 0), CH_OK);
    CHECK_EQUAL(numbers_push(&none, &(uint32_t){1}), CH_EFULL);
    CHECK_EQUAL(numbers_insert(&none, 0, &(uint32_t){1}), CH_EFULL);
    CHECK(numbers_full(&none) && numbers_empty(&none));
    check_holds(&none, NULL, 0);
    CHECK_EQUAL(nothing_init(&fixed), CH_OK);
    CHECK_EQUAL(nothing_capacity(&fixed), 0);
    CHECK_EQUAL(nothing_push(&fixed, &number), CH_EFULL);
    CHECK(nothing_push_slot(&fixed) == NULL);
    CHECK_EQUAL(nothing_pop(&fixed, &number), CH_EEMPTY);
    CHECK_EQUAL(nothing_check(&fixed, NULL), CH_OK);
    CHECK_EQUAL(single_init(&one), CH_OK);
    CHECK_EQUAL(single_push(&one, &byte), CH_OK);
    CHECK_EQUAL(single_push(&one, &byte), CH_EFULL);
    CHECK_EQUAL(single_remove_at(&one, 0), CH_OK);
    CHECK_EQUAL(single_insert(&one, 0, &byte), CH_OK);
    CHECK_EQUAL(single_remove_swap(&one, 0), CH_OK);
    CHECK_EQUAL(single_pop(&one, NULL), CH_EEMPTY);
}

TEST(vec_of_fixed_capacity_holds_structures_and_copies_as_a_value) {
    entries v;
    wide_entry e = {{1, 2, 3, 4, 5}, 'x'};
    CHECK_EQUAL(entries_init(&v), CH_OK);
    CHECK_EQUAL(entries_capacity(&v), 3);
    for (unsigned i = 0; i < 3; i++) {
        e.words[4] = i;
        CHECK_EQUAL(entries_push(&v, &e), CH_OK);
    }
    CHECK_EQUAL(entries_push(&v, &e), CH_EFULL);
    entries copy = v;
    CHECK_EQUAL(entries_remove_at(&v, 0), CH_OK);
    CHECK_EQUAL(entries_get(&v, 0)->words[4], 1);
    CHECK_EQUAL(entries_get(&copy, 0)->words[4], 0);
    CHECK_EQUAL(entries_last(&copy)->tail, 'x');
    CHECK_EQUAL(entries_count(&copy), 3);
}

TEST(vec_check_names_the_broken_invariant) {
    uint32_t memory[8];
    unsigned invariant = 0;
    numbers v = tens(memory, 8);
    for (size_t i = 0; i < sizeof v.count; i++) { /* 8 of 8: any flip of bit 0 or 3 breaks it */
        numbers broken = v;
        ((uint8_t *)&broken.count)[i] ^= 1;
        CHECK_EQUAL(numbers_check(&broken, &invariant), CH_ECORRUPT);
        CHECK_EQUAL(invariant, 2);
    }
    v.items = NULL;
    CHECK_EQUAL(numbers_check(&v, &invariant), CH_ECORRUPT);
    CHECK_EQUAL(invariant, 1);
    v = tens(memory, 8);
    v.capacity = SIZE_MAX;
    CHECK_EQUAL(numbers_check(&v, &invariant), CH_ECORRUPT);
    CHECK_EQUAL(invariant, 1);
}

/* ---- Model ----------------------------------------------------------------------------------- */

enum { MODEL_CAP = 13 };

typedef struct world {
    numbers vec;
    uint32_t memory[MODEL_CAP];
    uint32_t want[MODEL_CAP + 1];
    size_t count;
} world;

static bool insert(void *context) {
    world *w = context;
    size_t at = ch_test_random_below(w->count + 2);
    uint32_t value = (uint32_t)ch_test_random();
    ch_status status = numbers_insert(&w->vec, at, &value);
    if (at > w->count || w->count == MODEL_CAP) {
        return status == (at > w->count ? CH_ERANGE : CH_EFULL);
    }
    for (size_t i = w->count; i > at; i--) {
        w->want[i] = w->want[i - 1];
    }
    w->want[at] = value;
    w->count++;
    return status == CH_OK;
}

static bool remove_at(void *context) {
    world *w = context;
    size_t at = ch_test_random_below(w->count + 1);
    if (at == w->count) {
        return numbers_remove_at(&w->vec, at) == CH_ERANGE;
    }
    w->count--;
    for (size_t i = at; i < w->count; i++) {
        w->want[i] = w->want[i + 1];
    }
    return numbers_remove_at(&w->vec, at) == CH_OK;
}

static bool remove_swap(void *context) {
    world *w = context;
    size_t at = ch_test_random_below(w->count + 1);
    if (at == w->count) {
        return numbers_remove_swap(&w->vec, at) == CH_ERANGE;
    }
    w->want[at] = w->want[--w->count];
    return numbers_remove_swap(&w->vec, at) == CH_OK;
}

static bool push_or_pop(void *context) {
    world *w = context;
    uint32_t value = (uint32_t)ch_test_random();
    if (value % 3 != 0) {
        ch_status want = w->count == MODEL_CAP ? CH_EFULL : CH_OK;
        w->want[w->count] = value;
        w->count += want == CH_OK;
        return numbers_push(&w->vec, &value) == want;
    }
    if (w->count == 0) {
        return numbers_pop(&w->vec, &value) == CH_EEMPTY;
    }
    return numbers_pop(&w->vec, &value) == CH_OK && value == w->want[--w->count];
}

static bool truncate_to(void *context) {
    world *w = context;
    size_t count = ch_test_random_below(w->count + 2);
    ch_status want = count > w->count ? CH_ERANGE : CH_OK;
    w->count = want == CH_OK ? count : w->count;
    return numbers_truncate(&w->vec, count) == want;
}

static bool same(void *context) {
    const world *w = context;
    return numbers_count(&w->vec) == w->count && numbers_check(&w->vec, NULL) == CH_OK &&
           memcmp(numbers_data(&w->vec), w->want, w->count * sizeof *w->want) == 0;
}

TEST(vec_agrees_with_its_model) {
    static const ch_model_operation operations[] = {
        {"insert", 4, insert},           {"remove_at", 2, remove_at},
        {"remove_swap", 2, remove_swap}, {"push_or_pop", 6, push_or_pop},
        {"truncate", 1, truncate_to},
    };
    static world w;
    w.vec = numbers_over(w.memory, MODEL_CAP);
    CHECK(ch_model_run(&(ch_model){.operations = operations,
                                   .operation_count = sizeof operations / sizeof operations[0],
                                   .check = same,
                                   .context = &w,
                                   .steps = 100000}));
}
