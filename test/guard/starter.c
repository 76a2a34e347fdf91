/* starter.c: starts a program in one of the ways libc knows: starter HOW PROGRAM [ARGUMENT]. HOW is
 * the function's name; with "-clean" behind it the program gets an environment without what
 * preloads the guard. Ends with the program's status. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *program;
static char *argument;
static char *arguments[3];
static char *clean_environment[] = {NULL, NULL};
static char **chosen;

static int by_execve(void) {
    return execve(program, arguments, chosen);
}

static int by_execv(void) {
    environ = chosen;
    return execv(program, arguments);
}

static int by_execvp(void) {
    environ = chosen;
    return execvp(program, arguments);
}

static int by_execvpe(void) {
    return execvpe(program, arguments, chosen);
}

static int by_execl(void) {
    environ = chosen;
    return execl(program, program, argument, (char *)NULL);
}

static int by_execlp(void) {
    environ = chosen;
    return execlp(program, program, argument, (char *)NULL);
}

static int by_execle(void) {
    return execle(program, program, argument, (char *)NULL, chosen);
}

static int by_fexecve(void) {
    return fexecve(open(program, O_RDONLY | O_CLOEXEC), arguments, chosen);
}

int execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags);

static int by_execveat(void) {
    const int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return execveat(folder, program + 1, arguments, chosen, 0);
}

static int wait_for(pid_t child) {
    int status = 0;
    (void)waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int by_vfork(void) {
    const pid_t child = vfork();
    if (child == 0) {
        execve(program, arguments, chosen);
        _exit(127);
    }
    return wait_for(child);
}

static int by_posix_spawn(void) {
    pid_t child;
    return posix_spawn(&child, program, NULL, NULL, arguments, chosen) == 0 ? wait_for(child) : 127;
}

static int by_posix_spawnp(void) {
    pid_t child;
    return posix_spawnp(&child, program, NULL, NULL, arguments, chosen) == 0 ? wait_for(child)
                                                                             : 127;
}

static char line[4096];

static int by_system(void) {
    environ = chosen;
    const int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int by_popen(void) {
    environ = chosen;
    FILE *pipe = popen(line, "r");
    const int status = pipe != NULL ? pclose(pipe) : -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv) {
    static const struct {
        const char *how;
        int (*start)(void);
    } ways[] = {{"execve", by_execve},
                {"execv", by_execv},
                {"execvp", by_execvp},
                {"execvpe", by_execvpe},
                {"execl", by_execl},
                {"execlp", by_execlp},
                {"execle", by_execle},
                {"fexecve", by_fexecve},
                {"execveat", by_execveat},
                {"vfork", by_vfork},
                {"posix_spawn", by_posix_spawn},
                {"posix_spawnp", by_posix_spawnp},
                {"system", by_system},
                {"popen", by_popen}};
    if (argc < 3 || argc > 4) {
        return 2;
    }
    char *clean = strstr(argv[1], "-clean");
    if (clean != NULL) {
        *clean = 0;
    }
    chosen = clean != NULL ? clean_environment : environ;
    program = arguments[0] = argv[2];
    argument = arguments[1] = argc == 4 ? argv[3] : NULL;
    snprintf(line, sizeof line, "%s %s", program, argument != NULL ? argument : "");
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (strcmp(argv[1], ways[i].how) == 0) {
            const int status = ways[i].start();
            return status >= 0 ? status : 127;
        }
    }
    return 2;
}
