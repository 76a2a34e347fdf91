/* track_verdict.h: after a tracked program has ended: its records are read, told, and held against
 * budgets and a baseline; what comes out is the status of `coldheap track`. */
#ifndef COLDHEAP_TOOL_TRACK_VERDICT_H
#define COLDHEAP_TOOL_TRACK_VERDICT_H

#include "budget.h"
#include "launch.h"

typedef struct track_demands {
    const budget *budget;
    const char *baseline; /* NULL: none */
    bool update_baseline;
    uint64_t tolerance; /* hundredths of a percent */
    const char *json;   /* NULL: none */
    const char *prometheus;
    size_t top;
    bool github;
    bool leaks;
} track_demands;

/* A run: where the record of the first process lies, and those of others ("%p": their process). */
typedef struct tracked {
    const launch *of;
    launch_end end;
    const char *path;
    const char *pattern;
} tracked;

/* track_judge reports to stderr and returns the status: 97 a finding, 98 not tracked or not
 * checked, else the program's own. */
int track_judge(const tracked *run, const track_demands *demands);

/* track_path_of replaces "%p" by a process id. */
const char *track_path_of(const char *pattern, int process);

#endif
