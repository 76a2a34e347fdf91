/* trie_tests.c: the official trie tests (fixtures.md 6): `in` as a list of puts and removals or as
 * a map, keys hashed in the files of secure tries; the root must be as stated whatever the order of
 * the items, and that of the slow trie; and neighbours in key order. */
#include "rig.h"

#include "store.h"
#include "words.h"

#include "chain/trie_rig.h"

#include <string.h>

typedef struct contents {
    chevm_trie_item *items;
    size_t count;
} contents;

/* Raw text unless it begins with 0x. */
static bool read_range(const char *text, byte_range *range) {
    if (strncmp(text, "0x", 2) != 0) {
        *range = (byte_range){(const uint8_t *)text, strlen(text)};
        return true;
    }
    uint8_t *const bytes = store_alloc(strlen(text) / 2 + 1, 1);
    text_error error;
    range->bytes = bytes;
    return text_hex(bytes, &range->size, text, strlen(text), false, &error);
}

static byte_range hashed(byte_range key) {
    uint8_t *const hash = store_alloc(32, 1);
    chevm_keccak256(hash, key.bytes, key.size);
    return (byte_range){hash, 32};
}

/* Puts, or with an empty value removes. */
static void put(contents *c, byte_range key, byte_range value) {
    size_t at = 0;
    while (at < c->count && (c->items[at].key_size != key.size ||
                             memcmp(c->items[at].key, key.bytes, key.size) != 0)) {
        at++;
    }
    if (value.size == 0) {
        if (at < c->count) {
            c->items[at] = c->items[--c->count];
        }
        return;
    }
    c->count += at == c->count;
    c->items[at] = (chevm_trie_item){.key = key.bytes,
                                     .value = value.bytes,
                                     .key_size = (uint32_t)key.size,
                                     .value_size = (uint32_t)value.size};
}

static bool read_contents(contents *c, trie_rig *slow, const json_node *in, bool secure) {
    const bool list = json_is_array(in);
    c->items = STORE_ARRAY(chevm_trie_item, json_count(in) + 1);
    c->count = 0;
    for (const json_node *entry = json_first(in); entry != NULL; entry = json_next(entry)) {
        byte_range key, value;
        const char *const name = list ? json_text(json_at(entry, 0)) : json_key(entry);
        if (!read_range(name, &key) ||
            !read_range(json_text(list ? json_at(entry, 1) : entry), &value) ||
            key.size > CHEVM_TRIE_KEY_MAX) {
            return false;
        }
        key = secure ? hashed(key) : key;
        put(c, key, value);
        trie_rig_put(slow, key.bytes, key.size, value.bytes, value.size);
    }
    return true;
}

static void check_root(rig *r, contents *c, const chevm_u256 *want, const char *order) {
    chevm_u256 root;
    rig_seal();
    const ch_status status = chevm_trie_root(&root, c->items, c->count);
    rig_unseal(r);
    if (status != CH_OK || !chevm_u256_equal(&root, want)) {
        rig_complain(r, "another root, items %s", order);
    }
}

static void check_roots(rig *r, const json_document *document, const json_node *test, bool secure) {
    contents c;
    chevm_u256 want, slow_root;
    trie_rig *const slow = trie_rig_new();
    if (json_get(test, "root") == NULL || json_u256(document, json_get(test, "root"), &want) != 0 ||
        !read_contents(&c, slow, json_get(test, "in"), secure)) {
        rig_complain(r, "malformed test");
        trie_rig_free(slow);
        return;
    }
    trie_rig_root(slow, &slow_root);
    trie_rig_free(slow);
    if (!chevm_u256_equal(&slow_root, &want)) {
        rig_complain(r, "the slow trie has another root");
    }
    check_root(r, &c, &want, "as given");
    check_root(r, &c, &want, "in order");
    for (size_t i = 0; i < c.count / 2; i++) {
        const chevm_trie_item kept = c.items[i];
        c.items[i] = c.items[c.count - 1 - i];
        c.items[c.count - 1 - i] = kept;
    }
    check_root(r, &c, &want, "in reverse order");
}

/* "" stands for no neighbour. */
static bool is_item(const chevm_trie_item *item, const char *name) {
    return item == NULL ? name[0] == 0
                        : item->key_size == strlen(name) && name[0] != 0 &&
                              memcmp(item->key, name, item->key_size) == 0;
}

static void check_neighbours(rig *r, const json_node *test) {
    const json_node *const in = json_get(test, "in");
    contents c = {STORE_ARRAY(chevm_trie_item, json_count(in) + 1), 0};
    for (const json_node *name = json_first(in); name != NULL; name = json_next(name)) {
        const uint8_t *const text = (const uint8_t *)json_text(name);
        put(&c, (byte_range){text, strlen(json_text(name))}, (byte_range){text, 1});
    }
    if (c.count == 0 || chevm_trie_sort(c.items, c.count) != CH_OK) {
        rig_complain(r, "malformed test");
    }
    for (const json_node *row = json_first(json_get(test, "tests")); row != NULL;
         row = json_next(row)) {
        const char *const key = json_text(json_at(row, 0));
        const uint8_t *const bytes = (const uint8_t *)key;
        if (!is_item(chevm_trie_previous(c.items, c.count, bytes, strlen(key)),
                     json_text(json_at(row, 1))) ||
            !is_item(chevm_trie_next(c.items, c.count, bytes, strlen(key)),
                     json_text(json_at(row, 2)))) {
            rig_complain(r, "other neighbours of \"%s\"", key);
        }
    }
}

static void run_test(rig *r, const char *path, const json_document *document,
                     const json_node *test) {
    if (json_get(test, "tests") != NULL) {
        check_neighbours(r, test);
    } else {
        check_roots(r, document, test, strstr(path, "secure") != NULL);
    }
}

void trie_tests_run(rig *r, const char *root) {
    (void)root;
    rig_run_folder(r, "trie_tests", run_test);
}
