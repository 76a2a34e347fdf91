/* Functions of this program's own file, and files that are damaged. */
#define _GNU_SOURCE
#include "functions.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <coldheap/hot.h>

#include "harness.h"

int functions_test_marked(int number);

/* In section ch_hot_text. */
CH_HOT_FN int functions_test_marked(int number) {
    return number + 1;
}

static bool find_name(const chi_functions *functions, const char *name, chi_function *found) {
    uint64_t at = 0;
    while (chi_functions_next(functions, found, &at)) {
        if (strcmp(found->name, name) == 0) {
            return true;
        }
    }
    return false;
}

TEST(g23_functions_of_this_program) {
    chi_functions functions;
    chi_function found;
    if (!CHECK(chi_functions_open(&functions, "/proc/self/exe"))) {
        return;
    }
    CHECK(!functions.stripped);
    CHECK(find_name(&functions, "chi_functions_open", &found));
    CHECK(found.size_bytes > 0);
    CHECK(!find_name(&functions, "no_such_function", &found));
    chi_functions_close(&functions);
}

TEST(g7_functions_in_the_marked_section) {
    chi_functions functions;
    chi_function found;
    CHECK_EQUAL(functions_test_marked(1), 2);
    if (!CHECK(chi_functions_open(&functions, "/proc/self/exe"))) {
        return;
    }
    CHECK(functions.marked_size > 0);
    CHECK(find_name(&functions, "functions_test_marked", &found));
    CHECK(found.address - functions.marked < functions.marked_size);
    CHECK(find_name(&functions, "chi_functions_open", &found));
    CHECK(found.address - functions.marked >= functions.marked_size);
    chi_functions_close(&functions);
}

TEST(g23_functions_of_what_is_no_elf_file) {
    chi_functions functions;
    CHECK(!chi_functions_open(&functions, "/no/such/file"));
    CHECK(!chi_functions_open(&functions, "/proc/self/maps"));
    CHECK(!chi_functions_open(&functions, "/dev/null"));
    CHECK(!chi_functions_open(&functions, "/"));
    CHECK(!chi_functions_open(&functions, ""));
}

/* The headers and a part of the tables, changed at random: no read outside the file. The file is
 * cut at a page's end, so that the first byte behind it cannot be read. */
TEST(g23_functions_of_damaged_files) {
    FILE *self = fopen("/proc/self/exe", "rb");
    static uint8_t bytes[1 << 23];
    const size_t size = self != NULL ? fread(bytes, 1, sizeof bytes, self) : 0;
    if (self != NULL) {
        fclose(self);
    }
    Elf64_Ehdr header;
    if (!CHECK(size > sizeof header)) {
        return;
    }
    memcpy(&header, bytes, sizeof header);
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t tables = (size_t)header.e_shoff;
    const int fd = memfd_create("functions", MFD_CLOEXEC);
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    size_t opened = 0;
    for (uint64_t i = 0; i < ch_test_cases(3000, 150); i++) {
        const size_t kept = i % 3 == 0 ? size / page * page : size;
        CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, kept, 0) == (ssize_t)kept);
        for (uint64_t j = ch_test_random_below(12); j > 0; j--) {
            const uint8_t value = (uint8_t)ch_test_random();
            const size_t at = j % 3 == 0 ? ch_test_random_below(sizeof header)
                                         : tables + ch_test_random_below(size - tables);
            CHECK(at >= kept || pwrite(fd, &value, 1, (off_t)at) == 1);
        }
        chi_functions functions;
        chi_function found;
        if (chi_functions_open(&functions, path)) {
            uint64_t at = 0;
            size_t length = strlen(functions.soname);
            while (chi_functions_next(&functions, &found, &at)) {
                length += strlen(found.name);
            }
            opened += length > 0;
            chi_functions_close(&functions);
        }
    }
    CHECK(opened > 0);
    close(fd);
}
