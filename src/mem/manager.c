/* manager.c: set-up, end and switches of managers (manager.h). The plan is manager_config.c's; the
 * parts look after themselves. */
#include "mem/manager_parts.h"

#include <coldheap/hash.h>
#include <coldheap/misuse.h>

#include "mem/checked.h"
#include "mem/name.h"

#define MANAGER_MAGIC ((uintptr_t)0x52474e4du)
#define SEAL_SEED     0x4d414e4147u

static uint32_t bit(ch_manager_feature feature) {
    return (uint32_t)1 << feature;
}

bool chi_manager_is_live(const ch_manager *manager) {
    return manager->magic == (MANAGER_MAGIC ^ (uintptr_t)manager);
}

uint64_t chi_manager_seal_of(const ch_manager *manager) {
    uint64_t seal = ch_hash_bytes(&manager->config, sizeof manager->config, SEAL_SEED);
    seal += ch_hash_bytes(manager->parts, sizeof manager->parts, SEAL_SEED + 1);
    seal += ch_hash_bytes(manager->name, sizeof manager->name, SEAL_SEED + 2);
    const uint64_t words[] = {manager->present, manager->footprint_bytes, manager->heap_start,
                              manager->heap_counted};
    return seal + ch_hash_bytes(words, sizeof words, SEAL_SEED + 3);
}

uint32_t chi_manager_effective(const ch_manager *manager) {
    uint32_t switched = CH_PEEK(manager->switched);
    return (switched & bit(CH_MANAGER_ZERO_ALLOCATION)) != 0 ? switched & manager->present : 0;
}

bool chi_manager_heap_count(uint64_t *allocations) {
    *allocations = 0;
#if CH_GUARD == 0
    return false;
#else
    return chi_guard_heap_count != NULL && chi_guard_heap_count(allocations) != 0;
#endif
}

/* ---- Set-up -------------------------------------------------------------------------------- */

/* Every part that notes what it does gets the tracker, or loses it. */
static void bind_tracker(ch_manager *manager, ch_tracker *tracker) {
    if ((manager->present & bit(CH_MANAGER_STACK)) != 0) {
        (void)ch_stack_track(&manager->stack, tracker);
    }
    if ((manager->present & bit(CH_MANAGER_POOLS)) != 0) {
        (void)ch_pools_track(&manager->pools, tracker);
    }
    if ((manager->present & bit(CH_MANAGER_BUFFERS)) != 0) {
        (void)ch_bufpool_track(&manager->buffers, tracker);
    }
    if ((manager->present & bit(CH_MANAGER_ARENAS)) != 0) {
        (void)ch_arenas_track(&manager->arenas, tracker);
    }
}

/* Makes getters and tracker follow the switches. */
static void apply_switches(ch_manager *manager) {
    const uint32_t on = chi_manager_effective(manager);
    const bool pools = (on & bit(CH_MANAGER_POOLS)) != 0;
    const bool arenas = (on & bit(CH_MANAGER_ARENAS)) != 0;
    const bool tracking = (on & bit(CH_MANAGER_TRACKING)) != 0;
    manager->stack_given = (on & bit(CH_MANAGER_STACK)) != 0 ? &manager->stack : NULL;
    manager->buffers_given = (on & bit(CH_MANAGER_BUFFERS)) != 0 ? &manager->buffers : NULL;
    for (size_t kind = 0; kind < CH_KIND_COUNT; kind++) {
        manager->pools_given[kind] = pools ? ch_pools_get(&manager->pools, kind) : NULL;
    }
    for (unsigned kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        manager->arenas_given[kind] =
            arenas ? ch_arenas_get(&manager->arenas, (ch_arenas_kind)kind) : NULL;
    }
    manager->tracker_given = tracking ? &manager->tracker : NULL;
    if ((manager->present & bit(CH_MANAGER_TRACKING)) != 0 &&
        ch_tracker_is_enabled(&manager->tracker) != tracking) {
        (void)ch_tracker_enable(&manager->tracker, tracking);
        bind_tracker(manager, manager->tracker_given);
    }
}

