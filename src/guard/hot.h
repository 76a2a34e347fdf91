/** hot.h: heap calls below functions that are hot without being marked. */
#ifndef CH_GUARD_HOT_H
#define CH_GUARD_HOT_H

#include "state.h"

#pragma GCC visibility push(hidden)

/** chi_hot_check looks whether any frame from the caller up lies in a hot range; then the call is a
 *  violation, or refutes what a policy assumes.
 *  Returns: false if the call must be refused. */
bool chi_hot_check(const chi_guard_call *call);

#pragma GCC visibility pop

#endif
