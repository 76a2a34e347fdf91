/* transact_fuzz.c: any transaction on a small state that any code lives in. What must hold: a
 * rejected or capacity-bound one leaves no trace; else gas and nonce have moved as they may, no
 * money is made, the state is sound, and both engines end in the same place. */
#include "transaction_rules.h"

#include "fuzz.h"

#include <string.h>

#define STATE_BYTES (2u << 20)
#define TUPLES      2u

typedef struct source {
    const uint8_t *bytes;
    size_t left;
} source;

typedef struct scene {
    chevm_block block;
    chevm_transaction transaction;
    chevm_authorization tuples[TUPLES];
    chevm_access_entry access;
    chevm_u256 key;
    const uint8_t *code;
    size_t code_size;
    uint8_t journal; /* small capacities now and then */
} scene;

static uint8_t draw(source *from) {
    if (from->left == 0) {
        return 0;
    }
    from->left--;
    return *from->bytes++;
}

/* One of a handful of accounts, precompiles and the zero address among them. */
static chevm_address address(uint8_t number) {
    chevm_address a = {{0}};
    a.bytes[0] = number % 8 < 5 ? 0x10 : 0;
    a.bytes[19] = number % 8;
    return a;
}

static chevm_u256 word(uint64_t value) {
    return (chevm_u256){{value, 0, 0, 0}};
}

static void draw_tuples(source *from, scene *s) {
    for (size_t i = 0; i < TUPLES; i++) {
        const uint8_t bits = draw(from);
        s->tuples[i] = (chevm_authorization){.chain_id = word(bits >> 6),
                                             .nonce = bits >> 4 & 3,
                                             .address = address(draw(from)),
                                             .authority = address(bits),
                                             .is_signed = (bits & 8) == 0};
    }
    s->transaction.authorizations = s->tuples;
    s->transaction.authorization_count =
        s->transaction.type == CHEVM_TRANSACTION_SET_CODE ? TUPLES : 0;
}

static void draw_scene(source *from, scene *s) {
    static const chevm_u256 blob = {{0, 0, 0, (uint64_t)1 << 56}};
    memset(s, 0, sizeof *s);
    s->journal = draw(from);
    s->block = (chevm_block){
        .fork = (chevm_fork)(draw(from) % CHEVM_FORK_COUNT),
        .coinbase = address(draw(from)),
        .number = 5,
        .gas_limit = 1000000,
        .gas_available = 1000000,
        .base_fee = {{draw(from) & 7, 0, 0, 0}},
        .blob_base_fee = {{1, 0, 0, 0}},
        .chain_id = {{1, 0, 0, 0}},
        .blobs_max = 6,
        .blobs_available = 6,
    };
    chevm_transaction *const t = &s->transaction;
    t->type = (chevm_transaction_type)(draw(from) % 5);
    t->is_creation = draw(from) % 4 == 0 && t->type < CHEVM_TRANSACTION_BLOB;
    t->nonce = draw(from) % 16 == 0;
    t->gas_limit = 50000 + 1000u * draw(from);
    t->max_fee = word(6 + draw(from) % 8);
    t->max_priority_fee =
        t->type < CHEVM_TRANSACTION_DYNAMIC_FEE ? t->max_fee : word(draw(from) % 8);
    t->max_blob_fee = word(2);
    t->value = word(draw(from));
    t->to = address(draw(from));
    t->sender = address(1);
    t->blob_hashes = &blob;
    t->blob_count = t->type == CHEVM_TRANSACTION_BLOB;
    s->key = word(draw(from) & 3);
    s->access = (chevm_access_entry){address(draw(from)), &s->key, 1};
    t->access_list = &s->access;
    t->access_count = t->type != CHEVM_TRANSACTION_LEGACY;
    draw_tuples(from, s);
    s->code = from->bytes;
    s->code_size = from->left < 256 ? from->left : 256;
    t->input = from->bytes;
    t->input_size = t->is_creation ? s->code_size : s->code_size % 40;
}

