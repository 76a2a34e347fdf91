/* load.c: what happens when the run time comes into the process: the variable COLDHEAP is read,
 * everything that sets itself up on first use is used once, and the self-test arms the guard. */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "callback.h"
#include "next.h"
#include "ranges.h"
#include "sealon.h"
#include "session_shared.h"
#include "shell.h"
#include "state.h"
#include "text.h"
#include "track.h"

/* Of two run times in one process (linked in and preloaded) only that of the program is at work;
 * the other keeps silent. This function, called by name, tells which it is. */
CHI_EXPORT const void *chi_guard_identity(void);

const char chi_guard_part_load = 0;

typedef enum arming { ARMING_UNKNOWN, ARMED, NOT_ARMED } arming;

static int arming_state = ARMING_UNKNOWN;
static ch_violation_fn callback;
static void *callback_context;

CHI_EXPORT const void *chi_guard_identity(void) {
    return &arming_state;
}

static bool another_is_in_charge(void) {
    const void *(*identity)(void) =
        (const void *(*)(void))(uintptr_t)chi_guard_any_symbol("chi_guard_identity");
    return identity != NULL && identity() != &arming_state;
}

static uint32_t supported_ops(void) {
#ifdef CHI_GUARD_INTERPOSES
    return CH_OP_HEAP | CH_OP_MAP;
#else
    return CH_OP_HEAP;
#endif
}

/* What the settings can ask for and this run time does not do: NULL if it does all of it. */
static const char *unsupported(void) {
    const chi_session_config *config = &chi_guard_settings.config;
    if ((config->ops & ~supported_ops()) != 0) {
        return "operations besides the heap's";
    }
    return (config->seal_on & ~chi_sealon_supported()) != 0 ? "a seal by a call" : NULL;
}

/* Ends the process if the settings mean nothing: it would run unwatched. */
static void read_settings(void) {
    const char *wrong = chi_guard_settings_load();
    if (wrong == NULL) {
        return;
    }
    chi_text text = {.fd = chi_guard_settings.report_fd};
    chi_text_add(&text, "coldheap: not armed: the variable COLDHEAP has ");
    chi_text_add(&text, wrong);
    if (chi_guard_settings_word[0] != 0) {
        chi_text_add(&text, ": ");
        chi_text_add(&text, chi_guard_settings_word);
    }
    chi_text_end_line(&text);
    _exit(CH_GUARD_STATUS_NOT_ARMED);
}

/* First use of the unwinder and of late lookups sets things up: not in a violation, then. */
static void prime(void) {
    CHI_HOOK_SCOPE;
    const void *frames[CHI_FRAME_MAX];
    uintptr_t stack_pointer;
    (void)chi_guard_backtrace(frames, &stack_pointer, __builtin_return_address(0), CHI_FRAME_MAX);
#ifndef CHI_GUARD_HOOKS
    void *block = chi_next_malloc(1);
    (void)chi_next_usable_size(block);
    chi_next_free(block);
#endif
}

/* Tells the command why there is no guard in this image; without a command, or its variable, the
 * program finds out by ch_guard_armed(). */
static void not_armed(const char *first, const char *second, const char *third) {
    char why[CHI_SESSION_NAME_BYTES];
    size_t used = 0;
    const char *parts[] = {first, second, third};
    for (size_t i = 0; i < 3; i++) {
        chi_session_copy(why + used, sizeof why - used, parts[i]);
        used = strlen(why);
    }
    chi_session_image_refused(why);
    if (chi_guard_settings.asked) {
        if (chi_guard_settings.config.quiet == 0) {
            chi_guard_say("not armed: ", why, "");
        }
        _exit(CH_GUARD_STATUS_NOT_ARMED);
    }
}

/* Only the program that was asked about must have the functions that are hot by name, not what it
 * starts: the first image that came to load. Without a command nobody tells these apart. */
static bool is_hot_required(void) {
    if (chi_guard_settings.config.hot_required == 0 || chi_guard_session == NULL) {
        return chi_guard_settings.config.hot_required != 0;
    }
    const chi_session_image *mine = chi_session_image_mine();
    for (const chi_session_image *image = chi_guard_session->images; image != mine; image++) {
        const uint32_t state = __atomic_load_n(&image->state, __ATOMIC_ACQUIRE);
        if (mine == NULL || state == CHI_IMAGE_ARMED || state == CHI_IMAGE_REFUSED) {
            return false;
        }
    }
    return true;
}

