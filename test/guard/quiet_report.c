/* quiet_report.c: with the guard before own_malloc.c in the preload, how many heap calls does a
 * reported violation itself make? Prints the number. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coldheap/guard.h>

typedef uint64_t (*calls_fn)(void);

__attribute__((noinline)) static void violate(void) {
    CH_HOT_SCOPE("tick");
    void *volatile block = malloc(3);
    (void)block;
}

int main(void) {
    void *symbol = dlsym(RTLD_DEFAULT, "own_malloc_calls");
    calls_fn calls;
    memcpy(&calls, &symbol, sizeof calls);
    if (!ch_guard_armed() || symbol == NULL) {
        return 98;
    }
    ch_guard_set_mode(CH_GUARD_LOG);
    ch_guard_exit_status(0);
    const uint64_t before = calls();
    violate();
    const uint64_t after = calls();
    printf("calls: %" PRIu64 "\n", after - before);
    return 0;
}
