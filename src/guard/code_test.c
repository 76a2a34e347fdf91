/* The table of executable mappings beside the process itself. */
#define _GNU_SOURCE
#include "code.h"

#include <dlfcn.h>
#include <elf.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"

TEST(g23_code_of_this_program) {
    chi_code code;
    const uintptr_t here = (uintptr_t)&chi_code_find;
    if (!CHECK(chi_code_find(&code, here))) {
        return;
    }
    CHECK(here >= code.start && here < code.end);
    CHECK(memcmp((const void *)code.header, ELFMAG, SELFMAG) == 0);
    CHECK(code.inode != 0);
    CHECK(code.pair_count > 0);
    CHECK(code.eh_low < code.eh_high);
}

TEST(g23_code_of_libraries) {
    chi_code ours;
    chi_code libc;
    Dl_info info;
    const uintptr_t there = (uintptr_t)dlsym(RTLD_DEFAULT, "getpid");
    if (there == 0 || dladdr((const void *)there, &info) == 0) {
        ch_test_skip("static program");
        return;
    }
    CHECK(chi_code_find(&ours, (uintptr_t)&chi_code_find));
    CHECK(chi_code_find(&libc, there));
    CHECK(libc.start != ours.start);
    CHECK_EQUAL(libc.header, (uintptr_t)info.dli_fbase);
    CHECK_EQUAL(libc.bias, (uintptr_t)info.dli_fbase);
}

TEST(g23_code_data_is_none) {
    chi_code code;
    static int data;
    CHECK(!chi_code_find(&code, (uintptr_t)&data));
    CHECK(!chi_code_find(&code, (uintptr_t)&code));
    CHECK(!chi_code_find(&code, 0));
    CHECK(!chi_code_find(&code, UINTPTR_MAX));
}

TEST(g23_code_made_at_run_time_comes_and_goes) {
    chi_code code;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *block = mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) {
        ch_test_skip("no executable memory here");
        return;
    }
    CHECK(chi_code_find(&code, (uintptr_t)block + 8));
    CHECK_EQUAL(code.header, 0);
    CHECK_EQUAL(code.pair_count, 0);
    munmap(block, page);
    const uint32_t before = chi_code_generation();
    chi_code_refresh();
    CHECK(chi_code_generation() != before); /* what was derived is to be thrown away */
    CHECK(!chi_code_find(&code, (uintptr_t)block + 8));
}

TEST(g23_code_changed_begins_a_generation) {
    chi_code code;
    const uint32_t before = chi_code_generation();
    chi_code_changed();
    CHECK(chi_code_generation() != before);
    CHECK(chi_code_find(&code, (uintptr_t)&chi_code_find));
    chi_code_forget();
    CHECK(chi_code_find(&code, (uintptr_t)&chi_code_find));
}

static void *find_and_forget(void *argument) {
    size_t *bad = argument;
    for (int i = 0; i < 200; i++) {
        chi_code code;
        const uintptr_t here = (uintptr_t)&chi_code_find;
        if (i % 16 == 0) {
            chi_code_forget();
        }
        if (chi_code_find(&code, here) && (here < code.start || here >= code.end)) {
            ++*bad;
        }
    }
    return NULL;
}

/* Nobody ever sees half a row. */
TEST(g23_code_rows_are_whole) {
    pthread_t threads[4];
    size_t bad[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQUAL(pthread_create(&threads[i], NULL, find_and_forget, &bad[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CHECK_EQUAL(bad[i], 0);
    }
}

/* Headers that lie about themselves: mapped from a file, executable, with any bytes changed. */
TEST(g23_code_of_files_with_any_bytes) {
    const size_t size = 4 * (size_t)sysconf(_SC_PAGESIZE);
    static const char self[] = "/proc/self/exe";
    FILE *in = fopen(self, "rb");
    static uint8_t bytes[16384];
    const size_t got = in != NULL ? fread(bytes, 1, sizeof bytes, in) : 0;
    if (in != NULL) {
        fclose(in);
    }
    if (got < size) {
        ch_test_skip("program too small");
        return;
    }
    for (uint64_t i = 0; i < ch_test_cases(5000, 200); i++) {
        const int fd = memfd_create("code", MFD_CLOEXEC);
        const uint64_t changes = 1 + ch_test_random_below(20);
        uint8_t changed[1024];
        memcpy(changed, bytes, sizeof changed);
        for (uint64_t j = 0; j < changes; j++) {
            changed[ch_test_random_below(sizeof changed)] = (uint8_t)ch_test_random();
        }
        chi_code code;
        void *block = MAP_FAILED;
        if (write(fd, changed, sizeof changed) == sizeof changed &&
            write(fd, bytes + sizeof changed, size - sizeof changed) > 0) {
            block = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
        }
        if (CHECK(block != MAP_FAILED)) {
            CHECK(chi_code_find(&code, (uintptr_t)block + 100));
            munmap(block, size);
        }
        close(fd);
    }
}
