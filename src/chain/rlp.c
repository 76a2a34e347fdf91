/* rlp.c: recursive length prefix, see rlp.h. Decoding has one place where a header is judged,
 * header_read; all else asks for what the item is. Encoding has one, header_put. */
#include <coldevm/rlp.h>

#include <string.h>

/* First bytes: below STRING a byte is its own item; then short and long strings, short and long
 * lists. A short form holds at most SHORT_MAX bytes. */
#define STRING    0x80u
#define LIST      0xc0u
#define SHORT_MAX 55u

/* ---- Decoding ------------------------------------------------------------------------------- */

void chevm_rlp_reader_init(chevm_rlp_reader *reader, const uint8_t *bytes, size_t size) {
    CH_REQUIRE(bytes != NULL || size == 0);
    *reader = (chevm_rlp_reader){bytes, size};
}

void chevm_rlp_open(chevm_rlp_reader *reader, const chevm_rlp_item *list) {
    CH_REQUIRE(list->is_list);
    *reader = (chevm_rlp_reader){list->bytes, list->size};
}

/* The long form's length: `count` bytes behind the first one, the highest first. */
static chevm_rlp_status long_size(const uint8_t *bytes, size_t left, size_t count, size_t *size) {
    if (count > left - 1) {
        return CHEVM_RLP_EOF;
    }
    if (bytes[1] == 0) {
        return CHEVM_RLP_SIZE_LEADING_ZEROS;
    }
    uint64_t value = 0;
    for (size_t i = 1; i <= count; i++) {
        value = value << 8 | bytes[i];
    }
    if (value <= SHORT_MAX || value > INT64_MAX) {
        return CHEVM_RLP_SIZE;
    }
    if (value > left - 1 - count) {
        return CHEVM_RLP_EOF;
    }
    *size = (size_t)value;
    return CHEVM_RLP_OK;
}

/* Judges the header at bytes[0], of which `left` >= 1 are there. */
static chevm_rlp_status header_read(const uint8_t *bytes, size_t left, chevm_rlp_item *item) {
    const unsigned first = bytes[0];
    if (first < STRING) {
        *item = (chevm_rlp_item){bytes, 1, bytes, 1, false};
        return CHEVM_RLP_OK;
    }
    const bool is_list = first >= LIST;
    size_t size = first - (is_list ? LIST : STRING);
    size_t header = 1;
    if (size > SHORT_MAX) {
        const size_t count = size - SHORT_MAX;
        const chevm_rlp_status status = long_size(bytes, left, count, &size);
        if (status != CHEVM_RLP_OK) {
            return status;
        }
        header += count;
    } else if (size > left - 1) {
        return CHEVM_RLP_EOF;
    } else if (!is_list && size == 1 && bytes[1] < STRING) {
        return CHEVM_RLP_SIZE;
    }
    *item = (chevm_rlp_item){bytes + header, size, bytes, header + size, is_list};
    return CHEVM_RLP_OK;
}

static chevm_rlp_status peek(const chevm_rlp_reader *reader, chevm_rlp_item *item) {
    return reader->left == 0 ? CHEVM_RLP_END : header_read(reader->next, reader->left, item);
}

static void advance(chevm_rlp_reader *reader, const chevm_rlp_item *item) {
    CH_ASSERT(item->whole == reader->next && item->whole_size <= reader->left);
    reader->next += item->whole_size;
    reader->left -= item->whole_size;
}

static chevm_rlp_status peek_kind(const chevm_rlp_reader *reader, chevm_rlp_item *item, bool list) {
    const chevm_rlp_status status = peek(reader, item);
    if (status == CHEVM_RLP_OK && item->is_list != list) {
        return list ? CHEVM_RLP_NOT_A_LIST : CHEVM_RLP_NOT_A_STRING;
    }
    return status;
}

/* A number of at most `size_max` bytes. */
static chevm_rlp_status peek_number(const chevm_rlp_reader *reader, chevm_rlp_item *item,
                                    size_t size_max) {
    const chevm_rlp_status status = peek_kind(reader, item, false);
    if (status != CHEVM_RLP_OK) {
        return status;
    }
    if (item->size != 0 && item->bytes[0] == 0) {
        return CHEVM_RLP_LEADING_ZEROS;
    }
    return item->size > size_max ? CHEVM_RLP_TOO_LONG : CHEVM_RLP_OK;
}

