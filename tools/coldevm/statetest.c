/* statetest.c: `coldevm statetest`: its flags, and turning them into a plan (spec cli.md C4). */
#include "statetest.h"

#include "codes.h"
#include "command.h"
#include "message.h"
#include "shared_flags.h"
#include "store.h"
#include "words.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    shared_flags shared;
    flag_text run, fork, chunk;
    flag_list exports;
    uint64_t index, workers;
    bool keep_going, fail_fast, list, human, bench, exit_code, summary, hashes, allocations;
} flags = {.shared = SHARED_FLAGS_DEFAULT, .index = UINT64_MAX};

static const flag_row FLAGS[] = {
    {"run", FLAG_TEXT, &flags.run, "REGEX", 0, NULL,
     "only tests whose name matches: POSIX extended, unanchored, with \\d \\w \\s"},
    {"statetest.fork", FLAG_TEXT, &flags.fork, "F", 0, NULL, "only cases of this fork"},
    {"statetest.index", FLAG_U64, &flags.index, "N", UINT64_MAX - 1, NULL,
     "only the Nth case (from 0) of what the fork leaves of each test"},
    {"workers", FLAG_U64, &flags.workers, "N", STATETEST_WORKERS_MAX, NULL,
     "threads (cores; 1 in geth mode and while tracing); output never depends on it"},
    {"chunk", FLAG_TEXT, &flags.chunk, "KofN", 0, NULL,
     "only the Kth of N parts, told apart by a hash of the test's name"},
    {"keep-going", FLAG_BOOL, &flags.keep_going, NULL, 0, NULL, "go on after a failure (default)"},
    {"fail-fast", FLAG_BOOL, &flags.fail_fast, NULL, 0, NULL, "end at the first failure"},
    {"list", FLAG_BOOL, &flags.list, NULL, 0, NULL,
     "run nothing, print FILE, NAME, fork and index of each case, tabs between"},
    {"human", FLAG_BOOL, &flags.human, NULL, 0, NULL, "lines for people instead of the JSON array"},
    {"bench", FLAG_BOOL, &flags.bench, NULL, 0, NULL,
     "repeat each case for 0.1 s and add benchStats, the means of a run"},
    {"allocations", FLAG_BOOL, &flags.allocations, NULL, 0, NULL,
     "run on a manager; add allocations, count and bytes of what was taken from each of its parts"},
    {"exit-code", FLAG_BOOL, &flags.exit_code, NULL, 0, NULL,
     "exit 1 on a failure in geth mode too"},
    {"export", FLAG_LIST, &flags.exports, "FORMAT=FILE", 0, NULL,
     "write the results as junit, tap, jsonl, github or prometheus too, or where gas and time went "
     "as folded, speedscope or chrome; may be repeated"},
    {"trace-summary", FLAG_BOOL, &flags.summary, NULL, 0, NULL,
     "end markers on stderr also on a terminal, without a trace"},
    {"json-outcome", FLAG_BOOL, &flags.summary, NULL, 0, NULL, NULL},
    {"trace.hash", FLAG_BOOL, &flags.hashes, NULL, 0, NULL,
     "add traceHash, keccak256 of a case's trace lines, to its item, without writing them"},
    SHARED_FLAG_ROWS(flags.shared)};

/* Every core that this process may run on. */
static uint32_t cores(void) {
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    count = count < (int)STATETEST_WORKERS_MAX ? count : (int)STATETEST_WORKERS_MAX;
    return count > 0 ? (uint32_t)count : 1;
}

static int plan_chunk(statetest_plan *plan) {
    plan->chunk = plan->chunk_count = 1;
    if (flags.chunk.position == 0) {
        return EXIT_DONE;
    }
    const char *middle = strstr(flags.chunk.text, "of");
    text_error error;
    char first[24];
    size_t size = middle != NULL ? (size_t)(middle - flags.chunk.text) : sizeof first;
    bool good = size < sizeof first;
    if (good) {
        memcpy(first, flags.chunk.text, size);
        first[size] = 0;
        good = text_u64(&plan->chunk, first, UINT32_MAX, &error) &&
               text_u64(&plan->chunk_count, middle + 2, UINT32_MAX, &error) && plan->chunk >= 1 &&
               plan->chunk <= plan->chunk_count;
    }
    return good ? EXIT_DONE
                : message_argument(EXIT_FLAG, flags.chunk.position,
                                   "bad value '%.80s' for --chunk: use KofN, K from 1 to N",
                                   flags.chunk.text);
}

