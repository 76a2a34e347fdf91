/* guard.c: a hot scope that must not allocate, and one that does. Linked with the guard's run time,
 * the second is counted with its place; without it the marks cost one test. */
#define _POSIX_C_SOURCE 200809L
#include <coldheap/guard.h>
#include <coldheap/hot.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char line[64];

static void tick(const char *name) {
    CH_HOT_SCOPE("tick");
    snprintf(line, sizeof line, "tick %s", name);
}

static void tick_that_copies(const char *name) {
    CH_HOT_SCOPE("tick_that_copies");
    char *copy = strdup(name); /* the heap, one call away from its name */
    if (copy != NULL) {
        snprintf(line, sizeof line, "tick %s", copy);
        free(copy);
    }
}

int main(void) {
    if (!ch_guard_armed()) {
        printf("not armed: nothing was checked\n"); /* never pass without having looked */
        return 0;
    }
    ch_guard_set_mode(CH_GUARD_COUNT);
    ch_guard_exit_status(0);
    tick("one");
    unsigned long long clean = (unsigned long long)ch_guard_violations();
    tick_that_copies("two");
    unsigned long long caught = (unsigned long long)ch_guard_violations() - clean;
    printf("tick: %llu heap calls, tick_that_copies: %llu\n", clean, caught);
    return clean == 0 && caught == 2 ? 0 : 1;
}
