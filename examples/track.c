/* track.c: who takes how much. Two kinds of work run on a pool and a stack that share a tracker; at
 * the end it names the lines they were called from, what changed since a snapshot, and what was
 * never given back. */
#include <coldheap/pool.h>
#include <coldheap/stack.h>
#include <coldheap/track.h>

#include <stdio.h>

static void to_stdout(void *context, const char *bytes, size_t size_bytes) {
    (void)context;
    (void)fwrite(bytes, 1, size_bytes, stdout);
}

/* Leaves every tenth object behind. */
static bool forgetful(ch_pool *pool, size_t rounds) {
    for (size_t i = 0; i < rounds; i++) {
        void *object = ch_pool_acquire(pool);
        if (object == NULL || (i % 10 != 0 && ch_pool_release(pool, object) != CH_OK)) {
            return false;
        }
    }
    return true;
}

static bool tidy(ch_stack *stack, size_t rounds) {
    for (size_t i = 0; i < rounds; i++) {
        void *block = ch_stack_alloc(stack, 48, 16);
        if (block == NULL || ch_stack_free(stack, block, 48) != CH_OK) {
            return false;
        }
    }
    return true;
}

int main(void) {
    static CH_ALIGNED(64) uint8_t tables[65536];
    static CH_ALIGNED(64) uint8_t objects[16384];
    static CH_ALIGNED(64) uint8_t blocks[32768];
    static CH_ALIGNED(8) uint8_t sites[4096];
    const ch_tracker_options few = {.sites_max = 64, .live_max = 256, .name = "example"};
    const ch_pool_options words = {.object_bytes = 64, .align = 64, .count = 100};
    const ch_track_sink out = {.write = to_stdout};
    ch_tracker tracker = {0};
    ch_pool pool;
    ch_stack stack;
    if (ch_tracker_init(&tracker, tables, sizeof tables, &few) != CH_OK ||
        ch_pool_init(&pool, objects, sizeof objects, &words) != CH_OK ||
        ch_stack_init(&stack, blocks, sizeof blocks, NULL) != CH_OK ||
        ch_pool_track(&pool, &tracker) != CH_OK || ch_stack_track(&stack, &tracker) != CH_OK) {
        return 1;
    }
    ch_track_snapshot before;
    if (ch_track_snapshot_take(&before, sites, sizeof sites, &tracker) != CH_OK ||
        !forgetful(&pool, 200) || !tidy(&stack, 500) || ch_track_print(&tracker, &out) != CH_OK) {
        return 1;
    }
    static CH_ALIGNED(8) uint8_t later[4096];
    ch_track_snapshot after;
    printf("changed:\n");
    if (ch_track_snapshot_take(&after, later, sizeof later, &tracker) != CH_OK ||
        ch_track_diff(&before, &after, &out) != CH_OK) {
        return 1;
    }
    ch_tracker_figures figures;
    (void)ch_tracker_stats(&tracker, &figures);
    bool right = figures.kinds[CH_TRACK_POOL].current_bytes == 20 * 64 &&
                 figures.kinds[CH_TRACK_STACK].current_bytes == 0 && figures.sites == 2;
    (void)ch_pool_fini(&pool); /* patterns end before the tracker they are bound to */
    (void)ch_stack_fini(&stack);
    return right && ch_tracker_fini(&tracker) == CH_OK ? 0 : 1;
}
