/* Tries: roots against a slow trie that is filled one key at a time (trie_rig.h), each shape of
 * node on purpose, order and neighbours against a plain search. Official vectors: test/conformance.
 */
#include "trie_rig.h"

#include "harness.h"

#define ITEMS_MAX 1000u

typedef struct collection {
    chevm_trie_item items[ITEMS_MAX];
    uint8_t keys[ITEMS_MAX][CHEVM_TRIE_KEY_MAX];
    uint8_t values[ITEMS_MAX][TRIE_RIG_VALUE_MAX];
    size_t count;
} collection;

static collection set; /* too large for the stack */

static bool contains(const collection *c, const uint8_t *key, size_t key_size) {
    for (size_t i = 0; i < c->count; i++) {
        if (c->items[i].key_size == key_size && memcmp(c->items[i].key, key, key_size) == 0) {
            return true;
        }
    }
    return false;
}

static void add(collection *c, const uint8_t *key, size_t key_size, size_t value_size) {
    if (contains(c, key, key_size)) {
        return;
    }
    uint8_t *const value = c->values[c->count];
    memcpy(c->keys[c->count], key, key_size);
    for (size_t i = 0; i < value_size; i++) {
        value[i] = (uint8_t)ch_test_random();
    }
    c->items[c->count] = (chevm_trie_item){.key = c->keys[c->count],
                                           .value = value,
                                           .key_size = (uint32_t)key_size,
                                           .value_size = (uint32_t)value_size};
    c->count++;
}

static void check_root(collection *c) {
    trie_rig *const slow = trie_rig_new();
    chevm_u256 want, got = {{0, 0, 0, 0}};
    for (size_t i = 0; i < c->count; i++) {
        const chevm_trie_item *const item = &c->items[i];
        trie_rig_put(slow, item->key, item->key_size, item->value, item->value_size);
    }
    trie_rig_root(slow, &want);
    CHECK_EQUAL(chevm_trie_root(&got, c->items, c->count), CH_OK);
    CHECK(chevm_u256_equal(&got, &want));
    trie_rig_free(slow);
}

/* Keys out of few nibbles collide early and are prefixes of each other. */
static void add_random(collection *c, size_t count, size_t size_max, unsigned nibble_mask,
                       size_t value_max) {
    for (size_t i = 0; i < count; i++) {
        uint8_t key[CHEVM_TRIE_KEY_MAX];
        for (size_t at = 0; at < sizeof key; at++) {
            key[at] = (uint8_t)(ch_test_random() & (nibble_mask * 17));
        }
        add(c, key, size_max == 0 ? 32 : ch_test_random_below(size_max + 1),
            1 + ch_test_random_below(value_max));
    }
}

TEST(an_empty_trie_has_the_root_of_the_empty_string) {
    uint8_t hash[32];
    chevm_u256 root, want;
    chevm_keccak256(hash, (const uint8_t[]){0x80}, 1);
    chevm_u256_from_be32(&want, hash);
    CHECK_EQUAL(chevm_trie_root(&root, NULL, 0), CH_OK);
    CHECK(chevm_u256_equal(&root, &want) && chevm_u256_equal(&chevm_trie_empty_root, &want));
}

TEST(single_items_of_all_sizes) {
    for (size_t key_size = 0; key_size <= CHEVM_TRIE_KEY_MAX; key_size++) {
        for (size_t value_size = 1; value_size <= 300; value_size += value_size < 64 ? 1 : 59) {
            set.count = 0;
            add_random(&set, 1, 0, 15, 1);
            set.items[0].key_size = (uint32_t)key_size;
            set.items[0].value_size = (uint32_t)value_size;
            check_root(&set);
        }
    }
}

TEST(two_keys_part_at_every_nibble) {
    for (size_t at = 0; at < 2 * CHEVM_TRIE_KEY_MAX; at++) {
        for (size_t value_size = 1; value_size < 40; value_size += 6) {
            uint8_t key[CHEVM_TRIE_KEY_MAX] = {0};
            set.count = 0;
            add(&set, key, sizeof key, value_size);
            key[at / 2] = at % 2 == 0 ? 0x70 : 0x07;
            add(&set, key, sizeof key, value_size);
            check_root(&set);
            set.count = 0;
            add(&set, key, sizeof key, value_size);
            add(&set, key, at / 2, value_size); /* a prefix */
            check_root(&set);
        }
    }
}

/* Branches at all 64 nibbles, each with as many children as the keys before it allow. */
TEST(the_deepest_trie_fits) {
    for (unsigned nibbles = 1; nibbles <= 15; nibbles += 2) {
        set.count = 0;
        for (size_t at = 0; at < 2 * CHEVM_TRIE_KEY_MAX; at++) {
            for (unsigned other = 0; other < nibbles; other++) {
                uint8_t key[CHEVM_TRIE_KEY_MAX];
                memset(key, 0xff, sizeof key);
                key[at / 2] = (uint8_t)(at % 2 == 0 ? other << 4 | 15 : 0xf0 | other);
                add(&set, key, sizeof key, 40);
            }
        }
        check_root(&set);
    }
}

TEST(values_in_branches_of_all_sizes) {
    for (size_t size = 1; size < TRIE_RIG_VALUE_MAX; size += size < 260 ? 1 : 101) {
        const uint8_t key[3] = {0x12, 0x34, 0x56};
        set.count = 0;
        for (size_t i = 0; i <= 3; i++) {
            add(&set, key, i, size);
        }
        check_root(&set);
        add_random(&set, 20, 2, 15, 3);
        check_root(&set);
    }
}

