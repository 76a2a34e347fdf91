/* ranges.c: rules against the functions of the files that are mapped. */
#define _GNU_SOURCE
#include "ranges.h"

#include <string.h>

#include "code.h"
#include "functions.h"
#include "glob.h"
#include "near.h"
#include "shortcut.h"
#include "state.h"

static chi_range ranges[CHI_RANGES_MAX];
static uint32_t range_count; /* ranges in use lie below */
static uint64_t ranges_dropped;

static chi_session_rule *rules;
static size_t rule_count;
static bool wants_marked;

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

bool chi_ranges_module_fits(const chi_session_rule *rule, const char *path, const char *soname) {
    const char *glob = rule->module;
    return glob[0] == 0 || chi_glob_match(glob, path) || chi_glob_match(glob, base_name(path)) ||
           (soname[0] != 0 && chi_glob_match(glob, soname));
}

static bool is_search(const chi_session_rule *rule) {
    return rule->kind == CHI_RULE_HOT || rule->kind == CHI_RULE_WATCH;
}

static bool is_known(uint32_t rule, uintptr_t start, uintptr_t end) {
    const uint32_t count = __atomic_load_n(&range_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        if (__atomic_load_n(&ranges[i].state, __ATOMIC_ACQUIRE) == CHI_ROW_READY &&
            ranges[i].rule == rule && ranges[i].start == start && ranges[i].end == end) {
            return true;
        }
    }
    return false;
}

