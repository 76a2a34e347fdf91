/* The host's questions about accounts and code, block hashes, and its table. */
#include <coldevm/hash.h>

#include "harness.h"
#include "state_rig.h"

TEST(host_table_is_complete) {
    const chevm_host *const host = chevm_state_host();
    CHECK(host == chevm_state_host());
    CHECK(host->account_exists != NULL && host->get_storage != NULL && host->set_storage != NULL);
    CHECK(host->get_transient != NULL && host->set_transient != NULL && host->get_balance != NULL);
    CHECK(host->get_code_size != NULL && host->get_code_hash != NULL && host->copy_code != NULL);
    CHECK(host->selfdestruct != NULL && host->access_account != NULL);
    CHECK(host->access_storage != NULL && host->get_tx_context != NULL);
    CHECK(host->get_block_hash != NULL && host->emit_log != NULL);
    CHECK(host->call_begin != NULL && host->call_end != NULL);
}

TEST(host_account_exists_by_fork) {
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        chevm_state *const state = make_state(&small_options);
        const chevm_host *const host = chevm_state_host();
        const chevm_address absent = account(1);
        const chevm_address empty = account(2);
        const chevm_address rich = account(3);
        const chevm_address used = account(4);
        const chevm_address coded = account(5);
        const chevm_address stored = account(6);
        set_balance(state, empty, 0);
        set_balance(state, rich, 1);
        CHECK_EQUAL(chevm_state_set_nonce(state, &used, 1), CHEVM_OK);
        set_code(state, coded, "c");
        set_storage(state, stored, 1, 1); /* storage alone leaves it empty (EIP-161) */
        (void)begin(state, fork);
        CHECK(!host->account_exists(state, &absent));
        CHECK_EQUAL(host->account_exists(state, &empty), fork < CHEVM_SPURIOUS);
        CHECK_EQUAL(host->account_exists(state, &stored), fork < CHEVM_SPURIOUS);
        CHECK(host->account_exists(state, &rich));
        CHECK(host->account_exists(state, &used));
        CHECK(host->account_exists(state, &coded));
        chevm_state_rollback_transaction(state);
        free_state(state);
    }
}

TEST(host_code_hash_size_and_copy) {
    chevm_state *const state = make_state(&small_options);
    const chevm_host *const host = chevm_state_host();
    const chevm_address absent = account(1);
    const chevm_address empty = account(2);
    const chevm_address rich = account(3);
    const chevm_address coded = account(4);
    chevm_u256 hash = word(7);
    chevm_u256 expected;
    uint8_t bytes[32];
    set_balance(state, empty, 0);
    set_balance(state, rich, 1);
    set_code(state, coded, "0123456789");
    host->get_code_hash(state, &absent, &hash);
    CHECK(chevm_u256_is_zero(&hash));
    hash = word(7);
    host->get_code_hash(state, &empty, &hash);
    CHECK(chevm_u256_is_zero(&hash));
    host->get_code_hash(state, &rich, &hash);
    chevm_keccak256(bytes, NULL, 0);
    chevm_u256_from_be32(&expected, bytes);
    CHECK(chevm_u256_equal(&hash, &expected));
    host->get_code_hash(state, &coded, &hash);
    chevm_keccak256(bytes, (const uint8_t *)"0123456789", 10);
    chevm_u256_from_be32(&expected, bytes);
    CHECK(chevm_u256_equal(&hash, &expected));
    CHECK_EQUAL(host->get_code_size(state, &absent), 0);
    CHECK_EQUAL(host->get_code_size(state, &coded), 10);
    uint8_t buffer[16] = "****************";
    CHECK_EQUAL(host->copy_code(state, &coded, 4, buffer, 3), 3);
    CHECK_BYTES(buffer, "456*", 4);
    CHECK_EQUAL(host->copy_code(state, &coded, 8, buffer, 16), 2);
    CHECK_BYTES(buffer, "896*", 4);
    CHECK_EQUAL(host->copy_code(state, &coded, 10, buffer, 16), 0);
    CHECK_EQUAL(host->copy_code(state, &coded, SIZE_MAX, buffer, SIZE_MAX), 0);
    CHECK_EQUAL(host->copy_code(state, &coded, 0, NULL, 0), 0);
    CHECK_EQUAL(host->copy_code(state, &absent, 0, buffer, 16), 0);
    free_state(state);
}

TEST(host_gives_the_context_of_the_transaction) {
    chevm_state *const state = make_state(&small_options);
    (void)begin(state, CHEVM_CANCUN);
    CHECK(chevm_state_host()->get_tx_context(state) == &test_context);
    chevm_state_rollback_transaction(state);
    free_state(state);
}

static void fixed_hash(void *context, uint64_t number, chevm_u256 *hash) {
    *hash = word(number + *(const uint64_t *)context);
}

TEST(host_block_hash_is_that_of_the_decimal_digits_unless_given) {
    static const struct {
        uint64_t number;
        const char *digits;
    } rows[] = {{0, "0"}, {7, "7"}, {10, "10"}, {UINT64_MAX, "18446744073709551615"}};
    chevm_state *const state = make_state(&small_options);
    for (unsigned i = 0; i < 4; i++) {
        chevm_u256 hash;
        chevm_u256 expected;
        uint8_t bytes[32];
        chevm_state_host()->get_block_hash(state, rows[i].number, &hash);
        chevm_keccak256(bytes, (const uint8_t *)rows[i].digits, strlen(rows[i].digits));
        chevm_u256_from_be32(&expected, bytes);
        CHECK(chevm_u256_equal(&hash, &expected));
    }
    uint64_t offset = 100;
    chevm_u256 hash;
    chevm_state_set_block_hashes(state, fixed_hash, &offset);
    chevm_state_host()->get_block_hash(state, 5, &hash);
    CHECK_EQUAL(hash.limbs[0], 105);
    chevm_state_set_block_hashes(state, NULL, NULL);
    chevm_state_host()->get_block_hash(state, 5, &hash);
    CHECK(hash.limbs[3] != 0);
    free_state(state);
}

TEST(host_warming_does_nothing_before_berlin) {
    chevm_state *const state = make_state(&small_options);
    const chevm_address at = account(1);
    const chevm_u256 key = word(1);
    (void)begin(state, CHEVM_ISTANBUL);
    CHECK_EQUAL(chevm_state_warm_address(state, &at), CHEVM_OK);
    CHECK_EQUAL(chevm_state_warm_slot(state, &at, &key), CHEVM_OK);
    chevm_state_stats stats;
    chevm_state_get_stats(state, &stats);
    CHECK_EQUAL(stats.accounts + stats.slots, 0);
    chevm_state_rollback_transaction(state);
    free_state(state);
}
