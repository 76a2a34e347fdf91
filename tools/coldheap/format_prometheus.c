/* format_prometheus.c: metrics in Prometheus' text exposition format 0.0.4. Sites are those of a
 * baseline, by function and file, so that no two have the same labels; the PROMETHEUS_SITES_MAX
 * with the most bytes. */
#include "formats.h"

#include "baseline.h"
#include "sort.h"
#include "store.h"

#include <string.h>

#define PROMETHEUS_SITES_MAX 100u

static void head(sink *out, const char *name, const char *type, const char *help) {
    sink_print(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: backslash, quote and line end are escaped; it must be UTF-8. */
static void label(sink *out, const char *name, const char *value) {
    sink_print(out, "%s=\"", name);
    while (*value != 0) {
        size_t size = text_utf8(value);
        if (*value == '\n') {
            sink_text(out, "\\n");
        } else if (*value == '\\' || *value == '"') {
            sink_char(out, '\\');
            sink_char(out, *value);
        } else if (size == 0) {
            sink_text(out, "\xef\xbf\xbd");
        } else {
            sink_bytes(out, value, size);
        }
        value += size > 0 ? size : 1;
    }
    sink_char(out, '"');
}

static void write_kinds(sink *out, const record *in, const char *name, site_figure figure) {
    for (uint32_t kind = 0; kind < CHI_TRACK_KIND_COUNT; kind++) {
        sink_print(out, "%s{", name);
        label(out, "kind", record_kind_name(kind));
        sink_text(out, "} ");
        sink_u64(out, sites_figure(&in->kinds[kind], figure));
        sink_char(out, '\n');
    }
}

static int by_bytes(const void *left, const void *right) {
    const baseline_row *a = left;
    const baseline_row *b = right;
    uint64_t bytes = a->values[BASELINE_BYTES];
    uint64_t other = b->values[BASELINE_BYTES];
    return bytes != other ? (bytes > other ? -1 : 1) : baseline_order(a, b);
}

/* The sites worth naming, the largest first. */
static baseline_row *top_sites(const named_record *in, size_t *count) {
    baseline sums;
    baseline_from(&sums, in);
    size_t used = 0;
    for (size_t i = 0; i < sums.count; i++) {
        if (!sums.rows[i].is_total) {
            sums.rows[used++] = sums.rows[i];
        }
    }
    sort_items(sums.rows, used, sizeof *sums.rows, by_bytes);
    *count = used < PROMETHEUS_SITES_MAX ? used : PROMETHEUS_SITES_MAX;
    return sums.rows;
}

static void write_sites(sink *out, const baseline_row *rows, size_t count, const char *name,
                        baseline_figure figure) {
    for (size_t i = 0; i < count; i++) {
        sink_print(out, "%s{", name);
        label(out, "kind", record_kind_name(rows[i].kind));
        sink_char(out, ',');
        label(out, "function", rows[i].function);
        sink_char(out, ',');
        label(out, "file", rows[i].file);
        sink_text(out, "} ");
        sink_u64(out, rows[i].values[figure]);
        sink_char(out, '\n');
    }
}

/* Sections of one name in several files are one label. */
static void write_violations(sink *out, const chi_session *session) {
    head(out, "coldheap_violations_total", "counter", "Heap calls denied in hot sections.");
    for (size_t i = 0; i < CHI_SESSION_SECTIONS; i++) {
        const chi_session_section *of = &session->sections[i];
        bool is_first = of->state == CHI_ROW_READY;
        uint64_t sum = 0;
        for (size_t j = 0; is_first && j < CHI_SESSION_SECTIONS; j++) {
            const chi_session_section *other = &session->sections[j];
            if (other->state == CHI_ROW_READY && strcmp(of->name, other->name) == 0) {
                is_first = j >= i;
                sum += other->violations;
            }
        }
        if (is_first) {
            sink_text(out, "coldheap_violations_total{");
            label(out, "section", of->name);
            sink_text(out, "} ");
            sink_u64(out, sum);
            sink_char(out, '\n');
        }
    }
}

void format_prometheus(sink *out, const named_record *in, const format_settings *how) {
    static const struct {
        const char *name;
        const char *type;
        const char *help;
        site_figure figure;
    } KINDS[] = {
        {"coldheap_allocations_total", "counter", "Blocks given out.", FIGURE_ALLOCS},
        {"coldheap_frees_total", "counter", "Blocks given back.", FIGURE_FREES},
        {"coldheap_bytes_total", "counter", "Bytes given out, as requested.", FIGURE_BYTES},
        {"coldheap_exhausted_total", "counter", "Requests that found no room.", FIGURE_EXHAUSTED},
        {"coldheap_live_bytes", "gauge", "Bytes given out and not back.", FIGURE_LIVE},
        {"coldheap_live_blocks", "gauge", "Blocks given out and not back.", FIGURE_BLOCKS},
        {"coldheap_peak_bytes", "gauge", "Most live bytes at a time, or a bound.", FIGURE_PEAK},
    };
    static const struct {
        const char *name;
        const char *type;
        const char *help;
        baseline_figure figure;
    } SITES[] = {
        {"coldheap_site_allocations_total", "counter", "Blocks given out at a place.",
         BASELINE_ALLOCS},
        {"coldheap_site_bytes_total", "counter", "Bytes given out at a place.", BASELINE_BYTES},
        {"coldheap_site_live_bytes", "gauge", "Bytes of a place that are not back.", BASELINE_LIVE},
    };
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        head(out, KINDS[i].name, KINDS[i].type, KINDS[i].help);
        write_kinds(out, in->of, KINDS[i].name, KINDS[i].figure);
    }
    size_t count;
    const baseline_row *rows = top_sites(in, &count);
    for (size_t i = 0; i < sizeof SITES / sizeof SITES[0]; i++) {
        head(out, SITES[i].name, SITES[i].type, SITES[i].help);
        write_sites(out, rows, count, SITES[i].name, SITES[i].figure);
    }
    if (how->session != NULL) {
        write_violations(out, how->session);
    }
}
