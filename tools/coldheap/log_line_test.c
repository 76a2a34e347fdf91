/* Lines of a run time are taken apart; everything else is left alone. */
#include "log_line.h"

#include "harness.h"

#include <string.h>

static bool is_part(log_part part, const char *text) {
    return part.size == strlen(text) && memcmp(part.text, text, part.size) == 0;
}

TEST(log_frames_have_module_and_offset) { /* G16 */
    log_line line = log_read("    #1 0x55d0c3a1f2b4 normalize_key+0x14 (engine+0x12b4)");
    CHECK_EQUAL(line.kind, LOG_FRAME);
    CHECK(is_part(line.module, "engine"));
    CHECK_EQUAL(line.offset, 0x12b4);
    line = log_read("    #10 0x55d0c3a1f2b4 (lib a (1)+b.so+0xff)");
    CHECK_EQUAL(line.kind, LOG_FRAME);
    CHECK(is_part(line.module, "1)+b.so") || is_part(line.module, "lib a (1)+b.so"));
    line = log_read("    #2 0x7f00");
    CHECK_EQUAL(line.kind, LOG_FRAME);
    CHECK_EQUAL(line.module.size, 0);
}

TEST(log_modules_have_path_and_build_id) {
    const log_line line = log_read("    /opt/a: build id b/engine: build id 3c0fA1");
    CHECK_EQUAL(line.kind, LOG_MODULE);
    CHECK(is_part(line.module, "/opt/a: build id b/engine"));
    CHECK_EQUAL(line.build_id_size, 3);
    CHECK_EQUAL(line.build_id[0], 0x3c);
    CHECK_EQUAL(line.build_id[2], 0xa1);
}

TEST(log_violations_and_sites) {
    log_line line = log_read("coldheap: VIOLATION malloc 64 B in hot section \"t\" (e.c:1, t)");
    CHECK_EQUAL(line.kind, LOG_VIOLATION);
    CHECK(is_part(line.head, "coldheap: VIOLATION "));
    CHECK(is_part(line.call, "malloc"));
    CHECK(is_part(line.bytes, "64"));
    CHECK(is_part(line.tail, " in hot section \"t\" (e.c:1, t)"));
    line = log_read("coldheap: VIOLATION free of 0x1234 in hot section \"t\"");
    CHECK_EQUAL(line.kind, LOG_VIOLATION);
    CHECK_EQUAL(line.bytes.size, 0);
    line = log_read("coldheap: x7 malloc in hot section \"a from 0x\" from 0x7f12 f+0x1 (m+0x2)");
    CHECK_EQUAL(line.kind, LOG_SITE);
    CHECK(is_part(line.head, "coldheap: x7 malloc in hot section \"a from 0x\" from "));
    CHECK(is_part(line.module, "m"));
    CHECK_EQUAL(line.offset, 2);
}

TEST(log_other_lines_are_left_alone) {
    static const char *const LINES[] = {
        "",
        "coldheap: FAIL violations=5",
        "coldheap: x",
        "coldheap: x7 malloc from nowhere",
        "    #",
        "    #1",
        "    #1 55d0",
        "    #1 0x",
        "    #1 0x11111111111111111",
        "    #1 0x12 f (m+0x)",
        "    #1 0x12 f (m)",
        "    #1 0x12 f m+0x1)",
        "    /p: build id ",
        "    /p: build id 3",
        "    /p: build id 3c 0f",
        "    p: build id 3c0f",
        "    /p: build id "
        "3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f"
        "3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f3c0f",
        "   #1 0x12",
    };
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        CHECK_EQUAL(log_read(LINES[i]).kind, LOG_OTHER);
    }
}
