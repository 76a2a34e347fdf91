/* Places in this very program, and in copies of it that were cut, bent and swapped; workers that
 * are killed or hang. */
#include "resolve.h"

#include "codes.h"
#include "harness.h"
#include "store.h"

#include <coldheap/base.h>

#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COPY_MAX ((size_t)64 << 20)

static uint32_t inner_line;
static uint32_t outer_line;

static CH_NOINLINE uint64_t return_address(void) {
    __asm__ volatile("" ::: "memory");
    return (uint64_t)(uintptr_t)__builtin_return_address(0);
}

__attribute__((always_inline)) static inline uint64_t inner(void) {
    inner_line = __LINE__ + 1;
    const uint64_t address = return_address();
    __asm__ volatile("" ::: "memory");
    return address;
}

static CH_NOINLINE uint64_t outer(void) {
    outer_line = __LINE__ + 1;
    const uint64_t address = inner();
    __asm__ volatile("" ::: "memory");
    return address;
}

static int note_base(struct dl_phdr_info *info, size_t size, void *base) {
    (void)size;
    *(uint64_t *)base = info->dlpi_addr;
    return 1; /* the program is the first one */
}

/* ELF address of the call in inner. */
static uint64_t place_here(void) {
    uint64_t base = 0;
    (void)dl_iterate_phdr(note_base, &base);
    return outer() - base;
}

static void open_store(void) {
    static bool is_open;
    if (!is_open) {
        is_open = store_open() == EXIT_DONE;
    }
}

static const char *own_path(void) {
    static char path[4096];
    const ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    path[size > 0 ? size : 0] = 0;
    return path;
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void check_lines(const resolve_answer *answer) {
    if (!CHECK(answer->frame_count >= 2)) {
        return;
    }
    CHECK_TEXT(answer->frames[0].function, "inner");
    CHECK_TEXT(base_name(answer->frames[0].file), "resolve_test.c");
    CHECK_EQUAL(answer->frames[0].line, inner_line);
    CHECK(answer->frames[0].inlined);
    CHECK_TEXT(answer->frames[1].function, "outer");
    CHECK_EQUAL(answer->frames[1].line, outer_line);
    CHECK(!answer->frames[answer->frame_count - 1].inlined);
}

TEST(resolve_finds_line_and_inlined_function) { /* G16 */
    open_store();
    resolve_module *module = resolve_open(own_path(), NULL, 0);
    const resolve_answer *answer = resolve_return(module, place_here());
    const char *problem;
    CHECK_EQUAL(resolve_state_of(module, &problem), RESOLVE_LINES);
    CHECK_TEXT(problem, "");
    check_lines(answer);
    CHECK(resolve_open(own_path(), NULL, 0) == module);
    CHECK(resolve_return(module, place_here()) == answer);
    resolve_close();
}

TEST(resolve_refuses_a_file_of_another_build) { /* G16 */
    open_store();
    static const uint8_t other[20] = {1, 2, 3};
    resolve_module *module = resolve_open(own_path(), other, sizeof other);
    const char *problem;
    CHECK_EQUAL(resolve_return(module, place_here())->frame_count, 0);
    CHECK_EQUAL(resolve_state_of(module, &problem), RESOLVE_NOTHING);
    CHECK(strstr(problem, "another build") != NULL);
    resolve_close();
}

TEST(resolve_says_what_cannot_be_read) {
    open_store();
    static const char *const PATHS[] = {"/nowhere/at/all", "/dev/zero", "/proc/self", "",
                                        "/etc/passwd"};
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        const char *problem;
        resolve_module *module = resolve_open(PATHS[i], NULL, 0);
        CHECK_EQUAL(resolve_at(module, 0x1000)->frame_count, 0);
        CHECK_EQUAL(resolve_state_of(module, &problem), RESOLVE_NOTHING);
        CHECK(problem[0] != 0);
    }
    resolve_close();
}

/* ---- workers ---- */

static pid_t first_child(void) {
    int child = 0;
    FILE *file = fopen("/proc/thread-self/children", "re");
    if (file != NULL) {
        if (fscanf(file, "%d", &child) != 1) {
            child = 0;
        }
        fclose(file);
    }
    return child;
}

