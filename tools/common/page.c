/* page.c: see page.h. */
#include "page.h"

#include "text.h"
#include "tool.h"

#include <string.h>

static bool is_called(const command *wanted, const char *name) {
    return strcmp(wanted->name, name) == 0 ||
           (wanted->alias != NULL && strcmp(wanted->alias, name) == 0);
}

const command *page_find(const page_settings *in, const char *name) {
    for (size_t i = 0; in->commands[i] != NULL; i++) {
        if (is_called(in->commands[i], name)) {
            return in->commands[i];
        }
    }
    return NULL;
}

const char *page_nearest(const page_settings *in, const char *name) {
    const char *best = in->commands[0]->name;
    size_t best_distance = SIZE_MAX;
    for (size_t i = 0; strlen(name) <= TEXT_NAME_MAX && in->commands[i] != NULL; i++) {
        size_t distance = text_distance(name, in->commands[i]->name);
        if (distance < best_distance) {
            best_distance = distance;
            best = in->commands[i]->name;
        }
    }
    return best;
}

void page_exits(const page_settings *in) {
    sink_text(&sink_out, "\nEXIT STATUS\n");
    for (const exit_line *line = in->exits; line->meaning != NULL; line++) {
        sink_print(&sink_out, "  %2d  %s\n", line->code, line->meaning);
    }
}

/* Prints a paragraph, wrapped at column 100 and indented by two. */
static void print_paragraph(const char *text) {
    size_t column = 0;
    while (*text != 0) {
        size_t word = strcspn(text, " ");
        if (column + word > 96) {
            column = 0;
            sink_char(&sink_out, '\n');
        }
        sink_text(&sink_out, column == 0 ? "  " : " ");
        sink_bytes(&sink_out, text, word);
        column += word + 1;
        text += word + (text[word] == ' ');
    }
    sink_char(&sink_out, '\n');
}

void page_command(const page_settings *in, const command *wanted) {
    sink_print(&sink_out, "NAME\n  %s %s - %s\n\nSYNOPSIS\n  %s\n\nDESCRIPTION\n", tool.name,
               wanted->name, wanted->summary, wanted->synopsis);
    print_paragraph(wanted->description);
    sink_text(&sink_out, "\nFLAGS\n");
    options_help(&sink_out, wanted->flags);
    sink_text(&sink_out, "\nGLOBAL FLAGS\n");
    options_help(&sink_out, in->globals);
    sink_text(&sink_out, "\nEXAMPLES\n");
    sink_text(&sink_out, wanted->examples);
    page_exits(in);
}
