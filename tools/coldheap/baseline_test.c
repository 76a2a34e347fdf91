/* baseline_test.c: baselines are written, read back, and compared. */
#include "baseline.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include "harness.h"

#include <stdio.h>
#include <string.h>

static char text[4096];
static char written[4096];
static size_t written_bytes;

static void keep(void *context, const char *bytes, size_t size) {
    (void)context;
    size = size < sizeof written - 1 - written_bytes ? size : sizeof written - 1 - written_bytes;
    memcpy(written + written_bytes, bytes, size);
    written_bytes += size;
    written[written_bytes] = 0;
}

static sink *target_open(void) {
    static char buffer[64];
    static sink target;
    static bool open;
    if (!open) {
        CHECK_EQUAL(store_open(), EXIT_DONE);
        open = true;
    }
    written_bytes = 0;
    written[0] = 0;
    sink_into(&target, "text", buffer, sizeof buffer, keep, NULL);
    return &target;
}

static int parse(baseline *out, const char *from) {
    char *copy;
    sink *target = target_open();
    copy = store_text(from, strlen(from));
    message_route(target);
    int code = baseline_parse(out, "made", copy, strlen(from));
    message_route(NULL);
    return code;
}

#define HEAD "coldheap baseline 1\n"
#define ROW(allocs, bytes, name)                                                                   \
    "site heap allocs=" allocs " bytes=" bytes " live=0 peak=8 function=\"" name "\" "             \
    "file=\"a.c\"\n"

TEST(baseline_g32_comes_back_as_it_was) {
    baseline in;
    (void)snprintf(text, sizeof text, "%s",
                   HEAD "kind heap allocs=3 bytes=30 live=0 peak=18446744073709551615\n" ROW(
                       "1", "10", "a\\\"b\\\\c\\u0007") ROW("2", "20", "b"));
    CHECK_EQUAL(parse(&in, text), EXIT_DONE);
    CHECK_EQUAL(in.count, 3);
    CHECK_TEXT(in.rows[1].function, "a\"b\\c\a");
    sink *target = target_open();
    baseline_write(target, &in);
    sink_flush(target);
    CHECK_TEXT(written, text);
}

TEST(baseline_g32_rows_in_any_order_and_twice) {
    baseline in;
    CHECK_EQUAL(parse(&in, HEAD ROW("2", "20", "b") "\n# comment\n" ROW("1", "10", "a")
                               ROW("4", "40", "b")),
                EXIT_DONE);
    CHECK_EQUAL(in.count, 2);
    CHECK_TEXT(in.rows[0].function, "a");
    CHECK_EQUAL(in.rows[1].values[BASELINE_BYTES], 60);
}

/* Cut anywhere but at a line's end it is refused; nothing is read beyond the end. */
TEST(baseline_cut_off_is_refused) {
    static const char WHOLE[] = HEAD ROW("2", "20", "b\\\"c");
    baseline in;
    for (size_t size = 0; size < sizeof WHOLE - 1; size++) {
        (void)snprintf(text, sizeof text, "%.*s", (int)size, WHOLE);
        if (size != sizeof HEAD - 1) {
            CHECK_EQUAL(parse(&in, text), EXIT_USAGE);
        }
    }
    CHECK_EQUAL(parse(&in, WHOLE), EXIT_DONE);
}

/* Any one character changed: refused, or another baseline, never more. */
TEST(baseline_changed_anywhere_is_safe) {
    static const char WHOLE[] = HEAD ROW("2", "20", "b\\\\c\\u0041");
    static const char ODD[] = "\"\\ u=\n\x01\xff";
    baseline in;
    for (size_t i = 0; i + 1 < sizeof WHOLE; i++) {
        for (size_t j = 0; j + 1 < sizeof ODD; j++) {
            memcpy(text, WHOLE, sizeof WHOLE);
            text[i] = ODD[j];
            int code = parse(&in, text);
            CHECK(code == EXIT_DONE || code == EXIT_USAGE);
        }
    }
}

static baseline_diff compare(const char *before, const char *after, uint64_t tolerance) {
    static baseline old, new;
    baseline_diff found;
    CHECK_EQUAL(parse(&old, before), EXIT_DONE);
    CHECK_EQUAL(parse(&new, after), EXIT_DONE);
    baseline_compare(&found, &old, &new, tolerance);
    return found;
}

TEST(baseline_g32_any_increase_is_found) {
    baseline_diff found = compare(HEAD ROW("2", "20", "b"), HEAD ROW("3", "20", "b"), 0);
    CHECK_EQUAL(found.increased, 1);
    CHECK(found.changes[0].figure_increased[BASELINE_ALLOCS]);
    CHECK(!found.changes[0].figure_increased[BASELINE_BYTES]);
    CHECK_EQUAL(compare(HEAD ROW("2", "20", "b"), HEAD ROW("2", "20", "b"), 0).count, 0);
    CHECK_EQUAL(compare(HEAD ROW("3", "20", "b"), HEAD ROW("2", "20", "b"), 0).increased, 0);
    CHECK_EQUAL(compare(HEAD, HEAD ROW("1", "1", "b"), 100 * 100).increased, 1);
    CHECK_EQUAL(compare(HEAD ROW("1", "1", "b"), HEAD, 0).decreased, 1);
    /* less here does not pay for more there */
    CHECK_EQUAL(compare(HEAD ROW("9", "90", "a") ROW("1", "1", "b"),
                        HEAD ROW("1", "1", "a") ROW("1", "2", "b"), 0)
                    .increased,
                1);
}

TEST(baseline_g32_tolerance) {
    const char *before = HEAD ROW("1000", "1000", "b");
    CHECK_EQUAL(compare(before, HEAD ROW("1050", "1000", "b"), 500).increased, 0);
    CHECK_EQUAL(compare(before, HEAD ROW("1051", "1000", "b"), 500).increased, 1);
    CHECK_EQUAL(compare(HEAD ROW("18446744073709551614", "1", "b"),
                        HEAD ROW("18446744073709551615", "1", "b"), 0)
                    .increased,
                1);
    uint64_t value = 0;
    text_error error;
    CHECK(baseline_tolerance(&value, "5%", &error) && value == 500);
    CHECK(baseline_tolerance(&value, "0.25", &error) && value == 25);
    CHECK(!baseline_tolerance(&value, "-1%", &error));
    CHECK(!baseline_tolerance(&value, "%", &error));
    CHECK(!baseline_tolerance(&value, "", &error));
}

/* A bound depends on timing. */
TEST(baseline_g32_bounds_of_peaks_are_not_compared) {
    const char *exact = HEAD "kind heap allocs=1 bytes=1 live=1 peak=5\n";
    const char *bound = HEAD "kind heap allocs=1 bytes=1 live=1 peak<=9\n";
    CHECK_EQUAL(compare(exact, bound, 0).count, 0);
    CHECK_EQUAL(compare(bound, exact, 0).count, 0);
}
