/* Whether a shell that libc starts would be armed. */
#define _GNU_SOURCE
#include "shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"
#include "session_rig.h"
#include "session_shared.h"
#include "state.h"

/* As a program that was started with these variables. */
static void started_with(const char *preload, const char *variable) {
    setenv("LD_PRELOAD", preload, 1);
    setenv("COLDHEAP", variable, 1);
    chi_shell_environment();
}

static void clean(void) {
    unsetenv("LD_PRELOAD");
    unsetenv("COLDHEAP");
    chi_shell_environment();
}

TEST(g19_shell_arms_with_the_environment_of_the_start) {
    started_with("/x/libcoldheap-preload.so", "session=/proc/1/fd/3");
    CHECK(chi_shell_can_arm("/bin/sh"));
    setenv("COLDHEAP", "session=/proc/1/fd/4", 1);
    CHECK(!chi_shell_can_arm("/bin/sh"));
    setenv("COLDHEAP", "session=/proc/1/fd/3", 1);
    CHECK(chi_shell_can_arm("/bin/sh"));
    unsetenv("LD_PRELOAD");
    CHECK(!chi_shell_can_arm("/bin/sh"));
    clean();
    CHECK(!chi_shell_can_arm("/bin/sh")); /* never preloaded */
}

TEST(g19_what_is_no_dynamic_program_does_not_arm) {
    started_with("/x/libcoldheap-preload.so", "session=/proc/1/fd/3");
    CHECK(!chi_shell_can_arm("/no/such/file"));
    CHECK(!chi_shell_can_arm("/dev/null"));
    CHECK(!chi_shell_can_arm("/bin"));
    FILE *file = fopen("shell_test.elf", "w");
    fputs("\177ELF\2", file);
    fclose(file);
    CHECK(!chi_shell_can_arm("shell_test.elf"));
    unlink("shell_test.elf");
    clean();
}

TEST(g19_shell_that_cannot_arm_is_missing) {
    session_rig rig;
    CHECK(session_rig_init(&rig));
    CHECK(chi_session_attach(rig.path) == NULL);
    started_with("/x/libcoldheap-preload.so", rig.variable);
    chi_shell_starts();
    CHECK_EQUAL(rig.session->image_count, 0);
    unsetenv("COLDHEAP");
    chi_shell_starts();
    CHECK_EQUAL(rig.session->image_count, 1);
    CHECK_EQUAL(rig.session->images[0].state, CHI_IMAGE_EXPECTED);
    CHECK_TEXT(rig.session->images[0].path, "/bin/sh");
    clean();
    chi_session_detach();
    chi_shell_starts();
    CHECK_EQUAL(rig.session->image_count, 1);
    session_rig_fini(&rig);
}
