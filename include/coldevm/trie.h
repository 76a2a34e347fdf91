/** trie.h: roots of Merkle-Patricia tries: of a state, of a storage, of any list of keys and
 * values; and the neighbours of a key.
 *
 *    items (any order) -> sorted by key -> one pass, left to right, depth first -> root
 *
 *  Nothing is kept: a trie exists only as long as its root is computed, as the open branches above
 *  the item that is being added. Scratch is the caller's and its size is known before; the stack
 *  needs 44 KiB, no function recurses.
 *  Threads: pure functions; a state must not change meanwhile.
 *  Source: Yellow Paper, appendix D; EIP-161 for what an account is. */
#ifndef CHEVM_TRIE_H
#define CHEVM_TRIE_H

#include <coldevm/state.h>

CH_API_BEGIN

/** A key and its value; both outlive the call. In a secure trie key is keccak256 of the real key.
 */
typedef struct chevm_trie_item {
    const uint8_t *key; /* may be NULL if key_size is 0 */
    const uint8_t *value;
    uint32_t key_size; /* at most CHEVM_TRIE_KEY_MAX */
    uint32_t value_size;
} chevm_trie_item;

#define CHEVM_TRIE_KEY_MAX 32u

/** keccak256(RLP("")): the root of a trie without items. */
extern const chevm_u256 chevm_trie_empty_root;

/** chevm_trie_sort brings the items into the order of their keys: by bytes, a key before those that
 *  begin with it.
 *  Returns: CH_OK; CH_EINVAL if a key is too long, a value empty (a trie holds none), or two keys
 *           are equal, and the items are then in no particular order.
 *  Cost:    O(n log n) comparisons at worst, O(n) for items in order already. */
ch_status chevm_trie_sort(chevm_trie_item *items, size_t count);

/** chevm_trie_root sorts the items and computes the root of the trie that holds them.
 *  Returns: as chevm_trie_sort, *root unchanged on error. Cost: one hash per node of 32 bytes and
 *           more, at most 2 n - 1 branches and leaves (bench trie). */
ch_status chevm_trie_root(chevm_u256 *root, chevm_trie_item *items, size_t count);

/** chevm_trie_next finds the item with the smallest key above `key`, chevm_trie_previous the one
 * with the largest key below it; `key` need not be among them. Requires: items sorted by
 * chevm_trie_sort. Returns: the item, NULL if there is none. Cost: O(log n). */
const chevm_trie_item *chevm_trie_next(const chevm_trie_item *items, size_t count,
                                       const uint8_t *key, size_t key_size);
const chevm_trie_item *chevm_trie_previous(const chevm_trie_item *items, size_t count,
                                           const uint8_t *key, size_t key_size);

/** chevm_state_root_scratch is what chevm_state_root is content with now for that state, in bytes;
 *  chevm_state_root_scratch_max what suffices for any state of these options (0 if
 *  chevm_state_footprint refuses them). Only what a state needs is ever touched. */
size_t chevm_state_root_scratch(const chevm_state *state);
size_t chevm_state_root_scratch_max(const chevm_state_options *options);

/** chevm_state_root computes the state root. Accounts that do not exist do not count; empty ones
 * that exist do. Requires: scratch aligned to 64 (may be NULL if scratch_size is 0); no transaction
 * running. Returns:  CH_OK; CH_EFULL if scratch is too small, *root unchanged. */
ch_status chevm_state_root(const chevm_state *state, chevm_u256 *root, void *scratch,
                           size_t scratch_size);

CH_API_END

#endif
