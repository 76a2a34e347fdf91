/* rlp_rig.h: a slow judge of RLP for tests: reads any reading of the bytes it can find, writes that
 * again in the shortest form, recursively, and calls canonical what comes out as it went in. */
#ifndef CHEVMI_RLP_RIG_H
#define CHEVMI_RLP_RIG_H

#include <coldevm/rlp.h>

#include <string.h>

#define RLP_RIG_SIZE_MAX 4096u /* largest input it judges */

/* The shortest header, worked out as appendix B writes it: length of the big-endian length. */
static inline size_t rlp_rig_header(uint8_t *out, uint8_t base, size_t size) {
    if (size < 56) {
        out[0] = (uint8_t)(base + size);
        return 1;
    }
    const size_t length = size < 256 ? 1 : size < 65536 ? 2 : 3;
    out[0] = (uint8_t)(base + 55 + length);
    for (size_t i = 0; i < length; i++) {
        out[1 + i] = (uint8_t)(size >> (8 * (length - 1 - i)));
    }
    return 1 + length;
}

/* Reads one item leniently and writes it canonically. Returns the bytes read, 0 if there is no item
 * in them; *written = bytes written to out, which has room for size. */
static inline size_t rlp_rig_rewrite(const uint8_t *in, size_t size, uint8_t *out,
                                     size_t *written) {
    uint8_t content[RLP_RIG_SIZE_MAX];
    if (size == 0) {
        return 0;
    }
    if (in[0] < 0x80) {
        out[0] = in[0];
        *written = 1;
        return 1;
    }
    const bool list = in[0] >= 0xc0;
    uint64_t length = in[0] - (list ? 0xc0u : 0x80u);
    size_t header = 1;
    if (length > 55) {
        header += (size_t)length - 55;
        length = 0;
        for (size_t i = 1; i < header; i++) {
            if (i >= size || length >> 32 != 0) {
                return 0;
            }
            length = length << 8 | in[i];
        }
    }
    if (header > size || length > size - header) {
        return 0;
    }
    size_t content_size = 0;
    for (size_t at = 0; list && at < length;) {
        size_t part = 0;
        const size_t read =
            rlp_rig_rewrite(in + header + at, (size_t)length - at, content + content_size, &part);
        if (read == 0) {
            return 0;
        }
        at += read;
        content_size += part;
    }
    if (!list) {
        memcpy(content, in + header, (size_t)length);
        content_size = (size_t)length;
    }
    size_t start = 0;
    if (list || content_size != 1 || content[0] >= 0x80) {
        start = rlp_rig_header(out, list ? 0xc0 : 0x80, content_size);
    }
    memcpy(out + start, content, content_size);
    *written = start + content_size;
    return header + (size_t)length;
}

/* Whether the bytes are one canonical item. Requires: size <= RLP_RIG_SIZE_MAX; nesting that the
 * stack bears (4 KiB each). */
static inline bool rlp_rig_canonical(const uint8_t *bytes, size_t size) {
    uint8_t again[RLP_RIG_SIZE_MAX];
    size_t written = 0;
    return rlp_rig_rewrite(bytes, size, again, &written) == size && size != 0 && written == size &&
           memcmp(again, bytes, size) == 0;
}

/* Writes by means of rlp.h what can be read by means of it; returns the byte behind. */
static inline uint8_t *rlp_rig_copy(uint8_t *out, const chevm_rlp_item *item) {
    if (!item->is_list) {
        CH_REQUIRE(chevm_rlp_string_size(item->bytes, item->size) == item->whole_size);
        return chevm_rlp_put_string(out, item->bytes, item->size);
    }
    chevm_rlp_reader reader;
    chevm_rlp_item child;
    CH_REQUIRE(chevm_rlp_header_size(item->size) + item->size == item->whole_size);
    out = chevm_rlp_put_list_header(out, item->size);
    chevm_rlp_open(&reader, item);
    while (chevm_rlp_next(&reader, &child) == CHEVM_RLP_OK) {
        out = rlp_rig_copy(out, &child);
    }
    return out;
}

#endif
