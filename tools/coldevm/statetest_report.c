/* statetest_report.c: records, one at a time and in their order, onto stdout and into exports, with
 * the line that runs a failed case again; and the totals. Whoever delivers has the turn, so nothing
 * here is locked. */
#include "statetest.h"

#include "codes.h"
#include "message.h"
#include "text.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOTES_MAX 64u

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* From the least telling to the most. */
int statetest_worse(int one, int other) {
    static const int ORDER[] = {EXIT_DONE, EXIT_FAILED, EXIT_RLP,      EXIT_MALFORMED,
                                EXIT_FILE, EXIT_LIMIT,  EXIT_INTERNAL, EXIT_HEAP};
    size_t ranks[2] = {sizeof ORDER / sizeof ORDER[0], sizeof ORDER / sizeof ORDER[0]};
    for (size_t i = 0; i < sizeof ORDER / sizeof ORDER[0]; i++) {
        ranks[0] = ORDER[i] == one ? i : ranks[0];
        ranks[1] = ORDER[i] == other ? i : ranks[1];
    }
    return ranks[0] >= ranks[1] ? one : other;
}

void statetest_report_open(statetest_report *report, const statetest_plan *plan) {
    memset(report, 0, sizeof *report);
    report->plan = plan;
    report->totals.start_ns = clock_ns();
}

static bool shows_array(const statetest_plan *plan) {
    return !plan->human && !plan->list;
}

void statetest_report_begin(statetest_report *report, uint64_t file_count) {
    report->items = 0;
    report->files_done = 0;
    report->file_count = file_count;
}

void statetest_report_end(statetest_report *report) {
    if (shows_array(report->plan)) {
        sink_text(&sink_out, report->items == 0 ? "[]\n" : "\n]\n");
    }
    sink_flush(&sink_out);
    sink_flush(&sink_err);
    report->totals.end_ns = clock_ns();
}

/* ---- The line that runs a case again --------------------------------------------------------- */

static bool is_plain(const char *text) {
    return text[strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "_./:,+-=@%")] == 0 &&
           *text != 0 && *text != '-';
}

/* As a word of the shell. */
static void print_word(sink *out, const char *text) {
    if (is_plain(text)) {
        sink_text(out, text);
        return;
    }
    sink_char(out, '\'');
    for (; *text != 0; text++) {
        if (*text == '\'') {
            sink_text(out, "'\\'");
        }
        sink_char(out, *text);
    }
    sink_char(out, '\'');
}

static void quote_word(void *context, const char *bytes, size_t size) {
    sink *out = context;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\'') {
            sink_text(out, "'\\'");
        }
        sink_char(out, bytes[i]);
    }
}

static void print_reproduction(const statetest_plan *plan, const statetest_record *record) {
    sink *out = &sink_err;
    char buffer[256];
    sink quoted;
    if (message_config.json_lines_only || message_config.verbosity == 0) {
        return;
    }
    sink_text(out, "reproduce: coldevm statetest");
    sink_text(out, plan->again);
    if (strcmp(record->name, record->file) != 0 || record->is_case) {
        sink_text(out, " --run '");
        sink_into(&quoted, "pattern", buffer, sizeof buffer, quote_word, out);
        pattern_quote(&quoted, record->name);
        sink_flush(&quoted);
        sink_char(out, '\'');
    }
    if (record->is_case) {
        sink_text(out, " --statetest.fork ");
        print_word(out, record->fork);
        sink_print(out, " --statetest.index %u", (unsigned)record->index);
    }
    sink_text(out, record->file[0] == '-' ? " -- " : " ");
    print_word(out, record->file);
    sink_char(out, '\n');
    sink_flush(out);
}

/* ---- Records --------------------------------------------------------------------------------- */

static void show_front(statetest_report *report, const statetest_record *record) {
    sink_text(&sink_out, report->items == 0 ? "[\n  {\n    " : ",\n  {\n    ");
    report->items++;
    export_item_front(&sink_out, record, ",\n    ", ": ");
}

static void show_back(const statetest_record *record) {
    export_item_back(&sink_out, record, ",\n    ", ": ");
    sink_text(&sink_out, "\n  }");
}

