/** ch_manager is all the memory that one thread of an Ethereum VM works with, laid out before it
 *  starts: a stack, six pools of objects, four classes of buffers, three scratch arenas and a
 *  tracker, in one contiguous range.
 *
 *   memory    64-byte borders                                                       footprint
 *    |header|tracker|stack|u256|hash|...|transaction|small|...|huge|execution|temporary|scratch|
 *
 *  Every byte is counted by ch_manager_footprint and placed by ch_manager_layout; nothing is taken
 *  afterwards. A feature that its switch turns off takes no bytes, and its getter says NULL or
 *  CH_EDISABLED. The parts are the plain objects of stack.h, pools.h and kinds.h, bufpool.h,
 *  arenas.h and track.h, and do what those headers say; what they count is what ch_manager_stats
 *  adds up, so statistics cost nothing while nobody asks.
 *
 *  One thread at a time: one manager a thread (ch_manager_stats may be called from any). Not to be
 *  copied or moved. Not for programs without an EVM in mind: take the parts themselves. */
#ifndef CH_MANAGER_H
#define CH_MANAGER_H

#include <coldheap/arenas.h>
#include <coldheap/bufpool.h>
#include <coldheap/kinds.h>
#include <coldheap/region.h>
#include <coldheap/stack.h>
#include <coldheap/track.h>

#define CH_MANAGER_STACK_MIN  4096u
#define CH_MANAGER_ARENA_MIN  4096u
#define CH_MANAGER_BUFFER_MIN 16u
#define CH_MANAGER_SITES_MIN  16u
#define CH_MANAGER_CLASSES    4u

/** Largest stack: 1 TiB, or what an address space of 32 bits can hold. */
#define CH_MANAGER_STACK_MAX ((size_t)1 << (sizeof(size_t) > 4 ? 40 : 30))

/** Distance of parts under guard_pages; the pages at the end of each distance have no access. */
#define CH_MANAGER_GUARD_BYTES ((size_t)64 << 10)

/** What the open kinds take in the presets, until a program sets its own. */
#define CH_MANAGER_FRAME_BYTES       512u
#define CH_MANAGER_ACCOUNT_BYTES     128u
#define CH_MANAGER_TRANSACTION_BYTES 256u
#define CH_MANAGER_OBJECT_ALIGN      64u

/** How many objects of each kind; 0: none. */
typedef struct ch_pool_sizes {
    size_t u256_pool_size;
    size_t hash_pool_size;
    size_t address_pool_size;
    size_t frame_pool_size;
    size_t account_pool_size;
    size_t transaction_pool_size;
} ch_pool_sizes;

/** Bytes of a buffer of each class, and how many; count 0: none, the size is not looked at. */
typedef struct ch_buffer_sizes {
    size_t small_buffer_size, small_buffer_count;
    size_t medium_buffer_size, medium_buffer_count;
    size_t large_buffer_size, large_buffer_count;
    size_t huge_buffer_size, huge_buffer_count;
} ch_buffer_sizes;

/** Bytes of each arena; 0: none. */
typedef struct ch_arena_sizes {
    size_t execution_arena_size;
    size_t temporary_arena_size;
    size_t scratch_arena_size;
} ch_arena_sizes;

/** What a manager is made of. Start from a preset. Numbers of a feature that is off are kept, and
 *  neither looked at nor counted. */
