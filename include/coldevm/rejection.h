/** rejection.h: why a transaction is not valid: one table of the names that the execution
 *  specification's tests use (TransactionException.NAME) and the phrases that geth prints and that
 *  tools look for. Names of other dialects are alias rows in src/chain/rejection.c.
 *
 *  Pure data. Source: execution-spec-tests' exceptions; spec cli.md C7. */
#ifndef CHEVM_REJECTION_H
#define CHEVM_REJECTION_H

#include <coldevm/types.h>

// clang-format off
/** X(NAME, phrase): the phrase is "" where only the name is printed. First what is found in a well
 *  formed transaction, then what is found while reading its bytes. */
#define CHEVM_REJECTION_ROWS(X)                                                                    \
    X(TYPE_NOT_SUPPORTED,                "transaction type not supported")                         \
    X(TYPE_1_TX_PRE_FORK,                "transaction type not supported")                         \
    X(TYPE_2_TX_PRE_FORK,                "transaction type not supported")                         \
    X(TYPE_3_TX_PRE_FORK,                "transaction type not supported")                         \
    X(TYPE_4_TX_PRE_FORK,                "transaction type not supported")                         \
    X(INVALID_CHAINID,                   "")                                                       \
    X(INTRINSIC_GAS_TOO_LOW,             "intrinsic gas too low")                                  \
    X(INTRINSIC_GAS_BELOW_FLOOR_GAS_COST, "insufficient gas for floor data gas cost")              \
    X(NONCE_IS_MAX,                      "nonce has max value")                                    \
    X(INITCODE_SIZE_EXCEEDED,            "max initcode size exceeded")                             \
    X(GAS_LIMIT_EXCEEDS_MAXIMUM,         "transaction gas limit too high")                         \
    X(GAS_ALLOWANCE_EXCEEDED,            "gas limit reached")                                      \
    X(TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED, "would exceed maximum allowance")                 \
    X(PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS,                                                       \
      "max priority fee per gas higher than max fee per gas")                                      \
    X(INSUFFICIENT_MAX_FEE_PER_GAS,      "max fee per gas less than block base fee")               \
    X(TYPE_3_TX_ZERO_BLOBS,              "blob transaction missing blob hashes")                   \
    X(TYPE_3_TX_BLOB_COUNT_EXCEEDED,     "blob transaction has too many blobs")                    \
    X(TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH, "has invalid hash version")                           \
    X(INSUFFICIENT_MAX_FEE_PER_BLOB_GAS, "max fee per blob gas less than block blob gas fee")      \
    X(TYPE_3_TX_CONTRACT_CREATION,                                                                 \
      "input string too short for common.Address, decoding into (types.BlobTx).To")                \
    X(TYPE_4_TX_CONTRACT_CREATION,                                                                 \
      "input string too short for common.Address, decoding into (types.SetCodeTx).To")             \
    X(TYPE_4_EMPTY_AUTHORIZATION_LIST,   "EIP-7702 transaction with empty auth list")              \
    X(GASLIMIT_PRICE_PRODUCT_OVERFLOW,   "")                                                       \
    X(NONCE_MISMATCH_TOO_LOW,            "nonce too low")                                          \
    X(NONCE_MISMATCH_TOO_HIGH,           "nonce too high")                                         \
    X(INSUFFICIENT_ACCOUNT_FUNDS,        "insufficient funds for gas * price + value")             \
    X(SENDER_NOT_EOA,                    "sender not an eoa")                                      \
    X(INVALID_SIGNATURE_VRS,             "")                                                       \
    X(EC_RECOVERY_FAIL,                  "")                                                       \
    X(TYPE_3_TX_WITH_FULL_BLOBS,         "unexpected blob sidecar in transaction at index")        \
    X(TYPE_4_INVALID_AUTHORITY_SIGNATURE, "")                                                      \
    X(TYPE_4_INVALID_AUTHORIZATION_FORMAT, "")                                                     \
    X(ADDRESS_TOO_SHORT,                 "")                                                       \
    X(ADDRESS_TOO_LONG,                  "")                                                       \
    X(NONCE_OVERFLOW,                    "")                                                       \
    X(GASLIMIT_OVERFLOW,                 "")                                                       \
    X(VALUE_OVERFLOW,                    "")                                                       \
    X(GASPRICE_OVERFLOW,                 "")                                                       \
    X(PRIORITY_OVERFLOW,                 "")                                                       \
    X(RLP_INVALID_SIGNATURE_R,           "")                                                       \
    X(RLP_INVALID_SIGNATURE_S,           "")                                                       \
    X(RLP_INVALID_DATA,                  "")                                                       \
    X(RLP_INVALID_GASLIMIT,              "")                                                       \
    X(RLP_INVALID_NONCE,                 "")                                                       \
    X(RLP_INVALID_TO,                    "")                                                       \
    X(RLP_INVALID_VALUE,                 "")                                                       \
    X(RLP_INVALID_HEADER,                "")                                                       \
    X(RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG,  "")                                               \
    X(RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT, "")                                               \
    X(RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG,  "")                                               \
    X(RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT, "")                                               \
    X(RLP_LEADING_ZEROS_GASLIMIT,        "")                                                       \
    X(RLP_LEADING_ZEROS_GASPRICE,        "")                                                       \
    X(RLP_LEADING_ZEROS_VALUE,           "")                                                       \
    X(RLP_LEADING_ZEROS_NONCE,           "")                                                       \
    X(RLP_LEADING_ZEROS_R,               "")                                                       \
    X(RLP_LEADING_ZEROS_S,               "")                                                       \
    X(RLP_LEADING_ZEROS_V,               "")                                                       \
    X(RLP_LEADING_ZEROS_BASEFEE,         "")                                                       \
    X(RLP_LEADING_ZEROS_PRIORITY_FEE,    "")                                                       \
    X(RLP_LEADING_ZEROS_DATA_SIZE,       "")                                                       \
    X(RLP_LEADING_ZEROS_NONCE_SIZE,      "")                                                       \
    X(RLP_TOO_FEW_ELEMENTS,              "")                                                       \
    X(RLP_TOO_MANY_ELEMENTS,             "")                                                       \
    X(RLP_ERROR_EOF,                     "")                                                       \
    X(RLP_ERROR_SIZE,                    "")                                                       \
    X(RLP_ERROR_SIZE_LEADING_ZEROS,      "")
