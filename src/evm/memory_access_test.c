/* memory_access_test.c: every checked function at its edges, and 10^6 random operations against a
 * plain byte array per frame; all on the three kinds of memory. */
#include "memory_rig.h"

#include "harness.h"

#define LIMIT 65536u

static memory_rig rig;

static chevm_memory *start(memory_kind kind) {
    CHECK(rig_init(&rig, kind, LIMIT));
    return &rig.memory;
}

static void finish(void) {
    CHECK(chevm_memory_check(&rig.memory) == CH_OK);
    rig_fini(&rig);
    CHECK_EQUAL(rig.live, 0);
}

#define FOR_EACH_KIND(kind) for (memory_kind kind = 0; kind < MEMORY_KINDS; kind++)

TEST(bytes_words_and_numbers_come_back) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind);
        uint8_t word[32];
        uint8_t got[32];
        for (unsigned i = 0; i < 32; i++) {
            word[i] = (uint8_t)(i + 1);
        }
        CHECK(chevm_memory_set_word(m, 5, word) == CHEVM_OK);
        CHECK_EQUAL(chevm_memory_size(m), 64);
        CHECK(chevm_memory_get_word(m, got, 5) == CHEVM_OK);
        CHECK_BYTES(got, word, 32);
        chevm_u256 value;
        CHECK(chevm_memory_get_u256(m, &value, 5) == CHEVM_OK);
        CHECK_EQUAL(value.limbs[3], 0x0102030405060708);
        CHECK_EQUAL(value.limbs[0], 0x191a1b1c1d1e1f20);
        CHECK(chevm_memory_set_u256(m, 100, &value) == CHEVM_OK);
        CHECK_EQUAL(chevm_memory_size(m), 160);
        CHECK_BYTES(chevm_memory_data_const(m) + 100, word, 32);
        CHECK(chevm_memory_set_byte(m, 160, 0xee) == CHEVM_OK);
        uint8_t byte = 0;
        CHECK(chevm_memory_get_byte(m, &byte, 160) == CHEVM_OK && byte == 0xee);
        CHECK(chevm_memory_get_byte(m, &byte, 191) == CHEVM_OK && byte == 0);
        CHECK_EQUAL(chevm_memory_size(m), 192);
        finish();
    }
}

TEST(readers_never_grow_and_name_the_fault) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind);
        static const uint64_t beyond[] = {33, 64, 65535, UINT32_MAX, UINT64_MAX - 32};
        uint8_t word[32] = {7};
        chevm_u256 value = {{7, 7, 7, 7}};
        const uint8_t *slice = word;
        CHECK(chevm_memory_get_byte(m, word, 0) == CHEVM_INVALID_OFFSET);
        CHECK(chevm_memory_ensure(m, 64, NULL) == CHEVM_OK);
        for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
            CHECK(chevm_memory_get_word(m, word, beyond[i]) == CHEVM_INVALID_OFFSET);
            CHECK(chevm_memory_get_u256(m, &value, beyond[i]) == CHEVM_INVALID_OFFSET);
            CHECK(chevm_memory_get_slice(m, &slice, beyond[i], 32) == CHEVM_INVALID_OFFSET);
        }
        for (uint64_t offset = UINT64_MAX - 30; offset != 0; offset++) {
            CHECK(chevm_memory_get_word(m, word, offset) == CHEVM_INVALID_SIZE);
            CHECK(chevm_memory_get_u256(m, &value, offset) == CHEVM_INVALID_SIZE);
            CHECK(chevm_memory_get_slice(m, &slice, offset, 32) == CHEVM_INVALID_SIZE);
            CHECK(chevm_memory_get_byte(m, word, offset) == CHEVM_INVALID_OFFSET);
        }
        CHECK(chevm_memory_get_slice(m, &slice, 1, UINT64_MAX) == CHEVM_INVALID_SIZE);
        CHECK(chevm_memory_get_slice(m, &slice, 0, UINT64_MAX) == CHEVM_INVALID_OFFSET);
        CHECK(slice == word && word[0] == 7 && value.limbs[3] == 7);
        CHECK(chevm_memory_get_word(m, word, 32) == CHEVM_OK);
        CHECK(chevm_memory_get_slice(m, &slice, 63, 1) == CHEVM_OK && slice != NULL);
        CHECK(chevm_memory_get_slice(m, &slice, UINT64_MAX, 0) == CHEVM_OK && slice == NULL);
        CHECK_EQUAL(chevm_memory_size(m), 64);
        finish();
    }
}

