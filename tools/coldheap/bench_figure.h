/* bench_figure.h: the figures of `coldheap bench`: cases made into numbers that have a target, and
 * the judgement. Targets are nanoseconds of the reference machine, where glibc's own malloc and
 * free take 22.3 ns (22.5 with two threads); so a limit is a ratio to what glibc takes in the same
 * run. */
#ifndef COLDHEAP_TOOL_BENCH_FIGURE_H
#define COLDHEAP_TOOL_BENCH_FIGURE_H

#include "bench_case.h"

typedef enum bench_kind {
    BENCH_WHOLE,  /* nanoseconds of the case */
    BENCH_EXCESS, /* what they are more than those of the base */
    BENCH_SHARE   /* how many times the base's */
} bench_kind;

typedef struct bench_figure {
    const char *name;
    bench_kind kind;
    bench_case of;
    bench_case base; /* NONE with WHOLE */
    unsigned events; /* in one round of the work, 1 or more */
    double target;   /* ns there, or times; 0: none, an anchor */
    bool foreign;    /* rests on what need not be installed: missing is no fault */
} bench_figure;

extern const bench_figure BENCH_FIGURES[];
extern const size_t BENCH_FIGURE_COUNT;

typedef enum bench_verdict {
    BENCH_HOLDS,
    BENCH_MISSED,
    BENCH_UNMEASURED,
    BENCH_ANCHOR
} bench_verdict;

typedef struct bench_judged {
    bench_verdict verdict;
    double ns;       /* SHARE: 0 */
    double ratio;    /* to glibc with as many threads; SHARE: to the base */
    double limit;    /* of the ratio; 0: none */
    const char *why; /* UNMEASURED */
} bench_judged;

/* bench_judge makes one figure of the results of all cases. */
bench_judged bench_judge(const bench_figure *figure, const bench_result results[BENCH_CASES]);

const char *bench_verdict_name(bench_verdict verdict);

#endif
