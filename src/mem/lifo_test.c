/* lifo_test.c: the value stack template: the EVM's 1024 words, and a view over caller's memory. */
#include "mem/checked.h"
#include "mem/lifo_rig.h"
#include "mem/mem_rig.h"

typedef struct word {
    uint64_t limbs[4];
} word;

#define CH_LIFO_NAME words
#define CH_LIFO_TYPE word
#define CH_LIFO_CAP  1024
#include <coldheap/tmpl/lifo.h>

#define CH_LIFO_NAME bytes
#define CH_LIFO_TYPE uint16_t
#include <coldheap/tmpl/lifo.h>

#define CH_LIFO_NAME nothing
#define CH_LIFO_TYPE word
#define CH_LIFO_CAP  0
#include <coldheap/tmpl/lifo.h>

#if defined(CH_LIFO_NAME) || defined(CH_LIFO_TYPE) || defined(CH_LIFO_CAP) || defined(CHI_)
#error "lifo.h left a parameter defined"
#endif

#include "harness.h"
#include "model.h"

static words stack;

static word word_of(uint64_t n) {
    return (word){{n, n + 1, ~n, n * n}};
}

static void fill(size_t count) {
    CHECK_EQUAL(words_init(&stack), CH_OK);
    for (size_t i = 0; i < count; i++) {
        word w = word_of(i);
        CHECK_EQUAL(words_push(&stack, &w), CH_OK);
    }
}

/* The element `index` below the top is word_of(n). */
static void check_at(size_t index, uint64_t n) {
    word got = {{0}};
    word want = word_of(n);
    CHECK_EQUAL(words_peek(&stack, index, &got), CH_OK);
    CHECK_BYTES(&got, &want, sizeof want);
    CHECK_BYTES(words_peek_fast(&stack, index), &want, sizeof want);
}

TEST(lifo_of_the_evm_holds_1024_words_of_32_bytes) { /* M68 */
    CHECK_EQUAL(sizeof(word), 32);
    fill(1024);
    word w = word_of(5);
    CHECK(words_full(&stack) && !words_empty(&stack));
    CHECK_EQUAL(words_count(&stack), 1024);
    CHECK_EQUAL(words_capacity(&stack), 1024);
    CHECK_EQUAL(words_remaining(&stack), 0);
    CHECK_EQUAL(words_push(&stack, &w), CH_EFULL);
    CHECK_EQUAL(words_dup(&stack, 0), CH_EFULL);
    CHECK_EQUAL(words_dup(&stack, 1024), CH_ERANGE);
    for (uint64_t i = 1024; i-- > 0;) {
        word want = word_of(i);
        CHECK_EQUAL(words_pop(&stack, i % 2 != 0 ? NULL : &w), CH_OK);
        CHECK(i % 2 != 0 || CHECK_BYTES(&w, &want, sizeof w));
    }
    CHECK(words_empty(&stack));
    CHECK_EQUAL(words_pop(&stack, &w), CH_EEMPTY);
    CHECK_EQUAL(words_pop(&stack, NULL), CH_EEMPTY);
    CHECK_EQUAL(words_swap(&stack, 0), CH_ERANGE);
    CHECK_EQUAL(words_check(&stack, NULL), CH_OK);
}

TEST(lifo_range_is_checked_and_nothing_changes) { /* M3 M5 M68 */
    fill(20);
    words copy = stack;
    word w = word_of(99);
    word same = w;
    const size_t wrong[] = {20, 21, 1023, 1024, SIZE_MAX - 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_EQUAL(words_peek(&stack, wrong[i], &w), CH_ERANGE);
        CHECK_EQUAL(words_set(&stack, wrong[i], &w), CH_ERANGE);
        CHECK_EQUAL(words_dup(&stack, wrong[i]), CH_ERANGE);
        CHECK_EQUAL(words_swap(&stack, wrong[i]), CH_ERANGE);
    }
    CHECK_BYTES(&w, &same, sizeof w);
    CHECK_BYTES(&stack, &copy, sizeof stack.count + 20 * sizeof(word));
}

TEST(lifo_dup_swap_and_set_of_every_depth) { /* M68 */
    for (size_t depth = 0; depth < 17; depth++) {
        fill(17);
        CHECK_EQUAL(words_dup(&stack, depth), CH_OK);
        CHECK_EQUAL(words_count(&stack), 18);
        check_at(0, 16 - depth);
        check_at(depth + 1, 16 - depth);
        fill(17);
        CHECK_EQUAL(words_swap(&stack, depth), CH_OK);
        check_at(0, 16 - depth);
        check_at(depth, 16);
        fill(17);
        word w = word_of(1000 + depth);
        CHECK_EQUAL(words_set(&stack, depth, &w), CH_OK);
        for (size_t i = 0; i < 17; i++) {
            check_at(i, i == depth ? 1000 + depth : 16 - i);
        }
    }
}

