/** ch_region is one contiguous range of addresses that other objects are laid out in: reserved from
 *  the operating system (address space first, memory committed as needed), or the caller's own
 *  memory behind the same interface.
 *
 *   [guard_low] base                                    base+size_bytes [guard_high]
 *    no access   |== committed ==|--- reserved: no access ---|            no access
 *
 *  `base` never moves while the region lives. This is the only object that makes system calls; all
 *  others get memory from it or from the caller. One thread at a time; distinct ranges may be
 *  committed by distinct threads only under the caller's lock. */
#ifndef CH_REGION_H
#define CH_REGION_H

#include <coldheap/base.h>
#include <coldheap/status.h>

/** Longest name of an object, without the closing 0; longer names are cut. */
#define CH_NAME_MAX 31u

/** Pages a region is made of. */
typedef enum ch_region_page {
    CH_PAGE_NORMAL = 0, /* whatever the system uses by default */
    CH_PAGE_THP,        /* normal pages that the kernel may merge into huge ones */
    CH_PAGE_2M,         /* explicit huge pages, set aside at reservation */
    CH_PAGE_1G
} ch_region_page;

/** How serious a wish is: WANTED falls back and says so in ch_region_info, REQUIRED fails with
 *  CH_EUNSUP. */
typedef enum ch_need { CH_WANTED = 0, CH_REQUIRED } ch_need;

/** What to reserve. A zeroed struct with size_bytes set is valid. */
typedef struct ch_region_options {
    size_t size_bytes; /* >= 1; rounded up to whole pages */
    const char *name;  /* shown in the process map where the kernel can; NULL: none */
    ch_region_page page;
    ch_need page_need;
    bool guard_low; /* one page without access directly below / above the usable range */
    bool guard_high;
    bool on_node; /* place memory on NUMA node `numa_node` */
    unsigned numa_node;
    ch_need numa_need;
} ch_region_options;

typedef struct ch_region {
    uint8_t *base; /* first usable byte */
    size_t size_bytes;
    size_t page_bytes;     /* commit granularity; 1 for the caller's memory */
    uint8_t *map_base;     /* whole reservation with guards; NULL for the caller's memory */
    size_t map_bytes;      /* */
    uint64_t system_calls; /* made for this region so far */
    uint32_t magic;
    uint8_t page; /* ch_region_page that was granted */
    bool guard_low;
    bool guard_high;
    bool node_granted;
    char name[CH_NAME_MAX + 1];
} ch_region;

/** What a region turned out to be. */
typedef struct ch_region_facts {
    const char *name; /* lives as long as the region */
    uint8_t *base;
    size_t size_bytes;
    size_t page_bytes;
    size_t reserved_bytes; /* address space taken, guards and alignment included */
    uint64_t system_calls;
    ch_region_page page; /* granted, which may be less than wanted */
    bool from_system;    /* false: the caller's memory */
    bool guard_low;
    bool guard_high;
    bool node_granted;
} ch_region_facts;

CH_API_BEGIN

/** ch_region_reserve takes address space; no memory is behind it until committed.
 *  Errors: CH_EINVAL NULL, size 0 or unknown option value; CH_ERANGE size that no address space
 *          holds; CH_ENOMEM refused by the system; CH_EUNSUP required pages or node not to be had.
 *          The region is untouched then.
 *  Owner:  the caller ends it with ch_region_fini.
 *  Cost:   1 to 5 system calls. */
ch_status ch_region_reserve(ch_region *region, const ch_region_options *options);

/** ch_region_from makes a region of the caller's memory: same interface, never a system call.
 *  Commit only checks the range, decommit zeroes it. Errors: CH_EINVAL NULL or size 0; CH_ERANGE
 *  memory that wraps. Lifetime: the memory must outlive the region. */
ch_status ch_region_from(ch_region *region, void *memory, size_t size_bytes);

/** ch_region_commit makes the pages that [offset, offset+size) touches readable and writable.
 *  Idempotent; fresh pages read as zero, committed ones keep their bytes.
 *  Errors: CH_EINVAL size 0; CH_ERANGE outside or wrapping; CH_ENOMEM refused; CH_ESTATE no live
 *          region.
 *  Cost:   one system call, O(pages). */
ch_status ch_region_commit(ch_region *region, size_t offset, size_t size_bytes);

/** ch_region_decommit gives back the pages that lie wholly inside [offset, offset+size); committed
 *  again they read as zero. Bytes of partly covered pages stay. Errors as ch_region_commit. */
ch_status ch_region_decommit(ch_region *region, size_t offset, size_t size_bytes);

/** ch_region_prefault makes committed pages present, so that no later access to them faults.
 *  Errors as ch_region_commit; CH_ENOMEM also if part of the range is not committed (on kernels
 *  before 5.14 that kills the process). */
ch_status ch_region_prefault(ch_region *region, size_t offset, size_t size_bytes);

/** ch_region_lock keeps committed pages in memory until decommit or fini. Errors as
 *  ch_region_commit; CH_ENOMEM over the process's lock limit. No-op on the caller's memory. */
ch_status ch_region_lock(ch_region *region, size_t offset, size_t size_bytes);

/** ch_region_contains tells whether `pointer` lies in [base, base+size_bytes). */
CH_INLINE bool ch_region_contains(const ch_region *region, const void *pointer);

/** ch_region_info fills `facts`. Errors: CH_EINVAL NULL; CH_ESTATE no live region. */
ch_status ch_region_info(const ch_region *region, ch_region_facts *facts);

/** ch_region_check verifies the object's invariants. Returns CH_OK, or CH_ECORRUPT with the number
 *  of the first broken one in *invariant (may be NULL): 1 magic, 2 base and size, 3 page size,
 *  4 reservation around the usable range, 5 name closed, 6 granted values known. */
ch_status ch_region_check(const ch_region *region, unsigned *invariant);

/** ch_region_fini gives the address space back and clears the object. A zeroed or finished region:
 *  no-op. Nothing may point into it any more. Returns CH_OK, or CH_EOS from the system. */
ch_status ch_region_fini(ch_region *region);

CH_API_END

/* ---- Implementation ---------------------------------------------------------------------- */

CH_INLINE bool ch_region_contains(const ch_region *region, const void *pointer) {
    return (uintptr_t)pointer - (uintptr_t)region->base < region->size_bytes;
}

#endif
