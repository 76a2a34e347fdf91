/* check_flags.c: see check_flags.h. */
#include "check_flags.h"

#include "codes.h"
#include "message.h"
#include "policy.h"
#include "seal_on.h"
#include "store.h"
#include "suppress.h"
#include "syscalls.h"
#include "text.h"
#include "wrappers.h"

#include <coldheap/guard.h>

#include <string.h>

#define DEPTH_DEFAULT   16u
#define DEPTH_UNSET     UINT64_MAX
#define REPORTS_DEFAULT 20u

static struct {
    flag_text mode;
    flag_text ops;
    flag_list hot_functions;
    flag_list hot_addresses;
    flag_list seal_on;
    flag_text seal_exit;
    flag_list required;
    flag_list rules;
    flag_list budgets;
    flag_list budget_files;
    flag_text watch;
    flag_text syscalls;
    flag_text faults;
    flag_text children;
    flag_text json;
    flag_text valgrind;
    flag_text runtime;
    uint64_t depth;
    uint64_t reports_max;
    bool hot_marked;
    bool hot_late;
    bool strict;
    bool partial_ok;
    bool github;
} flags = {.depth = DEPTH_UNSET, .reports_max = REPORTS_DEFAULT};

const flag_row check_flag_rows[] = {
    {"mode", FLAG_TEXT, &flags.mode, "abort|log|count|callback|deny", 0, NULL,
     "what a violation does to the program: it goes on (log), ends (abort), its call fails (deny), "
     "the program's own function decides (callback) (log)"},
    {"ops", FLAG_TEXT, &flags.ops, "LIST", 0, NULL,
     "operations that are denied besides the heap's: map (mmap, munmap, brk and their kin)"},
    {"hot-fn", FLAG_LIST, &flags.hot_functions, "[MODULE!]GLOB", 0, NULL,
     "functions that are hot by name, mangled or not; may be repeated"},
    {"hot-addr", FLAG_LIST, &flags.hot_addresses, "MODULE+OFF:LEN", 0, NULL,
     "code that is hot by its address in a file; may be repeated"},
    {"hot-marked", FLAG_BOOL, &flags.hot_marked, NULL, 0, NULL,
     "functions marked CH_HOT_FN are hot, whoever calls them"},
    {"hot-late", FLAG_BOOL, &flags.hot_late, NULL, 0, NULL,
     "hot functions may come with a child or a library opened later: judged at the end"},
    {"seal-on", FLAG_LIST, &flags.seal_on, "CALL", 0, NULL,
     "the process is sealed by its first call of main, listen, accept, poll, select, epoll_wait, "
     "sigwait, pause, nanosleep, by SIGUSR2, or after=2s; several between commas"},
    {"seal-exit", FLAG_TEXT, &flags.seal_exit, "strict|end", 0, NULL,
     "exit and return from main end the seal (end)"},
    {"require", FLAG_LIST, &flags.required, "NAME|all", 0, NULL,
     "sections that must be entered; several between commas"},
    {"suppress", FLAG_LIST, &flags.rules, "FILE", 0, NULL,
     "what is allowed although it is denied, and names of wrappers"},
    {"strict", FLAG_BOOL, &flags.strict, NULL, 0, NULL,
     "a rule of --suppress that never served fails the run"},
    {"budget", FLAG_LIST, &flags.budgets, "LINE", 0, NULL,
     "a limit of a section: 'section tick allocs 0'; may be repeated"},
    {"budget-file", FLAG_LIST, &flags.budget_files, "FILE", 0, NULL, "limits, one a line"},
    {"watch", FLAG_TEXT, &flags.watch, "POLICY", 0, NULL,
     "watch the assumptions of a policy of `prove`: functions stated to make no heap call"},
    {"syscalls", FLAG_MAYBE, &flags.syscalls, "deny-all,allow=NAME", 0, "deny-all",
     "system calls in hot sections are violations, but for those named"},
    {"faults", FLAG_WORD, &flags.faults, "count|locate", 0, "locate",
     "page faults in hot sections are violations, with their address (locate), or are counted"},
    {"children", FLAG_TEXT, &flags.children, "all|ignore", 0, NULL,
     "programs that the program starts must be armed too (all)"},
    {"partial-ok", FLAG_BOOL, &flags.partial_ok, NULL, 0, NULL,
     "accept a program that has a heap beside malloc, which is not seen"},
    {"with-valgrind", FLAG_MAYBE, &flags.valgrind, "TOOL", 0, "memcheck",
     "run under valgrind, set up so that the guard and the tool both see the heap"},
    {"depth", FLAG_U64, &flags.depth, "N", CHI_SESSION_FRAMES, NULL,
     "lines of a stack (16; 0 with --mode=count)"},
    {"max-reports", FLAG_U64, &flags.reports_max, "N", 1000000, NULL,
     "violations that are printed in full (20)"},
    {"json", FLAG_TEXT, &flags.json, "FILE", 0, NULL, "one object per line as well"},
    {"github", FLAG_BOOL, &flags.github, NULL, 0, NULL, "annotations for GitHub as well"},
    {"runtime", FLAG_TEXT, &flags.runtime, "FOLDER", 0, NULL,
     "where libcoldheap-preload.so and libcoldheap-hooks.so are (../lib of this command)"},
};

