/* precompile_vectors_rig.h: the published vectors of precompiles, [{Input, Expected |
 * ExpectedError, Name, ...}] with hex digits without 0x, from the folder COLDHEAP_FIXTURES names;
 * read by tests of layers that know no JSON. Reads what these files contain, not JSON at large: no
 * string in them holds an escaped quote. */
#ifndef CHEVMI_PRECOMPILE_VECTORS_RIG_H
#define CHEVMI_PRECOMPILE_VECTORS_RIG_H

#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct vector {
    char name[160];
    uint8_t *input; /* owned by the walk */
    size_t input_size;
    uint8_t expected[256];
    size_t expected_size;
    bool fails;
} vector;

typedef void vector_check(const vector *v);

static char *vectors_text(const char *path) {
    FILE *const file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    (void)fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    char *const text = size < 0 ? NULL : malloc((size_t)size + 1);
    if (text != NULL) {
        text[fread(text, 1, (size_t)size, file)] = 0;
    }
    (void)fclose(file);
    return text;
}

/* The string value of "key" between `from` and `end`, NULL if there is none. */
static const char *vectors_value(const char *from, const char *end, const char *key, size_t *size) {
    char quoted[32];
    (void)snprintf(quoted, sizeof quoted, "\"%s\"", key);
    const char *const at = strstr(from, quoted);
    if (at == NULL || at >= end) {
        return NULL;
    }
    const char *const open = strchr(at + strlen(quoted), '"');
    const char *const close = open == NULL ? NULL : strchr(open + 1, '"');
    if (close == NULL || close > end) {
        return NULL;
    }
    *size = (size_t)(close - open - 1);
    return open + 1;
}

static unsigned vectors_digit(char c) {
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

static size_t vectors_hex(uint8_t *out, size_t capacity, const char *digits, size_t size) {
    size_t count = 0;
    for (; count < size / 2 && count < capacity; count++) {
        out[count] =
            (uint8_t)(vectors_digit(digits[2 * count]) << 4 | vectors_digit(digits[2 * count + 1]));
    }
    return count;
}

static bool vectors_object(const char *from, const char *end, vector_check *check) {
    vector v = {.name = "?"};
    size_t size = 0;
    const char *value = vectors_value(from, end, "Name", &size);
    if (value != NULL) {
        (void)snprintf(v.name, sizeof v.name, "%.*s", (int)size, value);
    }
    value = vectors_value(from, end, "Expected", &size);
    v.fails = value == NULL;
    if (value != NULL) {
        v.expected_size = vectors_hex(v.expected, sizeof v.expected, value, size);
    }
    value = vectors_value(from, end, "Input", &size);
    v.input = value == NULL ? NULL : malloc(size / 2 + 1);
    if (v.input == NULL) {
        return false;
    }
    v.input_size = vectors_hex(v.input, size / 2, value, size);
    check(&v);
    free(v.input);
    return true;
}

/* Runs the check on every vector of precompiles/`file` and returns their number. Without fixtures
 * it marks the test as skipped and returns 0. */
CH_INLINE size_t vectors_run(const char *file, vector_check *check) {
    char path[1024];
    const char *const fixtures = getenv("COLDHEAP_FIXTURES");
    if (fixtures == NULL) {
        ch_test_skip("COLDHEAP_FIXTURES does not name the unpacked fixtures");
        return 0;
    }
    (void)snprintf(path, sizeof path, "%s/precompiles/%s.json", fixtures, file);
    char *const text = vectors_text(path);
    size_t count = 0;
    if (text == NULL) {
        printf("# %s cannot be read\n", path);
        CHECK(text != NULL);
        return 0;
    }
    for (const char *from = strchr(text, '{'); from != NULL; from = strchr(from + 1, '{')) {
        const char *const end = strchr(from, '}');
        if (!CHECK(end != NULL && vectors_object(from, end, check))) {
            break;
        }
        count++;
    }
    free(text);
    return count;
}

#endif
