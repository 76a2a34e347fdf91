/* world.h: what a run starts from: accounts, and the block around the transaction. Read from JSON
 * (an `alloc` or `pre` object) or put together by the caller, then loaded into a state. */
#ifndef COLDEVM_WORLD_H
#define COLDEVM_WORLD_H

#include "json.h"

#include <coldevm/state.h>

typedef struct world_slot {
    chevm_u256 key;
    chevm_u256 value;
} world_slot;

typedef struct world_account {
    chevm_address address;
    chevm_u256 balance;
    uint64_t nonce;
    byte_range code;
    const world_slot *slots;
    size_t slot_count;
} world_account;

typedef struct world {
    const world_account *accounts;
    size_t account_count;
    chevm_tx_context context;
    chevm_fork fork;
} world;

/* world_init: no accounts; chain id 1, blob base fee 1, all else 0, newest fork. */
void world_init(world *target);

/* world_read_accounts reads an object ADDRESS -> {balance, nonce, code, storage}, each optional.
 * Exit code; values in the store. */
int world_read_accounts(world *target, const json_document *document, const json_node *object);

/* world_read_storage reads KEY -> VALUE into an account. Exit code. */
int world_read_storage(world_account *account, const json_document *document,
                       const json_node *object);

/* world_read_genesis reads a genesis file: alloc, and the block from its header fields. */
int world_read_genesis(world *target, const char *path);

/* world_load puts the accounts into an empty state. Returns the state's answer. */
chevm_status world_load(const world *source, chevm_state *state);

/* world_dump writes {"root":"0x...","accounts":{...}}: addresses and keys sorted, every account of
 * the state that exists; the root only if it is not NULL. `indent` is put before every line but the
 * first. */
void world_dump(sink *out, const chevm_state *state, const chevm_u256 *root, const char *indent);

#endif
