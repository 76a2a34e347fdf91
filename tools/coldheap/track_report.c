/* track_report.c: see track_report.h. */
#include "track_report.h"

#include "amount.h"
#include "formats.h"
#include "wrappers.h"

#include <stdio.h>
#include <string.h>

#define PLACE_BYTES   700u
#define CALLERS_SHOWN 3u

static uint64_t duration_ns(const chi_track_record *header) {
    return header->end_ns > header->start_ns ? header->end_ns - header->start_ns : 0;
}

static void print_head(sink *out, const record *of) {
    const chi_track_record *header = &of->header;
    char time[TEXT_NUMBER_BYTES];
    sink_print(out, "coldheap: process %d, %s, %zu thread%s, sites by %s: ", header->process,
               text_duration(time, duration_ns(header)), of->table_count,
               of->table_count == 1 ? "" : "s", header->depth > 1 ? "stack" : "call site");
    sink_bytes(out, of->command, strnlen(of->command, 200));
    sink_text(out, "\n");
    if (header->ended == 0) {
        sink_text(out, "    the process did not end in good order: the last numbers it had\n");
    }
    if (header->sample_bytes != 0) {
        char amount[AMOUNT_BYTES];
        sink_print(out, "    sampled, one block in about %s: numbers are estimates\n",
                   amount_bytes(amount, header->sample_bytes));
    }
}

/* "<=" before what is only a bound. */
static const char *peak_text(char text[AMOUNT_BYTES], const record_numbers *of) {
    char amount[AMOUNT_BYTES];
    (void)snprintf(text, AMOUNT_BYTES, "%s%.40s", of->peak_is_bound ? "<=" : "",
                   amount_bytes(amount, of->peak_bytes));
    return text;
}

static void print_kinds(sink *out, const record *of) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < CHI_TRACK_KIND_COUNT; i++) {
        sum += of->kinds[i].bytes;
    }
    sink_print(out, "    %-7s%14s%12s%8s%12s%14s\n", "kind", "blocks", "bytes", "share", "live",
               "peak");
    for (uint32_t i = 0; i < CHI_TRACK_KIND_COUNT; i++) {
        const record_numbers *kind = &of->kinds[i];
        char text[5][AMOUNT_BYTES];
        if (i > 0 && (kind->count | kind->exhausted | kind->frees) == 0) {
            continue;
        }
        sink_print(out, "    %-7s%14s%12s%8s%12s%14s", record_kind_name(i),
                   text_grouped(text[0], kind->count), amount_bytes(text[1], kind->bytes),
                   amount_share(text[2], kind->bytes, sum), amount_bytes(text[3], kind->live_bytes),
                   peak_text(text[4], kind));
        if (kind->exhausted > 0) {
            sink_print(out, "  %llu exhausted", (unsigned long long)kind->exhausted);
        }
        sink_char(out, '\n');
    }
}

static void print_notes(sink *out, const record *of) {
    const chi_track_record *header = &of->header;
    char number[TEXT_NUMBER_BYTES];
    if (header->reallocs > 0) {
        sink_print(out, "    reallocs: %s; " FORMAT_REALLOC_NOTE "\n",
                   text_grouped(number, header->reallocs));
    }
    if (header->frees_unattributed > 0) {
        sink_print(out, "    unattributed: %s frees of blocks from before tracking\n",
                   text_grouped(number, header->frees_unattributed));
    }
    if (header->sites_dropped > 0) {
        sink_print(out, "    sites dropped: %s calls found no row; totals are right (--sites=N)\n",
                   text_grouped(number, header->sites_dropped));
    }
}

/* Stacks of one call site differ in who called it; nobody asks who called main. */
static void print_callers(sink *out, const named_site *of) {
    size_t first = of->trace.call_site + 1;
    bool more = of->trace.count > 0 && strcmp(of->function, "main") != 0;
    for (size_t i = first; more && i < of->trace.count && i < first + CALLERS_SHOWN; i++) {
        const char *name = of->trace.lines[i].frame->function;
        sink_print(out, " <- %.40s", name[0] != 0 ? name : "?");
        more = strcmp(name, "main") != 0;
    }
}

static void print_site(sink *out, const named_site *of) {
    const record_numbers *numbers = &of->site->of;
    char place[PLACE_BYTES];
    char text[4][AMOUNT_BYTES];
    sites_place(place, sizeof place, of);
    sink_print(out, "    %14s%12s%12s%12s  %s", peak_text(text[0], numbers),
               amount_bytes(text[1], numbers->live_bytes), text_grouped(text[2], numbers->count),
               amount_bytes(text[3], numbers->bytes), place);
    print_callers(out, of);
    if (of->operation[0] != 0) {
        sink_print(out, "  %.60s", of->operation);
    }
    if (of->site->kind != 0) {
        sink_print(out, "  [%s]", record_kind_name(of->site->kind));
    }
    sink_char(out, '\n');
}

