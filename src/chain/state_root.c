/* state_root.c: the root of a state. First every account's leaf is prepared: its hashed address and
 * the root of its storage, for which all accounts use the same scratch; then the accounts' trie is
 * built.
 *
 *   scratch  | items, leaves of accounts | items, leaves of one account's slots |
 *
 * Leaves hold hashed keys and point to the entries; RLP is written when an item's turn comes. */
#include "trie_builder.h"
#include "world.h"

#include <coldevm/hash.h>
#include <coldevm/rlp.h>
#include <coldheap/arith.h>

#define SCRATCH_ALIGN   64u
#define WORD_RLP_MAX    33u
#define ACCOUNT_RLP_MAX (2u + 9u + 3u * WORD_RLP_MAX)

/* The key is the first field: an item's key leads back to its leaf. */
typedef struct slot_leaf {
    uint8_t key[32];
    const chevmi_slot *slot;
} slot_leaf;

typedef struct account_leaf {
    uint8_t key[32];
    chevm_u256 storage_root;
    const chevmi_account *account;
} account_leaf;

#define SLOT_BYTES    (sizeof(chevm_trie_item) + sizeof(slot_leaf))
#define ACCOUNT_BYTES (sizeof(chevm_trie_item) + sizeof(account_leaf))

/* Where the scratch of so many accounts and slots lies. */
typedef struct room {
    chevm_trie_item *account_items;
    account_leaf *account_leaves;
    chevm_trie_item *slot_items;
    slot_leaf *slot_leaves;
} room;

/* ---- Scratch -------------------------------------------------------------------------------- */

/* Counts are at most CHEVM_STATE_COUNT_MAX: nothing overflows in 64 bits. */
static uint64_t scratch_size(uint64_t accounts, uint64_t slots) {
    return accounts * ACCOUNT_BYTES + slots * SLOT_BYTES;
}

size_t chevm_state_root_scratch(const chevm_state *state) {
    return (size_t)scratch_size(state->account_live, state->slot_live);
}

size_t chevm_state_root_scratch_max(const chevm_state_options *options) {
    uint32_t accounts = 0;
    uint32_t slots = 0;
    if (chevmi_state_counts(options, &accounts, &slots) != CH_OK ||
        scratch_size(accounts, slots) > SIZE_MAX) {
        return 0;
    }
    return (size_t)scratch_size(accounts, slots);
}

static void lay_out(room *r, uint8_t *scratch, uint32_t accounts, uint32_t slots) {
    uint8_t *at = scratch;
    r->account_items = (chevm_trie_item *)(void *)at;
    at += accounts * sizeof *r->account_items;
    r->account_leaves = (account_leaf *)(void *)at;
    at += accounts * sizeof *r->account_leaves;
    r->slot_items = (chevm_trie_item *)(void *)at;
    at += slots * sizeof *r->slot_items;
    r->slot_leaves = (slot_leaf *)(void *)at;
}

_Static_assert(sizeof(chevm_trie_item) % 8 == 0 && sizeof(account_leaf) % 8 == 0 &&
                   sizeof(slot_leaf) % 8 == 0,
               "what follows is aligned");

/* ---- Storage -------------------------------------------------------------------------------- */

static size_t collect_slots(const chevm_state *state, const room *r,
                            const chevmi_account *account) {
    size_t count = 0;
    for (uint32_t number = account->first_slot; number != 0; number = state->slots[number].next) {
        const chevmi_slot *const slot = &state->slots[number];
        if (!chevm_u256_is_zero(&slot->value)) {
            slot_leaf *const leaf = &r->slot_leaves[count];
            uint8_t key[32];
            chevm_u256_to_be32(key, &slot->key);
            chevm_keccak256_32(leaf->key, key);
            leaf->slot = slot;
            r->slot_items[count++] = (chevm_trie_item){
                .key = leaf->key, .value = leaf->key, .key_size = 32, .value_size = 1};
        }
    }
    return count;
}

