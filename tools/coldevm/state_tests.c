/* state_tests.c: state tests as cases to run: each test, fork and entry of `post` that is to be
 * accepted is one (spec fixtures.md §3), read as `statetest` reads it. Named FILE'S TEST/LABEL
 * where the test labels its data, else TEST/NUMBER. */
#include "cases.h"

#include "codes.h"
#include "message.h"
#include "statetest.h"
#include "store.h"

#include <string.h>

/* The name of the data a case takes: its label in _info, else its number. */
static const char *label_of(const statetest *from, uint64_t data) {
    const json_node *labels = json_get(json_get(from->node, "_info"), "labels");
    const char *number = store_format("%llu", (unsigned long long)data);
    const char *label = json_text(json_get(labels, number));
    return *label != 0 ? label : number;
}

static const char *name_of(const statetest *from, const statetest_case *one,
                           const statetest_entry *entry, bool one_fork) {
    chevm_fork fork;
    const char *name = store_format("%s/%s", from->name, label_of(from, entry->data_index));
    if (entry->gas_index != 0 || entry->value_index != 0) {
        name = store_format("%s-g%llu-v%llu", name, (unsigned long long)entry->gas_index,
                            (unsigned long long)entry->value_index);
    }
    const bool plain = chevm_fork_parse(one->fork_name, &fork);
    return one_fork ? name
                    : store_format("%s/%s", name, plain ? chevm_fork_name(fork) : one->fork_name);
}

/* What a block takes of the fee caps: base fee and priority fee. */
static chevm_u256 price_of(const chevm_transaction *transaction, const chevm_u256 *base_fee) {
    chevm_u256 price;
    if (transaction->type < CHEVM_TRANSACTION_DYNAMIC_FEE) {
        return transaction->max_fee;
    }
    chevm_u256_add(&price, &transaction->max_priority_fee, base_fee);
    return chevm_u256_less(&price, &transaction->max_fee) ? price : transaction->max_fee;
}

static void take_block(bench_case *target, const chevm_block *block,
                       const chevm_transaction *transaction) {
    chevm_tx_context *context = &target->world.context;
    target->world.fork = block->fork;
    context->gas_price = price_of(transaction, &block->base_fee);
    context->prev_randao = block->prev_randao;
    context->chain_id = block->chain_id;
    context->base_fee = block->base_fee;
    context->blob_base_fee = block->blob_base_fee;
    context->blob_hashes = transaction->blob_hashes;
    context->blob_hash_count = transaction->blob_count;
    context->origin = transaction->sender;
}

static void take_message(bench_case *target, const chevm_transaction *transaction) {
    chevm_message *message = &target->message;
    message->kind = transaction->is_creation ? CHEVM_KIND_CREATE : CHEVM_KIND_CALL;
    message->gas = transaction->gas_limit < INT64_MAX ? (int64_t)transaction->gas_limit : INT64_MAX;
    message->sender = transaction->sender;
    message->value = transaction->value;
    message->input = transaction->input;
    message->input_size = transaction->input_size;
    if (!transaction->is_creation) {
        message->recipient = transaction->to;
    }
    case_warm *warm = STORE_ARRAY(case_warm, transaction->access_count);
    for (size_t i = 0; i < transaction->access_count; i++) {
        const chevm_access_entry *entry = &transaction->access_list[i];
        warm[i] = (case_warm){entry->address, entry->keys, entry->key_count};
    }
    target->warm = warm;
    target->warm_count = transaction->access_count;
}

static int read_expected(bench_case *target, const statetest *from, const statetest_entry *entry) {
    expectation known;
    bool usable = true;
    int status = expectation_find(&known, from->document->file.name, target->name);
    if (status == EXIT_DONE && known.entry != NULL) {
        chevm_fork fork = target->world.fork;
        status = expectation_read(&known, target, &usable);
        target->world.fork = fork;
    }
    target->expected.has_logs_hash = true;
    target->expected.logs_hash = entry->logs;
    return status;
}

static int read_case(case_list *list, const statetest *from, const statetest_case *one,
                     bool one_fork) {
    statetest_entry entry;
    chevm_block block;
    chevm_transaction transaction = {.authorization_count = 0};
    chevm_rejection why = CHEVM_ACCEPTED;
    int status = statetest_read_entry(from, one, &entry);
    if (status != EXIT_DONE) {
        return status;
    }
    const char *name = name_of(from, one, &entry, one_fork);
    if (!statetest_fork_of(one->fork_name, &block.fork)) {
        cases_skip(list, name, store_format("fork %s is not in this version", one->fork_name));
        return EXIT_DONE;
    }
    status = statetest_read_block(from, one->fork_name, &block);
    if (status == EXIT_DONE && entry.expected == NULL) {
        status = statetest_read_fields(from, &entry, &transaction, &why);
    }
    if (status != EXIT_DONE) {
        return status;
    }
    if (entry.expected != NULL || why != CHEVM_ACCEPTED || transaction.authorization_count > 0) {
        cases_skip(list, name,
                   entry.expected == NULL && why == CHEVM_ACCEPTED
                       ? "it needs authorizations, and only calls are timed"
                       : "its transaction must be rejected");
        return EXIT_DONE;
    }
    bench_case *added = cases_new(list, name, from->document->file.name);
    added->world = from->world;
    take_block(added, &block, &transaction);
    take_message(added, &transaction);
    return read_expected(added, from, &entry);
}

static int read_test(case_list *list, const json_document *document, const json_node *node) {
    static const statetest_plan ALL = {.index = UINT64_MAX};
    statetest test;
    int status = statetest_read_cases(&test, document, node, &ALL);
    if (status == EXIT_DONE) {
        status = statetest_read_test(&test);
    }
    const bool one_fork = json_count(json_get(node, "post")) == 1;
    for (size_t i = 0; status == EXIT_DONE && i < test.case_count; i++) {
        status = read_case(list, &test, &test.cases[i], one_fork);
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
        if (json_get(test, "transaction") != NULL && json_is_object(json_get(test, "post"))) {
            status = read_test(list, document, test);
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
