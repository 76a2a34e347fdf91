/* genesis_tests.c: the official genesis tests (fixtures.md 6): the RLP of block 0, whose header
 * holds the root of the accounts in `alloc`. */
#include "rig.h"

#include "store.h"
#include "world.h"

#include <coldevm/hash.h>
#include <coldevm/rlp.h>
#include <coldevm/trie.h>

#include <string.h>

#define HEADER_BYTES_MAX 4096u

typedef struct header {
    byte_range parent_hash, coinbase, extra_data, mix_hash, nonce;
    chevm_u256 difficulty, state_root;
    uint64_t gas_limit, timestamp;
} header;

static bool read_header(header *h, const json_document *document, const json_node *test) {
    const struct {
        const char *name;
        byte_range *range;
        size_t size; /* 0: any */
    } ranges[] = {
        {"parentHash", &h->parent_hash, 32},
        {"coinbase", &h->coinbase, 20},
        {"extraData", &h->extra_data, 0},
        {"mixHash", &h->mix_hash, 32},
        {"nonce", &h->nonce, 8},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        const json_node *const node = json_get(test, ranges[i].name);
        if (node == NULL || json_bytes(document, node, ranges[i].range) != 0 ||
            (ranges[i].size != 0 && ranges[i].range->size != ranges[i].size)) {
            return false;
        }
    }
    return json_u256(document, json_get(test, "difficulty"), &h->difficulty) == 0 &&
           json_u64(document, json_get(test, "gasLimit"), &h->gas_limit) == 0 &&
           json_u64(document, json_get(test, "timestamp"), &h->timestamp) == 0;
}

/* Some accounts have their balance under its old name. */
static bool load_wei(rig *r, const json_document *document, const json_node *alloc) {
    for (const json_node *node = json_first(alloc); node != NULL; node = json_next(node)) {
        chevm_address address;
        chevm_u256 wei;
        const json_node *const old = json_get(node, "wei");
        if (old != NULL && (json_text_address(document, node, json_key(node), &address) != 0 ||
                            json_u256(document, old, &wei) != 0 ||
                            chevm_state_set_balance(r->on.state, &address, &wei) != CHEVM_OK)) {
            return false;
        }
    }
    return true;
}

static bool find_state_root(rig *r, const json_document *document, const json_node *test,
                            chevm_u256 *root) {
    world w;
    world_init(&w);
    chevm_state_reset(r->on.state);
    if (world_read_accounts(&w, document, json_get(test, "alloc")) != 0 ||
        world_load(&w, r->on.state) != CHEVM_OK ||
        !load_wei(r, document, json_get(test, "alloc"))) {
        return false;
    }
    const size_t size = chevm_state_root_scratch(r->on.state);
    void *const scratch = store_alloc(size + 64, 64);
    rig_seal();
    const ch_status status = chevm_state_root(r->on.state, root, scratch, size);
    rig_unseal(r);
    return status == CH_OK;
}

static uint8_t *put_range(uint8_t *out, const byte_range *range) {
    return chevm_rlp_put_string(out, range->bytes, range->size);
}

static uint8_t *put_root(uint8_t *out, const chevm_u256 *root) {
    uint8_t bytes[32];
    chevm_u256_to_be32(bytes, root);
    return chevm_rlp_put_string(out, bytes, sizeof bytes);
}

/* [header, [], []]; returns its size. */
static size_t put_block(uint8_t *out, const header *h) {
    static const uint8_t bloom[256];
    uint8_t content[HEADER_BYTES_MAX], no_uncles[32];
    chevm_keccak256(no_uncles, (const uint8_t[]){0xc0}, 1);
    uint8_t *at = put_range(content, &h->parent_hash);
    at = chevm_rlp_put_string(at, no_uncles, sizeof no_uncles);
    at = put_range(at, &h->coinbase);
    at = put_root(at, &h->state_root);
    at = put_root(at, &chevm_trie_empty_root); /* transactions */
    at = put_root(at, &chevm_trie_empty_root); /* receipts */
    at = chevm_rlp_put_string(at, bloom, sizeof bloom);
    at = chevm_rlp_put_u256(at, &h->difficulty);
    at = chevm_rlp_put_u64(at, 0); /* number */
    at = chevm_rlp_put_u64(at, h->gas_limit);
    at = chevm_rlp_put_u64(at, 0); /* gas used */
    at = chevm_rlp_put_u64(at, h->timestamp);
    at = put_range(at, &h->extra_data);
    at = put_range(at, &h->mix_hash);
    at = put_range(at, &h->nonce);
    const size_t size = (size_t)(at - content);
    at = chevm_rlp_put_list_header(out, chevm_rlp_header_size(size) + size + 2);
    at = chevm_rlp_put_list_header(at, size);
    memcpy(at, content, size);
    at = chevm_rlp_put_list_header(at + size, 0);
    return (size_t)(chevm_rlp_put_list_header(at, 0) - out);
}

static void run_test(rig *r, const char *path, const json_document *document,
                     const json_node *test) {
    header h = {.gas_limit = 0};
    byte_range want = {NULL, 0};
    uint8_t block[HEADER_BYTES_MAX];
    (void)path;
    if (!read_header(&h, document, test) || h.extra_data.size > 1024 ||
        json_get(test, "result") == NULL ||
        json_bytes(document, json_get(test, "result"), &want) != 0) {
        rig_complain(r, "malformed test");
    } else if (!find_state_root(r, document, test, &h.state_root)) {
        rig_complain(r, "no state root");
    } else {
        const size_t size = put_block(block, &h);
        if (size != want.size || memcmp(block, want.bytes, size) != 0) {
            rig_complain(r, "another block");
        }
    }
}

void genesis_tests_run(rig *r, const char *root) {
    (void)root;
    rig_run_folder(r, "genesis_tests", run_test);
}
