/* trie.c: sorting of items, the root of sorted items, neighbours of a key. The sort is a quicksort
 * that turns to a heapsort where its splits are poor, because libc's qsort may call malloc. */
#include "trie_builder.h"

#include <coldevm/hash.h>
#include <coldheap/bits.h>

#include <string.h>

#define INSERTION_MAX 16u /* so few items are sorted by insertion */
#define RANGES_MAX    64u /* open ranges: at most one per halving of a size_t */

/* 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421 */
const chevm_u256 chevm_trie_empty_root = {
    {0x01622fb5e363b421u, 0x5b48e01b996cadc0u, 0xff8345e692c0f86eu, 0x56e81f171bcc55a6u}};

/* ---- Order ---------------------------------------------------------------------------------- */

static int compare_keys(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size) {
    const size_t least = a_size < b_size ? a_size : b_size;
    if (least >= 8) {
        const uint64_t head_a = chevm_limb_load_be(a);
        const uint64_t head_b = chevm_limb_load_be(b);
        if (head_a != head_b) {
            return head_a < head_b ? -1 : 1;
        }
    }
    const int order = least != 0 ? memcmp(a, b, least) : 0;
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

static bool less(const chevm_trie_item *a, const chevm_trie_item *b) {
    return compare_keys(a->key, a->key_size, b->key, b->key_size) < 0;
}

static void swap(chevm_trie_item *a, chevm_trie_item *b) {
    const chevm_trie_item kept = *a;
    *a = *b;
    *b = kept;
}

static void insertion_sort(chevm_trie_item *items, size_t count) {
    for (size_t i = 1; i < count; i++) {
        const chevm_trie_item item = items[i];
        size_t at = i;
        for (; at != 0 && less(&item, &items[at - 1]); at--) {
            items[at] = items[at - 1];
        }
        items[at] = item;
    }
}

/* Lets items[at] sink to its place in a heap whose root is the largest. */
static void sink(chevm_trie_item *items, size_t at, size_t count) {
    const chevm_trie_item item = items[at];
    while (2 * at + 1 < count) {
        size_t child = 2 * at + 1;
        if (child + 1 < count && less(&items[child], &items[child + 1])) {
            child++;
        }
        if (!less(&item, &items[child])) {
            break;
        }
        items[at] = items[child];
        at = child;
    }
    items[at] = item;
}

static void heap_sort(chevm_trie_item *items, size_t count) {
    for (size_t at = count / 2; at-- != 0;) {
        sink(items, at, count);
    }
    for (size_t end = count; end-- > 1;) {
        swap(&items[0], &items[end]);
        sink(items, 0, end);
    }
}

/* Splits at the median of the first, middle and last item: items before the returned index are not
 * above those from it on; both sides are not empty. Requires: count >= 3. */
static size_t split(chevm_trie_item *items, size_t count) {
    chevm_trie_item *const middle = &items[count / 2];
    chevm_trie_item *const last = &items[count - 1];
    if (less(middle, &items[0])) {
        swap(middle, &items[0]);
    }
    if (less(last, middle)) {
        swap(last, middle);
        if (less(middle, &items[0])) {
            swap(middle, &items[0]);
        }
    }
    const chevm_trie_item pivot = *middle;
    size_t low = 0;
    size_t high = count - 1;
    for (;;) {
        do {
            low++;
        } while (less(&items[low], &pivot));
        do {
            high--;
        } while (less(&pivot, &items[high]));
        if (low >= high) {
            return low;
        }
        swap(&items[low], &items[high]);
    }
}

/* Ranges still to be sorted wait on a list; the smaller part is always sorted first, so it is
 * short. Each range may be split so often before it is sorted as a heap. */
static void sort(chevm_trie_item *items, size_t count) {
    struct {
        chevm_trie_item *items;
        size_t count;
        unsigned splits;
    } ranges[RANGES_MAX];
    unsigned waiting = 0;
    unsigned splits = count != 0 ? 2 * ch_bits_high(count) : 0;
    for (;;) {
        while (count > INSERTION_MAX && splits != 0) {
            const size_t left = split(items, count);
            const bool left_first = left < count - left;
            splits--;
            CH_ASSERT(waiting < RANGES_MAX && left != 0 && left != count);
            ranges[waiting].items = left_first ? items + left : items;
            ranges[waiting].count = left_first ? count - left : left;
            ranges[waiting++].splits = splits;
            items = left_first ? items : items + left;
            count = left_first ? left : count - left;
        }
        if (count > INSERTION_MAX) {
            heap_sort(items, count);
        } else {
            insertion_sort(items, count);
        }
        if (waiting == 0) {
            return;
        }
        waiting--;
        items = ranges[waiting].items;
        count = ranges[waiting].count;
        splits = ranges[waiting].splits;
    }
}

static bool in_order(const chevm_trie_item *items, size_t count) {
    for (size_t i = 1; i < count; i++) {
        if (!less(&items[i - 1], &items[i])) {
            return false;
        }
    }
    return true;
}

ch_status chevm_trie_sort(chevm_trie_item *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (items[i].key_size > CHEVM_TRIE_KEY_MAX || items[i].value_size == 0) {
            return CH_EINVAL;
        }
    }
    if (in_order(items, count)) {
        return CH_OK;
    }
    sort(items, count);
    return in_order(items, count) ? CH_OK : CH_EINVAL;
}

/* ---- Root and neighbours -------------------------------------------------------------------- */

ch_status chevm_trie_root(chevm_u256 *root, chevm_trie_item *items, size_t count) {
    const ch_status status = chevm_trie_sort(items, count);
    if (status != CH_OK) {
        return status;
    }
    if (count == 0) {
        chevm_u256_copy(root, &chevm_trie_empty_root);
        return CH_OK;
    }
    chevmi_trie_builder builder;
    chevmi_trie_begin(&builder);
    for (size_t i = 0; i < count; i++) {
        chevmi_trie_add(&builder, &items[i], i + 1 < count ? &items[i + 1] : NULL, NULL, root);
    }
    return CH_OK;
}

/* How many items have keys below `key`, or at most `key`. */
static size_t rank(const chevm_trie_item *items, size_t count, const uint8_t *key, size_t key_size,
                   bool or_equal) {
    size_t low = 0;
    while (low < count) {
        const size_t middle = low + (count - low) / 2;
        const int order = compare_keys(items[middle].key, items[middle].key_size, key, key_size);
        if (order < 0 || (order == 0 && or_equal)) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

const chevm_trie_item *chevm_trie_next(const chevm_trie_item *items, size_t count,
                                       const uint8_t *key, size_t key_size) {
    const size_t at = rank(items, count, key, key_size, true);
    return at < count ? &items[at] : NULL;
}

const chevm_trie_item *chevm_trie_previous(const chevm_trie_item *items, size_t count,
                                           const uint8_t *key, size_t key_size) {
    const size_t at = rank(items, count, key, key_size, false);
    return at != 0 ? &items[at - 1] : NULL;
}
