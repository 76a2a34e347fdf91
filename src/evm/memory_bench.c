/* memory_bench.c: the speed lines of EVM memory, each beside raw memory and the two designs other
 * machines use, written here in their best plain form:
 *
 *   realloc   one malloc'ed block per frame, 4 KiB at first, doubled by realloc, new bytes memset
 *   vector    one malloc'ed vector for all frames, a checkpoint per frame, doubled by realloc, new
 *             bytes memset, a frame ends by cutting the vector back
 *
 * All pay the same gas. Every group states its targets; the harness prints ok or MISS. */
#include "memory_rig.h"

#include "bench.h"

#define KIB       1024u
#define MIB       (1024u * KIB)
#define GAS       INT64_MAX
#define DEPTH_MAX 1024u

/* ---- Rival: doubling realloc, a block per frame ------------------------------------------------
 */

typedef struct block_memory {
    uint8_t *data;
    uint64_t size;
    uint64_t capacity;
    uint64_t cost;
} block_memory;

static void block_open(block_memory *m) {
    *m = (block_memory){.data = malloc(4 * KIB), .capacity = 4 * KIB};
    if (m->data == NULL) {
        abort();
    }
}

static void block_close(block_memory *m) {
    free(m->data);
}

CH_NOINLINE static void block_enlarge(block_memory *m, uint64_t size) {
    while (m->capacity < size) {
        m->capacity *= 2;
    }
    m->data = realloc(m->data, m->capacity);
    if (m->data == NULL) {
        abort();
    }
}

CH_INLINE bool block_grow(block_memory *m, uint64_t end, int64_t *gas) {
    if (end <= m->size) {
        return true;
    }
    const uint64_t size = (end + 31) & ~(uint64_t)31;
    const uint64_t words = size / 32;
    const uint64_t cost = 3 * words + words * words / 512;
    *gas -= (int64_t)(cost - m->cost);
    if (*gas < 0) {
        return false;
    }
    if (size > m->capacity) {
        block_enlarge(m, size);
    }
    memset(m->data + m->size, 0, size - m->size);
    m->size = size;
    m->cost = cost;
    return true;
}

/* ---- Rival: one vector, a checkpoint per frame -------------------------------------------------
 */

typedef struct vector_memory {
    uint8_t *data;
    uint64_t length;
    uint64_t capacity;
    uint64_t checkpoint; /* of the running frame */
    uint64_t cost;
    uint64_t stack[2 * (DEPTH_MAX + 1)];
    uint64_t depth;
} vector_memory;

static void vector_init(vector_memory *m) {
    *m = (vector_memory){.data = malloc(4 * KIB), .capacity = 4 * KIB};
    if (m->data == NULL) {
        abort();
    }
}

CH_INLINE void vector_open(vector_memory *m) {
    m->stack[2 * m->depth] = m->checkpoint;
    m->stack[2 * m->depth + 1] = m->cost;
    m->depth++;
    m->checkpoint = m->length;
    m->cost = 0;
}

CH_INLINE void vector_close(vector_memory *m) {
    m->depth--;
    m->length = m->checkpoint;
    m->checkpoint = m->stack[2 * m->depth];
    m->cost = m->stack[2 * m->depth + 1];
}

CH_NOINLINE static void vector_enlarge(vector_memory *m, uint64_t length) {
    while (m->capacity < length) {
        m->capacity *= 2;
    }
    m->data = realloc(m->data, m->capacity);
    if (m->data == NULL) {
        abort();
    }
}

CH_INLINE bool vector_grow(vector_memory *m, uint64_t end, int64_t *gas) {
    if (end <= m->length - m->checkpoint) {
        return true;
    }
    const uint64_t size = (end + 31) & ~(uint64_t)31;
    const uint64_t words = size / 32;
    const uint64_t cost = 3 * words + words * words / 512;
    *gas -= (int64_t)(cost - m->cost);
    if (*gas < 0) {
        return false;
    }
    const uint64_t length = m->checkpoint + size;
    if (length > m->capacity) {
        vector_enlarge(m, length);
    }
    memset(m->data + m->length, 0, length - m->length);
    m->length = length;
    m->cost = cost;
    return true;
}

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

/* ---- Words -------------------------------------------------------------------------------------
 */

#define SEQUENCE_BYTES (256u * KIB)
#define RANDOM_BYTES   MIB

static uint64_t words_cold(void *context, uint64_t iterations) {
    chevm_memory *m = context;
    chevm_u256 value = {{1, 2, 3, 4}};
    uint64_t offset = 0;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        if (offset < m->word_end) {
            chevm_memory_store(m, offset, &value);
        }
        sum += m->data[offset + 31];
        value.limbs[0] += 1;
        offset = (offset + 32) & (SEQUENCE_BYTES - 1);
    }
    return sum;
}

static uint64_t words_raw(void *context, uint64_t iterations) {
    uint8_t *data = context;
    chevm_u256 value = {{1, 2, 3, 4}};
    uint64_t offset = 0;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm_u256_to_be32(data + offset, &value);
        sum += data[offset + 31];
        value.limbs[0] += 1;
        offset = (offset + 32) & (SEQUENCE_BYTES - 1);
    }
    return sum;
}

