/* prove_report.c: see prove_report.h. */
#include "prove_report.h"

#include "demangle.h"
#include "source.h"

#include <stdio.h>
#include <string.h>

#define PLACE_BYTES    256u
#define NAME_SHOWN_MAX 200u

static const char *const VERDICTS[] = {"PROVEN", "UNPROVEN", "VIOLATION"};

static void add_bytes(char *text, size_t size, uint64_t bytes) {
    if (bytes < 1024) {
        (void)snprintf(text, size, "%llu B", (unsigned long long)bytes);
    } else if (bytes < (1u << 20)) {
        (void)snprintf(text, size, "%.1f KiB", (double)bytes / 1024);
    } else {
        (void)snprintf(text, size, "%.1f MiB", (double)bytes / (1 << 20));
    }
}

/* As people write it, cut to what one line can bear. */
static const char *readable(char text[DEMANGLE_BYTES], const char *name) {
    if (!demangle(text, name)) {
        (void)snprintf(text, DEMANGLE_BYTES, "%s", name);
    }
    if (strlen(text) > NAME_SHOWN_MAX) {
        memcpy(text + NAME_SHOWN_MAX - 3, "...", 4);
    }
    return text;
}

static void print_name(sink *out, const char *name) {
    char text[DEMANGLE_BYTES];
    sink_text(out, readable(text, name));
}

static bool is_library(const function *of) {
    return of->in->library;
}

/* The place of `via` in `from`, in brackets. */
static void print_place(sink *out, const function *from, const edge *via) {
    char place[PLACE_BYTES];
    if (via != NULL && !from->hub && !is_library(from)) {
        source_place(place, sizeof place, from->in, via->address);
        sink_print(out, " (%.250s)", place);
    }
}

/* The innermost function on the way that is the user's own, and so can be changed. */
static const function *own_end(const function *at) {
    while (is_library(at) && at->parent != NULL) {
        at = at->parent;
    }
    return at;
}

/* What the library's own part of the way is: [libc: qsort > __qsort_r > free]. */
static void print_library_way(sink *out, const finding *of) {
    const function *way[64];
    size_t count = 0;
    for (const function *at = of->at; is_library(at) && at->parent != NULL && count < 64;
         at = at->parent) {
        way[count++] = at;
    }
    if (count == 0) {
        return;
    }
    size_t length = strcspn(way[count - 1]->in->path, ".");
    sink_print(out, "   [%.*s: ", (int)length, way[count - 1]->in->path);
    for (size_t i = count; i > 0; i--) {
        sink_text(out, i < count ? " > " : "");
        print_name(out, way[i - 1]->name);
    }
    if (of->what != NULL && of->class != FINDING_LIBC_INDIRECT) {
        sink_text(out, " > ");
        print_name(out, of->what);
    }
    sink_text(out, "]");
}

static const function *first_library(const function *at) {
    const function *found = NULL;
    for (; at != NULL && is_library(at); at = at->parent) {
        found = at;
    }
    return found;
}

static bool is_place_only(finding_class class) {
    return class == FINDING_INDIRECT_CALL || class == FINDING_UNDECODED ||
           class == FINDING_SYSCALL || class == FINDING_NOTE_SYSCALL;
}

static void print_finding(sink *out, const finding *of) {
    char place[PLACE_BYTES];
    const function *own = own_end(of->at);
    const function *entered = first_library(of->at);
    const edge *via = own == of->at ? of->via : entered->via;
    sink_print(out, "%s ", verdict_class_text(of->class));
    if (entered == NULL && is_place_only(of->class) && via != NULL) {
        source_place(place, sizeof place, own->in, via->address);
        sink_text(out, place);
    } else {
        print_name(out, entered != NULL ? entered->name : of->what != NULL ? of->what : own->name);
        print_place(out, own, via);
    }
    for (const function *at = own; at != NULL; at = at->parent) {
        sink_text(out, " <- ");
        print_name(out, at->name);
        print_place(out, at->parent, at->parent != NULL ? at->via : NULL);
    }
    print_library_way(out, of);
    if (of->witness != NULL) {
        sink_print(out, "   [libc: %.800s]", of->witness);
    }
    if (of->class == FINDING_INDIRECT_CALL && of->what != NULL && of->why == NULL) {
        sink_print(out, ", expression `%.200s`", of->what);
    }
    if (of->candidates != NULL) {
        sink_print(out, ", candidates%.800s", of->candidates);
    }
    if (of->why != NULL) {
        sink_print(out, ", %.300s is open: %.300s", of->what, of->why);
    }
    sink_char(out, '\n');
}

static void print_head(sink *out, const verdict *of) {
    char stack[40];
    char root[DEMANGLE_BYTES];
    add_bytes(stack, sizeof stack, of->stack_bytes);
    sink_print(out, "%-9s %-24.300s stack%s%-10s", VERDICTS[of->kind],
               readable(root, of->root->name), of->stack_known ? "<=" : ">=", stack);
}

