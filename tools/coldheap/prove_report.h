/* prove_report.h: verdicts as lines for people, as JSON lines, and as annotations of GitHub. */
#ifndef COLDHEAP_TOOL_PROVE_REPORT_H
#define COLDHEAP_TOOL_PROVE_REPORT_H

#include "sink.h"
#include "verdict.h"

void report_text(sink *out, const verdict *of);
void report_json(sink *out, const verdict *of);
void report_github(sink *out, const verdict *of);

#endif