TEST(random_tries_have_the_slow_tries_root) {
    for (int i = 0; i < 10000; i++) {
        static const unsigned masks[] = {1, 3, 15, 15};
        set.count = 0;
        add_random(&set, ch_test_random_below(i % 100 == 0 ? 500 : 24), ch_test_random_below(6),
                   masks[ch_test_random_below(4)], i % 3 == 0 ? 300 : 40);
        check_root(&set);
    }
}

TEST(what_is_taken_out_leaves_no_trace) {
    for (int i = 0; i < 200; i++) {
        trie_rig *const slow = trie_rig_new();
        chevm_u256 want, got;
        set.count = 0;
        add_random(&set, 60, 3, 3, 20);
        for (size_t at = 0; at < set.count; at++) {
            trie_rig_put(slow, set.items[at].key, set.items[at].key_size, set.items[at].value,
                         set.items[at].value_size);
        }
        while (set.count > 30) {
            set.count--;
            trie_rig_put(slow, set.items[set.count].key, set.items[set.count].key_size, NULL, 0);
        }
        trie_rig_root(slow, &want);
        CHECK_EQUAL(chevm_trie_root(&got, set.items, set.count), CH_OK);
        CHECK(chevm_u256_equal(&got, &want));
        trie_rig_free(slow);
    }
}

/* ---- Order ---------------------------------------------------------------------------------- */

static int slow_compare(const chevm_trie_item *a, const uint8_t *key, size_t key_size) {
    for (size_t i = 0; i < a->key_size && i < key_size; i++) {
        if (a->key[i] != key[i]) {
            return a->key[i] < key[i] ? -1 : 1;
        }
    }
    return a->key_size < key_size ? -1 : a->key_size > key_size;
}

static void check_sorted(const chevm_trie_item *items, size_t count) {
    for (size_t i = 1; i < count; i++) {
        CHECK(slow_compare(&items[i - 1], items[i].key, items[i].key_size) < 0);
    }
}

TEST(items_are_sorted_from_any_order) {
    for (int i = 0; i < 300; i++) {
        set.count = 0;
        add_random(&set, ch_test_random_below(ITEMS_MAX), ch_test_random_below(14), 15, 1);
        CHECK_EQUAL(chevm_trie_sort(set.items, set.count), CH_OK);
        check_sorted(set.items, set.count);
        for (size_t at = 0; at < set.count / 2; at++) {
            const chevm_trie_item kept = set.items[at];
            set.items[at] = set.items[set.count - 1 - at];
            set.items[set.count - 1 - at] = kept;
        }
        CHECK_EQUAL(chevm_trie_sort(set.items, set.count), CH_OK);
        check_sorted(set.items, set.count);
    }
}

/* Musser's sequence makes the median of three choose badly each time, so that the heap takes over.
 */
TEST(adversarial_order_is_sorted_too) {
    enum { COUNT = 512 };
    set.count = 0;
    for (size_t i = 0; i < COUNT / 2; i++) {
        const size_t first = i % 2 == 0 ? i + 1 : COUNT / 2 + i + (i % 2 == 0);
        const uint8_t low[2] = {(uint8_t)(first >> 8), (uint8_t)first};
        add(&set, low, 2, 1);
    }
    for (size_t i = 1; i <= COUNT / 2; i++) {
        const uint8_t even[2] = {(uint8_t)(2 * i >> 8), (uint8_t)(2 * i)};
        add(&set, even, 2, 1);
    }
    CHECK_EQUAL(chevm_trie_sort(set.items, set.count), CH_OK);
    check_sorted(set.items, set.count);
}

TEST(bad_items_are_refused) {
    const uint8_t key[CHEVM_TRIE_KEY_MAX + 1] = {0};
    chevm_trie_item items[3] = {{key, key, 2, 1}, {key, key, 1, 1}, {key, key, 2, 1}};
    chevm_u256 root = {{7, 0, 0, 0}};
    CHECK_EQUAL(chevm_trie_root(&root, items, 3), CH_EINVAL);
    items[0] = (chevm_trie_item){key, key, CHEVM_TRIE_KEY_MAX + 1, 1};
    CHECK_EQUAL(chevm_trie_root(&root, items, 1), CH_EINVAL);
    items[0] = (chevm_trie_item){key, key, 1, 0};
    CHECK_EQUAL(chevm_trie_root(&root, items, 1), CH_EINVAL);
    CHECK_EQUAL(root.limbs[0], 7);
    items[0] = (chevm_trie_item){NULL, key, 0, 1};
    CHECK_EQUAL(chevm_trie_root(&root, items, 1), CH_OK);
}

TEST(neighbours_are_those_a_plain_search_finds) {
    for (int i = 0; i < 200; i++) {
        set.count = 0;
        add_random(&set, ch_test_random_below(20), 2, 3, 1);
        CHECK_EQUAL(chevm_trie_sort(set.items, set.count), CH_OK);
        for (int probe = 0; probe < 40; probe++) {
            const uint8_t key[2] = {(uint8_t)(ch_test_random() & 0x33), (uint8_t)(probe & 0x33)};
            const size_t size = ch_test_random_below(3);
            const chevm_trie_item *above = NULL, *below = NULL;
            for (size_t at = set.count; at-- != 0;) {
                const int order = slow_compare(&set.items[at], key, size);
                above = order > 0 ? &set.items[at] : above;
                below = order < 0 && below == NULL ? &set.items[at] : below;
            }
            CHECK(chevm_trie_next(set.items, set.count, key, size) == above);
            CHECK(chevm_trie_previous(set.items, set.count, key, size) == below);
        }
    }
}