typedef struct ch_manager_config {
    bool enable_zero_allocation; /* false: all features are off */
    bool enable_stack_allocation;
    bool enable_object_pooling;
    bool enable_buffer_pooling;
    bool enable_scratch_arenas;
    size_t max_stack_memory;  /* bytes, links and padding included; 4096 to CH_MANAGER_STACK_MAX */
    ch_pool_sizes pool_sizes; /* at least one above 0 */
    ch_buffer_sizes buffer_sizes; /* ascending sizes of at least 16 bytes */
    ch_arena_sizes arena_sizes;   /* each 0 or at least 4096 */
    bool allocation_tracking;
    size_t watermarks_max; /* of the stack; 1 to CH_STACK_WATERMARKS_MAX */
    size_t tracker_sites;  /* 16 to CH_TRACK_SITES_MAX */
    size_t tracker_live;   /* objects out at a time; 0: as many as pools and buffers hold, + 1024 */
    bool clear_buffers;    /* buffers come back cleared */
    bool zero_objects;     /* objects come back cleared */
    size_t frame_bytes, frame_align; /* of objects of the open kinds, for those with a count */
    size_t account_bytes, account_align;
    size_t transaction_bytes, transaction_align;
    size_t limit_bytes; /* a footprint above this is refused; 0: none */
    bool guard_pages;   /* a page without access between features; ch_manager_init_region alone */
    const char *name;
} ch_manager_config;

/** Features that can be switched at run time. ZERO_ALLOCATION stands above all others. */
typedef enum ch_manager_feature {
    CH_MANAGER_ZERO_ALLOCATION = 0,
    CH_MANAGER_STACK,
    CH_MANAGER_POOLS,
    CH_MANAGER_BUFFERS,
    CH_MANAGER_ARENAS,
    CH_MANAGER_TRACKING,
    CH_MANAGER_FEATURES
} ch_manager_feature;

/** Parts in the order of the range. Pools from CH_MANAGER_PART_POOLS on, in the order of ch_kind;
 *  classes of buffers, smallest first; arenas in the order of ch_arenas_kind. */
enum {
    CH_MANAGER_PART_HEADER = 0,
    CH_MANAGER_PART_TRACKER,
    CH_MANAGER_PART_STACK,
    CH_MANAGER_PART_POOLS,
    CH_MANAGER_PART_BUFFERS = CH_MANAGER_PART_POOLS + CH_KIND_COUNT,
    CH_MANAGER_PART_ARENAS = CH_MANAGER_PART_BUFFERS + CH_MANAGER_CLASSES,
    CH_MANAGER_PARTS = CH_MANAGER_PART_ARENAS + CH_ARENAS_KINDS
};

/** Where a part lies. */
typedef struct ch_manager_part {
    const char *name; /* static */
    size_t offset;
    size_t size_bytes; /* bookkeeping of the part included; 0: absent */
} ch_manager_part;

/** What a manager did since init. */
typedef struct ch_manager_figures {
    bool heap_known; /* false: no heap counter was armed all the time, heap_allocations is 0 */
    uint64_t heap_allocations; /* calls of the process that allocate */
    uint64_t stack_allocations;
    uint64_t pool_acquisitions;
    uint64_t buffer_acquisitions;
    uint64_t arena_allocations;
    size_t peak_stack_usage; /* bytes, links and padding included */
    size_t current_stack_usage;
    uint64_t stack_failures;
    uint64_t pool_failures;
    uint64_t buffer_failures;
    uint64_t arena_failures;
    uint64_t fall_throughs;  /* buffers that a larger class gave */
    size_t pool_peak;        /* objects: sum of the pools' peaks */
    size_t buffer_peak;      /* buffers: sum of the classes' peaks */
    size_t arena_peak_bytes; /* sum of the arenas' peaks */
    size_t pool_in_use;
    size_t buffer_in_use;
    size_t arena_used_bytes;
    size_t footprint_bytes;
    size_t
        touched_bytes; /* of these, ever written to or handed out; the rest costs no memory yet */
} ch_manager_figures;

/** Fields are private; visible so that getters inline. All of it lies at the start of the range. */
typedef struct ch_manager {
    ch_stack *stack_given; /* what getters answer; NULL: off */
    ch_bufpool *buffers_given;
    ch_tracker *tracker_given;
    ch_pool *pools_given[CH_KIND_COUNT];
    ch_arena *arenas_given[CH_ARENAS_KINDS];
    uint32_t present;  /* features that have bytes, a bit each by ch_manager_feature */
    uint32_t switched; /* features that are switched on */
    ch_tracker tracker;
    ch_stack stack;
    ch_pools pools;
    ch_bufpool buffers;
    ch_arenas arenas;
    ch_region region; /* zeroed: the caller's memory */
    ch_manager_config config;
    ch_manager_part parts[CH_MANAGER_PARTS];
    size_t footprint_bytes;
    uint64_t heap_start;
    size_t heap_counted;
    const void *owner;
    char name[CH_NAME_MAX + 1];
    uint64_t seal;
    uintptr_t magic;
} ch_manager;

