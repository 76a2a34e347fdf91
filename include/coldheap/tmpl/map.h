/** map.h: a hash map of fixed capacity, as an include-template: no allocation, no growth, exactly N
 *  entries, exact removal. Open addressing over groups of fourteen slots (map_group.h).
 *
 *      #define CH_MAP_NAME  balances            // type and prefix of the functions
 *      #define CH_MAP_KEY   address             // compared and hashed by its bytes
 *      #define CH_MAP_VALUE u256                // leave out for a set
 *      #define CH_MAP_CAP   100                 // leave out: capacity at init, caller's memory
 *      #include <coldheap/tmpl/map.h>
 *
 *  Optional: CH_MAP_HASH(key, seed) and CH_MAP_EQUAL(a, b), expressions over `const CH_MAP_KEY *`;
 *  needed for keys with padding bytes or with pointers to their content. All parameters are
 * undefined at the end. What the instance `balances` offers:
 *
 *    balances_align(), balances_footprint(capacity)      memory that init takes; 0 if out of range
 *    balances_init(m, memory, size, &(ch_map_options){capacity, seed})   CH_EINVAL CH_EALIGN
 *                                                        CH_EFULL; with CH_MAP_CAP: init(m, seed)
 *    balances_put(m, &key, &value)    CH_OK (new or replaced), CH_EFULL new key in a full map
 *    balances_upsert(m, &key, &fresh) value of the key, entered if absent (then *fresh is true and
 *                                     the value has no defined content); NULL if full
 *    balances_get(m, &key)            value, NULL if absent; valid until a remove of it or a clear
 *    balances_has(m, &key)            true if present
 *    balances_remove(m, &key)         CH_OK, CH_ENOENT
 *    balances_next(m, &position)      entries one after the other, NULL at the end; position starts
 *                                     at 0. The entry just returned may be removed meanwhile
 *    balances_clear(m)                forgets all
 *    balances_count, _capacity, _remaining, _full, _empty
 *    balances_check(m, &invariant)    CH_OK or CH_ECORRUPT: 1 sizes, 2 groups in use, 3 counts,
 *                                     4 an entry that cannot be found, 5 counters of passed groups
 *
 *  A set has put(m, &key) and no get or upsert. Values never move while they are in the map.
 *  Cost: get, put, upsert, remove expected O(1) at any load up to full, at worst O(N), never
 * endless. clear and a whole next pass: O(entries put since the last clear), whatever the capacity.
 *  Order of next: a function of the sequence of calls and the seed, otherwise unspecified.
 *  Threads: one at a time. Not for data that must grow. */
#include <string.h>

#include <coldheap/tmpl/map_group.h>

#ifndef CH_MAP_NAME
#error "map.h: CH_MAP_NAME must name the instance"
#endif
#ifndef CH_MAP_KEY
#error "map.h: CH_MAP_KEY must be the type of the keys"
#endif

#define CHI_(suffix) CH_JOIN(CH_MAP_NAME, suffix)

#ifndef CH_MAP_HASH
#define CH_MAP_HASH(key, seed)                                                                     \
    (sizeof(CH_MAP_KEY) == 8 ? ch_hash_u64(ch_bits_load_le64(key), (seed))                         \
                             : ch_hash_bytes((key), sizeof(CH_MAP_KEY), (seed)))
#endif
#ifndef CH_MAP_EQUAL
#define CH_MAP_EQUAL(a, b) ch_bytes_equal((a), (b), sizeof(CH_MAP_KEY))
#endif

typedef struct CHI_(_entry) {
    CH_MAP_KEY key;
#ifdef CH_MAP_VALUE
    CH_MAP_VALUE value;
#endif
} CHI_(_entry);

typedef struct CH_MAP_NAME {
    uint64_t seed;
    size_t capacity;
    size_t count;
    uint32_t group_count;
    uint32_t
        touched_count; /* groups that got an entry since the last clear; touched[] lists them */
#ifdef CH_MAP_CAP
    chi_map_group groups[CHI_MAP_GROUPS(CH_MAP_CAP)];
    uint32_t touched[CHI_MAP_GROUPS(CH_MAP_CAP)];
    CHI_(_entry) entries[CHI_MAP_GROUPS(CH_MAP_CAP) * CHI_MAP_SLOTS];
#else
    chi_map_group *groups;
    uint32_t *touched;
    CHI_(_entry) * entries;
#endif
} CH_MAP_NAME;

