/* evmc_host_test.c: a library behind EVMC (EVMC_LIBRARY; ours under ctest) plays the same messages
 * over the same kind of state as the native machine. Random programs that call, create, store, log
 * and fail; status, gas, refund, output, logs and the whole state must agree. */
#include "evmc_host.h"
#include "evmc_loader.h"

#include "evm/evmc12_host.h"

#include <coldevm/machine.h>
#include <coldevm/state.h>

#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNTS  6u
#define CODE_MOST 600u

static chevm12_vm *library;
static chevm *machine;
static chevm_state *ours, *theirs;
static evmc_host host;
static chevm_tx_context surroundings;

/* ---- Programs ----------------------------------------------------------------------------------
 */

typedef struct program {
    uint8_t bytes[CODE_MOST];
    size_t size;
} program;

static void emit(program *p, uint8_t byte) {
    if (p->size < CODE_MOST) {
        p->bytes[p->size++] = byte;
    }
}

static uint8_t pick(const uint8_t *bytes, size_t count) {
    return bytes[ch_test_random_below(count)];
}

static void push(program *p, uint64_t value) {
    if (value < 256) {
        emit(p, 0x60);
        emit(p, (uint8_t)value);
    } else {
        emit(p, 0x63);
        for (unsigned shift = 32; shift > 0; shift -= 8) {
            emit(p, (uint8_t)(value >> (shift - 8)));
        }
    }
}

static uint64_t small(void) {
    static const uint64_t odd[] = {0, 1, 31, 32, 33, 64, 100, 255, 1000, 70000};
    return ch_test_random_below(8) == 0 ? odd[ch_test_random_below(10)] : ch_test_random_below(96);
}

static void emit_call(program *p) {
    static const uint8_t ops[] = {0xf1, 0xf1, 0xf2, 0xf4, 0xfa};
    const uint8_t op = pick(ops, sizeof ops);
    for (unsigned i = 0; i < 4; i++) {
        push(p, small());
    }
    if (op == 0xf1 || op == 0xf2) {
        push(p, ch_test_random_below(4) == 0 ? ch_test_random_below(3) : 0);
    }
    push(p, ch_test_random_below(4) == 0 ? ch_test_random_below(5) /* 1..4: precompiles */
                                         : 0x80 + ch_test_random_below(ACCOUNTS + 1));
    if (ch_test_random_below(4) == 0) {
        push(p, ch_test_random_below(30000));
    } else {
        emit(p, 0x5a);
    }
    emit(p, op);
}

/* Puts up to 32 bytes of initcode in memory and creates with them. */
static void emit_create(program *p) {
    static const uint8_t likely[] = {0x60, 0x00, 0x5f, 0x52, 0xf3, 0xfd, 0x30, 0x55, 0x3d, 0xef,
                                     0x33, 0x01, 0x80, 0xf1, 0x5a, 0xff, 0x54, 0x60, 0x20, 0x53};
    emit(p, 0x7f);
    for (unsigned i = 0; i < 32; i++) {
        emit(p, pick(likely, sizeof likely));
    }
    push(p, 0);
    emit(p, 0x52);
    const bool two = ch_test_random_below(2) == 0;
    if (two) {
        push(p, ch_test_random_below(3));
    }
    push(p, ch_test_random_below(40));
    push(p, ch_test_random_below(8));
    push(p, ch_test_random_below(6) == 0);
    emit(p, two ? 0xf5 : 0xf0);
}

static void emit_store(program *p) {
    static const uint8_t ops[] = {0x55, 0x55, 0x54, 0x5d, 0x5c};
    const uint8_t op = pick(ops, sizeof ops);
    if (op == 0x55 || op == 0x5d) {
        push(p, ch_test_random_below(3));
    }
    push(p, ch_test_random_below(4));
    emit(p, op);
}

static void random_program(program *p) {
    static const uint8_t ends[] = {0xf3, 0xf3, 0xfd, 0x00, 0xff, 0xfe};
    p->size = 0;
    const uint64_t count = 3 + ch_test_random_below(40);
    for (uint64_t i = 0; i < count; i++) {
        switch (ch_test_random_below(10)) {
        case 0:
        case 1:
        case 2:
            push(p, small());
            break;
        case 3:
        case 4:
            emit_call(p);
            break;
        case 5:
            emit_store(p);
            break;
        case 6:
            if (ch_test_random_below(4) == 0) {
                emit_create(p);
            }
            break;
        case 7: /* a byte into memory */
            push(p, small());
            push(p, small());
            emit(p, 0x53);
            break;
        case 8: /* return data, if there is enough of it */
            emit(p, 0x3d);
            push(p, 0);
            push(p, small());
            emit(p, 0x3e);
            break;
        default: /* anything, preceded by enough words */
            for (unsigned k = 0; k < 5; k++) {
                push(p, small());
            }
            emit(p, (uint8_t)ch_test_random_below(0xf0));
            break;
        }
    }
    push(p, small());
    push(p, small());
    emit(p, pick(ends, sizeof ends));
}

