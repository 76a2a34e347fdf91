/* os_linux_test.c: what the libraries ask of the system: pages come zeroed, go, and come back; a
 * page that was not committed cannot be touched; refusals are statuses. */
#define _GNU_SOURCE
#include "base/os.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness.h"

#define PAGES 16

static uint8_t *reserve(size_t pages) {
    uint8_t *base = NULL;
    CHECK_EQUAL(chi_os_reserve(&base, pages * chi_os_page_bytes()), CH_OK);
    return base;
}

static void read_byte(void *context) {
    (void)*(volatile uint8_t *)context;
}

static void write_byte(void *context) {
    *(volatile uint8_t *)context = 1;
}

TEST(os_page_is_a_power_of_two_of_at_least_4096) {
    size_t page = chi_os_page_bytes();
    CHECK(page >= 4096 && (page & (page - 1)) == 0);
}

TEST(os_reserved_pages_are_no_access_until_committed) {
    size_t page = chi_os_page_bytes();
    uint8_t *base = reserve(PAGES);
    CHECK(base != NULL && (uintptr_t)base % page == 0);
    CHECK(ch_test_child_dies(read_byte, base, NULL, 0));
    CHECK_EQUAL(chi_os_commit(base, 2 * page), CH_OK);
    CHECK(!ch_test_child_dies(write_byte, base + 2 * page - 1, NULL, 0));
    CHECK(ch_test_child_dies(write_byte, base + 2 * page, NULL, 0));
    for (size_t i = 0; i < 2 * page; i++) {
        if (!CHECK(base[i] == 0)) {
            break;
        }
    }
    CHECK_EQUAL(chi_os_unreserve(base, PAGES * page), CH_OK);
}

TEST(os_decommitted_pages_are_no_access_and_come_back_zeroed) { /* M12 */
    size_t page = chi_os_page_bytes();
    uint8_t *base = reserve(PAGES);
    CHECK_EQUAL(chi_os_commit(base, PAGES * page), CH_OK);
    memset(base, 0x77, PAGES * page);
    CHECK_EQUAL(chi_os_decommit(base + page, page), CH_OK);
    CHECK(ch_test_child_dies(read_byte, base + page, NULL, 0));
    CHECK_EQUAL(base[page - 1], 0x77);
    CHECK_EQUAL(base[2 * page], 0x77);
    CHECK_EQUAL(chi_os_commit(base + page, page), CH_OK);
    CHECK_EQUAL(base[page], 0);
    CHECK_EQUAL(base[2 * page - 1], 0);
    CHECK_EQUAL(chi_os_unreserve(base, PAGES * page), CH_OK);
    CHECK(ch_test_child_dies(read_byte, base, NULL, 0));
}

TEST(os_prefault_keeps_what_was_written) { /* M14 */
    size_t page = chi_os_page_bytes();
    uint8_t *base = reserve(PAGES);
    CHECK_EQUAL(chi_os_commit(base, PAGES * page), CH_OK);
    base[3 * page] = 9;
    CHECK_EQUAL(chi_os_prefault(base, PAGES * page), CH_OK);
    CHECK_EQUAL(base[3 * page], 9);
    CHECK_EQUAL(base[4 * page], 0);
    ch_status locked = chi_os_lock(base, page);
    CHECK(locked == CH_OK || locked == CH_ENOMEM);
    CHECK_EQUAL(chi_os_decommit(base, PAGES * page), CH_OK); /* also what is locked */
    CHECK_EQUAL(chi_os_unreserve(base, PAGES * page), CH_OK);
}

TEST(os_refusals_are_statuses) { /* M12 M15 */
    size_t page = chi_os_page_bytes();
    uint8_t *base = reserve(PAGES);
    uint8_t *none = base;
    CHECK_EQUAL(chi_os_reserve(&none, SIZE_MAX / page * page), CH_ENOMEM);
    CHECK(none == base);
    CHECK_EQUAL(chi_os_bind_node(base, page, 1024, true), CH_EUNSUP);
    CHECK_EQUAL(chi_os_bind_node(base, page, UINT32_MAX, false), CH_EUNSUP);
    CHECK(chi_os_bind_node(base, page, 1023, true) != CH_OK); /* a node no test machine has */
    ch_status status = chi_os_advise_huge(base, PAGES * page);
    CHECK(status == CH_OK || status == CH_EUNSUP);
    status = chi_os_name(base, page, "coldheap: test");
    CHECK(status == CH_OK || status == CH_EUNSUP);
    CHECK_EQUAL(chi_os_commit(base, page), CH_OK); /* still ours after all that */
    CHECK_EQUAL(chi_os_unreserve(base, PAGES * page), CH_OK);
    CHECK(chi_os_commit(base, page) != CH_OK);
}

