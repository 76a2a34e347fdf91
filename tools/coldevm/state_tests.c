/* state_tests.c: state tests as cases to run: each test, fork and entry of `post` is one (spec
 * fixtures.md §3). Named FILE'S TEST/LABEL where the test labels its data, else TEST/NUMBER. */
#include "cases.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include <string.h>

#define EXCESS_OF_FEE_TWO 2000000u /* below it the blob base fee is 1 in every fork */

/* The test a case is made from. */
typedef struct state_test {
    const json_document *document;
    const json_node *test;
    const char *name;
    const json_node *transaction;
} state_test;

static int read_environment(const state_test *from, bench_case *target) {
    const json_node *env = json_get(from->test, "env");
    const json_document *document = from->document;
    chevm_tx_context *context = &target->world.context;
    chevm_fork fork = target->world.fork;
    if (fork >= CHEVM_LONDON) {
        chevm_u256_set_u64(&context->base_fee, CASES_BASE_FEE);
    }
    int status = json_address(document, json_get(env, "currentCoinbase"), &context->coinbase);
    if (status == EXIT_DONE) {
        status = json_u64(document, json_get(env, "currentGasLimit"), &context->block_gas_limit);
    }
    if (status == EXIT_DONE) {
        status = json_u64(document, json_get(env, "currentNumber"), &context->block_number);
    }
    if (status == EXIT_DONE) {
        status = json_u64(document, json_get(env, "currentTimestamp"), &context->block_timestamp);
    }
    if (status == EXIT_DONE && fork >= CHEVM_LONDON) {
        status = json_u256(document, json_get(env, "currentBaseFee"), &context->base_fee);
    }
    if (status == EXIT_DONE) {
        const char *key = fork >= CHEVM_PARIS ? "currentRandom" : "currentDifficulty";
        status = json_u256(document, json_get(env, key), &context->prev_randao);
    }
    return status;
}

/* gasPrice, or what of maxFeePerGas a block takes: base fee and priority fee. */
static int read_price(const state_test *from, bench_case *target) {
    const json_document *document = from->document;
    chevm_tx_context *context = &target->world.context;
    const json_node *most = json_get(from->transaction, "maxFeePerGas");
    chevm_u256 cap = {{0, 0, 0, 0}};
    chevm_u256 tip = {{0, 0, 0, 0}};
    if (most == NULL) {
        return json_u256(document, json_get(from->transaction, "gasPrice"), &context->gas_price);
    }
    int status = json_u256(document, most, &cap);
    if (status == EXIT_DONE) {
        status = json_u256(document, json_get(from->transaction, "maxPriorityFeePerGas"), &tip);
    }
    chevm_u256_add(&tip, &tip, &context->base_fee);
    context->gas_price = chevm_u256_less(&tip, &cap) ? tip : cap;
    return status;
}

static int read_access_list(const state_test *from, bench_case *target, size_t index) {
    const json_node *list = json_at(json_get(from->transaction, "accessLists"), index);
    case_warm *warm = STORE_ARRAY(case_warm, json_count(list));
    size_t count = 0;
    for (const json_node *entry = json_first(list); entry != NULL; entry = json_next(entry)) {
        const json_node *keys = json_get(entry, "storageKeys");
        chevm_u256 *slots = STORE_ARRAY(chevm_u256, json_count(keys));
        size_t slot_count = 0;
        int status = json_address(from->document, json_get(entry, "address"), &warm[count].address);
        for (const json_node *key = json_first(keys); status == EXIT_DONE && key != NULL;
             key = json_next(key)) {
            status = json_u256(from->document, key, &slots[slot_count++]);
        }
        if (status != EXIT_DONE) {
            return status;
        }
        warm[count].slots = slots;
        warm[count++].slot_count = slot_count;
    }
    target->warm = warm;
    target->warm_count = count;
    return EXIT_DONE;
}

static int read_blob_hashes(const state_test *from, bench_case *target) {
    const json_node *list = json_get(from->transaction, "blobVersionedHashes");
    chevm_u256 *hashes = STORE_ARRAY(chevm_u256, json_count(list));
    size_t count = 0;
    int status = EXIT_DONE;
    for (const json_node *hash = json_first(list); status == EXIT_DONE && hash != NULL;
         hash = json_next(hash)) {
        status = json_u256(from->document, hash, &hashes[count++]);
    }
    target->world.context.blob_hashes = hashes;
    target->world.context.blob_hash_count = count;
    return status;
}

/* Which of the transaction's data, gas limits and values a case takes. */
typedef struct case_indexes {
    uint64_t data;
    uint64_t gas;
    uint64_t value;
} case_indexes;

static int read_message(const state_test *from, bench_case *target, const case_indexes *indexes) {
    const json_document *document = from->document;
    const json_node *transaction = from->transaction;
    const json_node *data = json_at(json_get(transaction, "data"), (size_t)indexes->data);
    const json_node *gas = json_at(json_get(transaction, "gasLimit"), (size_t)indexes->gas);
    const json_node *value = json_at(json_get(transaction, "value"), (size_t)indexes->value);
    const json_node *to = json_get(transaction, "to");
    const json_node *sender = json_get(transaction, "sender");
    chevm_message *message = &target->message;
    byte_range input = {(const uint8_t *)"", 0};
    uint64_t gas_limit = 0;
    if (data == NULL || gas == NULL || value == NULL || sender == NULL) {
        return json_error(document, transaction, "transaction lacks sender, data, gas or value");
    }
    message->kind = *json_text(to) != 0 ? CHEVM_KIND_CALL : CHEVM_KIND_CREATE;
    int status = json_bytes(document, data, &input);
    status = status == EXIT_DONE ? json_u64(document, gas, &gas_limit) : status;
    status = status == EXIT_DONE ? json_u256(document, value, &message->value) : status;
    status = status == EXIT_DONE ? json_address(document, sender, &message->sender) : status;
    if (status == EXIT_DONE && message->kind == CHEVM_KIND_CALL) {
        status = json_address(document, to, &message->recipient);
    }
    message->input = input.bytes;
    message->input_size = input.size;
    message->gas = gas_limit < INT64_MAX ? (int64_t)gas_limit : INT64_MAX;
    target->world.context.origin = message->sender;
    return status;
}

