/* scenario.c: the main of the scenario programs: --list prints name, status, limits and text of
 * each; with a name, that one runs. Status 98 if the guard is not armed, so that a variant that
 * watches nothing passes nothing. */
#define _GNU_SOURCE
#include "scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static scenario *first;

void scenario_register(scenario *entry) {
    entry->next = first;
    first = entry;
}

void *scenario_keep(void *pointer) {
    __asm__ volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

void scenario_fail(const char *why) {
    CH_PERMIT_SCOPE("the scenario has failed");
    fprintf(stderr, "scenario failed: %s\n", why);
    kill(getpid(), SIGKILL);
}

int scenario_child_status(void (*body)(void)) {
    const pid_t child = fork();
    if (child == 0) {
        const int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDERR_FILENO);
        body();
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return -1;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (const scenario *entry = first; entry != NULL; entry = entry->next) {
            printf("%s\t%d\t%u\t%s\n", entry->name, entry->status, entry->limits, entry->text);
        }
        return 0;
    }
    if (!ch_guard_armed()) {
        fprintf(stderr, "not armed\n");
        return CH_GUARD_STATUS_NOT_ARMED;
    }
    for (const scenario *entry = first; entry != NULL && argc == 2; entry = entry->next) {
        if (strcmp(argv[1], entry->name) == 0) {
            entry->run();
            return 0;
        }
    }
    fprintf(stderr, "usage: %s --list | NAME\n", argv[0]);
    return 2;
}
