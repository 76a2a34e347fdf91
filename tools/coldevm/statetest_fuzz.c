/* statetest_fuzz.c: any bytes as a fixture: parsed, read to the last field of each case, its
 * transaction decoded or made from fields. Nothing is executed. What is malformed is said and left.
 */
#include "codes.h"
#include "message.h"
#include "statetest.h"
#include "store.h"

#include "fuzz.h"

#include <string.h>

static void read_case(const statetest *test, const statetest_case *one) {
    statetest_entry entry;
    chevm_block block;
    chevm_fork fork;
    chevm_transaction transaction;
    chevm_rejection why = CHEVM_ACCEPTED;
    chevm_rejection_facts facts;
    if (statetest_read_entry(test, one, &entry) != EXIT_DONE ||
        !statetest_fork_of(one->fork_name, &fork) ||
        statetest_read_block(test, one->fork_name, &block) != EXIT_DONE) {
        return;
    }
    if (entry.txbytes.bytes == NULL) {
        (void)statetest_read_fields(test, &entry, &transaction, &why);
        return;
    }
    void *scratch = store_alloc(chevm_transaction_scratch(entry.txbytes.size), 8);
    (void)chevm_transaction_decode(&transaction, entry.txbytes.bytes, entry.txbytes.size, scratch,
                                   &facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const statetest_plan plan = {.index = UINT64_MAX, .chunk = 1, .chunk_count = 1};
    static bool open;
    if (!open) {
        CH_REQUIRE(store_open() == EXIT_DONE);
        static char ignored[256];
        sink_open(&sink_err, -1, "stderr", ignored, sizeof ignored);
        json_init();
        open = true;
    }
    ch_arena_point mark = store_mark();
    json_document document;
    char *text = store_text(size != 0 ? (const char *)data : "", size);
    if (json_parse(&document, (text_file){"fuzz.json", text, size}) == EXIT_DONE) {
        for (const json_node *node = json_first(document.root); node != NULL;
             node = json_next(node)) {
            statetest test;
            memset(&test, 0, sizeof test);
            if (statetest_read_cases(&test, &document, node, &plan) == EXIT_DONE &&
                statetest_read_test(&test) == EXIT_DONE) {
                for (size_t i = 0; i < test.case_count; i++) {
                    read_case(&test, &test.cases[i]);
                }
            }
        }
    }
    store_release(mark);
    return 0;
}
