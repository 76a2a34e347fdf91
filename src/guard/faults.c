/* faults.c: page faults in hot scopes. Counted: what getrusage says of the thread at both ends of a
 * scope. Located: a perf event of the thread, switched on inside, that turns each fault of user
 * code into SIGTRAP with the address of the instruction and of the data (Linux 5.13). */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "session_shared.h"
#include "state.h"
#include "text.h"

#define PROBE_BYTES 65536u
#define PAGE_BYTES  4096u

static uint32_t how = CHI_FAULTS_LOCATE;

/* Counted in this process, for its own summary. */
static uint64_t counted[2];

/* ---- counting ---- */

static void read_usage(uint64_t faults[2]) {
    struct rusage usage = {0};
    (void)chi_raw_call(SYS_getrusage, RUSAGE_THREAD, (long)(uintptr_t)&usage, 0, 0, 0);
    faults[0] = (uint64_t)usage.ru_minflt;
    faults[1] = (uint64_t)usage.ru_majflt;
}

static void count_end(chi_kernel_thread *self) {
    uint64_t now[2];
    read_usage(now);
    const uint64_t minor = now[0] - self->faults_before[0];
    const uint64_t major = now[1] - self->faults_before[1];
    if ((minor | major) != 0) {
        (void)chi_kernel_process(); /* a fork child begins anew */
        __atomic_fetch_add(&counted[0], minor, __ATOMIC_RELAXED);
        __atomic_fetch_add(&counted[1], major, __ATOMIC_RELAXED);
        chi_session_faults(self->faults_mark, minor, major);
    }
}

/* ---- locating ---- */

#if defined(__x86_64__) && defined(__LP64__)

#define CODE_PERF 6 /* <asm-generic/siginfo.h> */

static pthread_key_t thread_ends;
static bool has_key;

static void close_event(void *fd_plus_1) {
    (void)chi_raw_call(SYS_close, (long)(intptr_t)fd_plus_1 - 1, 0, 0, 0, 0);
}

static int open_event(void) {
    struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE,
                                    .size = sizeof event,
                                    .config = PERF_COUNT_SW_PAGE_FAULTS,
                                    .sample_period = 1,
                                    .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_ADDR,
                                    .disabled = 1,
                                    .exclude_kernel = 1,
                                    .exclude_hv = 1,
                                    .remove_on_exec = 1,
                                    .sigtrap = 1};
    return (int)chi_raw_call(SYS_perf_event_open, (long)(uintptr_t)&event, 0, -1, -1,
                             PERF_FLAG_FD_CLOEXEC);
}

static void judge(uintptr_t instruction, uintptr_t data, uintptr_t stack_pointer) {
    CHI_HOOK_SCOPE;
    const int errno_before = errno;
    const void *const at = (const void *)instruction;
    const void *frames[CHI_FRAME_MAX] = {at};
    size_t frame_count = 1;
    if (chi_guard_own_stack(stack_pointer)) {
        chi_guard_drop_below(stack_pointer);
    }
    if ((chi_guard_denied() & CH_OP_FAULT) == 0) {
        return;
    }
    if (chi_guard_wants_frames()) {
        uintptr_t ignored;
        frame_count = chi_guard_backtrace(frames, &ignored, at, CHI_FRAME_MAX);
    }
    /* Frames are looked up one byte before; here the instruction itself is meant. */
    frames[0] = (const void *)(instruction + 1);
    chi_guard_finding finding = {
        .violation = {.call = chi_guard_call_text(CHI_CALL_FAULT),
                      .pointer = (const void *)data,
                      .caller = frames[0],
                      .frames = frames,
                      .frame_count = frame_count,
                      .op = CH_OP_FAULT,
                      .depth = (uint32_t)chi_guard_self.state,
                      .thread = (int)chi_raw_call(SYS_gettid, 0, 0, 0, 0, 0)},
        .site = {.caller = frames[0], .call = CHI_CALL_FAULT + 1},
        .found = CHI_FOUND_FAULT};
    (void)chi_guard_settle(&finding);
    errno = errno_before;
}

static void on_fault(int signal, void *information, void *interrupted) {
    const siginfo_t *info = information;
    const ucontext_t *context = interrupted;
    chi_guard_thread *self = &chi_guard_self;
    (void)signal;
    if (info->si_code != CODE_PERF) {
        return;
    }
    if (self->probing != 0) {
        self->probe_hits++;
    } else if (self->hook_frame == 0) {
        judge((uintptr_t)context->uc_mcontext.gregs[REG_RIP], (uintptr_t)info->si_addr,
              (uintptr_t)context->uc_mcontext.gregs[REG_RSP]);
    }
}

