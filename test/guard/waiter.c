/* waiter.c: a server in small: it takes memory, waits for events, and gives the memory back when it
 * ends. With an argument it takes more after the first wait. */
#define _GNU_SOURCE
#include <poll.h>
#include <stdlib.h>

#define BLOCK_COUNT 5
#define BLOCK_BYTES 1000

static void *volatile blocks[BLOCK_COUNT];
static void *volatile late;

static void give_back(void) {
    for (int i = 0; i < BLOCK_COUNT; i++) {
        free(blocks[i]);
    }
    free(late);
}

__attribute__((noinline)) static void steady_state(int argc) {
    if (argc > 1) {
        late = malloc(BLOCK_BYTES);
    }
}

int main(int argc, char **argv) {
    (void)argv;
    for (int i = 0; i < BLOCK_COUNT; i++) {
        blocks[i] = malloc(BLOCK_BYTES);
    }
    if (atexit(give_back) != 0) {
        return 2;
    }
    for (int round = 0; round < 3; round++) {
        (void)poll(NULL, 0, 1);
        steady_state(argc);
    }
    return 0;
}
