/* region.c: a table that may become large lies at one address from the start: address space for all
 * of it is reserved, memory is there for what is used, and goes back when the load is over. */
#include <coldheap/region.h>

#include <stdio.h>

#define RESERVED ((size_t)1 << 30) /* 1 GiB, of which nothing exists yet */
#define STEP     ((size_t)1 << 20)

int main(void) {
    const ch_region_options options = {.size_bytes = RESERVED, .name = "table", .guard_high = true};
    ch_region region = {0};
    ch_region_facts facts;
    if (ch_region_reserve(&region, &options) != CH_OK) {
        return 1;
    }
    unsigned *table = (unsigned *)(void *)region.base;
    const unsigned *first = table; /* stays: growing never moves it */
    for (size_t step = 0; step < 4; step++) {
        if (ch_region_commit(&region, step * STEP, STEP) != CH_OK) {
            return 1; /* the system refused: nothing changed */
        }
        for (size_t i = 0; i < STEP / sizeof *table; i++) {
            table[step * (STEP / sizeof *table) + i] = (unsigned)step + 1;
        }
    }
    if (ch_region_decommit(&region, STEP, 3 * STEP) != CH_OK ||
        ch_region_commit(&region, STEP, STEP) != CH_OK ||
        ch_region_info(&region, &facts) != CH_OK) {
        return 1;
    }
    printf("%zu MiB reserved as '%s', first word %u, a page that came back %u\n",
           facts.size_bytes >> 20, facts.name, *first, table[STEP / sizeof *table]);
    return ch_region_fini(&region) == CH_OK ? 0 : 1;
}
