/* check_report.h: a checked run on paper: violations, complaints and the verdict on stderr, the
 * same as JSON lines (share/schemas/command/check.json), and as annotations of GitHub. The
 * program's own streams carry nothing of it but stderr, where the verdict is the last line. */
#ifndef COLDHEAP_TOOL_CHECK_REPORT_H
#define COLDHEAP_TOOL_CHECK_REPORT_H

#include "check_flags.h"
#include "outcome.h"

typedef struct check_report {
    const chi_session *session;
    const outcome_demands *demands;
    const check_options *options;
    const char *repository;
    sink json;
    bool has_json;
} check_report;

/* check_report_open opens the file for JSON, if one is wanted, before the program runs; an exit
 * code, its message out. check_report_close gives back `code`, or that of a file that could not be
 * written. */
int check_report_open(check_report *out, const chi_session *session, const outcome_demands *demands,
                      const check_options *options);
int check_report_close(check_report *in, int code);

/* check_report_run tells of a run; `armed` is how the run time came in. */
void check_report_run(check_report *in, const outcome *of, const char *armed,
                      const launch_end *end);

/* check_report_refusal tells why the program was not started; `file` is where the reason lies if
 * that is not the program itself (an interpreter). */
void check_report_refusal(check_report *in, const char *program, const char *file,
                          const char *reason);

#endif
