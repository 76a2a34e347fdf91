/* The tracker's numbers beside those of tools that nobody here wrote: valgrind's DHAT, and glibc's
 * libmemusage, on a program of ours and on some of others. The programs run with the preloaded run
 * time, and what they leave behind is read as the command reads it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "harness.h"
#include "track_record.h"

#define RECORD "track_outside.record"
#define DHAT   "track_outside.dhat"

static char output[1 << 16];

/* Runs a program in an environment of which nothing but LD_PRELOAD differs between the tools; the
 * libraries have names of one length, so that even copies of the environment do not differ. */
static int run(const char *library, const char *settings, const char *const *program) {
    char preload[64];
    char variable[256];
    /* With seeds of their own, tables would grow at other times in each run. */
    const char *argv[16] = {"/usr/bin/env",       "-i",
                            "PATH=/usr/bin:/bin", "PYTHONHASHSEED=0",
                            "PERL_HASH_SEED=0",   "PERL_PERTURB_KEYS=0"};
    size_t count = 6;
    snprintf(variable, sizeof variable, "COLDHEAP=track=%s%s", RECORD, settings);
    argv[count++] = variable;
    if (library != NULL && strchr(library, ':') != NULL) {
        static char both[1024];
        snprintf(both, sizeof both, "LD_PRELOAD=%s", library);
        argv[count++] = both;
        argv[count++] = "ASAN_OPTIONS=detect_leaks=0";
    } else if (library != NULL) {
        unlink("track_outside_library.so");
        CHECK_EQUAL(symlink(library, "track_outside_library.so"), 0);
        snprintf(preload, sizeof preload, "LD_PRELOAD=./track_outside_library.so");
        argv[count++] = preload;
    }
    while (*program != NULL) {
        argv[count++] = *program++;
    }
    const int status = ch_test_run_program(argv, output, sizeof output);
    unlink("track_outside_library.so");
    return status;
}

/* ---- a record ---- */

typedef struct figures {
    uint64_t blocks[3]; /* by malloc, calloc, realloc; all others are with malloc */
    uint64_t bytes[3];
    uint64_t frees;
    uint64_t freed_bytes;
    uint64_t peak_bytes;
    uint64_t bytes_at_peak;
    uint64_t unattributed;
} figures;

/* The numbers of chi_guard_call_name, as rows keep them. */
enum { CALL_CALLOC = 1, CALL_REALLOC = 2, CALL_REALLOCARRAY = 3 };

static unsigned slot_of(uint32_t call) {
    return call == CALL_CALLOC ? 1 : call == CALL_REALLOC || call == CALL_REALLOCARRAY ? 2 : 0;
}

static void add_row(figures *f, const chi_track_record *record, uint32_t site) {
    const uint8_t *base = (const uint8_t *)record;
    const uint8_t *site_at = base + record->sites_offset + site * record->site_bytes;
    const chi_track_site_row *row = (const chi_track_site_row *)(const void *)site_at;
    if (site == CHI_TRACK_SITE_UNATTRIBUTED) {
        return;
    }
    for (uint32_t i = 0; i < record->tables; i++) {
        const uint8_t *at =
            base + record->tables_offset + i * record->table_bytes + site * record->counter_bytes;
        const chi_track_counters *counters = (const chi_track_counters *)(const void *)at;
        const chi_track_lifetimes *life = (const chi_track_lifetimes *)(const void *)(counters + 1);
        f->blocks[slot_of(row->call)] += counters->count;
        f->bytes[slot_of(row->call)] += counters->bytes;
        f->frees += counters->frees;
        f->freed_bytes += counters->freed_bytes;
        if (record->lifetimes != 0) {
            f->bytes_at_peak += life->global_stamp == record->peak_stamp
                                    ? life->global_bytes
                                    : counters->bytes - counters->freed_bytes;
        }
    }
}

static figures read_record(void) {
    figures f = {.blocks = {0}};
    struct stat status;
    const int fd = open(RECORD, O_RDONLY);
    if (!CHECK(fd >= 0 && fstat(fd, &status) == 0)) {
        return f;
    }
    void *memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    const chi_track_record *record = (const chi_track_record *)memory;
    if (!CHECK(memory != MAP_FAILED) || !CHECK_EQUAL(record->magic, CHI_TRACK_MAGIC)) {
        return f;
    }
    CHECK_EQUAL(record->ended, 1);
    for (uint32_t site = 0; site < record->site_count; site++) {
        add_row(&f, record, site);
    }
    f.peak_bytes = record->peak_bytes;
    f.unattributed = record->frees_unattributed;
    CHECK_EQUAL(record->live_bytes, f.bytes[0] + f.bytes[1] + f.bytes[2] - f.freed_bytes);
    munmap(memory, (size_t)status.st_size);
    unlink(RECORD);
    return f;
}

