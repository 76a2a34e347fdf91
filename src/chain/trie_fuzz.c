/* trie_fuzz.c: the input is a list of puts and removals in a slow trie (trie_rig.h) with short keys
 * that are often prefixes of each other; what is left must have the same root by one sorted pass,
 * and each key's neighbours must be the items beside it. */
#include "trie_rig.h"

#include "fuzz.h"

#define ITEMS_MAX 64u

typedef struct entry {
    uint8_t key[CHEVM_TRIE_KEY_MAX];
    uint8_t value[256];
    size_t key_size, value_size;
} entry;

typedef struct input {
    const uint8_t *data;
    size_t left;
} input;

static uint8_t take(input *in) {
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->data++;
}

/* One byte for the sizes, one for the pattern, then the key's first bytes. */
static void take_entry(input *in, entry *e) {
    const uint8_t sizes = take(in);
    const uint8_t pattern = take(in);
    e->key_size = (sizes & 8u) != 0 ? CHEVM_TRIE_KEY_MAX : sizes & 7u;
    memset(e->key, pattern & 0x11, sizeof e->key);
    for (size_t i = 0; i < e->key_size && i < 4; i++) {
        e->key[(sizes & 8u) != 0 && (pattern & 2u) != 0 ? e->key_size - 1 - i : i] = take(in);
    }
    e->value_size = (sizes >> 4) * (sizes >> 4); /* 0 takes it out */
    memset(e->value, pattern, sizeof e->value);
}

static size_t place(entry *entries, size_t count, const entry *e) {
    size_t at = 0;
    while (at < count && (entries[at].key_size != e->key_size ||
                          memcmp(entries[at].key, e->key, e->key_size) != 0)) {
        at++;
    }
    return at;
}

static void check_neighbours(const chevm_trie_item *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const chevm_trie_item *const next =
            chevm_trie_next(items, count, items[i].key, items[i].key_size);
        const chevm_trie_item *const previous =
            chevm_trie_previous(items, count, items[i].key, items[i].key_size);
        CH_REQUIRE(next == (i + 1 < count ? &items[i + 1] : NULL));
        CH_REQUIRE(previous == (i != 0 ? &items[i - 1] : NULL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static entry entries[ITEMS_MAX];
    chevm_trie_item items[ITEMS_MAX];
    size_t count = 0, held = 0;
    input in = {data, size};
    trie_rig *const slow = trie_rig_new();
    while (in.left != 0) {
        entry e;
        take_entry(&in, &e);
        const size_t at = place(entries, count, &e);
        if (at == ITEMS_MAX) {
            break;
        }
        count += at == count;
        entries[at] = e;
        trie_rig_put(slow, e.key, e.key_size, e.value, e.value_size);
    }
    for (size_t i = 0; i < count; i++) {
        if (entries[i].value_size != 0) {
            items[held++] =
                (chevm_trie_item){entries[i].key, entries[i].value, (uint32_t)entries[i].key_size,
                                  (uint32_t)entries[i].value_size};
        }
    }
    chevm_u256 want, got;
    trie_rig_root(slow, &want);
    trie_rig_free(slow);
    CH_REQUIRE(chevm_trie_root(&got, items, held) == CH_OK);
    CH_REQUIRE(chevm_u256_equal(&got, &want));
    check_neighbours(items, held);
    return 0;
}