/* ---- World -------------------------------------------------------------------------------------
 */

static chevm_address account_address(unsigned index) {
    chevm_address address = {{0}};
    address.bytes[19] = (uint8_t)(0x80 + index);
    return address;
}

static void fill(chevm_state *state, const program programs[ACCOUNTS]) {
    chevm_state_reset(state);
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        const chevm_address address = account_address(i);
        const chevm_u256 balance = {{i * 3, 0, 0, 0}};
        const chevm_u256 key = {{1, 0, 0, 0}};
        CHECK(chevm_state_set_balance(state, &address, &balance) == CHEVM_OK);
        CHECK(chevm_state_set_code(state, &address, programs[i].bytes, programs[i].size) ==
              CHEVM_OK);
        CHECK(chevm_state_set_storage(state, &address, &key, &key) == CHEVM_OK);
    }
}

static void show(const program programs[ACCOUNTS], chevm_fork fork, int64_t gas) {
    printf("# fork %s, gas %lld\n", chevm_fork_name(fork), (long long)gas);
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        printf("# %02x: ", 0x80 + i);
        for (size_t k = 0; k < programs[i].size; k++) {
            printf("%02x", programs[i].bytes[k]);
        }
        printf("\n");
    }
}

/* The number of a status, with one class for the two failures of RETURNDATACOPY: which of them is
 * found first is not observable, and libraries differ. */
static uint32_t class_of(chevm_status status) {
    return (uint32_t)chevmi_evmc12_status_out(status == CHEVM_RETURN_DATA_BOUNDS ? CHEVM_OUT_OF_GAS
                                                                                 : status);
}

static bool same(const chevm_result *a, const chevm_result *b) {
    chevm_u256 digests[2];
    chevm_u256 logs[2];
    chevm_state_digest(ours, &digests[0]);
    chevm_state_digest(theirs, &digests[1]);
    chevm_state_logs_hash(ours, &logs[0]);
    chevm_state_logs_hash(theirs, &logs[1]);
    const bool good = a->status == CHEVM_OK || a->status == CHEVM_REVERT;
    bool equal = CHECK_EQUAL(class_of(a->status), class_of(b->status));
    equal = CHECK_EQUAL(a->gas_left, b->gas_left) && equal;
    equal = CHECK_EQUAL(a->gas_refund, b->gas_refund) && equal;
    equal = CHECK(!good || a->output_size == b->output_size) && equal;
    if (good && a->output_size == b->output_size && a->output_size != 0) {
        equal = CHECK_BYTES(b->output, a->output, a->output_size) && equal;
    }
    equal = CHECK(chevm_u256_equal(&logs[0], &logs[1])) && equal;
    return CHECK(chevm_u256_equal(&digests[0], &digests[1])) && equal;
}

static bool play(const program programs[ACCOUNTS], chevm_fork fork, const chevm_message *message) {
    chevm_result native = {0};
    chevm_result foreign = {0};
    fill(ours, programs);
    fill(theirs, programs);
    CHECK(chevm_state_begin_transaction(ours, fork, &surroundings) == CHEVM_OK);
    CHECK(chevm_state_begin_transaction(theirs, fork, &surroundings) == CHEVM_OK);
    CHECK(chevm_set_fork(machine, fork) == CH_OK);
    chevm_call(machine, chevm_state_host(), ours, message, &native);
    host.revision = evmc_host_revision(fork);
    evmc_host_call(&host, message, &foreign);
    const bool good = same(&native, &foreign);
    chevm_state_rollback_transaction(ours);
    chevm_state_rollback_transaction(theirs);
    return good;
}

static bool start(void) {
    const char *path = getenv("EVMC_LIBRARY");
    if (path == NULL) {
        ch_test_skip("run by ctest, which names the library");
        return false;
    }
    if (!CHECK(evmc_load_config(&library, path) == EVMC_LOADED)) {
        printf("# %s\n", evmc_loader_error());
        return false;
    }
    const chevm_options options = {.fork = CHEVM_FORK_NEWEST, .memory_bytes = 64u << 20};
    const chevm_state_options sizes = {
        .gas_limit = 1000000, .account_count = 4096, .slot_count = 4096, .code_bytes = 8u << 20};
    if (!CHECK(chevm_create(&machine, &options) == CH_OK) ||
        !CHECK(chevm_state_create(&ours, &sizes) == CH_OK) ||
        !CHECK(chevm_state_create(&theirs, &sizes) == CH_OK)) {
        return false;
    }
    host = (evmc_host){.vm = library, .host = chevm_state_host(), .context = theirs};
    surroundings = (chevm_tx_context){
        .block_number = 1000, .block_timestamp = 12345, .block_gas_limit = 30000000};
    surroundings.gas_price.limbs[0] = 7;
    surroundings.chain_id.limbs[0] = 1;
    surroundings.coinbase.bytes[0] = 0xcb;
    return true;
}

