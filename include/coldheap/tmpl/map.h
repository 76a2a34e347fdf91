/** map.h: a hash map of fixed capacity, as an include-template: no allocation, no growth, exactly N
 *  entries, exact removal. Open addressing over groups of fifteen slots (map_group.h).
 *
 *      #define CH_MAP_NAME  balances            // type and prefix of the functions
 *      #define CH_MAP_KEY   address             // compared and hashed by its bytes
 *      #define CH_MAP_VALUE u256                // leave out for a set
 *      #define CH_MAP_CAP   100                 // leave out: capacity at init, caller's memory
 *      #include <coldheap/tmpl/map.h>
 *
 *  Optional: CH_MAP_HASH(key, secret) and CH_MAP_EQUAL(a, b), expressions over `const CH_MAP_KEY
 * *`; needed for keys with padding bytes or with pointers to their content. Of a hash the upper
 * bits count: as many as number the groups and eight more. All parameters are undefined at the end.
 * What the instance `balances` offers:
 *
 *    balances_align(), balances_footprint(capacity)      memory that init takes; 0 if out of range
 *    balances_init(m, memory, size, &(ch_map_options){capacity, seed})   CH_EINVAL CH_EALIGN
 *                                                        CH_EFULL; with CH_MAP_CAP: init(m, seed)
 *    balances_put(m, &key, &value)    CH_OK (new or replaced), CH_EFULL new key in a full map
 *    balances_upsert(m, &key, &fresh) value of the key, entered if absent (then *fresh is true and
 *                                     the value has no defined content); NULL if full
 *    balances_get(m, &key)            value, NULL if absent
 *    balances_has(m, &key)            true if present
 *    balances_remove(m, &key)         CH_OK, CH_ENOENT
 *    balances_next(m, &position)      entries one after the other, NULL at the end; position starts
 *                                     at 0. A remove during the pass may hide or repeat entries
 *    balances_clear(m)                forgets all
 *    balances_count, _capacity, _remaining, _full, _empty
 *    balances_check(m, &invariant)    CH_OK or CH_ECORRUPT: 1 sizes, 2 list of groups in use, 3
 *                                     count, 4 an entry that cannot be found, 5 filters of passed
 *                                     groups. Cost: O(capacity)
 *
 *  A set has put(m, &key) and no get or upsert. Pointers to values are valid until the next remove
 * or clear: a remove may move entries to close gaps; put and upsert move none. Cost: get, put,
 * upsert, remove expected O(1) at any load up to full, at worst O(N), never endless. clear and a
 * whole next pass: O(entries put since the last clear), whatever the capacity. Order of next: a
 * function of the sequence of calls and the seed, otherwise unspecified. Threads: one at a time.
 * Not for data that must grow. */
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
#define CH_MAP_HASH(key, secret)                                                                   \
    (sizeof(CH_MAP_KEY) == 8 ? ch_hash_u64_high(ch_bits_load_le64(key), (secret))                  \
                             : ch_hash_bytes((key), sizeof(CH_MAP_KEY), (secret)))
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
    uint64_t secret;
    size_t capacity;
    size_t count;
    uint32_t group_count;
    uint32_t touched_count; /* groups that got an entry since the last clear: touched[] lists them,
                               listed[] has a bit for each */
#ifdef CH_MAP_CAP
    chi_map_group groups[CHI_MAP_GROUPS(CH_MAP_CAP)];
    uint32_t touched[CHI_MAP_GROUPS(CH_MAP_CAP)];
    uint32_t listed[CHI_MAP_WORDS(CHI_MAP_GROUPS(CH_MAP_CAP))];
    uint16_t strays[CHI_MAP_GROUPS(CH_MAP_CAP)]; /* bit per slot whose entry wanted another group */
    CHI_(_entry) entries[CHI_MAP_GROUPS(CH_MAP_CAP) * CHI_MAP_SLOTS];
