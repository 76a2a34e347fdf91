/* fail.c: the last words of a failed requirement or assertion. Writes with write(2) only. */
#include <coldheap/base.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void append(char *line, size_t size, size_t *used, const char *text) {
    size_t length = strlen(text);
    for (size_t i = 0; i < length && *used < size; i++) {
        line[(*used)++] = text[i];
    }
}

void ch_fail(const char *kind, const char *condition, const char *file, int line) {
    char message[512];
    char digits[16];
    size_t used = 0;
    size_t digit_count = sizeof digits;
    digits[--digit_count] = 0;
    unsigned number = line > 0 ? (unsigned)line : 0u;
    do {
        digits[--digit_count] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number != 0);
    append(message, sizeof message - 1, &used, file);
    append(message, sizeof message - 1, &used, ":");
    append(message, sizeof message - 1, &used, digits + digit_count);
    append(message, sizeof message - 1, &used, ": ");
    append(message, sizeof message - 1, &used, kind);
    append(message, sizeof message - 1, &used, " failed: ");
    append(message, sizeof message - 1, &used, condition);
    message[used++] = '\n';
    const char *rest = message;
    while (used > 0) {
        ssize_t written = write(2, rest, used);
        if (written <= 0) {
            break;
        }
        rest += written;
        used -= (size_t)written;
    }
    abort();
}
