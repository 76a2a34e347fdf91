/* basic_tests.c: the official basic tests (fixtures.md 6), a reader for each file. txtest.json is
 * read by transaction_tests.c. crypto.json (AES, ECIES of the wire protocol) is of no use here;
 * blockgenesistest.json has headers from before Frontier, of which only the RLP still means
 * something. */
#include "rig.h"

#include "store.h"

#include "chain/rlp_rig.h"
#include "chain/trie_builder.h"

#include <coldevm/hash.h>

#include <string.h>

/* ---- hexencodetest: the compact form of a path ---------------------------------------------- */

static void path_test(rig *r, const char *path, const json_document *document,
                      const json_node *test) {
    const json_node *const sequence = json_get(test, "seq");
    uint8_t key[CHEVM_TRIE_KEY_MAX] = {0}, have[40];
    byte_range want = {NULL, 0};
    unsigned count = 0;
    (void)path;
    for (const json_node *node = json_first(sequence); node != NULL; node = json_next(node)) {
        uint64_t nibble = 16;
        if (json_u64(document, node, &nibble) != 0 || nibble > 15 || count == 2 * sizeof key) {
            rig_complain(r, "malformed test");
            return;
        }
        key[count / 2] |= (uint8_t)(nibble << (count % 2 == 0 ? 4 : 0));
        count++;
    }
    if (count == 0 || json_bytes(document, json_get(test, "out"), &want) != 0) {
        rig_complain(r, "malformed test");
        return;
    }
    const unsigned flag = json_is_true(json_get(test, "term")) ? CHEVMI_TRIE_LEAF : 0;
    const uint8_t *const end = chevmi_trie_put_path(have, key, 0, count, flag);
    chevm_rlp_reader reader;
    chevm_rlp_item item;
    chevm_rlp_reader_init(&reader, have, (size_t)(end - have));
    if (chevm_rlp_next_string(&reader, &item) != CHEVM_RLP_OK || item.size != want.size ||
        memcmp(item.bytes, want.bytes, want.size) != 0) {
        rig_complain(r, "another form");
    }
}

/* ---- genesishashestest: mainnet's block 0; three members, three cases ----------------------- */

static bool open_block(const json_document *document, chevm_rlp_item *header) {
    byte_range bytes = {NULL, 0};
    chevm_rlp_reader reader;
    chevm_rlp_item block;
    if (json_bytes(document, json_get(document->root, "genesis_rlp_hex"), &bytes) != 0 ||
        chevm_rlp_check(bytes.bytes, bytes.size, 4) != CHEVM_RLP_OK) {
        return false;
    }
    chevm_rlp_reader_init(&reader, bytes.bytes, bytes.size);
    if (chevm_rlp_next_list(&reader, &block) != CHEVM_RLP_OK) {
        return false;
    }
    chevm_rlp_open(&reader, &block);
    return chevm_rlp_next_list(&reader, header) == CHEVM_RLP_OK;
}

static bool state_root_of(const chevm_rlp_item *header, const uint8_t **root) {
    static const size_t sizes[] = {32, 32, 20, 32};
    chevm_rlp_reader reader;
    chevm_rlp_open(&reader, header);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (chevm_rlp_next_fixed(&reader, root, sizes[i]) != CHEVM_RLP_OK) {
            return false;
        }
    }
    return true;
}

static void genesis_test(rig *r, const char *path, const json_document *document,
                         const json_node *member) {
    chevm_rlp_item header;
    byte_range want = {NULL, 0};
    const uint8_t *have = NULL;
    uint8_t hash[32];
    size_t fields = 0;
    (void)path;
    if (!open_block(document, &header) || json_bytes(document, member, &want) != 0) {
        rig_complain(r, "no block");
    } else if (strcmp(json_key(member), "genesis_rlp_hex") == 0) {
        if (chevm_rlp_count(&header, &fields) != CHEVM_RLP_OK || fields != 15) {
            rig_complain(r, "%zu fields", fields);
        }
    } else {
        chevm_keccak256(hash, header.whole, header.whole_size);
        have = hash;
        if ((strcmp(json_key(member), "genesis_state_root") == 0 &&
             !state_root_of(&header, &have)) ||
            want.size != 32 || memcmp(have, want.bytes, 32) != 0) {
            rig_complain(r, "another hash");
        }
    }
}

static void old_block_test(rig *r, const char *path, const json_document *document,
                           const json_node *test) {
    byte_range bytes = {NULL, 0};
    (void)path;
    if (json_bytes(document, json_get(test, "result"), &bytes) != 0 || bytes.size == 0 ||
        chevm_rlp_check(bytes.bytes, bytes.size, 2) != CHEVM_RLP_OK ||
        !rlp_rig_canonical(bytes.bytes, bytes.size)) {
        rig_complain(r, "no RLP");
    }
}

void basic_tests_run(rig *r, const char *root) {
    static const struct {
        const char *file;
        rig_test run;
    } files[] = {
        {"blockgenesistest", old_block_test},
        {"difficulty", difficulty_tests_basic},
        {"difficultyCustomHomestead", difficulty_tests_basic},
        {"difficultyCustomMainNetwork", difficulty_tests_basic},
        {"difficultyMainNetwork", difficulty_tests_basic},
        {"difficultyRopsten", difficulty_tests_basic},
        {"genesishashestest", genesis_test},
        {"hexencodetest", path_test},
        {"keyaddrtest", key_tests_keys},
    };
    (void)root;
    if (rig_fixtures() == NULL) {
        rig_skip_suite(r, "basic_tests");
        return;
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        rig_run_file(r, store_format("%s/basic_tests/%s.json", rig_fixtures(), files[i].file),
                     files[i].run);
    }
}
