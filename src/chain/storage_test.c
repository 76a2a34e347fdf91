/* Storage: the nine statuses, original values over frames, warmth that a revert takes back. */
#include "harness.h"
#include "state_rig.h"

/* Spec evmc.md V7, spelled out: the row of (original, current, value). X, Y, Z are 1, 2, 3. */
typedef struct status_row {
    uint64_t original, current, value;
    chevm_storage_status status;
} status_row;

static const status_row ROWS[] = {
    {0, 0, 0, CHEVM_STORAGE_ASSIGNED},         {0, 0, 3, CHEVM_STORAGE_ADDED},
    {1, 1, 0, CHEVM_STORAGE_DELETED},          {1, 1, 3, CHEVM_STORAGE_MODIFIED},
    {1, 1, 1, CHEVM_STORAGE_ASSIGNED},         {1, 0, 3, CHEVM_STORAGE_DELETED_ADDED},
    {1, 2, 0, CHEVM_STORAGE_MODIFIED_DELETED}, {1, 0, 1, CHEVM_STORAGE_DELETED_RESTORED},
    {0, 2, 0, CHEVM_STORAGE_ADDED_DELETED},    {1, 2, 1, CHEVM_STORAGE_MODIFIED_RESTORED},
    {0, 2, 3, CHEVM_STORAGE_ASSIGNED},         {1, 2, 3, CHEVM_STORAGE_ASSIGNED},
    {0, 2, 2, CHEVM_STORAGE_ASSIGNED},         {1, 2, 2, CHEVM_STORAGE_ASSIGNED},
    {1, 0, 0, CHEVM_STORAGE_ASSIGNED},
};

TEST(storage_status_follows_the_table) {
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const chevm_u256 o = word(ROWS[i].original);
        const chevm_u256 c = word(ROWS[i].current);
        const chevm_u256 v = word(ROWS[i].value);
        CHECK_EQUAL(chevm_storage_status_of(&o, &c, &v), ROWS[i].status);
    }
}

/* EIP-2200's own words, in place of the table: net cost by clauses. */
static chevm_storage_status by_clauses(uint64_t original, uint64_t current, uint64_t value) {
    if (current == value) {
        return CHEVM_STORAGE_ASSIGNED;
    }
    if (original == current) {
        if (original == 0) {
            return CHEVM_STORAGE_ADDED;
        }
        return value == 0 ? CHEVM_STORAGE_DELETED : CHEVM_STORAGE_MODIFIED;
    }
    if (original != 0) {
        if (current == 0) {
            return value == original ? CHEVM_STORAGE_DELETED_RESTORED : CHEVM_STORAGE_DELETED_ADDED;
        }
        if (value == 0) {
            return CHEVM_STORAGE_MODIFIED_DELETED;
        }
    }
    if (original == value) {
        return original == 0 ? CHEVM_STORAGE_ADDED_DELETED : CHEVM_STORAGE_MODIFIED_RESTORED;
    }
    return CHEVM_STORAGE_ASSIGNED;
}

TEST(storage_status_holds_for_every_triple_of_four_values) {
    unsigned seen[9] = {0};
    for (unsigned i = 0; i < 64; i++) {
        const uint64_t o = i & 3, c = i >> 2 & 3, v = i >> 4;
        for (unsigned limb = 0; limb < 4; limb++) { /* every limb counts */
            chevm_u256 words[3] = {{{0, 0, 0, 0}}, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}};
            words[0].limbs[limb] = o;
            words[1].limbs[limb] = c;
            words[2].limbs[limb] = v;
            const chevm_storage_status got =
                chevm_storage_status_of(&words[0], &words[1], &words[2]);
            CHECK_EQUAL(got, by_clauses(o, c, v));
            seen[got]++;
        }
    }
    for (unsigned i = 0; i < 9; i++) {
        CHECK(seen[i] != 0);
    }
}

