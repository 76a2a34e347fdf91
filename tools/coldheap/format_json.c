/* format_json.c: our own form: one object a line, the type first; share/schemas/command/track.json
 * says what each line holds. */
#include "formats.h"

#include <string.h>

static void field(sink *out, const char *name, uint64_t value) {
    sink_print(out, ",\"%s\":", name);
    sink_u64(out, value);
}

static void text_field(sink *out, const char *name, const char *value) {
    sink_print(out, ",\"%s\":", name);
    sink_json_text(out, value);
}

static void flag(sink *out, const char *name, bool value) {
    sink_print(out, ",\"%s\":%s", name, value ? "true" : "false");
}

static void write_numbers(sink *out, const record_numbers *of, bool marked) {
    field(out, "allocs", of->count);
    field(out, "frees", of->frees);
    field(out, "bytes", of->bytes);
    field(out, "live", of->live_bytes);
    field(out, "blocks", of->live_blocks);
    field(out, "peak", of->peak_bytes);
    flag(out, "peak_is_bound", of->peak_is_bound);
    field(out, "largest", of->largest_bytes);
    field(out, "exhausted", of->exhausted);
    if (marked) {
        field(out, "growth", of->growth_bytes);
    } else {
        sink_text(out, ",\"growth\":null");
    }
}

static void write_run(sink *out, const record *in) {
    const chi_track_record *header = &in->header;
    sink_text(out, "{\"version\":1,\"type\":\"run\"");
    text_field(out, "command", in->command);
    sink_print(out, ",\"process\":%d", header->process);
    flag(out, "ended", header->ended != 0);
    field(out, "depth", header->depth);
    field(out, "sample_bytes", header->sample_bytes);
    flag(out, "exact_peak", header->exact_peak != 0);
    flag(out, "lifetimes", header->lifetimes != 0);
    field(out, "duration_ns",
          header->end_ns > header->start_ns ? header->end_ns - header->start_ns : 0);
    field(out, "threads", in->table_count);
    field(out, "sites_max", header->sites_max);
    field(out, "sites_dropped", header->sites_dropped);
    field(out, "reallocs", header->reallocs);
    text_field(out, "reallocs_note", FORMAT_REALLOC_NOTE);
    field(out, "frees_unattributed", header->frees_unattributed);
    sink_text(out, "}\n");
}

static void write_marks(sink *out, const record *in) {
    for (uint32_t i = 0; i < in->header.mark_count; i++) {
        const chi_track_mark_row *mark = &in->header.marks[i];
        uint64_t start = in->header.start_ns;
        sink_text(out, "{\"version\":1,\"type\":\"mark\"");
        text_field(out, "name", mark->name);
        field(out, "at_ns", mark->at_ns > start ? mark->at_ns - start : 0);
        sink_text(out, "}\n");
    }
}

static void write_frame(sink *out, const backtrace_line *of, bool is_first) {
    sink_text(out, is_first ? "{\"function\":" : ",{\"function\":");
    sink_json_text(out, of->frame->function);
    text_field(out, "file", of->frame->file);
    field(out, "line", of->frame->line);
    text_field(out, "module", of->module != NULL ? resolve_path(of->module) : "");
    field(out, "offset", of->offset);
    flag(out, "inlined", of->frame->inlined);
    flag(out, "wrapper", of->wrapper);
    sink_char(out, '}');
}

static void write_site(sink *out, const named_site *of, bool marked) {
    sink_print(out, "{\"version\":1,\"type\":\"site\",\"kind\":\"%s\"",
               record_kind_name(of->site->kind));
    text_field(out, "operation", of->operation);
    text_field(out, "function", of->function);
    text_field(out, "file", of->file);
    field(out, "line", of->line);
    write_numbers(out, &of->site->of, marked);
    sink_text(out, ",\"frames\":[");
    for (size_t i = 0; i < of->trace.count; i++) {
        write_frame(out, &of->trace.lines[i], i == 0);
    }
    sink_text(out, "]}\n");
}

void format_json(sink *out, const named_record *in, const format_settings *how) {
    bool marked = record_is_marked(in->of);
    size_t count;
    (void)how;
    write_run(out, in->of);
    write_marks(out, in->of);
    for (uint32_t kind = 0; kind < CHI_TRACK_KIND_COUNT; kind++) {
        sink_print(out, "{\"version\":1,\"type\":\"kind\",\"kind\":\"%s\"", record_kind_name(kind));
        write_numbers(out, &in->of->kinds[kind], marked);
        sink_text(out, "}\n");
    }
    const named_site **sorted = sites_sort(in, FIGURE_BYTES, &count);
    for (size_t i = 0; i < count; i++) {
        write_site(out, sorted[i], marked);
    }
}
