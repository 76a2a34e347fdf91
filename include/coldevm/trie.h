/** trie.h: roots of Merkle-Patricia tries, worked out in scratch memory: of a state, of a storage,
 * of any list of keys and values.
 *
 *    items (any order) -> sorted by key -> one pass, left to right, depth first -> root
 *
 *  Nothing is kept: a trie exists only as long as its root is computed. Scratch is the caller's and
 *  its size is known before. Source: Yellow Paper, appendix D; EIP-161 for what an account is. */
#ifndef CHEVM_TRIE_H
#define CHEVM_TRIE_H

#include <coldevm/state.h>

CH_API_BEGIN

/** A key and its value; both outlive the call. In a secure trie key is keccak256 of the real key.
 */
typedef struct chevm_trie_item {
    const uint8_t *key;
    const uint8_t *value;
    uint32_t key_size; /* at most 32 for a state, at most CHEVM_TRIE_KEY_MAX elsewhere */
    uint32_t value_size;
} chevm_trie_item;

#define CHEVM_TRIE_KEY_MAX 64u

/** keccak256(RLP("")) and keccak256(""): roots and codes of nothing. */
extern const chevm_u256 chevm_trie_empty_root;

/** chevm_trie_root sorts the items and computes the root of the trie that holds them.
 *  Returns: CH_OK; CH_EINVAL if a key is too long, a value empty, or two keys are equal, and the
 *           items are then in no particular order. Cost: O(n log n), no scratch beside the stack.
 */
ch_status chevm_trie_root(chevm_u256 *root, chevm_trie_item *items, size_t count);

/** chevm_state_root_scratch is what chevm_state_root needs now for that state, in bytes;
 *  chevm_state_root_scratch_max what it may need for any state of these options. */
size_t chevm_state_root_scratch(const chevm_state *state);
size_t chevm_state_root_scratch_max(const chevm_state_options *options);

/** chevm_state_root computes the state root. Accounts that do not exist do not count; empty ones
 * that exist do. Returns: CH_OK; CH_EFULL if scratch is too small. Requires: scratch aligned to 64;
 * no transaction running. */
ch_status chevm_state_root(const chevm_state *state, chevm_u256 *root, void *scratch,
                           size_t scratch_size);

CH_API_END

#endif
