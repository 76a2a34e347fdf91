/* A machine on a manager: the same answers as without, refusals by name with everything undone and
 * given back, and the caller's access to words, buffers and figures. The benchmark archive is run
 * in test/conformance/managed.c. */
#include "engines_fuzz.h"

#include "harness.h"

#include <stdlib.h>

enum { GAS = 10000000 };

static rig world;

static ch_manager *manager_of(const ch_manager_config *config) {
    ch_manager *manager = NULL;
    CHECK_EQUAL(ch_manager_init_region(&manager, config, NULL), CH_OK);
    return manager;
}

/* Frames that fit, two words, few small buffers; no tracking. */
static ch_manager_config small_config(void) {
    ch_manager_config config = ch_manager_high_performance();
    config.allocation_tracking = false;
    config.frame_bytes = chevm_frame_bytes();
    config.frame_align = chevm_frame_align();
    config.pool_sizes.u256_pool_size = 2;
    return config;
}

static chevm *machine(const ch_allocator *twin) {
    chevm *vm = NULL;
    const chevm_options options = {.fork = CHEVM_OSAKA, .memory_bytes = 1 << 20, .twin = twin};
    CHECK_EQUAL(chevm_create(&vm, &options), CH_OK);
    return vm;
}

/* ---- Programs -------------------------------------------------------------------------------- */

#define PUSH_ZEROS_4 0x60, 0x00, 0x60, 0x00, 0x60, 0x00, 0x60, 0x00

/* Stores its depth-bound counter, sends 1 wei to itself while the counter is above 0, creates a
 * contract that returns nothing, logs, and returns 32 bytes. Calldata word 0 is the counter. */
static const uint8_t BUSY[] = {
    0x60, 0x00, 0x35,                                     /* counter */
    0x80, 0x80, 0x55,                                     /* SSTORE(counter, counter) */
    0x80, 0x15, 0x60, 0x29, 0x57,                         /* if 0 goto end */
    0x60, 0x01, 0x81, 0x03, 0x60, 0x00, 0x52,             /* MSTORE(0, counter - 1) */
    0x60, 0x20, 0x60, 0x00, 0x60, 0x20, 0x60, 0x00, 0x60, /* CALL(gas, 0, 1, 0, 32, 0, 32) */
    0x01, 0x60, 0x00, 0x5a, 0xf1, 0x50,                   /* */
    0x60, 0x02, 0x60, 0x00, 0x60, 0x00, 0xf0, 0x50,       /* CREATE(0, 0, 2) */
    0x5b,                                                 /* end: */
    0x60, 0x20, 0x60, 0x00, 0xa0,                         /* LOG0 */
    0x60, 0x20, 0x60, 0x00, 0xf3};

