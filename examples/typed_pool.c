/* typed_pool.c: a pool of one type, made from a template: no casts, and a pool that was set up for
 * another type is refused. */
#include <stdio.h>

typedef struct particle {
    double x;
    double speed;
    struct particle *next;
} particle;

#define CH_POOL_NAME particles
#define CH_POOL_TYPE particle
#include <coldheap/tmpl/pool.h>

int main(void) {
    static _Alignas(64) unsigned char block[8192];
    ch_pool pool;
    ch_pool_options options = particles_options(64);
    ch_pool_options others = options;
    others.object_bytes = sizeof(double);
    if (particles_init(&pool, block, sizeof block, &others) != CH_EINVAL ||
        particles_init(&pool, block, sizeof block, &options) != CH_OK) {
        return 1;
    }
    particle *first = NULL;
    unsigned born = 0;
    for (unsigned step = 0; step < 1000; step++) {
        particle *one = particles_acquire(&pool);
        if (one != NULL) {
            *one = (particle){.x = 0, .speed = 1.0 + step % 7, .next = first};
            first = one;
            born++;
        }
        for (particle **link = &first; *link != NULL;) {
            particle *moved = *link;
            moved->x += moved->speed;
            if (moved->x < 100) {
                link = &moved->next;
                continue;
            }
            *link = moved->next; /* left the scene: its slot serves the next one */
            if (particles_release(&pool, moved) != CH_OK) {
                return 1;
            }
        }
    }
    printf("%u particles from %zu slots, %zu still there\n", born, ch_pool_capacity(&pool),
           ch_pool_in_use(&pool));
    return born > 64 && ch_pool_fini(&pool) == CH_OK ? 0 : 1;
}
