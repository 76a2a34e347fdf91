/* manager_config.c: presets, validation and layout of managers (manager.h). Everything is decided
 * here, before a byte of memory is there. */
#include "mem/manager_parts.h"

#define BORDER     64u
#define LIVE_EXTRA 1024u /* blocks of the stack that the tracker knows at a time, if not told */

ch_manager_config ch_manager_high_performance(void) {
    return (ch_manager_config){
        .enable_zero_allocation = true,
        .enable_stack_allocation = true,
        .enable_object_pooling = true,
        .enable_buffer_pooling = true,
        .enable_scratch_arenas = true,
        .max_stack_memory = 1048576,
        .pool_sizes = {1000, 500, 500, 100, 200, 50},
        .buffer_sizes = {64, 1000, 256, 500, 1024, 200, 4096, 50},
        .arena_sizes = {1048576, 262144, 65536},
        .allocation_tracking = true,
        .watermarks_max = CH_STACK_WATERMARKS_DEFAULT,
        .tracker_sites = CH_TRACK_SITES_DEFAULT,
        .clear_buffers = true,
        .zero_objects = true,
        .frame_bytes = CH_MANAGER_FRAME_BYTES,
        .frame_align = CH_MANAGER_OBJECT_ALIGN,
        .account_bytes = CH_MANAGER_ACCOUNT_BYTES,
        .account_align = CH_MANAGER_OBJECT_ALIGN,
        .transaction_bytes = CH_MANAGER_TRANSACTION_BYTES,
        .transaction_align = CH_MANAGER_OBJECT_ALIGN,
    };
}

ch_manager_config ch_manager_balanced(void) {
    ch_manager_config config = ch_manager_high_performance();
    config.max_stack_memory = 524288;
    config.pool_sizes = (ch_pool_sizes){500, 250, 250, 50, 100, 25};
    config.buffer_sizes = (ch_buffer_sizes){64, 500, 256, 250, 1024, 100, 4096, 25};
    config.arena_sizes = (ch_arena_sizes){524288, 131072, 32768};
    config.allocation_tracking = false;
    return config;
}

ch_manager_config ch_manager_minimal(void) {
    ch_manager_config config = ch_manager_high_performance();
    config.enable_object_pooling = false;
    config.enable_buffer_pooling = false;
    config.enable_scratch_arenas = false;
    config.max_stack_memory = 131072;
    config.pool_sizes = (ch_pool_sizes){0};
    config.buffer_sizes = (ch_buffer_sizes){0};
    config.arena_sizes = (ch_arena_sizes){131072, 32768, 16384};
    config.allocation_tracking = false;
    return config;
}

bool chi_manager_has_feature(const ch_manager_config *config, unsigned feature) {
    const bool on[CH_MANAGER_FEATURES] = {
        [CH_MANAGER_ZERO_ALLOCATION] = true,
        [CH_MANAGER_STACK] = config->enable_stack_allocation,
        [CH_MANAGER_POOLS] = config->enable_object_pooling,
        [CH_MANAGER_BUFFERS] = config->enable_buffer_pooling,
        [CH_MANAGER_ARENAS] = config->enable_scratch_arenas,
        [CH_MANAGER_TRACKING] = config->allocation_tracking,
    };
    return config->enable_zero_allocation && feature < CH_MANAGER_FEATURES && on[feature];
}

/* ---- Validation ---------------------------------------------------------------------------- */

typedef struct rule {
    bool broken;
    const char *field;
} rule;

static bool outside(size_t value, size_t low, size_t high) {
    return value < low || value > high;
}

static const char *first_broken(const rule *rules, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (rules[i].broken) {
            return rules[i].field;
        }
    }
    return NULL;
}

static const char *bad_pool_count(const ch_pool_sizes *s) {
    const size_t max = CH_POOL_COUNT_MAX;
    const size_t any = s->u256_pool_size | s->hash_pool_size | s->address_pool_size |
                       s->frame_pool_size | s->account_pool_size | s->transaction_pool_size;
    const rule rules[] = {
        {any == 0, "pool_sizes"},
        {s->u256_pool_size > max, "pool_sizes.u256_pool_size"},
        {s->hash_pool_size > max, "pool_sizes.hash_pool_size"},
        {s->address_pool_size > max, "pool_sizes.address_pool_size"},
        {s->frame_pool_size > max, "pool_sizes.frame_pool_size"},
        {s->account_pool_size > max, "pool_sizes.account_pool_size"},
        {s->transaction_pool_size > max, "pool_sizes.transaction_pool_size"},
    };
    return first_broken(rules, sizeof rules / sizeof rules[0]);
}