CH_API_BEGIN

/** Presets: high performance, balanced, minimal (a stack alone). Change what they answer at will.
 */
ch_manager_config ch_manager_high_performance(void);
ch_manager_config ch_manager_balanced(void);
ch_manager_config ch_manager_minimal(void);

/** ch_manager_config_check names the first field that cannot be, as it is written in C
 *  ("pool_sizes.u256_pool_size"), in the order of the struct; "pool_sizes" if all counts are 0;
 *  "limit_bytes" if the sum exceeds it or the address space. *field_name (may be NULL) is NULL on
 *  CH_OK, and "config" for NULL. A feature that is off is not looked at. Errors: CH_EINVAL. */
ch_status ch_manager_config_check(const ch_manager_config *config, const char **field_name);

/** ch_manager_align, ch_manager_footprint return what the memory must be; 0 for a bad config. */
size_t ch_manager_align(const ch_manager_config *config);
size_t ch_manager_footprint(const ch_manager_config *config);

/** ch_manager_payload returns the bytes that a program can use: the stack's memory, objects,
 *  buffers and arenas, without bookkeeping; 0 for a bad config. */
size_t ch_manager_payload(const ch_manager_config *config);

/** ch_manager_layout tells where each part will lie. Errors: CH_EINVAL; nothing is written then. */
ch_status ch_manager_layout(const ch_manager_config *config,
                            ch_manager_part parts[CH_MANAGER_PARTS]);

/** ch_manager_init sets a manager up at the start of the caller's memory and stores its address,
 *  which is that of the memory.
 *  Errors: CH_EINVAL NULL or a bad config; CH_EALIGN; CH_EFULL size below the footprint; CH_EUNSUP
 *          guard_pages, which need a region. Nothing is written then.
 *  Lifetime: the memory must outlive the manager; the config need not. Cost: O(tracker's tables);
 *          other parts are not written to. */
ch_status ch_manager_init(ch_manager **manager, void *memory, size_t size_bytes,
                          const ch_manager_config *config);

/** ch_manager_init_region does so in a mapping of its own, all committed (but for guard pages), and
 *  returned by ch_manager_fini. `options` may be NULL; its size is replaced by the footprint.
 *  Errors: CH_EINVAL; those of ch_region_reserve and ch_region_commit; CH_EUNSUP guard_pages with
 *          huge pages that are required. */
ch_status ch_manager_init_region(ch_manager **manager, const ch_manager_config *config,
                                 const ch_region_options *options);

/** ch_manager_reset takes everything back, of features that are switched off too. Figures stay.
 *  Errors: CH_EINVAL NULL; CH_ESTATE not initialised. Cost: that of the parts' resets. */
ch_status ch_manager_reset(ch_manager *manager);

/** ch_manager_fini ends the manager and its parts. In a region, *manager is no memory afterwards.
 *  NULL, zeroed or finished: no-op. Returns CH_OK, or CH_EOS from the system. */
ch_status ch_manager_fini(ch_manager *manager);

/** ch_manager_set_enabled switches a feature. ZERO_ALLOCATION off takes all features away, and on
 *  gives those back that are switched on themselves.
 *  Errors: CH_EINVAL NULL; CH_ERANGE unknown feature; CH_ESTATE; CH_EBUSY off while objects are out
 *          (ZERO_ALLOCATION: of any feature); CH_EDISABLED on without bytes in the range. Nothing
 *          changes then. Tracking forgets what is out when it goes off (ch_tracker_enable). */
ch_status ch_manager_set_enabled(ch_manager *manager, ch_manager_feature feature, bool on);

