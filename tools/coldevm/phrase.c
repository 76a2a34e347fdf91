/* phrase.c: phrases of failures; see phrase.h. The words themselves are the library's. */
#include "phrase.h"

const char *phrase_op_name(char text[PHRASE_BYTES], chevm_fork fork, uint8_t op) {
    return chevmi_op_phrase(text, fork, op);
}

const char *phrase_status(char text[PHRASE_BYTES], chevm_status status, chevm_fork fork, uint8_t op,
                          size_t stack_count) {
    return chevmi_status_phrase(text, status, fork, op, stack_count);
}
