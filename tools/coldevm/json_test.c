/* Every value knows its line, whatever stands around it; malformed text is refused where it breaks.
 */
#include "json.h"

#include "codes.h"
#include "harness.h"
#include "message.h"
#include "sink.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_document document;

static int parse(const char *text) {
    static bool open;
    if (!open) {
        CHECK_EQUAL(store_open(), EXIT_DONE);
        open = true;
    }
    size_t size = strlen(text);
    return json_parse(&document, (text_file){"test.json", store_text(text, size), size});
}

/* What json_error says of the node: the text between "test.json:" and the next colon. */
static unsigned long line_of(const json_node *node) {
    static char buffer[512];
    sink kept = sink_err;
    sink_open(&sink_err, -1, "stderr", buffer, sizeof buffer);
    memset(buffer, 0, sizeof buffer);
    CHECK_EQUAL(json_error(&document, node, "x"), EXIT_MALFORMED);
    sink_err = kept;
    const char *at = strstr(buffer, "test.json:");
    return at != NULL ? strtoul(at + strlen("test.json:"), NULL, 10) : 0;
}

TEST(json_nodes_know_their_line) {
    CHECK_EQUAL(parse("{\"a\": 1,\n"
                      " \"b\": [true, \"x:\\\"y\",\n"
                      "  {\"b\": null, \"c\" \n:\n {}}],\n"
                      " \"a b\": -1.5e3, \"e\": \"\", \"f\": [\n[],\n[[7]]]}"),
                EXIT_DONE);
    const json_node *b = json_get(document.root, "b");
    const json_node *f = json_get(document.root, "f");
    CHECK_EQUAL(line_of(document.root), 1);
    CHECK_EQUAL(line_of(json_get(document.root, "a")), 1);
    CHECK_EQUAL(line_of(b), 2);
    CHECK_EQUAL(line_of(json_at(b, 0)), 2);
    CHECK_EQUAL(line_of(json_at(b, 1)), 2);
    CHECK_EQUAL(line_of(json_at(b, 2)), 3);
    CHECK_EQUAL(line_of(json_get(json_at(b, 2), "b")), 3);
    CHECK_EQUAL(line_of(json_get(json_at(b, 2), "c")), 5);
    CHECK_EQUAL(line_of(json_get(document.root, "a b")), 6);
    CHECK_EQUAL(line_of(json_get(document.root, "e")), 6);
    CHECK_EQUAL(line_of(f), 6);
    CHECK_EQUAL(line_of(json_at(f, 0)), 7);
    CHECK_EQUAL(line_of(json_at(f, 1)), 8);
    CHECK_EQUAL(line_of(json_at(json_at(json_at(f, 1), 0), 0)), 8);
    CHECK_EQUAL(line_of(NULL), 0);
}

TEST(json_absent_nodes_are_harmless) {
    CHECK_EQUAL(parse("{\"a\": [1]}"), EXIT_DONE);
    const json_node *none = json_get(document.root, "b");
    CHECK(none == NULL);
    CHECK(json_get(none, "c") == NULL);
    CHECK(json_at(none, 0) == NULL);
    CHECK(json_at(json_get(document.root, "a"), 1) == NULL);
    CHECK_EQUAL(json_count(none), 0);
    CHECK_TEXT(json_text(none), "");
    CHECK(!json_is_object(none) && !json_is_array(none) && !json_is_text(none));
}

static int number_of(const char *text, chevm_u256 *number) {
    char object[512];
    snprintf(object, sizeof object, "{\"n\": %s}", text);
    CHECK_EQUAL(parse(object), EXIT_DONE);
    return json_u256(&document, json_get(document.root, "n"), number);
}

TEST(json_numbers_are_those_of_fixtures) {
    static const struct {
        const char *text;
        uint64_t number;
    } GOOD[] = {{"\"0x\"", 0},
                {"\"0x0\"", 0},
                {"\"0x00\"", 0},
                {"\"0xabc\"", 0xabc},
                {"\"0X0AbC\"", 0xabc},
                {"\"12\"", 12},
                {"\"0012\"", 12},
                {"12", 12},
                {"9007199254740992", 9007199254740992}};
    static const char *const BAD[] = {
        "\"\"", "\"0xg\"",           "\"1x\"", "1.5", "-1", "1e300", "null",
        "true", "\"0x:bigint 0x1\"", "{}",     "[1]"};
    sink kept = sink_err;
    char buffer[4096];
    sink_open(&sink_err, -1, "stderr", buffer, sizeof buffer);
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        chevm_u256 number = {{1, 1, 1, 1}};
        CHECK_EQUAL(number_of(GOOD[i].text, &number), EXIT_DONE);
        CHECK(chevm_u256_fits_u64(&number));
        CHECK_EQUAL(number.limbs[0], GOOD[i].number);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        chevm_u256 number;
        CHECK_EQUAL(number_of(BAD[i], &number), EXIT_MALFORMED);
    }
    sink_err = kept;
}

