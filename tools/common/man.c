/* man.c: see man.h. */
#include "man.h"

#include "tool.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Text of a line: what roff would take for its own is escaped. */
static void put_text(const char *text) {
    if (*text == '.' || *text == '\'') {
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
        case '\n':
            sink_text(&sink_out, text[1] == '.' || text[1] == '\'' ? "\n\\&" : "\n");
            break;
        default:
            sink_char(&sink_out, *text);
        }
    }
}

/* Prose: a sentence a line, as the language wants it. */
static void put_prose(const char *text) {
    while (*text != 0) {
        const char *end = text;
        while (*end != 0 && !(*end == ' ' && (end[-1] == '.' || end[-1] == ':'))) {
            end++;
        }
        char line[2048];
        snprintf(line, sizeof line, "%.*s", (int)(end - text), text);
        put_text(line);
        sink_char(&sink_out, '\n');
        text = end + (*end == ' ');
    }
}

/* Lines as they stand, less the two blanks that help pages begin them with. */
static void put_lines(const char *text) {
    sink_text(&sink_out, ".Bd -literal -offset indent\n");
    while (*text != 0) {
        const size_t length = strcspn(text, "\n");
        const size_t skip = strncmp(text, "  ", 2) == 0 ? 2 : 0;
        char line[1024];
        snprintf(line, sizeof line, "%.*s", (int)(length - skip), text + skip);
        put_text(line);
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
        put_text(head);
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
    put_text(summary);
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
    bool first = true;
    for (size_t i = 0; in->commands[i] != NULL; i++) {
        if (in->commands[i]->run != NULL) {
            sink_print(&sink_out, "%s.Xr %s-%s 1", first ? "" : " ,\n", tool.name,
                       in->commands[i]->name);
            first = false;
        }
    }
    sink_char(&sink_out, '\n');
}
