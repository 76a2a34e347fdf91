/* run_play.c: playing a plan: once, again with a trace if it failed, on both engines with every
 * trace line compared, or for a second to take the mean. Each play is a transaction that is undone,
 * but for the last, whose state stays for the dump. */
#include "run.h"

#include "codes.h"
#include "message.h"
#include "phrase.h"
#include "trace_compare.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BENCH_NS       UINT64_C(1000000000)
#define DEPLOY_GAS_MAX INT64_C(10000000)

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

typedef struct play {
    const run_plan *plan;
    stage *on;
    run_outcome *outcome;
    bool measures; /* time and heap calls are added to the outcome */
} play;

/* Begins a transaction and runs the message, sealed; leaves the transaction open. */
static int play_open(play *it) {
    chevm_message message = it->plan->message;
    chevm_status status = stage_begin(it->on, &it->plan->world.context);
    if (status == CHEVM_OK) {
        status = stage_address(it->on, &message, false);
    }
    if (status != CHEVM_OK) {
        return message_error(EXIT_LIMIT, "state", 0, "%s", chevm_status_phrase(status));
    }
    allocations_begin(&it->outcome->counts, it->on);
    seal_begin(it->plan->sealing);
    uint64_t start = clock_ns();
    stage_call(it->on, &message, &it->outcome->result);
    uint64_t spent = clock_ns() - start;
    seal_count heap = seal_end();
    allocations_end(&it->outcome->counts, it->on, &heap);
    if (it->measures) {
        it->outcome->runs++;
        it->outcome->time_ns += spent;
        it->outcome->allocations += heap.allocations;
        it->outcome->allocated_bytes += heap.bytes;
    }
    return EXIT_DONE;
}

/* A whole transaction that leaves no trace in the state. */
static int play_and_undo(play *it) {
    int code = play_open(it);
    if (code == EXIT_DONE) {
        stage_rollback(it->on);
    }
    return code;
}

/* Undoes the open transaction and plays it again, open. */
static int play_again(play *it) {
    stage_rollback(it->on);
    return play_open(it);
}

typedef int (*play_function)(play *it);

/* ---- With a tracer --------------------------------------------------------------------------- */

/* Plays by `how` with everything attached that is requested. */
static int play_traced(play *it, play_function how, const trace_request *request) {
    static trace_session session;
    const trace_case which = {.fork = it->plan->world.fork};
    int code = trace_session_open(&session, request, it->on->memory_limit);
    if (code != EXIT_DONE) {
        return code;
    }
    trace_session_begin(&session, &which);
    chevm_set_tracer(it->on->vm, &session.tracer);
    code = how(it);
    chevm_set_tracer(it->on->vm, NULL);
    int ended = trace_session_end(&session, code == EXIT_DONE ? it->outcome->result.gas_left : -1);
    int closed = trace_session_close(&session);
    code = code == EXIT_DONE ? ended : code;
    return code == EXIT_DONE ? closed : code;
}

/* The trace alone; exports and counts are played apart, as they do not wait for a failure. */
static int play_shown(play *it, play_function how) {
    trace_request request = it->plan->trace;
    it->outcome->traced = true;
    memset(request.exports, 0, sizeof request.exports);
    request.opcode_count = NULL;
    return play_traced(it, how, &request);
}

static int play_exports(play *it) {
    trace_request request = it->plan->trace;
    request.format = TRACE_NONE;
    return trace_wanted(&request) ? play_traced(it, play_and_undo, &request) : EXIT_DONE;
}

/* ---- Both engines ---------------------------------------------------------------------------- */

static int compare_phase_on(play *it, trace_compare *compare, compare_phase phase,
                            chevm_engine engine) {
    const trace_request request = {.format = it->plan->trace.format == TRACE_STRICT ? TRACE_STRICT
                                                                                    : TRACE_JSON,
                                   .show = it->plan->trace.show,
                                   .line = trace_compare_line,
                                   .line_context = compare};
    chevm_set_engine(it->on->vm, engine);
    trace_compare_start(compare, phase);
    int code = play_traced(it, play_and_undo, &request);
    trace_compare_finish(compare);
    return code;
}

static int report_difference(play *it, trace_compare *compare) {
    int code = compare_phase_on(it, compare, COMPARE_NARROW, CHEVM_ENGINE_FAST);
    if (code == EXIT_DONE) {
        code = compare_phase_on(it, compare, COMPARE_FIND, CHEVM_ENGINE_PORTABLE);
    }
    if (code == EXIT_DONE) {
        code = compare_phase_on(it, compare, COMPARE_FETCH, CHEVM_ENGINE_FAST);
    }
    if (code == EXIT_DONE) {
        message_note("fast:     %.2000s", compare->found[0]);
        message_note("portable: %.2000s", compare->found[1]);
        code =
            message_error(EXIT_FAILED, "trace", (size_t)compare->differs + 1, "the engines differ");
    }
    return code;
}

static bool same_result(const chevm_result *one, const chevm_result *other) {
    return one->status == other->status && one->gas_left == other->gas_left &&
           one->gas_refund == other->gas_refund && one->output_size == other->output_size;
}

static int play_both(play *it) {
    static trace_compare compare;
    int code = trace_compare_open(&compare);
    if (code != EXIT_DONE) {
        return code;
    }
    code = compare_phase_on(it, &compare, COMPARE_RECORD, CHEVM_ENGINE_FAST);
    chevm_result first = it->outcome->result;
    if (code == EXIT_DONE) {
        code = compare_phase_on(it, &compare, COMPARE_VERIFY, CHEVM_ENGINE_PORTABLE);
    }
    if (code == EXIT_DONE && compare.full) {
        code = message_error(EXIT_LIMIT, "trace", 0, "too long to be compared");
    } else if (code == EXIT_DONE && compare.different) {
        code = report_difference(it, &compare);
    } else if (code == EXIT_DONE && !same_result(&first, &it->outcome->result)) {
        code =
            message_error(EXIT_FAILED, "trace", 0, "the engines differ in status, gas or output");
    }
    chevm_set_engine(it->on->vm, CHEVM_ENGINE_FAST);
    trace_compare_close(&compare);
    return code;
}

