/* syscalls.h: names of system calls of this machine. */
#ifndef COLDHEAP_TOOL_SYSCALLS_H
#define COLDHEAP_TOOL_SYSCALLS_H

#include <stdbool.h>
#include <stdint.h>

/* syscalls_number finds the number of a name; false if there is no such call. */
bool syscalls_number(uint32_t *number, const char *name);

/* syscalls_name finds the name of a number; NULL if there is none. */
const char *syscalls_name(uint32_t number);

#endif
