/* export.c: one record in each format; see export.h. A format is a row: what stands at the front,
 * one record, and the end. */
#include "export.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JUNIT_HEAD_BYTES   512u /* room that the totals are written into at the end */
#define GITHUB_ANNOTATIONS 10u

typedef struct export_format {
    const char *name;
    void (*begin)(export_file *file);
    void (*record)(export_file *file, const statetest_record *record);
    void (*end)(export_file *file, const export_totals *totals);
    bool by_rename; /* written beside the file, which it then replaces */
    bool seeks;     /* goes back to the front */
} export_format;

/* ---- Items ----------------------------------------------------------------------------------- */

static void print_root(sink *out, const chevm_u256 *root) {
    uint8_t bytes[32];
    chevm_u256_to_be32(bytes, root);
    sink_text(out, "\"0x");
    sink_hex(out, bytes, sizeof bytes);
    sink_char(out, '"');
}

static void print_key(sink *out, const char *before, const char *key, const char *colon) {
    sink_text(out, before);
    sink_char(out, '"');
    sink_text(out, key);
    sink_char(out, '"');
    sink_text(out, colon);
}

static void print_count(sink *out, const char *before, const char *key, const char *colon,
                        uint64_t number) {
    print_key(out, before, key, colon);
    sink_u64(out, number);
}

void export_item_front(sink *out, const statetest_record *record, const char *separator,
                       const char *colon) {
    print_key(out, "", "name", colon);
    sink_json_text(out, record->name);
    print_key(out, separator, "pass", colon);
    sink_text(out, record->error == NULL ? "true" : "false");
    print_key(out, separator, "stateRoot", colon);
    print_root(out, &record->root);
    print_key(out, separator, "fork", colon);
    sink_json_text(out, record->fork);
    if (record->error != NULL) {
        print_key(out, separator, "error", colon);
        sink_json_text(out, record->error);
    }
}

void export_item_back(sink *out, const statetest_record *record, const char *separator,
                      const char *colon) {
    const bool wide = colon[1] == ' ';
    const char *narrow = wide ? ", " : ",";
    if (record->has_bench) {
        print_key(out, separator, "benchStats", colon);
        print_count(out, wide ? "{ " : "{", "time", colon, record->bench_time_ns);
        print_count(out, narrow, "allocs", colon, record->bench_allocs);
        print_count(out, narrow, "bytesAllocated", colon, record->bench_bytes);
        print_count(out, narrow, "gasUsed", colon, record->gas_used);
        sink_text(out, wide ? " }" : "}");
    }
    print_key(out, separator, "file", colon);
    sink_json_text(out, record->file);
    if (record->is_case) {
        print_count(out, narrow, "index", colon, record->index);
    }
    print_count(out, narrow, "gasUsed", colon, record->gas_used);
    print_count(out, narrow, "timeNs", colon, record->time_ns);
    print_count(out, narrow, "heapCalls", colon, record->heap_calls);
    print_count(out, narrow, "peakBytes", colon, record->peak_bytes);
    if (record->has_allocations) {
        print_key(out, narrow, "allocations", colon);
        allocations_json(out, &record->allocations);
    }
    if (record->has_trace_hash) {
        print_key(out, narrow, "traceHash", colon);
        print_root(out, &record->trace_hash);
    }
}

/* Seconds with six places. */
static void print_seconds(sink *out, uint64_t nanoseconds) {
    sink_print(out, "%llu.%06llu", (unsigned long long)(nanoseconds / 1000000000u),
               (unsigned long long)(nanoseconds / 1000u % 1000000u));
}

/* NAME, and for a case what tells it from the others of that name. */
static void print_title(sink *out, const statetest_record *record,
                        void (*print)(sink *out, const char *text)) {
    print(out, record->name);
    if (record->is_case) {
        print(out, " ");
        print(out, record->fork);
        sink_print(out, " %u", (unsigned)record->index);
    }
}

/* ---- junit ----------------------------------------------------------------------------------- */

static void junit_begin(export_file *file) {
    for (size_t i = 0; i < JUNIT_HEAD_BYTES - 1; i++) {
        sink_char(&file->out, ' ');
    }
    sink_char(&file->out, '\n');
}

static void junit_record(export_file *file, const statetest_record *record) {
    sink *out = &file->out;
    sink_text(out, "    <testcase classname=\"");
    sink_xml(out, record->file);
    sink_text(out, "\" name=\"");
    print_title(out, record, sink_xml);
    sink_text(out, "\" time=\"");
    print_seconds(out, record->time_ns);
    if (record->error == NULL) {
        sink_text(out, "\"/>\n");
        return;
    }
    sink_text(out, "\">\n      <failure message=\"");
    sink_xml(out, record->error);
    sink_text(out, "\">");
    sink_xml(out, record->error);
    sink_text(out, "</failure>\n    </testcase>\n");
}

