/* track_report.h: what a tracked run comes to, for people: kinds, sites, growth, leaks. */
#ifndef COLDHEAP_TOOL_TRACK_REPORT_H
#define COLDHEAP_TOOL_TRACK_REPORT_H

#include "sink.h"
#include "sites.h"

typedef struct track_report {
    const named_record *of;
    size_t top; /* sites listed */
    bool leaks; /* those with live blocks too, each with its stack */
} track_report;

/* track_report_text prints it all. */
void track_report_text(sink *out, const track_report *in);

/* track_report_brief is one line: blocks, bytes, peak, live. */
void track_report_brief(sink *out, const record *of);

#endif
