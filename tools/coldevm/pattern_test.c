/* pattern_test.c: what --run matches: rows of expression, text, answer; and that what is quoted
 * matches itself and nothing longer. */
#include "pattern.h"

#include "codes.h"
#include "harness.h"
#include "message.h"
#include "store.h"

#include <string.h>

static void need_store(void) {
    static bool open;
    if (!open) {
        CHECK_EQUAL(store_open(), EXIT_DONE);
        open = true;
    }
}

TEST(expressions_match_as_python_and_posix_have_it) {
    static const struct {
        const char *expression, *text;
        bool matches;
    } ROWS[] = {
        {"b", "abc", true},
        {"^b", "abc", false},
        {"a.c|x", "abc", true},
        {"^a{2}$", "aa", true},
        {"\\d+", "fork12", true},
        {"^\\d+$", "1a", false},
        {"^\\D$", "a", true},
        {"^[\\d_]+$", "12_", true},
        {"^[\\w]+$", "a_1", true},
        {"^[\\w]+$", "a-1", false},
        {"a\\sb", "a\tb", true},
        {"a\\Sb", "a b", false},
        {"^\\W$", "-", true},
        {"^[[:alpha:]]+$", "abc", true},
        {"^[]x]$", "]", true},
        {"^[^]x]$", "]", false},
        {"test_y\\[fork_Prague", "test_y[fork_Prague-x]", true},
        {"tests/a\\.py::test\\[fork_Osaka\\-state_test\\-a\\ b\\]",
         "tests/a.py::test[fork_Osaka-state_test-a b]", true},
        {"a\\'b", "a'b", true},
        {"a\\<b", "a<b", true},
        {"a\\`b", "a`b", true},
        {"x\\{y\\}", "x{y}", true},
        {"a\\\\b", "a\\b", true},
    };
    need_store();
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        pattern one;
        CHECK_EQUAL(pattern_compile(&one, "run", (flag_text){ROWS[i].expression, 1}), EXIT_DONE);
        CHECK_EQUAL(pattern_matches(&one, ROWS[i].text), ROWS[i].matches);
        regfree(&one.compiled);
    }
}

TEST(expressions_that_mean_nothing_are_refused) {
    static const char *const ROWS[] = {"\\", "\\q", "a\\1", "(", "[a", "[\\D]", "a{2"};
    char buffer[2048];
    sink quiet;
    need_store();
    sink_open(&quiet, -1, "quiet", buffer, sizeof buffer);
    message_route(&quiet);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        pattern one;
        CHECK_EQUAL(pattern_compile(&one, "run", (flag_text){ROWS[i], 1}), EXIT_FLAG);
    }
    message_route(NULL);
}

TEST(quoted_names_match_themselves_only) {
    need_store();
    for (unsigned round = 0; round < 500; round++) {
        char name[24];
        size_t size = 1 + ch_test_random() % 20;
        for (size_t i = 0; i < size; i++) {
            name[i] = (char)(' ' + ch_test_random() % 95);
        }
        name[size] = 0;
        char buffer[128];
        sink out;
        sink_open(&out, -1, "quoted", buffer, sizeof buffer - 1);
        pattern_quote(&out, name);
        buffer[out.used_bytes] = 0;
        pattern one;
        CHECK_EQUAL(pattern_compile(&one, "run", (flag_text){buffer, 1}), EXIT_DONE);
        CHECK(pattern_matches(&one, name));
        name[size] = 'x';
        name[size + 1] = 0;
        CHECK(!pattern_matches(&one, name));
        name[size] = 0;
        CHECK(!pattern_matches(&one, name + 1));
        regfree(&one.compiled);
    }
}