/* RETURN(0, size) */
static size_t returning(uint8_t *code, uint32_t size) {
    const uint8_t bytes[] = {
        0x62, (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size, 0x60, 0x00, 0xf3};
    memcpy(code, bytes, sizeof bytes);
    return sizeof bytes;
}

/* CALL of the same code with all gas, without end. */
static const uint8_t FOREVER[] = {PUSH_ZEROS_4, 0x60, 0x00, 0x60, 0x00, 0x5a, 0xf1};

static engines_outcome run_code(chevm *vm, const uint8_t *program, size_t size, uint8_t counter,
                                int64_t gas) {
    static uint8_t code[256 + CHEVM_CODE_PADDING];
    uint8_t input[32] = {[31] = counter};
    engines_outcome outcome = {.status = CHEVM_INTERNAL};
    memset(code, 0, sizeof code);
    memcpy(code, program, size);
    engines_run(vm, &world, code, size, input, sizeof input, gas, &outcome);
    return outcome;
}

static bool same(const engines_outcome *a, const engines_outcome *b) {
    return a->status == b->status && a->gas_left == b->gas_left && a->refund == b->refund &&
           a->output_hash == b->output_hash && a->world_hash == b->world_hash;
}

/* What is out of the manager between executions. */
static bool all_back(chevm *vm) {
    ch_manager_figures figures;
    return CHECK_EQUAL(chevm_reset_execution_context(vm), CH_OK) &&
           CHECK_EQUAL(chevm_manager_stats(vm, &figures), CH_OK) &&
           CHECK_EQUAL(figures.current_stack_usage, 0) && CHECK_EQUAL(figures.pool_in_use, 0) &&
           CHECK_EQUAL(figures.buffer_in_use, 0) &&
           CHECK_EQUAL(ch_manager_check(chevm_get_manager(vm), NULL), CH_OK);
}

/* ---- Answers --------------------------------------------------------------------------------- */

TEST(managed_machine_answers_as_alone_and_gives_all_back) { /* M60 */
    const ch_manager_config config = small_config();
    ch_manager *manager = manager_of(&config);
    chevm *vm = machine(NULL);
    for (uint8_t depth = 0; depth < 12; depth++) {
        CHECK_EQUAL(chevm_disable_manager(vm), CH_OK);
        const engines_outcome alone = run_code(vm, BUSY, sizeof BUSY, depth, GAS);
        CHECK_EQUAL(alone.status, CHEVM_OK);
        CHECK_EQUAL(chevm_enable_manager(vm, manager), CH_OK);
        CHECK(chevm_get_manager(vm) == manager);
        const engines_outcome managed = run_code(vm, BUSY, sizeof BUSY, depth, GAS);
        CHECK(same(&alone, &managed));
        (void)all_back(vm);
    }
    ch_manager_figures figures;
    CHECK_EQUAL(chevm_manager_stats(vm, &figures), CH_OK);
    CHECK(figures.peak_stack_usage > CHEVM_STACK_MAX * sizeof(chevm_u256));
    CHECK(figures.buffer_acquisitions > 0);
    chevm_destroy(vm);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

TEST(managed_machine_with_each_feature_off_answers_as_alone) { /* M60 */
    static const ch_manager_feature FEATURES[] = {CH_MANAGER_ZERO_ALLOCATION, CH_MANAGER_STACK,
                                                  CH_MANAGER_POOLS, CH_MANAGER_BUFFERS,
                                                  CH_MANAGER_ARENAS};
    const ch_manager_config config = small_config();
    ch_manager *manager = manager_of(&config);
    chevm *vm = machine(NULL);
    const engines_outcome alone = run_code(vm, BUSY, sizeof BUSY, 9, GAS);
    CHECK_EQUAL(chevm_enable_manager(vm, manager), CH_OK);
    for (size_t i = 0; i < sizeof FEATURES / sizeof FEATURES[0]; i++) {
        CHECK_EQUAL(ch_manager_set_enabled(manager, FEATURES[i], false), CH_OK);
        const engines_outcome managed = run_code(vm, BUSY, sizeof BUSY, 9, GAS);
        CHECK(same(&alone, &managed));
        CHECK_EQUAL(chevm_reset_execution_context(vm), CH_OK);
        CHECK_EQUAL(ch_manager_set_enabled(manager, FEATURES[i], true), CH_OK);
    }
    const engines_outcome managed = run_code(vm, BUSY, sizeof BUSY, 9, GAS);
    CHECK(same(&alone, &managed));
    (void)all_back(vm);
    chevm_destroy(vm);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

TEST(managed_machine_refused_at_each_request_is_out_of_memory_or_the_same) { /* M60 */
    const ch_manager_config config = small_config();
    ch_manager *manager = manager_of(&config);
    chevm *vm = machine(NULL);
    uint64_t refused = 0;
    for (int cached = 0; cached < 2; cached++) {
        CHECK_EQUAL(chevm_set_cache(vm, cached != 0), CH_OK);
        CHECK_EQUAL(chevm_disable_manager(vm), CH_OK);
        const engines_outcome none = run_code(vm, BUSY, sizeof BUSY, 5, 0);
        const engines_outcome alone = run_code(vm, BUSY, sizeof BUSY, 5, GAS);
        CHECK_EQUAL(chevm_enable_manager(vm, manager), CH_OK);
        (void)chevm_refuse_request(vm, 0);
        (void)run_code(vm, BUSY, sizeof BUSY, 5, GAS);
        const uint64_t count = chevm_refuse_request(vm, 0);
        CHECK(count > 20);
        for (uint64_t number = 1; number <= count + 1; number++) {
            (void)chevm_refuse_request(vm, number);
            const engines_outcome managed = run_code(vm, BUSY, sizeof BUSY, 5, GAS);
            (void)chevm_refuse_request(vm, 0);
            if (same(&alone, &managed)) {
                refused += number > count;
            } else {
                CHECK_EQUAL(managed.status, CHEVM_OUT_OF_MEMORY);
                CHECK_EQUAL(managed.gas_left, 0);
                CHECK(managed.world_hash == none.world_hash);
                CHECK(number <= count);
                refused++;
            }
            if (!all_back(vm)) {
                break;
            }
        }
        CHECK(refused > count / 2);
    }
    chevm_destroy(vm);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

/* A stack of n bytes holds one whole operand stack and the cut-down ones of its callers. */
TEST(managed_machine_cuts_the_stacks_of_waiting_callers_down) { /* M60 */
    ch_manager_config config = small_config();
    config.max_stack_memory = CHEVM_STACK_MAX * sizeof(chevm_u256) + 200 * 64;
    config.pool_sizes.frame_pool_size = 1000;
    ch_manager *manager = manager_of(&config);
    chevm *vm = machine(NULL);
    CHECK_EQUAL(chevm_enable_manager(vm, manager), CH_OK);
    const engines_outcome shallow = run_code(vm, BUSY, sizeof BUSY, 20, GAS);
    CHECK_EQUAL(shallow.status, CHEVM_OK);
    const engines_outcome deep = run_code(vm, FOREVER, sizeof FOREVER, 0, INT64_C(1) << 40);
    CHECK_EQUAL(deep.status, CHEVM_OUT_OF_MEMORY);
    chevm_stats stats;
    chevm_get_stats(vm, &stats);
    CHECK(stats.depth_peak >= 190 && stats.depth_peak <= 410);
    (void)all_back(vm);
    const engines_outcome again = run_code(vm, BUSY, sizeof BUSY, 20, GAS);
    CHECK(same(&shallow, &again));
    chevm_destroy(vm);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

TEST(managed_machine_ends_when_frames_run_out) { /* M60 */
    ch_manager_config config = small_config();
    config.pool_sizes.frame_pool_size = 3;
    ch_manager *manager = manager_of(&config);
    chevm *vm = machine(NULL);
    CHECK_EQUAL(chevm_enable_manager(vm, manager), CH_OK);
    CHECK_EQUAL(run_code(vm, BUSY, sizeof BUSY, 1, GAS).status, CHEVM_OK);
    CHECK_EQUAL(run_code(vm, BUSY, sizeof BUSY, 4, GAS).status, CHEVM_OUT_OF_MEMORY);
    CHECK_EQUAL(run_code(vm, FOREVER, sizeof FOREVER, 0, GAS).status, CHEVM_OUT_OF_MEMORY);
    (void)all_back(vm);
    chevm_destroy(vm);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

TEST(managed_output_goes_to_a_buffer_or_the_temporary_arena) { /* M60 */
    const ch_manager_config config = small_config();
    ch_manager *manager = manager_of(&config);
    chevm *vm = machine(NULL);
    CHECK_EQUAL(chevm_enable_manager(vm, manager), CH_OK);
    static uint8_t code[16 + CHEVM_CODE_PADDING];
    static const uint32_t SIZES[] = {0, 1, 64, 65, 4096, 4097, 100000, 262144, 262145};
    const ch_arena *temporary = ch_manager_arena(manager, CH_ARENAS_TEMPORARY);
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        chevm_result result;
        ch_manager_figures figures;
        memset(code, 0, sizeof code);
        const size_t size = returning(code, SIZES[i]);
        rig_init(&world, code, size, 3);
        rig_run(&world, vm, 10000000, NULL, 0, &result);
        if (SIZES[i] + ch_arena_redzone_bytes() > 262144) { /* as large as the arena is */
            CHECK_EQUAL(result.status, CHEVM_OUT_OF_MEMORY);
            continue;
        }
        CHECK_EQUAL(result.status, CHEVM_OK);
        CHECK_EQUAL(result.output_size, SIZES[i]);
        for (size_t at = 0; at < result.output_size; at++) {
            if (!CHECK(result.output[at] == 0)) {
                break;
            }
        }
        CHECK_EQUAL(chevm_manager_stats(vm, &figures), CH_OK);
        CHECK_EQUAL(figures.buffer_in_use, SIZES[i] != 0 && SIZES[i] <= 4096);
        CHECK_EQUAL(ch_arena_used(temporary) != 0, SIZES[i] > 4096);
    }
    (void)all_back(vm);
    CHECK_EQUAL(ch_arena_used(temporary), 0);
    chevm_destroy(vm);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

/* ---- Refusals -------------------------------------------------------------------------------- */

static struct {
    chevm *vm;
    ch_manager *manager;
    unsigned asked;
} inside;

static void try_inside(void *context, const chevm_trace_step *step) {
    (void)context;
    (void)step;
    inside.asked++;
    CHECK_EQUAL(chevm_enable_manager(inside.vm, inside.manager), CH_EBUSY);
    CHECK_EQUAL(chevm_disable_manager(inside.vm), CH_EBUSY);
    CHECK_EQUAL(chevm_reset_execution_context(inside.vm), CH_EBUSY);
}

static void do_nothing(void *context, const chevm_trace_step *step) {
    (void)context;
    (void)step;
}

TEST(managed_machine_refuses_changes_during_a_run) { /* M60 */
    const ch_manager_config config = small_config();
    inside.manager = manager_of(&config);
    inside.vm = machine(NULL);
    const chevm_tracer tracer = {try_inside, do_nothing, NULL};
    CHECK_EQUAL(chevm_set_tracer(inside.vm, &tracer), CH_OK);
    for (int on = 0; on < 2; on++) {
        CHECK_EQUAL(run_code(inside.vm, BUSY, sizeof BUSY, 2, GAS).status, CHEVM_OK);
        CHECK(inside.asked > 10);
        CHECK(chevm_get_manager(inside.vm) == (on ? inside.manager : NULL));
        CHECK_EQUAL(chevm_enable_manager(inside.vm, inside.manager), CH_OK);
    }
    chevm_destroy(inside.vm);
    CHECK_EQUAL(ch_manager_fini(inside.manager), CH_OK);
}

static void *refuse(void *user, size_t size_bytes, size_t align) {
    (void)user;
    (void)size_bytes;
    (void)align;
    return NULL;
}

static ch_status take_back(void *user, void *block, size_t size_bytes) {
    (void)user;
    (void)block;
    (void)size_bytes;
    return CH_OK;
}

TEST(managed_machine_refuses_what_does_not_fit) { /* M60 */
    ch_manager_config config = small_config();
    chevm *vm = machine(NULL);
    CHECK_EQUAL(chevm_enable_manager(vm, NULL), CH_EINVAL);
    CHECK_EQUAL(chevm_disable_manager(vm), CH_OK);
    config.frame_bytes = chevm_frame_bytes() - 1;
    ch_manager *narrow = manager_of(&config);
    CHECK_EQUAL(chevm_enable_manager(vm, narrow), CH_EINVAL);
    config.frame_bytes = chevm_frame_bytes();
    config.frame_align = chevm_frame_align() / 2;
    ch_manager *crooked = manager_of(&config);
    CHECK_EQUAL(chevm_enable_manager(vm, crooked), CH_EINVAL);
    CHECK(chevm_get_manager(vm) == NULL);
    const ch_allocator empty = {.alloc = refuse, .free = take_back};
    chevm *twin = machine(&empty);
    config = small_config();
    ch_manager *manager = manager_of(&config);
    CHECK_EQUAL(chevm_enable_manager(twin, manager), CH_EUNSUP);
    CHECK_EQUAL(run_code(twin, BUSY, sizeof BUSY, 1, GAS).status, CHEVM_OUT_OF_MEMORY);
    chevm_destroy(twin);
    chevm_destroy(vm);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
    CHECK_EQUAL(ch_manager_fini(narrow), CH_OK);
    CHECK_EQUAL(ch_manager_fini(crooked), CH_OK);
}

/* ---- The caller's access --------------------------------------------------------------------- */

TEST(managed_words_and_buffers_are_the_callers_too) { /* M60 */
    const ch_manager_config config = small_config();
    ch_manager *manager = manager_of(&config);
    ch_manager_figures figures;
    chevm *vm = machine(NULL);
    chevm_u256 *words[3] = {NULL};
    ch_buffer buffer = {0};
    CHECK_EQUAL(chevm_acquire_u256(vm, &words[0]), CH_EDISABLED);
    CHECK_EQUAL(chevm_release_u256(vm, NULL), CH_EDISABLED);
    CHECK_EQUAL(chevm_acquire_buffer(vm, &buffer, 10), CH_EDISABLED);
    CHECK_EQUAL(chevm_release_buffer(vm, &buffer), CH_EDISABLED);
    CHECK_EQUAL(chevm_manager_stats(vm, &figures), CH_EDISABLED);
    CHECK(chevm_stack_allocator(vm) == NULL);
    CHECK_EQUAL(chevm_enable_manager(vm, manager), CH_OK);
    CHECK_EQUAL(chevm_acquire_u256(vm, NULL), CH_EINVAL);
    CHECK_EQUAL(chevm_acquire_u256(vm, &words[0]), CH_OK);
    CHECK_EQUAL(chevm_acquire_u256(vm, &words[1]), CH_OK);
    CHECK_EQUAL(chevm_acquire_u256(vm, &words[2]), CH_EFULL);
    CHECK(chevm_u256_is_zero(words[0]) && words[0] != words[1] && words[2] == NULL);
    /* The machine finds no word for a balance. */
    CHECK_EQUAL(run_code(vm, BUSY, sizeof BUSY, 1, GAS).status, CHEVM_OUT_OF_MEMORY);
    CHECK_EQUAL(chevm_release_u256(vm, words[0]), CH_OK);
    CHECK_EQUAL(run_code(vm, BUSY, sizeof BUSY, 1, GAS).status, CHEVM_OK);
    CHECK_EQUAL(chevm_release_u256(vm, words[1]), CH_OK);
    CHECK_EQUAL(chevm_acquire_buffer(vm, &buffer, 10), CH_OK);
    CHECK_EQUAL(ch_buffer_write(&buffer, "0123456789", 10), CH_OK);
    CHECK_EQUAL(chevm_release_buffer(vm, &buffer), CH_OK);
    CHECK_EQUAL(chevm_acquire_buffer(vm, &buffer, 1 << 20), CH_ERANGE);
    ch_stack *stack = chevm_stack_allocator(vm);
    if (CHECK(stack != NULL)) {
        void *block = ch_stack_alloc(stack, 100, 8);
        CHECK_EQUAL(run_code(vm, BUSY, sizeof BUSY, 3, GAS).status, CHEVM_OK);
        CHECK_EQUAL(ch_stack_free(stack, block, 100), CH_OK);
    }
    (void)all_back(vm);
    chevm_destroy(vm);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

/* ---- The malloc twin ------------------------------------------------------------------------- */

typedef struct counter {
    uint64_t calls, live, refuse_at;
} counter;

static void *count_alloc(void *user, size_t size_bytes, size_t align) {
    counter *c = user;
    if (++c->calls == c->refuse_at) {
        return NULL;
    }
    c->live++;
    return aligned_alloc(align < 16 ? 16 : align, (size_bytes + align - 1) / align * align);
}

static ch_status count_free(void *user, void *block, size_t size_bytes) {
    (void)size_bytes;
    ((counter *)user)->live--;
    free(block);
    return CH_OK;
}

TEST(twin_machine_refused_at_each_allocation_gives_all_back) {
    counter c = {0};
    const ch_allocator twin = {.alloc = count_alloc, .free = count_free, .user = &c};
    chevm *alone = machine(NULL);
    const engines_outcome none = run_code(alone, BUSY, sizeof BUSY, 5, 0);
    const engines_outcome want = run_code(alone, BUSY, sizeof BUSY, 5, GAS);
    chevm_destroy(alone);
    bool complete = false;
    for (uint64_t at = 1; at < 1000 && !complete; at++) {
        chevm *vm = machine(&twin);
        c.calls = 0;
        c.refuse_at = at;
        const engines_outcome have = run_code(vm, BUSY, sizeof BUSY, 5, GAS);
        complete = c.calls < at;
        if (!same(&have, &want)) {
            CHECK(!complete);
            CHECK_EQUAL(have.status, CHEVM_OUT_OF_MEMORY);
            CHECK(have.world_hash == none.world_hash);
        }
        chevm_destroy(vm);
        CHECK_EQUAL(c.live, 0);
    }
    CHECK(complete);
    CHECK(c.calls > 30);
}
