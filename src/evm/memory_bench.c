/* memory_bench.c: the speed lines of EVM memory that are about growth and frames, each beside raw
 * memory and two other designs (memory_rivals.h). All pay the same gas. Every group states its
 * targets; the harness prints ok or MISS. Words and copies: memory_access_bench.c. */
#include "memory_rig.h"
#include "memory_rivals.h"

#include "bench.h"

#define GAS INT64_MAX

/* ---- Growth in steps of one word ---------------------------------------------------------------
 */

#define STEPS 128u /* words of a frame before it starts again */

static uint64_t steps_cold(void *context, uint64_t iterations) {
    chevm_memory *m = context;
    int64_t gas = GAS;
    uint64_t end = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        end += 32;
        if (end > 32 * STEPS) {
            chevm_memory_reset(m);
            end = 32;
        }
        (void)chevm_memory_grow(m, end, &gas);
        m->data[end - 1] = (uint8_t)i;
    }
    chevm_memory_reset(m);
    return (uint64_t)gas;
}

static uint64_t steps_block(void *context, uint64_t iterations) {
    block_memory *m = context;
    int64_t gas = GAS;
    uint64_t end = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        end += 32;
        if (end > 32 * STEPS) {
            m->size = 0;
            m->cost = 0;
            end = 32;
        }
        (void)block_grow(m, end, &gas);
        m->data[end - 1] = (uint8_t)i;
    }
    m->size = 0;
    m->cost = 0;
    return (uint64_t)gas;
}

static uint64_t steps_vector(void *context, uint64_t iterations) {
    vector_memory *m = context;
    int64_t gas = GAS;
    uint64_t end = 0;
    vector_open(m);
    for (uint64_t i = 0; i < iterations; i++) {
        end += 32;
        if (end > 32 * STEPS) {
            vector_close(m);
            vector_open(m);
            end = 32;
        }
        (void)vector_grow(m, end, &gas);
        m->data[m->checkpoint + end - 1] = (uint8_t)i;
    }
    vector_close(m);
    return (uint64_t)gas;
}

BENCH_GROUP(step_32_warm) {
    memory_rig rig;
    block_memory block;
    vector_memory vector;
    (void)rig_init(&rig, MEMORY_REGION, 64 * MIB);
    block_open(&block);
    vector_init(&vector);
    ch_bench_add("cold", steps_cold, &rig.memory);
    ch_bench_expect_no_heap();
    ch_bench_add("realloc", steps_block, &block);
    ch_bench_add("vector", steps_vector, &vector);
    ch_bench_target("32-byte step, warm", 2);
    ch_bench_run();
    rig_fini(&rig);
    block_close(&block);
    free(vector.data);
}

/* ---- One expansion -----------------------------------------------------------------------------
 */

/* Expand at once to `bytes`, write the first and the last byte, start again. */
typedef struct expansion {
    chevm_memory *memory;
    block_memory *block;
    vector_memory *vector;
    uint64_t bytes;
    uint8_t *zeroed; /* expand_cold_clean: all zero, frames * bytes long */
    uint64_t frames;
} expansion;

static uint64_t expand_cold(void *context, uint64_t iterations) {
    const expansion *e = context;
    int64_t gas = GAS;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm_memory_frame parent;
        chevm_memory_open(e->memory, &parent);
        (void)chevm_memory_grow(e->memory, e->bytes, &gas);
        e->memory->data[0] = 1;
        e->memory->data[e->bytes - 1] = 1;
        chevm_memory_close(e->memory, &parent);
    }
    return (uint64_t)gas;
}

/* The same where the memory is resident and was never written: frames go down a zeroed range. */
static uint64_t expand_cold_clean(void *context, uint64_t iterations) {
    const expansion *e = context;
    const chevm_memory_options options = {.limit_bytes = e->frames * e->bytes, .zeroed = true};
    int64_t gas = GAS;
    chevm_memory_frame parents[64];
    uint64_t depth = e->frames;
    for (uint64_t i = 0; i < iterations; i++) {
        if (depth == e->frames) {
            (void)chevm_memory_init_plain(e->memory, e->zeroed, options.limit_bytes, &options);
            depth = 0;
        }
        chevm_memory_open(e->memory, &parents[depth++]);
        (void)chevm_memory_grow(e->memory, e->bytes, &gas);
        e->memory->data[0] = 1;
        e->memory->data[e->bytes - 1] = 1;
        BENCH_KEEP(e->memory->data);
        e->memory->data[0] = 0;
        e->memory->data[e->bytes - 1] = 0;
    }
    return (uint64_t)gas;
}

