/* opcode_count.h: how often each opcode ran, as a tracer. */
#ifndef COLDEVM_OPCODE_COUNT_H
#define COLDEVM_OPCODE_COUNT_H

#include <coldevm/machine.h>

typedef struct opcode_count {
    chevm_tracer tracer;
    chevm_fork fork;
    uint64_t counts[256];
} opcode_count;

void opcode_count_init(opcode_count *count, chevm_fork fork);

/* opcode_count_write writes {"ADD": 3, "0x0c": 1} by opcode byte; an exit code. */
int opcode_count_write(const opcode_count *count, const char *path);

#endif
