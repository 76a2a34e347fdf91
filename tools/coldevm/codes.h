/* codes.h: the exit codes of coldevm, one row each: X(NAME, value, meaning). They are part of the
 * command's contract and are printed by every help page. */
#ifndef COLDEVM_CODES_H
#define COLDEVM_CODES_H

// clang-format off
#define EXIT_CODE_ROWS(X)                                                                          \
    X(DONE,       0,  "done, all passed")                                                          \
    X(FAILED,     1,  "a test failed, a trace differs, a check failed")                            \
    X(INTERNAL,   2,  "EVM or internal error")                                                     \
    X(FLAG,       3,  "bad flag or value, unknown fork, library not loadable, not in this version")\
    X(BLOCKHASH,  4,  "block hash needed but not given")                                           \
    X(MALFORMED,  10, "malformed JSON or hex")                                                     \
    X(FILE,       11, "file or stream trouble")                                                    \
    X(RLP,        12, "malformed RLP")                                                             \
    X(HEAP,       20, "heap call while sealed")                                                    \
    X(LIMIT,      21, "configured memory limit reached")
// clang-format on

typedef enum exit_code {
#define EXIT_CODE_ENUM(name, value, meaning) EXIT_##name = (value),
    EXIT_CODE_ROWS(EXIT_CODE_ENUM)
#undef EXIT_CODE_ENUM
} exit_code;

#endif