TEST(writers_beyond_the_limit_change_nothing) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind);
        const uint8_t word[32] = {1};
        const chevm_u256 value = {{1, 0, 0, 0}};
        const chevm_memory_source source = {.bytes = word, .size = 32};
        CHECK(chevm_memory_set_byte(m, 40, 0x5a) == CHEVM_OK);
        static const uint64_t offsets[] = {LIMIT, LIMIT + 1, UINT32_MAX, INT64_MAX,
                                           UINT64_MAX - 63};
        for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
            const uint64_t at = offsets[i];
            const chevm_status full = CHEVM_MEMORY_LIMIT_EXCEEDED;
            CHECK(chevm_memory_set_byte(m, at, 1) == full);
            CHECK(chevm_memory_set_word(m, at, word) == full);
            CHECK(chevm_memory_set_u256(m, at, &value) == full);
            CHECK(chevm_memory_set_data(m, at, word, 32) == full);
            CHECK(chevm_memory_set_data_bounded(m, at, 32, &source) == full);
            CHECK(chevm_memory_copy(m, at, 0, 1) == full);
            CHECK(chevm_memory_copy(m, 0, at, 1) == full);
            CHECK(chevm_memory_ensure(m, at + 1, NULL) == full);
            CHECK(chevm_memory_resize(m, at + 1) == full);
        }
        CHECK(chevm_memory_set_word(m, UINT64_MAX - 31, word) == CHEVM_INVALID_SIZE);
        CHECK(chevm_memory_set_word(m, UINT64_MAX, word) == CHEVM_INVALID_SIZE);
        CHECK(chevm_memory_set_u256(m, UINT64_MAX - 5, &value) == CHEVM_INVALID_SIZE);
        CHECK(chevm_memory_set_byte(m, UINT64_MAX, 1) == CHEVM_INVALID_SIZE);
        CHECK(chevm_memory_set_data_bounded(m, 1, UINT64_MAX, &source) == CHEVM_INVALID_SIZE);
        CHECK(chevm_memory_copy(m, UINT64_MAX, 0, 2) == CHEVM_INVALID_SIZE);
        CHECK(chevm_memory_copy(m, 0, UINT64_MAX, UINT64_MAX) == CHEVM_INVALID_SIZE);
        CHECK(chevm_memory_resize(m, UINT64_MAX) == CHEVM_INVALID_SIZE);
        CHECK(chevm_memory_ensure(m, UINT64_MAX - 30, NULL) == CHEVM_INVALID_SIZE);
        CHECK_EQUAL(chevm_memory_size(m), 64);
        CHECK_EQUAL(chevm_memory_data_const(m)[40], 0x5a);
        CHECK(chevm_memory_set_word(m, LIMIT - 32, word) == CHEVM_OK);
        CHECK_EQUAL(chevm_memory_size(m), LIMIT);
        finish();
    }
}

TEST(size_zero_does_nothing_anywhere) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind);
        const chevm_memory_source none = {0};
        CHECK(chevm_memory_set_data(m, UINT64_MAX, NULL, 0) == CHEVM_OK);
        CHECK(chevm_memory_set_data_bounded(m, UINT64_MAX, 0, &none) == CHEVM_OK);
        CHECK(chevm_memory_copy(m, UINT64_MAX, UINT64_MAX, 0) == CHEVM_OK);
        CHECK(chevm_memory_restore(m, NULL, 0) == CHEVM_OK);
        uint64_t used = 9;
        CHECK(chevm_memory_snapshot(m, NULL, 0, &used) == CHEVM_OK && used == 0);
        char text[1] = {'x'};
        CHECK(chevm_memory_to_hex(m, text, 1, &used) == CHEVM_OK && used == 0 && text[0] == 0);
        CHECK(chevm_memory_is_empty(m));
        finish();
    }
}

