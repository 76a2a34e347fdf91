/* engine.c: a project that uses the guard: prices come in, and each tick keeps a moving mean. All
 * memory is taken before the first tick; `ctest` shows that no tick touches the heap (engine/hot)
 * and that no tick can (engine/proof). With ENGINE_BROKEN one helper copies a name, and both fail.
 */
#include <coldheap/hot.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 64, TICKS = 10000 };

typedef struct engine {
    double *window;
    size_t next;
    double sum;
    const char *symbol;
} engine;

static double price_at(unsigned tick) {
    return 100.0 + (double)(tick * 2654435761u >> 24) / 256.0;
}

static size_t symbol_length(const engine *e) {
#ifdef ENGINE_BROKEN
    char *copy = strdup(e->symbol);
    size_t length = strlen(copy);
    free(copy);
    return length;
#else
    return strlen(e->symbol);
#endif
}

/* Proved and checked: the attribute makes it a root of the proof, the scope arms the run time. */
CH_HOT_FN static double tick(engine *e, double price) {
    CH_HOT_SCOPE("tick");
    e->sum += price - e->window[e->next];
    e->window[e->next] = price;
    e->next = (e->next + 1) % WINDOW;
    return e->sum / WINDOW + (double)symbol_length(e);
}

int main(void) {
    engine e = {.window = calloc(WINDOW, sizeof(double)), .symbol = "COLD"};
    double mean = 0;
    if (e.window == NULL) {
        return 1;
    }
    for (unsigned i = 0; i < TICKS; i++) {
        mean = tick(&e, price_at(i));
    }
    printf("mean %.3f\n", mean);
    free(e.window);
    return 0;
}
