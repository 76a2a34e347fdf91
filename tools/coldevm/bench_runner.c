/* bench_runner.c: coldevm as a runner of evm-bench: one contract, deployed, called N times, one
 * number per line: milliseconds of the call alone. Nothing else goes to stdout. */
#include "bench.h"

#include "codes.h"
#include "message.h"
#include "seal.h"
#include "stage.h"

#include <time.h>

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A whole transaction; its changes are kept if it is the deployment, undone otherwise. */
static int play(stage *on, const bench_case *from, chevm_message message, bool keep,
                chevm_result *result, uint64_t *spent_ns) {
    chevm_status status = stage_begin(on, &from->world.context);
    if (status == CHEVM_OK) {
        status = stage_address(on, &message, true);
    }
    if (status != CHEVM_OK) {
        return message_error(EXIT_LIMIT, "state", 0, "%s", chevm_status_phrase(status));
    }
    seal_begin(SEAL_TRAP);
    uint64_t start = clock_ns();
    stage_call(on, &message, result);
    *spent_ns = clock_ns() - start;
    seal_end();
    if (keep) {
        stage_end(on);
    } else {
        stage_rollback(on);
    }
    if (result->status != CHEVM_OK) {
        int code = stage_exit_code(result->status);
        return message_error(code != EXIT_DONE ? code : EXIT_FAILED, keep ? "deployment" : "call",
                             0, "%s", chevm_status_phrase(result->status));
    }
    return EXIT_DONE;
}

static int run_on(stage *on, const bench_case *from, uint64_t runs) {
    chevm_message create = from->message;
    chevm_message call = from->message;
    chevm_result result;
    uint64_t spent_ns = 0;
    create.kind = CHEVM_KIND_CREATE;
    create.input = from->initcode.bytes;
    create.input_size = from->initcode.size;
    int code = stage_load(on, &from->world);
    code = code == EXIT_DONE ? play(on, from, create, true, &result, &spent_ns) : code;
    call.recipient = result.create_address;
    for (uint64_t i = 0; code == EXIT_DONE && i < runs; i++) {
        code = play(on, from, call, false, &result, &spent_ns);
        if (code == EXIT_DONE) {
            sink_print(&sink_out, "%.3f\n", (double)spent_ns / 1e6);
            sink_flush(&sink_out);
        }
    }
    return code;
}

int bench_run_evm_bench(byte_range code, byte_range input, uint64_t runs) {
    static stage on;
    bench_case from = {.name = "evm-bench"};
    world_init(&from.world);
    cases_contract(&from, code, true, input);
    const stage_options options = {.fork = from.world.fork, .gas = (uint64_t)from.message.gas};
    int status = stage_open(&on, &options);
    if (status == EXIT_DONE) {
        status = run_on(&on, &from, runs);
        stage_close(&on);
    }
    return status;
}
