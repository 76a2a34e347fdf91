/* syscall_name.c: the names of system calls, as the machine that built this knew them. */
#include <string.h>

#include "kernel.h"
#include "session.h"

static const struct {
    uint32_t number;
    const char *name;
} rows[] = {
#define X(number, name) {number, #name},
#include <syscall_names.inc>
#undef X
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

const char *chi_syscall_name(uint32_t number) {
    size_t low = 0;
    size_t high = ROW_COUNT;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (rows[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < ROW_COUNT && rows[low].number == number ? rows[low].name : "?";
}

int chi_syscall_number(const char *name) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return (int)rows[i].number;
        }
    }
    return -1;
}
