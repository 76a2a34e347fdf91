/* The journal against a world that is copied whole at every step that may be undone; and every
 * capacity made to run out at every point. */
#include "journal.h"

#include "harness.h"
#include "journal_frames_rig.h"
#include "model.h"
#include "state_rig.h"

#define MODEL_STEPS 200000u

static uint64_t draw_random(model *m, uint64_t limit) {
    (void)m;
    return ch_test_random_below(limit);
}

static void run_model(const chevm_state_options *options, uint64_t steps, uint64_t interval) {
    static const ch_model_operation operations[] = {
#define OPERATION(function, weight) {#function, (weight), function},
        MODEL_OPERATIONS(OPERATION)
#undef OPERATION
    };
    static model m;
    m = (model){.state = make_state(options), .draw = draw_random, .fork = CHEVM_FORK_NEWEST};
    m.context.origin = account(900);
    m.context.coinbase = account(901);
    CHECK(ch_model_run(&(ch_model){
        .operations = operations,
        .operation_count = sizeof operations / sizeof operations[0],
        .check = model_same,
        .context = &m,
        .steps = steps,
        .check_interval = interval,
    }));
    free_state(m.state);
}

TEST(journal_agrees_with_a_world_that_is_copied) {
    run_model(&small_options, MODEL_STEPS, 1);
}

TEST(journal_agrees_with_a_world_that_is_copied_over_long_runs) {
    run_model(&small_options, 10 * (uint64_t)MODEL_STEPS / 2, 97);
}

/* ---- Capacities ----------------------------------------------------------------------------- */

/* The steps of a script; each answers with a status, negative if a capacity was reached. */
static int load_balance(chevm_state *state) {
    const chevm_address at = account(1);
    const chevm_u256 value = word(1000);
    return -(int)chevm_state_set_balance(state, &at, &value);
}

static int load_nonce(chevm_state *state) {
    const chevm_address at = account(2);
    return -(int)chevm_state_set_nonce(state, &at, 5);
}

static int load_code(chevm_state *state) {
    const chevm_address at = account(2);
    return -(int)chevm_state_set_code(state, &at, (const uint8_t *)"some code", 9);
}

static int load_storage(chevm_state *state) {
    const chevm_address at = account(2);
    const chevm_u256 key = word(1);
    return -(int)chevm_state_set_storage(state, &at, &key, &key);
}

static int load_credit(chevm_state *state) {
    const chevm_address at = account(3);
    const chevm_u256 value = word(7);
    return -(int)chevm_state_credit(state, &at, &value);
}

static int load_debit(chevm_state *state) {
    const chevm_address at = account(3);
    const chevm_u256 value = word(2);
    return -(int)chevm_state_debit(state, &at, &value);
}

static int begin_it(chevm_state *state) {
    return -(int)chevm_state_begin_transaction(state, CHEVM_CANCUN, &test_context);
}

static int begin_old(chevm_state *state) {
    return -(int)chevm_state_begin_transaction(state, CHEVM_FRONTIER, &test_context);
}

static int warm_account(chevm_state *state) {
    const chevm_address at = account(4);
    return -(int)chevm_state_warm_address(state, &at);
}

static int warm_slot(chevm_state *state) {
    const chevm_address at = account(11);
    const chevm_u256 key = word(1);
    return -(int)chevm_state_warm_slot(state, &at, &key);
}

static int access_new_account(chevm_state *state) {
    return access_account(state, account(5));
}

static int access_new_slot(chevm_state *state) {
    return access_slot(state, account(6), 1);
}

static int access_old_slot(chevm_state *state) {
    return access_slot(state, account(2), 1);
}

static int store_new(chevm_state *state) {
    return sstore(state, account(7), 1, 1);
}

static int store_old(chevm_state *state) {
    return sstore(state, account(2), 1, 9);
}

static int store_transient(chevm_state *state) {
    return tstore(state, account(8), 1, 1);
}

static int store_transient_again(chevm_state *state) {
    chevm_mark mark;
    const int status =
        chevm_state_mark(state, &mark) == CH_OK ? tstore(state, account(8), 1, 2) : 0;
    (void)chevm_state_keep(state, mark);
    return status;
}

static int log_it(chevm_state *state) {
    return emit(state, account(1), "logged", 3);
}

static int call_with_value(chevm_state *state) {
    chevm_message message = call_message(account(1), account(9), 3);
    const chevm_callee callee = call(state, &message);
    return -(int)callee.result.status;
}

