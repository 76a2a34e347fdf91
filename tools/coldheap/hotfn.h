/* hotfn.h: functions named on the command line (--hot-fn) or by a policy (--watch), looked up
 * before the program is started. The run time knows only the linker's names in the files
 * themselves; what it cannot know becomes rules by address here: readable names of C++ and Rust,
 * and the functions of stripped files whose debug file is installed. The rule by name stays for
 * files loaded later.
 *
 * A function that was only inlined has no address and is never seen; debug information tells. */
#ifndef COLDHEAP_TOOL_HOTFN_H
#define COLDHEAP_TOOL_HOTFN_H

#include "launch.h"

/* hotfn_expand goes through the rules of the session for the program at `path`, adds those by
 * address, counts what was found in the rules by name, and warns of inlined copies.
 * Returns: an exit code, its message out: there may be too many. */
int hotfn_expand(launch *in, const char *path);

/* hotfn_inlined counts the inlined copies of functions that fit `glob` in the file, by its debug
 * information, read by another process for at most HOTFN_SECONDS; *first is the place of one of
 * them, in the store. */
#define HOTFN_SECONDS 5
size_t hotfn_inlined(const char *path, const char *glob, const char **first);

/* hotfn_is_derived tells a rule that was added here from one that the user gave. */
bool hotfn_is_derived(const chi_session_rule *rule);

#endif
