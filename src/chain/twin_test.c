/* The malloc twin: same answers, blocks that all come back, and each of its allocations refused
 * once. */
#include "harness.h"
#include "state_rig.h"

typedef struct counter {
    uint64_t taken, returned, bytes, calls;
    uint64_t refuse_at; /* number of the call that fails; 0: none */
} counter;

static void *count_alloc(void *user, size_t size_bytes, size_t align) {
    counter *const c = user;
    if (++c->calls == c->refuse_at) {
        return NULL;
    }
    CHECK(align <= 16 && size_bytes != 0);
    c->taken++;
    c->bytes += size_bytes;
    return malloc(size_bytes);
}

static ch_status count_free(void *user, void *block, size_t size_bytes) {
    counter *const c = user;
    c->returned++;
    c->bytes -= size_bytes;
    free(block);
    return CH_OK;
}

/* A script over everything that grows; returns the first status that is not success. */
static int busy(chevm_state *state, uint64_t salt) {
    int status = -(int)chevm_state_begin_transaction(state, CHEVM_CANCUN, &test_context);
    for (uint64_t i = 0; i < 200 && status >= 0; i++) {
        status = sstore(state, account((uint16_t)(i % 7)), i % 20, i + salt);
        if (status >= 0) {
            status = tstore(state, account((uint16_t)(i % 3)), i % 50, i + 1);
        }
        if (status >= 0 && i % 9 == 0) {
            status = emit(state, account(1), "some data of a log", (size_t)i % 5);
        }
        if (status >= 0 && i % 20 == 0) {
            status = emit(state, account(1), "", 0);
        }
    }
    return status < 0 ? status : 0;
}

TEST(twin_answers_as_the_state_does_and_gives_all_back) {
    counter c = {0};
    const ch_allocator twin = {.alloc = count_alloc, .free = count_free, .user = &c};
    chevm_state_options options = small_options;
    options.log_count = 64;
    options.transient_count = 200;
    chevm_state *const plain = make_state(&options);
    options.twin = &twin;
    chevm_state_parts parts;
    CHECK_EQUAL(chevm_state_footprint(&options, &parts), CH_OK);
    CHECK_EQUAL(parts.bytes[CHEVM_STATE_PART_JOURNAL], 0);
    CHECK_EQUAL(parts.bytes[CHEVM_STATE_PART_LOGS], 0);
    CHECK_EQUAL(parts.bytes[CHEVM_STATE_PART_TRANSIENT], 0);
    chevm_state *const state = make_state(&options);
    for (uint64_t round = 0; round < 20; round++) {
        const uint64_t before = c.taken;
        CHECK_EQUAL(busy(state, round), 0);
        CHECK_EQUAL(busy(plain, round), 0);
        CHECK(c.taken >= before + 23 + 2); /* a block a log, the transient map */
        chevm_u256 a;
        chevm_u256 b;
        chevm_state_logs_hash(state, &a);
        chevm_state_logs_hash(plain, &b);
        CHECK(same_word(a, b));
        for (uint64_t i = 0; i < 50; i++) {
            CHECK_EQUAL(tload(state, account((uint16_t)(i % 3)), i),
                        tload(plain, account((uint16_t)(i % 3)), i));
        }
        (void)state_is_sound(state);
        if (round % 3 == 0) {
            chevm_state_rollback_transaction(state);
            chevm_state_rollback_transaction(plain);
        } else {
            CHECK_EQUAL(chevm_state_end_transaction(state), CHEVM_OK);
            CHECK_EQUAL(chevm_state_end_transaction(plain), CHEVM_OK);
        }
        CHECK(same_word(digest(state), digest(plain)));
    }
    free_state(state);
    free_state(plain);
    CHECK_EQUAL(c.taken, c.returned);
    CHECK_EQUAL(c.bytes, 0);
}

TEST(twin_that_is_refused_answers_as_if_full) {
    bool complete = false;
    for (uint64_t at = 1; at < 100 && !complete; at++) {
        counter c = {.refuse_at = at};
        const ch_allocator twin = {.alloc = count_alloc, .free = count_free, .user = &c};
        chevm_state_options options = small_options;
        options.twin = &twin;
        chevm_state *const state = make_state(&options);
        const chevm_u256 before = digest(state);
        const int status = busy(state, 1);
        complete = status == 0;
        CHECK(complete || status == -CHEVM_JOURNAL_FULL || status == -CHEVM_LOGS_FULL ||
              status == -CHEVM_STATE_FULL);
        (void)state_is_sound(state);
        if (chevm_state_in_transaction(state)) {
            chevm_state_rollback_transaction(state);
        }
        CHECK(same_word(digest(state), before));
        c.refuse_at = 0;
        CHECK_EQUAL(busy(state, 2), 0); /* and works on when there is memory again */
        free_state(state);
        CHECK_EQUAL(c.taken, c.returned);
        CHECK_EQUAL(c.bytes, 0);
    }
    CHECK(complete);
}