static inline void CHI_(_start)(CH_MAP_NAME *map, size_t capacity, uint64_t seed) {
    map->seed = seed;
    map->capacity = capacity;
    map->count = 0;
    map->group_count = (uint32_t)CHI_MAP_GROUPS(capacity);
    map->touched_count = 0;
    memset(map->groups, 0, map->group_count * sizeof(chi_map_group));
}

#ifdef CH_MAP_CAP

CH_STATIC_ASSERT((CH_MAP_CAP) <= CHI_MAP_CAPACITY_MAX, "map.h: CH_MAP_CAP out of range");

static inline ch_status CHI_(_init)(CH_MAP_NAME *map, uint64_t seed) {
    if (map == NULL) {
        return CH_EINVAL;
    }
    CHI_(_start)(map, (CH_MAP_CAP), seed);
    return CH_OK;
}

#else

static inline size_t CHI_(_align)(void) {
    return CH_ALIGNOF(CHI_(_entry)) > 16 ? CH_ALIGNOF(CHI_(_entry)) : 16;
}

/* Bytes before the entries (groups and list, rounded up), and of the entries; 0 if too large. */
static inline size_t CHI_(_footprint_parts)(size_t capacity, size_t *head) {
    size_t entries = 0;
    size_t total = 0;
    if (capacity > CHI_MAP_CAPACITY_MAX) {
        return 0;
    }
    size_t groups = CHI_MAP_GROUPS(capacity);
    bool fits = ch_size_mul(head, groups, sizeof(chi_map_group) + sizeof(uint32_t)) &&
                ch_size_round_up(head, *head, CHI_(_align)()) &&
                ch_size_mul(&entries, groups, CHI_MAP_SLOTS * sizeof(CHI_(_entry))) &&
                ch_size_add(&total, *head, entries);
    return fits ? total : 0;
}

static inline size_t CHI_(_footprint)(size_t capacity) {
    size_t head = 0;
    return CHI_(_footprint_parts)(capacity, &head);
}

static inline ch_status CHI_(_init)(CH_MAP_NAME *map, void *memory, size_t size_bytes,
                                    const ch_map_options *options) {
    size_t head = 0;
    size_t need = options != NULL ? CHI_(_footprint_parts)(options->capacity, &head) : 0;
    if (map == NULL || memory == NULL || need == 0) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, CHI_(_align)()) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < need) {
        return CH_EFULL;
    }
    size_t groups = CHI_MAP_GROUPS(options->capacity);
    map->groups = (chi_map_group *)memory;
    map->touched = (uint32_t *)(void *)(map->groups + groups);
    map->entries = (CHI_(_entry) *)(void *)((uint8_t *)memory + head);
    CHI_(_start)(map, options->capacity, options->seed);
    return CH_OK;
}

#endif

static inline size_t CHI_(_count)(const CH_MAP_NAME *map) {
    return map->count;
}

static inline size_t CHI_(_capacity)(const CH_MAP_NAME *map) {
    return map->capacity;
}

static inline size_t CHI_(_remaining)(const CH_MAP_NAME *map) {
    return map->capacity - map->count;
}

static inline bool CHI_(_full)(const CH_MAP_NAME *map) {
    return map->count == map->capacity;
}

static inline bool CHI_(_empty)(const CH_MAP_NAME *map) {
    return map->count == 0;
}

static inline chi_map_place CHI_(_place)(const CH_MAP_NAME *map, const CH_MAP_KEY *key) {
    return chi_map_place_of(CH_MAP_HASH(key, map->seed), map->group_count);
}

/* Finds the slot of `key` from its place on; SIZE_MAX if absent. */
static inline size_t CHI_(_find)(const CH_MAP_NAME *map, const CH_MAP_KEY *key,
                                 chi_map_place place) {
    uint32_t at = place.group;
    for (uint32_t step = 0; step < map->group_count; step++) {
        const chi_map_group *group = &map->groups[at];
        size_t base = (size_t)at * CHI_MAP_SLOTS;
        for (uint32_t match = chi_map_match(group, place.tag); match != 0; match &= match - 1) {
            size_t slot = base + ch_bits_low(match);
            if (CH_LIKELY(CH_MAP_EQUAL(&map->entries[slot].key, key))) {
                return slot;
            }
        }
        if (CH_LIKELY(!chi_map_passed(group))) {
            break;
        }
        at = chi_map_following(at, map->group_count);
    }
    return SIZE_MAX;
}