/* Every unchecked call on one stack, its checked twin on another. */
TEST(lifo_unchecked_calls_do_what_the_checked_ones_do) { /* M68 */
    static words other;
    CHECK_EQUAL(words_init(&stack), CH_OK);
    CHECK_EQUAL(words_init(&other), CH_OK);
    for (unsigned step = 0; step < 100000; step++) {
        word w = word_of(ch_test_random());
        word v = w;
        size_t count = words_count(&other);
        size_t index = count == 0 ? 0 : ch_test_random_below(count);
        switch (ch_test_random_below(6)) {
        case 0:
            if (words_push(&other, &w) == CH_OK) {
                words_push_fast(&stack, &w);
            }
            break;
        case 1:
            if (words_pop(&other, &w) == CH_OK) {
                words_pop_fast(&stack, &v);
            }
            break;
        case 2:
            if (words_set(&other, index, &w) == CH_OK) {
                words_set_fast(&stack, index, &w);
            }
            break;
        case 3:
            if (words_dup(&other, index) == CH_OK) {
                words_dup_fast(&stack, index);
            }
            break;
        case 4:
            if (words_swap(&other, index) == CH_OK) {
                words_swap_fast(&stack, index);
            }
            break;
        default:
            if (words_peek(&other, index, &w) == CH_OK) {
                v = *words_peek_fast(&stack, index);
            }
        }
        CHECK(memcmp(&v, &w, sizeof w) == 0);
        CHECK(words_count(&stack) == words_count(&other));
    }
    CHECK_BYTES(words_data(&stack), words_data(&other), words_count(&other) * sizeof(word));
}

TEST(lifo_marks_nest_1024_deep_and_release_in_order) { /* M68 */
    size_t marks[1025];
    fill(0);
    for (size_t i = 0; i < 1024; i++) {
        word w = word_of(i);
        marks[i] = words_mark(&stack);
        CHECK_EQUAL(words_push(&stack, &w), CH_OK);
    }
    marks[1024] = words_mark(&stack);
    for (size_t i = 1025; i-- > 0;) {
        CHECK_EQUAL(words_release(&stack, marks[i], CH_KEEP), CH_OK);
        CHECK_EQUAL(words_count(&stack), i);
        if (i > 0) {
            check_at(0, i - 1);
        }
        CHECK_EQUAL(words_release(&stack, i + 1, CH_WIPE), CH_EORDER);
        CHECK_EQUAL(words_release(&stack, SIZE_MAX, CH_KEEP), CH_EORDER);
        CHECK_EQUAL(words_count(&stack), i);
    }
}

TEST(lifo_wipe_clears_what_it_drops_and_no_more) { /* M10 M68 */
    static const word zero[1024];
    fill(100);
    word above = word_of(100);
    CHECK_EQUAL(words_push(&stack, &above), CH_OK);
    CHECK_EQUAL(words_pop(&stack, NULL), CH_OK); /* its bytes stay, above the top */
    CHECK_EQUAL(words_release(&stack, 60, CH_WIPE), CH_OK);
    CHECK_BYTES(words_data(&stack) + 60, zero, 40 * sizeof(word));
    CHECK_BYTES(words_data(&stack) + 100, &above, sizeof above);
    check_at(0, 59);
    CHECK_EQUAL(words_release(&stack, 60, CH_WIPE), CH_OK);
    word kept = *words_peek_fast(&stack, 0);
    words_clear(&stack, CH_KEEP);
    CHECK(words_empty(&stack));
    CHECK_BYTES(words_data(&stack) + 59, &kept, sizeof kept);
    fill(60);
    words_clear(&stack, CH_WIPE);
    CHECK_BYTES(words_data(&stack), zero, 60 * sizeof(word));
    CHECK_BYTES(words_data(&stack) + 100, &above, sizeof above);
}

TEST(lifo_view_begins_where_the_callers_ends) { /* M61 M68 */
    uint16_t memory[16];
    bytes caller = {0};
    bytes callee = {0};
    CHECK_EQUAL(bytes_init(&caller, memory, sizeof memory, 16), CH_OK);
    for (uint16_t i = 0; i < 5; i++) {
        CHECK_EQUAL(bytes_push(&caller, &i), CH_OK);
    }
    size_t used = bytes_count(&caller);
    CHECK_EQUAL(bytes_init(&callee, bytes_data(&caller) + used,
                           bytes_remaining(&caller) * sizeof(uint16_t), bytes_remaining(&caller)),
                CH_OK);
    uint16_t value = 77;
    while (bytes_push(&callee, &value) == CH_OK) {}
    CHECK_EQUAL(bytes_count(&callee), 11);
    CHECK_EQUAL(bytes_capacity(&callee), 11);
    CHECK_EQUAL(*bytes_peek_fast(&caller, 0), 4);
    CHECK_EQUAL(memory[15], 77);
}

