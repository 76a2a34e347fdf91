/* input.h: what the user gives to run: text from files and stdin, bytes from hex. Everything is
 * copied into the store, so it lives until the caller releases its mark.
 *
 * Each function returns an exit code and has printed the message if it is not EXIT_DONE. */
#ifndef COLDEVM_INPUT_H
#define COLDEVM_INPUT_H

#include "options.h"

typedef struct byte_range {
    const uint8_t *bytes; /* never NULL once set */
    size_t size;
} byte_range;

/* A whole file, or stdin for "-"; ends with a zero byte that size does not count. */
typedef struct text_file {
    const char *name; /* for messages */
    char *text;
    size_t size;
} text_file;

int input_file(text_file *file, const char *path);

/* input_hex_file reads a file of hex digits, blanks and line ends allowed. */
int input_hex_file(byte_range *range, const char *path);

/* input_hex reads a word of the command line: hex digits, `@FILE`, or `-` for stdin. */
int input_hex(byte_range *range, flag_text word);

#endif
