/* The bench harness seen from outside: verdicts, counts of heap calls, the table and the JSON. */
#define _GNU_SOURCE
#include "harness.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"

static char text[65536];

static int run(const char *first, const char *second, const char *third, const char *fourth,
               const char *fifth, const char *sixth) {
    const char *const argv[] = {BENCH_SAMPLE, first, second, third, fourth, fifth, sixth, NULL};
    return ch_test_run_program(argv, text, sizeof text);
}

static bool says(const char *part) {
    if (strstr(text, part) != NULL) {
        return true;
    }
    printf("# not printed: %s\n", part);
    return false;
}

/* The field `column` (from 0) of the table row of that rival. */
static double field(const char *rival, int column) {
    const char *row = strstr(text, rival);
    double value = -1;
    if (CHECK(row != NULL)) {
        row += strcspn(row, " ");
        for (int i = 0; i < column; i++) {
            row += strspn(row, " ");
            row += strcspn(row, " ");
        }
        sscanf(row, "%lf", &value);
    }
    return value;
}

TEST(bench_lists_groups) {
    CHECK_EQUAL(run("--list", NULL, NULL, NULL, NULL, NULL), 0);
    CHECK_TEXT(text, "good\nunequal\nunequal_on_purpose\nleaky\nempty\nsteady\n");
}

TEST(bench_smoke_speaks_tap_and_passes_equal_rivals) { /* M80 */
    CHECK_EQUAL(run("--smoke", "--filter", "good", NULL, NULL, NULL), 0);
    CHECK(says("TAP version 14\nok 1 - floor: 1 rivals"));
    CHECK(says("ok 2 - good: 2 rivals, result "));
    CHECK(says("\n1..2\n"));
}

TEST(bench_different_results_fail_unless_meant) { /* M80 */
    CHECK_EQUAL(run("--smoke", "--filter", "unequal", NULL, NULL, NULL), 1);
    CHECK(says("# unequal/other: result differs from the first rival's\nnot ok 2 - unequal: "));
    CHECK(says("\nok 3 - unequal_on_purpose: "));
}

TEST(bench_heap_call_fails_where_none_may_be) { /* M80 */
    CHECK_EQUAL(run("--smoke", "--filter", "leaky", NULL, NULL, NULL), 1);
    CHECK(says("# leaky/heap: heap calls where none may be\nnot ok 2 - leaky: "));
}

TEST(bench_table_counts_heap_calls_and_compares) { /* M80 */
    CHECK_EQUAL(run("--filter", "good", "--min-time", "1", NULL, NULL), 0);
    CHECK(field("good/register", 0) > 0);
    CHECK(field("good/register", 3) > 0.99 && field("good/register", 3) < 1.01);
    CHECK(field("good/heap", 3) > 1);
    CHECK_EQUAL(field("good/register", 4), 0);
    CHECK_EQUAL(field("good/heap", 4), 2); /* malloc and free */
    CHECK(field("good/register", 6) > 0);  /* GB/s */
}

TEST(bench_row_without_work_is_invalid_and_fails) { /* M80 */
    CHECK_EQUAL(run("--filter", "empty", "--min-time", "1", NULL, NULL), 1);
    CHECK(says(" INVALID\n"));
    CHECK(says("# empty/nothing: faster than 0.2 ns an iteration"));
}

TEST(bench_usage_and_unwritable_json_are_refused) {
    CHECK_EQUAL(run("--rounds", "8", NULL, NULL, NULL, NULL), 2);
    CHECK_EQUAL(run("--rounds", "x", NULL, NULL, NULL, NULL), 2);
    CHECK_EQUAL(run("--filter", NULL, NULL, NULL, NULL, NULL), 2);
    CHECK_EQUAL(run("--json", "no/such/folder/x.json", "--smoke", NULL, NULL, NULL), 2);
    CHECK_EQUAL(run("--filter", "no such group", NULL, NULL, NULL, NULL), 1);
}

