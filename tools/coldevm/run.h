/* run.h: the parts of `coldevm run`: what the user asked for (run.c), playing it once or several
 * times, traced or not (run_play.c), and printing how it went (run_report.c). */
#ifndef COLDEVM_RUN_H
#define COLDEVM_RUN_H

#include "allocations.h"
#include "seal.h"
#include "stage.h"
#include "trace_session.h"

typedef enum run_tracing { RUN_TRACE_NEVER, RUN_TRACE_ALWAYS, RUN_TRACE_FAILING } run_tracing;

/* What to do, checked and complete. */
typedef struct run_plan {
    world world;
    chevm_message message; /* input and code in the store */
    byte_range deploy;     /* evmc style with --create: initcode that makes the called account */
    bool deploys;
    bool evmc_style;
    bool both_engines;
    chevm_engine engine;
    uint64_t memory_bytes; /* --mem-limit */
    seal_mode sealing;
    foreign_vm *foreign;
    run_tracing tracing;
    trace_request trace;         /* what the trace looks like; exports and counts */
    allocation_view allocations; /* other than NONE: runs on a manager that counts */
    bool bench;
    bool statdump;
    bool dump;
    bool exit_code;
} run_plan;

/* How it went. */
typedef struct run_outcome {
    chevm_result result; /* output valid until the stage is closed */
    uint64_t gas_used;   /* of the message: no intrinsic gas, no refund */
    const char *error;   /* phrase, NULL: it succeeded */
    char error_text[160];
    bool traced;      /* a trace was written */
    uint64_t time_ns; /* of one run, or the mean with --bench */
    uint64_t runs;
    uint64_t allocations; /* per run */
    uint64_t allocated_bytes;
    allocation_counts counts; /* of the last run, if the plan asks for them */
} run_outcome;

/* run_play opens the stage, plays the plan and leaves the state after the last run in it, for the
 * dump; a deployment turns the plan's message to the new account. Exit code; the caller closes the
 * stage in any case. */
int run_play(run_plan *plan, stage *on, run_outcome *outcome);

/* run_report prints the outcome in the style of the plan and returns the exit code. */
int run_report(const run_plan *plan, stage *on, const run_outcome *outcome);

#endif
