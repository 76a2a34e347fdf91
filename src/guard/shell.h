/** shell.h: the shell that libc starts for system and popen. Its process id stays in libc, so it
 *  cannot be announced and waited for as other images. Instead it is asked beforehand whether the
 *  shell can arm itself: it is a dynamic program, and the environment still has what preloads the
 *  guard. If not, it is announced as an image that never comes. */
#ifndef CH_GUARD_SHELL_H
#define CH_GUARD_SHELL_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/** chi_shell_environment remembers how children are preloaded, at load. */
void chi_shell_environment(void);

/** chi_shell_starts is called before libc starts a shell. */
void chi_shell_starts(void);

/** chi_shell_can_arm tells whether the program at `path` would be armed, started now. */
bool chi_shell_can_arm(const char *path);

#pragma GCC visibility pop

#endif
