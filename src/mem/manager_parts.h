/* manager_parts.h: what manager.c, manager_config.c and manager_info.c share. */
#ifndef CHI_MANAGER_PARTS_H
#define CHI_MANAGER_PARTS_H

#include <coldheap/manager.h>

/* What the parts are set up with, and where. A size of 0: the part is absent. */
typedef struct chi_manager_plan {
    ch_tracker_options tracker;
    ch_stack_options stack;
    ch_pool_spec specs[CH_KIND_COUNT];
    ch_bufpool_class classes[CH_MANAGER_CLASSES]; /* those with a count */
    ch_bufpool_options buffers;
    ch_arenas_sizes arenas;
    size_t class_count;
    size_t tracker_at, tracker_bytes;
    size_t stack_at, stack_bytes;
    size_t pools_at, pools_bytes;
    size_t buffers_at, buffers_bytes;
    size_t arenas_at, arenas_bytes;
    size_t align;
    size_t footprint_bytes;
} chi_manager_plan;

/* chi_manager_has_feature tells whether a config switches a feature on. */
bool chi_manager_has_feature(const ch_manager_config *config, unsigned feature);

/* chi_manager_make_plan computes the plan of a config whose fields are valid one by one; false if
 * the sum overflows. `plan` points into itself: it is not to be copied. */
bool chi_manager_make_plan(chi_manager_plan *plan, const ch_manager_config *config);

/* chi_manager_place_parts lists the parts of a plan. */
void chi_manager_place_parts(ch_manager_part parts[CH_MANAGER_PARTS], const chi_manager_plan *plan,
                             const ch_manager_config *config);

/* chi_manager_effective is the set of features that can be used now, a bit each. */
uint32_t chi_manager_effective(const ch_manager *manager);

bool chi_manager_is_live(const ch_manager *manager);
uint64_t chi_manager_seal_of(const ch_manager *manager);

/* chi_manager_heap_count stores how often the process allocated, if that is being counted. */
bool chi_manager_heap_count(uint64_t *allocations);

/* chi_manager_plan_of is the plan of a good config, or the name of the field that is bad. */
const char *chi_manager_plan_of(chi_manager_plan *plan, const ch_manager_config *config);

#endif
