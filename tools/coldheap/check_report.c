/* check_report.c: see check_report.h. */
#include "check_report.h"

#include "codes.h"
#include "github.h"
#include "message.h"
#include "sighting.h"
#include "store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char json_buffer[65536];

#define SESSION_TEXT(field) store_text((field), strnlen((field), sizeof(field)))

int check_report_open(check_report *out, const chi_session *session, const outcome_demands *demands,
                      const check_options *options) {
    *out = (check_report){.session = session,
                          .demands = demands,
                          .options = options,
                          .repository = options->github ? github_repository() : NULL,
                          .has_json = options->json != NULL};
    return out->has_json ? sink_file(&out->json, options->json, json_buffer, sizeof json_buffer)
                         : EXIT_DONE;
}

int check_report_close(check_report *in, int code) {
    const int closed = in->has_json ? sink_close(&in->json) : EXIT_DONE;
    resolve_close();
    return closed == EXIT_DONE ? code : closed;
}

/* ---- text ---- */

static bool on_terminal(void) {
    return message_config.color && isatty(sink_err.fd) != 0;
}

static void print_word(const char *word, const char *color) {
    sink_print(&sink_err, "coldheap: %s%s%s  ", on_terminal() ? color : "", word,
               on_terminal() ? "\033[0m" : "");
}

static void print_violations(check_report *in) {
    sighting *one = STORE_NEW(sighting);
    uint64_t printed = 0;
    uint64_t left = 0;
    size_t position = 0;
    for (const chi_session_violation *row; (row = sighting_next(in->session, &position)) != NULL;) {
        const bool counts = outcome_counts(in->session, row, in->demands);
        const bool full = counts && printed < in->options->reports_max;
        left += counts && !full;
        if (!full && !in->has_json) {
            continue;
        }
        sighting_read(one, in->session, row);
        if (full) {
            printed++;
            sighting_text(&sink_err, one, in->session->config.depth);
        }
        if (full && in->options->github) {
            sighting_github(&sink_err, one, in->repository);
        }
        if (in->has_json) {
            sighting_json(&in->json, one);
        }
    }
    if (left > 0) {
        sink_print(&sink_err, "coldheap: violations at %" PRIu64 " more places (--max-reports)\n",
                   left);
    }
}

static const char *const WEIGHTS[] = {"note", "unarmed", "finding"};

static void print_complaints(check_report *in, const outcome *of) {
    static const char *const words[] = {"NOTE", "NOT ARMED", "FINDING"};
    for (const outcome_complaint *at = of->complaints; at != NULL; at = at->next) {
        if (at->weight != OUTCOME_NOTE || message_config.verbosity > 0) {
            sink_print(&sink_err, "coldheap: %s ", words[at->weight]);
            sink_text(&sink_err, at->text);
            sink_char(&sink_err, '\n');
        }
        if (in->options->github && at->weight != OUTCOME_NOTE) {
            github_annotation(&sink_err, "error", &(github_place){.file = NULL},
                              at->weight == OUTCOME_FINDING ? "coldheap" : "coldheap: not checked",
                              at->text);
        }
        if (in->has_json) {
            sink_print(&in->json,
                       "{\"version\":1,\"type\":\"complaint\",\"weight\":\"%s\",\"text\":",
                       WEIGHTS[at->weight]);
            sink_json_text(&in->json, at->text);
            sink_text(&in->json, "}\n");
        }
    }
}

static void print_verdict(const outcome *of, const char *armed) {
    const bool failed = of->status == EXIT_FINDING || of->status == EXIT_NOT_ARMED;
    print_word(failed ? "FAIL" : "PASS", failed ? "\033[31m" : "\033[32m");
    sink_print(&sink_err, "armed=%s images=%zu/%zu sections=%zu/%zu entered violations=%" PRIu64,
               of->images_armed > 0 ? armed : "no", of->images_armed, of->images,
               of->sections_entered, of->sections, of->violations);
    if (of->violations > 0) {
        sink_print(&sink_err, " at %" PRIu64 " site%s", of->sites, of->sites == 1 ? "" : "s");
    }
    sink_print(&sink_err, " suppressed=%" PRIu64, of->suppressed);
    if (of->functions > 0) {
        sink_print(&sink_err, " functions=%zu", of->functions);
    }
    if (of->sealed != NULL) {
        sink_print(&sink_err, " sealed=%.130s", of->sealed);
    }
    sink_print(&sink_err, "  (status %d)\n", of->status);
}

/* ---- JSON ---- */

static void json_text(sink *out, const char *key, const char *text) {
    sink_print(out, ",\"%s\":", key);
    if (text == NULL) {
        sink_text(out, "null");
    } else {
        sink_json_text(out, text);
    }
}

static void json_number(sink *out, const char *key, uint64_t number) {
    sink_print(out, ",\"%s\":%" PRIu64, key, number);
}

static const char *state_text(const chi_session_image *image) {
    return image->state == CHI_IMAGE_ARMED     ? "armed"
           : image->state == CHI_IMAGE_REFUSED ? "refused"
                                               : "silent";
}

