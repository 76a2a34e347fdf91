/* budget_test.c: budgets, read and judged. */
#include "budget.h"

#include "codes.h"
#include "message.h"
#include "record_rig.h"
#include "store.h"

#include "harness.h"

#include <stdlib.h>
#include <unistd.h>

static budget limits;
static rig made;
static record read_back;
static named_record named;
static chi_session session;
static char said[1024];
static size_t said_bytes;

static void keep(void *context, const char *bytes, size_t size) {
    (void)context;
    size = size < sizeof said - 1 - said_bytes ? size : sizeof said - 1 - said_bytes;
    memcpy(said + said_bytes, bytes, size);
    said_bytes += size;
    said[said_bytes] = 0;
}

/* Runs with messages going to `said`. */
static sink *quiet(void) {
    static char buffer[256];
    static sink target;
    static bool open;
    if (!open) {
        CHECK_EQUAL(store_open(), EXIT_DONE);
        open = true;
    }
    said_bytes = 0;
    said[0] = 0;
    sink_into(&target, "said", buffer, sizeof buffer, keep, NULL);
    return &target;
}

static int add(const char *text) {
    sink *target = quiet();
    message_route(target);
    int code = budget_add(&limits, text, 3);
    sink_flush(target);
    message_route(NULL);
    return code;
}

static int read_file(const char *text) {
    char path[] = "budget_test.XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    sink *target = quiet();
    message_route(target);
    int code = budget_read(&limits, path);
    sink_flush(target);
    message_route(NULL);
    unlink(path);
    return code;
}

static void make_record(void) {
    static const uint64_t frames[] = {0x1000, 0x2000};
    (void)quiet();
    rig_begin(&made);
    rig_blocks(&made, 1, rig_site_add(&made, 0, frames, 1), 10, 4, 100);
    rig_blocks(&made, 1, rig_site_add(&made, 0, frames, 2), 5, 5, 10);
    rig_blocks(&made, 1, rig_site_add(&made, 2, frames, 1), 7, 0, 1);
    made.header.peak_bytes = 700;
}

static budget_result judge(const char *text) {
    budget_result result;
    record_source from = {
        .name = "made", .bytes = (const uint8_t *)&made, .size = sizeof made, .fd = -1};
    limits.count = 0;
    CHECK_EQUAL(add(text), EXIT_DONE);
    CHECK_EQUAL(record_read(&read_back, &from), EXIT_DONE);
    sites_name(&named, &read_back);
    budget_check(&result, &limits.lines[0], &named, &session);
    return result;
}

#define JUDGED(text, expected, found)                                                              \
    do {                                                                                           \
        budget_result result = judge(text);                                                        \
        CHECK_EQUAL(result.verdict, expected);                                                     \
        CHECK_EQUAL(result.value, found);                                                          \
    } while (0)

TEST(budget_g31_file_of_every_form) {
    limits.count = 0;
    CHECK_EQUAL(read_file("# limits\nsection tick allocs 0\n\n  total\tallocs 1200 # init\r\n"
                          "site parse_config* bytes 64K\npeak 8M\ngrowth 0\nkind pool exhausted 0"),
                EXIT_DONE);
    CHECK_EQUAL(limits.count, 6);
    CHECK_EQUAL(limits.lines[0].subject, BUDGET_SECTION);
    CHECK_TEXT(limits.lines[0].glob, "tick");
    CHECK_EQUAL(limits.lines[1].line, 4);
    CHECK_TEXT(limits.lines[1].text, "total allocs 1200");
    CHECK_EQUAL(limits.lines[2].limit, 65536);
    CHECK_EQUAL(limits.lines[2].figure, FIGURE_BYTES);
    CHECK_EQUAL(limits.lines[3].limit, 8u << 20);
    CHECK_EQUAL(limits.lines[3].figure, FIGURE_PEAK);
    CHECK_EQUAL(limits.lines[5].kind, 2);
    CHECK(budget_wants_sections(&limits) && budget_wants_record(&limits));
}

TEST(budget_g31_mistakes_have_file_and_line) {
    static const char *const LINES[] = {
        "totals allocs 1",
        "total allocs",
        "total alloc 1",
        "total allocs -1",
        "total allocs 1 2",
        "section tick live 1",
        "section tick 1",
        "kind heaps allocs 1",
        "peak",
        "peak 8Q",
        "growth 0 0",
        "site a b 1",
        "site a bytes 1x",
        "total allocs 99999999999999999999999",
    };
    char text[256];
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        limits.count = 0;
        (void)snprintf(text, sizeof text, "# first\npeak 1\n%s\n", LINES[i]);
        if (!CHECK_EQUAL(read_file(text), EXIT_USAGE) || !CHECK(strstr(said, ":3: ") != NULL)) {
            (void)printf("# %s\n# %s\n", LINES[i], said);
        }
        CHECK_EQUAL(limits.count, 1);
        CHECK_EQUAL(add(LINES[i]), EXIT_USAGE);
        CHECK(strstr(said, "argument") != NULL);
    }
    CHECK_EQUAL(add(""), EXIT_USAGE);
    CHECK_EQUAL(add("# nothing"), EXIT_USAGE);
}

