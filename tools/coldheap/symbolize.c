/* symbolize.c: `coldheap symbolize`: a log that a run time wrote by itself, with functions, lines
 * and inlined frames. The modules of a report stand behind its frames, and other threads may write
 * between: lines are held back until the modules have come. */
#include "command.h"

#include "backtrace.h"
#include "log_line.h"
#include "message.h"
#include "store.h"
#include "wrappers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 4096u /* longer ones pass as they are */
#define HELD_MAX   256u
#define CALL_BYTES 128u

static struct { flag_list wrappers; } flags;

static const flag_row FLAGS[] = {
    {"wrapper", FLAG_LIST, &flags.wrappers, "NAME", 0, NULL,
     "a function of yours that only hands requests for memory on; may be repeated"},
};

/* A module by the short name that frames call it. */
typedef struct named_module {
    resolve_module *module; /* NULL: the name stands for several files */
    const char *name;
    bool fresh; /* its line came since lines were last let go */
    bool told;  /* what is wrong with it was said */
    struct named_module *next;
} named_module;

typedef struct held_line {
    char *text;
    log_line parts;
    resolve_module *module;
} held_line;

static held_line held[HELD_MAX];
static size_t held_count;
static named_module *names;
static bool modules_came;

/* ---- modules ---- */

static named_module *find_name(const char *name, size_t size) {
    for (named_module *at = names; at != NULL; at = at->next) {
        if (strlen(at->name) == size && memcmp(at->name, name, size) == 0) {
            return at;
        }
    }
    return NULL;
}

static void note_module(const log_line *line) {
    const char *path = store_text(line->module.text, line->module.size);
    resolve_module *module = resolve_open(path, line->build_id, line->build_id_size);
    const char *name = resolve_name(module);
    named_module *found = find_name(name, strlen(name));
    if (found == NULL) {
        found = STORE_NEW(named_module);
        *found = (named_module){.module = module, .name = name, .next = names};
        names = found;
    }
    if (found->module != module) {
        found->module = found->fresh ? NULL : module;
        found->told = false;
    }
    found->fresh = true;
    modules_came = true;
}

static resolve_module *module_of(const log_line *line) {
    named_module *found = find_name(line->module.text, line->module.size);
    if (line->module.size == 0 || found == NULL || found->module == NULL) {
        return NULL;
    }
    const char *problem;
    (void)resolve_state_of(found->module, &problem);
    if (problem[0] != 0 && !found->told) {
        message_note("coldheap: %s", problem);
        found->told = true;
    }
    return found->module;
}

/* ---- lines ---- */

static void print_line(const char *text) {
    sink_text(&sink_out, text);
    sink_char(&sink_out, '\n');
}

static void print_part(log_part part) {
    sink_bytes(&sink_out, part.text, part.size);
}

/* The frames of the report that begins at held[first]: up to the next report. */
static backtrace trace_of(size_t first) {
    backtrace_address *addresses = STORE_ARRAY(backtrace_address, HELD_MAX);
    size_t count = 0;
    for (size_t i = first; i < held_count && (i == first || held[i].parts.kind != LOG_VIOLATION);
         i++) {
        if (held[i].parts.kind == LOG_FRAME) {
            addresses[count++] =
                (backtrace_address){.module = held[i].module, .offset = held[i].parts.offset};
        }
    }
    return backtrace_make(addresses, count);
}

/* malloc 40 B, asked for by operator new, is operator new(40). */
static void print_violation(size_t index, const backtrace *trace) {
    char call[CALL_BYTES];
    char operation[CALL_BYTES];
    const log_line *parts = &held[index].parts;
    (void)snprintf(call, sizeof call, "%.*s", (int)parts->call.size, parts->call.text);
    backtrace_operation(operation, sizeof operation, call, trace);
    if (parts->bytes.size == 0 || strcmp(call, operation) == 0) {
        print_line(held[index].text);
        return;
    }
    print_part(parts->head);
    sink_print(&sink_out, "%s(", operation);
    print_part(parts->bytes);
    sink_char(&sink_out, ')');
    print_part(parts->tail);
    sink_char(&sink_out, '\n');
}

/* "... from f (keys.c:88) <- g (keys.c:131)" */
static void print_site(const held_line *line) {
    const backtrace_address address = {.module = line->module, .offset = line->parts.offset};
    const backtrace trace = backtrace_make(&address, 1);
    if (line->module == NULL || trace.lines[0].frame->function[0] == 0) {
        print_line(line->text);
        return;
    }
    print_part(line->parts.head);
    for (size_t i = 0; i < trace.count; i++) {
        char place[LINE_BYTES];
        backtrace_place(place, sizeof place, &trace.lines[i]);
        sink_print(&sink_out, "%s%.400s (%.500s)", i > 0 ? " <- " : "",
                   trace.lines[i].frame->function, place);
    }
    sink_char(&sink_out, '\n');
}

