/* transaction_fuzz.c: bytes that decode encode to the same bytes and hash like them; what was made
 * from a struct decodes to what it was; and every judge survives whatever decodes. Half of the
 * inputs are wire bytes, half describe a transaction. */
#include "transaction_wire.h"

#include <coldevm/hash.h>

#include "fuzz.h"

#include <string.h>

#define SIZE_MOST 4096u
#define LIST_MOST 4u

static CH_ALIGNED(8) uint8_t scratch[SIZE_MOST * 6 + 64];

typedef struct source {
    const uint8_t *bytes;
    size_t left;
} source;

static uint8_t draw(source *from) {
    if (from->left == 0) {
        return 0;
    }
    from->left--;
    return *from->bytes++;
}

/* A number of a few or many bytes. */
static chevm_u256 draw_word(source *from) {
    chevm_u256 value = {{0, 0, 0, 0}};
    for (unsigned count = draw(from) % 33; count > 0; count--) {
        chevm_u256_shl_bits(&value, &value, 8);
        value.limbs[0] |= draw(from);
    }
    return value;
}

static chevm_address draw_address(source *from) {
    chevm_address address;
    memset(address.bytes, draw(from), sizeof address.bytes);
    return address;
}

typedef struct lists {
    chevm_access_entry access[LIST_MOST];
    chevm_u256 words[LIST_MOST];
    chevm_authorization tuples[LIST_MOST];
} lists;

static void draw_lists(source *from, chevm_transaction *t, lists *l) {
    for (size_t i = 0; i < LIST_MOST; i++) {
        l->words[i] = draw_word(from);
        l->access[i] = (chevm_access_entry){draw_address(from), l->words, draw(from) % LIST_MOST};
        l->tuples[i] = (chevm_authorization){.chain_id = draw_word(from),
                                             .r = draw_word(from),
                                             .s = draw_word(from),
                                             .nonce = draw_word(from).limbs[0],
                                             .address = draw_address(from),
                                             .y_parity = draw(from)};
    }
    if (t->type != CHEVM_TRANSACTION_LEGACY) {
        t->access_list = l->access;
        t->access_count = draw(from) % LIST_MOST;
    }
    if (t->type == CHEVM_TRANSACTION_BLOB) {
        t->blob_hashes = l->words;
        t->blob_count = draw(from) % LIST_MOST;
        t->max_blob_fee = draw_word(from);
    }
    if (t->type == CHEVM_TRANSACTION_SET_CODE) {
        t->authorizations = l->tuples;
        t->authorization_count = draw(from) % LIST_MOST;
    }
}

static void draw_transaction(source *from, chevm_transaction *t, lists *l) {
    *t = (chevm_transaction){.type = (chevm_transaction_type)(draw(from) % CHEVMI_WIRE_TYPES)};
    t->is_creation = draw(from) % 4 == 0;
    t->nonce = draw_word(from).limbs[0];
    t->gas_limit = draw_word(from).limbs[0];
    t->max_fee = draw_word(from);
    t->max_priority_fee = t->type < CHEVM_TRANSACTION_DYNAMIC_FEE ? t->max_fee : draw_word(from);
    t->value = draw_word(from);
    t->to = draw_address(from);
    t->chain_id = draw_word(from);
    t->r = draw_word(from);
    t->s = draw_word(from);
    t->v = draw_word(from);
    if (t->type != CHEVM_TRANSACTION_LEGACY) {
        t->v.limbs[3] = t->v.limbs[2] = t->v.limbs[1] = 0;
        t->v.limbs[0] &= 1;
    }
    draw_lists(from, t, l);
    t->input = from->bytes;
    t->input_size = from->left;
}

/* The judges, on whatever decodes; recovery only for some: it takes long. */
static void judge(chevm_transaction *t, const uint8_t *bytes, size_t size) {
    const chevm_block block = {.fork = (chevm_fork)(bytes[size - 1] % CHEVM_FORK_COUNT),
                               .gas_available = UINT64_MAX,
                               .chain_id = {{1, 0, 0, 0}},
                               .blobs_available = 6};
    chevm_rejection_facts facts;
    const chevm_rejection why = chevm_transaction_check(t, &block, &facts);
    CH_REQUIRE(facts.why == why && (unsigned)why < CHEVM_REJECTION_COUNT);
    if (bytes[size - 1] % 16 == 0) {
        (void)chevm_transaction_recover(t, block.fork);
    }
}

static bool try_bytes(const uint8_t *bytes, size_t size) {
    static uint8_t again[SIZE_MOST];
    chevm_transaction t;
    chevm_rejection_facts facts;
    chevm_u256 hash, want;
    const chevm_rejection why = chevm_transaction_decode(&t, bytes, size, scratch, &facts);
    CH_REQUIRE(facts.why == why && facts.position <= size);
    if (why != CHEVM_ACCEPTED) {
        return false;
    }
    CH_REQUIRE(chevm_transaction_encode(&t, again, sizeof again) == size);
    CH_REQUIRE(memcmp(again, bytes, size) == 0);
    chevm_keccak256(again, bytes, size);
    chevm_u256_from_be32(&want, again);
    chevm_transaction_hash(&t, &hash);
    CH_REQUIRE(chevm_u256_equal(&hash, &want));
    judge(&t, bytes, size);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t wire[SIZE_MOST];
    static lists l;
    source from = {data, size < 2048 ? size : 2048};
    if (draw(&from) % 2 == 0) {
        (void)try_bytes(from.bytes, from.left);
        return 0;
    }
    chevm_transaction t;
    const uint8_t change = draw(&from);
    draw_transaction(&from, &t, &l);
    const size_t wire_size = chevm_transaction_encode(&t, wire, sizeof wire);
    CH_REQUIRE(wire_size <= sizeof wire);
    CH_REQUIRE(try_bytes(wire, wire_size));
    wire[change * wire_size / 256] ^= (uint8_t)(1u << change % 8);
    (void)try_bytes(wire, wire_size);
    return 0;
}