TEST(budget_g31_totals_and_kinds) {
    make_record();
    JUDGED("total allocs 15", BUDGET_HELD, 15);
    JUDGED("total allocs 14", BUDGET_EXCEEDED, 15);
    JUDGED("total bytes 1K", BUDGET_EXCEEDED, 1050);
    JUDGED("total live 599", BUDGET_EXCEEDED, 600);
    JUDGED("total frees 9", BUDGET_HELD, 9);
    JUDGED("total largest 99", BUDGET_EXCEEDED, 100);
    JUDGED("kind pool allocs 6", BUDGET_EXCEEDED, 7);
    JUDGED("kind arena allocs 0", BUDGET_HELD, 0);
    JUDGED("peak 700", BUDGET_HELD, 700);
    JUDGED("peak 699", BUDGET_EXCEEDED, 700);
}

TEST(budget_g31_finding_names_limit_value_and_sites) {
    make_record();
    budget_result result = judge("total bytes 1K");
    CHECK(result.top[0] != NULL && result.top[0]->site->of.bytes == 1000);
    CHECK(result.top[1] != NULL && result.top[2] == NULL);
    sink *target = quiet();
    budget_result_text(target, &result);
    sink_flush(target);
    CHECK(strstr(said, "coldheap: BUDGET total bytes 1K: 1.0 KiB, limit 1.0 KiB") != NULL);
    CHECK_EQUAL(budget_status(EXIT_DONE, &result), EXIT_FINDING);
    CHECK_EQUAL(budget_status(EXIT_NOT_ARMED, &result), EXIT_FINDING);
}

/* "?" is the name of what has none; the glob is on the call site alone. */
TEST(budget_g31_sites_by_glob) {
    make_record();
    JUDGED("site ? bytes 1049", BUDGET_EXCEEDED, 1057);
    JUDGED("site nothing* bytes 0", BUDGET_HELD, 0);
    made.tables[1].tail.sites_dropped = 3;
    JUDGED("site nothing* bytes 0", BUDGET_UNKNOWN, 0);
    JUDGED("total allocs 15", BUDGET_HELD, 15);
}

TEST(budget_g31_growth_needs_a_mark) {
    make_record();
    budget_result result = judge("growth 0");
    CHECK_EQUAL(result.verdict, BUDGET_UNKNOWN);
    CHECK_EQUAL(budget_status(EXIT_DONE, &result), EXIT_NOT_ARMED);
    CHECK_EQUAL(budget_status(EXIT_FINDING, &result), EXIT_FINDING);
    made.header.mark_count = 1;
    made.tables[0].rows[2].of.mark_bytes = 550;
    JUDGED("growth 49", BUDGET_EXCEEDED, 50);
    JUDGED("growth 50", BUDGET_HELD, 50);
}

/* A section that was never entered was not checked. */
TEST(budget_g31_sections) {
    make_record();
    memset(&session, 0, sizeof session);
    JUDGED("section tick allocs 0", BUDGET_UNKNOWN, 0);
    session.sections[5] = (chi_session_section){.state = CHI_ROW_READY, .name = "tick"};
    JUDGED("section tick allocs 0", BUDGET_UNKNOWN, 0);
    session.sections[5].entered = 1;
    JUDGED("section tick allocs 0", BUDGET_HELD, 0);
    session.sections[5].calls[0] = 2;
    session.sections[5].calls[1] = 3;
    session.sections[5].calls[2] = 4;
    session.sections[5].bytes = 99;
    session.sections[9] = session.sections[5];
    JUDGED("section t* allocs 11", BUDGET_EXCEEDED, 12);
    JUDGED("section tick frees 6", BUDGET_HELD, 6);
    JUDGED("section tick reallocs 7", BUDGET_EXCEEDED, 8);
    JUDGED("section tick calls 18", BUDGET_HELD, 18);
    JUDGED("section tick bytes 100", BUDGET_EXCEEDED, 198);
    JUDGED("section tock calls 0", BUDGET_UNKNOWN, 0);
}
