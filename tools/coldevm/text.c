/* text.c: hex, numbers, names and durations; see text.h. */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values of hex digits, one more than they are worth; 0 for all else. */
// clang-format off
static const uint8_t DIGITS[256] = {
    ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5,
    ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};
// clang-format on

static int hex_value(char character) {
    return DIGITS[(uint8_t)character] - 1;
}

/* Decodes pairs of digits up to the first that is none; returns how many characters it took. */
static size_t hex_pairs(uint8_t *bytes, const char *text, size_t size) {
    size_t i = 0;
    for (; i + 1 < size; i += 2) {
        unsigned high = DIGITS[(uint8_t)text[i]];
        unsigned low = DIGITS[(uint8_t)text[i + 1]];
        if (high == 0 || low == 0) {
            break;
        }
        bytes[i / 2] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    return i;
}

static bool is_blank(char character) {
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

static bool has_hex_prefix(const char *text, size_t size) {
    return size >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

static bool refuse(text_error *error, size_t line, size_t place, const char *reason) {
    error->line = line;
    error->place = place;
    (void)snprintf(error->reason, sizeof error->reason, "%s", reason);
    return false;
}

static bool refuse_character(text_error *error, size_t line, size_t place, char character,
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

bool text_hex(uint8_t *bytes, size_t *count, const char *text, size_t size, bool blanks,
              text_error *error) {
    size_t line = 1;
    size_t line_start = 0;
    size_t digit_count = 0;
    size_t i = 0;
    int high = 0;
    while (blanks && i < size && is_blank(text[i])) {
        line += text[i] == '\n';
        line_start = text[i] == '\n' ? i + 1 : line_start;
        i++;
    }
    i += has_hex_prefix(text + i, size - i) ? 2 : 0;
    digit_count = hex_pairs(bytes, text + i, size - i);
    i += digit_count;
    for (; i < size; i++) {
        int value = hex_value(text[i]);
        if (value >= 0) {
            if (digit_count % 2 != 0) {
                bytes[digit_count / 2] = (uint8_t)(high << 4 | value);
            }
            high = value;
            digit_count++;
        } else if (!blanks || !is_blank(text[i])) {
            return refuse_character(error, line, i - line_start + 1, text[i], "a hex digit");
        } else if (text[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    if (digit_count % 2 != 0) {
        refuse(error, line, size - line_start, "");
        (void)snprintf(error->reason, sizeof error->reason, "odd number of hex digits (%zu)",
                       digit_count);
        return false;
    }
    *count = digit_count / 2;
    return true;
}

bool text_u256(chevm_u256 *number, const char *text, text_error *error) {
    size_t size = strlen(text);
    bool hex = has_hex_prefix(text, size);
    size_t first = hex ? 2 : 0;
    if (size == first) {
        return refuse(error, 1, 1, size == 0 ? "number is empty" : "number has no digits");
    }
    for (size_t i = first; i < size; i++) {
        int value = hex_value(text[i]);
        if (value < 0 || (!hex && value > 9)) {
            return refuse_character(error, 1, i + 1, text[i],
                                    hex ? "a hex digit" : "a decimal digit");
        }
    }
    bool fits = hex ? chevm_u256_from_hex(number, text + first, size - first)
                    : chevm_u256_from_decimal(number, text, size);
    return fits || refuse(error, 1, 1, "number needs more than 256 bits");
}

bool text_u64(uint64_t *number, const char *text, uint64_t most, text_error *error) {
    chevm_u256 wide;
    if (!text_u256(&wide, text, error)) {
        return false;
    }
    if (!chevm_u256_fits_u64(&wide) || wide.limbs[0] > most) {
        refuse(error, 1, 1, "");
        (void)snprintf(error->reason, sizeof error->reason, "number is above %llu",
                       (unsigned long long)most);
        return false;
    }
    *number = wide.limbs[0];
    return true;
}

bool text_seconds(double *seconds, const char *text, double most, text_error *error) {
    size_t size = strspn(text, "0123456789.");
    if (text[size] != 0) {
        return refuse_character(error, 1, size + 1, text[size], "part of a decimal number");
    }
    char *end = NULL;
    double value = strtod(text, &end);
    if (size == 0 || *end != 0) {
        return refuse(error, 1, 1, "not a decimal number");
    }
    if (value > most) {
        refuse(error, 1, 1, "");
        (void)snprintf(error->reason, sizeof error->reason, "number is above %g", most);
        return false;
    }
    *seconds = value;
    return true;
}

bool text_address(chevm_address *address, const char *text, text_error *error) {
    size_t size = strlen(text);
    if (size > 2 + 2 * sizeof address->bytes) {
        return refuse(error, 1, 1, "address is longer than 20 bytes");
    }
    uint8_t bytes[1 + sizeof address->bytes];
    size_t count = 0;
    if (!text_hex(bytes, &count, text, size, false, error)) {
        return false;
    }
    if (count == 0 || count > sizeof address->bytes) {
        return refuse(error, 1, 1,
                      count == 0 ? "address is empty" : "address is longer than 20 bytes");
    }
    memset(address->bytes, 0, sizeof address->bytes);
    memcpy(address->bytes + sizeof address->bytes - count, bytes, count);
    return true;
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
