/* Page faults in hot scopes: counted by what the kernel says, located by address. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "harness.h"
#include "kernel_rig.h"
#include "session_rig.h"
#include "session_shared.h"
#include "state.h"

#define PAGE  4096u
#define PAGES 16u

static unsigned char *fresh_pages(void) {
    void *memory =
        mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    (void)madvise(memory, PAGES * PAGE, MADV_NOHUGEPAGE);
    return memory;
}

static void drop_pages(unsigned char *memory) {
    (void)munmap(memory, PAGES * PAGE);
}

/* ---- counting ---- */

TEST(g35_counts_faults_of_a_section) {
    static session_rig rig;
    if (!CHECK(session_rig_init(&rig))) {
        return;
    }
    CHECK(chi_session_attach(rig.path) == NULL);
    chi_session_image_begin();
    CHECK(chi_faults_begin(CHI_FAULTS_COUNT) == NULL);
    for (int round = 0; round < 2; round++) { /* the second: the code itself is there */
        volatile unsigned char *memory = fresh_pages();
        if (!CHECK(memory != NULL)) {
            return;
        }
        chi_session_section *section = session_rig_section(&rig, "touch");
        const uint64_t before = section != NULL ? section->faults_minor : 0;
        const uint64_t all_before = rig.session->images[0].faults_minor;
        memory[0] = 1; /* outside: counts for nobody */
        {
            CH_HOT_SCOPE_OPS("touch", CH_OP_FAULT);
            for (unsigned i = 1; i < PAGES; i++) {
                memory[i * PAGE] = 1;
            }
            {
                CH_HOT_SCOPE_OPS("inner", CH_OP_FAULT);
                memory[1] = 2;
            }
        }
        memory[2 * PAGE + 1] = 1;
        section = session_rig_section(&rig, "touch");
        if (CHECK(section != NULL) && round == 1) {
            CHECK_EQUAL(section->faults_minor - before, PAGES - 1);
            CHECK_EQUAL(section->faults_major, 0);
            CHECK_EQUAL(rig.session->images[0].faults_minor - all_before, PAGES - 1);
        }
        section = session_rig_section(&rig, "inner");
        CHECK(section == NULL || section->faults_minor == 0);
        drop_pages((unsigned char *)(uintptr_t)memory);
    }
    (void)chi_faults_begin(CHI_FAULTS_OFF); /* the session stays: the process will tell its end */
}

/* ---- locating ---- */

#if defined(__x86_64__) && defined(__LP64__)

/* True, and the test is marked, if there is no perf event for this process. */
static bool is_impossible(void) {
    if (!chi_faults_possible()) {
        ch_test_skip("no perf event here (container, perf_event_paranoid, Linux before 5.13)");
        return true;
    }
    CHECK(chi_faults_begin(CHI_FAULTS_LOCATE) == NULL);
    return false;
}

static CH_NOINLINE void touch(volatile unsigned char *memory) {
    memory[0] = 1;
}

/* Findings in these pages; others, as the stack's, are not ours to expect. */
static size_t found_in(const kernel_rig *rig, const unsigned char *memory) {
    size_t count = 0;
    for (size_t i = 0; i < rig->count && i < KERNEL_RIG_MAX; i++) {
        const uintptr_t at = (uintptr_t)rig->found[i].pointer - (uintptr_t)memory;
        count += at < (uintptr_t)PAGES * PAGE && rig->found[i].op == CH_OP_FAULT;
    }
    return count;
}

TEST(g35_locates_the_first_touch_of_a_page) {
    kernel_rig rig;
    if (is_impossible()) {
        return;
    }
    unsigned char *memory = fresh_pages();
    kernel_rig_init(&rig);
    touch(memory);
    {
        CH_HOT_SCOPE_OPS("hot", CH_OP_FAULT);
        touch(memory);                 /* is there already */
        touch(memory + 3 * PAGE + 77); /* first touch */
        touch(memory + 3 * PAGE + 78); /* second */
    }
    touch(memory + 5 * PAGE);
    kernel_rig_fini();
    CHECK_EQUAL(found_in(&rig, memory), 1);
    bool located = false;
    for (size_t i = 0; i < rig.count; i++) {
        const uintptr_t code = (uintptr_t)rig.found[i].caller - (uintptr_t)touch;
        located = located || (rig.found[i].pointer == memory + 3 * PAGE + 77 && code < 64 &&
                              strcmp(rig.found[i].call, "page fault") == 0 &&
                              strcmp(rig.found[i].section, "hot") == 0);
    }
    CHECK(located);
    drop_pages(memory);
}

