/** ch_slab serves blocks of mixed sizes: a request is rounded up to one of a few classes, and each
 *  class recycles equal blocks. Bookkeeping lies outside the blocks, so free ones are not touched.
 *
 *   static   |16 16 16 ..|32 32 ..|48 ..| ... |4096 ..|   a count per class
 *   paged    |page: 32s|page: 4096s|page: stock|page: 32s|  64 KiB each, given to a class on demand
 *                                                           and back in the stock when empty
 *
 *  Where a block lies tells its class: one table look-up for any release. Every wrong release is
 *  detected in every build. A block is aligned to the largest power of two that divides the size of
 *  its class, at most CH_SLAB_ALIGN_MAX. Contents are unspecified.
 *
 *  Sizes above the largest class are refused, or (option) get a mapping of their own, or come from
 * a parent allocator. A *twin* of a static slab takes every block from an allocator. In checked
 * builds each block has a redzone and free blocks are no-access.
 *
 *  Not to be copied or moved. One thread at a time (ch_slab_stats may be called from any). Not for
 *  objects of one size (pool.h), nor for those that die together (arena.h). */
#ifndef CH_SLAB_H
#define CH_SLAB_H

#include <coldheap/allocator.h>
#include <coldheap/arith.h>
#include <coldheap/region.h>
#include <coldheap/track.h>

#define CH_SLAB_CLASSES_MAX 64u
#define CH_SLAB_COUNT_MAX   ((size_t)1 << 31) /* of a class of a static slab */
#define CH_SLAB_SIZE_MAX    ((size_t)32768)   /* of a class */
#define CH_SLAB_ALIGN_MAX   64u
#define CH_SLAB_PAGE_BYTES  ((size_t)65536)
#define CH_SLAB_PAGES_MAX   ((size_t)1 << 24)

/** Class tables. */
typedef enum ch_slab_table {
    CH_SLAB_28 = 0, /* 16 to 128 by 16, then four per doubling up to 4096 */
    CH_SLAB_POW2    /* 8, 16, ... 4096: ten */
} ch_slab_table;

/** What happens to requests above the largest class. */
typedef enum ch_slab_oversize {
    CH_SLAB_OVERSIZE_ERROR = 0, /* CH_ERANGE */
    CH_SLAB_OVERSIZE_REGION,    /* a reservation of the operating system for each */
    CH_SLAB_OVERSIZE_PARENT     /* the parent allocator */
} ch_slab_oversize;

/** What happens if the class of a request has no block left. */
typedef enum ch_slab_empty {
    CH_SLAB_EMPTY_ERROR = 0, /* CH_EFULL */
    CH_SLAB_EMPTY_BORROW     /* the next larger class that has one serves it */
} ch_slab_empty;

/** How to set up a slab. A zeroed struct is valid for paged slabs; static ones and twins need
 *  counts. */
typedef struct ch_slab_options {
    ch_slab_table table;  /* used if sizes is NULL */
    const size_t *sizes;  /* own table, read during the call: ascending multiples of 8, 8 to
                             CH_SLAB_SIZE_MAX */
    size_t class_count;   /* of sizes, 1 to CH_SLAB_CLASSES_MAX */
    const size_t *counts; /* static: blocks of each class, 0 to 2^31 (0: absent), not all 0 */
    ch_slab_empty empty;
    ch_slab_oversize oversize;
    size_t oversize_count; /* most oversize blocks at one time; >= 1 unless OVERSIZE_ERROR */
    ch_allocator parent;   /* for OVERSIZE_PARENT */
    const char *name;
} ch_slab_options;

/** What a slab did for one class. "Requested" are the sizes that callers asked for, "given" those
 * of the blocks that they got, both summed over all acquires routed to this class. */