#else
    chi_map_group *groups;
    uint32_t *touched;
    uint32_t *listed;
    uint16_t *strays;
    CHI_(_entry) * entries;
#endif
} CH_MAP_NAME;

static inline void CHI_(_forget)(CH_MAP_NAME *map) {
    memset(map->groups, 0, map->group_count * sizeof(chi_map_group));
    memset(map->listed, 0, CHI_MAP_WORDS(map->group_count) * sizeof(uint32_t));
    memset(map->strays, 0, map->group_count * sizeof(uint16_t));
}

static inline void CHI_(_start)(CH_MAP_NAME *map, size_t capacity, uint64_t seed) {
    map->secret = ch_hash_secret(seed);
    map->capacity = capacity;
    map->count = 0;
    map->group_count = (uint32_t)CHI_MAP_GROUPS(capacity);
    map->touched_count = 0;
    CHI_(_forget)(map);
}

#ifdef CH_MAP_CAP

CH_STATIC_ASSERT((CH_MAP_CAP) < CHI_MAP_CAPACITY_MAX + 1, "map.h: CH_MAP_CAP out of range");

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

/* Bytes before the entries (groups, list, bits; rounded up), and of everything; 0 if too large. */
static inline size_t CHI_(_footprint_parts)(size_t capacity, size_t *head) {
    size_t entries = 0;
    size_t total = 0;
    if (capacity > CHI_MAP_CAPACITY_MAX) {
        return 0;
    }
    size_t groups = CHI_MAP_GROUPS(capacity);
    bool fits =
        ch_size_mul(head, groups, sizeof(chi_map_group) + sizeof(uint32_t) + sizeof(uint16_t)) &&
        ch_size_add(head, *head, CHI_MAP_WORDS(groups) * sizeof(uint32_t)) &&
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
    map->listed = map->touched + groups;
    map->strays = (uint16_t *)(void *)(map->listed + CHI_MAP_WORDS(groups));
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
    return chi_map_place_of(CH_MAP_HASH(key, map->secret), map->group_count);
}

/* Takes the key by value, so that the inline path need not keep it in memory for the rare call.
 * Searches group after group, all candidates of each; bounded by the number of groups. */
CH_NOINLINE static CHI_(_entry) *
    CHI_(_find_on)(const CH_MAP_NAME *map, CH_MAP_KEY key, chi_map_place place) {
    uint32_t at = place.group;
    for (uint32_t step = 0; step < map->group_count; step++) {
        uint32_t match = chi_map_match(&map->groups[at], place.tag);
        for (; match != 0; match &= match - 1) {
            const CHI_(_entry) *entry =
                &map->entries[(size_t)at * CHI_MAP_SLOTS + ch_bits_low32(match)];
            if (CH_MAP_EQUAL(&entry->key, &key)) {
                return (CHI_(_entry) *)(uintptr_t)entry;
            }
        }
        if (!chi_map_passed(&map->groups[at], place.tag)) {
            return NULL;
        }
        at = chi_map_following(at, map->group_count);
    }
    return NULL;
}

/* Finds the entry of `key` from its place on; NULL if absent. Inline: the first candidate of the
 * first group, which decides nearly always. */
CH_INLINE CHI_(_entry) *
    CHI_(_find)(const CH_MAP_NAME *map, const CH_MAP_KEY *key, chi_map_place place) {
    const chi_map_group *group = &map->groups[place.group];
    uint32_t match = chi_map_match(group, place.tag);
    if (match != 0) {
        const CHI_(_entry) *entry =
            &map->entries[(size_t)place.group * CHI_MAP_SLOTS + ch_bits_low32(match)];
        if (CH_LIKELY(CH_MAP_EQUAL(&entry->key, key))) {
            return (CHI_(_entry) *)(uintptr_t)entry;
        }
        if (CH_UNLIKELY((match & (match - 1)) != 0)) {
            return CHI_(_find_on)(map, *key, place);
        }
    }
    if (CH_LIKELY(!chi_map_passed(group, place.tag))) {
        return NULL;
    }
    place.group = chi_map_following(place.group, map->group_count);
    return CHI_(_find_on)(map, *key, place);
}

