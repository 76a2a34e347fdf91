/* baseline.c: making, writing and reading baselines; see baseline.h. */
#include "baseline.h"

#include "codes.h"
#include "message.h"
#include "sort.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((size_t)1 << 26)
#define FIRST_LINE     "coldheap baseline 1"

const char *baseline_figure_name(size_t figure) {
    static const char *const NAMES[BASELINE_FIGURES] = {"allocs", "bytes", "live", "peak"};
    return NAMES[figure];
}

/* ---- making ---- */

int baseline_order(const baseline_row *a, const baseline_row *b) {
    if (a->is_total != b->is_total) {
        return a->is_total ? -1 : 1;
    }
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    int order = strcmp(a->function, b->function);
    return order != 0 ? order : strcmp(a->file, b->file);
}

static int compare_rows(const void *left, const void *right) {
    return baseline_order(left, right);
}

static baseline_row row_of(const record_numbers *of, uint32_t kind) {
    return (baseline_row){.kind = kind,
                          .function = "",
                          .file = "",
                          .peak_is_bound = of->peak_is_bound,
                          .values = {of->count, of->bytes, of->live_bytes, of->peak_bytes}};
}

static void merge(baseline_row *to, const baseline_row *of) {
    for (size_t i = 0; i < BASELINE_FIGURES; i++) {
        to->values[i] += of->values[i];
    }
    to->peak_is_bound = true; /* peaks of several places need not be at one time */
}

/* Rows of one key become one. */
static void merge_rows(baseline *in) {
    size_t used = 0;
    for (size_t i = 0; i < in->count; i++) {
        if (used > 0 && baseline_order(&in->rows[used - 1], &in->rows[i]) == 0) {
            merge(&in->rows[used - 1], &in->rows[i]);
        } else {
            in->rows[used++] = in->rows[i];
        }
    }
    in->count = used;
}

/* A kind's peak is exact if one thread alone took memory: threads publish theirs in steps. */
void baseline_from(baseline *out, const named_record *in) {
    *out = (baseline){.name = in->of->name,
                      .rows = STORE_ARRAY(baseline_row, in->count + CHI_TRACK_KIND_COUNT)};
    for (uint32_t kind = 0; kind < CHI_TRACK_KIND_COUNT; kind++) {
        if (in->of->kinds[kind].count > 0) {
            baseline_row *row = &out->rows[out->count++];
            *row = row_of(&in->of->kinds[kind], kind);
            row->is_total = true;
            row->peak_is_bound = row->peak_is_bound || in->of->table_count > 1;
        }
    }
    for (size_t i = 0; i < in->count; i++) {
        const named_site *site = &in->sites[i];
        if (site->site->of.count > 0) {
            baseline_row *row = &out->rows[out->count++];
            *row = row_of(&site->site->of, site->site->kind);
            row->function = site->function;
            row->file = site->key_file;
            row->path = site->line != 0 ? site->file : NULL;
            row->line = site->line;
        }
    }
    sort_items(out->rows, out->count, sizeof *out->rows, compare_rows);
    merge_rows(out);
}

/* ---- writing ---- */

static void write_row(sink *out, const baseline_row *row) {
    sink_print(out, "%s %s", row->is_total ? "kind" : "site", record_kind_name(row->kind));
    for (size_t i = 0; i < BASELINE_FIGURES; i++) {
        bool bound = i == BASELINE_PEAK && row->peak_is_bound;
        sink_print(out, " %s%s", baseline_figure_name(i), bound ? "<=" : "=");
        sink_u64(out, row->values[i]);
    }
    if (!row->is_total) {
        sink_text(out, " function=");
        sink_json_text(out, row->function);
        sink_text(out, " file=");
        sink_json_text(out, row->file);
    }
    sink_char(out, '\n');
}

void baseline_write(sink *out, const baseline *in) {
    sink_text(out, FIRST_LINE "\n");
    for (size_t i = 0; i < in->count; i++) {
        write_row(out, &in->rows[i]);
    }
}

/* ---- reading ---- */

typedef struct cursor {
    char *at;
    char *end; /* of the line; holds 0 */
} cursor;

static bool take_text(cursor *in, const char *text) {
    size_t length = strlen(text);
    if ((size_t)(in->end - in->at) < length || memcmp(in->at, text, length) != 0) {
        return false;
    }
    in->at += length;
    return true;
}

static bool take_kind(cursor *in, uint32_t *kind) {
    for (uint32_t i = 0; i < CHI_TRACK_KIND_COUNT; i++) {
        if (take_text(in, record_kind_name(i))) {
            *kind = i;
            return true;
        }
    }
    return false;
}

static bool take_number(cursor *in, uint64_t *number) {
    text_error error;
    size_t length = strspn(in->at, "0123456789");
    char kept = in->at[length];
    in->at[length] = 0;
    bool good = text_u64(number, in->at, UINT64_MAX, &error);
    in->at[length] = kept;
    in->at += length;
    return good;
}

