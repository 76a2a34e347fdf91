/* bench_figure.c: see bench_figure.h. */
#include "bench_figure.h"

/* What glibc takes on the reference machine, in ns; and 20 % more than was measured there. */
#define REFERENCE_1 22.3
#define REFERENCE_2 22.5
#define SLACK       1.2

/* Rows of the table: a case alone, what it is more than its base, and how many times its base. */
#define ALONE(name, of, target)                                                                    \
    { name, BENCH_WHOLE, BENCH_##of, BENCH_NONE, 1, target, false }
#define MORE(name, of, base, target)                                                               \
    { name, BENCH_EXCESS, BENCH_##of, BENCH_##base, 1, target, false }
#define HALF(name, of, base, target)                                                               \
    { name, BENCH_EXCESS, BENCH_##of, BENCH_##base, 2, target, false }
#define TIMES(name, of, base, target)                                                              \
    { name, BENCH_SHARE, BENCH_##of, BENCH_##base, 1, target, false }
#define RIVAL(name, of)                                                                            \
    { name, BENCH_WHOLE, BENCH_##of, BENCH_NONE, 1, 0, true }
#define BELOW(name, of, base)                                                                      \
    { name, BENCH_SHARE, BENCH_##of, BENCH_##base, 1, 1, true }

// clang-format off
const bench_figure BENCH_FIGURES[] = {
    ALONE("glibc alone",                           GLIBC_1,       0),
    ALONE("glibc alone, 2 threads",                GLIBC_2,       0),
    ALONE("glibc alone, 8 threads",                GLIBC_8,       0),
    MORE("hook idle, more",                        IDLE_1,        GLIBC_1,     5),
    MORE("hook idle, 2 threads, more",             IDLE_2,        GLIBC_2,     8),
    MORE("hook idle, 8 threads, more",             IDLE_8,        GLIBC_8,     8),
    MORE("thread counter, more",                   COUNTED_1,     GLIBC_1,     6),
    MORE("thread counter, 2 threads, more",        COUNTED_2,     GLIBC_2,     8),
    ALONE("live+peak per call site",               SITE_1,        40),
    ALONE("live+peak per call site, 2 threads",    SITE_2,        42),
    ALONE("8 frames, frame pointers",              FRAMED_1,      55),
    ALONE("8 frames, frame pointers, 2 threads",   FRAMED_2,      58),
    ALONE("8 frames, no frame pointers",           FRAMELESS_1,   165),
    ALONE("8 frames, no frame p., 2 threads",      FRAMELESS_2,   165),
    MORE("sampling 512 KiB, more than idle",       SAMPLED_1,     IDLE_1,      5),
    TIMES("call site, 2 threads : 1",              SITE_2,        SITE_1,      1.10),
    TIMES("8 frames, 2 threads : 1",               FRAMED_2,      FRAMED_1,    1.10),
    HALF("hot by name, frame p., per heap call",   HOT_FRAMED,    IDLE_1,      150),
    HALF("hot by name, without, per heap call",    HOT_FRAMELESS, IDLE_1,      150),
    ALONE("scope, no run time",                    SCOPE_PLAIN,   1),
    ALONE("scope, run time",                       SCOPE,         4),
    MORE("system calls: scope, more",              SCOPE_CALLS,   SCOPE,       0.9 * SLACK),
    MORE("system calls: a cold call, more",        CALL_ARMED,    CALL_PLAIN,  52 * SLACK),
    ALONE("system calls: trapped, issued again",   CALL_TRAPPED,  2300 * SLACK),
    ALONE("faults: counted, per section",          FAULTS_COUNT,  270 * SLACK),
    ALONE("faults: located, per section",          FAULTS_LOCATE, 1100 * SLACK),
    ALONE("glibc backtrace, 8 frames",             BACKTRACE,     0),
    RIVAL("libmemusage",                           MEMUSAGE_1),
    RIVAL("libmemusage, 2 threads",                MEMUSAGE_2),
    BELOW("call site : libmemusage",               SITE_1, MEMUSAGE_1),
    BELOW("call site : libmemusage, 2 threads",    SITE_2, MEMUSAGE_2),
};
// clang-format on

const size_t BENCH_FIGURE_COUNT = sizeof BENCH_FIGURES / sizeof BENCH_FIGURES[0];

static bench_case glibc_of(unsigned threads) {
    return threads == 1 ? BENCH_GLIBC_1 : threads == 2 ? BENCH_GLIBC_2 : BENCH_GLIBC_8;
}

/* The first case that the figure needs and that has no result; NONE: all have one. */
static bench_case missing(const bench_figure *figure, const bench_result *results) {
    const bench_case needed[] = {figure->of, figure->base,
                                 glibc_of(bench_case_threads(figure->of))};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (needed[i] != BENCH_NONE && results[needed[i]].ns <= 0) {
            return needed[i];
        }
    }
    return BENCH_NONE;
}

bench_judged bench_judge(const bench_figure *figure, const bench_result results[BENCH_CASES]) {
    const unsigned threads = bench_case_threads(figure->of);
    const bench_case lacking = missing(figure, results);
    if (lacking != BENCH_NONE) {
        const char *why = results[lacking].why;
        return (bench_judged){BENCH_UNMEASURED, 0, 0, 0, why != NULL ? why : "it never ran"};
    }
    bench_judged judged = {.verdict = BENCH_ANCHOR, .limit = figure->target};
    const double ns = results[figure->of].ns;
    if (figure->kind == BENCH_SHARE) {
        judged.ratio = ns / results[figure->base].ns;
    } else {
        const double less = figure->kind == BENCH_EXCESS ? results[figure->base].ns : 0;
        judged.ns = (ns - less) / figure->events;
        judged.ratio = judged.ns / results[glibc_of(threads)].ns;
        judged.limit = figure->target / (threads == 1 ? REFERENCE_1 : REFERENCE_2);
    }
    if (figure->target > 0) {
        judged.verdict = judged.ratio <= judged.limit ? BENCH_HOLDS : BENCH_MISSED;
    }
    return judged;
}

const char *bench_verdict_name(bench_verdict verdict) {
    static const char *const names[] = {"holds", "MISSED", "not measured", "anchor"};
    return names[verdict];
}
