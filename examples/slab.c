/* slab.c: messages of mixed sizes from one block of memory. How much it takes is known before the
 * first message; what does not fit is refused, and nothing was leaked at the end. */
#include <coldheap/slab.h>

#include <stdio.h>
#include <string.h>

#define WAITING 8

int main(void) {
    static const size_t SIZES[] = {32, 128, 512};
    static const size_t COUNTS[] = {8, 8, 6};
    static _Alignas(64) unsigned char block[8192];
    const ch_slab_options options = {
        .sizes = SIZES, .class_count = 3, .counts = COUNTS, .name = "messages"};
    ch_slab slab;
    char *waiting[WAITING] = {0};
    unsigned refused = 0;
    printf("bytes needed: %zu\n", ch_slab_footprint(&options));
    if (ch_slab_init(&slab, block, sizeof block, &options) != CH_OK) {
        return 1;
    }
    for (size_t i = 0; i < 100; i++) {
        size_t length = (i * 97) % 500;
        char **place = &waiting[i % WAITING];
        if (*place != NULL && ch_slab_release(&slab, *place) != CH_OK) {
            return 1;
        }
        *place = ch_slab_acquire(&slab, length + 1);
        if (*place == NULL) {
            refused++; /* exhaustion is an answer, not a crash */
            continue;
        }
        memset(*place, 'x', length);
        (*place)[length] = 0;
    }
    ch_slab_figures figures;
    if (ch_slab_stats(&slab, &figures) != CH_OK || figures.failures != refused) {
        return 1;
    }
    printf("sent %llu, refused %u, still waiting %zu\n", (unsigned long long)figures.acquires,
           refused, figures.in_use);
    return ch_slab_reset(&slab) == CH_OK && ch_slab_fini(&slab) == CH_OK ? 0 : 1;
}
