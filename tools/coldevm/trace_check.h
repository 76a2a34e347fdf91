/* trace_check.h: is a line a trace line as spec cli.md C6 has it? The fields are rows of one table,
 * from which the checker works and share/coldevm/trace.schema.json is written. */
#ifndef COLDEVM_TRACE_CHECK_H
#define COLDEVM_TRACE_CHECK_H

#include "sink.h"

/* In the order they stand in a line: X(name, kind, required, what it is). */
// clang-format off
#define TRACE_FIELD_ROWS(X)                                                                        \
    X(pc,         NUMBER,   true,  "program counter")                                              \
    X(op,         BYTE,     true,  "opcode byte")                                                  \
    X(gas,        QUANTITY, true,  "gas before the instruction")                                   \
    X(gasCost,    QUANTITY, true,  "whole cost of the instruction")                                \
    X(memory,     DATA,     false, "all bytes of memory")                                          \
    X(memSize,    NUMBER,   true,  "bytes of memory")                                              \
    X(stack,      STACK,    false, "operand stack, bottom first")                                  \
    X(returnData, DATA,     false, "output of the last call")                                      \
    X(depth,      POSITIVE, true,  "call depth, 1 for the transaction's call")                     \
    X(refund,     INTEGER,  true,  "refund counter of the transaction")                            \
    X(opName,     TEXT,     true,  "name of the opcode, or: opcode 0x.. not defined")              \
    X(error,      TEXT,     false, "why the instruction failed")
// clang-format on

/* trace_check returns NULL if `line` (without or with its end of line) is an instruction's line of
 * the schema, else what is wrong with it; *place is then the offset. Static text. */
const char *trace_check(const char *line, size_t size, size_t *place);

/* trace_schema writes the JSON Schema of a line. */
void trace_schema(sink *out);

#endif
