/* bench.c: `coldevm bench`: its flags, who takes part, and the order of work (spec cli.md C10). */
#include "bench.h"

#include "codes.h"
#include "command.h"
#include "message.h"
#include "store.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define ROUND_SECONDS 0.05
#define BACKENDS      "cold|managed|malloc|both|all"

static struct {
    flag_text filter, skip, backend, cache, out, out_format;
    flag_text code_path, calldata;
    flag_list vms, exports;
    double min_time;
    uint64_t repetitions, num_runs;
    bool json, wide, allocations, reduction;
} flags = {.min_time = ROUND_SECONDS, .repetitions = 9, .num_runs = 1};

static const flag_row FLAGS[] = {
    {"filter", FLAG_TEXT, &flags.filter, "RE", 0, NULL,
     "only cases whose name matches the regular expression (POSIX extended, unanchored)"},
    {"benchmark_filter", FLAG_TEXT, &flags.filter, "RE", 0, NULL, NULL},
    {"skip", FLAG_TEXT, &flags.skip, "RE", 0, NULL, "no cases whose name matches"},
    {"min-time", FLAG_SECONDS, &flags.min_time, "S", 3600, NULL,
     "least measured time of a repetition, in seconds (0.05)"},
    {"repetitions", FLAG_U64, &flags.repetitions, "N", BENCH_ROUNDS_MAX, NULL,
     "how often each rival takes its turn (9); the best one counts"},
    {"benchmark_repetitions", FLAG_U64, &flags.repetitions, "N", BENCH_ROUNDS_MAX, NULL, NULL},
    {"backend", FLAG_TEXT, &flags.backend, BACKENDS, 0, NULL,
     "memory of our machine (cold); managed: from a ch_manager; both: cold and malloc; all: three"},
    {"cache", FLAG_TEXT, &flags.cache, "on|off|both", 0, NULL,
     "analyses of code kept (on), or made again on every run (off)"},
    {"vm", FLAG_LIST, &flags.vms, "LIB[,opt=val]", 0, NULL,
     "an EVMC library as rival under the same state; may be given several times"},
    {"export", FLAG_LIST, &flags.exports, "FORMAT=FILE", 0, NULL,
     "write gbench=FILE (Google-Benchmark JSON), svg=FILE (a picture) or csv=FILE"},
    {"benchmark_out", FLAG_TEXT, &flags.out, "FILE", 0, NULL, "the same as --export gbench=FILE"},
    {"benchmark_out_format", FLAG_TEXT, &flags.out_format, "json", 0, NULL, "only json"},
    {"json", FLAG_BOOL, &flags.json, NULL, 0, NULL, "the table as one JSON object"},
    {"wide", FLAG_BOOL, &flags.wide, NULL, 0, NULL,
     "also gas, reserved bytes, and time against our first row"},
    {"allocations", FLAG_BOOL, &flags.allocations, NULL, 0, NULL,
     "also what one run of each case takes from each part of a manager: count, bytes, share"},
    {"reduction", FLAG_BOOL, &flags.reduction, NULL, 0, NULL,
     "malloc against cold, per transaction: heap calls gone, time saved (with --backend both, "
     "all)"},
    {"contract-code-path", FLAG_TEXT, &flags.code_path, "FILE", 0, NULL,
     "evm-bench's runner: deploy this hex file, print milliseconds per call"},
    {"calldata", FLAG_TEXT, &flags.calldata, "HEX", 0, NULL, "evm-bench: what it is called with"},
    {"call-data", FLAG_TEXT, &flags.calldata, "HEX", 0, NULL, NULL},
    {"num-runs", FLAG_U64, &flags.num_runs, "N", 1000000000, NULL, "evm-bench: how often (1)"},
};

static bool is(flag_text flag, const char *word) {
    return flag.position != 0 && strcmp(flag.text, word) == 0;
}

/* ---- Who takes part -------------------------------------------------------------------------- */

static bench_rival *add_rival(bench_settings *settings, const char *backend, const char *mode) {
    bench_rival *added = &settings->rivals[settings->rival_count++];
    added->backend = backend;
    added->mode = mode;
    added->label = mode != NULL ? store_format("%s/%s", backend, mode) : backend;
    return added;
}

/* One of our backends, in each cache mode that is asked for. */
static void add_own(bench_settings *settings, const char *backend) {
    bool both = is(flags.cache, "both");
    for (int cache_off = 0; cache_off < 2; cache_off++) {
        if (both || is(flags.cache, "off") == (cache_off != 0)) {
            const char *mode = cache_off != 0 ? "analysed" : "cached";
            bench_rival *added = add_rival(settings, backend, both ? mode : NULL);
            added->malloc_twin = strcmp(backend, "malloc") == 0;
            added->managed = strcmp(backend, "managed") == 0;
            added->cache_off = cache_off != 0;
        }
    }
}