static void json_images(check_report *in) {
    sink *out = &in->json;
    size_t position = 0;
    for (const chi_session_image *image;
         (image = launch_next_image(in->session, &position)) != NULL;) {
        sink_print(out, "{\"version\":1,\"type\":\"image\",\"process\":%" PRId32, image->process);
        json_text(out, "path", SESSION_TEXT(image->path));
        json_text(out, "state", state_text(image));
        json_text(out, "why", SESSION_TEXT(image->why));
        json_text(out, "notes", SESSION_TEXT(image->notes));
        json_number(out, "violations", image->violations);
        json_number(out, "suppressed", image->suppressed);
        json_text(out, "sealed_by", image->sealed != 0 ? SESSION_TEXT(image->seal) : NULL);
        json_number(out, "init_allocs", image->init_allocs);
        json_number(out, "init_bytes", image->init_bytes);
        json_number(out, "faults_minor", image->faults_minor);
        json_number(out, "faults_major", image->faults_major);
        sink_text(out, "}\n");
    }
}

static void json_sections(check_report *in) {
    sink *out = &in->json;
    size_t position = 0;
    for (const chi_session_section *row; (row = outcome_section(in->session, &position)) != NULL;) {
        sink_text(out, "{\"version\":1,\"type\":\"section\"");
        json_text(out, "name", SESSION_TEXT(row->name));
        json_text(out, "file", SESSION_TEXT(row->file));
        json_number(out, "line", row->line);
        json_text(out, "func", SESSION_TEXT(row->func));
        json_number(out, "entered", row->entered);
        json_number(out, "violations", row->violations);
        json_number(out, "allocs", row->calls[0]);
        json_number(out, "frees", row->calls[1]);
        json_number(out, "reallocs", row->calls[2]);
        json_number(out, "bytes", row->bytes);
        sink_text(out, "}\n");
    }
}

static void json_rules(check_report *in) {
    static const char *const kinds[] = {"", "allow", "hot", "watch"};
    sink *out = &in->json;
    for (size_t i = 0; i < CHI_SESSION_RULES && in->session->rules[i].kind != 0; i++) {
        const chi_session_rule *rule = &in->session->rules[i];
        sink_text(out, "{\"version\":1,\"type\":\"rule\"");
        json_text(out, "kind", rule->kind <= CHI_RULE_WATCH ? kinds[rule->kind] : "");
        json_text(out, "file", in->demands->rule_paths[i]);
        json_number(out, "line", rule->line);
        json_text(out, "module", SESSION_TEXT(rule->module));
        json_text(out, "function", SESSION_TEXT(rule->function));
        json_number(out, "matches", rule->matches);
        json_number(out, "hits", rule->hits);
        json_number(out, "max", rule->max);
        json_text(out, "why", SESSION_TEXT(rule->why));
        sink_text(out, "}\n");
    }
}

static void json_verdict(sink *out, const outcome *of, const char *armed, const launch_end *end,
                         const char *refusal) {
    sink_print(out, "{\"version\":1,\"type\":\"verdict\",\"status\":%d,\"program_status\":%d",
               of->status, end->status);
    json_number(out, "signal", (uint64_t)end->signal);
    json_text(out, "armed", of->images_armed > 0 ? armed : NULL);
    json_number(out, "images", of->images);
    json_number(out, "images_armed", of->images_armed);
    json_number(out, "sections", of->sections);
    json_number(out, "sections_entered", of->sections_entered);
    json_number(out, "functions", of->functions);
    json_text(out, "sealed_by", of->sealed);
    json_number(out, "violations", of->violations);
    json_number(out, "sites", of->sites);
    json_number(out, "suppressed", of->suppressed);
    json_text(out, "refusal", refusal);
    sink_text(out, "}\n");
}

/* ---- both ---- */

void check_report_run(check_report *in, const outcome *of, const char *armed,
                      const launch_end *end) {
    if (in->has_json) {
        json_images(in);
        json_sections(in);
        json_rules(in);
    }
    print_violations(in);
    print_complaints(in, of);
    if (in->has_json) {
        json_verdict(&in->json, of, armed, end, NULL);
    }
    print_verdict(of, armed);
}

void check_report_refusal(check_report *in, const char *program, const char *file,
                          const char *reason) {
    const char *text = strcmp(program, file) == 0
                           ? store_format("%s: %s", program, reason)
                           : store_format("%s, run by %s: %s", program, file, reason);
    if (in->options->github) {
        github_annotation(&sink_err, "error", &(github_place){.file = NULL},
                          "coldheap: not checked", text);
    }
    if (in->has_json) {
        const outcome none = {.status = EXIT_NOT_ARMED};
        json_verdict(&in->json, &none, NULL, &(launch_end){.status = 0}, text);
    }
    print_word("REFUSED", "\033[31m");
    sink_text(&sink_err, text);
    sink_print(&sink_err, "; it was not started  (status %d)\n", EXIT_NOT_ARMED);
}
