/* Calls and creations from the host's side: transfer, precompiles, code, collision, deposit,
 * undoing. */
#include "harness.h"
#include "state_rig.h"

static chevm_state *with_sender(chevm_fork fork) {
    chevm_state *const state = make_state(&small_options);
    set_balance(state, account(1), 1000);
    set_code(state, account(2), "code of two");
    (void)begin(state, fork);
    return state;
}

static void done(chevm_state *state) {
    chevm_state_rollback_transaction(state);
    free_state(state);
}

TEST(call_hands_out_padded_code_with_its_hash) {
    chevm_state *const state = with_sender(CHEVM_CANCUN);
    chevm_message message = call_message(account(1), account(2), 10);
    const chevm_callee callee = call(state, &message);
    CHECK(callee.run);
    CHECK(callee.padded);
    CHECK_EQUAL(callee.code_size, 11);
    CHECK_BYTES(callee.code, "code of two", 11);
    for (unsigned i = 0; i < CHEVM_CODE_PADDING; i++) {
        CHECK_EQUAL(callee.code[11 + i], 0);
    }
    chevm_account view;
    const chevm_address two = account(2);
    CHECK(chevm_state_find(state, &two, &view));
    CHECK(callee.code_hash == view.code_hash);
    CHECK_BYTES(callee.recipient.bytes, two.bytes, 20);
    CHECK_EQUAL(balance_of(state, account(2)), 10);
    (void)end_call(state, &message, CHEVM_OK, NULL, 0);
    CHECK_EQUAL(balance_of(state, account(1)), 990);
    done(state);
}

TEST(call_that_fails_undoes_transfer_storage_and_logs) {
    static const chevm_status failures[] = {CHEVM_REVERT, CHEVM_OUT_OF_GAS,
                                            CHEVM_MEMORY_LIMIT_EXCEEDED};
    chevm_state *const state = with_sender(CHEVM_CANCUN);
    CHECK_EQUAL(emit(state, account(1), "kept", 0), 0);
    for (unsigned i = 0; i < 3; i++) {
        const chevm_u256 before = digest(state);
        chevm_message message = call_message(account(1), account(2), 10);
        CHECK(call(state, &message).run);
        CHECK(sstore(state, account(2), 1, 1) >= 0);
        CHECK_EQUAL(tstore(state, account(2), 1, 1), 0);
        CHECK_EQUAL(emit(state, account(2), "gone", 4), 0);
        (void)end_call(state, &message, failures[i], NULL, 0);
        CHECK(same_word(digest(state), before));
        CHECK_EQUAL(tload(state, account(2), 1), 0);
        size_t logs = 0;
        (void)chevm_state_logs(state, &logs);
        CHECK_EQUAL(logs, 1);
        (void)state_is_sound(state);
    }
    done(state);
}

TEST(call_without_code_succeeds_at_once_and_keeps_the_transfer) {
    chevm_state *const state = with_sender(CHEVM_CANCUN);
    chevm_message message = call_message(account(1), account(3), 10);
    const chevm_callee callee = call(state, &message);
    CHECK(!callee.run);
    CHECK_EQUAL(callee.result.status, CHEVM_OK);
    CHECK_EQUAL(callee.result.gas_left, message.gas);
    CHECK_EQUAL(balance_of(state, account(3)), 10);
    done(state);
}

TEST(call_with_too_little_balance_is_a_light_failure) {
    chevm_state *const state = with_sender(CHEVM_CANCUN);
    chevm_message message = call_message(account(1), account(2), 1001);
    chevm_callee callee = call(state, &message);
    CHECK(!callee.run);
    CHECK_EQUAL(callee.result.status, CHEVM_BALANCE);
    CHECK_EQUAL(callee.result.gas_left, message.gas);
    chevm_message creation = create_message(account(1), 1001);
    callee = call(state, &creation);
    CHECK_EQUAL(callee.result.status, CHEVM_BALANCE);
    CHECK_EQUAL(callee.result.gas_left, creation.gas);
    CHECK_EQUAL(nonce_of(state, account(1)), 0);
    done(state);
}

TEST(call_kinds_move_value_only_for_call) {
    static const chevm_call_kind kinds[] = {CHEVM_KIND_DELEGATECALL, CHEVM_KIND_CALLCODE};
    chevm_state *const state = with_sender(CHEVM_CANCUN);
    for (unsigned i = 0; i < 2; i++) {
        chevm_message message = call_message(account(1), account(1), 10);
        message.kind = kinds[i];
        message.code_address = account(2);
        const chevm_callee callee = call(state, &message);
        CHECK(callee.run);
        CHECK_EQUAL(callee.code_size, 11);
        (void)end_call(state, &message, CHEVM_OK, NULL, 0);
        CHECK_EQUAL(balance_of(state, account(1)), 1000);
        CHECK_EQUAL(balance_of(state, account(2)), 0);
    }
    done(state);
}

