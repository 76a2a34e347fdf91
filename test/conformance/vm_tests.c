/* vm_tests.c: the official VM tests (fixtures.md 4): bare code on given accounts under the rules
 * before EIP-150; gas left, output, logs and the accounts afterwards must be as stated, or the run
 * must halt. */
#include "rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct vm_test {
    const json_document *document;
    const json_node *test;
    world expected; /* accounts of "post" */
} vm_test;

/* Storage of the account must be exactly the expected slots that are not zero. */
static bool storage_agrees(rig *r, const world_account *want, const chevm_account *have) {
    uint32_t not_zero = 0;
    for (size_t i = 0; i < want->slot_count; i++) {
        chevm_u256 value;
        chevm_state_host()->get_storage(r->on.state, &want->address, &want->slots[i].key, &value);
        not_zero += !chevm_u256_is_zero(&want->slots[i].value);
        if (!chevm_u256_equal(&value, &want->slots[i].value)) {
            return false;
        }
    }
    return have->slot_count == not_zero;
}

static bool is_empty(const chevm_account *account) {
    return account->nonce == 0 && account->code_size == 0 && chevm_u256_is_zero(&account->balance);
}

static void check_accounts(rig *r, const world *expected, const char *build) {
    chevm_account have;
    uint32_t cursor = 0;
    size_t met = 0;
    while (chevm_state_account_next(r->on.state, &cursor, &have)) {
        const world_account *want = NULL;
        for (size_t i = 0; i < expected->account_count && want == NULL; i++) {
            if (memcmp(&expected->accounts[i].address, &have.address, sizeof have.address) == 0) {
                want = &expected->accounts[i];
            }
        }
        if (want == NULL) {
            if (!is_empty(&have)) {
                rig_complain(r, "%s: an account that should not exist", build);
            }
            continue;
        }
        met++;
        if (want->nonce != have.nonce || !chevm_u256_equal(&want->balance, &have.balance) ||
            want->code.size != have.code_size ||
            (have.code_size > 0 && memcmp(want->code.bytes, have.code, have.code_size) != 0) ||
            !storage_agrees(r, want, &have)) {
            rig_complain(r, "%s: an account differs", build);
        }
    }
    if (met != expected->account_count) {
        rig_complain(r, "%s: %zu of %zu accounts are there", build, met, expected->account_count);
    }
}

static void check_success(rig *r, const vm_test *t, const chevm_result *result, const char *build) {
    uint64_t gas = 0;
    chevm_u256 want, have;
    if (json_u64(t->document, json_get(t->test, "gas"), &gas) != 0 ||
        json_u256(t->document, json_get(t->test, "logs"), &want) != 0) {
        rig_complain(r, "malformed expectation");
        return;
    }
    if (result->status != CHEVM_OK) {
        rig_complain(r, "%s: %s, want success", build, chevm_status_phrase(result->status));
        return;
    }
    if ((uint64_t)result->gas_left != gas) {
        rig_complain(r, "%s: gas left %" PRId64 ", want %" PRIu64, build, result->gas_left, gas);
    }
    if (!rig_output_is(result, json_text(json_get(t->test, "out")))) {
        rig_complain(r, "%s: output differs", build);
    }
    chevm_state_logs_hash(r->on.state, &have);
    if (!chevm_u256_equal(&have, &want)) {
        rig_complain(r, "%s: logs differ", build);
    }
    (void)chevm_state_end_transaction(r->on.state);
    check_accounts(r, &t->expected, build);
}

static void check(rig *r, void *context, const chevm_result *result, const char *build) {
    const vm_test *t = context;
    if (json_get(t->test, "gas") != NULL) {
        check_success(r, t, result, build);
    } else if (result->status == CHEVM_OK || result->status == CHEVM_REVERT ||
               (int)result->status >= CHEVM_STATUS_MACHINE || result->gas_left != 0) {
        rig_complain(r, "%s: %s, want an exceptional halt", build,
                     chevm_status_name(result->status));
    }
}

static int read_env(world *w, const json_document *document, const json_node *env,
                    const json_node *exec) {
    chevm_tx_context *c = &w->context;
    int code = json_address(document, json_get(env, "currentCoinbase"), &c->coinbase);
    code = code ? code : json_u256(document, json_get(env, "currentDifficulty"), &c->prev_randao);
    code = code ? code : json_u64(document, json_get(env, "currentGasLimit"), &c->block_gas_limit);
    code = code ? code : json_u64(document, json_get(env, "currentNumber"), &c->block_number);
    code = code ? code : json_u64(document, json_get(env, "currentTimestamp"), &c->block_timestamp);
    code = code ? code : json_u256(document, json_get(exec, "gasPrice"), &c->gas_price);
    return code ? code : json_address(document, json_get(exec, "origin"), &c->origin);
}

/* The message of "exec": DELEGATECALL leaves sender and value as given and moves nothing. */
static int read_message(chevm_message *m, const json_document *document, const json_node *exec) {
    byte_range input = {NULL, 0};
    uint64_t gas = 0;
    int code = json_address(document, json_get(exec, "address"), &m->recipient);
    code = code ? code : json_address(document, json_get(exec, "caller"), &m->sender);
    code = code ? code : json_u256(document, json_get(exec, "value"), &m->value);
    code = code ? code : json_u64(document, json_get(exec, "gas"), &gas);
    code = code ? code : json_bytes(document, json_get(exec, "data"), &input);
    m->kind = CHEVM_KIND_DELEGATECALL;
    m->code_address = m->recipient;
    m->gas = (int64_t)gas;
    m->input = input.bytes;
    m->input_size = input.size;
    return code;
}

static void run_test(rig *r, const char *path, const json_document *document,
                     const json_node *test) {
    (void)path;
    world w;
    chevm_message message = {.depth = 0};
    vm_test t = {.document = document, .test = test};
    const json_node *exec = json_get(test, "exec");
    world_init(&w);
    world_init(&t.expected);
    w.fork = CHEVM_HOMESTEAD;
    if (world_read_accounts(&w, document, json_get(test, "pre")) != 0 ||
        read_env(&w, document, json_get(test, "env"), exec) != 0 ||
        read_message(&message, document, exec) != 0 ||
        (json_get(test, "post") != NULL &&
         world_read_accounts(&t.expected, document, json_get(test, "post")) != 0)) {
        rig_complain(r, "malformed test");
        return;
    }
    rig_play(r, &w, &message, 0, check, &t);
}

void vm_tests_run(rig *r, const char *root) {
    (void)root;
    rig_run_folder(r, "vm_tests", run_test);
}
