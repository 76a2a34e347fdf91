/** child.h: runs a program and keeps what it prints, for the tests of the harnesses themselves. */
#ifndef CH_TEST_CHILD_H
#define CH_TEST_CHILD_H

#include <stddef.h>

/** ch_test_run_program runs argv[0] (a path) with stdout and stderr captured together into `text`
 * (at most size-1 bytes and a NUL; the rest is dropped). Returns: its exit status; 128 + n if
 * signal n ended it; -1 if it could not be started. */
int ch_test_run_program(const char *const *argv, char *text, size_t size);

#endif
