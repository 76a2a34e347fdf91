/* Transactions: what vanishes at the end, marks in and around them, rollback. */
#include "harness.h"
#include "state_rig.h"

TEST(transaction_warms_origin_and_from_shanghai_on_coinbase) {
    for (chevm_fork fork = CHEVM_BERLIN; fork < CHEVM_FORK_COUNT; fork++) {
        chevm_state *const state = make_state(&small_options);
        (void)begin(state, fork);
        CHECK_EQUAL(access_account(state, test_context.origin), CHEVM_ACCESS_WARM);
        CHECK_EQUAL(access_account(state, test_context.coinbase), fork >= CHEVM_SHANGHAI);
        CHECK_EQUAL(access_account(state, account(1)), CHEVM_ACCESS_COLD);
        CHECK_EQUAL(access_account(state, account(1)), CHEVM_ACCESS_WARM);
        CHECK_EQUAL(access_account(state, low_address(1)), CHEVM_ACCESS_WARM);
        CHECK_EQUAL(access_account(state, low_address(0x0a)), fork >= CHEVM_CANCUN);
        CHECK_EQUAL(access_account(state, low_address(0x11)), fork >= CHEVM_PRAGUE);
        CHECK_EQUAL(access_account(state, low_address(0x100)), fork >= CHEVM_OSAKA);
        CHECK_EQUAL(access_account(state, low_address(0x12)), CHEVM_ACCESS_COLD);
        CHECK_EQUAL(access_account(state, low_address(0)), CHEVM_ACCESS_COLD);
        CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
        (void)begin(state, fork);
        CHECK_EQUAL(access_account(state, account(1)), CHEVM_ACCESS_COLD);
        chevm_state_rollback_transaction(state);
        free_state(state);
    }
}

/* ---- Self-destruction ----------------------------------------------------------------------- */

TEST(selfdestruct_by_fork_old_contract) {
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        chevm_state *const state = make_state(&small_options);
        const bool deletes = fork < CHEVM_CANCUN;
        set_balance(state, account(1), 100);
        set_code(state, account(1), "code");
        set_storage(state, account(1), 1, 1);
        (void)begin(state, fork);
        CHECK_EQUAL(selfdestruct(state, account(1), account(2)), deletes);
        CHECK_EQUAL(balance_of(state, account(1)), 0);
        CHECK_EQUAL(balance_of(state, account(2)), 100);
        CHECK_EQUAL(sload(state, account(1), 1), 1); /* alive until the end */
        CHECK_EQUAL(selfdestruct(state, account(1), account(2)), 0);
        CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
        CHECK_EQUAL(exists(state, account(1)), !deletes);
        CHECK_EQUAL(sload(state, account(1), 1), !deletes);
        CHECK_EQUAL(balance_of(state, account(2)), 100);
        free_state(state);
    }
}

TEST(selfdestruct_to_itself_burns_only_what_is_deleted) {
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        chevm_state *const state = make_state(&small_options);
        set_balance(state, account(1), 100);
        (void)begin(state, fork);
        CHECK_EQUAL(selfdestruct(state, account(1), account(1)), fork < CHEVM_CANCUN);
        CHECK_EQUAL(balance_of(state, account(1)), fork < CHEVM_CANCUN ? 0 : 100);
        CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
        CHECK_EQUAL(exists(state, account(1)), fork >= CHEVM_CANCUN);
        free_state(state);
    }
}

TEST(selfdestruct_of_a_contract_of_this_transaction_deletes_in_every_fork) {
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        for (unsigned self = 0; self < 2; self++) {
            chevm_state *const state = make_state(&small_options);
            set_balance(state, account(1), 100);
            (void)begin(state, fork);
            chevm_message message = create_message(account(1), 40);
            const chevm_address made = call(state, &message).recipient;
            CHECK_EQUAL(end_call(state, &message, CHEVM_OK, "code", 4).status, CHEVM_OK);
            CHECK_EQUAL(selfdestruct(state, made, self != 0 ? made : account(2)), 1);
            CHECK_EQUAL(balance_of(state, made), 0);
            CHECK_EQUAL(balance_of(state, account(2)), self != 0 ? 0 : 40);
            set_balance(state, made, 5); /* what arrives later is burnt */
            CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
            CHECK(!exists(state, made));
            chevm_state_stats stats;
            chevm_state_get_stats(state, &stats);
            CHECK_EQUAL(stats.codes, 0);
            free_state(state);
        }
    }
}

