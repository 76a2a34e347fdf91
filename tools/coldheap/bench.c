/* bench.c: `coldheap bench`: what the guard costs on this machine, beside glibc in the same run,
 * and whether that is within the targets. Cases take turns, so that what disturbs one disturbs all;
 * a figure is the best of all turns. */
#include "command.h"

#include "bench_figure.h"
#include "message.h"
#include "store.h"

#include <gnu/libc-version.h>

#include <math.h>

#define ROUNDS_DEFAULT 5u
#define ROUNDS_MAX     1000u
#define CHECK_PASSES   3u /* noise passes, slowness stays */

static struct {
    bool check;
    uint64_t rounds;
    flag_text json;
    flag_text runtime;
} flags = {.rounds = ROUNDS_DEFAULT};

static const flag_row FLAGS[] = {
    {"check", FLAG_BOOL, &flags.check, NULL, 0, NULL,
     "a ratio above its limit is a finding (97), a figure that cannot be had is 98"},
    {"rounds", FLAG_U64, &flags.rounds, "N", ROUNDS_MAX, NULL,
     "turns of all cases (5); --check takes up to three times as many before it fails"},
    {"json", FLAG_TEXT, &flags.json, "FILE", 0, NULL, "one object per line as well"},
    {"runtime", FLAG_TEXT, &flags.runtime, "FOLDER", 0, NULL,
     "where libcoldheap-preload.so is (../lib of this command)"},
};

typedef struct tally {
    size_t holding;
    size_t missed;
    size_t unmeasured; /* of what can be had everywhere */
    int status;
} tally;

static bench_result results[BENCH_CASES];

static int measure(const bench_place *place, uint64_t rounds) {
    int code = EXIT_DONE;
    for (uint64_t round = 0; round < rounds; round++) {
        for (size_t i = 0; code == EXIT_DONE && i < BENCH_CASES; i++) {
            message_progress(round * BENCH_CASES + i, rounds * BENCH_CASES, 0, "cases");
            code = bench_case_run(place, (bench_case)i, &results[i]);
        }
    }
    message_progress_end();
    return code;
}

static tally judge_all(void) {
    tally all = {0};
    for (size_t i = 0; i < BENCH_FIGURE_COUNT; i++) {
        const bench_judged judged = bench_judge(&BENCH_FIGURES[i], results);
        all.holding += judged.verdict == BENCH_HOLDS;
        all.missed += judged.verdict == BENCH_MISSED;
        all.unmeasured += judged.verdict == BENCH_UNMEASURED && !BENCH_FIGURES[i].foreign;
    }
    if (flags.check) {
        all.status = all.missed > 0       ? EXIT_FINDING
                     : all.unmeasured > 0 ? EXIT_NOT_ARMED
                                          : EXIT_DONE;
    }
    return all;
}

/* ---- output ---- */

static const char *number(double value, int digits) {
    return store_format("%.*f", digits, value);
}

/* Ratios of some nanoseconds need their third digit, those of microseconds none. */
static int digits_of(double value) {
    return fabs(value) < 1 ? 3 : fabs(value) < 10 ? 2 : 1;
}

static void print_row(const bench_figure *figure, const bench_judged *judged) {
    const bool measured = judged->verdict != BENCH_UNMEASURED;
    const bool share = figure->kind == BENCH_SHARE;
    sink_print(&sink_out, "%-38s %8s %8s %8s  %s%s%s\n", figure->name,
               measured && !share ? number(judged->ns, 1) : "-",
               measured ? number(judged->ratio, digits_of(judged->ratio)) : "-",
               judged->limit > 0 ? number(judged->limit, digits_of(judged->limit)) : "-",
               bench_verdict_name(judged->verdict), measured ? "" : ": ",
               measured ? "" : judged->why);
}

static void print_all(void) {
    sink_print(&sink_out, "%-38s %8s %8s %8s  %s\n", "case", "ns", "ratio", "limit", "verdict");
    for (size_t i = 0; i < BENCH_FIGURE_COUNT; i++) {
        const bench_judged judged = bench_judge(&BENCH_FIGURES[i], results);
        print_row(&BENCH_FIGURES[i], &judged);
    }
}

