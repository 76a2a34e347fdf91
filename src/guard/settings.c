/* settings.c: the words of the variable COLDHEAP, one row each in a table. A word that means
 * nothing is an error, never skipped: what was asked for is done, or the process does not start.
 * Runs once, at load, before any other thread. */
#define _GNU_SOURCE
#include "settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coldheap/guard.h>

#include "session_shared.h"
#include "state.h"

#define WORD_MAX    1024u
#define REPORTS_MAX 20u
#define RULES_MAX   16u /* those of words */
#define SITES_MAX   (1u << 20)

chi_guard_config chi_guard_settings = {.config = {.mode = CH_GUARD_ABORT,
                                                  .depth = CHI_FRAME_MAX,
                                                  .max_reports = REPORTS_MAX,
                                                  .track_depth = 1},
                                       .exit_status = CH_GUARD_STATUS_VIOLATION,
                                       .report_fd = STDERR_FILENO};

static chi_session_rule rules_of_words[RULES_MAX];
chi_session_rule *chi_guard_rules = rules_of_words;
size_t chi_guard_rule_count;
const char *chi_guard_settings_word = "";

/* ---- values ---- */

/* Decimal digits up to `max`; returns what is behind them, NULL if there are none or too many. */
static const char *read_number(const char *text, uint64_t max, uint64_t *number) {
    *number = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        const uint64_t value = (uint64_t)(*digit - '0');
        if (*number > (max - value) / 10) {
            return NULL;
        }
        *number = *number * 10 + value;
    }
    return digit != text ? digit : NULL;
}

static bool set_number(uint32_t *target, const char *value, uint32_t max) {
    uint64_t number;
    const char *end = read_number(value, max, &number);
    if (end == NULL || *end != 0) {
        return false;
    }
    *target = (uint32_t)number;
    return true;
}

/* "500ms", "2s"; a number alone is seconds. */
static bool set_duration(uint64_t *target_ns, const char *value) {
    static const struct {
        const char *unit;
        uint64_t ns;
    } units[] = {{"", 1000000000}, {"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};
    uint64_t number;
    const char *end = read_number(value, UINT64_MAX / 1000000000, &number);
    for (size_t i = 0; end != NULL && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].unit) == 0) {
            *target_ns = number * units[i].ns;
            return true;
        }
    }
    return false;
}

/* "4096", "512K", "1M". */
static bool set_bytes(uint64_t *target, const char *value) {
    uint64_t number;
    const char *end = read_number(value, UINT64_MAX >> 20, &number);
    if (end == NULL) {
        return false;
    }
    const unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : 0;
    *target = number << shift;
    return number != 0 && end[shift != 0] == 0;
}

typedef struct name_value {
    const char *name;
    uint32_t value;
} name_value;

/* False if `text` is none of the names; the list ends with a NULL. */
static bool find_name(const name_value *names, const char *text, uint32_t *value) {
    for (; names->name != NULL; names++) {
        if (strcmp(names->name, text) == 0) {
            *value = names->value;
            return true;
        }
    }
    return false;
}

/* ---- one function a word; each tells whether the value means something ---- */

static chi_session_config *const config = &chi_guard_settings.config;

static bool set_mode(const char *value) {
    static const name_value modes[] = {{"abort", CH_GUARD_ABORT},
                                       {"log", CH_GUARD_LOG},
                                       {"count", CH_GUARD_COUNT},
                                       {"deny", CH_GUARD_DENY},
                                       {NULL, 0}};
    chi_guard_settings.mode_fixed = find_name(modes, value, &config->mode);
    return chi_guard_settings.mode_fixed;
}

static bool set_depth(const char *value) {
    return set_number(&config->depth, value, CHI_FRAME_MAX);
}

static bool set_out(const char *value) {
    const int fd = open(value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd >= 0) {
        chi_guard_settings.report_fd = fd;
    }
    return fd >= 0;
}

static bool set_max_reports(const char *value) {
    return set_number(&config->max_reports, value, UINT32_MAX);
}

static bool set_ops(const char *value) {
    config->ops |= CH_OP_MAP;
    return strcmp(value, "map") == 0;
}

static bool set_seal_on(const char *value) {
    static const name_value calls[] = {{"main", CHI_SEAL_ON_MAIN},
                                       {"listen", CHI_SEAL_ON_LISTEN},
                                       {"accept", CHI_SEAL_ON_ACCEPT},
                                       {"poll", CHI_SEAL_ON_POLL},
                                       {"select", CHI_SEAL_ON_SELECT},
                                       {"epoll_wait", CHI_SEAL_ON_EPOLL_WAIT},
                                       {"sigwait", CHI_SEAL_ON_SIGWAIT},
                                       {"pause", CHI_SEAL_ON_PAUSE},
                                       {"nanosleep", CHI_SEAL_ON_NANOSLEEP},
                                       {"SIGUSR2", CHI_SEAL_ON_SIGUSR2},
                                       {NULL, 0}};
    uint32_t bit;
    if (strncmp(value, "after=", 6) == 0) {
        config->seal_on |= CHI_SEAL_ON_AFTER;
        return set_duration(&config->seal_after_ns, value + 6);
    }
    if (!find_name(calls, value, &bit)) {
        return false;
    }
    config->seal_on |= bit;
    return true;
}

