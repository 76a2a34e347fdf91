/* text.h: reading numbers as users write them, and writing numbers as people read them.
 *
 * Readers say where and why they refuse: `place` counts characters from 1, `line` lines from 1. */
#ifndef TOOLS_COMMON_TEXT_H
#define TOOLS_COMMON_TEXT_H

#include <coldheap/base.h>

#define TEXT_REASON_BYTES 96u

typedef struct text_error {
    size_t line;
    size_t place;
    char reason[TEXT_REASON_BYTES];
} text_error;

/* text_refuse fills *error and returns false; text_refuse_character names the character, and what
 * was `wanted` there ("a hex digit"). */
bool text_refuse(text_error *error, size_t line, size_t place, const char *reason);
bool text_refuse_character(text_error *error, size_t line, size_t place, char character,
                           const char *wanted);

/* text_hex_digit is the value of a hex digit, -1 for any other character. */
int text_hex_digit(char character);

/* text_u64 reads a decimal or 0x number of exactly the whole text.
 * Returns: false and *error for an empty text, a foreign character or a number above `most`;
 * *number unchanged then. */
bool text_u64(uint64_t *number, const char *text, uint64_t most, text_error *error);

/* text_seconds reads a decimal number of seconds such as 0.25, at most `most`. */
bool text_seconds(double *seconds, const char *text, double most, text_error *error);

/* text_utf8 is the number of bytes of the character that `text` begins with; 0 if it is not UTF-8
 * there, or the text ends. */
size_t text_utf8(const char *text);

/* text_distance is the number of insertions, deletions, exchanges and swaps of neighbours that turn
 * one name into the other. Requires: both shorter than TEXT_NAME_MAX. */
#define TEXT_NAME_MAX 64u
size_t text_distance(const char *left, const char *right);

/* text_grouped writes 1234567 as "1 234 567"; text_duration writes nanoseconds as Go prints a
 * duration: 210ns, 1.5µs, 12.25ms, 1m2.5s. Both terminate and return text. */
#define TEXT_NUMBER_BYTES 40u
const char *text_grouped(char text[TEXT_NUMBER_BYTES], uint64_t number);
const char *text_duration(char text[TEXT_NUMBER_BYTES], uint64_t nanoseconds);

#endif
