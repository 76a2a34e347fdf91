/* steady.c: the same heap calls in every run, in functions of known names: blocks and bytes of the
 * tracker are compared with those of Valgrind's DHAT, builds with each other.
 *
 *   steady [STATUS [LATE]]: LATE calls of rare() before its one allocation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct node {
    struct node *next;
    char text[24];
} node;

static void *volatile kept; /* or the compiler drops pairs */

__attribute__((noinline)) static char *normalize_key(const char *text) {
    char *key = strdup(text);
    kept = key;
    return key;
}

__attribute__((noinline)) static node *add_node(node *head) {
    node *made = malloc(sizeof *made);
    kept = made;
    made->next = head;
    return made;
}

__attribute__((noinline)) static void parse_config(int count) {
#ifdef EXTRA
    kept = malloc(3);
    free(kept);
#endif
    for (int i = 0; i < count; i++) {
        char *key = normalize_key("name of a setting");
        kept = calloc(3, (size_t)i + 1);
        free(kept);
        free(key);
    }
}

__attribute__((noinline)) static void aligned(void) {
    void *block = NULL;
    if (posix_memalign(&block, 256, 1000) == 0) {
        kept = block;
        free(block);
    }
    kept = aligned_alloc(64, 640);
    free(kept);
}

__attribute__((noinline)) static void forget(void) {
    kept = malloc(77);
    kept = malloc(77);
}

/* Allocates only in its 1,000th call. */
__attribute__((noinline)) static void rare(int call) {
    if (call == 999) {
        kept = malloc(5);
        free(kept);
    }
}

int main(int argc, char **argv) {
    int status = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
    int late = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
    node *head = NULL;
    for (int i = 0; i < 500; i++) {
        head = add_node(head);
    }
    for (int i = 0; i < 200; i++) {
        node *next = head->next;
        free(head);
        head = next;
    }
    parse_config(100);
    aligned();
    forget();
    for (int i = 0; i < late; i++) {
        rare(i);
    }
    (void)puts("answer");
    return status;
}