/* ---- variants of the run time ---- */

/* Blocks, bytes and what is left of the sample are the same in all of them. */
static void compare_variants(const char *library, const char *program) {
    const char *plain[] = {SAMPLE, NULL};
    const char *other[] = {program, NULL};
    CHECK_EQUAL(run(PRELOAD, "", plain), 0);
    const figures want = read_record();
    CHECK_EQUAL(run(library, "", other), 0);
    const figures got = read_record();
    CHECK(want.blocks[0] > 10000);
    CHECK_EQUAL(got.blocks[0] + got.blocks[1], want.blocks[0] + want.blocks[1]);
    CHECK_EQUAL(got.bytes[0] + got.bytes[1], want.bytes[0] + want.bytes[1]);
    CHECK_EQUAL(got.frees, want.frees);
    CHECK_EQUAL(got.freed_bytes, want.freed_bytes);
    CHECK_EQUAL(got.peak_bytes, want.peak_bytes);
    CHECK_EQUAL(got.unattributed, 0);
}

TEST(g26_unknown_allocator_is_tracked_by_address) {
    compare_variants(PRELOAD_NEXT, SAMPLE);
}

#ifdef SAMPLE_STATIC
TEST(g26_static_program_is_tracked) {
    compare_variants(NULL, SAMPLE_STATIC);
}
#endif

#ifdef SAMPLE_ASAN
TEST(g26_program_with_a_sanitizer_is_tracked_by_address) {
    compare_variants(LIBASAN ":" HOOKS, SAMPLE_ASAN);
}
#endif

/* ---- DHAT ---- */

#ifdef VALGRIND

/* Sums up the numbers of a name over all program points of a DHAT file. */
static uint64_t sum_of(const char *text, const char *name) {
    uint64_t sum = 0;
    char key[16];
    const int length = snprintf(key, sizeof key, "\"%s\":", name);
    const char *points = strstr(text, "\"pps\"");
    for (const char *at = points; at != NULL && (at = strstr(at, key)) != NULL; at += length) {
        sum += strtoull(at + length, NULL, 10);
    }
    return sum;
}

static char *read_dhat(void) {
    static char text[1 << 22];
    FILE *file = fopen(DHAT, "r");
    if (!CHECK(file != NULL)) {
        return NULL;
    }
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    unlink(DHAT);
    return text;
}

TEST(g25_blocks_and_bytes_are_those_of_dhat) {
    const char *plain[] = {SAMPLE, NULL};
    const char *under[] = {VALGRIND, "--tool=dhat", "--dhat-out-file=" DHAT, SAMPLE, NULL};
    CHECK_EQUAL(run(NULL, "", under), 0);
    const char *text = read_dhat();
    static const char *const settings[] = {"", ",track-depth=8", ",track-depth=8,lifetimes"};
    for (size_t i = 0; i < 3 && text != NULL; i++) {
        CHECK_EQUAL(run(PRELOAD, settings[i], plain), 0);
        const figures f = read_record();
        CHECK(f.blocks[0] > 10000);
        CHECK_EQUAL(f.blocks[0] + f.blocks[1], sum_of(text, "tbk"));
        CHECK_EQUAL(f.bytes[0] + f.bytes[1], sum_of(text, "tb"));
        CHECK_EQUAL(f.blocks[0] + f.blocks[1] - f.frees, sum_of(text, "ebk"));
        CHECK_EQUAL(f.bytes[0] + f.bytes[1] - f.freed_bytes, sum_of(text, "eb"));
        CHECK_EQUAL(f.peak_bytes, sum_of(text, "gb"));
        CHECK_EQUAL(f.bytes_at_peak, i == 2 ? sum_of(text, "gb") : 0);
        CHECK_EQUAL(f.unattributed, 0);
    }
}

#endif

/* ---- C++ ---- */

#ifdef SAMPLE_NEW

