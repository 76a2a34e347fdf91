/* diff.c: `coldheap diff`: what allocates more than it did, by function and file. */
#include "command.h"

#include "baseline.h"
#include "message.h"
#include "store.h"

#include <stdio.h>
#include <string.h>

static struct {
    flag_text tolerance;
    flag_text json;
    bool github;
} flags;

static const flag_row FLAGS[] = {
    {"tolerance", FLAG_TEXT, &flags.tolerance, "P%", 0, NULL,
     "an increase by more than that part is a finding (0%)"},
    {"json", FLAG_TEXT, &flags.json, "FILE", 0, NULL, "one object per line as well"},
    {"github", FLAG_BOOL, &flags.github, NULL, 0, NULL, "annotations for GitHub as well"},
};

static char json_buffer[65536];

static int write_json(const baseline_diff *of, int status) {
    sink json;
    int code = sink_file(&json, flags.json.text, json_buffer, sizeof json_buffer);
    if (code == EXIT_DONE) {
        baseline_diff_json(&json, of);
        sink_print(&json,
                   "{\"version\":1,\"type\":\"comparison\",\"increased\":%zu,\"decreased\":%zu,"
                   "\"status\":%d}\n",
                   of->increased, of->decreased, status);
        code = sink_close(&json);
    }
    return code;
}

static int compare(const baseline *before, const baseline *after, uint64_t tolerance) {
    baseline_diff found;
    baseline_compare(&found, before, after, tolerance);
    int status = found.increased > 0 ? EXIT_FINDING : EXIT_DONE;
    baseline_diff_text(&sink_out, &found);
    if (flags.github) {
        baseline_diff_github(&sink_out, &found);
    }
    int code = flags.json.position != 0 ? write_json(&found, status) : EXIT_DONE;
    status = code != EXIT_DONE ? code : status;
    sink_print(&sink_out,
               "coldheap: %s  %zu increase%s, %zu decrease%s, tolerance %.40s  (status %d)\n",
               status == EXIT_DONE ? "PASS" : "FAIL", found.increased,
               found.increased == 1 ? "" : "s", found.decreased, found.decreased == 1 ? "" : "s",
               flags.tolerance.position != 0 ? flags.tolerance.text : "0%", status);
    return status;
}

static int run(const operand_list *operands) {
    uint64_t tolerance = 0;
    text_error error;
    if (flags.tolerance.position != 0 &&
        !baseline_tolerance(&tolerance, flags.tolerance.text, &error)) {
        return message_argument(EXIT_USAGE, flags.tolerance.position,
                                "bad value '%.80s' for --tolerance: %s", flags.tolerance.text,
                                error.reason);
    }
    if (operands->count != 2) {
        return message_argument(EXIT_USAGE, 1, "give two files: OLD NEW");
    }
    baseline before;
    baseline after;
    int code = baseline_load(&before, operands->texts[0]);
    if (code == EXIT_DONE) {
        code = baseline_load(&after, operands->texts[1]);
    }
    if (code == EXIT_DONE) {
        code = compare(&before, &after, tolerance);
    }
    resolve_close();
    return code;
}

const command command_diff = {
    .name = "diff",
    .summary = "compare two runs by function and file; an increase is a finding",
    .synopsis = "coldheap diff [flags] OLD NEW",
    .description =
        "OLD and NEW are records of `coldheap track` or baselines (`convert --to=baseline`, "
        "`track --update-baseline`). Sites are matched by function and file, never by address or "
        "line, and compared in blocks, bytes, live bytes and peak. A peak that is only bounded, "
        "because several threads used the place, is not compared.",
    .examples = "  coldheap diff baseline.txt coldheap.4711.track\n"
                "  coldheap diff --tolerance=5% old.track new.track\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
