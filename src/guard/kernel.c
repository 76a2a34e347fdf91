/* kernel.c: which checks of the kernel's this thread needs now; see kernel.h. */
#define _GNU_SOURCE
#include "kernel.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "session_shared.h"
#include "state.h"
#include "text.h"

#define PAGE_BYTES 4096u

uint32_t chi_kernel_ops;

/* The kernel empties the page in a fork child (MADV_WIPEONFORK), where nothing is armed any more.
 */
_Alignas(PAGE_BYTES) uint64_t chi_kernel_owner[PAGE_BYTES / sizeof(uint64_t)];

uint64_t chi_kernel_process(void) {
    if (__atomic_load_n(chi_kernel_owner, __ATOMIC_RELAXED) == 0) {
        const uint64_t process = (uint64_t)(unsigned)getpid();
        chi_faults_forget();
        __atomic_store_n(chi_kernel_owner, process, __ATOMIC_RELAXED);
    }
    return chi_kernel_owner[0];
}

static void note_mechanism(uint32_t bit) {
    chi_session_image *image = chi_session_image_mine();
    if (image != NULL) {
        __atomic_fetch_or(&image->mechanisms, bit, __ATOMIC_RELAXED);
    }
}

const char *chi_kernel_begin(void) {
    const chi_session_config *config = &chi_guard_settings.config;
    const char *missing = NULL;
    (void)chi_kernel_process();
    (void)madvise(chi_kernel_owner, sizeof chi_kernel_owner, MADV_WIPEONFORK);
    if (config->check_syscalls != 0) {
        missing = chi_dispatch_begin();
        note_mechanism(missing == NULL ? CHI_MECHANISM_DISPATCH : 0);
        chi_kernel_ops |= CH_OP_SYSCALL;
    }
    if (missing == NULL && config->check_faults != CHI_FAULTS_OFF) {
        const bool locate = config->check_faults == CHI_FAULTS_LOCATE;
        missing = chi_faults_begin(config->check_faults);
        note_mechanism(missing != NULL ? 0 : locate ? CHI_MECHANISM_PERF : CHI_MECHANISM_RUSAGE);
        chi_kernel_ops |= CH_OP_FAULT;
    }
    if (missing != NULL) {
        chi_kernel_ops = 0;
    }
    return missing;
}

uint32_t chi_kernel_possible(void) {
    CHI_HOOK_SCOPE;
    return (chi_dispatch_possible() ? CH_OP_SYSCALL : 0) |
           (chi_faults_possible() ? CH_OP_FAULT : 0);
}

/* A scope asks for what cannot be had: to go on would be to pass unchecked. */
CH_NORETURN static void refuse(const char *what) {
    chi_session_image_refused(what);
    chi_guard_say("not armed: ", what, "");
    for (;;) {
        (void)chi_raw_call(SYS_exit_group, CH_GUARD_STATUS_NOT_ARMED, 0, 0, 0, 0);
    }
}

static void arm_calls(chi_kernel_thread *self) {
    if (chi_dispatch_is_armed(self)) {
        return;
    }
    if (!chi_dispatch_arm()) {
        refuse("system calls cannot be watched in this thread");
    }
    self->dispatch_owner = ~chi_kernel_process();
}

void chi_kernel_switch(uint64_t after) {
    CHI_HOOK_SCOPE;
    chi_guard_thread *self = &chi_guard_self;
    const bool wants_faults = chi_kernel_denies_faults(after);
    self->kernel.active = true;
    if (chi_kernel_selector(after) == CHI_SELECTOR_BLOCK) {
        arm_calls(&self->kernel);
    }
    if (wants_faults == self->kernel.watches_faults) {
        return;
    }
    self->kernel.watches_faults = wants_faults;
    if (!wants_faults) {
        chi_faults_leave();
        return;
    }
    const uint32_t depth = (uint32_t)after;
    const bool known = depth > 0 && depth <= CHI_RECORD_MAX;
    if (!chi_faults_enter(known ? self->records[depth - 1].mark : NULL)) {
        refuse("page faults cannot be located in this thread");
    }
}