/* Puts a group that is about to get its first entry on the list, once per clear. */
static inline void CHI_(_touch)(CH_MAP_NAME *map, uint32_t at) {
    uint32_t bit = 1u << at % 32;
    if ((map->listed[at / 32] & bit) == 0) {
        map->listed[at / 32] |= bit;
        map->touched[map->touched_count++] = at;
    }
}

/* Takes a slot for a key that is absent. Requires: not full, so that a free slot exists. */
static inline CHI_(_entry) *
    CHI_(_enter)(CH_MAP_NAME *map, const CH_MAP_KEY *key, chi_map_place place) {
    uint32_t at = place.group;
    uint32_t open;
    while (CH_UNLIKELY((open = chi_map_free(&map->groups[at])) == 0)) {
        map->groups[at].passed |= chi_map_class(place.tag);
        at = chi_map_following(at, map->group_count);
    }
    if (open == CHI_MAP_SLOTS_MASK) {
        CHI_(_touch)(map, at);
    }
    uint32_t index = ch_bits_low32(open);
    CHI_(_entry) *entry = &map->entries[(size_t)at * CHI_MAP_SLOTS + index];
    map->groups[at].tags[index] = chi_map_stored(place.tag);
    if (CH_UNLIKELY(at != place.group)) {
        map->strays[at] = (uint16_t)(map->strays[at] | 1u << index);
    }
    entry->key = *key;
    map->count++;
    return entry;
}

static inline bool CHI_(_has)(const CH_MAP_NAME *map, const CH_MAP_KEY *key) {
    return CHI_(_find)(map, key, CHI_(_place)(map, key)) != NULL;
}

#ifdef CH_MAP_VALUE

static inline CH_MAP_VALUE *CHI_(_get)(const CH_MAP_NAME *map, const CH_MAP_KEY *key) {
    CHI_(_entry) *entry = CHI_(_find)(map, key, CHI_(_place)(map, key));
    return entry != NULL ? &entry->value : NULL;
}

static inline CH_MAP_VALUE *CHI_(_upsert)(CH_MAP_NAME *map, const CH_MAP_KEY *key, bool *fresh) {
    chi_map_place place = CHI_(_place)(map, key);
    CHI_(_entry) *entry = CHI_(_find)(map, key, place);
    *fresh = entry == NULL && !CHI_(_full)(map);
    if (*fresh) {
        entry = CHI_(_enter)(map, key, place);
    }
    return entry != NULL ? &entry->value : NULL;
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
    if (CHI_(_find)(map, key, place) != NULL) {
        return CH_OK;
    }
    if (CHI_(_full)(map)) {
        return CH_EFULL;
    }
    (void)CHI_(_enter)(map, key, place);
    return CH_OK;
}

#endif

/* Finds an entry in group `at` that passed `group`, among the slots `match`; SIZE_MAX if none. */
static inline size_t CHI_(_passer)(const CH_MAP_NAME *map, uint32_t group, uint32_t at,
                                   uint32_t match) {
    uint32_t steps = chi_map_distance(group, at, map->group_count);
    for (match &= map->strays[at]; match != 0; match &= match - 1) {
        size_t slot = (size_t)at * CHI_MAP_SLOTS + ch_bits_low32(match);
        if (CH_LIKELY(steps == 1)) { /* a stray passed at least the group before its own */
            return slot;
        }
        uint32_t home = CHI_(_place)(map, &map->entries[slot].key).group;
        if (chi_map_distance(home, at, map->group_count) >= steps) {
            return slot;
        }
    }
    return SIZE_MAX;
}

/* Clears the filter bit of a tag's class in the groups from the one before `end` back to `first`,
 * as far as no entry of the class that passed is left. */
