/* text.c: numbers, names and durations; see text.h. */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool text_refuse(text_error *error, size_t line, size_t place, const char *reason) {
    error->line = line;
    error->place = place;
    (void)snprintf(error->reason, sizeof error->reason, "%s", reason);
    return false;
}

bool text_refuse_character(text_error *error, size_t line, size_t place, char character,
                           const char *wanted) {
    error->line = line;
    error->place = place;
    if (character > ' ' && character < 0x7f) {
        (void)snprintf(error->reason, sizeof error->reason, "'%c' at character %zu is not %s",
                       character, place, wanted);
    } else {
        (void)snprintf(error->reason, sizeof error->reason,
                       "byte 0x%02x at character %zu is not %s", (unsigned)(unsigned char)character,
                       place, wanted);
    }
    return false;
}

int text_hex_digit(char character) {
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    character = (char)(character | 0x20);
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

bool text_u64(uint64_t *number, const char *text, uint64_t most, text_error *error) {
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    size_t first = hex ? 2 : 0;
    uint64_t value = 0;
    bool fits = true;
    if (text[first] == 0) {
        return text_refuse(error, 1, 1, first == 0 ? "number is empty" : "number has no digits");
    }
    for (size_t i = first; text[i] != 0; i++) {
        int digit = text_hex_digit(text[i]);
        if (digit < 0 || (!hex && digit > 9)) {
            return text_refuse_character(error, 1, i + 1, text[i],
                                         hex ? "a hex digit" : "a decimal digit");
        }
        fits = fits && !__builtin_mul_overflow(value, hex ? 16u : 10u, &value) &&
               !__builtin_add_overflow(value, (uint64_t)digit, &value);
    }
    if (!fits || value > most) {
        text_refuse(error, 1, 1, "");
        (void)snprintf(error->reason, sizeof error->reason, "number is above %llu",
                       (unsigned long long)most);
        return false;
    }
    *number = value;
    return true;
}

bool text_seconds(double *seconds, const char *text, double most, text_error *error) {
    size_t size = strspn(text, "0123456789.");
    if (text[size] != 0) {
        return text_refuse_character(error, 1, size + 1, text[size], "part of a decimal number");
    }
    char *end = NULL;
    double value = strtod(text, &end);
    if (size == 0 || *end != 0) {
        return text_refuse(error, 1, 1, "not a decimal number");
    }
    if (value > most) {
        text_refuse(error, 1, 1, "");
        (void)snprintf(error->reason, sizeof error->reason, "number is above %g", most);
        return false;
    }
    *seconds = value;
    return true;
}

/* By the table of well-formed sequences of the Unicode standard (3.9, D92). */
size_t text_utf8(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    unsigned char first = at[0];
    if (first < 0x80) {
        return first != 0;
    }
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0xc2 || first > 0xf4 || at[1] < least || at[1] > most) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if (at[i] < 0x80 || at[i] > 0xbf) {
            return 0;
        }
    }
    return size;
}

size_t text_distance(const char *left, const char *right) {
    size_t rows[3][TEXT_NAME_MAX + 1];
    size_t width = strlen(right);
    CH_REQUIRE(strlen(left) <= TEXT_NAME_MAX && width <= TEXT_NAME_MAX);
    size_t *before = rows[0];
    size_t *last = rows[1];
    size_t *row = rows[2];
    for (size_t j = 0; j <= width; j++) {
        last[j] = j;
    }
    for (size_t i = 1; left[i - 1] != 0; i++) {
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            bool same = left[i - 1] == right[j - 1];
            size_t best = last[j - 1] + (same ? 0 : 1);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            bool swapped =
                i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if (swapped && before[j - 2] + 1 < best) {
                best = before[j - 2] + 1;
            }
            row[j] = best;
        }
        size_t *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[width];
}

const char *text_grouped(char text[TEXT_NUMBER_BYTES], uint64_t number) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            text[used++] = ' ';
        }
        text[used++] = digits[i];
    }
    text[used] = 0;
    return text;
}

/* Writes number / 10^places with trailing zeros of the fraction removed. */
static size_t write_fraction(char *text, size_t size, uint64_t number, unsigned places) {
    uint64_t unit = 1;
    for (unsigned i = 0; i < places; i++) {
        unit *= 10;
    }
    int length = snprintf(text, size, "%llu.%0*llu", (unsigned long long)(number / unit),
                          (int)places, (unsigned long long)(number % unit));
    size_t used = (size_t)length;
    while (text[used - 1] == '0') {
        used--;
    }
    used -= text[used - 1] == '.';
    text[used] = 0;
    return used;
}

const char *text_duration(char text[TEXT_NUMBER_BYTES], uint64_t nanoseconds) {
    static const uint64_t SECOND = 1000000000u;
    if (nanoseconds < 1000) {
        (void)snprintf(text, TEXT_NUMBER_BYTES, "%lluns", (unsigned long long)nanoseconds);
    } else if (nanoseconds < SECOND) {
        bool micro = nanoseconds < 1000000;
        size_t used = write_fraction(text, TEXT_NUMBER_BYTES, nanoseconds, micro ? 3 : 6);
        (void)snprintf(text + used, TEXT_NUMBER_BYTES - used, "%s", micro ? "µs" : "ms");
    } else {
        uint64_t minutes = nanoseconds / (60 * SECOND);
        size_t used = 0;
        if (minutes >= 60) {
            used += (size_t)snprintf(text, TEXT_NUMBER_BYTES, "%lluh",
                                     (unsigned long long)(minutes / 60));
        }
        if (minutes > 0) {
            used += (size_t)snprintf(text + used, TEXT_NUMBER_BYTES - used, "%llum",
                                     (unsigned long long)(minutes % 60));
        }
        used +=
            write_fraction(text + used, TEXT_NUMBER_BYTES - used, nanoseconds % (60 * SECOND), 9);
        memcpy(text + used, "s", 2);
    }
    return text;
}
