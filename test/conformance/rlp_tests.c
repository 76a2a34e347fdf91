/* rlp_tests.c: the official RLP tests (fixtures.md 6): `in`, written in the shortest form, must
 * give `out` and be read back from it; "INVALID" bytes must be refused and "VALID" ones accepted.
 */
#include "rig.h"

#include "store.h"

#include "chain/rlp_rig.h"

#include <string.h>

#define DEPTH      64u
#define ITEM_BYTES 65536u
#define ZERO_TEXT  "\xee\x80\x80" /* U+E000 */
#define DIGITS_MAX 200u

typedef struct writer {
    rig *r;
    const json_document *document;
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

/* The parser refuses the zero character, which one test has as its text: it is read as a character
 * of the private range, spelled as long. */
static void replace_zeros(text_file *file) {
    for (char *at = file->text; (at = strstr(at, "\\u0000")) != NULL;) {
        memcpy(at, "\\ue000", 6);
    }
}

static uint8_t *write_text(uint8_t *out, const char *text) {
    uint8_t number[DIGITS_MAX];
    if (text[0] == '#') {
        return chevm_rlp_put_string(out, number, read_decimal(number, text + 1));
    }
    if (strcmp(text, ZERO_TEXT) == 0) {
        return chevm_rlp_put_string(out, (const uint8_t[]){0}, 1);
    }
    return chevm_rlp_put_string(out, (const uint8_t *)text, strlen(text));
}

static uint8_t *write_node(const writer *w, uint8_t *out, const json_node *node) {
    uint64_t number = 0;
    if (json_is_text(node)) {
        return write_text(out, json_text(node));
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
        const writer w = {r, document};
        uint8_t *const bytes = store_alloc(ITEM_BYTES, 1);
        const size_t size = (size_t)(write_node(&w, bytes, in) - bytes);
        if (size != out.size || memcmp(bytes, out.bytes, size) != 0) {
            rig_complain(r, "written otherwise, in %zu bytes", size);
        }
    }
}

static void each_file(void *context, const char *path) {
    rig *r = context;
    ch_arena_point mark = store_mark();
    json_document document;
    text_file file;
    bool readable = input_file(&file, path) == 0;
    if (readable) {
        replace_zeros(&file);
        readable = json_parse(&document, file) == 0;
    }
    if (readable) {
        rig_run_document(r, path, &document, run_test);
    } else {
        rig_cannot_read(r, path);
    }
    store_release(mark);
}

void rlp_tests_run(rig *r, const char *root) {
    (void)root;
    if (rig_fixtures() == NULL) {
        rig_skip_suite(r, "rlp_tests");
        return;
    }
    rig_walk(store_format("%s/rlp_tests", rig_fixtures()), each_file, r);
}