TEST(g35_permit_scopes_allow_faults) {
    kernel_rig rig;
    if (is_impossible()) {
        return;
    }
    unsigned char *memory = fresh_pages();
    kernel_rig_init(&rig);
    {
        CH_HOT_SCOPE_OPS("hot", CH_OP_FAULT);
        CH_PERMIT_SCOPE_OPS("warm-up", CH_OP_FAULT);
        touch(memory);
    }
    kernel_rig_fini();
    CHECK_EQUAL(found_in(&rig, memory), 0);
    drop_pages(memory);
}

typedef struct thread_case {
    unsigned char *memory;
} thread_case;

static void *hot_thread(void *argument) {
    const thread_case *of = argument;
    CH_HOT_SCOPE_OPS("thread", CH_OP_FAULT);
    touch(of->memory);
    return NULL;
}

static size_t open_files(void) {
    size_t count = 0;
    for (int fd = 0; fd < 256; fd++) {
        count += syscall(SYS_fcntl, fd, 1 /* F_GETFD */) >= 0;
    }
    return count;
}

TEST(g35_each_thread_has_its_event_and_gives_it_back) {
    kernel_rig rig;
    pthread_t thread;
    if (is_impossible()) {
        return;
    }
    kernel_rig_init(&rig);
    const size_t before = open_files();
    for (int i = 0; i < 8; i++) {
        thread_case of = {fresh_pages()};
        const size_t found = rig.count;
        CHECK_EQUAL(pthread_create(&thread, NULL, hot_thread, &of), 0);
        CHECK_EQUAL(pthread_join(thread, NULL), 0);
        CHECK(found_in(&rig, of.memory) >= 1 || found >= KERNEL_RIG_MAX);
        rig.count = 0;
        drop_pages(of.memory);
    }
    CHECK_EQUAL(open_files(), before);
    kernel_rig_fini();
}

TEST(g06_fork_children_open_their_own_event) { /* G35 */
    kernel_rig rig;
    int status = -1;
    if (is_impossible()) {
        return;
    }
    unsigned char *memory = fresh_pages();
    kernel_rig_init(&rig);
    {
        CH_HOT_SCOPE_OPS("hot", CH_OP_FAULT);
        touch(memory);
    }
    const pid_t child = fork();
    if (child == 0) {
        {
            CH_HOT_SCOPE_OPS("child", CH_OP_FAULT);
            touch(memory + PAGE);
        }
        /* _exit would end with the verdict on the finding. */
        (void)syscall(SYS_exit_group, found_in(&rig, memory) == 2 ? 23 : 24);
    }
    (void)waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 23);
    {
        CH_HOT_SCOPE_OPS("parent", CH_OP_FAULT);
        touch(memory + 2 * PAGE);
    }
    kernel_rig_fini();
    CHECK_EQUAL(found_in(&rig, memory), 2);
    drop_pages(memory);
}

TEST(g33_a_container_without_perf_is_refused) {
    char text[4096];
    if (is_impossible()) {
        return;
    }
    CHECK_EQUAL((uint64_t)kernel_rig_status("mode=log,faults=locate", 0, 0, text, sizeof text), 0);
    CHECK_EQUAL((uint64_t)kernel_rig_status("mode=log,faults=locate", SYS_perf_event_open, 0, text,
                                            sizeof text),
                CH_GUARD_STATUS_NOT_ARMED);
    CHECK(strstr(text, "page faults cannot be located") != NULL);
    CHECK_EQUAL((uint64_t)kernel_rig_status("mode=log,faults=count", SYS_perf_event_open, 0, text,
                                            sizeof text),
                0);
}

#else

TEST(g33_other_machines_say_so) {
    CHECK(chi_faults_begin(CHI_FAULTS_LOCATE) != NULL);
    CHECK(!chi_faults_possible());
}

#endif