/* Sets up the parts that have bytes; all that their inits check holds by the plan. */
static void begin_parts(ch_manager *manager, const chi_manager_plan *plan) {
    uint8_t *base = (uint8_t *)manager;
    if (plan->tracker_bytes > 0) {
        manager->present |= bit(CH_MANAGER_TRACKING);
        CH_REQUIRE(ch_tracker_init(&manager->tracker, base + plan->tracker_at, plan->tracker_bytes,
                                   &plan->tracker) == CH_OK);
    }
    if (plan->stack_bytes > 0) {
        manager->present |= bit(CH_MANAGER_STACK);
        CH_REQUIRE(ch_stack_init(&manager->stack, base + plan->stack_at, plan->stack_bytes,
                                 &plan->stack) == CH_OK);
    }
    if (plan->pools_bytes > 0) {
        manager->present |= bit(CH_MANAGER_POOLS);
        CH_REQUIRE(ch_pools_init(&manager->pools, base + plan->pools_at, plan->pools_bytes,
                                 plan->specs, CH_KIND_COUNT) == CH_OK);
    }
    if (plan->buffers_bytes > 0) {
        manager->present |= bit(CH_MANAGER_BUFFERS);
        CH_REQUIRE(ch_bufpool_init(&manager->buffers, base + plan->buffers_at, plan->buffers_bytes,
                                   &plan->buffers) == CH_OK);
    }
    if (plan->arenas_bytes > 0) {
        manager->present |= bit(CH_MANAGER_ARENAS);
        CH_REQUIRE(ch_arenas_init(&manager->arenas, base + plan->arenas_at, plan->arenas_bytes,
                                  &plan->arenas) == CH_OK);
    }
}

static ch_manager *begin(void *memory, const chi_manager_plan *plan,
                         const ch_manager_config *config, const ch_region *region) {
    ch_manager *manager = memory;
    *manager = (ch_manager){.config = *config, .footprint_bytes = plan->footprint_bytes};
    chi_name_set(manager->name, config->name);
    manager->config.name = NULL; /* the caller's may end */
    manager->owner = chi_thread_token();
    if (region != NULL) {
        manager->region = *region;
    }
    chi_manager_place_parts(manager->parts, plan, config);
    manager->present = config->enable_zero_allocation ? bit(CH_MANAGER_ZERO_ALLOCATION) : 0;
    begin_parts(manager, plan);
    manager->switched = manager->present;
    manager->heap_counted = chi_manager_heap_count(&manager->heap_start);
    apply_switches(manager);
    bind_tracker(manager, manager->tracker_given);
    manager->seal = chi_manager_seal_of(manager);
    manager->magic = MANAGER_MAGIC ^ (uintptr_t)manager;
    return manager;
}

ch_status ch_manager_init(ch_manager **manager, void *memory, size_t size_bytes,
                          const ch_manager_config *config) {
    chi_manager_plan plan;
    if (manager == NULL || memory == NULL || chi_manager_plan_of(&plan, config) != NULL) {
        return CH_EINVAL;
    }
    if (config->guard_pages) {
        return CH_EUNSUP;
    }
    if (ch_align_padding(memory, plan.align) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < plan.footprint_bytes) {
        return CH_EFULL;
    }
    if (chi_checked()) {
        chi_open(memory, plan.footprint_bytes); /* it may be closed, as a part of another object */
    }
    *manager = begin(memory, &plan, config, NULL);
    return CH_OK;
}

/* Commits what the plan uses: all in one, or each group alone so that the gaps stay closed. */
static ch_status commit(ch_region *region, const chi_manager_plan *plan, bool guarded) {
    const struct {
        size_t at, bytes;
    } groups[] = {{0, guarded ? sizeof(ch_manager) : plan->footprint_bytes},
                  {plan->tracker_at, guarded ? plan->tracker_bytes : 0},
                  {plan->stack_at, guarded ? plan->stack_bytes : 0},
                  {plan->pools_at, guarded ? plan->pools_bytes : 0},
                  {plan->buffers_at, guarded ? plan->buffers_bytes : 0},
                  {plan->arenas_at, guarded ? plan->arenas_bytes : 0}};
    if (guarded && region->page_bytes > CH_MANAGER_GUARD_BYTES) {
        return CH_EUNSUP;
    }
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        ch_status status = CH_OK;
        if (groups[i].bytes > 0) {
            status = ch_region_commit(region, groups[i].at, groups[i].bytes);
        }
        if (status != CH_OK) {
            return status;
        }
    }
    return CH_OK;
}

ch_status ch_manager_init_region(ch_manager **manager, const ch_manager_config *config,
                                 const ch_region_options *options) {
    chi_manager_plan plan;
    ch_region_options own = options != NULL ? *options : (ch_region_options){.name = "manager"};
    ch_region region;
    if (manager == NULL || chi_manager_plan_of(&plan, config) != NULL) {
        return CH_EINVAL;
    }
    own.size_bytes = plan.footprint_bytes;
    ch_status status = ch_region_reserve(&region, &own);
    if (status != CH_OK) {
        return status;
    }
    status = commit(&region, &plan, config->guard_pages);
    if (status != CH_OK) {
        (void)ch_region_fini(&region);
        return status;
    }
    *manager = begin(region.base, &plan, config, &region);
    return CH_OK;
}

/* ---- Use ----------------------------------------------------------------------------------- */

