/* amount_test.c: amounts of memory, read and written. */
#include "amount.h"

#include "harness.h"

static uint64_t read_as(const char *text) {
    text_error error;
    uint64_t amount = 4711;
    return amount_read(&amount, text, &error) && amount != 4711 ? amount : UINT64_MAX;
}

static bool is_refused(const char *text) {
    text_error error = {0};
    uint64_t amount = 4711;
    return !amount_read(&amount, text, &error) && amount == 4711 && error.reason[0] != 0;
}

TEST(amount_reads_units_of_1024) {
    CHECK_EQUAL(read_as("0"), 0);
    CHECK_EQUAL(read_as("1200"), 1200);
    CHECK_EQUAL(read_as("64K"), 65536);
    CHECK_EQUAL(read_as("64KiB"), 65536);
    CHECK_EQUAL(read_as("8M"), UINT64_C(8) << 20);
    CHECK_EQUAL(read_as("3GiB"), UINT64_C(3) << 30);
    CHECK_EQUAL(read_as("17179869183G"), UINT64_C(17179869183) << 30);
}

TEST(amount_refuses_what_is_none) {
    CHECK(is_refused(""));
    CHECK(is_refused("K"));
    CHECK(is_refused("-1"));
    CHECK(is_refused("1.5K"));
    CHECK(is_refused("12 K"));
    CHECK(is_refused("5T"));
    CHECK(is_refused("17179869184G"));
    CHECK(is_refused("18446744073709551616"));
    CHECK(is_refused("99999999999999999999999999999999999999999999"));
}

TEST(amount_writes_what_people_read) {
    char text[AMOUNT_BYTES];
    CHECK_TEXT(amount_bytes(text, 0), "0 B");
    CHECK_TEXT(amount_bytes(text, 1023), "1023 B");
    CHECK_TEXT(amount_bytes(text, 1536), "1.5 KiB");
    CHECK_TEXT(amount_bytes(text, UINT64_C(8) << 20), "8.0 MiB");
    CHECK_TEXT(amount_bytes(text, UINT64_MAX), "16777216.0 TiB");
    CHECK_TEXT(amount_share(text, 1, 4), "25.0%");
    CHECK_TEXT(amount_share(text, 1, 0), "-");
}
