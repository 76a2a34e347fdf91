/* cases.c: the list of cases, the embedded contracts, and finding cases in files and folders. */
#include "cases.h"

#include "codes.h"
#include "contracts.h"
#include "message.h"
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GAS_DEFAULT        1000000000
#define FOLDER_ENTRIES_MAX 65536u
#define FOLDER_DEPTH_MAX   16u

/* Who calls and what is called, where a case does not say: any two addresses do. */
static const chevm_address CALLER = {{[18] = 0x10, [19] = 0x01}};

void cases_init(case_list *list) {
    *list = (case_list){NULL, &list->first, 0, 0};
}

bench_case *cases_new(case_list *list, const char *name, const char *source) {
    bench_case *added = STORE_NEW(bench_case);
    added->name = name;
    added->source = source;
    world_init(&added->world);
    *list->last = added;
    list->last = &added->next;
    list->count++;
    return added;
}

void cases_skip(case_list *list, const char *what, const char *reason) {
    list->skipped++;
    message_note("SKIP %s: %s", what, reason);
}

/* ---- Contracts ------------------------------------------------------------------------------- */

void cases_contract(bench_case *target, byte_range code, bool deploys, byte_range input) {
    world_account *accounts = STORE_ARRAY(world_account, 2);
    chevm_message *message = &target->message;
    message->kind = CHEVM_KIND_CALL;
    message->gas = GAS_DEFAULT;
    message->sender = CALLER;
    message->recipient = (chevm_address){{[18] = 0x20, [19] = 0x02}};
    message->input = input.bytes;
    message->input_size = input.size;
    accounts[0].address = message->sender;
    chevm_u256_set_u64(&accounts[0].balance, UINT64_MAX);
    accounts[1].address = message->recipient;
    accounts[1].code = code;
    accounts[1].nonce = 1; /* as every deployed contract has it since EIP-161 */
    target->deploys = deploys;
    target->initcode = code;
    target->world.accounts = accounts;
    target->world.account_count = deploys ? 1 : 2;
    target->world.context.origin = message->sender;
    target->world.context.block_number = 1;
    target->world.context.block_timestamp = 1000;
    target->world.context.block_gas_limit = GAS_DEFAULT;
    chevm_u256_set_u64(&target->world.context.base_fee, CASES_BASE_FEE);
}

static void embedded_environment(bench_case *target, const coldevm_contract *contract) {
    world_account *accounts = STORE_ARRAY(world_account, 2);
    memcpy(accounts, target->world.accounts, 2 * sizeof *accounts);
    chevm_u256 one;
    chevm_u256_set_u64(&one, 1);
    memcpy(accounts[0].address.bytes, coldevm_contract_sender, sizeof accounts[0].address.bytes);
    chevm_u256_shl_bits(&accounts[0].balance, &one, 100);
    memcpy(accounts[1].address.bytes, contract->address, sizeof accounts[1].address.bytes);
    target->world.accounts = accounts;
    target->world.context.origin = accounts[0].address;
    target->world.context.block_gas_limit = UINT64_C(1000000000000);
    chevm_u256_set_u64(&target->world.context.base_fee, 0);
    target->message.sender = accounts[0].address;
    target->message.recipient = accounts[1].address;
    target->message.gas = (int64_t)contract->gas_limit;
}

void cases_embedded(case_list *list) {
    for (size_t i = 0; i < coldevm_contract_count; i++) {
        const coldevm_contract *contract = &coldevm_contracts[i];
        bench_case *added = cases_new(list, contract->name, "embedded");
        cases_contract(added, (byte_range){contract->code, contract->code_size_bytes},
                       contract->mode == COLDEVM_CONTRACT_INITCODE,
                       (byte_range){contract->input, contract->input_size_bytes});
        embedded_environment(added, contract);
        bool known = chevm_fork_parse(contract->fork, &added->world.fork);
        CH_REQUIRE(known);
        added->deploy_gas = contract->deploy_exec_gas;
        case_expected *expected = &added->expected;
        expected->has_gas = expected->has_output = true;
        expected->has_log_count = expected->has_logs_hash = true;
        expected->gas = contract->exec_gas;
        expected->log_count = contract->logs_count;
        expected->output_hashed = contract->output_hashed != 0;
        expected->output = (byte_range){contract->output, contract->output_size_bytes};
        chevm_u256_from_be32(&expected->output_hash, contract->output_hash);
        chevm_u256_from_be32(&expected->logs_hash, contract->logs_hash);
    }
}

/* ---- Files and folders ----------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end) {
    size_t size = strlen(text);
    size_t end_size = strlen(end);
    return size >= end_size && memcmp(text + size - end_size, end, end_size) == 0;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool is_file(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
}

/* One contract: code and, if there is one, input in hex files. */
static int read_contract(case_list *list, const char *name, const char *source, const char *code,
                         const char *input) {
    byte_range code_bytes = {(const uint8_t *)"", 0};
    byte_range input_bytes = {(const uint8_t *)"", 0};
    expectation known;
    bool usable = true;
    int status = expectation_find(&known, source, name);
    status = status == EXIT_DONE ? input_hex_file(&code_bytes, code) : status;
    if (status == EXIT_DONE && is_file(input)) {
        status = input_hex_file(&input_bytes, input);
    }
    if (status != EXIT_DONE) {
        return status;
    }
    bool deploys = strcmp(json_text(json_get(known.entry, "mode")), "initcode") == 0;
    bench_case **end = list->last;
    bench_case *added = cases_new(list, name, source);
    cases_contract(added, code_bytes, deploys, input_bytes);
    status = known.entry != NULL ? expectation_read(&known, added, &usable) : EXIT_DONE;
    if (status == EXIT_DONE && !usable) {
        cases_skip(list, name, "its archive says that it is not usable");
        *end = NULL;
        list->last = end;
        list->count--;
    }
    return status;
}

