/* effects_command.c: `coldheap effects`: what the functions of the C library do, as a table. */
#include "command.h"

#include "decode.h"
#include "effects_table.h"
#include "message.h"
#include "store.h"

#include <fnmatch.h>
#include <string.h>

static struct {
    flag_text libc;
    flag_text archive;
    flag_text cache;
    flag_text json;
    flag_text class;
    bool renew;
} flags;

static const flag_row FLAGS[] = {
    {"libc", FLAG_TEXT, &flags.libc, "FILE", 0, NULL,
     "the shared C library in question (the one that this program runs with)"},
    {"archive", FLAG_TEXT, &flags.archive, "FILE", 0, NULL,
     "the libc.a of the same version (where compilers look)"},
    {"class", FLAG_TEXT, &flags.class, "none|syscall|indirect|unknown|alloc", 0, NULL,
     "only functions of that class"},
    {"cache", FLAG_TEXT, &flags.cache, "FILE", 0, NULL,
     "where the table is kept (the user's cache folder); empty: nowhere"},
    {"renew", FLAG_BOOL, &flags.renew, NULL, 0, NULL, "derive it again, whatever the cache says"},
    {"json", FLAG_TEXT, &flags.json, "FILE", 0, NULL, "one object per line as well"},
};

static bool is_wanted(const effect_row *row, const operand_list *operands) {
    if (flags.class.position != 0 && strcmp(effect_class_text(row->class), flags.class.text) != 0) {
        return false;
    }
    bool wanted = operands->count == 0;
    for (size_t i = 0; !wanted && i < operands->count; i++) {
        wanted = fnmatch(operands->texts[i], row->name, 0) == 0;
    }
    return wanted;
}

static void print_row(const effect_row *row) {
    sink_print(&sink_out, "%-9s %-32s", effect_class_text(row->class), row->name);
    if (!row->in_archive) {
        sink_text(&sink_out, "  [not in libc.a]");
    } else if (row->differs) {
        sink_print(&sink_out, "  [libc.a: %s]", effect_class_text(row->archive));
    }
    if (*row->witness != 0) {
        sink_text(&sink_out, "  ");
        sink_text(&sink_out, row->witness);
    }
    sink_char(&sink_out, '\n');
}

static void json_row(sink *out, const effect_row *row) {
    sink_text(out, "{\"version\":1,\"function\":");
    sink_json_text(out, row->name);
    sink_print(out, ",\"class\":\"%s\",\"in_archive\":%s,\"archive_class\":\"%s\",\"differs\":%s,",
               effect_class_text(row->class), row->in_archive ? "true" : "false",
               effect_class_text(row->archive), row->differs ? "true" : "false");
    sink_text(out, "\"witness\":");
    sink_json_text(out, row->witness);
    sink_text(out, "}\n");
}

static char json_buffer[65536];

static int print_table(const effects_table *table, const operand_list *operands) {
    size_t counts[EFFECT_CLASSES] = {0};
    size_t shown = 0;
    size_t differing = 0;
    sink json;
    int code = EXIT_DONE;
    if (flags.json.position != 0) {
        code = sink_file(&json, flags.json.text, json_buffer, sizeof json_buffer);
    }
    for (size_t i = 0; code == EXIT_DONE && i < table->count; i++) {
        const effect_row *row = &table->rows[i];
        counts[row->class]++;
        differing += row->in_archive && row->differs;
        if (is_wanted(row, operands)) {
            shown++;
            print_row(row);
            if (flags.json.position != 0) {
                json_row(&json, row);
            }
        }
    }
    if (code == EXIT_DONE && flags.json.position != 0) {
        code = sink_close(&json);
    }
    if (code == EXIT_DONE && shown == 0) {
        code = message_error(EXIT_NOT_ARMED, "effects", 0,
                             "the C library has no such function: nothing was told");
    }
    sink_print(&sink_out, "coldheap: %s, build id %s (%s)\n", table->libc.version,
               table->libc.build_id, table->origin);
    sink_print(&sink_out, "coldheap: %zu functions:", table->count);
    for (unsigned i = 0; i < EFFECT_CLASSES; i++) {
        sink_print(&sink_out, " %zu %s,", counts[i], effect_class_text((effect_class)i));
    }
    sink_print(&sink_out, " %zu differ from libc.a (status %d)\n", differing, code);
    return code;
}

static int run(const operand_list *operands) {
    effects_table table;
    const effects_settings settings = {
        .shared = flags.libc.text,
        .archive = flags.archive.text,
        .cache = flags.cache.text,
        .renew = flags.renew,
    };
    effect_class ignored;
    int code = EXIT_DONE;
    if (flags.class.position != 0 && !effect_class_read(&ignored, flags.class.text)) {
        code = message_argument(EXIT_USAGE, flags.class.position,
                                "none, syscall, indirect, unknown or alloc");
    }
    if (code == EXIT_DONE) {
        code = effects_table_open(&table, &settings);
    }
    if (code == EXIT_DONE) {
        code = print_table(&table, operands);
    }
    decode_close();
    return code;
}

const command command_effects = {
    .name = "effects",
    .summary = "what the functions of the C library do to the heap",
    .synopsis = "coldheap effects [flags] [NAME ...]",
    .description =
        "Derives from the machine code of libc.a, and of the shared library in use, what each "
        "public function can reach: nothing, a system call, a computed call, something unknown, an "
        "allocator; with a way there. Names may hold wildcards. The table is kept by build id and "
        "is what `coldheap prove` knows of the C library.",
    .examples = "  coldheap effects qsort 'str*'\n"
                "  coldheap effects --class alloc\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
