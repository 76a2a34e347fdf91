/* checked_test.c: bytes that were closed cannot be touched in builds with AddressSanitizer, can
 * again once opened, and keep their contents throughout; in plain builds nothing happens. */
#include "mem/checked.h"

#include <string.h>

#include "harness.h"

static CH_ALIGNED(64) uint8_t memory[256];

static void touch(void *context) {
    *(volatile uint8_t *)context = 1;
}

static bool faults(size_t at) {
    return ch_test_child_dies(touch, memory + at, NULL, 0);
}

#ifdef CHI_HAVE_ASAN
enum { TOOL_SEES_CLOSED_BYTES = 1 };
#else
enum { TOOL_SEES_CLOSED_BYTES = 0 };
#endif

TEST(checked_closed_bytes_fault_under_asan_only) {
    memset(memory, 5, sizeof memory);
    chi_close(memory + 64, 64);
    CHECK(!faults(63) && !faults(128));
    CHECK_EQUAL(faults(64), TOOL_SEES_CLOSED_BYTES);
    CHECK_EQUAL(faults(127), TOOL_SEES_CLOSED_BYTES);
    chi_open(memory + 64, 24);
    CHECK(!faults(64) && !faults(87));
    CHECK_EQUAL(faults(88), TOOL_SEES_CLOSED_BYTES);
    chi_open_defined(memory + 64, 64);
    for (size_t i = 0; i < sizeof memory; i++) {
        CHECK_EQUAL(memory[i], 5);
    }
    CHECK(!faults(127));
}

TEST(checked_is_on_where_a_tool_watches) {
#if defined(CHI_HAVE_ASAN) || defined(CH_VERIFY)
    CHECK(chi_checked());
#endif
#ifdef CH_VERIFY
    CHECK(chi_thread_token() != NULL && chi_thread_token() == chi_thread_token());
#else
    CHECK(chi_thread_token() == NULL);
#endif
}

TEST(checked_groups_keep_bytes_whatever_the_tool) {
    memset(memory, 6, sizeof memory);
    chi_group_begin(memory);
    chi_group_add(memory, memory + 16, 32);
    chi_group_change(memory, memory + 16, 16);
    chi_group_add(memory, memory + 64, 32);
    chi_group_drop(memory, memory + 16);
    chi_group_keep(memory, memory, 0);
    chi_group_end(memory);
    chi_open_defined(memory, sizeof memory);
    for (size_t i = 0; i < sizeof memory; i++) {
        CHECK_EQUAL(memory[i], 6);
    }
}
