/* track_verdict.c: see track_verdict.h. */
#include "track_verdict.h"

#include "baseline.h"
#include "codes.h"
#include "formats.h"
#include "github.h"
#include "message.h"
#include "store.h"
#include "track_report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct judgement {
    const tracked *run;
    const track_demands *demands;
    named_record first;   /* of == NULL: there is none */
    named_record *others; /* processes, named only if budgets want it */
    size_t other_count;
    sink *json; /* NULL: not wanted */
    size_t images;
    size_t images_armed;
    size_t budgets_held;
    int finding; /* EXIT_DONE, EXIT_FINDING, EXIT_NOT_ARMED: the heaviest so far */
    int program_status;
} judgement;

const char *track_path_of(const char *pattern, int process) {
    const char *mark = strstr(pattern, "%p");
    return mark == NULL
               ? pattern
               : store_format("%.*s%d%s", (int)(mark - pattern), pattern, process, mark + 2);
}

/* A finding outranks what could not be checked. */
static void weigh(judgement *to, int code) {
    bool heavier = to->finding != EXIT_FINDING && code != EXIT_DONE;
    to->finding = heavier ? code : to->finding;
}

/* ---- images ---- */

static void look_at_images(judgement *to) {
    const chi_session *session = to->run->of->session;
    const chi_session_image *image;
    for (size_t at = 0; (image = launch_next_image(session, &at)) != NULL;) {
        bool armed = image->state == CHI_IMAGE_ARMED;
        to->images++;
        to->images_armed += armed;
        if (armed && image->process == to->run->end.process && image->ended != 0) {
            to->program_status = image->status;
        }
        if (!armed) {
            sink_print(&sink_err, "coldheap: NOT TRACKED %.400s%s%.120s\n", image->path,
                       image->why[0] != 0 ? ": " : ": it never came to load the tracker",
                       image->why);
            weigh(to, EXIT_NOT_ARMED);
        }
    }
    if (to->images == 0) {
        sink_text(&sink_err, "coldheap: NOT TRACKED: no process came to load the tracker\n");
        weigh(to, EXIT_NOT_ARMED);
    }
}

/* ---- budgets ---- */

static void annotate_budget(const budget_result *of) {
    github_place place = {.repository = github_repository()};
    if (of->section != NULL) {
        place.file = of->section->file;
        place.line = of->section->line;
    } else if (of->top[0] != NULL && of->top[0]->line != 0) {
        place.file = of->top[0]->file;
        place.line = of->top[0]->line;
    }
    const char *message =
        store_format("%.300s: found %s%llu", of->line->text, of->is_bound ? "at most " : "",
                     (unsigned long long)of->value);
    github_annotation(&sink_out, "error", &place, "coldheap: budget exceeded", message);
}

/* Says what was exceeded, in whichever process, and keeps the worst. */
static void weigh_budget(judgement *to, budget_result *worst, const budget_line *line,
                         const named_record *record) {
    budget_result result;
    budget_check(&result, line, record, to->run->of->session);
    if (line->subject != BUDGET_SECTION && record != NULL && to->other_count > 0) {
        result.process = record->of->header.process;
    }
    if (result.verdict == BUDGET_EXCEEDED) {
        budget_result_text(&sink_err, &result);
        if (to->demands->github) {
            annotate_budget(&result);
        }
    }
    if (worst->line == NULL || budget_worse(&result, worst)) {
        *worst = result;
    }
}

/* Sections are counted for all processes together, everything else in each of them. */
static void judge_budget(judgement *to, const budget_line *line) {
    budget_result worst = {.line = NULL};
    weigh_budget(to, &worst, line, to->first.of != NULL ? &to->first : NULL);
    for (size_t i = 0; line->subject != BUDGET_SECTION && i < to->other_count; i++) {
        weigh_budget(to, &worst, line, &to->others[i]);
    }
    if (worst.verdict == BUDGET_UNKNOWN) {
        budget_result_text(&sink_err, &worst);
    }
    if (to->json != NULL) {
        budget_result_json(to->json, &worst);
    }
    to->budgets_held += worst.verdict == BUDGET_HELD;
    weigh(to, budget_status(EXIT_DONE, &worst));
}

static void judge_budgets(judgement *to) {
    for (size_t i = 0; i < to->demands->budget->count; i++) {
        judge_budget(to, &to->demands->budget->lines[i]);
    }
}

/* ---- baseline ---- */

static char file_buffer[65536];

static int write_file(const char *path, const named_record *in, const format_row *format,
                      const format_settings *how) {
    sink file;
    int code = sink_file(&file, path, file_buffer, sizeof file_buffer);
    if (code == EXIT_DONE) {
        format->write(&file, in, how);
        code = sink_close(&file);
    }
    return code;
}

