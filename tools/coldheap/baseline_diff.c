/* baseline_diff.c: what changed between two baselines; see baseline.h. */
#include "baseline.h"

#include "amount.h"
#include "github.h"
#include "store.h"

#include <string.h>

#define PERCENT_HUNDREDTHS 10000u /* of the whole */
#define TOLERANCE_MAX      1000000u

static const uint64_t NOTHING[BASELINE_FIGURES];

/* The end of one list comes after everything in the other. */
static int order_of(const baseline_row *a, const baseline_row *b) {
    if (a == NULL || b == NULL) {
        return a == NULL ? 1 : -1;
    }
    return baseline_order(a, b);
}

static bool is_compared(const baseline_change *of, size_t figure) {
    return figure != BASELINE_PEAK || ((of->before == NULL || !of->before->peak_is_bound) &&
                                       (of->after == NULL || !of->after->peak_is_bound));
}

static const uint64_t *values_of(const baseline_row *row) {
    return row != NULL ? row->values : NOTHING;
}

/* Without tolerance every byte counts; with one, 64 bits of precision are enough. */
static bool is_above(uint64_t before, uint64_t after, uint64_t tolerance) {
    return after > before && (long double)(after - before) * PERCENT_HUNDREDTHS >
                                 (long double)before * (long double)tolerance;
}

/* Fills in what differs; false if nothing does. */
static bool judge(baseline_change *of, uint64_t tolerance) {
    const uint64_t *before = values_of(of->before);
    const uint64_t *after = values_of(of->after);
    bool differs = false;
    for (size_t i = 0; i < BASELINE_FIGURES; i++) {
        if (is_compared(of, i) && before[i] != after[i]) {
            differs = true;
            of->figure_increased[i] = is_above(before[i], after[i], tolerance);
            of->increased = of->increased || of->figure_increased[i];
            of->decreased = of->decreased || after[i] < before[i];
        }
    }
    return differs;
}

void baseline_compare(baseline_diff *out, const baseline *before, const baseline *after,
                      uint64_t tolerance) {
    *out =
        (baseline_diff){.changes = STORE_ARRAY(baseline_change, before->count + after->count + 1)};
    size_t i = 0;
    size_t j = 0;
    while (i < before->count || j < after->count) {
        const baseline_row *old = i < before->count ? &before->rows[i] : NULL;
        const baseline_row *new = j < after->count ? &after->rows[j] : NULL;
        int order = order_of(old, new);
        baseline_change *change = &out->changes[out->count];
        *change =
            (baseline_change){.before = order <= 0 ? old : NULL, .after = order >= 0 ? new : NULL};
        i += order <= 0;
        j += order >= 0;
        if (judge(change, tolerance)) {
            out->count++;
            out->increased += change->increased;
            out->decreased += change->decreased && !change->increased;
        }
    }
}

/* ---- telling ---- */

static const char *figure_text(char text[AMOUNT_BYTES], size_t figure, uint64_t value) {
    return figure == BASELINE_ALLOCS ? text_grouped(text, value) : amount_bytes(text, value);
}

static void print_figure(sink *out, const baseline_change *of, size_t figure, bool is_first) {
    char before[AMOUNT_BYTES];
    char after[AMOUNT_BYTES];
    char share[AMOUNT_BYTES];
    uint64_t old = values_of(of->before)[figure];
    uint64_t new = values_of(of->after)[figure];
    uint64_t distance = new > old ? new - old : old - new;
    sink_print(out, "%s%s %s -> %s", is_first ? " " : ", ", baseline_figure_name(figure),
               figure_text(before, figure, old), figure_text(after, figure, new));
    if (old != 0) {
        sink_print(out, " (%s%s)", new > old ? "+" : "-", amount_share(share, distance, old));
    }
}

static void print_key(sink *out, const baseline_row *of) {
    if (of->is_total) {
        sink_print(out, "total of the %s", record_kind_name(of->kind));
        return;
    }
    sink_print(out, "%.500s", of->function);
    if (of->file[0] != 0) {
        sink_print(out, " (%.300s)", of->file);
    }
    if (of->kind != 0) {
        sink_print(out, " [%s]", record_kind_name(of->kind));
    }
}

