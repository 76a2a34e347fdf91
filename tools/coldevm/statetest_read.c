/* statetest_read.c: state tests from JSON: what is there has the kind it must have, or the message
 * names file, line and field. A test is read once, for all its cases; of its lists a case takes
 * what its indexes say. Fields that no case uses are looked at all the same. */
#include "statetest.h"

#include "codes.h"
#include "message.h"
#include "sort.h"
#include "store.h"
#include "text.h"

#include <string.h>

#define BASE_FEE_DEFAULT 10u /* of a block from London on, if the fixture has none */

/* ---- Kinds ----------------------------------------------------------------------------------- */

/* What a value must look like. */
typedef enum field_kind {
    FIELD_TEXT,
    FIELD_OBJECT,
    FIELD_ARRAY,
    FIELD_NUMBER,  /* hex text or whole number that fits 256 bits */
    FIELD_BIG,     /* the same, or text "0x:bigint 0x..." */
    FIELD_ADDRESS, /* hex text, 20 bytes */
    FIELD_WORD,    /* hex text, up to 32 bytes */
    FIELD_BYTES    /* hex text */
} field_kind;

typedef struct field_row {
    const char *key;
    field_kind kind;
    bool required;
    bool is_list; /* of such values */
} field_row;

static bool is_big(const json_node *node) {
    return strncmp(json_text(node), "0x:bigint ", 10) == 0;
}

static bool is_hex(const char *text) {
    text += text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 2 : 0;
    return text[strspn(text, "0123456789abcdefABCDEF")] == 0;
}

static int check_kind(const json_document *document, const json_node *node, const char *key,
                      field_kind kind) {
    static const char *const NEEDED[] = {
        [FIELD_TEXT] = "text",           [FIELD_OBJECT] = "an object",
        [FIELD_ARRAY] = "an array",      [FIELD_NUMBER] = "a number",
        [FIELD_BIG] = "a number",        [FIELD_ADDRESS] = "an address",
        [FIELD_WORD] = "a 32-byte word", [FIELD_BYTES] = "hex text",
    };
    chevm_address address;
    chevm_u256 word;
    bool good = json_is_text(node);
    if (kind == FIELD_OBJECT) {
        good = json_is_object(node);
    } else if (kind == FIELD_ARRAY) {
        good = json_is_array(node);
    } else if (kind == FIELD_ADDRESS && good) {
        return json_address(document, node, &address);
    } else if ((kind == FIELD_WORD && good) || (kind == FIELD_NUMBER && !json_is_array(node)) ||
               (kind == FIELD_BIG && !json_is_array(node) && !is_big(node))) {
        return json_u256(document, node, &word);
    } else if (kind == FIELD_BYTES && good) {
        good = is_hex(json_text(node));
    }
    return good ? EXIT_DONE : json_error(document, node, "%s: %s is needed", key, NEEDED[kind]);
}

static int check_field(const json_document *document, const json_node *object,
                       const field_row *row) {
    const json_node *node = json_get(object, row->key);
    if (node == NULL) {
        return row->required
                   ? json_error(document, object, "%s lacks %s",
                                *json_key(object) != 0 ? json_key(object) : "entry", row->key)
                   : EXIT_DONE;
    }
    if (!row->is_list) {
        return check_kind(document, node, row->key, row->kind);
    }
    int code = check_kind(document, node, row->key, FIELD_ARRAY);
    for (const json_node *item = json_first(node); code == EXIT_DONE && item != NULL;
         item = json_next(item)) {
        code = check_kind(document, item, row->key, row->kind);
    }
    return code;
}

/* Checks that `object` is one, that no key stands twice, and all rows. */
static int check_fields(const json_document *document, const json_node *object, const char *name,
                        const field_row *rows, size_t count) {
    int code = check_kind(document, object, name, FIELD_OBJECT);
    if (code == EXIT_DONE) {
        code = json_unique(document, object);
    }
    for (size_t i = 0; code == EXIT_DONE && i < count; i++) {
        code = check_field(document, object, &rows[i]);
    }
    return code;
}

#define CHECK_FIELDS(document, object, name, rows)                                                 \
    check_fields((document), (object), (name), (rows), sizeof(rows) / sizeof(rows)[0])

