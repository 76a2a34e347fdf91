/* vec.c: the moves of a game, taken back one by one. The vector lies where it is declared and says
 * when it is full. */
#include <stdio.h>

typedef struct move {
    unsigned char from;
    unsigned char to;
} move;

#define CH_VEC_NAME moves
#define CH_VEC_TYPE move
#define CH_VEC_CAP  16
#include <coldheap/tmpl/vec.h>

int main(void) {
    moves played;
    if (moves_init(&played) != CH_OK) {
        return 1;
    }
    unsigned refused = 0;
    for (unsigned char i = 0; i < 20; i++) {
        move one = {i, (unsigned char)(i + 8)};
        if (moves_push(&played, &one) == CH_EFULL) {
            refused++;
        }
    }
    move back = {0, 0};
    (void)moves_pop(&played, &back);
    (void)moves_remove_at(&played, 0);
    printf("%zu moves of at most %zu, %u refused, the first from %u, taken back %u-%u\n",
           moves_count(&played), moves_capacity(&played), refused, moves_get(&played, 0)->from,
           back.from, back.to);
    bool good = refused == 4 && back.from == 15 && moves_count(&played) == 14 &&
                moves_get(&played, 14) == NULL;
    return good ? 0 : 1;
}
