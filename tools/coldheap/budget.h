/* budget.h: limits that a run must hold, one a line, and whether it did.
 *
 *    section tick allocs 0            calls in hot sections of that name (glob)
 *    total allocs 1200                the heap of the process
 *    kind pool exhausted 0            a kind of memory
 *    site parse_config* bytes 64K     call sites in functions of that name (glob), added up
 *    peak 8M                          most live bytes of the process at a time
 *    growth 0                         live bytes of sites that grew after the last mark or the seal
 *
 * Figures: allocs frees bytes live blocks peak largest exhausted growth; of sections allocs frees
 * reallocs calls bytes. `#` begins a comment. Sections come from the session, everything else from
 * the tracker's record; a limit whose number is not known was not checked, which is no pass. */
#ifndef COLDHEAP_TOOL_BUDGET_H
#define COLDHEAP_TOOL_BUDGET_H

#include "guard/session.h"
#include "sink.h"
#include "sites.h"

typedef enum budget_subject {
    BUDGET_SECTION,
    BUDGET_TOTAL,
    BUDGET_KIND,
    BUDGET_SITE,
    BUDGET_PEAK,
    BUDGET_GROWTH
} budget_subject;

typedef enum budget_section_figure {
    SECTION_ALLOCS, /* realloc included */
    SECTION_FREES,
    SECTION_REALLOCS,
    SECTION_CALLS,
    SECTION_BYTES
} budget_section_figure;

typedef struct budget_line {
    budget_subject subject;
    uint32_t kind;
    int figure; /* site_figure, or budget_section_figure of a section */
    uint64_t limit;
    const char *glob;   /* SECTION, SITE */
    const char *text;   /* as written, blanks cleaned */
    const char *origin; /* the file; "--budget" */
    size_t line;        /* 0: command line */
} budget_line;

#define BUDGET_LINES_MAX 512u
#define BUDGET_TOP       3u

typedef struct budget {
    budget_line lines[BUDGET_LINES_MAX];
    size_t count;
} budget;

/* budget_read adds the lines of a file, budget_add one line from argument `position` of the command
 * line; an exit code, the message out. */
int budget_read(budget *to, const char *path);
int budget_add(budget *to, const char *text, int position);

/* budget_wants_sections, budget_wants_record: what the lines are about. */
bool budget_wants_sections(const budget *of);
bool budget_wants_record(const budget *of);

typedef enum budget_verdict { BUDGET_HELD, BUDGET_EXCEEDED, BUDGET_UNKNOWN } budget_verdict;

typedef struct budget_result {
    const budget_line *line;
    budget_verdict verdict;
    bool is_bound;                      /* the value is at most that: a peak of several threads */
    bool is_bytes;                      /* the value, for printing */
    uint64_t value;                     /* what was found */
    const char *why;                    /* UNKNOWN */
    int process;                        /* 0: there is one */
    const named_site *top[BUDGET_TOP];  /* the sites with most of it; NULL: no more */
    const chi_session_section *section; /* the section with most of it; NULL: none */
} budget_result;

/* budget_check judges one line. Either source may be NULL: its lines are UNKNOWN then. */
void budget_check(budget_result *out, const budget_line *line, const named_record *record,
                  const chi_session *session);

/* budget_result_text prints a result for people: nothing if it held; a finding with its top sites;
 * or what could not be known. */
void budget_result_text(sink *out, const budget_result *of);

/* budget_result_json prints it as one line. */
void budget_result_json(sink *out, const budget_result *of);

/* budget_worse tells whether `of` says more against a run than `than`, of the same line in another
 * process: what one of them could not know (growth without a mark) another may; a site that may be
 * hidden in one is known in none. */
bool budget_worse(const budget_result *of, const budget_result *than);

/* budget_status is the worse of `code` and what the result means: EXIT_FINDING, EXIT_NOT_ARMED. */
int budget_status(int code, const budget_result *of);

#endif