static int compare_baseline(judgement *to) {
    baseline before;
    baseline after;
    baseline_diff found;
    int code = baseline_load(&before, to->demands->baseline);
    if (code != EXIT_DONE) {
        return code;
    }
    baseline_from(&after, &to->first);
    baseline_compare(&found, &before, &after, to->demands->tolerance);
    baseline_diff_text(&sink_err, &found);
    if (to->json != NULL) {
        baseline_diff_json(to->json, &found);
    }
    if (to->demands->github) {
        baseline_diff_github(&sink_out, &found);
    }
    return found.increased > 0 ? EXIT_FINDING : EXIT_DONE;
}

static void judge_baseline(judgement *to) {
    if (to->demands->baseline == NULL) {
        return;
    }
    if (to->first.of == NULL) {
        weigh(to, EXIT_NOT_ARMED);
    } else if (to->demands->update_baseline) {
        const format_settings how = {.session = NULL};
        weigh(to, write_file(to->demands->baseline, &to->first, format_find("baseline"), &how));
    } else {
        weigh(to, compare_baseline(to));
    }
}

/* ---- records ---- */

static void tell_first(judgement *to) {
    record *in = STORE_NEW(record);
    if (access(to->run->path, F_OK) != 0 && to->images_armed == 0) {
        return; /* said already */
    }
    int code = record_open(in, to->run->path);
    if (code != EXIT_DONE) {
        weigh(to, EXIT_NOT_ARMED);
        return;
    }
    sites_name(&to->first, in);
    const track_report report = {&to->first, to->demands->top, to->demands->leaks};
    track_report_text(&sink_err, &report);
}

/* A line for another process; its record stays only if a budget is about it. */
static void tell_other(judgement *to, const chi_session_image *image, const char *path) {
    ch_arena_point point = store_mark();
    record *in = STORE_NEW(record);
    if (record_open(in, path) != EXIT_DONE) {
        weigh(to, EXIT_NOT_ARMED);
        return;
    }
    sink_print(&sink_err, "coldheap: process %d, %.300s: ", image->process, image->path);
    track_report_brief(&sink_err, in);
    sink_print(&sink_err, "  record=%.400s\n", path);
    if (budget_wants_record(to->demands->budget)) {
        sites_name(&to->others[to->other_count++], in);
    } else {
        store_release(point);
    }
}

static void tell_others(judgement *to) {
    const chi_session_image *image;
    to->others = STORE_ARRAY(named_record, CHI_SESSION_IMAGES);
    for (size_t at = 0; (image = launch_next_image(to->run->of->session, &at)) != NULL;) {
        const char *path = track_path_of(to->run->pattern, image->process);
        if (image->process != to->run->end.process && image->state == CHI_IMAGE_ARMED) {
            tell_other(to, image, path);
        }
    }
}

static void write_exports(judgement *to) {
    const format_settings how = {.value = FIGURE_BYTES, .session = to->run->of->session};
    if (to->first.of == NULL) {
        return;
    }
    if (to->json != NULL) {
        format_json(to->json, &to->first, &how);
    }
    if (to->demands->prometheus != NULL) {
        weigh(to, write_file(to->demands->prometheus, &to->first, format_find("prometheus"), &how));
    }
}

static int conclude(judgement *to) {
    const budget *budgets = to->demands->budget;
    int status = to->finding != EXIT_DONE ? to->finding : to->program_status;
    bool pass = to->finding == EXIT_DONE;
    if (to->json != NULL) {
        sink_print(to->json,
                   "{\"version\":1,\"type\":\"verdict\",\"pass\":%s,\"status\":%d,"
                   "\"program_status\":%d,\"images\":%zu,\"images_armed\":%zu,\"record\":",
                   pass ? "true" : "false", status, to->program_status, to->images,
                   to->images_armed);
        sink_json_text(to->json, to->run->path);
        sink_text(to->json, "}\n");
        if (sink_close(to->json) != EXIT_DONE) {
            status = EXIT_INTERNAL;
        }
    }
    sink_print(&sink_err, "coldheap: %s  images=%zu/%zu ", pass ? "PASS" : "FAIL", to->images_armed,
               to->images);
    if (to->first.of != NULL) {
        track_report_brief(&sink_err, to->first.of);
        sink_print(&sink_err, " record=%.400s ", to->run->path);
    }
    if (budgets->count > 0) {
        sink_print(&sink_err, "budgets=%zu/%zu held ", to->budgets_held, budgets->count);
    }
    sink_print(&sink_err, " (status %d)\n", status);
    return status;
}

int track_judge(const tracked *run, const track_demands *demands) {
    static char json_buffer[65536];
    sink json;
    judgement of = {.run = run, .demands = demands, .program_status = run->end.status};
    if (demands->json != NULL) {
        int code = sink_file(&json, demands->json, json_buffer, sizeof json_buffer);
        if (code != EXIT_DONE) {
            return code;
        }
        of.json = &json;
    }
    look_at_images(&of);
    tell_first(&of);
    tell_others(&of);
    write_exports(&of);
    judge_budgets(&of);
    judge_baseline(&of);
    return conclude(&of);
}
