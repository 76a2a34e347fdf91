/* hotfn_test.c: rules by name over this program and over the C++ library of the system. Compiled
 * programs with debug information and without are in test/guard/hot. */
#include "hotfn.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include "harness.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static char self[PATH_MAX];

static bool open_one(launch *out) {
    static char buffer[4096];
    static sink quiet;
    sink_into(&quiet, "messages", buffer, sizeof buffer, NULL, NULL);
    message_config.verbosity = 0;
    return CHECK_EQUAL(store_open(), 0) && CHECK_EQUAL(launch_open(out), EXIT_DONE) &&
           CHECK(realpath("/proc/self/exe", self) != NULL);
}

static void close_one(launch *in) {
    launch_close(in);
    store_close();
}

TEST(g23_hotfn_leaves_to_the_run_time_what_it_can_see) {
    launch in;
    if (open_one(&in)) {
        CHECK_EQUAL(launch_hot(&in, CHI_RULE_HOT, "hotfn_expand", 1), EXIT_DONE);
        CHECK_EQUAL(hotfn_expand(&in, self), EXIT_DONE);
        CHECK_EQUAL(in.rule_count, 1);
        CHECK_EQUAL(in.session->rules[0].matches, 0);
        CHECK(!hotfn_is_derived(&in.session->rules[0]));
    }
    close_one(&in);
}

TEST(g23_hotfn_without_rules_does_nothing) {
    launch in;
    if (open_one(&in)) {
        CHECK_EQUAL(launch_hot_address(&in, "app+0x1200:0x80", 1), EXIT_DONE);
        CHECK_EQUAL(hotfn_expand(&in, "/no/such/file"), EXIT_DONE);
        CHECK_EQUAL(in.rule_count, 1);
        CHECK(!hotfn_is_derived(&in.session->rules[0]));
    }
    close_one(&in);
}

static const char *cxx_library(void) {
    static const char *const paths[] = {"/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
                                        "/usr/lib64/libstdc++.so.6"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char real[PATH_MAX];
        if (realpath(paths[i], real) != NULL) {
            return paths[i];
        }
    }
    return NULL;
}

TEST(g23_hotfn_readable_names_become_addresses) {
    launch in;
    if (open_one(&in) && cxx_library() != NULL) {
        CHECK_EQUAL(launch_hot(&in, CHI_RULE_WATCH, "libstdc++.so.6!std::terminate", 1), EXIT_DONE);
        CHECK_EQUAL(hotfn_expand(&in, cxx_library()), EXIT_DONE);
        CHECK_EQUAL(in.rule_count, 2);
        CHECK_EQUAL(in.session->rules[0].matches, 1);
        const chi_session_rule *rule = &in.session->rules[1];
        CHECK(hotfn_is_derived(rule));
        CHECK_EQUAL(rule->kind, CHI_RULE_WATCH);
        CHECK_TEXT(rule->function, "std::terminate");
        CHECK(rule->offset != 0 && rule->bytes != 0);
        CHECK(strstr(rule->module, "libstdc++.so.6") != NULL);
    }
    close_one(&in);
}

TEST(g23_hotfn_of_another_module_is_not_looked_at) {
    launch in;
    if (open_one(&in) && cxx_library() != NULL) {
        CHECK_EQUAL(launch_hot(&in, CHI_RULE_HOT, "libm.so.6!std::terminate", 1), EXIT_DONE);
        CHECK_EQUAL(hotfn_expand(&in, cxx_library()), EXIT_DONE);
        CHECK_EQUAL(in.rule_count, 1);
        CHECK_EQUAL(in.session->rules[0].matches, 0);
    }
    close_one(&in);
}

TEST(g23_hotfn_too_many_functions_are_an_error) {
    launch in;
    if (open_one(&in) && cxx_library() != NULL) {
        CHECK_EQUAL(launch_hot(&in, CHI_RULE_HOT, "std::*", 1), EXIT_DONE);
        CHECK_EQUAL(hotfn_expand(&in, cxx_library()), EXIT_USAGE);
    }
    close_one(&in);
}

TEST(g23_hotfn_inlined_of_files_without_debug_information) {
    const char *first = NULL;
    if (CHECK_EQUAL(store_open(), 0)) {
        CHECK_EQUAL(hotfn_inlined("/no/such/file", "*", &first), 0);
        CHECK_TEXT(first, "");
        CHECK_EQUAL(hotfn_inlined("/etc/passwd", "*", &first), 0);
        CHECK_TEXT(first, "");
    }
    store_close();
}
