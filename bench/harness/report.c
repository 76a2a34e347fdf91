/* report.c: a measured row as a line of the table and as Google-Benchmark JSON (one entry per round
 * as a repetition, then the aggregates mean, median, stddev, cv, min, p99). */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BASELINES_MAX = 16, JUDGED_MAX = 1024 };

static FILE *json;
static bool json_has_rows;
static struct {
    const char *name;
    const char *version;
} baselines[BASELINES_MAX];
static size_t baseline_count;
static struct {
    const char *group;
    bench_target target;
    double figure;
} judged[JUDGED_MAX];
static size_t judged_count;

static const char *count_text(double value, char *text, size_t size) {
    if (value == 0) {
        snprintf(text, size, "0");
    } else {
        snprintf(text, size, "%.3g", value);
    }
    return text;
}

void bench_table_row(const bench_row *row, bool first) {
    char heap[32] = "-";
    char faults[32];
    char rate[32] = "";
    if (first) {
        printf("\n%-32s %10s %10s %10s %7s %9s %9s %8s %10s %10s\n", "group/rival", "min ns",
               "median", "p99", "ratio", "heap/op", "faults/op", "GB/s", "cold ns", "result");
    }
    if (bench_heap_is_counted()) {
        count_text(row->heap_calls, heap, sizeof heap);
    }
    if (row->bytes != 0) {
        snprintf(rate, sizeof rate, "%.2f", (double)row->bytes / row->min_ns);
    }
    char name[128];
    snprintf(name, sizeof name, "%s/%s", row->group, row->name);
    printf("%-32s %10.2f %10.2f %10.2f %7.2f %9s %9s %8s %10.1f   %08" PRIx32 "%s\n", name,
           row->min_ns, row->median_ns, row->p99_ns, row->ratio, heap,
           count_text(row->page_faults, faults, sizeof faults), rate, row->cold_ns,
           (uint32_t)(row->result ^ (row->result >> 32)), row->invalid ? " INVALID" : "");
}

static void json_text(const char *text) {
    fputc('"', json);
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            fprintf(json, "\\%c", c);
        } else if (c < 0x20) {
            fprintf(json, "\\u%04x", c);
        } else {
            fputc(c, json);
        }
    }
    fputc('"', json);
}

static bool read_line(const char *path, char *line, size_t size) {
    FILE *file = fopen(path, "r");
    bool got = file != NULL && fgets(line, (int)size, file) != NULL;
    if (file != NULL) {
        fclose(file);
    }
    if (got) {
        line[strcspn(line, "\n")] = 0;
    }
    return got;
}

static unsigned cpu_mhz(void) {
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    double mhz = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "cpu MHz : %lf", &mhz) == 1) {
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return (unsigned)lround(mhz);
}

/* With the compiler it tells whether two results may be compared at all. */
static const char *cpu_name(void) {
    static char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    const char *name = "unknown";
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
            line[strcspn(line, "\n")] = 0;
            name = strchr(line, ':') + 1;
            name += strspn(name, " ");
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return name;
}

static bool cpu_scaling(void) {
    char governor[64];
    return read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", governor,
                     sizeof governor) &&
           strcmp(governor, "performance") != 0;
}

static void json_caches(void) {
    fprintf(json, "    \"caches\": [");
    for (unsigned index = 0; index < 8; index++) {
        char path[96];
        char type[32];
        char level[16];
        char size[32];
        const char *const folder = "/sys/devices/system/cpu/cpu0/cache/index";
        snprintf(path, sizeof path, "%s%u/type", folder, index);
        bool found = read_line(path, type, sizeof type);
        snprintf(path, sizeof path, "%s%u/level", folder, index);
        found = found && read_line(path, level, sizeof level);
        snprintf(path, sizeof path, "%s%u/size", folder, index);
        found = found && read_line(path, size, sizeof size);
        if (!found) {
            break;
        }
        fprintf(json, "%s\n      {\"type\": ", index > 0 ? "," : "");
        json_text(type);
        fprintf(json, ", \"level\": %ld, \"size\": %lld, \"num_sharing\": 1}",
                strtol(level, NULL, 10), strtoll(size, NULL, 10) * 1024);
    }
    fprintf(json, "\n    ],\n");
}

