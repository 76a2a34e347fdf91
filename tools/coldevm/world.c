/* world.c: accounts and block from JSON into a state, and back out as a dump; see world.h. */
#include "world.h"

#include "codes.h"
#include "sort.h"
#include "store.h"
#include "words.h"

#include <string.h>

void world_init(world *target) {
    memset(target, 0, sizeof *target);
    chevm_u256_set_u64(&target->context.chain_id, 1);
    chevm_u256_set_u64(&target->context.blob_base_fee, 1);
    target->fork = CHEVM_FORK_NEWEST;
}

int world_read_storage(world_account *account, const json_document *document,
                       const json_node *object) {
    if (object != NULL && !json_is_object(object)) {
        return json_error(document, object, "storage: an object is needed");
    }
    int unique = json_unique(document, object);
    if (unique != EXIT_DONE) {
        return unique;
    }
    world_slot *slots = STORE_ARRAY(world_slot, json_count(object));
    size_t count = 0;
    for (const json_node *slot = json_first(object); slot != NULL; slot = json_next(slot)) {
        int code = json_text_u256(document, slot, json_key(slot), &slots[count].key);
        code = code != EXIT_DONE ? code : json_u256(document, slot, &slots[count].value);
        if (code != EXIT_DONE) {
            return code;
        }
        count++;
    }
    account->slots = slots;
    account->slot_count = count;
    return EXIT_DONE;
}

static int read_account(world_account *account, const json_document *document,
                        const json_node *member) {
    if (!json_is_object(member)) {
        return json_error(document, member, "account is not an object");
    }
    int code = json_text_address(document, member, json_key(member), &account->address);
    if (code == EXIT_DONE) {
        code = json_unique(document, member);
    }
    if (code == EXIT_DONE) {
        code = json_u256(document, json_get(member, "balance"), &account->balance);
    }
    if (code == EXIT_DONE) {
        code = json_u64(document, json_get(member, "nonce"), &account->nonce);
    }
    if (code == EXIT_DONE) {
        code = json_bytes(document, json_get(member, "code"), &account->code);
    }
    if (code == EXIT_DONE) {
        code = world_read_storage(account, document, json_get(member, "storage"));
    }
    return code;
}

int world_read_accounts(world *target, const json_document *document, const json_node *object) {
    if (object != NULL && !json_is_object(object)) {
        return json_error(document, object, "%s: an object is needed", json_key(object));
    }
    int unique = json_unique(document, object);
    if (unique != EXIT_DONE) {
        return unique;
    }
    world_account *accounts = STORE_ARRAY(world_account, json_count(object));
    size_t count = 0;
    for (const json_node *member = json_first(object); member != NULL; member = json_next(member)) {
        int code = read_account(&accounts[count++], document, member);
        if (code != EXIT_DONE) {
            return code;
        }
    }
    target->accounts = accounts;
    target->account_count = count;
    return EXIT_DONE;
}

/* One header field of a genesis file: its key, and where it goes. */
typedef struct header_field {
    const char *key;
    chevm_u256 *wide;
    uint64_t *narrow;
} header_field;

int world_read_genesis(world *target, const char *path) {
    json_document document;
    int code = json_open(&document, path);
    if (code != EXIT_DONE) {
        return code;
    }
    const json_node *root = document.root;
    if (!json_is_object(root)) {
        return json_error(&document, root, "a genesis object is needed");
    }
    chevm_tx_context *context = &target->context;
    const bool paris = target->fork >= CHEVM_PARIS;
    const header_field fields[] = {
        {"number", NULL, &context->block_number},
        {"timestamp", NULL, &context->block_timestamp},
        {"gasLimit", NULL, &context->block_gas_limit},
        {"baseFeePerGas", &context->base_fee, NULL},
        {paris ? "mixHash" : "difficulty", &context->prev_randao, NULL},
    };
    for (size_t i = 0; code == EXIT_DONE && i < sizeof fields / sizeof fields[0]; i++) {
        const json_node *node = json_get(root, fields[i].key);
        code = fields[i].wide != NULL ? json_u256(&document, node, fields[i].wide)
                                      : json_u64(&document, node, fields[i].narrow);
    }
    if (code == EXIT_DONE) {
        code = json_address(&document, json_get(root, "coinbase"), &context->coinbase);
    }
    if (code == EXIT_DONE) {
        code =
            json_u256(&document, json_get(json_get(root, "config"), "chainId"), &context->chain_id);
    }
    return code != EXIT_DONE ? code
                             : world_read_accounts(target, &document, json_get(root, "alloc"));
}