typedef struct ch_slab_class_figures {
    size_t size_bytes;
    size_t capacity; /* blocks; paged: in the pages that the class has now */
    size_t in_use;
    size_t peak;
    size_t pages; /* paged: that the class has now */
    uint64_t acquires;
    uint64_t failures; /* requests of this class that got nothing */
    uint64_t borrows;  /* requests of this class that a larger one served */
    uint64_t requested_bytes;
    uint64_t given_bytes;
} ch_slab_class_figures;

typedef struct ch_slab_figures {
    size_t class_count;
    size_t in_use;            /* blocks, oversize ones included */
    size_t largest_available; /* the largest size that a class could serve now; 0: none */
    size_t pages;             /* paged: of the slab */
    size_t pages_used;        /* paged: that hold a block */
    size_t oversize_in_use;
    size_t oversize_bytes; /* in use */
    size_t oversize_peak;  /* blocks */
    uint64_t acquires;
    uint64_t failures;         /* all requests that got nothing */
    uint64_t refused_oversize; /* those of them that were too large for the policy */
    uint64_t borrows;
    uint64_t oversize_acquires;
    uint64_t requested_bytes; /* of classes, oversize not included */
    uint64_t given_bytes;
    uint64_t source_calls; /* of a twin */
} ch_slab_figures;

/** Fields from here to ch_slab are private. */

/* What the inline paths need of a class of a static slab. */
typedef struct chi_slab_class {
    uint8_t *base;       /* the first block; NULL in a twin */
    uint8_t *used;       /* of each block: 1 while it is in use */
    uint32_t *free_base; /* released blocks, the last one at the end */
    uint32_t *free_end;
    size_t fresh; /* blocks used since the last reset */
    size_t stride_inverse;
    uint32_t stride_shift;
    uint32_t stride_bytes;
    uint64_t tally; /* acquires and bytes asked for since both were last added to their totals */
} chi_slab_class;

/* What a paged slab has instead. */
typedef struct chi_slab_bin {
    uint64_t *hints; /* of free blocks: page above, slot in the lower 16 bits */
    size_t hint_count;
    size_t hint_most;
    uint64_t tally;
    size_t drawn;     /* blocks in use or hinted at */
    uint32_t partial; /* first page that may have free blocks without hint; UINT32_MAX: none */
    uint32_t idle;    /* a page of the class that became empty; a hint, UINT32_MAX: none */
    uint32_t stride_bytes;
    uint32_t slots; /* per page */
    size_t pages;
} chi_slab_bin;

typedef struct chi_slab_counts {
    size_t size_bytes;
    size_t count;   /* static: blocks */
    size_t touched; /* twin: blocks ever used */
    size_t peak;
    void **objects;    /* twin: where each block lies */
    uint64_t acquires; /* without the tally, as the next */
    uint64_t requested_bytes;
    uint64_t failures;
    uint64_t borrows;
    uint64_t borrowed_bytes; /* given by larger classes */
} chi_slab_counts;

typedef struct chi_slab_page chi_slab_page;

/** What never changes between init and fini; sealed by a checksum that ch_slab_check verifies. */
typedef struct chi_slab_config {
    size_t class_count;
    size_t largest_bytes;
    size_t page_count; /* paged */
    size_t page_words; /* paged: words of free bits for each page */
    size_t area_bytes; /* static: of all blocks; paged: of all pages */
    size_t empty;      /* ch_slab_empty */
    size_t oversize;   /* ch_slab_oversize */
    size_t oversize_count;
    size_t paged;
    size_t twin;
    size_t checked;
    ch_allocator parent;
    ch_allocator source; /* of a twin */
    ch_region *region;
    char name[CH_NAME_MAX + 1];
} chi_slab_config;

