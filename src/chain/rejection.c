/* rejection.c: names and phrases of rejections, and what fixtures of all times call them. */
#include <coldevm/rejection.h>

#include <string.h>

// clang-format off
/* X(text, row): a rejection that `text` stands for, beside the row of that name if there is one. An
 * old name may have several rows: those tests did not tell them apart. */
#define ALIAS_ROWS(X)                                                              \
    X("TYPE_NOT_SUPPORTED",           TYPE_1_TX_PRE_FORK)                          \
    X("TYPE_NOT_SUPPORTED",           TYPE_2_TX_PRE_FORK)                          \
    X("TYPE_NOT_SUPPORTED",           TYPE_3_TX_PRE_FORK)                          \
    X("TYPE_NOT_SUPPORTED",           TYPE_4_TX_PRE_FORK)                          \
    X("TYPE_3_TX_ZERO_BLOBS_PRE_FORK", TYPE_3_TX_PRE_FORK)                         \
    X("TYPE_3_TX_ZERO_BLOBS_PRE_FORK", TYPE_3_TX_ZERO_BLOBS)                       \
    X("TYPE_3_TX_BLOB_COUNT_EXCEEDED", TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED)  \
    X("TYPE_4_INVALID_AUTHORITY_SIGNATURE_S_TOO_HIGH", TYPE_4_INVALID_AUTHORITY_SIGNATURE) \
    X("PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2", PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS) \
    X("NONCE_TOO_BIG",                NONCE_IS_MAX)                                \
    X("LOG_MISMATCH",                 COUNT) /* of a block; no transaction has it */ \
    X("TR_TypeNotSupported",          TYPE_NOT_SUPPORTED)                          \
    X("TR_TypeNotSupported",          TYPE_1_TX_PRE_FORK)                          \
    X("TR_TypeNotSupported",          TYPE_2_TX_PRE_FORK)                          \
    X("TR_TypeNotSupported",          TYPE_3_TX_PRE_FORK)                          \
    X("TR_TypeNotSupported",          TYPE_4_TX_PRE_FORK)                          \
    X("TR_NoFunds",                   INSUFFICIENT_ACCOUNT_FUNDS)                  \
    X("TR_NoFundsX",                  INSUFFICIENT_ACCOUNT_FUNDS)                  \
    X("TR_NoFundsOrGas",              INSUFFICIENT_ACCOUNT_FUNDS)                  \
    X("TR_NoFundsOrGas",              INTRINSIC_GAS_TOO_LOW)                       \
    X("TR_IntrinsicGas",              INTRINSIC_GAS_TOO_LOW)                       \
    X("IntrinsicGas",                 INTRINSIC_GAS_TOO_LOW)                       \
    X("SenderNotEOA",                 SENDER_NOT_EOA)                              \
    X("TR_FeeCapLessThanBlocks",      INSUFFICIENT_MAX_FEE_PER_GAS)                \
    X("TR_FeeCapLessThanBlocksORNoFunds", INSUFFICIENT_MAX_FEE_PER_GAS)            \
    X("TR_FeeCapLessThanBlocksORNoFunds", INSUFFICIENT_ACCOUNT_FUNDS)              \
    X("TR_FeeCapLessThanBlocksORGasLimitReached", INSUFFICIENT_MAX_FEE_PER_GAS)    \
    X("TR_FeeCapLessThanBlocksORGasLimitReached", GAS_ALLOWANCE_EXCEEDED)          \
    X("TR_TipGtFeeCap",               PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS)       \
    X("TR_NonceHasMaxValue",          NONCE_IS_MAX)                                \
    X("TR_NonceTooLow",               NONCE_MISMATCH_TOO_LOW)                      \
    X("TR_NonceTooHigh",              NONCE_MISMATCH_TOO_HIGH)                     \
    X("TR_GasLimitReached",           GAS_ALLOWANCE_EXCEEDED)                      \
    X("TR_InitCodeLimitExceeded",     INITCODE_SIZE_EXCEEDED)                      \
    X("TR_EMPTYBLOB",                 TYPE_3_TX_ZERO_BLOBS)                        \
    X("TR_BLOBCREATE",                TYPE_3_TX_CONTRACT_CREATION)                 \
    X("TR_BLOBLIST_OVERSIZE",         TYPE_3_TX_BLOB_COUNT_EXCEEDED)               \
    X("TR_BLOBLIST_OVERSIZE",         TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED)   \
    X("TR_BLOBVERSION_INVALID",       TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH)
// clang-format on

enum { CHEVM_REJECTED_COUNT = CHEVM_REJECTION_COUNT };

static const struct {
    const char *name;
    const char *phrase;
} ROWS[] = {{"ACCEPTED", ""},
#define ROW(name, phrase) {#name, phrase},
            CHEVM_REJECTION_ROWS(ROW)
#undef ROW
};

static const struct {
    const char *text;
    int why;
} ALIASES[] = {
#define ALIAS(text, name) {text, CHEVM_REJECTED_##name},
    ALIAS_ROWS(ALIAS)
#undef ALIAS
};

const char *chevm_rejection_name(chevm_rejection rejection) {
    return (unsigned)rejection < CHEVM_REJECTION_COUNT ? ROWS[rejection].name : "?";
}

const char *chevm_rejection_phrase(chevm_rejection rejection) {
    return (unsigned)rejection < CHEVM_REJECTION_COUNT ? ROWS[rejection].phrase : "";
}

static bool text_is(const char *text, size_t size, const char *name) {
    return strlen(name) == size && memcmp(text, name, size) == 0;
}

/* One alternative, its prefix gone. */
static chevm_expectation expected_one(chevm_rejection rejection, const char *text, size_t size) {
    chevm_expectation answer = CHEVM_EXPECTATION_UNKNOWN;
    for (unsigned i = 1; i < CHEVM_REJECTION_COUNT; i++) {
        if (text_is(text, size, ROWS[i].name)) {
            answer = CHEVM_EXPECTATION_OTHER;
            if (i == (unsigned)rejection) {
                return CHEVM_EXPECTATION_MET;
            }
        }
    }
    for (size_t i = 0; i < sizeof ALIASES / sizeof ALIASES[0]; i++) {
        if (text_is(text, size, ALIASES[i].text)) {
            answer = CHEVM_EXPECTATION_OTHER;
            if (ALIASES[i].why == (int)rejection) {
                return CHEVM_EXPECTATION_MET;
            }
        }
    }
    return answer;
}

/* A name without its "TransactionException." */
static const char *skip_prefix(const char *text, size_t *size) {
    const char *const dot = memchr(text, '.', *size);
    if (dot == NULL) {
        return text;
    }
    *size -= (size_t)(dot + 1 - text);
    return dot + 1;
}

chevm_expectation chevm_rejection_expected(chevm_rejection rejection, const char *expected) {
    chevm_expectation answer = CHEVM_EXPECTATION_UNKNOWN;
    for (;;) {
        const size_t whole = strcspn(expected, "|");
        size_t size = whole;
        const char *const name = skip_prefix(expected, &size);
        const chevm_expectation one = expected_one(rejection, name, size);
        if (one == CHEVM_EXPECTATION_MET) {
            return one;
        }
        if (one == CHEVM_EXPECTATION_OTHER) {
            answer = one;
        }
        if (expected[whole] == '\0') {
            return answer;
        }
        expected += whole + 1;
    }
}