static void load(chevm_state *state, const scene *s) {
    const chevm_u256 rich = word(1000000000), one = word(1);
    for (uint8_t i = 1; i < 4; i++) {
        const chevm_address a = address(i);
        CH_REQUIRE(chevm_state_set_balance(state, &a, &rich) == CHEVM_OK);
        if (i != 1 && s->code_size != 0) {
            CH_REQUIRE(chevm_state_set_code(state, &a, s->code, s->code_size / i) == CHEVM_OK);
            CH_REQUIRE(chevm_state_set_storage(state, &a, &one, &one) == CHEVM_OK);
        }
    }
}

static uint64_t money(const chevm_state *state) {
    chevm_account account;
    uint32_t cursor = 0;
    uint64_t sum = 0;
    while (chevm_state_account_next(state, &cursor, &account)) {
        CH_REQUIRE(chevm_u256_fits_u64(&account.balance));
        sum += account.balance.limbs[0];
    }
    return sum;
}

static uint64_t nonce_of(const chevm_state *state, const chevm_address *a) {
    chevm_account account;
    return chevm_state_find(state, a, &account) ? account.nonce : 0;
}

static void check_gas(const scene *s, const chevm_outcome *o) {
    const chevm_transaction *const t = &s->transaction;
    uint64_t floor;
    const uint64_t intrinsic = chevm_intrinsic_gas(t, s->block.fork, &floor);
    CH_REQUIRE(o->gas_used <= t->gas_limit);
    CH_REQUIRE(o->gas_used >= floor);
    CH_REQUIRE(o->execution_gas <= t->gas_limit - intrinsic);
    CH_REQUIRE(o->gas_used == floor ||
               o->gas_used + o->gas_refunded == intrinsic + o->execution_gas);
    CH_REQUIRE(o->status == CHEVM_OK || o->status == CHEVM_REVERT ||
               o->execution_gas == t->gas_limit - intrinsic || (int)o->status >= CHEVM_CALL_DEPTH);
}

static void play(chevm *vm, const scene *s, chevm_engine engine, chevm_outcome *o,
                 chevm_u256 *after) {
    static CH_ALIGNED(64) uint8_t memory[STATE_BYTES];
    const chevm_state_options options = {
        .account_count = 64,
        .slot_count = 128,
        .transient_count = 64,
        .code_count = 32,
        .code_bytes = 65536,
        .journal_bytes = s->journal < 64 ? 640 + 16u * s->journal : 65536,
        .log_count = 64,
        .log_bytes = 8192,
        .mark_count = 4,
    };
    chevm_state *state;
    chevm_u256 before;
    CH_REQUIRE(chevm_state_init(&state, memory, sizeof memory, &options) == CH_OK);
    CH_REQUIRE(chevm_set_engine(vm, engine) == CH_OK);
    load(state, s);
    const uint64_t money_before = money(state);
    chevm_state_digest(state, &before);
    chevm_transact(vm, state, &s->block, &s->transaction, o);
    CH_REQUIRE(!chevm_state_in_transaction(state));
    CH_REQUIRE(chevm_state_check(state, NULL) == CH_OK);
    chevm_state_digest(state, after);
    if (o->rejection.why != CHEVM_ACCEPTED || (int)o->status >= CHEVM_STATUS_MACHINE) {
        CH_REQUIRE(chevm_u256_equal(&before, after) && o->gas_used == 0);
    } else {
        CH_REQUIRE(money(state) <= money_before);
        CH_REQUIRE(nonce_of(state, &s->transaction.sender) > s->transaction.nonce);
        check_gas(s, o);
    }
    chevm_state_fini(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static chevm *vm;
    static scene s;
    chevm_outcome fast, portable;
    chevm_u256 fast_end, portable_end;
    source from = {data, size};
    if (vm == NULL) {
        CH_REQUIRE(chevm_create(&vm, &(chevm_options){.gas_limit = 1000000}) == CH_OK);
    }
    draw_scene(&from, &s);
    play(vm, &s, CHEVM_ENGINE_FAST, &fast, &fast_end);
    play(vm, &s, CHEVM_ENGINE_PORTABLE, &portable, &portable_end);
    CH_REQUIRE(chevm_u256_equal(&fast_end, &portable_end));
    CH_REQUIRE(fast.status == portable.status && fast.gas_used == portable.gas_used);
    CH_REQUIRE(fast.rejection.why == portable.rejection.why);
    return 0;
}
