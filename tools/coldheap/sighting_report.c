/* sighting_report.c: violations for people, as JSON lines, as annotations of GitHub. */
#include "github.h"
#include "sighting.h"
#include "store.h"
#include "text.h"

#include <coldheap/hot.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* ---- for people ---- */

#define NAME_OF(field) (int)strnlen((field), sizeof(field)), (field)

void sighting_section(char *text, size_t size, const chi_session_section *section) {
    text[0] = 0;
    if (section->file[0] != 0) {
        const char *path = store_text(section->file, strnlen(section->file, sizeof section->file));
        (void)snprintf(text, size, "%s:%" PRIu32, base_of(path), section->line);
    }
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* What the section is: a mark, a seal, a function hot by name. */
static void print_where(sink *out, const sighting *of) {
    char place[CHI_SESSION_PATH_BYTES + 16];
    const chi_session_section *section = of->section;
    if (of->row->found == CHI_FOUND_REFUTED && of->rule != NULL) {
        sink_print(out, " below \"%.*s\", which is stated to make no heap call (line %" PRIu32 "%s",
                   NAME_OF(of->rule->function), of->rule->line, of->rule->why[0] != 0 ? ": " : "");
        sink_print(out, "%.*s)", NAME_OF(of->rule->why));
        return;
    }
    if (section == NULL) {
        sink_text(out, " in a hot section");
        return;
    }
    if (begins(section->name, "seal:")) {
        sink_print(out, " in section \"%.*s\"", NAME_OF(section->name));
        char age[TEXT_NUMBER_BYTES];
        sink_print(out, ", %s after the seal", text_duration(age, of->row->sealed_ns));
        return;
    }
    if (begins(section->name, "fn:")) {
        sink_print(out, " in hot function \"%.*s\"",
                   (int)strnlen(section->name, sizeof section->name) - 3, section->name + 3);
        return;
    }
    sighting_section(place, sizeof place, section);
    sink_print(out, " in hot section \"%.*s\" (%.500s)", NAME_OF(section->name), place);
}

/* Up to the place to blame in any case. */
static void print_stack(sink *out, const backtrace *of, size_t depth) {
    const size_t least = of->call_site + 1;
    const size_t wanted = depth == 0 ? 0 : depth > least ? depth : least;
    backtrace_print_lines(out, of, 0, wanted < of->count ? wanted : of->count);
}

void sighting_text(sink *out, const sighting *of, size_t depth) {
    const chi_session_violation *row = of->row;
    sink_print(out, "coldheap: %s %s",
               row->found == CHI_FOUND_REFUTED ? "ASSUMPTION REFUTED" : "VIOLATION", of->call);
    print_where(out, of);
    sink_print(out, "   x%" PRIu64 ", thread %" PRId32, row->count, row->thread);
    if (row->thread_name[0] != 0) {
        sink_print(out, " \"%.*s\"", NAME_OF(row->thread_name));
    }
    sink_char(out, '\n');
    print_stack(out, &of->trace, depth);
    if (of->allocated.count > 0 && depth > 0) {
        sink_text(out, "    the block came from\n");
        print_stack(out, &of->allocated, depth);
    }
}

/* ---- JSON ---- */

static void json_name(sink *out, const char *key, const char *field, size_t room) {
    sink_print(out, ",\"%s\":", key);
    sink_json_text(out, store_text(field, strnlen(field, room)));
}

#define JSON_FIELD(out, key, field) json_name((out), (key), (field), sizeof(field))

static void json_frames(sink *out, const char *key, const backtrace *of) {
    sink_print(out, ",\"%s\":[", key);
    for (size_t i = 0; i < of->count; i++) {
        const backtrace_line *line = &of->lines[i];
        sink_text(out, i == 0 ? "{\"function\":" : ",{\"function\":");
        sink_json_text(out, line->frame->function);
        sink_text(out, ",\"module\":");
        sink_json_text(out, line->module != NULL ? resolve_name(line->module) : "");
        sink_print(out, ",\"offset\":%" PRIu64 ",\"file\":", line->offset);
        sink_json_text(out, line->frame->file);
        sink_print(out, ",\"line\":%" PRIu32 ",\"inlined\":%s,\"wrapper\":%s}", line->frame->line,
                   line->frame->inlined ? "true" : "false", line->wrapper ? "true" : "false");
    }
    sink_char(out, ']');
}

/* What is not known is null. */
static void json_section(sink *out, const chi_session_section *of) {
    if (of == NULL) {
        sink_text(out, ",\"section\":null");
        return;
    }
    sink_text(out, ",\"section\":{\"name\":");
    sink_json_text(out, store_text(of->name, strnlen(of->name, sizeof of->name)));
    JSON_FIELD(out, "file", of->file);
    sink_print(out, ",\"line\":%" PRIu32 "}", of->line);
}

static const char *kind_of(const chi_session_violation *row) {
    switch (row->found) {
    case CHI_FOUND_SYSCALL:
        return "syscall";
    case CHI_FOUND_FAULT:
        return "fault";
    case CHI_FOUND_REFUTED:
        return "refuted";
    default:
        return "call";
    }
}

void sighting_json(sink *out, const sighting *of) {
    const chi_session_violation *row = of->row;
    sink_print(out, "{\"version\":1,\"type\":\"violation\",\"kind\":\"%s\"", kind_of(row));
    JSON_FIELD(out, "call", row->call);
    sink_text(out, ",\"operation\":");
    sink_json_text(out, of->call);
    sink_print(out, ",\"op\":%" PRIu32 ",\"count\":%" PRIu64 ",\"size_bytes\":%" PRIu64, row->op,
               row->count, row->size_bytes);
    sink_print(out, ",\"align\":%" PRIu64 ",\"process\":%" PRId32 ",\"thread\":%" PRId32,
               row->align, row->process, row->thread);
    JSON_FIELD(out, "thread_name", row->thread_name);
    json_section(out, of->section);
    sink_print(out, ",\"rule_line\":%" PRIu32 ",\"number\":%" PRIu32 ",\"address\":%" PRIu64,
               of->rule != NULL ? of->rule->line : 0, row->number, row->address);
    sink_print(out, ",\"sealed_ns\":%" PRIu64 ",\"call_site\":%zu", row->sealed_ns,
               of->trace.call_site);
    json_frames(out, "frames", &of->trace);
    json_frames(out, "allocated", &of->allocated);
    sink_text(out, "}\n");
}

/* ---- annotations ---- */

static void place_of(github_place *out, const sighting *of) {
    const resolve_frame *frame =
        of->trace.count > 0 ? of->trace.lines[of->trace.call_site].frame : NULL;
    if (frame != NULL && frame->line != 0 && frame->file[0] != 0) {
        out->file = frame->file;
        out->line = frame->line;
    } else if (of->section != NULL && of->section->file[0] != 0) {
        out->file =
            store_text(of->section->file, strnlen(of->section->file, CHI_SESSION_PATH_BYTES));
        out->line = of->section->line;
    }
}

void sighting_github(sink *out, const sighting *of, const char *repository) {
    github_place place = {.repository = repository};
    char message[600];
    const char *caller =
        of->trace.count > 0 ? of->trace.lines[of->trace.call_site].frame->function : "";
    const char *name =
        of->section != NULL
            ? store_text(of->section->name, strnlen(of->section->name, CHI_SESSION_NAME_BYTES))
            : "";
    place_of(&place, of);
    (void)snprintf(message, sizeof message, "%s in hot section \"%s\"%s%.200s, %" PRIu64 " time%s",
                   of->call, name, *caller != 0 ? ", called by " : "", caller, of->row->count,
                   of->row->count == 1 ? "" : "s");
    github_annotation(
        out, "error", &place,
        of->row->found == CHI_FOUND_REFUTED ? "assumption refuted" : "hot path violation", message);
}