TEST(call_of_nobody_creates_an_account_only_before_eip161) {
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        chevm_state *const state = with_sender(fork);
        chevm_message message = call_message(account(1), account(9), 0);
        CHECK_EQUAL(call(state, &message).result.status, CHEVM_OK);
        const chevm_address nine = account(9);
        CHECK_EQUAL(exists(state, account(9)), fork < CHEVM_SPURIOUS);
        CHECK_EQUAL(chevm_state_host()->account_exists(state, &nine), fork < CHEVM_SPURIOUS);
        CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
        CHECK_EQUAL(exists(state, account(9)), fork < CHEVM_SPURIOUS);
        free_state(state);
    }
}

/* ---- Precompiles ---------------------------------------------------------------------------- */

TEST(call_of_identity_returns_its_input_and_charges) {
    chevm_state *const state = with_sender(CHEVM_CANCUN);
    chevm_message message = call_message(account(1), low_address(4), 3);
    message.input = (const uint8_t *)"0123456789012345678901234567890123";
    message.input_size = 34;
    chevm_callee callee = call(state, &message);
    CHECK(!callee.run);
    CHECK_EQUAL(callee.result.status, CHEVM_OK);
    CHECK_EQUAL(callee.result.gas_left, message.gas - 15 - 2 * 3);
    CHECK_EQUAL(callee.result.output_size, 34);
    CHECK_BYTES(callee.result.output, message.input, 34);
    CHECK_EQUAL(balance_of(state, low_address(4)), 3);
    message.gas = 20;
    callee = call(state, &message);
    CHECK_EQUAL(callee.result.status, CHEVM_OUT_OF_GAS);
    CHECK_EQUAL(callee.result.gas_left, 0);
    CHECK_EQUAL(callee.result.output_size, 0);
    CHECK_EQUAL(balance_of(state, low_address(4)), 3); /* the transfer came back */
    done(state);
}

/* Lengths of 64,000 bytes in a state whose precompiles have the least there is (state_rig.h). */
TEST(call_of_a_precompile_without_scratch_ends_the_machine) {
    chevm_state *const state = with_sender(CHEVM_CANCUN);
    chevm_message message = call_message(account(1), low_address(5), 3);
    static const uint8_t input[96] = {[30] = 0xfa, [63] = 1, [94] = 0xfa};
    message.input = input;
    message.input_size = sizeof input;
    message.gas = 30000000;
    const chevm_callee callee = call(state, &message);
    CHECK(!callee.run);
    CHECK_EQUAL(callee.result.status, CHEVM_MEMORY_LIMIT_EXCEEDED);
    CHECK(callee.result.status >= CHEVM_STATUS_MACHINE);
    CHECK_EQUAL(balance_of(state, account(1)), 1000);
    done(state);
}

TEST(call_delegated_to_a_precompile_runs_empty_code) {
    chevm_state *const state = with_sender(CHEVM_PRAGUE);
    for (uint16_t number = 1; number < 0x11; number++) {
        chevm_message message = call_message(account(1), account(2), 0);
        message.flags = CHEVM_FLAG_DELEGATED;
        message.code_address = low_address(number);
        const chevm_callee callee = call(state, &message);
        CHECK(!callee.run);
        CHECK_EQUAL(callee.result.status, CHEVM_OK);
        CHECK_EQUAL(callee.result.gas_left, message.gas);
        CHECK_EQUAL(callee.result.output_size, 0);
    }
    done(state);
}

TEST(call_delegated_runs_the_code_of_code_address) {
    chevm_state *const state = with_sender(CHEVM_PRAGUE);
    chevm_message message = call_message(account(1), account(3), 4);
    message.flags = CHEVM_FLAG_DELEGATED;
    message.code_address = account(2);
    const chevm_callee callee = call(state, &message);
    CHECK(callee.run);
    CHECK_EQUAL(callee.code_size, 11);
    (void)end_call(state, &message, CHEVM_OK, NULL, 0);
    CHECK_EQUAL(balance_of(state, account(3)), 4);
    done(state);
}

/* ---- Creations ------------------------------------------------------------------------------ */

