/* clone_test.c: names of clones and parts. */
#include "clone.h"

#include "harness.h"

#include <string.h>

TEST(clones_have_the_name_of_their_origin) { /* G36 */
    char plain[CLONE_BYTES];
    CHECK(clone_origin(plain, "run.constprop.0"));
    CHECK_TEXT(plain, "run");
    CHECK(clone_origin(plain, "run.part.1.isra.0.cold"));
    CHECK_TEXT(plain, "run");
    CHECK(clone_origin(plain, "run.lto_priv.3"));
    CHECK_TEXT(plain, "run");
    CHECK(clone_origin(plain, "run.llvm.123456"));
    CHECK_TEXT(plain, "run");
}

TEST(other_names_are_no_clones) {
    char plain[CLONE_BYTES];
    char long_name[CLONE_BYTES + 16];
    CHECK(!clone_origin(plain, "run"));
    CHECK(!clone_origin(plain, ".cold"));
    CHECK(!clone_origin(plain, "table.0"));
    memset(long_name, 'x', sizeof long_name);
    memcpy(long_name + CLONE_BYTES, ".cold", sizeof ".cold");
    CHECK(!clone_origin(plain, long_name));
    CHECK(clone_is_cold(long_name));
    CHECK(!clone_is_cold("run.part.0"));
}

TEST(globs_fit_clones_and_readable_names) { /* G38 */
    CHECK(clone_fits("run", "run"));
    CHECK(clone_fits("run", "run.constprop.0"));
    CHECK(clone_fits("r*", "run.part.1"));
    CHECK(clone_fits("engine::tick", "_ZN6engine4tickEi"));
    CHECK(!clone_fits("run", "runs"));
    CHECK(!clone_fits("ru", "run.cold"));
}
