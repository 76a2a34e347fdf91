/* loader.c: the dynamic loader in a scope; not for static programs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

SCENARIO(dlopen_in_scope, SCENARIO_ABORT, "in hot section \"tick\"") {
    CH_HOT_SCOPE("tick");
    dlopen("libm.so.6", RTLD_NOW);
}

static void allocate(void) {
    free(scenario_keep(malloc(3)));
}

static void *run_plugin(void) {
    void *plugin = dlopen(PLUGIN, RTLD_NOW);
    void *symbol = plugin != NULL ? dlsym(plugin, "plugin_run") : NULL;
    if (symbol == NULL) {
        scenario_fail("no plugin");
    }
    void (*run)(void (*)(void));
    memcpy(&run, &symbol, sizeof run);
    run(allocate);
    return plugin;
}

/* What is opened later finds the run time, wherever that is. */
SCENARIO(plugin_is_marked, SCENARIO_ABORT, "3 B in hot section \"in the plugin\"") {
    run_plugin();
}

/* Its marks are gone when the summary is printed. */
SCENARIO(closed_plugin_is_not_read, SCENARIO_VIOLATION, "violations=2 sites=2") {
    ch_guard_set_mode(CH_GUARD_COUNT);
    dlclose(run_plugin());
}
