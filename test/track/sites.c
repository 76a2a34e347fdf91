/* sites.c: forty functions, each with a place of its own that allocates 10 bytes; nothing else. */
#include <stdlib.h>

static void *volatile kept;

#define PLACE(n)                                                                                   \
    __attribute__((noinline)) static void place_##n(void) {                                        \
        kept = malloc(10);                                                                         \
        free(kept);                                                                                \
    }
#define TEN(X, t) X(t##0) X(t##1) X(t##2) X(t##3) X(t##4) X(t##5) X(t##6) X(t##7) X(t##8) X(t##9)
#define CALL(n)   place_##n();

TEN(PLACE, 1)
TEN(PLACE, 2)
TEN(PLACE, 3)
TEN(PLACE, 4)

int main(void) {
    TEN(CALL, 1)
    TEN(CALL, 2)
    TEN(CALL, 3)
    TEN(CALL, 4)
    return 0;
}
