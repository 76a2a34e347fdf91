/* effects_crosscheck.c: this command starts itself once a case: see effects_crosscheck.h. */
#include "effects_crosscheck.h"

#include "codes.h"
#include "effects_battery.h"
#include "launch.h"
#include "message.h"
#include "store.h"

#include <coldheap/guard.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the fresh process tells: heap calls (all kinds) and bytes asked for. */
typedef struct case_counts {
    uint64_t first;
    uint64_t first_bytes;
    uint64_t repeat; /* the most of any repetition */
    uint64_t repeat_bytes;
} case_counts;

#define REPETITIONS 3u

/* ---- in the fresh process ---- */

static bool count_once(const battery_case *of, uint64_t *calls, uint64_t *bytes) {
    ch_heap_calls counted;
    if (!ch_count_begin(&counted)) {
        return false;
    }
    of->call();
    if (!ch_count_end(&counted)) {
        return false;
    }
    *calls = counted.allocs + counted.frees + counted.reallocs;
    *bytes = counted.bytes;
    return true;
}

int crosscheck_one(uint64_t number) {
    case_counts out = {0};
    if (number >= BATTERY_COUNT) {
        return EXIT_USAGE;
    }
    if (!ch_guard_armed()) {
        return EXIT_NOT_ARMED;
    }
    const battery_case *of = &BATTERY[number];
    if (of->before != NULL) {
        of->before();
    }
    bool counted = count_once(of, &out.first, &out.first_bytes);
    for (unsigned i = 0; counted && i < REPETITIONS; i++) {
        uint64_t calls;
        uint64_t bytes;
        counted = count_once(of, &calls, &bytes);
        if (counted && calls >= out.repeat) {
            out.repeat = calls;
            out.repeat_bytes = bytes;
        }
    }
    if (!counted || write(STDOUT_FILENO, &out, sizeof out) != (ssize_t)sizeof out) {
        return EXIT_NOT_ARMED;
    }
    return EXIT_DONE;
}

/* ---- in the command ---- */

static int become_case(size_t number, const char *library, int to) {
    char argument[64];
    (void)snprintf(argument, sizeof argument, "--case=%zu", number + 1);
    const char *arguments[] = {"coldheap", "effects", argument, NULL};
    if (dup2(to, STDOUT_FILENO) < 0 || setenv("LD_PRELOAD", library, 1) != 0 ||
        unsetenv("COLDHEAP") != 0) {
        return EXIT_INTERNAL;
    }
    (void)execv("/proc/self/exe", (char *const *)(uintptr_t)arguments);
    return EXIT_INTERNAL;
}

static bool read_counts(int from, case_counts *out) {
    size_t used = 0;
    ssize_t got = 1;
    while (got > 0 && used < sizeof *out) {
        got = read(from, (char *)out + used, sizeof *out - used);
        used += got > 0 ? (size_t)got : 0;
        got = got < 0 && errno == EINTR ? 1 : got;
    }
    return used == sizeof *out;
}

/* Runs one case; the status of its process, 0 if the counts are there. */
static int run_case(size_t number, const char *library, case_counts *out) {
    int ends[2];
    int status = 0;
    if (pipe(ends) != 0) {
        return EXIT_INTERNAL;
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        _exit(become_case(number, library, ends[1]));
    }
    close(ends[1]);
    bool counted = child > 0 && read_counts(ends[0], out);
    close(ends[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (child < 0) {
        return EXIT_INTERNAL;
    }
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return code == 0 && !counted ? EXIT_NOT_ARMED : code;
}

typedef struct crosscheck {
    const effects_table *table;
    const char *library;
    sink *json;
    size_t refuted;
    size_t warm_ups;
    size_t conservative;
    size_t not_counted;
} crosscheck;

/* "REFUTED" and "not counted" fail; "first use only" is a hint: call it once before it is hot. */
static const char *judge(crosscheck *c, const effect_row *row, int status,
                         const case_counts *counts) {
    if (status != 0) {
        c->not_counted++;
        return "not counted";
    }
    bool touches = counts->first + counts->repeat > 0;
    if (touches && (row == NULL || effect_class_is_clean(row->class))) {
        c->refuted++;
        return "REFUTED";
    }
    if (counts->first > 0 && counts->repeat == 0) {
        c->warm_ups++;
        return "first use only";
    }
    if (!touches && !effect_class_is_clean(row != NULL ? row->class : EFFECT_UNKNOWN)) {
        c->conservative++;
        return "not seen";
    }
    return touches ? "every time" : "";
}

static void check_case(crosscheck *c, size_t number) {
    const battery_case *of = &BATTERY[number];
    case_counts counts = {0};
    char *function = store_text(of->name, strcspn(of->name, " "));
    const effect_row *row = effects_table_find(c->table, function);
    int status = run_case(number, c->library, &counts);
    const char *class = row != NULL ? effect_class_text(row->class) : "unknown";
    const char *verdict = judge(c, row, status, &counts);
    sink_print(&sink_out, "%-9s %-38s %5llu %7llu B %5llu %7llu B  %s\n", class, of->name,
               (unsigned long long)counts.first, (unsigned long long)counts.first_bytes,
               (unsigned long long)counts.repeat, (unsigned long long)counts.repeat_bytes, verdict);
    if (status != 0) {
        message_error(EXIT_NOT_ARMED, of->name, 0, "its process ended with status %d", status);
    }
    if (c->json != NULL) {
        sink_text(c->json, "{\"version\":1,\"case\":");
        sink_json_text(c->json, of->name);
        sink_print(c->json,
                   ",\"class\":\"%s\",\"first\":%llu,\"first_bytes\":%llu,\"repeat\":%llu,"
                   "\"repeat_bytes\":%llu,\"status\":%d,\"verdict\":\"%s\"}\n",
                   class, (unsigned long long)counts.first, (unsigned long long)counts.first_bytes,
                   (unsigned long long)counts.repeat, (unsigned long long)counts.repeat_bytes,
                   status, verdict);
    }
}

int crosscheck_all(const effects_table *table, const char *runtime, sink *json) {
    launch found = {.fd = -1};
    int code = launch_runtime(&found, LAUNCH_PRELOAD, runtime);
    if (code != EXIT_DONE) {
        return code;
    }
    crosscheck c = {.table = table, .library = found.library, .json = json};
    sink_print(&sink_out, "%-9s %-38s %15s %15s\n", "class", "call", "first: calls",
               "repeat: calls");
    for (size_t i = 0; i < BATTERY_COUNT; i++) {
        (void)sink_flush(&sink_out);
        check_case(&c, i);
    }
    code = c.refuted > 0 ? EXIT_FINDING : c.not_counted > 0 ? EXIT_NOT_ARMED : EXIT_DONE;
    sink_print(&sink_out,
               "coldheap: %zu calls, %zu refuted, %zu at first use only (call them once before the "
               "hot part), %zu not seen to, %zu not counted (status %d)\n",
               BATTERY_COUNT, c.refuted, c.warm_ups, c.conservative, c.not_counted, code);
    return code;
}