/* ---- Block ----------------------------------------------------------------------------------- */

/* A gas limit beyond 64 bits is no other than the largest. */
static int read_gas_limit(const json_document *document, const json_node *node, uint64_t *limit) {
    chevm_u256 wide;
    int code = json_u256(document, node, &wide);
    if (code == EXIT_DONE) {
        *limit = chevm_u256_fits_u64(&wide) ? wide.limbs[0] : UINT64_MAX;
    }
    return code;
}

static int read_env(statetest *test) {
    static const field_row ROWS[] = {
        {"currentCoinbase", FIELD_ADDRESS, true, false},
        {"currentGasLimit", FIELD_NUMBER, true, false},
        {"currentNumber", FIELD_NUMBER, true, false},
        {"currentTimestamp", FIELD_NUMBER, true, false},
        {"currentDifficulty", FIELD_NUMBER, false, false},
        {"currentBaseFee", FIELD_NUMBER, false, false},
        {"currentRandom", FIELD_WORD, false, false},
        {"currentExcessBlobGas", FIELD_NUMBER, false, false},
        {"previousHash", FIELD_WORD, false, false},
        {"currentBeaconRoot", FIELD_WORD, false, false},
        {"currentWithdrawalsRoot", FIELD_WORD, false, false},
    };
    const json_document *document = test->document;
    const json_node *env = json_get(test->node, "env");
    chevm_tx_context *context = &test->world.context;
    int code = CHECK_FIELDS(document, env, "env", ROWS);
    if (code != EXIT_DONE) {
        return code;
    }
    test->has_random = json_get(env, "currentRandom") != NULL;
    test->has_base_fee = json_get(env, "currentBaseFee") != NULL;
    code = json_address(document, json_get(env, "currentCoinbase"), &context->coinbase);
    if (code == EXIT_DONE) {
        code =
            read_gas_limit(document, json_get(env, "currentGasLimit"), &context->block_gas_limit);
    }
    if (code == EXIT_DONE) {
        code = json_u64(document, json_get(env, "currentNumber"), &context->block_number);
    }
    if (code == EXIT_DONE) {
        code = json_u64(document, json_get(env, "currentTimestamp"), &context->block_timestamp);
    }
    if (code == EXIT_DONE) {
        code = json_u64(document, json_get(env, "currentExcessBlobGas"), &test->excess_blob_gas);
    }
    /* Numbers of 256 bits, checked above. */
    (void)json_u256(document, json_get(env, "currentDifficulty"), &test->difficulty);
    (void)json_u256(document, json_get(env, "currentRandom"), &test->random);
    (void)json_u256(document, json_get(env, "currentBaseFee"), &context->base_fee);
    return code;
}

static int read_config(statetest *test) {
    static const field_row ROWS[] = {
        {"chainid", FIELD_NUMBER, false, false},
        {"blobSchedule", FIELD_OBJECT, false, false},
    };
    static const field_row SCHEDULE_ROWS[] = {
        {"target", FIELD_NUMBER, true, false},
        {"max", FIELD_NUMBER, true, false},
        {"baseFeeUpdateFraction", FIELD_NUMBER, true, false},
    };
    const json_node *config = json_get(test->node, "config");
    chevm_u256_set_u64(&test->chain_id, 1);
    if (config == NULL) {
        return EXIT_DONE;
    }
    int code = CHECK_FIELDS(test->document, config, "config", ROWS);
    if (code != EXIT_DONE) {
        return code;
    }
    (void)json_u256(test->document, json_get(config, "chainid"), &test->chain_id);
    test->blob_schedules = json_get(config, "blobSchedule");
    for (const json_node *schedule = json_first(test->blob_schedules);
         code == EXIT_DONE && schedule != NULL; schedule = json_next(schedule)) {
        code = CHECK_FIELDS(test->document, schedule, json_key(schedule), SCHEDULE_ROWS);
    }
    return code;
}

/* ---- Transaction ----------------------------------------------------------------------------- */

static const json_node **list_nodes(const json_node *array, size_t *count) {
    *count = json_count(array);
    const json_node **nodes = STORE_ARRAY(const json_node *, *count);
    size_t used = 0;
    for (const json_node *node = json_first(array); node != NULL; node = json_next(node)) {
        nodes[used++] = node;
    }
    return nodes;
}

