/* managed.c: the proof of M60 on the benchmark archive. Every usable contract is run with the
 * manager enabled, disabled, with each of its features switched off, on small managers of the
 * presets, and with the manager refusing request number k for k = 1, 2, ... until the run passes.
 * Each run gives the same gas, refund, output, logs, world and trace as without a manager, or
 * OUT_OF_MEMORY with the state as before the call and every block back; never another answer.
 *
 * Contracts of the archive make at most 1,005 requests, and each of them is refused in turn. Own
 * contracts that call in loops make up to 83,214, and refusing one costs a run up to it: of these
 * FIRST, LAST and BETWEEN (spread evenly) are refused. COLDHEAP_CONFORMANCE_SAMPLE=N divides all
 * three by N (KEPT remain of each) and leaves out the traces of long runs. */
#include "rig.h"

#include "contender.h"
#include "seal.h"
#include "store.h"

#include <coldevm/hash.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FIRST    1024u
#define LAST     64u
#define BETWEEN  256u
#define KEPT     8u                  /* of each in a sample */
#define LONG_GAS UINT64_C(100000000) /* a sample does not trace runs longer than that */

/* What a run showed. */
typedef struct answer {
    chevm_status status;
    int64_t gas_left, gas_refund;
    size_t output_size;
    chevm_u256 output_hash, logs_hash;
    chevm_u256 before, after; /* digests of the world around the call, in its transaction */
    uint64_t trace_hash, steps;
} answer;

typedef struct player {
    rig *r;
    contender *cold;
    contender *managed;
    answer want;
} player;

/* ---- Playing --------------------------------------------------------------------------------- */

static void fold(answer *a, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    uint64_t hash = a->trace_hash;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ at[i]) * 0x100000001b3u;
    }
    a->trace_hash = hash;
}

/* What a trace line shows of a step: its numbers and the upper words of the stack. */
static void trace_step(void *context, const chevm_trace_step *step) {
    answer *a = context;
    const uint64_t numbers[] = {step->pc,
                                (uint64_t)step->gas,
                                (uint64_t)step->gas_cost,
                                (uint64_t)step->depth << 32 | step->op,
                                (uint64_t)step->refund,
                                (uint64_t)step->stack_count << 32 | step->memory_size,
                                step->return_data_size};
    const size_t top = step->stack_count < 2 ? step->stack_count : 2;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        a->trace_hash = (a->trace_hash ^ numbers[i]) * 0x9e3779b97f4a7c15u;
    }
    fold(a, step->stack + step->stack_count - top, top * sizeof *step->stack);
    a->steps++;
}

static void hash_bytes(chevm_u256 *hash, const uint8_t *bytes, size_t size) {
    uint8_t digest[32];
    chevm_keccak256(digest, bytes, size);
    chevm_u256_from_be32(hash, digest);
}

/* One run in a transaction that is taken back, sealed. */
static answer play(rig *r, contender *it, bool traced) {
    answer a = {.status = CHEVM_INTERNAL};
    const chevm_tracer tracer = {trace_step, trace_step, &a};
    chevm_result result = {.status = CHEVM_INTERNAL};
    chevm_message message;
    if (contender_begin(it, &message) != CHEVM_OK) {
        rig_complain(r, "no transaction to be had");
        return a;
    }
    chevm_state_digest(it->on.state, &a.before);
    (void)chevm_set_tracer(it->on.vm, traced ? &tracer : NULL);
    rig_seal();
    stage_call(&it->on, &message, &result);
    rig_unseal(r);
    (void)chevm_set_tracer(it->on.vm, NULL);
    r->plays++;
    a.status = result.status;
    a.gas_left = result.gas_left;
    a.gas_refund = result.gas_refund;
    a.output_size = result.output_size;
    hash_bytes(&a.output_hash, result.output, result.output_size);
    chevm_state_logs_hash(it->on.state, &a.logs_hash);
    chevm_state_digest(it->on.state, &a.after);
    contender_undo(it);
    return a;
}

static bool same_but_trace(const answer *a, const answer *b) {
    return a->status == b->status && a->gas_left == b->gas_left && a->gas_refund == b->gas_refund &&
           a->output_size == b->output_size && chevm_u256_equal(&a->output_hash, &b->output_hash) &&
           chevm_u256_equal(&a->logs_hash, &b->logs_hash) &&
           chevm_u256_equal(&a->before, &b->before) && chevm_u256_equal(&a->after, &b->after);
}

/* OUT_OF_MEMORY that has left nothing behind. */
static bool is_clean_refusal(const answer *a) {
    chevm_u256 no_output, no_logs;
    static const uint8_t EMPTY_LIST[1] = {0xc0};
    hash_bytes(&no_output, NULL, 0);
    hash_bytes(&no_logs, EMPTY_LIST, sizeof EMPTY_LIST);
    return a->status == CHEVM_OUT_OF_MEMORY && a->gas_left == 0 && a->gas_refund == 0 &&
           chevm_u256_equal(&a->output_hash, &no_output) &&
           chevm_u256_equal(&a->logs_hash, &no_logs) && chevm_u256_equal(&a->before, &a->after);
}

