/* Why a name matches nothing. */
#include "near.h"

#include <string.h>

#include "harness.h"

static const char *explain(const char *module, const char *function) {
    static char why[CHI_SESSION_NAME_BYTES];
    chi_session_rule rule;
    memset(&rule, 0, sizeof rule);
    memcpy(rule.module, module, strlen(module));
    memcpy(rule.function, function, strlen(function));
    chi_near_explain(why, sizeof why, &rule);
    return why;
}

TEST(g23_near_distance) {
    CHECK_EQUAL(chi_near_distance("kitten", "sitting"), 3);
    CHECK_EQUAL(chi_near_distance("tick", "tick"), 0);
    CHECK_EQUAL(chi_near_distance("tick", "engine_tick_all"), 0); /* contained */
    CHECK_EQUAL(chi_near_distance("", "abc"), 3);
    CHECK_EQUAL(chi_near_distance("abc", ""), 3);
}

TEST(g23_near_names_are_proposed) {
    const char *why = explain("", "chi_near_explian");
    CHECK(strstr(why, "no such function: chi_near_explian") != NULL);
    CHECK(strstr(why, "near: chi_near_explain") != NULL);
}

TEST(g23_near_says_that_the_file_is_not_there) {
    CHECK(strstr(explain("nolib.so", "f"), "no such file: nolib.so") != NULL);
}

TEST(g23_near_fits_into_little_room) {
    char why[16];
    chi_session_rule rule;
    memset(&rule, 0, sizeof rule);
    memset(rule.function, 'x', sizeof rule.function - 1);
    chi_near_explain(why, sizeof why, &rule);
    CHECK_EQUAL(strlen(why), sizeof why - 1);
}
