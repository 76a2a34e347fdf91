/* Precompiles in borrowed scratch: the same answers from the state's own, a manager and the malloc
 * twin, where the scratch comes from, refusals by name; and managers fitted to a machine and a
 * state. */
#include "harness.h"

#include "state_rig.h"

#include <coldevm/managed.h>
#include <coldevm/precompile.h>
#include <coldevm/transaction.h>

static ch_manager *manager_of(const ch_manager_config *config) {
    ch_manager *manager = NULL;
    CHECK_EQUAL(ch_manager_init_region(&manager, config, NULL), CH_OK);
    return manager;
}

static ch_manager_config small_config(void) {
    ch_manager_config config;
    CHECK_EQUAL(chevm_manager_config(&config, NULL, NULL), CH_OK);
    config.arena_sizes.scratch_arena_size = 512 << 10;
    return config;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

enum { INPUT_MAX = 4096 };

typedef struct sample {
    uint8_t precompile;
    size_t size;
    uint8_t input[INPUT_MAX];
} sample;

/* 3 ^ 5 mod a modulus of `size` bytes. */
static sample modexp_sample(uint16_t size) {
    sample s = {.precompile = 5, .size = 96 + 2 + (size_t)size};
    s.input[31] = 1;
    s.input[63] = 1;
    s.input[94] = (uint8_t)(size >> 8);
    s.input[95] = (uint8_t)size;
    s.input[96] = 3;
    s.input[97] = 5;
    s.input[98] = 0x81;
    s.input[98 + size - 1] = 0x77;
    return s;
}

/* One term, the group's identity times 7. */
static sample msm_sample(void) {
    sample s = {.precompile = 12, .size = 160};
    s.input[159] = 7;
    return s;
}

static sample plain_sample(uint8_t precompile, size_t size) {
    sample s = {.precompile = precompile, .size = size};
    memset(s.input, 0x5a, size);
    return s;
}

/* Calls the precompile as a transaction's message; the state is not in a transaction afterwards. */
static chevm_result play(chevm_state *state, const sample *s) {
    chevm_callee callee;
    chevm_message message = {.kind = CHEVM_KIND_CALL,
                             .gas = 10000000,
                             .input = s->input,
                             .input_size = s->size,
                             .sender = account(1)};
    message.recipient = message.code_address = (chevm_address){{[19] = s->precompile}};
    CHECK_EQUAL(chevm_state_begin_transaction(state, CHEVM_PRAGUE, &test_context), CHEVM_OK);
    chevm_state_host()->call_begin(state, &message, &callee);
    CHECK(!callee.run);
    chevm_state_rollback_transaction(state);
    return callee.result;
}

static bool same_result(const chevm_result *a, const chevm_result *b) {
    return a->status == b->status && a->gas_left == b->gas_left &&
           a->output_size == b->output_size &&
           (a->output_size == 0 || memcmp(a->output, b->output, a->output_size) == 0);
}

static size_t samples(sample out[12]) {
    size_t count = 0;
    out[count++] = plain_sample(1, 128);
    out[count++] = plain_sample(2, 1000);
    out[count++] = plain_sample(3, 33);
    out[count++] = plain_sample(4, 2000);
    out[count++] = modexp_sample(32);
    out[count++] = modexp_sample(1024);
    out[count++] = modexp_sample(0);
    out[count++] = plain_sample(6, 0);
    out[count++] = plain_sample(9, 213);
    memset(out[count - 1].input, 0, 3); /* 90 rounds */
    out[count - 1].input[212] = 1;
    out[count++] = plain_sample(11, 256);
    out[count++] = msm_sample();
    return count;
}

TEST(borrowed_scratch_gives_the_same_results) { /* M60 */
    static sample list[12];
    const size_t count = samples(list);
    const ch_manager_config config = small_config();
    ch_manager *const manager = manager_of(&config);
    chevm_state *const plain = make_state(&small_options);
    chevm_state *const state = make_state(&small_options);
    CHECK_EQUAL(chevm_state_enable_manager(state, manager), CH_OK);
    for (size_t i = 0; i < count; i++) {
        ch_manager_figures figures;
        const chevm_result want = play(plain, &list[i]);
        const chevm_result have = play(state, &list[i]);
        CHECK(same_result(&want, &have));
        CHECK_EQUAL(ch_manager_stats(manager, &figures), CH_OK);
        const size_t need = chevm_precompile_need((chevm_precompile)list[i].precompile,
                                                  list[i].input, list[i].size);
        CHECK_EQUAL(figures.buffer_in_use, need != 0 && need <= 4096);
    }
    CHECK(ch_arena_used(ch_manager_arena(manager, CH_ARENAS_SCRATCH)) > 0); /* of the sum */
    CHECK_EQUAL(chevm_state_refuse_request(state, 0), 9); /* not: identity, modulus of 0 bytes */
    CHECK_EQUAL(chevm_state_disable_manager(state), CH_OK);
    ch_manager_figures figures;
    CHECK_EQUAL(ch_manager_stats(manager, &figures), CH_OK);
    CHECK_EQUAL(figures.buffer_in_use, 0);
    free_state(state);
    free_state(plain);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

TEST(borrowed_scratch_that_is_refused_is_out_of_memory) { /* M60 */
    static sample list[12];
    const size_t count = samples(list);
    const ch_manager_config config = small_config();
    ch_manager *const manager = manager_of(&config);
    chevm_state *const state = make_state(&small_options);
    CHECK_EQUAL(chevm_state_enable_manager(state, manager), CH_OK);
    const chevm_u256 before = digest(state);
    for (size_t i = 0; i < count; i++) {
        (void)chevm_state_refuse_request(state, 1);
        const chevm_result refused = play(state, &list[i]);
        const bool asked = chevm_state_refuse_request(state, 0) != 0;
        CHECK_EQUAL(refused.status == CHEVM_OUT_OF_MEMORY, asked);
        CHECK(!asked || (refused.gas_left == 0 && refused.output_size == 0));
        CHECK(same_word(digest(state), before));
    }
    free_state(state);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

TEST(borrowed_scratch_that_runs_out_is_out_of_memory) { /* M60 */
    ch_manager_config config = small_config();
    config.buffer_sizes = (ch_buffer_sizes){.small_buffer_size = 64, .small_buffer_count = 1};
    config.arena_sizes.scratch_arena_size = 4096;
    ch_manager *const manager = manager_of(&config);
    chevm_state *const state = make_state(&small_options);
    chevm_state *const plain = make_state(&small_options);
    ch_buffer taken = {0};
    CHECK_EQUAL(chevm_state_enable_manager(state, manager), CH_OK);
    const sample hash = plain_sample(2, 100);
    const sample sum = msm_sample();
    const chevm_result want = play(plain, &hash);
    const chevm_result have = play(state, &hash);
    CHECK(same_result(&want, &have));
    CHECK_EQUAL(play(state, &sum).status, CHEVM_OUT_OF_MEMORY); /* no arena of 249 KiB */
    CHECK_EQUAL(ch_manager_buffer_acquire(manager, &taken, 64), CH_OK);
    CHECK_EQUAL(play(state, &hash).status, CHEVM_OUT_OF_MEMORY); /* the only buffer is out */
    CHECK_EQUAL(ch_manager_buffer_release(manager, &taken), CH_OK);
    CHECK_EQUAL(play(state, &hash).status, CHEVM_OK);
    /* A manager without these parts leaves the state its own. */
    CHECK_EQUAL(chevm_state_disable_manager(state), CH_OK);
    CHECK_EQUAL(ch_manager_set_enabled(manager, CH_MANAGER_ZERO_ALLOCATION, false), CH_OK);
    CHECK_EQUAL(chevm_state_enable_manager(state, manager), CH_OK);
    CHECK_EQUAL(play(state, &sum).status, CHEVM_OK);
    free_state(state);
    free_state(plain);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

TEST(borrowing_is_refused_where_it_cannot_be) { /* M60 */
    const ch_manager_config config = small_config();
    ch_manager *const manager = manager_of(&config);
    chevm_state *const state = make_state(&small_options);
    CHECK_EQUAL(chevm_state_enable_manager(state, NULL), CH_EINVAL);
    CHECK_EQUAL(chevm_state_disable_manager(state), CH_OK);
    CHECK_EQUAL(chevm_state_begin_transaction(state, CHEVM_PRAGUE, &test_context), CHEVM_OK);
    CHECK_EQUAL(chevm_state_enable_manager(state, manager), CH_EBUSY);
    CHECK_EQUAL(chevm_state_disable_manager(state), CH_EBUSY);
    chevm_state_rollback_transaction(state);
    free_state(state);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

/* ---- The twin -------------------------------------------------------------------------------- */

static unsigned live_blocks;
static bool refuses;

static void *take_block(void *user, size_t size_bytes, size_t align) {
    (void)user;
    live_blocks += !refuses;
    return refuses ? NULL : aligned_alloc(align, (size_bytes + align - 1) / align * align);
}

static ch_status give_block(void *user, void *block, size_t size_bytes) {
    (void)user;
    (void)size_bytes;
    live_blocks--;
    free(block);
    return CH_OK;
}

TEST(twin_lends_precompiles_their_scratch) {
    static sample list[12];
    const size_t count = samples(list);
    const ch_allocator twin = {.alloc = take_block, .free = give_block};
    chevm_state_options options = small_options;
    options.twin = &twin;
    chevm_state *const plain = make_state(&small_options);
    chevm_state *const state = make_state(&options);
    const ch_manager_config config = small_config();
    ch_manager *const manager = manager_of(&config);
    CHECK_EQUAL(chevm_state_enable_manager(state, manager), CH_EUNSUP);
    for (size_t i = 0; i < count; i++) {
        const chevm_result want = play(plain, &list[i]);
        const chevm_result have = play(state, &list[i]);
        CHECK(same_result(&want, &have));
    }
    const sample hash = plain_sample(2, 100);
    refuses = true; /* the journal has grown already: only scratch is asked for */
    CHECK_EQUAL(play(state, &hash).status, CHEVM_OUT_OF_MEMORY);
    refuses = false;
    CHECK_EQUAL(play(state, &hash).status, CHEVM_OK);
    free_state(state);
    free_state(plain);
    CHECK_EQUAL(live_blocks, 0);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
}

/* ---- Fitted managers ------------------------------------------------------------------------- */

TEST(manager_config_fits_machine_and_state) { /* M60 */
    const chevm_options machine = {.fork = CHEVM_OSAKA, .gas_limit = 1000000};
    const chevm_state_options state = {.gas_limit = 1000000};
    ch_manager_config config = {.name = "untouched"};
    CHECK_EQUAL(chevm_manager_config(NULL, &machine, &state), CH_EINVAL);
    const chevm_options bad = {.fork = CHEVM_FORK_COUNT};
    CHECK_EQUAL(chevm_manager_config(&config, &bad, &state), CH_EINVAL);
    CHECK_TEXT(config.name, "untouched");
    CHECK_EQUAL(chevm_manager_config(&config, &machine, &state), CH_OK);
    const char *field = NULL;
    CHECK_EQUAL(ch_manager_config_check(&config, &field), CH_OK);
    CHECK(field == NULL);
    CHECK(!config.allocation_tracking);
    CHECK_EQUAL(config.frame_bytes, chevm_frame_bytes());
    CHECK_EQUAL(config.account_bytes, sizeof(chevm_account));
    CHECK_EQUAL(config.transaction_bytes, sizeof(chevm_transaction));
    CHECK(config.pool_sizes.frame_pool_size > CHEVM_DEPTH_MAX);
    CHECK(config.max_stack_memory > (size_t)1024 * 1021 * 32);
    CHECK(config.arena_sizes.scratch_arena_size >= chevm_precompile_scratch(1000000));
}
