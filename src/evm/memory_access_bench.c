/* memory_access_bench.c: words and copies of EVM memory beside raw memory; every group states its
 * targets. Growth and frames: memory_bench.c. */
#include "memory_rig.h"

#include "bench.h"

#define KIB 1024u
#define MIB (1024u * KIB)

/* ---- Words -------------------------------------------------------------------------------------
 */

#define SEQUENCE_BYTES (256u * KIB)
#define RANDOM_BYTES   (256u * KIB) /* lives in the second cache, not in the first */

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
        const uint64_t at = offset >> 46; /* 18 bits: RANDOM_BYTES */
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
        chevm_u256_from_be32(&value, data + (offset >> 46));
        sum += value.limbs[0] ^ value.limbs[3];
    }
    return sum;
}

BENCH_GROUP(words_at_random_in_l2) {
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
    ch_bench_target_ratio("checked word beside an unchecked one", "raw", 1.10);
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
    const copying ours = {.memory = &rig.memory, .bytes = bytes};
    const copying theirs = {/* the same bytes: where pages lie decides as much as the copy */
                            .target = rig.memory.data + bytes,
                            .source = rig.memory.data,
                            .bytes = bytes};
    ch_bench_check_iterations(2);
    ch_bench_bytes(bytes);
    ch_bench_add("cold", body, (void *)&ours);
    ch_bench_expect_no_heap();
    ch_bench_add("memcpy", copy_raw, (void *)&theirs);
    ch_bench_target_ratio("within 10 % of memcpy", "memcpy", 1.10);
    ch_bench_run();
    rig_fini(&rig);
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
