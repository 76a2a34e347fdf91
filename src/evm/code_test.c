/* The lazy jump map against a plain scan, in every order of asking, on bytes that leave doubt. */
#include "code.h"

#include "harness.h"
#include "ops.h"

#include <string.h>

enum { SIZE_MAX_TEST = 700, SCRATCH_BYTES = 1 << 16 };

static uint8_t scratch_bytes[SCRATCH_BYTES];
static uint8_t cache_bytes[CHEVMI_CACHE_BYTES_MIN] CH_ALIGNED(64);

static void naive_jumps(const uint8_t *bytes, size_t size, bool *jumps) {
    memset(jumps, 0, size);
    for (size_t at = 0; at < size; at++) {
        if (bytes[at] == CHEVMI_OP_JUMPDEST) {
            jumps[at] = true;
        } else if (bytes[at] >= CHEVMI_OP_PUSH1 && bytes[at] <= CHEVMI_OP_PUSH32) {
            at += (size_t)bytes[at] - CHEVMI_OP_PUSH1 + 1;
        }
    }
}

/* Bytes of one of five temperaments, from random to nothing but doubt. */
static uint8_t doubtful_byte(unsigned temperament) {
    uint64_t random = ch_test_random();
    switch (temperament) {
    case 0:
        return (uint8_t)random;
    case 1:
        return random & 1 ? CHEVMI_OP_JUMPDEST : (uint8_t)(CHEVMI_OP_PUSH1 + (random >> 8) % 32);
    case 2:
        return random % 8 == 0 ? CHEVMI_OP_PUSH32 : CHEVMI_OP_JUMPDEST;
    case 3:
        return (uint8_t)(CHEVMI_OP_PUSH1 + (random >> 8) % 32);
    default:
        return random % 16 == 0 ? CHEVMI_OP_PUSH2 : random % 5 == 0 ? CHEVMI_OP_JUMPDEST : 1;
    }
}

TEST(code_jump_map_agrees_with_a_plain_scan) {
    static uint8_t bytes[SIZE_MAX_TEST + CHEVM_CODE_PADDING];
    static bool jumps[SIZE_MAX_TEST];
    for (unsigned round = 0; round < 4000; round++) {
        size_t size = (size_t)ch_test_random_below(SIZE_MAX_TEST + 1);
        memset(bytes, 0, sizeof bytes);
        for (size_t i = 0; i < size; i++) {
            bytes[i] = doubtful_byte(round % 5);
        }
        naive_jumps(bytes, size, jumps);
        ch_arena scratch;
        chevmi_lender lender = {.scratch = &scratch};
        chevmi_cache cache = {0};
        chevmi_code code;
        if (!CHECK(ch_arena_init(&scratch, scratch_bytes, sizeof scratch_bytes, NULL) == CH_OK) ||
            !CHECK(chevmi_code_prepare(&code, &cache, &lender, bytes, size, true, NULL))) {
            return;
        }
        for (unsigned question = 0; question < 60 && size > 0; question++) {
            uint64_t target = ch_test_random_below(size);
            if (!CHECK(chevmi_code_is_jump(&code, target) == jumps[target])) {
                return;
            }
        }
        for (size_t target = 0; target < size; target++) {
            if (!CHECK(chevmi_code_is_jump(&code, target) == jumps[target])) {
                return;
            }
        }
        CHECK(!chevmi_code_is_jump(&code, size));
        CHECK(!chevmi_code_is_jump(&code, UINT64_MAX));
        CHECK(ch_arena_fini(&scratch) == CH_OK);
    }
}

TEST(code_without_padding_is_copied_with_it) {
    static const uint8_t bytes[] = {CHEVMI_OP_PUSH32};
    ch_arena scratch;
    chevmi_lender lender = {.scratch = &scratch};
    chevmi_cache cache = {0};
    chevmi_code code;
    memset(scratch_bytes, 0xee, sizeof scratch_bytes);
    CHECK(ch_arena_init(&scratch, scratch_bytes, sizeof scratch_bytes, NULL) == CH_OK);
    CHECK(chevmi_code_prepare(&code, &cache, &lender, bytes, sizeof bytes, false, NULL));
    static const uint8_t zeros[CHEVM_CODE_PADDING] = {0};
    CHECK(code.bytes != bytes);
    CHECK_EQUAL(code.bytes[0], CHEVMI_OP_PUSH32);
    CHECK_BYTES(code.bytes + 1, zeros, CHEVM_CODE_PADDING);
}

TEST(code_that_does_not_fit_scratch_is_refused) {
    static const uint8_t bytes[4000] = {0};
    for (size_t room = 0; room < 4000; room += 97) {
        ch_arena scratch;
        chevmi_lender lender = {.scratch = &scratch};
        chevmi_cache cache = {0};
        chevmi_code code;
        CHECK(ch_arena_init(&scratch, scratch_bytes, room, NULL) == CH_OK);
        CHECK(!chevmi_code_prepare(&code, &cache, &lender, bytes, sizeof bytes, false, NULL));
    }
}

TEST(cache_finds_by_hash_and_is_flushed_when_full) {
    static const uint8_t bytes[2048] = {0};
    ch_arena scratch;
    chevmi_lender lender = {.scratch = &scratch};
    chevmi_cache cache;
    chevmi_code code;
    chevmi_cache_init(&cache, cache_bytes, sizeof cache_bytes);
    cache.on = true;
    unsigned cached = 0;
    for (uint64_t i = 0; i < 2000; i++) {
        chevm_u256 hash;
        chevm_u256_set_u64(&hash, i * 0x9e3779b97f4a7c15u);
        CHECK(ch_arena_init(&scratch, scratch_bytes, sizeof scratch_bytes, NULL) == CH_OK);
        CHECK(chevmi_code_prepare(&code, &cache, &lender, bytes, sizeof bytes - 64, true, &hash));
        cached += code.cached;
        if (code.cached) { /* asked again, it is the same record */
            const chevmi_analysis *analysis = code.analysis;
            CHECK(
                chevmi_code_prepare(&code, &cache, &lender, bytes, sizeof bytes - 64, true, &hash));
            CHECK(code.analysis == analysis);
        } else {
            CHECK(cache.flush_wanted);
        }
    }
    CHECK(cached > 50 && cached < 2000);
    chevmi_cache_flush(&cache);
    CHECK(!cache.flush_wanted);
    chevm_u256 zero;
    chevm_u256_set_u64(&zero, 0);
    CHECK(chevmi_code_prepare(&code, &cache, &lender, bytes, sizeof bytes - 64, true, &zero));
    CHECK(code.cached);
    CHECK_EQUAL(cache.flushes, 1);
}
