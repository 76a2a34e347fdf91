/* syscalls.c: see syscalls.h. The rows are written by the build, from the kernel's header. */
#include "syscalls.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    uint32_t number;
} ROWS[] = {
#include "syscall_rows.inc"
};

#define ROW_COUNT (sizeof ROWS / sizeof ROWS[0])

_Static_assert(ROW_COUNT > 100, "the kernel's header has been read");

bool syscalls_number(uint32_t *number, const char *name) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(ROWS[i].name, name) == 0) {
            *number = ROWS[i].number;
            return true;
        }
    }
    return false;
}

const char *syscalls_name(uint32_t number) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (ROWS[i].number == number) {
            return ROWS[i].name;
        }
    }
    return NULL;
}
