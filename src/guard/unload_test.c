/* Closing a library begins a new generation; the real dlclose is called, and its answer given. */
#include <dlfcn.h>

#include "code.h"

#include "harness.h"

TEST(g23_unload_begins_a_generation) {
#ifdef CHI_GUARD_HOOKS
    ch_test_skip("beside a sanitizer dlclose is its own");
#else
    void *library = dlopen("libm.so.6", RTLD_NOW);
    if (library == NULL) {
        ch_test_skip("no library to open");
        return;
    }
    const uint32_t before = chi_code_generation();
    CHECK_EQUAL(dlclose(library), 0);
    CHECK(chi_code_generation() != before);
#endif
}
