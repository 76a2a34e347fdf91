/* Numbers and pointers of call frame information, and what lies beyond the end. */
#include "encoded.h"

#include "harness.h"

static chi_encoded over(const uint8_t *bytes, size_t size) {
    return (chi_encoded){.at = (uintptr_t)bytes, .end = (uintptr_t)bytes + size};
}

TEST(g23_encoded_numbers) {
    static const uint8_t bytes[] = {0x12, 0x34, 0xff, 0xff, 0xe5, 0x8e, 0x26, 0x7f, 0x80, 0x7f};
    chi_encoded from = over(bytes, sizeof bytes);
    CHECK_EQUAL(chi_encoded_fixed(&from, 2), 0x3412);
    CHECK_EQUAL(chi_encoded_fixed_signed(&from, 2), -1);
    CHECK_EQUAL(chi_encoded_uleb(&from), 624485);
    CHECK_EQUAL(chi_encoded_sleb(&from), -1);
    CHECK_EQUAL(chi_encoded_sleb(&from), -128);
    CHECK(!from.bad);
    CHECK_EQUAL(chi_encoded_fixed(&from, 1), 0);
    CHECK(from.bad);
}

TEST(g23_encoded_long_number_keeps_64_bits) {
    static const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xff, 0xff, 0xff, 0xff, 0x01, 0xff, 0xff, 0xff};
    chi_encoded from = over(bytes, sizeof bytes);
    CHECK_EQUAL(chi_encoded_uleb(&from), UINT64_MAX);
    CHECK(!from.bad);
    CHECK_EQUAL(chi_encoded_uleb(&from), 0x1fffff);
    CHECK(from.bad);
}

TEST(g23_encoded_pointers) {
    static const uint8_t bytes[] = {0xf0, 0xff, 0xff, 0xff, 0x10, 0, 0,    0,    8,   7,
                                    6,    5,    4,    3,    2,    1, 0xfe, 0xff, 0x05};
    const uintptr_t place = (uintptr_t)bytes;
    chi_encoded from = over(bytes, sizeof bytes);
    CHECK_EQUAL(chi_encoded_pointer(&from, 0x1b, 0), place - 16); /* to the place, 4 signed */
    CHECK_EQUAL(chi_encoded_pointer(&from, 0x3b, 1000), 1016);    /* to the data, 4 signed */
    CHECK_EQUAL(chi_encoded_pointer(&from, 0x00, 0), UINT64_C(0x0102030405060708));
    CHECK_EQUAL(chi_encoded_pointer(&from, 0x0a, 0), UINT64_MAX - 1);
    CHECK_EQUAL(chi_encoded_pointer(&from, 0xff, 0), 0); /* omitted: nothing is read */
    CHECK_EQUAL(chi_encoded_pointer(&from, 0x01, 0), 5);
    CHECK(!from.bad);
}

TEST(g23_encoded_unknown_encoding_is_bad) {
    static const uint8_t bytes[8] = {1};
    chi_encoded from = over(bytes, sizeof bytes);
    (void)chi_encoded_pointer(&from, 0x0f, 0);
    CHECK(from.bad);
    from = over(bytes, sizeof bytes);
    (void)chi_encoded_pointer(&from, 0x43, 0);
    CHECK(from.bad);
}

TEST(g23_encoded_part_stays_inside) {
    static const uint8_t bytes[] = {2, 0xaa, 0xbb, 3, 1, 2};
    chi_encoded from = over(bytes, sizeof bytes);
    chi_encoded part = chi_encoded_sub(&from);
    CHECK_EQUAL(chi_encoded_fixed(&part, 2), 0xbbaa);
    CHECK_EQUAL(chi_encoded_fixed(&part, 1), 0);
    CHECK(part.bad && !from.bad);
    part = chi_encoded_sub(&from); /* says 3, has 2 */
    CHECK(from.bad);
    CHECK_EQUAL(part.end - part.at, 0);
}
