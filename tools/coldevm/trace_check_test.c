/* The strict checker takes what the schema says and nothing else, and the installed schema is the
 * one it works by. */
#include "trace_check.h"

#include "harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GOOD                                                                                       \
    "{\"pc\":7,\"op\":82,\"gas\":\"0x18694\",\"gasCost\":\"0x6\",\"memSize\":0,"                   \
    "\"stack\":[\"0x3\",\"0x0\"],\"depth\":1,\"refund\":0,\"opName\":\"MSTORE\"}"

static bool accepts(const char *line) {
    size_t place = 0;
    return trace_check(line, strlen(line), &place) == NULL;
}

TEST(trace_check_takes_lines_of_the_schema) {
    CHECK(accepts(GOOD));
    CHECK(accepts(GOOD "\n"));
    CHECK(
        accepts("{\"pc\":0,\"op\":0,\"gas\":\"0x0\",\"gasCost\":\"0x0\",\"memory\":\"0x00ff\","
                "\"memSize\":2,\"stack\":[],\"returnData\":\"0x\",\"depth\":1025,\"refund\":-4800,"
                "\"opName\":\"opcode 0xc not defined\",\"error\":\"invalid opcode: \\\"x\\\"\"}"));
    CHECK(accepts("{\"pc\":0,\"op\":255,\"gas\":\"0xffffffffffffffff\",\"gasCost\":\"0x1\","
                  "\"memSize\":0,\"depth\":1,\"refund\":0,\"opName\":\"X\"}"));
}

/* Each of these is the good line with one thing wrong. */
static const struct {
    const char *from;
    const char *to;
} BREACHES[] = {
    {"{\"pc\"", "{ \"pc\""},
    {"{\"pc\":7,", "{"},
    {"\"pc\":7", "\"pc\":07"},
    {"\"pc\":7", "\"pc\":-7"},
    {"\"pc\":7", "\"pc\":\"0x7\""},
    {"\"op\":82", "\"op\":256"},
    {"\"op\":82", "\"op\":\"82\""},
    {"0x18694", "0x018694"},
    {"0x18694", "18694"},
    {"0x18694", "0x1869G"},
    {"0x18694", "0x1869A"},
    {"0x18694", "0x"},
    {"0x18694", "0x11111111111111111"},
    {"\"memSize\":0", "\"memSize\":0.5"},
    {"[\"0x3\",\"0x0\"]", "[\"0x3\" ,\"0x0\"]"},
    {"[\"0x3\",\"0x0\"]", "[\"0x03\",\"0x0\"]"},
    {"[\"0x3\",\"0x0\"]", "[\"0x3\",]"},
    {"[\"0x3\",\"0x0\"]", "[3]"},
    {"[\"0x3\",\"0x0\"]", "null"},
    {"\"depth\":1", "\"depth\":0"},
    {",\"refund\":0", ""},
    {"\"refund\":0", "\"refund\":+1"},
    {"\"opName\":\"MSTORE\"", "\"opName\":82"},
    {"\"opName\":\"MSTORE\"}", "\"opName\":\"MSTORE\",\"more\":1}"},
    {"\"opName\":\"MSTORE\"}", "\"opName\":\"MSTORE\"}x"},
    {"\"opName\":\"MSTORE\"}", "\"opName\":\"MSTORE\""},
    {"\"opName\":\"MSTORE\"", "\"opName\":\"MST\nORE\""},
    {"\"depth\":1,\"refund\":0", "\"refund\":0,\"depth\":1"},
    {"\"gasCost\":\"0x6\"", "\"gasCost\":\"0x6\",\"memory\":\"0x1\""},
    {"\"opName\":\"MSTORE\"}", "\"opName\":\"MSTORE\",\"error\":1}"},
};

TEST(trace_check_refuses_each_breach) {
    for (size_t i = 0; i < sizeof BREACHES / sizeof BREACHES[0]; i++) {
        char line[512];
        const char *at = strstr(GOOD, BREACHES[i].from);
        CHECK(at != NULL);
        snprintf(line, sizeof line, "%.*s%s%s", (int)(at - GOOD), GOOD, BREACHES[i].to,
                 at + strlen(BREACHES[i].from));
        if (!CHECK(!accepts(line))) {
            printf("#   accepted: %s\n", line);
        }
    }
}

TEST(trace_check_refuses_every_cut_line) {
    for (size_t size = 0; size < sizeof GOOD - 1; size++) {
        size_t place = 0;
        CHECK(trace_check(GOOD, size, &place) != NULL);
        CHECK(place <= size);
    }
}

TEST(trace_check_takes_1024_words_and_no_more) {
    static char line[1100 * 6];
    for (size_t words = 1024; words <= 1025; words++) {
        int used = snprintf(line, sizeof line,
                            "{\"pc\":0,\"op\":0,\"gas\":\"0x0\",\"gasCost\":\"0x0\",\"memSize\":0,"
                            "\"stack\":[\"0x0\"");
        for (size_t i = 1; i < words; i++) {
            used += snprintf(line + used, sizeof line - (size_t)used, ",\"0x0\"");
        }
        snprintf(line + used, sizeof line - (size_t)used,
                 "],\"depth\":1,\"refund\":0,\"opName\":\"X\"}");
        CHECK_EQUAL(accepts(line), words == 1024);
    }
}

TEST(schema_file_is_written_from_the_same_rows) {
    static char written[65536];
    static char kept[65536];
    sink out;
    sink_open(&out, -1, "schema", written, sizeof written);
    trace_schema(&out);
    int fd = open(TRACE_SCHEMA_FILE, O_RDONLY);
    CHECK(fd >= 0);
    ssize_t size = fd >= 0 ? read(fd, kept, sizeof kept) : 0;
    if (fd >= 0) {
        close(fd);
    }
    CHECK_EQUAL(out.used_bytes, size);
    CHECK(memcmp(written, kept, out.used_bytes) == 0);
    if (size != (ssize_t)out.used_bytes || memcmp(written, kept, out.used_bytes) != 0) {
        printf("# share/coldevm/trace.schema.json should be:\n%.*s", (int)out.used_bytes, written);
    }
}