chevm_rlp_status chevm_rlp_next(chevm_rlp_reader *reader, chevm_rlp_item *item) {
    chevm_rlp_item found;
    const chevm_rlp_status status = peek(reader, &found);
    if (status == CHEVM_RLP_OK) {
        advance(reader, &found);
        *item = found;
    }
    return status;
}

static chevm_rlp_status next_kind(chevm_rlp_reader *reader, chevm_rlp_item *item, bool list) {
    chevm_rlp_item found;
    const chevm_rlp_status status = peek_kind(reader, &found, list);
    if (status == CHEVM_RLP_OK) {
        advance(reader, &found);
        *item = found;
    }
    return status;
}

chevm_rlp_status chevm_rlp_next_list(chevm_rlp_reader *reader, chevm_rlp_item *item) {
    return next_kind(reader, item, true);
}

chevm_rlp_status chevm_rlp_next_string(chevm_rlp_reader *reader, chevm_rlp_item *item) {
    return next_kind(reader, item, false);
}

chevm_rlp_status chevm_rlp_next_u64(chevm_rlp_reader *reader, uint64_t *value) {
    chevm_rlp_item item;
    const chevm_rlp_status status = peek_number(reader, &item, sizeof *value);
    if (status == CHEVM_RLP_OK) {
        uint64_t number = 0;
        for (size_t i = 0; i < item.size; i++) {
            number = number << 8 | item.bytes[i];
        }
        *value = number;
        advance(reader, &item);
    }
    return status;
}

chevm_rlp_status chevm_rlp_next_u256(chevm_rlp_reader *reader, chevm_u256 *value) {
    chevm_rlp_item item;
    const chevm_rlp_status status = peek_number(reader, &item, 32);
    if (status == CHEVM_RLP_OK) {
        chevm_u256_from_be(value, item.bytes, item.size);
        advance(reader, &item);
    }
    return status;
}

chevm_rlp_status chevm_rlp_next_fixed(chevm_rlp_reader *reader, const uint8_t **bytes,
                                      size_t size) {
    chevm_rlp_item item;
    const chevm_rlp_status status = peek_kind(reader, &item, false);
    if (status != CHEVM_RLP_OK) {
        return status;
    }
    if (item.size != size) {
        return item.size > size ? CHEVM_RLP_TOO_LONG : CHEVM_RLP_TOO_SHORT;
    }
    *bytes = item.bytes;
    advance(reader, &item);
    return CHEVM_RLP_OK;
}

chevm_rlp_status chevm_rlp_end(const chevm_rlp_reader *reader) {
    return reader->left == 0 ? CHEVM_RLP_OK : CHEVM_RLP_TRAILING;
}

chevm_rlp_status chevm_rlp_count(const chevm_rlp_item *list, size_t *count) {
    chevm_rlp_reader reader;
    chevm_rlp_item item;
    size_t found = 0;
    chevm_rlp_open(&reader, list);
    while (reader.left != 0) {
        const chevm_rlp_status status = chevm_rlp_next(&reader, &item);
        if (status != CHEVM_RLP_OK) {
            return status;
        }
        found++;
    }
    *count = found;
    return CHEVM_RLP_OK;
}

/* What is left of each open list behind the one being read: `rest[d]` belongs to depth d. */
chevm_rlp_status chevm_rlp_check(const uint8_t *bytes, size_t size, size_t depth_max) {
    size_t rest[CHEVM_RLP_DEPTH_MAX];
    size_t depth = 0;
    CH_REQUIRE(depth_max <= CHEVM_RLP_DEPTH_MAX);
    chevm_rlp_reader reader;
    chevm_rlp_item item;
    chevm_rlp_reader_init(&reader, bytes, size);
    do {
        const chevm_rlp_status status = chevm_rlp_next(&reader, &item);
        if (status != CHEVM_RLP_OK) {
            return status;
        }
        if (depth == 0 && reader.left != 0) {
            return CHEVM_RLP_TRAILING;
        }
        if (item.is_list) {
            if (depth == depth_max) {
                return CHEVM_RLP_TOO_DEEP;
            }
            rest[depth++] = reader.left;
            chevm_rlp_open(&reader, &item);
        }
        while (depth != 0 && reader.left == 0) {
            reader.left = rest[--depth];
        }
    } while (depth != 0);
    return CHEVM_RLP_OK;
}