static int choose_rivals(bench_settings *settings) {
    int code = options_choice("backend", flags.backend, BACKENDS);
    if (code == EXIT_DONE && flags.reduction && !is(flags.backend, "both") &&
        !is(flags.backend, "all")) {
        return message_argument(EXIT_FLAG, flags.backend.position > 0 ? flags.backend.position : 1,
                                "--reduction compares two backends: give --backend both or all");
    }
    code = code == EXIT_DONE ? options_choice("cache", flags.cache, "on|off|both") : code;
    if (code != EXIT_DONE) {
        return code;
    }
    bool all = is(flags.backend, "all");
    if (!is(flags.backend, "malloc") && !is(flags.backend, "managed")) {
        add_own(settings, "cold");
    }
    if (all || is(flags.backend, "managed")) {
        add_own(settings, "managed");
    }
    if (all || is(flags.backend, "malloc") || is(flags.backend, "both")) {
        add_own(settings, "malloc");
    }
    settings->own_count = settings->rival_count;
    for (size_t i = 0; code == EXIT_DONE && i < flags.vms.count; i++) {
        foreign_vm *vm = NULL;
        code = foreign_load(&vm, flags.vms.items[i]);
        if (code == EXIT_DONE) {
            add_rival(settings, store_format("vm:%s", foreign_name(vm)), NULL)->foreign = vm;
        }
    }
    return code;
}

/* ---- Which cases ----------------------------------------------------------------------------- */

/* A pattern of the command line; without one nothing is decided by it. */
typedef struct pattern {
    regex_t expression;
    bool given;
} pattern;

static int pattern_open(pattern *opened, flag_text flag, const char *name) {
    opened->given = false;
    if (flag.position == 0) {
        return EXIT_DONE;
    }
    int trouble = regcomp(&opened->expression, flag.text, REG_EXTENDED | REG_NOSUB);
    opened->given = trouble == 0;
    if (trouble == 0) {
        return EXIT_DONE;
    }
    char reason[128];
    regerror(trouble, &opened->expression, reason, sizeof reason);
    return message_argument(EXIT_FLAG, flag.position, "bad value '%.80s' for --%s: %s", flag.text,
                            name, reason);
}

static void pattern_close(pattern *opened) {
    if (opened->given) {
        regfree(&opened->expression);
    }
}

static bool pattern_matches(const pattern *opened, const char *name, bool otherwise) {
    return opened->given ? regexec(&opened->expression, name, 0, NULL, 0) == 0 : otherwise;
}

/* Takes the cases out of the list that the filters do not want. */
static void drop_cases(case_list *list, const pattern *wanted, const pattern *unwanted) {
    for (bench_case **link = &list->first; *link != NULL;) {
        const char *name = (*link)->name;
        if (pattern_matches(wanted, name, true) && !pattern_matches(unwanted, name, false)) {
            link = &(*link)->next;
        } else {
            *link = (*link)->next;
            list->count--;
        }
    }
}

static int filter_cases(case_list *list) {
    pattern wanted;
    pattern unwanted = {.given = false};
    int code = pattern_open(&wanted, flags.filter, "filter");
    code = code == EXIT_DONE ? pattern_open(&unwanted, flags.skip, "skip") : code;
    if (code == EXIT_DONE) {
        drop_cases(list, &wanted, &unwanted);
    }
    pattern_close(&unwanted);
    pattern_close(&wanted);
    return code;
}

static int read_cases(case_list *list, const operand_list *operands) {
    int code = EXIT_DONE;
    cases_init(list);
    if (operands->count == 0) {
        cases_embedded(list);
    }
    for (size_t i = 0; code == EXIT_DONE && i < operands->count; i++) {
        code = cases_read(list, operands->texts[i]);
    }
    code = code == EXIT_DONE ? filter_cases(list) : code;
    if (code == EXIT_DONE && list->count == 0) {
        code = message_argument(EXIT_FLAG, 1, "no case is left to run");
    }
    return code;
}

/* ---- Where it goes --------------------------------------------------------------------------- */

typedef int (*export_function)(const bench_table *table, const char *path);

typedef struct export_target {
    export_function write;
    const char *path;
} export_target;

static int choose_export(export_target *target, flag_text flag) {
    static const struct {
        const char *format;
        export_function write;
    } FORMATS[] = {
        {"gbench=", bench_export_gbench}, {"svg=", bench_export_svg}, {"csv=", bench_export_csv}};
    for (size_t i = 0; i < sizeof FORMATS / sizeof FORMATS[0]; i++) {
        size_t size = strlen(FORMATS[i].format);
        if (strncmp(flag.text, FORMATS[i].format, size) == 0 && flag.text[size] != 0) {
            *target = (export_target){FORMATS[i].write, flag.text + size};
            return EXIT_DONE;
        }
    }
    return message_argument(EXIT_FLAG, flag.position,
                            "bad value '%.80s' for --export: use gbench=FILE, svg=FILE or csv=FILE",
                            flag.text);
}

