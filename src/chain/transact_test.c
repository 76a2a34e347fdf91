/* The effect of transactions: who pays what, what stays when a call fails, what a delegation does,
 * and that a capacity that is hit leaves nothing behind. */
#include "harness.h"
#include "state_rig.h"
#include "transaction_rig.h"

#define RETURN_TOP " 5f52 60205ff3" /* MSTORE at 0, RETURN the word */
#define REVERT     " 5f5ffd"

static chevm *make_machine(void) {
    chevm *vm = NULL;
    CHECK_EQUAL(chevm_create(&vm, &(chevm_options){.gas_limit = 1000000}), CH_OK);
    return vm;
}

static void set_hex(chevm_state *state, chevm_address at, const char *text) {
    uint8_t code[512];
    const size_t size = bytes_of(code, sizeof code, text);
    CHECK_EQUAL(chevm_state_set_code(state, &at, code, size), CHEVM_OK);
}

static size_t code_size(chevm_state *state, chevm_address at) {
    return chevm_state_host()->get_code_size(state, &at);
}

/* One transaction on the sample block of its fork. */
static chevm_outcome transact(chevm *vm, chevm_state *state, chevm_fork fork,
                              const chevm_transaction *t) {
    chevm_outcome outcome;
    const chevm_block block = sample_block(fork);
    chevm_transact(vm, state, &block, t, &outcome);
    CHECK_TEXT(chevm_rejection_name(outcome.rejection.why), "ACCEPTED");
    CHECK(!chevm_state_in_transaction(state));
    (void)state_is_sound(state);
    return outcome;
}

/* ---- Fees ----------------------------------------------------------------------------------- */

TEST(transact_pays_gas_and_value_in_every_fork) {
    chevm *const vm = make_machine();
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        chevm_state *const state = sample_state(&small_options);
        chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_LEGACY, NULL);
        t.value = word(1000);
        const chevm_outcome o = transact(vm, state, fork, &t);
        const uint64_t burnt = fork >= CHEVM_LONDON ? SAMPLE_BASE_FEE : 0;
        CHECK_EQUAL(o.status, CHEVM_OK);
        CHECK_EQUAL(o.gas_used, 21000);
        CHECK_EQUAL(o.execution_gas, 0);
        CHECK_EQUAL(o.gas_refunded, 0);
        CHECK_EQUAL(balance_of(state, account(2)), 1000);
        CHECK_EQUAL(balance_of(state, sample_sender()),
                    SAMPLE_BALANCE - 1000 - 21000 * SAMPLE_GAS_PRICE);
        CHECK_EQUAL(balance_of(state, sample_coinbase()), 21000 * (SAMPLE_GAS_PRICE - burnt));
        CHECK_EQUAL(nonce_of(state, sample_sender()), SAMPLE_NONCE + 1);
        free_state(state);
    }
    chevm_destroy(vm);
}

TEST(transact_pays_base_fee_and_tip_up_to_the_maximum) {
    chevm *const vm = make_machine();
    static const struct {
        uint64_t max_fee, tip, price;
    } rows[] = {{100, 10, 70}, {100, 40, 100}, {100, 100, 100}, {60, 0, 60}, {60, 60, 60}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        chevm_state *const state = sample_state(&small_options);
        chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_DYNAMIC_FEE, NULL);
        t.max_fee = word(rows[i].max_fee);
        t.max_priority_fee = word(rows[i].tip);
        (void)transact(vm, state, CHEVM_LONDON, &t);
        CHECK_EQUAL(balance_of(state, sample_sender()), SAMPLE_BALANCE - 21000 * rows[i].price);
        CHECK_EQUAL(balance_of(state, sample_coinbase()),
                    21000 * (rows[i].price - SAMPLE_BASE_FEE));
        free_state(state);
    }
    chevm_destroy(vm);
}

