/* man.c: see man.h. */
#include "man.h"

#include "tool.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Text: what roff would take for its own is escaped; `begins`: at the begin of a line. */
static void put_text(const char *text, bool begins) {
    if (begins && (*text == '.' || *text == '\'')) {
        sink_text(&sink_out, "\\&");
    }
    for (; *text != 0; text++) {
        switch (*text) {
        case '\\':
            sink_text(&sink_out, "\\e");
            break;
        case '-':
            sink_text(&sink_out, "\\-");
            break;
        default:
            sink_char(&sink_out, *text);
        }
    }
}

/* Prose: each sentence begins a line, as the language wants it, and no line is long. */
static void put_prose(const char *text) {
    size_t column = 0;
    while (*text != 0) {
        const size_t length = strcspn(text, " ");
        char word[256];
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        if (column > 0) {
            const bool breaks = text[-2] == '.' || text[-2] == ':' || column + 1 + length > 72;
            sink_char(&sink_out, breaks ? '\n' : ' ');
            column = breaks ? 0 : column + 1;
        }
        put_text(word, column == 0);
        column += length;
        text += length + (text[length] == ' ');
    }
    sink_char(&sink_out, '\n');
}

/* Lines as they stand, less the two blanks that help pages begin them with. */
static void put_lines(const char *text) {
    sink_text(&sink_out, ".Bd -literal -offset indent\n");
    while (*text != 0) {
        const size_t length = strcspn(text, "\n");
        const size_t skip = strncmp(text, "  ", 2) == 0 ? 2 : 0;
        char line[1024];
        snprintf(line, sizeof line, "%.*s", (int)(length - skip), text + skip);
        put_text(line, true);
        sink_char(&sink_out, '\n');
        text += length + (text[length] == '\n');
    }
    sink_text(&sink_out, ".Ed\n");
}

static void put_flags(flag_table table) {
    sink_text(&sink_out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < table.count; i++) {
        char head[200];
        if (table.rows[i].help == NULL) {
            continue;
        }
        options_head(head, sizeof head, table, i);
        sink_text(&sink_out, ".It Sy \"");
        put_text(head, false);
        sink_text(&sink_out, "\"\n");
        put_prose(table.rows[i].help);
    }
    sink_text(&sink_out, ".El\n");
}

static void put_head(const man_settings *settings, const char *command_name, const char *summary) {
    char title[80];
    snprintf(title, sizeof title, "%s%s%s", tool.name, command_name != NULL ? "-" : "",
             command_name != NULL ? command_name : "");
    sink_print(&sink_out, ".Dd %s\n.Dt ", settings->date);
    for (const char *c = title; *c != 0; c++) {
        sink_char(&sink_out, (char)toupper((unsigned char)*c));
    }
    sink_print(&sink_out, " 1\n.Os \"%s %s\"\n.Sh NAME\n.Nm %s\n.Nd ", tool.name, settings->version,
               title);
    put_text(summary, false);
    sink_text(&sink_out, "\n.Sh SYNOPSIS\n");
}

static void put_exits(const page_settings *in) {
    sink_text(&sink_out, ".Sh EXIT STATUS\n.Bl -tag -width 1234\n");
    for (const exit_line *line = in->exits; line->meaning != NULL; line++) {
        sink_print(&sink_out, ".It %d\n", line->code);
        put_prose(line->meaning);
    }
    sink_text(&sink_out, ".El\n");
}

void man_command(const page_settings *in, const man_settings *settings, const command *wanted) {
    put_head(settings, wanted->name, wanted->summary);
    put_lines(wanted->synopsis);
    sink_text(&sink_out, ".Sh DESCRIPTION\n");
    put_prose(wanted->description);
    sink_text(&sink_out, ".Sh OPTIONS\n");
    put_flags(wanted->flags);
    sink_print(&sink_out, "The options of every command are those of\n.Xr %s 1 .\n", tool.name);
    put_exits(in);
    sink_text(&sink_out, ".Sh EXAMPLES\n");
    put_lines(wanted->examples);
    sink_print(&sink_out, ".Sh SEE ALSO\n.Xr %s 1\n", tool.name);
}

static const char *name_after(const page_settings *in, const char *last) {
    const char *best = NULL;
    for (size_t i = 0; in->commands[i] != NULL; i++) {
        const char *name = in->commands[i]->name;
        if (in->commands[i]->run != NULL && strcmp(name, last) > 0 &&
            (best == NULL || strcmp(name, best) < 0)) {
            best = name;
        }
    }
    return best;
}

void man_tool(const page_settings *in, const man_settings *settings) {
    put_head(settings, NULL, settings->summary);
    sink_print(&sink_out, ".Nm\n.Op Ar option ...\n.Ar command\n.Op Ar option ...\n"
                          ".Op Ar operand ...\n.Sh DESCRIPTION\nThe commands of\n.Nm\nare:\n"
                          ".Bl -tag -width Ds\n");
    for (size_t i = 0; in->commands[i] != NULL; i++) {
        if (in->commands[i]->run == NULL) {
            continue;
        }
        sink_print(&sink_out, ".It Cm %s\n", in->commands[i]->name);
        put_prose(in->commands[i]->summary);
    }
    sink_text(&sink_out, ".El\n.Pp\nOptions of every command stand before or after its name.\n"
                         ".Sh OPTIONS\n");
    put_flags(in->globals);
    put_exits(in);
    sink_text(&sink_out, ".Sh SEE ALSO\n");
    /* In the order of their names. */
    for (const char *last = "", *next; (next = name_after(in, last)) != NULL; last = next) {
        sink_print(&sink_out, "%s.Xr %s-%s 1", *last == 0 ? "" : " ,\n", tool.name, next);
    }
    sink_char(&sink_out, '\n');
}