TEST(create_makes_a_contract_and_pays_for_its_code) {
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        chevm_state *const state = with_sender(fork);
        chevm_message message = create_message(account(1), 7);
        const chevm_callee callee = call(state, &message);
        chevm_address expected;
        chevm_create_address(&expected, &message.sender, 0);
        CHECK(callee.run);
        CHECK(callee.code_hash == NULL);
        CHECK(!callee.padded);
        CHECK_BYTES(callee.code, "init", 4);
        CHECK_BYTES(callee.recipient.bytes, expected.bytes, 20);
        CHECK_BYTES(callee.result.create_address.bytes, expected.bytes, 20);
        CHECK_EQUAL(nonce_of(state, account(1)), 1);
        CHECK_EQUAL(nonce_of(state, expected), fork >= CHEVM_SPURIOUS);
        CHECK_EQUAL(balance_of(state, expected), 7);
        const chevm_result result = end_call(state, &message, CHEVM_OK, "contract", 8);
        CHECK_EQUAL(result.status, CHEVM_OK);
        CHECK_EQUAL(result.gas_left, 500000 - 8 * 200);
        CHECK_BYTES(result.create_address.bytes, expected.bytes, 20);
        chevm_account view;
        CHECK(chevm_state_find(state, &expected, &view));
        CHECK_EQUAL(view.code_size, 8);
        CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
        CHECK(exists(state, expected));
        free_state(state);
    }
}

TEST(create_that_fails_keeps_the_bump_and_the_warmth) {
    chevm_state *const state = with_sender(CHEVM_CANCUN);
    chevm_message message = create_message(account(1), 7);
    const chevm_callee callee = call(state, &message);
    const chevm_result result = end_call(state, &message, CHEVM_REVERT, NULL, 0);
    CHECK_EQUAL(result.status, CHEVM_REVERT);
    CHECK_BYTES(result.create_address.bytes, callee.recipient.bytes, 20);
    CHECK_EQUAL(nonce_of(state, account(1)), 1);
    CHECK_EQUAL(balance_of(state, account(1)), 1000);
    CHECK(!exists(state, callee.recipient));
    CHECK_EQUAL(access_account(state, callee.recipient), CHEVM_ACCESS_WARM);
    done(state);
}

TEST(create_deposit_rules_by_fork) {
    static uint8_t code[24577];
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        chevm_state *const state = with_sender(fork);
        const struct {
            size_t size;
            uint8_t first;
            chevm_status status;
            size_t stored;
        } cases[] = {
            {0, 0, CHEVM_OK, 0},
            {2500, 1, CHEVM_OK, 2500}, /* 500,000 gas to the unit */
            {2501, 1, fork >= CHEVM_HOMESTEAD ? CHEVM_CODE_STORE_GAS : CHEVM_OK, 0},
            {10, 0xef, fork >= CHEVM_LONDON ? CHEVM_CODE_PREFIX : CHEVM_OK,
             fork >= CHEVM_LONDON ? 0 : 10},
            {24577, 1,
             fork >= CHEVM_SPURIOUS    ? CHEVM_CODE_SIZE
             : fork >= CHEVM_HOMESTEAD ? CHEVM_CODE_STORE_GAS
                                       : CHEVM_OK,
             0},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            chevm_message message = create_message(account(1), 1);
            const chevm_callee callee = call(state, &message);
            code[0] = cases[i].first;
            const chevm_result result = end_call(state, &message, CHEVM_OK, code, cases[i].size);
            CHECK_EQUAL(result.status, cases[i].status);
            chevm_account view = {.code_size = 0};
            const bool there = chevm_state_find(state, &callee.recipient, &view);
            CHECK_EQUAL(there, cases[i].status == CHEVM_OK);
            CHECK_EQUAL(view.code_size, cases[i].stored);
            CHECK_EQUAL(result.gas_left,
                        cases[i].status == CHEVM_OK ? 500000 - 200 * (int64_t)cases[i].stored : 0);
        }
        done(state);
    }
}

TEST(create_collides_with_nonce_code_or_storage_but_not_balance) {
    for (unsigned kind = 0; kind < 4; kind++) {
        chevm_state *const state = make_state(&small_options);
        chevm_address target;
        const chevm_address one = account(1);
        chevm_create_address(&target, &one, 0);
        set_balance(state, one, 100);
        if (kind == 0) {
            CHECK_EQUAL(chevm_state_set_nonce(state, &target, 1), CHEVM_OK);
        } else if (kind == 1) {
            set_code(state, target, "x");
        } else if (kind == 2) {
            set_storage(state, target, 1, 1);
        } else {
            set_balance(state, target, 5);
        }
        (void)begin(state, CHEVM_CANCUN);
        chevm_message message = create_message(one, 10);
        const chevm_callee callee = call(state, &message);
        CHECK_EQUAL(callee.run, kind == 3);
        CHECK_EQUAL(nonce_of(state, one), 1);
        CHECK_EQUAL(access_account(state, target), CHEVM_ACCESS_WARM);
        if (kind == 3) {
            (void)end_call(state, &message, CHEVM_OK, NULL, 0);
            CHECK_EQUAL(balance_of(state, target), 15);
        } else {
            CHECK_EQUAL(callee.result.status, CHEVM_CREATE_COLLISION);
            CHECK_EQUAL(callee.result.gas_left, 0);
            CHECK_EQUAL(balance_of(state, one), 100);
        }
        done(state);
    }
}