TEST(transact_burns_the_blob_fee) {
    chevm *const vm = make_machine();
    chevm_state *const state = sample_state(&small_options);
    const chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_BLOB, NULL);
    (void)transact(vm, state, CHEVM_CANCUN, &t);
    CHECK_EQUAL(balance_of(state, sample_sender()), SAMPLE_BALANCE - 21000 * 70 - 131072 * 3);
    CHECK_EQUAL(balance_of(state, sample_coinbase()), 21000 * 10);
    free_state(state);
    chevm_destroy(vm);
}

TEST(transact_shows_the_code_its_surroundings) {
    /* gas price, base fee, blob base fee, blob hash 0, number, time, chain id, coinbase, origin */
    static const char *const codes[] = {
        "3a" RETURN_TOP, "48" RETURN_TOP, "4a" RETURN_TOP, "600049" RETURN_TOP, "43" RETURN_TOP,
        "42" RETURN_TOP, "46" RETURN_TOP, "41" RETURN_TOP, "32" RETURN_TOP,
    };
    chevm *const vm = make_machine();
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        chevm_state *const state = sample_state(&small_options);
        set_hex(state, account(2), codes[i]);
        const chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_BLOB, NULL);
        const chevm_outcome o = transact(vm, state, CHEVM_CANCUN, &t);
        const chevm_address sender = sample_sender(), coinbase = sample_coinbase();
        uint8_t want[32] = {0};
        const uint64_t numbers[] = {70, SAMPLE_BASE_FEE, 3, 0, 100, 1000, 1};
        chevm_u256_to_be32(want, &(chevm_u256){{i < 7 ? numbers[i] : 0, 0, 0, 0}});
        if (i == 3) {
            chevm_u256_to_be32(want, &sample_blob_hash);
        } else if (i >= 7) {
            memcpy(want + 12, i == 7 ? coinbase.bytes : sender.bytes, 20);
        }
        CHECK_EQUAL(o.output_size, 32);
        CHECK_BYTES(o.output, want, 32);
        free_state(state);
    }
    chevm_destroy(vm);
}

/* ---- Refunds and floor ---------------------------------------------------------------------- */

TEST(transact_caps_refunds_by_fork) {
    /* clears slots 1 to 8 */
    static const char code[] = "6000600155 6000600255 6000600355 6000600455"
                               "6000600555 6000600655 6000600755 6000600855";
    static const struct {
        chevm_fork fork;
        uint64_t spent, refund;
    } rows[] = {
        {CHEVM_FRONTIER, 21000 + 8 * 5006, 30524},                /* half */
        {CHEVM_BERLIN, 21000 + 8 * 5006, 30524},                  /* half */
        {CHEVM_LONDON, 21000 + 8 * 5006, (21000 + 8 * 5006) / 5}, /* a fifth */
    };
    chevm *const vm = make_machine();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        chevm_state *const state = sample_state(&small_options);
        for (uint64_t key = 1; key <= 8; key++) {
            set_storage(state, account(2), key, 1);
        }
        set_hex(state, account(2), code);
        const chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_LEGACY, NULL);
        const chevm_outcome o = transact(vm, state, rows[i].fork, &t);
        CHECK_EQUAL(o.status, CHEVM_OK);
        CHECK_EQUAL(o.gas_refunded, rows[i].refund);
        CHECK_EQUAL(o.gas_used, rows[i].spent - rows[i].refund);
        CHECK_EQUAL(o.execution_gas, rows[i].spent - 21000);
        CHECK_EQUAL(balance_of(state, sample_sender()),
                    SAMPLE_BALANCE - o.gas_used * SAMPLE_GAS_PRICE);
        free_state(state);
    }
    chevm_destroy(vm);
}

TEST(transact_charges_the_floor_after_refunds) {
    chevm *const vm = make_machine();
    chevm_state *const state = sample_state(&small_options);
    uint8_t input[1000];
    memset(input, 1, sizeof input);
    chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_LEGACY, NULL);
    t.input = input;
    t.input_size = sizeof input;
    CHECK_EQUAL(transact(vm, state, CHEVM_CANCUN, &t).gas_used, 21000 + 16000);
    t.nonce++;
    CHECK_EQUAL(transact(vm, state, CHEVM_PRAGUE, &t).gas_used, 21000 + 40000);
    free_state(state);
    chevm_destroy(vm);
}

