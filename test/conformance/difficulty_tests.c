/* difficulty_tests.c: the official tables of difficulties (fixtures.md 6), each row a case. Those
 * of difficulty_tests name their rules (dfEIP2384's are called Berlin); those of basic_tests follow
 * a network's schedule: mainnet's, or that of Ropsten. */
#include "rig.h"

#include "store.h"

#include <coldevm/difficulty.h>

#include <string.h>

/* keccak256(RLP([])), as a header without uncles has it. */
static const chevm_u256 NO_UNCLES = {
    {0xf0a142fd40d49347u, 0xd312451b948a7413u, 0xab85b567b6ccd41au, 0x1dcc4de8dec75d7au}};

static bool rules_of(const char *path, const char *name, uint64_t number,
                     chevm_difficulty_rules *rules) {
    chevm_fork fork;
    if (name != NULL) {
        return chevm_difficulty_parse(name, rules) ||
               (chevm_fork_parse(name, &fork) && chevm_difficulty_rules_of(fork, rules));
    }
    if (strstr(path, "Ropsten") != NULL) {
        *rules = number < 1700000   ? CHEVM_DIFFICULTY_HOMESTEAD
                 : number < 4230000 ? CHEVM_DIFFICULTY_BYZANTIUM
                                    : CHEVM_DIFFICULTY_CONSTANTINOPLE;
    } else if (strstr(path, "CustomHomestead") != NULL) {
        *rules = CHEVM_DIFFICULTY_HOMESTEAD;
    } else {
        *rules = chevm_difficulty_rules_at(number);
    }
    return true;
}

/* A count, or in basic_tests the hash of the list of uncles. */
static bool has_uncles(const chevm_u256 *uncles) {
    return !chevm_u256_is_zero(uncles) && !chevm_u256_equal(uncles, &NO_UNCLES);
}

/* `name` of the rules, NULL for a network's schedule. */
static void run_row(rig *r, const char *path, const json_document *document, const json_node *row,
                    const char *name) {
    chevm_difficulty_input input = {.number = 0};
    chevm_difficulty_rules rules;
    chevm_u256 uncles = {{0, 0, 0, 0}}, want = {{0, 0, 0, 0}}, have;
    if (json_u256(document, json_get(row, "parentDifficulty"), &input.parent_difficulty) != 0 ||
        json_u64(document, json_get(row, "parentTimestamp"), &input.parent_timestamp) != 0 ||
        json_u64(document, json_get(row, "currentTimestamp"), &input.timestamp) != 0 ||
        json_u64(document, json_get(row, "currentBlockNumber"), &input.number) != 0 ||
        json_u256(document, json_get(row, "parentUncles"), &uncles) != 0 ||
        json_u256(document, json_get(row, "currentDifficulty"), &want) != 0 ||
        chevm_u256_is_zero(&want) || !rules_of(path, name, input.number, &rules)) {
        rig_complain(r, "malformed row");
        return;
    }
    input.parent_has_uncles = has_uncles(&uncles);
    if (chevm_difficulty(&have, rules, &input) != CH_OK || !chevm_u256_equal(&have, &want)) {
        rig_complain(r, "another difficulty");
    }
}

void difficulty_tests_basic(rig *r, const char *path, const json_document *document,
                            const json_node *test) {
    run_row(r, path, document, test, NULL);
}

/* A test is an object RULES -> ROW -> numbers. */
static void run_tables(rig *r, const char *path, const json_document *document,
                       const json_node *test) {
    for (const json_node *table = json_first(test); table != NULL; table = json_next(table)) {
        if (strcmp(json_key(table), "_info") == 0) {
            continue;
        }
        for (const json_node *row = json_first(table); row != NULL; row = json_next(row)) {
            const char *const slash = strrchr(path, '/');
            if (rig_begin_case(r, store_format("%s/%s", slash + 1, json_key(row)))) {
                run_row(r, path, document, row, json_key(table));
                rig_end_case(r);
            }
        }
    }
}

static void each_file(void *context, const char *path) {
    rig *r = context;
    ch_arena_point mark = store_mark();
    json_document document;
    if (json_open(&document, path) != 0) {
        rig_cannot_read(r, path);
    } else {
        for (const json_node *test = json_first(document.root); test != NULL;
             test = json_next(test)) {
            run_tables(r, path, &document, test);
        }
    }
    store_release(mark);
}

void difficulty_tests_run(rig *r, const char *root) {
    (void)root;
    if (rig_fixtures() == NULL) {
        rig_skip_suite(r, "difficulty_tests");
        return;
    }
    rig_walk(store_format("%s/difficulty_tests", rig_fixtures()), each_file, r);
}