/** ch_manager_is_enabled tells whether a feature can be used now. */
bool ch_manager_is_enabled(const ch_manager *manager, ch_manager_feature feature);

/** ch_manager_stats fills the figures. Errors: CH_EINVAL; CH_ESTATE. Threads: any; another thread's
 *  view may be torn between fields. Cost: O(slots ever used by the pools). */
ch_status ch_manager_stats(const ch_manager *manager, ch_manager_figures *figures);

/** ch_manager_stats_json writes the figures, and those of each part, as one JSON object by the
 *  snprintf rule; heap_allocations is null while no heap counter is armed, parts that are absent
 *  are null. Returns the length needed without the closing 0. */
size_t ch_manager_stats_json(const ch_manager *manager, char *out, size_t size);

/** ch_manager_check verifies the invariants; *invariant (may be NULL) gets the number of the first
 *  broken one: 1 seal over configuration and layout, 2 switches and what getters answer,
 *  100*k + i: part k breaks its invariant i, k being 1 tracker, 2 stack, 3 pools, 4 buffers,
 *  5 arenas. Cost: that of the parts. */
ch_status ch_manager_check(const ch_manager *manager, unsigned *invariant);

CH_API_END

/** Getters: NULL if the feature is off, the kind is absent or unknown, or the manager is zeroed.
 *  Lifetime: until the feature is switched off or the manager ends. Cost: a load or two. */
CH_INLINE ch_stack *ch_manager_stack(const ch_manager *manager);
CH_INLINE ch_pool *ch_manager_pool(const ch_manager *manager, size_t kind);
CH_INLINE ch_arena *ch_manager_arena(const ch_manager *manager, size_t kind);
CH_INLINE ch_tracker *ch_manager_tracker(const ch_manager *manager);

/** ch_manager_buffer_acquire and _release: as ch_bufpool_acquire and ch_bufpool_release; or
 *  CH_EDISABLED. */
CH_INLINE ch_status ch_manager_buffer_acquire(ch_manager *manager, ch_buffer *buffer,
                                              size_t size_bytes);
CH_INLINE ch_status ch_manager_buffer_release(ch_manager *manager, ch_buffer *buffer);

/** ch_manager_arenas_reset resets the three arenas: CH_OK, or CH_EDISABLED. */
CH_INLINE ch_status ch_manager_arenas_reset(ch_manager *manager);

/* ---- Implementation ---------------------------------------------------------------------- */

CH_INLINE ch_stack *ch_manager_stack(const ch_manager *manager) {
    return manager->stack_given;
}

CH_INLINE ch_pool *ch_manager_pool(const ch_manager *manager, size_t kind) {
    return kind < CH_KIND_COUNT ? manager->pools_given[kind] : NULL;
}

CH_INLINE ch_arena *ch_manager_arena(const ch_manager *manager, size_t kind) {
    return kind < CH_ARENAS_KINDS ? manager->arenas_given[kind] : NULL;
}

CH_INLINE ch_tracker *ch_manager_tracker(const ch_manager *manager) {
    return manager->tracker_given;
}

CH_INLINE ch_status ch_manager_buffer_acquire(ch_manager *manager, ch_buffer *buffer,
                                              size_t size_bytes) {
    ch_bufpool *buffers = manager->buffers_given;
    return CH_LIKELY(buffers != NULL) ? ch_bufpool_acquire(buffers, buffer, size_bytes)
                                      : CH_EDISABLED;
}

CH_INLINE ch_status ch_manager_buffer_release(ch_manager *manager, ch_buffer *buffer) {
    ch_bufpool *buffers = manager->buffers_given;
    return CH_LIKELY(buffers != NULL) ? ch_bufpool_release(buffers, buffer) : CH_EDISABLED;
}

CH_INLINE ch_status ch_manager_arenas_reset(ch_manager *manager) {
    const ch_arena *const *given = (const ch_arena *const *)manager->arenas_given;
    bool on = given[0] != NULL || given[1] != NULL || given[2] != NULL;
    return on ? ch_arenas_reset_all(&manager->arenas) : CH_EDISABLED;
}

#endif
