/* The root of a state against the slow trie over what the reading functions show, through loading,
 * transactions, deletions and undoing; known roots of one and no account. */
#include "trie_rig.h"

#include "harness.h"
#include "state_rig.h"

static uint8_t *put_word(uint8_t *out, const chevm_u256 *number) {
    uint8_t bytes[32];
    size_t zeros = 0;
    chevm_u256_to_be32(bytes, number);
    while (zeros < 32 && bytes[zeros] == 0) {
        zeros++;
    }
    return out + trie_rig_string(out, bytes + zeros, 32 - zeros);
}

static void slow_storage_root(const chevm_state *state, const chevm_address *address,
                              chevm_u256 *root) {
    trie_rig *const trie = trie_rig_new();
    uint32_t cursor = 0;
    chevm_u256 key, value;
    while (chevm_state_slot_next(state, address, &cursor, &key, &value)) {
        uint8_t hash[32], rlp[40];
        chevm_u256_to_be32(hash, &key);
        chevm_keccak256(hash, hash, 32);
        trie_rig_put(trie, hash, 32, rlp, (size_t)(put_word(rlp, &value) - rlp));
    }
    trie_rig_root(trie, root);
    trie_rig_free(trie);
}

static void slow_root(const chevm_state *state, chevm_u256 *root) {
    trie_rig *const trie = trie_rig_new();
    uint32_t cursor = 0;
    chevm_account account;
    while (chevm_state_account_next(state, &cursor, &account)) {
        uint8_t hash[32], content[400], rlp[400];
        chevm_u256 storage;
        uint8_t *at = put_word(content, &(chevm_u256){{account.nonce, 0, 0, 0}});
        at = put_word(at, &account.balance);
        slow_storage_root(state, &account.address, &storage);
        chevm_u256_to_be32(hash, &storage);
        at += trie_rig_string(at, hash, 32);
        chevm_u256_to_be32(hash, account.code_hash);
        at += trie_rig_string(at, hash, 32);
        chevm_keccak256(hash, account.address.bytes, 20);
        trie_rig_put(trie, hash, 32, rlp, trie_rig_list(rlp, content, (size_t)(at - content)));
    }
    trie_rig_root(trie, root);
    trie_rig_free(trie);
}

static bool agrees(const chevm_state *state) {
    const size_t size = chevm_state_root_scratch(state);
    uint8_t *const scratch = aligned_alloc(64, (size + 64) & ~(size_t)63);
    chevm_u256 got = word(1), want;
    bool good = CHECK(scratch != NULL);
    if (good && size != 0) {
        good = CHECK_EQUAL(chevm_state_root(state, &got, scratch, size - 1), CH_EFULL) &&
               CHECK_EQUAL(got.limbs[0], 1);
    }
    if (good) {
        memset(scratch, 0xa5, size);
        slow_root(state, &want);
        good = CHECK_EQUAL(chevm_state_root(state, &got, scratch, size), CH_OK) &&
               CHECK(chevm_u256_equal(&got, &want));
    }
    free(scratch);
    return good;
}

static chevm_u256 random_word(void) {
    chevm_u256 value = {{0, 0, 0, 0}};
    const unsigned limbs = (unsigned)ch_test_random_below(5);
    for (unsigned i = 0; i < limbs; i++) {
        value.limbs[i] = ch_test_random() >> ch_test_random_below(64);
    }
    return value;
}

static chevm_status random_change(chevm_state *state, uint16_t accounts, uint64_t slots) {
    const chevm_address address = account((uint16_t)ch_test_random_below(accounts));
    const uint8_t code[40] = {(uint8_t)ch_test_random_below(4)};
    const chevm_u256 value = random_word();
    const chevm_u256 key = word(ch_test_random_below(slots));
    switch (ch_test_random_below(8)) {
    case 0:
        return chevm_state_set_nonce(state, &address, value.limbs[0]);
    case 1:
        return chevm_state_set_balance(state, &address, &value);
    case 2:
        return chevm_state_set_code(state, &address, code, ch_test_random_below(41));
    default:
        return chevm_state_set_storage(state, &address, &key, &value);
    }
}

TEST(no_account_is_the_empty_root) {
    chevm_state *const state = make_state(&small_options);
    chevm_u256 root;
    CHECK_EQUAL(chevm_state_root_scratch(state), 0);
    CHECK_EQUAL(chevm_state_root(state, &root, NULL, 0), CH_OK);
    CHECK(chevm_u256_equal(&root, &chevm_trie_empty_root));
    free_state(state);
}

