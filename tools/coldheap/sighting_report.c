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

static void print_frame(sink *out, size_t index, const sighting_frame *frame) {
    char place[CHI_SESSION_PATH_BYTES];
    if (frame->place->line != 0) {
        (void)snprintf(place, sizeof place, "%s:%" PRIu32, base_of(frame->place->file),
                       frame->place->line);
    } else if (*frame->place->function == '0') {
        (void)snprintf(place, sizeof place, "%s+0x%" PRIx64, frame->module, frame->offset);
    } else {
        (void)snprintf(place, sizeof place, "%s", frame->module);
    }
    const char *kind = frame->wrapper ? "  (wrapper)" : frame->place->inlined ? "  (inlined)" : "";
    sink_print(out, "    #%-2zu %-24.300s %-*.300s%s\n", index, frame->place->function,
               *kind != 0 ? 20 : 0, place, kind);
}

void sighting_text(sink *out, const sighting *of) {
    const chi_session_violation *row = of->row;
    sink_print(out, "coldheap: %s %s",
               row->found == CHI_FOUND_REFUTED ? "ASSUMPTION REFUTED" : "VIOLATION", of->call);
    print_where(out, of);
    sink_print(out, "   x%" PRIu64 ", thread %" PRId32, row->count, row->thread);
    if (row->thread_name[0] != 0) {
        sink_print(out, " \"%.*s\"", NAME_OF(row->thread_name));
    }
    sink_char(out, '\n');
    for (size_t i = 0; i < of->frame_count; i++) {
        print_frame(out, i, &of->frames[i]);
    }
    if (of->allocated_count > 0) {
        sink_text(out, "    the block came from\n");
    }
    for (size_t i = 0; i < of->allocated_count; i++) {
        print_frame(out, i, &of->allocated[i]);
    }
}

/* ---- JSON ---- */

static void json_name(sink *out, const char *key, const char *field, size_t room) {
    sink_print(out, ",\"%s\":", key);
    sink_json_text(out, store_text(field, strnlen(field, room)));
}

#define JSON_FIELD(out, key, field) json_name((out), (key), (field), sizeof(field))

static void json_frames(sink *out, const char *key, const sighting_frame *frames, size_t count) {
    sink_print(out, ",\"%s\":[", key);
    for (size_t i = 0; i < count; i++) {
        const sighting_frame *frame = &frames[i];
        sink_text(out, i == 0 ? "{\"function\":" : ",{\"function\":");
        sink_json_text(out, frame->place->function);
        sink_text(out, ",\"module\":");
        sink_json_text(out, frame->module);
        sink_print(out, ",\"offset\":%" PRIu64, frame->offset);
        if (frame->place->line != 0) {
            sink_text(out, ",\"file\":");
            sink_json_text(out, frame->place->file);
            sink_print(out, ",\"line\":%" PRIu32, frame->place->line);
        }
        sink_text(out, frame->place->inlined ? ",\"inlined\":true" : ",\"inlined\":false");
        sink_text(out, frame->wrapper ? ",\"wrapper\":true}" : ",\"wrapper\":false}");
    }
    sink_char(out, ']');
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
    if (of->section != NULL) {
        JSON_FIELD(out, "section", of->section->name);
        JSON_FIELD(out, "section_file", of->section->file);
        sink_print(out, ",\"section_line\":%" PRIu32, of->section->line);
    }
    if (of->rule != NULL) {
        sink_print(out, ",\"rule_line\":%" PRIu32, of->rule->line);
    }
    if (row->found == CHI_FOUND_SYSCALL) {
        sink_print(out, ",\"number\":%" PRIu32, row->number);
    }
    sink_print(out, ",\"address\":%" PRIu64 ",\"sealed_ns\":%" PRIu64 ",\"site\":%zu", row->address,
               row->sealed_ns, of->site);
    json_frames(out, "frames", of->frames, of->frame_count);
    if (of->allocated_count > 0) {
        json_frames(out, "allocated", of->allocated, of->allocated_count);
    }
    sink_text(out, "}\n");
}

/* ---- annotations ---- */

void sighting_github(sink *out, const sighting *of, const char *repository) {
    github_place place = {.repository = repository};
    if (of->frame_count > 0 && of->frames[of->site].place->line != 0) {
        place.file = of->frames[of->site].place->file;
        place.line = of->frames[of->site].place->line;
    } else if (of->section != NULL && of->section->file[0] != 0) {
        place.file =
            store_text(of->section->file, strnlen(of->section->file, CHI_SESSION_PATH_BYTES));
        place.line = of->section->line;
    }
    char message[512];
    const char *name =
        of->section != NULL
            ? store_text(of->section->name, strnlen(of->section->name, sizeof of->section->name))
            : "";
    (void)snprintf(message, sizeof message,
                   "%s in hot section \"%.200s\"%s%.100s, %" PRIu64 " times", of->call, name,
                   of->frame_count > 0 ? ", called by " : "",
                   of->frame_count > 0 ? of->frames[of->site].place->function : "", of->row->count);
    github_annotation(
        out, "error", &place,
        of->row->found == CHI_FOUND_REFUTED ? "assumption refuted" : "hot path violation", message);
}
