/* Names of system calls are those of this machine. */
#include <sys/syscall.h>

#include "kernel.h"

#include "harness.h"

TEST(syscall_names_are_those_of_this_machine) { /* G34 */
    CHECK_TEXT(chi_syscall_name(SYS_getpid), "getpid");
    CHECK_TEXT(chi_syscall_name(SYS_futex), "futex");
    CHECK_TEXT(chi_syscall_name(SYS_read), "read");
    CHECK_TEXT(chi_syscall_name(100000), "?");
    CHECK_TEXT(chi_syscall_name(UINT32_MAX), "?");
    CHECK_EQUAL((uint64_t)chi_syscall_number("futex"), SYS_futex);
    CHECK_EQUAL((uint64_t)chi_syscall_number("no_such_call"), (uint64_t)-1);
}

TEST(syscall_names_and_numbers_are_the_same_list) {
    for (uint32_t number = 0; number < 512; number++) {
        const char *name = chi_syscall_name(number);
        if (name[0] != '?') {
            CHECK_EQUAL((uint64_t)chi_syscall_number(name), number);
        }
    }
}