static chevm_status load_account(const world_account *account, chevm_state *state) {
    chevm_status status = chevm_state_set_balance(state, &account->address, &account->balance);
    if (status == CHEVM_OK && account->nonce != 0) {
        status = chevm_state_set_nonce(state, &account->address, account->nonce);
    }
    if (status == CHEVM_OK && account->code.size != 0) {
        status =
            chevm_state_set_code(state, &account->address, account->code.bytes, account->code.size);
    }
    for (size_t i = 0; status == CHEVM_OK && i < account->slot_count; i++) {
        const world_slot *slot = &account->slots[i];
        if (!chevm_u256_is_zero(&slot->value)) {
            status = chevm_state_set_storage(state, &account->address, &slot->key, &slot->value);
        }
    }
    return status;
}

chevm_status world_load(const world *source, chevm_state *state) {
    chevm_status status = CHEVM_OK;
    for (size_t i = 0; status == CHEVM_OK && i < source->account_count; i++) {
        status = load_account(&source->accounts[i], state);
    }
    return status;
}

/* ---- Dump ------------------------------------------------------------------------------------ */

static int compare_addresses(const void *left, const void *right) {
    return memcmp(left, right, sizeof(chevm_address));
}

static int compare_slots(const void *left, const void *right) {
    const world_slot *a = left;
    const world_slot *b = right;
    return chevm_u256_less(&a->key, &b->key) ? -1 : chevm_u256_less(&b->key, &a->key);
}

static void dump_word(sink *out, const chevm_u256 *word) {
    uint8_t bytes[32];
    chevm_u256_to_be32(bytes, word);
    sink_text(out, "\"0x");
    sink_hex(out, bytes, sizeof bytes);
    sink_char(out, '"');
}

static void dump_storage(sink *out, const chevm_state *state, const chevm_account *account,
                         const char *indent) {
    world_slot *slots = STORE_ARRAY(world_slot, account->slot_count);
    size_t count = 0;
    uint32_t cursor = 0;
    while (count < account->slot_count &&
           chevm_state_slot_next(state, &account->address, &cursor, &slots[count].key,
                                 &slots[count].value)) {
        count++;
    }
    sort_items(slots, count, sizeof *slots, compare_slots);
    sink_text(out, "{");
    for (size_t i = 0; i < count; i++) {
        sink_print(out, "%s\n%s        ", i > 0 ? "," : "", indent);
        dump_word(out, &slots[i].key);
        sink_text(out, ": ");
        dump_word(out, &slots[i].value);
    }
    if (count > 0) {
        sink_print(out, "\n%s      ", indent);
    }
    sink_char(out, '}');
}

static void dump_account(sink *out, const chevm_state *state, const chevm_address *address,
                         const char *indent) {
    chevm_account account;
    char balance[CHEVM_U256_DECIMAL_SIZE];
    if (!chevm_state_find(state, address, &account)) {
        return;
    }
    chevm_u256_to_decimal(balance, &account.balance);
    sink_text(out, "\"0x");
    sink_hex(out, address->bytes, sizeof address->bytes);
    sink_print(out, "\": {\n%s      \"balance\": \"%s\",\n", indent, balance);
    sink_print(out, "%s      \"nonce\": %llu,\n%s      \"code\": \"0x", indent,
               (unsigned long long)account.nonce, indent);
    sink_hex(out, account.code, account.code_size);
    sink_print(out, "\",\n%s      \"storage\": ", indent);
    dump_storage(out, state, &account, indent);
    sink_print(out, "\n%s    }", indent);
}

void world_dump(sink *out, const chevm_state *state, const chevm_u256 *root, const char *indent) {
    chevm_state_stats stats;
    chevm_account account;
    uint32_t cursor = 0;
    size_t count = 0;
    ch_arena_point point = store_mark();
    chevm_state_get_stats(state, &stats);
    chevm_address *addresses = STORE_ARRAY(chevm_address, stats.accounts);
    while (count < stats.accounts && chevm_state_account_next(state, &cursor, &account)) {
        addresses[count++] = account.address;
    }
    sort_items(addresses, count, sizeof *addresses, compare_addresses);
    sink_print(out, "{\n%s  ", indent);
    if (root != NULL) {
        sink_text(out, "\"root\": ");
        dump_word(out, root);
        sink_print(out, ",\n%s  ", indent);
    }
    sink_text(out, "\"accounts\": {");
    for (size_t i = 0; i < count; i++) {
        sink_print(out, "%s\n%s    ", i > 0 ? "," : "", indent);
        dump_account(out, state, &addresses[i], indent);
    }
    if (count > 0) {
        sink_print(out, "\n%s  ", indent);
    }
    sink_print(out, "}\n%s}", indent);
    store_release(point);
}