static void finish(void) {
    evmc_host_fini(&host);
    library->destroy(library);
    chevm_destroy(machine);
    chevm_state_destroy(ours);
    chevm_state_destroy(theirs);
}

static unsigned number_from(const char *name, unsigned otherwise) {
    const char *wanted = getenv(name);
    return wanted != NULL ? (unsigned)strtoul(wanted, NULL, 10) : otherwise;
}

TEST(random_programs_play_alike_natively_and_through_evmc) {
    static program programs[ACCOUNTS];
    if (!start()) {
        return;
    }
    const unsigned rounds = number_from("EVMC_ROUNDS", 2000);
    const unsigned first = number_from("EVMC_FIRST_ROUND", 0); /* with a seed: that case again */
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < ACCOUNTS; i++) {
            random_program(&programs[i]);
        }
        const chevm_fork fork = (chevm_fork)ch_test_random_below(CHEVM_FORK_COUNT);
        const uint8_t input[40] = {1, 2, 3, [39] = 9};
        chevm_message message = {.kind = CHEVM_KIND_CALL,
                                 .gas = (int64_t)ch_test_random_below(400000),
                                 .recipient = account_address(0),
                                 .code_address = account_address(0),
                                 .sender = account_address(ACCOUNTS - 1),
                                 .input = input,
                                 .input_size = ch_test_random_below(sizeof input)};
        if (ch_test_random_below(8) == 0) {
            message.kind = CHEVM_KIND_CREATE;
            message.recipient = (chevm_address){{0}};
            message.code_address = message.recipient;
            message.input = programs[1].bytes;
            message.input_size = programs[1].size;
        }
        message.value.limbs[0] = ch_test_random_below(4) == 0;
        if (round >= first && !play(programs, fork, &message)) {
            printf("# round %u\n", round);
            show(programs, fork, message.gas);
            return;
        }
    }
    chevm_stats stats; /* the programs must reach something */
    chevm_get_stats(machine, &stats);
    printf("# %u rounds, %llu frames, depth %u\n", rounds, (unsigned long long)stats.frames,
           stats.depth_peak);
    CHECK(first != 0 || stats.frames > 2 * (uint64_t)rounds);
    finish();
}

TEST(recursion_to_depth_1024_plays_alike) {
    static program programs[ACCOUNTS];
    if (!start()) {
        return;
    }
    /* CALL(GAS, self, 0, no bytes), store the answer at key 0, return it */
    const uint8_t code[] = {0x60, 0,    0x60, 0,    0x60, 0,    0x60, 0,    0x60, 0,
                            0x60, 0x80, 0x5a, 0xf1, 0x60, 0,    0x55, 0x60, 0,    0x54,
                            0x60, 0,    0x52, 0x60, 32,   0x60, 0,    0xf3};
    memcpy(programs[0].bytes, code, sizeof code);
    programs[0].size = sizeof code;
    const chevm_message message = {.kind = CHEVM_KIND_CALL,
                                   .gas = INT64_C(1) << 50,
                                   .recipient = account_address(0),
                                   .code_address = account_address(0),
                                   .sender = account_address(ACCOUNTS - 1)};
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        CHECK(play(programs, fork, &message));
    }
    finish();
}

TEST(full_state_ends_the_run_with_its_own_status) {
    static program programs[ACCOUNTS];
    if (!start()) {
        return;
    }
    /* stores to ever new keys: key = GAS */
    const uint8_t code[] = {0x5b, 0x60, 1, 0x5a, 0x55, 0x60, 0, 0x56};
    memcpy(programs[0].bytes, code, sizeof code);
    programs[0].size = sizeof code;
    fill(theirs, programs);
    CHECK(chevm_state_begin_transaction(theirs, CHEVM_BERLIN, &surroundings) == CHEVM_OK);
    const chevm_message message = {.kind = CHEVM_KIND_CALL,
                                   .gas = 1000000000,
                                   .recipient = account_address(0),
                                   .code_address = account_address(0),
                                   .sender = account_address(ACCOUNTS - 1)};
    chevm_u256 before;
    chevm_u256 after;
    chevm_state_digest(theirs, &before);
    chevm_result result;
    host.revision = evmc_host_revision(CHEVM_BERLIN);
    evmc_host_call(&host, &message, &result);
    CHECK(result.status == CHEVM_STATE_FULL || result.status == CHEVM_JOURNAL_FULL);
    CHECK(result.output_size == 0 && result.gas_left == 0);
    chevm_state_rollback_transaction(theirs);
    chevm_state_digest(theirs, &after);
    CHECK(chevm_u256_equal(&before, &after));
    finish();
}