/* A class without buffers has no size to look at; the others ascend. */
static bool size_is_bad(size_t size_bytes, size_t count, size_t *last) {
    if (count == 0) {
        return false;
    }
    bool bad =
        outside(size_bytes, CH_MANAGER_BUFFER_MIN, CH_POOL_OBJECT_MAX) || size_bytes <= *last;
    *last = size_bytes;
    return bad;
}

static const char *bad_buffer_class(const ch_buffer_sizes *s) {
    const size_t max = CH_BUFPOOL_COUNT_MAX;
    size_t last = 0;
    const bool small = size_is_bad(s->small_buffer_size, s->small_buffer_count, &last);
    const bool medium = size_is_bad(s->medium_buffer_size, s->medium_buffer_count, &last);
    const bool large = size_is_bad(s->large_buffer_size, s->large_buffer_count, &last);
    const bool huge = size_is_bad(s->huge_buffer_size, s->huge_buffer_count, &last);
    const rule rules[] = {
        {small, "buffer_sizes.small_buffer_size"},
        {s->small_buffer_count > max, "buffer_sizes.small_buffer_count"},
        {medium, "buffer_sizes.medium_buffer_size"},
        {s->medium_buffer_count > max, "buffer_sizes.medium_buffer_count"},
        {large, "buffer_sizes.large_buffer_size"},
        {s->large_buffer_count > max, "buffer_sizes.large_buffer_count"},
        {huge, "buffer_sizes.huge_buffer_size"},
        {s->huge_buffer_count > max, "buffer_sizes.huge_buffer_count"},
    };
    return first_broken(rules, sizeof rules / sizeof rules[0]);
}

static bool arena_is_bad(size_t size_bytes) {
    return size_bytes != 0 && outside(size_bytes, CH_MANAGER_ARENA_MIN, CH_MANAGER_STACK_MAX);
}

static const char *bad_arena(const ch_arena_sizes *s) {
    const rule rules[] = {
        {arena_is_bad(s->execution_arena_size), "arena_sizes.execution_arena_size"},
        {arena_is_bad(s->temporary_arena_size), "arena_sizes.temporary_arena_size"},
        {arena_is_bad(s->scratch_arena_size), "arena_sizes.scratch_arena_size"},
    };
    return first_broken(rules, sizeof rules / sizeof rules[0]);
}

static const char *bad_open_kind(const ch_manager_config *c) {
    const size_t max = CH_POOL_OBJECT_MAX;
    const bool frames = c->pool_sizes.frame_pool_size > 0;
    const bool accounts = c->pool_sizes.account_pool_size > 0;
    const bool transactions = c->pool_sizes.transaction_pool_size > 0;
    const rule rules[] = {
        {frames && outside(c->frame_bytes, 1, max), "frame_bytes"},
        {frames && !ch_align_is_valid(c->frame_align), "frame_align"},
        {accounts && outside(c->account_bytes, 1, max), "account_bytes"},
        {accounts && !ch_align_is_valid(c->account_align), "account_align"},
        {transactions && outside(c->transaction_bytes, 1, max), "transaction_bytes"},
        {transactions && !ch_align_is_valid(c->transaction_align), "transaction_align"},
    };
    return first_broken(rules, sizeof rules / sizeof rules[0]);
}

static const char *bad_field(const ch_manager_config *c) {
    const bool stack = chi_manager_has_feature(c, CH_MANAGER_STACK);
    const bool pools = chi_manager_has_feature(c, CH_MANAGER_POOLS);
    const bool buffers = chi_manager_has_feature(c, CH_MANAGER_BUFFERS);
    const bool arenas = chi_manager_has_feature(c, CH_MANAGER_ARENAS);
    const bool tracking = chi_manager_has_feature(c, CH_MANAGER_TRACKING);
    const char *field = NULL;
    if (stack && outside(c->max_stack_memory, CH_MANAGER_STACK_MIN, CH_MANAGER_STACK_MAX)) {
        return "max_stack_memory";
    }
    field = pools ? bad_pool_count(&c->pool_sizes) : NULL;
    field = field == NULL && buffers ? bad_buffer_class(&c->buffer_sizes) : field;
    field = field == NULL && arenas ? bad_arena(&c->arena_sizes) : field;
    if (field != NULL) {
        return field;
    }
    const rule rules[] = {
        {stack && outside(c->watermarks_max, 1, CH_STACK_WATERMARKS_MAX), "watermarks_max"},
        {tracking && outside(c->tracker_sites, CH_MANAGER_SITES_MIN, CH_TRACK_SITES_MAX),
         "tracker_sites"},
        {tracking && c->tracker_live > CH_TRACK_LIVE_MAX, "tracker_live"},
    };
    field = first_broken(rules, sizeof rules / sizeof rules[0]);
    return field != NULL || !pools ? field : bad_open_kind(c);
}

