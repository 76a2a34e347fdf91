/* effects_command.c: `coldheap effects`: what the functions of the C library do, as a table. */
#include "command.h"

#include "decode.h"
#include "effects_crosscheck.h"
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
    flag_text runtime;
    uint64_t number; /* of a case, from 1; 0: none */
    bool renew;
    bool crosscheck;
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
    {"crosscheck", FLAG_BOOL, &flags.crosscheck, NULL, 0, NULL,
     "call a battery of functions under the guard: what touches the heap must not be called clean"},
    {"runtime", FLAG_TEXT, &flags.runtime, "FOLDER", 0, NULL,
     "where libcoldheap-preload.so is (beside this command)"},
    {"case", FLAG_U64, &flags.number, "N", 100000, NULL,
     "one case of the battery, counted, in binary; what --crosscheck starts"},
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
    if (row->stack_known) {
        sink_print(out, "\"stack_bytes\":%llu,", (unsigned long long)row->stack_bytes);
    }
    sink_text(out, "\"witness\":");
    sink_json_text(out, row->witness);
    sink_text(out, "}\n");
}

static char json_buffer[65536];

static void print_origin(const effects_table *table) {
    sink_print(&sink_out, "coldheap: %s, build id %s (%s)\n", table->libc.version,
               table->libc.build_id, table->origin);
}

static int print_table(const effects_table *table, const operand_list *operands, sink *json) {
    size_t counts[EFFECT_CLASSES] = {0};
    size_t shown = 0;
    size_t differing = 0;
    int code = EXIT_DONE;
    for (size_t i = 0; i < table->count; i++) {
        const effect_row *row = &table->rows[i];
        counts[row->class]++;
        differing += row->in_archive && row->differs;
        if (is_wanted(row, operands)) {
            shown++;
            print_row(row);
            if (json != NULL) {
                json_row(json, row);
            }
        }
    }
    if (shown == 0) {
        code = message_error(EXIT_NOT_ARMED, "effects", 0,
                             "the C library has no such function: nothing was told");
    }
    print_origin(table);
    sink_print(&sink_out, "coldheap: %zu functions:", table->count);
    for (unsigned i = 0; i < EFFECT_CLASSES; i++) {
        sink_print(&sink_out, " %zu %s,", counts[i], effect_class_text((effect_class)i));
    }
    sink_print(&sink_out, " %zu differ from libc.a (status %d)\n", differing, code);
    return code;
}

static int tell(const effects_table *table, const operand_list *operands) {
    sink json;
    sink *wanted = flags.json.position != 0 ? &json : NULL;
    int code = EXIT_DONE;
    if (wanted != NULL) {
        code = sink_file(&json, flags.json.text, json_buffer, sizeof json_buffer);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    if (flags.crosscheck) {
        print_origin(table);
        code = crosscheck_all(table, flags.runtime.text, wanted);
    } else {
        code = print_table(table, operands, wanted);
    }
    int closed = wanted != NULL ? sink_close(&json) : EXIT_DONE;
    return code != EXIT_DONE ? code : closed;
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
    if (flags.number != 0) {
        return crosscheck_one(flags.number - 1);
    }
    if (flags.class.position != 0 && !effect_class_read(&ignored, flags.class.text)) {
        code = message_argument(EXIT_USAGE, flags.class.position,
                                "none, syscall, indirect, unknown or alloc");
    }
    if (code == EXIT_DONE) {
        code = effects_table_open(&table, &settings);
    }
    if (code == EXIT_DONE) {
        code = tell(&table, operands);
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
        "is what `coldheap prove` knows of the C library. --crosscheck calls functions, each in a "
        "fresh process, and counts.",
    .examples = "  coldheap effects qsort 'str*'\n"
                "  coldheap effects --class alloc\n"
                "  coldheap effects --crosscheck\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