/* CH_OK, or why a call cannot go on. */
static ch_status enter(const ch_manager *manager, const char *call, const void *site) {
    if (manager == NULL) {
        return CH_EINVAL;
    }
    if (!chi_manager_is_live(manager)) {
        return CH_ESTATE;
    }
    if (manager->owner == chi_thread_token()) {
        return CH_OK;
    }
    const ch_misuse misuse = {
        .object = manager, .name = manager->name, .call = call, .site = site, .status = CH_ETHREAD};
    return ch_misuse_report(&misuse);
}

ch_status ch_manager_reset(ch_manager *manager) {
    ch_status status = enter(manager, "ch_manager_reset", CH_RETURN_ADDRESS());
    if (status != CH_OK) {
        return status;
    }
    if ((manager->present & bit(CH_MANAGER_STACK)) != 0) {
        (void)ch_stack_reset(&manager->stack);
    }
    if ((manager->present & bit(CH_MANAGER_POOLS)) != 0) {
        (void)ch_pools_reset(&manager->pools);
    }
    if ((manager->present & bit(CH_MANAGER_BUFFERS)) != 0) {
        (void)ch_bufpool_reset(&manager->buffers);
    }
    if ((manager->present & bit(CH_MANAGER_ARENAS)) != 0) {
        (void)ch_arenas_reset_all(&manager->arenas);
    }
    return CH_OK;
}

ch_status ch_manager_fini(ch_manager *manager) {
    if (manager == NULL || !chi_manager_is_live(manager)) {
        return CH_OK;
    }
    ch_status status = enter(manager, "ch_manager_fini", CH_RETURN_ADDRESS());
    if (status != CH_OK) {
        return status;
    }
    manager->magic = 0;
    bind_tracker(manager, NULL);
    (void)ch_arenas_fini(&manager->arenas);
    (void)ch_bufpool_fini(&manager->buffers);
    (void)ch_pools_fini(&manager->pools);
    (void)ch_stack_fini(&manager->stack);
    (void)ch_tracker_fini(&manager->tracker);
    ch_region region = manager->region;
    *manager = (ch_manager){0};
    return ch_region_fini(&region);
}

static bool has_objects_out(const ch_manager *manager, ch_manager_feature feature) {
    ch_bufpool_figures lent = {0};
    switch (feature) {
    case CH_MANAGER_STACK:
        return ch_stack_used(&manager->stack) > 0 || ch_stack_watermark_count(&manager->stack) > 0;
    case CH_MANAGER_BUFFERS:
        return ch_bufpool_stats(&manager->buffers, &lent) == CH_OK && lent.in_use > 0;
    case CH_MANAGER_POOLS:
        for (size_t kind = 0; kind < CH_KIND_COUNT; kind++) {
            ch_pool_figures figures = {0};
            if (ch_pools_stats(&manager->pools, &figures, kind) == CH_OK && figures.in_use > 0) {
                return true;
            }
        }
        return false;
    case CH_MANAGER_ARENAS:
        for (unsigned kind = 0; kind < CH_ARENAS_KINDS; kind++) {
            ch_arenas_figures figures = {0};
            if (ch_arenas_usage(&manager->arenas, (ch_arenas_kind)kind, &figures) == CH_OK &&
                figures.used_bytes > 0) {
                return true;
            }
        }
        return false;
    default:
        return false;
    }
}

static bool may_go_off(const ch_manager *manager, ch_manager_feature feature) {
    for (unsigned each = CH_MANAGER_STACK; each < CH_MANAGER_FEATURES; each++) {
        bool covered = feature == CH_MANAGER_ZERO_ALLOCATION || feature == each;
        bool there = (manager->present & bit((ch_manager_feature)each)) != 0;
        if (covered && there && has_objects_out(manager, (ch_manager_feature)each)) {
            return false;
        }
    }
    return true;
}

ch_status ch_manager_set_enabled(ch_manager *manager, ch_manager_feature feature, bool on) {
    ch_status status = enter(manager, "ch_manager_set_enabled", CH_RETURN_ADDRESS());
    if (status != CH_OK) {
        return status;
    }
    if ((unsigned)feature >= CH_MANAGER_FEATURES) {
        return CH_ERANGE;
    }
    if (on && (manager->present & bit(feature)) == 0) {
        return CH_EDISABLED;
    }
    if (!on && !may_go_off(manager, feature)) {
        return CH_EBUSY;
    }
    uint32_t others = manager->switched & ~bit(feature);
    CH_PUBLISH(manager->switched, on ? others | bit(feature) : others);
    apply_switches(manager);
    return CH_OK;
}

bool ch_manager_is_enabled(const ch_manager *manager, ch_manager_feature feature) {
    return manager != NULL && chi_manager_is_live(manager) &&
           (unsigned)feature < CH_MANAGER_FEATURES &&
           (chi_manager_effective(manager) & bit(feature)) != 0;
}
