/* manager.c: all memory of an interpreter's thread in one range. Its bytes are known before it
 * starts; a run takes words, buffers, stack blocks and scratch from it and gives all of it back. */
#include <coldheap/manager.h>

#include <stdio.h>

/* One run: a frame, its words on the stack, its input in a buffer, its result in an arena. */
static bool run(ch_manager *manager, uint64_t seed) {
    ch_pool *frames = ch_manager_pool(manager, CH_KIND_FRAME);
    ch_stack *stack = ch_manager_stack(manager);
    ch_buffer input = {0};
    uint64_t *frame = ch_pool_acquire(frames);
    uint64_t *result = CH_ARENA_NEW(ch_manager_arena(manager, CH_ARENAS_EXECUTION), uint64_t);
    if (frame == NULL || result == NULL || ch_stack_mark(stack) != CH_OK ||
        ch_manager_buffer_acquire(manager, &input, 200) != CH_OK) {
        return false;
    }
    (void)ch_buffer_write(&input, &seed, sizeof seed);
    for (size_t i = 0; i < 16; i++) {
        uint64_t *word = ch_stack_alloc(stack, 32, 8);
        if (word == NULL) {
            return false;
        }
        *word = seed * i;
        *frame += *word;
    }
    *result = *frame;
    return ch_stack_release(stack) == CH_OK &&
           ch_manager_buffer_release(manager, &input) == CH_OK &&
           ch_pool_release(frames, frame) == CH_OK && ch_manager_arenas_reset(manager) == CH_OK;
}

int main(void) {
    ch_manager_config config = ch_manager_balanced();
    config.frame_bytes = 256;
    config.limit_bytes = (size_t)4 << 20;
    config.name = "core 0";
    const char *field = NULL;
    if (ch_manager_config_check(&config, &field) != CH_OK) {
        printf("bad field: %s\n", field);
        return 1;
    }
    ch_manager_part parts[CH_MANAGER_PARTS];
    (void)ch_manager_layout(&config, parts);
    for (size_t i = 0; i < CH_MANAGER_PARTS; i++) {
        printf("%-12s %8zu bytes at %zu\n", parts[i].name, parts[i].size_bytes, parts[i].offset);
    }
    ch_manager *manager = NULL;
    if (ch_manager_init_region(&manager, &config, NULL) != CH_OK) {
        return 1;
    }
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        if (!run(manager, seed)) {
            return 1;
        }
    }
    ch_manager_figures figures;
    (void)ch_manager_stats(manager, &figures);
    printf("%zu bytes, of which %zu were touched\n", figures.footprint_bytes,
           figures.touched_bytes);
    static char json[8192];
    (void)ch_manager_stats_json(manager, json, sizeof json);
    printf("%s\n", json);
    bool right = figures.pool_acquisitions == 1000 && figures.stack_allocations == 16000 &&
                 figures.buffer_acquisitions == 1000 && figures.arena_allocations == 1000 &&
                 figures.pool_in_use == 0 && figures.arena_used_bytes == 0;
    return right && ch_manager_fini(manager) == CH_OK ? 0 : 1;
}
