/* Patterns against texts, and against fnmatch(3) on every short pattern over a small alphabet. */
#include "glob.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"

TEST(g17_globs_match_whole_names) {
    static const struct {
        const char *pattern, *text;
        bool fits;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "anything", true},
        {"tick", "tick", true},
        {"tick", "ticks", false},
        {"tick", "tic", false},
        {"t*k", "tick", true},
        {"t*k", "tk", true},
        {"*flush*", "log_flush_all", true},
        {"*a*b*c", "xxaxxbxxbc", true},
        {"*a*b*c", "xxaxxcxxcb", false},
        {"?", "", false},
        {"?ick", "tick", true},
        {"[a-cx]", "x", true},
        {"[a-cx]", "b", true},
        {"[a-cx]", "d", false},
        {"[!a-c]", "d", true},
        {"[!a-c]", "a", false},
        {"[]a]", "]", true},
        {"[a-]", "-", true},
        {"a[b", "a[b", true},
        {"a[b", "ab", false},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"a\\", "a\\", true},
        {"seal:*", "seal:ready", true},
        {"std::vector<*>::push_back", "std::vector<int>::push_back", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (!CHECK_EQUAL(chi_glob_match(cases[i].pattern, cases[i].text), cases[i].fits)) {
            printf("# \"%s\" against \"%s\"\n", cases[i].pattern, cases[i].text);
        }
    }
}

/* Word number `index` over the alphabet, its length in the index's size. */
static void spell(char *word, unsigned index, const char *alphabet) {
    const unsigned base = (unsigned)strlen(alphabet);
    size_t used = 0;
    for (; index > 0; index = (index - 1) / base) {
        word[used++] = alphabet[(index - 1) % base];
    }
    word[used] = 0;
}

TEST(g17_globs_as_fnmatch) {
    for (unsigned p = 0; p < 2000; p++) {
        char pattern[16];
        spell(pattern, p, "ab*?");
        for (unsigned t = 0; t < 130; t++) {
            char text[16];
            spell(text, t, "ab");
            if (!CHECK_EQUAL(chi_glob_match(pattern, text), fnmatch(pattern, text, 0) == 0)) {
                printf("# \"%s\" against \"%s\"\n", pattern, text);
            }
        }
    }
}

/* Exponential matchers do not come back from this. */
TEST(g17_globs_take_bounded_time) {
    char text[4001];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    CHECK(!chi_glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

TEST(g17_globs_leave_out_what_compilers_append) {
    CHECK(chi_glob_match_symbol("work", "work"));
    CHECK(chi_glob_match_symbol("work", "work.constprop.0"));
    CHECK(chi_glob_match_symbol("w?r[k]", "work.isra.0.cold"));
    CHECK(chi_glob_match_symbol("work.cold", "work.cold"));
    CHECK(!chi_glob_match_symbol("work", "worker.cold"));
    CHECK(!chi_glob_match_symbol("wor", "work.cold"));
    CHECK(!chi_glob_match_symbol("", ".text"));
    CHECK(chi_glob_match_symbol(".text", ".text"));
    CHECK(chi_glob_match_symbol("", ""));
}
