/* format_collapsed.c: stacks as flame-graph programs read them: "main;parse;strdup 480", outermost
 * first, a line each. Each stack comes once, in order of text. */
#include "formats.h"

#include "sort.h"
#include "store.h"

#include <string.h>

/* `;` parts frames and a line end ends the stack. */
static void add_name(char *text, size_t *used, const char *name) {
    for (; *name != 0; name++) {
        unsigned char character = (unsigned char)*name;
        text[(*used)++] = *name == ';' ? ':' : character < ' ' ? ' ' : *name;
    }
}

static const char *frame_name(const backtrace_line *of) {
    if (of->frame->function[0] != 0) {
        return of->frame->function;
    }
    return of->module != NULL ? resolve_name(of->module) : "?";
}

static const char *fold(const named_site *of) {
    size_t size = strlen(of->function) + 1;
    for (size_t i = 0; i < of->trace.count; i++) {
        size += strlen(frame_name(&of->trace.lines[i])) + 1;
    }
    char *text = store_alloc(size, 1);
    size_t used = 0;
    if (of->trace.count == 0) {
        add_name(text, &used, of->function);
    }
    for (size_t i = of->trace.count; i > 0; i--) {
        add_name(text, &used, frame_name(&of->trace.lines[i - 1]));
        if (i > 1) {
            text[used++] = ';';
        }
    }
    text[used] = 0;
    return text;
}

static int by_text(const void *left, const void *right) {
    return strcmp(((const folded_stack *)left)->text, ((const folded_stack *)right)->text);
}

const folded_stack *format_fold(const named_record *in, const format_settings *how, size_t *count) {
    folded_stack *stacks = STORE_ARRAY(folded_stack, in->count + 1);
    size_t used = 0;
    size_t merged = 0;
    for (size_t i = 0; i < in->count; i++) {
        const record_site *site = in->sites[i].site;
        uint64_t value = sites_figure(&site->of, how->value);
        if (site->kind == how->kind && value > 0) {
            stacks[used++] = (folded_stack){fold(&in->sites[i]), value};
        }
    }
    sort_items(stacks, used, sizeof *stacks, by_text);
    for (size_t i = 0; i < used; i++) {
        if (merged > 0 && by_text(&stacks[merged - 1], &stacks[i]) == 0) {
            stacks[merged - 1].value += stacks[i].value;
        } else {
            stacks[merged++] = stacks[i];
        }
    }
    *count = merged;
    return stacks;
}

void format_collapsed(sink *out, const named_record *in, const format_settings *how) {
    size_t count;
    const folded_stack *stacks = format_fold(in, how, &count);
    for (size_t i = 0; i < count; i++) {
        sink_text(out, stacks[i].text);
        sink_char(out, ' ');
        sink_u64(out, stacks[i].value);
        sink_char(out, '\n');
    }
}
