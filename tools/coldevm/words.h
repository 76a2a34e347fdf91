/* words.h: hex, 256-bit numbers, addresses and forks as users write them; refusals as in text.h. */
#ifndef COLDEVM_WORDS_H
#define COLDEVM_WORDS_H

#include "options.h"
#include "text.h"

#include <coldevm/types.h>
#include <coldevm/u256.h>

/* text_hex decodes `size` characters, with or without 0x, into `bytes`, which has room for
 * size / 2. With `blanks`, blanks and line ends between digits are ignored, as in files.
 * Returns: false and *error for another character or an odd number of digits; bytes is then
 * unspecified. bytes may be the text itself. */
bool text_hex(uint8_t *bytes, size_t *count, const char *text, size_t size, bool blanks,
              text_error *error);

/* text_u256 reads a decimal or 0x number of exactly the whole text, as text_u64 does. */
bool text_u256(chevm_u256 *number, const char *text, text_error *error);

/* text_address reads 20 bytes in hex, with or without 0x; fewer bytes are the low end. */
bool text_address(chevm_address *address, const char *text, text_error *error);

/* sink_quantity writes 0x and the digits, without leading zeros. */
void sink_quantity(sink *target, const chevm_u256 *number);

/* flag_u256, flag_address and flag_fork are the readers of a FLAG_OTHER whose value is a
 * chevm_u256, chevm_address, chevm_fork. flag_unknown_fork says that a name is no fork's, and which
 * is nearest; EXIT_FLAG. */
int flag_u256(void *value, const flag_row *row, const char *text, int position);
int flag_address(void *value, const flag_row *row, const char *text, int position);
int flag_fork(void *value, const flag_row *row, const char *text, int position);
int flag_unknown_fork(const char *text, int position);

#endif
