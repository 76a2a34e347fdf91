/* Finding what is behind our own definitions. */
#define _GNU_SOURCE
#include "next.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "harness.h"
#include "state.h"

TEST(g12_next_symbol_is_not_ours) {
    void *next = chi_guard_next_symbol("malloc");
    CHECK(next != NULL);
    CHECK(next != (void *)(uintptr_t)malloc);
    CHECK(chi_guard_next_symbol("no_such_function_anywhere") == NULL);
    CHECK(chi_guard_any_symbol("no_such_function_anywhere") == NULL);
}

/* In a program without -rdynamic too: libc refers to malloc, so the linker exports ours. */
TEST(g18_any_symbol_is_ours) {
    CHECK(chi_guard_any_symbol("malloc") == (void *)(uintptr_t)malloc);
    CHECK(chi_guard_any_symbol("free") == (void *)(uintptr_t)free);
}

TEST(g12_failed_lookup_is_no_event) {
    CH_HOT_SCOPE("tick"); /* dlsym allocates its error text */
    CHECK(chi_guard_next_symbol("no_such_function_anywhere") == NULL);
    CHECK_EQUAL(ch_guard_violations(), 0);
}

TEST(g12_late_functions_answer) {
    void *block = chi_next_aligned_alloc(256, 512);
    CHECK(block != NULL && (uintptr_t)block % 256 == 0);
    CHECK(chi_next_usable_size(block) >= 512);
    chi_next_free(block);
    CHECK_EQUAL(chi_next_usable_size(NULL), 0);
    block = NULL;
    CHECK_EQUAL(chi_next_posix_memalign(&block, 128, 10), 0);
    CHECK((uintptr_t)block % 128 == 0);
    chi_next_free(block);
    CHECK_EQUAL(chi_next_posix_memalign(&block, 3, 10), EINVAL);
}
