/* Size arithmetic against wider sums: the edges of size_t, exhaustively small, and at random. */
#include <coldheap/arith.h>

#include "harness.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const size_t EDGES[] = {0,
                               1,
                               2,
                               7,
                               8,
                               4095,
                               4096,
                               4097,
                               SIZE_MAX / 2 - 1,
                               SIZE_MAX / 2,
                               SIZE_MAX / 2 + 1,
                               SIZE_MAX - 4096,
                               SIZE_MAX - 4095,
                               SIZE_MAX - 1,
                               SIZE_MAX};

/* A random size, often near an edge. */
static size_t draw(void) {
    const size_t edge = EDGES[ch_test_random_below(COUNT(EDGES))];
    const size_t off = (size_t)ch_test_random_below(9) - 4;
    return ch_test_random_below(3) == 0 ? (size_t)ch_test_random() : edge + off;
}

static void check_pair(size_t a, size_t b) {
    size_t out = 77;
    const size_t sum = a + b;
    const size_t product = a * b;
    const bool sum_fits = sum >= a;
    const bool product_fits = a == 0 || product / a == b;
    CHECK_EQUAL(ch_size_add(&out, a, b), sum_fits);
    CHECK_EQUAL(out, sum_fits ? sum : 77);
    out = 77;
    CHECK_EQUAL(ch_size_sub(&out, a, b), a >= b);
    CHECK(a < b || out == a - b);
    out = 77;
    CHECK_EQUAL(ch_size_mul(&out, a, b), product_fits);
    CHECK_EQUAL(out, product_fits ? product : 77);
}

TEST(arith_sums_and_products_fit_or_leave_the_result_alone) { /* M5 */
    for (size_t i = 0; i < COUNT(EDGES); i++) {
        for (size_t k = 0; k < COUNT(EDGES); k++) {
            check_pair(EDGES[i], EDGES[k]);
        }
    }
    for (uint64_t n = ch_test_cases(1000000, 100000); n > 0; n--) {
        check_pair(draw(), draw());
    }
}

TEST(arith_rounds_up_to_powers_of_two_only) { /* M5 */
    for (size_t align = 0; align <= 2 * CH_ALIGN_MAX; align++) {
        const bool power =
            align == 1 || (align != 0 && align % 2 == 0 && (align & (align - 1)) == 0);
        const size_t sizes[] = {0,
                                1,
                                align - 1,
                                align,
                                align + 1,
                                SIZE_MAX - align,
                                SIZE_MAX - align + 1,
                                SIZE_MAX - align + 2,
                                SIZE_MAX};
        CHECK_EQUAL(ch_is_power_of_two(align), power);
        CHECK_EQUAL(ch_align_is_valid(align), power && align <= CH_ALIGN_MAX);
        for (size_t i = 0; i < COUNT(sizes); i++) {
            size_t out = 77;
            const size_t rest = power ? sizes[i] % align : 0;
            const size_t more = rest != 0 ? align - rest : 0;
            const bool fits = power && more <= SIZE_MAX - sizes[i];
            CHECK_EQUAL(ch_size_round_up(&out, sizes[i], align), fits);
            CHECK_EQUAL(out, fits ? sizes[i] + more : 77);
        }
    }
}

TEST(arith_ranges_do_not_wrap) { /* M5 */
    for (size_t i = 0; i < COUNT(EDGES); i++) {
        for (size_t k = 0; k < COUNT(EDGES); k++) {
            for (size_t n = 0; n < COUNT(EDGES); n++) {
                const size_t offset = EDGES[i];
                const size_t size = EDGES[k];
                size_t end = 0;
                const bool inside = ch_size_add(&end, offset, size) && end <= EDGES[n];
                CHECK_EQUAL(ch_size_in_range(offset, size, EDGES[n]), inside);
            }
        }
    }
}

TEST(arith_padding_is_by_address) { /* M5 */
    for (size_t align = 1; align <= CH_ALIGN_MAX; align *= 2) {
        for (uintptr_t address = 1; address < 2 * CH_ALIGN_MAX; address += 1 + align / 9) {
            const size_t padding = ch_align_padding((const void *)address, align);
            CHECK(padding < align && (address + padding) % align == 0);
        }
    }
}
