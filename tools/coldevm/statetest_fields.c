/* statetest_fields.c: the transaction of a case that has no signed bytes, put together from the
 * fields of its test. All kinds were checked when the test was read. */
#include "statetest.h"

#include "codes.h"
#include "store.h"

#include <string.h>

/* Reads numbers one after the other; remembers the first that does not fit, as a rejection. */
typedef struct number_reader {
    const json_document *document;
    int code;
    chevm_rejection why;
} number_reader;

static void read_wide(number_reader *reader, const json_node *node, chevm_u256 *number,
                      chevm_rejection otherwise) {
    bool is_big = strncmp(json_text(node), "0x:bigint ", 10) == 0;
    if (is_big && reader->why == CHEVM_ACCEPTED) {
        reader->why = otherwise;
    }
    if (!is_big && reader->code == EXIT_DONE) {
        reader->code = json_u256(reader->document, node, number);
    }
}

static void read_narrow(number_reader *reader, const json_node *node, uint64_t *number,
                        chevm_rejection otherwise) {
    chevm_u256 wide = {{*number, 0, 0, 0}};
    read_wide(reader, node, &wide, otherwise);
    if (!chevm_u256_fits_u64(&wide) && reader->why == CHEVM_ACCEPTED) {
        reader->why = otherwise;
    }
    *number = wide.limbs[0];
}

static void read_access_list(number_reader *reader, const json_node *list,
                             chevm_transaction *target) {
    chevm_access_entry *entries = STORE_ARRAY(chevm_access_entry, json_count(list));
    size_t count = 0;
    for (const json_node *node = json_first(list); reader->code == EXIT_DONE && node != NULL;
         node = json_next(node)) {
        const json_node *list_of_keys = json_get(node, "storageKeys");
        chevm_u256 *keys = STORE_ARRAY(chevm_u256, json_count(list_of_keys));
        chevm_access_entry *entry = &entries[count++];
        entry->keys = keys;
        for (const json_node *key = json_first(list_of_keys); key != NULL; key = json_next(key)) {
            (void)json_u256(reader->document, key, &keys[entry->key_count++]);
        }
        reader->code = json_address(reader->document, json_get(node, "address"), &entry->address);
    }
    target->access_list = entries;
    target->access_count = count;
}

static void read_blob_hashes(number_reader *reader, const json_node *list,
                             chevm_transaction *target) {
    chevm_u256 *hashes = STORE_ARRAY(chevm_u256, json_count(list));
    for (const json_node *node = json_first(list); node != NULL; node = json_next(node)) {
        (void)json_u256(reader->document, node, &hashes[target->blob_count++]);
    }
    target->blob_hashes = hashes;
}

static void read_authorizations(number_reader *reader, const json_node *list,
                                chevm_transaction *target) {
    chevm_authorization *entries = STORE_ARRAY(chevm_authorization, json_count(list));
    size_t count = 0;
    for (const json_node *node = json_first(list); reader->code == EXIT_DONE && node != NULL;
         node = json_next(node)) {
        const chevm_rejection bad = CHEVM_REJECTED_TYPE_4_INVALID_AUTHORIZATION_FORMAT;
        const json_node *parity = json_get(node, "yParity");
        chevm_authorization *entry = &entries[count++];
        uint64_t v = 0;
        read_wide(reader, json_get(node, "chainId"), &entry->chain_id, bad);
        read_narrow(reader, json_get(node, "nonce"), &entry->nonce, bad);
        read_narrow(reader, parity != NULL ? parity : json_get(node, "v"), &v, bad);
        read_wide(reader, json_get(node, "r"), &entry->r, bad);
        read_wide(reader, json_get(node, "s"), &entry->s, bad);
        (void)json_address(reader->document, json_get(node, "address"), &entry->address);
        if (v > UINT8_MAX && reader->why == CHEVM_ACCEPTED) {
            reader->why = bad;
        }
        entry->y_parity = (uint8_t)v;
        chevm_authorization_recover(entry);
    }
    target->authorizations = entries;
    target->authorization_count = count;
}

