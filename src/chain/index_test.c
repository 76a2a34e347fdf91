/* The index against a plain list: growing, colliding, removing in any order, to the brim. */
#include "index.h"

#include "harness.h"

#include <string.h>

#define ENTRIES 700u

typedef struct entry {
    uint64_t key;
    bool there;
} entry;

static bool entry_same(const void *entries, uint32_t number, const void *key, uint32_t owner) {
    (void)owner;
    return ((const entry *)entries)[number].key == *(const uint64_t *)key;
}

/* Hashes that collide on purpose: `bits` of them only, at the low or the high end. */
static uint32_t hash_of(uint64_t key, unsigned bits, bool high) {
    const uint64_t mixed = (key * 0x9e3779b97f4a7c15u) >> 32;
    const uint32_t hash = bits >= 32 ? (uint32_t)mixed : (uint32_t)mixed & ((1u << bits) - 1);
    return high ? ~hash : hash;
}

static bool all_found(const chevmi_index *index, const entry *entries, unsigned bits, bool high) {
    uint64_t there = 0;
    uint64_t used = 0;
    for (uint32_t i = 1; i <= ENTRIES; i++) {
        const uint32_t found = chevmi_index_find(index, hash_of(entries[i].key, bits, high),
                                                 entry_same, entries, &entries[i].key, 0);
        if (found != (entries[i].there ? i : 0)) {
            return false;
        }
        there += entries[i].there;
    }
    for (uint64_t i = 0; i <= index->mask; i++) {
        used += index->cells[i] != 0;
    }
    return used == there && index->count == there;
}

TEST(index_agrees_with_a_list_under_any_collisions) {
    static uint64_t cells[2048];
    static const unsigned widths[] = {0, 1, 2, 4, 6, 8, 32};
    for (unsigned w = 0; w < 2 * sizeof widths / sizeof widths[0]; w++) {
        const unsigned bits = widths[w / 2];
        const bool high = w % 2 != 0; /* chains that run over the end */
        entry entries[ENTRIES + 1];
        chevmi_index index;
        memset(cells, 0xff, sizeof cells);
        chevmi_index_init(&index, cells, chevmi_index_cells(ENTRIES));
        CHECK_EQUAL(index.mask, 63);
        for (uint32_t i = 0; i <= ENTRIES; i++) {
            entries[i] = (entry){.key = ch_test_random(), .there = false};
        }
        uint32_t wanted = ENTRIES; /* grows first, then hovers */
        for (unsigned step = 0; step < 20000; step++) {
            const uint32_t i = 1 + (uint32_t)ch_test_random_below(ENTRIES);
            wanted = step % 5000 == 4999 ? (uint32_t)ch_test_random_below(ENTRIES) : wanted;
            const uint32_t hash = hash_of(entries[i].key, bits, high);
            if (entries[i].there && index.count > wanted) {
                chevmi_index_remove(&index, hash, i);
                entries[i].there = false;
            } else if (!entries[i].there && index.count <= wanted) {
                chevmi_index_insert(&index, hash, i);
                entries[i].there = true;
            }
            if (step % 257 == 0 && !CHECK(all_found(&index, entries, bits, high))) {
                return;
            }
        }
        CHECK(all_found(&index, entries, bits, high));
        chevmi_index_reset(&index);
        CHECK_EQUAL(index.mask, 63);
        CHECK_EQUAL(index.count, 0);
    }
}

TEST(index_keeps_every_entry_at_each_doubling) {
    static uint64_t cells[2048];
    for (unsigned round = 0; round < 200; round++) {
        entry entries[ENTRIES + 1];
        chevmi_index index;
        chevmi_index_init(&index, cells, 2048);
        for (uint32_t i = 0; i <= ENTRIES; i++) {
            entries[i] = (entry){.key = ch_test_random(), .there = false};
        }
        const unsigned bits = round % 3 == 0 ? 32 : 5;
        for (uint32_t i = 1; i <= ENTRIES; i++) {
            const uint64_t mask = index.mask;
            chevmi_index_insert(&index, hash_of(entries[i].key, bits, round % 2 != 0), i);
            entries[i].there = true;
            if (index.mask != mask && !CHECK(all_found(&index, entries, bits, round % 2 != 0))) {
                return;
            }
        }
        CHECK_EQUAL(index.mask, 2047);
    }
}

TEST(index_of_the_smallest_rooms_holds_what_it_should) {
    for (uint32_t capacity = 1; capacity <= 40; capacity++) {
        uint64_t cells[128];
        entry entries[41];
        chevmi_index index;
        const uint64_t room = chevmi_index_cells(capacity);
        CHECK(room >= 2 * (uint64_t)capacity && room <= 128);
        chevmi_index_init(&index, cells, room);
        for (uint32_t i = 1; i <= capacity; i++) {
            entries[i] = (entry){.key = i, .there = true};
            chevmi_index_insert(&index, hash_of(i, 32, false), i);
        }
        for (uint64_t i = 1; i <= capacity + 5u; i++) {
            CHECK_EQUAL(
                chevmi_index_find(&index, hash_of(i, 32, false), entry_same, entries, &i, 0),
                i <= capacity ? i : 0);
        }
    }
}

TEST(index_hash_of_a_word_sees_every_bit_and_the_owner) {
    const uint64_t seeds[4] = {ch_test_random(), ch_test_random(), ch_test_random(),
                               ch_test_random()};
    chevm_u256 key = {{5, 6, 7, 8}};
    const uint32_t base = chevmi_hash_word(seeds, &key, 9);
    unsigned equal = 0;
    for (unsigned bit = 0; bit < 256; bit++) {
        key.limbs[bit / 64] ^= (uint64_t)1 << bit % 64;
        equal += chevmi_hash_word(seeds, &key, 9) == base;
        key.limbs[bit / 64] ^= (uint64_t)1 << bit % 64;
    }
    for (uint32_t owner = 10; owner < 1000; owner++) {
        equal += chevmi_hash_word(seeds, &key, owner) == base;
    }
    CHECK_EQUAL(equal, 0);
}
