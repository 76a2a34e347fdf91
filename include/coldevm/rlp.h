/** rlp.h: recursive length prefix, Ethereum's wire format: byte strings and lists of items.
 *
 *  Decoding is strict: only the one canonical form of an item is accepted (no long form for short
 *  lengths, no leading zeros in lengths or numbers, nothing outside the parent), and nothing is
 *  copied: items are ranges of the input. Encoding writes into the caller's buffer, sizes first.
 *  Pure functions. Source: Yellow Paper, appendix B. */
#ifndef CHEVM_RLP_H
#define CHEVM_RLP_H

#include <coldevm/types.h>

CH_API_BEGIN

/** Why bytes are no RLP. Names are those of the test suites' RLP_ERROR_*. */
typedef enum chevm_rlp_status {
    CHEVM_RLP_OK = 0,
    CHEVM_RLP_END,                /* nothing is left where an item was asked for */
    CHEVM_RLP_EOF,                /* the input ends within the item */
    CHEVM_RLP_SIZE,               /* a long form where the short one suffices; a lone byte < 0x80
                                     in a string of its own; a size beyond 2^63 */
    CHEVM_RLP_SIZE_LEADING_ZEROS, /* a length that begins with 0 */
    CHEVM_RLP_NOT_A_STRING,
    CHEVM_RLP_NOT_A_LIST,
    CHEVM_RLP_LEADING_ZEROS, /* of a number */
    CHEVM_RLP_TOO_LONG,      /* a number or fixed field longer than its type */
    CHEVM_RLP_TOO_SHORT,     /* a fixed field that is shorter than its type */
    CHEVM_RLP_TRAILING,      /* bytes behind the item that should be the last */
    CHEVM_RLP_TOO_DEEP       /* lists in lists beyond the allowed depth */
} chevm_rlp_status;

/** Deepest nesting chevm_rlp_check can be asked to allow, and the longest header. */
#define CHEVM_RLP_DEPTH_MAX  1024u
#define CHEVM_RLP_HEADER_MAX 9u

/** A range of bytes being read: items of a list, or the whole input. */
typedef struct chevm_rlp_reader {
    const uint8_t *next;
    size_t left;
} chevm_rlp_reader;

/** One item: its content, its header left out; whole = with the header. */
typedef struct chevm_rlp_item {
    const uint8_t *bytes;
    size_t size;
    const uint8_t *whole;
    size_t whole_size;
    bool is_list;
} chevm_rlp_item;

/** chevm_rlp_reader_init reads `size` bytes (bytes may be NULL if 0); chevm_rlp_open reads the
 * items of a list item. */
void chevm_rlp_reader_init(chevm_rlp_reader *reader, const uint8_t *bytes, size_t size);
void chevm_rlp_open(chevm_rlp_reader *reader, const chevm_rlp_item *list);

/** chevm_rlp_next reads the next item, whatever it is. Only its own header is judged: a list's
 * items are when they are read. Returns: OK; END, EOF, SIZE, SIZE_LEADING_ZEROS with the reader
 * unmoved.
 */
chevm_rlp_status chevm_rlp_next(chevm_rlp_reader *reader, chevm_rlp_item *item);

/** The same for what must be there: a list, a string, a number, a string of exactly `size` bytes.
 *  Errors leave the reader and the output unchanged. */
chevm_rlp_status chevm_rlp_next_list(chevm_rlp_reader *reader, chevm_rlp_item *item);
chevm_rlp_status chevm_rlp_next_string(chevm_rlp_reader *reader, chevm_rlp_item *item);
chevm_rlp_status chevm_rlp_next_u64(chevm_rlp_reader *reader, uint64_t *value);
chevm_rlp_status chevm_rlp_next_u256(chevm_rlp_reader *reader, chevm_u256 *value);
chevm_rlp_status chevm_rlp_next_fixed(chevm_rlp_reader *reader, const uint8_t **bytes, size_t size);

/** chevm_rlp_end checks that nothing is left. Returns: OK or TRAILING. */
chevm_rlp_status chevm_rlp_end(const chevm_rlp_reader *reader);

/** chevm_rlp_count counts the items of a list. Returns: OK, or the first error among its items. */
chevm_rlp_status chevm_rlp_count(const chevm_rlp_item *list, size_t *count);

/** chevm_rlp_check judges a whole input to the bottom: exactly one item, everything in it
 * canonical. A string has depth 0, a list of strings depth 1; beyond `depth_max` the answer is
 * TOO_DEEP. Requires: depth_max <= CHEVM_RLP_DEPTH_MAX. Cost:     O(size), no recursion, 8 KiB of
 * stack. */
chevm_rlp_status chevm_rlp_check(const uint8_t *bytes, size_t size, size_t depth_max);

/* ---- Encoding ------------------------------------------------------------------------------- */

/** Bytes an item takes: a header for a content of `size`, a string, a number. bytes may be NULL if
 *  size is 0. */
size_t chevm_rlp_header_size(size_t size);
size_t chevm_rlp_string_size(const uint8_t *bytes, size_t size);
size_t chevm_rlp_u64_size(uint64_t value);
size_t chevm_rlp_u256_size(const chevm_u256 *value);

/** Each writes one item (or a list's or string's header) and returns the byte behind it.
 *  chevm_rlp_put_string_header is for contents that follow from elsewhere: not for a lone byte
 * below 0x80, which is its own item. Requires: room; no overlap. */
uint8_t *chevm_rlp_put_list_header(uint8_t *out, size_t content_size);
uint8_t *chevm_rlp_put_string_header(uint8_t *out, size_t content_size);
uint8_t *chevm_rlp_put_string(uint8_t *out, const uint8_t *bytes, size_t size);
uint8_t *chevm_rlp_put_u64(uint8_t *out, uint64_t value);
uint8_t *chevm_rlp_put_u256(uint8_t *out, const chevm_u256 *value);

/** chevm_rlp_status_name returns the name without prefix ("EOF"), "?" if unknown. Static. */
const char *chevm_rlp_status_name(chevm_rlp_status status);

CH_API_END

#endif