TEST(bounded_writes_fill_with_zero) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind);
        uint8_t bytes[64];
        memset(bytes, 0xcc, sizeof bytes);
        CHECK(chevm_memory_set_data(m, 0, bytes, 64) == CHEVM_OK);
        chevm_memory_source source = {.bytes = (const uint8_t *)"abcdef", .size = 6, .offset = 4};
        CHECK(chevm_memory_set_data_bounded(m, 10, 5, &source) == CHEVM_OK);
        CHECK_BYTES(chevm_memory_data_const(m) + 9,
                    "\xcc"
                    "ef\0\0\0\xcc",
                    7);
        static const uint64_t outside[] = {6, 7, UINT32_MAX, UINT64_MAX};
        for (size_t i = 0; i < 4; i++) {
            source.offset = outside[i];
            CHECK(chevm_memory_set_data(m, 0, bytes, 64) == CHEVM_OK);
            CHECK(chevm_memory_set_data_bounded(m, 1, 3, &source) == CHEVM_OK);
            CHECK_BYTES(chevm_memory_data_const(m), "\xcc\0\0\0\xcc", 5);
        }
        source = (chevm_memory_source){0};
        CHECK(chevm_memory_set_data_bounded(m, 96, 1, &source) == CHEVM_OK);
        CHECK_EQUAL(chevm_memory_size(m), 128);
        finish();
    }
}

TEST(copy_is_right_in_both_directions) {
    FOR_EACH_KIND(kind) {
        for (unsigned target = 0; target < 80; target += 7) {
            for (unsigned source = 0; source < 80; source += 3) {
                chevm_memory *m = start(kind);
                uint8_t model[160] = {0};
                for (unsigned i = 0; i < 96; i++) {
                    model[i] = (uint8_t)(i * 7 + 1);
                }
                CHECK(chevm_memory_set_data(m, 0, model, 96) == CHEVM_OK);
                memmove(model + target, model + source, 50);
                CHECK(chevm_memory_copy(m, target, source, 50) == CHEVM_OK);
                const unsigned end = (target > source ? target : source) + 50;
                CHECK_EQUAL(chevm_memory_size(m), end <= 96 ? 96 : (end + 31) / 32 * 32);
                CHECK_BYTES(chevm_memory_data_const(m), model, chevm_memory_size(m));
                finish();
            }
        }
    }
}

TEST(own_bytes_may_be_the_source_while_growing) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind);
        CHECK(chevm_memory_set_data(m, 0, (const uint8_t *)"0123456789", 10) == CHEVM_OK);
        CHECK(chevm_memory_set_data(m, 30000, chevm_memory_data_const(m) + 2, 8) == CHEVM_OK);
        CHECK_BYTES(chevm_memory_data_const(m) + 30000, "23456789\0", 9);
        finish();
    }
}

TEST(snapshot_restore_and_hex_round_trip) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind);
        uint8_t buffer[128];
        char text[257];
        uint64_t used = 0;
        CHECK(chevm_memory_restore(m, (const uint8_t *)"\x01\xab\xff", 3) == CHEVM_OK);
        CHECK_EQUAL(chevm_memory_size(m), 32);
        CHECK(chevm_memory_set_byte(m, 127, 0x9f) == CHEVM_OK);
        memset(buffer, 0x11, sizeof buffer);
        CHECK(chevm_memory_snapshot(m, buffer, 127, &used) == CHEVM_INVALID_SIZE);
        CHECK_EQUAL(used, 128);
        CHECK_EQUAL(buffer[0], 0x11);
        CHECK(chevm_memory_snapshot(m, buffer, 128, NULL) == CHEVM_OK);
        CHECK(chevm_memory_to_hex(m, text, 256, &used) == CHEVM_INVALID_SIZE);
        CHECK(chevm_memory_to_hex(m, text, 257, NULL) == CHEVM_OK);
        CHECK_EQUAL(used, 256);
        CHECK(memcmp(text, "01abff00", 8) == 0 && strcmp(text + 252, "009f") == 0);
        CHECK(chevm_memory_resize(m, 4000) == CHEVM_OK);
        memset(chevm_memory_data(m), 0xdd, 4000);
        CHECK(chevm_memory_restore(m, buffer, 128) == CHEVM_OK);
        CHECK_EQUAL(chevm_memory_size(m), 128);
        CHECK_BYTES(chevm_memory_data_const(m), buffer, 128);
        CHECK(chevm_memory_ensure(m, 4032, &used) == CHEVM_OK);
        CHECK_EQUAL(used, 122);
        uint8_t sum = 0;
        for (unsigned i = 128; i < 4032; i++) {
            sum |= chevm_memory_data_const(m)[i];
        }
        CHECK_EQUAL(sum, 0);
        CHECK(chevm_memory_restore(m, buffer, LIMIT + 1) == CHEVM_MEMORY_LIMIT_EXCEEDED);
        CHECK_EQUAL(chevm_memory_size(m), 4032);
        finish();
    }
}

