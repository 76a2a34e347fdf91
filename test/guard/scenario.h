/** scenario.h: small programs, each showing one corner of the guard, with what must come out. One
 *  source is linked into a program for every way the run time can be present (linked in, preloaded,
 *  static, beside a sanitizer); matrix_test.c runs them all, each in a process of its own.
 *
 *      SCENARIO(malloc_in_scope, SCENARIO_ABORT, "malloc 3 B in hot section \"tick\"") {
 *          CH_HOT_SCOPE("tick");
 *          scenario_keep(malloc(3));
 *      } */
#ifndef CH_TEST_SCENARIO_H
#define CH_TEST_SCENARIO_H

#include <coldheap/guard.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Exit statuses a scenario may ask for, as a shell shows them. */
#define SCENARIO_CLEAN     0
#define SCENARIO_ABORT     134
#define SCENARIO_VIOLATION 97

/** Which variants cannot show it, and why. */
typedef enum scenario_limit {
    SCENARIO_EVERYWHERE = 0,
    SCENARIO_NOT_HOOKED = 1, /* a sanitizer's hooks come late and tell little; it owns longjmp */
    SCENARIO_NOT_STATIC = 2  /* needs the dynamic loader, or libc's own exit */
} scenario_limit;

typedef struct scenario {
    const char *name;
    int status;       /* what the process must end with */
    const char *text; /* what its output must contain */
    unsigned limits;  /* of scenario_limit, or-ed */
    void (*run)(void);
    struct scenario *next;
} scenario;

void scenario_register(scenario *entry);

/** scenario_keep makes the compiler believe that the pointer is used; returns it. */
void *scenario_keep(void *pointer);

/** scenario_fail ends the process with a status that no scenario asks for, after a line why. */
void scenario_fail(const char *why);

/** scenario_child_status runs `body` in a forked child and returns its status, 128 + n for signal
 *  n, with its stderr thrown away. */
int scenario_child_status(void (*body)(void));

#define SCENARIO_LIMITED(id, ends_with, says, limit)                                               \
    static void scenario_run_##id(void);                                                           \
    static scenario scenario_entry_##id = {#id, ends_with, says, limit, scenario_run_##id, 0};     \
    __attribute__((constructor)) static void scenario_register_##id(void) {                        \
        scenario_register(&scenario_entry_##id);                                                   \
    }                                                                                              \
    static void scenario_run_##id(void)

#define SCENARIO(id, ends_with, says) SCENARIO_LIMITED(id, ends_with, says, SCENARIO_EVERYWHERE)

#ifdef __cplusplus
}
#endif

#endif
