/* Life of a state: sizes, memory, emptiness. */
#define _GNU_SOURCE
#include "harness.h"
#include "state_rig.h"

#include <sys/mman.h>
#include <unistd.h>

TEST(state_footprint_names_every_part_and_adds_up) {
    chevm_state_parts parts;
    CHECK_EQUAL(chevm_state_footprint(&(chevm_state_options){0}, &parts), CH_OK);
    size_t sum = 0;
    for (unsigned i = 0; i < CHEVM_STATE_PART_COUNT; i++) {
        CHECK(parts.bytes[i] != 0);
        CHECK(chevm_state_part_name((chevm_state_part)i)[0] != '?');
        sum += parts.bytes[i];
    }
    CHECK_EQUAL(sum, parts.total);
    CHECK_TEXT(chevm_state_part_name(CHEVM_STATE_PART_COUNT), "?");
}

TEST(state_footprint_refuses_what_is_too_large) {
    chevm_state_parts parts = {.total = 77};
    const chevm_state_options bad[] = {
        {.account_count = CHEVM_STATE_COUNT_MAX + 1},
        {.slot_count = CHEVM_STATE_COUNT_MAX + 1},
        {.transient_count = UINT32_MAX},
        {.code_count = UINT32_MAX},
        {.mark_count = UINT32_MAX},
        {.journal_bytes = UINT64_MAX},
        {.code_bytes = UINT64_MAX},
        {.log_bytes = UINT64_MAX},
        {.gas_limit = UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_EQUAL(chevm_state_footprint(&bad[i], &parts), CH_ERANGE);
    }
    CHECK_EQUAL(chevm_state_footprint(NULL, &parts), CH_EINVAL);
    CHECK_EQUAL(parts.total, 77);
    CHECK_EQUAL(chevm_state_footprint(&(chevm_state_options){0}, NULL), CH_EINVAL);
}

/* Everything there is in a state, to the brim. */
static void fill(chevm_state *state) {
    uint8_t code[64];
    memset(code, 0x5b, sizeof code);
    uint64_t made = 0;
    for (uint16_t i = 0; i < 200 && made < 60; i++) {
        const chevm_address at = account(i);
        const chevm_u256 value = word(i + 1u);
        made += chevm_state_set_balance(state, &at, &value) == CHEVM_OK;
        code[0] = (uint8_t)i;
        (void)chevm_state_set_code(state, &at, code, sizeof code);
        for (uint64_t k = 0; k < 8; k++) {
            const chevm_u256 key = word(k);
            (void)chevm_state_set_storage(state, &at, &key, &value);
        }
    }
    CHECK_EQUAL(made, 60);
    (void)begin(state, CHEVM_CANCUN);
    while (tstore(state, account(1), made++, 1) == 0) {}
    while (emit(state, account(2), "some bytes", 4) == 0) {}
    while (sstore(state, account(3), 1, made++) >= 0) {
        chevm_mark mark;
        if (chevm_state_mark(state, &mark) == CH_OK) {
            continue;
        }
        break;
    }
}

TEST(state_uses_exactly_its_footprint) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    chevm_state_parts parts;
    CHECK_EQUAL(chevm_state_footprint(&small_options, &parts), CH_OK);
    const size_t pages = (parts.total + page - 1) / page * page;
    uint8_t *const map =
        mmap(NULL, pages + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!CHECK(map != MAP_FAILED) ||
        !CHECK(mprotect(map + page, pages, PROT_READ | PROT_WRITE) == 0)) {
        return;
    }
    for (unsigned low = 0; low < 2; low++) { /* against the guard below, then the one above */
        uint8_t *const memory = map + page + (low != 0 ? 0 : pages - parts.total);
        memset(map + page, 0xff, pages);
        chevm_state *state = NULL;
        if (!CHECK_EQUAL(chevm_state_init(&state, memory, parts.total, &small_options), CH_OK)) {
            break;
        }
        fill(state);
        chevm_state_rollback_transaction(state);
        (void)state_is_sound(state);
        chevm_state_reset(state);
        chevm_state_fini(state);
        chevm_state_fini(state);
    }
    munmap(map, pages + 2 * page);
}

TEST(state_init_refuses_unfit_memory) {
    chevm_state_parts parts;
    CHECK_EQUAL(chevm_state_footprint(&small_options, &parts), CH_OK);
    uint8_t *const memory = aligned_alloc(64, parts.total + 64);
    chevm_state *state = NULL;
    CHECK_EQUAL(chevm_state_init(&state, memory, parts.total - 1, &small_options), CH_EFULL);
    CHECK_EQUAL(chevm_state_init(&state, memory + 8, parts.total, &small_options), CH_EALIGN);
    CHECK_EQUAL(chevm_state_init(&state, NULL, parts.total, &small_options), CH_EINVAL);
    CHECK_EQUAL(chevm_state_init(&state, memory, parts.total, NULL), CH_EINVAL);
    CHECK_EQUAL(chevm_state_init(NULL, memory, parts.total, &small_options), CH_EINVAL);
    CHECK(state == NULL);
    free(memory);
}

TEST(state_created_with_defaults_works_and_goes) {
    chevm_state *state = NULL;
    if (!CHECK_EQUAL(chevm_state_create(&state, &(chevm_state_options){0}), CH_OK)) {
        return;
    }
    set_balance(state, account(1), 5);
    CHECK_EQUAL(balance_of(state, account(1)), 5);
    (void)state_is_sound(state);
    chevm_state_destroy(state);
    chevm_state_destroy(NULL);
    CHECK_EQUAL(chevm_state_create(NULL, &(chevm_state_options){0}), CH_EINVAL);
    CHECK_EQUAL(chevm_state_create(&state, NULL), CH_EINVAL);
}

TEST(state_reset_forgets_everything) {
    chevm_state *const state = make_state(&small_options);
    const chevm_u256 nothing = digest(state);
    for (unsigned round = 0; round < 3; round++) {
        fill(state);
        chevm_state_reset(state);
        (void)state_is_sound(state);
        CHECK(same_word(digest(state), nothing));
        chevm_state_stats stats;
        chevm_state_get_stats(state, &stats);
        CHECK_EQUAL(stats.accounts + stats.slots + stats.codes, 0);
        size_t logs = 1;
        (void)chevm_state_logs(state, &logs);
        CHECK_EQUAL(logs, 0);
    }
    free_state(state);
}

TEST(state_seed_changes_no_result) {
    chevm_u256 first = word(0);
    for (uint64_t seed = 0; seed < 8; seed++) {
        chevm_state_options options = small_options;
        options.seed = seed * 0x0123456789abcdefu;
        chevm_state *const state = make_state(&options);
        fill(state);
        chevm_state_rollback_transaction(state);
        if (seed == 0) {
            first = digest(state);
        }
        CHECK(same_word(digest(state), first));
        free_state(state);
    }
}