/* ---- Encoding ------------------------------------------------------------------------------- */

/* Bytes of a number without leading zeros. */
static size_t u64_bytes(uint64_t value) {
    size_t count = 0;
    for (; value != 0; value >>= 8) {
        count++;
    }
    return count;
}

static size_t u256_bytes(const chevm_u256 *value) {
    size_t high = 3;
    while (high != 0 && value->limbs[high] == 0) {
        high--;
    }
    return 8 * high + u64_bytes(value->limbs[high]);
}

static uint8_t *put_bytes(uint8_t *out, uint64_t value, size_t count) {
    for (size_t i = count; i-- != 0; value >>= 8) {
        out[i] = (uint8_t)value;
    }
    return out + count;
}

static uint8_t *header_put(uint8_t *out, unsigned base, size_t size) {
    if (size <= SHORT_MAX) {
        *out = (uint8_t)(base + size);
        return out + 1;
    }
    const size_t count = u64_bytes(size);
    *out = (uint8_t)(base + SHORT_MAX + count);
    return put_bytes(out + 1, size, count);
}

size_t chevm_rlp_header_size(size_t size) {
    return size <= SHORT_MAX ? 1 : 1 + u64_bytes(size);
}

size_t chevm_rlp_string_size(const uint8_t *bytes, size_t size) {
    return size == 1 && bytes[0] < STRING ? 1 : chevm_rlp_header_size(size) + size;
}

size_t chevm_rlp_u64_size(uint64_t value) {
    return value < STRING ? 1 : 1 + u64_bytes(value);
}

size_t chevm_rlp_u256_size(const chevm_u256 *value) {
    const size_t size = u256_bytes(value);
    return size <= 1 ? chevm_rlp_u64_size(value->limbs[0]) : 1 + size;
}

uint8_t *chevm_rlp_put_list_header(uint8_t *out, size_t content_size) {
    return header_put(out, LIST, content_size);
}

uint8_t *chevm_rlp_put_string_header(uint8_t *out, size_t content_size) {
    return header_put(out, STRING, content_size);
}

uint8_t *chevm_rlp_put_string(uint8_t *out, const uint8_t *bytes, size_t size) {
    if (size != 1 || bytes[0] >= STRING) {
        out = header_put(out, STRING, size);
    }
    if (size != 0) {
        memcpy(out, bytes, size);
    }
    return out + size;
}

uint8_t *chevm_rlp_put_u64(uint8_t *out, uint64_t value) {
    const size_t size = u64_bytes(value);
    if (size != 1 || value >= STRING) {
        *out++ = (uint8_t)(STRING + size);
    }
    return put_bytes(out, value, size);
}

uint8_t *chevm_rlp_put_u256(uint8_t *out, const chevm_u256 *value) {
    const size_t size = u256_bytes(value);
    if (size <= 8) {
        return chevm_rlp_put_u64(out, value->limbs[0]);
    }
    uint8_t bytes[32];
    chevm_u256_to_be32(bytes, value);
    *out = (uint8_t)(STRING + size);
    memcpy(out + 1, bytes + 32 - size, size);
    return out + 1 + size;
}

const char *chevm_rlp_status_name(chevm_rlp_status status) {
    static const char *const names[] = {
        "OK",           "END",        "EOF",           "SIZE",     "SIZE_LEADING_ZEROS",
        "NOT_A_STRING", "NOT_A_LIST", "LEADING_ZEROS", "TOO_LONG", "TOO_SHORT",
        "TRAILING",     "TOO_DEEP",
    };
    return (size_t)status < sizeof names / sizeof names[0] ? names[status] : "?";
}
