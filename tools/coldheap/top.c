/* top.c: `coldheap top`: the sites of a program while it runs, from its record alone: the program
 * is neither stopped nor asked. A reading's memory is given back before the next one, unless it
 * named a site for the first time: what names are made of is kept. */
#include "command.h"

#include "amount.h"
#include "message.h"
#include "sites.h"
#include "sort.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PLACE_BYTES  400u
#define ROWS_DEFAULT 20u
#define HEAD_ROWS    4u
#define MAPS_LINE    4352u

static struct {
    flag_text sort;
    uint64_t rows;
    double seconds;
    bool once;
} flags = {.seconds = 1};

static const flag_row FLAGS[] = {
    {"sort", FLAG_TEXT, &flags.sort, "live|peak|bytes|allocs|growth", 0, NULL,
     "what the sites are sorted by, the largest first (live)"},
    {"sites", FLAG_U64, &flags.rows, "N", 1000000, NULL, "how many are shown (what fits, or 20)"},
    {"interval", FLAG_SECONDS, &flags.seconds, "SECONDS", 3600, NULL, "between two looks (1)"},
    {"once", FLAG_BOOL, &flags.once, NULL, 0, NULL, "look once and end"},
};

/* Place of each site by its row, NULL: not asked for yet. */
typedef struct view {
    const char *path;
    const char **places;
    site_figure by;
    bool terminal;
    bool learned; /* in this reading */
} view;

typedef struct sort_item {
    uint64_t value;
    const record_site *site;
} sort_item;

static int by_value(const void *left, const void *right) {
    const sort_item *a = left;
    const sort_item *b = right;
    if (a->value != b->value) {
        return a->value > b->value ? -1 : 1;
    }
    return a->site->index < b->site->index ? -1 : a->site->index > b->site->index;
}

static sort_item *sort_sites(const record *in, site_figure by, size_t *count) {
    sort_item *items = STORE_ARRAY(sort_item, in->site_count);
    size_t used = 0;
    for (size_t i = 0; i < in->site_count; i++) {
        uint64_t value = sites_figure(&in->sites[i].of, by);
        if (value > 0) {
            items[used++] = (sort_item){value, &in->sites[i]};
        }
    }
    sort_items(items, used, sizeof *items, by_value);
    *count = used;
    return items;
}

static const char *place_of(view *in, const record *of, const record_site *site) {
    const char **place = &in->places[site->index];
    if (*place == NULL) {
        char text[PLACE_BYTES];
        named_site named;
        sites_name_one(&named, of, site);
        sites_place(text, sizeof text, &named);
        *place = store_text(text, strlen(text));
        in->learned = true;
    }
    return *place;
}

static size_t rows_shown(const view *in) {
    struct winsize size = {0};
    if (flags.rows != 0) {
        return (size_t)flags.rows;
    }
    if (in->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
        size.ws_row > HEAD_ROWS + 1) {
        return size.ws_row - HEAD_ROWS - 1u;
    }
    return ROWS_DEFAULT;
}

/* On a terminal a line that is left of an older picture is wiped. */
static void end_line(const view *in) {
    sink_text(&sink_out, in->terminal ? "\033[K\n" : "\n");
}

static void print_head(const view *in, const record *of) {
    char text[3][AMOUNT_BYTES];
    const record_numbers *heap = &of->process;
    sink_text(&sink_out, in->terminal ? "\033[H" : "");
    sink_print(&sink_out, "process %d%s  ", of->header.process,
               of->header.ended != 0 ? " (ended)" : "");
    sink_bytes(&sink_out, of->command, strnlen(of->command, 60));
    end_line(in);
    sink_print(&sink_out, "heap: live %s, peak %s, given out %s in %llu blocks; %zu threads",
               amount_bytes(text[0], heap->live_bytes), amount_bytes(text[1], heap->peak_bytes),
               amount_bytes(text[2], heap->bytes), (unsigned long long)heap->count,
               of->table_count);
    end_line(in);
    sink_print(&sink_out, "%12s%12s%12s%12s  %s", "live", "peak", "bytes", "blocks", "place");
    end_line(in);
}

static void print_site(view *in, const record *of, const record_site *site) {
    char text[4][AMOUNT_BYTES];
    const record_numbers *numbers = &site->of;
    sink_print(&sink_out, "%12s%s%10s%12s%12s  %s%s%s", amount_bytes(text[0], numbers->live_bytes),
               numbers->peak_is_bound ? "<=" : "  ", amount_bytes(text[1], numbers->peak_bytes),
               amount_bytes(text[2], numbers->bytes), text_grouped(text[3], numbers->count),
               place_of(in, of, site), site->kind != 0 ? "  " : "",
               site->kind != 0 ? record_kind_name(site->kind) : "");
    end_line(in);
}

