/* trie_builder.c: see trie_builder.h. */
#include "trie_builder.h"

#include <coldevm/hash.h>
#include <coldevm/rlp.h>

#include <string.h>

#define EMPTY_CHILD 0x80u
#define ODD         0x10u /* in a path's first byte: its number of nibbles is odd */

typedef chevmi_trie_reference reference;

static unsigned nibble_at(const uint8_t *key, unsigned at) {
    return at % 2 == 0 ? key[at / 2] >> 4 : key[at / 2] & 15u;
}

unsigned chevmi_trie_shared(const chevm_trie_item *a, const chevm_trie_item *b) {
    const uint32_t least = a->key_size < b->key_size ? a->key_size : b->key_size;
    uint32_t at = 0;
    while (at < least && a->key[at] == b->key[at]) {
        at++;
    }
    const bool half = at < least && (a->key[at] ^ b->key[at]) < 16;
    return 2 * at + half;
}

/* ---- Nodes ---------------------------------------------------------------------------------- */

static void refer(reference *ref, const uint8_t *node, size_t size) {
    if (size < 32) {
        memcpy(ref->bytes, node, size);
        ref->size = (uint8_t)size;
    } else {
        ref->bytes[0] = 0x80 + 32;
        chevm_keccak256(ref->bytes + 1, node, size);
        ref->size = CHEVMI_TRIE_REF_MAX;
    }
}

/* The same for a node that ends with a string too long to be copied behind its beginning. */
static void refer_parts(reference *ref, const uint8_t *head, size_t head_size, const uint8_t *value,
                        size_t value_size) {
    uint8_t header[CHEVM_RLP_HEADER_MAX];
    chevm_keccak hash;
    CH_ASSERT(value_size > CHEVMI_TRIE_VALUE_MAX);
    chevm_keccak_init(&hash);
    chevm_keccak_update(&hash, head, head_size);
    chevm_keccak_update(&hash, header,
                        (size_t)(chevm_rlp_put_string_header(header, value_size) - header));
    chevm_keccak_update(&hash, value, value_size);
    ref->bytes[0] = 0x80 + 32;
    chevm_keccak_final(&hash, ref->bytes + 1);
    ref->size = CHEVMI_TRIE_REF_MAX;
}

uint8_t *chevmi_trie_put_path(uint8_t *out, const uint8_t *key, unsigned from, unsigned to,
                              unsigned flag) {
    const unsigned bytes = 1 + (to - from) / 2;
    if (bytes != 1) {
        *out++ = (uint8_t)(0x80 + bytes);
    }
    if ((to - from) % 2 != 0) {
        *out++ = (uint8_t)(flag | ODD | nibble_at(key, from++));
    } else {
        *out++ = (uint8_t)flag;
    }
    if (from == to) {
        return out;
    }
    if (from % 2 == 0) {
        memcpy(out, key + from / 2, (to - from) / 2);
        return out + (to - from) / 2;
    }
    for (; from != to; from += 2) {
        *out++ = (uint8_t)(nibble_at(key, from) << 4 | nibble_at(key, from + 1));
    }
    return out;
}

/* Writes the list header right in front of a content that has room for it; returns its place. */
static uint8_t *put_header_before(uint8_t *content, size_t size) {
    uint8_t *const at = content - chevm_rlp_header_size(size);
    (void)chevm_rlp_put_list_header(at, size);
    return at;
}

const uint8_t *chevmi_trie_put_leaf(uint8_t *room, size_t *size, const chevm_trie_item *item,
                                    unsigned from) {
    uint8_t *const content = room + CHEVM_RLP_HEADER_MAX;
    CH_ASSERT(item->value_size <= CHEVMI_TRIE_VALUE_MAX);
    uint8_t *end =
        chevmi_trie_put_path(content, item->key, from, 2 * item->key_size, CHEVMI_TRIE_LEAF);
    end = chevm_rlp_put_string(end, item->value, item->value_size);
    const uint8_t *const start = put_header_before(content, (size_t)(end - content));
    *size = (size_t)(end - start);
    return start;
}

static void refer_leaf(reference *ref, const chevm_trie_item *item, unsigned from) {
    uint8_t node[CHEVMI_TRIE_LEAF_MAX];
    if (item->value_size <= CHEVMI_TRIE_VALUE_MAX) {
        size_t size = 0;
        const uint8_t *const start = chevmi_trie_put_leaf(node, &size, item, from);
        refer(ref, start, size);
    } else {
        uint8_t *const content = node + CHEVM_RLP_HEADER_MAX;
        const uint8_t *const end =
            chevmi_trie_put_path(content, item->key, from, 2 * item->key_size, CHEVMI_TRIE_LEAF);
        const size_t size =
            (size_t)(end - content) + chevm_rlp_string_size(item->value, item->value_size);
        const uint8_t *const start = put_header_before(content, size);
        refer_parts(ref, start, (size_t)(end - start), item->value, item->value_size);
    }
}

/* The extension [nibbles from to `to`, *ref], of which *ref becomes the reference. */
static void refer_extension(reference *ref, const uint8_t *key, unsigned from, unsigned to) {
    uint8_t node[CHEVM_RLP_HEADER_MAX + 34 + CHEVMI_TRIE_REF_MAX];
    uint8_t *const content = node + CHEVM_RLP_HEADER_MAX;
    uint8_t *const end = chevmi_trie_put_path(content, key, from, to, 0);
    memcpy(end, ref->bytes, ref->size);
    const size_t size = (size_t)(end - content) + ref->size;
    const uint8_t *const start = put_header_before(content, size);
    refer(ref, start, (size_t)(content - start) + size);
}

