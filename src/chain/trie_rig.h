/* trie_rig.h: a slow trie for tests: a node per nibble of every key, keys put in and taken out one
 * by one, and the nodes of appendix D made of it by recursion. Shares no code with the trie but
 * keccak. */
#ifndef CHEVMI_TRIE_RIG_H
#define CHEVMI_TRIE_RIG_H

#include "rlp_rig.h"

#include <coldevm/hash.h>
#include <coldevm/trie.h>

#include <stdlib.h>
#include <string.h>

#define TRIE_RIG_VALUE_MAX 1024u

typedef struct trie_rig {
    struct trie_rig *children[16];
    uint8_t *value;
    size_t value_size; /* 0 = none */
    size_t held;       /* values here and below */
} trie_rig;

static inline trie_rig *trie_rig_new(void) {
    trie_rig *const node = calloc(1, sizeof *node);
    CH_REQUIRE(node != NULL);
    return node;
}

static inline void trie_rig_free(trie_rig *node) {
    for (unsigned i = 0; node != NULL && i < 16; i++) {
        trie_rig_free(node->children[i]);
    }
    if (node != NULL) {
        free(node->value);
    }
    free(node);
}

/* Puts a value in, or takes it out if value_size is 0. */
static inline void trie_rig_put(trie_rig *node, const uint8_t *key, size_t key_size,
                                const uint8_t *value, size_t value_size) {
    trie_rig *path[2 * CHEVM_TRIE_KEY_MAX + 1] = {node};
    CH_REQUIRE(value_size <= TRIE_RIG_VALUE_MAX);
    for (size_t i = 0; i < 2 * key_size; i++) {
        const unsigned nibble = i % 2 == 0 ? key[i / 2] / 16 : key[i / 2] % 16;
        if (node->children[nibble] == NULL) {
            node->children[nibble] = trie_rig_new();
        }
        path[i + 1] = node = node->children[nibble];
    }
    for (size_t i = 0; i <= 2 * key_size; i++) {
        path[i]->held += value_size != 0;
        path[i]->held -= node->value_size != 0;
    }
    free(node->value);
    node->value = NULL;
    if (value_size != 0) {
        node->value = malloc(value_size);
        CH_REQUIRE(node->value != NULL);
        memcpy(node->value, value, value_size);
    }
    node->value_size = value_size;
}

static inline bool trie_rig_holds(const trie_rig *node) {
    return node != NULL && node->held != 0;
}

/* RLP of a string, appended. */
static inline size_t trie_rig_string(uint8_t *out, const uint8_t *bytes, size_t size) {
    size_t header = 0;
    if (size != 1 || bytes[0] >= 0x80) {
        header = rlp_rig_header(out, 0x80, size);
    }
    if (size != 0) {
        memcpy(out + header, bytes, size);
    }
    return header + size;
}

/* RLP of a list with that content. */
static inline size_t trie_rig_list(uint8_t *out, const uint8_t *content, size_t size) {
    const size_t header = rlp_rig_header(out, 0xc0, size);
    memcpy(out + header, content, size);
    return header + size;
}

/* HP(path, leaf) of appendix C as an RLP string. */
static inline size_t trie_rig_path(uint8_t *out, const uint8_t *nibbles, size_t count, bool leaf) {
    uint8_t all[80] = {0}, packed[40];
    const size_t odd = count % 2;
    all[0] = (uint8_t)((leaf ? 2 : 0) + odd);
    memcpy(all + 2 - odd, nibbles, count);
    const size_t size = (count + 2 - odd) / 2;
    for (size_t i = 0; i < size; i++) {
        packed[i] = (uint8_t)(all[2 * i] * 16 + all[2 * i + 1]);
    }
    return trie_rig_string(out, packed, size);
}

/* n(J, i): a node below 32 bytes stands for itself, another by its hash. */
static inline size_t trie_rig_refer(uint8_t *out, const uint8_t *node, size_t size) {
    uint8_t hash[32];
    if (size < 32) {
        memcpy(out, node, size);
        return size;
    }
    chevm_keccak256(hash, node, size);
    return trie_rig_string(out, hash, sizeof hash);
}

/* The node for what lies below `node`, reached by `count` nibbles that no node has used yet. */
static inline size_t trie_rig_encode(uint8_t *out, const trie_rig *node, uint8_t *nibbles,
                                     size_t count) {
    uint8_t content[17 * 33 + TRIE_RIG_VALUE_MAX], part[17 * 33 + TRIE_RIG_VALUE_MAX];
    unsigned children = 0, last = 0;
    size_t size = 0;
    for (unsigned i = 0; i < 16; i++) {
        if (trie_rig_holds(node->children[i])) {
            children++, last = i;
        }
    }
    if (children == 0) {
        size = trie_rig_path(content, nibbles, count, true);
        size += trie_rig_string(content + size, node->value, node->value_size);
        return trie_rig_list(out, content, size);
    }
    if (children == 1 && node->value_size == 0) {
        nibbles[count] = (uint8_t)last;
        return trie_rig_encode(out, node->children[last], nibbles, count + 1);
    }
    for (unsigned i = 0; i < 16; i++) {
        uint8_t below[2 * CHEVM_TRIE_KEY_MAX];
        if (trie_rig_holds(node->children[i])) {
            const size_t node_size = trie_rig_encode(part, node->children[i], below, 0);
            size += trie_rig_refer(content + size, part, node_size);
        } else {
            content[size++] = 0x80;
        }
    }
    size += trie_rig_string(content + size, node->value, node->value_size);
    size = trie_rig_list(out, content, size);
    if (count != 0) {
        size_t path = trie_rig_path(content, nibbles, count, false);
        path += trie_rig_refer(content + path, out, size);
        size = trie_rig_list(out, content, path);
    }
    return size;
}

static inline void trie_rig_root(const trie_rig *node, chevm_u256 *root) {
    uint8_t bytes[18 * 33 + TRIE_RIG_VALUE_MAX] = {0x80}, nibbles[2 * CHEVM_TRIE_KEY_MAX];
    uint8_t hash[32];
    const size_t size = trie_rig_holds(node) ? trie_rig_encode(bytes, node, nibbles, 0) : 1;
    chevm_keccak256(hash, bytes, size);
    chevm_u256_from_be32(root, hash);
}

#endif
