/* track.c: `coldheap track`: runs a program with the tracker in it, and says who took memory, who
 * kept it, and whether that was within budget. */
#include "command.h"

#include "baseline.h"
#include "launch.h"
#include "message.h"
#include "preflight.h"
#include "seal_on.h"
#include "store.h"
#include "track_verdict.h"

#include <coldheap/guard.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TOP_DEFAULT 10u

static struct {
    flag_text out;
    uint64_t depth;
    uint64_t sites;
    uint64_t sample_bytes;
    bool exact_peak;
    bool lifetimes;
    bool since_seal;
    flag_list seal_on;
    bool partial_ok;
    flag_list budgets;
    flag_text budget_file;
    flag_text baseline;
    bool update_baseline;
    flag_text tolerance;
    uint64_t top;
    bool leaks;
    flag_text json;
    flag_text prometheus;
    bool github;
    flag_text library;
} flags = {.depth = 1, .top = TOP_DEFAULT};

static const flag_row FLAGS[] = {
    {"out", FLAG_TEXT, &flags.out, "FILE", 0, NULL,
     "the record (coldheap.PROCESS.track); those of children are FILE.PROCESS"},
    {"depth", FLAG_U64, &flags.depth, "1|8|32", 32, NULL,
     "frames that make a site: its call site, or a stack (1)"},
    {"sites", FLAG_U64, &flags.sites, "N", CHI_TRACK_SITES_MAX, NULL,
     "rows for sites (16384); what finds none is counted in one row"},
    {"exact-peak", FLAG_BOOL, &flags.exact_peak, NULL, 0, NULL,
     "exact peaks of sites that several threads use; slower"},
    {"lifetimes", FLAG_BOOL, &flags.lifetimes, NULL, 0, NULL, "how long blocks live; for dhat"},
    {"sample", FLAG_U64, &flags.sample_bytes, "BYTES", UINT64_C(1) << 40, NULL,
     "look at one block in about so many bytes, and estimate"},
    {"since-seal", FLAG_BOOL, &flags.since_seal, NULL, 0, NULL,
     "the seal is a mark: list the sites that grew after it"},
    {"seal-on", FLAG_LIST, &flags.seal_on, "CALL", 0, NULL,
     "seal a program that does not do it itself, as in `check`; implies --since-seal"},
    {"leaks", FLAG_BOOL, &flags.leaks, NULL, 0, NULL, "list what is live at the end, with stacks"},
    {"top", FLAG_U64, &flags.top, "N", 1000000, NULL, "sites that are listed (10)"},
    {"budget", FLAG_LIST, &flags.budgets, "LINE", 0, NULL,
     "a limit, as 'total allocs 1200'; may be repeated"},
    {"budget-file", FLAG_TEXT, &flags.budget_file, "FILE", 0, NULL, "limits, one a line"},
    {"baseline", FLAG_TEXT, &flags.baseline, "FILE", 0, NULL,
     "an increase over that baseline is a finding"},
    {"update-baseline", FLAG_BOOL, &flags.update_baseline, NULL, 0, NULL,
     "write the baseline instead"},
    {"tolerance", FLAG_TEXT, &flags.tolerance, "P%", 0, NULL,
     "how much more than the baseline is none (0%)"},
    {"json", FLAG_TEXT, &flags.json, "FILE", 0, NULL, "one object per line as well"},
    {"prometheus", FLAG_TEXT, &flags.prometheus, "FILE", 0, NULL, "metrics as well"},
    {"github", FLAG_BOOL, &flags.github, NULL, 0, NULL, "annotations for GitHub as well"},
    {"partial-ok", FLAG_BOOL, &flags.partial_ok, NULL, 0, NULL,
     "also if the program has a heap beside malloc, which is not seen"},
    {"library", FLAG_TEXT, &flags.library, "FOLDER", 0, NULL, "where the run time lies"},
};

static budget limits;

static int read_budgets(void) {
    int code = EXIT_DONE;
    if (flags.budget_file.position != 0) {
        code = budget_read(&limits, flags.budget_file.text);
    }
    for (size_t i = 0; code == EXIT_DONE && i < flags.budgets.count; i++) {
        code = budget_add(&limits, flags.budgets.items[i].text, flags.budgets.items[i].position);
    }
    return code;
}

static int read_tolerance(uint64_t *out) {
    text_error error;
    if (flags.tolerance.position != 0 && !baseline_tolerance(out, flags.tolerance.text, &error)) {
        return message_argument(EXIT_USAGE, flags.tolerance.position,
                                "bad value '%.80s' for --tolerance: %s", flags.tolerance.text,
                                error.reason);
    }
    return EXIT_DONE;
}

static int check_flags(const operand_list *operands) {
    if (operands->count == 0) {
        return message_argument(EXIT_USAGE, 1, "no program: coldheap track -- PROGRAM ARGUMENTS");
    }
    if (flags.depth != 1 && flags.depth != 8 && flags.depth != 32) {
        return message_error(EXIT_USAGE, "--depth", 0, "use 1, 8 or 32");
    }
    if (flags.sites != 0 && flags.sites < 2 * CHI_TRACK_SITE_FIRST) {
        return message_error(EXIT_USAGE, "--sites", 0, "use 4 or more");
    }
    if (flags.update_baseline && flags.baseline.position == 0) {
        return message_error(EXIT_USAGE, "--update-baseline", 0, "which? give --baseline=FILE");
    }
    if (flags.baseline.position != 0 && !flags.update_baseline &&
        access(flags.baseline.text, R_OK) != 0) {
        return message_argument(EXIT_USAGE, flags.baseline.position, "%.400s: %s",
                                flags.baseline.text, strerror(errno));
    }
    return EXIT_DONE;
}