static void raise_count(uint32_t count) {
    uint32_t before = __atomic_load_n(&range_count, __ATOMIC_RELAXED);
    while (before < count && !__atomic_compare_exchange_n(&range_count, &before, count, false,
                                                          __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {}
}

static void fill(chi_range *range, uint32_t rule, const chi_function *function, uintptr_t bias) {
    const size_t length = strnlen(function->name, CHI_RANGE_NAME_SIZE - 1);
    memcpy(range->name, function->name, length);
    range->name[length] = 0;
    range->rule = rule;
    range->start = bias + (uintptr_t)function->address;
    range->end = range->start + (uintptr_t)function->size_bytes;
    __atomic_store_n(&range->state, CHI_ROW_READY, __ATOMIC_RELEASE);
}

static void add(uint32_t rule, const chi_function *function, uintptr_t bias) {
    const uintptr_t start = bias + (uintptr_t)function->address;
    if (is_known(rule, start, start + (uintptr_t)function->size_bytes)) {
        return;
    }
    if (rule != CHI_RANGE_MARKED) {
        __atomic_fetch_add(&rules[rule].matches, 1, __ATOMIC_RELAXED);
    }
    for (uint32_t i = 0; i < CHI_RANGES_MAX; i++) {
        uint32_t free_row = CHI_ROW_FREE;
        if (__atomic_compare_exchange_n(&ranges[i].state, &free_row, CHI_ROW_WRITING, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            fill(&ranges[i], rule, function, bias);
            raise_count(i + 1);
            return;
        }
    }
    __atomic_fetch_add(&ranges_dropped, 1, __ATOMIC_RELAXED);
}

/* A function whose start a rule by address gives: named, if there is a symbol at its start. */
static void add_address(uint32_t index, const chi_functions *functions, uintptr_t bias) {
    const chi_session_rule *rule = &rules[index];
    chi_function found = {rule->function, rule->offset, rule->bytes};
    chi_function function;
    uint64_t at = 0;
    while (found.name[0] == 0 && chi_functions_next(functions, &function, &at)) {
        if (function.address == rule->offset) {
            found.name = function.name;
        }
    }
    if (found.name[0] == 0) {
        found.name = "?";
    }
    add(index, &found, bias);
}

static bool in_section(const chi_functions *functions, const chi_function *function) {
    return function->address - functions->marked < functions->marked_size;
}

/* Rules that are about one file, a bit each: this may run on a small stack. */
typedef struct choice {
    size_t count;
    uint8_t bits[CHI_SESSION_RULES / 8];
} choice;

static void scan_names(const chi_functions *functions, const choice *chosen, uintptr_t bias) {
    chi_function function;
    uint64_t at = 0;
    while (chi_functions_next(functions, &function, &at)) {
        for (uint32_t i = 0; chosen->count > 0 && i < rule_count; i++) {
            if ((chosen->bits[i / 8] >> (i % 8) & 1) != 0 &&
                chi_glob_match_symbol(rules[i].function, function.name)) {
                add(i, &function, bias);
            }
        }
        if (wants_marked && in_section(functions, &function)) {
            add(CHI_RANGE_MARKED, &function, bias);
        }
    }
}

void chi_ranges_scan(const char *path, uintptr_t bias, uintptr_t low, uintptr_t high) {
    choice chosen = {.count = 0};
    chi_functions functions;
    if ((rule_count == 0 && !wants_marked) || !chi_functions_open(&functions, path)) {
        return;
    }
    for (uint32_t i = 0; i < rule_count; i++) {
        if (!is_search(&rules[i]) || !chi_ranges_module_fits(&rules[i], path, functions.soname)) {
            continue;
        }
        if (rules[i].by_address == 0) {
            chosen.bits[i / 8] = (uint8_t)(chosen.bits[i / 8] | 1u << (i % 8));
            chosen.count++;
        } else if (rules[i].offset + bias - low < high - low) {
            add_address(i, &functions, bias);
        }
    }
    if (chosen.count > 0 || (wants_marked && functions.marked_size > 0)) {
        scan_names(&functions, &chosen, bias);
    }
    chi_functions_close(&functions);
}

void chi_ranges_forget(uintptr_t start, uintptr_t end) {
    const uint32_t count = __atomic_load_n(&range_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        if (__atomic_load_n(&ranges[i].state, __ATOMIC_ACQUIRE) == CHI_ROW_READY &&
            ranges[i].start >= start && ranges[i].start < end) {
            __atomic_store_n(&ranges[i].state, CHI_ROW_FREE, __ATOMIC_RELEASE);
        }
    }
}

size_t chi_ranges_find(uintptr_t address) {
    const uint32_t count = __atomic_load_n(&range_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        if (__atomic_load_n(&ranges[i].state, __ATOMIC_ACQUIRE) == CHI_ROW_READY &&
            address >= ranges[i].start && address < ranges[i].end) {
            return i;
        }
    }
    return CHI_RANGES_MAX;
}

const chi_range *chi_ranges_get(size_t number) {
    return number < CHI_RANGES_MAX &&
                   __atomic_load_n(&ranges[number].state, __ATOMIC_ACQUIRE) == CHI_ROW_READY
               ? &ranges[number]
               : NULL;
}

chi_session_rule *chi_ranges_rule(const chi_range *range) {
    return range->rule != CHI_RANGE_MARKED && range->rule < rule_count ? &rules[range->rule] : NULL;
}

void chi_ranges_begin(void) {
    const bool marked = chi_guard_settings.config.hot_marked != 0;
    bool searched = marked;
    for (size_t i = 0; i < chi_guard_rule_count; i++) {
        searched = searched || is_search(&chi_guard_rules[i]);
    }
    if (searched) {
        rules = chi_guard_rules;
        rule_count =
            chi_guard_rule_count < CHI_SESSION_RULES ? chi_guard_rule_count : CHI_SESSION_RULES;
        wants_marked = marked;
        chi_code_forget();
        chi_code_refresh();
        __atomic_fetch_or(&chi_guard_flags, CHI_FLAG_RANGES, __ATOMIC_RELEASE);
    }
}

bool chi_ranges_blind(void) {
#ifdef __x86_64__
    const uint64_t word = chi_shortcut((uintptr_t)&chi_ranges_blind, chi_shortcut_salt());
    return (chi_guard_flags & CHI_FLAG_RANGES) != 0 && (word & CHI_SHORTCUT_WAY) == CHI_WAY_NONE;
#else
    return false; /* frame pointers are the rule there */
#endif
}

bool chi_ranges_missing(char *why, size_t why_size) {
    for (size_t i = 0; i < rule_count; i++) {
        if (rules[i].kind == CHI_RULE_HOT &&
            __atomic_load_n(&rules[i].matches, __ATOMIC_RELAXED) == 0) {
            chi_near_explain(why, why_size, &rules[i]);
            return true;
        }
    }
    return false;
}