typedef struct ch_slab {
    uint8_t *area;           /* first byte of the first class or page */
    const uint8_t *lookup;   /* class of (size + 7) / 8 */
    const uint8_t *map;      /* static: class of each step of the area */
    chi_slab_class *classes; /* static and twin */
    size_t fast_sizes;       /* static: largest class + 1; 0 if every call goes out of line */
    size_t fast_bytes;       /* static: area_bytes; 0 likewise */
    size_t map_shift;        /* static: bytes of a step of `map`, as a power of two */
    size_t paged_sizes;      /* paged: as fast_sizes */
    size_t paged_bytes;      /* paged: of the pages that were ever in use; 0 likewise */
    chi_slab_bin *bins;      /* paged */
    chi_slab_counts *counts;
    chi_slab_page *pages;
    uint64_t *free_bits;
    void *big;            /* map of the oversize blocks */
    void *where;          /* twin: map from block to class and slot */
    size_t pages_touched; /* pages that were ever in use */
    size_t pages_committed;
    uint32_t stock; /* first of the touched pages that belong to no class */
    size_t oversize_bytes;
    size_t oversize_peak;
    uint64_t oversize_acquires;
    uint64_t refused_oversize;
    uint64_t refused_count; /* oversize requests within the policy that failed */
    uint64_t source_calls;  /* of a twin */
    ch_tracker *tracker;
    size_t tracked; /* 1: every call goes out of line and is noted */
    const void *owner;
    chi_slab_config config;
    uint64_t seal;
    uint64_t class_seal;
    uintptr_t magic;
} ch_slab;

CH_API_BEGIN

/** ch_slab_align returns the alignment that the memory of any slab needs. */
size_t ch_slab_align(void);

/** ch_slab_footprint returns the bytes that a static slab takes; 0 for invalid options or overflow.
 *  ch_slab_paged_footprint returns the size of the region that a slab of `page_count` pages takes,
 *  1 to CH_SLAB_PAGES_MAX; ch_slab_twin_footprint that of a static slab's twin. */
size_t ch_slab_footprint(const ch_slab_options *options);
size_t ch_slab_paged_footprint(const ch_slab_options *options, size_t page_count);
size_t ch_slab_twin_footprint(const ch_slab_options *options);

/** ch_slab_init lays a static slab out in the caller's memory, which need not be zero.
 *  Errors: CH_EINVAL NULL or invalid options; CH_EALIGN; CH_EFULL size below the footprint. Nothing
 *          is written then.
 *  Lifetime: the memory must outlive the slab. Cost: O(largest class size + oversize_count). */
ch_status ch_slab_init(ch_slab *slab, void *memory, size_t size_bytes,
                       const ch_slab_options *options);

/** ch_slab_init_region makes a paged slab of all the pages that fit into the region behind the
 *  tables. Pages of a region of the system are committed as they are first needed, in steps that
 *  double up to 64 MiB. `counts` is ignored.
 *  Errors: CH_EINVAL; CH_EALIGN a caller's memory that is not aligned; CH_EFULL no room for a page;
 *          CH_ENOMEM the tables cannot be committed; CH_ESTATE no live region.
 *  Lifetime: the region must outlive the slab and belong to it alone. */
ch_status ch_slab_init_region(ch_slab *slab, ch_region *region, const ch_slab_options *options);

/** ch_slab_init_twin makes the twin of a static slab. The memory holds only tables. Errors as
 *  ch_slab_init. Cost: O(sum of counts). */
ch_status ch_slab_init_twin(ch_slab *slab, void *memory, size_t size_bytes,
                            const ch_slab_options *options, const ch_allocator *source);

/** ch_slab_acquire returns a block of at least `size_bytes` bytes; size 0 is served by the smallest
 *  class. NULL if it cannot (counted; ch_slab_acquire_try tells why).
 *  Cost: O(1); borrowing O(classes); a page that comes to a class O(blocks in it / 64). */
CH_INLINE void *ch_slab_acquire(ch_slab *slab, size_t size_bytes);

/** ch_slab_acquire_try is ch_slab_acquire with the status: CH_ERANGE above the largest class
 * (policy error) or of any allocator; CH_EFULL no block left, or oversize_count in use; CH_ENOMEM
 * refused by the system, the parent or a twin's source; CH_ESTATE not initialised; CH_EINVAL NULL.
 *  *out changes on CH_OK only. */