TEST(storage_writes_answer_with_the_status_of_the_transaction) {
    chevm_state *const state = make_state(&small_options);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const status_row *const row = &ROWS[i];
        set_storage(state, account(1), 9, row->original);
        begin(state, CHEVM_LONDON);
        if (row->current != row->original) {
            CHECK(sstore(state, account(1), 9, row->current) >= 0);
        }
        CHECK_EQUAL(sstore(state, account(1), 9, row->value), row->status);
        CHECK_EQUAL(sload(state, account(1), 9), row->value);
        if (i % 2 == 0) {
            CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
            CHECK_EQUAL(sload(state, account(1), 9), row->value);
        } else {
            chevm_state_rollback_transaction(state);
            CHECK_EQUAL(sload(state, account(1), 9), row->original);
        }
        (void)state_is_sound(state);
    }
    free_state(state);
}

TEST(storage_original_survives_a_reverted_call) {
    chevm_state *const state = make_state(&small_options);
    chevm_mark mark;
    set_storage(state, account(1), 7, 1);
    begin(state, CHEVM_LONDON);
    CHECK_EQUAL(chevm_state_mark(state, &mark), CH_OK);
    CHECK_EQUAL(sstore(state, account(1), 7, 2), CHEVM_STORAGE_MODIFIED);
    CHECK_EQUAL(chevm_state_release(state, mark), CH_OK);
    CHECK_EQUAL(sload(state, account(1), 7), 1);
    CHECK_EQUAL(sstore(state, account(1), 7, 0), CHEVM_STORAGE_DELETED);
    CHECK_EQUAL(chevm_state_mark(state, &mark), CH_OK);
    CHECK_EQUAL(sstore(state, account(1), 7, 1), CHEVM_STORAGE_DELETED_RESTORED);
    CHECK_EQUAL(chevm_state_keep(state, mark), CH_OK);
    CHECK_EQUAL(sstore(state, account(1), 7, 5), CHEVM_STORAGE_MODIFIED);
    CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
    begin(state, CHEVM_LONDON); /* now 5 is the original */
    CHECK_EQUAL(sstore(state, account(1), 7, 1), CHEVM_STORAGE_MODIFIED);
    CHECK_EQUAL(sstore(state, account(1), 7, 5), CHEVM_STORAGE_MODIFIED_RESTORED);
    chevm_state_rollback_transaction(state);
    free_state(state);
}

/* The journal may keep one old value per frame, but a revert of each frame must see its own. */
TEST(storage_written_often_in_nested_frames_reverts_step_by_step) {
    chevm_state *const state = make_state(&small_options);
    chevm_mark marks[6];
    begin(state, CHEVM_CANCUN);
    for (uint64_t depth = 0; depth < 6; depth++) {
        CHECK_EQUAL(chevm_state_mark(state, &marks[depth]), CH_OK);
        for (uint64_t i = 0; i < 10; i++) {
            CHECK(sstore(state, account(1), 1, 100 * depth + i + 1) >= 0);
            CHECK_EQUAL(tstore(state, account(1), 1, 100 * depth + i + 1), 0);
        }
    }
    CHECK_EQUAL(chevm_state_keep(state, marks[5]), CH_OK);
    CHECK(sstore(state, account(1), 1, 9999) >= 0);
    CHECK_EQUAL(chevm_state_release(state, marks[4]), CH_OK);
    CHECK_EQUAL(sload(state, account(1), 1), 310);
    CHECK_EQUAL(tload(state, account(1), 1), 310);
    CHECK(sstore(state, account(1), 1, 8888) >= 0);
    CHECK_EQUAL(chevm_state_release(state, marks[3]), CH_OK);
    CHECK_EQUAL(sload(state, account(1), 1), 210);
    CHECK_EQUAL(chevm_state_release(state, marks[0]), CH_OK);
    CHECK_EQUAL(sload(state, account(1), 1), 0);
    CHECK_EQUAL(tload(state, account(1), 1), 0);
    chevm_state_rollback_transaction(state);
    free_state(state);
}

TEST(storage_loop_on_one_slot_costs_the_journal_one_entry) {
    chevm_state *const state = make_state(&small_options);
    begin(state, CHEVM_CANCUN);
    for (uint64_t i = 1; i <= 100000; i++) {
        if (!CHECK(sstore(state, account(1), 1, i) >= 0) ||
            !CHECK_EQUAL(tstore(state, account(1), 1, i), 0)) {
            break;
        }
    }
    CHECK_EQUAL(sload(state, account(1), 1), 100000);
    chevm_state_rollback_transaction(state);
    CHECK_EQUAL(sload(state, account(1), 1), 0);
    free_state(state);
}