/* Nothing of the manager is out once the context is reset, and it is sound. */
static void check_manager(player *p, const char *when, uint64_t number) {
    ch_manager_figures figures;
    contender *it = p->managed;
    if (chevm_reset_execution_context(it->on.vm) != CH_OK ||
        chevm_manager_stats(it->on.vm, &figures) != CH_OK) {
        rig_complain(p->r, "%s %" PRIu64 ": no figures", when, number);
        return;
    }
    /* The state's last precompile may still have a buffer. */
    if (figures.current_stack_usage != 0 || figures.pool_in_use != 0 || figures.buffer_in_use > 1 ||
        ch_manager_check(it->on.manager, NULL) != CH_OK) {
        rig_complain(p->r, "%s %" PRIu64 ": %zu stack bytes, %zu objects, %zu buffers stay out",
                     when, number, figures.current_stack_usage, figures.pool_in_use,
                     figures.buffer_in_use);
    }
}

static void expect_same(player *p, const answer *have, const char *what) {
    if (!same_but_trace(have, &p->want)) {
        rig_complain(p->r, "%s: %s, gas left %" PRId64 "; want %s, %" PRId64, what,
                     chevm_status_name(have->status), have->gas_left,
                     chevm_status_name(p->want.status), p->want.gas_left);
    }
}

/* ---- Enabled, disabled, in parts ------------------------------------------------------------- */

static void check_traces(player *p) {
    const answer cold = play(p->r, p->cold, true);
    const answer managed = play(p->r, p->managed, true);
    if (!same_but_trace(&cold, &p->want)) {
        rig_complain(p->r, "the traced run differs from the silent one");
    }
    expect_same(p, &managed, "traced on the manager");
    if (cold.steps != managed.steps || cold.trace_hash != managed.trace_hash) {
        rig_complain(p->r, "traces differ: %" PRIu64 " and %" PRIu64 " lines", cold.steps,
                     managed.steps);
    }
}

static void check_disabled(player *p) {
    stage *on = &p->managed->on;
    if (chevm_disable_manager(on->vm) != CH_OK || chevm_state_disable_manager(on->state) != CH_OK) {
        rig_complain(p->r, "cannot be disabled");
    }
    const answer have = play(p->r, p->managed, false);
    expect_same(p, &have, "disabled");
    if (chevm_enable_manager(on->vm, on->manager) != CH_OK ||
        chevm_state_enable_manager(on->state, on->manager) != CH_OK) {
        rig_complain(p->r, "cannot be enabled again");
    }
}

static void check_features(player *p) {
    static const struct {
        ch_manager_feature feature;
        const char *name;
    } ROWS[] = {{CH_MANAGER_STACK, "without stack"},
                {CH_MANAGER_POOLS, "without pools"},
                {CH_MANAGER_BUFFERS, "without buffers"},
                {CH_MANAGER_ARENAS, "without arenas"},
                {CH_MANAGER_ZERO_ALLOCATION, "all off"}};
    stage *on = &p->managed->on;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        /* What the last run left is in the way of switching off. */
        ch_status status = chevm_reset_execution_context(on->vm);
        status = status == CH_OK ? chevm_state_enable_manager(on->state, on->manager) : status;
        status =
            status == CH_OK ? ch_manager_set_enabled(on->manager, ROWS[i].feature, false) : status;
        if (status != CH_OK) {
            rig_complain(p->r, "%s: %s", ROWS[i].name, ch_status_text(status));
            continue;
        }
        const answer have = play(p->r, p->managed, false);
        expect_same(p, &have, ROWS[i].name);
        (void)chevm_reset_execution_context(on->vm);
        (void)chevm_state_enable_manager(on->state, on->manager);
        if (ch_manager_set_enabled(on->manager, ROWS[i].feature, true) != CH_OK) {
            rig_complain(p->r, "%s: cannot be switched on again", ROWS[i].name);
        }
    }
}

/* Managers that may really be too small. */
static void check_small(player *p) {
    stage *on = &p->managed->on;
    ch_manager_config configs[3] = {ch_manager_high_performance(), ch_manager_balanced(),
                                    ch_manager_minimal()};
    for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
        ch_manager *small = NULL;
        configs[i].allocation_tracking = false;
        if (ch_manager_init_region(&small, &configs[i], NULL) != CH_OK ||
            chevm_enable_manager(on->vm, small) != CH_OK ||
            chevm_state_enable_manager(on->state, small) != CH_OK) {
            rig_complain(p->r, "preset %zu cannot be had", i);
            continue;
        }
        const answer have = play(p->r, p->managed, false);
        if (!same_but_trace(&have, &p->want) && !is_clean_refusal(&have)) {
            rig_complain(p->r, "preset %zu: %s", i, chevm_status_name(have.status));
        }
        (void)chevm_enable_manager(on->vm, on->manager);
        (void)chevm_state_enable_manager(on->state, on->manager);
        (void)ch_manager_fini(small);
    }
}

