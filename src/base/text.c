/* text.c: see text.h. */
#include "base/text.h"

static void put_byte(chi_text *text, char byte) {
    if (text->length < text->size) {
        text->out[text->length] = byte;
    }
    text->length++;
}

void chi_text_begin(chi_text *text, char *out, size_t size) {
    text->out = out;
    text->size = size;
    text->length = 0;
}

void chi_text_put(chi_text *text, const char *string) {
    for (; *string != 0; string++) {
        put_byte(text, *string);
    }
}

static void put_number(chi_text *text, uint64_t value, unsigned base, unsigned width) {
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0 || count < width);
    while (count > 0) {
        put_byte(text, digits[--count]);
    }
}

void chi_text_put_u64(chi_text *text, uint64_t value) {
    put_number(text, value, 10, 1);
}

void chi_text_put_hex(chi_text *text, uint64_t value) {
    chi_text_put(text, "0x");
    put_number(text, value, 16, 1);
}

void chi_text_put_json(chi_text *text, const char *string) {
    put_byte(text, '"');
    for (; *string != 0; string++) {
        unsigned char byte = (unsigned char)*string;
        if (byte < 0x20) {
            chi_text_put(text, "\\u");
            put_number(text, byte, 16, 4);
            continue;
        }
        if (byte == '"' || byte == '\\') {
            put_byte(text, '\\');
        }
        put_byte(text, *string);
    }
    put_byte(text, '"');
}

void chi_text_put_field(chi_text *text, const char *key, uint64_t value) {
    chi_text_put(text, ",");
    chi_text_put_json(text, key);
    chi_text_put(text, ":");
    chi_text_put_u64(text, value);
}

void chi_text_put_ratio(chi_text *text, uint64_t part, uint64_t whole) {
    enum { DECIMALS = 6 };
    uint64_t rest = whole != 0 ? part % whole : 0;
    put_number(text, whole != 0 ? part / whole : 0, 10, 1);
    put_byte(text, '.');
    for (unsigned i = 0; i < DECIMALS; i++) { /* long division, so that nothing can overflow */
        unsigned digit = 0;
        uint64_t sum = 0;
        for (unsigned step = 0; step < 10 && whole != 0; step++) {
            if (sum >= whole - rest) {
                sum -= whole - rest;
                digit++;
            } else {
                sum += rest;
            }
        }
        rest = sum;
        put_byte(text, (char)('0' + digit));
    }
}

size_t chi_text_end(chi_text *text) {
    if (text->size > 0) {
        text->out[text->length < text->size ? text->length : text->size - 1] = 0;
    }
    return text->length;
}