/* ---- Branches ------------------------------------------------------------------------------- */

static chevmi_trie_branch *top(chevmi_trie_builder *b) {
    return &b->branches[b->open - 1];
}

static int top_depth(const chevmi_trie_builder *b) {
    return b->open != 0 ? b->branches[b->open - 1].depth : -1;
}

static void open_branch(chevmi_trie_builder *b, unsigned depth) {
    CH_ASSERT(b->open < CHEVMI_TRIE_NIBBLES && top_depth(b) < (int)depth);
    b->branches[b->open++] = (chevmi_trie_branch){.start = b->used, .depth = (uint8_t)depth};
    b->used += CHEVMI_TRIE_ROOM;
}

/* Children up to `nibble` that are not there. */
static void fill(chevmi_trie_builder *b, chevmi_trie_branch *branch, unsigned nibble) {
    CH_ASSERT(branch->filled <= nibble && nibble <= 16);
    const unsigned count = nibble - branch->filled;
    memset(b->nodes + b->used, EMPTY_CHILD, count);
    b->used += count;
    branch->filled = (uint8_t)nibble;
}

static void append(chevmi_trie_builder *b, unsigned nibble, const reference *ref) {
    chevmi_trie_branch *const branch = top(b);
    fill(b, branch, nibble);
    memcpy(b->nodes + b->used, ref->bytes, ref->size);
    b->used += ref->size;
    branch->filled++;
}

/* The top branch's reference; the branch is gone. */
static void refer_branch(chevmi_trie_builder *b, reference *ref) {
    chevmi_trie_branch *const branch = top(b);
    uint8_t *const content = b->nodes + branch->start + CHEVMI_TRIE_ROOM;
    fill(b, branch, 16);
    uint8_t *end = b->nodes + b->used;
    CH_ASSERT(end + CHEVMI_TRIE_VALUE_MAX + 2 <= b->nodes + sizeof b->nodes);
    b->used = branch->start;
    b->open--;
    if (branch->value_size <= CHEVMI_TRIE_VALUE_MAX) {
        end = chevm_rlp_put_string(end, branch->value, branch->value_size);
        const uint8_t *const start = put_header_before(content, (size_t)(end - content));
        refer(ref, start, (size_t)(end - start));
    } else {
        /* Its header may be longer than the room: the content is moved out of the way. */
        uint8_t head[CHEVM_RLP_HEADER_MAX + CHEVMI_TRIE_BRANCH];
        const size_t size = (size_t)(end - content);
        uint8_t *const copy = head + CHEVM_RLP_HEADER_MAX;
        memcpy(copy, content, size);
        const uint8_t *const start = put_header_before(
            copy, size + chevm_rlp_string_size(branch->value, branch->value_size));
        refer_parts(ref, start, (size_t)(copy - start) + size, branch->value, branch->value_size);
    }
}

static void set_root(chevm_u256 *root, const reference *ref) {
    uint8_t hash[32];
    if (ref->size == CHEVMI_TRIE_REF_MAX) {
        chevm_u256_from_be32(root, ref->bytes + 1);
    } else {
        chevm_keccak256(hash, ref->bytes, ref->size);
        chevm_u256_from_be32(root, hash);
    }
}

/* Closes the top branch, whose keys begin like `key`, of which the next key shares `after` nibbles:
 * the parent is the branch before or a new one there. */
static void close_branch(chevmi_trie_builder *b, const uint8_t *key, int after, chevm_u256 *root) {
    reference ref;
    const int depth = top_depth(b);
    refer_branch(b, &ref);
    const int before = top_depth(b);
    const int parent = before > after ? before : after;
    CH_ASSERT(parent < depth);
    if (parent + 1 < depth) {
        refer_extension(&ref, key, (unsigned)(parent + 1), (unsigned)depth);
    }
    if (parent < 0) {
        set_root(root, &ref);
        return;
    }
    if (before < parent) {
        open_branch(b, (unsigned)parent);
    }
    append(b, nibble_at(key, (unsigned)parent), &ref);
}

void chevmi_trie_begin(chevmi_trie_builder *b) {
    b->used = 0;
    b->open = 0;
    b->shared = -1;
}

void chevmi_trie_add(chevmi_trie_builder *b, const chevm_trie_item *item,
                     const chevm_trie_item *next, const reference *leaf, chevm_u256 *root) {
    const int after = next != NULL ? (int)chevmi_trie_shared(item, next) : -1;
    CH_ASSERT(top_depth(b) == b->shared);
    if (after > b->shared) {
        open_branch(b, (unsigned)after);
    }
    if (after == (int)(2 * item->key_size)) {
        top(b)->value = item->value;
        top(b)->value_size = item->value_size;
    } else {
        reference made;
        const int parent = top_depth(b);
        if (leaf == NULL) {
            refer_leaf(&made, item, (unsigned)(parent + 1));
            leaf = &made;
        }
        if (parent < 0) {
            set_root(root, leaf);
        } else {
            append(b, nibble_at(item->key, (unsigned)parent), leaf);
        }
    }
    while (top_depth(b) > after) {
        close_branch(b, item->key, after, root);
    }
    b->shared = after;
}
