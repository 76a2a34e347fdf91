/* trace.c: EIP-3155 lines; see trace.h. */
#include "trace.h"

#include "codes.h"

static void step_begins(void *context, const chevm_trace_step *step) {
    trace_writer *writer = context;
    if (!pad_need(&writer->buffer, chevmi_trace_bound(&writer->show, step))) {
        writer->too_long = true;
        writer->tail_size = 0;
        return;
    }
    chevm_trace_step shown = *step;
    shown.refund += writer->refund_before;
    writer->tail_size =
        chevmi_trace_begin(writer->buffer.bytes, &writer->show, writer->fork, &shown);
}

static void step_ends(void *context, const chevm_trace_step *step) {
    trace_writer *writer = context;
    if (writer->tail_size == 0) {
        return;
    }
    size_t size;
    const char *line =
        chevmi_trace_end(writer->buffer.bytes, writer->tail_size, writer->fork, step, &size);
    writer->tail_size = 0;
    writer->line_count++;
    writer->line(writer->context, line, size);
}

int trace_open(trace_writer *writer, trace_fields show, chevm_fork fork, size_t memory_bytes,
               trace_line_function line, void *context) {
    *writer = (trace_writer){.tracer = {step_begins, step_ends, writer},
                             .line = line,
                             .context = context,
                             .show = show,
                             .fork = fork};
    return pad_open(&writer->buffer, chevmi_trace_bound_most(&show, memory_bytes), "trace line");
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
