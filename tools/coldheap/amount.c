/* amount.c: see amount.h. */
#include "amount.h"

#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 32u

static int unit_shift(const char *unit) {
    static const struct {
        const char *text;
        int shift;
    } UNITS[] = {{"", 0},   {"B", 0},   {"K", 10},   {"M", 20},  {"G", 30},
                 {"k", 10}, {"KB", 10}, {"MB", 20},  {"GB", 30}, {"KiB", 10},
                 {"m", 20}, {"g", 30},  {"MiB", 20}, {"GiB", 30}};
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (strcmp(unit, UNITS[i].text) == 0) {
            return UNITS[i].shift;
        }
    }
    return -1;
}

bool amount_read(uint64_t *amount, const char *text, text_error *error) {
    char digits[DIGITS_MAX];
    size_t length = strspn(text, "0123456789");
    int shift = unit_shift(text + length);
    uint64_t number = 0;
    if (length >= sizeof digits) {
        return text_refuse(error, 1, 1, "too large");
    }
    memcpy(digits, text, length);
    digits[length] = 0;
    if (shift < 0 && length > 0) {
        return text_refuse(error, 1, length + 1, "write a number, or one with K, M or G");
    }
    if (!text_u64(&number, length > 0 ? digits : text, UINT64_MAX >> (shift > 0 ? shift : 0),
                  error)) {
        return false;
    }
    *amount = number << shift;
    return true;
}

const char *amount_bytes(char text[AMOUNT_BYTES], uint64_t bytes) {
    static const char *const UNITS[] = {"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) {
        (void)snprintf(text, AMOUNT_BYTES, "%llu B", (unsigned long long)bytes);
        return text;
    }
    double value = (double)bytes / 1024;
    size_t unit = 0;
    for (; value >= 1024 && unit + 1 < sizeof UNITS / sizeof UNITS[0]; unit++) {
        value /= 1024;
    }
    (void)snprintf(text, AMOUNT_BYTES, "%.1f %s", value, UNITS[unit]);
    return text;
}

const char *amount_share(char text[AMOUNT_BYTES], uint64_t part, uint64_t whole) {
    if (whole == 0) {
        (void)snprintf(text, AMOUNT_BYTES, "-");
    } else {
        (void)snprintf(text, AMOUNT_BYTES, "%.1f%%", 100.0 * (double)part / (double)whole);
    }
    return text;
}
