/* state_root.c: the root of a state. Nearly all of its time goes into hashes, so those that do not
 * wait for each other are made eight at one time, across all accounts:
 *
 *   1. keys of accounts and of all their slots      many at one time
 *   2. each account's slots sorted, their leaves    many at one time
 *   3. each account's storage trie                  branches, one by one
 *   4. accounts sorted, their leaves                many at one time
 *   5. the accounts' trie                           branches, one by one
 *
 *   scratch  | items, leaves of accounts | items, leaves of slots, account by account |
 *
 * RLP is written when it is hashed; leaves point to the entries. */
#include "trie_builder.h"
#include "world.h"

#include <coldevm/hash.h>
#include <coldevm/rlp.h>

#define SCRATCH_ALIGN   64u
#define WORD_RLP_MAX    33u
#define ACCOUNT_RLP_MAX (2u + 9u + 3u * WORD_RLP_MAX)
#define QUEUE_MAX       8u

_Static_assert(ACCOUNT_RLP_MAX <= CHEVMI_TRIE_VALUE_MAX, "a leaf is written as a whole");

/* The key is the first field: an item's key leads back to its leaf. */
typedef struct slot_leaf {
    uint8_t key[32];
    const chevmi_slot *slot;
    chevmi_trie_reference reference;
} slot_leaf;

typedef struct account_leaf {
    uint8_t key[32];
    const chevmi_account *account;
    chevm_u256 storage_root;
    size_t first_slot; /* in the slots' items */
    chevmi_trie_reference reference;
} account_leaf;

#define SLOT_BYTES    (sizeof(chevm_trie_item) + sizeof(slot_leaf))
#define ACCOUNT_BYTES (sizeof(chevm_trie_item) + sizeof(account_leaf))

_Static_assert(sizeof(chevm_trie_item) % 8 == 0 && sizeof(account_leaf) % 8 == 0 &&
                   sizeof(slot_leaf) % 8 == 0,
               "what follows is aligned");

/* Hashes that wait until there are enough of them. */
typedef struct queue {
    chevm_keccak_job jobs[QUEUE_MAX];
    uint8_t rooms[QUEUE_MAX][CHEVMI_TRIE_LEAF_MAX]; /* for messages made on the way */
    size_t count;
} queue;

typedef struct root_work {
    const chevm_state *state;
    chevm_trie_item *account_items;
    account_leaf *account_leaves;
    chevm_trie_item *slot_items;
    slot_leaf *slot_leaves;
    size_t account_count, slot_count;
    queue hashes;
} root_work;

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

static void lay_out(root_work *w, uint8_t *at) {
    const uint32_t accounts = w->state->account_live;
    const uint32_t slots = w->state->slot_live;
    w->account_items = (chevm_trie_item *)(void *)at;
    at += accounts * sizeof *w->account_items;
    w->account_leaves = (account_leaf *)(void *)at;
    at += accounts * sizeof *w->account_leaves;
    w->slot_items = (chevm_trie_item *)(void *)at;
    at += slots * sizeof *w->slot_items;
    w->slot_leaves = (slot_leaf *)(void *)at;
}

/* ---- Hashes --------------------------------------------------------------------------------- */

static void flush(queue *q) {
    chevm_keccak256_many(q->jobs, q->count);
    q->count = 0;
}

/* Where the next message may be written. */
static uint8_t *room_of(queue *q) {
    return q->rooms[q->count];
}

static void push(queue *q, const uint8_t *data, size_t size, uint8_t *out) {
    q->jobs[q->count++] = (chevm_keccak_job){data, size, out};
    if (q->count == QUEUE_MAX) {
        flush(q);
    }
}

/* Leaf i of sorted items: its path begins behind the nibble that its nearer neighbour shares. */
static void push_leaf(queue *q, const chevm_trie_item *items, size_t count, size_t i,
                      const chevm_trie_item *item, chevmi_trie_reference *reference) {
    unsigned from = 0;
    if (i != 0) {
        from = chevmi_trie_shared(item, &items[i - 1]) + 1;
    }
    if (i + 1 != count) {
        const unsigned after = chevmi_trie_shared(item, &items[i + 1]) + 1;
        from = after > from ? after : from;
    }
    size_t size = 0;
    const uint8_t *const node = chevmi_trie_put_leaf(room_of(q), &size, item, from);
    if (size < 32) {
        memcpy(reference->bytes, node, size);
        reference->size = (uint8_t)size;
    } else {
        reference->bytes[0] = 0x80 + 32;
        reference->size = CHEVMI_TRIE_REF_MAX;
        push(q, node, size, reference->bytes + 1);
    }
}

/* ---- Storage -------------------------------------------------------------------------------- */

static void collect_slots(root_work *w, const chevmi_account *account) {
    const chevmi_slot *const slots = w->state->slots;
    for (uint32_t number = account->first_slot; number != 0; number = slots[number].next) {
        if (!chevm_u256_is_zero(&slots[number].value)) {
            slot_leaf *const leaf = &w->slot_leaves[w->slot_count];
            uint8_t *const key = room_of(&w->hashes);
            leaf->slot = &slots[number];
            w->slot_items[w->slot_count++] = (chevm_trie_item){
                .key = leaf->key, .value = leaf->key, .key_size = 32, .value_size = 1};
            chevm_u256_to_be32(key, &slots[number].key);
            push(&w->hashes, key, 32, leaf->key);
        }
    }
}

