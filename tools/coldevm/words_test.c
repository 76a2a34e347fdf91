/* Hex, numbers, addresses, names and durations: what is read, and where and why it is refused. */
#include "words.h"

#include "harness.h"

#include <string.h>

static bool hex(const char *text, bool blanks, size_t *count, uint8_t bytes[64],
                text_error *error) {
    return text_hex(bytes, count, text, strlen(text), blanks, error);
}

TEST(text_hex_reads_both_cases_with_and_without_prefix) {
    static const char *const TEXTS[] = {"00ff10Ab", "0x00ff10ab", "0X00FF10AB"};
    static const uint8_t WANTED[] = {0x00, 0xff, 0x10, 0xab};
    for (size_t i = 0; i < 3; i++) {
        uint8_t bytes[64];
        size_t count = 0;
        text_error error;
        CHECK(hex(TEXTS[i], false, &count, bytes, &error));
        CHECK_EQUAL(count, sizeof WANTED);
        CHECK(memcmp(bytes, WANTED, sizeof WANTED) == 0);
    }
}

TEST(text_hex_empty_is_no_bytes) {
    uint8_t bytes[64];
    size_t count = 1;
    text_error error;
    CHECK(hex("", false, &count, bytes, &error) && count == 0);
    CHECK(hex("0x", false, &count, bytes, &error) && count == 0);
    CHECK(hex(" \n\t", true, &count, bytes, &error) && count == 0);
}

TEST(text_hex_decodes_in_place) {
    char text[] = " 0x01\n2 3\t45 ";
    size_t count = 0;
    text_error error;
    CHECK(text_hex((uint8_t *)text, &count, text, sizeof text - 1, true, &error));
    CHECK_EQUAL(count, 3);
    CHECK(memcmp(text, "\x01\x23\x45", 3) == 0);
}

TEST(text_hex_says_where_it_refuses) {
    uint8_t bytes[64];
    size_t count = 0;
    text_error error;
    CHECK(!hex("01\n2x", true, &count, bytes, &error));
    CHECK_EQUAL(error.line, 2);
    CHECK_EQUAL(error.place, 2);
    CHECK_TEXT(error.reason, "'x' at character 2 is not a hex digit");
    CHECK(!hex("01 02", false, &count, bytes, &error));
    CHECK_TEXT(error.reason, "byte 0x20 at character 3 is not a hex digit");
    CHECK(!hex("012", false, &count, bytes, &error));
    CHECK_TEXT(error.reason, "odd number of hex digits (3)");
    CHECK(!hex("0x0x00", false, &count, bytes, &error));
    CHECK_TEXT(error.reason, "'x' at character 4 is not a hex digit");
    CHECK(!hex("\xff", false, &count, bytes, &error));
    CHECK_TEXT(error.reason, "byte 0xff at character 1 is not a hex digit");
}

TEST(text_hex_refuses_every_other_byte) {
    for (unsigned value = 0; value < 256; value++) {
        const char text[2] = {'0', (char)value};
        uint8_t bytes[1];
        size_t count = 0;
        text_error error;
        bool digit = (value >= '0' && value <= '9') || (value >= 'a' && value <= 'f') ||
                     (value >= 'A' && value <= 'F');
        bool prefix = value == 'x' || value == 'X';
        CHECK_EQUAL(text_hex(bytes, &count, text, 2, false, &error), digit || prefix);
    }
}

TEST(text_u64_knows_its_bounds) {
    uint64_t number = 5;
    text_error error;
    CHECK(text_u64(&number, "18446744073709551615", UINT64_MAX, &error) && number == UINT64_MAX);
    CHECK(text_u64(&number, "0xffffffffffffffff", UINT64_MAX, &error) && number == UINT64_MAX);
    CHECK(text_u64(&number, "000", UINT64_MAX, &error) && number == 0);
    CHECK(!text_u64(&number, "18446744073709551616", UINT64_MAX, &error));
    CHECK(!text_u64(&number, "11", 10, &error));
    CHECK_TEXT(error.reason, "number is above 10");
    CHECK(!text_u64(&number, "", 10, &error));
    CHECK(!text_u64(&number, "0x", 10, &error));
    CHECK(!text_u64(&number, "+1", 10, &error));
    CHECK(!text_u64(&number, "1e3", 10, &error));
    CHECK_EQUAL(number, 0);
}

TEST(text_seconds_reads_decimals_only) {
    double seconds = 0;
    text_error error;
    CHECK(text_seconds(&seconds, "0.25", 10, &error) && seconds == 0.25);
    CHECK(text_seconds(&seconds, "10", 10, &error) && seconds == 10);
    static const char *const BAD[] = {"", ".", "1e1", "-1", "inf", "nan", "0x1", "1.1.1", "10.1"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(!text_seconds(&seconds, BAD[i], 10, &error));
    }
}

TEST(text_address_takes_short_ones_as_low_bytes) {
    chevm_address address;
    text_error error;
    static const uint8_t LOW[20] = {[18] = 0xab, [19] = 0xcd};
    CHECK(text_address(&address, "0xabcd", &error));
    CHECK(memcmp(address.bytes, LOW, 20) == 0);
    CHECK(text_address(&address, "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcd", &error));
    CHECK(!text_address(&address, "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdab", &error));
    CHECK(!text_address(&address, "0x", &error));
    CHECK(!text_address(&address, "0x1", &error));
}

TEST(text_distance_counts_edits) {
    CHECK_EQUAL(text_distance("gas", "gas"), 0);
    CHECK_EQUAL(text_distance("", "gas"), 3);
    CHECK_EQUAL(text_distance("gas", ""), 3);
    CHECK_EQUAL(text_distance("gsa", "gas"), 1);
    CHECK_EQUAL(text_distance("gass", "gas"), 1);
    CHECK_EQUAL(text_distance("ga", "gas"), 1);
    CHECK_EQUAL(text_distance("gax", "gas"), 1);
    CHECK_EQUAL(text_distance("abc", "xyz"), 3);
}

TEST(text_grouped_puts_blanks_between_thousands) {
    char text[TEXT_NUMBER_BYTES];
    CHECK_TEXT(text_grouped(text, 0), "0");
    CHECK_TEXT(text_grouped(text, 999), "999");
    CHECK_TEXT(text_grouped(text, 1000), "1 000");
    CHECK_TEXT(text_grouped(text, 8123450), "8 123 450");
    CHECK_TEXT(text_grouped(text, UINT64_MAX), "18 446 744 073 709 551 615");
}

TEST(text_duration_is_go_s) {
    static const struct {
        uint64_t nanoseconds;
        const char *text;
    } ROWS[] = {{0, "0ns"},
                {999, "999ns"},
                {1000, "1µs"},
                {1500, "1.5µs"},
                {12139, "12.139µs"},
                {1000000, "1ms"},
                {12250000, "12.25ms"},
                {999999999, "999.999999ms"},
                {1000000000, "1s"},
                {62500000000, "1m2.5s"},
                {3600000000000, "1h0m0s"},
                {UINT64_MAX, "5124095h34m33.709551615s"}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        char text[TEXT_NUMBER_BYTES];
        CHECK_TEXT(text_duration(text, ROWS[i].nanoseconds), ROWS[i].text);
    }
}
