/* trie_builder.h: a trie's root out of items that come in the order of their keys. The one idea: of
 * the trie only the branches above the current item are open, and what is behind them in the same
 * buffer is what they will hold next:
 *
 *   nodes  | room | children 0..3 of the branch at nibble 2 | room | child 0 of the one at 5 |
 *                  ^ starts at branches[0].start              ^ branches[1].start             ^
 * used
 *
 * So a branch is written once, child by child, in the place where it is hashed, and its reference
 * (its bytes below 32, else its hash) replaces it as the next child of the branch before.
 * Extensions exist only while they are hashed. A branch opens at the nibble where the current key
 * and the next one part, and closes when no later key has that prefix: so each item is added
 * together with its successor's key. */
#ifndef CHEVMI_TRIE_BUILDER_H
#define CHEVMI_TRIE_BUILDER_H

#include <coldevm/trie.h>

#define CHEVMI_TRIE_NIBBLES   (2u * CHEVM_TRIE_KEY_MAX)
#define CHEVMI_TRIE_REF_MAX   33u  /* a reference: RLP of a hash, or a node below 32 bytes */
#define CHEVMI_TRIE_ROOM      3u   /* for a branch's list header */
#define CHEVMI_TRIE_VALUE_MAX 192u /* a longer value is hashed piece by piece, not copied */
#define CHEVMI_TRIE_BRANCH    (CHEVMI_TRIE_ROOM + 16u * CHEVMI_TRIE_REF_MAX)

#define CHEVMI_TRIE_LEAF_MAX (9u + 34u + 2u + CHEVMI_TRIE_VALUE_MAX)

/* How a node stands in its parent: RLP of its hash, or the node itself if below 32 bytes. */
typedef struct chevmi_trie_reference {
    uint8_t bytes[CHEVMI_TRIE_REF_MAX];
    uint8_t size;
} chevmi_trie_reference;

typedef struct chevmi_trie_branch {
    const uint8_t *value; /* of the key that ends here, NULL if none */
    uint32_t value_size;
    uint32_t start; /* in nodes */
    uint8_t depth;  /* nibbles of the keys above it */
    uint8_t filled; /* children written */
} chevmi_trie_branch;

typedef struct chevmi_trie_builder {
    uint32_t used; /* bytes of nodes */
    uint32_t open; /* branches */
    int shared;    /* nibbles that the coming item shares with the one before, -1 for the first */
    chevmi_trie_branch branches[CHEVMI_TRIE_NIBBLES];
    uint8_t nodes[CHEVMI_TRIE_NIBBLES * CHEVMI_TRIE_BRANCH + CHEVMI_TRIE_VALUE_MAX + 3];
} chevmi_trie_builder;

_Static_assert(sizeof(chevmi_trie_builder) <= 36u * 1024u, "it lies on the stack");

/* Leads a path: what follows is a leaf's value, or for 0 another node. */
#define CHEVMI_TRIE_LEAF 0x20u

/* Writes nibbles [from, to) of a key in the compact form with their flag, as an RLP string: at most
 * 1 + 33 bytes. Returns the byte behind. */
uint8_t *chevmi_trie_put_path(uint8_t *out, const uint8_t *key, unsigned from, unsigned to,
                              unsigned flag);

/* Nibbles that both keys begin with. */
unsigned chevmi_trie_shared(const chevm_trie_item *a, const chevm_trie_item *b);

/* Writes the leaf of an item, its path from nibble `from` on, into CHEVMI_TRIE_LEAF_MAX bytes at
 * `room`. Returns where it begins there. Requires: value_size at most CHEVMI_TRIE_VALUE_MAX. */
const uint8_t *chevmi_trie_put_leaf(uint8_t *room, size_t *size, const chevm_trie_item *item,
                                    unsigned from);

void chevmi_trie_begin(chevmi_trie_builder *builder);

/* Adds an item. `next` is the one behind it, NULL if it is the last: then *root is set. `leaf` is
 * the reference of its leaf, with the path behind the nibble where it parts from its neighbours, or
 * NULL: then it is worked out here.
 * Requires: key < next; key_size and next_size at most CHEVM_TRIE_KEY_MAX; value_size not 0; the
 * value stays valid to the end if the key is a prefix of `next`. */
void chevmi_trie_add(chevmi_trie_builder *builder, const chevm_trie_item *item,
                     const chevm_trie_item *next, const chevmi_trie_reference *leaf,
                     chevm_u256 *root);

#endif
