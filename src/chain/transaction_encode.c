/* transaction_encode.c: a transaction to bytes, or straight into a hash. One walk over the fields
 * serves sizes, buffers and hashes: what differs is the sink. */
#include "transaction_wire.h"

#include <coldevm/hash.h>
#include <coldevm/rlp.h>

#include <string.h>

/* Takes bytes in order: counts them, and writes or hashes them if it has where. */
typedef struct sink {
    uint8_t *out;
    chevm_keccak *hash;
    size_t size;
} sink;

#define ITEM_MAX 40u /* a header, or a number with its header */

static void put(sink *to, const void *bytes, size_t size) {
    if (to->out != NULL && size != 0) {
        memcpy(to->out + to->size, bytes, size);
    }
    if (to->hash != NULL) {
        chevm_keccak_update(to->hash, bytes, size);
    }
    to->size += size;
}

static void put_u64(sink *to, uint64_t value) {
    uint8_t item[ITEM_MAX];
    put(to, item, (size_t)(chevm_rlp_put_u64(item, value) - item));
}

static void put_u256(sink *to, const chevm_u256 *value) {
    uint8_t item[ITEM_MAX];
    put(to, item, (size_t)(chevm_rlp_put_u256(item, value) - item));
}

static void put_word(sink *to, const chevm_u256 *value) {
    uint8_t item[CHEVMI_WIRE_WORD] = {0x80 + 32};
    chevm_u256_to_be32(item + 1, value);
    put(to, item, sizeof item);
}

static void put_address(sink *to, const chevm_address *address) {
    uint8_t item[21] = {0x80 + 20};
    memcpy(item + 1, address->bytes, sizeof address->bytes);
    put(to, item, sizeof item);
}

static void put_list_header(sink *to, size_t content_size) {
    uint8_t item[ITEM_MAX];
    put(to, item, (size_t)(chevm_rlp_put_list_header(item, content_size) - item));
}

static void put_string(sink *to, const uint8_t *bytes, size_t size) {
    uint8_t item[ITEM_MAX];
    if (size == 1 && bytes[0] < 0x80) {
        put(to, bytes, 1);
        return;
    }
    put(to, item, (size_t)(chevm_rlp_put_string_header(item, size) - item));
    put(to, bytes, size);
}

/* ---- Lists ---------------------------------------------------------------------------------- */

static size_t list_size(size_t content_size) {
    return chevm_rlp_header_size(content_size) + content_size;
}

static size_t access_entry_content(const chevm_access_entry *entry) {
    return 21 + list_size(entry->key_count * CHEVMI_WIRE_WORD);
}

static void put_access_list(sink *to, const chevm_transaction *t) {
    size_t content = 0;
    for (size_t i = 0; i < t->access_count; i++) {
        content += list_size(access_entry_content(&t->access_list[i]));
    }
    put_list_header(to, content);
    for (size_t i = 0; i < t->access_count; i++) {
        const chevm_access_entry *const entry = &t->access_list[i];
        put_list_header(to, access_entry_content(entry));
        put_address(to, &entry->address);
        put_list_header(to, entry->key_count * CHEVMI_WIRE_WORD);
        for (size_t k = 0; k < entry->key_count; k++) {
            put_word(to, &entry->keys[k]);
        }
    }
}

static void put_blob_hashes(sink *to, const chevm_transaction *t) {
    put_list_header(to, t->blob_count * CHEVMI_WIRE_WORD);
    for (size_t i = 0; i < t->blob_count; i++) {
        put_word(to, &t->blob_hashes[i]);
    }
}

/* What the authority signs. */
static void put_tuple_promise(sink *to, const chevm_authorization *a) {
    put_u256(to, &a->chain_id);
    put_address(to, &a->address);
    put_u64(to, a->nonce);
}

static void put_tuple_fields(sink *to, const chevm_authorization *a) {
    put_tuple_promise(to, a);
    put_u64(to, a->y_parity);
    put_u256(to, &a->r);
    put_u256(to, &a->s);
}

static size_t tuple_content(const chevm_authorization *a) {
    sink count = {NULL, NULL, 0};
    put_tuple_fields(&count, a);
    return count.size;
}

static void put_tuples(sink *to, const chevm_transaction *t) {
    size_t content = 0;
    for (size_t i = 0; i < t->authorization_count; i++) {
        content += list_size(tuple_content(&t->authorizations[i]));
    }
    put_list_header(to, content);
    for (size_t i = 0; i < t->authorization_count; i++) {
        put_list_header(to, tuple_content(&t->authorizations[i]));
        put_tuple_fields(to, &t->authorizations[i]);
    }
}

/* ---- Fields --------------------------------------------------------------------------------- */