/* Opens the event of this thread. In a fork child the file of the parent's thread is still open,
 * and would switch that thread's event. */
static bool arm(chi_kernel_thread *self) {
    if (self->faults_owner != 0 && self->faults_owner == *chi_kernel_owner) {
        return true;
    }
    if (self->faults_owner != 0) {
        (void)chi_raw_call(SYS_close, self->faults_fd, 0, 0, 0, 0);
        self->faults_owner = 0;
    }
    self->faults_fd = open_event();
    if (self->faults_fd < 0 || !chi_raw_handle(SIGTRAP, on_fault)) {
        return false;
    }
    self->faults_owner = chi_kernel_process();
    if (has_key) {
        (void)pthread_setspecific(thread_ends, (void *)(intptr_t)(self->faults_fd + 1));
    }
    return true;
}

static void set_event(const chi_kernel_thread *self, bool on) {
    (void)chi_raw_call(SYS_ioctl, self->faults_fd,
                       on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0, 0, 0);
}

/* The first keys of a program need no memory of their own. */
static void make_key(void) {
    has_key = pthread_key_create(&thread_ends, close_event) == 0;
    if (has_key && thread_ends >= 32) {
        (void)pthread_key_delete(thread_ends);
        has_key = false;
    }
}

/* Only a fault decides whether faults are seen. */
static bool is_seen(chi_guard_thread *self) {
    volatile unsigned char *memory =
        mmap(NULL, PROBE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    (void)madvise((void *)(uintptr_t)memory, PROBE_BYTES, MADV_NOHUGEPAGE);
    self->probing = 1;
    self->probe_hits = 0;
    set_event(&self->kernel, true);
    memory[0] = 1;
    memory[PROBE_BYTES - PAGE_BYTES] = 1;
    set_event(&self->kernel, false);
    self->probing = 0;
    (void)munmap((void *)(uintptr_t)memory, PROBE_BYTES);
    return self->probe_hits == 2;
}

static const char *begin_locating(void) {
    chi_guard_thread *self = &chi_guard_self;
    if (!has_key) {
        make_key();
    }
    if (!arm(&self->kernel)) {
        return "page faults cannot be located: the kernel refuses the perf event (Linux 5.13, "
               "perf_event_paranoid at most 2, no filter against it)";
    }
    return is_seen(self) ? NULL : "page faults cannot be located: a fault was not seen";
}

bool chi_faults_possible(void) {
    const int fd = open_event();
    if (fd >= 0) {
        (void)chi_raw_call(SYS_close, fd, 0, 0, 0, 0);
    }
    return fd >= 0;
}

#else

static bool arm(chi_kernel_thread *self) {
    (void)self;
    return false;
}

static void set_event(const chi_kernel_thread *self, bool on) {
    (void)self;
    (void)on;
}

static const char *begin_locating(void) {
    return "page faults cannot be located on this kind of machine";
}

bool chi_faults_possible(void) {
    return false;
}

#endif

/* ---- scopes ---- */

const char *chi_faults_begin(uint32_t kind) {
    how = kind;
    return kind == CHI_FAULTS_LOCATE ? begin_locating() : NULL;
}

bool chi_faults_enter(const ch_hot_mark *mark) {
    chi_kernel_thread *self = &chi_guard_self.kernel;
    self->faults_mark = mark;
    if (how == CHI_FAULTS_COUNT) {
        read_usage(self->faults_before);
        return true;
    }
    if (!arm(self)) {
        return false;
    }
    set_event(self, true);
    return true;
}

void chi_faults_leave(void) {
    chi_kernel_thread *self = &chi_guard_self.kernel;
    if (how == CHI_FAULTS_COUNT) {
        count_end(self);
    } else if (self->faults_owner != 0 && self->faults_owner == *chi_kernel_owner) {
        set_event(self, false);
    }
}

void chi_faults_forget(void) {
    counted[0] = 0;
    counted[1] = 0;
}

void chi_faults_tell(int fd) {
    static bool told;
    if (told || chi_guard_settings.config.check_faults != CHI_FAULTS_COUNT ||
        chi_kernel_owner[0] != (uint64_t)(unsigned)getpid()) {
        return;
    }
    told = true;
    chi_text text = {.fd = fd};
    chi_text_add(&text, "coldheap: page faults in hot sections: ");
    chi_text_add_number(&text, counted[0]);
    chi_text_add(&text, " minor, ");
    chi_text_add_number(&text, counted[1]);
    chi_text_add(&text, " major");
    chi_text_end_line(&text);
}