const char *chi_manager_plan_of(chi_manager_plan *plan, const ch_manager_config *config) {
    if (config == NULL) {
        return "config";
    }
    const char *field = bad_field(config);
    if (field != NULL) {
        return field;
    }
    bool fits = chi_manager_make_plan(plan, config);
    bool within = config->limit_bytes == 0 || plan->footprint_bytes <= config->limit_bytes;
    return fits && within ? NULL : "limit_bytes";
}

ch_status ch_manager_config_check(const ch_manager_config *config, const char **field_name) {
    chi_manager_plan plan;
    const char *field = chi_manager_plan_of(&plan, config);
    if (field_name != NULL) {
        *field_name = field;
    }
    return field == NULL ? CH_OK : CH_EINVAL;
}

/* ---- Layout -------------------------------------------------------------------------------- */

static void add_class(chi_manager_plan *plan, size_t size_bytes, size_t count) {
    if (count > 0) {
        plan->classes[plan->class_count++] = (ch_bufpool_class){size_bytes, count};
    }
}

static void choose_options(chi_manager_plan *plan, const ch_manager_config *c) {
    const ch_pool_sizes *pools = &c->pool_sizes;
    const ch_buffer_sizes *buffers = &c->buffer_sizes;
    const ch_kinds_options kinds = {
        .counts = {pools->u256_pool_size, pools->hash_pool_size, pools->address_pool_size,
                   pools->frame_pool_size, pools->account_pool_size, pools->transaction_pool_size},
        .object_bytes = {0, 0, 0, c->frame_bytes, c->account_bytes, c->transaction_bytes},
        .aligns = {0, 0, 0, c->frame_align, c->account_align, c->transaction_align},
        .keep_contents = !c->zero_objects,
    };
    if (chi_manager_has_feature(c, CH_MANAGER_POOLS)) {
        CH_REQUIRE(ch_kinds_specs(plan->specs, &kinds) == CH_OK); /* checked field by field */
    }
    add_class(plan, buffers->small_buffer_size, buffers->small_buffer_count);
    add_class(plan, buffers->medium_buffer_size, buffers->medium_buffer_count);
    add_class(plan, buffers->large_buffer_size, buffers->large_buffer_count);
    add_class(plan, buffers->huge_buffer_size, buffers->huge_buffer_count);
    plan->buffers = (ch_bufpool_options){.classes = plan->classes,
                                         .class_count = plan->class_count,
                                         .keep_contents = !c->clear_buffers,
                                         .name = "buffers"};
    plan->arenas = (ch_arenas_sizes){.execution_bytes = c->arena_sizes.execution_arena_size,
                                     .temporary_bytes = c->arena_sizes.temporary_arena_size,
                                     .scratch_bytes = c->arena_sizes.scratch_arena_size,
                                     .name = "arenas"};
    plan->stack = (ch_stack_options){
        .size_bytes = c->max_stack_memory, .watermarks_max = c->watermarks_max, .name = "stack"};
    plan->tracker = (ch_tracker_options){
        .sites_max = c->tracker_sites, .live_max = c->tracker_live, .name = "tracker"};
}

/* As many live objects as the enabled pools and buffers can give out, and some of the stack. */
static size_t live_by_itself(const chi_manager_plan *plan, bool pools, bool buffers) {
    size_t count = LIVE_EXTRA;
    for (size_t i = 0; pools && i < CH_KIND_COUNT && count < CH_TRACK_LIVE_MAX; i++) {
        count += plan->specs[i].count;
    }
    for (size_t i = 0; buffers && i < plan->class_count && count < CH_TRACK_LIVE_MAX; i++) {
        count += plan->classes[i].count;
    }
    return count < CH_TRACK_LIVE_MAX ? count : CH_TRACK_LIVE_MAX;
}

