/* Every row has its own value, name and sentence; unknown values are answered, not crashed on. */
#include <coldheap/status.h>

#include <string.h>

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

/* Written out once more on purpose: callers store and send these numbers. */
TEST(status_values_are_pinned) { /* M3 */
    static const struct {
        ch_status status;
        int value;
        const char *name;
    } rows[] = {
        {CH_OK, 0, "CH_OK"},
        {CH_EINVAL, -1, "CH_EINVAL"},
        {CH_ERANGE, -2, "CH_ERANGE"},
        {CH_EALIGN, -3, "CH_EALIGN"},
        {CH_EDOMAIN, -4, "CH_EDOMAIN"},
        {CH_EFULL, -10, "CH_EFULL"},
        {CH_EEMPTY, -11, "CH_EEMPTY"},
        {CH_ENOENT, -12, "CH_ENOENT"},
        {CH_EFOREIGN, -20, "CH_EFOREIGN"},
        {CH_EINTERIOR, -21, "CH_EINTERIOR"},
        {CH_EDOUBLE, -22, "CH_EDOUBLE"},
        {CH_ESTALE, -23, "CH_ESTALE"},
        {CH_EORDER, -24, "CH_EORDER"},
        {CH_EBUSY, -25, "CH_EBUSY"},
        {CH_ETHREAD, -26, "CH_ETHREAD"},
        {CH_ENOMEM, -30, "CH_ENOMEM"},
        {CH_EOS, -31, "CH_EOS"},
        {CH_EUNSUP, -32, "CH_EUNSUP"},
        {CH_EDISABLED, -40, "CH_EDISABLED"},
        {CH_ESTATE, -41, "CH_ESTATE"},
        {CH_ECORRUPT, -42, "CH_ECORRUPT"},
    };
    const size_t count = sizeof rows / sizeof rows[0];
    CHECK_EQUAL(count, sizeof STATUS_ALL / sizeof STATUS_ALL[0]);
    for (size_t i = 0; i < count; i++) {
        CHECK(rows[i].status == (ch_status)rows[i].value);
        CHECK_TEXT(ch_status_name(rows[i].status), rows[i].name);
        for (size_t k = 0; k < i; k++) {
            CHECK(strcmp(ch_status_text(rows[i].status), ch_status_text(rows[k].status)) != 0);
        }
    }
}
