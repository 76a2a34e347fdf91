/* ecrecover.c: one call of the precompile, the address included. */
#include "ecrecover.h"

#include "bench.h"

#include <string.h>

/* Any r that is an x of the curve recovers some key: here the generator's. */
static const uint8_t GENERATOR_X[32] = {
    0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62, 0x95, 0xce, 0x87, 0x0b, 0x07,
    0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce, 0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98,
};

static uint64_t recover(void *context, uint64_t iterations) {
    uint8_t *const input = context;
    uint8_t out[32];
    uint64_t sum = 0, low;
    for (uint64_t i = 0; i < iterations; i++) {
        input[63] = (uint8_t)(27 + (i & 1));
        (void)chevmi_ecrecover_call(out, input, CHEVMI_ECRECOVER_INPUT);
        memcpy(&low, out + 12, sizeof low);
        sum += low;
    }
    return sum;
}

BENCH_GROUP(ecrecover) {
    static uint8_t input[CHEVMI_ECRECOVER_INPUT];
    for (size_t i = 0; i < 32; i++) {
        input[i] = (uint8_t)ch_bench_random();
        input[96 + i] = (uint8_t)ch_bench_random();
    }
    input[96] &= 0x7f;
    memcpy(input + 64, GENERATOR_X, sizeof GENERATOR_X);
    ch_bench_add("cold", recover, input);
    ch_bench_expect_no_heap();
    ch_bench_check_iterations(10);
    ch_bench_target("signer recovery", 55000);
    ch_bench_run();
}