/* The newest type that one of the fields belongs to. */
static chevm_transaction_type type_of(const json_node *whole, bool has_access_list) {
    if (json_get(whole, "authorizationList") != NULL) {
        return CHEVM_TRANSACTION_SET_CODE;
    }
    if (json_get(whole, "blobVersionedHashes") != NULL ||
        json_get(whole, "maxFeePerBlobGas") != NULL) {
        return CHEVM_TRANSACTION_BLOB;
    }
    if (json_get(whole, "maxFeePerGas") != NULL) {
        return CHEVM_TRANSACTION_DYNAMIC_FEE;
    }
    return has_access_list ? CHEVM_TRANSACTION_ACCESS_LIST : CHEVM_TRANSACTION_LEGACY;
}

static void read_fees(number_reader *reader, const json_node *whole, chevm_transaction *target) {
    if (target->type < CHEVM_TRANSACTION_DYNAMIC_FEE) {
        read_wide(reader, json_get(whole, "gasPrice"), &target->max_fee,
                  CHEVM_REJECTED_GASPRICE_OVERFLOW);
        target->max_priority_fee = target->max_fee;
        return;
    }
    read_wide(reader, json_get(whole, "maxFeePerGas"), &target->max_fee,
              CHEVM_REJECTED_GASPRICE_OVERFLOW);
    read_wide(reader, json_get(whole, "maxPriorityFeePerGas"), &target->max_priority_fee,
              CHEVM_REJECTED_PRIORITY_OVERFLOW);
    read_wide(reader, json_get(whole, "maxFeePerBlobGas"), &target->max_blob_fee,
              CHEVM_REJECTED_GASPRICE_OVERFLOW);
}

/* Who signed: by name, or by the key in old files. */
static int read_sender(const json_document *document, const json_node *whole,
                       chevm_transaction *target) {
    const json_node *sender = json_get(whole, "sender");
    const json_node *key = json_get(whole, "secretKey");
    chevm_u256 secret;
    if (sender != NULL) {
        return json_address(document, sender, &target->sender);
    }
    if (key == NULL) {
        return json_error(document, whole, "transaction has no txbytes, sender or secretKey");
    }
    const int code = json_u256(document, key, &secret);
    if (code == EXIT_DONE && !chevm_secret_address(&target->sender, &secret)) {
        return json_error(document, key, "not a key of secp256k1");
    }
    return code;
}

int statetest_read_fields(const statetest *test, const statetest_entry *entry,
                          chevm_transaction *target, chevm_rejection *why) {
    const json_document *document = test->document;
    const statetest_fields *fields = &test->fields;
    const json_node *whole = fields->whole;
    const json_node *to = json_get(whole, "to");
    const json_node *list = entry->data_index < fields->access_list_count
                                ? fields->access_lists[entry->data_index]
                                : NULL;
    number_reader reader = {document, EXIT_DONE, CHEVM_ACCEPTED};
    byte_range input = {(const uint8_t *)"", 0};
    *target = (chevm_transaction){.type = type_of(whole, json_is_array(list)),
                                  .is_creation = *json_text(to) == 0,
                                  .chain_id = test->chain_id};
    target->has_chain_id = target->type != CHEVM_TRANSACTION_LEGACY;
    read_narrow(&reader, json_get(whole, "nonce"), &target->nonce, CHEVM_REJECTED_NONCE_OVERFLOW);
    read_narrow(&reader, fields->gas_limits[entry->gas_index], &target->gas_limit,
                CHEVM_REJECTED_GASLIMIT_OVERFLOW);
    read_wide(&reader, fields->values[entry->value_index], &target->value,
              CHEVM_REJECTED_VALUE_OVERFLOW);
    read_fees(&reader, whole, target);
    read_access_list(&reader, list, target);
    read_blob_hashes(&reader, json_get(whole, "blobVersionedHashes"), target);
    read_authorizations(&reader, json_get(whole, "authorizationList"), target);
    int code = reader.code;
    code = code == EXIT_DONE ? json_bytes(document, fields->data[entry->data_index], &input) : code;
    code = code == EXIT_DONE ? read_sender(document, whole, target) : code;
    if (code == EXIT_DONE && !target->is_creation) {
        code = json_address(document, to, &target->to);
    }
    target->input = input.bytes;
    target->input_size = input.size;
    *why = reader.why;
    return code;
}
