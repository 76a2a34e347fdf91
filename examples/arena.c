/* arena.c: requests served from one block. The program says how many bytes it will ever need before
 * it starts, works in rounds, and gives each round's memory back by one assignment. */
#include <coldheap/arena.h>

#include <stdio.h>
#include <string.h>

/* Words of a line, reversed, made in the arena. */
static const char *reversed(ch_arena *arena, const char *line) {
    size_t size = strlen(line);
    char *out = ch_arena_alloc(arena, size + 1, 1);
    if (out == NULL) {
        return "(no room)"; /* exhaustion is an answer, not a crash */
    }
    size_t end = size;
    size_t at = 0;
    for (size_t i = size; i-- > 0;) {
        if (i == 0 || line[i - 1] == ' ') {
            memcpy(out + at, line + i, end - i);
            at += end - i;
            out[at++] = ' ';
            end = i > 0 ? i - 1 : 0;
        }
    }
    out[size] = 0;
    return out;
}

int main(void) {
    static uint8_t block[256];
    static const char *const LINES[] = {"hot path cold heap", "everything is reserved before"};
    ch_arena arena;
    if (ch_arena_init(&arena, block, sizeof block, NULL) != CH_OK) {
        return 1;
    }
    for (int round = 0; round < 1000; round++) {
        ch_arena_point start = ch_arena_mark(&arena);
        for (size_t i = 0; i < 2; i++) {
            const char *line = reversed(&arena, LINES[i]);
            if (round == 0) {
                printf("%s\n", line);
            }
        }
        (void)ch_arena_release(&arena, start);
    }
    printf("in use afterwards: %zu of %zu bytes\n", ch_arena_used(&arena),
           ch_arena_capacity(&arena));
    return ch_arena_fini(&arena) == CH_OK ? 0 : 1;
}