static inline void CHI_(_touch)(CH_MAP_NAME *map, uint32_t at) {
    chi_map_group *group = &map->groups[at];
    if ((group->passed & CHI_MAP_TOUCHED) == 0) {
        group->passed |= CHI_MAP_TOUCHED;
        map->touched[map->touched_count++] = at;
    }
}

/* Takes a slot for a key that is absent. Requires: not full, so that a free slot exists. */
static inline size_t CHI_(_enter)(CH_MAP_NAME *map, const CH_MAP_KEY *key, chi_map_place place) {
    uint32_t at = place.group;
    uint32_t open;
    while ((open = chi_map_match(&map->groups[at], 0)) == 0) {
        chi_map_group *group = &map->groups[at];
        group->passed = (uint16_t)(group->passed + chi_map_can_count(group));
        at = chi_map_following(at, map->group_count);
    }
    uint32_t index = ch_bits_low(open);
    size_t slot = (size_t)at * CHI_MAP_SLOTS + index;
    CHI_(_touch)(map, at);
    map->groups[at].tags[index] = place.tag;
    map->entries[slot].key = *key;
    map->count++;
    return slot;
}

static inline bool CHI_(_has)(const CH_MAP_NAME *map, const CH_MAP_KEY *key) {
    return CHI_(_find)(map, key, CHI_(_place)(map, key)) != SIZE_MAX;
}

#ifdef CH_MAP_VALUE

static inline CH_MAP_VALUE *CHI_(_get)(const CH_MAP_NAME *map, const CH_MAP_KEY *key) {
    size_t slot = CHI_(_find)(map, key, CHI_(_place)(map, key));
    return slot != SIZE_MAX ? (CH_MAP_VALUE *)&map->entries[slot].value : NULL;
}

static inline CH_MAP_VALUE *CHI_(_upsert)(CH_MAP_NAME *map, const CH_MAP_KEY *key, bool *fresh) {
    chi_map_place place = CHI_(_place)(map, key);
    size_t slot = CHI_(_find)(map, key, place);
    *fresh = slot == SIZE_MAX;
    if (*fresh) {
        if (CHI_(_full)(map)) {
            *fresh = false;
            return NULL;
        }
        slot = CHI_(_enter)(map, key, place);
    }
    return &map->entries[slot].value;
}

static inline ch_status CHI_(_put)(CH_MAP_NAME *map, const CH_MAP_KEY *key,
                                   const CH_MAP_VALUE *value) {
    bool fresh;
    CH_MAP_VALUE *target = CHI_(_upsert)(map, key, &fresh);
    if (target == NULL) {
        return CH_EFULL;
    }
    *target = *value;
    return CH_OK;
}

#else

static inline ch_status CHI_(_put)(CH_MAP_NAME *map, const CH_MAP_KEY *key) {
    chi_map_place place = CHI_(_place)(map, key);
    if (CHI_(_find)(map, key, place) != SIZE_MAX) {
        return CH_OK;
    }
    if (CHI_(_full)(map)) {
        return CH_EFULL;
    }
    (void)CHI_(_enter)(map, key, place);
    return CH_OK;
}

#endif

static inline ch_status CHI_(_remove)(CH_MAP_NAME *map, const CH_MAP_KEY *key) {
    chi_map_place place = CHI_(_place)(map, key);
    size_t slot = CHI_(_find)(map, key, place);
    if (slot == SIZE_MAX) {
        return CH_ENOENT;
    }
    uint32_t holder = (uint32_t)(slot / CHI_MAP_SLOTS);
    for (uint32_t at = place.group; at != holder; at = chi_map_following(at, map->group_count)) {
        chi_map_group *group = &map->groups[at];
        group->passed = (uint16_t)(group->passed - chi_map_can_count(group));
    }
    map->groups[holder].tags[slot % CHI_MAP_SLOTS] = 0;
    map->count--;
    return CH_OK;
}

static inline void CHI_(_clear)(CH_MAP_NAME *map) {
    if (map->touched_count > map->group_count / 4) { /* a straight run beats the list */
        memset(map->groups, 0, map->group_count * sizeof(chi_map_group));
    } else {
        for (uint32_t i = 0; i < map->touched_count; i++) {
            memset(&map->groups[map->touched[i]], 0, sizeof(chi_map_group));
        }
    }
    map->touched_count = 0;
    map->count = 0;
}

