/* RLP: the edges of each form by hand, all short inputs exhaustively and random ones against a slow
 * judge (rlp_rig.h), and numbers there and back. */
#include "rlp_rig.h"

#include "harness.h"

static chevm_rlp_status first_status(const uint8_t *bytes, size_t size) {
    chevm_rlp_reader reader;
    chevm_rlp_item item;
    chevm_rlp_reader_init(&reader, bytes, size);
    return chevm_rlp_next(&reader, &item);
}

#define STATUS_OF(...)                                                                             \
    first_status((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

TEST(headers_are_read_in_each_form) {
    static const struct {
        uint8_t bytes[4];
        size_t header, size;
        bool list;
    } rows[] = {
        {{0x00}, 0, 1, false},         {{0x7f}, 0, 1, false},        {{0x80}, 1, 0, false},
        {{0x81, 0x80}, 1, 1, false},   {{0xb7}, 1, 55, false},       {{0xb8, 56}, 2, 56, false},
        {{0xb9, 1, 0}, 3, 256, false}, {{0xc0}, 1, 0, true},         {{0xf7}, 1, 55, true},
        {{0xf8, 56}, 2, 56, true},     {{0xf9, 1, 0}, 3, 256, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[300] = {0};
        chevm_rlp_reader reader;
        chevm_rlp_item item = {0};
        memcpy(bytes, rows[i].bytes, sizeof rows[i].bytes);
        chevm_rlp_reader_init(&reader, bytes, rows[i].header + rows[i].size + 1);
        CHECK_EQUAL(chevm_rlp_next(&reader, &item), CHEVM_RLP_OK);
        CHECK(item.bytes == bytes + rows[i].header && item.whole == bytes);
        CHECK_EQUAL(item.size, rows[i].size);
        CHECK_EQUAL(item.whole_size, rows[i].header + rows[i].size);
        CHECK_EQUAL(item.is_list, rows[i].list);
        CHECK_EQUAL(reader.left, 1);
        CHECK_EQUAL(chevm_rlp_end(&reader), CHEVM_RLP_TRAILING);
        CHECK_EQUAL(first_status(bytes, rows[i].header + rows[i].size - (i != 0)),
                    i == 2 || i == 7 ? CHEVM_RLP_END
                    : i == 0         ? CHEVM_RLP_OK
                    : i == 1         ? CHEVM_RLP_END
                                     : CHEVM_RLP_EOF);
    }
}

TEST(headers_are_refused_for_a_reason) {
    CHECK_EQUAL(first_status(NULL, 0), CHEVM_RLP_END);
    CHECK_EQUAL(STATUS_OF(0x81, 0x7f), CHEVM_RLP_SIZE);
    CHECK_EQUAL(STATUS_OF(0x81, 0x00), CHEVM_RLP_SIZE);
    CHECK_EQUAL(STATUS_OF(0x81), CHEVM_RLP_EOF);
    CHECK_EQUAL(STATUS_OF(0xb8), CHEVM_RLP_EOF);
    CHECK_EQUAL(STATUS_OF(0xb8, 0x00), CHEVM_RLP_SIZE_LEADING_ZEROS);
    CHECK_EQUAL(STATUS_OF(0xb8, 55), CHEVM_RLP_SIZE);
    CHECK_EQUAL(STATUS_OF(0xf8, 55), CHEVM_RLP_SIZE);
    CHECK_EQUAL(STATUS_OF(0xb9, 0x00, 0xff), CHEVM_RLP_SIZE_LEADING_ZEROS);
    CHECK_EQUAL(STATUS_OF(0xbf, 0x7f, 255, 255, 255, 255, 255, 255, 255), CHEVM_RLP_EOF);
    CHECK_EQUAL(STATUS_OF(0xbf, 0x80, 0, 0, 0, 0, 0, 0, 0), CHEVM_RLP_SIZE);
    CHECK_EQUAL(STATUS_OF(0xff, 255, 255, 255, 255, 255, 255, 255, 255), CHEVM_RLP_SIZE);
    CHECK_EQUAL(STATUS_OF(0xff, 255, 255, 255, 255, 255, 255, 255), CHEVM_RLP_EOF);
}

TEST(errors_leave_reader_and_output_alone) {
    static const uint8_t bytes[] = {0xc1, 0x05, 0x82, 0x00, 0x01, 0x89, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    chevm_rlp_reader reader;
    chevm_rlp_item item = {0};
    uint64_t number = 77;
    chevm_u256 word = {{77, 0, 0, 0}};
    const uint8_t *fixed = NULL;
    chevm_rlp_reader_init(&reader, bytes, sizeof bytes);
    CHECK_EQUAL(chevm_rlp_next_string(&reader, &item), CHEVM_RLP_NOT_A_STRING);
    CHECK_EQUAL(chevm_rlp_next_u64(&reader, &number), CHEVM_RLP_NOT_A_STRING);
    CHECK_EQUAL(chevm_rlp_next_fixed(&reader, &fixed, 1), CHEVM_RLP_NOT_A_STRING);
    CHECK(reader.next == bytes && item.whole == NULL && fixed == NULL);
    CHECK_EQUAL(chevm_rlp_next_list(&reader, &item), CHEVM_RLP_OK);
    CHECK_EQUAL(chevm_rlp_next_list(&reader, &item), CHEVM_RLP_NOT_A_LIST);
    CHECK_EQUAL(chevm_rlp_next_u64(&reader, &number), CHEVM_RLP_LEADING_ZEROS);
    CHECK_EQUAL(chevm_rlp_next_u256(&reader, &word), CHEVM_RLP_LEADING_ZEROS);
    CHECK_EQUAL(chevm_rlp_next_fixed(&reader, &fixed, 1), CHEVM_RLP_TOO_LONG);
    CHECK_EQUAL(chevm_rlp_next_fixed(&reader, &fixed, 3), CHEVM_RLP_TOO_SHORT);
    CHECK(reader.next == bytes + 2 && fixed == NULL && number == 77 && word.limbs[0] == 77);
    CHECK_EQUAL(chevm_rlp_next_fixed(&reader, &fixed, 2), CHEVM_RLP_OK);
    CHECK(fixed == bytes + 3);
    CHECK_EQUAL(chevm_rlp_next_u64(&reader, &number), CHEVM_RLP_TOO_LONG);
    CHECK_EQUAL(number, 77);
    CHECK_EQUAL(chevm_rlp_next_u256(&reader, &word), CHEVM_RLP_OK);
    CHECK_EQUAL(word.limbs[1], 1);
    CHECK_EQUAL(chevm_rlp_end(&reader), CHEVM_RLP_OK);
}

TEST(numbers_come_back_at_every_width) {
    uint8_t bytes[40];
    for (unsigned bit = 0; bit <= 256; bit++) {
        chevm_u256 number = {{0, 0, 0, 0}}, back;
        uint64_t small = 1;
        if (bit != 0) {
            number.limbs[(bit - 1) / 64] = UINT64_C(1) << (bit - 1) % 64;
            number.limbs[0] |= ch_test_random() >> (bit < 65 ? 64 - (bit - 1) % 64 - 1 : 0);
        }
        chevm_rlp_reader reader;
        const size_t size = (size_t)(chevm_rlp_put_u256(bytes, &number) - bytes);
        CHECK_EQUAL(size, chevm_rlp_u256_size(&number));
        CHECK(rlp_rig_canonical(bytes, size));
        chevm_rlp_reader_init(&reader, bytes, size);
        CHECK_EQUAL(chevm_rlp_next_u256(&reader, &back), CHEVM_RLP_OK);
        CHECK(chevm_u256_equal(&back, &number) && reader.left == 0);
        chevm_rlp_reader_init(&reader, bytes, size);
        CHECK_EQUAL(chevm_rlp_next_u64(&reader, &small),
                    bit <= 64 ? CHEVM_RLP_OK : CHEVM_RLP_TOO_LONG);
        CHECK_EQUAL(small, bit <= 64 ? number.limbs[0] : 1);
        if (bit <= 64) {
            uint8_t again[16];
            CHECK_EQUAL(chevm_rlp_put_u64(again, number.limbs[0]) - again, size);
            CHECK_EQUAL(chevm_rlp_u64_size(number.limbs[0]), size);
            CHECK_BYTES(again, bytes, size);
        }
    }
    uint8_t long_number[34] = {0x80 + 33, 1};
    chevm_rlp_reader reader;
    chevm_u256 word;
    chevm_rlp_reader_init(&reader, long_number, sizeof long_number);
    CHECK_EQUAL(chevm_rlp_next_u256(&reader, &word), CHEVM_RLP_TOO_LONG);
    chevm_rlp_reader_init(&reader, (const uint8_t[]){0}, 1);
    CHECK_EQUAL(chevm_rlp_next_u256(&reader, &word), CHEVM_RLP_LEADING_ZEROS);
}

TEST(items_of_a_list_are_counted) {
    static const uint8_t bytes[] = {0xc5, 0x01, 0xc1, 0x80, 0x81, 0x80, 0xc2, 0x01, 0x83};
    chevm_rlp_reader reader;
    chevm_rlp_item item = {0};
    size_t count = 9;
    chevm_rlp_reader_init(&reader, bytes, sizeof bytes);
    CHECK_EQUAL(chevm_rlp_next(&reader, &item), CHEVM_RLP_OK);
    CHECK_EQUAL(chevm_rlp_count(&item, &count), CHEVM_RLP_OK);
    CHECK_EQUAL(count, 3);
    CHECK_EQUAL(chevm_rlp_next(&reader, &item), CHEVM_RLP_OK);
    CHECK_EQUAL(chevm_rlp_count(&item, &count), CHEVM_RLP_EOF);
    CHECK_EQUAL(count, 3);
}

static void judge(const uint8_t *bytes, size_t size) {
    const chevm_rlp_status status = chevm_rlp_check(bytes, size, 64);
    if (status != CHEVM_RLP_TOO_DEEP) {
        CHECK_EQUAL(status == CHEVM_RLP_OK, rlp_rig_canonical(bytes, size));
    }
}

TEST(check_agrees_with_the_slow_judge_on_all_inputs_of_three_bytes) {
    for (uint32_t i = 0; i < 1u << 24; i++) {
        const uint8_t bytes[3] = {(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        const bool valid = chevm_rlp_check(bytes, 3, 64) == CHEVM_RLP_OK;
        /* The slow judge is asked about all that is accepted and a part of what is not. */
        if ((valid || i % 61 == 0) && valid != rlp_rig_canonical(bytes, 3)) {
            CHECK_EQUAL(i, valid);
            return;
        }
        if ((i & 0xffff) == 0) {
            judge(bytes, 1);
        }
        if ((i & 0xff) == 0) {
            judge(bytes, 2);
        }
    }
}

/* Mostly headers, so that many inputs are lists in lists. */
static uint8_t random_byte(void) {
    static const uint8_t telling[] = {0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0xb7, 0xb8,
                                      0xb9, 0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xf7, 0xf8};
    const uint64_t random = ch_test_random();
    return random % 4 != 0 ? telling[(random >> 8) % sizeof telling] : (uint8_t)(random >> 16);
}

TEST(check_agrees_with_the_slow_judge_on_random_inputs) {
    for (int i = 0; i < 200000; i++) {
        uint8_t bytes[24];
        const size_t size = ch_test_random_below(sizeof bytes + 1);
        for (size_t at = 0; at < size; at++) {
            bytes[at] = random_byte();
        }
        if (size != 0 && i % 2 == 0) {
            bytes[0] = (uint8_t)(0xc0 + size - 1);
        }
        judge(bytes, size);
    }
}

/* Writes a random item of at most `room` bytes. */
static size_t random_item(uint8_t *out, size_t room, unsigned depth) {
    uint8_t content[RLP_RIG_SIZE_MAX];
    const size_t limit = room > 4 ? ch_test_random_below(room - 3) : 0;
    size_t size = 0;
    if (depth < 6 && ch_test_random_below(3) != 0) {
        while (size + 5 < limit && ch_test_random_below(8) != 0) {
            size += random_item(content + size, limit - size, depth + 1);
        }
        uint8_t *const at = chevm_rlp_put_list_header(out, size);
        memcpy(at, content, size);
        return (size_t)(at - out) + size;
    }
    for (; size < limit; size++) {
        content[size] = (uint8_t)ch_test_random();
    }
    return (size_t)(chevm_rlp_put_string(out, content, size) - out);
}

TEST(what_is_written_is_canonical_and_reads_back) {
    for (int i = 0; i < 2000; i++) {
        uint8_t bytes[RLP_RIG_SIZE_MAX], again[RLP_RIG_SIZE_MAX];
        const size_t size = random_item(bytes, i % 3 == 0 ? sizeof bytes : 128, 0);
        chevm_rlp_reader reader;
        chevm_rlp_item item;
        CHECK(rlp_rig_canonical(bytes, size));
        CHECK_EQUAL(chevm_rlp_check(bytes, size, 8), CHEVM_RLP_OK);
        chevm_rlp_reader_init(&reader, bytes, size);
        CHECK_EQUAL(chevm_rlp_next(&reader, &item), CHEVM_RLP_OK);
        CHECK_EQUAL(rlp_rig_copy(again, &item) - again, size);
        CHECK_BYTES(again, bytes, size);
        CHECK(chevm_rlp_check(bytes, size - 1, 8) != CHEVM_RLP_OK);
        bytes[size < sizeof bytes ? size : 0] = 0;
        CHECK(size == sizeof bytes || chevm_rlp_check(bytes, size + 1, 8) == CHEVM_RLP_TRAILING);
    }
}

/* `levels` lists around each other. */
static size_t nested(uint8_t *bytes, size_t levels) {
    uint8_t *at = bytes;
    size_t sizes[CHEVM_RLP_DEPTH_MAX + 2];
    size_t content = 0;
    for (size_t i = 0; i < levels; i++) {
        sizes[i] = content;
        content += chevm_rlp_header_size(content);
    }
    for (size_t i = levels; i-- != 0;) {
        at = chevm_rlp_put_list_header(at, sizes[i]);
    }
    return content;
}

TEST(depth_is_bounded) {
    static uint8_t bytes[8192];
    for (size_t depth = 0; depth <= CHEVM_RLP_DEPTH_MAX; depth = depth * 2 + (depth < 2)) {
        size_t size = nested(bytes, depth + 1);
        CHECK_EQUAL(chevm_rlp_check(bytes, size, depth), CHEVM_RLP_TOO_DEEP);
        if (depth != 0) {
            size = nested(bytes, depth);
            CHECK_EQUAL(chevm_rlp_check(bytes, size, depth), CHEVM_RLP_OK);
        }
    }
    CHECK_EQUAL(chevm_rlp_check((const uint8_t[]){0x80}, 1, 0), CHEVM_RLP_OK);
    memset(bytes, 0xc1, sizeof bytes);
    CHECK(chevm_rlp_check(bytes, sizeof bytes, CHEVM_RLP_DEPTH_MAX) != CHEVM_RLP_OK);
}

TEST(headers_alone_are_what_items_begin_with) {
    static const uint8_t content[70000];
    static uint8_t whole[70010], header[16];
    static const size_t sizes[] = {0, 2, 55, 56, 255, 256, 65535, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *const end = chevm_rlp_put_string_header(header, sizes[i]);
        CHECK_EQUAL(end - header, chevm_rlp_header_size(sizes[i]));
        CHECK_EQUAL(chevm_rlp_put_string(whole, content, sizes[i]) - whole,
                    chevm_rlp_string_size(content, sizes[i]));
        CHECK_BYTES(whole, header, (size_t)(end - header));
    }
}

TEST(each_status_has_its_name) {
    CHECK_TEXT(chevm_rlp_status_name(CHEVM_RLP_OK), "OK");
    CHECK_TEXT(chevm_rlp_status_name(CHEVM_RLP_SIZE_LEADING_ZEROS), "SIZE_LEADING_ZEROS");
    CHECK_TEXT(chevm_rlp_status_name(CHEVM_RLP_TOO_DEEP), "TOO_DEEP");
    CHECK_TEXT(chevm_rlp_status_name((chevm_rlp_status)99), "?");
}
