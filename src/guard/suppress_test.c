/* Rules that allow: which violations they fit, how often, and that they leave no other trace. */
#define _GNU_SOURCE
#include "suppress.h"

#include "harness.h"
#include "session_rig.h"
#include "session_shared.h"
#include "state.h"

static session_rig rig;

static void begin(void) {
    CHECK(session_rig_init(&rig));
    CHECK(chi_session_attach(rig.path) == NULL);
    chi_guard_rules = rig.session->rules;
    ch_guard_set_mode(CH_GUARD_COUNT);
}

static void end(void) {
    chi_guard_rule_count = 0;
    chi_session_detach();
    session_rig_fini(&rig);
    ch_guard_set_mode(CH_GUARD_ABORT);
    ch_guard_reset();
}

static chi_session_rule *allow(const char *section, uint32_t ops, const char *stack, uint64_t max) {
    chi_session_rule *rule = session_rig_rule(&rig, CHI_RULE_ALLOW);
    session_rig_text(rule->section, sizeof rule->section, section);
    session_rig_text(rule->stack, sizeof rule->stack, stack);
    rule->ops = ops;
    rule->max = max;
    chi_guard_rule_count++;
    return rule;
}

__attribute__((noinline)) static void flush_the_log(void) {
    void *volatile block = malloc(10);
    free(block);
    __asm__ volatile("" : : : "memory"); /* no tail call: the function shall be on the stack */
}

__attribute__((noinline)) static void work(int rounds) {
    for (int i = 0; i < rounds; i++) {
        CH_HOT_SCOPE("tick");
        flush_the_log();
        __asm__ volatile("" : : : "memory");
    }
}

TEST(g17_rule_without_conditions_allows_everything) {
    begin();
    const chi_session_rule *rule = allow("", 0, "", 0);
    work(3);
    CHECK_EQUAL(ch_guard_violations(), 0);
    CHECK_EQUAL(rule->hits, 6);
    CHECK_EQUAL(rig.session->violations, 0);
    end();
}

TEST(g17_all_conditions_must_hold) {
    begin();
    const chi_session_rule *other_section = allow("tock", 0, "", 0);
    const chi_session_rule *other_stack = allow("tick", 0, "no_such_function", 0);
    const chi_session_rule *frees = allow("t*k", CH_OP_FREE, "flush_*", 0);
    work(5);
    CHECK_EQUAL(other_section->hits, 0);
    CHECK_EQUAL(other_stack->hits, 0);
#ifndef CHI_GUARD_HOOKS
    CHECK_EQUAL(frees->hits, 5);
#endif
    CHECK_EQUAL(ch_guard_violations() + frees->hits, 10);
    end();
}

TEST(g17_any_frame_may_hold_the_name) {
    begin();
    const chi_session_rule *rule = allow("", CH_OP_HEAP, "work", 0);
    work(1);
    CHECK_EQUAL(rule->hits, 2);
    CHECK_EQUAL(ch_guard_violations(), 0);
    end();
}

/* Above the maximum they are violations again, counted from there. */
TEST(g17_more_than_max_is_a_violation) {
    begin();
    const chi_session_rule *rule = allow("tick", CH_OP_ALLOC, "", 3);
    allow("tick", CH_OP_FREE, "", 0);
    work(10);
    CHECK_EQUAL(rule->hits, 3);
    CHECK_EQUAL(ch_guard_violations(), 7);
    CHECK_EQUAL(rig.session->violations, 7);
    chi_session_violation *row;
    CHECK_EQUAL(session_rig_violations(&rig, &row),
                2); /* those of rules have a row, with count 0 */
    end();
}

static ch_guard_mode count_calls(const ch_violation *violation, void *context) {
    (void)violation;
    *(int *)context += 1;
    return CH_GUARD_COUNT;
}

TEST(g17_callback_is_not_asked_about_what_is_allowed) {
    begin();
    int calls = 0;
    allow("tick", CH_OP_FREE, "", 0);
    ch_guard_on_violation(count_calls, &calls);
    work(4);
    CHECK_EQUAL(calls, 4);
    end();
}

#ifndef CHI_GUARD_HOOKS
TEST(g17_deny_does_not_refuse_what_is_allowed) {
    begin();
    allow("tick", CH_OP_ALLOC, "", 1);
    ch_guard_set_mode(CH_GUARD_DENY);
    void *volatile first;
    void *volatile second;
    for (int i = 0; i < 2; i++) {
        CH_HOT_SCOPE("tick");
        *(i == 0 ? &first : &second) = malloc(8);
    }
    CHECK(first != NULL && second == NULL);
    free(first);
    end();
}
#endif
