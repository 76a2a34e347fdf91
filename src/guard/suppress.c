/* suppress.c: see suppress.h. Conditions are looked at once per site; afterwards a hit is one
 * addition. */
#include "suppress.h"

#include "glob.h"
#include "session_shared.h"
#include "state.h"
#include "unseen.h"

static bool stack_fits(const char *glob, chi_places *places) {
    if (places == NULL) {
        return false;
    }
    chi_places_name(places);
    for (size_t i = 0; i < places->place_count; i++) {
        if (places->places[i].has_symbol && chi_glob_match_symbol(glob, places->places[i].symbol)) {
            return true;
        }
    }
    return false;
}

static bool rule_fits(const chi_session_rule *rule, const ch_violation *violation,
                      chi_places *places) {
    return rule->kind == CHI_RULE_ALLOW && (rule->ops == 0 || (rule->ops & violation->op) != 0) &&
           (rule->section[0] == 0 || chi_glob_match(rule->section, violation->section)) &&
           (rule->stack[0] == 0 || stack_fits(rule->stack, places));
}

uint32_t chi_suppress_find(const ch_violation *violation, chi_places *places) {
    CHI_UNSEEN;
    for (size_t i = 0; i < chi_guard_rule_count; i++) {
        if (rule_fits(&chi_guard_rules[i], violation, places)) {
            return (uint32_t)i + 1;
        }
    }
    return 0;
}

bool chi_suppress_use(uint32_t index_plus_1) {
    if (index_plus_1 == 0) {
        return false;
    }
    chi_session_rule *rule = &chi_guard_rules[index_plus_1 - 1];
    const uint64_t before = __atomic_fetch_add(&rule->hits, 1, __ATOMIC_RELAXED);
    if (rule->max != 0 && before >= rule->max) {
        __atomic_fetch_sub(&rule->hits, 1, __ATOMIC_RELAXED);
        return false;
    }
    chi_session_image *image = chi_session_image_mine();
    if (image != NULL) {
        __atomic_fetch_add(&image->suppressed, 1, __ATOMIC_RELAXED);
    }
    return true;
}