TEST(storage_warmth_is_per_transaction_and_reverts) {
    chevm_state *const state = make_state(&small_options);
    chevm_mark mark;
    set_storage(state, account(1), 1, 1);
    begin(state, CHEVM_BERLIN);
    CHECK_EQUAL(access_slot(state, account(1), 1), CHEVM_ACCESS_COLD);
    CHECK_EQUAL(access_slot(state, account(1), 1), CHEVM_ACCESS_WARM);
    CHECK_EQUAL(chevm_state_mark(state, &mark), CH_OK);
    CHECK_EQUAL(access_slot(state, account(1), 2), CHEVM_ACCESS_COLD);
    CHECK_EQUAL(access_slot(state, account(2), 1), CHEVM_ACCESS_COLD);
    CHECK_EQUAL(access_slot(state, account(1), 2), CHEVM_ACCESS_WARM);
    CHECK_EQUAL(chevm_state_release(state, mark), CH_OK);
    CHECK_EQUAL(access_slot(state, account(1), 1), CHEVM_ACCESS_WARM);
    CHECK_EQUAL(access_slot(state, account(1), 2), CHEVM_ACCESS_COLD);
    CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
    begin(state, CHEVM_BERLIN);
    CHECK_EQUAL(access_slot(state, account(1), 1), CHEVM_ACCESS_COLD);
    const chevm_address at = account(3);
    const chevm_u256 key = word(4);
    CHECK_EQUAL(chevm_state_warm_slot(state, &at, &key), CHEVM_OK);
    CHECK_EQUAL(access_slot(state, account(3), 4), CHEVM_ACCESS_WARM);
    chevm_state_rollback_transaction(state);
    free_state(state);
}

TEST(storage_that_was_only_looked_at_leaves_no_entry) {
    chevm_state *const state = make_state(&small_options);
    chevm_state_stats before;
    chevm_state_stats after;
    set_storage(state, account(1), 1, 1);
    chevm_state_get_stats(state, &before);
    for (unsigned round = 0; round < 1000; round++) { /* more than the capacity in all */
        begin(state, CHEVM_CANCUN);
        CHECK_EQUAL(access_slot(state, account(1), 100 + round), CHEVM_ACCESS_COLD);
        CHECK(sstore(state, account(1), 5000 + round, 1) >= 0);
        CHECK(sstore(state, account(1), 5000 + round, 0) >= 0);
        CHECK_EQUAL(access_account(state, account((uint16_t)(200 + round))), CHEVM_ACCESS_COLD);
        CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
    }
    chevm_state_get_stats(state, &after);
    CHECK_EQUAL(after.slots, before.slots);
    CHECK_EQUAL(after.accounts, before.accounts);
    free_state(state);
}

TEST(storage_slots_of_accounts_are_apart_and_counted) {
    chevm_state *const state = make_state(&small_options);
    for (uint16_t a = 1; a <= 4; a++) {
        for (uint64_t k = 0; k < 10; k++) {
            set_storage(state, account(a), k, 100u * a + k);
        }
    }
    set_storage(state, account(2), 3, 0);
    for (uint16_t a = 1; a <= 4; a++) {
        const chevm_address at = account(a);
        chevm_account view;
        CHECK(chevm_state_find(state, &at, &view));
        CHECK_EQUAL(view.slot_count, a == 2 ? 9 : 10);
        uint32_t cursor = 0;
        uint64_t sum = 0;
        unsigned count = 0;
        chevm_u256 key;
        chevm_u256 value;
        while (chevm_state_slot_next(state, &at, &cursor, &key, &value)) {
            CHECK_EQUAL(value.limbs[0], 100u * a + key.limbs[0]);
            sum += key.limbs[0];
            count++;
        }
        CHECK_EQUAL(count, view.slot_count);
        CHECK_EQUAL(sum, a == 2 ? 42 : 45);
        CHECK(!chevm_state_slot_next(state, &at, &cursor, &key, &value));
    }
    free_state(state);
}
