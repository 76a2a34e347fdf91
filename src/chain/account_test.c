/* Accounts: existence and emptiness by fork, touching, lookups that share a cache place. */
#include "world.h"

#include "harness.h"
#include "state_rig.h"

TEST(account_that_was_only_looked_at_does_not_exist) {
    chevm_state *const state = make_state(&small_options);
    (void)begin(state, CHEVM_CANCUN);
    CHECK_EQUAL(access_account(state, account(1)), CHEVM_ACCESS_COLD);
    CHECK_EQUAL(access_slot(state, account(2), 1), CHEVM_ACCESS_COLD);
    CHECK(!exists(state, account(1)));
    CHECK(!exists(state, account(2)));
    chevm_account view;
    uint32_t cursor = 0;
    CHECK(!chevm_state_account_next(state, &cursor, &view));
    chevm_state_rollback_transaction(state);
    free_state(state);
}

TEST(account_cache_holds_no_account_that_is_gone) {
    chevm_state *const state = make_state(&small_options);
    for (unsigned round = 0; round < 20; round++) {
        chevm_mark mark;
        const chevm_address a = account((uint16_t)(CHEVMI_ACCOUNT_CACHE * round));
        const chevm_address b = account((uint16_t)(CHEVMI_ACCOUNT_CACHE * (round + 1)));
        CHECK_EQUAL(chevm_state_mark(state, &mark), CH_OK);
        set_balance(state, a, 5);
        CHECK_EQUAL(balance_of(state, b), 0);
        CHECK_EQUAL(balance_of(state, a), 5);
        CHECK_EQUAL(chevm_state_release(state, mark), CH_OK);
        CHECK_EQUAL(balance_of(state, a), 0);
        CHECK_EQUAL(balance_of(state, b), 0);
        CHECK_EQUAL(balance_of(state, (chevm_address){{0}}), 0);
    }
    free_state(state);
}

/* The zero address is an address like others, not the mark of an empty entry. */
TEST(account_at_address_zero_is_an_account) {
    chevm_state *const state = make_state(&small_options);
    const chevm_address zero = {{0}};
    CHECK(!exists(state, zero));
    CHECK_EQUAL(sload(state, zero, 0), 0);
    set_balance(state, zero, 3);
    set_storage(state, zero, 0, 4);
    CHECK_EQUAL(balance_of(state, zero), 3);
    CHECK_EQUAL(sload(state, zero, 0), 4);
    free_state(state);
}

TEST(account_addresses_differ_in_any_byte) {
    chevm_state *const state = make_state(&small_options);
    for (unsigned i = 0; i < 20; i++) {
        chevm_address address = {{0}};
        address.bytes[i] = 1;
        set_balance(state, address, i + 1);
    }
    for (unsigned i = 0; i < 20; i++) {
        chevm_address address = {{0}};
        address.bytes[i] = 1;
        CHECK_EQUAL(balance_of(state, address), i + 1);
    }
    free_state(state);
}

TEST(account_credit_and_debit_check_and_touch) {
    chevm_state *const state = make_state(&small_options);
    const chevm_address one = account(1);
    const chevm_u256 zero = word(0);
    const chevm_u256 five = word(5);
    CHECK_EQUAL(chevm_state_debit(state, &one, &five), CHEVM_BALANCE);
    CHECK_EQUAL(chevm_state_debit(state, &one, &zero), CHEVM_OK);
    CHECK(!exists(state, one));
    CHECK_EQUAL(chevm_state_credit(state, &one, &five), CHEVM_OK);
    CHECK_EQUAL(chevm_state_credit(state, &one, &five), CHEVM_OK);
    CHECK_EQUAL(balance_of(state, one), 10);
    CHECK_EQUAL(chevm_state_debit(state, &one, &five), CHEVM_OK);
    const chevm_u256 six = word(6);
    CHECK_EQUAL(chevm_state_debit(state, &one, &six), CHEVM_BALANCE);
    CHECK_EQUAL(balance_of(state, one), 5);
    free_state(state);
}

TEST(account_balance_wraps_at_the_top) {
    chevm_state *const state = make_state(&small_options);
    const chevm_address one = account(1);
    const chevm_u256 top = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    const chevm_u256 two = word(2);
    CHECK_EQUAL(chevm_state_set_balance(state, &one, &top), CHEVM_OK);
    CHECK_EQUAL(chevm_state_credit(state, &one, &two), CHEVM_OK);
    CHECK_EQUAL(balance_of(state, one), 1);
    free_state(state);
}

/* Freed entries are taken again: a thousand rounds in a state for 64. */
TEST(account_entries_are_recycled) {
    chevm_state *const state = make_state(&small_options);
    set_balance(state, account(1), 1);
    for (uint16_t round = 0; round < 1000; round++) {
        (void)begin(state, CHEVM_LONDON);
        const uint16_t other = (uint16_t)(100 + round);
        chevm_message message = call_message(account(1), account(other), 1);
        CHECK_EQUAL(call(state, &message).result.status, CHEVM_OK);
        CHECK_EQUAL(selfdestruct(state, account(other), account(1)), 1);
        CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
    }
    CHECK_EQUAL(balance_of(state, account(1)), 1);
    chevm_state_stats stats;
    chevm_state_get_stats(state, &stats);
    CHECK_EQUAL(stats.accounts, 1);
    free_state(state);
}
