/* A failed requirement ends the process and says where and why; nothing of a long text is written
 * beyond the line's buffer. */
#include <coldheap/base.h>

#include <string.h>

#include "harness.h"

static void break_a_requirement(void *context) {
    const int *number = context;
    CH_REQUIRE(*number == 2);
}

static void fail_with_long_text(void *context) {
    ch_fail("requirement", context, "file.c", 2147483647);
}

TEST(fail_requirement_that_holds_is_silent) {
    int number = 2;
    CHECK(!ch_test_child_dies(break_a_requirement, &number, NULL, 0));
}

TEST(fail_requirement_says_file_line_and_condition) {
    int number = 1;
    char text[256];
    CHECK(ch_test_child_dies(break_a_requirement, &number, text, sizeof text));
    CHECK(strstr(text, "fail_test.c:11: requirement failed: *number == 2\n") != NULL);
}

TEST(fail_text_longer_than_the_line_is_cut) {
    char condition[2000];
    char text[4096];
    memset(condition, 'x', sizeof condition);
    condition[sizeof condition - 1] = 0;
    CHECK(ch_test_child_dies(fail_with_long_text, condition, text, sizeof text));
    const char *line_end = strchr(text, '\n');
    if (CHECK(line_end != NULL)) {
        CHECK(line_end - text > 400 && line_end - text < 512);
        CHECK(line_end[1] == 0 || ch_test_is_emulated()); /* which has last words of its own */
    }
    CHECK(strncmp(text, "file.c:2147483647: requirement failed: xxx", 42) == 0);
}