static void show_human(const statetest_record *record) {
    sink_text(&sink_out, record->error == NULL ? "[PASS] " : "[FAIL] ");
    sink_text(&sink_out, record->name);
    if (record->error != NULL) {
        sink_text(&sink_out, ", err=");
        sink_text(&sink_out, record->error);
        sink_text(&sink_out, ", fork=");
        sink_text(&sink_out, record->fork);
    }
    sink_char(&sink_out, '\n');
}

/* Says each unknown name once. */
static void show_note(const char *name) {
    static uint64_t known[NOTES_MAX];
    static size_t count;
    uint64_t hash = 14695981039346656037u;
    for (const char *at = name; *at != 0; at++) {
        hash = (hash ^ (uint8_t)*at) * 1099511628211u;
    }
    for (size_t i = 0; i < count; i++) {
        if (known[i] == hash) {
            return;
        }
    }
    known[count < NOTES_MAX ? count++ : NOTES_MAX - 1] = hash;
    if (message_config.verbosity > 0 && !message_config.json_lines_only) {
        sink_text(&sink_err, "note: unknown exception \"");
        sink_text(&sink_err, name);
        sink_text(&sink_err, "\": any rejection passes\n");
    }
}

static void count_record(statetest_report *report, const statetest_record *record) {
    export_totals *totals = &report->totals;
    totals->passed += record->error == NULL;
    totals->failed += record->error != NULL;
    totals->errors += !record->is_case;
    totals->heap_calls += record->heap_calls;
    totals->gas_used += record->gas_used;
    totals->time_ns += record->time_ns;
    report->code = statetest_worse(report->code, record->code);
}

/* Finds the texts behind a record again. */
static void unpack(statetest_record *record, const void *bytes) {
    const char *at = (const char *)bytes + sizeof *record;
    memcpy(record, bytes, sizeof *record);
    const char **texts[] = {&record->name, &record->fork, &record->file, &record->error,
                            &record->note};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (*texts[i] != NULL) {
            *texts[i] = at;
            at += strlen(at) + 1;
        }
    }
}

static void take_record(statetest_report *report, const statetest_record *record, bool has_front) {
    const statetest_plan *plan = report->plan;
    count_record(report, record);
    if (plan->human) {
        show_human(record);
    } else if (!plan->list) {
        if (!has_front) {
            show_front(report, record);
        }
        show_back(record);
    }
    export_record((export_list *)&plan->exports, record);
    if (record->note != NULL) {
        show_note(record->note);
    }
    if (record->error != NULL) {
        print_reproduction(plan, record);
        if (plan->fail_fast) {
            report->stopped = true;
            turnstile_stop(report->gate);
        }
    }
}

static void show_listed(const statetest_record *record) {
    sink_text(&sink_out, record->file);
    sink_char(&sink_out, '\t');
    sink_text(&sink_out, record->name);
    sink_char(&sink_out, '\t');
    sink_text(&sink_out, record->fork);
    sink_print(&sink_out, "\t%u\n", (unsigned)record->index);
}

static void end_file(statetest_report *report, const char *path) {
    report->files_done++;
    message_progress(report->files_done, report->file_count, report->totals.failed, path);
}

void statetest_report_deliver(void *context, uint32_t kind, const void *bytes, size_t size,
                              bool live) {
    statetest_report *report = context;
    const statetest_plan *plan = report->plan;
    statetest_record record;
    if (report->stopped) {
        return;
    }
    switch (kind) {
    case STATETEST_ERR:
        message_progress_end();
        sink_bytes(&sink_err, bytes, size);
        live = true;
        break;
    case STATETEST_TRACE:
        sink_bytes(plan->trace_out, bytes, size);
        return;
    case STATETEST_DUMP:
        sink_bytes(&sink_out, bytes, size);
        return;
    case STATETEST_HEAD:
        unpack(&record, bytes);
        show_front(report, &record);
        sink_text(&sink_out, ",\n    \"state\": ");
        return;
    case STATETEST_RECORD:
        unpack(&record, bytes);
        take_record(report, &record, plan->dump && record.is_case);
        break;
    case STATETEST_LISTED:
        unpack(&record, bytes);
        show_listed(&record);
        break;
    default:
        end_file(report, bytes);
        live = true;
    }
    if (live) {
        sink_flush(&sink_out);
        sink_flush(&sink_err);
    }
}