static inline void CHI_(_unfilter)(CH_MAP_NAME *map, uint32_t first, uint32_t end, uint8_t tag) {
    uint32_t group = end;
    do {
        group = group == 0 ? map->group_count - 1 : group - 1;
        uint32_t at = group;
        bool found = false;
        while (!found && chi_map_passed(&map->groups[at], tag)) {
            at = chi_map_following(at, map->group_count);
            uint32_t match = chi_map_match_class(&map->groups[at], tag % CHI_MAP_CLASSES);
            found = CHI_(_passer)(map, group, at, match) != SIZE_MAX;
        }
        if (!found) {
            map->groups[group].passed &= (uint8_t)~chi_map_class(tag);
        }
    } while (group != first);
}

/* Frees `slot`, whose entry wanted group `home`, where more than one group is concerned: the
 * nearest entry that passed the gap's group moves into it and leaves the next gap, and so on. Tags
 * are written last: groups are read 16 bytes at a time, which would wait for the byte. */
CH_NOINLINE static void CHI_(_remove_far)(CH_MAP_NAME *map, uint32_t home, size_t slot) {
    uint32_t gap = (uint32_t)(slot / CHI_MAP_SLOTS);
    uint32_t index = (uint32_t)(slot % CHI_MAP_SLOTS);
    uint8_t tag = map->groups[gap].tags[index];
    for (;;) {
        if (home != gap) {
            map->strays[gap] = (uint16_t)(map->strays[gap] & ~(1u << index));
            CHI_(_unfilter)(map, home, gap, tag);
        }
        size_t from = SIZE_MAX;
        uint32_t at = gap;
        while (from == SIZE_MAX && map->groups[at].passed != 0) {
            at = chi_map_following(at, map->group_count);
            from = CHI_(_passer)(map, gap, at, CHI_MAP_SLOTS_MASK);
        }
        if (from == SIZE_MAX) {
            map->groups[gap].tags[index] = 0;
            return;
        }
        map->entries[slot] = map->entries[from];
        /* Without a branch: it would wait for the moved key to come from far memory. */
        bool stray = CHI_(_place)(map, &map->entries[from].key).group != gap;
        map->strays[gap] |= (uint16_t)(stray << index);
        slot = from;
        from = (size_t)at * CHI_MAP_SLOTS;
        tag = map->groups[at].tags[slot - from];
        map->groups[gap].tags[index] = tag;
        index = (uint32_t)(slot - from);
        home = gap; /* the moved entry goes on passing what lies before the gap it filled */
        gap = at;
    }
}

static inline ch_status CHI_(_remove)(CH_MAP_NAME *map, const CH_MAP_KEY *key) {
    chi_map_place place = CHI_(_place)(map, key);
    const CHI_(_entry) *entry = CHI_(_find)(map, key, place);
    if (entry == NULL) {
        return CH_ENOENT;
    }
    chi_map_group *group = &map->groups[place.group];
    size_t first = (size_t)place.group * CHI_MAP_SLOTS;
    size_t index = (size_t)(entry - map->entries) - first;
    map->count--;
    if (CH_LIKELY(index < CHI_MAP_SLOTS && group->passed == 0)) {
        group->tags[index] = 0;
    } else {
        CHI_(_remove_far)(map, place.group, first + index);
    }
    return CH_OK;
}

