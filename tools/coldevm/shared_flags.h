/* shared_flags.h: the flags that run, statetest and blocktest share (spec cli.md C2): what the
 * machine is, what is traced and where to. Each command puts the rows into its own table. */
#ifndef COLDEVM_SHARED_FLAGS_H
#define COLDEVM_SHARED_FLAGS_H

#include "options.h"
#include "trace_session.h"

#include <coldevm/memory.h>

#define SHARED_TRACE_BUFFER_BYTES ((size_t)1 << 20)

typedef struct shared_flags {
    flag_text engine, no_malloc, trace, trace_format, trace_out, opcode_count;
    bool dump, nomemory, nostack, nostorage, noreturndata;
    uint64_t mem_limit;
} shared_flags;

#define SHARED_FLAGS_DEFAULT                                                                       \
    { .nomemory = true, .noreturndata = true }

#define TRACE_CHOICES  "always|failing|never"
#define ENGINE_CHOICES "fast|portable|both"

// clang-format off
#define SHARED_FLAG_ROWS(flags)                                                                    \
    {"engine", FLAG_TEXT, &(flags).engine, ENGINE_CHOICES, 0, NULL,                                \
     "build of the interpreter (fast); both: run on each and compare every trace line"},           \
    {"dump", FLAG_BOOL, &(flags).dump, NULL, 0, NULL, "print the accounts afterwards, as JSON"},   \
    {"mem-limit", FLAG_U64, &(flags).mem_limit, "BYTES", CHEVM_MEMORY_LIMIT_MAX, NULL,             \
     "cap for EVM memory of all frames; reaching it is exit code 21"},                             \
    {"no-malloc", FLAG_TEXT, &(flags).no_malloc, "trap|count", 0, NULL,                            \
     "a heap call while running: exit code 20, or counted (trap; count with --vm)"},               \
    {"trace", FLAG_WORD, &(flags).trace, TRACE_CHOICES, 0, "always",                               \
     "write EIP-3155 lines; failing: run again with a trace what has failed"},                     \
    {"json", FLAG_WORD, &(flags).trace, TRACE_CHOICES, 0, "always", NULL},                         \
    {"trace.format", FLAG_TEXT, &(flags).trace_format, TRACE_FORMAT_CHOICES, 0, NULL,              \
     "json; strict: check each line against the schema (exit 1); others: a profile"},              \
    {"trace.out", FLAG_TEXT, &(flags).trace_out, "FILE", 0, NULL, "where the trace goes (stderr)"},\
    {"trace.nomemory", FLAG_BOOL, &(flags).nomemory, NULL, 0, NULL, "leave memory out (true)"},    \
    {"nomemory", FLAG_BOOL, &(flags).nomemory, NULL, 0, NULL, NULL},                               \
    {"trace.nostack", FLAG_BOOL, &(flags).nostack, NULL, 0, NULL, "leave the stack out (false)"},  \
    {"nostack", FLAG_BOOL, &(flags).nostack, NULL, 0, NULL, NULL},                                 \
    {"trace.nostorage", FLAG_BOOL, &(flags).nostorage, NULL, 0, NULL,                              \
     "accepted for geth's sake; lines never hold storage"},                                        \
    {"nostorage", FLAG_BOOL, &(flags).nostorage, NULL, 0, NULL, NULL},                             \
    {"trace.noreturndata", FLAG_BOOL, &(flags).noreturndata, NULL, 0, NULL,                        \
     "leave return data out (true)"},                                                              \
    {"noreturndata", FLAG_BOOL, &(flags).noreturndata, NULL, 0, NULL, NULL},                       \
    {"opcode.count", FLAG_TEXT, &(flags).opcode_count, "FILE", 0, NULL,                            \
     "write how often each opcode ran, as JSON"}
// clang-format on

/* flag_is tells whether the flag was given and is that word. */
bool flag_is(flag_text flag, const char *word);

/* shared_flags_check refuses words that are none of the choices, and what this build cannot do; an
 * exit code. */
int shared_flags_check(const shared_flags *flags);

#endif