/* ---- Model: one byte array per frame -----------------------------------------------------------
 */

#define MODEL_FRAMES 24u
#define MODEL_BYTES  LIMIT

typedef struct model {
    uint8_t bytes[MODEL_FRAMES][MODEL_BYTES];
    uint64_t size[MODEL_FRAMES];
    chevm_memory_frame frame[MODEL_FRAMES];
    unsigned depth;
    uint64_t below; /* bytes of all parents */
} model;

static model expected;

static uint64_t random_size(void) {
    switch (ch_test_random_below(16)) {
    case 0:
        return ch_test_random();
    case 1:
        return ch_test_random_below(LIMIT + 64);
    case 2:
        return 0;
    default:
        return ch_test_random_below(300);
    }
}

static bool model_grow(uint64_t offset, uint64_t size, chevm_status *status) {
    *status = CHEVM_OK;
    if (size != 0 && (size > UINT64_MAX - offset || offset + size > UINT64_MAX - 31)) {
        *status = CHEVM_INVALID_SIZE;
    } else if (size != 0) {
        const uint64_t end = (offset + size + 31) / 32 * 32;
        if (end > expected.size[expected.depth]) {
            if (end > LIMIT - expected.below) {
                *status = CHEVM_MEMORY_LIMIT_EXCEEDED;
            } else {
                expected.size[expected.depth] = end;
            }
        }
    }
    return *status == CHEVM_OK;
}

static bool step_write(chevm_memory *m, uint64_t offset, uint64_t size) {
    static uint8_t bytes[4096];
    uint8_t *mine = expected.bytes[expected.depth];
    chevm_status want;
    for (unsigned i = 0; i < 64; i++) {
        bytes[ch_test_random_below(sizeof bytes)] = (uint8_t)ch_test_random();
    }
    switch (ch_test_random_below(4)) {
    case 0: {
        const uint8_t value = (uint8_t)ch_test_random();
        if (model_grow(offset, 1, &want)) {
            mine[offset] = value;
        }
        return chevm_memory_set_byte(m, offset, value) == want;
    }
    case 1: {
        const chevm_u256 value = {{ch_test_random(), 1, ch_test_random(), 3}};
        if (model_grow(offset, 32, &want)) {
            chevm_u256_to_be32(mine + offset, &value);
        }
        return chevm_memory_set_u256(m, offset, &value) == want;
    }
    case 2:
        size %= sizeof bytes;
        if (model_grow(offset, size, &want) && size != 0) {
            memcpy(mine + offset, bytes, size);
        }
        return chevm_memory_set_data(m, offset, bytes, (size_t)size) == want;
    default: {
        const chevm_memory_source source = {
            .bytes = bytes, .size = ch_test_random_below(sizeof bytes), .offset = random_size()};
        if (model_grow(offset, size, &want)) {
            for (uint64_t i = 0; i < size; i++) {
                const bool there = source.offset < source.size && i < source.size - source.offset;
                mine[offset + i] = there ? bytes[source.offset + i] : 0;
            }
        }
        return chevm_memory_set_data_bounded(m, offset, size, &source) == want;
    }
    }
}

