/* expectation.c: what the archives know of their cases; see cases.h. */
#include "cases.h"

#include "codes.h"
#include "message.h"
#include "store.h"
#include "words.h"

#include <string.h>
#include <sys/stat.h>

#define FOLDERS_MAX 4u /* how far up an expectation is looked for */

static bool is_file(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
}

/* Opens the file if it is there, and finds the name in it or in its "cases". */
static int look_into(expectation *found, const char *folder, const char *path, const char *name) {
    if (!is_file(path)) {
        return EXIT_DONE;
    }
    ch_arena_point point = store_mark();
    int status = json_open(&found->document, path);
    if (status != EXIT_DONE) {
        return status;
    }
    const json_node *cases = json_get(found->document.root, "cases");
    found->entry = json_get(cases != NULL ? cases : found->document.root, name);
    found->folder = folder;
    if (found->entry == NULL) {
        store_release(point);
    }
    return EXIT_DONE;
}

/* The folder around a path; "." for a bare name, NULL above that. */
static const char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return strcmp(path, ".") == 0 ? NULL : ".";
    }
    return slash == path ? NULL : store_text(path, (size_t)(slash - path));
}

int expectation_find(expectation *found, const char *path, const char *name) {
    *found = (expectation){.entry = NULL, .folder = "."};
    const char *folder = folder_of(path);
    for (unsigned i = 0; i < FOLDERS_MAX && folder != NULL; i++) {
        const char *above = folder_of(folder);
        int status = look_into(found, folder, store_format("%s/expected.json", folder), name);
        if (status == EXIT_DONE && found->entry == NULL) {
            status = look_into(found, above != NULL ? above : ".",
                               store_format("%s_expected.json", folder), name);
        }
        if (status != EXIT_DONE || found->entry != NULL) {
            return status;
        }
        folder = above;
    }
    return EXIT_DONE;
}

/* "0x..", or "keccak:0x..:len=N" for a long output. */
static int read_output(const expectation *from, const json_node *node, case_expected *expected) {
    static const char HASH[] = "keccak:";
    const char *text = json_text(node);
    if (node == NULL) {
        return EXIT_DONE;
    }
    expected->has_output = true;
    if (strncmp(text, HASH, sizeof HASH - 1) != 0) {
        return json_bytes(&from->document, node, &expected->output);
    }
    text += sizeof HASH - 1;
    const char *colon = strstr(text, ":len=");
    text_error error;
    uint64_t size = 0;
    if (colon == NULL || !text_u64(&size, colon + strlen(":len="), SIZE_MAX, &error)) {
        return json_error(&from->document, node, "output is not keccak:0x..:len=N");
    }
    expected->output_hashed = true;
    expected->output.size = (size_t)size;
    return json_text_u256(&from->document, node, store_text(text, (size_t)(colon - text)),
                          &expected->output_hash);
}

static int read_code_file(const expectation *from, const json_node *node, byte_range *code) {
    return node == NULL
               ? EXIT_DONE
               : input_hex_file(code, store_format("%s/%s", from->folder, json_text(node)));
}

/* accounts: ADDRESS -> {code_file, storage}; the called one is among them. */
static int read_accounts(const expectation *from, bench_case *target) {
    const json_node *list = json_get(from->entry, "accounts");
    world_account *accounts = STORE_ARRAY(world_account, json_count(list) + 1);
    size_t count = 0;
    accounts[count++] = target->world.accounts[0];
    for (const json_node *member = json_first(list); member != NULL; member = json_next(member)) {
        world_account *account = &accounts[count++];
        account->nonce = 1; /* contracts */
        int status =
            json_text_address(&from->document, member, json_key(member), &account->address);
        if (status == EXIT_DONE) {
            status = read_code_file(from, json_get(member, "code_file"), &account->code);
        }
        if (status == EXIT_DONE) {
            status = world_read_storage(account, &from->document, json_get(member, "storage"));
        }
        if (status != EXIT_DONE) {
            return status;
        }
    }
    target->world.accounts = accounts;
    target->world.account_count = count;
    return json_address(&from->document, json_get(from->entry, "to"), &target->message.recipient);
}

