/* doctor.c: `coldheap doctor`: what can be armed on this machine, and why not. Each line is tried,
 * not looked up: a program is run under the guard, a counter is opened, a switch is thrown. */
#include "command.h"

#include "launch.h"
#include "message.h"
#include "program.h"
#include "store.h"

#include <elfutils/libdwfl.h>
#include <gnu/libc-version.h>
#include <linux/perf_event.h>

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#define DISPATCH_OFF 0

/* perf_event_attr of older headers lacks the bits of Linux 5.13. */
#define PERF_BIT_REMOVE_ON_EXEC 36u
#define PERF_BIT_SIGTRAP        37u

static struct {
    flag_text json;
    flag_text runtime;
} flags;

static const flag_row FLAGS[] = {
    {"json", FLAG_TEXT, &flags.json, "FILE", 0, NULL, "one object per line as well"},
    {"runtime", FLAG_TEXT, &flags.runtime, "FOLDER", 0, NULL,
     "where libcoldheap-preload.so and libcoldheap-hooks.so are (../lib of this command)"},
};

/* What one line found. */
typedef struct finding_line {
    bool works;
    const char *detail;
} finding_line;

static finding_line answer(bool works, const char *detail) {
    return (finding_line){works, detail};
}

/* ---- what is tried ---- */

static finding_line try_machine(void) {
    struct utsname name;
    if (uname(&name) != 0) {
        return answer(false, strerror(errno));
    }
    return answer(strcmp(name.machine, "x86_64") == 0,
                  store_format("%s %s %s", name.sysname, name.release, name.machine));
}

static finding_line try_libc(void) {
    const char *version = gnu_get_libc_version();
    unsigned major = 0;
    unsigned minor = 0;
    const bool known = sscanf(version, "%u.%u", &major, &minor) == 2;
    return answer(known && (major > 2 || (major == 2 && minor >= 31)),
                  store_format("glibc %s, 2.31 is wanted", version));
}

static const char *run_time_of(launch_runtime_kind kind) {
    launch session = {.fd = -1};
    char silence[1024];
    sink quiet;
    sink_into(&quiet, "doctor", silence, sizeof silence, NULL, NULL);
    quiet.error = EIO; /* what is written there is dropped */
    message_route(&quiet);
    const int code = launch_runtime(&session, kind, flags.runtime.text);
    message_route(NULL);
    return code == EXIT_DONE ? session.library : NULL;
}

/* Runs `true` under the guard: the whole way from the variable to the answer in the session. */
static finding_line try_preload(void) {
    static const char *const argv[] = {"true", NULL};
    launch session;
    launch_end end;
    const char *library = run_time_of(LAUNCH_PRELOAD);
    const char *program = program_find("true");
    if (library == NULL || program == NULL) {
        return answer(false, library == NULL ? message_last() : "no program `true` here");
    }
    if (launch_open(&session) != EXIT_DONE) {
        return answer(false, message_last());
    }
    session.library = library;
    session.session->config.quiet = 1;
    const int code = launch_run(&session, program, argv, &end);
    size_t position = 0;
    const chi_session_image *image = launch_next_image(session.session, &position);
    const bool armed =
        code == EXIT_DONE && end.status == 0 && image != NULL && image->state == CHI_IMAGE_ARMED;
    const char *why = image != NULL && image->why[0] != 0
                          ? store_text(image->why, strnlen(image->why, sizeof image->why))
                          : "it never answered";
    launch_close(&session);
    return answer(armed, armed ? store_format("%s armed itself in %s", library, program)
                               : store_format("%s in %s: %s", library, program, why));
}

static finding_line try_hooks(void) {
    const char *library = run_time_of(LAUNCH_HOOKS);
    return answer(library != NULL, library != NULL ? library : message_last());
}

static finding_line try_sanitizers(void) {
    static const char *const patterns[] = {
        "/usr/lib*/*-linux-gnu/lib[atl]san.so.[0-9]", "/usr/lib64/lib[atl]san.so.[0-9]",
        "/usr/lib*/clang/*/lib/linux/libclang_rt.[altm]san-x86_64.a"};
    const char *found = "";
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        glob_t paths;
        if (glob(patterns[i], 0, NULL, &paths) != 0) {
            continue;
        }
        for (size_t j = 0; j < paths.gl_pathc; j++) {
            const char *slash = strrchr(paths.gl_pathv[j], '/');
            if (strstr(found, slash + 1) == NULL) {
                found = store_format("%s%s%s", found, *found != 0 ? ", " : "", slash + 1);
            }
        }
        globfree(&paths);
    }
    return answer(*found != 0, *found != 0 ? store_format("%.400s", found) : "none installed");
}

static finding_line try_valgrind(void) {
    const char *path = program_find("valgrind");
    return answer(path != NULL, path != NULL ? path : "not installed");
}

static finding_line try_dispatch(void) {
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, DISPATCH_OFF, 0, 0, 0) == 0) {
        return answer(true, "syscall user dispatch");
    }
    return answer(false, store_format("syscall user dispatch: %s (Linux 5.11 has it, filters of "
                                      "containers may deny it)",
                                      strerror(errno)));
}