/* The name of the data a case takes: its label in _info, else its number. */
static const char *label_of(const state_test *from, uint64_t data) {
    const json_node *labels = json_get(json_get(from->test, "_info"), "labels");
    const char *number = store_format("%llu", (unsigned long long)data);
    const char *label = json_text(json_get(labels, number));
    return *label != 0 ? label : number;
}

/* Why an entry cannot be a case; NULL if it can. */
static const char *refusal(const state_test *from, const json_node *post) {
    uint64_t excess = 0;
    const json_node *env = json_get(from->test, "env");
    if (json_get(post, "expectException") != NULL) {
        return "its transaction must be rejected";
    }
    if (json_get(from->transaction, "authorizationList") != NULL) {
        return "authorizations are not in this version";
    }
    (void)json_u64(from->document, json_get(env, "currentExcessBlobGas"), &excess);
    return excess >= EXCESS_OF_FEE_TWO ? "the blob fee is not in this version" : NULL;
}

static int read_expected(bench_case *target, const state_test *from, const json_node *post) {
    const json_node *logs = json_get(post, "logs");
    expectation known;
    bool usable = true;
    int status = expectation_find(&known, from->document->file.name, target->name);
    if (status == EXIT_DONE && known.entry != NULL) {
        chevm_fork fork = target->world.fork;
        status = expectation_read(&known, target, &usable);
        target->world.fork = fork;
    }
    if (status == EXIT_DONE && logs != NULL) {
        target->expected.has_logs_hash = true;
        status = json_u256(from->document, logs, &target->expected.logs_hash);
    }
    return status;
}

static int read_indexes(const state_test *from, const json_node *post, case_indexes *indexes) {
    const json_node *node = json_get(post, "indexes");
    int status = json_u64(from->document, json_get(node, "data"), &indexes->data);
    if (status == EXIT_DONE) {
        status = json_u64(from->document, json_get(node, "gas"), &indexes->gas);
    }
    if (status == EXIT_DONE) {
        status = json_u64(from->document, json_get(node, "value"), &indexes->value);
    }
    return status;
}

static int read_entry(case_list *list, const state_test *from, chevm_fork fork,
                      const json_node *post, bool one_fork) {
    case_indexes indexes = {0, 0, 0};
    int status = read_indexes(from, post, &indexes);
    if (status != EXIT_DONE) {
        return status;
    }
    const char *name = store_format("%s/%s", from->name, label_of(from, indexes.data));
    if (indexes.gas != 0 || indexes.value != 0) {
        name = store_format("%s-g%llu-v%llu", name, (unsigned long long)indexes.gas,
                            (unsigned long long)indexes.value);
    }
    name = one_fork ? name : store_format("%s/%s", name, chevm_fork_name(fork));
    const char *refused = refusal(from, post);
    if (refused != NULL) {
        cases_skip(list, name, refused);
        return EXIT_DONE;
    }
    bench_case *added = cases_new(list, name, from->document->file.name);
    added->world.fork = fork;
    status = read_environment(from, added);
    status = status == EXIT_DONE ? read_price(from, added) : status;
    status = status == EXIT_DONE ? read_message(from, added, &indexes) : status;
    status = status == EXIT_DONE ? read_access_list(from, added, (size_t)indexes.data) : status;
    status = status == EXIT_DONE ? read_blob_hashes(from, added) : status;
    if (status == EXIT_DONE) {
        status = world_read_accounts(&added->world, from->document, json_get(from->test, "pre"));
    }
    return status == EXIT_DONE ? read_expected(added, from, post) : status;
}

static int read_fork(case_list *list, const state_test *from, const json_node *entries,
                     bool one_fork) {
    chevm_fork fork;
    int status = EXIT_DONE;
    if (!chevm_fork_parse(json_key(entries), &fork)) {
        cases_skip(list, from->name,
                   store_format("fork %s is not in this version", json_key(entries)));
        return EXIT_DONE;
    }
    for (const json_node *post = json_first(entries); status == EXIT_DONE && post != NULL;
         post = json_next(post)) {
        status = read_entry(list, from, fork, post, one_fork);
    }
    return status;
}

static int read_test(case_list *list, const state_test *from, const json_node *post) {
    bool one_fork = json_count(post) == 1;
    int status = EXIT_DONE;
    for (const json_node *entries = json_first(post); status == EXIT_DONE && entries != NULL;
         entries = json_next(entries)) {
        status = read_fork(list, from, entries, one_fork);
    }
    return status;
}

int cases_read_state_tests(case_list *list, const json_document *document) {
    int status = EXIT_DONE;
    size_t others = 0;
    if (!json_is_object(document->root)) {
        return json_error(document, document->root, "an object of tests is needed");
    }
    for (const json_node *test = json_first(document->root); status == EXIT_DONE && test != NULL;
         test = json_next(test)) {
        const state_test from = {document, test, json_key(test), json_get(test, "transaction")};
        const json_node *post = json_get(test, "post");
        if (from.transaction != NULL && json_is_object(post)) {
            status = read_test(list, &from, post);
        } else {
            others++;
        }
    }
    if (others > 0) {
        cases_skip(list, document->file.name,
                   store_format("%zu of its entries are no state tests", others));
    }
    return status;
}