static int check_access_lists(const json_document *document, const json_node *lists) {
    static const field_row ROWS[] = {
        {"address", FIELD_ADDRESS, true, false},
        {"storageKeys", FIELD_WORD, true, true},
    };
    int code = lists != NULL ? check_kind(document, lists, "accessLists", FIELD_ARRAY) : EXIT_DONE;
    for (const json_node *list = json_first(lists); code == EXIT_DONE && list != NULL;
         list = json_next(list)) {
        if (json_is_null(list)) {
            continue;
        }
        code = check_kind(document, list, "accessLists", FIELD_ARRAY);
        for (const json_node *entry = json_first(list); code == EXIT_DONE && entry != NULL;
             entry = json_next(entry)) {
            code = CHECK_FIELDS(document, entry, "accessLists", ROWS);
        }
    }
    return code;
}

static int check_authorizations(const json_document *document, const json_node *list) {
    static const field_row ROWS[] = {
        {"chainId", FIELD_BIG, true, false},  {"address", FIELD_ADDRESS, true, false},
        {"nonce", FIELD_BIG, true, false},    {"v", FIELD_BIG, false, false},
        {"yParity", FIELD_BIG, false, false}, {"r", FIELD_BIG, true, false},
        {"s", FIELD_BIG, true, false},        {"signer", FIELD_ADDRESS, false, false},
    };
    int code =
        list != NULL ? check_kind(document, list, "authorizationList", FIELD_ARRAY) : EXIT_DONE;
    for (const json_node *entry = json_first(list); code == EXIT_DONE && entry != NULL;
         entry = json_next(entry)) {
        code = CHECK_FIELDS(document, entry, "authorizationList", ROWS);
    }
    return code;
}

static int read_transaction(statetest *test) {
    static const field_row ROWS[] = {
        {"nonce", FIELD_BIG, true, false},
        {"to", FIELD_BYTES, false, false},
        {"sender", FIELD_ADDRESS, false, false},
        {"secretKey", FIELD_WORD, false, false},
        {"data", FIELD_BYTES, true, true},
        {"gasLimit", FIELD_BIG, true, true},
        {"value", FIELD_BIG, true, true},
        {"gasPrice", FIELD_BIG, false, false},
        {"maxFeePerGas", FIELD_BIG, false, false},
        {"maxPriorityFeePerGas", FIELD_BIG, false, false},
        {"maxFeePerBlobGas", FIELD_BIG, false, false},
        {"blobVersionedHashes", FIELD_WORD, false, true},
    };
    const json_document *document = test->document;
    statetest_fields *fields = &test->fields;
    const json_node *whole = json_get(test->node, "transaction");
    fields->whole = whole;
    int code = CHECK_FIELDS(document, whole, "transaction", ROWS);
    code = code == EXIT_DONE ? check_access_lists(document, json_get(whole, "accessLists")) : code;
    if (code == EXIT_DONE) {
        code = check_authorizations(document, json_get(whole, "authorizationList"));
    }
    const json_node *to = json_get(whole, "to");
    if (code == EXIT_DONE && *json_text(to) != 0) {
        code = check_kind(document, to, "to", FIELD_ADDRESS);
    }
    fields->data = list_nodes(json_get(whole, "data"), &fields->data_count);
    fields->gas_limits = list_nodes(json_get(whole, "gasLimit"), &fields->gas_limit_count);
    fields->values = list_nodes(json_get(whole, "value"), &fields->value_count);
    fields->access_lists = list_nodes(json_get(whole, "accessLists"), &fields->access_list_count);
    return code;
}

int statetest_read_test(statetest *test) {
    const json_document *document = test->document;
    const json_node *pre = json_get(test->node, "pre");
    world_init(&test->world);
    int code = read_env(test);
    code = code == EXIT_DONE ? read_config(test) : code;
    code = code == EXIT_DONE ? read_transaction(test) : code;
    if (code == EXIT_DONE && pre == NULL) {
        code = json_error(document, test->node, "test lacks pre");
    }
    return code == EXIT_DONE ? world_read_accounts(&test->world, document, pre) : code;
}

/* ---- Cases ----------------------------------------------------------------------------------- */

