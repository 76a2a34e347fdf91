/** rejection.h: why a transaction is not valid: one table of the names that the execution
 *  specification's tests use (TransactionException.NAME) and the phrases that geth prints and that
 *  tools look for. Old fixtures' names are alias rows.
 *
 *  Pure data. Source: execution-spec-tests' exceptions; spec cli.md C7. */
#ifndef CHEVM_REJECTION_H
#define CHEVM_REJECTION_H

#include <coldevm/types.h>

// clang-format off
/** X(NAME, phrase): the phrase is "" where only the name is printed. */
#define CHEVM_REJECTION_ROWS(X)                                                                    \
    X(TYPE_NOT_SUPPORTED,                "transaction type not supported")                         \
    X(TYPE_1_TX_PRE_FORK,                "transaction type not supported")                         \
    X(NONCE_MISMATCH_TOO_LOW,            "nonce too low")
// clang-format on
/* (helper `tx` completes the table with every row of cli.md C7) */

typedef enum chevm_rejection {
    CHEVM_ACCEPTED = 0,
#define CHEVM_REJECTION_ENUM(name, phrase) CHEVM_REJECTED_##name,
    CHEVM_REJECTION_ROWS(CHEVM_REJECTION_ENUM)
#undef CHEVM_REJECTION_ENUM
        CHEVM_REJECTION_COUNT
} chevm_rejection;

CH_API_BEGIN

/** chevm_rejection_name returns "NONCE_IS_MAX", "?" if unknown; chevm_rejection_phrase the row's
 *  phrase. Static. */
const char *chevm_rejection_name(chevm_rejection rejection);
const char *chevm_rejection_phrase(chevm_rejection rejection);

/** What a fixture's expectException says of a rejection. */
typedef enum chevm_expectation {
    CHEVM_EXPECTATION_MET,
    CHEVM_EXPECTATION_OTHER,  /* a known name, and not this one */
    CHEVM_EXPECTATION_UNKNOWN /* none of the names is in the table: any rejection will do */
} chevm_expectation;

/** chevm_rejection_expected compares with a text like "TransactionException.A|B" or an old name
 *  ("TR_NoFunds"): alternatives by '|', the prefix before the dot optional. */
chevm_expectation chevm_rejection_expected(chevm_rejection rejection, const char *expected);

CH_API_END

#endif