static inline CHI_(_entry) * CHI_(_next)(const CH_MAP_NAME *map, size_t *position) {
    size_t index = *position / CHI_MAP_SLOTS;
    uint32_t slot = (uint32_t)(*position % CHI_MAP_SLOTS);
    for (; index < map->touched_count; index++, slot = 0) {
        uint32_t at = map->touched[index];
        uint32_t taken = ~chi_map_match(&map->groups[at], 0) & CHI_MAP_SLOTS_MASK;
        taken &= CHI_MAP_SLOTS_MASK << slot;
        if (taken != 0) {
            slot = ch_bits_low(taken);
            *position = index * CHI_MAP_SLOTS + slot + 1;
            return (CHI_(_entry) *)&map->entries[(size_t)at * CHI_MAP_SLOTS + slot];
        }
    }
    *position = index * CHI_MAP_SLOTS;
    return NULL;
}

/* Entries in later groups that passed group `at`, counted from the entries themselves. */
static inline size_t CHI_(_recount)(const CH_MAP_NAME *map, uint32_t at) {
    size_t passed = 0;
    uint32_t far = chi_map_following(at, map->group_count);
    for (uint32_t step = 1; step < map->group_count; step++) {
        uint32_t taken = ~chi_map_match(&map->groups[far], 0) & CHI_MAP_SLOTS_MASK;
        for (; taken != 0; taken &= taken - 1) {
            size_t slot = (size_t)far * CHI_MAP_SLOTS + ch_bits_low(taken);
            uint32_t home = CHI_(_place)(map, &map->entries[slot].key).group;
            uint32_t distance = far >= home ? far - home : far + map->group_count - home;
            passed += distance >= step;
        }
        if (!chi_map_passed(&map->groups[far])) {
            break; /* whoever lies further on did not pass here, so not `at` either */
        }
        far = chi_map_following(far, map->group_count);
    }
    return passed;
}

static inline unsigned CHI_(_broken_group)(const CH_MAP_NAME *map, uint32_t at, size_t *count) {
    const chi_map_group *group = &map->groups[at];
    uint32_t taken = ~chi_map_match(group, 0) & CHI_MAP_SLOTS_MASK;
    if (taken == 0 && group->passed == 0) {
        return 0;
    }
    if ((group->passed & CHI_MAP_TOUCHED) == 0) {
        return 2;
    }
    for (; taken != 0; taken &= taken - 1) {
        size_t slot = (size_t)at * CHI_MAP_SLOTS + ch_bits_low(taken);
        const CH_MAP_KEY *key = &map->entries[slot].key;
        if (CHI_(_find)(map, key, CHI_(_place)(map, key)) != slot) {
            return 4;
        }
        ++*count;
    }
    size_t passed = group->passed & CHI_MAP_PASSED_MAX;
    bool exact = passed == CHI_(_recount)(map, at) || passed == CHI_MAP_PASSED_MAX;
    return exact ? 0 : 5;
}

static inline ch_status CHI_(_check)(const CH_MAP_NAME *map, unsigned *invariant) {
    unsigned broken = 0;
    size_t count = 0;
    uint32_t touched = 0;
    if (map->capacity > CHI_MAP_CAPACITY_MAX || map->group_count != CHI_MAP_GROUPS(map->capacity) ||
        map->count > map->capacity) {
        broken = 1;
    }
    if (broken == 0 && map->touched_count > map->group_count) {
        broken = 2;
    }
    for (uint32_t i = 0; broken == 0 && i < map->touched_count; i++) {
        bool listed = map->touched[i] < map->group_count &&
                      (map->groups[map->touched[i]].passed & CHI_MAP_TOUCHED) != 0;
        broken = listed ? 0 : 2;
    }
    for (uint32_t at = 0; broken == 0 && at < map->group_count; at++) {
        broken = CHI_(_broken_group)(map, at, &count);
        touched += (map->groups[at].passed & CHI_MAP_TOUCHED) != 0;
    }
    if (broken == 0 && touched != map->touched_count) {
        broken = 2;
    }
    if (broken == 0 && count != map->count) {
        broken = 3;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}

#undef CHI_
#undef CH_MAP_NAME
#undef CH_MAP_KEY
#undef CH_MAP_HASH
#undef CH_MAP_EQUAL
#ifdef CH_MAP_VALUE
#undef CH_MAP_VALUE
#endif
#ifdef CH_MAP_CAP
#undef CH_MAP_CAP
#endif
