/* region.c: one range of addresses, reserved once, that memory is put behind as it is needed. The
 * program takes 1 GiB of addresses, pays for 64 KiB, hands them to an arena, and gives them back.
 */
#include <coldheap/arena.h>
#include <coldheap/region.h>

#include <stdio.h>

#define KIB ((size_t)1024)

int main(void) {
    const ch_region_options wish = {.size_bytes = KIB * KIB * KIB,
                                    .name = "example",
                                    .guard_high = true, /* running off the end is noticed */
                                    .page = CH_PAGE_THP /* wanted: normal pages will do */};
    ch_region region;
    ch_region_facts facts;
    if (ch_region_reserve(&region, &wish) != CH_OK) {
        puts("no address space");
        return 1;
    }
    if (ch_region_commit(&region, 0, 64 * KIB) != CH_OK ||
        ch_region_prefault(&region, 0, 64 * KIB) != CH_OK ||
        ch_region_info(&region, &facts) != CH_OK) {
        return 1;
    }
    ch_arena arena; /* any object that takes the caller's memory */
    if (ch_arena_init(&arena, region.base, 64 * KIB, NULL) != CH_OK) {
        return 1;
    }
    uint32_t *squares = CH_ARENA_ARRAY(&arena, uint32_t, 1000);
    for (uint32_t i = 0; squares != NULL && i < 1000; i++) {
        squares[i] = i * i;
    }
    printf("%zu KiB of addresses from one call, 64 KiB of memory; 999 squared is %u\n",
           facts.size_bytes / KIB, squares != NULL ? squares[999] : 0);
    printf("inside: %s, past the end: %s\n", ch_region_contains(&region, squares) ? "yes" : "no",
           ch_region_contains(&region, region.base + region.size_bytes) ? "yes" : "no");
    return ch_arena_fini(&arena) == CH_OK && ch_region_fini(&region) == CH_OK ? 0 : 1;
}
