/* status.c: names and sentences of ch_status, generated from the rows of status.h. */
#include <coldheap/status.h>

const char *ch_status_name(ch_status status) {
    switch (status) {
#define STATUS_CASE(name, value, text)                                                             \
    case name:                                                                                     \
        return #name;
        CH_STATUS_ROWS(STATUS_CASE)
#undef STATUS_CASE
    }
    return "CH_?";
}

const char *ch_status_text(ch_status status) {
    switch (status) {
#define STATUS_CASE(name, value, text)                                                             \
    case name:                                                                                     \
        return text;
        CH_STATUS_ROWS(STATUS_CASE)
#undef STATUS_CASE
    }
    return "unknown status";
}
