/* main.c: coldheap: the table of commands, the global flags, help and version pages, and the end of
 * the program, where what was written is checked for having arrived. Each command is a file of its
 * name. */
#include "command.h"

#include "man.h"
#include "message.h"
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct {
    bool help;
    bool version;
    bool man;
    bool no_color;
    flag_text progress;
} globals;

static const flag_row GLOBAL_FLAGS[] = {
    {"verbosity", FLAG_U64, &message_config.verbosity, "N", 1000000, NULL,
     "0: only errors on stderr (1)"},
    {"no-color", FLAG_BOOL, &globals.no_color, NULL, 0, NULL, "no colour, also by NO_COLOR"},
    {"progress", FLAG_TEXT, &globals.progress, "auto|plain|none", 0, NULL,
     "a bar on a terminal, else a line every 30 s (auto)"},
    {"help", FLAG_BOOL, &globals.help, NULL, 0, NULL, "this page"},
    {"man", FLAG_BOOL, &globals.man, NULL, 0, NULL, "this page as a manual page, in mdoc(7)"},
    {"version", FLAG_BOOL, &globals.version, NULL, 0, NULL, "the version"},
};

// clang-format off
static const command *const COMMANDS[] = {
    &command_check,
    &command_track,
    &command_top,
    &command_diff,
    &command_convert,
    &command_prove,
    &command_effects,
    &command_list,
    &command_symbolize,
    &command_doctor,
    &command_bench,
    NULL,
};
// clang-format on

static const exit_line EXITS[] = {
#define EXIT_LINE(name, value, meaning) {(value), meaning},
    EXIT_CODE_ROWS(EXIT_LINE)
#undef EXIT_LINE
        {0, NULL}};

static const page_settings PAGE = {
    COMMANDS, {GLOBAL_FLAGS, sizeof GLOBAL_FLAGS / sizeof GLOBAL_FLAGS[0]}, EXITS};

static const man_settings MAN = {"proof that hot paths never touch the heap", COLDHEAP_VERSION,
                                 COLDHEAP_DATE};

static int print_version(void) {
    sink_print(&sink_out, "coldheap %s\n", COLDHEAP_VERSION);
    return EXIT_DONE;
}

static int print_help(void) {
    sink_print(&sink_out, "NAME\n  coldheap - %s\n", MAN.summary);
    sink_text(&sink_out, "\nSYNOPSIS\n  coldheap [global flags] COMMAND [flags] [operands]\n"
                         "\nCOMMANDS\n");
    for (size_t i = 0; COMMANDS[i] != NULL; i++) {
        sink_print(&sink_out, "  %-12s %s\n", COMMANDS[i]->name, COMMANDS[i]->summary);
    }
    sink_text(&sink_out, "\nGLOBAL FLAGS (before or after the command)\n");
    options_help(&sink_out, PAGE.globals);
    page_exits(&PAGE);
    sink_text(&sink_out, "\n`coldheap COMMAND --help` tells more.\n");
    return EXIT_DONE;
}

static int unknown_command(const char *name, int position) {
    return message_argument(EXIT_USAGE, position, "unknown command '%.80s', nearest is %s", name,
                            page_nearest(&PAGE, name));
}

static int apply_globals(void) {
    int code = options_choice("progress", globals.progress, "auto|plain|none");
    const char *no_color = getenv("NO_COLOR");
    if (globals.progress.position != 0) {
        message_config.progress = globals.progress.text;
    }
    message_config.color = !globals.no_color && (no_color == NULL || *no_color == 0);
    return code;
}

static int run_command(const command *wanted, int argc, char **argv, int first) {
    operand_list operands = {STORE_ARRAY(const char *, OPERANDS_MAX),
                             STORE_ARRAY(int, OPERANDS_MAX), 0};
    const flag_table tables[2] = {wanted->flags, PAGE.globals};
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
    if (globals.man) {
        man_command(&PAGE, &MAN, wanted);
        return EXIT_DONE;
    }
    if (globals.help) {
        page_command(&PAGE, wanted);
        return EXIT_DONE;
    }
    return wanted->run(&operands);
}

static int run_program(int argc, char **argv) {
    int next = argc;
    int code = options_leading(argc, argv, PAGE.globals, &next);
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
        next++;
        globals.help = true;
    }
    if (next == argc && globals.man) {
        man_tool(&PAGE, &MAN);
        return EXIT_DONE;
    }
    if (next == argc) {
        return globals.help ? print_help()
                            : message_argument(EXIT_USAGE, argc - 1, "no command, try --help");
    }
    const command *wanted = page_find(&PAGE, argv[next]);
    return wanted != NULL ? run_command(wanted, argc, argv, next + 1)
                          : unknown_command(argv[next], next);
}

/* Results that did not arrive are no results, whatever they were. */
static int close_streams(int code) {
    message_progress_end();
    if (!sink_flush(&sink_out)) {
        code = message_error(EXIT_INTERNAL, sink_out.name, 0, "%s", strerror(sink_out.error));
    }
    return sink_flush(&sink_err) ? code : EXIT_INTERNAL;
}

int main(int argc, char **argv) {
    int code = store_open();
    if (code == EXIT_DONE) {
        code = run_program(argc, argv);
    }
    return close_streams(code);
}