TEST(resolve_goes_on_with_symbols_when_its_worker_dies) { /* G16 */
    open_store();
    resolve_module *module = resolve_open(own_path(), NULL, 0);
    const uint64_t place = place_here();
    check_lines(resolve_return(module, place));
    const pid_t worker = first_child();
    if (worker == 0) {
        resolve_close();
        ch_test_skip("no /proc/thread-self/children here");
        return;
    }
    CHECK_EQUAL(kill(worker, SIGKILL), 0);
    const resolve_answer *answer = resolve_at(module, place);
    const char *problem;
    CHECK_EQUAL(resolve_state_of(module, &problem), RESOLVE_SYMBOLS);
    CHECK(strstr(problem, "damaged") != NULL);
    if (CHECK_EQUAL(answer->frame_count, 1)) {
        CHECK_TEXT(answer->frames[0].function, "outer");
        CHECK_EQUAL(answer->frames[0].line, 0);
    }
    CHECK_EQUAL(kill(first_child(), SIGKILL), 0);
    CHECK_EQUAL(resolve_at(module, place - 2)->frame_count, 0);
    CHECK_EQUAL(resolve_state_of(module, &problem), RESOLVE_NOTHING);
    resolve_close();
    CHECK_EQUAL(first_child(), 0);
}

TEST(resolve_waits_five_seconds_for_a_module_and_no_longer) { /* G16 */
    open_store();
    resolve_module *module = resolve_open(own_path(), NULL, 0);
    const uint64_t place = place_here();
    check_lines(resolve_return(module, place));
    const pid_t worker = first_child();
    if (worker == 0) {
        resolve_close();
        ch_test_skip("no /proc/thread-self/children here");
        return;
    }
    CHECK_EQUAL(kill(worker, SIGSTOP), 0);
    const double began = seconds_now();
    const resolve_answer *answer = resolve_at(module, place);
    const double took = seconds_now() - began;
    CHECK(took > RESOLVE_SECONDS - 3 && took < RESOLVE_SECONDS + 3);
    const char *problem;
    CHECK_EQUAL(resolve_state_of(module, &problem), RESOLVE_SYMBOLS);
    CHECK(strstr(problem, "longer than 5 s") != NULL);
    CHECK_EQUAL(answer->frame_count, 1);
    resolve_close();
    CHECK_EQUAL(first_child(), 0);
}

/* ---- damaged files ---- */

static uint8_t *own_bytes(size_t *size) {
    struct stat status;
    const int fd = open(own_path(), O_RDONLY | O_CLOEXEC);
    *size = 0;
    if (fd < 0 || fstat(fd, &status) != 0 || (size_t)status.st_size > COPY_MAX) {
        return NULL;
    }
    uint8_t *bytes = malloc((size_t)status.st_size);
    while (bytes != NULL && *size < (size_t)status.st_size) {
        const ssize_t got = read(fd, bytes + *size, (size_t)status.st_size - *size);
        if (got <= 0) {
            break;
        }
        *size += (size_t)got;
    }
    close(fd);
    return bytes;
}

/* Whatever the answers say, they are whole, and come in time. */
static void ask_copy(const uint8_t *bytes, size_t size, uint64_t place) {
    char path[64];
    const int fd = memfd_create("copy", MFD_CLOEXEC);
    if (!CHECK(fd >= 0)) {
        return;
    }
    CHECK_EQUAL((uint64_t)write(fd, bytes, size), size);
    (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
    const double began = seconds_now();
    resolve_module *module = resolve_open(path, NULL, 0);
    for (uint64_t i = 0; i < 8; i++) {
        const resolve_answer *answer = resolve_at(module, place + i * 64);
        CHECK(answer->frame_count <= RESOLVE_FRAMES_MAX);
        for (uint32_t frame = 0; frame < answer->frame_count; frame++) {
            CHECK(strlen(answer->frames[frame].function) < 2000);
            CHECK(strlen(answer->frames[frame].file) < 2000);
        }
    }
    CHECK(seconds_now() - began < 2 * RESOLVE_SECONDS + 3);
    resolve_close();
    close(fd);
}

TEST(resolve_survives_files_that_are_cut) { /* G16 */
    open_store();
    size_t size;
    uint8_t *bytes = own_bytes(&size);
    const uint64_t place = place_here();
    for (uint64_t i = 0; bytes != NULL && i < 24; i++) {
        const size_t cut = i < 4 ? (size_t)i * 40 : (size_t)ch_test_random_below(size);
        ask_copy(bytes, cut, place);
    }
    free(bytes);
}

TEST(resolve_survives_files_with_flipped_bits) { /* G16 */
    open_store();
    size_t size;
    uint8_t *bytes = own_bytes(&size);
    const uint64_t place = place_here();
    for (uint64_t i = 0; bytes != NULL && i < 24; i++) {
        /* few flips spare the headers, many reach every table */
        const uint64_t flips = UINT64_C(1) << (4 + i % 10);
        uint8_t *copy = malloc(size);
        if (!CHECK(copy != NULL)) {
            break;
        }
        memcpy(copy, bytes, size);
        for (uint64_t flip = 0; flip < flips; flip++) {
            const uint64_t at = 64 + ch_test_random_below(size - 64);
            copy[at] = (uint8_t)(copy[at] ^ (1u << ch_test_random_below(8)));
        }
        ask_copy(copy, size, place);
        free(copy);
    }
    free(bytes);
}