static cJSON *load(const char *path) {
    static char json[262144];
    FILE *file = fopen(path, "r");
    if (!CHECK(file != NULL)) {
        return NULL;
    }
    json[fread(json, 1, sizeof json - 1, file)] = 0;
    fclose(file);
    return cJSON_ParseWithOpts(json, NULL, 1);
}

static const cJSON *find_row(const cJSON *rows, const char *name, const char *run_type) {
    const cJSON *row;
    cJSON_ArrayForEach(row, rows) {
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(row, "name")), name) == 0 &&
            strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(row, "run_type")), run_type) == 0) {
            return row;
        }
    }
    return NULL;
}

TEST(bench_json_is_what_google_benchmark_writes) {
    char path[] = "bench-test-XXXXXX";
    close(mkstemp(path));
    CHECK_EQUAL(run("--filter", "good", "--min-time", "1", "--json", path), 0);
    cJSON *json = load(path);
    unlink(path);
    if (!CHECK(json != NULL)) {
        return;
    }
    const cJSON *context = cJSON_GetObjectItem(json, "context");
    const char *const keys[] = {
        "date",        "host_name", "executable", "num_cpus",          "cpu_scaling_enabled",
        "mhz_per_cpu", "caches",    "load_avg",   "library_build_type"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        CHECK(cJSON_HasObjectItem(context, keys[i]));
    }
    const cJSON *rows = cJSON_GetObjectItem(json, "benchmarks");
    CHECK_EQUAL(cJSON_GetArraySize(rows), 3 * (9 + 7)); /* floor and two rivals */
    const cJSON *one = find_row(rows, "good/heap", "iteration");
    const cJSON *median = find_row(rows, "good/heap_median", "aggregate");
    if (CHECK(one != NULL) && CHECK(median != NULL)) {
        CHECK_EQUAL(cJSON_GetNumberValue(cJSON_GetObjectItem(one, "heap_calls")), 2);
        CHECK(cJSON_GetNumberValue(cJSON_GetObjectItem(one, "real_time")) > 0);
        CHECK(cJSON_GetNumberValue(cJSON_GetObjectItem(one, "cpu_time")) > 0);
        CHECK_TEXT(cJSON_GetStringValue(cJSON_GetObjectItem(one, "time_unit")), "ns");
        CHECK_TEXT(cJSON_GetStringValue(cJSON_GetObjectItem(median, "run_name")), "good/heap");
    }
    const cJSON *target = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "targets"), 0);
    CHECK_TEXT(cJSON_GetStringValue(cJSON_GetObjectItem(target, "rival")), "heap");
    CHECK(cJSON_IsTrue(cJSON_GetObjectItem(target, "ok")));
    CHECK(cJSON_HasObjectItem(cJSON_GetObjectItem(json, "baselines"), "sample"));
    cJSON_Delete(json);
}

TEST(bench_first_call_stands_apart_from_warm_ones) { /* M80 */
    CHECK_EQUAL(run("--filter", "good", "--min-time", "1", NULL, NULL), 0);
    CHECK(says(" cold ns "));
    CHECK(field("good/heap", 7) > 0); /* the heap's first pages, say, not of the warm rounds */
}

/* The same work, but credited with less: at least the injected part slower, up to what the machine
 * does in between. */
TEST(bench_slow_down_shows) { /* M80 */
    CHECK_EQUAL(run("--filter", "good", "--min-time", "2", NULL, NULL), 0);
    double usual = field("good/register", 0);
    (void)run("--filter", "good", "--min-time", "2", "--slow-down", "100");
    CHECK(field("good/register", 0) > 1.5 * usual);
}

TEST(bench_baselines_are_named_once) { /* M80 */
    CHECK_EQUAL(run("--filter", "good", "--min-time", "1", NULL, NULL), 0);
    const char *first = strstr(text, "# baseline sample 1.0\n");
    CHECK(first != NULL && strstr(first + 1, "# baseline sample") == NULL);
}
