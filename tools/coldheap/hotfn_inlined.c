/* hotfn_inlined.c: copies of functions that have no symbol, as DWARF tells of them. DWARF of
 * strangers is read in a child, which may crash or take too long; then nothing is known. */
#include "hotfn.h"

#include "demangle.h"
#include "store.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_BYTES 512u

typedef struct count {
    const char *glob;
    size_t copies;
    char first[ANSWER_BYTES - 32];
} count;

static int take_copy(Dwarf_Die *copy, void *context) {
    count *c = context;
    Dwarf_Die unit;
    Dwarf_Attribute attribute;
    Dwarf_Word line = 0;
    Dwarf_Word file = 0;
    Dwarf_Files *files;
    c->copies++;
    if (c->first[0] == 0 &&
        dwarf_formudata(dwarf_attr(copy, DW_AT_call_line, &attribute), &line) == 0 &&
        dwarf_formudata(dwarf_attr(copy, DW_AT_call_file, &attribute), &file) == 0 &&
        dwarf_diecu(copy, &unit, NULL, NULL) != NULL &&
        dwarf_getsrcfiles(&unit, &files, NULL) == 0) {
        const char *path = dwarf_filesrc(files, file, NULL, NULL);
        const char *slash = path != NULL ? strrchr(path, '/') : NULL;
        (void)snprintf(c->first, sizeof c->first, "%s:%u",
                       path == NULL ? "?" : (slash != NULL ? slash + 1 : path), (unsigned)line);
    }
    return DWARF_CB_OK;
}

static bool names_a_scope(Dwarf_Die *die) {
    const int tag = dwarf_tag(die);
    return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
           tag == DW_TAG_union_type;
}

/* "engine::world::small", by the scopes around the declaration; cut to fit. */
static void qualified_name(char text[DEMANGLE_BYTES], Dwarf_Die *function, const char *name) {
    Dwarf_Attribute attribute;
    Dwarf_Die declared = *function;
    Dwarf_Die *scopes = NULL;
    size_t used = 0;
    if (dwarf_attr(function, DW_AT_specification, &attribute) != NULL) {
        (void)dwarf_formref_die(&attribute, &declared);
    }
    for (int i = dwarf_getscopes_die(&declared, &scopes) - 1; i > 0; i--) {
        const char *scope = names_a_scope(&scopes[i]) ? dwarf_diename(&scopes[i]) : NULL;
        if (scope != NULL && used < DEMANGLE_BYTES) {
            used += (size_t)snprintf(text + used, DEMANGLE_BYTES - used, "%s::", scope);
        }
    }
    if (used < DEMANGLE_BYTES) {
        (void)snprintf(text + used, DEMANGLE_BYTES - used, "%s", name);
    }
    free(scopes);
}

static bool fits(const char *glob, Dwarf_Die *function) {
    char text[DEMANGLE_BYTES];
    Dwarf_Attribute attribute;
    const char *name = dwarf_diename(function);
    const char *linked =
        dwarf_formstring(dwarf_attr_integrate(function, DW_AT_linkage_name, &attribute));
    if (name != NULL) {
        qualified_name(text, function, name);
    }
    return (name != NULL && (fnmatch(glob, name, 0) == 0 || fnmatch(glob, text, 0) == 0)) ||
           (linked != NULL && demangle_matches(glob, linked));
}

static int visit_function(Dwarf_Die *function, void *context) {
    count *c = context;
    if (dwarf_func_inline(function) != 0 && fits(c->glob, function)) {
        (void)dwarf_func_inline_instances(function, take_copy, c);
    }
    return DWARF_CB_OK;
}

static void read_dwarf(count *c, const char *path) {
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo,
                                             .section_address = dwfl_offline_section_address};
    Dwfl *session = dwfl_begin(&callbacks);
    Dwfl_Module *module = session != NULL ? dwfl_report_offline(session, "", path, -1) : NULL;
    Dwarf_Addr bias;
    if (module == NULL || dwfl_report_end(session, NULL, NULL) != 0) {
        return;
    }
    for (Dwarf_Die *unit = NULL; (unit = dwfl_module_nextcu(module, unit, &bias)) != NULL;) {
        (void)dwarf_getfuncs(unit, visit_function, c, 0);
    }
}

static void answer(int fd, const char *path, const char *glob) {
    static count c;
    char text[ANSWER_BYTES];
    c.glob = glob;
    read_dwarf(&c, path);
    const int length = snprintf(text, sizeof text, "%zu %s", c.copies, c.first);
    const ssize_t written = write(fd, text, (size_t)length);
    _exit(written == length ? 0 : 1);
}

/* The answer is one write, so it comes whole. */
static size_t wait_for(int fd, const char **first) {
    char text[ANSWER_BYTES];
    char place[ANSWER_BYTES];
    size_t copies = 0;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (poll(&ready, 1, HOTFN_SECONDS * 1000) != 1) {
        return 0;
    }
    const ssize_t length = read(fd, text, sizeof text - 1);
    text[length > 0 ? length : 0] = 0;
    if (sscanf(text, "%zu %511s", &copies, place) == 2) {
        *first = store_text(place, strlen(place));
    }
    return copies;
}

size_t hotfn_inlined(const char *path, const char *glob, const char **first) {
    int ends[2];
    *first = "";
    if (pipe(ends) != 0) {
        return 0;
    }
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        answer(ends[1], path, glob);
    }
    close(ends[1]);
    const size_t copies = child > 0 ? wait_for(ends[0], first) : 0;
    close(ends[0]);
    if (child > 0) {
        int status;
        (void)kill(child, SIGKILL);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    }
    return copies;
}
