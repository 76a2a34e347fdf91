/* Decimal and hexadecimal text: known values, every length, every wrong character, both ways. */
#include <coldevm/u256.h>

#include "harness.h"
#include "operands.h"

#include <string.h>

static const chevm_u256 LARGEST = {{~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0}};
#define LARGEST_DECIMAL                                                                            \
    "115792089237316195423570985008687907853269984665640564039457584007913129639935"
#define LARGEST_HEX "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static bool from_decimal(chevm_u256 *out, const char *text) {
    return chevm_u256_from_decimal(out, text, strlen(text));
}

static bool from_hex(chevm_u256 *out, const char *text) {
    return chevm_u256_from_hex(out, text, strlen(text));
}

TEST(text_of_small_and_largest) {
    char text[CHEVM_U256_DECIMAL_SIZE];
    const chevm_u256 zero = {{0}}, two64 = {{0, 1, 0, 0}};
    CHECK_EQUAL(chevm_u256_to_decimal(text, &zero), 1);
    CHECK_TEXT(text, "0");
    CHECK_EQUAL(chevm_u256_to_hex(text, &zero), 3);
    CHECK_TEXT(text, "0x0");
    CHECK_EQUAL(chevm_u256_to_decimal(text, &two64), 20);
    CHECK_TEXT(text, "18446744073709551616");
    CHECK_EQUAL(chevm_u256_to_hex(text, &two64), 19);
    CHECK_TEXT(text, "0x10000000000000000");
    CHECK_EQUAL(chevm_u256_to_decimal(text, &LARGEST), CHEVM_U256_DECIMAL_SIZE - 1);
    CHECK_TEXT(text, LARGEST_DECIMAL);
    CHECK_EQUAL(chevm_u256_to_hex(text, &LARGEST), CHEVM_U256_HEX_SIZE - 1);
    CHECK_TEXT(text, LARGEST_HEX);
}

TEST(text_powers_of_ten_have_one_digit_more_each) {
    chevm_u256 power = {{1, 0, 0, 0}}, next;
    const chevm_u256 ten = {{10, 0, 0, 0}}, one = {{1, 0, 0, 0}};
    for (size_t digits = 1; digits <= 77; digits++) {
        char text[CHEVM_U256_DECIMAL_SIZE];
        CHECK_EQUAL(chevm_u256_to_decimal(text, &power), digits);
        CHECK_EQUAL(text[0], '1');
        CHECK_EQUAL(strspn(text + 1, "0"), digits - 1);
        chevm_u256_mul(&next, &power, &ten);
        chevm_u256_sub(&power, &next, &one);
        CHECK_EQUAL(chevm_u256_to_decimal(text, &power), digits);
        CHECK_EQUAL(strspn(text, "9"), digits);
        chevm_u256_copy(&power, &next);
    }
}

TEST(text_both_ways_random) {
    for (unsigned i = 0; i < 20000; i++) {
        const chevm_u256 a = operand_word(ch_test_random);
        char text[CHEVM_U256_DECIMAL_SIZE];
        chevm_u256 back;
        size_t length = chevm_u256_to_decimal(text, &a);
        CHECK_EQUAL(length, strlen(text));
        CHECK(chevm_u256_from_decimal(&back, text, length));
        CHECK_BYTES(&back, &a, sizeof a);
        length = chevm_u256_to_hex(text, &a);
        CHECK_EQUAL(length, strlen(text));
        CHECK(chevm_u256_from_hex(&back, text, length));
        CHECK_BYTES(&back, &a, sizeof a);
        CHECK(chevm_u256_from_hex(&back, text + 2, length - 2));
        if (!CHECK_BYTES(&back, &a, sizeof a)) {
            return;
        }
    }
}

TEST(text_that_is_no_number_is_refused_and_changes_nothing) {
    static const char *const decimal[] = {
        "",
        " 1",
        "1 ",
        "-1",
        "+1",
        "0x1",
        "1a",
        "1.0",
        "12345678901234567890_",
        "115792089237316195423570985008687907853269984665640564039457584007913129639936",
        "1157920892373161954235709850086879078532699846656405640394575840079131296399350",
        "999999999999999999999999999999999999999999999999999999999999999999999999999999"};
    static const char *const hex[] = {
        "",
        "0x",
        "x1",
        "g",
        "0xg",
        "0x 1",
        "1 ",
        "-1",
        "0x0x1",
        "0x10000000000000000000000000000000000000000000000000000000000000000",
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    const chevm_u256 before = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof decimal / sizeof decimal[0]; i++) {
        chevm_u256 out = before;
        CHECK(!from_decimal(&out, decimal[i]));
        CHECK_BYTES(&out, &before, sizeof out);
    }
    for (size_t i = 0; i < sizeof hex / sizeof hex[0]; i++) {
        chevm_u256 out = before;
        CHECK(!from_hex(&out, hex[i]));
        CHECK_BYTES(&out, &before, sizeof out);
    }
    for (int c = 0; c < 256; c++) { /* every byte in the middle of a number */
        const char text[3] = {'1', (char)c, '1'};
        chevm_u256 out = before;
        CHECK(chevm_u256_from_decimal(&out, text, 3) == (c >= '0' && c <= '9'));
        CHECK(chevm_u256_from_hex(&out, text, 3) ==
              ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
    }
}

TEST(text_leading_zeros_case_and_exact_size) {
    char zeros[300];
    chevm_u256 out;
    memset(zeros, '0', sizeof zeros);
    zeros[298] = '4';
    zeros[299] = '2';
    CHECK(chevm_u256_from_decimal(&out, zeros, sizeof zeros) && out.limbs[0] == 42);
    CHECK(chevm_u256_from_hex(&out, zeros, sizeof zeros) && out.limbs[0] == 0x42);
    CHECK(from_hex(&out, "0XaBcDeF") && out.limbs[0] == 0xabcdef);
    CHECK(chevm_u256_from_decimal(&out, "1234", 2) && out.limbs[0] == 12);
    CHECK(chevm_u256_from_hex(&out, "0x1234", 4) && out.limbs[0] == 0x12);
    CHECK(from_decimal(&out, LARGEST_DECIMAL) && chevm_u256_equal(&out, &LARGEST));
    CHECK(from_hex(&out, LARGEST_HEX) && chevm_u256_equal(&out, &LARGEST));
}