TEST(selfdestruct_undone_is_not_remembered) {
    chevm_state *const state = make_state(&small_options);
    chevm_mark mark;
    set_balance(state, account(1), 100);
    (void)begin(state, CHEVM_LONDON);
    CHECK_EQUAL(chevm_state_mark(state, &mark), CH_OK);
    CHECK_EQUAL(selfdestruct(state, account(1), account(2)), 1);
    CHECK_EQUAL(chevm_state_release(state, mark), CH_OK);
    CHECK_EQUAL(chevm_state_mark(state, &mark), CH_OK);
    CHECK_EQUAL(selfdestruct(state, account(1), account(2)), 1); /* the first time again */
    CHECK_EQUAL(chevm_state_release(state, mark), CH_OK);
    CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
    CHECK_EQUAL(balance_of(state, account(1)), 100);
    CHECK(!exists(state, account(2)));
    free_state(state);
}

TEST(selfdestruct_of_nothing_to_nobody_creates_an_account_only_before_eip161) {
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        chevm_state *const state = make_state(&small_options);
        set_code(state, account(1), "code");
        (void)begin(state, fork);
        CHECK(selfdestruct(state, account(1), account(2)) >= 0);
        CHECK_EQUAL(exists(state, account(2)), fork < CHEVM_SPURIOUS);
        CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
        CHECK_EQUAL(exists(state, account(2)), fork < CHEVM_SPURIOUS);
        free_state(state);
    }
}

/* ---- Empty accounts (EIP-161) --------------------------------------------------------------- */

TEST(empty_account_vanishes_if_touched_from_spurious_dragon_on) {
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        chevm_state *const state = make_state(&small_options);
        for (uint16_t i = 1; i <= 4; i++) {
            set_balance(state, account(i), 0);
        }
        set_balance(state, account(5), 9);
        (void)begin(state, fork);
        chevm_message message = call_message(account(5), account(1), 0);
        CHECK_EQUAL(call(state, &message).result.status, CHEVM_OK);
        CHECK_EQUAL(selfdestruct(state, account(6), account(2)) >= 0, true);
        const chevm_address three = account(3);
        const chevm_u256 zero = word(0);
        CHECK_EQUAL(chevm_state_credit(state, &three, &zero), CHEVM_OK);
        message = call_message(account(5), account(7), 9); /* comes and goes */
        CHECK_EQUAL(call(state, &message).result.status, CHEVM_OK);
        message = call_message(account(7), account(5), 9);
        CHECK_EQUAL(call(state, &message).result.status, CHEVM_OK);
        CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
        CHECK_EQUAL(exists(state, account(1)), fork < CHEVM_SPURIOUS);
        CHECK_EQUAL(exists(state, account(2)), fork < CHEVM_SPURIOUS);
        CHECK_EQUAL(exists(state, account(3)), fork < CHEVM_SPURIOUS);
        CHECK_EQUAL(exists(state, account(7)), fork < CHEVM_SPURIOUS);
        CHECK(exists(state, account(4))); /* not touched */
        CHECK_EQUAL(balance_of(state, account(5)), 9);
        free_state(state);
    }
}

TEST(empty_account_whose_touch_is_undone_stays_but_for_0x03) {
    for (chevm_fork fork = CHEVM_HOMESTEAD; fork < CHEVM_FORK_COUNT; fork++) {
        for (unsigned by_mark = 0; by_mark < 2; by_mark++) {
            chevm_state *const state = make_state(&small_options);
            chevm_mark mark;
            set_balance(state, account(1), 0);
            set_balance(state, low_address(3), 0);
            set_code(state, account(2), "calls");
            (void)begin(state, fork);
            chevm_message outer = call_message(account(9), account(2), 0);
            if (by_mark != 0) {
                CHECK_EQUAL(chevm_state_mark(state, &mark), CH_OK);
            } else {
                CHECK(call(state, &outer).run);
            }
            chevm_message message = call_message(account(2), account(1), 0);
            CHECK_EQUAL(call(state, &message).result.status, CHEVM_OK);
            message = call_message(account(2), low_address(3), 0);
            message.gas = 1; /* out of gas, as in the block of the incident */
            CHECK_EQUAL(call(state, &message).result.status, CHEVM_OUT_OF_GAS);
            if (by_mark != 0) {
                CHECK_EQUAL(chevm_state_release(state, mark), CH_OK);
            } else {
                (void)end_call(state, &outer, CHEVM_OUT_OF_GAS, NULL, 0);
            }
            CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
            CHECK(exists(state, account(1)));
            CHECK_EQUAL(exists(state, low_address(3)), fork < CHEVM_SPURIOUS || by_mark != 0);
            free_state(state);
        }
    }
}

