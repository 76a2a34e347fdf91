/* sink_test.c: texts as JSON, whatever is in them. */
#include "sink.h"

#include "text.h"
#include "tool.h"

#include "harness.h"

#include <string.h>

const tool_identity tool = {"sink_test", 1, 2, 3, 4};

static char written[256];
static size_t written_bytes;

static void keep(void *context, const char *bytes, size_t size) {
    (void)context;
    memcpy(written + written_bytes, bytes, size);
    written_bytes += size;
    written[written_bytes] = 0;
}

static const char *json(const char *text) {
    char buffer[16];
    sink target;
    written_bytes = 0;
    sink_into(&target, "text", buffer, sizeof buffer, keep, NULL);
    sink_json_text(&target, text);
    sink_flush(&target);
    return written;
}

TEST(sink_json_escapes) {
    CHECK_TEXT(json(""), "\"\"");
    CHECK_TEXT(json("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\u000a\\u0001\"");
    CHECK_TEXT(json("\xc2\xb5s \xe2\x82\xac \xf0\x9f\x98\x80"),
               "\"\xc2\xb5s \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

/* Each byte that begins no character is replaced; what follows stands for itself. */
TEST(sink_json_replaces_what_is_no_utf8) {
    CHECK_TEXT(json("a\xff"
                    "b"),
               "\"a\\ufffdb\"");
    CHECK_TEXT(json("\xc2"), "\"\\ufffd\"");
    CHECK_TEXT(json("\xe2\x82"), "\"\\ufffd\\ufffd\"");
    CHECK_TEXT(json("\xc0\xaf"), "\"\\ufffd\\ufffd\"");
    CHECK_TEXT(json("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
    CHECK_TEXT(json("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
}

TEST(text_utf8_lengths) {
    CHECK_EQUAL(text_utf8(""), 0);
    CHECK_EQUAL(text_utf8("a"), 1);
    CHECK_EQUAL(text_utf8("\xdf\xbf"), 2);
    CHECK_EQUAL(text_utf8("\xef\xbf\xbf"), 3);
    CHECK_EQUAL(text_utf8("\xf4\x8f\xbf\xbf"), 4);
    CHECK_EQUAL(text_utf8("\xe0\x80\x80"), 0);
    CHECK_EQUAL(text_utf8("\x80"), 0);
}
