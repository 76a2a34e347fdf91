/* bench_case.c: see bench_case.h. */
#include "bench_case.h"

#include "codes.h"
#include "launch.h"
#include "message.h"
#include "store.h"

#include <coldheap/guard.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SAMPLE_BYTES (UINT64_C(512) << 10)
#define FRAMES       8u

/* ---- settings ---- */

typedef enum setting {
    SETTING_PLAIN,    /* nothing preloaded */
    SETTING_MEMUSAGE, /* glibc's libmemusage.so */
    SETTING_IDLE,     /* from here on: the run time */
    SETTING_SITE,
    SETTING_EIGHT,
    SETTING_SAMPLED,
    SETTING_HOT,
    SETTING_CALLS,
    SETTING_COUNT,
    SETTING_LOCATE
} setting;

static const struct case_row {
    const char *work;
    unsigned threads;
    setting how;
} CASES[] = {
#define CASE_ROW(name, work, threads, setting) {work, threads, SETTING_##setting},
    BENCH_CASE_ROWS(CASE_ROW)
#undef CASE_ROW
};

unsigned bench_case_threads(bench_case which) {
    return which < BENCH_CASES ? CASES[which].threads : 0;
}

/* getppid is allowed: what is measured is the trap and the call, not a report. */
static void allow_the_call(chi_session_config *config) {
    config->syscalls_allowed[SYS_getppid / 8] |= (uint8_t)(1u << SYS_getppid % 8);
}

static void track(chi_session_config *config, const bench_place *place, uint32_t depth) {
    config->track = 1;
    config->track_depth = depth;
    launch_cut(config->track_path, sizeof config->track_path,
               store_format("%s/record", place->folder));
}

static int configure(launch *session, const bench_place *place, setting how) {
    chi_session_config *config = &session->session->config;
    config->mode = CH_GUARD_COUNT;
    config->quiet = 1;
    config->check_syscalls = how == SETTING_CALLS;
    config->check_faults = how == SETTING_COUNT    ? CHI_FAULTS_COUNT
                           : how == SETTING_LOCATE ? CHI_FAULTS_LOCATE
                                                   : CHI_FAULTS_OFF;
    if (how == SETTING_CALLS) {
        allow_the_call(config);
    }
    if (how == SETTING_SITE || how == SETTING_SAMPLED) {
        track(config, place, 1);
    }
    if (how == SETTING_EIGHT) {
        track(config, place, FRAMES);
    }
    config->track_sample_bytes = how == SETTING_SAMPLED ? SAMPLE_BYTES : 0;
    session->library = how == SETTING_PLAIN      ? ""
                       : how == SETTING_MEMUSAGE ? place->memusage
                                                 : place->library;
    if (how != SETTING_HOT) {
        return EXIT_DONE;
    }
    /* A function that is there, and never on the stack. */
    config->hot_required = 1;
    return launch_hot(session, CHI_RULE_HOT, "libc.so.6!qsort", 0);
}

/* ---- places ---- */

static const char *find_load(void) {
    char path[PATH_MAX];
    const char *wanted =
        store_format("%s/../" COLDHEAP_LIBEXEC_FOLDER "/coldheap/bench-load", launch_own_folder());
    if (realpath(wanted, path) == NULL || access(path, X_OK) != 0) {
        (void)message_error(EXIT_NOT_ARMED, wanted, 0, "%s", strerror(errno));
        return NULL;
    }
    return store_text(path, strlen(path));
}

/* glibc's own tracker, where distributions put it. */
static const char *find_memusage(void) {
    static const char *const paths[] = {"/usr/lib/x86_64-linux-gnu/libmemusage.so",
                                        "/usr/lib/aarch64-linux-gnu/libmemusage.so",
                                        "/usr/lib64/libmemusage.so", "/usr/lib/libmemusage.so"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (access(paths[i], R_OK) == 0) {
            return paths[i];
        }
    }
    return NULL;
}

