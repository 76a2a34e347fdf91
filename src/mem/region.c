/* region.c: see region.h. A reservation is made once, wide enough for guards and alignment; what
 * the system grants beyond normal pages is laid over the usable range afterwards, so that every
 * refusal leaves a plain region to fall back to. */
#include <coldheap/region.h>

#include <string.h>

#include <coldheap/arith.h>

#include "base/os.h"
#include "mem/name.h"

enum {
    REGION_MAGIC = 0x4e474552, /* "REGN" */
    PAGE_LOG2_2M = 21,
    PAGE_LOG2_1G = 30
};

static unsigned huge_log2(ch_region_page page) {
    switch (page) {
    case CH_PAGE_THP:
    case CH_PAGE_2M:
        return PAGE_LOG2_2M;
    case CH_PAGE_1G:
        return PAGE_LOG2_1G;
    case CH_PAGE_NORMAL:
        break;
    }
    return 0;
}

static bool options_are_valid(const ch_region_options *options) {
    return options != NULL && options->size_bytes != 0 &&
           (unsigned)options->page <= (unsigned)CH_PAGE_1G &&
           (unsigned)options->page_need <= (unsigned)CH_REQUIRED &&
           (unsigned)options->numa_need <= (unsigned)CH_REQUIRED;
}

/* Reserves guards, alignment slack and the usable range; places `base` at its alignment. */
static ch_status reserve_plain(ch_region *region, const ch_region_options *options, size_t align) {
    size_t page = chi_os_page_bytes();
    size_t low = options->guard_low ? page : 0;
    size_t high = options->guard_high ? page : 0;
    size_t slack = align > page ? align : 0;
    size_t size = 0;
    size_t total = 0;
    if (!ch_size_round_up(&size, options->size_bytes, align) || !ch_size_add(&total, size, low) ||
        !ch_size_add(&total, total, high) || !ch_size_add(&total, total, slack)) {
        return CH_ERANGE;
    }
    uint8_t *start = NULL;
    ch_status status = chi_os_reserve(&start, total);
    region->system_calls++;
    if (status != CH_OK) {
        return status;
    }
    region->map_base = start;
    region->map_bytes = total;
    region->base = start + low + (slack != 0 ? ch_align_padding(start + low, align) : 0);
    region->size_bytes = size;
    region->page_bytes = page;
    return CH_OK;
}

/* Lays the wanted pages over the plain range. CH_EOS: the range is lost. */
static ch_status grant_pages(ch_region *region, ch_region_page page) {
    ch_status status = CH_OK;
    region->system_calls += page != CH_PAGE_NORMAL;
    if (page == CH_PAGE_THP) {
        status = chi_os_advise_huge(region->base, region->size_bytes);
    } else if (page != CH_PAGE_NORMAL) {
        status = chi_os_reserve_huge(region->base, region->size_bytes, huge_log2(page));
        if (status == CH_OK) {
            region->page_bytes = (size_t)1 << huge_log2(page);
        }
    }
    if (status == CH_OK) {
        region->page = (uint8_t)page;
    }
    return status;
}

static ch_status grant_wishes(ch_region *region, const ch_region_options *options) {
    ch_status status = grant_pages(region, options->page);
    if (status == CH_EOS || (status != CH_OK && options->page_need == CH_REQUIRED)) {
        return status == CH_EOS ? CH_EOS : CH_EUNSUP;
    }
    if (options->on_node) {
        bool strict = options->numa_need == CH_REQUIRED;
        region->system_calls++;
        status = chi_os_bind_node(region->base, region->size_bytes, options->numa_node, strict);
        if (status != CH_OK && strict) {
            return CH_EUNSUP;
        }
        region->node_granted = status == CH_OK;
    }
    if (region->name[0] != 0) { /* a courtesy: kernels without names refuse it */
        region->system_calls++;
        (void)chi_os_name(region->base, region->size_bytes, region->name);
    }
    return CH_OK;
}

ch_status ch_region_reserve(ch_region *region, const ch_region_options *options) {
    if (region == NULL || !options_are_valid(options)) {
        return CH_EINVAL;
    }
    ch_region made = {.guard_low = options->guard_low, .guard_high = options->guard_high};
    chi_name_set(made.name, options->name);
    size_t page = chi_os_page_bytes();
    size_t huge = (size_t)1 << huge_log2(options->page);
    ch_status status = reserve_plain(&made, options, huge > page ? huge : page);
    if (status != CH_OK) {
        return status;
    }
    status = grant_wishes(&made, options);
    if (status != CH_OK) {
        (void)chi_os_unreserve(made.map_base, made.map_bytes);
        return status;
    }
    made.magic = REGION_MAGIC;
    *region = made;
    return CH_OK;
}

ch_status ch_region_from(ch_region *region, void *memory, size_t size_bytes) {
    if (region == NULL || memory == NULL || size_bytes == 0) {
        return CH_EINVAL;
    }
    if (size_bytes > UINTPTR_MAX - (uintptr_t)memory) {
        return CH_ERANGE;
    }
    *region = (ch_region){
        .base = memory, .size_bytes = size_bytes, .page_bytes = 1, .magic = REGION_MAGIC};
    return CH_OK;
}