/* Puts a group of parts behind what is there; a group of 0 bytes is absent. */
static bool put_group(chi_manager_plan *plan, size_t *at, size_t bytes, size_t border,
                      bool guarded) {
    size_t start = plan->footprint_bytes;
    if (bytes == 0) {
        return true;
    }
    if (guarded && (!ch_size_round_up(&start, start, CH_MANAGER_GUARD_BYTES) ||
                    !ch_size_add(&start, start, CH_MANAGER_GUARD_BYTES))) {
        return false;
    }
    plan->align = border > plan->align ? border : plan->align;
    return ch_size_round_up(at, start, border) && ch_size_add(&plan->footprint_bytes, *at, bytes);
}

bool chi_manager_make_plan(chi_manager_plan *plan, const ch_manager_config *c) {
    const bool pools = chi_manager_has_feature(c, CH_MANAGER_POOLS);
    bool guarded = c->guard_pages;
    *plan = (chi_manager_plan){.align = BORDER};
    choose_options(plan, c);
    const bool buffers = chi_manager_has_feature(c, CH_MANAGER_BUFFERS) && plan->class_count > 0;
    const ch_arenas_sizes *a = &plan->arenas;
    const bool arenas = chi_manager_has_feature(c, CH_MANAGER_ARENAS) &&
                        (a->execution_bytes | a->temporary_bytes | a->scratch_bytes) != 0;
    if (plan->tracker.live_max == 0) {
        plan->tracker.live_max = live_by_itself(plan, pools, buffers);
    }
    if (chi_manager_has_feature(c, CH_MANAGER_TRACKING)) {
        plan->tracker_bytes = ch_tracker_footprint(&plan->tracker);
    }
    if (chi_manager_has_feature(c, CH_MANAGER_STACK)) {
        plan->stack_bytes = ch_stack_footprint(&plan->stack);
    }
    plan->pools_bytes = pools ? ch_pools_footprint(plan->specs, CH_KIND_COUNT) : 0;
    plan->buffers_bytes = buffers ? ch_bufpool_footprint(&plan->buffers) : 0;
    plan->arenas_bytes = arenas ? ch_arenas_footprint(a) : 0;
    if ((pools && plan->pools_bytes == 0) || (buffers && plan->buffers_bytes == 0) ||
        (arenas && plan->arenas_bytes == 0)) {
        return false;
    }
    size_t pools_border = pools ? ch_pools_align(plan->specs, CH_KIND_COUNT) : BORDER;
    plan->footprint_bytes = sizeof(ch_manager);
    return put_group(plan, &plan->tracker_at, plan->tracker_bytes, BORDER, guarded) &&
           put_group(plan, &plan->stack_at, plan->stack_bytes, BORDER, guarded) &&
           put_group(plan, &plan->pools_at, plan->pools_bytes, pools_border, guarded) &&
           put_group(plan, &plan->buffers_at, plan->buffers_bytes, BORDER, guarded) &&
           put_group(plan, &plan->arenas_at, plan->arenas_bytes, BORDER, guarded);
}

/* A pool of a set lies at the next border of 64, or of its objects if that is more. */
static void place_pool(ch_manager_part *part, size_t *end, const ch_pool_options *options) {
    size_t border = options->align > BORDER ? options->align : BORDER;
    if (options->count > 0) {
        part->offset = (*end + border - 1) & ~(border - 1);
        part->size_bytes = ch_pool_footprint(options);
        *end = part->offset + part->size_bytes;
    }
}

static void place_pools(ch_manager_part *parts, const chi_manager_plan *plan) {
    size_t end = plan->pools_at;
    for (size_t i = 0; plan->pools_bytes > 0 && i < CH_KIND_COUNT; i++) {
        const ch_pool_options options = {.object_bytes = plan->specs[i].object_bytes,
                                         .align = plan->specs[i].align,
                                         .count = plan->specs[i].count};
        place_pool(&parts[i], &end, &options);
    }
}

/* Classes lie one behind the other, each with its tables: where one begins, a pool of the smaller
 * ones alone would end. */
