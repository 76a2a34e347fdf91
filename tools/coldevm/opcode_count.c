/* opcode_count.c: counting opcodes; see opcode_count.h. */
#include "opcode_count.h"

#include "codes.h"
#include "sink.h"

static void count_step(void *context, const chevm_trace_step *step) {
    ((opcode_count *)context)->counts[step->op]++;
}

static void end_step(void *context, const chevm_trace_step *step) {
    (void)context;
    (void)step;
}

void opcode_count_init(opcode_count *count, chevm_fork fork) {
    *count = (opcode_count){.tracer = {count_step, end_step, count}, .fork = fork};
}

int opcode_count_write(const opcode_count *count, const char *path) {
    char buffer[4096];
    sink out;
    int code = sink_file(&out, path, buffer, sizeof buffer);
    if (code != EXIT_DONE) {
        return code;
    }
    const char *separator = "{";
    for (unsigned op = 0; op < 256; op++) {
        const char *name = chevm_op_name(count->fork, (uint8_t)op);
        if (count->counts[op] == 0) {
            continue;
        }
        if (name != NULL) {
            sink_print(&out, "%s\"%s\": %llu", separator, name,
                       (unsigned long long)count->counts[op]);
        } else {
            sink_print(&out, "%s\"0x%02x\": %llu", separator, op,
                       (unsigned long long)count->counts[op]);
        }
        separator = ", ";
    }
    sink_text(&out, *separator == '{' ? "{}\n" : "}\n");
    return sink_close(&out);
}
