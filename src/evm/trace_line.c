/* trace_line.c: formatting by hand: no locale, no heap, no stdio. */
#include "trace_line.h"

#include "ops.h"

#include <string.h>

#define HEAD_ROOM        192u /* longest head: 4 keys, 3 numbers of 20 characters */
#define WORD_TEXT_BYTES  69u  /* "0x", 64 digits, quotes and comma */
#define TAIL_FIXED_BYTES 1024u

static const char HEX_DIGITS[] = "0123456789abcdef";

/* Words an instruction takes from the stack, from the table of opcodes. */
static const uint8_t OP_INPUTS[256] = {
#define OP_INPUT(code, name, in, out, immediate, first, price) [code] = (in),
#define OP_NO_INPUT(code)
    CHEVMI_OPS(OP_INPUT, OP_NO_INPUT)
#undef OP_INPUT
#undef OP_NO_INPUT
};

/* A place to write to; the caller has made sure that there is room. */
typedef struct pen {
    char *at;
} pen;

static void put(pen *to, const char *text, size_t size) {
    memcpy(to->at, text, size);
    to->at += size;
}

#define PUT(to, literal) put((to), (literal), sizeof(literal) - 1)

static void put_text(pen *to, const char *text) {
    put(to, text, strlen(text));
}

static void put_decimal(pen *to, uint64_t number) {
    char digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    put(to, digits + first, sizeof digits - first);
}

static void put_limb(pen *to, uint64_t limb, unsigned digits) {
    for (unsigned i = digits; i > 0; i--) {
        *to->at++ = HEX_DIGITS[limb >> (4 * (i - 1)) & 15];
    }
}

static unsigned hex_length(uint64_t number) {
    return number == 0 ? 1 : (67 - (unsigned)__builtin_clzll(number)) / 4;
}

/* "0x1f", quotes included. */
static void put_hex(pen *to, uint64_t number) {
    PUT(to, "\"0x");
    put_limb(to, number, hex_length(number));
    *to->at++ = '"';
}

static void put_word(pen *to, const chevm_u256 *word) {
    unsigned top = 3;
    while (top > 0 && word->limbs[top] == 0) {
        top--;
    }
    PUT(to, "\"0x");
    put_limb(to, word->limbs[top], hex_length(word->limbs[top]));
    while (top > 0) {
        put_limb(to, word->limbs[--top], 16);
    }
    *to->at++ = '"';
}

static void put_bytes(pen *to, const uint8_t *bytes, size_t size) {
    PUT(to, "\"0x");
    for (size_t i = 0; i < size; i++) {
        *to->at++ = HEX_DIGITS[bytes[i] >> 4];
        *to->at++ = HEX_DIGITS[bytes[i] & 15];
    }
    *to->at++ = '"';
}

static void put_stack(pen *to, const chevm_u256 *stack, size_t count) {
    PUT(to, ",\"stack\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            *to->at++ = ',';
        }
        put_word(to, &stack[i]);
    }
    *to->at++ = ']';
}

size_t chevmi_trace_bound(const chevmi_trace_show *show, const chevm_trace_step *step) {
    return HEAD_ROOM + TAIL_FIXED_BYTES + (show->memory ? 2 * step->memory_size : 0) +
           (show->stack ? WORD_TEXT_BYTES * step->stack_count : 0) +
           (show->return_data ? 2 * step->return_data_size : 0);
}

size_t chevmi_trace_bound_most(const chevmi_trace_show *show, size_t memory_bytes) {
    const size_t most = HEAD_ROOM + TAIL_FIXED_BYTES + WORD_TEXT_BYTES * CHEVM_STACK_MAX;
    const size_t factor = (show->memory ? 2u : 0u) + (show->return_data ? 2u : 0u);
    if (factor > 0 && memory_bytes > (SIZE_MAX / 4 - most) / factor) {
        return SIZE_MAX / 4;
    }
    return most + factor * memory_bytes;
}

