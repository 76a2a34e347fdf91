/* transaction_decode.c: bytes to a transaction, strictly: one form each, and every malformed field
 * has its name. Lists become arrays in the caller's scratch: access entries, blob hashes and tuples
 * from its low end, storage keys from its high end, so that nothing is read twice. */
#include "transaction_wire.h"

#include <coldevm/rlp.h>

#include <string.h>

// clang-format off
/* X(field, largest size, rejection when: a list stands for a string, leading zeros, too long). The
 * vocabulary has no name of its own for some. */
#define NUMBER_ROWS(X)                                                                             \
  X(CHAIN_ID,  32, INVALID_CHAINID,         INVALID_CHAINID,                INVALID_CHAINID)       \
  X(NONCE,     8,  RLP_INVALID_NONCE,       RLP_LEADING_ZEROS_NONCE,        NONCE_OVERFLOW)        \
  X(GAS_PRICE, 32, RLP_INVALID_HEADER,      RLP_LEADING_ZEROS_GASPRICE,     GASPRICE_OVERFLOW)     \
  X(PRIORITY,  32, RLP_INVALID_HEADER,      RLP_LEADING_ZEROS_PRIORITY_FEE, PRIORITY_OVERFLOW)     \
  X(MAX_FEE,   32, RLP_INVALID_HEADER,      RLP_LEADING_ZEROS_BASEFEE,      GASPRICE_OVERFLOW)     \
  X(GAS_LIMIT, 8,  RLP_INVALID_GASLIMIT,    RLP_LEADING_ZEROS_GASLIMIT,     GASLIMIT_OVERFLOW)     \
  X(VALUE,     32, RLP_INVALID_VALUE,       RLP_LEADING_ZEROS_VALUE,        VALUE_OVERFLOW)        \
  X(BLOB_FEE,  32, RLP_INVALID_HEADER,      RLP_LEADING_ZEROS_BASEFEE,      GASPRICE_OVERFLOW)     \
  X(V,         32, INVALID_SIGNATURE_VRS,   RLP_LEADING_ZEROS_V,            INVALID_SIGNATURE_VRS) \
  X(R,         32, RLP_INVALID_SIGNATURE_R, RLP_LEADING_ZEROS_R,            INVALID_SIGNATURE_VRS) \
  X(S,         32, RLP_INVALID_SIGNATURE_S, RLP_LEADING_ZEROS_S,            INVALID_SIGNATURE_VRS)
// clang-format on

typedef struct number_row {
    uint8_t size_max;
    uint8_t is_list, leading_zeros, too_long; /* rejections */
} number_row;

_Static_assert(CHEVM_REJECTION_COUNT <= UINT8_MAX, "rejections fit a byte");

