/* Rules against the functions of this program. Rules are set once per process, so each test that
 * sets them runs in a child. */
#define _GNU_SOURCE
#include "ranges.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coldheap/hot.h>

#include "code.h"
#include "state.h"

#include "harness.h"

int ranges_test_one(int number);
int ranges_test_two(int number);
int ranges_test_marked(int number);

CH_NOINLINE int ranges_test_one(int number) {
    __asm__ volatile("");
    return number + 1;
}

CH_NOINLINE int ranges_test_two(int number) {
    __asm__ volatile("");
    return number + 2;
}

CH_HOT_FN int ranges_test_marked(int number) {
    __asm__ volatile("");
    return number + 3;
}

static bool child_agrees(bool (*body)(void)) {
    const pid_t child = fork();
    if (child == 0) {
        _exit(body() ? 0 : 1);
    }
    int status = -1;
    return waitpid(child, &status, 0) == child && status == 0;
}

static const chi_range *range_of(int (*function)(int)) {
    return chi_ranges_get(chi_ranges_find((uintptr_t)function));
}

static bool begin(const char *words) {
    return chi_guard_settings_words(words) == NULL && (chi_ranges_begin(), true);
}

static bool by_glob(void) {
    const chi_range *one;
    const chi_range *two;
    return begin("hot=guard_ranges_test!ranges_test_[ot]*") &&
           (one = range_of(ranges_test_one)) != NULL && (two = range_of(ranges_test_two)) != NULL &&
           one != two && strcmp(one->name, "ranges_test_one") == 0 &&
           range_of(ranges_test_marked) == NULL && chi_ranges_rule(one) == &chi_guard_rules[0] &&
           chi_guard_rules[0].matches == 2 &&
           chi_ranges_find((uintptr_t)ranges_test_one - 1) == CHI_RANGES_MAX &&
           chi_ranges_find(one->end) != (size_t)(one - chi_ranges_get(0)) &&
           (chi_guard_flags & CHI_FLAG_RANGES) != 0;
}

static bool by_section(void) {
    const chi_range *marked;
    return begin("hot-marked") && (marked = range_of(ranges_test_marked)) != NULL &&
           strcmp(marked->name, "ranges_test_marked") == 0 && chi_ranges_rule(marked) == NULL &&
           range_of(ranges_test_one) == NULL;
}

static bool by_address(void) {
    chi_code code;
    const uintptr_t start = (uintptr_t)ranges_test_one;
    if (!chi_code_find(&code, start) || !begin("hot=ranges_test_two")) {
        return false;
    }
    chi_session_rule *rule = &chi_guard_rules[chi_guard_rule_count++];
    rule->kind = CHI_RULE_WATCH;
    rule->by_address = 1;
    rule->offset = start - code.bias;
    rule->bytes = 2;
    memcpy(rule->module, "guard_ranges_test", sizeof "guard_ranges_test");
    chi_ranges_begin();
    const chi_range *one = range_of(ranges_test_one);
    return one != NULL && strcmp(one->name, "ranges_test_one") == 0 && one->end == start + 2 &&
           chi_ranges_rule(one) == rule;
}

static bool other_module(void) {
    char why[CHI_SESSION_NAME_BYTES];
    return begin("hot=libc.so.6!ranges_test_one") && range_of(ranges_test_one) == NULL &&
           chi_ranges_missing(why, sizeof why) &&
           strstr(why, "no such function: ranges_test_one") != NULL;
}

static bool forgotten(void) {
    char why[CHI_SESSION_NAME_BYTES];
    if (!begin("hot=ranges_test_one") || chi_ranges_missing(why, sizeof why) ||
        range_of(ranges_test_one) == NULL) {
        return false;
    }
    chi_code code;
    if (!chi_code_find(&code, (uintptr_t)ranges_test_one)) {
        return false;
    }
    chi_ranges_forget(code.start, code.end);
    const bool gone = range_of(ranges_test_one) == NULL;
    chi_code_forget(); /* as if it had been closed and opened again */
    chi_code_refresh();
    return gone && range_of(ranges_test_one) != NULL;
}

static bool nothing_asked(void) {
    chi_ranges_begin();
    return (chi_guard_flags & CHI_FLAG_RANGES) == 0 && range_of(ranges_test_one) == NULL;
}

TEST(g23_ranges_by_glob) {
    CHECK(child_agrees(by_glob));
    volatile int number = 1; /* no copies for a constant */
    CHECK_EQUAL(ranges_test_one(number) + ranges_test_two(number) + ranges_test_marked(number), 9);
}

TEST(g7_ranges_by_section) {
    CHECK(child_agrees(by_section));
}

TEST(g23_ranges_by_address) {
    CHECK(child_agrees(by_address));
}

TEST(g23_ranges_of_another_module) {
    CHECK(child_agrees(other_module));
}

TEST(g23_ranges_go_with_their_file) {
    CHECK(child_agrees(forgotten));
}

TEST(g23_ranges_cost_nothing_without_rules) {
    CHECK(child_agrees(nothing_asked));
}