static void print_sites(view *in, const record *of) {
    size_t count;
    sort_item *sorted = sort_sites(of, in->by, &count);
    size_t shown = rows_shown(in);
    print_head(in, of);
    for (size_t i = 0; i < count && i < shown; i++) {
        print_site(in, of, sorted[i].site);
    }
    sink_text(&sink_out, in->terminal ? "\033[J" : "");
}

/* ---- finding the record ---- */

static bool is_record(const char *path) {
    uint64_t magic = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool found = fd >= 0 && pread(fd, &magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
                 magic == CHI_TRACK_MAGIC;
    if (fd >= 0) {
        close(fd);
    }
    return found;
}

/* The record of a process is mapped shared in it. */
static const char *find_mapped(uint64_t process) {
    char line[MAPS_LINE];
    char path[64];
    const char *found = NULL;
    (void)snprintf(path, sizeof path, "/proc/%" PRIu64 "/maps", process);
    FILE *maps = fopen(path, "re");
    while (maps != NULL && found == NULL && fgets(line, sizeof line, maps) != NULL) {
        const char *name = strchr(line, '/');
        line[strcspn(line, "\n")] = 0;
        if (name != NULL && strstr(line, " rw-s ") != NULL && is_record(name)) {
            found = store_text(name, strlen(name));
        }
    }
    if (maps != NULL) {
        (void)fclose(maps);
    }
    return found;
}

static int find_record(const char **out, const char *operand, int position) {
    text_error error;
    uint64_t process = 0;
    *out = operand;
    if (access(operand, F_OK) == 0 || !text_u64(&process, operand, INT_MAX, &error)) {
        return EXIT_DONE;
    }
    *out = find_mapped(process);
    return *out != NULL ? EXIT_DONE
                        : message_argument(EXIT_NOT_ARMED, position,
                                           "process %s has no record open: is it running under "
                                           "`coldheap track`?",
                                           operand);
}

/* ---- looking ---- */

static void wait_for_next(void) {
    struct timespec pause = {.tv_sec = (time_t)flags.seconds};
    pause.tv_nsec = (long)((flags.seconds - (double)pause.tv_sec) * 1e9);
    (void)nanosleep(&pause, NULL);
}

/* Also if it was killed, and could not say so. */
static bool has_ended(const record *of) {
    int process = of->header.process;
    return of->header.ended != 0 || process <= 0 || (kill(process, 0) != 0 && errno == ESRCH);
}

/* Looks until the process has ended, or somebody closed what this is written to. */
static int look(view *in) {
    static record of;
    int code = EXIT_DONE;
    bool last = false;
    while (code == EXIT_DONE && !last) {
        ch_arena_point point = store_mark();
        in->learned = false;
        code = record_open(&of, in->path);
        if (code == EXIT_DONE) {
            print_sites(in, &of);
            last = flags.once || !sink_flush(&sink_out) || has_ended(&of);
        }
        if (code == EXIT_DONE && !in->learned) {
            store_release(point);
        }
        if (code == EXIT_DONE && !last) {
            wait_for_next();
        }
    }
    return code;
}

static int run(const operand_list *operands) {
    view in = {.by = FIGURE_LIVE, .terminal = !flags.once && isatty(STDOUT_FILENO) == 1};
    int code = options_choice("sort", flags.sort, "live|peak|bytes|allocs|growth");
    if (code == EXIT_DONE && operands->count != 1) {
        code = message_argument(EXIT_USAGE, 1, "give a process id, or a record");
    }
    if (code == EXIT_DONE) {
        code = find_record(&in.path, operands->texts[0], operands->positions[0]);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    if (flags.sort.position != 0) {
        in.by = sites_figure_find(flags.sort.text, strlen(flags.sort.text));
    }
    in.places = STORE_ARRAY(const char *, CHI_TRACK_SITES_MAX);
    if (in.terminal) {
        sink_text(&sink_out, "\033[2J");
    }
    code = look(&in);
    resolve_close();
    return code;
}

const command command_top = {
    .name = "top",
    .summary = "the sites of a tracked program while it runs",
    .synopsis = "coldheap top [flags] PROCESS|RECORD",
    .description =
        "Reads the record of a program that runs under `coldheap track`, once a second, and shows "
        "the sites with most live bytes. It costs the program nothing: the record is a file that "
        "both have open. Ends with the program.",
    .examples = "  coldheap top 4711\n  coldheap top --once --sort=peak coldheap.4711.track\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
