/* exec along PATH against libc's own: same errors, same program found. And the rows that exec and
 * spawn leave in a session. What children make of it is in guard/session. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "session_rig.h"
#include "session_shared.h"
#include "shell.h"
#include "state.h"

#define FOLDER "guard_exec_test.d"

typedef int (*execvpe_fn)(const char *, char *const[], char *const[]);

/* What became of it: its status and output, or "errno N". */
static void outcome(execvpe_fn function, const char *file, const char *path, char *text,
                    size_t size) {
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        char *argv[] = {(char *)(uintptr_t) "zero", (char *)(uintptr_t) "one", NULL};
        dup2(ends[1], STDOUT_FILENO);
        if (path != NULL) {
            setenv("PATH", path, 1);
        } else {
            unsetenv("PATH");
        }
        function(file, argv, environ);
        dprintf(STDOUT_FILENO, "errno %d", errno);
        _exit(1);
    }
    close(ends[1]);
    size_t used = 0;
    ssize_t got;
    while ((got = read(ends[0], text + used, size - 64 - used)) > 0) {
        used += (size_t)got;
    }
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    snprintf(text + used, size - used, ", status %d", status);
}

static void write_file(const char *name, const char *text, mode_t mode) {
    FILE *file = fopen(name, "w");
    if (CHECK(file != NULL)) {
        fputs(text, file);
        fclose(file);
        CHECK_EQUAL(chmod(name, mode), 0);
    }
}

static void make_files(void) {
    mkdir(FOLDER, 0700);
    mkdir(FOLDER "/closed", 0700);
    mkdir(FOLDER "/open", 0700);
    mkdir(FOLDER "/open/folder", 0700);
    write_file(FOLDER "/closed/tool", "#!/bin/sh\necho closed\n", 0600);
    write_file(FOLDER "/open/tool", "#!/bin/sh\necho \"open $0 $1\"\n", 0700);
    write_file(FOLDER "/open/text", "echo \"text $0 $1\"\n", 0700);
    write_file(FOLDER "/open/shut", "echo shut\n", 0600);
    write_file(FOLDER "/open/lost", "#!/no/such/interpreter\n", 0700);
}

TEST(g12_exec_along_path_is_that_of_libc) {
    static const char *const files[] = {
        "", "tool", "text", "shut", "lost", "none", "true", "folder", FOLDER "/open/text"};
    static const char *const paths[] = {NULL,
                                        "",
                                        ":",
                                        FOLDER "/open",
                                        FOLDER "/closed:" FOLDER "/open",
                                        FOLDER "/open:/bin",
                                        FOLDER "/closed",
                                        "/no/such/folder:" FOLDER "/open/tool:/bin",
                                        "/bin:" FOLDER "/open:"};
    make_files();
    execvpe_fn theirs = (execvpe_fn)(uintptr_t)dlsym(RTLD_NEXT, "execvpe");
    if (!CHECK(theirs != NULL && theirs != execvpe)) {
        return;
    }
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        for (size_t p = 0; p < sizeof paths / sizeof paths[0]; p++) {
            char want[4096];
            char got[4096];
            outcome(theirs, files[f], paths[p], want, sizeof want);
            outcome(execvpe, files[f], paths[p], got, sizeof got);
            if (!CHECK_TEXT(got, want)) {
                printf("# %s along %s\n", files[f], paths[p] != NULL ? paths[p] : "(unset)");
            }
        }
    }
}

TEST(g12_exec_of_very_long_names) {
    execvpe_fn theirs = (execvpe_fn)(uintptr_t)dlsym(RTLD_NEXT, "execvpe");
    static const size_t lengths[] = {NAME_MAX, NAME_MAX + 1, PATH_MAX - 1, 3 * PATH_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        static char name[4 * PATH_MAX];
        char want[256];
        char got[256];
        memset(name, 'x', lengths[i]);
        name[lengths[i]] = 0;
        outcome(theirs, name, "/bin:/usr/bin", want, sizeof want);
        outcome(execvpe, name, "/bin:/usr/bin", got, sizeof got);
        CHECK_TEXT(got, want);
        outcome(execvpe, "true", name, got, sizeof got);
        if (lengths[i] < PATH_MAX) { /* libc's error for a longer list is whatever was there */
            outcome(theirs, "true", name, want, sizeof want);
            CHECK_TEXT(got, want);
        }
        CHECK(strncmp(got, "errno ", 6) == 0 && strncmp(got, "errno 0", 7) != 0);
    }
}