_Static_assert(sizeof check_flag_rows / sizeof check_flag_rows[0] == CHECK_FLAG_COUNT,
               "the number that the command gives is that of the rows");

typedef struct word_value {
    const char *word;
    uint32_t value;
} word_value;

static bool find_word(const word_value *words, size_t count, const char *text, uint32_t *value) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].word, text) == 0) {
            *value = words[i].value;
            return true;
        }
    }
    return false;
}

/* The next of the words between commas; NULL at the end. */
static const char *next_part(const char **text) {
    if (*text == NULL) {
        return NULL;
    }
    const size_t length = strcspn(*text, ",");
    const char *part = store_text(*text, length);
    *text = (*text)[length] == ',' ? *text + length + 1 : NULL;
    return part;
}

/* ---- settings ---- */

static int read_mode(chi_session_config *config) {
    static const word_value modes[] = {{"abort", CH_GUARD_ABORT},
                                       {"log", CH_GUARD_LOG},
                                       {"count", CH_GUARD_COUNT},
                                       {"deny", CH_GUARD_DENY},
                                       {"callback", CH_GUARD_LOG}}; /* it decides, where it is */
    config->mode = CH_GUARD_LOG;
    const int code = options_choice("mode", flags.mode, "abort|log|count|callback|deny");
    if (code == EXIT_DONE && flags.mode.position != 0) {
        (void)find_word(modes, sizeof modes / sizeof modes[0], flags.mode.text, &config->mode);
    }
    return code;
}

static int read_ops(chi_session_config *config) {
    uint32_t ops = 0;
    if (flags.ops.position == 0) {
        return EXIT_DONE;
    }
    if (!suppress_ops(&ops, flags.ops.text) || (ops & ~(CH_OP_HEAP | CH_OP_MAP)) != 0) {
        return message_argument(EXIT_USAGE, flags.ops.position,
                                "bad value '%.80s' for --ops: use map (heap is always denied)",
                                flags.ops.text);
    }
    config->ops = ops & CH_OP_MAP;
    return EXIT_DONE;
}

static int read_seal(chi_session_config *config) {
    int code = options_choice("seal-exit", flags.seal_exit, "strict|end");
    config->seal_exit_strict =
        flags.seal_exit.position != 0 && code == EXIT_DONE && *flags.seal_exit.text == 's';
    return code == EXIT_DONE ? seal_on_read(config, &flags.seal_on) : code;
}

/* deny-all, allow=NAME; words behind an allow= are names too. */
static int read_syscalls(chi_session_config *config) {
    const char *text = flags.syscalls.text;
    bool naming = false;
    if (flags.syscalls.position == 0) {
        return EXIT_DONE;
    }
    config->check_syscalls = 1;
    for (const char *word; (word = next_part(&text)) != NULL;) {
        uint32_t number;
        const bool allow = strncmp(word, "allow=", 6) == 0;
        const char *name = allow ? word + 6 : word;
        naming = naming || allow;
        if (!naming && strcmp(word, "deny-all") == 0) {
            continue;
        }
        if (!naming || !syscalls_number(&number, name) || number >= CHI_SESSION_SYSCALLS) {
            return message_argument(EXIT_USAGE, flags.syscalls.position,
                                    naming ? "'%.80s' is no system call of this machine"
                                           : "bad value '%.80s' for --syscalls: use deny-all, "
                                             "allow=NAME",
                                    name);
        }
        config->syscalls_allowed[number / 8] |= (uint8_t)(1u << (number % 8));
    }
    return EXIT_DONE;
}

static int read_settings(chi_session_config *config) {
    int code = read_mode(config);
    code = code == EXIT_DONE ? read_ops(config) : code;
    code = code == EXIT_DONE ? read_seal(config) : code;
    code = code == EXIT_DONE ? read_syscalls(config) : code;
    code = code == EXIT_DONE ? options_choice("children", flags.children, "all|ignore") : code;
    const bool counting = config->mode == CH_GUARD_COUNT && flags.depth == DEPTH_UNSET;
    config->depth = counting                     ? 0
                    : flags.depth == DEPTH_UNSET ? DEPTH_DEFAULT
                                                 : (uint32_t)flags.depth;
    config->max_reports = (uint32_t)flags.reports_max;
    config->hot_marked = flags.hot_marked;
    config->hot_required = !flags.hot_late;
    config->partial_ok = flags.partial_ok;
    config->quiet = 1;
    if (flags.faults.position != 0) {
        config->check_faults = *flags.faults.text == 'c' ? CHI_FAULTS_COUNT : CHI_FAULTS_LOCATE;
    }
    return code;
}

/* ---- rules ---- */

