/* outcome.c: see outcome.h. */
#include "outcome.h"

#include "codes.h"
#include "amount.h"
#include "hotfn.h"
#include "sighting.h"
#include "store.h"

#include <coldheap/hot.h>

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NEAR_MAX 3u

/* What outcome_judge works with. */
typedef struct judge {
    outcome *out;
    const launch *of;
    const chi_session *session;
    const preflight *program;
    const launch_end *end;
    const outcome_demands *demands;
} judge;

/* A text of the session, which may be without end. */
#define SESSION_TEXT(field) store_text((field), strnlen((field), sizeof(field)))

void outcome_add(outcome *to, outcome_weight weight, const char *text) {
    outcome_complaint *made = STORE_NEW(outcome_complaint);
    made->weight = weight;
    made->text = text;
    if (to->last != NULL) {
        to->last->next = made;
    } else {
        to->complaints = made;
    }
    to->last = made;
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* ---- sections ---- */

const chi_session_section *outcome_section(const chi_session *in, size_t *position) {
    while (*position < CHI_SESSION_SECTIONS) {
        const chi_session_section *row = &in->sections[(*position)++];
        if (__atomic_load_n(&row->state, __ATOMIC_ACQUIRE) == CHI_ROW_READY &&
            !begins(row->name, "seal:") && !begins(row->name, "fn:")) {
            return row;
        }
    }
    return NULL;
}

static const char *section_text(const chi_session_section *section) {
    char place[CHI_SESSION_PATH_BYTES + 16];
    sighting_section(place, sizeof place, section);
    return store_format("\"%s\" (%s)", SESSION_TEXT(section->name), place);
}

static bool is_required(const flag_list *required, const char *name) {
    for (size_t i = 0; i < required->count; i++) {
        if (strcmp(required->items[i].text, "all") == 0 ||
            strcmp(required->items[i].text, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_entered(const chi_session_section *row) {
    return row->entered > 0 || row->violations > 0;
}

/* True if a section of that name, which may stand in several places, was entered somewhere. */
static bool was_entered(const chi_session *in, const char *name) {
    size_t position = 0;
    for (const chi_session_section *row; (row = outcome_section(in, &position)) != NULL;) {
        if (is_entered(row) && strcmp(name, SESSION_TEXT(row->name)) == 0) {
            return true;
        }
    }
    return false;
}

static void judge_sections(const judge *in) {
    const flag_list *required = in->demands->required;
    size_t position = 0;
    for (const chi_session_section *row; (row = outcome_section(in->session, &position)) != NULL;) {
        in->out->sections++;
        in->out->sections_entered += is_entered(row);
        if (!is_entered(row)) {
            const bool wanted = is_required(required, SESSION_TEXT(row->name));
            outcome_add(in->out, wanted ? OUTCOME_UNARMED : OUTCOME_NOTE,
                        store_format("section %s was never entered%s", section_text(row),
                                     wanted ? ", and is required" : ""));
        }
    }
    for (size_t i = 0; i < required->count; i++) {
        const char *name = required->items[i].text;
        const bool all = strcmp(name, "all") == 0;
        if (all ? in->out->sections == 0 : !was_entered(in->session, name)) {
            outcome_add(
                in->out, OUTCOME_UNARMED,
                all ? "all sections are required, and none is known"
                    : store_format("section \"%.100s\" was never entered, and is required", name));
        }
    }
}

/* ---- images ---- */

static bool is_missing_mechanism(const chi_session *in, const chi_session_image *image,
                                 const char **what) {
    const uint32_t has = image->mechanisms;
    *what = NULL;
    if (image->entries == 0) {
        return false;
    }
    if (in->config.check_syscalls != 0 && (has & CHI_MECHANISM_DISPATCH) == 0) {
        *what = "system calls";
    } else if (in->config.check_faults == CHI_FAULTS_LOCATE && (has & CHI_MECHANISM_PERF) == 0) {
        *what = "page faults";
    } else if (in->config.check_faults == CHI_FAULTS_COUNT && (has & CHI_MECHANISM_RUSAGE) == 0) {
        *what = "page faults";
    }
    return *what != NULL;
}

static void judge_armed(const judge *in, const chi_session_image *image) {
    char bytes[AMOUNT_BYTES];
    const char *path = SESSION_TEXT(image->path);
    const char *what;
    in->out->images_armed++;
    if (image->notes[0] != 0) {
        outcome_add(in->out, OUTCOME_NOTE,
                    store_format("not seen in %s: %s", path, SESSION_TEXT(image->notes)));
    }
    if (is_missing_mechanism(in->session, image, &what)) {
        outcome_add(in->out, OUTCOME_UNARMED,
                    store_format("%s (process %d) could not watch %s", path, image->process, what));
    }
    if (image->sealed != 0) {
        in->out->sealed = SESSION_TEXT(image->seal);
        outcome_add(in->out, OUTCOME_NOTE,
                    store_format("%s (process %d) sealed by %s; before that %" PRIu64
                                 " allocations, %s",
                                 path, image->process, in->out->sealed, image->init_allocs,
                                 amount_bytes(bytes, image->init_bytes)));
    }
}

/* valgrind's tools are images of the same process. */
static const char *valgrind_hint(const judge *in, const chi_session_image *image) {
    for (size_t i = 0; i < CHI_SESSION_IMAGES && &in->session->images[i] != image; i++) {
        if (in->session->images[i].process == image->process &&
            strstr(SESSION_TEXT(in->session->images[i].path), "valgrind") != NULL) {
            return "; valgrind has its own allocator there: use --with-valgrind";
        }
    }
    return "";
}

static void judge_unarmed(const judge *in, const chi_session_image *image) {
    const char *why = SESSION_TEXT(image->why);
    if (image->state != CHI_IMAGE_REFUSED || *why == 0) {
        why = "its run time never answered (static, set-user-id, or its environment was emptied?)";
    }
    outcome_add(in->out, OUTCOME_UNARMED,
                store_format("%s (process %d) was not armed: %s%s", SESSION_TEXT(image->path),
                             image->process, why, valgrind_hint(in, image)));
}

static void judge_images(const judge *in) {
    size_t position = 0;
    for (const chi_session_image *image;
         (image = launch_next_image(in->session, &position)) != NULL;) {
        if (in->demands->children_ignored && image->process != in->end->process) {
            continue;
        }
        in->out->images++;
        in->out->suppressed += image->suppressed;
        if (image->state == CHI_IMAGE_ARMED) {
            judge_armed(in, image);
        } else {
            judge_unarmed(in, image);
        }
    }
    if (in->session->image_count > CHI_SESSION_IMAGES && !in->demands->children_ignored) {
        outcome_add(in->out, OUTCOME_UNARMED,
                    store_format("%" PRIu32 " program images are more than are kept track of (%u)",
                                 in->session->image_count, CHI_SESSION_IMAGES));
    }
    if (in->program->partial != NULL && !in->demands->partial_ok) {
        outcome_add(in->out, OUTCOME_UNARMED, in->program->partial);
    } else if (in->program->partial != NULL) {
        outcome_add(in->out, OUTCOME_NOTE, store_format("partial: %s", in->program->partial));
    }
}

/* ---- rules ---- */

static const char *stripped_text(const program *in) {
    return in->symbol_table ? "" : ", which is stripped: only the functions it exports have names";
}

static const char *near_text(const program *in, const char *name) {
    const char *near[NEAR_MAX];
    const size_t count = program_nearest(in, name, near, NEAR_MAX);
    char *text = store_text("", 0);
    for (size_t i = 0; i < count; i++) {
        text = store_format("%s%s%.100s", text, i == 0 ? "; nearest: " : ", ", near[i]);
    }
    return text;
}

static void judge_hot_rule(const judge *in, const chi_session_rule *rule) {
    const char *module = SESSION_TEXT(rule->module);
    const program *file = &in->program->of;
    const char *slash = strrchr(file->path, '/');
    const char *base = slash != NULL ? slash + 1 : file->path;
    in->out->functions += hotfn_is_derived(rule) ? 0 : rule->matches;
    if (rule->matches > 0) {
        return;
    }
    if (rule->by_address != 0) {
        outcome_add(in->out, OUTCOME_UNARMED,
                    store_format("no module \"%s\" was loaded: nothing is hot at +0x%" PRIx64,
                                 module, rule->offset));
        return;
    }
    const char *name = SESSION_TEXT(rule->function);
    const bool own = *module == 0 || fnmatch(module, base, 0) == 0;
    outcome_add(in->out, OUTCOME_UNARMED,
                store_format("no such function: \"%s\" in %s%s%s", name, own ? base : module,
                             own ? stripped_text(file) : "", own ? near_text(file, name) : ""));
}

static void judge_allow_rule(const judge *in, const chi_session_rule *rule, const char *place) {
    const char *why = SESSION_TEXT(rule->why);
    if (rule->hits == 0) {
        outcome_add(in->out, in->demands->strict ? OUTCOME_FINDING : OUTCOME_NOTE,
                    store_format("%s: the rule never served", place));
        return;
    }
    outcome_add(in->out, OUTCOME_NOTE,
                store_format("%s: allowed %" PRIu64 " call%s%s%s%s", place, rule->hits,
                             rule->hits == 1 ? "" : "s",
                             rule->max > 0 && rule->hits >= rule->max ? ", as many as it may" : "",
                             *why != 0 ? ": " : "", why));
}

static void judge_rules(const judge *in) {
    for (size_t i = 0; i < in->of->rule_count; i++) {
        const chi_session_rule *rule = &in->session->rules[i];
        const char *path = in->demands->rule_paths[i];
        const char *place = store_format("%s:%" PRIu32, path != NULL ? path : "", rule->line);
        if (rule->kind == CHI_RULE_HOT) {
            judge_hot_rule(in, rule);
        } else if (rule->kind == CHI_RULE_ALLOW) {
            judge_allow_rule(in, rule, place);
        } else if (rule->matches == 0) {
            outcome_add(in->out, OUTCOME_NOTE,
                        store_format("%s: no function \"%s\" is here, so nothing was watched",
                                     place, SESSION_TEXT(rule->function)));
        } else {
            in->out->functions += hotfn_is_derived(rule) ? 0 : rule->matches;
        }
    }
}

/* ---- violations and budgets ---- */

static bool budget_covers(const budget_line *line, uint32_t op) {
    switch ((budget_section_figure)line->figure) {
    case SECTION_ALLOCS:
    case SECTION_BYTES:
        return (op & (CH_OP_ALLOC | CH_OP_REALLOC)) != 0;
    case SECTION_FREES:
        return (op & CH_OP_FREE) != 0;
    case SECTION_REALLOCS:
        return (op & CH_OP_REALLOC) != 0;
    case SECTION_CALLS:
        return (op & CH_OP_HEAP) != 0;
    }
    return false;
}

bool outcome_counts(const chi_session *in, const chi_session_violation *row,
                    const outcome_demands *demands) {
    if (row->section == 0 || row->section > CHI_SESSION_SECTIONS || row->found != CHI_FOUND_CALL) {
        return true;
    }
    const char *name = SESSION_TEXT(in->sections[row->section - 1].name);
    for (size_t i = 0; i < demands->budget->count; i++) {
        const budget_line *line = &demands->budget->lines[i];
        if (line->subject == BUDGET_SECTION && fnmatch(line->glob, name, 0) == 0 &&
            budget_covers(line, row->op)) {
            return false;
        }
    }
    return true;
}

static void judge_violations(const judge *in) {
    uint64_t budgeted = 0;
    size_t position = 0;
    for (const chi_session_violation *row; (row = sighting_next(in->session, &position)) != NULL;) {
        const bool counts = outcome_counts(in->session, row, in->demands);
        in->out->sites += counts;
        budgeted += counts ? 0 : row->count;
    }
    const uint64_t all = in->session->violations;
    in->out->violations = all > budgeted ? all - budgeted : 0;
    if (in->session->unplaced > 0) {
        outcome_add(in->out, OUTCOME_NOTE,
                    store_format("%" PRIu64 " violations are of places beyond the first %u",
                                 in->session->unplaced, CHI_SESSION_VIOLATIONS));
    }
}

static void judge_budget(const judge *in) {
    for (size_t i = 0; i < in->demands->budget->count; i++) {
        budget_result result;
        budget_check(&result, &in->demands->budget->lines[i], NULL, in->session);
        if (result.verdict == BUDGET_EXCEEDED) {
            outcome_add(in->out, OUTCOME_FINDING,
                        store_format("budget \"%s\" exceeded: %" PRIu64 "%s%s%s", result.line->text,
                                     result.value, result.section != NULL ? ", most in " : "",
                                     result.section != NULL ? section_text(result.section) : "",
                                     ""));
        } else if (result.verdict == BUDGET_UNKNOWN) {
            outcome_add(
                in->out, OUTCOME_UNARMED,
                store_format("budget \"%s\" was not checked: %s", result.line->text, result.why));
        }
    }
}

/* ---- all of it ---- */

static void judge_emptiness(const judge *in) {
    outcome *so_far = in->out;
    if (in->session->config.hot_marked != 0 && in->program->of.hot_text) {
        so_far->functions++;
    } else if (in->session->config.hot_marked != 0) {
        outcome_add(so_far, OUTCOME_UNARMED, "no function is marked CH_HOT_FN");
    }
    if (so_far->sections_entered == 0 && so_far->functions == 0 && so_far->sealed == NULL) {
        outcome_add(in->out, OUTCOME_UNARMED,
                    "nothing was checked: no hot section was entered, no hot function named, and "
                    "the process was not sealed");
    }
}

static int status_of(const judge *in) {
    outcome_weight most = OUTCOME_NOTE;
    for (const outcome_complaint *at = in->out->complaints; at != NULL; at = at->next) {
        most = at->weight > most ? at->weight : most;
    }
    if (in->out->violations > 0 || most == OUTCOME_FINDING) {
        return EXIT_FINDING;
    }
    return most == OUTCOME_UNARMED ? EXIT_NOT_ARMED : in->end->status;
}

void outcome_judge(outcome *out, const launch *of, const preflight *program, const launch_end *end,
                   const outcome_demands *demands) {
    const judge in = {out, of, of->session, program, end, demands};
    *out = (outcome){.status = EXIT_INTERNAL};
    judge_violations(&in);
    judge_images(&in);
    judge_rules(&in);
    judge_budget(&in);
    judge_sections(&in);
    judge_emptiness(&in);
    out->status = status_of(&in);
}