// clang-format on

typedef enum chevm_rejection {
    CHEVM_ACCEPTED = 0,
#define CHEVM_REJECTION_ENUM(name, phrase) CHEVM_REJECTED_##name,
    CHEVM_REJECTION_ROWS(CHEVM_REJECTION_ENUM)
#undef CHEVM_REJECTION_ENUM
        CHEVM_REJECTION_COUNT
} chevm_rejection;

CH_API_BEGIN

/** chevm_rejection_name returns "NONCE_IS_MAX", "ACCEPTED" for 0, "?" if unknown;
 *  chevm_rejection_phrase the row's phrase, "" if there is none. Static. */
const char *chevm_rejection_name(chevm_rejection rejection);
const char *chevm_rejection_phrase(chevm_rejection rejection);

/** What a fixture's expectException says of a rejection. */
typedef enum chevm_expectation {
    CHEVM_EXPECTATION_MET,
    CHEVM_EXPECTATION_OTHER,  /* a known name, and not this one */
    CHEVM_EXPECTATION_UNKNOWN /* none of the names is in the table: any rejection will do */
} chevm_expectation;

/** chevm_rejection_expected compares with a text like "TransactionException.A|B" or an old name
 *  ("TR_NoFunds"): alternatives by '|', the prefix before the dot optional. An old name may stand
 * for several rejections. Requires: rejection is not ACCEPTED. */
chevm_expectation chevm_rejection_expected(chevm_rejection rejection, const char *expected);

CH_API_END

#endif
