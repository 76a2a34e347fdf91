/* child.c: fork, exec, and a pipe for both outputs. */
#include "child.h"

#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int ch_test_run_program(const char *const *argv, char *text, size_t size) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) {
        return -1;
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipe_ends[1], 1);
        dup2(pipe_ends[1], 2);
        close(pipe_ends[0]);
        close(pipe_ends[1]);
        execv(argv[0], (char *const *)(const void *)argv);
        _exit(127);
    }
    close(pipe_ends[1]);
    size_t used = 0;
    char chunk[4096];
    ssize_t got;
    while (child > 0 && (got = read(pipe_ends[0], chunk, sizeof chunk)) > 0) {
        for (ssize_t i = 0; i < got && used + 1 < size; i++) {
            text[used++] = chunk[i];
        }
    }
    text[used] = 0;
    close(pipe_ends[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return -1;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
