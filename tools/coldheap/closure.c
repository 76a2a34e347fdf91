/* closure.c: see closure.h. "loader --list program" prints lines such as
 * "\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f...)". */
#include "closure.h"

#include "store.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEGMENT_MAX 256u
#define LINE_BYTES  (PATH_MAX + 256)

extern char **environ;

static bool read_at(int fd, void *bytes, size_t size, uint64_t offset) {
    return offset <= INT64_MAX && pread(fd, bytes, size, (off_t)offset) == (ssize_t)size;
}

/* The path in PT_INTERP; false: no loader starts this file. */
static bool read_loader(int fd, char loader[PATH_MAX]) {
    Elf64_Ehdr header;
    if (!read_at(fd, &header, sizeof header, 0) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr)) {
        return false;
    }
    for (uint64_t i = 0; i < header.e_phnum && i < SEGMENT_MAX; i++) {
        Elf64_Phdr segment;
        if (!read_at(fd, &segment, sizeof segment, header.e_phoff + i * sizeof segment)) {
            return false;
        }
        if (segment.p_type == PT_INTERP && segment.p_filesz > 0 && segment.p_filesz < PATH_MAX &&
            read_at(fd, loader, (size_t)segment.p_filesz, segment.p_offset)) {
            loader[segment.p_filesz] = 0;
            return loader[0] == '/';
        }
    }
    return false;
}

static void add(closure *out, const char *path) {
    char real[PATH_MAX];
    if (out->count == CLOSURE_MAX || realpath(path, real) == NULL) {
        return;
    }
    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->paths[i], real) == 0) {
            return;
        }
    }
    out->paths[out->count++] = store_text(real, strlen(real));
}

/* A line of the loader's answer: the path is what begins with '/' and ends before " (". */
static void add_line(closure *out, char *line) {
    char *path = strchr(line, '/');
    char *end = path != NULL ? strstr(path, " (0x") : NULL;
    if (end != NULL) {
        char *arrow = strstr(path, " => ");
        *end = 0;
        add(out, arrow != NULL ? arrow + 4 : path);
    }
}

static void read_answer(closure *out, int fd) {
    char line[LINE_BYTES];
    FILE *file = fdopen(fd, "r");
    if (file == NULL) {
        close(fd);
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        add_line(out, line);
    }
    (void)fclose(file);
}

/* Without our own preloading, if this command is being watched itself. */
static char **plain_environment(void) {
    size_t count = 0;
    while (environ[count] != NULL) {
        count++;
    }
    char **plain = STORE_ARRAY(char *, count + 1);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], "LD_PRELOAD=", 11) != 0 &&
            strncmp(environ[i], "COLDHEAP=", 9) != 0) {
            plain[used++] = environ[i];
        }
    }
    return plain;
}

static void ask(closure *out, char *loader, const char *path) {
    int ends[2];
    char list[] = "--list";
    char *program = store_text(path, strlen(path));
    char *const arguments[] = {loader, list, program, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return;
    }
    bool started = posix_spawn_file_actions_init(&actions) == 0;
    if (started) {
        started = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) == 0 &&
                  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
                                                   0) == 0 &&
                  posix_spawn(&child, loader, &actions, NULL, arguments, plain_environment()) == 0;
        posix_spawn_file_actions_destroy(&actions);
    }
    close(ends[1]);
    if (!started) {
        close(ends[0]);
        return;
    }
    read_answer(out, ends[0]);
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
}

void closure_of(closure *out, const char *path) {
    char loader[PATH_MAX];
    out->count = 0;
    add(out, path);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const bool has_loader = fd >= 0 && read_loader(fd, loader);
    if (fd >= 0) {
        close(fd);
    }
    if (has_loader && out->count == 1) {
        ask(out, loader, out->paths[0]);
    }
}