/* ---- Marks and rollback --------------------------------------------------------------------- */

/* A transaction that does something of everything. */
static void busy_transaction(chevm_state *state, chevm_fork fork, uint64_t salt) {
    (void)begin(state, fork);
    CHECK(sstore(state, account(1), salt % 4, salt) >= 0);
    CHECK(sstore(state, account(1), 9, salt % 2) >= 0);
    CHECK_EQUAL(tstore(state, account(1), 1, salt), 0);
    CHECK_EQUAL(emit(state, account(1), "log", 2), 0);
    CHECK(access_slot(state, account(4), salt) >= 0);
    chevm_message message = create_message(account(1), 3);
    const chevm_address made = call(state, &message).recipient;
    CHECK(sstore(state, made, 1, salt) >= 0);
    char code[4] = {'c', 'o', (char)('a' + salt % 26), 0};
    CHECK_EQUAL(end_call(state, &message, CHEVM_OK, code, 3).status, CHEVM_OK);
    if (salt % 3 == 0) {
        CHECK(selfdestruct(state, made, account(2)) >= 0);
    }
    CHECK(selfdestruct(state, account(3), account(2)) >= 0);
}

static void prepare(chevm_state *state) {
    set_balance(state, account(1), 1000);
    set_storage(state, account(1), 9, 1);
    set_code(state, account(3), "old code");
    set_balance(state, account(3), 17);
    set_storage(state, account(3), 5, 6);
    set_balance(state, account(8), 0);
}

TEST(transaction_rolled_back_many_times_leaves_no_trace) {
    chevm_state *const state = make_state(&small_options);
    prepare(state);
    const chevm_u256 before = digest(state);
    chevm_state_stats stats;
    chevm_state_stats stats_before;
    chevm_state_get_stats(state, &stats_before);
    for (uint64_t i = 0; i < 5000; i++) {
        busy_transaction(state, i % 2 == 0 ? CHEVM_LONDON : CHEVM_CANCUN, i);
        chevm_state_rollback_transaction(state);
        CHECK(!chevm_state_in_transaction(state));
    }
    chevm_state_get_stats(state, &stats);
    CHECK(same_word(digest(state), before));
    CHECK_EQUAL(stats.accounts, stats_before.accounts);
    CHECK_EQUAL(stats.slots, stats_before.slots);
    CHECK_EQUAL(stats.codes, stats_before.codes);
    CHECK_EQUAL(stats.code_bytes, stats_before.code_bytes);
    CHECK_EQUAL(stats.rollbacks, 5000);
    CHECK_EQUAL(sload(state, account(3), 5), 6);
    free_state(state);
}

TEST(marks_around_transactions_take_several_back_at_once) {
    static const chevm_fork forks[] = {CHEVM_FRONTIER, CHEVM_LONDON, CHEVM_CANCUN};
    chevm_state *const state = make_state(&small_options);
    prepare(state);
    const chevm_u256 before = digest(state);
    for (unsigned round = 0; round < 50; round++) {
        chevm_mark outer;
        chevm_mark inner;
        CHECK_EQUAL(chevm_state_mark(state, &outer), CH_OK);
        busy_transaction(state, forks[round % 3], round);
        CHECK_EQUAL(chevm_state_release(state, outer), CH_EORDER);
        CHECK_EQUAL(chevm_state_keep(state, outer), CH_EORDER);
        CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
        CHECK_EQUAL(exists(state, account(3)), forks[round % 3] >= CHEVM_CANCUN);
        const chevm_u256 middle = digest(state);
        CHECK_EQUAL(chevm_state_mark(state, &inner), CH_OK);
        set_balance(state, account(5), round);
        busy_transaction(state, forks[(round + 1) % 3], round + 7);
        CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
        (void)state_is_sound(state);
        if (round % 2 == 0) {
            CHECK_EQUAL(chevm_state_release(state, inner), CH_OK);
            CHECK(same_word(digest(state), middle));
            (void)state_is_sound(state);
        } else {
            CHECK_EQUAL(chevm_state_keep(state, inner), CH_OK);
        }
        CHECK_EQUAL(chevm_state_release(state, outer), CH_OK);
        CHECK(same_word(digest(state), before));
        CHECK_EQUAL(chevm_state_release(state, inner), CH_ESTALE);
        (void)state_is_sound(state);
    }
    free_state(state);
}