/* Programs may go elsewhere before they load the tracker: the path starts at the root. */
static const char *record_pattern(void) {
    char folder[PATH_MAX];
    const char *name =
        flags.out.position != 0 ? store_format("%s.%%p", flags.out.text) : "coldheap.%p.track";
    if (name[0] == '/' || getcwd(folder, sizeof folder) == NULL) {
        return name;
    }
    return store_format("%s/%s", folder, name);
}

static int configure(launch *of, const char *pattern) {
    chi_session_config *config = &of->session->config;
    config->mode = CH_GUARD_COUNT; /* hot sections are counted, for their budgets */
    config->quiet = 1;
    config->track = 1;
    config->depth = CHI_SESSION_FRAMES;
    config->partial_ok = flags.partial_ok;
    config->track_depth = (uint32_t)flags.depth;
    config->track_sites = (uint32_t)flags.sites;
    config->track_exact_peak = flags.exact_peak;
    config->track_lifetimes = flags.lifetimes;
    config->track_since_seal = flags.since_seal || flags.seal_on.count > 0;
    config->track_sample_bytes = flags.sample_bytes;
    int code = seal_on_read(config, &flags.seal_on);
    return code == EXIT_DONE
               ? launch_set(config->track_path, sizeof config->track_path, pattern, "--out")
               : code;
}

/* What can be known before anything runs. */
static int look(preflight *program, const char *name) {
    int code = preflight_look(program, name);
    if (code != EXIT_DONE) {
        return code;
    }
    if (program->refusal != NULL) {
        return message_error(EXIT_NOT_ARMED, program->path, 0, "not tracked: %.600s",
                             program->refusal);
    }
    if (program->partial != NULL && !flags.partial_ok) {
        return message_error(EXIT_NOT_ARMED, program->path, 0,
                             "only in part: %.600s (--partial-ok)", program->partial);
    }
    return EXIT_DONE;
}

static int start(tracked *run, launch *of, const preflight *program, const operand_list *operands) {
    const char **arguments = STORE_ARRAY(const char *, operands->count + 1);
    memcpy(arguments, operands->texts, operands->count * sizeof *arguments);
    bool hooks = preflight_hooks(program, &of->before);
    int code = launch_runtime(of, hooks ? LAUNCH_HOOKS : LAUNCH_PRELOAD,
                              flags.library.position != 0 ? flags.library.text : NULL);
    if (code == EXIT_DONE) {
        code = configure(of, run->pattern);
    }
    if (code == EXIT_DONE) {
        code = launch_run(of, program->path, arguments, &run->end);
    }
    return code;
}

/* With --out the first process's record gets that name. */
static void settle_path(tracked *run) {
    run->path = track_path_of(run->pattern, run->end.process);
    if (flags.out.position != 0 && rename(run->path, flags.out.text) == 0) {
        run->path = flags.out.text;
    }
}

static int run_tracked(const preflight *program, const operand_list *operands,
                       const track_demands *demands) {
    launch of;
    tracked run = {.of = &of, .pattern = record_pattern()};
    int code = launch_open(&of);
    if (code == EXIT_DONE) {
        code = start(&run, &of, program, operands);
    }
    if (code == EXIT_DONE) {
        settle_path(&run);
        code = track_judge(&run, demands);
        resolve_close();
    }
    launch_close(&of);
    return code;
}

static int run(const operand_list *operands) {
    preflight program;
    track_demands demands = {
        .budget = &limits,
        .baseline = flags.baseline.text,
        .update_baseline = flags.update_baseline,
        .json = flags.json.text,
        .prometheus = flags.prometheus.text,
        .top = (size_t)flags.top,
        .github = flags.github,
        .leaks = flags.leaks,
    };
    int code = check_flags(operands);
    if (code == EXIT_DONE) {
        code = read_budgets();
    }
    if (code == EXIT_DONE) {
        code = read_tolerance(&demands.tolerance);
    }
    if (code == EXIT_DONE) {
        code = look(&program, operands->texts[0]);
    }
    return code == EXIT_DONE ? run_tracked(&program, operands, &demands) : code;
}

const command command_track = {
    .name = "track",
    .summary = "run a program and see who takes memory, who keeps it, and if that is in budget",
    .synopsis = "coldheap track [flags] -- PROGRAM ARGUMENTS...",
    .description =
        "Counts every block by the place that asked for it: given out, live, peak. The numbers are "
        "requested bytes. They lie in a record that `convert`, `diff` and `top` read. The status "
        "is the program's own, unless a budget or the baseline is exceeded (97) or something was "
        "not tracked (98).",
    .examples = "  coldheap track --depth=8 --leaks -- ./engine --replay day1.bin\n"
                "  coldheap track --budget='total allocs 1200' --budget='peak 8M' -- ./engine\n"
                "  coldheap track --baseline=allocations.txt -- ./engine\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
