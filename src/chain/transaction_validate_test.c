/* Validation: every reason a state has against a transaction, by name, with its facts, and the
 * state untouched. */
#include "harness.h"
#include "state_rig.h"
#include "transaction_rig.h"

#include "rejection_rig.h"

static void set_scene(scene *s, const scene_row *row) {
    *s = (scene){.state = sample_state(&small_options), .block = sample_block(row->fork)};
    s->transaction = sample_transaction(CHEVM_TRANSACTION_LEGACY, NULL);
}

TEST(validate_rejects_by_name_and_leaves_the_state) {
    static scene s;
    chevm *vm = NULL;
    CHECK_EQUAL(chevm_create(&vm, &(chevm_options){.gas_limit = 1000000}), CH_OK);
    for (size_t i = 0; i < SCENE_ROW_COUNT; i++) {
        chevm_outcome outcome;
        set_scene(&s, &SCENE_ROWS[i]);
        SCENE_ROWS[i].spoil(&s);
        const chevm_u256 before = digest(s.state);
        chevm_transact(vm, s.state, &s.block, &s.transaction, &outcome);
        CHECK_TEXT(chevm_rejection_name(outcome.rejection.why),
                   chevm_rejection_name(SCENE_ROWS[i].why));
        CHECK_EQUAL(outcome.gas_used, 0);
        CHECK(!chevm_state_in_transaction(s.state));
        CHECK(same_word(before, digest(s.state)));
        free_state(s.state);
    }
    chevm_destroy(vm);
}

TEST(validate_accepts_the_scenes_unspoiled) {
    static scene s;
    for (size_t i = 0; i < SCENE_ROW_COUNT; i++) {
        chevm_rejection_facts facts;
        set_scene(&s, &SCENE_ROWS[i]);
        CHECK_EQUAL(chevm_transaction_validate(&s.transaction, &s.block, s.state, &facts),
                    CHEVM_ACCEPTED);
        free_state(s.state);
    }
}

/* have and want, as messages show them. */
TEST(validate_tells_the_facts) {
    static const struct {
        scene_row row;
        uint64_t have, want;
        bool has_address;
    } rows[] = {
        {{CHEVM_REJECTED_INTRINSIC_GAS_TOO_LOW, CHEVM_OSAKA, little_gas}, 20999, 21000, false},
        {{CHEVM_REJECTED_NONCE_MISMATCH_TOO_LOW, CHEVM_OSAKA, nonce_behind},
         SAMPLE_NONCE,
         SAMPLE_NONCE - 1,
         true},
        {{CHEVM_REJECTED_INSUFFICIENT_ACCOUNT_FUNDS, CHEVM_OSAKA, value_above_balance},
         SAMPLE_BALANCE,
         SAMPLE_BALANCE + 1,
         true},
        {{CHEVM_REJECTED_INSUFFICIENT_MAX_FEE_PER_GAS, CHEVM_OSAKA, fee_below_base},
         SAMPLE_GAS_PRICE,
         SAMPLE_GAS_PRICE + 1,
         false},
        {{CHEVM_REJECTED_INSUFFICIENT_MAX_FEE_PER_BLOB_GAS, CHEVM_OSAKA, little_blob_fee},
         2,
         3,
         false},
        {{CHEVM_REJECTED_GAS_ALLOWANCE_EXCEEDED, CHEVM_OSAKA, gas_above_block},
         199999,
         200000,
         false},
    };
    static scene s;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        chevm_rejection_facts facts;
        set_scene(&s, &rows[i].row);
        rows[i].row.spoil(&s);
        CHECK_EQUAL(chevm_transaction_validate(&s.transaction, &s.block, s.state, &facts),
                    rows[i].row.why);
        CHECK_EQUAL(facts.why, rows[i].row.why);
        CHECK_EQUAL(facts.have.limbs[0], rows[i].have);
        CHECK_EQUAL(facts.want.limbs[0], rows[i].want);
        CHECK_EQUAL(memcmp(&facts.address, &s.transaction.sender, sizeof facts.address) == 0,
                    rows[i].has_address);
        free_state(s.state);
    }
}
