/* Names of C++ and Rust as people write them, and names that are made to hurt. */
#include "demangle.h"

#include "harness.h"

#include <stdio.h>
#include <string.h>

static const char *readable(const char *name) {
    static char text[DEMANGLE_BYTES];
    return demangle(text, name) ? text : "-";
}

static const char *bare(const char *text) {
    static char copy[DEMANGLE_BYTES];
    (void)snprintf(copy, sizeof copy, "%s", text);
    demangle_bare(copy);
    return copy;
}

TEST(demangle_reads_names_of_cxx) { /* G13 */
    CHECK_TEXT(readable("_Znwm"), "operator new(unsigned long)");
    CHECK_TEXT(readable("_ZN6engine4tickEi"), "engine::tick(int)");
    CHECK_TEXT(readable("_Z3foov.cold"), "foo() [clone .cold]");
}

TEST(demangle_leaves_other_names_alone) {
    CHECK_TEXT(readable("main"), "-");
    CHECK_TEXT(readable("i"), "-"); /* the type int */
    CHECK_TEXT(readable("_Zzzz"), "-");
    CHECK_TEXT(readable(""), "-");
}

TEST(demangle_cuts_the_hash_of_rust) { /* G23 */
    CHECK_TEXT(readable("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
    CHECK_TEXT(readable("_ZN3foo17_$LT$T$C$U$GT$..p17h0123456789abcdefE"), "foo::<T,U>::p");
    CHECK_TEXT(readable("_ZN4core3fmt5write17h0123456789abcdegE"),
               "core::fmt::write::h0123456789abcdeg");
    CHECK(demangle_is_rust("_ZN4core3fmt5write17h0123456789abcdefE"));
    CHECK(!demangle_is_rust("_ZN6engine4tickEi"));
}

TEST(demangle_cuts_what_a_short_name_blows_up) { /* G16 */
    /* Each substitution doubles the text: f<A, A>, pair of pairs, 60 levels. */
    char name[2048] = "_Z1fI1AS_";
    size_t used = strlen(name);
    for (int i = 0; i < 60; i++) {
        used +=
            (size_t)snprintf(name + used, sizeof name - used, "4pairIS%d_S%d_E", i % 10, i % 10);
    }
    (void)snprintf(name + used, sizeof name - used, "Evv");
    char text[DEMANGLE_BYTES];
    (void)demangle(text, name);
    CHECK(strnlen(text, sizeof text) < sizeof text);
    char longest[8192];
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "_Z5000", 6);
    longest[sizeof longest - 1] = 0;
    CHECK(!demangle(text, longest));
    CHECK(demangle(text, "_ZN1aIXtlA1000000_cLc97EEEE1bEv") || text[0] == 0);
}

TEST(demangle_marks_text_that_does_not_fit) {
    /* f(aaa..., aaa..., aaa...) */
    char name[1024] = "_Z1f800";
    memset(name + 7, 'a', 800);
    memcpy(name + 807, "S_S_", 5);
    char text[DEMANGLE_BYTES];
    CHECK(demangle(text, name));
    CHECK_EQUAL(strlen(text), DEMANGLE_BYTES - 1);
    CHECK_TEXT(text + DEMANGLE_BYTES - 4, "...");
}

TEST(demangle_survives_random_names) { /* G16 */
    static const char LETTERS[] = "0123456789_EIKNPRSTXYZCDLafilmnsvtcwp$.";
    for (int i = 0; i < 20000; i++) {
        char name[64] = "_Z";
        const size_t size = 2 + ch_test_random_below(sizeof name - 3);
        for (size_t at = 2; at < size; at++) {
            name[at] = LETTERS[ch_test_random_below(sizeof LETTERS - 1)];
        }
        char text[DEMANGLE_BYTES];
        (void)demangle(text, name);
        demangle_bare(text);
        CHECK(strnlen(text, sizeof text) < sizeof text);
    }
}

TEST(demangle_bare_is_the_qualified_name) {
    CHECK_TEXT(bare("void std::vector<int>::resize(unsigned long)"), "std::vector<int>::resize");
    CHECK_TEXT(bare("operator new(unsigned long)"), "operator new");
    CHECK_TEXT(bare("operator new[](unsigned long)"), "operator new[]");
    CHECK_TEXT(bare("a::b::operator()(int) const"), "a::b::operator()");
    CHECK_TEXT(bare("bool a::operator< <int>(a const&)"), "a::operator< <int>");
    CHECK_TEXT(bare("a::(anonymous namespace)::f(int)"), "a::(anonymous namespace)::f");
    CHECK_TEXT(bare("(anonymous namespace)::f()"), "(anonymous namespace)::f");
    CHECK_TEXT(bare("main"), "main");
    CHECK_TEXT(bare(""), "");
}

TEST(demangle_matches_all_forms_of_a_name) { /* G23 */
    CHECK(demangle_matches("tick", "tick"));
    CHECK(demangle_matches("_ZN6engine4tickEi", "_ZN6engine4tickEi"));
    CHECK(demangle_matches("engine::tick(int)", "_ZN6engine4tickEi"));
    CHECK(demangle_matches("engine::tick", "_ZN6engine4tickEi"));
    CHECK(demangle_matches("*tick*", "_ZN6engine4tickEi"));
    CHECK(demangle_matches("core::fmt::*", "_ZN4core3fmt5write17h0123456789abcdefE"));
    CHECK(!demangle_matches("tick", "_ZN6engine4tickEi"));
    CHECK(!demangle_matches("engine", "_ZN6engine4tickEi"));
}
