/* evmc12_trace.c: see evmc12_trace.h. The only file of this layer that talks to files, because an
 * EVMC VM gets its options as text and has nobody to write for it; no stdio, no heap. */
#define _GNU_SOURCE
#include "evmc12_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define COUNTS_TEXT_BYTES 12288u /* 256 names of up to 14 characters and numbers of 20 */

static const chevmi_trace_show SHOW = {.stack = true};

/* All of it, or what is taken before the first error. */
static void write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t taken = write(fd, bytes, size);
        if (taken > 0) {
            bytes += taken;
            size -= (size_t)taken;
        } else if (taken == 0 || errno != EINTR) {
            return;
        }
    }
}

void chevmi_evmc12_trace_flush(chevmi_evmc12_trace *trace) {
    if (trace->used > 0) {
        write_all(trace->fd, trace->buffer, trace->used);
        trace->used = 0;
    }
}

static void step_begins(void *context, const chevm_trace_step *step) {
    chevmi_evmc12_trace *trace = context;
    if (trace->counts != NULL) {
        atomic_fetch_add_explicit(&trace->counts[step->op], 1, memory_order_relaxed);
    }
    if (trace->fd < 0) {
        return;
    }
    if (chevmi_trace_bound(&SHOW, step) > CHEVMI_EVMC12_TRACE_BYTES - trace->used) {
        chevmi_evmc12_trace_flush(trace);
    }
    trace->tail_size = chevmi_trace_begin(trace->buffer + trace->used, &SHOW, trace->fork, step);
}

static void step_ends(void *context, const chevm_trace_step *step) {
    chevmi_evmc12_trace *trace = context;
    if (trace->tail_size == 0) {
        return;
    }
    char *start = trace->buffer + trace->used;
    size_t size;
    const char *line = chevmi_trace_end(start, trace->tail_size, trace->fork, step, &size);
    memmove(start, line, size);
    trace->used += size;
    trace->tail_size = 0;
}

void chevmi_evmc12_trace_init(chevmi_evmc12_trace *trace, const chevm *machine, char *buffer) {
    *trace = (chevmi_evmc12_trace){
        .tracer = {step_begins, step_ends, trace}, .fd = -1, .machine = machine, .buffer = buffer};
}

void chevmi_evmc12_trace_call(chevmi_evmc12_trace *trace) {
    if (trace->tail_size != 0) {
        chevm_trace_step step = trace->machine->trace_step;
        step.gas_cost = trace->machine->trace_cost;
        step.status = CHEVM_OK;
        step_ends(trace, &step); /* the machine's own end finds no line open */
    }
    chevmi_evmc12_trace_flush(trace);
}

int chevmi_evmc12_file_open(const char *path) {
    if (path[0] == 0) {
        return STDERR_FILENO;
    }
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
}

void chevmi_evmc12_file_close(int fd) {
    if (fd > STDERR_FILENO) {
        (void)close(fd);
    }
}

static char *put(char *at, const char *text) {
    const size_t size = strlen(text);
    memcpy(at, text, size);
    return at + size;
}

static char *put_decimal(char *at, uint64_t number) {
    char digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    memcpy(at, digits + first, sizeof digits - first);
    return at + (sizeof digits - first);
}

void chevmi_evmc12_counts_write(int fd, _Atomic uint64_t *counts) {
    char text[COUNTS_TEXT_BYTES];
    char *at = put(text, "{");
    const char *separator = "";
    for (unsigned op = 0; op < 256; op++) {
        const uint64_t count = atomic_load_explicit(&counts[op], memory_order_relaxed);
        if (count == 0) {
            continue;
        }
        const char *name = chevm_op_name(CHEVM_FORK_NEWEST, (uint8_t)op);
        char byte[] = "0x00";
        byte[2] = "0123456789abcdef"[op >> 4];
        byte[3] = "0123456789abcdef"[op & 15];
        at = put(put(at, separator), "\"");
        at = put(put(at, name != NULL ? name : byte), "\": ");
        at = put_decimal(at, count);
        separator = ", ";
    }
    at = put(at, "}\n");
    write_all(fd, text, (size_t)(at - text));
}
