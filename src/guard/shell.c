/* shell.c: see shell.h. The variables are kept as hashes: nothing of the environment's memory,
 * which the program may change, is held. */
#define _GNU_SOURCE
#include "shell.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session_shared.h"
#include "state.h"

#define SHELL       "/bin/sh"
#define SEGMENT_MAX 64u

static uint64_t preload_at_load;
static uint64_t variable_at_load;

static uint64_t hash_of(const char *name) {
    const char *value = getenv(name);
    return value != NULL ? chi_session_hash_text(1, value) : 0;
}

void chi_shell_environment(void) {
    preload_at_load = hash_of("LD_PRELOAD");
    variable_at_load = hash_of("COLDHEAP");
}

static bool has_interpreter(int fd) {
    Elf64_Ehdr header;
    if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) {
        return false;
    }
    for (uint64_t i = 0; i < header.e_phnum && i < SEGMENT_MAX; i++) {
        Elf64_Phdr segment;
        const uint64_t offset = header.e_phoff + i * sizeof segment;
        if (offset > INT32_MAX ||
            pread(fd, &segment, sizeof segment, (off_t)offset) != (ssize_t)sizeof segment) {
            return false;
        }
        if (segment.p_type == PT_INTERP) {
            return true;
        }
    }
    return false;
}

bool chi_shell_can_arm(const char *path) {
    if (preload_at_load == 0 || hash_of("LD_PRELOAD") != preload_at_load ||
        hash_of("COLDHEAP") != variable_at_load) {
        return false;
    }
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const bool can = fd >= 0 && has_interpreter(fd);
    if (fd >= 0) {
        close(fd);
    }
    return can;
}

void chi_shell_starts(void) {
    if (chi_guard_session == NULL) {
        return;
    }
    const int errno_before = errno;
    if (!chi_shell_can_arm(SHELL)) {
        (void)chi_session_expect(SHELL, 0);
    }
    errno = errno_before;
}
