/* run_report.c: how a run went, as geth's evm or as the evmc tool prints it (spec cli.md C3). */
#include "run.h"

#include "codes.h"
#include "message.h"
#include "text.h"

/* Statuses in the words of EVMC (spec evmc.md V3). */
static const char *evmc_status(chevm_status status) {
    switch (status) {
    case CHEVM_OK:
        return "success";
    case CHEVM_REVERT:
        return "revert";
    case CHEVM_OUT_OF_GAS:
    case CHEVM_GAS_OVERFLOW:
    case CHEVM_INITCODE_SIZE:
        return "out of gas";
    case CHEVM_STACK_OVERFLOW:
        return "stack overflow";
    case CHEVM_STACK_UNDERFLOW:
        return "stack underflow";
    case CHEVM_BAD_JUMP:
        return "bad jump destination";
    case CHEVM_UNDEFINED_OPCODE:
        return "undefined instruction";
    case CHEVM_INVALID_OPCODE:
        return "invalid instruction";
    case CHEVM_STATIC_VIOLATION:
        return "static mode violation";
    case CHEVM_RETURN_DATA_BOUNDS:
        return "invalid memory access";
    case CHEVM_CODE_PREFIX:
        return "contract validation failure";
    case CHEVM_PRECOMPILE_FAILURE:
        return "precompile failure";
    case CHEVM_CALL_DEPTH:
        return "call depth exceeded";
    case CHEVM_BALANCE:
        return "insufficient balance";
    default:
        return (int)status >= CHEVM_STATUS_MACHINE ? chevm_status_phrase(status) : "failure";
    }
}

static bool has_output(const run_outcome *outcome) {
    return outcome->result.status == CHEVM_OK || outcome->result.status == CHEVM_REVERT;
}

static void report_evmc(const run_plan *plan, const run_outcome *outcome) {
    sink_print(&sink_out, "%s on %s with %lld gas limit\n\n",
               plan->deploys ? "Creating and executing" : "Executing",
               chevm_fork_name(plan->world.fork), (long long)plan->message.gas);
    if (plan->bench) {
        sink_print(&sink_out, "Time:     %llu ns (avg of %llu iterations)\n",
                   (unsigned long long)outcome->time_ns, (unsigned long long)outcome->runs);
    }
    sink_print(&sink_out, "Result:   %s\nGas used: %llu\n", evmc_status(outcome->result.status),
               (unsigned long long)outcome->gas_used);
    if (has_output(outcome)) {
        sink_text(&sink_out, "Output:   ");
        sink_hex(&sink_out, outcome->result.output, outcome->result.output_size);
        sink_char(&sink_out, '\n');
    }
}

static void report_geth(const run_outcome *outcome) {
    sink_text(&sink_out, "0x");
    sink_hex(&sink_out, outcome->result.output, outcome->result.output_size);
    sink_char(&sink_out, '\n');
    if (outcome->error != NULL) {
        sink_print(&sink_out, " error: %s\n", outcome->error);
    }
}

/* The lines of --statdump; not where only JSON lines may go. */
static void report_statistics(const run_outcome *outcome) {
    char time[TEXT_NUMBER_BYTES];
    if (message_config.json_lines_only) {
        return;
    }
    sink_print(&sink_err,
               "EVM gas used:    %llu\nexecution time:  %s\nallocations:     %llu\n"
               "allocated bytes: %llu\n",
               (unsigned long long)outcome->gas_used, text_duration(time, outcome->time_ns),
               (unsigned long long)outcome->allocations,
               (unsigned long long)outcome->allocated_bytes);
    if (!seal_is_armed()) {
        message_note("heap guard is off: allocations were not seen");
    }
}

/* A table is for people: not where only JSON lines may go. */
static void report_allocations(const run_plan *plan, const run_outcome *outcome) {
    if (plan->allocations == ALLOCATIONS_JSON) {
        sink_text(&sink_err, "{\"allocations\":");
        allocations_json(&sink_err, &outcome->counts);
        sink_text(&sink_err, "}\n");
    } else if (plan->allocations == ALLOCATIONS_TABLE && !message_config.json_lines_only) {
        allocations_print(&sink_err, &outcome->counts);
    }
}

int run_report(const run_plan *plan, stage *on, const run_outcome *outcome) {
    int code = stage_exit_code(outcome->result.status);
    sink *trace_out = plan->trace.out;
    if (outcome->traced && plan->trace.format <= TRACE_STRICT) {
        trace_summary(trace_out, outcome->result.output, outcome->result.output_size,
                      outcome->gas_used, outcome->error);
    }
    if (outcome->traced) {
        sink_flush(trace_out);
    }
    if (plan->dump && code == EXIT_DONE) {
        world_dump(&sink_out, on->state, NULL, "");
        sink_char(&sink_out, '\n');
    }
    if (plan->statdump || (plan->bench && !plan->evmc_style)) {
        report_statistics(outcome);
    }
    report_allocations(plan, outcome);
    if (plan->evmc_style) {
        report_evmc(plan, outcome);
    } else if (!outcome->traced) {
        report_geth(outcome);
    }
    if (code != EXIT_DONE) {
        return message_error(code, "run", 0, "%s", chevm_status_phrase(outcome->result.status));
    }
    return plan->exit_code && outcome->result.status != CHEVM_OK ? EXIT_FAILED : EXIT_DONE;
}
