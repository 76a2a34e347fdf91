/* amount.h: amounts of memory as people write and read them: 64K in, "1.5 KiB" out. */
#ifndef COLDHEAP_TOOL_AMOUNT_H
#define COLDHEAP_TOOL_AMOUNT_H

#include "text.h"

/* amount_read reads a number, with K, M or G (also KiB, MiB, GiB) behind it for 1024s of bytes.
 * Returns: false and *error if the text is none; *amount unchanged then. */
bool amount_read(uint64_t *amount, const char *text, text_error *error);

/* amount_bytes writes bytes as "17 B", "1.5 KiB";
 * terminates and returns text. */
#define AMOUNT_BYTES 64u
const char *amount_bytes(char text[AMOUNT_BYTES], uint64_t bytes);

/* amount_share writes a part of a whole as "42.0%", "-" if the whole is 0. */
const char *amount_share(char text[AMOUNT_BYTES], uint64_t part, uint64_t whole);

#endif
