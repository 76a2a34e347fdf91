/* codes.h: the exit codes of coldheap, one row each: X(NAME, value, meaning). They are the same for
 * all commands, part of their contract, and printed by every help page. */
#ifndef COLDHEAP_TOOL_CODES_H
#define COLDHEAP_TOOL_CODES_H

// clang-format off
#define EXIT_CODE_ROWS(X)                                                                          \
    X(DONE,       0,  "clean")                                                                     \
    X(USAGE,      64, "bad flag, value or file of options")                                        \
    X(UNPROVEN,   96, "not proven: something is unknown")                                          \
    X(FINDING,    97, "a violation, a budget exceeded, an increase")                               \
    X(NOT_ARMED,  98, "not armed, or nothing that can be analysed")                                \
    X(INTERNAL,   99, "internal error")
// clang-format on

typedef enum exit_code {
#define EXIT_CODE_ENUM(name, value, meaning) EXIT_##name = (value),
    EXIT_CODE_ROWS(EXIT_CODE_ENUM)
#undef EXIT_CODE_ENUM
} exit_code;

#endif