TEST(os_reserve_huge_that_fails_leaves_the_range_as_it_was) { /* M15 */
    /* Pages of 1 GiB, which few machines have set aside, or what 32 bits have room for. */
    enum { HUGE_LOG2 = sizeof(void *) < 8 ? 22 : 30 };
    size_t size = (size_t)1 << HUGE_LOG2;
    uint8_t *base = NULL;
    if (!CHECK_EQUAL(chi_os_reserve(&base, 2 * size), CH_OK)) {
        return;
    }
    uint8_t *aligned = base + ((size_t)(0u - (uintptr_t)base) & (size - 1));
    ch_status status = chi_os_reserve_huge(aligned, size, HUGE_LOG2);
    CHECK(status == CH_OK || status == CH_ENOMEM || status == CH_EUNSUP);
    if (status != CH_OK) {
        CHECK(ch_test_child_dies(read_byte, aligned, NULL, 0));
        CHECK_EQUAL(chi_os_commit(aligned, chi_os_page_bytes()), CH_OK);
        aligned[0] = 1;
    }
    CHECK_EQUAL(chi_os_unreserve(base, 2 * size), CH_OK);
}

static void lock_beyond_the_limit(void *context) {
    const struct rlimit none = {0, 0};
    ch_status status = CH_OK;
    if (setrlimit(RLIMIT_MEMLOCK, &none) == 0) {
        status = chi_os_lock(context, chi_os_page_bytes());
    }
    CH_REQUIRE(status == CH_OK || status == CH_ENOMEM); /* CH_OK for the privileged */
}

TEST(os_lock_beyond_the_limit_is_enomem) { /* M14 */
    uint8_t *base = reserve(1);
    CHECK_EQUAL(chi_os_commit(base, chi_os_page_bytes()), CH_OK);
    CHECK(!ch_test_child_dies(lock_beyond_the_limit, base, NULL, 0));
    CHECK_EQUAL(chi_os_unreserve(base, chi_os_page_bytes()), CH_OK);
}

static void write_and_abort(void *context) {
    const char *line = context;
    chi_os_write_error(line, strlen(line));
    chi_os_write_error(line, 0);
    chi_os_abort();
}

TEST(os_write_error_writes_and_abort_ends_the_process) {
    char line[] = "some words\n";
    char text[64];
    CHECK(ch_test_child_dies(write_and_abort, line, text, sizeof text));
    CHECK(strstr(text, "some words\n") == text);
}

TEST(os_environment_process_and_thread_are_the_systems) {
    CHECK_EQUAL(setenv("COLDHEAP_OS_TEST", "seen", 1), 0);
    CHECK_TEXT(chi_os_environment("COLDHEAP_OS_TEST"), "seen");
    CHECK_EQUAL(unsetenv("COLDHEAP_OS_TEST"), 0);
    CHECK(chi_os_environment("COLDHEAP_OS_TEST") == NULL);
    CHECK_EQUAL(chi_os_process(), getpid());
    CHECK_EQUAL(chi_os_thread(), gettid());
    chi_os_yield();
}

static unsigned ended;

static void note_end(void *value) {
    __atomic_fetch_add(&ended, *(unsigned *)value, __ATOMIC_RELAXED);
}

static void *watch_and_end(void *value) {
    return chi_os_thread_end_watch(note_end, value) == CH_OK ? value : NULL;
}

TEST(os_thread_end_calls_the_hook_until_it_is_forgotten) {
    unsigned three = 3;
    CHECK_EQUAL(chi_os_thread_end_begin(note_end), CH_OK);
    for (unsigned round = 0; round < 4; round++) {
        pthread_t thread;
        void *result = NULL;
        CHECK_EQUAL(pthread_create(&thread, NULL, watch_and_end, &three), 0);
        CHECK_EQUAL(pthread_join(thread, &result), 0);
        CHECK(result == &three);
        CHECK_EQUAL(ended, 3 * (round + 1));
        if (round == 1) { /* and taken up again by the next who watches */
            chi_os_thread_end_forget();
            chi_os_thread_end_forget();
        }
    }
    chi_os_thread_end_forget();
}
