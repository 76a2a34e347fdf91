/* Logs: order, contents, and the hash of their RLP against RLP built by hand. */
#include <coldevm/hash.h>

#include "harness.h"
#include "state_rig.h"

/* RLP of strings and lists, straight from the definition. */
typedef struct text {
    uint8_t bytes[20000];
    size_t size;
} text;

static void put(text *to, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        to->bytes[to->size++] = ((const uint8_t *)bytes)[i];
    }
}

static void put_size(text *to, uint8_t small, uint8_t large, size_t size) {
    uint8_t digits[8];
    unsigned count = 0;
    if (size <= 55) {
        put(to, (uint8_t[]){(uint8_t)(small + size)}, 1);
        return;
    }
    for (size_t rest = size; rest != 0; rest /= 256) {
        digits[7 - count++] = (uint8_t)(rest % 256);
    }
    put(to, (uint8_t[]){(uint8_t)(large + count)}, 1);
    put(to, digits + 8 - count, count);
}

static void put_string(text *to, const uint8_t *bytes, size_t size) {
    if (size != 1 || bytes[0] > 127) {
        put_size(to, 128, 183, size);
    }
    put(to, bytes, size);
}

static void put_list(text *to, const text *items) {
    put_size(to, 192, 247, items->size);
    put(to, items->bytes, items->size);
}

static chevm_u256 hash_by_hand(const chevm_state *state) {
    static text all, one, topics, list;
    size_t count = 0;
    const chevm_log *const logs = chevm_state_logs(state, &count);
    all.size = list.size = 0;
    for (size_t i = 0; i < count; i++) {
        one.size = topics.size = 0;
        for (uint32_t t = 0; t < logs[i].topic_count; t++) {
            uint8_t topic[32];
            chevm_u256_to_be32(topic, &logs[i].topics[t]);
            put_string(&topics, topic, 32);
        }
        put_string(&one, logs[i].address.bytes, 20);
        put_list(&one, &topics);
        put_string(&one, logs[i].data, logs[i].data_size);
        put_list(&all, &one);
    }
    put_list(&list, &all);
    uint8_t bytes[32];
    chevm_u256 hash;
    chevm_keccak256(bytes, list.bytes, list.size);
    chevm_u256_from_be32(&hash, bytes);
    return hash;
}

static bool hash_is_right(const chevm_state *state) {
    chevm_u256 hash;
    chevm_state_logs_hash(state, &hash);
    return same_word(hash, hash_by_hand(state));
}

TEST(log_hash_of_none_is_the_known_one) {
    chevm_state *const state = make_state(&small_options);
    chevm_u256 hash;
    chevm_u256 expected;
    CHECK(chevm_u256_from_hex(
        &expected, "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347", 64));
    chevm_state_logs_hash(state, &hash);
    CHECK(same_word(hash, expected));
    free_state(state);
}

TEST(log_hash_agrees_with_rlp_by_hand_for_all_shapes) {
    static uint8_t data[1000];
    static const size_t sizes[] = {0, 1, 2, 22, 23, 24, 54, 55, 56, 57, 255, 256, 257, 1000};
    static const uint8_t firsts[] = {0, 0x7f, 0x80, 0xff};
    chevm_state_options options = small_options;
    options.log_bytes = 16384;
    chevm_state *const state = make_state(&options);
    const chevm_address at = account(1);
    const chevm_u256 topics[4] = {word(1), word(0), {{0, 0, 0, 1}}, {{5, 6, 7, UINT64_MAX}}};
    for (unsigned t = 0; t <= 4; t++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            for (unsigned f = 0; f < 4; f++) {
                (void)begin(state, CHEVM_CANCUN);
                data[0] = firsts[f];
                for (unsigned n = 0; n <= f; n++) {
                    CHECK_EQUAL(chevm_state_host()->emit_log(state, &at, data, sizes[i], topics, t),
                                0);
                }
                CHECK(hash_is_right(state));
                CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
                CHECK(hash_is_right(state)); /* readable after the end */
            }
        }
    }
    free_state(state);
}

TEST(log_lists_keep_order_and_contents) {
    chevm_state *const state = make_state(&small_options);
    (void)begin(state, CHEVM_CANCUN);
    char source[] = "first";
    CHECK_EQUAL(emit(state, account(1), source, 2), 0);
    memset(source, '#', 5); /* the bytes were copied */
    CHECK_EQUAL(emit(state, account(2), "", 0), 0);
    CHECK_EQUAL(emit(state, account(3), "third", 4), 0);
    size_t count = 0;
    const chevm_log *const logs = chevm_state_logs(state, &count);
    CHECK_EQUAL(count, 3);
    CHECK_BYTES(logs[0].data, "first", 5);
    CHECK_EQUAL(logs[0].topic_count, 2);
    CHECK_EQUAL(logs[0].topics[1].limbs[0], 2);
    CHECK_EQUAL(logs[1].data_size, 0);
    CHECK_EQUAL(logs[1].topic_count, 0);
    CHECK_EQUAL(logs[2].address.bytes[19], 3);
    CHECK_EQUAL(logs[2].topics[3].limbs[0], 4);
    chevm_state_rollback_transaction(state);
    (void)chevm_state_logs(state, &count);
    CHECK_EQUAL(count, 0);
    free_state(state);
}

TEST(log_of_absurd_size_is_refused) {
    chevm_state *const state = make_state(&small_options);
    const chevm_address at = account(1);
    const chevm_u256 topics[4] = {word(1), word(2), word(3), word(4)};
    (void)begin(state, CHEVM_CANCUN);
    const uint8_t data[1] = {0};
    CHECK_EQUAL(chevm_state_host()->emit_log(state, &at, data, SIZE_MAX, topics, 4),
                -CHEVM_LOGS_FULL);
    CHECK_EQUAL(chevm_state_host()->emit_log(state, &at, data, SIZE_MAX - 130, topics, 4),
                -CHEVM_LOGS_FULL);
    CHECK_EQUAL(chevm_state_host()->emit_log(state, &at, data, SIZE_MAX, topics, 0),
                -CHEVM_LOGS_FULL);
    chevm_state_rollback_transaction(state);
    free_state(state);
}