/* ---- Phrases --------------------------------------------------------------------------------- */

/* The instruction that ended the outermost frame. */
typedef struct last_step {
    chevm_trace_step step;
} last_step;

static void ignore_step(void *context, const chevm_trace_step *step) {
    (void)context;
    (void)step;
}

static void remember_step(void *context, const chevm_trace_step *step) {
    if (step->depth == 1) {
        ((last_step *)context)->step = *step;
    }
}

/* Two phrases name what the last instruction met; the result does not say, so the message is run
 * again with eyes on that. */
static int name_error(play *it) {
    run_outcome *outcome = it->outcome;
    last_step last = {.step = {.op = 0}};
    chevm_status status = outcome->result.status;
    bool needs_step = status == CHEVM_STACK_UNDERFLOW || status == CHEVM_UNDEFINED_OPCODE;
    if (needs_step && it->on->vm != NULL) {
        const chevm_tracer tracer = {ignore_step, remember_step, &last};
        chevm_set_tracer(it->on->vm, &tracer);
        int code = play_again(it);
        chevm_set_tracer(it->on->vm, NULL);
        if (code != EXIT_DONE) {
            return code;
        }
    }
    char text[PHRASE_BYTES];
    const char *phrase =
        phrase_status(text, status, it->plan->world.fork, last.step.op, last.step.stack_count);
    if (phrase == NULL && status != CHEVM_OK) {
        phrase = chevm_status_phrase(status);
    }
    if (phrase != NULL) {
        (void)snprintf(outcome->error_text, sizeof outcome->error_text, "%s", phrase);
        outcome->error = outcome->error_text;
    }
    return EXIT_DONE;
}

/* ---- The whole ------------------------------------------------------------------------------- */

static int play_bench(play *it) {
    int code = play_and_undo(it); /* warm-up */
    run_outcome *outcome = it->outcome;
    uint64_t start = clock_ns();
    it->measures = true;
    while (code == EXIT_DONE && (outcome->runs == 0 || clock_ns() - start < BENCH_NS)) {
        code = play_and_undo(it);
    }
    it->measures = false;
    if (outcome->runs > 0) {
        outcome->time_ns /= outcome->runs;
        outcome->allocations /= outcome->runs;
        outcome->allocated_bytes /= outcome->runs;
    }
    return code;
}

/* evmc style with --create: deploys, and turns the message to the new account. */
static int play_deployment(play *it, run_plan *plan) {
    chevm_message call = plan->message;
    chevm_message *create = &plan->message;
    create->kind = CHEVM_KIND_CREATE;
    create->gas = call.gas < DEPLOY_GAS_MAX ? call.gas : DEPLOY_GAS_MAX;
    create->input = plan->deploy.bytes;
    create->input_size = plan->deploy.size;
    chevm_u256_set_u64(&create->value, 0);
    int code = play_open(it);
    if (code != EXIT_DONE) {
        return code;
    }
    const chevm_result *result = &it->outcome->result;
    stage_end(it->on);
    if (result->status != CHEVM_OK) {
        code = stage_exit_code(result->status);
        return message_error(code != EXIT_DONE ? code : EXIT_FAILED, "deployment", 0, "%s",
                             chevm_status_phrase(result->status));
    }
    call.recipient = result->create_address;
    plan->message = call;
    return EXIT_DONE;
}

/* The run that is shown; its transaction stays open. */
static int play_final(play *it) {
    const run_plan *plan = it->plan;
    it->measures = !plan->bench;
    int code = plan->tracing == RUN_TRACE_ALWAYS ? play_shown(it, play_open) : play_open(it);
    it->measures = false;
    bool failed = it->outcome->result.status != CHEVM_OK;
    if (code == EXIT_DONE && failed && plan->tracing == RUN_TRACE_FAILING) {
        code = play_shown(it, play_again);
    }
    return code == EXIT_DONE ? name_error(it) : code;
}

int run_play(run_plan *plan, stage *on, run_outcome *outcome) {
    const stage_options options = {.fork = plan->world.fork,
                                   .engine = plan->engine,
                                   .gas = (uint64_t)plan->message.gas,
                                   .memory_bytes = plan->memory_bytes,
                                   .managed = plan->allocations != ALLOCATIONS_NONE,
                                   .tracks = plan->allocations != ALLOCATIONS_NONE,
                                   .foreign = plan->foreign};
    play it = {plan, on, outcome, false};
    memset(outcome, 0, sizeof *outcome);
    int code = stage_open(on, &options);
    code = code == EXIT_DONE ? stage_load(on, &plan->world) : code;
    code = code == EXIT_DONE && plan->deploys ? play_deployment(&it, plan) : code;
    code = code == EXIT_DONE && plan->both_engines ? play_both(&it) : code;
    code = code == EXIT_DONE ? play_exports(&it) : code;
    code = code == EXIT_DONE && plan->bench ? play_bench(&it) : code;
    code = code == EXIT_DONE ? play_final(&it) : code;
    if (code == EXIT_DONE) {
        stage_end(on);
        outcome->gas_used = (uint64_t)(plan->message.gas - outcome->result.gas_left);
    }
    return code;
}