static uint64_t expand_block(void *context, uint64_t iterations) {
    const expansion *e = context;
    int64_t gas = GAS;
    for (uint64_t i = 0; i < iterations; i++) {
        e->block->size = 0;
        e->block->cost = 0;
        (void)block_grow(e->block, e->bytes, &gas);
        e->block->data[0] = 1;
        e->block->data[e->bytes - 1] = 1;
    }
    return (uint64_t)gas;
}

static uint64_t expand_vector(void *context, uint64_t iterations) {
    const expansion *e = context;
    int64_t gas = GAS;
    for (uint64_t i = 0; i < iterations; i++) {
        vector_open(e->vector);
        (void)vector_grow(e->vector, e->bytes, &gas);
        e->vector->data[e->vector->checkpoint] = 1;
        e->vector->data[e->vector->length - 1] = 1;
        vector_close(e->vector);
    }
    return (uint64_t)gas;
}

static uint64_t expand_raw(void *context, uint64_t iterations) {
    const expansion *e = context;
    const uint64_t words = e->bytes / 32;
    for (uint64_t i = 0; i < iterations; i++) {
        memset(e->block->data, 0, e->bytes);
        BENCH_KEEP(e->block->data);
    }
    return (uint64_t)GAS - iterations * (3 * words + words * words / 512);
}

static void run_expansion(uint64_t bytes, bool clean) {
    memory_rig rig;
    block_memory block;
    vector_memory vector;
    (void)rig_init(&rig, MEMORY_REGION, 64 * MIB);
    block_open(&block);
    vector_init(&vector);
    int64_t gas = GAS;
    (void)block_grow(&block, bytes, &gas);
    chevm_memory plain;
    expansion ours = {.memory = clean ? &plain : &rig.memory, .bytes = bytes, .frames = 60};
    expansion rivals = {.block = &block, .vector = &vector, .bytes = bytes};
    if (clean) {
        ours.zeroed = aligned_alloc(4096, ours.frames * bytes);
        memset(ours.zeroed, 0, ours.frames * bytes); /* resident */
    }
    ch_bench_check_iterations(60);
    ch_bench_add("cold", clean ? expand_cold_clean : expand_cold, &ours);
    ch_bench_expect_no_heap();
    ch_bench_add("raw", expand_raw, &rivals);
    ch_bench_add("realloc", expand_block, &rivals);
    ch_bench_add("vector", expand_vector, &rivals);
    ch_bench_run();
    free(ours.zeroed);
    rig_fini(&rig);
    block_close(&block);
    free(vector.data);
}

BENCH_GROUP(expand_1k) {
    ch_bench_target("expansion to 1 KiB, warm, over old bytes", 100);
    run_expansion(KIB, false);
}

BENCH_GROUP(expand_1m) {
    ch_bench_target("expansion to 1 MiB, warm", 1000);
    run_expansion(MIB, true);
}

BENCH_GROUP(expand_1m_over_old_bytes) {
    ch_bench_target_ratio("expansion to 1 MiB over old bytes", "raw", 1.10);
    run_expansion(MIB, false);
}

static uint64_t expand_gib(void *context, uint64_t iterations) {
    uint64_t sum = 0;
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        memory_rig rig;
        int64_t gas = GAS;
        sum += rig_init(&rig, MEMORY_REGION, (size_t)KIB * MIB);
        sum += chevm_memory_grow(&rig.memory, (uint64_t)KIB * MIB, &gas);
        sum += rig.memory.data[KIB * (uint64_t)MIB - 1] == 0;
        rig_fini(&rig);
    }
    return sum;
}

