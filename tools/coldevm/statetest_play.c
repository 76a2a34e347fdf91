/* statetest_play.c: one case (spec fixtures.md §3): decode the transaction and encode it again,
 * recover its sender, execute on the loaded accounts, touch the coinbase as a block without reward
 * does, compare state root and logs. The accounts are loaded once a test; each run goes back to a
 * mark. See also statetest_verdict.c. */
#include "statetest_play.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include <coldevm/trie.h>

#include <string.h>
#include <time.h>

/* What the largest transaction may need, in gas: sizes machine and state. Tests may name any gas
 * limit; none can use more than this in any sensible time, and what does ends with a named error.
 */
#define GAS_SIZE UINT64_C(2000000000)

#define BENCH_NS   UINT64_C(100000000)
#define BENCH_RUNS 3u

/* ---- Opening --------------------------------------------------------------------------------- */

int statetest_play_open(statetest_worker *worker) {
    const statetest_plan *plan = worker->plan;
    const stage_options options = {.fork = CHEVM_FORK_NEWEST,
                                   .engine = plan->engine,
                                   .gas = GAS_SIZE,
                                   .managed = plan->allocations,
                                   .tracks = plan->allocations,
                                   .memory_bytes = plan->memory_bytes};
    chevm_options machine;
    chevm_state_options state;
    stage_limits(&options, &machine, &state);
    chevm_sender_cache_init(&worker->senders,
                            store_alloc(chevm_sender_cache_footprint(STATETEST_SENDERS), 64),
                            STATETEST_SENDERS);
    int code = stage_open(&worker->on, &options);
    if (code == EXIT_DONE) {
        code = pad_open(&worker->root_scratch, chevm_state_root_scratch_max(&state), "state root");
    }
    sink *lines = plan->trace_out == &sink_err ? &worker->err : &worker->trace;
    return code == EXIT_DONE
               ? statetest_listener_open(&worker->listener, plan, lines, worker->on.memory_limit)
               : code;
}

int statetest_play_close(statetest_worker *worker) {
    int code = statetest_listener_close(&worker->listener);
    if (worker->root_scratch.bytes != NULL) {
        pad_close(&worker->root_scratch);
    }
    stage_close(&worker->on);
    return code;
}

int statetest_play_load(statetest_worker *worker, const statetest *test) {
    chevm_state_reset(worker->on.state);
    return stage_load(&worker->on, &test->world);
}

/* ---- The transaction ------------------------------------------------------------------------- */

/* Decodes the signed bytes and encodes them again. */
static void decode(play *it) {
    const byte_range *bytes = &it->entry.txbytes;
    void *scratch = store_alloc(chevm_transaction_scratch(bytes->size), 64);
    chevm_rejection why = chevm_transaction_decode(&it->transaction, bytes->bytes, bytes->size,
                                                   scratch, &it->undecoded);
    it->undecoded.why = why;
    if (why != CHEVM_ACCEPTED) {
        return;
    }
    uint8_t *again = store_alloc(bytes->size + 1, 1);
    size_t size = chevm_transaction_encode(&it->transaction, again, bytes->size);
    it->encodes_differently = size != bytes->size || memcmp(again, bytes->bytes, bytes->size) != 0;
    it->undecoded.why =
        chevm_transaction_recover_cached(&it->transaction, it->block.fork, &it->worker->senders);
}

int play_prepare(play *it) {
    int code = statetest_read_entry(it->test, it->one, &it->entry);
    it->is_supported = statetest_fork_of(it->one->fork_name, &it->block.fork);
    if (code != EXIT_DONE || !it->is_supported) {
        return code;
    }
    code = statetest_read_block(it->test, it->one->fork_name, &it->block);
    if (code != EXIT_DONE || it->entry.txbytes.bytes != NULL) {
        if (code == EXIT_DONE) {
            decode(it);
        }
        return code;
    }
    return statetest_read_fields(it->test, &it->entry, &it->transaction, &it->undecoded.why);
}

/* ---- One run --------------------------------------------------------------------------------- */

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A block's end pays the coinbase, here nothing: before EIP-161 that makes the account exist. */
static void touch_coinbase(play *it) {
    chevm_state *state = it->worker->on.state;
    chevm_account account;
    chevm_u256 nothing = {{0, 0, 0, 0}};
    if (!chevm_state_find(state, &it->block.coinbase, &account)) {
        (void)chevm_state_set_balance(state, &it->block.coinbase, &nothing);
    }
}

static void take_root(play *it, chevm_u256 *root) {
    chevm_state *state = it->worker->on.state;
    pad *scratch = &it->worker->root_scratch;
    size_t size = chevm_state_root_scratch(state);
    it->root_failed =
        !pad_need(scratch, size) || chevm_state_root(state, root, scratch->bytes, size) != CH_OK;
}

