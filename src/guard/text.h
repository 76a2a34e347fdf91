/** text.h: lines of text for a file descriptor, without stdio: a small buffer on the caller's
 *  stack, written out line by line with write(2). */
#ifndef CH_GUARD_TEXT_H
#define CH_GUARD_TEXT_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

#define CHI_TEXT_BYTES 1024u

typedef struct chi_text {
    int fd;
    size_t used;
    char bytes[CHI_TEXT_BYTES];
} chi_text;

/** chi_text_add appends; what does not fit into the buffer is cut. NULL is "?". */
void chi_text_add(chi_text *text, const char *part);
void chi_text_add_number(chi_text *text, uint64_t number);
void chi_text_add_hex(chi_text *text, uint64_t number);

/** chi_text_add_seconds appends nanoseconds as "0.001234 s". */
void chi_text_add_seconds(chi_text *text, uint64_t ns);

/** chi_text_end_line appends a line end and writes the line; errors are ignored: there is nobody to
 *  tell. */
void chi_text_end_line(chi_text *text);

#pragma GCC visibility pop

#endif
