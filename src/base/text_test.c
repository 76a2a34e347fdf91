/* text_test.c: the text writer: every kind of piece, the snprintf rule at every size of buffer. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

static char buffer[256];

static chi_text *start(chi_text *text) {
    memset(buffer, '#', sizeof buffer);
    chi_text_begin(text, buffer, sizeof buffer);
    return text;
}

static void check_is(chi_text *text, const char *want) {
    CHECK_EQUAL(chi_text_end(text), strlen(want));
    CHECK_TEXT(buffer, want);
}

TEST(text_numbers_are_those_of_printf) {
    chi_text text;
    for (unsigned round = 0; round < 2000; round++) {
        uint64_t value = ch_test_random() >> ch_test_random_below(64);
        value = round < 20 ? round : round == 20 ? UINT64_MAX : value;
        char want[64];
        snprintf(want, sizeof want, "%llu 0x%llx", (unsigned long long)value,
                 (unsigned long long)value);
        chi_text_put_u64(start(&text), value);
        chi_text_put(&text, " ");
        chi_text_put_hex(&text, value);
        check_is(&text, want);
    }
}

TEST(text_json_strings_are_quoted_and_escaped) { /* M9 */
    chi_text text;
    chi_text_put_json(start(&text), "");
    check_is(&text, "\"\"");
    chi_text_put_json(start(&text), "a\"b\\c/d");
    check_is(&text, "\"a\\\"b\\\\c/d\"");
    chi_text_put_json(start(&text), "\x01\n\x1f \x7f\xc3\xa9");
    check_is(&text, "\"\\u0001\\u000a\\u001f \x7f\xc3\xa9\"");
    chi_text_put_field(start(&text), "in \"use\"", 42);
    check_is(&text, ",\"in \\\"use\\\"\":42");
}

static void check_ratio(uint64_t part, uint64_t whole, const char *want) {
    chi_text text;
    chi_text_put_ratio(start(&text), part, whole);
    check_is(&text, want);
}

TEST(text_ratios_are_rounded_down_and_never_overflow) { /* M9 */
    check_ratio(0, 0, "0.000000");
    check_ratio(5, 0, "0.000000");
    check_ratio(0, 7, "0.000000");
    check_ratio(1, 2, "0.500000");
    check_ratio(2, 3, "0.666666");
    check_ratio(3, 3, "1.000000");
    check_ratio(22, 7, "3.142857");
    check_ratio(1, 1000000, "0.000001");
    check_ratio(1, 1000001, "0.000000");
    check_ratio(UINT64_MAX - 1, UINT64_MAX, "0.999999");
    check_ratio(UINT64_MAX, 1, "18446744073709551615.000000");
    check_ratio(UINT64_MAX / 2, UINT64_MAX, "0.499999");
    check_ratio(1, UINT64_MAX, "0.000000");
    for (unsigned round = 0; round < 2000; round++) {
        uint64_t whole = 1 + ch_test_random_below(1000000);
        uint64_t part = ch_test_random_below(1000000);
        char want[64];
        snprintf(want, sizeof want, "%llu.%06llu", (unsigned long long)(part / whole),
                 (unsigned long long)(part % whole * 1000000 / whole));
        check_ratio(part, whole, want);
    }
}

TEST(text_is_cut_at_any_buffer_and_its_length_told) { /* M9 */
    static const char want[] = "size: 1234 0xff \"q\\\"\"";
    for (size_t size = 0; size <= sizeof want + 3; size++) {
        chi_text text;
        memset(buffer, '#', sizeof buffer);
        chi_text_begin(&text, size == 0 ? NULL : buffer, size);
        chi_text_put(&text, "size: ");
        chi_text_put_u64(&text, 1234);
        chi_text_put(&text, " ");
        chi_text_put_hex(&text, 255);
        chi_text_put(&text, " ");
        chi_text_put_json(&text, "q\"");
        CHECK_EQUAL(chi_text_end(&text), sizeof want - 1);
        size_t kept = size < sizeof want ? size : sizeof want;
        if (kept > 0) {
            CHECK_BYTES(buffer, want, kept - 1);
            CHECK_EQUAL(buffer[kept - 1], 0);
        }
        CHECK_EQUAL(buffer[kept], '#');
    }
}
