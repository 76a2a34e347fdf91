/* budget_check.c: what budgets mean, and how their results are told; see budget.h. */
#include "budget.h"

#include "amount.h"
#include "codes.h"
#include "demangle.h"
#include "store.h"

#include <fnmatch.h>
#include <string.h>

#define PLACE_BYTES 1024u

/* ---- sections ---- */

static uint64_t section_value(const chi_session_section *of, int figure) {
    uint64_t allocs = of->calls[0];
    uint64_t frees = of->calls[1];
    uint64_t reallocs = of->calls[2];
    switch ((budget_section_figure)figure) {
    case SECTION_ALLOCS:
        return allocs + reallocs;
    case SECTION_FREES:
        return frees;
    case SECTION_REALLOCS:
        return reallocs;
    case SECTION_CALLS:
        return allocs + frees + reallocs;
    case SECTION_BYTES:
        return of->bytes;
    }
    return 0;
}

/* A section that was never entered was not checked. */
static void check_section(budget_result *out, const chi_session *session) {
    const budget_line *line = out->line;
    uint64_t most = 0;
    bool is_entered = false;
    for (size_t i = 0; i < CHI_SESSION_SECTIONS; i++) {
        const chi_session_section *of = &session->sections[i];
        if (__atomic_load_n(&of->state, __ATOMIC_ACQUIRE) != CHI_ROW_READY || of->entered == 0 ||
            fnmatch(line->glob, of->name, 0) != 0) {
            continue;
        }
        uint64_t value = section_value(of, line->figure);
        is_entered = true;
        out->value += value;
        if (value > most) {
            most = value;
            out->section = of;
        }
    }
    if (!is_entered) {
        out->verdict = BUDGET_UNKNOWN;
        out->why = "no section of this name was entered";
    }
}

/* ---- sites ---- */

static bool is_meant(const budget_line *line, const named_site *of) {
    switch (line->subject) {
    case BUDGET_SITE:
        return record_is_real(of->site) && (fnmatch(line->glob, of->function, 0) == 0 ||
                                            demangle_matches(line->glob, of->symbol));
    case BUDGET_KIND:
        return of->site->kind == line->kind;
    default:
        return of->site->kind == 0;
    }
}

static void find_top(budget_result *out, const named_record *record) {
    size_t count;
    size_t used = 0;
    const named_site **sorted = sites_sort(record, (site_figure)out->line->figure, &count);
    for (size_t i = 0; i < count && used < BUDGET_TOP; i++) {
        if (is_meant(out->line, sorted[i])) {
            out->top[used++] = sorted[i];
        }
    }
}

static void check_sites(budget_result *out, const named_record *record) {
    site_figure figure = (site_figure)out->line->figure;
    size_t seen = 0;
    for (size_t i = 0; i < record->count; i++) {
        const record_numbers *of = &record->sites[i].site->of;
        uint64_t value = sites_figure(of, figure);
        if (!is_meant(out->line, &record->sites[i]) || value == 0) {
            continue;
        }
        bool bound = figure == FIGURE_PEAK && (of->peak_is_bound || seen > 0);
        if (figure != FIGURE_LARGEST) {
            out->value += value;
        } else if (value > out->value) {
            out->value = value;
        }
        out->is_bound = out->is_bound || bound;
        seen++;
    }
}

/* The process and its kinds have peaks of their own. */
static void check_peak_of_whole(budget_result *out, const named_record *record) {
    const record_numbers *of = out->line->subject == BUDGET_KIND
                                   ? &record->of->kinds[out->line->kind]
                                   : &record->of->process;
    out->value = of->peak_bytes;
    out->is_bound = of->peak_is_bound;
}

static void check_record(budget_result *out, const named_record *record) {
    site_figure figure = (site_figure)out->line->figure;
    if (figure == FIGURE_GROWTH && !record_is_marked(record->of)) {
        out->verdict = BUDGET_UNKNOWN;
        out->why = "the program set no mark and was not sealed";
        return;
    }
    if (figure == FIGURE_PEAK && out->line->subject != BUDGET_SITE) {
        check_peak_of_whole(out, record);
    } else {
        check_sites(out, record);
    }
    find_top(out, record);
}

/* ---- public ---- */

