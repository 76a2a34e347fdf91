/* The code store: one copy per code, padding, reclaiming. */
#include "world.h"

#include "harness.h"
#include "state_rig.h"

static chevm_state_stats stats_of(const chevm_state *state) {
    chevm_state_stats stats;
    chevm_state_get_stats(state, &stats);
    return stats;
}

TEST(code_that_is_equal_is_kept_once) {
    chevm_state *const state = make_state(&small_options);
    for (uint16_t i = 0; i < 30; i++) {
        set_code(state, account(i), i % 2 == 0 ? "even" : "odd");
    }
    CHECK_EQUAL(stats_of(state).codes, 2);
    const chevm_address zero = account(0);
    const chevm_address two = account(2);
    chevm_account a;
    chevm_account b;
    CHECK(chevm_state_find(state, &zero, &a) && chevm_state_find(state, &two, &b));
    CHECK(a.code == b.code);
    set_code(state, account(0), "odd");
    CHECK(chevm_state_find(state, &zero, &a) && chevm_state_find(state, &two, &b));
    CHECK_BYTES(a.code, "odd", 4);
    CHECK_BYTES(b.code, "even", 5);
    set_code(state, account(0), "");
    CHECK(chevm_state_find(state, &zero, &a));
    CHECK(a.code == NULL);
    CHECK_EQUAL(a.code_size, 0);
    free_state(state);
}

TEST(code_of_a_reverted_creation_is_reclaimed) {
    chevm_state *const state = make_state(&small_options);
    set_balance(state, account(1), 1);
    const chevm_state_stats before = stats_of(state);
    for (unsigned i = 0; i < 1000; i++) { /* far more than the store holds */
        char code[100];
        memset(code, 'a' + (int)(i % 26), sizeof code);
        (void)begin(state, CHEVM_CANCUN);
        chevm_message message = create_message(account(1), 0);
        CHECK(call(state, &message).run);
        CHECK_EQUAL(end_call(state, &message, CHEVM_OK, code, sizeof code).status, CHEVM_OK);
        chevm_state_rollback_transaction(state);
    }
    CHECK_EQUAL(stats_of(state).codes, before.codes);
    CHECK_EQUAL(stats_of(state).code_bytes, before.code_bytes);
    free_state(state);
}

/* Codes come and go for good; the gaps they leave are closed, and what stays stays right. */
TEST(code_of_deleted_accounts_makes_room_again) {
    chevm_state *const state = make_state(&small_options);
    set_balance(state, account(1), 1);
    set_code(state, account(2), "stays for ever");
    for (uint64_t i = 0; i < 2000; i++) {
        char code[64];
        memset(code, 'a' + (int)(i % 26), sizeof code);
        memcpy(code + 8, &i, sizeof i);
        (void)begin(state, CHEVM_LONDON);
        chevm_message message = create_message(account(1), 0);
        const chevm_address made = call(state, &message).recipient;
        if (!CHECK_EQUAL(end_call(state, &message, CHEVM_OK, code, sizeof code).status, CHEVM_OK)) {
            break;
        }
        if (i % 5 == 4) { /* another one on top, which keeps a gap below from going at once */
            code[20] = '!';
            const chevm_address seven = account(7);
            CHECK_EQUAL(chevm_state_set_code(state, &seven, (const uint8_t *)code, sizeof code),
                        CHEVM_OK);
        }
        CHECK_EQUAL(selfdestruct(state, made, account(1)), 1);
        CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
        if (i % 50 == 0) {
            (void)state_is_sound(state);
        }
    }
    chevm_account view;
    const chevm_address two = account(2);
    CHECK(chevm_state_find(state, &two, &view));
    CHECK_BYTES(view.code, "stays for ever", 15);
    CHECK(stats_of(state).codes <= 8);
    free_state(state);
}

TEST(code_larger_than_the_store_is_refused) {
    chevm_state *const state = make_state(&small_options);
    static uint8_t code[8192];
    const chevm_address one = account(1);
    CHECK_EQUAL(chevm_state_set_code(state, &one, code, sizeof code), CHEVM_CODE_FULL);
    CHECK_EQUAL(chevm_state_set_code(state, &one, code, 4096 - CHEVM_CODE_PADDING + 1),
                CHEVM_CODE_FULL);
    CHECK(!exists(state, one));
    CHECK_EQUAL(chevm_state_set_code(state, &one, code, 4096 - CHEVM_CODE_PADDING), CHEVM_OK);
    free_state(state);
}

TEST(code_hash_of_nothing_is_right) {
    chevm_u256 hash;
    CHECK(chevm_u256_from_hex(
        &hash, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470", 64));
    CHECK(same_word(hash, chevmi_empty_code_hash));
}