BENCH_GROUP(words_in_sequence) {
    memory_rig rig;
    (void)rig_init(&rig, MEMORY_REGION, 4 * MIB);
    (void)chevm_memory_ensure(&rig.memory, SEQUENCE_BYTES, NULL);
    uint8_t *raw = calloc(1, SEQUENCE_BYTES);
    ch_bench_bytes(32);
    ch_bench_add("cold", words_cold, &rig.memory);
    ch_bench_expect_no_heap();
    ch_bench_add("raw", words_raw, raw);
    ch_bench_target("words in sequence at 5 GB/s: one word", 6.4);
    ch_bench_run();
    rig_fini(&rig);
    free(raw);
}

static uint64_t random_cold(void *context, uint64_t iterations) {
    chevm_memory *m = context;
    uint64_t offset = 12345;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm_u256 value = {{0, 0, 0, 0}};
        offset = offset * 0x9e3779b97f4a7c15u + 0x1234567;
        const uint64_t at = offset >> 44; /* 20 bits: 1 MiB */
        if (at < m->word_end) {
            chevm_memory_load(m, &value, at);
        }
        sum += value.limbs[0] ^ value.limbs[3];
    }
    return sum;
}

static uint64_t random_raw(void *context, uint64_t iterations) {
    const uint8_t *data = context;
    uint64_t offset = 12345;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm_u256 value;
        offset = offset * 0x9e3779b97f4a7c15u + 0x1234567;
        chevm_u256_from_be32(&value, data + (offset >> 44));
        sum += value.limbs[0] ^ value.limbs[3];
    }
    return sum;
}

BENCH_GROUP(words_at_random_in_1m) {
    memory_rig rig;
    (void)rig_init(&rig, MEMORY_REGION, 4 * MIB);
    (void)chevm_memory_ensure(&rig.memory, RANDOM_BYTES + 32, NULL);
    uint8_t *raw = malloc(RANDOM_BYTES + 32);
    for (uint64_t i = 0; i < RANDOM_BYTES + 32; i++) {
        raw[i] = (uint8_t)ch_bench_random();
    }
    (void)chevm_memory_set_data(&rig.memory, 0, raw, RANDOM_BYTES + 32);
    ch_bench_add("cold", random_cold, &rig.memory);
    ch_bench_expect_no_heap();
    ch_bench_add("raw", random_raw, raw);
    ch_bench_target("word at random in L2", 5);
    ch_bench_run();
    rig_fini(&rig);
    free(raw);
}

/* ---- Copies ------------------------------------------------------------------------------------
 */

typedef struct copying {
    chevm_memory *memory;
    uint8_t *target;
    const uint8_t *source;
    uint64_t bytes;
} copying;

static uint64_t copy_cold(void *context, uint64_t iterations) {
    const copying *c = context;
    for (uint64_t i = 0; i < iterations; i++) {
        (void)chevm_memory_copy(c->memory, c->bytes, 0, c->bytes);
        BENCH_KEEP(c->memory);
    }
    return c->memory->data[2 * c->bytes - 1];
}

static uint64_t set_cold(void *context, uint64_t iterations) {
    const copying *c = context;
    for (uint64_t i = 0; i < iterations; i++) {
        (void)chevm_memory_set_data(c->memory, c->bytes, c->memory->data, c->bytes);
        BENCH_KEEP(c->memory);
    }
    return c->memory->data[2 * c->bytes - 1];
}

static uint64_t copy_raw(void *context, uint64_t iterations) {
    const copying *c = context;
    for (uint64_t i = 0; i < iterations; i++) {
        memcpy(c->target, c->source, c->bytes);
        BENCH_KEEP(c->target);
    }
    return c->target[c->bytes - 1];
}

static void run_copy(uint64_t bytes, ch_bench_body body) {
    memory_rig rig;
    (void)rig_init(&rig, MEMORY_REGION, 2 * bytes);
    (void)chevm_memory_ensure(&rig.memory, 2 * bytes, NULL);
    memset(rig.memory.data, 7, 2 * bytes);
    uint8_t *raw = aligned_alloc(4096, 2 * bytes); /* the same distance and alignment as ours */
    memset(raw, 7, 2 * bytes);
    const copying ours = {.memory = &rig.memory, .bytes = bytes};
    const copying theirs = {.target = raw + bytes, .source = raw, .bytes = bytes};
    ch_bench_check_iterations(2);
    ch_bench_bytes(bytes);
    ch_bench_add("cold", body, (void *)&ours);
    ch_bench_expect_no_heap();
    ch_bench_add("memcpy", copy_raw, (void *)&theirs);
    ch_bench_target_ratio("within 10 % of memcpy", "memcpy", 1.10);
    ch_bench_run();
    rig_fini(&rig);
    free(raw);
}

BENCH_GROUP(copy_1m) {
    run_copy(MIB, copy_cold);
}

BENCH_GROUP(copy_16m) {
    run_copy(16 * MIB, copy_cold);
}

BENCH_GROUP(set_data_1m) {
    run_copy(MIB, set_cold);
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

static uint64_t tree_cold(void *context, uint64_t iterations) {
    chevm_memory *m = context;
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
            chevm_memory_close(m, &parents[depth]);
        }
    }
    return (uint64_t)gas;
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
    ch_bench_add("realloc", tree_block, NULL);
    ch_bench_add("vector", tree_vector, &vector);
    ch_bench_target_ratio("faster than a block per frame", "realloc", 1);
    ch_bench_target_ratio("faster than a vector with checkpoints", "vector", 1);
    ch_bench_run();
    rig_fini(&rig);
    free(vector.data);
}