static void put_field(sink *to, const chevm_transaction *t, chevmi_wire_field field) {
    switch (field) {
    case CHEVMI_WIRE_CHAIN_ID:
        put_u256(to, &t->chain_id);
        break;
    case CHEVMI_WIRE_NONCE:
        put_u64(to, t->nonce);
        break;
    case CHEVMI_WIRE_GAS_PRICE:
    case CHEVMI_WIRE_MAX_FEE:
        put_u256(to, &t->max_fee);
        break;
    case CHEVMI_WIRE_PRIORITY:
        put_u256(to, &t->max_priority_fee);
        break;
    case CHEVMI_WIRE_GAS_LIMIT:
        put_u64(to, t->gas_limit);
        break;
    case CHEVMI_WIRE_TO:
        put_string(to, t->to.bytes, t->is_creation ? 0 : sizeof t->to.bytes);
        break;
    case CHEVMI_WIRE_VALUE:
        put_u256(to, &t->value);
        break;
    case CHEVMI_WIRE_DATA:
        put_string(to, t->input, t->input_size);
        break;
    case CHEVMI_WIRE_ACCESS:
        put_access_list(to, t);
        break;
    case CHEVMI_WIRE_BLOB_FEE:
        put_u256(to, &t->max_blob_fee);
        break;
    case CHEVMI_WIRE_BLOBS:
        put_blob_hashes(to, t);
        break;
    case CHEVMI_WIRE_TUPLES:
        put_tuples(to, t);
        break;
    case CHEVMI_WIRE_V:
        put_u256(to, &t->v);
        break;
    case CHEVMI_WIRE_R:
        put_u256(to, &t->r);
        break;
    default:
        CH_ASSERT(field == CHEVMI_WIRE_S);
        put_u256(to, &t->s);
        break;
    }
}

/* All fields, or those that are signed: EIP-155 signs the chain where the signature will be. */
static void put_fields(sink *to, const chevm_transaction *t, bool with_signature) {
    const unsigned type = (unsigned)t->type;
    const size_t whole = chevmi_wire_field_count(type);
    const size_t count = with_signature ? whole : whole - CHEVMI_WIRE_SIGNATURE;
    for (size_t i = 0; i < count; i++) {
        put_field(to, t, (chevmi_wire_field)chevmi_wire_layouts[type][i]);
    }
    if (!with_signature && t->type == CHEVM_TRANSACTION_LEGACY && t->has_chain_id) {
        put_u256(to, &t->chain_id);
        put_u64(to, 0);
        put_u64(to, 0);
    }
}

static void put_transaction(sink *to, const chevm_transaction *t, bool with_signature) {
    sink count = {NULL, NULL, 0};
    put_fields(&count, t, with_signature);
    if (t->type != CHEVM_TRANSACTION_LEGACY) {
        const uint8_t type = (uint8_t)t->type;
        put(to, &type, 1);
    }
    put_list_header(to, count.size);
    put_fields(to, t, with_signature);
}

size_t chevm_transaction_encode(const chevm_transaction *transaction, uint8_t *out, size_t room) {
    CH_REQUIRE((unsigned)transaction->type < CHEVMI_WIRE_TYPES);
    sink to = {NULL, NULL, 0};
    put_transaction(&to, transaction, true);
    if (to.size <= room && out != NULL) {
        to = (sink){out, NULL, 0};
        put_transaction(&to, transaction, true);
    }
    return to.size;
}

static void hash_final(chevm_keccak *keccak, chevm_u256 *hash) {
    uint8_t bytes[32];
    chevm_keccak_final(keccak, bytes);
    chevm_u256_from_be32(hash, bytes);
}

static void hash_transaction(const chevm_transaction *t, bool with_signature, chevm_u256 *hash) {
    CH_REQUIRE((unsigned)t->type < CHEVMI_WIRE_TYPES);
    chevm_keccak keccak;
    sink to = {NULL, &keccak, 0};
    chevm_keccak_init(&keccak);
    put_transaction(&to, t, with_signature);
    hash_final(&keccak, hash);
}

void chevm_transaction_signing_hash(const chevm_transaction *transaction, chevm_u256 *hash) {
    hash_transaction(transaction, false, hash);
}

void chevm_transaction_hash(const chevm_transaction *transaction, chevm_u256 *hash) {
    hash_transaction(transaction, true, hash);
}

void chevm_authorization_signing_hash(const chevm_authorization *authorization, chevm_u256 *hash) {
    static const uint8_t magic = CHEVMI_WIRE_TUPLE_MAGIC;
    chevm_keccak keccak;
    sink count = {NULL, NULL, 0}, to = {NULL, &keccak, 0};
    put_tuple_promise(&count, authorization);
    chevm_keccak_init(&keccak);
    put(&to, &magic, 1);
    put_list_header(&to, count.size);
    put_tuple_promise(&to, authorization);
    hash_final(&keccak, hash);
}
