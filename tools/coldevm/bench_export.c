/* bench_export.c: what was measured as Google-Benchmark JSON (spec cli.md C11): an entry per round,
 * as a repetition, then the aggregates mean, median, stddev, cv, min and p99 of each row. */
#include "bench.h"

#include "codes.h"
#include "store.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES 65536u
#define CACHES_MAX   8u

/* ---- Context --------------------------------------------------------------------------------- */

/* The text of a small file of the system without its end of line; "" if there is none. */
static const char *read_fact(const char *path) {
    text_file file;
    if (access(path, R_OK) != 0 || input_file(&file, path) != EXIT_DONE) {
        return "";
    }
    file.text[strcspn(file.text, "\n")] = 0;
    return file.text;
}

static unsigned long cpu_mhz(void) {
    static const char KEY[] = "cpu MHz";
    text_file file;
    const char *path = "/proc/cpuinfo";
    if (access(path, R_OK) != 0 || input_file(&file, path) != EXIT_DONE) {
        return 0;
    }
    const char *at = strstr(file.text, KEY);
    at = at != NULL ? strchr(at, ':') : NULL;
    return at != NULL ? strtoul(at + 1, NULL, 10) : 0;
}

static void write_caches(sink *out) {
    sink_text(out, "    \"caches\": [");
    for (unsigned i = 0; i < CACHES_MAX; i++) {
        const char *folder = store_format("/sys/devices/system/cpu/cpu0/cache/index%u", i);
        const char *type = read_fact(store_format("%s/type", folder));
        const char *level = read_fact(store_format("%s/level", folder));
        const char *size = read_fact(store_format("%s/size", folder));
        if (*type == 0 || *level == 0 || *size == 0) {
            break;
        }
        sink_text(out, i > 0 ? ",\n      {\"type\": " : "\n      {\"type\": ");
        sink_json_text(out, type);
        sink_print(out, ", \"level\": %lu, \"size\": %llu, \"num_sharing\": 1}",
                   strtoul(level, NULL, 10), strtoull(size, NULL, 10) * 1024);
    }
    sink_text(out, "\n    ],\n");
}