static void place_buffers(ch_manager_part *parts, const chi_manager_plan *plan,
                          const size_t counts[CH_MANAGER_CLASSES]) {
    ch_bufpool_options smaller = {.classes = plan->classes};
    size_t end = 0;
    for (size_t i = 0; plan->buffers_bytes > 0 && i < CH_MANAGER_CLASSES; i++) {
        if (counts[i] > 0) {
            size_t start = (end + BORDER - 1) & ~(size_t)(BORDER - 1);
            smaller.class_count++;
            end = ch_bufpool_footprint(&smaller);
            parts[i].offset = plan->buffers_at + start;
            parts[i].size_bytes = end - start;
        }
    }
}

void chi_manager_place_parts(ch_manager_part parts[CH_MANAGER_PARTS], const chi_manager_plan *plan,
                             const ch_manager_config *config) {
    static const char *const NAMES[CH_MANAGER_PARTS] = {
        "header",      "tracker", "stack",  "u256",  "hash", "address",   "frame",     "account",
        "transaction", "small",   "medium", "large", "huge", "execution", "temporary", "scratch"};
    const ch_buffer_sizes *buffers = &config->buffer_sizes;
    const size_t counts[CH_MANAGER_CLASSES] = {
        buffers->small_buffer_count, buffers->medium_buffer_count, buffers->large_buffer_count,
        buffers->huge_buffer_count};
    const size_t arenas[CH_ARENAS_KINDS] = {
        plan->arenas.execution_bytes, plan->arenas.temporary_bytes, plan->arenas.scratch_bytes};
    for (size_t i = 0; i < CH_MANAGER_PARTS; i++) {
        parts[i] = (ch_manager_part){.name = NAMES[i]};
    }
    parts[CH_MANAGER_PART_HEADER].size_bytes = sizeof(ch_manager);
    parts[CH_MANAGER_PART_TRACKER].offset = plan->tracker_at;
    parts[CH_MANAGER_PART_TRACKER].size_bytes = plan->tracker_bytes;
    parts[CH_MANAGER_PART_STACK].offset = plan->stack_at;
    parts[CH_MANAGER_PART_STACK].size_bytes = plan->stack_bytes;
    place_pools(&parts[CH_MANAGER_PART_POOLS], plan);
    place_buffers(&parts[CH_MANAGER_PART_BUFFERS], plan, counts);
    size_t end = plan->arenas_at;
    for (size_t i = 0; plan->arenas_bytes > 0 && i < CH_ARENAS_KINDS; i++) {
        if (arenas[i] > 0) {
            ch_manager_part *part = &parts[CH_MANAGER_PART_ARENAS + i];
            part->offset = (end + CH_ARENAS_BORDER - 1) & ~(size_t)(CH_ARENAS_BORDER - 1);
            part->size_bytes = arenas[i];
            end = part->offset + part->size_bytes;
        }
    }
}

size_t ch_manager_align(const ch_manager_config *config) {
    chi_manager_plan plan;
    return chi_manager_plan_of(&plan, config) == NULL ? plan.align : 0;
}

size_t ch_manager_footprint(const ch_manager_config *config) {
    chi_manager_plan plan;
    return chi_manager_plan_of(&plan, config) == NULL ? plan.footprint_bytes : 0;
}

size_t ch_manager_payload(const ch_manager_config *config) {
    chi_manager_plan plan;
    if (chi_manager_plan_of(&plan, config) != NULL) {
        return 0;
    }
    size_t sum = plan.stack_bytes > 0 ? plan.stack.size_bytes : 0;
    for (size_t i = 0; plan.pools_bytes > 0 && i < CH_KIND_COUNT; i++) {
        sum += plan.specs[i].object_bytes * plan.specs[i].count;
    }
    for (size_t i = 0; plan.buffers_bytes > 0 && i < plan.class_count; i++) {
        sum += plan.classes[i].size_bytes * plan.classes[i].count;
    }
    const ch_arenas_sizes *arenas = &plan.arenas;
    return plan.arenas_bytes > 0
               ? sum + arenas->execution_bytes + arenas->temporary_bytes + arenas->scratch_bytes
               : sum;
}

ch_status ch_manager_layout(const ch_manager_config *config,
                            ch_manager_part parts[CH_MANAGER_PARTS]) {
    chi_manager_plan plan;
    if (parts == NULL || chi_manager_plan_of(&plan, config) != NULL) {
        return CH_EINVAL;
    }
    chi_manager_place_parts(parts, &plan, config);
    return CH_OK;
}
