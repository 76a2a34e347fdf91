/* loader.c: the dynamic loader in a scope; not for static programs. */
#include <dlfcn.h>

#include "scenario.h"

SCENARIO(dlopen_in_scope, SCENARIO_ABORT, "in hot section \"tick\"") {
    CH_HOT_SCOPE("tick");
    dlopen("libm.so.6", RTLD_NOW);
}
