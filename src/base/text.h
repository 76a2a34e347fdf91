/* text.h: text into a caller's buffer, by the snprintf rule and without stdio. The writer counts
 * every byte it would have written, so one pass yields both the text and the length needed. Not a
 * formatter: it knows strings, numbers and JSON strings, no patterns. */
#ifndef CHI_TEXT_H
#define CHI_TEXT_H

#include <coldheap/base.h>

typedef struct chi_text {
    char *out;
    size_t size;   /* bytes of `out`, the closing 0 included */
    size_t length; /* bytes of the whole text, whether they fitted or not */
} chi_text;

/* chi_text_begin starts an empty text; `out` may be NULL if size is 0. */
void chi_text_begin(chi_text *text, char *out, size_t size);
void chi_text_put(chi_text *text, const char *string);
void chi_text_put_u64(chi_text *text, uint64_t value);
void chi_text_put_hex(chi_text *text, uint64_t value);
/* chi_text_put_json writes `string` quoted; bytes below 0x20, quotes and backslashes escaped. */
void chi_text_put_json(chi_text *text, const char *string);
/* chi_text_put_field writes `,"key":value`. */
void chi_text_put_field(chi_text *text, const char *key, uint64_t value);
/* chi_text_put_ratio writes part/whole with six decimals, rounded down; 0.000000 if whole is 0. */
void chi_text_put_ratio(chi_text *text, uint64_t part, uint64_t whole);
/* chi_text_end closes the text with a 0 byte, cut at the end of the buffer; returns the length
 * needed without the 0. */
size_t chi_text_end(chi_text *text);

#endif
