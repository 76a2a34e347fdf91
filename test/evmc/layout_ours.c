/* layout_ours.c: the numbers of coldevm/evmc12.h. */
#include "layout_rows.h"

#include <coldevm/evmc12.h>

const layout_number layout_ours[] = {
#define ROW(type) {"sizeof " #type, (long long)sizeof(struct chevm12_##type)},
    LAYOUT_STRUCTS(ROW)
#undef ROW
#define ROW(type, field) {#type "." #field, (long long)offsetof(struct chevm12_##type, field)},
        LAYOUT_FIELDS(ROW)
#undef ROW
#define ROW(ours, theirs) {#ours, CHEVM12_##ours},
            LAYOUT_CONSTANTS(ROW)
#undef ROW
};
const size_t layout_ours_count = sizeof layout_ours / sizeof layout_ours[0];