TEST(create_with_nonce_at_its_maximum_is_a_light_failure) {
    chevm_state *const state = with_sender(CHEVM_CANCUN);
    const chevm_address one = account(1);
    CHECK_EQUAL(chevm_state_set_nonce(state, &one, UINT64_MAX), CHEVM_OK);
    chevm_message message = create_message(one, 1);
    const chevm_callee callee = call(state, &message);
    CHECK_EQUAL(callee.result.status, CHEVM_NONCE_OVERFLOW);
    CHECK_EQUAL(callee.result.gas_left, message.gas);
    CHECK_EQUAL(nonce_of(state, one), UINT64_MAX);
    done(state);
}

TEST(create_at_depth_0_takes_the_address_of_the_message) {
    chevm_state *const state = with_sender(CHEVM_CANCUN);
    chevm_message message = create_message(account(1), 1);
    message.depth = 0;
    message.recipient = account(77);
    const chevm_callee callee = call(state, &message);
    CHECK(callee.run);
    CHECK_BYTES(callee.recipient.bytes, message.recipient.bytes, 20);
    CHECK_EQUAL(nonce_of(state, account(1)), 0);
    (void)end_call(state, &message, CHEVM_OK, NULL, 0);
    CHECK_EQUAL(access_account(state, account(77)), CHEVM_ACCESS_WARM);
    done(state);
}

TEST(call_at_depth_0_warms_recipient_and_delegate) {
    chevm_state *const state = with_sender(CHEVM_PRAGUE);
    chevm_message message = call_message(account(1), account(5), 0);
    message.depth = 0;
    message.code_address = account(6);
    message.flags = CHEVM_FLAG_DELEGATED;
    CHECK_EQUAL(call(state, &message).result.status, CHEVM_OK);
    CHECK_EQUAL(access_account(state, account(5)), CHEVM_ACCESS_WARM);
    CHECK_EQUAL(access_account(state, account(6)), CHEVM_ACCESS_WARM);
    CHECK_EQUAL(access_account(state, account(7)), CHEVM_ACCESS_COLD);
    done(state);
}

TEST(create2_derives_its_address_from_salt_and_initcode) {
    chevm_state *const state = with_sender(CHEVM_CANCUN);
    chevm_message message = create_message(account(1), 1);
    message.kind = CHEVM_KIND_CREATE2;
    message.salt = word(99);
    chevm_address expected;
    chevm_create2_address(&expected, &message.sender, &message.salt, message.input, 4);
    chevm_callee callee = call(state, &message);
    CHECK_BYTES(callee.recipient.bytes, expected.bytes, 20);
    CHECK_EQUAL(end_call(state, &message, CHEVM_OK, "c", 1).status, CHEVM_OK);
    callee = call(state, &message);
    CHECK_EQUAL(callee.result.status, CHEVM_CREATE_COLLISION);
    CHECK_EQUAL(nonce_of(state, account(1)), 2);
    done(state);
}

/* Depths 0 to 1024, and not one more. */
TEST(call_frames_suffice_for_every_depth) {
    chevm_state *const state = with_sender(CHEVM_CANCUN);
    chevm_message message = call_message(account(1), account(2), 0);
    for (uint32_t depth = 0; depth <= CHEVM_DEPTH_MAX; depth++) {
        message.depth = depth;
        if (!CHECK(call(state, &message).run)) {
            break;
        }
        CHECK(sstore(state, account(2), depth % 50, depth + 1) >= 0);
    }
    chevm_mark marks[8]; /* those beside the calls are still there */
    for (unsigned i = 0; i < 8; i++) {
        CHECK_EQUAL(chevm_state_mark(state, &marks[i]), CH_OK);
    }
    const chevm_callee callee = call(state, &message);
    CHECK(!callee.run);
    CHECK_EQUAL(callee.result.status, CHEVM_JOURNAL_FULL);
    CHECK_EQUAL(chevm_state_keep(state, marks[0]), CH_OK);
    for (uint32_t depth = CHEVM_DEPTH_MAX + 1; depth-- > 0;) {
        message.depth = depth;
        (void)end_call(state, &message, depth % 2 == 0 ? CHEVM_REVERT : CHEVM_OK, NULL, 0);
    }
    CHECK_EQUAL(sload(state, account(2), 0), 0);
    done(state);
}