bool play_is_rejected(const play *it) {
    return it->outcome.rejection.why != CHEVM_ACCEPTED;
}

/* What the outermost frame left of its gas; -1: it never ran. */
static int64_t frame_gas_left(const play *it) {
    if (play_is_rejected(it) || it->outcome.status >= CHEVM_STATUS_MACHINE) {
        return -1;
    }
    uint64_t intrinsic = chevm_intrinsic_gas(&it->transaction, it->block.fork, NULL);
    return (int64_t)(it->transaction.gas_limit - intrinsic - it->outcome.execution_gas);
}

/* Runs the transaction from the mark; the state then holds what it left. */
static void run_once(play *it, chevm_engine engine, unsigned does) {
    statetest_worker *worker = it->worker;
    if (it->is_marked) {
        (void)chevm_state_release(worker->on.state, it->mark);
    }
    it->is_marked = chevm_state_mark(worker->on.state, &it->mark) == CH_OK;
    CH_REQUIRE(it->is_marked);
    (void)chevm_set_engine(worker->on.vm, engine);
    const trace_case which = {it->test->name, it->block.fork, 0};
    statetest_listen(&worker->listener, worker->on.vm, does, &which, &it->outcome);
    uint64_t start = clock_ns();
    if (it->undecoded.why != CHEVM_ACCEPTED) {
        it->outcome = (chevm_outcome){.rejection = it->undecoded};
    } else {
        chevm_transact(worker->on.vm, worker->on.state, &it->block, &it->transaction, &it->outcome);
    }
    it->time_ns = clock_ns() - start;
    statetest_unlisten(&worker->listener, worker->on.vm, frame_gas_left(it));
}

/* What the state has become; may add the coinbase to it. */
static void measure(play *it) {
    bool touches = it->block.fork < CHEVM_SPURIOUS;
    if (touches && !play_is_rejected(it)) {
        touch_coinbase(it);
    }
    take_root(it, &it->root);
    chevm_state_logs_hash(it->worker->on.state, &it->logs);
    if (touches && play_is_rejected(it) && !chevm_u256_equal(&it->root, &it->entry.hash)) {
        /* Some suites end the block of a rejected transaction, others do not: both roots count. */
        chevm_u256 other;
        touch_coinbase(it);
        take_root(it, &other);
        it->root = chevm_u256_equal(&other, &it->entry.hash) ? other : it->root;
    }
}

/* ---- Several runs ---------------------------------------------------------------------------- */

static void compare_run(play *it, compare_phase phase, chevm_engine engine) {
    trace_compare *compare = &it->worker->listener.compare;
    trace_compare_start(compare, phase);
    run_once(it, engine, STATETEST_COMPARE);
    trace_compare_finish(compare);
}

static bool same_outcome(const chevm_outcome *one, const chevm_outcome *other) {
    return one->status == other->status && one->gas_used == other->gas_used &&
           one->rejection.why == other->rejection.why && one->output_size == other->output_size;
}

/* Both engines, every line; says where they part. */
static void run_both(play *it) {
    trace_compare *compare = &it->worker->listener.compare;
    compare_run(it, COMPARE_RECORD, CHEVM_ENGINE_FAST);
    chevm_outcome first = it->outcome;
    chevm_u256 first_root;
    take_root(it, &first_root);
    compare_run(it, COMPARE_VERIFY, CHEVM_ENGINE_PORTABLE);
    take_root(it, &it->root);
    if (compare->full) {
        it->trouble = "trace too long to be compared";
        it->trouble_code = EXIT_LIMIT;
    } else if (compare->different) {
        compare_run(it, COMPARE_NARROW, CHEVM_ENGINE_FAST);
        compare_run(it, COMPARE_FIND, CHEVM_ENGINE_PORTABLE);
        compare_run(it, COMPARE_FETCH, CHEVM_ENGINE_FAST);
        message_note("fast:     %.2000s", compare->found[0]);
        message_note("portable: %.2000s", compare->found[1]);
        it->trouble = store_format("the engines differ at trace line %llu",
                                   (unsigned long long)compare->differs + 1);
        it->trouble_code = EXIT_FAILED;
    } else if (!same_outcome(&first, &it->outcome) || !chevm_u256_equal(&first_root, &it->root)) {
        it->trouble = "the engines differ in status, gas, output or state";
        it->trouble_code = EXIT_FAILED;
    }
}

