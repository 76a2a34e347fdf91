/* text.c: see text.h. */
#include "text.h"

#include <errno.h>
#include <unistd.h>

/* One byte is kept for the line end. */
static void add_char(chi_text *text, char c) {
    if (text->used < sizeof text->bytes - 1) {
        text->bytes[text->used++] = c;
    }
}

void chi_text_add(chi_text *text, const char *part) {
    for (const char *c = part != NULL ? part : "?"; *c != 0; c++) {
        add_char(text, *c);
    }
}

static void add_digits(chi_text *text, uint64_t number, unsigned base) {
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    while (count > 0) {
        add_char(text, digits[--count]);
    }
}

void chi_text_add_number(chi_text *text, uint64_t number) {
    add_digits(text, number, 10);
}

void chi_text_add_hex(chi_text *text, uint64_t number) {
    chi_text_add(text, "0x");
    add_digits(text, number, 16);
}

void chi_text_add_seconds(chi_text *text, uint64_t ns) {
    const uint64_t us = ns / 1000;
    chi_text_add_number(text, us / 1000000);
    add_char(text, '.');
    for (uint64_t digit = 100000; digit > 0; digit /= 10) {
        add_digits(text, us / digit % 10, 10);
    }
    chi_text_add(text, " s");
}

void chi_text_end_line(chi_text *text) {
    text->bytes[text->used++] = '\n';
    const char *rest = text->bytes;
    while (text->used > 0) {
        const ssize_t written = write(text->fd, rest, text->used);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            break;
        }
        rest += written;
        text->used -= (size_t)written;
    }
    text->used = 0;
}