static void junit_end(export_file *file, const export_totals *totals) {
    char counts[160];
    char head[JUNIT_HEAD_BYTES];
    sink_text(&file->out, "  </testsuite>\n</testsuites>\n");
    sink_flush(&file->out);
    (void)snprintf(counts, sizeof counts,
                   "tests=\"%llu\" failures=\"%llu\" errors=\"0\" skipped=\"0\" "
                   "time=\"%llu.%06llu\"",
                   (unsigned long long)(totals->passed + totals->failed),
                   (unsigned long long)totals->failed,
                   (unsigned long long)(totals->time_ns / 1000000000u),
                   (unsigned long long)(totals->time_ns / 1000u % 1000000u));
    int size = snprintf(head, sizeof head,
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites %s>\n"
                        "  <testsuite name=\"coldevm statetest\" %s>",
                        counts, counts);
    if (size > 0 && pwrite(file->out.fd, head, (size_t)size, 0) != size && file->out.error == 0) {
        file->out.error = errno != 0 ? errno : EIO;
    }
}

/* ---- tap ------------------------------------------------------------------------------------- */

static void print_tap(sink *out, const char *text) {
    for (; *text != 0; text++) {
        if (*text == '#' || *text == '\\') {
            sink_char(out, '\\');
        }
        sink_char(out, (unsigned char)*text < ' ' ? '?' : *text);
    }
}

static void tap_begin(export_file *file) {
    sink_text(&file->out, "TAP version 14\n");
}

static void tap_record(export_file *file, const statetest_record *record) {
    sink *out = &file->out;
    sink_print(out, "%s %llu - ", record->error == NULL ? "ok" : "not ok",
               (unsigned long long)file->count);
    print_title(out, record, print_tap);
    sink_char(out, '\n');
    if (record->error != NULL) {
        sink_text(out, "  ---\n  message: ");
        sink_json_text(out, record->error);
        sink_text(out, "\n  file: ");
        sink_json_text(out, record->file);
        sink_text(out, "\n  ...\n");
    }
}

static void tap_end(export_file *file, const export_totals *totals) {
    (void)totals;
    sink_print(&file->out, "1..%llu\n", (unsigned long long)file->count);
}

/* ---- jsonl ----------------------------------------------------------------------------------- */

static void nothing_begins(export_file *file) {
    (void)file;
}

static void jsonl_record(export_file *file, const statetest_record *record) {
    sink_char(&file->out, '{');
    export_item_front(&file->out, record, ",", ":");
    export_item_back(&file->out, record, ",", ":");
    sink_text(&file->out, "}\n");
}

static void jsonl_end(export_file *file, const export_totals *totals) {
    sink_print(&file->out,
               "{\"summary\":{\"passed\":%llu,\"failed\":%llu,\"skipped\":0,\"seconds\":",
               (unsigned long long)totals->passed, (unsigned long long)totals->failed);
    print_seconds(&file->out, totals->end_ns - totals->start_ns);
    sink_print(&file->out, ",\"heapCalls\":%llu}}\n", (unsigned long long)totals->heap_calls);
}

/* ---- github ---------------------------------------------------------------------------------- */

/* Text of a workflow command; in a property, between colons and commas, these are escaped too. */
static void print_github(sink *out, const char *text, const char *escaped) {
    for (; *text != 0; text++) {
        if (strchr(escaped, *text) != NULL) {
            sink_print(out, "%%%02X", (unsigned)(unsigned char)*text);
        } else {
            sink_char(out, *text);
        }
    }
}

static void print_property(sink *out, const char *text) {
    print_github(out, text, "%\r\n:,");
}

static void github_record(export_file *file, const statetest_record *record) {
    sink *out = &file->out;
    file->count -= record->error == NULL;
    if (record->error == NULL || file->count > GITHUB_ANNOTATIONS) {
        return;
    }
    sink_text(out, "::error file=");
    print_property(out, record->file);
    sink_text(out, ",line=1,title=");
    print_title(out, record, print_property);
    sink_text(out, "::");
    print_github(out, record->error, "%\r\n");
    sink_char(out, '\n');
}

/* The table on the page of the workflow's run. */
static void github_end(export_file *file, const export_totals *totals) {
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    char buffer[1024];
    sink out;
    if (path == NULL || *path == 0) {
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0) {
        file->out.error = errno;
        return;
    }
    sink_open(&out, fd, path, buffer, sizeof buffer);
    sink_print(&out,
               "| state tests | passed | failed | heap calls | seconds |\n"
               "|---|---|---|---|---|\n| %llu | %llu | %llu | %llu | ",
               (unsigned long long)(totals->passed + totals->failed),
               (unsigned long long)totals->passed, (unsigned long long)totals->failed,
               (unsigned long long)totals->heap_calls);
    print_seconds(&out, totals->end_ns - totals->start_ns);
    sink_text(&out, " |\n");
    file->out.error = sink_close(&out) != EXIT_DONE ? EIO : file->out.error;
}

