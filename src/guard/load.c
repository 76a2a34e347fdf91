/* load.c: what happens when the run time comes into the process: the variable COLDHEAP is read,
 * everything that sets itself up on first use is used once, and the self-test arms the guard. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "callback.h"
#include "next.h"
#include "state.h"
#include "track.h"

/* Of two run times in one process (linked in and preloaded) only that of the program is at work;
 * the other keeps silent. This function, called by name, tells which it is. */
CHI_EXPORT const void *chi_guard_identity(void);

const char chi_guard_part_load = 0;

chi_guard_config chi_guard_settings = {.mode = CH_GUARD_ABORT,
                                       .exit_status = CH_GUARD_STATUS_VIOLATION,
                                       .report_fd = STDERR_FILENO,
                                       .depth = CHI_FRAME_MAX};

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

CH_NORETURN static void refuse(const char *first, const char *second, const char *third) {
    chi_guard_say(first, second, third);
    _exit(CH_GUARD_STATUS_NOT_ARMED);
}

static bool set_mode(const char *value) {
    static const struct {
        const char *name;
        ch_guard_mode mode;
    } modes[] = {{"abort", CH_GUARD_ABORT},
                 {"log", CH_GUARD_LOG},
                 {"count", CH_GUARD_COUNT},
                 {"deny", CH_GUARD_DENY}};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(value, modes[i].name) == 0) {
            chi_guard_settings.mode = modes[i].mode;
            chi_guard_settings.mode_fixed = true;
            return true;
        }
    }
    return false;
}

static bool set_depth(const char *value) {
    uint32_t depth = 0;
    const char *digit = value;
    for (; *digit >= '0' && *digit <= '9' && depth <= CHI_FRAME_MAX; digit++) {
        depth = depth * 10 + (uint32_t)(*digit - '0');
    }
    if (digit == value || *digit != 0 || depth > CHI_FRAME_MAX) {
        return false;
    }
    chi_guard_settings.depth = depth;
    return true;
}

static bool set_out(const char *value) {
    const int fd = open(value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd >= 0) {
        chi_guard_settings.report_fd = fd;
    }
    return fd >= 0;
}

static chi_session_config track_config;

static uint32_t number_of(const char *value) {
    uint32_t number = 0;
    for (; *value >= '0' && *value <= '9'; value++) {
        number = number * 10 + (uint32_t)(*value - '0');
    }
    return number;
}

static bool set_track(const char *word) {
    if (strncmp(word, "track=", 6) == 0 && strlen(word) < sizeof track_config.track_path) {
        track_config.track = 1;
        strcpy(track_config.track_path, word + 6);
    } else if (strncmp(word, "track-depth=", 12) == 0) {
        track_config.track_depth = number_of(word + 12);
    } else if (strncmp(word, "sites=", 6) == 0) {
        track_config.track_sites = number_of(word + 6);
    } else if (strncmp(word, "sample=", 7) == 0) {
        track_config.track_sample_bytes = number_of(word + 7);
    } else if (strcmp(word, "exact-peak") == 0) {
        track_config.track_exact_peak = 1;
    } else if (strcmp(word, "lifetimes") == 0) {
        track_config.track_lifetimes = 1;
    } else if (strcmp(word, "since-seal") == 0) {
        track_config.track_since_seal = 1;
    } else {
        return false;
    }
    return true;
}

#define WORD_MAX 1024u

/* One "key=value" of the variable. */
static void configure(const char *word) {
    if ((strncmp(word, "mode=", 5) == 0 && set_mode(word + 5)) ||
        (strncmp(word, "depth=", 6) == 0 && set_depth(word + 6)) ||
        (strncmp(word, "out=", 4) == 0 && set_out(word + 4)) || set_track(word)) {
        return;
    }
    refuse("not armed: the variable COLDHEAP has \"", word,
           "\", which is not mode=abort|log|count|deny, depth=0..32 or a writable out=FILE");
}

static void read_environment(void) {
    const char *text = secure_getenv("COLDHEAP");
    if (text == NULL) {
        return;
    }
    chi_guard_settings.asked = true;
    while (*text != 0) {
        char word[WORD_MAX];
        const size_t length = strcspn(text, ",");
        if (length >= sizeof word) {
            refuse("not armed: the variable COLDHEAP has a word that is too long", "", "");
        }
        memcpy(word, text, length);
        word[length] = 0;
        configure(word);
        text += length + (text[length] == ',');
    }
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

__attribute__((constructor(103))) static void load(void) {
    if (another_is_in_charge()) {
        __atomic_store_n(&arming_state, NOT_ARMED, __ATOMIC_RELEASE);
        return;
    }
    read_environment();
    chi_guard_ledger_init();
    prime();
    if (!chi_guard_selftest() && chi_guard_settings.asked) {
        const char *missed = "";
        (void)chi_guard_probe(&missed);
        refuse("not armed: a call of ", missed != NULL ? missed : "?",
               " does not reach the guard (own allocator in the program?)");
    }
    const char *why = chi_track_arm(&track_config);
    if (why != NULL) {
        refuse("not armed: ", why, "");
    }
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
    return chi_guard_armed() ? CH_OP_HEAP : 0;
}

CHI_EXPORT ch_guard_mode chi_guard_set_mode(ch_guard_mode mode) {
    const bool known = mode == CH_GUARD_ABORT || mode == CH_GUARD_LOG || mode == CH_GUARD_COUNT ||
                       mode == CH_GUARD_DENY;
    if (known && !chi_guard_settings.mode_fixed) {
        chi_guard_settings.mode = mode;
    }
    return chi_guard_settings.mode;
}

CHI_EXPORT ch_guard_mode chi_guard_mode_now(void) {
    return chi_guard_settings.mode;
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