/* One character of a quoted text; -1 if it is none. */
static int take_character(cursor *in) {
    if (*in->at != '\\') {
        return in->at < in->end && *in->at != '"' ? (unsigned char)*in->at++ : -1;
    }
    in->at++;
    if (*in->at == '"' || *in->at == '\\') {
        return (unsigned char)*in->at++;
    }
    int high = -1;
    int low = -1;
    if (in->end - in->at >= 5 && memcmp(in->at, "u00", 3) == 0) {
        high = text_hex_digit(in->at[3]);
        low = text_hex_digit(in->at[4]);
        in->at += 5;
    }
    int character = high * 16 + low;
    return high < 0 || low < 0 || character == 0 ? -1 : character;
}

/* Texts are undone in their place: they only get shorter. */
static bool take_quoted(cursor *in, const char **text) {
    if (!take_text(in, "\"")) {
        return false;
    }
    char *to = in->at;
    *text = to;
    while (*in->at != '"') {
        int character = take_character(in);
        if (character < 0) {
            return false;
        }
        *to++ = (char)character;
    }
    in->at++;
    *to = 0;
    return true;
}

static bool take_values(cursor *in, baseline_row *row) {
    for (size_t i = 0; i < BASELINE_FIGURES; i++) {
        if (!take_text(in, " ") || !take_text(in, baseline_figure_name(i))) {
            return false;
        }
        bool bound = i == BASELINE_PEAK && take_text(in, "<=");
        row->peak_is_bound = bound;
        if ((!bound && !take_text(in, "=")) || !take_number(in, &row->values[i])) {
            return false;
        }
    }
    return true;
}

static bool take_row(cursor *in, baseline_row *row) {
    *row = (baseline_row){.function = "", .file = ""};
    row->is_total = take_text(in, "kind ");
    if ((!row->is_total && !take_text(in, "site ")) || !take_kind(in, &row->kind) ||
        !take_values(in, row)) {
        return false;
    }
    if (!row->is_total) {
        if (!take_text(in, " function=") || !take_quoted(in, &row->function) ||
            !take_text(in, " file=") || !take_quoted(in, &row->file)) {
            return false;
        }
    }
    return in->at == in->end;
}

static size_t count_lines(const char *text, size_t size) {
    size_t count = 1;
    for (size_t i = 0; i < size; i++) {
        count += text[i] == '\n';
    }
    return count;
}

static int broken(const char *name, size_t line, const char *reason) {
    return message_error(EXIT_USAGE, name, line, "%s", reason);
}

int baseline_parse(baseline *out, const char *name, char *text, size_t size) {
    *out = (baseline){.name = name, .rows = STORE_ARRAY(baseline_row, count_lines(text, size))};
    size_t number = 0;
    if (memchr(text, 0, size) != NULL) {
        return broken(name, 0, "not a text");
    }
    for (char *at = text; at < text + size; number++) {
        char *end = memchr(at, '\n', (size_t)(text + size - at));
        if (end == NULL) {
            return broken(name, number + 1, "the last line is cut off");
        }
        *end = 0;
        cursor line = {at, end};
        baseline_row *row = &out->rows[out->count];
        if (number == 0 && strcmp(at, FIRST_LINE) != 0) {
            return broken(name, 1, "no baseline of coldheap, or of another version");
        }
        if (number > 0 && *at != 0 && *at != '#') {
            if (!take_row(&line, row)) {
                return broken(name, number + 1, "no row of a baseline");
            }
            out->count++;
        }
        at = end + 1;
    }
    if (number == 0) {
        return broken(name, 1, "an empty baseline");
    }
    sort_items(out->rows, out->count, sizeof *out->rows, compare_rows);
    merge_rows(out);
    return EXIT_DONE;
}

static bool is_record(int fd) {
    uint64_t magic = 0;
    return pread(fd, &magic, sizeof magic, 0) == (ssize_t)sizeof magic && magic == CHI_TRACK_MAGIC;
}

static int load_record(baseline *out, const char *path) {
    record *in = STORE_NEW(record);
    named_record *named = STORE_NEW(named_record);
    int code = record_open(in, path);
    if (code == EXIT_DONE) {
        sites_name(named, in);
        baseline_from(out, named);
    }
    return code;
}

static int load_text(baseline *out, const char *path, int fd) {
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) ||
        (uint64_t)about.st_size > FILE_BYTES_MAX) {
        return broken(path, 0, "neither a record nor a baseline");
    }
    size_t size = (size_t)about.st_size;
    char *text = store_alloc(size + 1, 1);
    size_t used = 0;
    ssize_t got = 1;
    while (got > 0 && used < size) {
        got = read(fd, text + used, size - used);
        used += got > 0 ? (size_t)got : 0;
    }
    text[used] = 0;
    return got < 0 ? broken(path, 0, strerror(errno)) : baseline_parse(out, path, text, used);
}

int baseline_load(baseline *out, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return message_error(EXIT_NOT_ARMED, path, 0, "%s", strerror(errno));
    }
    int code = is_record(fd) ? load_record(out, path) : load_text(out, path, fd);
    close(fd);
    return code;
}