/* A frame as it is resolved; as it stands in the log if it cannot be. */
static void print_frame(const held_line *line, const backtrace *trace, size_t *at) {
    const size_t first = *at;
    size_t end = first + 1;
    while (end < trace->count && trace->lines[end - 1].frame->inlined) {
        end++;
    }
    *at = end;
    if (first < trace->count && trace->lines[first].frame->function[0] != 0) {
        backtrace_print_lines(&sink_out, trace, first, end);
        return;
    }
    const char *number_end = strchr(line->text, '#') + 1;
    number_end += strspn(number_end, "0123456789");
    number_end += strspn(number_end, " ");
    sink_print(&sink_out, "    #%zu ", first);
    print_line(number_end);
}

/* Reads the held lines again, with all modules that have come by now. */
static void release(void) {
    backtrace trace = {.count = 0};
    size_t at = 0;
    for (size_t i = 0; i < held_count; i++) {
        held[i].module = module_of(&held[i].parts);
    }
    if (held_count > 0) {
        trace = trace_of(0);
    }
    for (size_t i = 0; i < held_count; i++) {
        switch (held[i].parts.kind) {
        case LOG_VIOLATION:
            trace = trace_of(i);
            at = 0;
            print_violation(i, &trace);
            break;
        case LOG_FRAME:
            print_frame(&held[i], &trace, &at);
            break;
        case LOG_SITE:
            print_site(&held[i]);
            break;
        case LOG_MODULE:
        case LOG_OTHER:
            print_line(held[i].text);
            break;
        }
    }
    held_count = 0;
    modules_came = false;
    for (named_module *name = names; name != NULL; name = name->next) {
        name->fresh = false;
    }
}

/* A line of the log without its end; with a zero in it, it is no text. */
static void hold(const char *text, size_t size) {
    if (strlen(text) != size) {
        release();
        sink_bytes(&sink_out, text, size);
        sink_char(&sink_out, '\n');
        return;
    }
    held_line *line = &held[held_count];
    const log_line parts = log_read(text);
    if (modules_came && parts.kind != LOG_MODULE) {
        release();
        line = &held[0];
    }
    if (held_count == 0 && parts.kind == LOG_OTHER) {
        print_line(text);
        return;
    }
    line->text = store_text(text, size);
    line->parts = log_read(line->text);
    held_count++;
    if (parts.kind == LOG_MODULE) {
        note_module(&line->parts);
    }
    if (held_count == HELD_MAX) {
        release();
    }
}

/* ---- input ---- */

typedef struct line_reader {
    char text[LINE_BYTES];
    size_t used;
    bool passing; /* in a line that is too long: it goes out in pieces */
} line_reader;

static void take_byte(line_reader *in, char byte) {
    if (byte == '\n' && in->passing) {
        sink_bytes(&sink_out, in->text, in->used);
        sink_char(&sink_out, '\n');
        in->passing = false;
        in->used = 0;
    } else if (byte == '\n') {
        in->text[in->used] = 0;
        hold(in->text, in->used);
        in->used = 0;
    } else {
        if (in->used == LINE_BYTES - 1) {
            release();
            in->passing = true;
            sink_bytes(&sink_out, in->text, in->used);
            in->used = 0;
        }
        in->text[in->used++] = byte;
    }
}

static void take_rest(line_reader *in) {
    if (in->used > 0 && !in->passing) {
        in->text[in->used] = 0;
        hold(in->text, in->used);
    }
    release();
    if (in->passing) {
        sink_bytes(&sink_out, in->text, in->used);
    }
}

static int read_log(int fd, const char *name) {
    static line_reader reader;
    static char block[65536];
    for (;;) {
        const ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return message_error(EXIT_NOT_ARMED, name, 0, "%s", strerror(errno));
        }
        if (got == 0) {
            take_rest(&reader);
            return EXIT_DONE;
        }
        for (ssize_t i = 0; i < got; i++) {
            take_byte(&reader, block[i]);
        }
        (void)sink_flush(&sink_out);
    }
}

static int run(const operand_list *operands) {
    const bool from_file = operands->count == 1 && strcmp(operands->texts[0], "-") != 0;
    const char *name = from_file ? operands->texts[0] : "stdin";
    if (operands->count > 1) {
        return message_argument(EXIT_USAGE, operands->positions[1], "one log at a time");
    }
    for (size_t i = 0; i < flags.wrappers.count; i++) {
        (void)wrappers_add(flags.wrappers.items[i].text);
    }
    const int fd = from_file ? open(name, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (fd < 0) {
        return message_error(EXIT_NOT_ARMED, name, 0, "%s", strerror(errno));
    }
    const int code = read_log(fd, name);
    if (from_file) {
        close(fd);
    }
    resolve_close();
    return code;
}

const command command_symbolize = {
    .name = "symbolize",
    .summary = "give a log of violations functions, lines and inlined frames",
    .synopsis = "coldheap symbolize [flags] [LOG]",
    .description =
        "Reads what a guarded program wrote without this command (stdin if no file is named) and "
        "prints it with readable names, lines and the functions that were inlined, by the build "
        "ids and offsets in it. A file that is another build than the recorded one is not used. "
        "All other lines pass as they are.",
    .examples = "  COLDHEAP=mode=log ./engine 2>&1 | coldheap symbolize\n"
                "  coldheap symbolize guard.log\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
