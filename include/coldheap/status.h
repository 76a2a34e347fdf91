/** status.h: the answers every libcoldheap function gives. 0 is success; negative values are pinned
 *  and never change meaning. One row per status; enum and strings are generated from the rows. */
#ifndef CH_STATUS_H
#define CH_STATUS_H

#include <coldheap/base.h>

// clang-format off
#define CH_STATUS_ROWS(X)                                                     \
    X(CH_OK,         0,  "ok")                                                \
    X(CH_EINVAL,    -1,  "invalid argument")                                  \
    X(CH_ERANGE,    -2,  "out of range")                                      \
    X(CH_EALIGN,    -3,  "misaligned")                                        \
    X(CH_EDOMAIN,   -4,  "outside the domain of the operation")               \
    X(CH_EFULL,     -10, "full")                                              \
    X(CH_EEMPTY,    -11, "empty")                                             \
    X(CH_ENOENT,    -12, "no such entry")                                     \
    X(CH_EFOREIGN,  -20, "not from this object")                              \
    X(CH_EINTERIOR, -21, "not the start of a slot")                           \
    X(CH_EDOUBLE,   -22, "released twice")                                    \
    X(CH_ESTALE,    -23, "stale handle or mark")                              \
    X(CH_EORDER,    -24, "out of order")                                      \
    X(CH_EBUSY,     -25, "in use")                                            \
    X(CH_ETHREAD,   -26, "wrong thread")                                      \
    X(CH_ENOMEM,    -30, "refused by the operating system")                   \
    X(CH_EOS,       -31, "operating system error")                            \
    X(CH_EUNSUP,    -32, "not supported here")                                \
    X(CH_EDISABLED, -40, "feature is disabled")                               \
    X(CH_ESTATE,    -41, "wrong state for the call")                          \
    X(CH_ECORRUPT,  -42, "broken invariant")
// clang-format on

typedef enum ch_status {
#define CH_STATUS_ENUM(name, value, text) name = (value),
    CH_STATUS_ROWS(CH_STATUS_ENUM)
#undef CH_STATUS_ENUM
} ch_status;

CH_API_BEGIN

/** ch_status_name returns the constant's name ("CH_EFULL"), "CH_?" for an unknown value. Static. */
const char *ch_status_name(ch_status status);

/** ch_status_text returns the row's sentence, "unknown status" for an unknown value. Static. */
const char *ch_status_text(ch_status status);

CH_API_END

#endif