static bool set_seal_exit(const char *value) {
    config->seal_exit_strict = strcmp(value, "strict") == 0;
    return config->seal_exit_strict || strcmp(value, "end") == 0;
}

/* [MODULE!]GLOB */
static bool add_hot(const char *value) {
    const char *mark = strchr(value, '!');
    const char *function = mark != NULL ? mark + 1 : value;
    const size_t module_length = mark != NULL ? (size_t)(mark - value) : 0;
    chi_session_rule *rule = &rules_of_words[chi_guard_rule_count];
    if (chi_guard_rule_count == RULES_MAX || *function == 0 ||
        module_length >= sizeof rule->module || strlen(function) >= sizeof rule->function) {
        return false;
    }
    rule->kind = CHI_RULE_HOT;
    memcpy(rule->module, value, module_length);
    memcpy(rule->function, function, strlen(function) + 1);
    chi_guard_rule_count++;
    config->hot_required = 1;
    return true;
}

static bool set_hot_marked(const char *value) {
    config->hot_marked = 1;
    return *value == 0;
}

static bool set_syscalls(const char *value) {
    config->check_syscalls = 1;
    return *value == 0;
}

static bool set_faults(const char *value) {
    static const name_value kinds[] = {
        {"count", CHI_FAULTS_COUNT}, {"locate", CHI_FAULTS_LOCATE}, {NULL, 0}};
    return find_name(kinds, value, &config->check_faults);
}

static bool set_track(const char *value) {
    const size_t length = strlen(value);
    if (length == 0 || length >= sizeof config->track_path) {
        return false;
    }
    config->track = 1;
    memcpy(config->track_path, value, length + 1);
    return true;
}

static bool set_track_depth(const char *value) {
    static const name_value depths[] = {{"1", 1}, {"8", 8}, {"32", 32}, {NULL, 0}};
    return find_name(depths, value, &config->track_depth);
}

static bool set_sites(const char *value) {
    return set_number(&config->track_sites, value, SITES_MAX) && config->track_sites > 0;
}

static bool set_exact_peak(const char *value) {
    config->track_exact_peak = 1;
    return *value == 0;
}

static bool set_lifetimes(const char *value) {
    config->track_lifetimes = 1;
    return *value == 0;
}

static bool set_since_seal(const char *value) {
    config->track_since_seal = 1;
    return *value == 0;
}

static bool set_sample(const char *value) {
    return set_bytes(&config->track_sample_bytes, value);
}

/* ---- the variable ---- */

/* Words with "=" take a value, the others stand alone. */
static const struct {
    const char *word;
    bool (*set)(const char *value);
} words[] = {{"mode=", set_mode},
             {"depth=", set_depth},
             {"out=", set_out},
             {"max-reports=", set_max_reports},
             {"ops=", set_ops},
             {"seal-on=", set_seal_on},
             {"seal-exit=", set_seal_exit},
             {"hot=", add_hot},
             {"hot-marked", set_hot_marked},
             {"syscalls", set_syscalls},
             {"faults=", set_faults},
             {"track=", set_track},
             {"track-depth=", set_track_depth},
             {"sites=", set_sites},
             {"exact-peak", set_exact_peak},
             {"lifetimes", set_lifetimes},
             {"since-seal", set_since_seal},
             {"sample=", set_sample}};

static bool set_word(const char *word) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t length = strlen(words[i].word);
        if (strncmp(word, words[i].word, length) == 0) {
            return words[i].set(word + length);
        }
    }
    return false;
}

const char *chi_guard_settings_words(const char *text) {
    static char word[WORD_MAX];
    while (*text != 0) {
        const size_t length = strcspn(text, ",");
        if (length >= sizeof word) {
            return "a word that is too long";
        }
        memcpy(word, text, length);
        word[length] = 0;
        if (!set_word(word)) {
            chi_guard_settings_word = word;
            return "a word that it does not know, or a value that the word cannot have (see "
                   "coldheap/guard.h)";
        }
        text += length + (text[length] == ',');
    }
    return NULL;
}

static void take_session(chi_session *session) {
    chi_guard_settings.config = session->config;
    chi_guard_settings.mode_fixed = true;
    chi_guard_rules = session->rules;
    while (chi_guard_rule_count < CHI_SESSION_RULES &&
           session->rules[chi_guard_rule_count].kind != 0) {
        chi_guard_rule_count++;
    }
}

const char *chi_guard_settings_load(void) {
    static const char session_word[] = "session=";
    const char *text = secure_getenv("COLDHEAP");
    if (text == NULL) {
        return NULL;
    }
    chi_guard_settings.asked = true;
    if (strncmp(text, session_word, sizeof session_word - 1) != 0) {
        return chi_guard_settings_words(text);
    }
    const char *path = text + sizeof session_word - 1;
    const char *why = chi_session_attach(path);
    if (why != NULL) {
        chi_guard_settings_word = path;
        return why;
    }
    take_session(chi_guard_session);
    return NULL;
}
