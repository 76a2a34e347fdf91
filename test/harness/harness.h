/** harness.h: unit tests as functions. A *_test.c holds TEST(name) { CHECK(...); } blocks and
 *  nothing else; the harness brings main.
 *
 *  Flags: --list, --filter TEXT (part of a name), --seed N (also COLDHEAP_SEED; else the time). TAP
 * on stdout; the seed is printed, and after a failure the line that repeats it. A test that dies by
 * a signal or a sanitizer still gets its "not ok" line. How long a program may take is CTest's
 * matter. Exit status: 0 all passed or skipped, 1 a failure or no test at all, 2 usage.
 *
 *  For random operations against a reference see model.h. */
#ifndef CH_TEST_HARNESS_H
#define CH_TEST_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void (*ch_test_function)(void);

/** One registered test; lives in static storage of its file. */
typedef struct ch_test_case {
    const char *name;
    const char *file;
    ch_test_function run;
    struct ch_test_case *next;
} ch_test_case;

void ch_test_register(ch_test_case *test);

/** A failed check prints file:line and the values, marks the test as failed, and the test goes on;
 *  the macros yield the condition, so `if (!CHECK(p != NULL)) { return; }` stops early. */
bool ch_test_check(bool passed, const char *expression, const char *file, int line);
bool ch_test_check_equal(uint64_t got, uint64_t want, const char *expression, const char *file,
                         int line);
bool ch_test_check_bytes(const void *got, const void *want, size_t size, const char *expression,
                         const char *file, int line);
bool ch_test_check_text(const char *got, const char *want, const char *expression, const char *file,
                        int line);

/** ch_test_skip marks the running test as skipped, with the reason (static), printed in TAP; a
 * check that fails outranks it. Return after. */
void ch_test_skip(const char *reason);

/** ch_test_random gives the next number of the test's own stream (seed and test name decide it). */
uint64_t ch_test_random(void);

/** ch_test_random_below gives a number in 0 .. limit-1; limit >= 1. */
uint64_t ch_test_random_below(uint64_t limit);

/** ch_test_is_emulated says that a user-mode emulator runs the test (CTest then sets
 *  COLDHEAP_EMULATED): limits and the counting of pages are not those of the kernel. */
bool ch_test_is_emulated(void);

/** ch_test_cases says how many random cases a test of many takes: `all` over
 *  COLDHEAP_CONFORMANCE_SAMPLE, which `make conformance` sets to 1, at least 1; `usual` if that is
 *  not set. */
uint64_t ch_test_cases(uint64_t all, uint64_t usual);

/** ch_test_child_dies runs `body` in a forked child with stderr captured into `text` (at most
 * size-1 bytes and a NUL; may be NULL) and returns true if the child was ended by a signal or a
 * non-zero exit. */
bool ch_test_child_dies(void (*body)(void *), void *context, char *text, size_t size);

#define CHECK(condition) ch_test_check((condition), #condition, __FILE__, __LINE__)
#define CHECK_EQUAL(got, want)                                                                     \
    ch_test_check_equal((uint64_t)(got), (uint64_t)(want), #got " == " #want, __FILE__, __LINE__)
#define CHECK_BYTES(got, want, size)                                                               \
    ch_test_check_bytes((got), (want), (size), #got " == " #want, __FILE__, __LINE__)
#define CHECK_TEXT(got, want)                                                                      \
    ch_test_check_text((got), (want), #got " == " #want, __FILE__, __LINE__)

#define TEST(name)                                                                                 \
    static void test_##name(void);                                                                 \
    static ch_test_case test_case_##name = {#name, __FILE__, test_##name, NULL};                   \
    __attribute__((constructor)) static void test_register_##name(void) {                          \
        ch_test_register(&test_case_##name);                                                       \
    }                                                                                              \
    static void test_##name(void)

#endif
