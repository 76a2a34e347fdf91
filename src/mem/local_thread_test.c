/* local_thread_test.c: thread-local memory and the process around it: threads that end, sums over
 * threads that run, signals inside set-up, fork, children that must die under a memory checker. */
#define _GNU_SOURCE
#include <coldheap/local.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crime_rig.h"
#include "harness.h"
#include "mem/checked.h"
#include "mem_rig.h"

enum {
    LIVES = RIG_SLOW ? 1000 : 10000,
    TOGETHER = RIG_SLOW ? 16 : 64,
    ROUNDS = RIG_SLOW ? 200 : 2000
};

static size_t count_mappings(void) {
    FILE *file = fopen("/proc/self/maps", "r");
    size_t lines = 0;
    for (int c; file != NULL && (c = fgetc(file)) != EOF;) {
        lines += c == '\n';
    }
    if (file != NULL) {
        fclose(file);
    }
    return lines;
}

static size_t resident_pages(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long size = 0;
    unsigned long resident = 0;
    if (file == NULL || fscanf(file, "%lu %lu", &size, &resident) != 2) {
        resident = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return resident;
}

/* ---- The end of threads ---------------------------------------------------------------------- */

static void *live_once(void *context) {
    uint8_t *block = ch_arena_alloc(ch_local_arena(), 200000, 64);
    uint8_t *scratch = ch_scratch_alloc(5000, 8);
    if (block == NULL || scratch == NULL) {
        return NULL;
    }
    memset(block, 1, 200000);
    memset(scratch, 2, 5000);
    return context;
}

static void live_and_die(unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        pthread_t thread;
        int token = 0;
        void *result = NULL;
        if (!CHECK_EQUAL(pthread_create(&thread, NULL, live_once, &token), 0)) {
            return;
        }
        CHECK_EQUAL(pthread_join(thread, &result), 0);
        CHECK(result == &token);
    }
}

TEST(local_threads_that_end_leave_nothing_behind) { /* M50 */
    ch_local_sums before;
    ch_local_sums after;
    live_and_die(50); /* the system's own caches */
    CHECK_EQUAL(ch_local_totals(&before), CH_OK);
    const size_t mappings = count_mappings();
    const size_t pages = resident_pages();
    live_and_die(LIVES);
    CHECK(count_mappings() <= mappings + 8);
    CHECK(chi_checked() || ch_test_is_emulated() || resident_pages() < pages + 1024);
    CHECK_EQUAL(ch_local_totals(&after), CH_OK);
    CHECK_EQUAL(after.threads, before.threads);
    CHECK_EQUAL(after.threads_ever, before.threads_ever + LIVES);
    CHECK_EQUAL(after.used_bytes, before.used_bytes);
}

static void end_main_thread(void *unused) {
    (void)unused;
    if (live_once(&unused) == NULL) {
        _exit(3);
    }
    exit(0); /* destructors run with this thread set up */
}

TEST(local_main_thread_ends_cleanly) { /* M50 */
    char text[512];
    CHECK(!ch_test_child_dies(end_main_thread, NULL, text, sizeof text));
    CHECK_TEXT(text, "");
}

/* ---- Many at a time -------------------------------------------------------------------------- */

typedef struct worker {
    pthread_t thread;
    unsigned number;
    bool right;
} worker;

static pthread_barrier_t gate;

/* Every thread takes what only it knows, all look at the sums meanwhile. */
static void *work(void *context) {
    worker *mine = context;
    const uint8_t fill = (uint8_t)(mine->number + 1);
    mine->right = true;
    for (unsigned round = 0; round < ROUNDS; round++) {
        CH_SCRATCH_SCOPE();
        uint8_t *block = ch_scratch_alloc(64 + round % 1000, 8);
        uint8_t *other = ch_arena_alloc(ch_local_arena(), 100, 1);
        if (block == NULL || other == NULL) {
            mine->right = false;
            break;
        }
        memset(block, fill, 64);
        memset(other, fill, 100);
        mine->right = mine->right && block[63] == fill && other[99] == fill;
        (void)ch_arena_reset(ch_local_arena());
        ch_local_sums sums;
        if (round % 64 == 0 && (ch_local_totals(&sums) != CH_OK || sums.threads == 0)) {
            mine->right = false;
        }
    }
    mine->right = mine->right && ch_scratch_alloc(1u << 20, 1) == NULL &&
                  ch_scratch_alloc(1000, 1) != NULL && ch_local_check(NULL) == CH_OK;
    pthread_barrier_wait(&gate); /* all are set up */
    pthread_barrier_wait(&gate); /* the sums were read */
    return NULL;
}

