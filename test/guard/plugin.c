/* plugin.c: a library with a hot scope, to be opened and closed by a scenario. */
#include <coldheap/hot.h>

__attribute__((visibility("default"))) void plugin_run(void (*body)(void));

void plugin_run(void (*body)(void)) {
    CH_HOT_SCOPE("in the plugin");
    body();
}