static void run_bench(play *it, statetest_record *record) {
    chevm_engine engine = it->worker->plan->engine;
    uint64_t start = clock_ns();
    uint64_t runs = 0;
    uint64_t spent = 0;
    seal_count total = {0, 0, 0};
    run_once(it, engine, 0); /* warm-up */
    while (runs < BENCH_RUNS || clock_ns() - start < BENCH_NS) {
        seal_counter counter;
        seal_count_begin(&counter);
        run_once(it, engine, 0);
        seal_count heap = seal_count_end(&counter);
        total.allocations += heap.allocations;
        total.bytes += heap.bytes;
        spent += it->time_ns;
        runs++;
    }
    record->has_bench = true;
    record->bench_time_ns = spent / runs;
    record->bench_allocs = total.allocations / runs;
    record->bench_bytes = total.bytes / runs;
}

/* What the trace that the user sees is made of: lines, or a profile. */
static unsigned shown(const statetest_plan *plan) {
    if (plan->profile.format >= TRACE_FOLDED) {
        return STATETEST_PROFILE;
    }
    return STATETEST_SHOW | (plan->strict ? STATETEST_CHECK : 0u);
}

/* The run that is judged. */
static void run_final(play *it, statetest_record *record) {
    const statetest_plan *plan = it->worker->plan;
    statetest_listener *listener = &it->worker->listener;
    bool exports = plan->profiles && plan->profile.format == TRACE_NONE;
    unsigned does = (plan->tracing == STATETEST_TRACE_ALWAYS ? shown(plan) : 0u) |
                    (exports ? STATETEST_PROFILE : 0u) | (plan->hashes ? STATETEST_HASH : 0u) |
                    (plan->opcode_count != NULL ? STATETEST_COUNT : 0u);
    seal_counter counter;
    seal_count_begin(&counter);
    allocations_begin(&record->allocations, &it->worker->on);
    run_once(it, plan->engine, does);
    const seal_count heap = seal_count_end(&counter);
    allocations_end(&record->allocations, &it->worker->on, &heap);
    record->has_allocations = plan->allocations;
    if (plan->hashes) {
        uint8_t hash[32];
        chevm_keccak_final(&listener->hash, hash);
        chevm_u256_from_be32(&record->trace_hash, hash);
        record->has_trace_hash = true;
    }
    if (listener->writer.too_long) {
        it->trouble = "a trace line is longer than the memory reserved for it";
        it->trouble_code = EXIT_LIMIT;
    } else if (listener->bad_line != 0) {
        it->trouble = store_format("trace line %llu: %s", (unsigned long long)listener->bad_line,
                                   listener->wrong);
        it->trouble_code = EXIT_FAILED;
    }
}

static void play_runs(play *it, statetest_record *record) {
    const statetest_plan *plan = it->worker->plan;
    if (plan->both_engines) {
        run_both(it);
    }
    if (plan->bench) {
        run_bench(it, record);
    }
    run_final(it, record);
    measure(it);
}

static void write_dump(play *it) {
    statetest_worker *worker = it->worker;
    world_dump(&worker->dump, worker->on.state, &it->root, "    ");
    sink_flush(&worker->dump);
}

static void play_all(play *it, statetest_record *record) {
    const statetest_plan *plan = it->worker->plan;
    chevm_stats stats;
    play_runs(it, record);
    play_judge(it, record);
    if (record->error != NULL && plan->tracing == STATETEST_TRACE_FAILING) {
        run_once(it, plan->engine, shown(plan));
        measure(it);
    }
    chevm_get_stats(it->worker->on.vm, &stats);
    record->root = it->root;
    record->gas_used = it->outcome.gas_used;
    record->time_ns = it->time_ns;
    record->peak_bytes = stats.memory_peak_bytes;
}

void statetest_play(statetest_worker *worker, const statetest *test, const statetest_case *one,
                    statetest_record *record) {
    play it = {.worker = worker, .test = test, .one = one};
    seal_counter counter;
    *record = (statetest_record){.name = test->name,
                                 .fork = one->fork_name,
                                 .file = test->document->file.name,
                                 .index = one->index,
                                 .is_case = true};
    chevm_reset_stats(worker->on.vm);
    seal_count_begin(&counter);
    int code = play_prepare(&it);
    if (code != EXIT_DONE) {
        record->error = store_format("%s", message_last());
        record->code = code;
    } else if (!it.is_supported) {
        take_root(&it, &record->root);
        record->error = store_format("unsupported fork \"%.200s\"", one->fork_name);
        record->code = EXIT_FAILED;
    } else {
        play_all(&it, record);
    }
    record->heap_calls = seal_count_end(&counter).calls;
    statetest_mark(worker, record, it.outcome.output, it.outcome.output_size);
    if (worker->plan->dump && !worker->plan->human) {
        statetest_put_record(worker, STATETEST_HEAD, record);
        write_dump(&it);
    }
    if (it.is_marked) {
        (void)chevm_state_release(worker->on.state, it.mark);
    }
}