static void storage_root(const chevm_state *state, const room *r, const chevmi_account *account,
                         chevm_u256 *root) {
    const size_t count = collect_slots(state, r, account);
    CH_ASSERT(count == account->slot_count);
    const ch_status status = chevm_trie_sort(r->slot_items, count);
    CH_REQUIRE(status == CH_OK); /* or keccak256 has a collision */
    chevmi_trie_builder builder;
    chevmi_trie_begin(&builder);
    for (size_t i = 0; i < count; i++) {
        const slot_leaf *const leaf = (const slot_leaf *)(const void *)r->slot_items[i].key;
        uint8_t value[WORD_RLP_MAX];
        const uint8_t *const end = chevm_rlp_put_u256(value, &leaf->slot->value);
        const chevm_trie_item item = {leaf->key, value, 32, (uint32_t)(end - value)};
        chevmi_trie_add(&builder, &item, i + 1 < count ? &r->slot_items[i + 1] : NULL, root);
    }
}

/* ---- Accounts ------------------------------------------------------------------------------- */

static size_t collect_accounts(const chevm_state *state, const room *r) {
    size_t count = 0;
    for (uint32_t number = 1; number <= state->account_high; number++) {
        const chevmi_account *const account = &state->accounts[number];
        if (account->in_use && account->exists) {
            account_leaf *const leaf = &r->account_leaves[count];
            chevm_keccak256(leaf->key, account->address.bytes, sizeof account->address.bytes);
            leaf->account = account;
            if (account->slot_count == 0) {
                chevm_u256_copy(&leaf->storage_root, &chevm_trie_empty_root);
            } else {
                storage_root(state, r, account, &leaf->storage_root);
            }
            r->account_items[count++] = (chevm_trie_item){
                .key = leaf->key, .value = leaf->key, .key_size = 32, .value_size = 1};
        }
    }
    return count;
}

static uint8_t *put_hash(uint8_t *out, const chevm_u256 *hash) {
    *out = 0x80 + 32;
    chevm_u256_to_be32(out + 1, hash);
    return out + WORD_RLP_MAX;
}

/* RLP([nonce, balance, storage root, code hash]). */
static uint8_t *put_account(uint8_t *out, const chevm_state *state, const account_leaf *leaf) {
    const chevmi_account *const account = leaf->account;
    out = chevm_rlp_put_list_header(out, chevm_rlp_u64_size(account->nonce) +
                                             chevm_rlp_u256_size(&account->balance) +
                                             2 * WORD_RLP_MAX);
    out = chevm_rlp_put_u64(out, account->nonce);
    out = chevm_rlp_put_u256(out, &account->balance);
    out = put_hash(out, &leaf->storage_root);
    return put_hash(out, account->code != 0 ? &state->codes[account->code].hash
                                            : &chevmi_empty_code_hash);
}

ch_status chevm_state_root(const chevm_state *state, chevm_u256 *root, void *scratch, size_t size) {
    CH_REQUIRE(!state->running);
    CH_REQUIRE((uintptr_t)scratch % SCRATCH_ALIGN == 0);
    if (size < chevm_state_root_scratch(state)) {
        return CH_EFULL;
    }
    room r;
    lay_out(&r, scratch, state->account_live, state->slot_live);
    const size_t count = collect_accounts(state, &r);
    const ch_status status = chevm_trie_sort(r.account_items, count);
    CH_REQUIRE(status == CH_OK); /* or keccak256 has a collision */
    if (count == 0) {
        chevm_u256_copy(root, &chevm_trie_empty_root);
        return CH_OK;
    }
    chevmi_trie_builder builder;
    chevmi_trie_begin(&builder);
    for (size_t i = 0; i < count; i++) {
        const account_leaf *const leaf = (const account_leaf *)(const void *)r.account_items[i].key;
        uint8_t value[ACCOUNT_RLP_MAX];
        const uint8_t *const end = put_account(value, state, leaf);
        const chevm_trie_item item = {leaf->key, value, 32, (uint32_t)(end - value)};
        chevmi_trie_add(&builder, &item, i + 1 < count ? &r.account_items[i + 1] : NULL, root);
    }
    return CH_OK;
}