static void write_member(sink *json, const char *name, bool known, double value) {
    sink_print(json, ",\"%s\":", name);
    sink_text(json, known ? number(value, 4) : "null");
}

static void write_figure(sink *json, const bench_figure *figure) {
    static const char *const verdicts[] = {"holds", "missed", "unmeasured", "anchor"};
    const bench_judged judged = bench_judge(figure, results);
    const bool measured = judged.verdict != BENCH_UNMEASURED;
    sink_text(json, "{\"version\":1,\"type\":\"figure\",\"case\":");
    sink_json_text(json, figure->name);
    write_member(json, "ns", measured && figure->kind != BENCH_SHARE, judged.ns);
    write_member(json, "ratio", measured, judged.ratio);
    write_member(json, "limit", judged.limit > 0, judged.limit);
    sink_print(json, ",\"verdict\":\"%s\",\"why\":", verdicts[judged.verdict]);
    sink_json_text(json, measured ? "" : judged.why);
    sink_text(json, "}\n");
}

static char json_buffer[8192];

static int write_json(const tally *all) {
    sink json;
    int code = sink_file(&json, flags.json.text, json_buffer, sizeof json_buffer);
    if (code != EXIT_DONE) {
        return code;
    }
    for (size_t i = 0; i < BENCH_FIGURE_COUNT; i++) {
        write_figure(&json, &BENCH_FIGURES[i]);
    }
    sink_print(
        &json,
        "{\"version\":1,\"type\":\"verdict\",\"checked\":%s,\"glibc\":\"%s\",\"holding\":%zu,"
        "\"missed\":%zu,\"unmeasured\":%zu,\"status\":%d}\n",
        flags.check ? "true" : "false", gnu_get_libc_version(), all->holding, all->missed,
        all->unmeasured, all->status);
    return sink_close(&json);
}

/* ---- the command ---- */

static int measure_and_judge(const bench_place *place, tally *all) {
    int code = measure(place, flags.rounds);
    *all = judge_all();
    for (size_t pass = 1;
         code == EXIT_DONE && flags.check && all->missed > 0 && pass < CHECK_PASSES; pass++) {
        code = measure(place, flags.rounds);
        *all = judge_all();
    }
    return code;
}

static int run(const operand_list *operands) {
    bench_place place;
    tally all = {0};
    if (operands->count > 0) {
        return message_argument(EXIT_USAGE, operands->positions[0], "bench takes no operands");
    }
    if (flags.rounds == 0) {
        return message_argument(EXIT_USAGE, 1, "--rounds is at least 1");
    }
    int code = bench_place_find(&place, flags.runtime.text);
    if (code == EXIT_DONE) {
        code = measure_and_judge(&place, &all);
        bench_place_remove(&place);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    print_all();
    code = flags.json.position != 0 ? write_json(&all) : EXIT_DONE;
    all.status = code != EXIT_DONE ? code : all.status;
    sink_print(&sink_out, "coldheap: %s  holding=%zu missed=%zu unmeasured=%zu  (status %d)\n",
               !flags.check      ? "measured"
               : all.status == 0 ? "PASS"
                                 : "FAIL",
               all.holding, all.missed, all.unmeasured, all.status);
    return all.status;
}

const command command_bench = {
    .name = "bench",
    .summary = "measure on this machine what the guard costs",
    .synopsis = "coldheap bench [flags]",
    .description =
        "Runs a small program of its own with the run time preloaded in every way, and without, in "
        "turns: malloc(64) and free behind 7 frames, scopes, system calls. Figures are nanoseconds "
        "of thread CPU time, best of all batches; \"more\" is what is added to the case without. "
        "Ratio is to glibc's malloc and free with as many threads in the same run, but between the "
        "two cases named where a name has a colon. Limits are the targets of the reference "
        "machine, where glibc takes 22.3 ns, as such ratios.",
    .examples = "  coldheap bench\n"
                "  coldheap bench --check --json=figures.json\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