/* Kept at last, the outcome is that of the same transactions without a mark. */
TEST(marks_around_transactions_change_no_outcome) {
    chevm_state *const plain = make_state(&small_options);
    chevm_state *const marked = make_state(&small_options);
    chevm_mark mark;
    prepare(plain);
    prepare(marked);
    CHECK_EQUAL(chevm_state_mark(marked, &mark), CH_OK);
    for (uint64_t i = 0; i < 6; i++) {
        busy_transaction(plain, i % 2 == 0 ? CHEVM_LONDON : CHEVM_CANCUN, i);
        busy_transaction(marked, i % 2 == 0 ? CHEVM_LONDON : CHEVM_CANCUN, i);
        CHECK_EQUAL(chevm_state_end_transaction(plain), CHEVM_OK);
        CHECK_EQUAL(chevm_state_end_transaction(marked), CHEVM_OK);
        CHECK(same_word(digest(plain), digest(marked)));
    }
    CHECK_EQUAL(chevm_state_keep(marked, mark), CH_OK);
    CHECK(same_word(digest(plain), digest(marked)));
    chevm_state_stats a;
    chevm_state_stats b;
    chevm_state_get_stats(plain, &a);
    chevm_state_get_stats(marked, &b);
    CHECK_EQUAL(a.accounts, b.accounts);
    CHECK_EQUAL(a.slots, b.slots);
    free_state(plain);
    free_state(marked);
}

TEST(marks_know_when_they_are_stale_or_too_many) {
    chevm_state *const state = make_state(&small_options);
    chevm_mark marks[9];
    for (unsigned i = 0; i < 8; i++) {
        CHECK_EQUAL(chevm_state_mark(state, &marks[i]), CH_OK);
    }
    CHECK_EQUAL(chevm_state_mark(state, &marks[8]), CH_EFULL);
    CHECK_EQUAL(chevm_state_keep(state, marks[5]), CH_OK);
    CHECK_EQUAL(chevm_state_release(state, marks[7]), CH_ESTALE);
    CHECK_EQUAL(chevm_state_release(state, marks[5]), CH_ESTALE);
    CHECK_EQUAL(chevm_state_mark(state, &marks[8]), CH_OK);
    CHECK_EQUAL(chevm_state_release(state, marks[5]), CH_ESTALE); /* same place, other mark */
    CHECK_EQUAL(chevm_state_release(state, (chevm_mark){0}), CH_ESTALE);
    CHECK_EQUAL(chevm_state_release(state, marks[0]), CH_OK);
    free_state(state);
}

TEST(transaction_rolled_back_from_within_calls_closes_them) {
    chevm_state *const state = make_state(&small_options);
    prepare(state);
    const chevm_u256 before = digest(state);
    (void)begin(state, CHEVM_CANCUN);
    for (unsigned i = 0; i < 100; i++) {
        chevm_message message = call_message(account(1), account(3), 1);
        CHECK(call(state, &message).run);
        CHECK(sstore(state, account(3), i % 7, i) >= 0);
    }
    chevm_state_rollback_transaction(state);
    CHECK(same_word(digest(state), before));
    free_state(state);
}

static void begin_twice(void *context) {
    chevm_state *const state = context;
    (void)chevm_state_begin_transaction(state, CHEVM_CANCUN, &test_context);
}

TEST(transaction_begun_twice_is_a_callers_bug) {
    chevm_state *const state = make_state(&small_options);
    (void)begin(state, CHEVM_CANCUN);
    char text[256] = "";
    CHECK(ch_test_child_dies(begin_twice, state, text, sizeof text));
    CHECK(strstr(text, "requirement failed") != NULL);
    chevm_state_rollback_transaction(state);
    free_state(state);
}