TEST(transact_warms_what_the_access_list_names) {
    chevm *const vm = make_machine();
    const chevm_u256 keys[] = {word(1)};
    const chevm_access_entry list[] = {{account(2), keys, 1}, {account(9), NULL, 0}};
    chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_ACCESS_LIST, NULL);
    uint64_t gas[2];
    for (unsigned i = 0; i < 2; i++) {
        chevm_state *const state = sample_state(&small_options);
        /* SLOAD 1, SLOAD 2, BALANCE of account(9) */
        set_hex(state, account(2), "600154 600254 73 10 00*18 09 31");
        t.access_list = list;
        t.access_count = i == 0 ? 0 : 2;
        gas[i] = transact(vm, state, CHEVM_BERLIN, &t).execution_gas;
        free_state(state);
    }
    CHECK_EQUAL(gas[0], 9 + 2100 + 2100 + 2600);
    CHECK_EQUAL(gas[1], 9 + 100 + 2100 + 100);
    chevm_destroy(vm);
}

/* ---- Ends ----------------------------------------------------------------------------------- */

TEST(transact_failed_call_costs_all_gas_and_keeps_the_nonce) {
    static const struct {
        const char *code;
        chevm_status status;
        uint64_t gas_used;
    } rows[] = {
        {"6001600155 fe", CHEVM_INVALID_OPCODE, 200000},
        {"6001600155" REVERT, CHEVM_REVERT, 21000 + 22106 + 4},
    };
    chevm *const vm = make_machine();
    for (size_t i = 0; i < 2; i++) {
        chevm_state *const state = sample_state(&small_options);
        chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_LEGACY, NULL);
        t.value = word(5);
        set_hex(state, account(2), rows[i].code);
        const chevm_outcome o = transact(vm, state, CHEVM_OSAKA, &t);
        CHECK_EQUAL(o.status, rows[i].status);
        CHECK_EQUAL(o.gas_used, rows[i].gas_used);
        CHECK_EQUAL(sload(state, account(2), 1), 0);
        CHECK_EQUAL(balance_of(state, account(2)), 0);
        CHECK_EQUAL(nonce_of(state, sample_sender()), SAMPLE_NONCE + 1);
        CHECK_EQUAL(balance_of(state, sample_sender()),
                    SAMPLE_BALANCE - o.gas_used * SAMPLE_GAS_PRICE);
        free_state(state);
    }
    chevm_destroy(vm);
}

TEST(transact_creates_at_the_address_of_the_nonce) {
    chevm *const vm = make_machine();
    chevm_state *const state = sample_state(&small_options);
    const chevm_address sender = sample_sender();
    chevm_address want;
    uint8_t input[16];
    chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_LEGACY, NULL);
    t.is_creation = true;
    t.input = input;
    t.input_size = bytes_of(input, sizeof input, "60015ff3"); /* one zero byte as code */
    chevm_create_address(&want, &sender, SAMPLE_NONCE);
    chevm_outcome o = transact(vm, state, CHEVM_OSAKA, &t);
    CHECK_EQUAL(o.status, CHEVM_OK);
    CHECK_BYTES(&o.create_address, &want, sizeof want);
    CHECK_EQUAL(nonce_of(state, want), 1);
    CHECK_EQUAL(nonce_of(state, sender), SAMPLE_NONCE + 1);
    CHECK_EQUAL(code_size(state, want), 1);

    /* the next address is taken already */
    t.nonce++;
    chevm_create_address(&want, &sender, t.nonce);
    set_code(state, want, "here before");
    o = transact(vm, state, CHEVM_OSAKA, &t);
    CHECK_EQUAL(o.status, CHEVM_CREATE_COLLISION);
    CHECK_EQUAL(o.gas_used, t.gas_limit);
    CHECK_EQUAL(nonce_of(state, sender), SAMPLE_NONCE + 2);
    free_state(state);
    chevm_destroy(vm);
}

