/* What clearing costs, beside memset of the same constant size: portable builds must not turn it
 * into `rep stos`, which starts slowly. */
#include <coldheap/zero.h>

#include "bench.h"

static CH_ALIGNED(64) uint8_t room[4096];

/* The two bodies of one size. */
#define BODIES(size)                                                                               \
    static uint64_t zero_##size(void *context, uint64_t iterations) {                              \
        uint8_t *at = context;                                                                     \
        uint64_t sum = 0;                                                                          \
        for (uint64_t i = 0; i < iterations; i++) {                                                \
            at[i % (size)] = (uint8_t)i;                                                           \
            ch_zero(at, (size));                                                                   \
            BENCH_KEEP(at);                                                                        \
            sum += at[i % (size)] + 1u;                                                            \
        }                                                                                          \
        return sum;                                                                                \
    }                                                                                              \
    static uint64_t memset_##size(void *context, uint64_t iterations) {                            \
        uint8_t *at = context;                                                                     \
        uint64_t sum = 0;                                                                          \
        for (uint64_t i = 0; i < iterations; i++) {                                                \
            at[i % (size)] = (uint8_t)i;                                                           \
            memset(at, 0, (size));                                                                 \
            BENCH_KEEP(at);                                                                        \
            sum += at[i % (size)] + 1u;                                                            \
        }                                                                                          \
        return sum;                                                                                \
    }                                                                                              \
    BENCH_GROUP(zero_const_##size) {                                                               \
        ch_bench_bytes(size);                                                                      \
        ch_bench_add("ch_zero", zero_##size, room);                                                \
        ch_bench_expect_no_heap();                                                                 \
        ch_bench_add("memset", memset_##size, room);                                               \
        ch_bench_target_ratio("no slower than memset", "memset", 1.1);                             \
        (void)ch_bench_run();                                                                      \
    }

BODIES(32)
BODIES(64)
BODIES(256)
BODIES(1024)
BODIES(4096)