static const number_row NUMBERS[CHEVMI_WIRE_FIELD_COUNT] = {
#define NUMBER_ROW(name, size, list, zeros, longer)                                                \
    [CHEVMI_WIRE_##                                                                                \
        name] = {(size), CHEVM_REJECTED_##list, CHEVM_REJECTED_##zeros, CHEVM_REJECTED_##longer},
    NUMBER_ROWS(NUMBER_ROW)
#undef NUMBER_ROW
};

typedef struct decoder {
    chevm_transaction *transaction;
    chevm_rejection_facts *facts;
    const uint8_t *bytes;
    uint8_t *low, *high; /* scratch that is free */
} decoder;

/* ---- Scratch -------------------------------------------------------------------------------- */

#define SCRATCH_RATIO 6u
#define SCRATCH_SLACK 64u

_Static_assert(sizeof(chevm_access_entry) <= SCRATCH_RATIO * CHEVMI_WIRE_ACCESS_MIN, "scratch");
_Static_assert(sizeof(chevm_authorization) <= SCRATCH_RATIO * CHEVMI_WIRE_TUPLE_MIN, "scratch");
_Static_assert(sizeof(chevm_u256) <= SCRATCH_RATIO * CHEVMI_WIRE_WORD, "scratch");
_Static_assert(sizeof(chevm_access_entry) % 8 == 0 && sizeof(chevm_authorization) % 8 == 0,
               "arrays follow one another in scratch");

size_t chevm_transaction_scratch(size_t size) {
    const size_t most = (SIZE_MAX - SCRATCH_SLACK) / SCRATCH_RATIO;
    return size > most ? SIZE_MAX : (size * SCRATCH_RATIO + SCRATCH_SLACK) & ~(size_t)7u;
}

static void *take_low(decoder *d, size_t size) {
    void *const block = d->low;
    CH_ASSERT((size_t)(d->high - d->low) >= size);
    d->low += size;
    return block;
}

static void *take_high(decoder *d, size_t size) {
    CH_ASSERT((size_t)(d->high - d->low) >= size);
    d->high -= size;
    return d->high;
}

/* ---- Items ---------------------------------------------------------------------------------- */

static chevm_rejection reject(decoder *d, chevm_rejection why, const uint8_t *at) {
    d->facts->why = why;
    d->facts->position = (size_t)(at - d->bytes);
    return why;
}

/* What a bad header is called, in general and of the fields that have their own name. */
static chevm_rejection header_rejection(chevm_rlp_status status, chevmi_wire_field field) {
    switch (status) {
    case CHEVM_RLP_SIZE:
        return field == CHEVMI_WIRE_NONCE ? CHEVM_REJECTED_RLP_LEADING_ZEROS_NONCE_SIZE
                                          : CHEVM_REJECTED_RLP_ERROR_SIZE;
    case CHEVM_RLP_SIZE_LEADING_ZEROS:
        return field == CHEVMI_WIRE_NONCE  ? CHEVM_REJECTED_RLP_LEADING_ZEROS_NONCE_SIZE
               : field == CHEVMI_WIRE_DATA ? CHEVM_REJECTED_RLP_LEADING_ZEROS_DATA_SIZE
                                           : CHEVM_REJECTED_RLP_ERROR_SIZE_LEADING_ZEROS;
    case CHEVM_RLP_END:
        return CHEVM_REJECTED_RLP_TOO_FEW_ELEMENTS;
    default:
        return CHEVM_REJECTED_RLP_ERROR_EOF;
    }
}

/* The next item, which must be a list or a string; `kind` is said if it is the other. */
static chevm_rejection next_item(decoder *d, chevm_rlp_reader *reader, chevmi_wire_field field,
                                 bool is_list, chevm_rejection kind, chevm_rlp_item *item) {
    const uint8_t *const at = reader->next;
    const chevm_rlp_status status = chevm_rlp_next(reader, item);
    if (status != CHEVM_RLP_OK) {
        return reject(d, header_rejection(status, field), at);
    }
    return item->is_list == is_list ? CHEVM_ACCEPTED : reject(d, kind, at);
}

/* Items behind the last one of a list. */
static chevm_rejection expect_end(decoder *d, const chevm_rlp_reader *reader) {
    return reader->left == 0 ? CHEVM_ACCEPTED
                             : reject(d, CHEVM_REJECTED_RLP_TOO_MANY_ELEMENTS, reader->next);
}

/* A number. One that is too long and begins with zeros is blamed for the zeros, but a gas limit for
 * its size. */
static chevm_rejection next_number(decoder *d, chevm_rlp_reader *reader, chevmi_wire_field field,
                                   chevm_u256 *value) {
    const number_row *const row = &NUMBERS[field];
    chevm_rlp_item item;
    const chevm_rejection why =
        next_item(d, reader, field, false, (chevm_rejection)row->is_list, &item);
    if (why != CHEVM_ACCEPTED) {
        return why;
    }
    const bool zeros = item.size != 0 && item.bytes[0] == 0;
    const bool too_long = item.size > row->size_max;
    if (zeros && !(too_long && field == CHEVMI_WIRE_GAS_LIMIT)) {
        return reject(d, (chevm_rejection)row->leading_zeros, item.whole);
    }
    if (too_long) {
        return reject(d, (chevm_rejection)row->too_long, item.whole);
    }
    chevm_u256_from_be(value, item.bytes, item.size);
    return CHEVM_ACCEPTED;
}

/* A string of exactly `size` bytes. */
static chevm_rejection next_fixed(decoder *d, chevm_rlp_reader *reader, size_t size,
                                  chevm_rejection kind, chevm_rejection shorter,
                                  chevm_rejection longer, const uint8_t **bytes) {
    chevm_rlp_item item;
    const chevm_rejection why = next_item(d, reader, CHEVMI_WIRE_END, false, kind, &item);
    if (why != CHEVM_ACCEPTED) {
        return why;
    }
    if (item.size != size) {
        return reject(d, item.size < size ? shorter : longer, item.whole);
    }
    *bytes = item.bytes;
    return CHEVM_ACCEPTED;
}

/* ---- Lists ---------------------------------------------------------------------------------- */

static chevm_rejection decode_keys(decoder *d, const chevm_rlp_item *list,
                                   chevm_access_entry *entry) {
    const size_t count = list->size / CHEVMI_WIRE_WORD; /* if all are as they must be */
    chevm_u256 *const keys = take_high(d, count * sizeof *keys);
    chevm_rlp_reader reader;
    chevm_rlp_open(&reader, list);
    *entry = (chevm_access_entry){.address = entry->address, .keys = keys};
    while (reader.left != 0) {
        const uint8_t *bytes;
        const chevm_rejection why =
            next_fixed(d, &reader, 32, CHEVM_REJECTED_RLP_INVALID_HEADER,
                       CHEVM_REJECTED_RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT,
                       CHEVM_REJECTED_RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG, &bytes);
        if (why != CHEVM_ACCEPTED) {
            return why;
        }
        CH_ASSERT(entry->key_count < count);
        chevm_u256_from_be32(&keys[entry->key_count++], bytes);
    }
    return CHEVM_ACCEPTED;
}

static chevm_rejection decode_access_entry(decoder *d, const chevm_rlp_item *tuple) {
    const uint8_t *address;
    chevm_rlp_reader reader;
    chevm_rlp_item keys;
    chevm_rlp_open(&reader, tuple);
    chevm_rejection why =
        next_fixed(d, &reader, 20, CHEVM_REJECTED_RLP_INVALID_HEADER,
                   CHEVM_REJECTED_RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT,
                   CHEVM_REJECTED_RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG, &address);
    if (why == CHEVM_ACCEPTED) {
        why =
            next_item(d, &reader, CHEVMI_WIRE_END, true, CHEVM_REJECTED_RLP_INVALID_HEADER, &keys);
    }
    if (why == CHEVM_ACCEPTED) {
        why = expect_end(d, &reader);
    }
    if (why != CHEVM_ACCEPTED) {
        return why;
    }
    chevm_access_entry *const entry = take_low(d, sizeof *entry);
    memcpy(entry->address.bytes, address, sizeof entry->address.bytes);
    d->transaction->access_count++;
    return decode_keys(d, &keys, entry);
}

static chevm_rejection decode_access_list(decoder *d, chevm_rlp_reader *fields) {
    chevm_rlp_item list, tuple;
    chevm_rlp_reader reader;
    chevm_rejection why =
        next_item(d, fields, CHEVMI_WIRE_ACCESS, true, CHEVM_REJECTED_RLP_INVALID_HEADER, &list);
    if (why != CHEVM_ACCEPTED) {
        return why;
    }
    d->transaction->access_list = take_low(d, 0);
    chevm_rlp_open(&reader, &list);
    while (why == CHEVM_ACCEPTED && reader.left != 0) {
        why = next_item(d, &reader, CHEVMI_WIRE_ACCESS, true, CHEVM_REJECTED_RLP_INVALID_HEADER,
                        &tuple);
        if (why == CHEVM_ACCEPTED) {
            why = decode_access_entry(d, &tuple);
        }
    }
    return why;
}

static chevm_rejection decode_blob_hashes(decoder *d, chevm_rlp_reader *fields) {
    chevm_rlp_item list;
    chevm_rlp_reader reader;
    chevm_rejection why =
        next_item(d, fields, CHEVMI_WIRE_BLOBS, true, CHEVM_REJECTED_RLP_INVALID_HEADER, &list);
    if (why != CHEVM_ACCEPTED) {
        return why;
    }
    chevm_u256 *const hashes = take_low(d, list.size / CHEVMI_WIRE_WORD * sizeof *hashes);
    d->transaction->blob_hashes = hashes;
    chevm_rlp_open(&reader, &list);
    while (reader.left != 0) {
        const uint8_t *bytes;
        why = next_fixed(d, &reader, 32, CHEVM_REJECTED_RLP_INVALID_HEADER,
                         CHEVM_REJECTED_TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH,
                         CHEVM_REJECTED_TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH, &bytes);
        if (why != CHEVM_ACCEPTED) {
            return why;
        }
        chevm_u256_from_be32(&hashes[d->transaction->blob_count++], bytes);
    }
    return CHEVM_ACCEPTED;
}

/* A number of a tuple; too large ones of the signature have their own name. */
static chevm_rejection next_tuple_number(decoder *d, chevm_rlp_reader *reader, size_t size_max,
                                         chevm_rejection too_long, chevm_u256 *value) {
    chevm_rlp_item item;
    const chevm_rejection why =
        next_item(d, reader, CHEVMI_WIRE_TUPLES, false,
                  CHEVM_REJECTED_TYPE_4_INVALID_AUTHORIZATION_FORMAT, &item);
    if (why != CHEVM_ACCEPTED) {
        return why;
    }
    if (item.size != 0 && item.bytes[0] == 0) {
        return reject(d, CHEVM_REJECTED_TYPE_4_INVALID_AUTHORIZATION_FORMAT, item.whole);
    }
    if (item.size > size_max) {
        return reject(d, too_long, item.whole);
    }
    chevm_u256_from_be(value, item.bytes, item.size);
    return CHEVM_ACCEPTED;
}

static chevm_rejection decode_tuple(decoder *d, const chevm_rlp_item *tuple) {
    static const chevm_rejection format = CHEVM_REJECTED_TYPE_4_INVALID_AUTHORIZATION_FORMAT;
    static const chevm_rejection signature = CHEVM_REJECTED_TYPE_4_INVALID_AUTHORITY_SIGNATURE;
    chevm_authorization a = {.is_signed = false};
    chevm_u256 nonce = {{0, 0, 0, 0}}, parity = {{0, 0, 0, 0}};
    const uint8_t *address = NULL;
    chevm_rlp_reader reader;
    chevm_rlp_open(&reader, tuple);
    chevm_rejection why = next_tuple_number(d, &reader, 32, format, &a.chain_id);
    why = why ? why : next_fixed(d, &reader, 20, format, format, format, &address);
    why = why ? why : next_tuple_number(d, &reader, 8, format, &nonce);
    why = why ? why : next_tuple_number(d, &reader, 1, signature, &parity);
    why = why ? why : next_tuple_number(d, &reader, 32, signature, &a.r);
    why = why ? why : next_tuple_number(d, &reader, 32, signature, &a.s);
    why = why ? why : expect_end(d, &reader);
    if (why != CHEVM_ACCEPTED) {
        return why;
    }
    memcpy(a.address.bytes, address, sizeof a.address.bytes);
    a.nonce = nonce.limbs[0];
    a.y_parity = (uint8_t)parity.limbs[0];
    chevm_authorization *const place = take_low(d, sizeof *place);
    *place = a;
    d->transaction->authorization_count++;
    return CHEVM_ACCEPTED;
}

static chevm_rejection decode_tuples(decoder *d, chevm_rlp_reader *fields) {
    static const chevm_rejection format = CHEVM_REJECTED_TYPE_4_INVALID_AUTHORIZATION_FORMAT;
    chevm_rlp_item list, tuple;
    chevm_rlp_reader reader;
    chevm_rejection why = next_item(d, fields, CHEVMI_WIRE_TUPLES, true, format, &list);
    if (why != CHEVM_ACCEPTED) {
        return why;
    }
    d->transaction->authorizations = take_low(d, 0);
    chevm_rlp_open(&reader, &list);
    while (why == CHEVM_ACCEPTED && reader.left != 0) {
        why = next_item(d, &reader, CHEVMI_WIRE_TUPLES, true, format, &tuple);
        if (why == CHEVM_ACCEPTED) {
            why = decode_tuple(d, &tuple);
        }
    }
    return why;
}

/* ---- Fields --------------------------------------------------------------------------------- */

static chevm_rejection decode_to(decoder *d, chevm_rlp_reader *fields) {
    chevm_transaction *const t = d->transaction;
    chevm_rlp_item item;
    const chevm_rejection why =
        next_item(d, fields, CHEVMI_WIRE_TO, false, CHEVM_REJECTED_RLP_INVALID_TO, &item);
    if (why != CHEVM_ACCEPTED) {
        return why;
    }
    if (item.size != 0 && item.size != sizeof t->to.bytes) {
        return reject(d,
                      item.size < sizeof t->to.bytes ? CHEVM_REJECTED_ADDRESS_TOO_SHORT
                                                     : CHEVM_REJECTED_ADDRESS_TOO_LONG,
                      item.whole);
    }
    t->is_creation = item.size == 0;
    if (item.size != 0) {
        memcpy(t->to.bytes, item.bytes, item.size);
    }
    return CHEVM_ACCEPTED;
}

static chevm_rejection decode_data(decoder *d, chevm_rlp_reader *fields) {
    chevm_rlp_item item;
    const chevm_rejection why =
        next_item(d, fields, CHEVMI_WIRE_DATA, false, CHEVM_REJECTED_RLP_INVALID_DATA, &item);
    if (why == CHEVM_ACCEPTED) {
        d->transaction->input = item.bytes;
        d->transaction->input_size = item.size;
    }
    return why;
}

/* Where a number goes; nonce and gas limit are of 64 bits. */
static void store_number(chevm_transaction *t, chevmi_wire_field field, const chevm_u256 *value) {
    switch (field) {
    case CHEVMI_WIRE_CHAIN_ID:
        t->chain_id = *value;
        t->has_chain_id = true;
        break;
    case CHEVMI_WIRE_NONCE:
        t->nonce = value->limbs[0];
        break;
    case CHEVMI_WIRE_GAS_PRICE:
        t->max_fee = *value;
        t->max_priority_fee = *value;
        break;
    case CHEVMI_WIRE_PRIORITY:
        t->max_priority_fee = *value;
        break;
    case CHEVMI_WIRE_MAX_FEE:
        t->max_fee = *value;
        break;
    case CHEVMI_WIRE_GAS_LIMIT:
        t->gas_limit = value->limbs[0];
        break;
    case CHEVMI_WIRE_VALUE:
        t->value = *value;
        break;
    case CHEVMI_WIRE_BLOB_FEE:
        t->max_blob_fee = *value;
        break;
    case CHEVMI_WIRE_V:
        t->v = *value;
        break;
    case CHEVMI_WIRE_R:
        t->r = *value;
        break;
    default:
        CH_ASSERT(field == CHEVMI_WIRE_S);
        t->s = *value;
        break;
    }
}

static chevm_rejection decode_field(decoder *d, chevm_rlp_reader *fields, chevmi_wire_field field) {
    chevm_u256 value;
    switch (field) {
    case CHEVMI_WIRE_TO:
        return decode_to(d, fields);
    case CHEVMI_WIRE_DATA:
        return decode_data(d, fields);
    case CHEVMI_WIRE_ACCESS:
        return decode_access_list(d, fields);
    case CHEVMI_WIRE_BLOBS:
        return decode_blob_hashes(d, fields);
    case CHEVMI_WIRE_TUPLES:
        return decode_tuples(d, fields);
    default:
        break;
    }
    const chevm_rejection why = next_number(d, fields, field, &value);
    if (why == CHEVM_ACCEPTED) {
        store_number(d->transaction, field, &value);
    }
    return why;
}

/* A blob transaction as the network carries it: a list of the transaction and its blobs. */
static bool is_blob_sidecar(unsigned type, const chevm_rlp_item *list) {
    chevm_rlp_reader reader;
    chevm_rlp_item first;
    chevm_rlp_open(&reader, list);
    return type == CHEVM_TRANSACTION_BLOB && chevm_rlp_next(&reader, &first) == CHEVM_RLP_OK &&
           first.is_list;
}

static chevm_rejection decode_fields(decoder *d, unsigned type, const chevm_rlp_item *list) {
    const size_t want = chevmi_wire_field_count(type);
    size_t have = 0;
    chevm_rlp_reader reader;
    if (is_blob_sidecar(type, list)) {
        return reject(d, CHEVM_REJECTED_TYPE_3_TX_WITH_FULL_BLOBS, list->whole);
    }
    if (chevm_rlp_count(list, &have) == CHEVM_RLP_OK && have != want) {
        return reject(d,
                      have < want ? CHEVM_REJECTED_RLP_TOO_FEW_ELEMENTS
                                  : CHEVM_REJECTED_RLP_TOO_MANY_ELEMENTS,
                      list->whole);
    }
    chevm_rejection why = CHEVM_ACCEPTED;
    chevm_rlp_open(&reader, list);
    for (size_t i = 0; i < want && why == CHEVM_ACCEPTED; i++) {
        why = decode_field(d, &reader, (chevmi_wire_field)chevmi_wire_layouts[type][i]);
    }
    return why != CHEVM_ACCEPTED ? why : expect_end(d, &reader);
}

/* EIP-155 hides the chain in v: 35 + 2 * chain id + parity. */
static chevm_rejection judge_v(decoder *d) {
    static const chevm_u256 offset = {{35, 0, 0, 0}}, two = {{2, 0, 0, 0}};
    chevm_transaction *const t = d->transaction;
    if (t->type != CHEVM_TRANSACTION_LEGACY) {
        return chevm_u256_less(&t->v, &two)
                   ? CHEVM_ACCEPTED
                   : reject(d, CHEVM_REJECTED_INVALID_SIGNATURE_VRS, d->bytes);
    }
    if (!chevm_u256_less(&t->v, &offset)) {
        chevm_u256_sub(&t->chain_id, &t->v, &offset);
        chevm_u256_shr_bits(&t->chain_id, &t->chain_id, 1);
        t->has_chain_id = true;
    }
    return CHEVM_ACCEPTED;
}

/* ---- The whole ------------------------------------------------------------------------------ */

/* A transaction in a string: what is inside is judged only as far as it tells what is wrong. */
static chevm_rejection reject_string(decoder *d, size_t size) {
    chevm_rlp_reader reader;
    chevm_rlp_item item;
    chevm_rlp_reader_init(&reader, d->bytes, size);
    const chevm_rlp_status status = chevm_rlp_next(&reader, &item);
    if (status != CHEVM_RLP_OK) {
        return reject(d, header_rejection(status, CHEVMI_WIRE_END), d->bytes);
    }
    return reject(d,
                  item.size != 0 && item.bytes[0] < CHEVMI_WIRE_TYPES
                      ? CHEVM_REJECTED_RLP_INVALID_HEADER
                      : CHEVM_REJECTED_TYPE_NOT_SUPPORTED,
                  item.bytes);
}

/* The list must be all that is left. One that claims more than is there has a wrong size; only one
 * whose header is cut short ends too early. */
static chevm_rejection open_list(decoder *d, chevm_rlp_reader *reader, chevm_rlp_item *list) {
    const uint8_t *const at = reader->next;
    const chevm_rlp_status status = chevm_rlp_next(reader, list);
    if (status == CHEVM_RLP_EOF) {
        const size_t header = at[0] > 0xf7 ? (size_t)at[0] - 0xf7 + 1 : 1;
        return reject(
            d, reader->left < header ? CHEVM_REJECTED_RLP_ERROR_EOF : CHEVM_REJECTED_RLP_ERROR_SIZE,
            at);
    }
    if (status != CHEVM_RLP_OK) {
        return reject(d,
                      status == CHEVM_RLP_END ? CHEVM_REJECTED_RLP_ERROR_EOF
                                              : header_rejection(status, CHEVMI_WIRE_END),
                      at);
    }
    if (!list->is_list) {
        return reject(d, CHEVM_REJECTED_RLP_INVALID_HEADER, at);
    }
    return reader->left == 0 ? CHEVM_ACCEPTED
                             : reject(d, CHEVM_REJECTED_RLP_ERROR_SIZE, reader->next);
}

chevm_rejection chevm_transaction_decode(chevm_transaction *transaction, const uint8_t *bytes,
                                         size_t size, void *scratch, chevm_rejection_facts *facts) {
    decoder d = {.transaction = transaction, .facts = facts, .bytes = bytes, .low = scratch};
    chevm_rlp_reader reader;
    chevm_rlp_item list;
    d.high = d.low + chevm_transaction_scratch(size);
    *facts = (chevm_rejection_facts){.why = CHEVM_ACCEPTED};
    *transaction = (chevm_transaction){.type = CHEVM_TRANSACTION_LEGACY};
    chevm_rlp_reader_init(&reader, bytes, size);
    if (size != 0 && bytes[0] < 0x80) {
        if (bytes[0] == 0 || bytes[0] >= CHEVMI_WIRE_TYPES) {
            return reject(&d, CHEVM_REJECTED_TYPE_NOT_SUPPORTED, bytes);
        }
        transaction->type = (chevm_transaction_type)bytes[0];
        chevm_rlp_reader_init(&reader, bytes + 1, size - 1);
    } else if (size != 0 && bytes[0] < 0xc0) {
        return reject_string(&d, size);
    }
    chevm_rejection why = open_list(&d, &reader, &list);
    why = why ? why : decode_fields(&d, (unsigned)transaction->type, &list);
    return why ? why : judge_v(&d);
}
