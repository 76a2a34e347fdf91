/* kinds.c: a pool per kind of object, all in one block whose size is known before. A word of
 * another program's kind of object cannot slip into the wrong pool: types are checked where they
 * meet. */
#include <coldheap/kinds.h>

#include <stdio.h>

typedef struct frame {
    unsigned char code[48];
    unsigned depth;
} frame;

#define CH_POOL_NAME frames
#define CH_POOL_TYPE frame
#include <coldheap/tmpl/pool.h>

int main(void) {
    static _Alignas(64) unsigned char block[16384];
    static ch_pools set;
    ch_pool_spec specs[CH_KIND_COUNT];
    ch_kinds_options options = {.counts = {[CH_KIND_U256] = 100, [CH_KIND_FRAME] = 8}};
    options.object_bytes[CH_KIND_FRAME] = sizeof(frame);
    options.aligns[CH_KIND_FRAME] = _Alignof(frame);
    if (ch_kinds_specs(specs, &options) != CH_OK ||
        ch_pools_init(&set, block, sizeof block, specs, CH_KIND_COUNT) != CH_OK) {
        return 1;
    }
    printf("bytes needed: %zu\n", ch_pools_footprint(specs, CH_KIND_COUNT));

    ch_pool *pool = ch_pools_get(&set, CH_KIND_FRAME);
    if (!frames_fits(pool) || ch_pools_get(&set, CH_KIND_ACCOUNT) != NULL) {
        return 1;
    }
    frame *calls[9];
    unsigned depth = 0;
    while ((calls[depth] = frames_acquire(pool)) != NULL) {
        calls[depth]->depth += depth; /* frames come zeroed */
        depth++;
    }
    printf("frames until none was left: %u, utilization %.2f\n", depth,
           ch_pools_utilization(&set, CH_KIND_FRAME));
    while (depth-- > 0) {
        if (calls[depth]->depth != depth || frames_release(pool, calls[depth]) != CH_OK) {
            return 1;
        }
    }
    printf("available again: %zu\n", ch_pools_available(&set, CH_KIND_FRAME));
    return ch_pools_fini(&set) == CH_OK ? 0 : 1;
}
