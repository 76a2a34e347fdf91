/* json.h: reading JSON. The only room that knows the parser behind it (json.c); nodes live in the
 * store and are valid until the mark taken before json_parse is released.
 *
 * Readers that return an exit code have printed where in the file the trouble is: nodes know their
 * line, because they lie in the store in the order of the text. */
#ifndef COLDEVM_JSON_H
#define COLDEVM_JSON_H

#include "input.h"

#include <coldevm/types.h>

typedef struct cJSON json_node;

typedef struct json_document {
    text_file file;
    const json_node *root;
} json_document;

/* json_init tells the parser where memory comes from; the first parse does, too, but where several
 * threads parse it must have happened before. */
void json_init(void);

/* json_open reads and parses a file, json_parse a text that is in memory already. */
int json_open(json_document *document, const char *path);
int json_parse(json_document *document, text_file file);

/* Any node may be NULL: it is then of no kind, empty, and without members. */
bool json_is_object(const json_node *node);
bool json_is_array(const json_node *node);
bool json_is_text(const json_node *node);
bool json_is_true(const json_node *node);
bool json_is_null(const json_node *node);
const json_node *json_get(const json_node *object, const char *key); /* NULL if absent */
const json_node *json_first(const json_node *parent);                /* in the order of the text */
const json_node *json_next(const json_node *node);
const json_node *json_at(const json_node *array, size_t index);
size_t json_count(const json_node *parent);
const char *json_key(const json_node *member);
const char *json_text(const json_node *node); /* "" unless a text */

/* json_unique refuses an object in which a key stands twice; an exit code. */
int json_unique(const json_document *document, const json_node *object);

/* json_error prints an error at the node's line and returns EXIT_MALFORMED. */
int json_error(const json_document *document, const json_node *node, const char *format, ...)
    CH_PRINTF(3, 4);

/* Values as fixtures write them: hex or decimal text, any number of digits, "0x" for zero, or a
 * whole JSON number. An absent node (NULL) leaves the output as it is. */
int json_u256(const json_document *document, const json_node *node, chevm_u256 *number);
int json_u64(const json_document *document, const json_node *node, uint64_t *number);
int json_address(const json_document *document, const json_node *node, chevm_address *address);
int json_bytes(const json_document *document, const json_node *node, byte_range *range);

/* The same for a text that is no node, such as a key; `node` only tells the place. */
int json_text_u256(const json_document *document, const json_node *node, const char *text,
                   chevm_u256 *number);
int json_text_address(const json_document *document, const json_node *node, const char *text,
                      chevm_address *address);

#endif
