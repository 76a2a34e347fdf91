/* main.c: coldevm: the table of commands, the global flags, help and version pages, and the end of
 * the program, where what was written is checked for having arrived. Each command is a file of its
 * name; files of the tool name things `noun_verb` without the prefixes of the libraries. */
#include "command.h"

#include "codes.h"
#include "coldevm_version.h" /* generated: COLDEVM_VERSION, COLDEVM_COMMIT */
#include "foreign.h"
#include "message.h"
#include "seal.h"
#include "store.h"
#include "text.h"

#include <coldevm/hash.h>

#include <stdlib.h>
#include <string.h>

#define GETH_VERSION "1.16.0"
#define EVMC_ABIS    "12"

static struct {
    bool help;
    bool version;
    bool no_color;
    flag_text compat;
    flag_text progress;
} globals;

static const flag_row GLOBAL_FLAGS[] = {
    {"verbosity", FLAG_U64, &message_config.verbosity, "N", 1000000, NULL,
     "0: only errors on stderr (1)"},
    {"no-color", FLAG_BOOL, &globals.no_color, NULL, 0, NULL, "no colour, also by NO_COLOR"},
    {"compat", FLAG_TEXT, &globals.compat, "geth", 0, NULL,
     "exit codes and banner as geth's evm, also by COLDEVM_COMPAT"},
    {"progress", FLAG_TEXT, &globals.progress, "auto|plain|none", 0, NULL,
     "a bar on a terminal, else a line every 30 s (auto)"},
    {"help", FLAG_BOOL, &globals.help, NULL, 0, NULL, "this page"},
    {"version", FLAG_BOOL, &globals.version, NULL, 0, NULL, "version, forks and guard"},
};

#define LATER_ROWS(X)                                                                              \
    X(blocktest, "blocktest", NULL, "run blockchain tests")                                        \
    X(t8n, "t8n", "transition", "state transition tool")                                           \
    X(t9n, "t9n", "transaction", "transaction check")                                              \
    X(trace, "trace", "tracediff", "validate, compare, condense trace files")                      \
    X(evmc_test, "evmc-test", NULL, "conformance of an EVMC library")

#define LATER(id, word, other, text)                                                               \
    static const command later_##id = {.name = (word), .alias = (other), .summary = (text)};
LATER_ROWS(LATER)
#undef LATER

static const command *const COMMANDS[] = {&command_run,
                                          &command_statetest,
                                          &command_bench,
                                          &command_disasm,
                                          &command_footprint,
#define LATER(id, word, other, text) &later_##id,
                                          LATER_ROWS(LATER)
#undef LATER
                                              NULL};

static const exit_line EXITS[] = {
#define EXIT_LINE(name, value, meaning) {(value), meaning},
    EXIT_CODE_ROWS(EXIT_LINE)
#undef EXIT_LINE
        {0, NULL}};

static const page_settings PAGE = {
    COMMANDS, {GLOBAL_FLAGS, sizeof GLOBAL_FLAGS / sizeof GLOBAL_FLAGS[0]}, EXITS};

static int unknown_command(const char *name, int position) {
    return message_argument(EXIT_FLAG, position, "unknown command '%.80s', nearest is %s", name,
                            page_nearest(&PAGE, name));
}

static int print_version(void) {
    if (command_mode.geth) {
        sink_text(&sink_out, "evm version " GETH_VERSION "-coldevm-" COLDEVM_VERSION "\n");
        return EXIT_DONE;
    }
    sink_print(&sink_out, "coldevm %s (%s) evmc %s forks %s..%s heap-guard %s\n", COLDEVM_VERSION,
               COLDEVM_COMMIT, EVMC_ABIS, chevm_fork_name(CHEVM_FRONTIER),
               chevm_fork_name(CHEVM_FORK_NEWEST), seal_is_armed() ? "on" : "off");
    return EXIT_DONE;
}

static void list_commands(bool built) {
    for (size_t i = 0; COMMANDS[i] != NULL; i++) {
        if ((COMMANDS[i]->run != NULL) == built) {
            sink_print(&sink_out, "  %-12s %s\n", COMMANDS[i]->name, COMMANDS[i]->summary);
        }
    }
}