TEST(local_totals_sum_over_threads_that_run) { /* M6 M51 */
    static worker workers[TOGETHER];
    ch_local_sums before;
    ch_local_sums sums;
    CHECK_EQUAL(ch_local_totals(&before), CH_OK);
    CHECK_EQUAL(pthread_barrier_init(&gate, NULL, TOGETHER + 1), 0);
    for (unsigned i = 0; i < TOGETHER; i++) {
        workers[i].number = i;
        CHECK_EQUAL(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    pthread_barrier_wait(&gate);
    CHECK_EQUAL(ch_local_totals(&sums), CH_OK);
    CHECK_EQUAL(sums.threads, before.threads + TOGETHER);
    CHECK_EQUAL(sums.overflows, before.overflows + TOGETHER);
    CHECK(sums.used_bytes >= before.used_bytes + 1000 * TOGETHER);
    CHECK(sums.peak_bytes >= sums.used_bytes);
    pthread_barrier_wait(&gate);
    for (unsigned i = 0; i < TOGETHER; i++) {
        CHECK_EQUAL(pthread_join(workers[i].thread, NULL), 0);
        CHECK(workers[i].right);
    }
    CHECK_EQUAL(ch_local_totals(&sums), CH_OK);
    CHECK_EQUAL(sums.threads, before.threads);
    CHECK_EQUAL(sums.overflows, before.overflows + TOGETHER);
    pthread_barrier_destroy(&gate);
}

/* ---- Signals --------------------------------------------------------------------------------- */

static volatile sig_atomic_t handled;
static volatile sig_atomic_t refused;
static volatile sig_atomic_t wrong;
static bool stop;
static pthread_t target;

/* In the middle of set-up every call must answer; elsewhere each must work. */
static void handle(int signal_number) {
    (void)signal_number;
    ch_local_sums sums;
    ch_status status = ch_local_prepare();
    handled++;
    if (status == CH_EBUSY) {
        refused++;
        const ch_arena_point mark = ch_scratch_mark();
        if (ch_local_fini() != CH_EBUSY || ch_local_totals(&sums) != CH_EBUSY ||
            ch_local_configure(NULL) != CH_EBUSY) {
            wrong++;
        }
        if (ch_local_current == NULL &&
            (ch_local_arena() != NULL || ch_scratch_alloc(8, 8) != NULL ||
             ch_scratch_release(mark) != CH_OK)) {
            wrong++;
        }
    } else if (status != CH_OK) {
        wrong++;
    } else if (ch_local_totals(&sums) != CH_OK || ch_local_current == NULL) {
        wrong++;
    }
}

static void *send_signals(void *unused) {
    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        pthread_kill(target, SIGUSR1);
        nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
    }
    return NULL;
}

TEST(local_set_up_entered_again_by_a_signal_answers_ebusy) { /* M51 */
    enum { WANTED = 10, SECONDS = 20 };
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    struct sigaction old;
    pthread_t sender;
    time_t end = time(NULL) + SECONDS;
    target = pthread_self();
    __atomic_store_n(&stop, false, __ATOMIC_RELAXED);
    CHECK_EQUAL(sigaction(SIGUSR1, &action, &old), 0);
    CHECK_EQUAL(pthread_create(&sender, NULL, send_signals, NULL), 0);
    while (refused < WANTED && wrong == 0 && time(NULL) < end) {
        CHECK_EQUAL(ch_local_prepare(), CH_OK);
        CHECK(ch_local_current != NULL && ch_local_check(NULL) == CH_OK);
        CHECK_EQUAL(ch_local_fini(), CH_OK);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    CHECK_EQUAL(pthread_join(sender, NULL), 0);
    CHECK_EQUAL(sigaction(SIGUSR1, &old, NULL), 0);
    CHECK(refused >= WANTED);
    CHECK_EQUAL(wrong, 0);
    CHECK_EQUAL(ch_local_fini(), CH_OK);
}

/* ---- Fork ------------------------------------------------------------------------------------ */

static void *hold(void *unused) {
    (void)ch_local_prepare();
    pthread_barrier_wait(&gate);
    pthread_barrier_wait(&gate);
    return unused;
}

static int in_child(uint8_t *block) {
    ch_local_sums sums;
    if (block[99] != 7 || ch_local_totals(&sums) != CH_OK || sums.threads != 1) {
        return 1;
    }
    if (ch_arena_alloc(ch_local_arena(), 100, 1) == NULL || ch_local_check(NULL) != CH_OK) {
        return 2;
    }
    if (ch_local_fini() != CH_OK || ch_local_prepare() != CH_OK || ch_local_fini() != CH_OK) {
        return 3;
    }
    return ch_local_totals(&sums) == CH_OK && sums.threads == 0 ? 0 : 4;
}

TEST(local_fork_keeps_the_childs_own_thread_only) { /* M50 */
    pthread_t other;
    int status = -1;
    CHECK_EQUAL(pthread_barrier_init(&gate, NULL, 2), 0);
    CHECK_EQUAL(pthread_create(&other, NULL, hold, NULL), 0);
    pthread_barrier_wait(&gate);
    uint8_t *block = ch_arena_alloc(ch_local_arena(), 100, 1);
    if (CHECK(block != NULL)) {
        memset(block, 7, 100);
        const pid_t child = fork();
        if (child == 0) {
            _exit(in_child(block));
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK_EQUAL(status, 0);
    }
    pthread_barrier_wait(&gate);
    CHECK_EQUAL(pthread_join(other, NULL), 0);
    pthread_barrier_destroy(&gate);
    CHECK_EQUAL(ch_local_fini(), CH_OK);
}

/* ---- Refusal --------------------------------------------------------------------------------- */

static void set_up_without_address_space(void *unused) {
    (void)unused;
    const struct rlimit none = {0, 0};
    void *out = NULL;
    CH_REQUIRE(ch_local_fini() == CH_OK && setrlimit(RLIMIT_AS, &none) == 0);
    CH_REQUIRE(ch_local_prepare() == CH_ENOMEM && ch_local_current == NULL);
    CH_REQUIRE(ch_local_arena() == NULL && ch_scratch_alloc(8, 8) == NULL);
    CH_REQUIRE(ch_scratch_alloc_try(&out, 8, 8) == CH_ENOMEM && out == NULL);
    CH_REQUIRE(ch_local_fini() == CH_OK);
}

static void fall_back_without_address_space(void *unused) {
    (void)unused;
    const struct rlimit none = {0, 0};
    ch_local_figures figures;
    CH_REQUIRE(ch_local_fini() == CH_OK);
    CH_REQUIRE(ch_local_configure(&(ch_local_options){.overflow = CH_LOCAL_FALLBACK}) == CH_OK);
    CH_REQUIRE(ch_local_prepare() == CH_OK && setrlimit(RLIMIT_AS, &none) == 0);
    CH_REQUIRE(ch_scratch_alloc(1u << 20, 8) == NULL);
    CH_REQUIRE(ch_local_stats(&figures) == CH_OK && figures.overflows == 1);
    CH_REQUIRE(figures.fallbacks == 0 && figures.fallback_held_bytes == 0);
    CH_REQUIRE(ch_scratch_alloc(100, 8) != NULL && ch_local_check(NULL) == CH_OK);
}

TEST(local_system_that_refuses_is_a_status_and_nothing_is_held) { /* M46 M76 */
    if (RIG_SLOW || ch_test_is_emulated()) {
        ch_test_skip("sanitizers and emulators need address space of their own");
        return;
    }
    char text[256];
    CHECK(!ch_test_child_dies(set_up_without_address_space, NULL, text, sizeof text));
    CHECK_TEXT(text, "");
    CHECK(!ch_test_child_dies(fall_back_without_address_space, NULL, text, sizeof text));
    CHECK_TEXT(text, "");
}

/* ---- Memory checkers ------------------------------------------------------------------------- */

static void use_after_release(void *unused) {
    (void)unused;
    const ch_arena_point mark = ch_scratch_mark();
    volatile uint8_t *block = ch_scratch_alloc(100, 8);
    (void)ch_scratch_release(mark);
    block[5] = 1;
}

static void overflow_by_one(void *unused) {
    (void)unused;
    volatile uint8_t *block = ch_scratch_alloc(96, 8);
    (void)ch_scratch_alloc(96, 8);
    block[96] = 1;
}

static void underflow_by_one(void *unused) {
    (void)unused;
    volatile uint8_t *block = ch_arena_alloc(ch_local_arena(), 96, 8);
    block[-1] = 1;
}

static void use_after_reset(void *unused) {
    (void)unused;
    volatile uint8_t *block = ch_scratch_alloc(100, 8);
    (void)ch_scratch_reset();
    block[0] = 1;
}

TEST(local_memory_checker_sees_misplaced_accesses) { /* M8 */
    void (*const crimes[])(void *) = {use_after_release, overflow_by_one, underflow_by_one,
                                      use_after_reset};
    if (!crime_is_watched()) {
        ch_test_skip("needs AddressSanitizer or Valgrind (ctest -R mem/valgrind)");
        return;
    }
    for (size_t i = 0; i < sizeof crimes / sizeof crimes[0]; i++) {
        CHECK(crime_is_seen(crimes[i], NULL));
    }
}