/* Cases that an archive's list of expectations describes as a whole: code in files it names. */
static int read_described(case_list *list, const char *path, const char *only) {
    expectation known = {.folder = "."};
    const char *slash = strrchr(path, '/');
    int status = json_open(&known.document, path);
    if (slash != NULL) {
        known.folder = store_text(path, (size_t)(slash - path));
    }
    const json_node *entry = status == EXIT_DONE ? json_first(known.document.root) : NULL;
    for (; status == EXIT_DONE && entry != NULL; entry = json_next(entry)) {
        const char *file = json_text(json_get(entry, "code_file"));
        bool described = *file != 0 || json_get(entry, "accounts") != NULL;
        if (!described || (only != NULL && strcmp(base_name(file), only) != 0)) {
            continue;
        }
        bool usable = true;
        bench_case *added = cases_new(list, json_key(entry), path);
        const byte_range none = {(const uint8_t *)"", 0};
        cases_contract(added, none, false, none);
        known.entry = entry;
        status = expectation_read(&known, added, &usable);
    }
    return status;
}

/* FOLDER_expected.json, beside the folder. */
static const char *described_by(const char *folder) {
    size_t size = strlen(folder);
    while (size > 1 && folder[size - 1] == '/') {
        size--;
    }
    return store_format("%.*s_expected.json", (int)size, folder);
}

static int read_hex_case(case_list *list, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *folder = slash != NULL ? store_text(path, (size_t)(slash - path)) : ".";
    const char *described = described_by(folder);
    size_t before = list->count;
    int status = is_file(described) ? read_described(list, described, base_name(path)) : EXIT_DONE;
    if (status != EXIT_DONE || list->count > before) {
        return status;
    }
    return read_contract(list, base_name(path), path, path, "");
}

static int read_json_case(case_list *list, const char *path) {
    if (ends_with(path, "_expected.json")) {
        return read_described(list, path, NULL);
    }
    json_document document;
    int status = json_open(&document, path);
    return status == EXIT_DONE ? cases_read_state_tests(list, &document) : status;
}

static int compare_names(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Names in the folder, sorted; those that begin with a dot are left out. */
static int list_folder(const char *path, const char ***names, size_t *count) {
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return message_error(EXIT_FILE, path, 0, "%s", strerror(errno));
    }
    const char **list = STORE_ARRAY(const char *, FOLDER_ENTRIES_MAX);
    *count = 0;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL && *count < FOLDER_ENTRIES_MAX) {
        if (entry->d_name[0] != '.') {
            list[(*count)++] = store_text(entry->d_name, strlen(entry->d_name));
        }
    }
    bool too_many = entry != NULL;
    closedir(folder);
    qsort(list, *count, sizeof *list, compare_names);
    *names = list;
    return too_many ? message_error(EXIT_LIMIT, path, 0, "more than %u entries", FOLDER_ENTRIES_MAX)
                    : EXIT_DONE;
}

static int read_path(case_list *list, const char *path, bool named, unsigned depth);

/* A folder that holds one contract: code.hex and input.hex, or bytecode.txt and calldata.txt. */
static bool find_contract(const char *path, const char **code, const char **input) {
    static const char *const NAMES[][2] = {{"code.hex", "input.hex"},
                                           {"bytecode.txt", "calldata.txt"}};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        *code = store_format("%s/%s", path, NAMES[i][0]);
        *input = store_format("%s/%s", path, NAMES[i][1]);
        if (is_file(*code)) {
            return true;
        }
    }
    return false;
}

static int read_folder(case_list *list, const char *path, unsigned depth) {
    const char *code;
    const char *input;
    if (find_contract(path, &code, &input)) {
        return read_contract(list, base_name(path), path, code, input);
    }
    const char *described = described_by(path);
    size_t before = list->count;
    int status = is_file(described) ? read_described(list, described, NULL) : EXIT_DONE;
    const char **names;
    size_t count = 0;
    if (status != EXIT_DONE || list->count > before) {
        return status;
    }
    if (depth == FOLDER_DEPTH_MAX) {
        return message_error(EXIT_LIMIT, path, 0, "folders are nested too deeply");
    }
    status = list_folder(path, &names, &count);
    for (size_t i = 0; status == EXIT_DONE && i < count; i++) {
        status = read_path(list, store_format("%s/%s", path, names[i]), false, depth + 1);
    }
    return status;
}

/* Files found in folders are taken by their suffix, named ones whatever they are called. */
static int read_path(case_list *list, const char *path, bool named, unsigned depth) {
    struct stat facts;
    if (stat(path, &facts) != 0) {
        return message_error(EXIT_FILE, path, 0, "%s", strerror(errno));
    }
    if (S_ISDIR(facts.st_mode)) {
        return read_folder(list, path, depth);
    }
    if (ends_with(path, ".hex") || ends_with(path, ".txt")) {
        return named ? read_hex_case(list, path) : EXIT_DONE;
    }
    bool is_case = ends_with(path, ".json") && !ends_with(path, "expected.json");
    return named || is_case ? read_json_case(list, path) : EXIT_DONE;
}

int cases_read(case_list *list, const char *path) {
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/') {
        size--;
    }
    size_t before = list->count + list->skipped;
    int status = read_path(list, store_text(path, size), true, 0);
    if (status == EXIT_DONE && list->count + list->skipped == before) {
        message_note("%s: holds no case", path);
    }
    return status;
}
