/* exec.c: exec and spawn, as the program calls them. Each new image is announced to the command
 * before it begins; the image itself says when it is armed. One whose environment was cleaned, or
 * that cannot be preloaded, never does: it is expected and missing, and the command refuses to
 * pass. Environment and arguments go on as the program gave them.
 *
 * All of it works in a vfork child and in a signal handler: no heap, no lock, nothing is looked up
 * late. exec is the plain system call, so it needs nothing behind it. libc's own calls do not come
 * by here: system and popen are interposed themselves; wordexp's shell is not seen. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "session_shared.h"
#include "shell.h"
#include "state.h"

const char chi_guard_part_exec = 0;

#define PLACE_BYTES (PATH_MAX + NAME_MAX + 2)

/* ---- exec ---- */

static int raw_execve(const char *path, char *const argv[], char *const envp[]) {
    return (int)syscall(SYS_execve, path, argv, envp);
}

static int announced_execve(const char *path, char *const argv[], char *const envp[]) {
    chi_session_image *image = chi_session_expect(path, (int)getpid());
    const int result = raw_execve(path, argv, envp);
    chi_session_expect_gone(image);
    return result;
}

CHI_EXPORT int execve(const char *path, char *const argv[], char *const envp[]) {
    return announced_execve(path, argv, envp);
}

CHI_EXPORT int execv(const char *path, char *const argv[]) {
    return announced_execve(path, argv, environ);
}

/* "/proc/self/fd/N", what it points to, and `path` behind it. */
static void path_at(char *text, size_t size, int fd, const char *path) {
    char link[40] = "/proc/self/fd/";
    char *digit = link + sizeof link - 1;
    char *const digits = link + strlen(link);
    *digit = 0;
    for (unsigned number = (unsigned)fd; digit == link + sizeof link - 1 || number > 0;
         number /= 10) {
        *--digit = (char)('0' + number % 10);
    }
    memmove(digits, digit, strlen(digit) + 1);
    const ssize_t length = readlink(link, text, size - 1);
    size_t used = length > 0 ? (size_t)length : 0;
    if (*path != 0 && used + 1 < size) {
        text[used++] = '/';
    }
    chi_session_copy(text + used, size - used, path);
}

static chi_session_image *expect_at(int fd, const char *path) {
    if (chi_guard_session == NULL || *path == '/' || (fd == AT_FDCWD && *path != 0)) {
        return chi_session_expect(path, (int)getpid());
    }
    const int errno_before = errno;
    char text[CHI_SESSION_PATH_BYTES];
    path_at(text, sizeof text, fd, path);
    errno = errno_before;
    return chi_session_expect(text, (int)getpid());
}

int execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags);

CHI_EXPORT int execveat(int fd, const char *path, char *const argv[], char *const envp[],
                        int flags) {
    chi_session_image *image = expect_at(fd, path);
    const int result = (int)syscall(SYS_execveat, fd, path, argv, envp, flags);
    chi_session_expect_gone(image);
    return result;
}

CHI_EXPORT int fexecve(int fd, char *const argv[], char *const envp[]) {
    if (fd < 0) {
        errno = EINVAL;
        return -1;
    }
    return execveat(fd, "", argv, envp, AT_EMPTY_PATH);
}

/* ---- exec along PATH ---- */

static const char *search_list(void) {
    const char *list = getenv("PATH");
    return list != NULL ? list : "/bin:/usr/bin";
}

/* The next place of `file` along the list, which is moved on: NULL at its end. Places that do not
 * fit are left out. */
static const char *next_place(const char **list, const char *file, char *place, size_t size) {
    const size_t file_length = strlen(file);
    while (*list != NULL) {
        const size_t length = strcspn(*list, ":");
        const char *folder = *list;
        *list = folder[length] == ':' ? folder + length + 1 : NULL;
        if (length + 1 + file_length < size) {
            memcpy(place, folder, length);
            place[length] = '/';
            memcpy(place + length + (length != 0), file, file_length + 1);
            return place;
        }
    }
    return NULL;
}

static size_t count_arguments(char *const argv[]) {
    size_t count = 0;
    while (argv[count] != NULL) {
        count++;
    }
    return count;
}

/* What is no program is given to the shell, as ever. */
static void exec_script(const char *path, char *const argv[], char *const envp[]) {
    const size_t count = count_arguments(argv);
    char shell[] = "/bin/sh";
    char *arguments[count + 3];
    size_t used = 0;
    arguments[used++] = shell;
    arguments[used++] = (char *)(uintptr_t)path;
    for (size_t i = 1; i < count; i++) {
        arguments[used++] = argv[i];
    }
    arguments[used] = NULL;
    (void)raw_execve(shell, arguments, envp);
}

static void exec_one(chi_session_image *image, const char *path, char *const argv[],
                     char *const envp[]) {
    chi_session_expect_path(image, path);
    (void)raw_execve(path, argv, envp);
    if (errno == ENOEXEC) {
        exec_script(path, argv, envp);
    }
}

/* Whether the search goes on after this error. */
static bool may_be_elsewhere(int error) {
    return error == EACCES || error == ENOENT || error == ESTALE || error == ENOTDIR ||
           error == ENODEV || error == ETIMEDOUT;
}

static void exec_search(chi_session_image *image, const char *file, char *const argv[],
                        char *const envp[]) {
    char place[PLACE_BYTES];
    bool denied = false;
    errno = ENOENT;
    for (const char *list = search_list(); next_place(&list, file, place, sizeof place) != NULL;) {
        exec_one(image, place, argv, envp);
        denied = denied || errno == EACCES;
        if (!may_be_elsewhere(errno)) {
            return;
        }
    }
    if (denied) {
        errno = EACCES;
    }
}