void baseline_diff_text(sink *out, const baseline_diff *of) {
    for (size_t i = 0; i < of->count; i++) {
        const baseline_change *change = &of->changes[i];
        bool is_first = true;
        sink_text(out, change->increased        ? "coldheap: INCREASE "
                       : change->before == NULL ? "coldheap: new      "
                       : change->after == NULL  ? "coldheap: gone     "
                       : change->decreased      ? "coldheap: decrease "
                                                : "coldheap: within   ");
        print_key(out, change->after != NULL ? change->after : change->before);
        sink_char(out, ':');
        for (size_t j = 0; j < BASELINE_FIGURES; j++) {
            if (is_compared(change, j) &&
                values_of(change->before)[j] != values_of(change->after)[j]) {
                print_figure(out, change, j, is_first);
                is_first = false;
            }
        }
        sink_char(out, '\n');
    }
}

static void json_values(sink *out, const char *name, const baseline_row *of) {
    sink_print(out, ",\"%s\":", name);
    if (of == NULL) {
        sink_text(out, "null");
        return;
    }
    for (size_t i = 0; i < BASELINE_FIGURES; i++) {
        sink_print(out, "%s\"%s\":", i == 0 ? "{" : ",", baseline_figure_name(i));
        sink_u64(out, of->values[i]);
    }
    sink_print(out, ",\"peak_is_bound\":%s}", of->peak_is_bound ? "true" : "false");
}

void baseline_diff_json(sink *out, const baseline_diff *of) {
    for (size_t i = 0; i < of->count; i++) {
        const baseline_change *change = &of->changes[i];
        const baseline_row *key = change->after != NULL ? change->after : change->before;
        sink_print(out, "{\"version\":1,\"type\":\"change\",\"total\":%s,\"kind\":\"%s\"",
                   key->is_total ? "true" : "false", record_kind_name(key->kind));
        sink_text(out, ",\"function\":");
        sink_json_text(out, key->function);
        sink_text(out, ",\"file\":");
        sink_json_text(out, key->file);
        sink_print(out, ",\"increased\":%s", change->increased ? "true" : "false");
        json_values(out, "before", change->before);
        json_values(out, "after", change->after);
        sink_text(out, "}\n");
    }
}

void baseline_diff_github(sink *out, const baseline_diff *of) {
    for (size_t i = 0; i < of->count; i++) {
        const baseline_row *after = of->changes[i].after;
        if (!of->changes[i].increased || after == NULL || after->is_total) {
            continue;
        }
        const uint64_t *before = values_of(of->changes[i].before);
        github_place place = {after->path, after->line, github_repository()};
        const char *message = store_format(
            "%.200s allocates more: allocs %llu -> %llu, bytes %llu -> %llu, live %llu -> %llu",
            after->function, (unsigned long long)before[BASELINE_ALLOCS],
            (unsigned long long)after->values[BASELINE_ALLOCS],
            (unsigned long long)before[BASELINE_BYTES],
            (unsigned long long)after->values[BASELINE_BYTES],
            (unsigned long long)before[BASELINE_LIVE],
            (unsigned long long)after->values[BASELINE_LIVE]);
        github_annotation(out, "error", &place, "coldheap: increase", message);
    }
}

bool baseline_tolerance(uint64_t *out, const char *text, text_error *error) {
    char number[TEXT_NUMBER_BYTES];
    size_t length = strlen(text);
    length -= length > 0 && text[length - 1] == '%';
    double value = 0;
    if (length >= sizeof number) {
        return text_refuse(error, 1, 1, "too large");
    }
    memcpy(number, text, length);
    number[length] = 0;
    if (!text_seconds(&value, number, TOLERANCE_MAX, error)) {
        return false;
    }
    *out = (uint64_t)(value * 100 + 0.5);
    return true;
}
