/* samples.c: contracts/samples.json, small programs over all forks with what an independent EVM
 * says of each: outcome, gas, refund, output, logs, accounts; and every gas limit at which it
 * halts. */
#include "rig.h"

#include "store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct sample {
    const json_document *document;
    const json_node *node;
    const json_node *accounts; /* shared prestate */
    const world *before;
    const json_node *other; /* of "out_of_gas.others", while one is played */
    uint64_t gas_limit;
} sample;

static void add_accounts(world *w, const world *more) {
    size_t count = w->account_count + more->account_count;
    world_account *all = STORE_ARRAY(world_account, count);
    if (w->account_count > 0) {
        memcpy(all, w->accounts, w->account_count * sizeof *all);
    }
    memcpy(all + w->account_count, more->accounts, more->account_count * sizeof *all);
    w->accounts = all;
    w->account_count = count;
}

static const world_account *account_of(const world *w, const chevm_address *address) {
    for (size_t i = 0; i < w->account_count; i++) {
        if (memcmp(&w->accounts[i].address, address, sizeof *address) == 0) {
            return &w->accounts[i];
        }
    }
    return NULL;
}

static bool code_agrees(const json_node *post, const world_account *before,
                        const chevm_account *have) {
    const json_node *code = json_get(post, "code");
    const chevm_result as_output = {.output = have->code, .output_size = have->code_size};
    if (code != NULL) {
        return rig_output_is(&as_output, json_text(code));
    }
    size_t size = before != NULL ? before->code.size : 0;
    return have->code_size == size &&
           (size == 0 || memcmp(before->code.bytes, have->code, size) == 0);
}

static bool storage_agrees(rig *r, const world_account *want, const chevm_account *have) {
    uint32_t not_zero = 0;
    for (size_t i = 0; want != NULL && i < want->slot_count; i++) {
        chevm_u256 value;
        chevm_state_host()->get_storage(r->on.state, &have->address, &want->slots[i].key, &value);
        not_zero += !chevm_u256_is_zero(&want->slots[i].value);
        if (!chevm_u256_equal(&value, &want->slots[i].value)) {
            return false;
        }
    }
    return have->slot_count == not_zero;
}

