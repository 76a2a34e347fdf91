/* transaction_wire.h: what a transaction looks like on the wire: the fields of each type in their
 * order. Decoding and encoding both follow these rows. */
#ifndef CHEVMI_TRANSACTION_WIRE_H
#define CHEVMI_TRANSACTION_WIRE_H

#include <coldevm/transaction.h>

typedef enum chevmi_wire_field {
    CHEVMI_WIRE_END, /* behind the last one */
    CHEVMI_WIRE_CHAIN_ID,
    CHEVMI_WIRE_NONCE,
    CHEVMI_WIRE_GAS_PRICE,
    CHEVMI_WIRE_PRIORITY,
    CHEVMI_WIRE_MAX_FEE,
    CHEVMI_WIRE_GAS_LIMIT,
    CHEVMI_WIRE_TO,
    CHEVMI_WIRE_VALUE,
    CHEVMI_WIRE_DATA,
    CHEVMI_WIRE_ACCESS,
    CHEVMI_WIRE_BLOB_FEE,
    CHEVMI_WIRE_BLOBS,
    CHEVMI_WIRE_TUPLES,
    CHEVMI_WIRE_V,
    CHEVMI_WIRE_R,
    CHEVMI_WIRE_S,
    CHEVMI_WIRE_FIELD_COUNT
} chevmi_wire_field;

#define CHEVMI_WIRE_TYPES      5u
#define CHEVMI_WIRE_FIELDS_MAX 15u
#define CHEVMI_WIRE_SIGNATURE  3u /* the last fields: v, r, s */

/* First byte of what the signer of an EIP-7702 tuple hashes. */
#define CHEVMI_WIRE_TUPLE_MAGIC 0x05u

/* Smallest encodings, which bound how many there can be in so many bytes. */
#define CHEVMI_WIRE_ACCESS_MIN 23u /* list header, address, empty list */
#define CHEVMI_WIRE_WORD       33u /* a word with its header, always */
#define CHEVMI_WIRE_TUPLE_MIN  27u /* list header, address, five numbers */

// clang-format off
#define CHEVMI_WIRE_HEAD  CHEVMI_WIRE_CHAIN_ID, CHEVMI_WIRE_NONCE
#define CHEVMI_WIRE_FEES  CHEVMI_WIRE_PRIORITY, CHEVMI_WIRE_MAX_FEE
#define CHEVMI_WIRE_BODY  CHEVMI_WIRE_GAS_LIMIT, CHEVMI_WIRE_TO, CHEVMI_WIRE_VALUE, CHEVMI_WIRE_DATA
#define CHEVMI_WIRE_SIGN  CHEVMI_WIRE_V, CHEVMI_WIRE_R, CHEVMI_WIRE_S

static const uint8_t chevmi_wire_layouts[CHEVMI_WIRE_TYPES][CHEVMI_WIRE_FIELDS_MAX] = {
    [CHEVM_TRANSACTION_LEGACY] = {
        CHEVMI_WIRE_NONCE, CHEVMI_WIRE_GAS_PRICE, CHEVMI_WIRE_BODY, CHEVMI_WIRE_SIGN},
    [CHEVM_TRANSACTION_ACCESS_LIST] = {
        CHEVMI_WIRE_HEAD, CHEVMI_WIRE_GAS_PRICE, CHEVMI_WIRE_BODY, CHEVMI_WIRE_ACCESS,
        CHEVMI_WIRE_SIGN},
    [CHEVM_TRANSACTION_DYNAMIC_FEE] = {
        CHEVMI_WIRE_HEAD, CHEVMI_WIRE_FEES, CHEVMI_WIRE_BODY, CHEVMI_WIRE_ACCESS,
        CHEVMI_WIRE_SIGN},
    [CHEVM_TRANSACTION_BLOB] = {
        CHEVMI_WIRE_HEAD, CHEVMI_WIRE_FEES, CHEVMI_WIRE_BODY, CHEVMI_WIRE_ACCESS,
        CHEVMI_WIRE_BLOB_FEE, CHEVMI_WIRE_BLOBS, CHEVMI_WIRE_SIGN},
    [CHEVM_TRANSACTION_SET_CODE] = {
        CHEVMI_WIRE_HEAD, CHEVMI_WIRE_FEES, CHEVMI_WIRE_BODY, CHEVMI_WIRE_ACCESS,
        CHEVMI_WIRE_TUPLES, CHEVMI_WIRE_SIGN},
};
// clang-format on

static inline size_t chevmi_wire_field_count(unsigned type) {
    size_t count = 0;
    while (count < CHEVMI_WIRE_FIELDS_MAX && chevmi_wire_layouts[type][count] != CHEVMI_WIRE_END) {
        count++;
    }
    return count;
}

#endif