/* The first sites by one figure, under a heading. */
static void print_top(sink *out, const track_report *in, site_figure by, const char *heading) {
    size_t count;
    const named_site **sorted = sites_sort(in->of, by, &count);
    if (count == 0 || in->top == 0) {
        return;
    }
    size_t shown = count < in->top ? count : in->top;
    sink_print(out, "coldheap: %s, %zu of %zu site%s\n", heading, shown, count,
               count == 1 ? "" : "s");
    sink_print(out, "    %14s%12s%12s%12s  %s\n", "peak", "live", "blocks", "bytes", "place");
    for (size_t i = 0; i < shown; i++) {
        print_site(out, sorted[i]);
    }
}

static void print_stack(sink *out, const named_site *of) {
    if (of->trace.count > of->trace.call_site + 1) {
        backtrace_print_lines(out, &of->trace, of->trace.call_site + 1, of->trace.count);
    }
}

static void print_sum(sink *out, const char *what, uint64_t bytes, uint64_t blocks, size_t sites) {
    char text[2][AMOUNT_BYTES];
    sink_print(out, "coldheap: %s: %s in %s block%s at %zu site%s\n", what,
               amount_bytes(text[0], bytes), text_grouped(text[1], blocks), blocks == 1 ? "" : "s",
               sites, sites == 1 ? "" : "s");
}

static void print_leaks(sink *out, const track_report *in) {
    size_t count;
    const named_site **sorted = sites_sort(in->of, FIGURE_LIVE, &count);
    const record_numbers *process = &in->of->of->process;
    print_sum(out, "live at the end", process->live_bytes, process->live_blocks, count);
    for (size_t i = 0; i < count && i < in->top; i++) {
        const record_numbers *of = &sorted[i]->site->of;
        char place[PLACE_BYTES];
        char text[2][AMOUNT_BYTES];
        sites_place(place, sizeof place, sorted[i]);
        sink_print(out, "    %12s in %s block%s  %s\n", amount_bytes(text[0], of->live_bytes),
                   text_grouped(text[1], of->live_blocks), of->live_blocks == 1 ? "" : "s", place);
        print_stack(out, sorted[i]);
    }
}

static void print_growth(sink *out, const track_report *in) {
    const record *of = in->of->of;
    size_t count;
    const named_site **sorted = sites_sort(in->of, FIGURE_GROWTH, &count);
    const char *mark = of->header.marks[of->header.mark_count - 1].name;
    const char *what = of->header.mark_count > 0 && mark[0] != 0 ? mark : "the last mark";
    char heading[160];
    (void)snprintf(heading, sizeof heading, "growth since %s", what);
    print_sum(out, heading, of->process.growth_bytes, of->process.growth_blocks, count);
    for (size_t i = 0; i < count && i < in->top; i++) {
        char place[PLACE_BYTES];
        char text[AMOUNT_BYTES];
        sites_place(place, sizeof place, sorted[i]);
        sink_print(out, "    %12s  %s\n", amount_bytes(text, sorted[i]->site->of.growth_bytes),
                   place);
        print_stack(out, sorted[i]);
    }
}

/* The run time knows few wrappers by their names; with more frames the command sees past them. */
static void print_wrapper_note(sink *out, const named_record *in) {
    size_t count = 0;
    for (size_t i = 0; i < in->count; i++) {
        const backtrace *trace = &in->sites[i].trace;
        count += trace->count > 0 && wrappers_has(trace->lines[trace->call_site].frame);
    }
    if (count > 0) {
        sink_print(out, "    %zu site%s only hand requests on: --depth=8 shows who asked\n", count,
                   count == 1 ? "" : "s");
    }
}

void track_report_text(sink *out, const track_report *in) {
    const record *of = in->of->of;
    print_head(out, of);
    print_kinds(out, of);
    print_notes(out, of);
    print_wrapper_note(out, in->of);
    print_top(out, in, FIGURE_PEAK, "most bytes at a time");
    print_top(out, in, FIGURE_BYTES, "most bytes in all");
    if (record_is_marked(of)) {
        print_growth(out, in);
    }
    if (in->leaks) {
        print_leaks(out, in);
    }
}

void track_report_brief(sink *out, const record *of) {
    char text[4][AMOUNT_BYTES];
    sink_print(out, "blocks=%s bytes=%s peak=%s live=%s", text_grouped(text[0], of->process.count),
               amount_bytes(text[1], of->process.bytes), peak_text(text[2], &of->process),
               amount_bytes(text[3], of->process.live_bytes));
}
