/** callback.h: what the user has asked to decide about violations. */
#ifndef CH_GUARD_CALLBACK_H
#define CH_GUARD_CALLBACK_H

#include <coldheap/guard.h>

#pragma GCC visibility push(hidden)

/** chi_guard_callback writes function and context; false if there is none. */
bool chi_guard_callback(ch_violation_fn *function, void **context);

#pragma GCC visibility pop

#endif