/* ---- rows ---- */

static session_rig rig;
static char *true_arguments[] = {(char *)(uintptr_t) "true", NULL};

static void begin(void) {
    CHECK(session_rig_init(&rig));
    CHECK(chi_session_attach(rig.path) == NULL);
}

static void end(void) {
    chi_session_detach();
    session_rig_fini(&rig);
}

static void wait_for_zero(pid_t child) {
    int status = -1;
    CHECK_EQUAL(waitpid(child, &status, 0), child);
    CHECK_EQUAL(status, 0);
}

TEST(g19_exec_announces_the_path_it_found) {
    begin();
    const pid_t child = fork();
    if (child == 0) {
        setenv("PATH", "/no/such/folder:/bin", 1);
        execlp("true", "true", (char *)NULL);
        _exit(1);
    }
    wait_for_zero(child);
    CHECK_EQUAL(rig.session->image_count, 1);
    CHECK_EQUAL(rig.session->images[0].state, CHI_IMAGE_EXPECTED);
    CHECK_EQUAL(rig.session->images[0].process, child);
    CHECK_TEXT(rig.session->images[0].path, "/bin/true");
    end();
}

TEST(g19_exec_in_a_folder_announces_the_whole_path) {
    begin();
    const int folder = open("/bin", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int file = open("/bin/true", O_RDONLY | O_CLOEXEC);
    char real[PATH_MAX];
    char want[PATH_MAX + 8];
    CHECK(realpath("/bin", real) != NULL);
    snprintf(want, sizeof want, "%s/true", real);
    pid_t child = fork();
    if (child == 0) {
        execveat(folder, "true", true_arguments, environ, 0);
        _exit(1);
    }
    wait_for_zero(child);
    CHECK_TEXT(rig.session->images[0].path, want);
    child = fork();
    if (child == 0) {
        fexecve(file, true_arguments, environ);
        _exit(1);
    }
    wait_for_zero(child);
    CHECK_TEXT(rig.session->images[1].path, want);
    errno = 0;
    CHECK_EQUAL(fexecve(-1, true_arguments, environ), -1);
    CHECK_EQUAL(errno, EINVAL);
    CHECK_EQUAL(rig.session->image_count, 2);
    close(folder);
    close(file);
    end();
}

TEST(g19_spawn_announces_and_takes_back) {
    begin();
    pid_t child = 0;
    CHECK_EQUAL(posix_spawnp(&child, "true", NULL, NULL, true_arguments, environ), 0);
    wait_for_zero(child);
    CHECK_EQUAL(rig.session->images[0].process, child);
    CHECK(strstr(rig.session->images[0].path, "/bin/true") != NULL);
    CHECK_EQUAL(rig.session->images[0].state, CHI_IMAGE_EXPECTED);
    CHECK_EQUAL(posix_spawn(NULL, "/no/such/file", NULL, NULL, true_arguments, environ), ENOENT);
    CHECK_EQUAL(rig.session->images[1].state, CHI_IMAGE_GONE);
    CHECK_EQUAL(posix_spawnp(NULL, "no-such-file", NULL, NULL, true_arguments, environ), ENOENT);
    CHECK_EQUAL(rig.session->images[2].state, CHI_IMAGE_GONE);
    end();
}

TEST(g19_vfork_child_announces_itself) {
    begin();
    const pid_t child = vfork();
    if (child == 0) {
        execve("/no/such/file", true_arguments, environ);
        execve("/bin/true", true_arguments, environ);
        _exit(1);
    }
    wait_for_zero(child);
    CHECK_EQUAL(rig.session->images[0].state, CHI_IMAGE_GONE);
    CHECK_EQUAL(rig.session->images[1].state, CHI_IMAGE_EXPECTED);
    CHECK_EQUAL(rig.session->images[1].process, child);
    end();
}

static void exec_hot(void *nothing) {
    (void)nothing;
    CH_HOT_SCOPE("starting");
    execl("/no/such/file", "x", (char *)NULL);
    pid_t child;
    execvp("no-such-file", true_arguments);
    if (posix_spawnp(&child, "no-such-file", NULL, NULL, true_arguments, environ) != ENOENT) {
        _exit(1);
    }
}

/* In abort mode: none of it may touch the heap. */
TEST(g50_exec_and_spawn_make_no_heap_call) {
    begin();
    CHECK(!ch_test_child_dies(exec_hot, NULL, NULL, 0));
    CHECK_EQUAL(rig.session->image_count, 3);
    end();
}