BENCH_GROUP(expand_1g_from_reservation_to_release) {
    ch_bench_check_iterations(1);
    ch_bench_add("cold", expand_gib, NULL);
    ch_bench_expect_no_heap();
    ch_bench_target("reserve, expand to 1 GiB at once, release", 1e6);
    ch_bench_run();
}

/* ---- Frames ------------------------------------------------------------------------------------
 */

static uint64_t frame_cold(void *context, uint64_t iterations) {
    chevm_memory *m = context;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm_memory_frame parent;
        chevm_memory_open(m, &parent);
        BENCH_KEEP(m);
        chevm_memory_close(m, &parent);
        BENCH_KEEP(m);
    }
    return m->size;
}

static uint64_t frame_block(void *context, uint64_t iterations) {
    const block_memory *parent = context;
    for (uint64_t i = 0; i < iterations; i++) {
        block_memory child;
        block_open(&child);
        BENCH_KEEP(&child);
        block_close(&child);
    }
    return parent->size;
}

static uint64_t frame_vector(void *context, uint64_t iterations) {
    vector_memory *m = context;
    for (uint64_t i = 0; i < iterations; i++) {
        vector_open(m);
        BENCH_KEEP(m);
        vector_close(m);
        BENCH_KEEP(m);
    }
    return m->length;
}

BENCH_GROUP(child_open_and_close) {
    memory_rig rig;
    block_memory block;
    static vector_memory vector;
    int64_t gas = GAS;
    (void)rig_init(&rig, MEMORY_REGION, 4 * MIB);
    block_open(&block);
    vector_init(&vector);
    (void)chevm_memory_grow(&rig.memory, 160, &gas);
    (void)block_grow(&block, 160, &gas);
    (void)vector_grow(&vector, 160, &gas);
    ch_bench_add("cold", frame_cold, &rig.memory);
    ch_bench_expect_no_heap();
    ch_bench_add("realloc", frame_block, &block);
    ch_bench_add("vector", frame_vector, &vector);
    ch_bench_target("child open and close", 10);
    ch_bench_run();
    rig_fini(&rig);
    block_close(&block);
    free(vector.data);
}

/* 1024 frames deep, each of 4 KiB that older frames wrote and that have left the inner caches. */
static uint64_t deep_cold(void *context, uint64_t iterations) {
    chevm_memory *m = context;
    static chevm_memory_frame frames[DEPTH_MAX];
    int64_t gas = GAS;
    uint64_t done = 0;
    while (done < iterations) {
        uint64_t depth = 0;
        for (; depth < DEPTH_MAX && done < iterations; depth++, done++) {
            chevm_memory_open(m, &frames[depth]);
            (void)chevm_memory_grow(m, 4 * KIB, &gas);
            m->data[done % (4 * KIB)] = 1;
        }
        while (depth-- > 0) {
            chevm_memory_close(m, &frames[depth]);
        }
    }
    return (uint64_t)gas;
}

static uint64_t deep_block(void *context, uint64_t iterations) {
    static block_memory frames[DEPTH_MAX];
    int64_t gas = GAS;
    uint64_t done = 0;
    (void)context;
    while (done < iterations) {
        uint64_t depth = 0;
        for (; depth < DEPTH_MAX && done < iterations; depth++, done++) {
            block_open(&frames[depth]);
            (void)block_grow(&frames[depth], 4 * KIB, &gas);
            frames[depth].data[done % (4 * KIB)] = 1;
        }
        while (depth-- > 0) {
            block_close(&frames[depth]);
        }
    }
    return (uint64_t)gas;
}

static uint64_t deep_vector(void *context, uint64_t iterations) {
    vector_memory *m = context;
    int64_t gas = GAS;
    uint64_t done = 0;
    while (done < iterations) {
        uint64_t depth = 0;
        for (; depth < DEPTH_MAX && done < iterations; depth++, done++) {
            vector_open(m);
            (void)vector_grow(m, 4 * KIB, &gas);
            m->data[m->checkpoint + done % (4 * KIB)] = 1;
        }
        while (depth-- > 0) {
            vector_close(m);
        }
    }
    return (uint64_t)gas;
}