bool bench_json_open(const char *path, const char *executable) {
    json = fopen(path, "w");
    if (json == NULL) {
        fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
        return false;
    }
    char date[64];
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S%z", &local);
    const char *slash = strrchr(executable, '/');
    double load[3] = {0, 0, 0};
    getloadavg(load, 3);
    fprintf(json, "{\n  \"context\": {\n    \"date\": \"%s\",\n    \"host_name\": \"\",\n", date);
    fprintf(json, "    \"executable\": ");
    json_text(slash != NULL ? slash + 1 : executable);
    fprintf(json, ",\n    \"num_cpus\": %ld,\n    \"mhz_per_cpu\": %u,\n",
            sysconf(_SC_NPROCESSORS_ONLN), cpu_mhz());
    fprintf(json, "    \"cpu_scaling_enabled\": %s,\n", cpu_scaling() ? "true" : "false");
    json_caches();
    fprintf(json, "    \"load_avg\": [%g, %g, %g],\n", load[0], load[1], load[2]);
    fprintf(json, "    \"cpu\": ");
    json_text(cpu_name());
    fprintf(json, ",\n    \"compiler\": ");
    json_text(__VERSION__);
    fprintf(json, ",\n");
#if defined(CH_DEBUG) || defined(CH_VERIFY)
    fprintf(json, "    \"library_build_type\": \"debug\",\n");
#else
    fprintf(json, "    \"library_build_type\": \"release\",\n");
#endif
    fprintf(json, "    \"json_schema_version\": 1\n  },\n  \"benchmarks\": [");
    return true;
}

/* The keys that every entry begins with; the caller goes on with its own. */
static void json_entry(const bench_row *row, const char *suffix, const char *run_type) {
    char name[160];
    fprintf(json, "%s\n    {\"name\": ", json_has_rows ? "," : "");
    json_has_rows = true;
    snprintf(name, sizeof name, "%s/%s%s", row->group, row->name, suffix);
    json_text(name);
    snprintf(name, sizeof name, "%s/%s", row->group, row->name);
    fprintf(json, ", \"run_name\": ");
    json_text(name);
    fprintf(json, ", \"run_type\": \"%s\", \"repetitions\": %" PRIu64 ", \"threads\": 1", run_type,
            row->round_count);
}

static void json_aggregate(const bench_row *row, const char *name, double real, double cpu,
                           const char *unit) {
    char suffix[32];
    snprintf(suffix, sizeof suffix, "_%s", name);
    json_entry(row, suffix, "aggregate");
    fprintf(json,
            ", \"aggregate_name\": \"%s\", \"aggregate_unit\": \"%s\", \"iterations\": %" PRIu64
            ", \"real_time\": %.6g, \"cpu_time\": %.6g, \"time_unit\": \"ns\"}",
            name, unit, row->round_count, real, cpu);
}

static double round_real(const bench_round *round) {
    return (double)round->real_ns / (double)round->iterations;
}

static double round_cpu(const bench_round *round) {
    return (double)round->cpu_ns / (double)round->iterations;
}

static void json_repetition(const bench_row *row, uint64_t index) {
    const bench_round *round = &row->rounds[index];
    double iterations = (double)round->iterations;
    json_entry(row, "", "iteration");
    fprintf(json, ", \"repetition_index\": %" PRIu64 ", \"iterations\": %" PRIu64, index,
            round->iterations);
    fprintf(json, ", \"real_time\": %.6g, \"cpu_time\": %.6g, \"time_unit\": \"ns\"",
            round_real(round), round_cpu(round));
    if (bench_heap_is_counted()) {
        fprintf(json, ", \"heap_calls\": %.6g", (double)round->heap_calls / iterations);
    }
    fprintf(json, ", \"page_faults\": %.6g", (double)round->page_faults / iterations);
    if (row->bytes != 0) {
        fprintf(json, ", \"bytes_per_second\": %.6g", (double)row->bytes * 1e9 / round_real(round));
    }
    fprintf(json, ", \"label\": \"result=%016" PRIx64 "\"", row->result);
    if (row->invalid) {
        fprintf(json, ", \"error_occurred\": true, \"error_message\": \"below %.1f ns: invalid\"",
                BENCH_FLOOR_NS);
    }
    fprintf(json, "}");
}