int bench_place_find(bench_place *place, const char *runtime) {
    launch session = {.fd = -1};
    *place = (bench_place){.load = find_load(), .memusage = find_memusage()};
    int code =
        place->load != NULL ? launch_runtime(&session, LAUNCH_PRELOAD, runtime) : EXIT_NOT_ARMED;
    if (code != EXIT_DONE) {
        return code;
    }
    place->library = session.library;
    /* What the user preloads and sets would be measured too. */
    unsetenv("LD_PRELOAD");
    unsetenv("COLDHEAP");
    const char *parent = getenv("TMPDIR");
    char *folder =
        store_format("%s/coldheap-bench.XXXXXX", parent != NULL && *parent != 0 ? parent : "/tmp");
    if (strlen(folder) + sizeof "/record" > CHI_SESSION_PATH_BYTES || mkdtemp(folder) == NULL) {
        return message_error(EXIT_INTERNAL, folder, 0, "%s", strerror(errno));
    }
    place->folder = folder;
    return EXIT_DONE;
}

void bench_place_remove(const bench_place *place) {
    if (place->folder != NULL) {
        (void)rmdir(place->folder);
    }
}

/* ---- a run ---- */

/* What the load printed; 0 if that is no figure. */
static double read_figure(int fd) {
    char text[64];
    const ssize_t length = read(fd, text, sizeof text - 1);
    text[length > 0 ? length : 0] = 0;
    char *end;
    const double ns = strtod(text, &end);
    return length > 0 && end != text && *end == '\n' && ns > 0 && ns < 1e9 ? ns : 0;
}

/* NULL if the figure is one of what was asked for. */
static const char *judge_run(const launch *session, const launch_end *end, setting how, double ns) {
    size_t position = 0;
    const chi_session_image *image = launch_next_image(session->session, &position);
    if (how >= SETTING_IDLE && (image == NULL || image->state != CHI_IMAGE_ARMED)) {
        return image != NULL && image->why[0] != 0
                   ? store_text(image->why, strnlen(image->why, sizeof image->why))
                   : "the run time was not armed";
    }
    if (end->status != 0 || ns <= 0) {
        return store_format("bench-load ended with status %d", end->status);
    }
    return NULL;
}

static int run_once(const bench_place *place, const struct case_row *row, int ends[2],
                    bench_result *run) {
    launch session;
    launch_end end;
    const char *const argv[] = {"bench-load", row->work, store_format("%u", row->threads), NULL};
    int code = launch_open(&session);
    if (code != EXIT_DONE) {
        return code;
    }
    code = configure(&session, place, row->how);
    if (code == EXIT_DONE) {
        session.output = ends[1];
        code = launch_run(&session, place->load, argv, &end);
        close(ends[1]);
        ends[1] = -1;
    }
    if (code == EXIT_DONE) {
        run->ns = read_figure(ends[0]);
        run->why = judge_run(&session, &end, row->how, run->ns);
        (void)unlink(store_format("%s/record", place->folder));
    }
    launch_close(&session);
    return code;
}

int bench_case_run(const bench_place *place, bench_case which, bench_result *best) {
    const struct case_row *row = &CASES[which];
    int ends[2];
    if (row->how == SETTING_MEMUSAGE && place->memusage == NULL) {
        best->why = "no libmemusage.so here";
        return EXIT_DONE;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return message_error(EXIT_INTERNAL, place->load, 0, "%s", strerror(errno));
    }
    bench_result run = {0};
    const int code = run_once(place, row, ends, &run);
    if (run.why != NULL) {
        best->why = best->ns > 0 ? best->why : run.why;
    } else if (run.ns > 0 && (best->ns <= 0 || run.ns < best->ns)) {
        *best = run;
    }
    for (size_t i = 0; i < 2; i++) {
        if (ends[i] >= 0) {
            close(ends[i]);
        }
    }
    return code;
}
