/* list.c: `coldheap list`: the marks that stand in a program, library or object. */
#include "command.h"

#include "marks.h"
#include "message.h"
#include "store.h"

#include <coldheap/hot.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct { flag_text json; } flags;

static const flag_row FLAGS[] = {
    {"json", FLAG_TEXT, &flags.json, "FILE", 0, NULL, "one object per line as well"},
};

static const char *const KINDS[] = {"scope", "permit", "function", "permit-function"};

static char json_buffer[16384];

static const char *ops_text(uint32_t ops) {
    static const struct {
        const char *name;
        uint32_t bits;
    } names[] = {{"heap", CH_OP_HEAP},       {"alloc", CH_OP_ALLOC}, {"free", CH_OP_FREE},
                 {"realloc", CH_OP_REALLOC}, {"map", CH_OP_MAP},     {"syscall", CH_OP_SYSCALL},
                 {"fault", CH_OP_FAULT}};
    const char *text = "";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((ops & names[i].bits) == names[i].bits) {
            text = store_format("%s%s%s", text, *text != 0 ? "," : "", names[i].name);
            ops &= ~names[i].bits;
        }
    }
    return text;
}

static void print_mark(const mark *of) {
    const char *slash = strrchr(of->file, '/');
    const char *place =
        of->line != 0 ? store_format("%s:%" PRIu32, slash != NULL ? slash + 1 : of->file, of->line)
                      : of->object;
    sink_print(&sink_out, "%-15s %-28.300s %-24.300s", KINDS[of->kind], of->name, place);
    if (of->kind == MARK_SCOPE || of->kind == MARK_PERMIT) {
        sink_print(&sink_out, " %s in %.200s", ops_text(of->ops), of->func);
    }
    sink_char(&sink_out, '\n');
}

static void print_json(sink *out, const mark *of) {
    sink_print(out, "{\"version\":1,\"type\":\"mark\",\"kind\":\"%s\",\"name\":", KINDS[of->kind]);
    sink_json_text(out, of->name);
    sink_text(out, ",\"file\":");
    sink_json_text(out, of->file);
    sink_print(out, ",\"line\":%" PRIu32 ",\"func\":", of->line);
    sink_json_text(out, of->func);
    sink_text(out, ",\"object\":");
    sink_json_text(out, of->object);
    sink_text(out, ",\"ops\":");
    sink_json_text(out, ops_text(of->ops));
    sink_text(out, "}\n");
}

static int write_json(const marks *found) {
    sink json;
    int code = sink_file(&json, flags.json.text, json_buffer, sizeof json_buffer);
    if (code != EXIT_DONE) {
        return code;
    }
    for (size_t i = 0; i < found->count; i++) {
        print_json(&json, &found->items[i]);
    }
    return sink_close(&json);
}

static const char *plural(size_t count) {
    return count == 1 ? "" : "s";
}

static int print_all(const marks *found) {
    size_t of[4] = {0};
    for (size_t i = 0; i < found->count; i++) {
        print_mark(&found->items[i]);
        of[found->items[i].kind]++;
    }
    const int code = found->count == 0 ? EXIT_NOT_ARMED : EXIT_DONE;
    if (found->broken > 0) {
        message_note("coldheap: %zu mark%s could not be read", found->broken,
                     plural(found->broken));
    }
    sink_print(&sink_out,
               "coldheap: %zu scope%s, %zu permit%s, %zu hot function%s, %zu permitted%s  (status "
               "%d)\n",
               of[MARK_SCOPE], plural(of[MARK_SCOPE]), of[MARK_PERMIT], plural(of[MARK_PERMIT]),
               of[MARK_FUNCTION], plural(of[MARK_FUNCTION]), of[MARK_PERMIT_FUNCTION],
               found->count == 0 ? ": nothing is marked here, or only in C++" : "", code);
    return code;
}

static int run(const operand_list *operands) {
    image_set images = {.first = NULL};
    marks found;
    int code = operands->count > 0
                   ? EXIT_DONE
                   : message_argument(EXIT_USAGE, 1, "no input: programs, libraries or objects");
    for (size_t i = 0; code == EXIT_DONE && i < operands->count; i++) {
        code = image_read(&images, operands->texts[i]);
    }
    if (code == EXIT_DONE) {
        marks_read(&found, &images);
        code = flags.json.position != 0 ? write_json(&found) : EXIT_DONE;
    }
    if (code == EXIT_DONE) {
        code = print_all(&found);
    }
    image_close(&images);
    return code;
}

const command command_list = {
    .name = "list",
    .summary = "print the marks of a program: hot scopes, permits, hot functions",
    .synopsis = "coldheap list [flags] FILE|FOLDER ...",
    .description =
        "Reads programs, shared libraries, objects and archives and prints every CH_HOT_SCOPE and "
        "CH_PERMIT_SCOPE of C code in them, and every function marked CH_HOT_FN or CH_PERMIT_FN. "
        "Scopes of C++ are known only to a run: `coldheap check` tells which were entered.",
    .examples = "  coldheap list ./engine\n"
                "  coldheap list --json marks.jsonl build/\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
