/* The tracker among threads, signal handlers, forks and full tables; marks, samples, notes of other
 * kinds of memory. */
#define _GNU_SOURCE
#include "track_rig.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static const chi_session_config by_site = {.track_depth = 1};

/* One call site, also where a loop is unrolled. */
CH_NOINLINE static void *take(size_t size_bytes) {
    void *block = rig_hide(malloc(size_bytes));
    __asm__ volatile("" : : : "memory");
    return block;
}

static void run_threads(size_t count, void *(*body)(void *), void *context) {
    pthread_t threads[64];
    for (size_t i = 0; i < count; i++) {
        CHECK_EQUAL(pthread_create(&threads[i], NULL, body, context), 0);
    }
    for (size_t i = 0; i < count; i++) {
        CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
    }
}

/* ---- threads ---- */

#define PASSED 20000u

typedef struct channel {
    void *volatile block;
    size_t size_bytes;
} channel;

static void *consume(void *context) {
    channel *c = (channel *)context;
    for (size_t i = 0; i < PASSED; i++) {
        void *block;
        while ((block = __atomic_exchange_n(&c->block, NULL, __ATOMIC_ACQ_REL)) == NULL) {
            sched_yield();
        }
        free(block);
    }
    return NULL;
}

static void produce(channel *c) {
    for (size_t i = 0; i < PASSED; i++) {
        void *block = take(c->size_bytes);
        void *empty = NULL;
        while (!__atomic_compare_exchange_n(&c->block, &empty, block, false, __ATOMIC_ACQ_REL,
                                            __ATOMIC_RELAXED)) {
            empty = NULL;
            sched_yield();
        }
    }
}

static chi_track_counters pass_blocks(const chi_session_config *config, size_t size_bytes) {
    channel c = {NULL, size_bytes};
    pthread_t thread;
    CHECK(rig_arm(*config));
    CHECK_EQUAL(pthread_create(&thread, NULL, consume, &c), 0);
    produce(&c);
    pthread_join(thread, NULL);
    return rig_sum(size_bytes);
}

TEST(g27_blocks_freed_by_another_thread_leave_nothing_current) {
    const chi_track_counters sum = pass_blocks(&by_site, 8001);
    CHECK_EQUAL(sum.count, PASSED);
    CHECK_EQUAL(sum.frees, PASSED);
    CHECK_EQUAL(rig_live(&sum), 0);
    CHECK(sum.peak_bytes >= 8001); /* a bound */
    rig_stop();
}

TEST(g27_exact_peak_is_exact_across_threads) {
    const chi_session_config exact = {.track_depth = 1, .track_exact_peak = 1};
    const chi_track_counters sum = pass_blocks(&exact, 8003);
    CHECK_EQUAL(sum.count, PASSED);
    CHECK_EQUAL(rig_live(&sum), 0);
    /* one being freed, one in the channel, one being given out */
    CHECK(sum.peak_bytes >= 8003 && sum.peak_bytes <= 3 * 8003);
    rig_stop();
}

static void *allocate_some(void *context) {
    const size_t size_bytes = *(const size_t *)context;
    for (size_t i = 0; i < 1000; i++) {
        free(take(size_bytes));
    }
    return NULL;
}

TEST(g27_tables_of_ended_threads_are_reused) {
    size_t size_bytes = 8101;
    CHECK(rig_arm(by_site));
    for (size_t i = 0; i < 200; i++) {
        run_threads(1, allocate_some, &size_bytes);
    }
    const chi_track_counters sum = rig_sum(8101);
    CHECK_EQUAL(sum.count, 200000);
    CHECK_EQUAL(sum.frees, 200000);
    CHECK(CHI_PLAN->record->tables < 20);
    rig_stop();
}

TEST(g27_more_threads_than_tables_share_one) {
    size_t size_bytes = 8201;
    chi_track_tables_wanted = 4;
    CHECK(rig_arm(by_site));
    CHECK_EQUAL(CHI_PLAN->record->tables_max, 4);
    for (size_t i = 0; i < 10; i++) {
        run_threads(16, allocate_some, &size_bytes);
    }
    const chi_track_counters sum = rig_sum(8201);
    CHECK_EQUAL(sum.count, 160000);
    CHECK_EQUAL(sum.frees, 160000);
    CHECK_EQUAL(rig_live(&sum), 0);
    rig_stop();
    chi_track_tables_wanted = CHI_TRACK_TABLES;
}