static int print_help(void) {
    sink_text(&sink_out,
              "NAME\n  coldevm - an Ethereum Virtual Machine that never touches the heap\n"
              "\nSYNOPSIS\n  coldevm [global flags] COMMAND [flags] [operands]\n"
              "\nCOMMANDS\n");
    list_commands(true);
    sink_text(&sink_out, "\nNOT IN THIS VERSION\n");
    list_commands(false);
    sink_text(&sink_out, "\nGLOBAL FLAGS (before or after the command)\n");
    options_help(&sink_out, FLAG_TABLE(GLOBAL_FLAGS));
    page_exits(&PAGE);
    sink_text(&sink_out, "\nMessages have the form `ERROR(N): file:line: reason`, N being the exit "
                         "status.\n`coldevm COMMAND --help` tells more.\n");
    return EXIT_DONE;
}

static int print_command_help(const command *wanted) {
    page_command(&PAGE, wanted);
    return EXIT_DONE;
}

static int apply_globals(void) {
    const char *compat =
        globals.compat.position != 0 ? globals.compat.text : getenv("COLDEVM_COMPAT");
    int code = options_choice("compat", globals.compat, "geth");
    if (code == EXIT_DONE) {
        code = options_choice("progress", globals.progress, "auto|plain|none");
    }
    if (code != EXIT_DONE) {
        return code;
    }
    command_mode.geth = command_mode.geth || (compat != NULL && strcmp(compat, "geth") == 0);
    if (globals.progress.position != 0) {
        message_config.progress = globals.progress.text;
    } else if (command_mode.geth) {
        message_config.progress = "none";
    }
    const char *no_color = getenv("NO_COLOR");
    message_config.color = !globals.no_color && (no_color == NULL || *no_color == 0);
    return EXIT_DONE;
}

static int run_command(const command *wanted, int argc, char **argv, int first) {
    operand_list operands = {STORE_ARRAY(const char *, OPERANDS_MAX),
                             STORE_ARRAY(int, OPERANDS_MAX), 0};
    const flag_table tables[2] = {wanted->flags, FLAG_TABLE(GLOBAL_FLAGS)};
    if (wanted->run == NULL) {
        return message_argument(EXIT_FLAG, first - 1, "%s: not in this version", wanted->name);
    }
    int code = options_parse(argc, argv, first, tables, &operands);
    if (code == EXIT_DONE) {
        code = apply_globals();
    }
    if (code != EXIT_DONE) {
        return code;
    }
    if (globals.version) {
        return print_version();
    }
    return globals.help ? print_command_help(wanted) : wanted->run(&operands);
}

/* `help` and `help COMMAND`. */
static int run_help(int argc, char **argv, int next) {
    const command *wanted = next + 1 < argc ? page_find(&PAGE, argv[next + 1]) : NULL;
    if (next + 1 < argc && wanted == NULL) {
        return unknown_command(argv[next + 1], next + 1);
    }
    return wanted != NULL && wanted->run != NULL ? print_command_help(wanted) : print_help();
}

static int run_program(int argc, char **argv) {
    int next = argc;
    int code = options_leading(argc, argv, FLAG_TABLE(GLOBAL_FLAGS), &next);
    if (code == EXIT_DONE) {
        code = apply_globals();
    }
    if (code != EXIT_DONE) {
        return code;
    }
    if (globals.version || (next < argc && strcmp(argv[next], "version") == 0)) {
        return print_version();
    }
    if (next < argc && strcmp(argv[next], "help") == 0) {
        return run_help(argc, argv, next);
    }
    if (next == argc) {
        return globals.help ? print_help()
                            : message_argument(EXIT_FLAG, argc - 1, "no command, try --help");
    }
    const command *wanted = page_find(&PAGE, argv[next]);
    return wanted != NULL ? run_command(wanted, argc, argv, next + 1)
                          : unknown_command(argv[next], next);
}

/* geth's evm knows success, failure of the tool, and little else. */
static int geth_exit_code(int code) {
    if (code == EXIT_FAILED) {
        return command_mode.keeps_failure ? code : EXIT_DONE;
    }
    return code == EXIT_MALFORMED || code == EXIT_FILE || code == EXIT_RLP ? 1 : code;
}

/* Results that did not arrive are no results, whatever they were. */
static int close_streams(int code) {
    message_progress_end();
    if (!sink_flush(&sink_out)) {
        code = message_error(EXIT_FILE, sink_out.name, 0, "%s", strerror(sink_out.error));
    }
    return sink_flush(&sink_err) ? code : EXIT_FILE;
}

int main(int argc, char **argv) {
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *base = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "coldevm";
    command_mode.geth = strcmp(base, "evm") == 0;
    chevm_hash_init();
    int code = store_open();
    if (code == EXIT_DONE) {
        code = run_program(argc, argv);
    }
    foreign_close();
    code = close_streams(code);
    return command_mode.geth ? geth_exit_code(code) : code;
}
