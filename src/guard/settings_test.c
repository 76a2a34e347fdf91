/* Words of the variable COLDHEAP: what each sets, and that nothing is taken for something else.
 * What a whole program does about them is in guard/load_test. */
#define _GNU_SOURCE
#include "settings.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "state.h"

static chi_guard_config before;

static const chi_session_config *read_words(const char *text) {
    before = chi_guard_settings;
    if (!CHECK(chi_guard_settings_words(text) == NULL)) {
        printf("# %s\n", text);
    }
    return &chi_guard_settings.config;
}

static void restore(void) {
    chi_guard_settings = before;
    memset(chi_guard_rules, 0, chi_guard_rule_count * sizeof *chi_guard_rules);
    chi_guard_rule_count = 0;
}

TEST(g15_defaults) {
    const chi_session_config *config = read_words("");
    CHECK_EQUAL(config->mode, CH_GUARD_ABORT);
    CHECK_EQUAL(config->depth, CHI_FRAME_MAX);
    CHECK_EQUAL(config->max_reports, 20);
    CHECK_EQUAL(config->ops | config->seal_on | config->track | config->check_syscalls, 0);
    CHECK_EQUAL(chi_guard_rule_count, 0);
    restore();
}

TEST(g15_words_of_the_detector) {
    const chi_session_config *config = read_words(
        "mode=deny,depth=7,max-reports=0,ops=map,seal-on=poll,seal-on=SIGUSR2,seal-exit=strict,"
        "hot=tick_*,hot=libz.so.1!deflate,hot-marked,syscalls,faults=locate");
    CHECK_EQUAL(config->mode, CH_GUARD_DENY);
    CHECK_EQUAL(config->depth, 7);
    CHECK_EQUAL(config->max_reports, 0);
    CHECK_EQUAL(config->ops, CH_OP_MAP);
    CHECK_EQUAL(config->seal_on, CHI_SEAL_ON_POLL | CHI_SEAL_ON_SIGUSR2);
    CHECK_EQUAL(config->seal_exit_strict, 1);
    CHECK_EQUAL(config->hot_marked, 1);
    CHECK_EQUAL(config->hot_required, 1);
    CHECK_EQUAL(config->check_syscalls, 1);
    CHECK_EQUAL(config->check_faults, CHI_FAULTS_LOCATE);
    CHECK_EQUAL(chi_guard_rule_count, 2);
    CHECK_EQUAL(chi_guard_rules[0].kind, CHI_RULE_HOT);
    CHECK_TEXT(chi_guard_rules[0].module, "");
    CHECK_TEXT(chi_guard_rules[0].function, "tick_*");
    CHECK_TEXT(chi_guard_rules[1].module, "libz.so.1");
    CHECK_TEXT(chi_guard_rules[1].function, "deflate");
    restore();
}

TEST(g24_every_kind_of_seal) {
    static const struct {
        const char *word;
        uint32_t bit;
    } cases[] = {{"seal-on=main", CHI_SEAL_ON_MAIN},
                 {"seal-on=listen", CHI_SEAL_ON_LISTEN},
                 {"seal-on=accept", CHI_SEAL_ON_ACCEPT},
                 {"seal-on=poll", CHI_SEAL_ON_POLL},
                 {"seal-on=select", CHI_SEAL_ON_SELECT},
                 {"seal-on=epoll_wait", CHI_SEAL_ON_EPOLL_WAIT},
                 {"seal-on=sigwait", CHI_SEAL_ON_SIGWAIT},
                 {"seal-on=pause", CHI_SEAL_ON_PAUSE},
                 {"seal-on=nanosleep", CHI_SEAL_ON_NANOSLEEP},
                 {"seal-on=SIGUSR2", CHI_SEAL_ON_SIGUSR2},
                 {"seal-on=after=2s", CHI_SEAL_ON_AFTER}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_EQUAL(read_words(cases[i].word)->seal_on, cases[i].bit);
        restore();
    }
}

TEST(g24_durations) {
    static const struct {
        const char *word;
        uint64_t ns;
    } cases[] = {{"seal-on=after=2", 2000000000},  {"seal-on=after=2s", 2000000000},
                 {"seal-on=after=15ms", 15000000}, {"seal-on=after=7us", 7000},
                 {"seal-on=after=0", 0},           {"seal-on=after=9ns", 9}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_EQUAL(read_words(cases[i].word)->seal_after_ns, cases[i].ns);
        restore();
    }
}

TEST(g25_words_of_the_tracker) {
    const chi_session_config *config =
        read_words("track=a/%p.record,track-depth=8,sites=100,exact-peak,lifetimes,since-seal,"
                   "sample=512K");
    CHECK_EQUAL(config->track, 1);
    CHECK_TEXT(config->track_path, "a/%p.record");
    CHECK_EQUAL(config->track_depth, 8);
    CHECK_EQUAL(config->track_sites, 100);
    CHECK_EQUAL(config->track_exact_peak, 1);
    CHECK_EQUAL(config->track_lifetimes, 1);
    CHECK_EQUAL(config->track_since_seal, 1);
    CHECK_EQUAL(config->track_sample_bytes, 512 << 10);
    restore();
}

TEST(g15_words_that_mean_nothing) {
    static const char *const bad[] = {"max-reports=",
                                      "max-reports=-1",
                                      "max-reports=1x",
                                      "max-reports=4294967296",
                                      "ops=",
                                      "ops=heap",
                                      "seal-on=",
                                      "seal-on=Poll",
                                      "seal-on=poll ",
                                      "seal-on=after=",
                                      "seal-on=after=s",
                                      "seal-on=after=2h",
                                      "seal-on=after=-1",
                                      "seal-on=after=99999999999999999999s",
                                      "seal-exit=",
                                      "seal-exit=soft",
                                      "hot=",
                                      "hot=libz.so!",
                                      "hot-markedx",
                                      "hot-marked=1",
                                      "syscalls=",
                                      "faults=",
                                      "faults=off",
                                      "track=",
                                      "track-depth=2",
                                      "sites=0",
                                      "sites=1048577",
                                      "exact-peak=1",
                                      "lifetimesx",
                                      "since-seal=0",
                                      "sample=0",
                                      "sample=1G",
                                      "sample=",
                                      "sample=1KB",
                                      "session=/x",
                                      "mode=log,session=/x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        before = chi_guard_settings;
        if (!CHECK(chi_guard_settings_words(bad[i]) != NULL)) {
            printf("# %s\n", bad[i]);
        }
        restore();
    }
}

TEST(g15_names_that_are_too_long) {
    char word[1024] = "hot=";
    memset(word + 4, 'x', 200);
    before = chi_guard_settings;
    CHECK(chi_guard_settings_words(word) != NULL);
    memcpy(word, "track=", 6);
    memset(word + 6, 'x', 600);
    CHECK(chi_guard_settings_words(word) != NULL);
    restore();
}

TEST(g23_more_rules_than_room) {
    before = chi_guard_settings;
    const char *wrong = NULL;
    size_t taken = 0;
    for (; taken < 100 && wrong == NULL; taken++) {
        wrong = chi_guard_settings_words("hot=tick");
    }
    CHECK(wrong != NULL && taken > 8 && taken < 100);
    restore();
}
