/* samples_test.c: replays contracts/samples.json on both engines: status, gas, refund, output,
 * logs and every account must be what the independent EVM found, also at each gas limit where an
 * instruction can just not be paid. All runs are sealed. */
#include "harness.h"

#include "codes.h"
#include "seal.h"
#include "stage.h"
#include "store.h"
#include "text.h"

#include <coldevm/hash.h>

#include <stdio.h>
#include <string.h>

#define SAMPLES_FILE CONTRACTS_FOLDER "/samples.json"

/* One sample, read; values in the store. */
typedef struct sample {
    const char *name;
    world world;
    chevm_message message;
    const json_node *expect;
    const json_node *out_of_gas;
} sample;

static json_document document;
static uint64_t heap_calls;

static bool open_samples(void) {
    static bool opened;
    if (!opened) {
        chevm_hash_init();
        opened = store_open() == EXIT_DONE && json_open(&document, SAMPLES_FILE) == EXIT_DONE;
    }
    return CHECK(opened) && CHECK(json_count(json_get(document.root, "samples")) > 100);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static uint64_t number(const json_node *object, const char *key) {
    uint64_t value = 0;
    CHECK(json_get(object, key) != NULL);
    CHECK(json_u64(&document, json_get(object, key), &value) == EXIT_DONE);
    return value;
}

static chevm_u256 wide(const json_node *object, const char *key) {
    chevm_u256 value = {{0}};
    CHECK(json_get(object, key) != NULL);
    CHECK(json_u256(&document, json_get(object, key), &value) == EXIT_DONE);
    return value;
}

static chevm_address address_of(const json_node *object, const char *key) {
    chevm_address address = {{0}};
    CHECK(json_address(&document, json_get(object, key), &address) == EXIT_DONE);
    return address;
}

static void read_block(chevm_tx_context *context, const json_node *env, chevm_fork fork) {
    context->block_number = number(env, "number");
    context->block_timestamp = number(env, "timestamp");
    context->block_gas_limit = number(env, "block_gas_limit");
    context->prev_randao = wide(env, fork >= CHEVM_PARIS ? "prevrandao" : "difficulty");
    context->gas_price = wide(env, "gas_price");
    context->base_fee = wide(env, "base_fee");
    context->blob_base_fee = wide(env, "blob_base_fee");
    context->chain_id = wide(env, "chain_id");
    context->coinbase = address_of(env, "coinbase");
    context->origin = address_of(env, "sender");
}

/* The accounts of all samples, and behind them the sample's own. */
static void read_accounts(world *target, const json_node *node) {
    world common = *target;
    world own = *target;
    const json_node *accounts = json_get(document.root, "accounts");
    CHECK(world_read_accounts(&common, &document, accounts) == EXIT_DONE);
    CHECK(world_read_accounts(&own, &document, json_get(node, "pre")) == EXIT_DONE);
    size_t count = common.account_count + own.account_count;
    world_account *all = STORE_ARRAY(world_account, count);
    memcpy(all, common.accounts, common.account_count * sizeof *all);
    memcpy(all + common.account_count, own.accounts, own.account_count * sizeof *all);
    target->accounts = all;
    target->account_count = count;
}

static void read_sample(sample *one, const json_node *node) {
    memset(one, 0, sizeof *one);
    one->name = json_text(json_get(node, "name"));
    one->expect = json_get(node, "expect");
    one->out_of_gas = json_get(node, "out_of_gas");
    world_init(&one->world);
    CHECK(chevm_fork_parse(json_text(json_get(node, "fork")), &one->world.fork));
    read_block(&one->world.context, json_get(document.root, "env"), one->world.fork);
    read_accounts(&one->world, node);
    byte_range input = {(const uint8_t *)"", 0};
    CHECK(json_bytes(&document, json_get(node, "input"), &input) == EXIT_DONE);
    bool creates = !json_is_text(json_get(node, "to"));
    one->message = (chevm_message){.kind = creates ? CHEVM_KIND_CREATE : CHEVM_KIND_CALL,
                                   .gas = (int64_t)number(node, "gas_limit"),
                                   .sender = one->world.context.origin,
                                   .value = wide(node, "value"),
                                   .input = input.bytes,
                                   .input_size = input.size};
    if (!creates) {
        one->message.recipient = address_of(node, "to");
    }
    if (json_is_true(json_get(node, "static"))) {
        one->message.flags = CHEVM_FLAG_STATIC;
    }
}

/* ---- Checking -------------------------------------------------------------------------------- */

/* An instruction that needs more memory than any gas pays for may be called either. */
static bool status_is(chevm_status status, const char *name) {
    return strcmp(chevm_status_name(status), name) == 0 ||
           (status == CHEVM_GAS_OVERFLOW && strcmp(name, "OUT_OF_GAS") == 0);
}

/* "0x.." or "keccak:0x..:len=N". */
static bool bytes_are(const uint8_t *bytes, size_t size, const json_node *node) {
    const char *text = json_text(node);
    uint8_t want[32];
    uint8_t got[32];
    size_t count = 0;
    text_error error;
    if (strncmp(text, "keccak:", 7) == 0) {
        const char *length = strstr(text, ":len=");
        uint64_t want_size = 0;
        chevm_keccak256(got, bytes, size);
        return length != NULL && text_u64(&want_size, length + 5, SIZE_MAX, &error) &&
               want_size == size &&
               text_hex(want, &count, text + 7, (size_t)(length - text - 7), false, &error) &&
               count == 32 && memcmp(want, got, 32) == 0;
    }
    byte_range range = {NULL, 0};
    return json_is_text(node) && json_bytes(&document, node, &range) == EXIT_DONE &&
           range.size == size && (size == 0 || memcmp(range.bytes, bytes, size) == 0);
}

static bool logs_are(const stage *on, const chevm_result *result, const json_node *want) {
    size_t count = 0;
    chevm_u256 hash;
    chevm_u256 want_hash = wide(want, "logs_hash");
    (void)chevm_state_logs(on->state, &count);
    chevm_state_logs_hash(on->state, &hash);
    bool counted = json_get(want, "logs") == NULL || CHECK_EQUAL(count, number(want, "logs"));
    return counted && CHECK(result->status == CHEVM_OK || count == 0) &&
           CHECK(chevm_u256_equal(&hash, &want_hash));
}

static bool outcome_is(const stage *on, const sample *one, int64_t gas, const chevm_result *result,
                       const json_node *want) {
    int64_t refund = result->status == CHEVM_OK ? result->gas_refund : 0;
    bool good = CHECK(status_is(result->status, json_text(json_get(want, "status"))));
    good = CHECK_EQUAL(gas - result->gas_left, number(want, "gas_used")) && good;
    good = CHECK_EQUAL(refund, number(want, "refund")) && good;
    const json_node *output = json_get(want, "output");
    good =
        (output == NULL || CHECK(bytes_are(result->output, result->output_size, output))) && good;
    good = logs_are(on, result, want) && good;
    if (!good) {
        printf("# %s with %lld gas: %s\n", one->name, (long long)gas,
               chevm_status_name(result->status));
    }
    return good;
}

static const json_node *post_of(const json_node *post, const chevm_address *address) {
    for (const json_node *member = json_first(post); member != NULL; member = json_next(member)) {
        chevm_address key;
        CHECK(json_text_address(&document, member, json_key(member), &key) == EXIT_DONE);
        if (memcmp(&key, address, sizeof key) == 0) {
            return member;
        }
    }
    return NULL;
}

static const world_account *pre_of(const world *from, const chevm_address *address) {
    for (size_t i = 0; i < from->account_count; i++) {
        if (memcmp(&from->accounts[i].address, address, sizeof *address) == 0) {
            return &from->accounts[i];
        }
    }
    return NULL;
}

static bool slots_are(const chevm_state *state, const chevm_account *account,
                      const world_slot *slots, size_t slot_count) {
    uint32_t filled = 0;
    bool good = true;
    for (size_t i = 0; i < slot_count; i++) {
        chevm_u256 value;
        chevm_state_host()->get_storage((void *)(uintptr_t)state, &account->address, &slots[i].key,
                                        &value);
        good = CHECK(chevm_u256_equal(&value, &slots[i].value)) && good;
        filled += !chevm_u256_is_zero(&slots[i].value);
    }
    return CHECK_EQUAL(account->slot_count, filled) && good;
}

/* What an account must hold: the sample's post-state, else the prestate, else nothing. */
static bool account_is(const stage *on, const sample *one, const chevm_account *account) {
    static const world_account nothing;
    const world_account *before = pre_of(&one->world, &account->address);
    const json_node *post = post_of(json_get(one->expect, "post"), &account->address);
    world_account want = before != NULL ? *before : nothing;
    const json_node *code = json_get(post, "code");
    if (post != NULL) {
        want.balance = wide(post, "balance");
        want.nonce = number(post, "nonce");
        CHECK(world_read_storage(&want, &document, json_get(post, "storage")) == EXIT_DONE);
    }
    bool is_sender = memcmp(&account->address, &one->message.sender, sizeof(chevm_address)) == 0;
    bool good = CHECK(chevm_u256_equal(&account->balance, &want.balance));
    good = CHECK(is_sender || account->nonce == want.nonce) && good;
    good = slots_are(on->state, account, want.slots, want.slot_count) && good;
    if (code != NULL) {
        return CHECK(bytes_are(account->code, account->code_size, code)) && good;
    }
    return CHECK_EQUAL(account->code_size, want.code.size) && good;
}

static bool accounts_are(const stage *on, const sample *one) {
    chevm_account account;
    bool good = true;
    uint32_t cursor = 0;
    while (chevm_state_account_next(on->state, &cursor, &account)) {
        good = account_is(on, one, &account) && good;
    }
    const json_node *post = json_get(one->expect, "post");
    for (const json_node *member = json_first(post); member != NULL; member = json_next(member)) {
        chevm_address address;
        CHECK(json_text_address(&document, member, json_key(member), &address) == EXIT_DONE);
        good = CHECK(chevm_state_find(on->state, &address, &account)) && good;
    }
    if (!good) {
        printf("# accounts after %s\n", one->name);
    }
    return good;
}

/* The end of the transaction removes what was destroyed and nothing else of the post-state. */
static void check_destroyed(const stage *on, const sample *one) {
    const json_node *destroyed = json_get(one->expect, "destroyed");
    for (const json_node *node = json_first(destroyed); node != NULL; node = json_next(node)) {
        chevm_address address = {{0}};
        chevm_account account;
        CHECK(json_address(&document, node, &address) == EXIT_DONE);
        if (!CHECK(!chevm_state_find(on->state, &address, &account))) {
            printf("# %s: a destroyed account is still there\n", one->name);
        }
    }
}

/* ---- Running --------------------------------------------------------------------------------- */

/* Runs the message with that gas; the transaction stays open. */
static bool play(stage *on, const sample *one, int64_t gas, chevm_result *result) {
    chevm_message message = one->message;
    message.gas = gas;
    if (!CHECK(stage_begin(on, &one->world.context) == CHEVM_OK) ||
        !CHECK(stage_address(on, &message, false) == CHEVM_OK)) {
        return false;
    }
    seal_begin(SEAL_COUNT);
    stage_call(on, &message, result);
    heap_calls += seal_end().calls;
    return true;
}

static void check_sample(stage *on, const sample *one) {
    chevm_result result;
    if (play(on, one, one->message.gas, &result)) {
        const json_node *created = json_get(one->expect, "created");
        if (created != NULL) {
            chevm_address want = address_of(one->expect, "created");
            CHECK_BYTES(&result.create_address, &want, sizeof want);
        }
        outcome_is(on, one, one->message.gas, &result, one->expect);
        accounts_are(on, one);
        stage_end(on);
        check_destroyed(on, one);
    }
}

static size_t check_points(stage *on, const sample *one) {
    chevm_result result;
    size_t count = 0;
    const json_node *limits = json_get(one->out_of_gas, "limits");
    const json_node *others = json_get(one->out_of_gas, "others");
    for (const json_node *node = json_first(limits); node != NULL; node = json_next(node)) {
        uint64_t gas = 0;
        CHECK(json_u64(&document, node, &gas) == EXIT_DONE);
        if (play(on, one, (int64_t)gas, &result)) {
            bool halted = result.status > CHEVM_REVERT && result.status < CHEVM_CALL_DEPTH;
            if (!CHECK(halted && result.gas_left == 0 && result.output_size == 0)) {
                printf("# %s with %llu gas: %s, %lld left\n", one->name, (unsigned long long)gas,
                       chevm_status_name(result.status), (long long)result.gas_left);
            }
            stage_rollback(on);
            count++;
        }
    }
    for (const json_node *node = json_first(others); node != NULL; node = json_next(node)) {
        int64_t gas = (int64_t)number(node, "gas_limit");
        if (play(on, one, gas, &result)) {
            outcome_is(on, one, gas, &result, node);
            stage_rollback(on);
            count++;
        }
    }
    return count;
}

static void with_each_sample(chevm_engine engine, bool points) {
    size_t count = 0;
    if (!open_samples()) {
        return;
    }
    CHECK(seal_is_armed());
    heap_calls = 0;
    const json_node *samples = json_get(document.root, "samples");
    for (const json_node *node = json_first(samples); node != NULL; node = json_next(node)) {
        ch_arena_point point = store_mark();
        sample one;
        stage on;
        read_sample(&one, node);
        const stage_options options = {
            .fork = one.world.fork, .engine = engine, .gas = (uint64_t)one.message.gas};
        if (CHECK(stage_open(&on, &options) == EXIT_DONE)) {
            CHECK(stage_load(&on, &one.world) == EXIT_DONE);
            if (points) {
                count += check_points(&on, &one);
            } else {
                check_sample(&on, &one);
                count++;
            }
            stage_close(&on);
        }
        store_release(point);
    }
    printf("# %zu runs\n", count);
    CHECK_EQUAL(heap_calls, 0);
}

TEST(samples_end_as_expected_on_the_fast_engine) {
    with_each_sample(CHEVM_ENGINE_FAST, false);
}

TEST(samples_end_as_expected_on_the_portable_engine) {
    with_each_sample(CHEVM_ENGINE_PORTABLE, false);
}

TEST(out_of_gas_points_on_the_fast_engine) {
    with_each_sample(CHEVM_ENGINE_FAST, true);
}

TEST(out_of_gas_points_on_the_portable_engine) {
    with_each_sample(CHEVM_ENGINE_PORTABLE, true);
}
