/* sanitizer.c: a heap call in a hot section, and behind it, on demand, the bug that a sanitizer or
 * valgrind looks for. Each tool must find its own, and the guard the call. */
#include <coldheap/hot.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int shared;
static char *volatile lost;

__attribute__((noinline)) static int tick(size_t size) {
    CH_HOT_SCOPE("tick");
    char *volatile block = malloc(size);
    block[0] = 1;
    const int first = block[0];
    free(block);
    return first;
}

static void *race(void *unused) {
    for (int i = 0; i < 10000; i++) {
        shared++;
    }
    return unused;
}

static void run_race(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        (void)pthread_create(&threads[i], NULL, race, NULL);
    }
    for (int i = 0; i < 2; i++) {
        (void)pthread_join(threads[i], NULL);
    }
}

int main(int argc, char **argv) {
    const char *bug = argc > 1 ? argv[1] : "";
    char *volatile block = malloc(16);
    tick(24);
    puts("ran");
    (void)fflush(stdout);
    if (strcmp(bug, "address") == 0) {
        free(block);
        return block[3];
    }
    if (strcmp(bug, "thread") == 0) {
        run_race();
    } else if (strcmp(bug, "leak") == 0) {
        lost = malloc(77);
        lost = NULL;
    } else if (strcmp(bug, "memory") == 0 && block[5] != 0) {
        puts("odd");
    }
    free(block);
    return 0;
}
