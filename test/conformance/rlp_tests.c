/* rlp_tests.c: the official RLP tests (fixtures.md 6): `in`, written in the shortest form, must
 * give `out` and be read back from it; "INVALID" bytes must be refused and "VALID" ones accepted.
 */
#include "rig.h"

#include "store.h"

#include "chain/rlp_rig.h"

#include <string.h>

#define DEPTH      64u
#define ITEM_BYTES 65536u
#define DIGITS_MAX 200u

typedef struct writer {
    rig *r;
    const json_document *document;
    const json_node *test;
} writer;

/* "#123": a number of any size; big-endian bytes without leading zeros. */
static size_t read_decimal(uint8_t *bytes, const char *digits) {
    uint8_t reversed[DIGITS_MAX];
    size_t size = 0;
    for (; *digits != 0; digits++) {
        unsigned carry = (unsigned)(*digits - '0');
        for (size_t i = 0; i < size; i++) {
            carry += reversed[i] * 10u;
            reversed[i] = (uint8_t)carry;
            carry >>= 8;
        }
        if (carry != 0 && size < DIGITS_MAX) {
            reversed[size++] = (uint8_t)carry;
        }
    }
    for (size_t i = 0; i < size; i++) {
        bytes[i] = reversed[size - 1 - i];
    }
    return size;
}

/* The parser ends a text at its first zero byte: whether a text that seems empty was one zero is
 * seen in the file itself. */
static bool is_zero_byte(const writer *w) {
    const char *const name = store_format("\"%s\"", json_key(w->test));
    const char *const at = strstr(w->document->file.text, name);
    const char *const zero = at != NULL ? strstr(at, "\"\\u0000\"") : NULL;
    return zero != NULL && zero < strchr(at, '}');
}

static uint8_t *write_text(const writer *w, uint8_t *out, const char *text) {
    uint8_t number[DIGITS_MAX];
    if (text[0] == '#') {
        return chevm_rlp_put_string(out, number, read_decimal(number, text + 1));
    }
    if (text[0] == 0 && is_zero_byte(w)) {
        return chevm_rlp_put_string(out, (const uint8_t[]){0}, 1);
    }
    return chevm_rlp_put_string(out, (const uint8_t *)text, strlen(text));
}

static uint8_t *write_node(const writer *w, uint8_t *out, const json_node *node) {
    uint64_t number = 0;
    if (json_is_text(node)) {
        return write_text(w, out, json_text(node));
    }
    if (json_is_array(node)) {
        uint8_t *const content = store_alloc(ITEM_BYTES, 1);
        uint8_t *end = content;
        for (const json_node *child = json_first(node); child != NULL; child = json_next(child)) {
            end = write_node(w, end, child);
        }
        const size_t size = (size_t)(end - content);
        out = chevm_rlp_put_list_header(out, size);
        memcpy(out, content, size);
        return out + size;
    }
    if (json_u64(w->document, node, &number) != 0) {
        rig_complain(w->r, "neither text nor list nor number");
    }
    return chevm_rlp_put_u64(out, number);
}

/* Reads the bytes to the bottom and writes what was read. */
static bool comes_back(const byte_range *bytes) {
    uint8_t *const again = store_alloc(bytes->size + 1, 1);
    chevm_rlp_reader reader;
    chevm_rlp_item item;
    chevm_rlp_reader_init(&reader, bytes->bytes, bytes->size);
    return chevm_rlp_next(&reader, &item) == CHEVM_RLP_OK &&
           chevm_rlp_end(&reader) == CHEVM_RLP_OK &&
           rlp_rig_copy(again, &item) == again + bytes->size &&
           memcmp(again, bytes->bytes, bytes->size) == 0;
}

static void run_test(rig *r, const char *path, const json_document *document,
                     const json_node *test) {
    const json_node *in = json_get(test, "in");
    byte_range out = {NULL, 0};
    (void)path;
    if (in == NULL || json_get(test, "out") == NULL ||
        json_bytes(document, json_get(test, "out"), &out) != 0) {
        rig_complain(r, "malformed test");
        return;
    }
    const chevm_rlp_status status = chevm_rlp_check(out.bytes, out.size, DEPTH);
    if (strcmp(json_text(in), "INVALID") == 0) {
        if (status == CHEVM_RLP_OK || (out.size != 0 && rlp_rig_canonical(out.bytes, out.size))) {
            rig_complain(r, "accepted");
        }
        return;
    }
    if (status != CHEVM_RLP_OK || !comes_back(&out)) {
        rig_complain(r, "refused or changed: %s", chevm_rlp_status_name(status));
    }
    if (strcmp(json_text(in), "VALID") != 0) {
        const writer w = {r, document, test};
        uint8_t *const bytes = store_alloc(ITEM_BYTES, 1);
        const size_t size = (size_t)(write_node(&w, bytes, in) - bytes);
        if (size != out.size || memcmp(bytes, out.bytes, size) != 0) {
            rig_complain(r, "written otherwise, in %zu bytes", size);
        }
    }
}

void rlp_tests_run(rig *r, const char *root) {
    (void)root;
    rig_run_folder(r, "rlp_tests", run_test);
}
