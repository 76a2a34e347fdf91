/* A heap call below a function that is hot by name is a violation; a permit scope permits it; a
 * function that a policy watches refutes the policy. */
#define _GNU_SOURCE
#include "hot.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coldheap/guard.h>
#include <coldheap/hot.h>

#include "ranges.h"

#include "harness.h"

static void *volatile kept;

CH_NOINLINE static void take(void) {
    kept = malloc(24);
    free(kept);
}

void hot_test_function(void (*body)(void));

CH_NOINLINE void hot_test_function(void (*body)(void)) {
    void (*volatile called)(void) = body;
    called();
    __asm__ volatile("");
}

static void take_permitted(void) {
    CH_PERMIT_SCOPE("tested");
    take();
}

static size_t found;
static char section[CHI_RANGE_NAME_SIZE];
static uint32_t frame_is_inside;

static ch_guard_mode note(const ch_violation *violation, void *context) {
    (void)context;
    found++;
    strncpy(section, violation->section, sizeof section - 1);
    for (size_t i = 0; i < violation->frame_count; i++) {
        frame_is_inside += chi_ranges_find((uintptr_t)violation->frames[i] - 1) != CHI_RANGES_MAX;
    }
    return CH_GUARD_COUNT;
}

static bool child_agrees(bool (*body)(void)) {
    const pid_t child = fork();
    if (child == 0) {
        const bool agrees = body();
        ch_guard_reset(); /* or its violations would decide the status */
        _exit(agrees ? 0 : 1);
    }
    int status = -1;
    return waitpid(child, &status, 0) == child && status == 0;
}

static bool begin(void) {
    ch_guard_on_violation(note, NULL);
    if (chi_guard_settings_words("hot=hot_test_function") != NULL) {
        return false;
    }
    chi_ranges_begin();
    return true;
}

static bool below(void) {
    if (!begin()) {
        return false;
    }
    take();
    const bool clean = found == 0;
    hot_test_function(take);
    return clean && found == 2 && strncmp(section, "fn:hot_test_function", 20) == 0 &&
           frame_is_inside == 2 && chi_guard_rules[0].hits == 2;
}

static bool permitted(void) {
    if (!begin()) {
        return false;
    }
    hot_test_function(take_permitted);
    return found == 0;
}

static ch_guard_mode deny(const ch_violation *violation, void *context) {
    (void)violation;
    (void)context;
    return CH_GUARD_DENY;
}

static bool denied(void) {
    if (!begin()) {
        return false;
    }
    ch_guard_on_violation(deny, NULL);
    kept = section;
    hot_test_function(take);
    return kept == NULL;
}

TEST(g23_hot_call_below_is_a_violation) {
    CHECK(child_agrees(below));
}

TEST(g23_hot_call_is_permitted_by_a_scope) {
    CHECK(child_agrees(permitted));
}

TEST(g23_hot_call_is_denied) {
#ifdef CHI_GUARD_HOOKS
    (void)denied;
    ch_test_skip("beside a sanitizer nothing can be refused");
#else
    CHECK(child_agrees(denied));
#endif
}
