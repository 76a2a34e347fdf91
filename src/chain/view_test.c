/* Reading: iteration sees everything once, digests tell states apart whatever the order of making.
 */
#include "harness.h"
#include "state_rig.h"

static void make_account(chevm_state *state, uint16_t i) {
    const chevm_address at = account(i);
    set_balance(state, at, 10u * i);
    CHECK_EQUAL(chevm_state_set_nonce(state, &at, i), CHEVM_OK);
    if (i % 2 == 0) {
        set_code(state, at, i % 4 == 0 ? "four" : "two");
    }
    for (uint64_t k = 0; k < i % 5u; k++) {
        set_storage(state, at, k, k + i);
    }
}

TEST(view_iteration_sees_every_account_once) {
    chevm_state *const state = make_state(&small_options);
    for (uint16_t i = 1; i <= 40; i++) {
        make_account(state, i);
    }
    bool seen[41] = {false};
    uint32_t cursor = 0;
    unsigned count = 0;
    chevm_account view;
    while (chevm_state_account_next(state, &cursor, &view)) {
        const unsigned i = view.address.bytes[19];
        CHECK(i >= 1 && i <= 40 && !seen[i]);
        seen[i] = true;
        count++;
        CHECK_EQUAL(view.nonce, i);
        CHECK_EQUAL(view.balance.limbs[0], 10 * i);
        CHECK_EQUAL(view.code_size, i % 2 != 0 ? 0 : i % 4 == 0 ? 4 : 3);
        CHECK_EQUAL(view.slot_count, i % 5);
    }
    CHECK_EQUAL(count, 40);
    CHECK(!chevm_state_account_next(state, &cursor, &view));
    free_state(state);
}

TEST(view_digest_does_not_depend_on_the_order) {
    chevm_state *const up = make_state(&small_options);
    chevm_state_options other = small_options;
    other.account_count = 50;
    other.seed = 99;
    chevm_state *const down = make_state(&other);
    for (uint16_t i = 1; i <= 40; i++) {
        make_account(up, i);
        make_account(down, (uint16_t)(41 - i));
    }
    CHECK(same_word(digest(up), digest(down)));
    free_state(up);
    free_state(down);
}

TEST(view_digest_sees_every_property) {
    chevm_state *const state = make_state(&small_options);
    for (uint16_t i = 1; i <= 10; i++) {
        make_account(state, i);
    }
    const chevm_u256 base = digest(state);
    chevm_u256 seen[7];
    const chevm_address one = account(1);
    for (unsigned i = 0; i < 7; i++) {
        chevm_mark mark;
        CHECK_EQUAL(chevm_state_mark(state, &mark), CH_OK);
        switch (i) {
        case 0:
            set_balance(state, one, 11);
            break;
        case 1:
            CHECK_EQUAL(chevm_state_set_nonce(state, &one, 2), CHEVM_OK);
            break;
        case 2:
            set_code(state, one, "two");
            break;
        case 3:
            set_storage(state, one, 0, 2);
            break;
        case 4:
            set_storage(state, one, 1, 2);
            break;
        case 5:
            set_balance(state, account(77), 0);
            break;
        default:
            set_storage(state, one, 0, 0);
        }
        seen[i] = digest(state);
        CHECK(!same_word(seen[i], base));
        for (unsigned j = 0; j < i; j++) {
            CHECK(!same_word(seen[i], seen[j]));
        }
        CHECK_EQUAL(chevm_state_release(state, mark), CH_OK);
        CHECK(same_word(digest(state), base));
    }
    free_state(state);
}

TEST(view_of_the_absent_is_untouched) {
    chevm_state *const state = make_state(&small_options);
    chevm_account view = {.nonce = 77};
    const chevm_address at = account(1);
    uint32_t cursor = 0;
    chevm_u256 key;
    chevm_u256 value;
    CHECK(!chevm_state_find(state, &at, &view));
    CHECK_EQUAL(view.nonce, 77);
    CHECK(!chevm_state_slot_next(state, &at, &cursor, &key, &value));
    free_state(state);
}

TEST(view_stats_count_peaks) {
    chevm_state *const state = make_state(&small_options);
    (void)begin(state, CHEVM_CANCUN);
    for (uint64_t i = 0; i < 10; i++) {
        CHECK_EQUAL(tstore(state, account(1), i, 1), 0);
        CHECK_EQUAL(emit(state, account(1), "12345678", 1), 0);
        CHECK(sstore(state, account(1), i, 1) >= 0);
    }
    chevm_state_rollback_transaction(state);
    chevm_state_stats stats;
    chevm_state_get_stats(state, &stats);
    CHECK_EQUAL(stats.transient_peak, 10);
    CHECK_EQUAL(stats.log_peak, 10);
    CHECK_EQUAL(stats.log_bytes_peak, 400);
    CHECK(stats.journal_bytes_peak >= 10 * 48);
    CHECK_EQUAL(stats.transactions, 1);
    CHECK_EQUAL(stats.rollbacks, 1);
    CHECK_EQUAL(stats.accounts + stats.slots, 0);
    chevm_state_parts parts;
    CHECK_EQUAL(chevm_state_footprint(&small_options, &parts), CH_OK);
    CHECK(stats.touched_bytes > 0 && stats.touched_bytes <= parts.total);
    free_state(state);
}