TEST(empty_accounts_count_if_they_exist) {
    chevm_state *const state = make_state(&small_options);
    const chevm_address address = account(1), other = account(2);
    const chevm_u256 zero = word(0);
    CHECK_EQUAL(chevm_state_set_balance(state, &address, &zero), CHEVM_OK);
    agrees(state);
    CHECK_EQUAL(chevm_state_begin_transaction(state, CHEVM_FRONTIER, &test_context), CHEVM_OK);
    CHECK_EQUAL(chevm_state_credit(state, &other, &zero), CHEVM_OK);
    CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
    agrees(state);
    CHECK_EQUAL(chevm_state_begin_transaction(state, CHEVM_CANCUN, &test_context), CHEVM_OK);
    CHECK_EQUAL(chevm_state_credit(state, &other, &zero), CHEVM_OK);
    CHECK_EQUAL(chevm_state_credit(state, &address, &zero), CHEVM_OK);
    CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
    chevm_account found;
    uint32_t cursor = 0;
    CHECK(!chevm_state_account_next(state, &cursor, &found));
    agrees(state);
    free_state(state);
}

TEST(each_change_gives_the_slow_root) {
    chevm_state *const state = make_state(&small_options);
    for (int i = 0; i < 1500; i++) {
        (void)random_change(state, 20, 9);
        if (!agrees(state)) {
            break;
        }
        if (i % 300 == 299) {
            chevm_state_reset(state);
        }
    }
    free_state(state);
}

TEST(transactions_kept_and_undone_give_the_slow_root) {
    chevm_state *const state = make_state(&small_options);
    for (int i = 0; i < 300; i++) {
        const chevm_fork fork = i % 2 == 0 ? CHEVM_FRONTIER : CHEVM_CANCUN;
        CHECK_EQUAL(chevm_state_begin_transaction(state, fork, &test_context), CHEVM_OK);
        for (int step = 0; step < 10; step++) {
            (void)random_change(state, 12, 6);
        }
        if (ch_test_random_below(2) == 0) {
            chevm_state_rollback_transaction(state);
        } else {
            CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
        }
        if (!agrees(state)) {
            break;
        }
    }
    free_state(state);
}

TEST(thousands_of_slots_give_the_slow_root) {
    const chevm_state_options options = {.account_count = 3000, .slot_count = 6000};
    chevm_state *state = NULL;
    CHECK_EQUAL(chevm_state_create(&state, &options), CH_OK);
    for (int i = 0; i < 4000; i++) {
        (void)random_change(state, i % 2 == 0 ? 3000 : 2, 100000);
    }
    agrees(state);
    CHECK(chevm_state_root_scratch(state) <= chevm_state_root_scratch_max(&options));
    chevm_state_destroy(state);
}

TEST(scratch_of_impossible_options_is_nothing) {
    const chevm_state_options options = {.account_count = UINT32_MAX};
    CHECK_EQUAL(chevm_state_root_scratch_max(&options), 0);
    CHECK_EQUAL(chevm_state_root_scratch_max(NULL), 0);
    CHECK(chevm_state_root_scratch_max(&(chevm_state_options){.gas_limit = 0}) > 65536 * 100);
}

/* ---- Leaves below 32 bytes: two hashed keys that share eight nibbles, among 2^18 (birthdays) ---
 */

#define CANDIDATES (1u << 18)

static uint64_t candidates[CANDIDATES]; /* first half of the hash, key */

static int by_number(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

TEST(slots_whose_hashes_begin_alike_have_inlined_leaves) {
    for (uint32_t i = 0; i < CANDIDATES; i++) {
        const chevm_u256 key = word(i);
        uint8_t hash[32];
        chevm_u256_to_be32(hash, &key);
        chevm_keccak256(hash, hash, 32);
        candidates[i] = chevm_limb_load_be(hash) >> 32 << 32 | i;
    }
    qsort(candidates, CANDIDATES, sizeof candidates[0], by_number);
    chevm_state *const state = make_state(&small_options);
    unsigned pairs = 0;
    for (uint32_t i = 1; i < CANDIDATES; i++) {
        if (candidates[i] >> 32 == candidates[i - 1] >> 32) {
            const chevm_address address = account((uint16_t)pairs++);
            const chevm_u256 value = word(5);
            const chevm_u256 first = word((uint32_t)candidates[i - 1]);
            const chevm_u256 second = word((uint32_t)candidates[i]);
            CHECK_EQUAL(chevm_state_set_storage(state, &address, &first, &value), CHEVM_OK);
            CHECK_EQUAL(chevm_state_set_storage(state, &address, &second, &value), CHEVM_OK);
        }
    }
    CHECK(pairs >= 1 && pairs <= 60);
    agrees(state);
    free_state(state);
}
