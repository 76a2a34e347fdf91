/* seal_on.h: when a program that is not rebuilt is sealed, as --seal-on says it: its first call
 * of main, listen, accept, poll, select, epoll_wait, sigwait, pause, nanosleep, or SIGUSR2, or
 * when a time has passed. */
#ifndef COLDHEAP_TOOL_SEAL_ON_H
#define COLDHEAP_TOOL_SEAL_ON_H

#include "options.h"

#include "guard/session.h"

/* seal_on_read adds the words of the flags, between commas, to the settings; an exit code, its
 * message out. */
int seal_on_read(chi_session_config *config, const flag_list *words);

#endif