void bench_json_row(const bench_row *row) {
    double count = (double)row->round_count;
    double real_sum = 0;
    double cpu_sum = 0;
    for (uint64_t i = 0; i < row->round_count; i++) {
        json_repetition(row, i);
        real_sum += round_real(&row->rounds[i]);
        cpu_sum += round_cpu(&row->rounds[i]);
    }
    double real_mean = real_sum / count;
    double cpu_mean = cpu_sum / count;
    double real_squares = 0;
    double cpu_squares = 0;
    for (uint64_t i = 0; i < row->round_count; i++) {
        real_squares += pow(round_real(&row->rounds[i]) - real_mean, 2);
        cpu_squares += pow(round_cpu(&row->rounds[i]) - cpu_mean, 2);
    }
    double real_deviation = count > 1 ? sqrt(real_squares / (count - 1)) : 0;
    double cpu_deviation = count > 1 ? sqrt(cpu_squares / (count - 1)) : 0;
    json_aggregate(row, "mean", real_mean, cpu_mean, "time");
    json_aggregate(row, "median", row->median_ns, cpu_mean, "time");
    json_aggregate(row, "stddev", real_deviation, cpu_deviation, "time");
    json_aggregate(row, "cv", real_deviation / real_mean,
                   cpu_mean > 0 ? cpu_deviation / cpu_mean : 0, "percentage");
    json_aggregate(row, "min", row->min_ns, cpu_mean, "time");
    json_aggregate(row, "p99", row->p99_ns, cpu_mean, "time");
    json_aggregate(row, "cold", row->cold_ns, row->cold_ns, "time");
}

void ch_bench_baseline(const char *name, const char *version) {
    for (size_t i = 0; i < baseline_count; i++) {
        if (strcmp(baselines[i].name, name) == 0) {
            return;
        }
    }
    printf("# baseline %s %s\n", name, version);
    if (baseline_count < BASELINES_MAX) {
        baselines[baseline_count].name = name;
        baselines[baseline_count++].version = version;
    }
}

void bench_json_target(const char *group, const bench_target *target, double figure) {
    if (judged_count < JUDGED_MAX) {
        judged[judged_count].group = group;
        judged[judged_count].target = *target;
        judged[judged_count++].figure = figure;
    }
}

/* Not of Google's format, and ignored by its readers. */
static void json_ours(void) {
    fprintf(json, ",\n  \"baselines\": {");
    for (size_t i = 0; i < baseline_count; i++) {
        fprintf(json, "%s", i > 0 ? ", " : "");
        json_text(baselines[i].name);
        fprintf(json, ": ");
        json_text(baselines[i].version);
    }
    fprintf(json, "},\n  \"targets\": [");
    for (size_t i = 0; i < judged_count; i++) {
        const bench_target *target = &judged[i].target;
        fprintf(json, "%s\n    {\"group\": ", i > 0 ? "," : "");
        json_text(judged[i].group);
        fprintf(json, ", \"what\": ");
        json_text(target->what);
        fprintf(json, ", \"rival\": ");
        json_text(target->rival != NULL ? target->rival : "ns");
        fprintf(json, ", \"limit\": %.6g, \"figure\": %.6g, \"ok\": %s}", target->limit,
                judged[i].figure, judged[i].figure <= target->limit ? "true" : "false");
    }
    fprintf(json, "\n  ]\n}\n");
}

bool bench_json_close(void) {
    fprintf(json, "\n  ]");
    json_ours();
    bool failed = ferror(json) != 0;
    failed = fclose(json) != 0 || failed;
    if (failed) {
        fprintf(stderr, "bench: writing the JSON failed: %s\n", strerror(errno));
    }
    return !failed;
}
