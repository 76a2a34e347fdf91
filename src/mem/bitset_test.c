/* bitset_test.c: the bit set: every index of many sizes against an array of truths. */
#include "mem/bitset_rig.h"
#include "mem/checked.h"
#include "mem/mem_rig.h"

#include "harness.h"
#include "model.h"

static ch_bitset set_over(uint64_t *words, size_t bit_count) {
    ch_bitset set = {0};
    memset(words, 0xa5, ch_bitset_footprint(bit_count)); /* init must clear */
    CHECK_EQUAL(ch_bitset_init(&set, words, ch_bitset_footprint(bit_count), bit_count), CH_OK);
    return set;
}

TEST(bitset_footprint_is_whole_words_and_never_wraps) { /* M2 M5 */
    CHECK_EQUAL(ch_bitset_footprint(0), 0);
    CHECK_EQUAL(ch_bitset_footprint(1), 8);
    CHECK_EQUAL(ch_bitset_footprint(64), 8);
    CHECK_EQUAL(ch_bitset_footprint(65), 16);
    CHECK_EQUAL(ch_bitset_footprint(SIZE_MAX), SIZE_MAX / 64 * 8 + 8);
    CHECK_EQUAL(ch_bitset_align(), _Alignof(uint64_t));
}

TEST(bitset_init_refuses_wrong_memory_and_writes_nothing) { /* M2 M3 */
    uint64_t words[2] = {7, 7};
    ch_bitset set = {words, 99};
    CHECK_EQUAL(ch_bitset_init(NULL, words, 16, 65), CH_EINVAL);
    CHECK_EQUAL(ch_bitset_init(&set, NULL, 16, 65), CH_EINVAL);
    CHECK_EQUAL(ch_bitset_init(&set, (uint8_t *)words + 1, 8, 1), CH_EALIGN);
    CHECK_EQUAL(ch_bitset_init(&set, words, 15, 65), CH_EFULL);
    CHECK_EQUAL(ch_bitset_init(&set, words, 16, SIZE_MAX), CH_EFULL);
    CHECK(words[0] == 7 && words[1] == 7 && set.words == words && set.bit_count == 99);
    CHECK_EQUAL(ch_bitset_init(&set, words, 8, 1), CH_OK);
    CHECK(words[0] == 0 && words[1] == 7);
}

TEST(bitset_of_no_numbers_answers) { /* M69 */
    ch_bitset set = {0};
    size_t found = 5;
    CHECK_EQUAL(ch_bitset_init(&set, NULL, 0, 0), CH_OK);
    ch_bitset_fill(&set);
    ch_bitset_reset(&set);
    CHECK_EQUAL(ch_bitset_count(&set), 0);
    CHECK_EQUAL(ch_bitset_capacity(&set), 0);
    CHECK_EQUAL(ch_bitset_set(&set, 0), CH_ERANGE);
    CHECK_EQUAL(ch_bitset_clear(&set, 0), CH_ERANGE);
    CHECK_EQUAL(ch_bitset_find_first(&set, &found), CH_ENOENT);
    CHECK_EQUAL(ch_bitset_find_next(&set, &found, 1), CH_ERANGE);
    CHECK_EQUAL(ch_bitset_find_gap(&set, &found, 0), CH_ENOENT);
    CHECK_EQUAL(found, 5);
    CHECK_EQUAL(ch_bitset_check(&set, NULL), CH_OK);
}

TEST(bitset_index_out_of_range_is_refused) { /* M3 M5 M69 */
    uint64_t words[2];
    ch_bitset set = set_over(words, 65);
    const size_t wrong[] = {65, 66, 127, 128, SIZE_MAX - 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        bool in = true;
        size_t found = 5;
        CHECK_EQUAL(ch_bitset_set(&set, wrong[i]), CH_ERANGE);
        CHECK_EQUAL(ch_bitset_clear(&set, wrong[i]), CH_ERANGE);
        CHECK_EQUAL(ch_bitset_test_try(&set, &in, wrong[i]), CH_ERANGE);
        CHECK(in && !ch_bitset_test(&set, wrong[i]));
        CHECK_EQUAL(ch_bitset_find_next(&set, &found, wrong[i]), i == 0 ? CH_ENOENT : CH_ERANGE);
        CHECK_EQUAL(ch_bitset_find_gap(&set, &found, wrong[i]), i == 0 ? CH_ENOENT : CH_ERANGE);
        CHECK_EQUAL(found, 5);
    }
    CHECK(words[0] == 0 && words[1] == 0);
}

