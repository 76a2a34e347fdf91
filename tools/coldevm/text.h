/* text.h: reading hex and numbers as users write them, and writing numbers as people read them.
 *
 * Readers say where and why they refuse: `place` counts characters from 1, `line` lines from 1. */
#ifndef COLDEVM_TEXT_H
#define COLDEVM_TEXT_H

#include <coldheap/base.h>
#include <coldevm/types.h>

#define TEXT_REASON_BYTES 96u

typedef struct text_error {
    size_t line;
    size_t place;
    char reason[TEXT_REASON_BYTES];
} text_error;

/* text_hex decodes `size` characters, with or without 0x, into `bytes`, which has room for
 * size / 2. With `blanks`, blanks and line ends between digits are ignored, as in files.
 * Returns: false and *error for another character or an odd number of digits; bytes is then
 * unspecified. bytes may be the text itself. */
bool text_hex(uint8_t *bytes, size_t *count, const char *text, size_t size, bool blanks,
              text_error *error);

/* text_u64 and text_u256 read a decimal or 0x number of exactly the whole text.
 * Returns: false and *error for an empty text, a foreign character or a number above `most` (64 or
 * 256 bits); *number unchanged then. */
bool text_u64(uint64_t *number, const char *text, uint64_t most, text_error *error);
bool text_u256(chevm_u256 *number, const char *text, text_error *error);

/* text_seconds reads a decimal number of seconds such as 0.25, at most `most`. */
bool text_seconds(double *seconds, const char *text, double most, text_error *error);

/* text_address reads 20 bytes in hex, with or without 0x; fewer bytes are the low end. */
bool text_address(chevm_address *address, const char *text, text_error *error);

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