static const char *paranoia(void) {
    char text[16] = "";
    FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
    if (file != NULL) {
        (void)!fgets(text, sizeof text, file);
        fclose(file);
    }
    text[strcspn(text, "\n")] = 0;
    return store_format("perf_event_paranoid is %s", text[0] != 0 ? text : "not there");
}

static finding_line try_faults(void) {
    struct perf_event_attr wanted = {.type = PERF_TYPE_SOFTWARE,
                                     .size = sizeof wanted,
                                     .config = PERF_COUNT_SW_PAGE_FAULTS,
                                     .sample_period = 1,
                                     .disabled = 1,
                                     .exclude_kernel = 1,
                                     .exclude_hv = 1};
    uint64_t bits;
    const size_t place = offsetof(struct perf_event_attr, read_format) + sizeof wanted.read_format;
    memcpy(&bits, (char *)&wanted + place, sizeof bits);
    bits |= UINT64_C(1) << PERF_BIT_REMOVE_ON_EXEC | UINT64_C(1) << PERF_BIT_SIGTRAP;
    memcpy((char *)&wanted + place, &bits, sizeof bits);
    const long fd = syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0);
    if (fd < 0) {
        return answer(false,
                      store_format("perf event with sigtrap: %s; %s", strerror(errno), paranoia()));
    }
    close((int)fd);
    return answer(true, store_format("perf event with sigtrap; %s", paranoia()));
}

static finding_line try_names(void) {
    return answer(true, store_format("libdw %s", dwfl_version(NULL)));
}

static finding_line try_environment(void) {
    const char *preload = getenv("LD_PRELOAD");
    const char *variable = getenv("COLDHEAP");
    if (preload != NULL && *preload != 0) {
        return answer(false, store_format("LD_PRELOAD=%.300s comes before the guard: an allocator "
                                          "in it is not seen",
                                          preload));
    }
    return answer(variable == NULL, variable == NULL
                                        ? "LD_PRELOAD and COLDHEAP are not set"
                                        : store_format("COLDHEAP=%.300s is replaced", variable));
}

/* ---- lines ---- */

typedef struct doctor_line {
    const char *name;
    const char *use;
    finding_line (*try)(void);
    bool needed; /* nothing can be checked without it */
} doctor_line;

static const doctor_line LINES[] = {
    {"machine", "the run time", try_machine, true},
    {"libc", "the run time", try_libc, true},
    {"preload", "check, track", try_preload, true},
    {"hooks", "programs with a sanitizer", try_hooks, false},
    {"sanitizers", "programs with a sanitizer", try_sanitizers, false},
    {"valgrind", "--with-valgrind", try_valgrind, false},
    {"system calls", "--syscalls", try_dispatch, false},
    {"page faults", "--faults=locate", try_faults, false},
    {"names", "functions and lines", try_names, false},
    {"environment", "check, track", try_environment, false},
};

#define LINE_COUNT (sizeof LINES / sizeof LINES[0])

static char json_buffer[8192];

static int write_json(const finding_line *found) {
    sink json;
    int code = sink_file(&json, flags.json.text, json_buffer, sizeof json_buffer);
    if (code != EXIT_DONE) {
        return code;
    }
    for (size_t i = 0; i < LINE_COUNT; i++) {
        sink_print(&json,
                   "{\"version\":1,\"type\":\"ability\",\"name\":\"%s\",\"works\":%s,\"use\":",
                   LINES[i].name, found[i].works ? "true" : "false");
        sink_json_text(&json, LINES[i].use);
        sink_text(&json, ",\"detail\":");
        sink_json_text(&json, found[i].detail);
        sink_text(&json, "}\n");
    }
    return sink_close(&json);
}

static int run(const operand_list *operands) {
    finding_line found[LINE_COUNT];
    size_t working = 0;
    int status = EXIT_DONE;
    if (operands->count > 0) {
        return message_argument(EXIT_USAGE, operands->positions[0], "doctor takes no operands");
    }
    for (size_t i = 0; i < LINE_COUNT; i++) {
        found[i] = LINES[i].try();
        working += found[i].works;
        status = LINES[i].needed && !found[i].works ? EXIT_NOT_ARMED : status;
        sink_print(&sink_out, "%-4s %-13s %-26s ", found[i].works ? "yes" : "no", LINES[i].name,
                   LINES[i].use);
        sink_text(&sink_out, found[i].detail);
        sink_char(&sink_out, '\n');
    }
    const int code = flags.json.position != 0 ? write_json(found) : EXIT_DONE;
    status = code != EXIT_DONE ? code : status;
    sink_print(&sink_out, "coldheap: %zu of %zu work here  (status %d)\n", working, LINE_COUNT,
               status);
    return status;
}

const command command_doctor = {
    .name = "doctor",
    .summary = "say what can be checked on this machine, and why not",
    .synopsis = "coldheap doctor [flags]",
    .description = "Tries everything that the guard needs of the machine: preloading, the C "
                   "library, sanitizers, valgrind, catching system calls and page faults. Status "
                   "98 if no program can be checked at all.",
    .examples = "  coldheap doctor\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
