/* bench_figure_test.c: figures of planted results, judged. */
#include "bench_figure.h"

#include "harness.h"

#include <math.h>
#include <string.h>

static bench_result results[BENCH_CASES];

static bench_judged judged(bench_kind kind, bench_case of, bench_case base, double target) {
    const bench_figure figure = {"planted", kind, of, base, 1, target, false};
    return bench_judge(&figure, results);
}

static bool near(double left, double right) {
    return fabs(left - right) < 1e-9;
}

/* A machine twice as slow as the one of the targets. */
static void plant(void) {
    memset(results, 0, sizeof results);
    results[BENCH_GLIBC_1].ns = 44.6;
    results[BENCH_GLIBC_2].ns = 45.0;
    results[BENCH_GLIBC_8].ns = 50.0;
}

TEST(limits_grow_with_what_glibc_takes) { /* G44 */
    plant();
    results[BENCH_SITE_1].ns = 79.9;
    bench_judged found = judged(BENCH_WHOLE, BENCH_SITE_1, BENCH_NONE, 40);
    CHECK_EQUAL(found.verdict, BENCH_HOLDS);
    CHECK(near(found.ns, 79.9) && near(found.limit, 40 / 22.3));
    results[BENCH_SITE_1].ns = 80.1;
    CHECK_EQUAL(judged(BENCH_WHOLE, BENCH_SITE_1, BENCH_NONE, 40).verdict, BENCH_MISSED);
}

TEST(what_is_added_is_judged_without_its_base) { /* G44 */
    plant();
    results[BENCH_IDLE_2].ns = 45 + 15.9;
    const bench_judged found = judged(BENCH_EXCESS, BENCH_IDLE_2, BENCH_GLIBC_2, 8);
    CHECK_EQUAL(found.verdict, BENCH_HOLDS);
    CHECK(near(found.ns, 15.9) && near(found.ratio, 15.9 / 45) && near(found.limit, 8 / 22.5));
    results[BENCH_IDLE_2].ns = 45 + 16.1;
    CHECK_EQUAL(judged(BENCH_EXCESS, BENCH_IDLE_2, BENCH_GLIBC_2, 8).verdict, BENCH_MISSED);
    results[BENCH_IDLE_2].ns = 40; /* noise: less than nothing was added */
    CHECK_EQUAL(judged(BENCH_EXCESS, BENCH_IDLE_2, BENCH_GLIBC_2, 8).verdict, BENCH_HOLDS);
}

TEST(a_round_of_two_events_is_shared_by_them) {
    plant();
    results[BENCH_IDLE_1].ns = 50;
    results[BENCH_HOT_FRAMED].ns = 250;
    const bench_figure figure = {"planted", BENCH_EXCESS, BENCH_HOT_FRAMED, BENCH_IDLE_1, 2,
                                 150,       false};
    CHECK(near(bench_judge(&figure, results).ns, 100));
}

TEST(shares_know_no_glibc) {
    plant();
    results[BENCH_SITE_1].ns = 50;
    results[BENCH_SITE_2].ns = 54;
    CHECK_EQUAL(judged(BENCH_SHARE, BENCH_SITE_2, BENCH_SITE_1, 1.1).verdict, BENCH_HOLDS);
    results[BENCH_SITE_2].ns = 56;
    const bench_judged found = judged(BENCH_SHARE, BENCH_SITE_2, BENCH_SITE_1, 1.1);
    CHECK_EQUAL(found.verdict, BENCH_MISSED);
    CHECK(near(found.ratio, 1.12));
}

TEST(nothing_is_judged_without_a_measurement) { /* G44 */
    plant();
    results[BENCH_FAULTS_LOCATE].why = "no perf here";
    bench_judged found = judged(BENCH_WHOLE, BENCH_FAULTS_LOCATE, BENCH_NONE, 1100);
    CHECK_EQUAL(found.verdict, BENCH_UNMEASURED);
    CHECK(strcmp(found.why, "no perf here") == 0);
    results[BENCH_SITE_1].ns = 10; /* its base is what lacks */
    found = judged(BENCH_EXCESS, BENCH_SITE_1, BENCH_IDLE_1, 100);
    CHECK_EQUAL(found.verdict, BENCH_UNMEASURED);
    results[BENCH_GLIBC_1].ns = 0; /* and here glibc */
    found = judged(BENCH_WHOLE, BENCH_SITE_1, BENCH_NONE, 100);
    CHECK_EQUAL(found.verdict, BENCH_UNMEASURED);
}

TEST(anchors_hold_nothing_and_miss_nothing) {
    plant();
    results[BENCH_BACKTRACE].ns = 1e6;
    CHECK_EQUAL(judged(BENCH_WHOLE, BENCH_BACKTRACE, BENCH_NONE, 0).verdict, BENCH_ANCHOR);
}

/* Every case is in a figure, and the same machine as that of the targets holds what it measured. */
TEST(figures_use_all_cases) { /* G44 */
    bool used[BENCH_CASES + 1] = {false};
    for (size_t i = 0; i < BENCH_FIGURE_COUNT; i++) {
        const bench_figure *figure = &BENCH_FIGURES[i];
        CHECK(figure->events >= 1 && (figure->kind == BENCH_WHOLE) == (figure->base == BENCH_NONE));
        used[figure->of] = true;
        used[figure->base] = true;
    }
    for (size_t i = 0; i < BENCH_CASES; i++) {
        CHECK(used[i] && bench_case_threads((bench_case)i) >= 1);
    }
}
