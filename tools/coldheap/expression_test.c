/* expression_test.c: called expressions in lines of C and C++. */
#include "expression.h"

#include "harness.h"

#include <string.h>

/* The called expressions of `text`, between commas. */
static const char *called(const char *text) {
    static char out[256];
    size_t position = 0;
    size_t start;
    size_t used = 0;
    out[0] = 0;
    for (size_t length; (length = expression_next(text, &position, &start)) > 0;) {
        if (used + length + 2 > sizeof out) {
            break;
        }
        if (used > 0) {
            out[used++] = ',';
        }
        memcpy(out + used, text + start, length);
        used += length;
        out[used] = 0;
    }
    return out;
}

TEST(expressions_of_calls_are_found) { /* G38 */
    CHECK(strcmp(called("x = f(1);"), "f") == 0);
    CHECK(strcmp(called("vm->host->run(vm, table[i](y));"), "vm->host->run,table[i]") == 0);
    CHECK(strcmp(called("kernel()->div(out, a);"), "kernel,kernel()->div") == 0);
    CHECK(strcmp(called("(*compare)(a, b)"), "(*compare)") == 0);
    CHECK_TEXT(called("if (a.b[3] . c (x))"), "a.b[3] . c");
    CHECK(strcmp(called("shape::area(1)"), "shape::area") == 0);
}

TEST(text_without_calls_has_none) {
    CHECK(*called("") == 0);
    CHECK(*called("return (x);") == 0);
    CHECK(*called("while (x) {") == 0);
    CHECK(*called("sizeof(int) + 3") == 0);
    CHECK(*called(")))]](((") == 0);
    CHECK_TEXT(called("PUSHES(X, vm->run(1))"), "vm->run"); /* macros call nothing themselves */
}

static bool fits(const char *expression, const char *glob) {
    return expression_fits(expression, strlen(expression), glob);
}

TEST(expressions_fit_from_a_joint_on) { /* G38 */
    CHECK(fits("vm->host->run", "host->*"));
    CHECK(fits("vm->host->run", "run"));
    CHECK(fits("vm->host->run", "vm->host->run"));
    CHECK(!fits("vm->host->run", "un"));
    CHECK(!fits("vm->host->run", "host"));
    CHECK(!fits("vm->ghost->run", "host->*"));
    CHECK(fits("(*compare)", "compare"));
    CHECK(fits("table[i]", "table[*]"));
    CHECK(fits("kernel()->div", "kernel()->*"));
    CHECK(!fits("", "x"));
}

TEST(a_column_chooses_among_calls) {
    const char *text = "f(g(1), h->run(2));";
    CHECK(expression_is_called(text, 9, "run"));
    CHECK(!expression_is_called(text, 3, "run"));
    CHECK(expression_is_called(text, 0, "run"));
    CHECK(expression_is_called(text, 2, "run")); /* nothing starts there: any of the line */
    CHECK(!expression_is_called(text, 0, "absent"));
    CHECK(!expression_is_called("", 0, "*x"));
}
