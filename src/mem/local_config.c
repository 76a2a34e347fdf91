/* local_config.c: what threads get that are set up from now on: the call, else the environment,
 * else the defaults (local.h). The environment is read once. */
#include "base/os.h"
#include "mem/local_parts.h"

typedef struct settings {
    size_t arena_bytes; /* 0 and DEFAULT: not said */
    size_t scratch_bytes;
    ch_local_overflow overflow;
    ch_local_switch zero;
} settings;

static ch_local_options called;
static settings environment;
static unsigned ignored_count;
static const char *ignored;
static bool environment_is_read;

bool chi_local_size_of(const char *text, size_t *size_bytes) {
    size_t value = 0;
    size_t at = 0;
    for (; text[at] >= '0' && text[at] <= '9'; at++) {
        if (!ch_size_mul(&value, value, 10) ||
            !ch_size_add(&value, value, (size_t)(text[at] - '0'))) {
            return false;
        }
    }
    if (at == 0) {
        return false;
    }
    char unit = (char)(text[at] & ~0x20); /* upper case; 0 and blank are told apart below */
    unsigned shift = unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : 0;
    if (text[at] != 0 && (shift == 0 || text[at + 1] != 0)) {
        return false;
    }
    if (!ch_size_mul(&value, value, (size_t)1 << shift)) {
        return false;
    }
    *size_bytes = value;
    return true;
}

static bool equal(const char *a, const char *b) {
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static void ignore(const char *name) {
    ignored = ignored_count == 0 ? name : ignored;
    ignored_count++;
}

static void read_size(chi_local_look *look, const char *name, size_t *target, size_t least,
                      size_t most) {
    const char *text = look(name);
    size_t size = 0;
    if (text == NULL) {
        return;
    }
    if (!chi_local_size_of(text, &size) || size < least || size > most) {
        ignore(name);
        return;
    }
    *target = size;
}

/* Which of `words` the variable holds, counted from 1; 0 if it is not set or holds none of them. */
static unsigned read_word(chi_local_look *look, const char *name, const char *const *words,
                          unsigned count) {
    const char *text = look(name);
    for (unsigned i = 0; text != NULL && i < count; i++) {
        if (equal(text, words[i])) {
            return i + 1;
        }
    }
    if (text != NULL) {
        ignore(name);
    }
    return 0;
}

void chi_local_read_environment(chi_local_look *look) {
    static const char *const OVERFLOWS[] = {"error", "abort", "fallback"}; /* as in the enum */
    static const char *const SWITCHES[] = {"0", "1"};
    environment = (settings){0};
    ignored_count = 0;
    ignored = NULL;
    read_size(look, "COLDHEAP_ARENA", &environment.arena_bytes, CH_LOCAL_ARENA_LEAST,
              CH_LOCAL_ARENA_MOST);
    read_size(look, "COLDHEAP_SCRATCH", &environment.scratch_bytes, CH_LOCAL_SCRATCH_LEAST,
              CH_LOCAL_SCRATCH_MOST);
    environment.overflow = (ch_local_overflow)read_word(look, "COLDHEAP_OVERFLOW", OVERFLOWS, 3);
    environment.zero = (ch_local_switch)read_word(look, "COLDHEAP_ZERO", SWITCHES, 2);
    environment_is_read = true;
}

static ch_local_origin choose(size_t *out, size_t by_call, size_t by_environment,
                              size_t by_default) {
    *out = by_call != 0 ? by_call : by_environment != 0 ? by_environment : by_default;
    return by_call != 0          ? CH_LOCAL_FROM_CALL
           : by_environment != 0 ? CH_LOCAL_FROM_ENVIRONMENT
                                 : CH_LOCAL_FROM_DEFAULT;
}

void chi_local_config_now(ch_local_config *config) {
    size_t overflow = 0;
    size_t zero = 0;
    size_t cap = called.fallback_limit_bytes;
    if (!environment_is_read) {
        chi_local_read_environment(chi_os_environment);
    }
    *config = (ch_local_config){.fallback_limit_bytes = cap != 0 ? cap : CH_LOCAL_FALLBACK_DEFAULT,
                                .prefault = called.prefault == CH_LOCAL_ON,
                                .ignored_count = ignored_count,
                                .ignored = ignored};
    config->arena_origin = choose(&config->arena_bytes, called.arena_bytes, environment.arena_bytes,
                                  CH_LOCAL_ARENA_DEFAULT);
    config->scratch_origin = choose(&config->scratch_bytes, called.scratch_bytes,
                                    environment.scratch_bytes, CH_LOCAL_SCRATCH_DEFAULT);
    config->overflow_origin =
        choose(&overflow, called.overflow, environment.overflow, CH_LOCAL_ERROR);
    config->zero_origin = choose(&zero, called.zero, environment.zero, CH_LOCAL_OFF);
    config->overflow = (ch_local_overflow)overflow;
    config->zero = zero == CH_LOCAL_ON;
}

static bool size_is_valid(size_t size_bytes, size_t least, size_t most) {
    return size_bytes == 0 || (size_bytes >= least && size_bytes <= most);
}

static ch_status options_status(const ch_local_options *options) {
    if ((unsigned)options->overflow > CH_LOCAL_FALLBACK || (unsigned)options->zero > CH_LOCAL_ON ||
        (unsigned)options->prefault > CH_LOCAL_ON) {
        return CH_EINVAL;
    }
    if (!size_is_valid(options->arena_bytes, CH_LOCAL_ARENA_LEAST, CH_LOCAL_ARENA_MOST) ||
        !size_is_valid(options->scratch_bytes, CH_LOCAL_SCRATCH_LEAST, CH_LOCAL_SCRATCH_MOST)) {
        return CH_ERANGE;
    }
    return CH_OK;
}

ch_status ch_local_configure(const ch_local_options *options) {
    static const ch_local_options nothing_said;
    options = options != NULL ? options : &nothing_said;
    ch_status status = options_status(options);
    if (status != CH_OK) {
        return status;
    }
    if (!chi_local_enter()) {
        return CH_EBUSY;
    }
    chi_local_lock();
    called = *options;
    chi_local_unlock();
    chi_local_leave();
    return CH_OK;
}

ch_status ch_local_config_info(ch_local_config *config) {
    if (config == NULL) {
        return CH_EINVAL;
    }
    if (!chi_local_enter()) {
        return CH_EBUSY;
    }
    chi_local_lock();
    chi_local_config_now(config);
    chi_local_unlock();
    chi_local_leave();
    return CH_OK;
}
