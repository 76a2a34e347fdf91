/* words.c: hex, 256-bit numbers, addresses and forks; see words.h. */
#include "words.h"

#include "codes.h"
#include "message.h"

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
            return text_refuse_character(error, line, i - line_start + 1, text[i], "a hex digit");
        } else if (text[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    if (digit_count % 2 != 0) {
        text_refuse(error, line, size - line_start, "");
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
        return text_refuse(error, 1, 1, size == 0 ? "number is empty" : "number has no digits");
    }
    for (size_t i = first; i < size; i++) {
        int value = hex_value(text[i]);
        if (value < 0 || (!hex && value > 9)) {
            return text_refuse_character(error, 1, i + 1, text[i],
                                         hex ? "a hex digit" : "a decimal digit");
        }
    }
    bool fits = hex ? chevm_u256_from_hex(number, text + first, size - first)
                    : chevm_u256_from_decimal(number, text, size);
    return fits || text_refuse(error, 1, 1, "number needs more than 256 bits");
}

bool text_address(chevm_address *address, const char *text, text_error *error) {
    size_t size = strlen(text);
    if (size > 2 + 2 * sizeof address->bytes) {
        return text_refuse(error, 1, 1, "address is longer than 20 bytes");
    }
    uint8_t bytes[1 + sizeof address->bytes];
    size_t count = 0;
    if (!text_hex(bytes, &count, text, size, false, error)) {
        return false;
    }
    if (count == 0 || count > sizeof address->bytes) {
        return text_refuse(error, 1, 1,
                           count == 0 ? "address is empty" : "address is longer than 20 bytes");
    }
    memset(address->bytes, 0, sizeof address->bytes);
    memcpy(address->bytes + sizeof address->bytes - count, bytes, count);
    return true;
}

void sink_quantity(sink *target, const chevm_u256 *number) {
    char text[CHEVM_U256_HEX_SIZE];
    sink_bytes(target, text, chevm_u256_to_hex(text, number));
}

int flag_u256(void *value, const flag_row *row, const char *text, int position) {
    text_error error;
    return text_u256(value, text, &error) ? EXIT_DONE
                                          : options_bad_value(position, row, text, error.reason);
}

int flag_address(void *value, const flag_row *row, const char *text, int position) {
    text_error error;
    return text_address(value, text, &error) ? EXIT_DONE
                                             : options_bad_value(position, row, text, error.reason);
}

int flag_unknown_fork(const char *text, int position) {
    const char *best = "";
    size_t best_distance = strlen(text) / 2 + 1; /* nothing is better than nonsense */
    for (unsigned fork = 0; strlen(text) <= TEXT_NAME_MAX && fork < CHEVM_FORK_COUNT; fork++) {
        const char *name = chevm_fork_name((chevm_fork)fork);
        size_t distance = text_distance(text, name);
        if (distance < best_distance) {
            best_distance = distance;
            best = name;
        }
    }
    return message_argument(EXIT_FLAG, position, "unknown fork '%.80s'%s%s", text,
                            *best != 0 ? ", nearest is " : "", best);
}

int flag_fork(void *value, const flag_row *row, const char *text, int position) {
    (void)row;
    return chevm_fork_parse(text, value) ? EXIT_DONE : flag_unknown_fork(text, position);
}