static bool step_read(chevm_memory *m, uint64_t offset, uint64_t size) {
    const uint8_t *mine = expected.bytes[expected.depth];
    const uint64_t have = expected.size[expected.depth];
    const uint8_t *slice = NULL;
    const chevm_status got = chevm_memory_get_slice(m, &slice, offset, size);
    if (size == 0) {
        return got == CHEVM_OK;
    }
    if (size > UINT64_MAX - offset) {
        return got == CHEVM_INVALID_SIZE;
    }
    if (offset + size > have) {
        return got == CHEVM_INVALID_OFFSET;
    }
    return got == CHEVM_OK && memcmp(slice, mine + offset, size) == 0;
}

static bool step_frame(chevm_memory *m) {
    if (ch_test_random_below(2) == 0 && expected.depth + 1 < MODEL_FRAMES) {
        chevm_memory_open(m, &expected.frame[expected.depth]);
        expected.below += expected.size[expected.depth];
        expected.depth++;
    } else if (expected.depth > 0) {
        memset(expected.bytes[expected.depth], 0, expected.size[expected.depth]);
        expected.size[expected.depth] = 0;
        expected.depth--;
        expected.below -= expected.size[expected.depth];
        if (ch_test_random_below(2) == 0) {
            chevm_memory_close(m, &expected.frame[expected.depth]);
        } else {
            chevm_memory_close_wiped(m, &expected.frame[expected.depth]);
        }
    } else {
        memset(expected.bytes[0], 0, expected.size[0]);
        expected.size[0] = 0;
        chevm_memory_reset(m);
    }
    return true;
}

static bool step_size(chevm_memory *m, uint64_t size) {
    uint64_t *mine = &expected.size[expected.depth];
    const uint64_t before = *mine;
    uint64_t added = 0;
    chevm_status want;
    if (ch_test_random_below(4) == 0) {
        if (size <= before) {
            *mine = (size + 31) / 32 * 32;
            memset(expected.bytes[expected.depth] + *mine, 0, before - *mine);
            want = CHEVM_OK;
        } else {
            (void)model_grow(0, size, &want);
        }
        return chevm_memory_resize(m, size) == want;
    }
    (void)model_grow(0, size, &want);
    return chevm_memory_ensure(m, size, &added) == want && added == (*mine - before) / 32;
}

static bool step_copy(chevm_memory *m, uint64_t target, uint64_t source, uint64_t size) {
    chevm_status want;
    uint8_t *mine = expected.bytes[expected.depth];
    if (model_grow(target > source ? target : source, size, &want) && size != 0) {
        memmove(mine + target, mine + source, size);
    }
    return chevm_memory_copy(m, target, source, size) == want;
}

static bool step(chevm_memory *m) {
    switch (ch_test_random_below(16)) {
    case 0:
    case 1:
        return step_frame(m);
    case 2:
        return step_size(m, random_size());
    case 3:
    case 4:
        return step_copy(m, random_size(), random_size(), random_size());
    case 5:
        return ch_test_random_below(64) != 0 || rig.region.base == NULL ||
               chevm_memory_trim(m, random_size()) == CH_OK;
    case 6:
    case 7:
    case 8:
        return step_read(m, random_size(), random_size());
    default:
        return step_write(m, random_size(), random_size());
    }
}

TEST(million_random_operations_agree_with_byte_arrays) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind);
        memset(&expected, 0, sizeof expected);
        for (uint32_t i = 0; i < 1000000; i++) {
            if (!CHECK(step(m)) ||
                !CHECK_EQUAL(chevm_memory_size(m), expected.size[expected.depth])) {
                return;
            }
            if (i % 64 == 0 &&
                (!CHECK(memcmp(chevm_memory_data_const(m), expected.bytes[expected.depth],
                               (size_t)chevm_memory_size(m)) == 0) ||
                 !CHECK(chevm_memory_check(m) == CH_OK))) {
                return;
            }
        }
        while (expected.depth > 0) {
            chevm_memory_close(m, &expected.frame[--expected.depth]);
            CHECK_EQUAL(chevm_memory_size(m), expected.size[expected.depth]);
            CHECK_BYTES(chevm_memory_data_const(m), expected.bytes[expected.depth],
                        (size_t)chevm_memory_size(m));
        }
        finish();
    }
}