/* ---- prometheus ------------------------------------------------------------------------------ */

static void nothing_recorded(export_file *file, const statetest_record *record) {
    (void)file;
    (void)record;
}

static void prometheus_head(sink *out, const char *name, const char *help, const char *type) {
    sink_print(out, "# HELP coldevm_statetest_%s %s\n# TYPE coldevm_statetest_%s %s\n", name, help,
               name, type);
}

static void prometheus_end(export_file *file, const export_totals *totals) {
    sink *out = &file->out;
    prometheus_head(out, "cases_total", "Cases that were run, by verdict.", "counter");
    sink_print(out,
               "coldevm_statetest_cases_total{verdict=\"passed\"} %llu\n"
               "coldevm_statetest_cases_total{verdict=\"failed\"} %llu\n",
               (unsigned long long)totals->passed, (unsigned long long)totals->failed);
    prometheus_head(out, "heap_calls_total", "Heap calls made while cases ran.", "counter");
    sink_print(out, "coldevm_statetest_heap_calls_total %llu\n",
               (unsigned long long)totals->heap_calls);
    prometheus_head(out, "gas_total", "Gas used by all transactions.", "counter");
    sink_print(out, "coldevm_statetest_gas_total %llu\n", (unsigned long long)totals->gas_used);
    prometheus_head(out, "seconds", "Time from the first case to the last.", "gauge");
    sink_text(out, "coldevm_statetest_seconds ");
    print_seconds(out, totals->end_ns - totals->start_ns);
    sink_char(out, '\n');
}

/* ---- All ------------------------------------------------------------------------------------- */

static const export_format FORMATS[] = {
    {"junit", junit_begin, junit_record, junit_end, false, true},
    {"tap", tap_begin, tap_record, tap_end, false, false},
    {"jsonl", nothing_begins, jsonl_record, jsonl_end, false, false},
    {"github", nothing_begins, github_record, github_end, false, false},
    {"prometheus", nothing_begins, nothing_recorded, prometheus_end, true, false},
};

#define FORMAT_COUNT (sizeof FORMATS / sizeof FORMATS[0])

static const export_format *find_format(const char *text, size_t size) {
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (strlen(FORMATS[i].name) == size && memcmp(FORMATS[i].name, text, size) == 0) {
            return &FORMATS[i];
        }
    }
    return NULL;
}

static int open_file(export_file *file, flag_text flag) {
    size_t size = strcspn(flag.text, "=");
    file->format = find_format(flag.text, size);
    if (file->format == NULL || flag.text[size] != '=' || flag.text[size + 1] == 0) {
        return message_argument(EXIT_FLAG, flag.position,
                                "bad value '%.80s' for --export: use FORMAT=FILE, FORMAT one of "
                                "junit, tap, jsonl, github, prometheus",
                                flag.text);
    }
    file->path = flag.text + size + 1;
    const char *path = file->format->by_rename ? store_format("%s.new", file->path) : file->path;
    int code = sink_file(&file->out, path, file->buffer, sizeof file->buffer);
    if (code == EXIT_DONE && file->format->seeks && lseek(file->out.fd, 0, SEEK_CUR) < 0) {
        return message_error(EXIT_FILE, path, 0, "%s needs a file that can be gone back in",
                             file->format->name);
    }
    if (code == EXIT_DONE) {
        file->format->begin(file);
    }
    return code;
}

int export_open(export_list *list, const flag_list *flags) {
    list->files = STORE_ARRAY(export_file, flags->count);
    for (list->count = 0; list->count < flags->count; list->count++) {
        int code = open_file(&list->files[list->count], flags->items[list->count]);
        if (code != EXIT_DONE) {
            return code;
        }
    }
    return EXIT_DONE;
}

void export_record(export_list *list, const statetest_record *record) {
    for (size_t i = 0; i < list->count; i++) {
        list->files[i].count++;
        list->files[i].format->record(&list->files[i], record);
    }
}

int export_close(export_list *list, const export_totals *totals) {
    int code = EXIT_DONE;
    for (size_t i = 0; i < list->count; i++) {
        export_file *file = &list->files[i];
        file->format->end(file, totals);
        int closed = sink_close(&file->out);
        if (closed == EXIT_DONE && file->format->by_rename &&
            rename(file->out.name, file->path) != 0) {
            closed = message_error(EXIT_FILE, file->path, 0, "%s", strerror(errno));
        }
        code = closed != EXIT_DONE ? closed : code;
    }
    return code;
}