/* The first finding stands beside the verdict, all others below it. */
void report_text(sink *out, const verdict *of) {
    bool beside = of->kind != VERDICT_PROVEN;
    print_head(out, of);
    if (!beside) {
        sink_print(out, " %zu function%s\n", of->function_count,
                   of->function_count == 1 ? "" : "s");
    }
    for (const finding *found = of->findings; found != NULL; found = found->next) {
        bool is_note = verdict_class_weight(found->class) == 0;
        sink_text(out, beside ? " " : is_note ? "    note: " : "    ");
        print_finding(out, found);
        beside = false;
    }
    for (const exception *made = of->exceptions; made != NULL; made = made->next) {
        sink_print(out, "    assumed: %.600s: %.400s", made->text, made->reason);
        sink_print(out, made->count == 1 ? "\n" : " (%zu places)\n", made->count);
    }
}

/* ---- JSON ---- */

static void json_place(sink *out, const function *from, const edge *via) {
    const char *file = NULL;
    int line = 0;
    int column = 0;
    if (via != NULL && !from->hub && image_line(from->in, via->address, &file, &line, &column)) {
        sink_text(out, ",\"file\":");
        sink_json_text(out, file);
        sink_print(out, ",\"line\":%d,\"column\":%d", line, column);
    }
}

static void json_member(sink *out, const char *name, const char *text) {
    if (text != NULL) {
        sink_print(out, ",\"%s\":", name);
        sink_json_text(out, text);
    }
}

static void json_readable(sink *out, const char *name) {
    char text[DEMANGLE_BYTES];
    if (demangle(text, name)) {
        sink_text(out, ",\"readable\":");
        sink_json_text(out, text);
    }
}

static void json_finding(sink *out, const finding *of) {
    sink_print(out, "{\"class\":\"%s\"", verdict_class_text(of->class));
    json_member(out, "what", of->what);
    json_member(out, "open", of->why);
    json_member(out, "witness", of->witness);
    if (of->candidates != NULL) {
        json_member(out, "candidates", of->candidates + 1);
    }
    if (verdict_class_weight(of->class) == 0) {
        sink_text(out, ",\"note\":true");
    }
    sink_text(out, ",\"path\":[");
    const edge *via = of->via;
    for (const function *at = of->at; at != NULL; via = at->via, at = at->parent) {
        sink_text(out, at == of->at ? "{\"function\":" : ",{\"function\":");
        sink_json_text(out, at->name);
        json_readable(out, at->name);
        sink_text(out, ",\"object\":");
        sink_json_text(out, at->in->base);
        json_place(out, at, via);
        sink_char(out, '}');
    }
    sink_text(out, "]}");
}

void report_json(sink *out, const verdict *of) {
    sink_text(out, "{\"version\":1,\"type\":\"verdict\",\"root\":");
    sink_json_text(out, of->root->name);
    json_readable(out, of->root->name);
    sink_print(out, ",\"verdict\":\"%s\",\"functions\":%zu,\"syscalls\":%zu,\"stack_bytes\":",
               VERDICTS[of->kind], of->function_count, of->syscall_count);
    if (of->stack_known) {
        sink_u64(out, of->stack_bytes);
    } else {
        sink_text(out, "null");
    }
    sink_text(out, ",\"findings\":[");
    for (const finding *found = of->findings; found != NULL; found = found->next) {
        if (found != of->findings) {
            sink_char(out, ',');
        }
        json_finding(out, found);
    }
    sink_text(out, "],\"assumed\":[");
    for (const exception *made = of->exceptions; made != NULL; made = made->next) {
        sink_text(out, made == of->exceptions ? "{\"line\":" : ",{\"line\":");
        sink_json_text(out, made->text);
        json_member(out, "reason", made->reason);
        sink_print(out, ",\"places\":%zu}", made->count);
    }
    sink_text(out, "]}\n");
}

/* ---- annotations ---- */

/* Characters that would end a property or a message. */
static void github_text(sink *out, const char *text, bool property) {
    for (; *text != 0; text++) {
        unsigned char character = (unsigned char)*text;
        bool special = character == '%' || character == '\r' || character == '\n' ||
                       (property && (character == ':' || character == ','));
        if (special) {
            sink_print(out, "%%%02X", character);
        } else {
            sink_char(out, (char)character);
        }
    }
}

static void github_finding(sink *out, const verdict *of, const finding *found) {
    const function *own = own_end(found->at);
    const edge *via = own == found->at ? found->via : first_library(found->at)->via;
    const char *file = NULL;
    int line = 0;
    int column = 0;
    sink_text(out, verdict_class_weight(found->class) == 2 ? "::error " : "::warning ");
    if (via != NULL && !own->hub && image_line(own->in, via->address, &file, &line, &column)) {
        sink_text(out, "file=");
        github_text(out, source_relative(file), true);
        sink_print(out, ",line=%d,", line);
    }
    sink_text(out, "title=");
    github_text(out, verdict_class_text(found->class), true);
    sink_text(out, "::");
    char name[DEMANGLE_BYTES];
    github_text(out, readable(name, of->root->name), false);
    sink_text(out, " reaches ");
    github_text(out, readable(name, found->what != NULL ? found->what : own->name), false);
    sink_char(out, '\n');
}

void report_github(sink *out, const verdict *of) {
    for (const finding *found = of->findings; found != NULL; found = found->next) {
        if (verdict_class_weight(found->class) > 0) {
            github_finding(out, of, found);
        }
    }
}