ch_status ch_slab_acquire_try(ch_slab *slab, void **out, size_t size_bytes);

/** ch_slab_release gives a block back.
 *  Errors, all misuse with nothing changed: CH_EFOREIGN outside the slab, also an oversize block
 *          that is gone; CH_EINTERIOR not the start of a block; CH_EDOUBLE not in use; CH_ETHREAD
 *          (verify builds). CH_ESTATE not initialised is none.
 *  Cost:   O(1); oversize also a system call or that of the parent. */
CH_INLINE ch_status ch_slab_release(ch_slab *slab, void *block);

/** ch_slab_release_sized also verifies that a request of `size_bytes` would be served by the class
 *  of the block (with EMPTY_BORROW: by that or a smaller one; oversize: that it is the size asked
 *  for). CH_EINVAL, misuse, if not; checked after the pointer itself. In static slabs the faster
 *  one: the size tells the class, so the block need not be looked up. */
CH_INLINE ch_status ch_slab_release_sized(ch_slab *slab, void *block, size_t size_bytes);

/** ch_slab_resize tells whether a block can hold `size_bytes` where it lies: CH_OK, the block is
 *  good for it; CH_EFULL it would have to move, nothing changed. Misuse as ch_slab_release. */
ch_status ch_slab_resize(ch_slab *slab, void *block, size_t size_bytes);

/** ch_slab_usable_size returns the bytes that the caller may use of a block in use: the size of its
 *  class, or what was asked for of an oversize block. 0 for any other pointer (a question, not
 *  misuse). */
size_t ch_slab_usable_size(const ch_slab *slab, const void *block);

/** ch_slab_class_of returns the number of the class that serves a size; SIZE_MAX if none does.
 *  ch_slab_class_size returns the size of a class; 0 if there is no such class. */
size_t ch_slab_class_of(const ch_slab *slab, size_t size_bytes);
size_t ch_slab_class_size(const ch_slab *slab, size_t class_index);

/** ch_slab_reset releases all blocks. Peaks and counters stay. Cost: O(classes + pages touched +
 *  oversize blocks); twin: O(blocks). CH_ESTATE if not initialised. */
ch_status ch_slab_reset(ch_slab *slab);

/** ch_slab_fini ends the slab; oversize blocks and a twin's blocks go back to where they came from.
 *  A zeroed or finished slab: no-op. */
ch_status ch_slab_fini(ch_slab *slab);

/** ch_slab_class_stats fills the figures of one class, ch_slab_stats those of the whole slab.
 *  Errors: CH_EINVAL NULL; CH_ERANGE no such class; CH_ESTATE. Threads: any; another thread's view
 *  may be torn between fields. Cost: O(1), the whole slab O(classes). */
ch_status ch_slab_class_stats(const ch_slab *slab, ch_slab_class_figures *figures,
                              size_t class_index);
ch_status ch_slab_stats(const ch_slab *slab, ch_slab_figures *figures);

/** ch_slab_stats_json writes the figures and those of each class as one JSON object by the snprintf
 *  rule; returns the length needed without the closing 0. */
size_t ch_slab_stats_json(const ch_slab *slab, char *out, size_t size);

/** ch_slab_check verifies the invariants; *invariant (may be NULL) gets the number of the first
 *  broken one: 1 seal over the configuration, 2 class tables, 3 blocks of a class, 4 a page's free
 *  bits or counts, 5 lists of pages and hints, 6 counts of a class, 7 oversize blocks, 8 a twin's
 *  blocks. Cost: O(blocks), paged O(classes * pages + blocks). */
ch_status ch_slab_check(const ch_slab *slab, unsigned *invariant);

/** ch_slab_allocator returns an allocator over the slab: alignments up to CH_SLAB_ALIGN_MAX are
 *  served by the first class that has them. Lifetime: the slab's. */
ch_allocator ch_slab_allocator(ch_slab *slab);