static int compare_keys(const void *left, const void *right) {
    return strcmp(json_key(*(const json_node *const *)left),
                  json_key(*(const json_node *const *)right));
}

/* Two names of one fork are one; a fork of blob parameters only is one of its own. */
static bool is_fork(const char *name, const char *wanted) {
    static const char *const NAMES[][2] = {
#define FORK_NAMES(fork, text, alias) {(text), (alias)},
        CHEVM_FORK_ROWS(FORK_NAMES)
#undef FORK_NAMES
    };
    bool same = strcmp(name, wanted) == 0;
    for (size_t i = 0; !same && i < sizeof NAMES / sizeof NAMES[0]; i++) {
        same = (strcmp(name, NAMES[i][0]) == 0 && strcmp(wanted, NAMES[i][1]) == 0) ||
               (strcmp(name, NAMES[i][1]) == 0 && strcmp(wanted, NAMES[i][0]) == 0);
    }
    return same;
}

static int count_cases(const json_document *document, const json_node *post,
                       const statetest_plan *plan, size_t *count) {
    *count = 0;
    for (const json_node *list = json_first(post); list != NULL; list = json_next(list)) {
        int code = check_kind(document, list, json_key(list), FIELD_ARRAY);
        if (code != EXIT_DONE) {
            return code;
        }
        *count += plan->fork == NULL || is_fork(json_key(list), plan->fork) ? json_count(list) : 0;
    }
    return EXIT_DONE;
}

int statetest_read_cases(statetest *test, const json_document *document, const json_node *node,
                         const statetest_plan *plan) {
    *test = (statetest){.document = document, .node = node, .name = json_key(node)};
    const json_node *post = json_get(node, "post");
    size_t count = 0;
    int code = check_kind(document, node, test->name, FIELD_OBJECT);
    code = code == EXIT_DONE ? json_unique(document, node) : code;
    if (code == EXIT_DONE && post == NULL) {
        code = json_error(document, node, "no state test: it lacks post");
    }
    code = code == EXIT_DONE ? check_kind(document, post, "post", FIELD_OBJECT) : code;
    code = code == EXIT_DONE ? json_unique(document, post) : code;
    code = code == EXIT_DONE ? count_cases(document, post, plan, &count) : code;
    if (code != EXIT_DONE) {
        return code;
    }
    size_t fork_count;
    const json_node **forks = list_nodes(post, &fork_count);
    sort_items(forks, fork_count, sizeof *forks, compare_keys);
    test->cases = STORE_ARRAY(statetest_case, count);
    uint64_t position = 0;
    for (size_t i = 0; i < fork_count; i++) {
        const char *name = json_key(forks[i]);
        uint32_t index = 0;
        for (const json_node *entry = json_first(forks[i]);
             entry != NULL && (plan->fork == NULL || is_fork(name, plan->fork));
             entry = json_next(entry)) {
            if (plan->index == UINT64_MAX || plan->index == position) {
                test->cases[test->case_count++] = (statetest_case){name, entry, index};
            }
            index++;
            position++;
        }
    }
    return EXIT_DONE;
}

static int read_word(const json_document *document, const json_node *entry, const char *key,
                     chevm_u256 *word) {
    const json_node *node = json_get(entry, key);
    return node != NULL ? json_u256(document, node, word)
                        : json_error(document, entry, "entry of post lacks %s", key);
}

static int read_indexes(const statetest *test, const json_node *entry, statetest_entry *target) {
    static const field_row ROWS[] = {
        {"data", FIELD_NUMBER, true, false},
        {"gas", FIELD_NUMBER, true, false},
        {"value", FIELD_NUMBER, true, false},
    };
    const json_document *document = test->document;
    const json_node *indexes = json_get(entry, "indexes");
    if (indexes == NULL) {
        return json_error(document, entry, "entry of post lacks indexes");
    }
    int code = CHECK_FIELDS(document, indexes, "indexes", ROWS);
    if (code == EXIT_DONE) {
        code = json_u64(document, json_get(indexes, "data"), &target->data_index);
    }
    if (code == EXIT_DONE) {
        code = json_u64(document, json_get(indexes, "gas"), &target->gas_index);
    }
    if (code == EXIT_DONE) {
        code = json_u64(document, json_get(indexes, "value"), &target->value_index);
    }
    const statetest_fields *fields = &test->fields;
    if (code == EXIT_DONE &&
        (target->data_index >= fields->data_count || target->gas_index >= fields->gas_limit_count ||
         target->value_index >= fields->value_count)) {
        code = json_error(document, indexes,
                          "indexes: the transaction has no such data, gas limit "
                          "or value");
    }
    return code;
}