/* What only whole descriptions have: code, accounts, calldata. */
static int read_description(const expectation *from, bench_case *target) {
    byte_range code = {(const uint8_t *)"", 0};
    byte_range input = {target->message.input, target->message.input_size};
    int status = read_code_file(from, json_get(from->entry, "code_file"), &code);
    if (status == EXIT_DONE && code.size > 0) {
        cases_contract(target, code, false, input);
    }
    if (status == EXIT_DONE && json_get(from->entry, "accounts") != NULL) {
        status = read_accounts(from, target);
    }
    if (status == EXIT_DONE) {
        status = json_bytes(&from->document, json_get(from->entry, "data"), &input);
    }
    target->message.input = input.bytes;
    target->message.input_size = input.size;
    return status;
}

/* contracts/expected.json says who calls and where the contract lies: both show in its logs. */
static int read_parties(const expectation *from, bench_case *target) {
    const json_node *env = json_get(from->document.root, "env");
    if (env == NULL || target->world.account_count == 0) {
        return EXIT_DONE;
    }
    world_account *accounts = STORE_ARRAY(world_account, 2);
    memcpy(accounts, target->world.accounts, target->world.account_count * sizeof *accounts);
    uint64_t gas = (uint64_t)target->message.gas;
    int status = json_address(&from->document, json_get(env, "sender"), &accounts[0].address);
    if (status == EXIT_DONE) {
        status = json_u256(&from->document, json_get(env, "sender_balance"), &accounts[0].balance);
    }
    if (status == EXIT_DONE) {
        status = json_address(&from->document, json_get(from->entry, "address"),
                              &target->message.recipient);
    }
    if (status == EXIT_DONE) {
        status = json_u64(&from->document, json_get(from->entry, "gas_limit"), &gas);
    }
    if (status == EXIT_DONE) {
        status =
            json_u256(&from->document, json_get(env, "base_fee"), &target->world.context.base_fee);
    }
    accounts[1].address = target->message.recipient;
    target->world.accounts = accounts;
    target->world.context.origin = target->message.sender = accounts[0].address;
    target->message.gas = gas < INT64_MAX ? (int64_t)gas : INT64_MAX;
    return status;
}

static int read_number(const expectation *from, const char *key, bool *has, uint64_t *number) {
    const json_node *node = json_get(from->entry, key);
    *has = node != NULL;
    return json_u64(&from->document, node, number);
}

int expectation_read(const expectation *from, bench_case *target, bool *usable) {
    case_expected *expected = &target->expected;
    const json_node *fork = json_get(from->entry, "fork");
    const json_node *flag = json_get(from->entry, "usable");
    const json_node *logs_hash = json_get(from->entry, "logs_hash");
    *usable = flag == NULL || json_is_true(flag);
    if (fork != NULL && !chevm_fork_parse(json_text(fork), &target->world.fork)) {
        return json_error(&from->document, fork, "unknown fork '%.40s'", json_text(fork));
    }
    if (fork == NULL) {
        target->world.fork = CHEVM_CANCUN; /* the archives' rules where an entry does not say */
    }
    int status = read_number(from, "exec_gas", &expected->has_gas, &expected->gas);
    if (status == EXIT_DONE) {
        status = read_number(from, "logs", &expected->has_log_count, &expected->log_count);
    }
    if (status == EXIT_DONE) {
        status = read_output(from, json_get(from->entry, "output"), expected);
    }
    if (status == EXIT_DONE && logs_hash != NULL) {
        expected->has_logs_hash = true;
        status = json_u256(&from->document, logs_hash, &expected->logs_hash);
    }
    status = status == EXIT_DONE ? read_description(from, target) : status;
    return status == EXIT_DONE ? read_parties(from, target) : status;
}
