/* sort_test.c: every small order, and large random ones against counting. */
#include "sort.h"
#include "tool.h"

#include "harness.h"

const tool_identity tool = {.name = "test"};

static int compare_bytes(const void *left, const void *right) {
    return *(const unsigned char *)left - *(const unsigned char *)right;
}

TEST(every_sequence_of_up_to_seven_of_four_values_is_sorted) {
    for (size_t count = 0; count <= 7; count++) {
        for (unsigned number = 0; number < 1u << (2 * count); number++) {
            unsigned char items[7];
            unsigned sum = 0;
            for (size_t i = 0; i < count; i++) {
                items[i] = number >> (2 * i) & 3;
                sum += 1u << (4 * items[i]);
            }
            sort_items(items, count, 1, compare_bytes);
            for (size_t i = 0; i < count; i++) {
                sum -= 1u << (4 * items[i]);
                CHECK(i == 0 || items[i - 1] <= items[i]);
            }
            CHECK_EQUAL(sum, 0);
        }
    }
}

typedef struct wide {
    unsigned key;
    unsigned char rest[60];
} wide;

static int compare_wide(const void *left, const void *right) {
    unsigned a = ((const wide *)left)->key;
    unsigned b = ((const wide *)right)->key;
    return (a > b) - (a < b);
}

TEST(wide_items_move_as_a_whole) {
    static wide items[5000];
    size_t count = sizeof items / sizeof items[0];
    for (size_t i = 0; i < count; i++) {
        items[i].key = (unsigned)(ch_test_random() % 3000);
        items[i].rest[59] = (unsigned char)items[i].key;
    }
    sort_items(items, count, sizeof items[0], compare_wide);
    for (size_t i = 0; i < count; i++) {
        CHECK(i == 0 || items[i - 1].key <= items[i].key);
        CHECK_EQUAL(items[i].rest[59], (unsigned char)items[i].key);
    }
}
