/* Transient storage (EIP-1153): one transaction long, per account, undone with its frame. */
#include "harness.h"
#include "state_rig.h"

TEST(transient_values_live_for_one_transaction) {
    chevm_state *const state = make_state(&small_options);
    for (unsigned round = 0; round < 100; round++) {
        (void)begin(state, CHEVM_CANCUN);
        for (uint64_t i = 0; i < 60; i++) {
            CHECK_EQUAL(tload(state, account((uint16_t)(i % 3)), i), 0);
            CHECK_EQUAL(tstore(state, account((uint16_t)(i % 3)), i, i + round + 1), 0);
        }
        for (uint64_t i = 0; i < 60; i++) {
            CHECK_EQUAL(tload(state, account((uint16_t)(i % 3)), i), i + round + 1);
            CHECK_EQUAL(tload(state, account((uint16_t)(i % 3 + 1)), i), 0);
        }
        if (round % 2 == 0) {
            CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
        } else {
            chevm_state_rollback_transaction(state);
        }
        (void)state_is_sound(state);
    }
    free_state(state);
}

TEST(transient_zero_takes_no_room) {
    chevm_state *const state = make_state(&small_options);
    (void)begin(state, CHEVM_CANCUN);
    for (uint64_t i = 0; i < 1000; i++) {
        CHECK_EQUAL(tstore(state, account(1), i, 0), 0);
    }
    CHECK_EQUAL(tstore(state, account(1), 1, 5), 0);
    CHECK_EQUAL(tstore(state, account(1), 1, 0), 0);
    CHECK_EQUAL(tload(state, account(1), 1), 0);
    chevm_state_rollback_transaction(state);
    free_state(state);
}

TEST(transient_storage_is_not_storage) {
    chevm_state *const state = make_state(&small_options);
    (void)begin(state, CHEVM_CANCUN);
    CHECK(sstore(state, account(1), 1, 7) >= 0);
    CHECK_EQUAL(tload(state, account(1), 1), 0);
    CHECK_EQUAL(tstore(state, account(1), 1, 8), 0);
    CHECK_EQUAL(sload(state, account(1), 1), 7);
    CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
    CHECK_EQUAL(sload(state, account(1), 1), 7);
    free_state(state);
}

TEST(transient_values_of_a_reverted_call_are_gone) {
    chevm_state *const state = make_state(&small_options);
    set_code(state, account(2), "code");
    (void)begin(state, CHEVM_CANCUN);
    CHECK_EQUAL(tstore(state, account(2), 1, 5), 0);
    chevm_message message = call_message(account(1), account(2), 0);
    CHECK(call(state, &message).run);
    CHECK_EQUAL(tstore(state, account(2), 1, 6), 0);
    CHECK_EQUAL(tstore(state, account(2), 2, 7), 0);
    (void)end_call(state, &message, CHEVM_REVERT, NULL, 0);
    CHECK_EQUAL(tload(state, account(2), 1), 5);
    CHECK_EQUAL(tload(state, account(2), 2), 0);
    chevm_state_rollback_transaction(state);
    free_state(state);
}