TEST(transact_creates_the_coinbase_for_nothing_only_before_eip161) {
    chevm *const vm = make_machine();
    for (chevm_fork fork = CHEVM_TANGERINE; fork <= CHEVM_SPURIOUS; fork++) {
        chevm_state *const state = sample_state(&small_options);
        chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_LEGACY, NULL);
        t.max_fee = word(0);
        t.max_priority_fee = word(0);
        (void)transact(vm, state, fork, &t);
        CHECK_EQUAL(exists(state, sample_coinbase()), fork < CHEVM_SPURIOUS);
        CHECK_EQUAL(exists(state, account(2)), fork < CHEVM_SPURIOUS);
        free_state(state);
    }
    chevm_destroy(vm);
}

/* ---- Delegations ---------------------------------------------------------------------------- */

static chevm_authorization promise(chevm_address authority, uint64_t nonce, chevm_address target) {
    return (chevm_authorization){
        .nonce = nonce, .address = target, .authority = authority, .is_signed = true};
}

static bool is_lent_to(chevm_state *state, chevm_address authority, chevm_address target) {
    chevm_account view;
    chevm_address found;
    return chevm_state_find(state, &authority, &view) && chevmi_delegation_read(&view, &found) &&
           memcmp(&found, &target, sizeof found) == 0;
}

TEST(transact_applies_tuples_and_runs_what_was_lent) {
    chevm *const vm = make_machine();
    chevm_state *const state = sample_state(&small_options);
    chevm_authorization tuple = promise(account(2), 0, account(3));
    chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_SET_CODE, &(chevm_authorization){0});
    t.authorizations = &tuple;
    set_hex(state, account(3), "6007600155"); /* SSTORE 1, 7 */
    const chevm_outcome o = transact(vm, state, CHEVM_PRAGUE, &t);
    CHECK_EQUAL(o.status, CHEVM_OK);
    CHECK(is_lent_to(state, account(2), account(3)));
    CHECK_EQUAL(nonce_of(state, account(2)), 1);
    CHECK_EQUAL(sload(state, account(2), 1), 7);
    CHECK_EQUAL(sload(state, account(3), 1), 0);
    CHECK_EQUAL(o.gas_used, 21000 + 25000 + 22106);
    CHECK_EQUAL(o.gas_refunded, 0); /* the authority was new */

    /* an old authority gets a refund; the zero address takes the code away */
    tuple = promise(account(2), 1, (chevm_address){{0}});
    t.nonce++;
    t.to = account(8);
    const chevm_outcome again = transact(vm, state, CHEVM_PRAGUE, &t);
    CHECK_EQUAL(again.gas_refunded, (21000 + 25000) / 5);
    CHECK_EQUAL(code_size(state, account(2)), 0);
    CHECK_EQUAL(nonce_of(state, account(2)), 2);
    free_state(state);
    chevm_destroy(vm);
}

TEST(transact_keeps_delegations_although_the_call_fails) {
    chevm *const vm = make_machine();
    chevm_state *const state = sample_state(&small_options);
    chevm_authorization tuple = promise(account(5), 0, account(3));
    chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_SET_CODE, &(chevm_authorization){0});
    t.authorizations = &tuple;
    set_hex(state, account(2), "fe");
    CHECK_EQUAL(transact(vm, state, CHEVM_PRAGUE, &t).status, CHEVM_INVALID_OPCODE);
    CHECK(is_lent_to(state, account(5), account(3)));
    free_state(state);
    chevm_destroy(vm);
}