int statetest_read_entry(const statetest *test, const statetest_case *one, statetest_entry *entry) {
    static const field_row ROWS[] = {
        {"hash", FIELD_WORD, true, false},      {"logs", FIELD_WORD, true, false},
        {"txbytes", FIELD_BYTES, false, false}, {"expectException", FIELD_TEXT, false, false},
        {"state", FIELD_OBJECT, false, false},
    };
    const json_document *document = test->document;
    const json_node *expected = json_get(one->entry, "expectException");
    *entry = (statetest_entry){.expected = expected != NULL ? json_text(expected) : NULL};
    int code = CHECK_FIELDS(document, one->entry, "post", ROWS);
    code = code == EXIT_DONE ? read_indexes(test, one->entry, entry) : code;
    code = code == EXIT_DONE ? read_word(document, one->entry, "hash", &entry->hash) : code;
    code = code == EXIT_DONE ? read_word(document, one->entry, "logs", &entry->logs) : code;
    return code == EXIT_DONE
               ? json_bytes(document, json_get(one->entry, "txbytes"), &entry->txbytes)
               : code;
}

/* ---- Forks ----------------------------------------------------------------------------------- */

bool statetest_fork_of(const char *name, chevm_fork *fork) {
    chevm_blob_schedule schedule;
    if (chevm_fork_parse(name, fork)) {
        return true;
    }
    *fork = CHEVM_OSAKA; /* whose rules forks of blob parameters only keep */
    return chevm_blob_schedule_of(name, &schedule);
}

static int read_schedule(const statetest *test, const char *fork_name,
                         chevm_blob_schedule *schedule) {
    const json_document *document = test->document;
    const json_node *node = json_get(test->blob_schedules, fork_name);
    uint64_t target = 0;
    uint64_t most = 0;
    (void)chevm_blob_schedule_of(fork_name, schedule);
    if (node == NULL) {
        return EXIT_DONE;
    }
    int code = json_u64(document, json_get(node, "target"), &target);
    code = code == EXIT_DONE ? json_u64(document, json_get(node, "max"), &most) : code;
    if (code == EXIT_DONE) {
        code = json_u64(document, json_get(node, "baseFeeUpdateFraction"), &schedule->fraction);
    }
    if (code == EXIT_DONE &&
        (target > UINT32_MAX || most > UINT32_MAX || schedule->fraction == 0)) {
        code = json_error(document, node, "%s: no blob schedule", fork_name);
    }
    schedule->target = (uint32_t)target;
    schedule->max = (uint32_t)most;
    return code;
}

int statetest_read_block(const statetest *test, const char *fork_name, chevm_block *block) {
    const chevm_tx_context *context = &test->world.context;
    chevm_blob_schedule schedule = {.max = 0};
    *block = (chevm_block){.coinbase = context->coinbase,
                           .number = context->block_number,
                           .timestamp = context->block_timestamp,
                           .gas_limit = context->block_gas_limit,
                           .gas_available = context->block_gas_limit,
                           .base_fee = context->base_fee,
                           .chain_id = test->chain_id};
    int code = read_schedule(test, fork_name, &schedule);
    if (code != EXIT_DONE || !statetest_fork_of(fork_name, &block->fork)) {
        return code;
    }
    bool has_randao = block->fork >= CHEVM_PARIS && test->has_random;
    block->prev_randao = has_randao ? test->random : test->difficulty;
    if (block->fork >= CHEVM_LONDON && !test->has_base_fee) {
        chevm_u256_set_u64(&block->base_fee, BASE_FEE_DEFAULT);
    }
    if (schedule.fraction != 0) {
        chevm_blob_base_fee(&block->blob_base_fee, test->excess_blob_gas, schedule.fraction);
    }
    block->blobs_max = schedule.max;
    block->blobs_available = schedule.max;
    return EXIT_DONE;
}
