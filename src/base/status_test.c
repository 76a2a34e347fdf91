/* Every row has its own value, name and sentence; unknown values are answered, not crashed on. */
#include <coldheap/status.h>

#include "harness.h"

static const ch_status STATUS_ALL[] = {
#define STATUS_ITEM(name, value, text) name,
    CH_STATUS_ROWS(STATUS_ITEM)
#undef STATUS_ITEM
};

TEST(status_values_are_distinct_and_named) { /* M3 */
    const size_t count = sizeof STATUS_ALL / sizeof STATUS_ALL[0];
    for (size_t i = 0; i < count; i++) {
        CHECK(ch_status_name(STATUS_ALL[i])[3] != '?');
        CHECK(ch_status_text(STATUS_ALL[i])[0] != 0);
        for (size_t j = 0; j < i; j++) {
            CHECK(STATUS_ALL[i] != STATUS_ALL[j]);
        }
    }
    CHECK_TEXT(ch_status_name(CH_EFULL), "CH_EFULL");
    CHECK_TEXT(ch_status_text(CH_OK), "ok");
}

TEST(status_unknown_value_has_a_text) { /* M3 */
    CHECK_TEXT(ch_status_name((ch_status)-9999), "CH_?");
    CHECK_TEXT(ch_status_text((ch_status)-9999), "unknown status");
}