TEST(transact_skips_tuples_that_do_not_hold) {
    chevm *const vm = make_machine();
    for (unsigned i = 0; i < 6; i++) {
        chevm_state *const state = sample_state(&small_options);
        chevm_authorization tuple = promise(account(5), 0, account(3));
        chevm_transaction t =
            sample_transaction(CHEVM_TRANSACTION_SET_CODE, &(chevm_authorization){0});
        t.authorizations = &tuple;
        switch (i) {
        case 0:
            tuple.is_signed = false;
            break;
        case 1:
            tuple.chain_id = word(2);
            break;
        case 2:
            tuple.nonce = 1;
            break;
        case 3:
            tuple.nonce = UINT64_MAX;
            break;
        case 4:
            set_code(state, account(5), "a contract's code, no sender");
            break;
        default:
            tuple.chain_id = word(1); /* this one holds */
            break;
        }
        (void)transact(vm, state, CHEVM_PRAGUE, &t);
        CHECK_EQUAL(is_lent_to(state, account(5), account(3)), i == 5);
        free_state(state);
    }
    chevm_destroy(vm);
}

TEST(transact_sender_may_lend_itself) {
    chevm *const vm = make_machine();
    chevm_state *const state = sample_state(&small_options);
    chevm_authorization tuple = promise(sample_sender(), SAMPLE_NONCE + 1, account(3));
    chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_SET_CODE, &(chevm_authorization){0});
    t.authorizations = &tuple;
    (void)transact(vm, state, CHEVM_PRAGUE, &t);
    CHECK(is_lent_to(state, sample_sender(), account(3)));
    CHECK_EQUAL(nonce_of(state, sample_sender()), SAMPLE_NONCE + 2);
    t = sample_transaction(CHEVM_TRANSACTION_LEGACY, NULL); /* and still send */
    t.nonce = SAMPLE_NONCE + 2;
    CHECK_EQUAL(transact(vm, state, CHEVM_PRAGUE, &t).status, CHEVM_OK);
    free_state(state);
    chevm_destroy(vm);
}

TEST(transact_delegation_to_a_precompile_runs_nothing) {
    chevm *const vm = make_machine();
    chevm_state *const state = sample_state(&small_options);
    uint8_t code[CHEVMI_DELEGATION_SIZE];
    const chevm_address identity = {{[19] = 4}}, to = account(2);
    chevmi_delegation_write(code, &identity);
    CHECK_EQUAL(chevm_state_set_code(state, &to, code, sizeof code), CHEVM_OK);
    chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_LEGACY, NULL);
    t.input = (const uint8_t *)"echo";
    t.input_size = 4;
    const chevm_outcome o = transact(vm, state, CHEVM_PRAGUE, &t);
    CHECK_EQUAL(o.status, CHEVM_OK);
    CHECK_EQUAL(o.output_size, 0);
    CHECK_EQUAL(o.execution_gas, 0);
    free_state(state);
    chevm_destroy(vm);
}

/* ---- Capacities ----------------------------------------------------------------------------- */

/* Does everything that takes room: lends, warms, stores, logs, keeps transient words, creates. */
static const char busy_code[] = "6001600155 6001600255"    /* SSTORE twice */
                                "600160015d 600160025d"    /* TSTORE twice */
                                "60205f a0"                /* LOG0 of 32 bytes */
                                "67 6001600160015ff3 5f52" /* initcode into memory */
                                "6008 6018 5f f0";         /* CREATE */

static void set_busy(chevm_state *state) {
    set_hex(state, account(2), busy_code);
    set_code(state, account(3), "lent");
}

static chevm_outcome transact_busily(chevm *vm, chevm_state *state) {
    static const chevm_u256 keys[] = {{{1, 0, 0, 0}}, {{77, 0, 0, 0}}};
    chevm_outcome outcome;
    const chevm_block block = sample_block(CHEVM_OSAKA);
    const chevm_access_entry list[] = {{account(2), keys, 2}, {account(9), keys, 1}};
    chevm_authorization tuple = promise(account(5), 0, account(6));
    chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_SET_CODE, &(chevm_authorization){0});
    t.authorizations = &tuple;
    t.access_list = list;
    t.access_count = 2;
    chevm_transact(vm, state, &block, &t, &outcome);
    return outcome;
}

/* With one capacity at `n`, everything else ample: false if what is there before does not fit. */
typedef void (*limit)(chevm_state_options *options, uint32_t n);

