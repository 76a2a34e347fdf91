/* evmc_layout_test.c: our restatement of EVMC against an original header, number by number. Our own
 * numbers are asserted in evmc12.h by every compiler that reads it; this asks somebody else. */
#include "layout_rows.h"

#include "harness.h"

#include <stdio.h>

TEST(layout_agrees_with_an_original_header) {
    CHECK(layout_ours_count > 100);
#if defined(HAVE_ORIGINAL)
    if (!CHECK_EQUAL(layout_theirs_count, layout_ours_count)) {
        return;
    }
    for (size_t i = 0; i < layout_ours_count; i++) {
        if (!CHECK_EQUAL(layout_ours[i].value, layout_theirs[i].value)) {
            printf("# %s\n", layout_ours[i].name);
        }
    }
#else
    ch_test_skip(
        "configure with -DEVMC_INCLUDE_DIR=DIR, the folder that holds evmc/evmc.h of EVMC 12");
#endif
}
