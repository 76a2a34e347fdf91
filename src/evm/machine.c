/* machine.c: a machine's life: how much memory it needs, where each part lies, how it executes. */
#include "internal.h"

#include "fused.h"

#include <coldevm/hash.h>

#include <string.h>

#define PAGE_BYTES    ((size_t)4096)
#define GAS_DEFAULT   30000000u
#define CACHE_DEFAULT ((uint64_t)16 << 20)
#define CODE_ROOM_BYTES                                                                            \
    ((uint64_t)(65536 + 8192 + 512)) /* copy, map, record of one frame's code                      \
                                      */
#define CACHE_LIMIT_MOST ((uint64_t)1 << 46)

/* ---- Footprint ---- */

static uint64_t page_round(uint64_t size) {
    return (size + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

static uint32_t depth_of(const chevm_options *options) {
    return options->depth_max != 0 || options->single_frame ? options->depth_max : CHEVM_DEPTH_MAX;
}

static uint64_t gas_of(const chevm_options *options) {
    return options->gas_limit != 0 ? options->gas_limit : GAS_DEFAULT;
}

static chevm_memory_rule rule_of(const chevm_options *options) {
    chevmi_rules rules;
    chevmi_rules_build(&rules, options->fork);
    return rules.keeps_64th ? CHEVM_MEMORY_63_OF_64 : CHEVM_MEMORY_ALL_GAS;
}

/* A caller leaves at most 1021 words below its callee (a call takes 6 operands and leaves 1), so d
 * callers and one full frame fit in 1021 d + 1024; one more lies under the first frame's word 0. */
static uint64_t stack_words(uint32_t depth_max) {
    uint64_t tight = (uint64_t)depth_max * 1021 + 1024 + 16;
    uint64_t round = (uint64_t)depth_max * 1024;
    return round > tight ? round : tight;
}

ch_status chevm_footprint(const chevm_options *options, chevm_footprint_parts *parts) {
    if (options == NULL || parts == NULL || (unsigned)options->fork >= CHEVM_FORK_COUNT ||
        (unsigned)options->engine > CHEVM_ENGINE_PORTABLE || depth_of(options) > CHEVM_DEPTH_MAX) {
        return CH_EINVAL;
    }
    uint32_t depth = depth_of(options);
    uint64_t memory = options->memory_bytes;
    uint64_t single = memory;
    if (memory == 0) {
        memory = chevm_memory_worst_case(gas_of(options), depth, rule_of(options));
        single = chevm_memory_worst_case(gas_of(options), 0, rule_of(options));
    }
    uint64_t cache = options->cache_bytes != 0 ? options->cache_bytes : CACHE_DEFAULT;
    if (memory > CHEVM_MEMORY_LIMIT_MAX || cache > CACHE_LIMIT_MOST) {
        return CH_ERANGE;
    }
    cache = cache < CHEVMI_CACHE_BYTES_MIN ? CHEVMI_CACHE_BYTES_MIN : cache;
    uint64_t bytes[CHEVM_PART_COUNT] = {
        [CHEVM_PART_MACHINE] = sizeof(chevm),
        [CHEVM_PART_FRAMES] = ((uint64_t)depth + 2) * sizeof(chevmi_frame),
        [CHEVM_PART_STACK] = stack_words(depth) * sizeof(chevm_u256),
        [CHEVM_PART_MEMORY] = memory,
        [CHEVM_PART_RETURNDATA] = single,
        [CHEVM_PART_CODE] = memory + memory / 8 + ((uint64_t)depth + 1) * CODE_ROOM_BYTES,
        [CHEVM_PART_CACHE] = cache,
    };
    uint64_t total = 0;
    for (int part = 0; part < CHEVM_PART_COUNT; part++) {
        bytes[part] = page_round(bytes[part]);
        total += bytes[part];
    }
    if (total > SIZE_MAX / 2) {
        return CH_ERANGE;
    }
    for (int part = 0; part < CHEVM_PART_COUNT; part++) {
        parts->bytes[part] = (size_t)bytes[part];
    }
    parts->total = (size_t)total;
    return CH_OK;
}

/* ---- Life ---- */

static void dispatch_fill(chevm *vm) {
    const void *const *labels = vm->run(NULL);
    for (unsigned op = 0; op < 256; op++) {
        bool plain = vm->rules.defined[op];
        bool fused = plain || chevmi_is_fused((uint8_t)op);
        vm->opcode_map[0][op] = plain ? (uint8_t)op : CHEVMI_FUSED_UNDEFINED;
        vm->opcode_map[1][op] = fused ? (uint8_t)op : CHEVMI_FUSED_UNDEFINED;
        if (labels != NULL) {
            vm->dispatch[0][op] = labels[vm->opcode_map[0][op]];
            vm->dispatch[1][op] = labels[256 + vm->opcode_map[1][op]];
        }
    }
}

/* Chooses the build of the loop for engine, tracer and processor. */
static void choose_run(chevm *vm) {
    bool fast = vm->options.engine == CHEVM_ENGINE_FAST;
    if (vm->tracer != NULL) {
        vm->run = fast ? chevmi_run_fast_traced : chevmi_run_portable_traced;
    } else if (!fast) {
        vm->run = chevmi_run_portable;
    } else {
        vm->run = chevmi_fast_for_cpu();
    }
    dispatch_fill(vm);
}

/* Lays the parts out in region, whose pages are fresh or full of anything, and prepares them. */
static ch_status build(chevm **out, const ch_region *region, bool fresh,
                       const chevm_options *options, const chevm_footprint_parts *parts) {
    uint8_t *start[CHEVM_PART_COUNT];
    uint8_t *at = region->base;
    for (int part = 0; part < CHEVM_PART_COUNT; part++) {
        start[part] = at;
        at += parts->bytes[part];
    }
    chevm *vm = (chevm *)(void *)start[CHEVM_PART_MACHINE];
    memset(vm, 0, sizeof *vm);
    vm->region = *region;
    vm->options = *options;
    vm->parts = *parts;
    vm->depth_max = depth_of(options);
    vm->frames = (chevmi_frame *)(void *)start[CHEVM_PART_FRAMES];
    vm->stack = (chevm_u256 *)(void *)start[CHEVM_PART_STACK];
    vm->return_buffer = start[CHEVM_PART_RETURNDATA];
    vm->return_capacity = parts->bytes[CHEVM_PART_RETURNDATA];
    vm->lender.twin = options->twin;
    vm->lender.scratch = &vm->scratch;
    const ch_allocator *twin = options->twin;
    chevm_memory_options memory = {.limit_bytes = parts->bytes[CHEVM_PART_MEMORY], .zeroed = fresh};
    ch_status status;
    if (twin != NULL) {
        status = chevm_memory_init_twin(&vm->memory, twin, &memory);
    } else {
        status = chevm_memory_init(&vm->memory, &vm->region,
                                   (size_t)(start[CHEVM_PART_MEMORY] - region->base), &memory);
    }
    if (status != CH_OK) {
        return status;
    }
    if (twin != NULL) {
        status = ch_arena_init_twin(&vm->scratch, twin, NULL);
    } else {
        status = ch_arena_init(&vm->scratch, start[CHEVM_PART_CODE], parts->bytes[CHEVM_PART_CODE],
                               NULL);
    }
    if (status != CH_OK) {
        return status;
    }
    chevmi_cache_init(&vm->cache, start[CHEVM_PART_CACHE], parts->bytes[CHEVM_PART_CACHE]);
    vm->cache.on = !options->cache_off;
    chevm_hash_init();
    chevmi_rules_build(&vm->rules, options->fork);
    choose_run(vm);
    vm->magic = CHEVMI_MAGIC;
    *out = vm;
    return CH_OK;
}

ch_status chevm_create(chevm **vm, const chevm_options *options) {
    chevm_footprint_parts parts;
    ch_status status = chevm_footprint(options, &parts);
    if (status != CH_OK || vm == NULL) {
        return status != CH_OK ? status : CH_EINVAL;
    }
    ch_region region = {0};
    ch_region_options reservation = {.size_bytes = parts.total, .name = "coldevm"};
    status = ch_region_reserve(&region, &reservation);
    if (status != CH_OK) {
        return status;
    }
    /* Everything but EVM memory, which commits in steps as it grows. */
    size_t memory_at = parts.bytes[CHEVM_PART_MACHINE] + parts.bytes[CHEVM_PART_FRAMES] +
                       parts.bytes[CHEVM_PART_STACK];
    size_t behind = memory_at + parts.bytes[CHEVM_PART_MEMORY];
    status = ch_region_commit(&region, 0, memory_at);
    if (status == CH_OK) {
        status = ch_region_commit(&region, behind, parts.total - behind);
    }
    if (status == CH_OK) {
        status = build(vm, &region, true, options, &parts);
    }
    if (status != CH_OK) {
        (void)ch_region_fini(&region);
    }
    return status;
}

void chevm_destroy(chevm *vm) {
    if (vm != NULL) {
        ch_region region = vm->region;
        chevm_fini(vm);
        (void)ch_region_fini(&region);
    }
}

ch_status chevm_init(chevm **vm, void *memory, size_t size, const chevm_options *options) {
    chevm_footprint_parts parts;
    ch_status status = chevm_footprint(options, &parts);
    if (status != CH_OK || vm == NULL || memory == NULL) {
        return status != CH_OK ? status : CH_EINVAL;
    }
    if ((uintptr_t)memory % PAGE_BYTES != 0) {
        return CH_EALIGN;
    }
    if (size < parts.total) {
        return CH_EFULL;
    }
    ch_region region;
    status = ch_region_from(&region, memory, parts.total);
    return status == CH_OK ? build(vm, &region, false, options, &parts) : status;
}

void chevm_fini(chevm *vm) {
    if (vm != NULL && vm->magic == CHEVMI_MAGIC) {
        vm->magic = 0;
        chevmi_lend_fini(vm);
        chevm_memory_fini(&vm->memory);
        ch_arena_fini(&vm->scratch);
        ch_arena_fini(&vm->cache.bytes);
    }
}

/* ---- Settings ---- */

ch_status chevm_set_fork(chevm *vm, chevm_fork fork) {
    if ((unsigned)fork >= CHEVM_FORK_COUNT) {
        return CH_EINVAL;
    }
    if (vm->busy) {
        return CH_EBUSY;
    }
    if (vm->rules.fork != fork) {
        chevmi_rules_build(&vm->rules, fork);
        dispatch_fill(vm);
        chevmi_cache_flush(&vm->cache); /* fused copies are those of one fork */
    }
    return CH_OK;
}

chevm_fork chevm_get_fork(const chevm *vm) {
    return vm->rules.fork;
}

ch_status chevm_set_engine(chevm *vm, chevm_engine engine) {
    if ((unsigned)engine > CHEVM_ENGINE_PORTABLE) {
        return CH_EINVAL;
    }
    if (vm->busy) {
        return CH_EBUSY;
    }
    vm->options.engine = engine;
    choose_run(vm);
    return CH_OK;
}

ch_status chevm_set_cache(chevm *vm, bool on) {
    if (vm->busy) {
        return CH_EBUSY;
    }
    vm->cache.on = on;
    chevmi_cache_flush(&vm->cache);
    return CH_OK;
}

ch_status chevm_set_fusing(chevm *vm, chevm_fusing fusing) {
    if ((unsigned)fusing > CHEVM_FUSE_NEVER) {
        return CH_EINVAL;
    }
    if (vm->busy) {
        return CH_EBUSY;
    }
    vm->fusing = fusing;
    chevmi_cache_flush(&vm->cache);
    return CH_OK;
}

ch_status chevm_set_tracer(chevm *vm, const chevm_tracer *tracer) {
    if (vm->busy) {
        return CH_EBUSY;
    }
    vm->tracer = tracer;
    choose_run(vm);
    return CH_OK;
}

void chevm_get_stats(const chevm *vm, chevm_stats *stats) {
    *stats = vm->stats;
    stats->cache_hits = vm->cache.hits;
    stats->cache_misses = vm->cache.misses;
    stats->cache_flushes = vm->cache.flushes;
    stats->memory_peak_bytes = (size_t)chevm_memory_peak(&vm->memory);
}

void chevm_reset_stats(chevm *vm) {
    CH_REQUIRE(!vm->busy);
    memset(&vm->stats, 0, sizeof vm->stats);
    vm->memory.peak = 0;
}

/* ---- Execution ---- */

void chevm_execute(chevm *vm, const chevm_host *host, void *context, const chevm_message *message,
                   const chevm_callee *callee, chevm_result *result) {
    CH_REQUIRE(vm->magic == CHEVMI_MAGIC);
    if (vm->busy || message->gas < 0 || message->depth > CHEVM_DEPTH_MAX) {
        *result = (chevm_result){.status = CHEVM_REJECTED};
        return;
    }
    if (vm->cache.flush_wanted) {
        chevmi_cache_flush(&vm->cache);
    }
    vm->busy = true;
    vm->host = host;
    vm->context = context;
    vm->tx = NULL;
    vm->refund = 0;
    vm->result = result;
    vm->stats.executions++;
    chevm_memory_reset(&vm->memory);
    chevmi_lend_begin(vm);
    chevmi_frame *frame = vm->lends ? chevmi_borrow_frame(vm, NULL) : vm->frames;
    *result = (chevm_result){.status = CHEVM_OUT_OF_MEMORY};
    if (frame != NULL) {
        vm->first = frame;
        frame->parent = NULL;
        frame->message = *message;
        frame->message.recipient = callee->recipient;
        if (chevmi_enter(vm, frame, vm->stack + 1, callee)) {
            (void)vm->run(vm);
            chevmi_leave(vm, frame);
            if (vm->lends) {
                chevmi_return_frame(vm, frame);
            }
        }
    }
    chevmi_lend_end(vm);
    vm->busy = false;
}

void chevm_call(chevm *vm, const chevm_host *host, void *context, const chevm_message *message,
                chevm_result *result) {
    chevm_u256 balance;
    bool moves = message->kind != CHEVM_KIND_DELEGATECALL && !chevm_u256_is_zero(&message->value);
    host->get_balance(context, &message->sender, &balance);
    if (moves && chevm_u256_less(&balance, &message->value)) {
        *result = (chevm_result){.status = CHEVM_BALANCE, .gas_left = message->gas};
        return;
    }
    chevm_callee callee;
    host->call_begin(context, message, &callee);
    if (!callee.run) {
        *result = callee.result;
        return;
    }
    chevm_execute(vm, host, context, message, &callee, result);
    chevm_message ended = *message;
    ended.recipient = callee.recipient;
    host->call_end(context, &ended, result);
}