static void limit_accounts(chevm_state_options *options, uint32_t n) {
    options->account_count = n;
}

static void limit_slots(chevm_state_options *options, uint32_t n) {
    options->slot_count = n;
}

static void limit_transients(chevm_state_options *options, uint32_t n) {
    options->transient_count = n;
}

static void limit_codes(chevm_state_options *options, uint32_t n) {
    options->code_count = n;
}

static void limit_code_bytes(chevm_state_options *options, uint32_t n) {
    options->code_bytes = 64 + 16u * n;
}

static void limit_journal(chevm_state_options *options, uint32_t n) {
    options->journal_bytes = 128 + 8u * n;
}

static void limit_logs(chevm_state_options *options, uint32_t n) {
    options->log_bytes = n;
}

static bool is_named(chevm_status status) {
    return status == CHEVM_STATE_FULL || status == CHEVM_JOURNAL_FULL ||
           status == CHEVM_LOGS_FULL || status == CHEVM_CODE_FULL;
}

/* Whether the world before the transaction fits. */
static bool load_busy(chevm_state *state) {
    uint8_t code[128];
    const size_t size = bytes_of(code, sizeof code, busy_code);
    const chevm_address sender = sample_sender(), to = account(2), target = account(3);
    const chevm_u256 balance = word(SAMPLE_BALANCE);
    return chevm_state_set_balance(state, &sender, &balance) == CHEVM_OK &&
           chevm_state_set_nonce(state, &sender, SAMPLE_NONCE) == CHEVM_OK &&
           chevm_state_set_code(state, &to, code, size) == CHEVM_OK &&
           chevm_state_set_code(state, &target, code, 4) == CHEVM_OK;
}

TEST(transact_capacity_hit_anywhere_is_named_and_undone) {
    static const limit limits[] = {limit_accounts,   limit_slots,   limit_transients, limit_codes,
                                   limit_code_bytes, limit_journal, limit_logs};
    chevm *const vm = make_machine();
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        unsigned failures = 0;
        bool succeeded = false;
        for (uint32_t n = 1; n < 400 && !succeeded; n++) {
            chevm_state_options options = small_options;
            limits[i](&options, n);
            chevm_state *const state = make_state(&options);
            if (!CHECK(state != NULL)) {
                return;
            }
            if (load_busy(state)) {
                const chevm_u256 before = digest(state);
                const chevm_outcome o = transact_busily(vm, state);
                CHECK_EQUAL(o.rejection.why, CHEVM_ACCEPTED);
                succeeded = o.status == CHEVM_OK;
                failures += !succeeded;
                CHECK(succeeded || is_named(o.status));
                CHECK(succeeded || o.gas_used == 0);
                CHECK_EQUAL(same_word(before, digest(state)), !succeeded);
                CHECK(!chevm_state_in_transaction(state));
            }
            free_state(state);
        }
        CHECK(succeeded);
        CHECK(failures > 0);
    }
    chevm_destroy(vm);
}

TEST(transact_within_a_mark_can_be_released) {
    chevm *const vm = make_machine();
    chevm_state *const state = sample_state(&small_options);
    chevm_mark mark;
    set_busy(state);
    const chevm_u256 before = digest(state);
    CHECK_EQUAL(chevm_state_mark(state, &mark), CH_OK);
    CHECK_EQUAL(transact_busily(vm, state).status, CHEVM_OK);
    CHECK(!same_word(before, digest(state)));
    CHECK_EQUAL(chevm_state_release(state, mark), CH_OK);
    CHECK(same_word(before, digest(state)));
    free_state(state);
    chevm_destroy(vm);
}

TEST(transact_keeps_logs_until_the_next) {
    chevm *const vm = make_machine();
    chevm_state *const state = sample_state(&small_options);
    size_t count = 0;
    set_busy(state);
    (void)transact_busily(vm, state);
    (void)chevm_state_logs(state, &count);
    CHECK_EQUAL(count, 1);
    free_state(state);
    chevm_destroy(vm);
}