CHI_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[]) {
    if (*file == 0) {
        errno = ENOENT;
        return -1;
    }
    if (strchr(file, '/') == NULL && strnlen(file, NAME_MAX + 1) > NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    chi_session_image *image = chi_session_expect(file, (int)getpid());
    if (strchr(file, '/') != NULL) {
        exec_one(image, file, argv, envp);
    } else {
        exec_search(image, file, argv, envp);
    }
    chi_session_expect_gone(image);
    return -1;
}

CHI_EXPORT int execvp(const char *file, char *const argv[]) {
    return execvpe(file, argv, environ);
}

/* ---- exec with its arguments in a row ---- */

/* Counts the arguments behind `first` up to the NULL. */
static size_t count_list(const char *first, va_list *list) {
    size_t count = 0;
    for (const char *argument = first; argument != NULL; argument = va_arg(*list, const char *)) {
        count++;
    }
    return count;
}

static void copy_list(char **argv, size_t count, const char *first, va_list *list) {
    argv[0] = (char *)(uintptr_t)first;
    for (size_t i = 1; i <= count; i++) {
        argv[i] = va_arg(*list, char *);
    }
}

CHI_EXPORT int execl(const char *path, const char *first, ...) {
    va_list list;
    va_start(list, first);
    const size_t count = count_list(first, &list);
    va_end(list);
    char *argv[count + 1];
    va_start(list, first);
    copy_list(argv, count, first, &list);
    va_end(list);
    return announced_execve(path, argv, environ);
}

CHI_EXPORT int execlp(const char *file, const char *first, ...) {
    va_list list;
    va_start(list, first);
    const size_t count = count_list(first, &list);
    va_end(list);
    char *argv[count + 1];
    va_start(list, first);
    copy_list(argv, count, first, &list);
    va_end(list);
    return execvpe(file, argv, environ);
}

CHI_EXPORT int execle(const char *path, const char *first, ...) {
    va_list list;
    va_start(list, first);
    const size_t count = count_list(first, &list);
    va_end(list);
    char *argv[count + 1];
    va_start(list, first);
    copy_list(argv, count, first, &list);
    char *const *envp = va_arg(list, char *const *);
    va_end(list);
    return announced_execve(path, argv, envp);
}

#ifndef CHI_GUARD_STATIC

/* ---- spawn, system, popen: what libc does is looked up at load ---- */

typedef int (*spawn_fn)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                        const posix_spawnattr_t *, char *const[], char *const[]);
typedef int (*system_fn)(const char *);
typedef FILE *(*popen_fn)(const char *, const char *);

static void *slot_posix_spawn;
static void *slot_posix_spawnp;
static void *slot_system;
static void *slot_popen;

__attribute__((constructor(102))) static void find_spawns(void) {
    slot_posix_spawn = chi_guard_next_symbol("posix_spawn");
    slot_posix_spawnp = chi_guard_next_symbol("posix_spawnp");
    slot_system = chi_guard_next_symbol("system");
    slot_popen = chi_guard_next_symbol("popen");
}

/* Constructors of other libraries may come before ours. */
static void *behind(void *slot, const char *name) {
    return slot != NULL ? slot : chi_guard_next_symbol(name);
}

static int spawn(spawn_fn function, chi_session_image *image, pid_t *process, const char *path,
                 const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 char *const argv[], char *const envp[]) {
    pid_t child = 0;
    const int error =
        function != NULL ? function(&child, path, actions, attributes, argv, envp) : ENOSYS;
    if (error != 0) {
        chi_session_expect_gone(image);
        return error;
    }
    chi_session_expect_process(image, (int)child);
    if (process != NULL) {
        *process = child;
    }
    return 0;
}

CHI_EXPORT int posix_spawn(pid_t *process, const char *path,
                           const posix_spawn_file_actions_t *actions,
                           const posix_spawnattr_t *attributes, char *const argv[],
                           char *const envp[]) {
    const spawn_fn function = (spawn_fn)(uintptr_t)behind(slot_posix_spawn, "posix_spawn");
    return spawn(function, chi_session_expect(path, 0), process, path, actions, attributes, argv,
                 envp);
}

/* Where posix_spawnp will find the file; the name itself if nowhere. */
static chi_session_image *expect_along_path(const char *file) {
    if (chi_guard_session == NULL || strchr(file, '/') != NULL) {
        return chi_session_expect(file, 0);
    }
    const int errno_before = errno;
    char place[PLACE_BYTES];
    const char *list = search_list();
    bool found = false;
    while (!found && next_place(&list, file, place, sizeof place) != NULL) {
        found = access(place, X_OK) == 0;
    }
    errno = errno_before;
    return chi_session_expect(found ? place : file, 0);
}

CHI_EXPORT int posix_spawnp(pid_t *process, const char *file,
                            const posix_spawn_file_actions_t *actions,
                            const posix_spawnattr_t *attributes, char *const argv[],
                            char *const envp[]) {
    const spawn_fn function = (spawn_fn)(uintptr_t)behind(slot_posix_spawnp, "posix_spawnp");
    return spawn(function, expect_along_path(file), process, file, actions, attributes, argv, envp);
}

CHI_EXPORT int system(const char *command) {
    const system_fn function = (system_fn)(uintptr_t)behind(slot_system, "system");
    if (command != NULL) {
        chi_shell_starts();
    }
    if (function == NULL) {
        errno = ENOSYS;
        return command != NULL ? -1 : 0;
    }
    return function(command);
}

CHI_EXPORT FILE *popen(const char *command, const char *mode) {
    const popen_fn function = (popen_fn)(uintptr_t)behind(slot_popen, "popen");
    chi_shell_starts();
    if (function == NULL) {
        errno = ENOSYS;
        return NULL;
    }
    return function(command, mode);
}

#endif