/* Why functions that are hot by name would not be seen; NULL: they are. */
static const char *begin_ranges(char *why, size_t why_size) {
    chi_ranges_begin();
    if (chi_ranges_blind()) {
        return "stacks cannot be walked: no .eh_frame_hdr (link with --eh-frame-hdr)";
    }
    return is_hot_required() && chi_ranges_missing(why, why_size) ? why : NULL;
}

/* The image's row is written first: if anything below kills the process, the command still knows
 * that there was one. */
static void arm(void) {
    chi_session_image_begin();
    chi_shell_environment();
    const char *missing = unsupported();
    if (missing != NULL) {
        not_armed("this run time cannot do ", missing, "");
        return;
    }
    prime();
    char why[CHI_SESSION_NAME_BYTES];
    missing = begin_ranges(why, sizeof why);
    if (missing != NULL) {
        not_armed(missing, "", "");
        return;
    }
    if (chi_guard_selftest()) {
        missing = chi_track_arm(&chi_guard_settings.config);
        missing = missing != NULL ? missing : chi_kernel_begin();
        if (missing != NULL) {
            not_armed(missing, "", "");
            return;
        }
#ifdef CHI_GUARD_HOOKS
        chi_session_image_hooks(chi_guard_unseen());
#endif
        chi_sealon_begin();
        chi_session_image *image = chi_session_image_mine();
        if (image != NULL && chi_guard_unseen() != NULL) {
            chi_session_copy(image->notes, sizeof image->notes, chi_guard_unseen());
        }
        chi_session_image_armed();
        return;
    }
    (void)chi_guard_probe(&missing);
    not_armed("a call of ", missing, " does not reach the guard (own allocator in the program?)");
}

__attribute__((constructor(103))) static void load(void) {
    if (another_is_in_charge()) {
        __atomic_store_n(&arming_state, NOT_ARMED, __ATOMIC_RELEASE);
        return;
    }
    read_settings();
    chi_guard_ledger_init();
    arm();
}

CHI_EXPORT bool chi_guard_selftest(void) {
    const char *missed;
    const bool armed = chi_guard_probe(&missed);
    __atomic_store_n(&arming_state, armed ? ARMED : NOT_ARMED, __ATOMIC_RELEASE);
    return armed;
}

CHI_EXPORT bool chi_guard_armed(void) {
    const int state = __atomic_load_n(&arming_state, __ATOMIC_ACQUIRE);
    return state == ARMING_UNKNOWN ? chi_guard_selftest() : state == ARMED;
}

CHI_EXPORT uint32_t chi_guard_ops(void) {
    return chi_guard_armed() ? supported_ops() | chi_kernel_possible() : 0;
}

CHI_EXPORT ch_guard_mode chi_guard_set_mode(ch_guard_mode mode) {
    const bool known = mode == CH_GUARD_ABORT || mode == CH_GUARD_LOG || mode == CH_GUARD_COUNT ||
                       mode == CH_GUARD_DENY;
    if (known && !chi_guard_settings.mode_fixed) {
        chi_guard_settings.config.mode = mode;
    }
    return (ch_guard_mode)chi_guard_settings.config.mode;
}

CHI_EXPORT ch_guard_mode chi_guard_mode_now(void) {
    return (ch_guard_mode)chi_guard_settings.config.mode;
}

CHI_EXPORT void chi_guard_exit_status(int status) {
    chi_guard_settings.exit_status = status;
}

CHI_EXPORT void chi_guard_on_violation(ch_violation_fn function, void *context) {
    __atomic_store_n(&callback, NULL, __ATOMIC_RELEASE);
    callback_context = context;
    __atomic_store_n(&callback, function, __ATOMIC_RELEASE);
}

bool chi_guard_callback(ch_violation_fn *function, void **context) {
    *function = __atomic_load_n(&callback, __ATOMIC_ACQUIRE);
    *context = callback_context;
    return *function != NULL;
}

CHI_EXPORT void chi_guard_reset(void) {
    chi_guard_on_violation(NULL, NULL);
    chi_guard_ledger_reset();
}