size_t chevmi_trace_begin(char *buffer, const chevmi_trace_show *show, chevm_fork fork,
                          const chevm_trace_step *step) {
    char name[CHEVMI_PHRASE_BYTES];
    char *start = buffer + HEAD_ROOM;
    pen to = {start};
    if (show->memory) {
        PUT(&to, ",\"memory\":");
        put_bytes(&to, step->memory, step->memory_size);
    }
    PUT(&to, ",\"memSize\":");
    put_decimal(&to, step->memory_size);
    if (show->stack) {
        put_stack(&to, step->stack, step->stack_count);
    }
    if (show->return_data) {
        PUT(&to, ",\"returnData\":");
        put_bytes(&to, step->return_data, step->return_data_size);
    }
    PUT(&to, ",\"depth\":");
    put_decimal(&to, step->depth);
    PUT(&to, ",\"refund\":");
    if (step->refund < 0) {
        *to.at++ = '-';
    }
    put_decimal(&to, step->refund < 0 ? 0 - (uint64_t)step->refund : (uint64_t)step->refund);
    PUT(&to, ",\"opName\":\"");
    put_text(&to, chevmi_op_phrase(name, fork, step->op));
    *to.at++ = '"';
    return (size_t)(to.at - start);
}

char *chevmi_trace_end(char *buffer, size_t tail_size, chevm_fork fork,
                       const chevm_trace_step *step, size_t *size) {
    char head[HEAD_ROOM];
    pen front = {head};
    PUT(&front, "{\"pc\":");
    put_decimal(&front, step->pc);
    PUT(&front, ",\"op\":");
    put_decimal(&front, step->op);
    PUT(&front, ",\"gas\":");
    put_hex(&front, (uint64_t)step->gas);
    PUT(&front, ",\"gasCost\":");
    put_hex(&front, (uint64_t)step->gas_cost);
    const size_t head_size = (size_t)(front.at - head);
    char *line = buffer + HEAD_ROOM - head_size;
    memcpy(line, head, head_size);

    char text[CHEVMI_PHRASE_BYTES];
    const char *error = chevmi_status_phrase(text, step->status, fork, step->op, step->stack_count);
    pen back = {buffer + HEAD_ROOM + tail_size};
    if (error != NULL) {
        PUT(&back, ",\"error\":\"");
        put_text(&back, error);
        *back.at++ = '"';
    }
    PUT(&back, "}\n");
    *size = (size_t)(back.at - line);
    return line;
}

/* ---- Words -------------------------------------------------------------------------------------
 */

const char *chevmi_op_phrase(char text[CHEVMI_PHRASE_BYTES], chevm_fork fork, uint8_t op) {
    const char *name = chevm_op_name(fork, op);
    if (name != NULL) {
        return name;
    }
    pen to = {text};
    PUT(&to, "opcode 0x");
    put_limb(&to, op, hex_length(op));
    PUT(&to, " not defined");
    *to.at = 0;
    return text;
}

const char *chevmi_status_phrase(char text[CHEVMI_PHRASE_BYTES], chevm_status status,
                                 chevm_fork fork, uint8_t op, size_t stack_count) {
    char name[CHEVMI_PHRASE_BYTES];
    pen to = {text};
    switch (status) {
    case CHEVM_OK:
    case CHEVM_CALL_DEPTH:
    case CHEVM_BALANCE:
    case CHEVM_NONCE_OVERFLOW:
        return NULL;
    case CHEVM_STACK_UNDERFLOW:
        PUT(&to, "stack underflow (");
        put_decimal(&to, stack_count);
        PUT(&to, " <=> ");
        put_decimal(&to, OP_INPUTS[op]);
        *to.at++ = ')';
        break;
    case CHEVM_UNDEFINED_OPCODE:
        PUT(&to, "invalid opcode: ");
        put_text(&to, chevmi_op_phrase(name, fork, op));
        break;
    default:
        return chevm_status_phrase(status);
    }
    *to.at = 0;
    return text;
}
