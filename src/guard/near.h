/** near.h: why a rule matches no function: no such file, no names in it, or others that are near.
 */
#ifndef CH_GUARD_NEAR_H
#define CH_GUARD_NEAR_H

#include <stddef.h>

#include "session.h"

#pragma GCC visibility push(hidden)

#define CHI_NEAR_MAX 3u

/** chi_near_distance counts how many characters must be put in, left out or changed to make `text`
 *  of `wanted`; a text that contains it counts as nearest. */
unsigned chi_near_distance(const char *wanted, const char *text);

/** chi_near_explain writes a line without end into `why`. */
void chi_near_explain(char *why, size_t why_size, const chi_session_rule *rule);

#pragma GCC visibility pop

#endif