static int choose_exports(export_target targets[FLAG_LIST_MAX + 1], size_t *count) {
    int code = options_choice("benchmark_out_format", flags.out_format, "json");
    *count = 0;
    for (size_t i = 0; code == EXIT_DONE && i < flags.exports.count; i++) {
        code = choose_export(&targets[(*count)++], flags.exports.items[i]);
    }
    if (code == EXIT_DONE && flags.out.position != 0) {
        targets[(*count)++] = (export_target){bench_export_gbench, flags.out.text};
    }
    return code;
}

/* ---- Work ------------------------------------------------------------------------------------ */

/* A command line that runs this case again: the name as a pattern that matches nothing else. */
static void print_reproduce(const bench_case *from) {
    sink_text(&sink_err, "reproduce: coldevm bench --filter '^");
    for (const char *at = from->name; *at != 0; at++) {
        if (strchr("\\.[](){}*+?^$|", *at) != NULL) {
            sink_char(&sink_err, '\\');
        }
        sink_text(&sink_err, *at == '\'' ? "'\\''" : (const char[]){*at, 0});
    }
    sink_text(&sink_err, "$'");
    if (strcmp(from->source, "embedded") != 0) {
        sink_print(&sink_err, " '%.900s'", from->source);
    }
    sink_char(&sink_err, '\n');
    sink_flush(&sink_err);
}

static int measure_all(const case_list *list, bench_table *table) {
    const bench_settings *settings = table->settings;
    size_t failed = 0;
    for (const bench_case *at = list->first; at != NULL; at = at->next) {
        message_progress(table->case_count, list->count, failed, at->name);
        int code = bench_measure(at, settings, table->rows + table->row_count);
        if (code != EXIT_DONE && code != EXIT_FAILED) {
            return code;
        }
        if (code == EXIT_FAILED) {
            failed++;
            message_progress_end();
            print_reproduce(at);
        }
        table->row_count += settings->rival_count;
        table->case_count++;
    }
    message_progress_end();
    return failed > 0 ? EXIT_FAILED : EXIT_DONE;
}

static int run_table(const operand_list *operands) {
    static bench_settings settings;
    export_target targets[FLAG_LIST_MAX + 1];
    size_t target_count = 0;
    case_list list;
    settings.rounds = flags.repetitions == 0 ? 1 : flags.repetitions;
    settings.round_seconds = flags.min_time;
    settings.allocations = flags.allocations;
    settings.reduction = flags.reduction;
    int code = choose_exports(targets, &target_count);
    code = code == EXIT_DONE ? choose_rivals(&settings) : code;
    code = code == EXIT_DONE ? read_cases(&list, operands) : code;
    if (code != EXIT_DONE) {
        return code;
    }
    bench_table table = {.settings = &settings,
                         .rows = STORE_ARRAY(bench_row, list.count * settings.rival_count)};
    code = measure_all(&list, &table);
    if (code != EXIT_DONE && code != EXIT_FAILED) {
        return code;
    }
    if (flags.json) {
        bench_print_json(&table);
    } else {
        const bench_view view = {.ratios = flags.wide || flags.vms.count > 0, .wide = flags.wide};
        bench_print(&table, view);
        if (flags.reduction) {
            sink_char(&sink_out, '\n');
            bench_print_reduction(&table);
        }
        if (flags.allocations) {
            sink_char(&sink_out, '\n');
            bench_print_allocations(&table);
        }
    }
    for (size_t i = 0; i < target_count; i++) {
        int written = targets[i].write(&table, targets[i].path);
        code = written != EXIT_DONE ? written : code;
    }
    return code;
}

static int run_evm_bench(void) {
    byte_range code = {(const uint8_t *)"", 0};
    byte_range input = {(const uint8_t *)"", 0};
    int status = input_hex_file(&code, flags.code_path.text);
    if (status == EXIT_DONE && flags.calldata.position != 0) {
        status = input_hex(&input, flags.calldata);
    }
    return status == EXIT_DONE ? bench_run_evm_bench(code, input, flags.num_runs) : status;
}

static int run(const operand_list *operands) {
    return flags.code_path.position != 0 ? run_evm_bench() : run_table(operands);
}

const command command_bench = {
    .name = "bench",
    .summary = "time benchmark cases, beside the malloc twin and any EVMC library",
    .synopsis = "coldevm bench [flags] [CASE...]\n"
                "  coldevm bench --contract-code-path FILE --calldata HEX --num-runs N",
    .description =
        "Runs each case on each rival, in rounds that take turns, and prints the best round's time "
        "per run. A CASE is a state-test file, a folder with code.hex and input.hex (or "
        "bytecode.txt "
        "and calldata.txt), or a folder of such; without CASE the embedded contracts run. Gas, "
        "output "
        "and logs are held against what is known of the case (X_expected.json or expected.json "
        "around "
        "it); a case that answers otherwise is a FAIL, and the exit status 1. Only the call itself "
        "is "
        "timed: between runs the state is put back. The gas is execution gas: without intrinsic "
        "gas "
        "and refund. Ratios are a rival's time over ours: above 1 we are faster.",
    .examples = "  $ coldevm bench --backend both\n"
                "  $ coldevm bench --cache both --vm ./libevmone.so bench/ipsilon/main\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