void budget_check(budget_result *out, const budget_line *line, const named_record *record,
                  const chi_session *session) {
    bool is_section = line->subject == BUDGET_SECTION;
    *out = (budget_result){.line = line};
    out->is_bytes = is_section ? line->figure == SECTION_BYTES
                               : sites_figure_is_bytes((site_figure)line->figure);
    if (is_section && session != NULL) {
        check_section(out, session);
    } else if (!is_section && record != NULL) {
        check_record(out, record);
    } else {
        out->verdict = BUDGET_UNKNOWN;
        out->why = is_section ? "there are no sections here" : "the tracker was not on";
    }
    if (out->verdict != BUDGET_UNKNOWN && out->value > line->limit) {
        out->verdict = BUDGET_EXCEEDED;
    } else if (line->subject == BUDGET_SITE && record != NULL &&
               record->of->header.sites_dropped > 0) {
        out->verdict = BUDGET_UNKNOWN;
        out->why = "calls were counted without their site: take more rows (--sites)";
    }
}

static const char *amount_of(char text[AMOUNT_BYTES], const budget_result *of, uint64_t value) {
    return of->is_bytes ? amount_bytes(text, value) : text_grouped(text, value);
}

static void print_origin(sink *out, const budget_line *line) {
    if (line->line != 0) {
        sink_print(out, " (%.400s:%zu)", line->origin, line->line);
    }
}

void budget_result_text(sink *out, const budget_result *of) {
    char value[AMOUNT_BYTES];
    char limit[AMOUNT_BYTES];
    if (of->verdict == BUDGET_HELD) {
        return;
    }
    sink_print(out, "coldheap: BUDGET %.500s", of->line->text);
    print_origin(out, of->line);
    if (of->verdict == BUDGET_UNKNOWN) {
        sink_print(out, ": not checked: %s\n", of->why);
        return;
    }
    if (of->process != 0) {
        sink_print(out, ": process %d", of->process);
    }
    sink_print(out, ": %s%s, limit %s\n", of->is_bound ? "at most " : "",
               amount_of(value, of, of->value), amount_of(limit, of, of->line->limit));
    if (of->section != NULL) {
        sink_print(out, "    section \"%.120s\" (%.500s:%u)\n", of->section->name,
                   of->section->file, of->section->line);
    }
    for (size_t i = 0; i < BUDGET_TOP && of->top[i] != NULL; i++) {
        char place[PLACE_BYTES - 100];
        sites_place(place, sizeof place, of->top[i]);
        uint64_t part = sites_figure(&of->top[i]->site->of, (site_figure)of->line->figure);
        sink_print(out, "    %10s  %s\n", amount_of(value, of, part), place);
    }
}

void budget_result_json(sink *out, const budget_result *of) {
    static const char *const VERDICTS[] = {"held", "exceeded", "unknown"};
    sink_text(out, "{\"version\":1,\"type\":\"budget\",\"budget\":");
    sink_json_text(out, of->line->text);
    sink_text(out, ",\"origin\":");
    sink_json_text(out, of->line->origin);
    sink_print(out, ",\"line\":%zu,\"verdict\":\"%s\",\"limit\":", of->line->line,
               VERDICTS[of->verdict]);
    sink_u64(out, of->line->limit);
    sink_text(out, ",\"value\":");
    if (of->verdict == BUDGET_UNKNOWN) {
        sink_text(out, "null");
    } else {
        sink_u64(out, of->value);
    }
    sink_print(out,
               ",\"value_is_bound\":%s,\"process\":%d,\"why\":", of->is_bound ? "true" : "false",
               of->process);
    sink_json_text(out, of->why != NULL ? of->why : "");
    sink_text(out, ",\"top\":[");
    for (size_t i = 0; i < BUDGET_TOP && of->top[i] != NULL; i++) {
        sink_text(out, i == 0 ? "" : ",");
        sink_json_text(out, of->top[i]->function);
    }
    sink_text(out, "]}\n");
}

static int weight(const budget_result *of) {
    switch (of->verdict) {
    case BUDGET_EXCEEDED:
        return 3;
    case BUDGET_UNKNOWN:
        return of->line->subject == BUDGET_SITE ? 2 : 0;
    case BUDGET_HELD:
        return 1;
    }
    return 0;
}

bool budget_worse(const budget_result *of, const budget_result *than) {
    int heavier = weight(of) - weight(than);
    return heavier > 0 || (heavier == 0 && of->value > than->value);
}

int budget_status(int code, const budget_result *of) {
    if (of->verdict == BUDGET_EXCEEDED) {
        return EXIT_FINDING;
    }
    return of->verdict == BUDGET_UNKNOWN && code != EXIT_FINDING ? EXIT_NOT_ARMED : code;
}
