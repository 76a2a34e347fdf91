/* Which frame is to blame, and what the call is called. */
#include "wrappers.h"

#include "demangle.h"
#include "harness.h"

#include <string.h>

typedef struct row {
    const char *symbols[6]; /* innermost first */
    size_t site;
    const char *operation; /* of malloc */
} row;

static void check_row(const row *of) {
    static char texts[6][DEMANGLE_BYTES];
    resolve_frame frames[6];
    const resolve_frame *list[6];
    size_t count = 0;
    for (; count < 6 && of->symbols[count] != NULL; count++) {
        const char *symbol = of->symbols[count];
        const bool mangled = demangle(texts[count], symbol);
        frames[count] = (resolve_frame){
            .function = mangled ? texts[count] : symbol, .symbol = symbol, .file = ""};
        list[count] = &frames[count];
    }
    char text[128];
    CHECK_EQUAL(wrappers_call_site(list, count), of->site);
    CHECK_TEXT(wrappers_operation(text, sizeof text, "malloc", list, count), of->operation);
}

TEST(the_call_site_is_the_first_frame_that_is_no_wrapper) { /* G13 */
    static const row ROWS[] = {
        {{"tick", "main"}, 0, "malloc"},
        {{"_Znwm", "tick"}, 1, "operator new"},
        {{"_Znwm", "_Znam", "tick"}, 2, "operator new[]"},
        {{"_ZnwmSt11align_val_tRKSt9nothrow_t", "tick"}, 1, "operator new"},
        {{"strdup", "normalize_key", "lookup"}, 1, "malloc"},
        {{"__vasprintf_internal", "asprintf", "tick"}, 2, "malloc"},
        {{"g_malloc", "g_strdup", "tick"}, 2, "g_malloc"},
        {{"xmalloc", "execute_command_internal"}, 1, "xmalloc"},
        {{"_PyMem_RawMalloc", "PyMem_Malloc", "parse"}, 2, "PyMem_Malloc"},
        {{"_Znwm", "_ZNSt6vectorIiSaIiEE9push_backERKi", "_ZN6engine4tickEi"}, 2, "operator new"},
        {{"__rust_alloc", "_ZN5alloc5alloc5alloc17h0123456789abcdefE",
          "_ZN6engine4tick17h0123456789abcdefE"},
         2,
         "__rust_alloc"},
        /* alloc and core are no namespaces to trust in C++ */
        {{"_ZN5alloc4tickEv", "main"}, 0, "malloc"},
        {{"_Znwm", "xmalloc"}, 1, "xmalloc"}, /* nobody else: the last one */
        {{NULL}, 0, "malloc"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        check_row(&ROWS[i]);
    }
}

TEST(rules_name_more_wrappers) { /* G13, G17 */
    const row before = {{"my_xmalloc", "tick"}, 0, "malloc"};
    const row after = {{"my_xmalloc", "tick"}, 1, "malloc"};
    const row readable = {{"_ZN4pool4takeEm", "tick"}, 1, "malloc"};
    check_row(&before);
    CHECK(wrappers_add("my_x*"));
    CHECK(wrappers_add("pool::take"));
    check_row(&after);
    check_row(&readable);
    size_t count = 2;
    while (wrappers_add("x")) {
        count++;
    }
    CHECK_EQUAL(count, WRAPPERS_ADDED_MAX);
}

TEST(code_in_headers_of_the_standard_library_is_a_wrapper) { /* G13 */
    const resolve_frame theirs = {
        .function = "push_back", .symbol = "", .file = "/usr/include/c++/12/bits/stl_vector.h"};
    const resolve_frame ours = {.function = "push_back", .symbol = "", .file = "/src/queue.h"};
    CHECK(wrappers_has(&theirs));
    CHECK(!wrappers_has(&ours));
}