/* Each pair of numbers of each size: what is found from every start. */
TEST(bitset_finds_each_number_from_every_start) { /* M69 */
    static const size_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 129};
    uint64_t words[3];
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (size_t index = 0; index < sizes[s]; index++) {
            ch_bitset set = set_over(words, sizes[s]);
            CHECK_EQUAL(ch_bitset_set(&set, index), CH_OK);
            ch_bitset gap = {words, sizes[s]};
            for (size_t from = 0; from < sizes[s]; from++) {
                size_t found = SIZE_MAX;
                ch_status want = from <= index ? CH_OK : CH_ENOENT;
                CHECK_EQUAL(ch_bitset_find_next(&set, &found, from), want);
                CHECK_EQUAL(found, want == CH_OK ? index : SIZE_MAX);
            }
            ch_bitset_fill(&gap);
            CHECK_EQUAL(ch_bitset_count(&gap), sizes[s]);
            CHECK_EQUAL(ch_bitset_clear(&gap, index), CH_OK);
            for (size_t from = 0; from < sizes[s]; from++) {
                size_t found = SIZE_MAX;
                ch_status want = from <= index ? CH_OK : CH_ENOENT;
                CHECK_EQUAL(ch_bitset_find_gap(&gap, &found, from), want);
                CHECK_EQUAL(found, want == CH_OK ? index : SIZE_MAX);
            }
            CHECK_EQUAL(ch_bitset_check(&gap, NULL), CH_OK);
        }
    }
}

TEST(bitset_check_names_the_broken_invariant) { /* M7 M69 */
    uint64_t words[2];
    unsigned invariant = 0;
    ch_bitset set = set_over(words, 65);
    for (unsigned bit = 1; bit < 64; bit++) {
        words[1] = (uint64_t)1 << bit;
        CHECK_EQUAL(ch_bitset_check(&set, &invariant), CH_ECORRUPT);
        CHECK_EQUAL(invariant, 2);
    }
    words[1] = 1;
    CHECK_EQUAL(ch_bitset_check(&set, &invariant), CH_OK);
    CHECK_EQUAL(invariant, 0);
    set.words = NULL;
    CHECK_EQUAL(ch_bitset_check(&set, &invariant), CH_ECORRUPT);
    CHECK_EQUAL(invariant, 1);
}

/* ---- Model ----------------------------------------------------------------------------------- */

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return bitset_world_step(context, step, (uint32_t)ch_test_random());                       \
    }

OPERATION(set_one, BITSET_SET)
OPERATION(clear_one, BITSET_CLEAR)
OPERATION(find_one, BITSET_FIND)
OPERATION(find_gap, BITSET_FIND_GAP)
OPERATION(all_or_none, BITSET_ALL_OR_NONE)
OPERATION(resize, BITSET_RESIZE)

static bool agrees(void *context) {
    return bitset_world_agrees(context);
}

TEST(bitset_agrees_with_its_model_over_1e6_operations) { /* M7 M69 M77 */
    static const ch_model_operation operations[] = {
        {"set", 400, set_one},       {"clear", 400, clear_one},        {"find", 200, find_one},
        {"find_gap", 200, find_gap}, {"all_or_none", 10, all_or_none}, {"resize", 10, resize},
    };
    static bitset_world w;
    CHECK(bitset_world_begin(&w, BITS_MAX));
    CHECK(ch_model_run(&(ch_model){.operations = operations,
                                   .operation_count = sizeof operations / sizeof operations[0],
                                   .check = agrees,
                                   .context = &w,
                                   .steps = RIG_SLOW || chi_checked() ? 100000 : 1000000,
                                   .check_interval = 16}));
}