static int read_hot(launch *session) {
    int code = EXIT_DONE;
    for (size_t i = 0; code == EXIT_DONE && i < flags.hot_functions.count; i++) {
        const flag_text *item = &flags.hot_functions.items[i];
        code = launch_hot(session, CHI_RULE_HOT, item->text, item->position);
    }
    for (size_t i = 0; code == EXIT_DONE && i < flags.hot_addresses.count; i++) {
        const flag_text *item = &flags.hot_addresses.items[i];
        code = launch_hot_address(session, item->text, item->position);
    }
    return code;
}

static int read_suppressions(launch *session, outcome_demands *demands) {
    wrapper_name *wrappers = NULL;
    int code = EXIT_DONE;
    for (size_t i = 0; code == EXIT_DONE && i < flags.rules.count; i++) {
        const size_t first = session->rule_count;
        code = suppress_read(session, &wrappers, flags.rules.items[i].text);
        for (size_t j = first; j < session->rule_count; j++) {
            demands->rule_paths[j] = flags.rules.items[i].text;
        }
    }
    for (; code == EXIT_DONE && wrappers != NULL; wrappers = wrappers->next) {
        if (!wrappers_add(wrappers->name)) {
            code = message_error(EXIT_USAGE, wrappers->name, 0, "more than %u wrappers",
                                 WRAPPERS_ADDED_MAX);
        }
    }
    return code;
}

static int read_watch(launch *session, outcome_demands *demands) {
    policy read = {.lines = NULL};
    if (flags.watch.position == 0) {
        return EXIT_DONE;
    }
    int code = policy_read(&read, flags.watch.text);
    size_t count = 0;
    for (const policy_line *line = read.lines; code == EXIT_DONE && line != NULL;
         line = line->next) {
        if (line->kind != POLICY_EFFECT) {
            continue;
        }
        chi_session_rule *rule = launch_rule(session, CHI_RULE_WATCH);
        if (rule == NULL) {
            return EXIT_USAGE;
        }
        demands->rule_paths[session->rule_count - 1] = flags.watch.text;
        rule->line = (uint32_t)line->line;
        code = launch_set(rule->function, sizeof rule->function, line->name, flags.watch.text);
        launch_cut(rule->why, sizeof rule->why, line->reason);
        count++;
    }
    if (code == EXIT_DONE && count == 0) {
        code = message_error(EXIT_USAGE, flags.watch.text, 0,
                             "no line `effect NAME none`: nothing to watch");
    }
    return code;
}

static int read_budgets(outcome_demands *demands) {
    budget *made = STORE_NEW(budget);
    int code = EXIT_DONE;
    for (size_t i = 0; code == EXIT_DONE && i < flags.budget_files.count; i++) {
        code = budget_read(made, flags.budget_files.items[i].text);
    }
    for (size_t i = 0; code == EXIT_DONE && i < flags.budgets.count; i++) {
        code = budget_add(made, flags.budgets.items[i].text, flags.budgets.items[i].position);
    }
    if (code == EXIT_DONE && budget_wants_record(made)) {
        code = message_error(EXIT_USAGE, "budget", 0,
                             "only budgets of sections are checked here; `coldheap track` knows "
                             "the others");
    }
    demands->budget = made;
    return code;
}

/* ---- all of them ---- */

/* Makes one item of each word between commas. */
static int split_required(flag_list *out) {
    for (size_t i = 0; i < flags.required.count; i++) {
        const char *text = flags.required.items[i].text;
        const int position = flags.required.items[i].position;
        for (const char *word; (word = next_part(&text)) != NULL;) {
            if (*word == 0 || out->count == FLAG_LIST_MAX) {
                return message_argument(EXIT_USAGE, position,
                                        "'%.80s' names no section, or too "
                                        "many",
                                        flags.required.items[i].text);
            }
            out->items[out->count++] = (flag_text){word, position};
        }
    }
    return EXIT_DONE;
}

int check_flags_apply(launch *session, outcome_demands *demands, check_options *options) {
    flag_list *required = STORE_NEW(flag_list);
    *demands = (outcome_demands){.required = required,
                                 .strict = flags.strict,
                                 .partial_ok = flags.partial_ok,
                                 .children_ignored =
                                     flags.children.position != 0 && *flags.children.text == 'i'};
    *options = (check_options){.json = flags.json.text,
                               .valgrind = flags.valgrind.text,
                               .runtime = flags.runtime.text,
                               .reports_max = flags.reports_max,
                               .github = flags.github};
    int code = read_settings(&session->session->config);
    code = code == EXIT_DONE ? read_hot(session) : code;
    code = code == EXIT_DONE ? read_suppressions(session, demands) : code;
    code = code == EXIT_DONE ? read_watch(session, demands) : code;
    code = code == EXIT_DONE ? read_budgets(demands) : code;
    code = code == EXIT_DONE ? split_required(required) : code;
    if (code == EXIT_DONE && demands->budget->count > 0 &&
        session->session->config.mode == CH_GUARD_ABORT) {
        code = message_error(EXIT_USAGE, "budget", 0, "--mode abort ends at the first call");
    }
    return code;
}