static slot_leaf *slot_of(const root_work *w, const chevm_trie_item *item) {
    const size_t offset = (size_t)(item->key - (const uint8_t *)w->slot_leaves);
    return &w->slot_leaves[offset / sizeof(slot_leaf)];
}

static void hash_slot_leaves(root_work *w, const account_leaf *owner) {
    chevm_trie_item *const items = w->slot_items + owner->first_slot;
    const size_t count = owner->account->slot_count;
    const ch_status status = chevm_trie_sort(items, count);
    CH_REQUIRE(status == CH_OK); /* or keccak256 has a collision */
    for (size_t i = 0; i < count; i++) {
        slot_leaf *const leaf = slot_of(w, &items[i]);
        uint8_t value[WORD_RLP_MAX];
        const uint8_t *const end = chevm_rlp_put_u256(value, &leaf->slot->value);
        const chevm_trie_item item = {leaf->key, value, 32, (uint32_t)(end - value)};
        push_leaf(&w->hashes, items, count, i, &item, &leaf->reference);
    }
}

static void build_storage(root_work *w, chevmi_trie_builder *builder, account_leaf *owner) {
    const chevm_trie_item *const items = w->slot_items + owner->first_slot;
    const size_t count = owner->account->slot_count;
    chevmi_trie_begin(builder);
    for (size_t i = 0; i < count; i++) {
        chevmi_trie_add(builder, &items[i], i + 1 < count ? &items[i + 1] : NULL,
                        &slot_of(w, &items[i])->reference, &owner->storage_root);
    }
}

/* ---- Accounts ------------------------------------------------------------------------------- */

static void collect(root_work *w) {
    for (uint32_t number = 1; number <= w->state->account_high; number++) {
        const chevmi_account *const account = &w->state->accounts[number];
        if (account->in_use && account->exists) {
            account_leaf *const leaf = &w->account_leaves[w->account_count];
            leaf->account = account;
            leaf->first_slot = w->slot_count;
            w->account_items[w->account_count++] = (chevm_trie_item){
                .key = leaf->key, .value = leaf->key, .key_size = 32, .value_size = 1};
            push(&w->hashes, account->address.bytes, sizeof account->address.bytes, leaf->key);
            collect_slots(w, account);
            CH_ASSERT(w->slot_count - leaf->first_slot == account->slot_count);
        }
    }
    flush(&w->hashes);
}

static void find_storage_roots(root_work *w, chevmi_trie_builder *builder) {
    for (size_t i = 0; i < w->account_count; i++) {
        if (w->account_leaves[i].account->slot_count != 0) {
            hash_slot_leaves(w, &w->account_leaves[i]);
        }
    }
    flush(&w->hashes);
    for (size_t i = 0; i < w->account_count; i++) {
        account_leaf *const leaf = &w->account_leaves[i];
        if (leaf->account->slot_count != 0) {
            build_storage(w, builder, leaf);
        } else {
            chevm_u256_copy(&leaf->storage_root, &chevm_trie_empty_root);
        }
    }
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

static account_leaf *account_of(const root_work *w, const chevm_trie_item *item) {
    const size_t offset = (size_t)(item->key - (const uint8_t *)w->account_leaves);
    return &w->account_leaves[offset / sizeof(account_leaf)];
}

static void hash_account_leaves(root_work *w) {
    const ch_status status = chevm_trie_sort(w->account_items, w->account_count);
    CH_REQUIRE(status == CH_OK); /* or keccak256 has a collision */
    for (size_t i = 0; i < w->account_count; i++) {
        account_leaf *const leaf = account_of(w, &w->account_items[i]);
        uint8_t value[ACCOUNT_RLP_MAX];
        const uint8_t *const end = put_account(value, w->state, leaf);
        const chevm_trie_item item = {leaf->key, value, 32, (uint32_t)(end - value)};
        push_leaf(&w->hashes, w->account_items, w->account_count, i, &item, &leaf->reference);
    }
    flush(&w->hashes);
}

ch_status chevm_state_root(const chevm_state *state, chevm_u256 *root, void *scratch, size_t size) {
    CH_REQUIRE(!state->running);
    CH_REQUIRE((uintptr_t)scratch % SCRATCH_ALIGN == 0);
    if (size < chevm_state_root_scratch(state)) {
        return CH_EFULL;
    }
    if (state->account_live == 0) {
        chevm_u256_copy(root, &chevm_trie_empty_root);
        return CH_OK;
    }
    CH_REQUIRE(scratch != NULL);
    root_work w;
    chevmi_trie_builder builder;
    w.state = state;
    w.account_count = w.slot_count = w.hashes.count = 0;
    lay_out(&w, scratch);
    collect(&w);
    find_storage_roots(&w, &builder);
    hash_account_leaves(&w);
    chevmi_trie_begin(&builder);
    for (size_t i = 0; i < w.account_count; i++) {
        const chevm_trie_item *const items = w.account_items;
        chevmi_trie_add(&builder, &items[i], i + 1 < w.account_count ? &items[i + 1] : NULL,
                        &account_of(&w, &items[i])->reference, root);
    }
    if (w.account_count == 0) {
        chevm_u256_copy(root, &chevm_trie_empty_root);
    }
    return CH_OK;
}
