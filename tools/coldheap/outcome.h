/* outcome.h: what a checked run comes to. Everything that speaks against a pass is a complaint, of
 * one of three weights; the heaviest gives the exit status:
 *
 *   finding    97   a violation, a budget exceeded, under --strict a rule that never served
 *   unarmed    98   an image without guard, a section or function never met, nothing checked
 *   note        -   said, and that is all
 *
 * A finding outranks the program's own status, also if it was killed: the session is shared memory
 * and survives it. An empty run is never a pass. */
#ifndef COLDHEAP_TOOL_OUTCOME_H
#define COLDHEAP_TOOL_OUTCOME_H

#include "budget.h"
#include "launch.h"
#include "options.h"
#include "preflight.h"

typedef enum outcome_weight { OUTCOME_NOTE, OUTCOME_UNARMED, OUTCOME_FINDING } outcome_weight;

typedef struct outcome_complaint outcome_complaint;
struct outcome_complaint {
    outcome_weight weight;
    const char *text;
    outcome_complaint *next;
};

/* What the user asked of the run. */
typedef struct outcome_demands {
    const flag_list *required; /* sections that must be entered; "all" */
    const budget *budget;
    const char *rule_paths[CHI_SESSION_RULES]; /* the file that each rule came from */
    bool strict;
    bool children_ignored;
    bool partial_ok;
} outcome_demands;

typedef struct outcome {
    size_t images;
    size_t images_armed;
    size_t sections; /* marks, without seals and functions by name */
    size_t sections_entered;
    size_t functions; /* found for the rules of hot functions */
    uint64_t violations;
    uint64_t sites; /* rows of violations */
    uint64_t suppressed;
    const char *sealed; /* by what; NULL: never */
    outcome_complaint *complaints;
    outcome_complaint *last;
    int status; /* of the command */
} outcome;

/* outcome_marks adds to the session's sections the scopes that stand in the files of its images and
 * were never entered, so that they can be told and required. Scopes of C++ and of libraries are
 * known only once they were entered. */
void outcome_marks(chi_session *in);

/* outcome_judge compares the session with the demands. `end` is how the program ended. */
void outcome_judge(outcome *out, const launch *of, const preflight *program, const launch_end *end,
                   const outcome_demands *demands);

/* outcome_counts tells whether a violation speaks against the run: those within a section's budget
 * are the budget's matter. */
bool outcome_counts(const chi_session *in, const chi_session_violation *row,
                    const outcome_demands *demands);

/* outcome_add adds a complaint; its text is in the store. */
void outcome_add(outcome *to, outcome_weight weight, const char *text);

/* outcome_section steps through the sections of marks; *position begins at 0. */
const chi_session_section *outcome_section(const chi_session *in, size_t *position);

#endif