static void write_context(sink *out) {
    char date[64];
    time_t now = time(NULL);
    struct tm local;
    double load[3] = {0, 0, 0};
    (void)localtime_r(&now, &local);
    (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S%z", &local);
    (void)getloadavg(load, 3);
    const char *governor = read_fact("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    bool scales = *governor != 0 && strcmp(governor, "performance") != 0;
    sink_print(out, "{\n  \"context\": {\n    \"date\": \"%s\",\n    \"host_name\": \"\",\n", date);
    sink_print(out, "    \"executable\": \"coldevm\",\n    \"num_cpus\": %ld,\n",
               sysconf(_SC_NPROCESSORS_ONLN));
    sink_print(out, "    \"mhz_per_cpu\": %lu,\n    \"cpu_scaling_enabled\": %s,\n", cpu_mhz(),
               scales ? "true" : "false");
    write_caches(out);
    sink_print(out, "    \"load_avg\": [%g, %g, %g],\n", load[0], load[1], load[2]);
#if defined(CH_DEBUG) || defined(CH_VERIFY)
    sink_text(out, "    \"library_build_type\": \"debug\",\n");
#else
    sink_text(out, "    \"library_build_type\": \"release\",\n");
#endif
    sink_text(out, "    \"json_schema_version\": 1\n  },\n  \"benchmarks\": [");
}

/* ---- Entries --------------------------------------------------------------------------------- */

typedef struct writer {
    sink out;
    const char *separator;
} writer;

/* The keys every entry begins with. */
static void write_head(writer *to, const bench_row *row, const char *suffix, const char *run_type) {
    const char *name = store_format("%s/%s", row->from->name, row->rival->label);
    sink_text(&to->out, to->separator);
    to->separator = ",\n    ";
    sink_text(&to->out, "{\"name\": ");
    sink_json_text(&to->out, *suffix != 0 ? store_format("%s_%s", name, suffix) : name);
    sink_text(&to->out, ", \"run_name\": ");
    sink_json_text(&to->out, name);
    sink_print(&to->out, ", \"run_type\": \"%s\", \"repetitions\": %zu, \"threads\": 1", run_type,
               row->round_count);
}

static void write_counters(writer *to, const bench_row *row, double real_ns) {
    if (row->heap_is_known) {
        sink_print(&to->out, ", \"heap_calls\": %llu", (unsigned long long)row->heap_calls);
    }
    if (row->peak_bytes != 0) {
        sink_print(&to->out, ", \"peak_bytes\": %zu", row->peak_bytes);
    }
    sink_print(&to->out,
               ", \"page_faults\": %llu, \"gas_used\": %llu, \"gas_rate\": %.6g, "
               "\"label\": \"result=%08x\"}",
               (unsigned long long)row->page_faults, (unsigned long long)row->gas,
               real_ns > 0 ? (double)row->gas * 1e9 / real_ns : 0, row->result);
}

static void write_repetition(writer *to, const bench_row *row, size_t index) {
    const bench_round *round = &row->rounds[index];
    write_head(to, row, "", "iteration");
    sink_print(&to->out,
               ", \"repetition_index\": %zu, \"iterations\": %llu, \"real_time\": %.6g, "
               "\"cpu_time\": %.6g, \"time_unit\": \"ns\"",
               index, (unsigned long long)round->runs, round->real_ns, round->cpu_ns);
    write_counters(to, row, round->real_ns);
}

typedef struct aggregate {
    const char *name;
    double real;
    double cpu;
    const char *unit;
} aggregate;

static void write_aggregate(writer *to, const bench_row *row, aggregate value) {
    write_head(to, row, value.name, "aggregate");
    sink_print(&to->out,
               ", \"aggregate_name\": \"%s\", \"aggregate_unit\": \"%s\", \"iterations\": %zu, "
               "\"real_time\": %.6g, \"cpu_time\": %.6g, \"time_unit\": \"ns\"}",
               value.name, value.unit, row->round_count, value.real, value.cpu);
}

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

typedef struct spread {
    double mean, median, stddev, least, p99;
} spread;

static spread spread_of(double *values, size_t count) {
    spread found = {.mean = 0};
    qsort(values, count, sizeof *values, compare_doubles);
    for (size_t i = 0; i < count; i++) {
        found.mean += values[i] / (double)count;
    }
    for (size_t i = 0; i < count && count > 1; i++) {
        found.stddev += (values[i] - found.mean) * (values[i] - found.mean) / (double)(count - 1);
    }
    found.stddev = sqrt(found.stddev);
    found.median = (values[(count - 1) / 2] + values[count / 2]) / 2;
    found.least = values[0];
    found.p99 = values[(count * 99 + 99) / 100 - 1];
    return found;
}

static void write_aggregates(writer *to, const bench_row *row) {
    static double real_ns[BENCH_ROUNDS_MAX];
    static double cpu_ns[BENCH_ROUNDS_MAX];
    size_t count = row->round_count;
    for (size_t i = 0; i < count; i++) {
        real_ns[i] = row->rounds[i].real_ns;
        cpu_ns[i] = row->rounds[i].cpu_ns;
    }
    spread real = spread_of(real_ns, count);
    spread cpu = spread_of(cpu_ns, count);
    write_aggregate(to, row, (aggregate){"mean", real.mean, cpu.mean, "time"});
    write_aggregate(to, row, (aggregate){"median", real.median, cpu.median, "time"});
    write_aggregate(to, row, (aggregate){"stddev", real.stddev, cpu.stddev, "time"});
    write_aggregate(to, row,
                    (aggregate){"cv", real.mean > 0 ? real.stddev / real.mean : 0,
                                cpu.mean > 0 ? cpu.stddev / cpu.mean : 0, "percentage"});
    write_aggregate(to, row, (aggregate){"min", real.least, cpu.least, "time"});
    write_aggregate(to, row, (aggregate){"p99", real.p99, cpu.p99, "time"});
}

/* A row that failed has no time: the entry says so, as Google Benchmark does it. */
static void write_failure(writer *to, const bench_row *row) {
    write_head(to, row, "", "iteration");
    sink_text(&to->out, ", \"repetition_index\": 0, \"error_occurred\": true, \"error_message\": ");
    sink_json_text(&to->out, row->failure);
    sink_text(&to->out,
              ", \"iterations\": 0, \"real_time\": 0, \"cpu_time\": 0, \"time_unit\": \"ns\"}");
}

int bench_export_gbench(const bench_table *table, const char *path) {
    writer to = {.separator = "\n    "};
    int code = sink_file(&to.out, path, store_alloc(BUFFER_BYTES, 1), BUFFER_BYTES);
    if (code != EXIT_DONE) {
        return code;
    }
    write_context(&to.out);
    for (size_t i = 0; i < table->row_count; i++) {
        const bench_row *row = &table->rows[i];
        if (row->failure != NULL) {
            write_failure(&to, row);
            continue;
        }
        for (size_t round = 0; round < row->round_count; round++) {
            write_repetition(&to, row, round);
        }
        write_aggregates(&to, row);
    }
    sink_text(&to.out, "\n  ]\n}\n");
    return sink_close(&to.out);
}