BENCH_GROUP(cold_frame_of_4k) {
    memory_rig rig;
    static vector_memory vector;
    (void)rig_init(&rig, MEMORY_REGION, 8 * MIB);
    vector_init(&vector);
    ch_bench_check_iterations(DEPTH_MAX);
    ch_bench_add("cold", deep_cold, &rig.memory);
    ch_bench_expect_no_heap();
    ch_bench_add("realloc", deep_block, NULL);
    ch_bench_add("vector", deep_vector, &vector);
    ch_bench_target("cold frame of 4 KiB", 500);
    ch_bench_run();
    rig_fini(&rig);
    free(vector.data);
}

/* ---- A call tree as compilers write it: 160 bytes, a call, three more words
 * ---------------------- */

/* kept: the bytes of ended frames stay readable, as for a frame that returned data. */
CH_INLINE uint64_t tree(chevm_memory *m, uint64_t iterations, bool kept) {
    int64_t gas = GAS;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm_memory_frame parents[3];
        for (unsigned depth = 0; depth < 3; depth++) {
            chevm_memory_open(m, &parents[depth]);
            (void)chevm_memory_grow(m, 96, &gas);
            m->data[95] = 128;
            (void)chevm_memory_grow(m, 160, &gas);
            m->data[130] = 1;
        }
        for (unsigned depth = 3; depth-- > 0;) {
            for (uint64_t end = 192; end <= 256; end += 32) {
                (void)chevm_memory_grow(m, end, &gas);
                m->data[end - 1] = 1;
            }
            if (kept) {
                chevm_memory_close(m, &parents[depth]);
            } else {
                chevm_memory_close_wiped(m, &parents[depth]);
            }
        }
    }
    return (uint64_t)gas;
}

static uint64_t tree_cold(void *context, uint64_t iterations) {
    return tree(context, iterations, false);
}

static uint64_t tree_kept(void *context, uint64_t iterations) {
    return tree(context, iterations, true);
}

static uint64_t tree_block(void *context, uint64_t iterations) {
    int64_t gas = GAS;
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        block_memory frames[3];
        for (unsigned depth = 0; depth < 3; depth++) {
            block_open(&frames[depth]);
            (void)block_grow(&frames[depth], 96, &gas);
            frames[depth].data[95] = 128;
            (void)block_grow(&frames[depth], 160, &gas);
            frames[depth].data[130] = 1;
        }
        for (unsigned depth = 3; depth-- > 0;) {
            for (uint64_t end = 192; end <= 256; end += 32) {
                (void)block_grow(&frames[depth], end, &gas);
                frames[depth].data[end - 1] = 1;
            }
            block_close(&frames[depth]);
        }
    }
    return (uint64_t)gas;
}

static uint64_t tree_vector(void *context, uint64_t iterations) {
    vector_memory *m = context;
    int64_t gas = GAS;
    for (uint64_t i = 0; i < iterations; i++) {
        for (unsigned depth = 0; depth < 3; depth++) {
            vector_open(m);
            (void)vector_grow(m, 96, &gas);
            m->data[m->checkpoint + 95] = 128;
            (void)vector_grow(m, 160, &gas);
            m->data[m->checkpoint + 130] = 1;
        }
        for (unsigned depth = 3; depth-- > 0;) {
            for (uint64_t end = 192; end <= 256; end += 32) {
                (void)vector_grow(m, end, &gas);
                m->data[m->checkpoint + end - 1] = 1;
            }
            vector_close(m);
        }
    }
    return (uint64_t)gas;
}

BENCH_GROUP(three_calls_as_compilers_write_them) {
    memory_rig rig;
    static vector_memory vector;
    (void)rig_init(&rig, MEMORY_REGION, 4 * MIB);
    vector_init(&vector);
    ch_bench_add("cold", tree_cold, &rig.memory);
    ch_bench_expect_no_heap();
    ch_bench_add("cold, bytes kept", tree_kept, &rig.memory);
    ch_bench_expect_no_heap();
    ch_bench_add("realloc", tree_block, NULL);
    ch_bench_add("vector", tree_vector, &vector);
    ch_bench_target_ratio("faster than a block per frame", "realloc", 1);
    ch_bench_target_ratio("faster than a vector with checkpoints", "vector", 1);
    ch_bench_run();
    rig_fini(&rig);
    free(vector.data);
}
