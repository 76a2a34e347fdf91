/* Text without stdio: digits, cutting, whole lines. */
#define _GNU_SOURCE
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

static char line[4096];

/* What a text of the given making writes. */
static const char *written(void (*make)(chi_text *)) {
    int ends[2];
    if (!CHECK(pipe(ends) == 0)) {
        return "";
    }
    chi_text text = {.fd = ends[1]};
    make(&text);
    CHECK_EQUAL(text.used, 0);
    close(ends[1]);
    const ssize_t got = read(ends[0], line, sizeof line - 1);
    line[got > 0 ? got : 0] = 0;
    close(ends[0]);
    return line;
}

static void make_numbers(chi_text *text) {
    const uint64_t numbers[] = {0, 9, 10, 12345, UINT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        chi_text_add_number(text, numbers[i]);
        chi_text_add(text, " ");
        chi_text_add_hex(text, numbers[i]);
        chi_text_add(text, ";");
    }
    chi_text_end_line(text);
}

TEST(g16_numbers) {
    CHECK_TEXT(written(make_numbers), "0 0x0;9 0x9;10 0xa;12345 0x3039;18446744073709551615 "
                                      "0xffffffffffffffff;\n");
}

static uint64_t random_number;

static void make_random(chi_text *text) {
    chi_text_add_number(text, random_number);
    chi_text_add_hex(text, random_number);
    chi_text_end_line(text);
}

TEST(g16_numbers_are_those_of_printf) {
    for (int i = 0; i < 200; i++) {
        char want[64];
        random_number = ch_test_random() >> ch_test_random_below(64);
        snprintf(want, sizeof want, "%llu0x%llx\n", (unsigned long long)random_number,
                 (unsigned long long)random_number);
        CHECK_TEXT(written(make_random), want);
    }
}

static void make_too_long(chi_text *text) {
    for (int i = 0; i < 300; i++) {
        chi_text_add(text, "0123456789");
    }
    chi_text_end_line(text);
}

TEST(g16_long_line_is_cut_and_still_a_line) {
    const char *text = written(make_too_long);
    CHECK_EQUAL(strlen(text), CHI_TEXT_BYTES);
    CHECK(text[CHI_TEXT_BYTES - 1] == '\n');
    CHECK(text[CHI_TEXT_BYTES - 2] != '\n');
}

static void make_two_lines(chi_text *text) {
    chi_text_add(text, "one");
    chi_text_end_line(text);
    chi_text_add(text, NULL);
    chi_text_end_line(text);
}

TEST(g16_lines_follow_each_other) {
    CHECK_TEXT(written(make_two_lines), "one\n?\n");
}

TEST(g16_nowhere_to_write) {
    chi_text text = {.fd = -1};
    make_two_lines(&text);
    CHECK_EQUAL(text.used, 0);
}