static ch_status range_status(const ch_region *region, size_t offset, size_t size_bytes) {
    if (region == NULL) {
        return CH_EINVAL;
    }
    if (region->magic != REGION_MAGIC) {
        return CH_ESTATE;
    }
    if (size_bytes == 0) {
        return CH_EINVAL;
    }
    return ch_size_in_range(offset, size_bytes, region->size_bytes) ? CH_OK : CH_ERANGE;
}

/* Calls `act` on the pages that the range touches. The region's size is a multiple of its page, so
 * rounding outward stays inside. */
static ch_status on_touched_pages(ch_region *region, size_t offset, size_t size_bytes,
                                  ch_status (*act)(uint8_t *base, size_t size)) {
    ch_status status = range_status(region, offset, size_bytes);
    if (status != CH_OK || region->map_base == NULL) {
        return status;
    }
    size_t mask = region->page_bytes - 1;
    size_t first = offset & ~mask;
    size_t end = (offset + size_bytes + mask) & ~mask;
    region->system_calls++;
    return act(region->base + first, end - first);
}

ch_status ch_region_commit(ch_region *region, size_t offset, size_t size_bytes) {
    return on_touched_pages(region, offset, size_bytes, chi_os_commit);
}

ch_status ch_region_prefault(ch_region *region, size_t offset, size_t size_bytes) {
    return on_touched_pages(region, offset, size_bytes, chi_os_prefault);
}

ch_status ch_region_lock(ch_region *region, size_t offset, size_t size_bytes) {
    return on_touched_pages(region, offset, size_bytes, chi_os_lock);
}

ch_status ch_region_decommit(ch_region *region, size_t offset, size_t size_bytes) {
    ch_status status = range_status(region, offset, size_bytes);
    if (status != CH_OK) {
        return status;
    }
    if (region->map_base == NULL) {
        memset(region->base + offset, 0, size_bytes);
        return CH_OK;
    }
    size_t mask = region->page_bytes - 1;
    size_t first = (offset + mask) & ~mask;
    size_t end = (offset + size_bytes) & ~mask;
    if (first >= end) {
        return CH_OK;
    }
    region->system_calls++;
    return chi_os_decommit(region->base + first, end - first);
}

ch_status ch_region_info(const ch_region *region, ch_region_facts *facts) {
    if (region == NULL || facts == NULL) {
        return CH_EINVAL;
    }
    if (region->magic != REGION_MAGIC) {
        return CH_ESTATE;
    }
    bool from_system = region->map_base != NULL;
    *facts = (ch_region_facts){
        .name = region->name,
        .base = region->base,
        .size_bytes = region->size_bytes,
        .page_bytes = region->page_bytes,
        .reserved_bytes = from_system ? region->map_bytes : region->size_bytes,
        .system_calls = region->system_calls,
        .page = (ch_region_page)region->page,
        .from_system = from_system,
        .guard_low = region->guard_low,
        .guard_high = region->guard_high,
        .node_granted = region->node_granted,
    };
    return CH_OK;
}

static bool reservation_holds(const ch_region *region) {
    if (region->map_base == NULL) {
        return region->map_bytes == 0 && region->page_bytes == 1 && !region->guard_low &&
               !region->guard_high;
    }
    size_t page = chi_os_page_bytes();
    size_t before = (size_t)((uintptr_t)region->base - (uintptr_t)region->map_base);
    size_t after = region->map_bytes - before - region->size_bytes;
    return before <= region->map_bytes && region->size_bytes <= region->map_bytes - before &&
           before >= (region->guard_low ? page : 0) && after >= (region->guard_high ? page : 0);
}

ch_status ch_region_check(const ch_region *region, unsigned *invariant) {
    unsigned broken = 0;
    if (region == NULL || region->magic != REGION_MAGIC) {
        broken = 1;
    } else if (region->base == NULL || region->size_bytes == 0) {
        broken = 2;
    } else if (!ch_is_power_of_two(region->page_bytes) ||
               ((uintptr_t)region->base & (region->page_bytes - 1)) != 0 ||
               (region->size_bytes & (region->page_bytes - 1)) != 0) {
        broken = 3;
    } else if (!reservation_holds(region)) {
        broken = 4;
    } else if (region->name[CH_NAME_MAX] != 0) {
        broken = 5;
    } else if (region->page > CH_PAGE_1G) {
        broken = 6;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}

ch_status ch_region_fini(ch_region *region) {
    if (region == NULL || region->magic != REGION_MAGIC) {
        return CH_OK;
    }
    region->magic = 0;
    uint8_t *map_base = region->map_base;
    size_t map_bytes = region->map_bytes;
    *region = (ch_region){0};
    return map_base != NULL ? chi_os_unreserve(map_base, map_bytes) : CH_OK;
}
