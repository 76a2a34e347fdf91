/* check.c: `coldheap check`: runs a program under the guard and says what its hot paths did to the
 * heap. In order: flags, preflight, run, verdict. The verdict is always the last line. */
#include "command.h"

#include "check_flags.h"
#include "check_report.h"
#include "hotfn.h"
#include "message.h"
#include "store.h"

#include <string.h>

/* One run. */
typedef struct run {
    launch session;
    preflight program;
    outcome_demands demands;
    check_options options;
    const char *const *argv;
    const char *path;  /* what is started: the program, or valgrind */
    const char *armed; /* how the run time comes in */
} run;

static bool is_sanitized(const run *in) {
    return in->program.of.sanitizer != PROGRAM_NO_SANITIZER;
}

/* valgrind leaves the allocator of the program alone if it is told that no library but libc has
 * one: the guard passes calls on to libc, where the tool sees them. */
static int wrap_in_valgrind(run *in, const operand_list *operands) {
    const char *valgrind = program_find("valgrind");
    if (valgrind == NULL) {
        return message_error(EXIT_NOT_ARMED, "valgrind", 0, "is not installed");
    }
    if (is_sanitized(in)) {
        return message_error(EXIT_NOT_ARMED, in->program.path, 0,
                             "was built with a sanitizer, which does not run under valgrind");
    }
    const char **argv = STORE_ARRAY(const char *, operands->count + 5);
    size_t used = 0;
    argv[used++] = "valgrind";
    argv[used++] = store_format("--tool=%s", in->options.valgrind);
    argv[used++] = "--soname-synonyms=somalloc=nouserintercepts";
    argv[used++] = "--";
    argv[used++] = in->program.path;
    for (size_t i = 1; i < operands->count; i++) {
        argv[used++] = operands->texts[i];
    }
    in->session.session->config.hot_required = 0; /* valgrind's own image loads first */
    in->argv = argv;
    in->path = valgrind;
    in->armed = store_format("preload+%s", in->options.valgrind);
    return EXIT_DONE;
}

static int prepare(run *in, const operand_list *operands) {
    const char **argv = STORE_ARRAY(const char *, operands->count + 1);
    memcpy(argv, operands->texts, operands->count * sizeof *argv);
    in->argv = argv;
    in->path = in->program.path;
    const bool hooks = preflight_hooks(&in->program, &in->session.before);
    in->armed = in->program.of.guard ? "linked" : hooks ? "hooks" : "preload";
    int code =
        launch_runtime(&in->session, hooks ? LAUNCH_HOOKS : LAUNCH_PRELOAD, in->options.runtime);
    return code == EXIT_DONE && in->options.valgrind != NULL ? wrap_in_valgrind(in, operands)
                                                             : code;
}

/* What cannot be checked is not started. */
static const char *refusal_of(const run *in) {
    if (in->program.refusal != NULL) {
        return in->program.refusal;
    }
    const bool accepted = in->demands.partial_ok || in->program.partial == NULL;
    return accepted ? NULL : store_format("%s: --partial-ok checks the rest", in->program.partial);
}

static int run_and_judge(run *in, check_report *report) {
    launch_end end;
    outcome made;
    int code = launch_run(&in->session, in->path, in->argv, &end);
    if (code != EXIT_DONE) {
        return code;
    }
    outcome_marks(in->session.session);
    outcome_judge(&made, &in->session, &in->program, &end, &in->demands);
    check_report_run(report, &made, in->armed, &end);
    return made.status;
}

static int check(run *in, const operand_list *operands) {
    check_report report;
    int code = preflight_look(&in->program, operands->texts[0]);
    const char *refusal = code == EXIT_DONE ? refusal_of(in) : NULL;
    if (code == EXIT_DONE && refusal == NULL) {
        code = prepare(in, operands);
    }
    if (code == EXIT_DONE && refusal == NULL) {
        code = hotfn_expand(&in->session, in->program.of.path);
    }
    if (code == EXIT_DONE) {
        code = check_report_open(&report, in->session.session, &in->demands, &in->options);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    if (refusal != NULL) {
        code = EXIT_NOT_ARMED;
        check_report_refusal(&report, in->program.path, in->program.of.path, refusal);
    } else {
        code = run_and_judge(in, &report);
    }
    return check_report_close(&report, code);
}

static int run_check(const operand_list *operands) {
    run *in = STORE_NEW(run);
    if (operands->count == 0) {
        return message_argument(EXIT_USAGE, 1, "no program: coldheap check [flags] -- PROGRAM ...");
    }
    int code = launch_open(&in->session);
    if (code == EXIT_DONE) {
        code = check_flags_apply(&in->session, &in->demands, &in->options);
    }
    if (code == EXIT_DONE) {
        code = check(in, operands);
    }
    launch_close(&in->session);
    return code;
}

const command command_check = {
    .name = "check",
    .summary = "run a program and find every heap call in its hot paths",
    .synopsis = "coldheap check [flags] -- PROGRAM [arguments]",
    .description =
        "Runs the program with the guard preloaded, or beside the one that is linked in. Hot is "
        "what CH_HOT_SCOPE marks, what --hot-fn and --hot-addr name, and everything after a seal. "
        "Each heap call in there is a violation, printed with its stack. The exit status is the "
        "program's own if all was checked and nothing found; an unchecked run never passes.",
    .examples = "  coldheap check --require all -- ./engine --replay day1.bin\n"
                "  coldheap check --hot-fn 'libz.so.1!deflate' -- gzip -k file\n"
                "  coldheap check --seal-on epoll_wait -- ./server\n",
    .flags = {check_flag_rows, CHECK_FLAG_COUNT},
    .run = run_check,
};