static int plan_selection(statetest_plan *plan) {
    static pattern run;
    chevm_fork fork;
    int code = plan_chunk(plan);
    plan->index = flags.index;
    if (code == EXIT_DONE && flags.run.position != 0) {
        plan->run = &run;
        code = pattern_compile(&run, "run", flags.run);
    }
    if (code == EXIT_DONE && flags.fork.position != 0) {
        plan->fork = flags.fork.text;
        if (!statetest_fork_of(plan->fork, &fork)) {
            code = flag_unknown_fork(flags.fork.text, flags.fork.position);
        }
    }
    return code;
}

/* What a line for reproduction must repeat. */
static const char *plan_again(const statetest_plan *plan) {
    const char *again = plan->both_engines                      ? " --engine both"
                        : plan->engine == CHEVM_ENGINE_PORTABLE ? " --engine portable"
                                                                : "";
    if (plan->memory_bytes != 0) {
        again = store_format("%s --mem-limit %llu", again, (unsigned long long)plan->memory_bytes);
    }
    return plan->strict ? store_format("%s --trace --trace.format strict", again) : again;
}

static bool is_profile(const char *text) {
    static const char *const NAMES[] = {"folded=", "speedscope=", "chrome="};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strncmp(text, NAMES[i], strlen(NAMES[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Splits --export into profiles, which a tracer makes, and results. */
static int plan_exports(statetest_plan *plan) {
    flag_list results = {.count = 0};
    int code = EXIT_DONE;
    for (size_t i = 0; code == EXIT_DONE && i < flags.exports.count; i++) {
        flag_text flag = flags.exports.items[i];
        if (is_profile(flag.text)) {
            code = trace_request_export(&plan->profile, flag);
        } else {
            results.items[results.count++] = flag;
        }
    }
    plan->profiles = trace_wanted(&plan->profile);
    return code == EXIT_DONE ? export_open(&plan->exports, &results) : code;
}

/* Lines are written here; what is a profile is the session's. */
static int plan_format(statetest_plan *plan) {
    trace_request request = {.format = TRACE_NONE};
    int code = trace_request_format(&request, flags.shared.trace_format);
    plan->strict = request.format == TRACE_STRICT;
    if (plan->tracing != STATETEST_TRACE_NEVER && request.format >= TRACE_FOLDED) {
        plan->profile.format = request.format;
    }
    return code;
}

static int plan_trace(statetest_plan *plan) {
    static sink file;
    const shared_flags *shared = &flags.shared;
    plan->tracing = flag_is(shared->trace, "always")    ? STATETEST_TRACE_ALWAYS
                    : flag_is(shared->trace, "failing") ? STATETEST_TRACE_FAILING
                                                        : STATETEST_TRACE_NEVER;
    int code = plan_format(plan);
    if (code != EXIT_DONE) {
        return code;
    }
    plan->show = (trace_fields){!shared->nomemory, !shared->nostack, !shared->noreturndata};
    plan->hashes = flags.hashes;
    plan->opcode_count = shared->opcode_count.position != 0 ? shared->opcode_count.text : NULL;
    plan->trace_out = plan->profile.out = &sink_err;
    if (shared->trace_out.position != 0 && plan->tracing != STATETEST_TRACE_NEVER) {
        char *buffer = store_alloc(SHARED_TRACE_BUFFER_BYTES, 1);
        plan->trace_out = plan->profile.out = &file;
        return sink_file(&file, shared->trace_out.text, buffer, SHARED_TRACE_BUFFER_BYTES);
    }
    bool traces = plan->tracing != STATETEST_TRACE_NEVER;
    message_config.json_lines_only = traces && isatty(sink_err.fd) == 0;
    if (traces) {
        message_config.progress = "none";
    }
    return EXIT_DONE;
}

static void plan_work(statetest_plan *plan, bool batch) {
    const shared_flags *shared = &flags.shared;
    bool traces = plan->tracing != STATETEST_TRACE_NEVER;
    plan->batch = batch;
    plan->fail_fast = flags.fail_fast;
    plan->list = flags.list;
    plan->human = flags.human;
    plan->bench = flags.bench;
    plan->allocations = flags.allocations;
    plan->dump = shared->dump;
    plan->markers =
        batch || command_mode.geth || traces || flags.summary || isatty(sink_err.fd) == 0;
    plan->both_engines = flag_is(shared->engine, "both");
    plan->engine = flag_is(shared->engine, "portable") ? CHEVM_ENGINE_PORTABLE : CHEVM_ENGINE_FAST;
    plan->memory_bytes = shared->mem_limit;
    plan->sealing = flag_is(shared->no_malloc, "count") ? SEAL_COUNT : SEAL_TRAP;
    plan->workers = command_mode.geth || traces ? 1 : cores();
    plan->workers = flags.workers != 0 ? (uint32_t)flags.workers : plan->workers;
    if (batch || plan->profiles) { /* paths come one by one; a profile is of one thread */
        plan->workers = 1;
    }
}

static int make_plan(statetest_plan *plan, const operand_list *operands) {
    int code = shared_flags_check(&flags.shared);
    if (code == EXIT_DONE && flags.fail_fast && flags.keep_going) {
        code = message_argument(EXIT_FLAG, 1, "give --keep-going or --fail-fast, not both");
    }
    code = code == EXIT_DONE ? plan_selection(plan) : code;
    code = code == EXIT_DONE ? plan_trace(plan) : code;
    code = code == EXIT_DONE ? plan_exports(plan) : code;
    plan_work(plan, operands->count == 0);
    plan->again = plan_again(plan);
    return code;
}

/* What people see at the end. */
static void print_summary(const statetest_plan *plan, const export_totals *totals) {
    char time[TEXT_NUMBER_BYTES];
    if (plan->list) {
        return;
    }
    if (plan->human) {
        sink_print(&sink_out, "--\n%llu tests passed, %llu tests failed.\n",
                   (unsigned long long)totals->passed, (unsigned long long)totals->failed);
    }
    message_note("%llu cases, %llu failed, %llu heap calls while sealed%s, %s on %u %s",
                 (unsigned long long)(totals->passed + totals->failed),
                 (unsigned long long)totals->failed, (unsigned long long)totals->heap_calls,
                 seal_is_armed() ? "" : " (not seen in this build)",
                 text_duration(time, (totals->end_ns - totals->start_ns) / 1000000u * 1000000u),
                 (unsigned)plan->workers, plan->workers == 1 ? "worker" : "workers");
}

static int run(const operand_list *operands) {
    static statetest_plan plan;
    static statetest_report report;
    statetest_files files = {NULL, 0};
    int code = make_plan(&plan, operands);
    if (code != EXIT_DONE) {
        return code;
    }
    for (size_t i = 0; i < operands->count; i++) {
        statetest_files_add(&files, operands->texts[i]);
    }
    command_mode.keeps_failure = flags.exit_code;
    statetest_report_open(&report, &plan);
    code = statetest_work(&plan, &files, &report);
    print_summary(&plan, &report.totals);
    code = statetest_worse(code, report.code);
    code = statetest_worse(code, export_close(&plan.exports, &report.totals));
    if (plan.trace_out != &sink_err) {
        code = statetest_worse(code, sink_close(plan.trace_out));
    }
    return code;
}

const command command_statetest = {
    .name = "statetest",
    .summary = "run state tests",
    .synopsis = "coldevm statetest [flags] [PATH...]",
    .description =
        "Runs Ethereum's state tests: files, or all *.json below folders. Without PATH it reads "
        "one path per line from stdin until an empty line, and answers each with an array of its "
        "own. stdout gets a JSON array, an item a case, in the order path, test name, fork, index; "
        "stderr gets one end marker a case (left out on a terminal) and, for each failure, the "
        "command that runs just that case again. The heap is sealed from before the first "
        "transaction until after the last, reading files included; the calls made in spite of that "
        "are counted for each case. If several things went wrong the exit status is the first of "
        "20, 2, 21, 11, 10, 12, 1. In geth mode failing tests exit 0 and unreadable input exits 1.",
    .examples = "  $ coldevm statetest --human --run 'test_x\\[fork_Osaka' tests/\n"
                "  [PASS] tests/prague/test_x.py::test_x[fork_Osaka-state_test-a]\n"
                "  --\n"
                "  1 tests passed, 0 tests failed.\n"
                "  $ coldevm statetest --trace --statetest.index 0 x.json 2>trace.jsonl\n"
                "  $ find tests -name '*.json' | coldevm statetest 2>/dev/null\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
