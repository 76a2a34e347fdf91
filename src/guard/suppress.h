/** suppress.h: violations that the user has allowed, with a reason: rules `allow` of a suppression
 *  file, as the session carries them. What a rule allows is no violation of any kind, but is
 *  counted in it; a rule with a maximum allows no more than that, in all processes together. */
#ifndef CH_GUARD_SUPPRESS_H
#define CH_GUARD_SUPPRESS_H

#include <coldheap/guard.h>

#include "place.h"

#pragma GCC visibility push(hidden)

/** chi_suppress_find returns the first rule whose conditions hold for the violation: its section,
 *  its operation, and a frame whose symbol fits. `places` are those of its frames or NULL; they are
 *  given names if a rule asks for one.
 *  Returns: index + 1; 0 if there is none. */
uint32_t chi_suppress_find(const ch_violation *violation, chi_places *places);

/** chi_suppress_use counts one hit of rule `index_plus_1`. Returns: false if the rule is none (0)
 * or is used up: then the call is a violation. */
bool chi_suppress_use(uint32_t index_plus_1);

#pragma GCC visibility pop

#endif
