/* suppress_test.c: files of rules, right and wrong. */
#include "suppress.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include "harness.h"

#include <coldheap/hot.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char said[4096];
static char route_buffer[1024];
static sink route;

static void keep(void *context, const char *bytes, size_t size) {
    (void)context;
    const size_t used = strlen(said);
    if (used + size < sizeof said) {
        memcpy(said + used, bytes, size);
        said[used + size] = 0;
    }
}

/* Reads `text` as a file; the rules are in `in`, which the caller closes. */
static int read_text(launch *in, wrapper_name **wrappers, const char *text) {
    const int fd = memfd_create("rules", MFD_CLOEXEC);
    said[0] = 0;
    sink_into(&route, "messages", route_buffer, sizeof route_buffer, keep, NULL);
    message_route(&route);
    *wrappers = NULL;
    (void)CHECK_EQUAL(store_open(), 0);
    (void)CHECK_EQUAL(launch_open(in), EXIT_DONE);
    (void)CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    const int code = suppress_read(in, wrappers, store_format("/proc/self/fd/%d", fd));
    close(fd);
    return code;
}

static void close_text(launch *in) {
    launch_close(in);
    store_close();
    message_route(NULL);
}

TEST(g17_the_file_of_the_specification_is_read) {
    launch in;
    wrapper_name *wrappers;
    CHECK_EQUAL(read_text(&in, &wrappers,
                          "# rules\n"
                          "allow section=tick op=free stack=log_flush why=\"once per second\" "
                          "max=3\n"
                          "\n"
                          "wrapper my_xmalloc   # ours\n"
                          "allow op=alloc,realloc"),
                EXIT_DONE);
    const chi_session_rule *rule = in.session->rules;
    CHECK_EQUAL(in.rule_count, 2);
    CHECK_EQUAL(rule[0].kind, CHI_RULE_ALLOW);
    CHECK_EQUAL(rule[0].ops, CH_OP_FREE);
    CHECK_EQUAL(rule[0].max, 3);
    CHECK_EQUAL(rule[0].line, 2);
    CHECK_TEXT(rule[0].section, "tick");
    CHECK_TEXT(rule[0].stack, "log_flush");
    CHECK_TEXT(rule[0].why, "once per second");
    CHECK_EQUAL(rule[1].ops, CH_OP_ALLOC | CH_OP_REALLOC);
    CHECK_EQUAL(rule[1].max, 0);
    CHECK_EQUAL(rule[1].line, 5);
    if (CHECK(wrappers != NULL)) {
        CHECK_TEXT(wrappers->name, "my_xmalloc");
        CHECK(wrappers->next == NULL);
    }
    close_text(&in);
}

TEST(g17_a_line_that_is_wrong_is_named_and_ends_the_reading) {
    static const struct {
        const char *text;
        const char *reason;
    } wrong[] = {
        {"allow\n", "without a condition"},
        {"allow why=\"because\"\n", "without a condition"},
        {"allow section=\n", "nothing behind section"},
        {"allow section\n", "NAME=VALUE"},
        {"allow section=a section=b\n", "given twice: section"},
        {"allow op=allocate\n", "not allocate"},
        {"allow op=alloc,\n", "op is"},
        {"allow op=free max=0\n", "from 1 on"},
        {"allow op=free max=x\n", "from 1 on"},
        {"allow file=x\n", "not file"},
        {"allow section=\"tick\n", "quote without end"},
        {"deny op=free\n", "not deny"},
        {"wrapper\n", "one name"},
        {"wrapper a b\n", "one name"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        launch in;
        wrapper_name *wrappers;
        CHECK_EQUAL(read_text(&in, &wrappers, wrong[i].text), EXIT_USAGE);
        CHECK(strstr(said, wrong[i].reason) != NULL);
        CHECK(strstr(said, ":1: ") != NULL);
        close_text(&in);
    }
}

TEST(what_is_too_long_or_too_much_is_refused) {
    static char text[200000];
    launch in;
    wrapper_name *wrappers;
    (void)snprintf(text, sizeof text, "allow section=%0200d\n", 1);
    CHECK_EQUAL(read_text(&in, &wrappers, text), EXIT_USAGE);
    CHECK(strstr(said, "too long: section") != NULL);
    close_text(&in);
    (void)snprintf(text, sizeof text, "# %03000d\n", 1);
    CHECK_EQUAL(read_text(&in, &wrappers, text), EXIT_USAGE);
    close_text(&in);
    for (size_t i = 0, used = 0; i <= CHI_SESSION_RULES; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "allow op=free\n");
    }
    CHECK_EQUAL(read_text(&in, &wrappers, text), EXIT_USAGE);
    CHECK(strstr(said, "more than 512") != NULL);
    close_text(&in);
}

TEST(operations_are_words_between_commas) {
    uint32_t ops = 0;
    CHECK(suppress_ops(&ops, "heap"));
    CHECK_EQUAL(ops, CH_OP_HEAP);
    CHECK(suppress_ops(&ops, "map,syscall,fault"));
    CHECK_EQUAL(ops, CH_OP_MAP | CH_OP_SYSCALL | CH_OP_FAULT);
    CHECK(!suppress_ops(&ops, ""));
    CHECK(!suppress_ops(&ops, "heaps"));
    CHECK(!suppress_ops(&ops, "hea"));
    CHECK_EQUAL(ops, CH_OP_MAP | CH_OP_SYSCALL | CH_OP_FAULT);
}
