/* trace.c: EIP-3155 lines; see trace.h. */
#include "trace.h"

#include "codes.h"
#include "phrase.h"

#include <string.h>

#define HEAD_ROOM        192u /* longest head: 4 keys, 3 numbers of 20 characters */
#define WORD_TEXT_BYTES  69u  /* "0x", 64 digits, quotes and comma */
#define TAIL_FIXED_BYTES 1024u

static const char HEX_DIGITS[] = "0123456789abcdef";

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

static size_t tail_bound(const trace_writer *writer, const chevm_trace_step *step) {
    return TAIL_FIXED_BYTES + (writer->show.memory ? 2 * step->memory_size : 0) +
           (writer->show.stack ? WORD_TEXT_BYTES * step->stack_count : 0) +
           (writer->show.return_data ? 2 * step->return_data_size : 0);
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

static void step_begins(void *context, const chevm_trace_step *step) {
    trace_writer *writer = context;
    char name[PHRASE_BYTES];
    if (!pad_need(&writer->buffer, HEAD_ROOM + tail_bound(writer, step))) {
        writer->too_long = true;
        writer->tail_size = 0;
        return;
    }
    char *start = writer->buffer.bytes + HEAD_ROOM;
    pen to = {start};
    if (writer->show.memory) {
        PUT(&to, ",\"memory\":");
        put_bytes(&to, step->memory, step->memory_size);
    }
    PUT(&to, ",\"memSize\":");
    put_decimal(&to, step->memory_size);
    if (writer->show.stack) {
        put_stack(&to, step->stack, step->stack_count);
    }
    if (writer->show.return_data) {
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
    put_text(&to, phrase_op_name(name, writer->fork, step->op));
    *to.at++ = '"';
    writer->tail_size = (size_t)(to.at - start);
}

static void step_ends(void *context, const chevm_trace_step *step) {
    trace_writer *writer = context;
    if (writer->tail_size == 0) {
        return;
    }
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
    size_t head_size = (size_t)(front.at - head);
    char *line = writer->buffer.bytes + HEAD_ROOM - head_size;
    memcpy(line, head, head_size);

    char text[PHRASE_BYTES];
    const char *error =
        phrase_status(text, step->status, writer->fork, step->op, step->stack_count);
    pen back = {writer->buffer.bytes + HEAD_ROOM + writer->tail_size};
    if (error != NULL) {
        PUT(&back, ",\"error\":\"");
        put_text(&back, error);
        *back.at++ = '"';
    }
    PUT(&back, "}\n");
    writer->tail_size = 0;
    writer->line_count++;
    writer->line(writer->context, line, (size_t)(back.at - line));
}

int trace_open(trace_writer *writer, trace_fields show, chevm_fork fork, size_t memory_bytes,
               trace_line_function line, void *context) {
    *writer = (trace_writer){.tracer = {step_begins, step_ends, writer},
                             .line = line,
                             .context = context,
                             .show = show,
                             .fork = fork};
    size_t most = HEAD_ROOM + TAIL_FIXED_BYTES + WORD_TEXT_BYTES * CHEVM_STACK_MAX;
    size_t data = (show.memory ? 2u : 0u) + (show.return_data ? 2u : 0u);
    if (data > 0 && memory_bytes > (SIZE_MAX / 4 - most) / data) {
        memory_bytes = (SIZE_MAX / 4 - most) / data;
    }
    return pad_open(&writer->buffer, most + data * memory_bytes, "trace line");
}

void trace_close(trace_writer *writer) {
    pad_close(&writer->buffer);
}

void trace_to_sink(void *context, const char *line, size_t size) {
    sink_bytes(context, line, size);
}

void trace_summary(sink *out, const uint8_t *output, size_t output_size, uint64_t gas_used,
                   const char *error) {
    sink_text(out, "{\"output\":\"");
    sink_hex(out, output, output_size);
    sink_print(out, "\",\"gasUsed\":\"0x%llx\"", (unsigned long long)gas_used);
    if (error != NULL) {
        sink_text(out, ",\"error\":");
        sink_json_text(out, error);
    }
    sink_text(out, "}\n");
}
