/* convert.c: `coldheap convert`: a record of the tracker in the forms that other viewers read. */
#include "command.h"

#include "formats.h"
#include "message.h"
#include "store.h"

#include <stdio.h>
#include <string.h>

static struct {
    flag_text to;
    flag_text value;
    flag_text kind;
    flag_text output;
} flags;

static const flag_row FLAGS[] = {
    {"to", FLAG_TEXT, &flags.to, "FORMAT", 0, NULL,
     "dhat, pprof, collapsed, prometheus, json, baseline or svg"},
    {"value", FLAG_TEXT, &flags.value, "bytes|count|live|peak", 0, NULL,
     "what collapsed and svg show (bytes)"},
    {"kind", FLAG_TEXT, &flags.kind, "heap|stack|pool|buffer|arena", 0, NULL,
     "what kind of memory dhat, pprof, collapsed and svg are of (heap)"},
    {"output", FLAG_TEXT, &flags.output, "FILE", 0, NULL, "where to (standard output)"},
    {"o", FLAG_TEXT, &flags.output, "FILE", 0, NULL, NULL},
};

static char output_buffer[65536];

static int find_format(const format_row **out) {
    if (flags.to.position == 0) {
        return message_argument(EXIT_USAGE, 1, "no --to: which format?");
    }
    *out = format_find(flags.to.text);
    return *out != NULL ? EXIT_DONE
                        : message_argument(EXIT_USAGE, flags.to.position,
                                           "bad value '%.80s' for --to: use dhat, pprof, "
                                           "collapsed, prometheus, json, baseline or svg",
                                           flags.to.text);
}

static int read_settings(format_settings *out) {
    *out = (format_settings){.value = FIGURE_BYTES};
    int code = options_choice("value", flags.value, "bytes|count|live|peak");
    if (code == EXIT_DONE) {
        code = options_choice("kind", flags.kind, "heap|stack|pool|buffer|arena");
    }
    if (code == EXIT_DONE && flags.value.position != 0) {
        const char *word = strcmp(flags.value.text, "count") == 0 ? "allocs" : flags.value.text;
        out->value = sites_figure_find(word, strlen(word));
    }
    for (uint32_t i = 0; code == EXIT_DONE && flags.kind.position != 0 && i < CHI_TRACK_KIND_COUNT;
         i++) {
        out->kind = strcmp(flags.kind.text, record_kind_name(i)) == 0 ? i : out->kind;
    }
    return code;
}

static int write_output(const format_row *format, const format_settings *how,
                        const named_record *in) {
    sink file;
    if (flags.output.position == 0 || strcmp(flags.output.text, "-") == 0) {
        format->write(&sink_out, in, how);
        return EXIT_DONE;
    }
    int code = sink_file(&file, flags.output.text, output_buffer, sizeof output_buffer);
    if (code == EXIT_DONE) {
        format->write(&file, in, how);
        code = sink_close(&file);
    }
    return code;
}

static int run(const operand_list *operands) {
    const format_row *format = NULL;
    format_settings how;
    int code = find_format(&format);
    if (code == EXIT_DONE) {
        code = read_settings(&how);
    }
    if (code == EXIT_DONE && operands->count != 1) {
        code = message_argument(EXIT_USAGE, 1, "give one record, as `coldheap track` writes it");
    }
    if (code != EXIT_DONE) {
        return code;
    }
    record *in = STORE_NEW(record);
    named_record named;
    code = record_open(in, operands->texts[0]);
    if (code == EXIT_DONE) {
        sites_name(&named, in);
        code = write_output(format, &how, &named);
        resolve_close();
    }
    return code;
}

const command command_convert = {
    .name = "convert",
    .summary = "write a record of `track` in forms that other viewers read",
    .synopsis = "coldheap convert --to=FORMAT [flags] RECORD",
    .description =
        "dhat: JSON for Valgrind's dh_view.html. pprof: heap profile for google-pprof and jeprof. "
        "collapsed: stacks for flame graphs. prometheus: metrics. json: everything, one object a "
        "line. baseline: sums by function and file, to be committed and compared by `diff`. svg: "
        "a flame graph as a picture. Bytes are as requested; " FORMAT_REALLOC_NOTE ".",
    .examples = "  coldheap convert --to=dhat coldheap.4711.track -o dhat.out.4711\n"
                "  coldheap convert --to=collapsed --value=live coldheap.4711.track\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
