/* launch_test.c: programs of the system are started and end in every way; what they see of the
 * session is asked of them. Nothing is preloaded that does anything: libc itself stands for it. */
#include "launch.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include "harness.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char said[8192];
static char route_buffer[4096];
static sink route;

static void keep(void *context, const char *bytes, size_t size) {
    (void)context;
    const size_t used = strlen(said);
    if (used + size < sizeof said) {
        memcpy(said + used, bytes, size);
        said[used + size] = 0;
    }
}

static bool open_one(launch *out) {
    said[0] = 0;
    sink_into(&route, "messages", route_buffer, sizeof route_buffer, keep, NULL);
    message_route(&route);
    const bool opened = CHECK_EQUAL(store_open(), 0) && CHECK_EQUAL(launch_open(out), EXIT_DONE);
    out->library = "libc.so.6";
    return opened;
}

static void close_one(launch *in) {
    launch_close(in);
    store_close();
    message_route(NULL);
}

static int run_shell(launch *in, const char *script, launch_end *end) {
    const char *const argv[] = {"sh", "-c", script, NULL};
    return launch_run(in, "sh", argv, end);
}

TEST(g45_status_of_the_program_is_told) {
    launch in;
    launch_end end;
    if (open_one(&in)) {
        CHECK_EQUAL(run_shell(&in, "exit 23", &end), EXIT_DONE);
        CHECK_EQUAL(end.status, 23);
        CHECK(end.process > 0);
        CHECK_EQUAL(run_shell(&in, "kill -KILL $$", &end), EXIT_DONE);
        CHECK_EQUAL(end.status, 128 + SIGKILL);
        CHECK_EQUAL(end.signal, SIGKILL);
    }
    close_one(&in);
}

TEST(g45_a_program_that_cannot_be_started_is_126_or_127) {
    launch in;
    launch_end end;
    if (open_one(&in)) {
        const char *const argv[] = {"x", NULL};
        CHECK_EQUAL(launch_run(&in, "/nowhere/at/all", argv, &end), 127);
        CHECK(strstr(said, "/nowhere/at/all") != NULL);
        CHECK_EQUAL(launch_run(&in, "/etc/passwd", argv, &end), 126);
        CHECK_EQUAL(end.process, 0);
        size_t position = 0;
        CHECK(launch_next_image(in.session, &position) == NULL);
    }
    close_one(&in);
}

TEST(the_program_finds_the_session_through_its_variable) {
    launch in;
    launch_end end;
    if (open_one(&in)) {
        /* The first bytes of the session, as the program reads them. */
        CHECK_EQUAL(run_shell(&in,
                              "p=${COLDHEAP#session=}; [ \"$p\" != \"$COLDHEAP\" ] && "
                              "[ \"$(head -c 8 \"$p\")\" = cldheap1 ]",
                              &end),
                    EXIT_DONE);
        CHECK_EQUAL(end.status, 0);
    }
    close_one(&in);
}

TEST(the_users_own_preload_comes_first_and_a_sanitizer_before_it) {
    launch in;
    launch_end end;
    if (open_one(&in)) {
        setenv("LD_PRELOAD", "libm.so.6", 1);
        CHECK_EQUAL(run_shell(&in, "[ \"$LD_PRELOAD\" = libm.so.6:libc.so.6 ]", &end), 0);
        CHECK_EQUAL(end.status, 0);
        in.before = "libdl.so.2";
        CHECK_EQUAL(run_shell(&in, "[ \"$LD_PRELOAD\" = libdl.so.2:libm.so.6:libc.so.6 ]", &end),
                    0);
        CHECK_EQUAL(end.status, 0);
        unsetenv("LD_PRELOAD");
        in.before = NULL;
        CHECK_EQUAL(run_shell(&in, "[ \"$LD_PRELOAD\" = libc.so.6 ]", &end), 0);
        CHECK_EQUAL(end.status, 0);
    }
    close_one(&in);
}

TEST(a_signal_sent_to_the_command_reaches_the_program) {
    launch in;
    launch_end end;
    if (open_one(&in)) {
        CHECK_EQUAL(run_shell(&in,
                              "trap 'exit 42' TERM; kill -TERM $PPID; "
                              "i=0; while [ $i -lt 400 ]; do sleep 0.01; i=$((i+1)); done",
                              &end),
                    EXIT_DONE);
        CHECK_EQUAL(end.status, 42);
        struct sigaction now;
        (void)sigaction(SIGTERM, NULL, &now);
        CHECK(now.sa_handler == SIG_DFL);
    }
    close_one(&in);
}

TEST(what_is_ignored_stays_ignored_for_the_program) {
    launch in;
    launch_end end;
    if (open_one(&in)) {
        (void)signal(SIGHUP, SIG_IGN);
        CHECK_EQUAL(run_shell(&in, "kill -HUP $$; exit 5", &end), EXIT_DONE);
        CHECK_EQUAL(end.status, 5);
        (void)signal(SIGHUP, SIG_DFL);
        CHECK_EQUAL(run_shell(&in, "kill -HUP $$; exit 5", &end), EXIT_DONE);
        CHECK_EQUAL(end.status, 128 + SIGHUP);
    }
    close_one(&in);
}

