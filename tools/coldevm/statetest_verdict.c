/* statetest_verdict.c: passed or why not, in the words of spec cli.md C4.
 *
 * A rejected transaction leaves the state as it was; before EIP-161 the root may also be the one
 * with the coinbase touched, as some suites end the block all the same (statetest_play.c). An entry
 * without txbytes is of the time when suites did not say that a transaction is invalid: its root
 * alone tells. */
#include "statetest_play.h"

#include "codes.h"
#include "store.h"

#include <string.h>

static const char *hex_of(const chevm_u256 *word) {
    static const char HEX[] = "0123456789abcdef";
    uint8_t bytes[32];
    char *text = store_alloc(65, 1);
    chevm_u256_to_be32(bytes, word);
    for (size_t i = 0; i < sizeof bytes; i++) {
        text[2 * i] = HEX[bytes[i] >> 4];
        text[2 * i + 1] = HEX[bytes[i] & 15];
    }
    text[64] = 0;
    return text;
}

static const char *address_of(const chevm_address *address) {
    chevm_u256 word;
    uint8_t bytes[32] = {0};
    memcpy(bytes + 12, address->bytes, sizeof address->bytes);
    chevm_u256_from_be32(&word, bytes);
    return hex_of(&word) + 24;
}

static const char *decimal_of(const chevm_u256 *number) {
    char *text = store_alloc(CHEVM_U256_DECIMAL_SIZE, 1);
    chevm_u256_to_decimal(text, number);
    return text;
}

/* "TransactionException.NAME: phrase: address 0x.., tx: 0 state: 1". */
static const char *describe(const chevm_rejection_facts *facts) {
    static const chevm_address NOBODY;
    const char *phrase = chevm_rejection_phrase(facts->why);
    const char *who = "";
    const char *numbers = "";
    if (memcmp(&facts->address, &NOBODY, sizeof NOBODY) != 0) {
        who = store_format(": address 0x%s", address_of(&facts->address));
    }
    if (!chevm_u256_is_zero(&facts->have) || !chevm_u256_is_zero(&facts->want)) {
        bool is_nonce = facts->why == CHEVM_REJECTED_NONCE_MISMATCH_TOO_LOW ||
                        facts->why == CHEVM_REJECTED_NONCE_MISMATCH_TOO_HIGH;
        const char *before = *who != 0 ? ", " : ": ";
        numbers = is_nonce ? store_format("%stx: %s state: %s", before, decimal_of(&facts->want),
                                          decimal_of(&facts->have))
                           : store_format("%shave %s want %s", before, decimal_of(&facts->have),
                                          decimal_of(&facts->want));
    }
    return store_format("TransactionException.%s%s%s%s%s", chevm_rejection_name(facts->why),
                        *phrase != 0 ? ": " : "", phrase, who, numbers);
}

static void fail(statetest_record *record, int code, const char *error) {
    record->error = error;
    record->code = code;
}

/* Bytes that are no transaction and should have been one make the fixture a bad one. */
static int rejection_code(const play *it) {
    const char *name = chevm_rejection_name(it->undecoded.why);
    return strncmp(name, "RLP_", 4) == 0 ? EXIT_RLP : EXIT_FAILED;
}

/* True if the rejection, or that there is none, is what the fixture says. */
static bool judge_rejection(const play *it, statetest_record *record) {
    const char *expected = it->entry.expected;
    bool rejected = play_is_rejected(it);
    if (expected == NULL) {
        if (!rejected || it->entry.txbytes.bytes == NULL) {
            return true;
        }
        fail(record, rejection_code(it),
             store_format("unexpected error: %s", describe(&it->outcome.rejection)));
        return false;
    }
    if (!rejected) {
        fail(record, EXIT_FAILED, store_format("expected error \"%s\", got no error", expected));
        return false;
    }
    switch (chevm_rejection_expected(it->outcome.rejection.why, expected)) {
    case CHEVM_EXPECTATION_MET:
        return true;
    case CHEVM_EXPECTATION_UNKNOWN:
        record->note = expected;
        return true;
    case CHEVM_EXPECTATION_OTHER:
        break;
    }
    fail(record, EXIT_FAILED,
         store_format("wrong error: got %s, want %s", describe(&it->outcome.rejection), expected));
    return false;
}

/* The fixture's sender and the one that has signed are the same. */
static bool judge_sender(const play *it, statetest_record *record) {
    const json_node *node = json_get(it->test->fields.whole, "sender");
    chevm_address sender = it->transaction.sender;
    (void)json_address(it->test->document, node, &sender);
    if (play_is_rejected(it) || memcmp(&sender, &it->transaction.sender, sizeof sender) == 0) {
        return true;
    }
    fail(record, EXIT_FAILED,
         store_format("sender mismatch: txbytes are signed by %s, want %s",
                      address_of(&it->transaction.sender), address_of(&sender)));
    return false;
}

static void judge_state(const play *it, statetest_record *record) {
    if (!chevm_u256_equal(&it->root, &it->entry.hash)) {
        fail(record, EXIT_FAILED,
             store_format("post state root mismatch: got %s, want %s", hex_of(&it->root),
                          hex_of(&it->entry.hash)));
    } else if (!chevm_u256_equal(&it->logs, &it->entry.logs)) {
        fail(record, EXIT_FAILED,
             store_format("post state logs hash mismatch: got %s, want %s", hex_of(&it->logs),
                          hex_of(&it->entry.logs)));
    }
}

void play_judge(const play *it, statetest_record *record) {
    chevm_status status = it->outcome.status;
    if ((int)status >= CHEVM_STATUS_MACHINE) {
        fail(record, stage_exit_code(status), chevm_status_phrase(status));
    } else if (it->root_failed) {
        fail(record, EXIT_LIMIT, "the state is too large for its root to be computed");
    } else if (it->trouble != NULL) {
        fail(record, it->trouble_code, it->trouble);
    } else if (it->encodes_differently) {
        fail(record, EXIT_FAILED, "txbytes differ when decoded and encoded again");
    } else if (judge_rejection(it, record) && judge_sender(it, record)) {
        judge_state(it, record);
    }
}