TEST(g27_peak_of_the_process) {
    CHECK(rig_arm(by_site));
    void *blocks[64];
    for (size_t i = 0; i < 64; i++) {
        blocks[i] = rig_hide(malloc(65536));
    }
    for (size_t i = 0; i < 64; i++) {
        free(blocks[i]);
    }
    chi_track_ended();
    CHECK_EQUAL(CHI_PLAN->record->live_bytes, 0);
    CHECK_EQUAL(CHI_PLAN->record->peak_bytes, 64 * 65536);
    CHECK(CHI_PLAN->record->peak_ns >= CHI_PLAN->record->start_ns);
    CHECK(CHI_PLAN->record->end_ns >= CHI_PLAN->record->peak_ns);
    CHECK_EQUAL(CHI_PLAN->record->ended, 1);
    rig_stop();
}

/* A program that never comes near the step of publishing has a peak all the same. */
TEST(g27_peak_of_a_small_process_is_exact) {
    CHECK(rig_arm(by_site));
    void *first = rig_hide(malloc(100));
    void *second = rig_hide(malloc(50));
    free(first);
    free(second);
    free(rig_hide(malloc(120)));
    chi_track_ended();
    CHECK_EQUAL(CHI_PLAN->record->peak_bytes, 150);
    rig_stop();
}

/* ---- full tables ---- */

static const char code[64];

TEST(g27_full_table_keeps_totals_and_counts_what_it_dropped) {
    CHECK(rig_arm((chi_session_config){.track_depth = 1, .track_sites = 16}));
    for (size_t i = 0; i < sizeof code; i++) {
        ch_track_note(CH_TRACK_POOL, CH_TRACK_ACQUIRE, 10, code + i, code + i);
    }
    CHECK_EQUAL(CHI_PLAN->record->site_count, 16);
    chi_track_counters overflow;
    chi_track_sum(&overflow, CHI_TRACK_SITE_OVERFLOW);
    CHECK_EQUAL(overflow.count, sizeof code - 14);
    CHECK_EQUAL(overflow.bytes, 10 * overflow.count);
    chi_track_ended();
    CHECK_EQUAL(CHI_PLAN->record->sites_dropped, overflow.count);
    for (size_t i = 0; i < sizeof code; i++) {
        ch_track_note(CH_TRACK_POOL, CH_TRACK_RELEASE, 10, NULL, code + i);
    }
    uint64_t count = 0;
    uint64_t live = 0;
    for (uint32_t site = 0; site < 16; site++) {
        chi_track_counters sum;
        chi_track_sum(&sum, site);
        count += sum.count;
        live += rig_live(&sum);
    }
    CHECK_EQUAL(count, sizeof code);
    CHECK_EQUAL(live, 0);
    rig_stop();
}

/* ---- signal handlers ---- */

#define SIGNALS 2000u

static volatile sig_atomic_t handled;

/* What is booked in a handler must not get lost, whatever it interrupts. malloc itself must not be
 * interrupted, so the events are notes. */
static void note_in_handler(int number) {
    (void)number;
    ch_track_note(CH_TRACK_BUFFER, CH_TRACK_ACQUIRE, 3, code, NULL);
    handled++;
}

