/* flow.c: scopes and what is denied in them, within one thread and without jumps. G2, G3, G4. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

void *memalign(size_t align, size_t size);
void *pvalloc(size_t size);

SCENARIO(plain_calls, SCENARIO_CLEAN, "") {
    char *text = scenario_keep(malloc(3));
    text = scenario_keep(realloc(text, 300));
    free(text);
}

SCENARIO(malloc_in_scope, SCENARIO_ABORT, "3 B in hot section \"tick\"") {
    CH_HOT_SCOPE("tick");
    scenario_keep(malloc(3));
}

SCENARIO_LIMITED(calloc_in_scope, SCENARIO_ABORT, "VIOLATION calloc 35 B", SCENARIO_NOT_HOOKED) {
    CH_HOT_SCOPE("tick");
    scenario_keep(calloc(5, 7));
}

SCENARIO_LIMITED(calloc_overflow, SCENARIO_ABORT, "calloc (more than there are addresses)",
                 SCENARIO_NOT_HOOKED) {
    volatile size_t many = SIZE_MAX / 2;
    CH_HOT_SCOPE("tick");
    scenario_keep(calloc(many, 7));
}

SCENARIO_LIMITED(realloc_in_scope, SCENARIO_ABORT, "VIOLATION realloc 9 B", SCENARIO_NOT_HOOKED) {
    void *block = scenario_keep(malloc(3));
    CH_HOT_SCOPE("tick");
    scenario_keep(realloc(block, 9));
}

SCENARIO_LIMITED(reallocarray_in_scope, SCENARIO_ABORT, "VIOLATION reallocarray 27 B",
                 SCENARIO_NOT_HOOKED) {
    void *block = scenario_keep(malloc(3));
    CH_HOT_SCOPE("tick");
    scenario_keep(reallocarray(block, 9, 3));
}

SCENARIO(free_in_scope, SCENARIO_ABORT, "VIOLATION free of 0x") {
    void *block = scenario_keep(malloc(3));
    CH_HOT_SCOPE("tick");
    free(block);
}

SCENARIO_LIMITED(aligned_alloc_in_scope, SCENARIO_ABORT, "aligned_alloc 128 B aligned 64",
                 SCENARIO_NOT_HOOKED) {
    CH_HOT_SCOPE("tick");
    scenario_keep(aligned_alloc(64, 128));
}

SCENARIO_LIMITED(posix_memalign_in_scope, SCENARIO_ABORT, "posix_memalign 9 B aligned 64",
                 SCENARIO_NOT_HOOKED) {
    void *block = NULL;
    CH_HOT_SCOPE("tick");
    if (posix_memalign(&block, 64, 9) == 0) {
        scenario_keep(block);
    }
}

SCENARIO_LIMITED(memalign_in_scope, SCENARIO_ABORT, "memalign 9 B aligned 64",
                 SCENARIO_NOT_HOOKED) {
    CH_HOT_SCOPE("tick");
    scenario_keep(memalign(64, 9));
}

SCENARIO_LIMITED(valloc_in_scope, SCENARIO_ABORT, "VIOLATION valloc 9 B", SCENARIO_NOT_HOOKED) {
    CH_HOT_SCOPE("tick");
    scenario_keep(valloc(9));
}

SCENARIO_LIMITED(pvalloc_in_scope, SCENARIO_ABORT, "VIOLATION pvalloc 9 B", SCENARIO_NOT_HOOKED) {
    CH_HOT_SCOPE("tick");
    scenario_keep(pvalloc(9));
}

SCENARIO(strdup_in_scope, SCENARIO_ABORT, "6 B in hot section \"tick\"") {
    CH_HOT_SCOPE("tick");
    scenario_keep(strdup("hello"));
}

SCENARIO(printf_first_use, SCENARIO_ABORT, "in hot section \"tick\"") {
    CH_HOT_SCOPE("tick");
    printf("%d %s\n", 1, "x");
}

SCENARIO(free_of_null, SCENARIO_CLEAN, "") {
    void *nothing = scenario_keep(NULL);
    CH_HOT_SCOPE("tick");
    free(nothing);
}

SCENARIO(realloc_of_null_is_alloc, SCENARIO_ABORT, "5 B in hot section \"allocs only\"") {
    void *nothing = scenario_keep(NULL);
    CH_HOT_SCOPE_OPS("allocs only", CH_OP_ALLOC);
    scenario_keep(realloc(nothing, 5));
}

SCENARIO(realloc_of_null_is_no_realloc, SCENARIO_CLEAN, "") {
    void *nothing = scenario_keep(NULL);
    CH_HOT_SCOPE_OPS("reallocs only", CH_OP_REALLOC);
    scenario_keep(realloc(nothing, 5));
}

SCENARIO(realloc_to_zero_is_free, SCENARIO_ABORT, "in hot section \"frees only\"") {
    void *block = scenario_keep(malloc(3));
    volatile size_t zero = 0;
    CH_HOT_SCOPE_OPS("frees only", CH_OP_FREE);
    scenario_keep(realloc(block, zero));
}

SCENARIO_LIMITED(realloc_to_zero_is_no_realloc, SCENARIO_CLEAN, "", SCENARIO_NOT_HOOKED) {
    void *block = scenario_keep(malloc(3));
    volatile size_t zero = 0;
    CH_HOT_SCOPE_OPS("no free", CH_OP_REALLOC | CH_OP_ALLOC);
    scenario_keep(realloc(block, zero));
}

SCENARIO(free_allowed_alloc_not, SCENARIO_ABORT, "4 B in hot section \"no growth\"") {
    void *block = scenario_keep(malloc(3));
    CH_HOT_SCOPE_OPS("no growth", CH_OP_ALLOC | CH_OP_REALLOC);
    free(block);
    scenario_keep(malloc(4));
}

static void empty_inner_scope(void) {
    CH_HOT_SCOPE("inner");
}

SCENARIO(inner_end_keeps_outer, SCENARIO_ABORT, "in hot section \"outer\"") {
    CH_HOT_SCOPE("outer");
    empty_inner_scope();
    scenario_keep(malloc(3));
}

SCENARIO(innermost_is_named, SCENARIO_ABORT, "in hot section \"inner\"") {
    CH_HOT_SCOPE("outer");
    CH_HOT_SCOPE("inner");
    scenario_keep(malloc(3));
}

SCENARIO(inner_cannot_weaken, SCENARIO_ABORT, "in hot section \"outer\"") {
    CH_HOT_SCOPE("outer");
    CH_HOT_SCOPE_OPS("inner", CH_OP_FREE);
    scenario_keep(malloc(3));
}

static int leaves_early(int way) {
    CH_HOT_SCOPE("early");
    if (way == 0) {
        return 1;
    }
    for (int i = 0; i < 3; i++) {
        CH_HOT_SCOPE("turn");
        if (i == way) {
            break;
        }
        if (way == 2) {
            goto out;
        }
    }
    return 2;
out:
    return 3;
}

SCENARIO(every_way_out_ends_scope, SCENARIO_CLEAN, "") {
    for (int way = 0; way < 4; way++) {
        leaves_early(way);
        free(scenario_keep(malloc(3)));
    }
}

SCENARIO(permit, SCENARIO_CLEAN, "") {
    CH_HOT_SCOPE("tick");
    {
        CH_PERMIT_SCOPE("log line");
        free(scenario_keep(malloc(3)));
    }
}

SCENARIO(permit_ends, SCENARIO_ABORT, "4 B in hot section \"tick\"") {
    CH_HOT_SCOPE("tick");
    {
        CH_PERMIT_SCOPE("log line");
        free(scenario_keep(malloc(3)));
    }
    scenario_keep(malloc(4));
}

SCENARIO(permit_of_one_operation, SCENARIO_ABORT, "VIOLATION free") {
    CH_HOT_SCOPE("tick");
    CH_PERMIT_SCOPE_OPS("may grow", CH_OP_ALLOC);
    free(scenario_keep(malloc(3)));
}

SCENARIO(hot_inside_permit, SCENARIO_ABORT, "in hot section \"inner\"") {
    CH_HOT_SCOPE("tick");
    CH_PERMIT_SCOPE("log line");
    free(scenario_keep(malloc(3)));
    CH_HOT_SCOPE("inner");
    scenario_keep(malloc(3));
}

static void nest(unsigned levels, size_t size) {
    CH_HOT_SCOPE("deep");
    if (levels > 1) {
        nest(levels - 1, size);
    } else if (size != 0) {
        scenario_keep(malloc(size));
    }
    __asm__ volatile("" : : : "memory"); /* no tail call */
}