TEST(lifo_init_refuses_wrong_memory) { /* M2 M3 M5 M61 */
    uint16_t memory[4];
    bytes s = {.count = 9};
    nothing none;
    word w = word_of(1);
    CHECK_EQUAL(words_init(NULL), CH_EINVAL);
    CHECK_EQUAL(bytes_align(), _Alignof(uint16_t));
    CHECK_EQUAL(bytes_footprint(4), sizeof memory);
    CHECK_EQUAL(bytes_footprint(SIZE_MAX / 2 + 1), 0);
    CHECK_EQUAL(bytes_init(NULL, memory, sizeof memory, 4), CH_EINVAL);
    CHECK_EQUAL(bytes_init(&s, NULL, sizeof memory, 4), CH_EINVAL);
    CHECK_EQUAL(bytes_init(&s, memory, SIZE_MAX, SIZE_MAX), CH_EINVAL);
    CHECK_EQUAL(bytes_init(&s, (uint8_t *)memory + 1, 6, 3), CH_EALIGN);
    CHECK_EQUAL(bytes_init(&s, memory, sizeof memory - 1, 4), CH_EFULL);
    CHECK_EQUAL(s.count, 9);
    CHECK_EQUAL(bytes_init(&s, NULL, 0, 0), CH_OK);
    CHECK_EQUAL(bytes_push(&s, memory), CH_EFULL);
    CHECK_EQUAL(bytes_check(&s, NULL), CH_OK);
    CHECK_EQUAL(nothing_init(&none), CH_OK);
    CHECK_EQUAL(nothing_push(&none, &w), CH_EFULL);
    CHECK_EQUAL(nothing_pop(&none, &w), CH_EEMPTY);
    CHECK(nothing_full(&none) && nothing_empty(&none));
}

TEST(lifo_check_names_the_broken_invariant) { /* M7 M68 */
    uint16_t memory[4];
    unsigned invariant = 0;
    bytes s;
    fill(1024);
    for (size_t i = 0; i < sizeof stack.count; i++) { /* full: a set bit leads beyond */
        ((uint8_t *)&stack.count)[i] ^= 1;
        CHECK_EQUAL(words_check(&stack, &invariant), CH_ECORRUPT);
        CHECK_EQUAL(invariant, 2);
        ((uint8_t *)&stack.count)[i] ^= 1;
    }
    CHECK_EQUAL(words_check(&stack, &invariant), CH_OK);
    CHECK_EQUAL(invariant, 0);
    CHECK_EQUAL(bytes_init(&s, memory, sizeof memory, 4), CH_OK);
    s.items = NULL;
    CHECK_EQUAL(bytes_check(&s, &invariant), CH_ECORRUPT);
    CHECK_EQUAL(invariant, 1);
}

/* ---- Model ----------------------------------------------------------------------------------- */

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return lifo_world_step(context, step, (uint32_t)ch_test_random());                         \
    }

OPERATION(push, LIFO_PUSH)
OPERATION(pop, LIFO_POP)
OPERATION(peek, LIFO_PEEK)
OPERATION(set, LIFO_SET)
OPERATION(dup, LIFO_DUP)
OPERATION(swap, LIFO_SWAP)
OPERATION(mark, LIFO_MARK)
OPERATION(release, LIFO_RELEASE)
OPERATION(release_wrong, LIFO_RELEASE_WRONG)
OPERATION(clear, LIFO_CLEAR)

static bool agrees(void *context) {
    return lifo_world_agrees(context);
}

TEST(lifo_agrees_with_its_model_over_1e6_operations) { /* M7 M68 M77 */
    static const ch_model_operation operations[] = {
        {"push", 80, push},  {"pop", 40, pop},         {"peek", 40, peek},
        {"set", 40, set},    {"dup", 40, dup},         {"swap", 40, swap},
        {"mark", 40, mark},  {"release", 20, release}, {"release_wrong", 5, release_wrong},
        {"clear", 1, clear},
    };
    static const size_t capacities[] = {0, 1, 2, 13, LIFO_CAP_MAX};
    static lifo_world w;
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        CHECK(lifo_world_begin(&w, capacities[i]));
        CHECK(ch_model_run(&(ch_model){.operations = operations,
                                       .operation_count = sizeof operations / sizeof operations[0],
                                       .check = agrees,
                                       .context = &w,
                                       .steps = RIG_SLOW || chi_checked() ? 20000 : 200000}));
    }
}

#ifdef CH_DEBUG
static void pop_empty(void *context) {
    word w;
    words_pop_fast(context, &w);
}

static void push_full(void *context) {
    word w = word_of(1);
    words_push_fast(context, &w);
}

TEST(lifo_unchecked_calls_assert_their_range_in_debug_builds) { /* M68 */
    char text[512];
    fill(0);
    CHECK(ch_test_child_dies(pop_empty, &stack, text, sizeof text));
    CHECK(strstr(text, "assertion failed") != NULL);
    fill(1024);
    CHECK(ch_test_child_dies(push_full, &stack, text, sizeof text));
    CHECK(strstr(text, "assertion failed") != NULL);
}
#endif
