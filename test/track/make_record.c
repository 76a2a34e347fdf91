/* make_record.c: writes a tracker's record by hand, whose frames are functions of this very
 * program, so that names, lines and numbers are known.
 *
 *   make_record FILE [marked] [exact] [dropped] NAME:COUNT:FREES:SIZE[:TABLE[:KIND]]...
 *
 * NAME is parse_config, load_keys, tick or xmalloc; a site's stack is NAME, run. In a build
 * with SHIFT the functions lie on other lines. */
#include "record_rig.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef SHIFT
#line 400
#endif

/* Each differs, or the compiler folds them into one. */
#define FUNCTION(name, number)                                                                     \
    __attribute__((noinline)) int name(int value) {                                                \
        __asm__ volatile("# " #name);                                                              \
        return value * (number);                                                                   \
    }

int parse_config(int value);
int load_keys(int value);
int tick(int value);
int xmalloc(int value);
int run(int value);

FUNCTION(parse_config, 3)
FUNCTION(load_keys, 5)
FUNCTION(tick, 7)
FUNCTION(xmalloc, 11)
FUNCTION(run, 13)

static rig made;

/* An address within a function, as a return address would be. */
static uint64_t inside(int (*function)(int)) {
    return (uint64_t)(uintptr_t)function + 3;
}

static bool begins(const char *text, const char *name) {
    size_t length = strlen(name);
    return strncmp(text, name, length) == 0 && (text[length] == ':' || text[length] == 0);
}

static int (*function_of(const char *text))(int) {
    static const struct {
        const char *name;
        int (*function)(int);
    } ROWS[] = {{"parse_config", parse_config},
                {"load_keys", load_keys},
                {"tick", tick},
                {"xmalloc", xmalloc}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        if (begins(text, ROWS[i].name)) {
            return ROWS[i].function;
        }
    }
    return NULL;
}

static uint32_t site_of(int (*function)(int), uint32_t kind) {
    const uint64_t frames[] = {inside(function), inside(run)};
    for (uint32_t i = CHI_TRACK_SITE_FIRST; i < made.header.site_count; i++) {
        if (made.sites[i].frames[0] == frames[0] && made.sites[i].row.kind == kind) {
            return i;
        }
    }
    return rig_site_add(&made, kind, frames, 2);
}

/* COUNT:FREES:SIZE[:TABLE[:KIND]] behind the name. */
static bool add(const char *word) {
    unsigned long long number[5] = {0, 0, 0, 1, 0};
    int (*function)(int) = function_of(word);
    const char *at = strchr(word, ':');
    if (function == NULL || at == NULL) {
        return false;
    }
    for (size_t i = 0; i < 5 && at != NULL; i++) {
        number[i] = strtoull(at + 1, NULL, 10);
        at = strchr(at + 1, ':');
    }
    uint32_t table = (uint32_t)number[3] % RIG_TABLES;
    uint32_t site = site_of(function, (uint32_t)number[4]);
    rig_blocks(&made, table, site, number[0], number[1], number[2]);
    return true;
}

static bool set(const char *word) {
    if (strcmp(word, "marked") == 0) {
        made.header.mark_count = 1;
        memcpy(made.header.marks[0].name, "steady", sizeof "steady");
    } else if (strcmp(word, "exact") == 0) {
        made.header.exact_peak = 1;
    } else if (strcmp(word, "dropped") == 0) {
        made.tables[1].tail.sites_dropped = 17;
        rig_blocks(&made, 1, CHI_TRACK_SITE_OVERFLOW, 17, 0, 4);
    } else {
        return add(word);
    }
    return true;
}

/* Where this program's code lies, as the tracker records it. */
static void add_own_module(void) {
    char line[4400];
    char path[CHI_TRACK_PATH_BYTES];
    uint64_t first = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        char *end = NULL;
        uint64_t start = strtoull(line, &end, 16);
        uint64_t stop = strtoull(end + 1, NULL, 16);
        if (strstr(line, path) == NULL) {
            continue;
        }
        first = first == 0 ? start : first;
        if (strstr(line, " r-xp ") != NULL) {
            rig_module(&made, path, start, stop);
            made.modules[0].bias = first;
        }
    }
    if (maps != NULL) {
        (void)fclose(maps);
    }
}

/* As if all sites had their peaks at one time. */
static void set_peak(void) {
    for (uint32_t table = 1; table < RIG_TABLES; table++) {
        for (uint32_t i = 0; i < made.header.site_count; i++) {
            bool heap = made.sites[i].row.kind == 0;
            made.header.peak_bytes += heap ? made.tables[table].rows[i].of.peak_bytes : 0;
        }
    }
}

int main(int argc, char **argv) {
    rig_begin(&made);
    made.header.tables = RIG_TABLES;
    add_own_module();
    for (int i = 2; i < argc; i++) {
        if (!set(argv[i])) {
            (void)fprintf(stderr, "make_record: '%s'?\n", argv[i]);
            return 2;
        }
    }
    set_peak();
    int fd = argc > 1 ? open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    bool written = fd >= 0 && write(fd, &made, sizeof made) == (ssize_t)sizeof made;
    return written && close(fd) == 0 ? 0 : 1;
}
