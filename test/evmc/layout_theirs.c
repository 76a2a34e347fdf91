/* layout_theirs.c: the numbers of an original header; compiled only with -DEVMC_INCLUDE_DIR=DIR. */
#include "layout_rows.h"

#include <evmc/evmc.h>

const layout_number layout_theirs[] = {
#define ROW(type) {"sizeof " #type, (long long)sizeof(struct evmc_##type)},
    LAYOUT_STRUCTS(ROW)
#undef ROW
#define ROW(type, field) {#type "." #field, (long long)offsetof(struct evmc_##type, field)},
        LAYOUT_FIELDS(ROW)
#undef ROW
#define ROW(ours, theirs) {#ours, (long long)EVMC_##theirs},
            LAYOUT_CONSTANTS(ROW)
#undef ROW
};
const size_t layout_theirs_count = sizeof layout_theirs / sizeof layout_theirs[0];
