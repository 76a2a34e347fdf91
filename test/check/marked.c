/* marked.c: a program with hot sections; its arguments say what happens in them, one after the
 * other. "clean" is the section's own work, everything else is not. */
#include <coldheap/guard.h>
#include <coldheap/hot.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *normalize_key(const char *key) {
    return strdup(key);
}

__attribute__((noinline)) static int lookup(const char *key) {
    char *copy = normalize_key(key); /* line: LOOKUP */
    const int first = copy[0];
    free(copy);
    return first;
}

/* A pair that the compiler does not leave out. */
__attribute__((noinline)) static int take(size_t size) {
    void *volatile block = malloc(size);
    free(block);
    return 1;
}

__attribute__((noinline)) int log_flush(void) {
    return take(100) + 1; /* no jump instead of a call */
}

__attribute__((noinline)) int tick(const char *what) {
    CH_HOT_SCOPE("tick");
    int sum = 1;
    if (strcmp(what, "key") == 0) {
        sum += lookup("x");
    } else if (strcmp(what, "log") == 0) {
        log_flush();
    } else if (strcmp(what, "exit") == 0) {
        take(3);
        _exit(5);
    } else if (strcmp(what, "kill") == 0) {
        take(3);
        raise(SIGKILL);
    } else if (strcmp(what, "permit") == 0) {
        CH_PERMIT_SCOPE("once");
        take(3);
    }
    return sum;
}

__attribute__((noinline)) int tock(void) {
    CH_HOT_SCOPE("tock");
    return 1;
}

static ch_guard_mode forgive(const ch_violation *violation, void *context) {
    (void)violation;
    *(int *)context += 1;
    return CH_GUARD_COUNT;
}

int main(int argc, char **argv) {
    static int seen;
    int status = 0;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strncmp(word, "status=", 7) == 0) {
            status = word[7] - '0';
        } else if (strcmp(word, "tock") == 0) {
            status += tock() - 1;
        } else if (strcmp(word, "callback") == 0) {
            ch_guard_on_violation(forgive, &seen);
        } else if (strcmp(word, "die") == 0) {
            raise(SIGSEGV);
        } else if (strcmp(word, "read") == 0) {
            char line[100];
            printf("read %s", fgets(line, sizeof line, stdin) != NULL ? line : "nothing\n");
        } else {
            tick(word);
        }
    }
    printf("done %d\n", seen);
    return status;
}