TEST(g27_signal_handler_that_interrupts_a_booking_loses_nothing) {
    CHECK(rig_arm(by_site));
    struct sigaction before;
    const struct sigaction action = {.sa_handler = note_in_handler};
    const struct itimerspec often = {{0, 50000}, {0, 50000}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    timer_t timer;
    handled = 0;
    CHECK_EQUAL(sigaction(SIGUSR1, &action, &before), 0);
    CHECK_EQUAL(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    CHECK_EQUAL(timer_settime(timer, 0, &often, NULL), 0);
    uint64_t noted = 0;
    while (handled < (sig_atomic_t)SIGNALS) {
        ch_track_note(CH_TRACK_BUFFER, CH_TRACK_ACQUIRE, 3, code, NULL);
        noted++;
    }
    timer_delete(timer);
    CHECK_EQUAL(sigaction(SIGUSR1, &before, NULL), 0);
    const chi_track_counters sum = rig_sum(3);
    CHECK_EQUAL(sum.count, noted + (uint64_t)handled);
    CHECK_EQUAL(sum.bytes, 3 * sum.count);
    rig_stop();
}

/* ---- fork ---- */

static chi_track_record *map_record(const char *path) {
    const int fd = open(path, O_RDONLY);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        return NULL;
    }
    void *memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    return memory != MAP_FAILED ? (chi_track_record *)memory : NULL;
}

static int child_of_fork(void *inherited) {
    free(inherited);
    free(rig_hide(malloc(9001)));
    const bool own = CHI_PLAN->record->process == (int32_t)getpid();
    chi_track_tail totals;
    chi_track_totals(&totals);
    const bool right = own && rig_sum(9001).frees == 1 && rig_sum(9000).count == 0 &&
                       totals.frees_unattributed == 1;
    chi_track_ended();
    return right ? 0 : 1;
}

TEST(g26_fork_child_writes_its_own_record) {
    CHECK(rig_arm(by_site));
    void *block = rig_hide(malloc(9000));
    const pid_t child = fork();
    if (child == 0) {
        syscall(SYS_exit_group, child_of_fork(block));
    }
    int status = -1;
    CHECK_EQUAL(waitpid(child, &status, 0), child);
    CHECK_EQUAL(status, 0);
    CHECK_EQUAL(rig_sum(9000).frees, 0);
    CHECK_EQUAL(rig_sum(9001).count, 0);
    char path[64];
    snprintf(path, sizeof path, "track_test.%d.record", (int)child);
    const chi_track_record *record = map_record(path);
    if (CHECK(record != NULL)) {
        CHECK_EQUAL(record->magic, CHI_TRACK_MAGIC);
        CHECK_EQUAL(record->process, child);
        CHECK_EQUAL(record->ended, 1);
        CHECK_EQUAL(record->frees_unattributed, 1);
    }
    unlink(path);
    free(block);
    CHECK_EQUAL(rig_sum(9000).frees, 1);
    rig_stop();
}

/* The name is of the folder that the program began in. */
TEST(g26_fork_child_finds_the_folder_of_the_record) {
    CHECK(rig_arm(by_site));
    const pid_t child = fork();
    if (child == 0) {
        const bool moved = chdir("/") == 0;
        free(rig_hide(malloc(9004)));
        syscall(SYS_exit_group, moved && chi_track_on() ? 0 : 1);
    }
    int status = -1;
    CHECK_EQUAL(waitpid(child, &status, 0), child);
    CHECK_EQUAL(status, 0);
    char path[64];
    snprintf(path, sizeof path, "track_test.%d.record", (int)child);
    CHECK_EQUAL(unlink(path), 0);
    rig_stop();
}

/* Where files may not grow that large there are fewer tables; where there is no room at all the
 * program is told so, and lives. */
TEST(g27_limits_of_the_file_system_are_kept) {
    struct rlimit before;
    CHECK_EQUAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit limit = before;
    limit.rlim_cur = (rlim_t)64 << 20;
    CHECK_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
    CHECK(rig_arm(by_site));
    CHECK(CHI_PLAN->record->tables_max >= 2 && CHI_PLAN->record->tables_max < CHI_TRACK_TABLES);
    free(rig_hide(malloc(9005)));
    CHECK_EQUAL(rig_sum(9005).frees, 1);
    rig_stop();
    limit.rlim_cur = 4096;
    CHECK_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
    CHECK(!rig_arm(by_site));
    CHECK_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    unlink(rig_path());
}

TEST(g26_fork_child_stops_where_the_name_has_no_process) {
    chi_session_config config = {.track = 1, .track_depth = 1};
    snprintf(config.track_path, sizeof config.track_path, "%s", rig_path());
    CHECK(chi_track_arm(&config) == NULL && chi_track_on());
    void *block = rig_hide(malloc(9002));
    const pid_t child = fork();
    if (child == 0) {
        free(block);
        free(rig_hide(malloc(9003)));
        syscall(SYS_exit_group, chi_track_on() ? 1 : 0);
    }
    int status = -1;
    CHECK_EQUAL(waitpid(child, &status, 0), child);
    CHECK_EQUAL(status, 0);
    CHECK_EQUAL(rig_sum(9002).frees, 0);
    CHECK_EQUAL(rig_sum(9003).count, 0);
    /* Another process with the same settings leaves the record of this one alone. */
    const pid_t other = fork();
    if (other == 0) {
        chi_track_stop();
        const bool refused = chi_track_arm(&config) == NULL && !chi_track_on();
        syscall(SYS_exit_group, refused ? 0 : 1);
    }
    CHECK_EQUAL(waitpid(other, &status, 0), other);
    CHECK_EQUAL(status, 0);
    free(block);
    rig_stop();
}

/* ---- marks ---- */

TEST(g29_mark_keeps_what_was_live) {
    CHECK(rig_arm(by_site));
    void *first = rig_hide(malloc(9101));
    void *second = rig_hide(malloc(9102));
    CHECK(ch_track_mark("steady"));
    void *third[3];
    for (size_t i = 0; i < 3; i++) {
        third[i] = take(9103);
    }
    free(second);
    const chi_track_counters one = rig_sum(9101);
    const chi_track_counters two = rig_sum(9102);
    const chi_track_counters three = rig_sum(9103);
    CHECK_EQUAL(rig_live(&one) - one.mark_bytes, 0);
    CHECK_EQUAL(two.mark_bytes, 9102);
    CHECK_EQUAL(two.mark_blocks, 1);
    CHECK_EQUAL(rig_live(&two), 0);
    CHECK_EQUAL(three.mark_bytes, 0);
    CHECK_EQUAL(rig_live(&three) - three.mark_bytes, 3 * 9103);
    CHECK_EQUAL(CHI_PLAN->record->mark_count, 1);
    CHECK_TEXT(CHI_PLAN->record->marks[0].name, "steady");
    for (size_t i = 0; i < 3; i++) {
        free(third[i]);
    }
    free(first);
    rig_stop();
    CHECK(!ch_track_mark("off"));
}

TEST(g29_seal_is_a_mark_where_that_is_asked_for) {
    for (uint32_t asked = 0; asked < 2; asked++) {
        chi_guard_settings.config.track_since_seal = asked;
        CHECK(rig_arm(by_site));
        void *block = rig_hide(malloc(9201));
        CHECK(ch_seal("ready"));
        CHECK(ch_unseal());
        CHECK_EQUAL(rig_sum(9201).mark_bytes, asked != 0 ? 9201 : 0);
        CHECK_EQUAL(CHI_PLAN->record->mark_count, asked);
        CHECK_TEXT(CHI_PLAN->record->marks[0].name, asked != 0 ? "ready" : "");
        free(block);
        rig_stop();
    }
    chi_guard_settings.config.track_since_seal = 0;
}

/* ---- sampling ---- */

#define SAMPLE_BYTES 4096u
#define DRAWS        400000u

/* The sums of many samples come near what was asked for: within 5 standard deviations. */
TEST(g29_samples_are_unbiased) {
    static const size_t sizes[] = {40, 300, 5000, 50000};
    CHECK(rig_arm((chi_session_config){.track_depth = 1, .track_sample_bytes = SAMPLE_BYTES}));
    chi_track_counters before = {0}; /* one call site: one row for all sizes, which grow */
    for (size_t s = 0; s < 4; s++) {
        const double share = (double)sizes[s] / SAMPLE_BYTES;
        const size_t draws = DRAWS / (s < 2 ? 1 : 40);
        for (size_t i = 0; i < draws; i++) {
            free(take(sizes[s]));
        }
        const chi_track_counters sum = rig_sum(sizes[s]);
        const double got = (double)(sum.bytes - before.bytes);
        const double want = (double)draws * (double)sizes[s];
        const double points = (double)draws * (share < 1 ? share : 1);
        const double off = (got - want) / want;
        CHECK(off * off * points < 25);
        const double blocks = (double)(sum.count - before.count);
        const double blocks_off = (blocks - (double)draws) / (double)draws;
        CHECK(blocks_off * blocks_off * points < 25);
        CHECK_EQUAL(sum.frees, sum.count);
        CHECK_EQUAL(rig_live(&sum), 0);
        before = sum;
    }
    CHECK_EQUAL(CHI_PLAN->record->sample_bytes, SAMPLE_BYTES);
    rig_stop();
}

/* ---- other kinds of memory ---- */

static chi_track_counters sum_of_kind(uint32_t kind) {
    chi_track_counters total = {0};
    for (uint32_t site = CHI_TRACK_SITE_FIRST; site < CHI_PLAN->record->site_count; site++) {
        const chi_track_site_row *row = chi_track_site_row_at(CHI_PLAN->record, site);
        if (row->kind == kind) {
            chi_track_counters sum;
            chi_track_sum(&sum, site);
            total.count += sum.count;
            total.frees += sum.frees;
            total.bytes += sum.bytes;
            total.freed_bytes += sum.freed_bytes;
            total.exhausted += sum.exhausted;
        }
    }
    return total;
}

TEST(g28_kinds_do_not_mix) {
    CHECK(!ch_track_wanted());
    CHECK(rig_arm(by_site));
    CHECK(ch_track_wanted());
    for (uint32_t kind = CH_TRACK_STACK; kind < CH_TRACK_KINDS; kind++) {
        for (uint32_t i = 0; i <= kind; i++) {
            /* the same site and the same address in every kind */
            ch_track_note(kind, CH_TRACK_ACQUIRE, 100, code, code + i);
        }
        ch_track_note(kind, CH_TRACK_RELEASE, 100, NULL, code);
        ch_track_note(kind, CH_TRACK_EXHAUSTED, 999, code, NULL);
    }
    ch_track_note(CH_TRACK_KINDS, CH_TRACK_ACQUIRE, 1, code, NULL);
    ch_track_note(CH_TRACK_POOL, CH_TRACK_OPS, 1, code, NULL);
    for (uint32_t kind = CH_TRACK_STACK; kind < CH_TRACK_KINDS; kind++) {
        const chi_track_counters sum = sum_of_kind(kind);
        CHECK_EQUAL(sum.count, kind + 1);
        CHECK_EQUAL(sum.frees, 1);
        CHECK_EQUAL(rig_live(&sum), 100 * kind);
        CHECK_EQUAL(sum.exhausted, 1);
    }
    chi_track_ended();
    CHECK_EQUAL(CHI_PLAN->record->live_bytes, 0); /* the heap's */
    CHECK_EQUAL(CHI_PLAN->record->peak_bytes, 0);
    rig_stop();
}

TEST(g28_release_of_many_keeps_the_sums_of_the_kind) {
    CHECK(rig_arm(by_site));
    for (size_t i = 0; i < 4; i++) {
        ch_track_note(CH_TRACK_STACK, CH_TRACK_ACQUIRE, 100, code, code + i);
    }
    ch_track_note(CH_TRACK_STACK, CH_TRACK_RELEASE, 300, NULL, NULL);
    chi_track_counters sum = sum_of_kind(CH_TRACK_STACK);
    CHECK_EQUAL(rig_live(&sum), 100);
    /* Addresses come back: their old blocks leave the row of the kind for their site. */
    for (size_t i = 1; i < 4; i++) {
        ch_track_note(CH_TRACK_STACK, CH_TRACK_ACQUIRE, 50, code + 1, code + i);
    }
    sum = sum_of_kind(CH_TRACK_STACK);
    CHECK_EQUAL(rig_live(&sum), 250);
    const chi_track_counters site = rig_sum(100);
    CHECK_EQUAL(rig_live(&site), 100);
    rig_stop();
}

TEST(g28_heap_calls_are_known_to_the_managers_figures) {
    uint64_t before = 0;
    uint64_t after = 0;
    CHECK(rig_arm(by_site));
    CHECK(chi_guard_heap_count(&before) != 0);
    for (size_t i = 0; i < 5; i++) {
        free(rig_hide(malloc(10)));
    }
    CHECK(chi_guard_heap_count(&after) != 0);
    CHECK_EQUAL(after - before, 5);
    rig_stop();
    CHECK(chi_guard_heap_count(&after) == 0);
}
