/* vec_test.c: the vector template, at fixed capacity and over the caller's memory. */
#include "mem/checked.h"
#include "mem/mem_rig.h"
#include "mem/vec_rig.h"

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

TEST(vec_footprint_is_exact_and_0_on_overflow) { /* M2 M5 */
    CHECK_EQUAL(numbers_align(), _Alignof(uint32_t));
    CHECK_EQUAL(numbers_footprint(0), 0);
    CHECK_EQUAL(numbers_footprint(1), 4);
    CHECK_EQUAL(numbers_footprint(1000), 4000);
    CHECK_EQUAL(numbers_footprint(SIZE_MAX / 4), SIZE_MAX / 4 * 4);
    CHECK_EQUAL(numbers_footprint(SIZE_MAX / 4 + 1), 0);
    CHECK_EQUAL(numbers_footprint(SIZE_MAX), 0);
}

TEST(vec_init_refuses_wrong_memory_and_writes_nothing) { /* M2 M3 */
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

TEST(vec_push_fills_and_pop_empties) { /* M62 */
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

TEST(vec_index_out_of_range_is_refused) { /* M3 M5 M62 */
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

TEST(vec_insert_and_remove_keep_the_order) { /* M62 */
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

TEST(vec_extend_takes_all_or_nothing_and_truncate_never_grows) { /* M5 M62 */
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

TEST(vec_of_capacity_0_and_1_work) { /* M61 M62 */
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

TEST(vec_of_fixed_capacity_holds_structures_and_copies_as_a_value) { /* M61 M62 */
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

TEST(vec_check_names_the_broken_invariant) { /* M7 M62 */
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

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return vec_world_step(context, step, (uint32_t)ch_test_random());                          \
    }

OPERATION(push, VEC_PUSH)
OPERATION(push_slot, VEC_PUSH_SLOT)
OPERATION(pop, VEC_POP)
OPERATION(get, VEC_GET)
OPERATION(set, VEC_SET)
OPERATION(insert, VEC_INSERT)
OPERATION(remove_at, VEC_REMOVE_AT)
OPERATION(remove_swap, VEC_REMOVE_SWAP)
OPERATION(extend, VEC_EXTEND)
OPERATION(truncate, VEC_TRUNCATE)
OPERATION(clear, VEC_CLEAR)

static bool agrees(void *context) {
    return vec_world_agrees(context);
}

TEST(vec_agrees_with_its_model_over_1e6_operations) { /* M7 M62 M77 */
    static const ch_model_operation operations[] = {
        {"push", 40, push},
        {"push_slot", 20, push_slot},
        {"pop", 20, pop},
        {"get", 20, get},
        {"set", 20, set},
        {"insert", 40, insert},
        {"remove_at", 20, remove_at},
        {"remove_swap", 20, remove_swap},
        {"extend", 10, extend},
        {"truncate", 5, truncate},
        {"clear", 1, clear},
    };
    static const size_t capacities[] = {0, 1, 2, 13, VEC_CAP_MAX};
    static vec_world w;
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        CHECK(vec_world_begin(&w, capacities[i]));
        CHECK(ch_model_run(&(ch_model){.operations = operations,
                                       .operation_count = sizeof operations / sizeof operations[0],
                                       .check = agrees,
                                       .context = &w,
                                       .steps = RIG_SLOW || chi_checked() ? 20000 : 200000}));
    }
}