TEST(g23_hot_functions_are_read_with_and_without_a_module) {
    launch in;
    if (open_one(&in)) {
        CHECK_EQUAL(launch_hot(&in, CHI_RULE_HOT, "libz.so.1!deflate", 1), EXIT_DONE);
        CHECK_EQUAL(launch_hot(&in, CHI_RULE_WATCH, "Perl_*", 1), EXIT_DONE);
        CHECK_TEXT(in.session->rules[0].module, "libz.so.1");
        CHECK_TEXT(in.session->rules[0].function, "deflate");
        CHECK_TEXT(in.session->rules[1].module, "");
        CHECK_TEXT(in.session->rules[1].function, "Perl_*");
        CHECK_EQUAL(in.session->rules[1].kind, CHI_RULE_WATCH);
        CHECK_EQUAL(launch_hot(&in, CHI_RULE_HOT, "libz.so.1!", 1), EXIT_USAGE);
        CHECK_EQUAL(launch_hot(&in, CHI_RULE_HOT, "!f", 1), EXIT_USAGE);
        CHECK_EQUAL(launch_hot(&in, CHI_RULE_HOT, "", 1), EXIT_USAGE);
        char name[CHI_SESSION_NAME_BYTES + 1];
        memset(name, 'x', sizeof name - 1);
        name[sizeof name - 1] = 0;
        CHECK_EQUAL(launch_hot(&in, CHI_RULE_HOT, name, 1), EXIT_USAGE);
    }
    close_one(&in);
}

TEST(g23_hot_addresses_are_read) {
    launch in;
    if (open_one(&in)) {
        CHECK_EQUAL(launch_hot_address(&in, "app+0x1200:0x80", 1), EXIT_DONE);
        CHECK_EQUAL(in.session->rules[0].offset, 0x1200);
        CHECK_EQUAL(in.session->rules[0].bytes, 0x80);
        CHECK_EQUAL(in.session->rules[0].by_address, 1);
        CHECK_TEXT(in.session->rules[0].module, "app");
        CHECK_EQUAL(launch_hot_address(&in, "c++app+10:1", 1), EXIT_DONE);
        CHECK_TEXT(in.session->rules[1].module, "c++app");
        static const char *const wrong[] = {
            "app", "app+1", "+1:1", "app+:1", "app+1:", "app+1:0", "app+0xffffffffffffffff:2"};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            CHECK_EQUAL(launch_hot_address(&in, wrong[i], 1), EXIT_USAGE);
        }
    }
    close_one(&in);
}

TEST(rules_end_with_a_message) {
    launch in;
    if (open_one(&in)) {
        for (size_t i = 0; i < CHI_SESSION_RULES; i++) {
            CHECK(launch_rule(&in, CHI_RULE_ALLOW) != NULL);
        }
        CHECK(launch_rule(&in, CHI_RULE_ALLOW) == NULL);
        CHECK(strstr(said, "more than 512 rules") != NULL);
    }
    close_one(&in);
}

TEST(a_missing_run_time_is_not_armed) {
    launch in;
    if (open_one(&in)) {
        CHECK_EQUAL(launch_runtime(&in, LAUNCH_PRELOAD, "/nowhere"), EXIT_NOT_ARMED);
        CHECK(strstr(said, "--runtime") != NULL);
    }
    close_one(&in);
}

static void add_image(chi_session *to, int process, uint32_t state) {
    chi_session_image *image = &to->images[to->image_count++];
    image->process = process;
    image->state = state;
}

TEST(g19_a_program_that_never_arms_itself_is_still_expected) {
    launch in;
    launch_end end;
    if (open_one(&in)) {
        CHECK_EQUAL(run_shell(&in, "exit 0", &end), EXIT_DONE);
        size_t position = 0;
        const chi_session_image *image = launch_next_image(in.session, &position);
        if (CHECK(image != NULL)) {
            CHECK_EQUAL(image->state, CHI_IMAGE_EXPECTED);
            CHECK_EQUAL(image->process, end.process);
            CHECK_TEXT(image->path, "sh");
        }
    }
    close_one(&in);
}

TEST(g19_only_the_last_image_of_a_process_counts) {
    launch in;
    if (open_one(&in)) {
        add_image(in.session, 10, CHI_IMAGE_ARMED);
        add_image(in.session, 10, CHI_IMAGE_EXPECTED);
        add_image(in.session, 11, CHI_IMAGE_ARMED);
        add_image(in.session, 10, CHI_IMAGE_ARMED);
        add_image(in.session, 11, CHI_IMAGE_GONE);
        add_image(in.session, 0, CHI_IMAGE_EXPECTED);
        add_image(in.session, 0, CHI_IMAGE_EXPECTED);
        static const size_t want[] = {2, 3, 5, 6};
        size_t position = 0;
        for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
            CHECK(launch_next_image(in.session, &position) == &in.session->images[want[i]]);
        }
        CHECK(launch_next_image(in.session, &position) == NULL);
    }
    close_one(&in);
}