TEST(json_broken_anywhere_is_refused) {
    static const char WHOLE[] = "{\"a\": [1, \"x\\n\", {\"b\": null}], \"c\": -1.5}";
    char cut[sizeof WHOLE];
    sink kept = sink_err;
    char buffer[65536];
    sink_open(&sink_err, -1, "stderr", buffer, sizeof buffer);
    CHECK_EQUAL(parse(WHOLE), EXIT_DONE);
    for (size_t size = 0; size + 1 < sizeof WHOLE; size++) {
        memcpy(cut, WHOLE, size);
        cut[size] = 0;
        CHECK_EQUAL(parse(cut), EXIT_MALFORMED);
    }
    CHECK_EQUAL(parse("{} {}"), EXIT_MALFORMED);
    sink_err = kept;
}

static size_t encode(char *out, uint32_t point) {
    static const uint8_t LEADS[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (size == 1) {
        out[0] = (char)point;
        return 1;
    }
    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    out[0] = (char)(LEADS[size] | point);
    return size;
}

static int parse_quiet(const char *text) {
    char buffer[4096];
    sink quiet;
    sink_open(&quiet, -1, "quiet", buffer, sizeof buffer);
    message_route(&quiet);
    ch_arena_point point = store_mark();
    int code = parse(text);
    store_release(point);
    message_route(NULL);
    return code;
}

TEST(every_character_is_taken_and_every_half_of_one_is_not) {
    CHECK_EQUAL(parse("[]"), EXIT_DONE);
    for (uint32_t point = 0x80; point < 0x110000; point += point < 0x3000 ? 1 : 61) {
        char text[16] = "[\"";
        bool is_surrogate = point >= 0xd800 && point < 0xe000;
        size_t size = encode(text + 2, point);
        memcpy(text + 2 + size, "\"]", 3);
        CHECK_EQUAL(parse_quiet(text), is_surrogate ? EXIT_MALFORMED : EXIT_DONE);
        memcpy(text + 2 + size - 1, "\"]", 3);
        CHECK_EQUAL(parse_quiet(text), EXIT_MALFORMED);
    }
}

TEST(overlong_and_impossible_bytes_are_refused) {
    static const char *const ROWS[] = {"\xc0\x80", "\xc1\xbf",         "\xe0\x9f\xbf",
                                       "\x80",     "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                                       "\xff",     "\xf8\x88\x80\x80", "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        char text[16] = "[\"";
        memcpy(text + 2, ROWS[i], strlen(ROWS[i]));
        memcpy(text + 2 + strlen(ROWS[i]), "\"]", 3);
        CHECK_EQUAL(parse_quiet(text), EXIT_MALFORMED);
    }
}

TEST(a_key_that_stands_twice_is_found_among_few_and_many) {
    for (unsigned count = 1; count < 40; count++) {
        for (unsigned twin = 0; twin <= count; twin++) {
            char text[1024] = "{";
            size_t used = 1;
            for (unsigned i = 0; i < count; i++) { /* twin == count: no key is twice */
                bool again = i == count - 1 && twin < count - 1;
                used += (size_t)snprintf(text + used, sizeof text - used, "%s\"k%u\":1",
                                         i > 0 ? "," : "", again ? twin : i);
            }
            memcpy(text + used, "}", 2);
            CHECK_EQUAL(parse(text), EXIT_DONE);
            char buffer[512];
            sink quiet;
            sink_open(&quiet, -1, "quiet", buffer, sizeof buffer);
            message_route(&quiet);
            CHECK_EQUAL(json_unique(&document, document.root),
                        twin < count - 1 ? EXIT_MALFORMED : EXIT_DONE);
            message_route(NULL);
        }
    }
}
