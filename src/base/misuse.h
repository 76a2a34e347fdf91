/* misuse.h: how an object of this library reports a misuse (coldheap/misuse.h). */
#ifndef CHI_MISUSE_H
#define CHI_MISUSE_H

#include <coldheap/misuse.h>

/* CHI_MISUSE stands in the out-of-line function that the caller's code calls: its return address
 * is the site. Yields the status, if the hook returns. */
#define CHI_MISUSE(object_, name_, culprit_, status_)                                              \
    CHI_MISUSE_OF(__func__, object_, name_, culprit_, status_)

/* CHI_MISUSE_OF is the same in the out-of-line half of an inline function, with its public name. */
#define CHI_MISUSE_OF(call_, object_, name_, culprit_, status_)                                    \
    ch_misuse_report(&(ch_misuse){.object = (object_),                                             \
                                  .name = (name_),                                                 \
                                  .call = (call_),                                                 \
                                  .culprit = (culprit_),                                           \
                                  .site = CH_RETURN_ADDRESS(),                                     \
                                  .status = (status_)})

#endif