/* ---- Exhausted ------------------------------------------------------------------------------- */

/* Whether request `number` of `count` is to be refused. */
static bool is_chosen(const rig *r, uint64_t number, uint64_t count) {
    const uint64_t divisor = r->sample;
    const uint64_t first = FIRST / divisor > KEPT ? FIRST / divisor : KEPT;
    const uint64_t last = LAST / divisor > KEPT ? LAST / divisor : KEPT;
    const uint64_t between = BETWEEN / divisor > KEPT ? BETWEEN / divisor : KEPT;
    if (number <= first || number + last > count) {
        return true;
    }
    const uint64_t step = (count - first - last) / between;
    return step <= 1 || (number - first) % step == 0;
}

/* Requests of the machine or of the state. Returns how many were refused. */
static uint64_t check_exhausted(player *p, bool of_state) {
    stage *on = &p->managed->on;
    uint64_t refused = 0;
    (void)chevm_refuse_request(on->vm, 0);
    (void)chevm_state_refuse_request(on->state, 0);
    (void)play(p->r, p->managed, false);
    const uint64_t machine = chevm_refuse_request(on->vm, 0);
    const uint64_t state = chevm_state_refuse_request(on->state, 0);
    const uint64_t count = of_state ? state : machine;
    for (uint64_t number = 1; number <= count + 1 && !p->r->case_failed; number++) {
        if (!is_chosen(p->r, number, count)) {
            continue;
        }
        if (of_state) {
            (void)chevm_state_refuse_request(on->state, number);
        } else {
            (void)chevm_refuse_request(on->vm, number);
        }
        const answer have = play(p->r, p->managed, false);
        /* Code that finds no room for its fused copy goes on without. */
        const bool same = same_but_trace(&have, &p->want);
        refused += !same;
        if (!same && (number > count || !is_clean_refusal(&have))) {
            rig_complain(p->r, "request %" PRIu64 " of %" PRIu64 " refused: %s, gas left %" PRId64,
                         number, count, chevm_status_name(have.status), have.gas_left);
        }
        (void)chevm_refuse_request(on->vm, 0);
        (void)chevm_state_refuse_request(on->state, 0);
        check_manager(p, "after request", number);
    }
    if (count > 0 && refused == 0) {
        rig_complain(p->r, "no refusal was noticed");
    }
    return count;
}

/* ---- Cases ----------------------------------------------------------------------------------- */

static bool open_both(player *p, const bench_case *from) {
    static const bench_rival COLD = {.backend = "cold", .label = "cold", .cache_off = true};
    static const bench_rival MANAGED = {
        .backend = "managed", .label = "managed", .managed = true, .cache_off = true};
    return contender_open(p->cold, from, &COLD, NULL) == 0 &&
           contender_open(p->managed, from, &MANAGED, NULL) == 0;
}

static void run_case(rig *r, const bench_case *from) {
    static contender cold, managed;
    cold = (contender){.is_open = false};
    managed = (contender){.is_open = false};
    player p = {.r = r, .cold = &cold, .managed = &managed};
    uint64_t machine = 0, state = 0;
    (void)rig_begin_case(r, from->name); /* all of them: what is sampled are requests */
    if (open_both(&p, from)) {
        p.want = play(r, &cold, false);
        const answer have = play(r, &managed, false);
        expect_same(&p, &have, "enabled");
        if (r->sample == 1 || from->expected.gas < LONG_GAS) {
            check_traces(&p);
        }
        check_disabled(&p);
        check_features(&p);
        check_small(&p);
        machine = check_exhausted(&p, false);
        state = check_exhausted(&p, true);
        const answer again = play(r, &managed, false);
        expect_same(&p, &again, "after all that");
    } else {
        rig_complain(r, "cannot be opened");
    }
    contender_close(&managed);
    contender_close(&cold);
    printf("# %s: %" PRIu64 " requests of the machine, %" PRIu64 " of the state\n", from->name,
           machine, state);
    rig_end_case(r);
}

void managed_run(rig *r, const char *root) {
    static const char *const FOLDERS[] = {"ipsilon", "guillotine", "revm"};
    const char *fixtures = rig_fixtures();
    case_list list;
    (void)root;
    cases_init(&list);
    cases_embedded(&list);
    for (size_t i = 0; fixtures != NULL && i < sizeof FOLDERS / sizeof FOLDERS[0]; i++) {
        const char *path = store_format("%s/bench/%s", fixtures, FOLDERS[i]);
        if (cases_read(&list, path) != 0) {
            rig_cannot_read(r, path);
        }
    }
    for (const bench_case *at = list.first; at != NULL; at = at->next) {
        run_case(r, at);
    }
    if (fixtures == NULL) {
        rig_skip_suite(r, "bench archive on a manager");
    }
}