static int call_code(chevm_state *state) {
    chevm_message message = call_message(account(1), account(2), 3);
    const chevm_callee callee = call(state, &message);
    if (callee.run) {
        (void)end_call(state, &message, CHEVM_OK, NULL, 0);
        return 0;
    }
    return -(int)callee.result.status;
}

/* The bump and the warmth lie before the creation's frame: they are the caller's to undo. */
static int create_it(chevm_state *state) {
    chevm_mark mark;
    if (chevm_state_mark(state, &mark) != CH_OK) {
        return 0;
    }
    chevm_message message = create_message(account(1), 1);
    const chevm_callee callee = call(state, &message);
    int status = -(int)callee.result.status;
    if (callee.run) {
        status = -(int)end_call(state, &message, CHEVM_OK, "created code", 12).status;
    }
    (void)(status == 0 ? chevm_state_keep(state, mark) : chevm_state_release(state, mark));
    return status;
}

static int destroy(chevm_state *state) {
    return selfdestruct(state, account(2), account(10));
}

static int end_it(chevm_state *state) {
    return -(int)chevm_state_end_transaction(state);
}

typedef struct script_step {
    const char *name;
    int (*run)(chevm_state *state);
} script_step;

#define STEP(function)                                                                             \
    { #function, function }

static const script_step SCRIPT[] = {
    STEP(load_balance),    STEP(load_nonce),
    STEP(load_code),       STEP(load_storage),
    STEP(load_credit),     STEP(load_debit),
    STEP(begin_it),        STEP(warm_account),
    STEP(warm_slot),       STEP(access_new_account),
    STEP(access_new_slot), STEP(access_old_slot),
    STEP(store_new),       STEP(store_old),
    STEP(store_transient), STEP(store_transient_again),
    STEP(log_it),          STEP(call_with_value),
    STEP(call_code),       STEP(create_it),
    STEP(destroy),         STEP(end_it),
    STEP(begin_old),       STEP(log_it),
    STEP(store_old),       STEP(create_it),
    STEP(destroy),         STEP(end_it),
};

/* All that may not change when a step fails. */
typedef struct trace {
    chevm_u256 digest;
    uint64_t journal, log_used;
    uint32_t logs, frames, accounts, slots, transients, codes;
    bool running;
} trace;

static trace look(const chevm_state *state) {
    return (trace){
        .digest = digest(state),
        .journal = state->journal_used,
        .log_used = state->log_used,
        .logs = state->log_count,
        .frames = state->frame_count,
        .accounts = state->account_live,
        .slots = state->slot_live,
        .transients = state->transient_count,
        .codes = state->code_count,
        .running = state->running,
    };
}

static bool same_trace(trace a, trace b) {
    return same_word(a.digest, b.digest) && a.journal == b.journal && a.log_used == b.log_used &&
           a.logs == b.logs && a.frames == b.frames && a.accounts == b.accounts &&
           a.slots == b.slots && a.transients == b.transients && a.codes == b.codes &&
           a.running == b.running;
}

/* Runs the script; a step that fails must leave all as it was and say `expected`, and rolling back
 * its transaction must lead to where that began. Returns true if no step failed. */
static bool run_script(chevm_state *state, chevm_status expected, bool with_mark) {
    chevm_mark mark;
    const trace origin = look(state);
    trace start = origin;
    bool complete = true;
    if (with_mark && chevm_state_mark(state, &mark) != CH_OK) {
        return false;
    }
    for (size_t i = 0; i < sizeof SCRIPT / sizeof SCRIPT[0] && complete; i++) {
        const trace before = look(state);
        if (!state->running) {
            start = before;
        }
        const int status = SCRIPT[i].run(state);
        if (status >= 0) {
            continue;
        }
        complete = false;
        if (!CHECK_EQUAL(-status, expected) || !CHECK(same_trace(look(state), before)) ||
            !state_is_sound(state)) {
            (void)CHECK_TEXT(SCRIPT[i].name, "");
        }
        if (state->running) {
            chevm_state_rollback_transaction(state);
            start.logs = 0; /* begin has dropped those of the last transaction */
            start.log_used = 0;
            CHECK(same_trace(look(state), start));
        }
    }
    if (with_mark) {
        CHECK_EQUAL(chevm_state_release(state, mark), CH_OK);
        CHECK(same_trace(look(state), origin));
    }
    return complete && state_is_sound(state);
}

/* Raises one capacity from 1 until the script runs through; it must fail before. */
static void starve(chevm_state_options options, void (*set)(chevm_state_options *, uint32_t),
                   chevm_status expected, uint32_t step) {
    for (unsigned with_mark = 0; with_mark < 2; with_mark++) {
        bool complete = false;
        unsigned failures = 0;
        for (uint32_t capacity = step; capacity < 2000 && !complete; capacity += step) {
            set(&options, capacity);
            chevm_state *const state = make_state(&options);
            complete = run_script(state, expected, with_mark != 0);
            failures += !complete;
            free_state(state);
        }
        CHECK(complete);
        CHECK(failures != 0);
    }
}

static void set_accounts(chevm_state_options *options, uint32_t value) {
    options->account_count = value;
}

static void set_slots(chevm_state_options *options, uint32_t value) {
    options->slot_count = value;
}

static void set_codes(chevm_state_options *options, uint32_t value) {
    options->code_count = value;
}

static void set_code_bytes(chevm_state_options *options, uint32_t value) {
    options->code_bytes = value;
}

static void set_journal(chevm_state_options *options, uint32_t value) {
    options->journal_bytes = value;
}

static void set_log_bytes(chevm_state_options *options, uint32_t value) {
    options->log_bytes = value;
}

TEST(capacity_of_accounts_runs_out_at_every_step) {
    starve(small_options, set_accounts, CHEVM_STATE_FULL, 1);
}

TEST(capacity_of_slots_runs_out_at_every_step) {
    starve(small_options, set_slots, CHEVM_STATE_FULL, 1);
}

TEST(capacity_of_codes_runs_out_at_every_step) {
    starve(small_options, set_codes, CHEVM_CODE_FULL, 1);
    starve(small_options, set_code_bytes, CHEVM_CODE_FULL, 8);
}

TEST(capacity_of_the_journal_runs_out_at_every_step) {
    starve(small_options, set_journal, CHEVM_JOURNAL_FULL, 8);
}

TEST(capacity_of_logs_runs_out_at_every_step) {
    chevm_state *const state = make_state(&small_options);
    (void)begin(state, CHEVM_CANCUN);
    for (unsigned i = 0; i < 32; i++) {
        CHECK_EQUAL(emit(state, account(1), "x", 1), 0);
    }
    CHECK_EQUAL(emit(state, account(1), "x", 1), -CHEVM_LOGS_FULL);
    chevm_state_rollback_transaction(state);
    free_state(state);
    starve(small_options, set_log_bytes, CHEVM_LOGS_FULL, 8);
}

TEST(capacity_of_transient_slots_is_exact) {
    chevm_state *const state = make_state(&small_options);
    (void)begin(state, CHEVM_CANCUN);
    for (uint64_t i = 0; i < 64; i++) {
        CHECK_EQUAL(tstore(state, account(1), i, 1), 0);
    }
    const trace before = look(state);
    CHECK_EQUAL(tstore(state, account(1), 64, 1), -CHEVM_STATE_FULL);
    CHECK_EQUAL(tstore(state, account(2), 1, 1), -CHEVM_STATE_FULL);
    CHECK(same_trace(look(state), before));
    CHECK_EQUAL(tstore(state, account(1), 3, 2), 0); /* what is there can be changed */
    CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
    (void)begin(state, CHEVM_CANCUN);
    CHECK_EQUAL(tload(state, account(1), 3), 0);
    CHECK_EQUAL(tstore(state, account(1), 64, 1), 0);
    chevm_state_rollback_transaction(state);
    free_state(state);
}

TEST(capacity_of_accounts_and_slots_is_exact) {
    chevm_state *const state = make_state(&small_options);
    const chevm_u256 one = word(1);
    for (uint16_t i = 0; i < 64; i++) {
        set_balance(state, account(i), i);
    }
    const chevm_address more = account(64);
    CHECK_EQUAL(chevm_state_set_balance(state, &more, &one), CHEVM_STATE_FULL);
    for (uint64_t i = 0; i < 256; i++) {
        set_storage(state, account((uint16_t)(i % 64)), i, 1);
    }
    const chevm_address at = account(0);
    const chevm_u256 key = word(256);
    CHECK_EQUAL(chevm_state_set_storage(state, &at, &key, &one), CHEVM_STATE_FULL);
    set_storage(state, account(5), 5, 0);
    CHECK_EQUAL(chevm_state_set_storage(state, &at, &key, &one), CHEVM_OK);
    free_state(state);
}