static void count_site(const chi_track_record *record, uint32_t site, unsigned *found) {
    const uint8_t *base = (const uint8_t *)record;
    const uint8_t *at = base + record->tables_offset + record->table_bytes;
    const chi_track_counters *counters = (const chi_track_counters *)(const void *)at + site;
    const uint8_t *row_at = base + record->sites_offset + site * record->site_bytes;
    const chi_track_site_row *row = (const chi_track_site_row *)(const void *)row_at;
    const uint64_t bytes[] = {sizeof(int), 77, 1024}; /* a multiple of 256 */
    for (unsigned i = 0; i < 3; i++) {
        if (counters->count == 100 && counters->bytes == 100 * bytes[i]) {
            CHECK(row->frame_count >= 2);
            (*found)++;
        }
    }
}

TEST(g25_call_site_is_the_one_behind_operator_new) {
    const char *program[] = {SAMPLE_NEW, NULL};
    unsigned found = 0;
    struct stat status;
    CHECK_EQUAL(run(PRELOAD, "", program), 0);
    const int fd = open(RECORD, O_RDONLY);
    if (!CHECK(fd >= 0 && fstat(fd, &status) == 0)) {
        return;
    }
    void *memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (CHECK(memory != MAP_FAILED)) {
        const chi_track_record *record = (const chi_track_record *)memory;
        for (uint32_t site = CHI_TRACK_SITE_FIRST; site < record->site_count; site++) {
            count_site(record, site, &found);
        }
        munmap(memory, (size_t)status.st_size);
    }
    CHECK_EQUAL(found, 3);
    unlink(RECORD);
}

#endif

/* ---- libmemusage ---- */

#ifdef MEMUSAGE

/* "malloc|  CALLS  BYTES  FAILED", with colours around it. */
static bool read_line(const char *name, uint64_t *calls, uint64_t *bytes) {
    const char *at = strstr(output, name);
    at = at != NULL ? strchr(at, '|') : NULL;
    if (at == NULL) {
        return false;
    }
    at++;
    for (; *at != 0 && (*at < '0' || *at > '9'); at++) {
        if (*at == '\033') {
            at = strchr(at, 'm');
        }
    }
    char *end;
    *calls = strtoull(at, &end, 10);
    *bytes = strtoull(end, NULL, 10);
    return true;
}

/* Calls from before the run time was armed, by constructors of libraries, are missing; and a copy
 * of the environment may be taken by a program. */
#define CALLS_BEFORE 16u
#define BYTES_BEFORE 8192u

static bool near(uint64_t ours, uint64_t theirs, uint64_t most) {
    return ours <= theirs && theirs - ours <= most;
}

static void compare(const char *const *program) {
    uint64_t calls;
    uint64_t bytes;
    CHECK_EQUAL(run(PRELOAD, "", program), 0);
    const figures f = read_record();
    CHECK_EQUAL(run(MEMUSAGE, "", program), 0);
    if (!CHECK(read_line(" malloc", &calls, &bytes))) {
        return;
    }
    printf("# %s: malloc %llu calls, %llu bytes, theirs %llu, %llu\n", program[0],
           (unsigned long long)f.blocks[0], (unsigned long long)f.bytes[0],
           (unsigned long long)calls, (unsigned long long)bytes);
    CHECK(near(f.blocks[0], calls, CALLS_BEFORE) && near(f.bytes[0], bytes, BYTES_BEFORE));
    CHECK(read_line(" calloc", &calls, &bytes));
    CHECK(near(f.blocks[1], calls, CALLS_BEFORE) && near(f.bytes[1], bytes, BYTES_BEFORE));
    CHECK(read_line("realloc", &calls, &bytes));
    CHECK(near(f.blocks[2], calls, CALLS_BEFORE));
}

TEST(g25_calls_are_those_of_libmemusage) {
    const char *const bash[] = {"/bin/bash", "-c",
                                "for ((i = 0; i < 500; i++)); do x=$x$i; done; echo ${#x}", NULL};
    const char *const perl[] = {"/usr/bin/perl", "-e",
                                "my %h; $h{$_} = \"x$_\" for 1..5000; print scalar(keys %h)", NULL};
    const char *const python[] = {"/usr/bin/python3", "-S", "-c",
                                  "print(sum(len(str(i)) for i in range(10000)))", NULL};
    compare(bash);
    compare(perl);
    compare(python);
}

#endif