static inline void CHI_(_clear)(CH_MAP_NAME *map) {
    if (map->touched_count > map->group_count / 4) { /* a straight run beats the list */
        CHI_(_forget)(map);
    } else {
        for (uint32_t i = 0; i < map->touched_count; i++) {
            uint32_t at = map->touched[i];
            memset(&map->groups[at], 0, sizeof(chi_map_group));
            map->listed[at / 32] = 0;
            map->strays[at] = 0;
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
        uint32_t taken = chi_map_taken(&map->groups[at]) & CHI_MAP_SLOTS_MASK << slot;
        if (taken != 0) {
            slot = ch_bits_low32(taken);
            *position = index * CHI_MAP_SLOTS + slot + 1;
            return (CHI_(_entry) *)&map->entries[(size_t)at * CHI_MAP_SLOTS + slot];
        }
    }
    *position = index * CHI_MAP_SLOTS;
    return NULL;
}

/* The filter of group `at`, from the entries behind it. */
static inline uint8_t CHI_(_passed)(const CH_MAP_NAME *map, uint32_t at) {
    uint8_t passed = 0;
    uint32_t far = at;
    for (uint32_t step = 1; step < map->group_count && map->groups[far].passed != 0; step++) {
        far = chi_map_following(far, map->group_count);
        for (uint32_t taken = chi_map_taken(&map->groups[far]); taken != 0; taken &= taken - 1) {
            size_t slot = (size_t)far * CHI_MAP_SLOTS + ch_bits_low32(taken);
            chi_map_place place = CHI_(_place)(map, &map->entries[slot].key);
            if (chi_map_distance(place.group, far, map->group_count) >= step) {
                passed |= chi_map_class(place.tag);
            }
        }
    }
    return passed;
}

static inline unsigned CHI_(_broken_group)(const CH_MAP_NAME *map, uint32_t at, size_t *count) {
    const chi_map_group *group = &map->groups[at];
    uint32_t taken = chi_map_taken(group);
    bool listed = (map->listed[at / 32] >> at % 32 & 1u) != 0;
    if (taken != 0 && !listed) {
        return 2;
    }
    if (group->passed != CHI_(_passed)(map, at) ||
        (group->passed != 0 && taken != CHI_MAP_SLOTS_MASK)) {
        return 5;
    }
    for (; taken != 0; taken &= taken - 1) {
        size_t slot = (size_t)at * CHI_MAP_SLOTS + ch_bits_low32(taken);
        const CHI_(_entry) *entry = &map->entries[slot];
        chi_map_place place = CHI_(_place)(map, &entry->key);
        bool stray = ((uint32_t)map->strays[at] >> slot % CHI_MAP_SLOTS & 1u) != 0;
        if (CHI_(_find)(map, &entry->key, place) != entry || stray != (place.group != at)) {
            return 4;
        }
        ++*count;
    }
    return 0;
}

static inline ch_status CHI_(_check)(const CH_MAP_NAME *map, unsigned *invariant) {
    unsigned broken = 0;
    size_t count = 0;
    uint64_t sum = 0; /* fingerprint of the set of groups, by the list less by the bits */
    uint32_t listed = 0;
    if (map->capacity > CHI_MAP_CAPACITY_MAX || map->group_count != CHI_MAP_GROUPS(map->capacity) ||
        map->count > map->capacity) {
        broken = 1;
    } else if (map->touched_count > map->group_count) {
        broken = 2;
    }
    for (uint32_t i = 0; broken == 0 && i < map->touched_count; i++) {
        uint32_t at = map->touched[i];
        bool known = at < map->group_count && (map->listed[at / 32] >> at % 32 & 1u) != 0;
        broken = known ? 0 : 2;
        sum += ch_hash_bytes(&at, sizeof at, map->secret);
    }
    for (uint32_t i = 0; broken == 0 && i < CHI_MAP_WORDS(map->group_count); i++) {
        listed += ch_bits_count(map->listed[i]);
    }
    if (broken == 0 && listed != map->touched_count) {
        broken = 2;
    }
    for (uint32_t at = 0; broken == 0 && at < map->group_count; at++) {
        broken = CHI_(_broken_group)(map, at, &count);
        bool known = (map->listed[at / 32] >> at % 32 & 1u) != 0;
        sum -= known ? ch_hash_bytes(&at, sizeof at, map->secret) : 0;
    }
    if (broken == 0 && sum != 0) { /* a group listed twice, and so another not at all */
        broken = 2;
    } else if (broken == 0 && count != map->count) {
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
