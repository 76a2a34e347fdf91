/* misuse_test.c: the hook gets what was reported, and without a hook the process ends with a line
 * that says it. */
#include "base/misuse.h"

#include <string.h>

#include "harness.h"

typedef struct log {
    unsigned count;
    ch_misuse last;
} log;

static void see(void *context, const ch_misuse *misuse) {
    log *seen = context;
    seen->count++;
    seen->last = *misuse;
}

static ch_misuse misuse_of(const char *name, ch_status status) {
    return (ch_misuse){.object = (const void *)(uintptr_t)0x1000,
                       .name = name,
                       .call = "ch_thing_release",
                       .culprit = (const void *)(uintptr_t)0x2a,
                       .site = (const void *)(uintptr_t)0xbeef,
                       .status = status};
}

CH_NOINLINE static ch_status wrong_release(const int *object, const int *culprit) {
    return CHI_MISUSE(object, "rows", culprit, CH_EDOUBLE);
}

TEST(misuse_hook_sees_it_all_and_the_status_comes_back) { /* M4 */
    static const ch_status all[] = {CH_EFOREIGN, CH_EINTERIOR, CH_EDOUBLE, CH_ESTALE,
                                    CH_EORDER,   CH_EBUSY,     CH_ETHREAD};
    log seen = {0};
    ch_misuse_hook hook = {.seen = see, .context = &seen};
    CHECK(ch_on_misuse(&hook) == NULL);
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
        ch_misuse misuse = misuse_of("rows", all[i]);
        CHECK_EQUAL(ch_misuse_report(&misuse), all[i]);
        CHECK_EQUAL(seen.count, i + 1);
        CHECK(seen.last.object == misuse.object && seen.last.culprit == misuse.culprit);
        CHECK(seen.last.site == misuse.site && seen.last.status == all[i]);
        CHECK_TEXT(seen.last.name, "rows");
        CHECK_TEXT(seen.last.call, "ch_thing_release");
    }
    CHECK(ch_on_misuse(NULL) == &hook);
}

TEST(misuse_macro_names_function_and_call_site) { /* M4 */
    int object = 0;
    int culprit = 0;
    log seen = {0};
    ch_misuse_hook hook = {.seen = see, .context = &seen};
    CHECK(ch_on_misuse(&hook) == NULL);
    CHECK_EQUAL(wrong_release(&object, &culprit), CH_EDOUBLE);
    CHECK(seen.last.object == &object && seen.last.culprit == &culprit);
    CHECK_TEXT(seen.last.call, "wrong_release");
    CHECK(seen.last.site != NULL);
    CHECK_EQUAL(CHI_MISUSE_OF("ch_open", &object, "", NULL, CH_EBUSY), CH_EBUSY);
    CHECK_TEXT(seen.last.call, "ch_open");
    CHECK(ch_on_misuse(NULL) == &hook);
}

TEST(misuse_hooks_replace_each_other) { /* M4 */
    log first = {0};
    log second = {0};
    ch_misuse_hook hooks[2] = {{see, &first}, {see, &second}};
    ch_misuse misuse = misuse_of("", CH_ESTALE);
    CHECK(ch_on_misuse(&hooks[0]) == NULL);
    CHECK_EQUAL(ch_misuse_report(&misuse), CH_ESTALE);
    CHECK(ch_on_misuse(&hooks[1]) == &hooks[0]);
    CHECK_EQUAL(ch_misuse_report(&misuse), CH_ESTALE);
    CHECK(ch_on_misuse(NULL) == &hooks[1]);
    CHECK(ch_on_misuse(NULL) == NULL);
    CHECK(first.count == 1 && second.count == 1);
}

static void report(void *context) {
    (void)ch_misuse_report(context);
}

TEST(misuse_without_hook_prints_one_line_and_aborts) { /* M4 */
    ch_misuse misuse = misuse_of("rows", CH_EDOUBLE);
    char text[512];
    CHECK(ch_test_child_dies(report, &misuse, text, sizeof text));
    CHECK(strstr(text, "coldheap: misuse: ch_thing_release of 'rows' (object 0x1000, pointer 0x2a, "
                       "called from 0xbeef): CH_EDOUBLE: released twice\n") != NULL);
}

TEST(misuse_line_longer_than_its_buffer_is_cut) { /* M4 */
    char name[1000];
    char text[2048];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    ch_misuse misuse = misuse_of(name, CH_EDOUBLE);
    CHECK(ch_test_child_dies(report, &misuse, text, sizeof text));
    const char *line = strstr(text, "coldheap: misuse: ch_thing_release of 'nnn");
    if (CHECK(line != NULL)) {
        const char *end = strchr(line, '\n');
        CHECK(end != NULL && end - line == 318);
    }
}