/** ch_slab_track binds `tracker` (NULL: unbinds): from now on each acquire and release, each
 * request that got nothing, and the bytes that a reset or fini gives back are noted there
 * (track.h): with the usable size of the block, a refusal with the size asked for. A tracked slab
 * has no fast paths. A slab is tracked from init on if a run time for the whole process wants
 * notes. Errors: CH_EINVAL; CH_ESTATE; CH_ETHREAD misuse. Lifetime: the tracker must outlive the
 * slab or be unbound. Cost: O(1). */
ch_status ch_slab_track(ch_slab *slab, ch_tracker *tracker);

/** Out-of-line halves of the inline functions; not for direct use. */
void *ch_slab_acquire_slow(ch_slab *slab, size_t size_bytes);
ch_status ch_slab_release_slow(ch_slab *slab, void *block);
ch_status ch_slab_release_sized_slow(ch_slab *slab, void *block, size_t size_bytes);

CH_API_END

/* ---- Implementation ---------------------------------------------------------------------- */

#define CHI_SLAB_TALLY_ONE ((uint64_t)1 << 40) /* below: 2^24 acquires of at most 2^15 bytes */

/* The number of the block that starts `offset` bytes into its class: exact division by one
 * multiplication with the inverse of the odd part of the stride; a rotation puts what is no start
 * far above any number. */
CH_INLINE size_t chi_slab_slot(const chi_slab_class *owner, size_t offset) {
    size_t product = offset * owner->stride_inverse;
    return product >> owner->stride_shift |
           product << ((8 * sizeof(size_t) - owner->stride_shift) & (8 * sizeof(size_t) - 1));
}

CH_INLINE void *ch_slab_acquire(ch_slab *slab, size_t size_bytes) {
    if (CH_LIKELY(size_bytes < slab->fast_sizes)) {
        chi_slab_class *owner = &slab->classes[slab->lookup[(size_bytes + 7) >> 3]];
        uint64_t asked = CHI_SLAB_TALLY_ONE | size_bytes;
        uint64_t tally = owner->tally + asked;
        uint32_t *end = owner->free_end;
        if (CH_LIKELY(tally >= asked && end != owner->free_base)) {
            size_t slot = end[-1];
            CH_PUBLISH(owner->free_end, end - 1);
            CH_PUBLISH(owner->tally, tally);
            owner->used[slot] = 1;
            return owner->base + slot * owner->stride_bytes;
        }
    }
    return ch_slab_acquire_slow(slab, size_bytes);
}

/* Takes a block back if it is one in use of this class. */
CH_INLINE bool chi_slab_give(chi_slab_class *owner, const void *block) {
    size_t slot = chi_slab_slot(owner, (uintptr_t)block - (uintptr_t)owner->base);
    if (CH_UNLIKELY(slot >= owner->fresh || owner->used[slot] != 1)) {
        return false;
    }
    uint32_t *end = owner->free_end;
    owner->used[slot] = 0;
    *end = (uint32_t)slot;
    CH_PUBLISH(owner->free_end, end + 1);
    return true;
}

CH_INLINE ch_status ch_slab_release(ch_slab *slab, void *block) {
    size_t offset = (uintptr_t)block - (uintptr_t)slab->area;
    if (CH_LIKELY(offset < slab->fast_bytes) &&
        CH_LIKELY(chi_slab_give(&slab->classes[slab->map[offset >> slab->map_shift]], block))) {
        return CH_OK;
    }
    return ch_slab_release_slow(slab, block);
}

CH_INLINE ch_status ch_slab_release_sized(ch_slab *slab, void *block, size_t size_bytes) {
    if (CH_LIKELY(slab != NULL && size_bytes < slab->fast_sizes) &&
        CH_LIKELY(chi_slab_give(&slab->classes[slab->lookup[(size_bytes + 7) >> 3]], block))) {
        return CH_OK;
    }
    return ch_slab_release_sized_slow(slab, block, size_bytes);
}

#endif
