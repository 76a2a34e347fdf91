/* bench_case.h: what `coldheap bench` measures: the program bench-load (bench/guard) doing one
 * work, under the preloaded run time with one setting, or without it. A run of a case that has a
 * run time counts only if the session says that it was armed. */
#ifndef COLDHEAP_TOOL_BENCH_CASE_H
#define COLDHEAP_TOOL_BENCH_CASE_H

#include <coldheap/base.h>

/* X(NAME, work, threads, setting); works are those of bench-load. */
// clang-format off
#define BENCH_CASE_ROWS(X)                          \
    X(GLIBC_1,       "framed",        1, PLAIN)     \
    X(IDLE_1,        "framed",        1, IDLE)      \
    X(COUNTED_1,     "counted",       1, IDLE)      \
    X(SITE_1,        "framed",        1, SITE)      \
    X(FRAMED_1,      "framed",        1, EIGHT)     \
    X(FRAMELESS_1,   "frameless",     1, EIGHT)     \
    X(SAMPLED_1,     "framed",        1, SAMPLED)   \
    X(HOT_FRAMED,    "framed",        1, HOT)       \
    X(HOT_FRAMELESS, "frameless",     1, HOT)       \
    X(GLIBC_2,       "framed",        2, PLAIN)     \
    X(IDLE_2,        "framed",        2, IDLE)      \
    X(COUNTED_2,     "counted",       2, IDLE)      \
    X(SITE_2,        "framed",        2, SITE)      \
    X(FRAMED_2,      "framed",        2, EIGHT)     \
    X(FRAMELESS_2,   "frameless",     2, EIGHT)     \
    X(GLIBC_8,       "framed",        8, PLAIN)     \
    X(IDLE_8,        "framed",        8, IDLE)      \
    X(SCOPE_PLAIN,   "scope",         1, PLAIN)     \
    X(SCOPE,         "scope",         1, IDLE)      \
    X(SCOPE_CALLS,   "scope",         1, CALLS)     \
    X(CALL_PLAIN,    "calls-outside", 1, PLAIN)     \
    X(CALL_ARMED,    "calls-outside", 1, CALLS)     \
    X(CALL_TRAPPED,  "calls-inside",  1, CALLS)     \
    X(FAULTS_COUNT,  "section",       1, COUNT)     \
    X(FAULTS_LOCATE, "section",       1, LOCATE)    \
    X(BACKTRACE,     "traced",        1, PLAIN)     \
    X(MEMUSAGE_1,    "framed",        1, MEMUSAGE)  \
    X(MEMUSAGE_2,    "framed",        2, MEMUSAGE)
// clang-format on

typedef enum bench_case {
#define BENCH_CASE_ENUM(name, work, threads, setting) BENCH_##name,
    BENCH_CASE_ROWS(BENCH_CASE_ENUM)
#undef BENCH_CASE_ENUM
        BENCH_CASES,
    BENCH_NONE = BENCH_CASES /* no case */
} bench_case;

/* The best of the runs of a case so far; ns 0: none was good, and why. */
typedef struct bench_result {
    double ns;
    const char *why;
} bench_result;

typedef struct bench_place {
    const char *load;     /* bench-load */
    const char *library;  /* the run time */
    const char *memusage; /* glibc's libmemusage.so; NULL: not here */
    const char *folder;   /* for records of the tracker, removed after each run */
} bench_place;

/* bench_place_find looks for bench-load beside this command, and for the run time in `runtime`
 * (NULL: beside this command), and makes the folder; an exit code, its message out.
 * bench_place_remove removes the folder. */
int bench_place_find(bench_place *place, const char *runtime);
void bench_place_remove(const bench_place *place);

/* bench_case_run runs the case once more and keeps the better figure; an exit code, its message
 * out, if nothing at all can be run. A case that cannot be armed here is no error. */
int bench_case_run(const bench_place *place, bench_case which, bench_result *best);

unsigned bench_case_threads(bench_case which);

#endif
