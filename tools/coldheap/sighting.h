/* sighting.h: a violation of the session as people see it: its frames with functions, lines and
 * what was inlined, the call that the program made (operator new rather than malloc), and the place
 * to blame, which is the first frame that is no wrapper (backtrace.h).
 *
 * Names come from resolve.h, so from outside the program; a frame in no file keeps its address. */
#ifndef COLDHEAP_TOOL_SIGHTING_H
#define COLDHEAP_TOOL_SIGHTING_H

#include "backtrace.h"
#include "sink.h"

#include "guard/session.h"

#define SIGHTING_CALL_BYTES 160u

typedef struct sighting {
    const chi_session_violation *row;
    const chi_session_section *section; /* NULL: not known */
    const chi_session_rule *rule;       /* of a hot or watched function; else NULL */
    char call[SIGHTING_CALL_BYTES];     /* "malloc 2 B", "operator new(40)", "free" */
    backtrace trace;
    backtrace allocated; /* where the freed block came from; no lines: not tracked */
} sighting;

/* sighting_next steps through the rows; *position begins at 0. Returns: NULL at the end. */
const chi_session_violation *sighting_next(const chi_session *in, size_t *position);

/* sighting_read makes a row readable. */
void sighting_read(sighting *out, const chi_session *in, const chi_session_violation *row);

/* sighting_text prints it for people, with up to `depth` lines of stack, sighting_json as one line,
 * sighting_github as an annotation of GitHub: at the place to blame, else at the section's mark,
 * with paths below `repository` made relative to it. */
void sighting_text(sink *out, const sighting *of, size_t depth);
void sighting_json(sink *out, const sighting *of);
void sighting_github(sink *out, const sighting *of, const char *repository);

/* sighting_section writes "file:line" of a section's mark, or nothing for a seal or function. */
void sighting_section(char *text, size_t size, const chi_session_section *section);

#endif