/* The accounts of "post"; their code is checked apart, it may stand there as a hash. */
static int read_post(world *after, const sample *s, const json_node *post) {
    world_account *accounts = STORE_ARRAY(world_account, json_count(post) + 1);
    after->accounts = accounts;
    for (const json_node *node = json_first(post); node != NULL; node = json_next(node)) {
        world_account *account = &accounts[after->account_count++];
        int code = json_text_address(s->document, node, json_key(node), &account->address);
        code = code ? code : json_u256(s->document, json_get(node, "balance"), &account->balance);
        code = code ? code : json_u64(s->document, json_get(node, "nonce"), &account->nonce);
        const json_node *storage = json_get(node, "storage");
        code = code || storage == NULL ? code : world_read_storage(account, s->document, storage);
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

/* The node of the account in "post", NULL if it does not stand there. */
static const json_node *post_of(const sample *s, const json_node *post,
                                const chevm_address *address) {
    for (const json_node *node = json_first(post); node != NULL; node = json_next(node)) {
        chevm_address key;
        if (json_text_address(s->document, node, json_key(node), &key) == 0 &&
            memcmp(&key, address, sizeof key) == 0) {
            return node;
        }
    }
    return NULL;
}

/* Every account is as before, or as "post" says if it stands there. */
static void check_accounts(rig *r, const sample *s, const json_node *post, const char *build) {
    world after;
    world_init(&after);
    if (read_post(&after, s, post) != 0) {
        rig_complain(r, "malformed post");
        return;
    }
    chevm_account have;
    uint32_t cursor = 0;
    while (chevm_state_account_next(r->on.state, &cursor, &have)) {
        const world_account *before = account_of(s->before, &have.address);
        const world_account *want = account_of(&after, &have.address);
        const json_node *node = post_of(s, post, &have.address);
        want = want != NULL ? want : before;
        world_account nothing = {.nonce = 0};
        want = want != NULL ? want : &nothing;
        if (want->nonce != have.nonce || !chevm_u256_equal(&want->balance, &have.balance) ||
            !code_agrees(node, before, &have) || !storage_agrees(r, want, &have)) {
            rig_complain(r, "%s: account ..%02x%02x%02x%02x differs (nonce %" PRIu64 ", %u slots)",
                         build, have.address.bytes[16], have.address.bytes[17],
                         have.address.bytes[18], have.address.bytes[19], have.nonce,
                         have.slot_count);
        }
    }
    for (size_t i = 0; i < after.account_count; i++) {
        const world_account *want = &after.accounts[i];
        if (!chevm_state_find(r->on.state, &want->address, &have) &&
            (want->nonce != 0 || !chevm_u256_is_zero(&want->balance))) {
            rig_complain(r, "%s: an account is missing", build);
        }
    }
}

static bool status_agrees(chevm_status have, const char *want) {
    return strcmp(chevm_status_name(have), want) == 0 ||
           (have == CHEVM_GAS_OVERFLOW && strcmp(want, "OUT_OF_GAS") == 0);
}

/* Outcome, gas, refund and output against `expect`. */
static bool check_outcome(rig *r, const sample *s, const json_node *expect,
                          const chevm_result *result, const char *build) {
    const char *status = json_text(json_get(expect, "status"));
    uint64_t gas = 0, refund = 0;
    if (json_u64(s->document, json_get(expect, "gas_used"), &gas) != 0 ||
        json_u64(s->document, json_get(expect, "refund"), &refund) != 0) {
        rig_complain(r, "malformed expectation");
        return false;
    }
    if (!status_agrees(result->status, status)) {
        rig_complain(r, "%s: gas limit %" PRIu64 ": %s, want %s", build, s->gas_limit,
                     chevm_status_name(result->status), status);
        return false;
    }
    if (s->gas_limit - (uint64_t)result->gas_left != gas) {
        rig_complain(r, "%s: gas limit %" PRIu64 ": gas used %" PRIu64 ", want %" PRIu64, build,
                     s->gas_limit, s->gas_limit - (uint64_t)result->gas_left, gas);
    }
    if (json_get(expect, "refund") != NULL && (uint64_t)result->gas_refund != refund) {
        rig_complain(r, "%s: refund %" PRId64 ", want %" PRIu64, build, result->gas_refund, refund);
    }
    if (json_get(expect, "output") != NULL &&
        !rig_output_is(result, json_text(json_get(expect, "output")))) {
        rig_complain(r, "%s: output differs", build);
    }
    return true;
}

static void check(rig *r, void *context, const chevm_result *result, const char *build) {
    const sample *s = context;
    const json_node *expect = json_get(s->node, "expect");
    chevm_u256 want, have;
    if (json_u256(s->document, json_get(expect, "logs_hash"), &want) != 0) {
        rig_complain(r, "malformed expectation");
        return;
    }
    if (!check_outcome(r, s, expect, result, build)) {
        return;
    }
    chevm_state_logs_hash(r->on.state, &have);
    if (!chevm_u256_equal(&have, &want)) {
        rig_complain(r, "%s: logs differ", build);
    }
    check_accounts(r, s, json_get(expect, "post"), build);
}

/* At such a limit the program takes another way. */
static void check_other(rig *r, void *context, const chevm_result *result, const char *build) {
    const sample *s = context;
    (void)check_outcome(r, s, s->other, result, build);
}

/* At a listed limit some instruction cannot be paid: everything is gone and nothing has changed. */
static void check_halt(rig *r, void *context, const chevm_result *result, const char *build) {
    const sample *s = context;
    if (result->status == CHEVM_OK || result->status == CHEVM_REVERT ||
        (int)result->status >= CHEVM_STATUS_MACHINE || result->gas_left != 0 ||
        result->gas_refund != 0 || result->output_size != 0) {
        rig_complain(r, "%s: gas limit %" PRIu64 ": %s with %" PRId64 " left, want a halt", build,
                     s->gas_limit, chevm_status_name(result->status), result->gas_left);
    }
}

static int read_message(chevm_message *m, const json_document *document, const json_node *node,
                        const chevm_address *sender) {
    byte_range input = {NULL, 0};
    int code = json_bytes(document, json_get(node, "input"), &input);
    code = code ? code : json_u256(document, json_get(node, "value"), &m->value);
    m->sender = *sender;
    m->input = input.bytes;
    m->input_size = input.size;
    m->flags = json_is_true(json_get(node, "static")) ? CHEVM_FLAG_STATIC : 0;
    if (json_is_text(json_get(node, "to"))) {
        code = code ? code : json_address(document, json_get(node, "to"), &m->recipient);
        m->kind = CHEVM_KIND_CALL;
    } else {
        chevm_create_address(&m->recipient, sender, 0);
        m->kind = CHEVM_KIND_CREATE;
    }
    m->code_address = m->recipient;
    return code;
}

static void run_sample(rig *r, const json_document *document, const world *shared,
                       const chevm_address *sender, const json_node *node) {
    world w = *shared;
    world own;
    chevm_message message = {.depth = 0};
    sample s = {.document = document, .node = node, .before = &w};
    world_init(&own);
    if (!chevm_fork_parse(json_text(json_get(node, "fork")), &w.fork) ||
        world_read_accounts(&own, document, json_get(node, "pre")) != 0 ||
        json_u64(document, json_get(node, "gas_limit"), &s.gas_limit) != 0 ||
        read_message(&message, document, node, sender) != 0) {
        rig_complain(r, "malformed sample");
        return;
    }
    add_accounts(&w, &own);
    message.gas = (int64_t)s.gas_limit;
    rig_play(r, &w, &message, 0, check, &s);
    const json_node *limits = json_get(json_get(node, "out_of_gas"), "limits");
    for (const json_node *limit = json_first(limits); limit != NULL; limit = json_next(limit)) {
        if (json_u64(document, limit, &s.gas_limit) != 0) {
            rig_complain(r, "malformed limit");
            return;
        }
        message.gas = (int64_t)s.gas_limit;
        rig_play(r, &w, &message, 1u << RIG_FUSED | 1u << RIG_PORTABLE, check_halt, &s);
    }
    const json_node *others = json_get(json_get(node, "out_of_gas"), "others");
    for (s.other = json_first(others); s.other != NULL; s.other = json_next(s.other)) {
        if (json_u64(document, json_get(s.other, "gas_limit"), &s.gas_limit) != 0) {
            rig_complain(r, "malformed limit");
            return;
        }
        message.gas = (int64_t)s.gas_limit;
        rig_play(r, &w, &message, 1u << RIG_FUSED | 1u << RIG_PORTABLE, check_other, &s);
    }
}

static int read_env(world *w, const json_document *document, const json_node *env) {
    chevm_tx_context *c = &w->context;
    int code = json_address(document, json_get(env, "coinbase"), &c->coinbase);
    code = code ? code : json_address(document, json_get(env, "sender"), &c->origin);
    code = code ? code : json_u256(document, json_get(env, "gas_price"), &c->gas_price);
    code = code ? code : json_u64(document, json_get(env, "number"), &c->block_number);
    code = code ? code : json_u64(document, json_get(env, "timestamp"), &c->block_timestamp);
    code = code ? code : json_u64(document, json_get(env, "block_gas_limit"), &c->block_gas_limit);
    code = code ? code : json_u256(document, json_get(env, "base_fee"), &c->base_fee);
    code = code ? code : json_u256(document, json_get(env, "chain_id"), &c->chain_id);
    code = code ? code : json_u256(document, json_get(env, "blob_base_fee"), &c->blob_base_fee);
    return code;
}

void samples_run(rig *r, const char *root) {
    json_document document;
    world shared;
    chevm_u256 difficulty, randao;
    world_init(&shared);
    const char *path = store_format("%s/contracts/samples.json", root);
    const json_node *env;
    if (json_open(&document, path) != 0 || (env = json_get(document.root, "env")) == NULL ||
        read_env(&shared, &document, env) != 0 ||
        json_u256(&document, json_get(env, "difficulty"), &difficulty) != 0 ||
        json_u256(&document, json_get(env, "prevrandao"), &randao) != 0 ||
        world_read_accounts(&shared, &document, json_get(document.root, "accounts")) != 0) {
        r->case_name = "samples.json";
        rig_complain(r, "cannot be read");
        rig_end_case(r);
        return;
    }
    for (const json_node *node = json_first(json_get(document.root, "samples")); node != NULL;
         node = json_next(node)) {
        ch_arena_point mark = store_mark();
        if (rig_begin_case(r, json_text(json_get(node, "name")))) {
            chevm_fork fork = CHEVM_FRONTIER;
            (void)chevm_fork_parse(json_text(json_get(node, "fork")), &fork);
            shared.context.prev_randao = fork >= CHEVM_PARIS ? randao : difficulty;
            run_sample(r, &document, &shared, &shared.context.origin, node);
            rig_end_case(r);
        }
        store_release(mark);
    }
}