SCENARIO(nesting_of_70, SCENARIO_ABORT, "depth 70 (names are kept for 64)") {
    nest(70, 3);
}

SCENARIO(nesting_of_70_unwinds, SCENARIO_CLEAN, "") {
    nest(70, 0);
    free(scenario_keep(malloc(3)));
}

SCENARIO(call_site_is_shown, SCENARIO_ABORT, "#0 0x") {
    CH_HOT_SCOPE("tick");
    scenario_keep(malloc(3));
}

SCENARIO_LIMITED(denied_is_refused, SCENARIO_VIOLATION, "violations=4", SCENARIO_NOT_HOOKED) {
    ch_guard_set_mode(CH_GUARD_DENY);
    void *block = scenario_keep(malloc(3));
    CH_HOT_SCOPE("tick");
    void *second = block;
    if (scenario_keep(malloc(3)) != NULL || scenario_keep(realloc(block, 300)) != NULL ||
        posix_memalign(&second, 64, 64) == 0 || second != block) {
        scenario_fail("a denied call was served");
    }
    free(block);
}

SCENARIO(log_goes_on, SCENARIO_VIOLATION, "violations=") {
    ch_guard_set_mode(CH_GUARD_LOG);
    CH_HOT_SCOPE("tick");
    for (int i = 0; i < 3; i++) {
        free(scenario_keep(malloc(3)));
    }
}

__attribute__((noinline)) static void ends_twice(void) {
    CH_HOT_SCOPE("tick");
    free(scenario_keep(malloc(3)));
}

SCENARIO(count_tells_at_the_end, SCENARIO_VIOLATION, "violations=4 sites=2") {
    ch_guard_set_mode(CH_GUARD_COUNT);
    ends_twice();
    ends_twice();
}
