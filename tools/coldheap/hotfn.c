/* hotfn.c: symbol tables against the rules by name. See hotfn.h. */
#include "hotfn.h"

#include "closure.h"
#include "codes.h"
#include "demangle.h"
#include "message.h"
#include "store.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <gelf.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

typedef struct search {
    launch *in;
    size_t rule_count; /* those of the user */
    const char *path;
    const char *soname; /* "" if none */
    bool stripped;      /* the run time will read .dynsym */
    bool fits[CHI_SESSION_RULES];
    int code;
} search;

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool is_by_name(const chi_session_rule *rule) {
    return (rule->kind == CHI_RULE_HOT || rule->kind == CHI_RULE_WATCH) && rule->by_address == 0;
}

bool hotfn_is_derived(const chi_session_rule *rule) {
    return rule->by_address != 0 && rule->function[0] != 0;
}

/* As ranges.c of the run time decides it. */
static bool is_about(const chi_session_rule *rule, const search *s) {
    const char *glob = rule->module;
    return *glob == 0 || fnmatch(glob, s->path, 0) == 0 ||
           fnmatch(glob, base_of(s->path), 0) == 0 ||
           (*s->soname != 0 && fnmatch(glob, s->soname, 0) == 0);
}

/* The linker's name, with or without what compilers append to those of parts and copies. */
static bool fits_name(const char *glob, const char *name) {
    const char *dot = *name != 0 ? strchr(name + 1, '.') : NULL;
    return fnmatch(glob, name, 0) == 0 ||
           (dot != NULL && fnmatch(glob, store_text(name, (size_t)(dot - name)), 0) == 0);
}

/* The path as a glob that fits nothing else. */
static const char *as_glob(const char *path) {
    char *glob = store_alloc(2 * strlen(path) + 1, 1);
    size_t used = 0;
    for (; *path != 0; path++) {
        if (strchr("*?[]\\", *path) != NULL) {
            glob[used++] = '\\';
        }
        glob[used++] = *path;
    }
    glob[used] = 0;
    return glob;
}

static bool is_there(const search *s, const char *module, uint64_t address, uint32_t kind) {
    for (size_t i = s->rule_count; i < s->in->rule_count; i++) {
        const chi_session_rule *rule = &s->in->session->rules[i];
        if (rule->offset == address && rule->kind == kind && strcmp(rule->module, module) == 0) {
            return true;
        }
    }
    return false;
}

static void add(search *s, chi_session_rule *by_name, const char *name, const GElf_Sym *symbol) {
    char text[DEMANGLE_BYTES];
    const char *module = as_glob(s->path);
    if (strlen(module) >= CHI_SESSION_NAME_BYTES) {
        module = as_glob(base_of(s->path));
    }
    by_name->matches++;
    if (is_there(s, module, symbol->st_value, by_name->kind)) {
        return;
    }
    chi_session_rule *rule = launch_rule(s->in, by_name->kind);
    if (rule == NULL) {
        s->code = EXIT_USAGE;
        return;
    }
    if (demangle(text, name)) {
        demangle_bare(text);
        name = text;
    }
    const size_t length = strnlen(name, sizeof rule->function - 1);
    memcpy(rule->function, name, length);
    rule->by_address = 1;
    rule->offset = symbol->st_value;
    rule->bytes = symbol->st_size;
    rule->ops = by_name->ops;
    rule->line = by_name->line;
    s->code = launch_set(rule->module, sizeof rule->module, module, "file name");
}

/* `seen`: the run time reads this table itself, and finds the linker's names in it. */
static void offer(search *s, const char *name, const GElf_Sym *symbol, bool seen) {
    const unsigned type = GELF_ST_TYPE(symbol->st_info);
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_size == 0 ||
        (type != STT_FUNC && type != STT_GNU_IFUNC)) {
        return;
    }
    const bool mangled = name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
    for (size_t i = 0; i < s->rule_count && s->code == EXIT_DONE; i++) {
        chi_session_rule *rule = &s->in->session->rules[i];
        if (!s->fits[i]) {
            continue;
        }
        const ch_arena_point point = store_mark();
        const bool plain = fits_name(rule->function, name);
        const bool found = plain ? !seen : mangled && demangle_matches(rule->function, name);
        store_release(point);
        if (found) {
            add(s, rule, name, symbol);
        }
    }
}

static void offer_table(search *s, Elf *elf, Elf_Scn *section, const GElf_Shdr *header, bool seen) {
    Elf_Data *data = elf_getdata(section, NULL);
    if (data == NULL || header->sh_entsize == 0) {
        return;
    }
    const size_t count = data->d_size / header->sh_entsize;
    for (size_t i = 0; i < count && i < INT32_MAX && s->code == EXIT_DONE; i++) {
        GElf_Sym symbol;
        if (gelf_getsym(data, (int)i, &symbol) == NULL) {
            return;
        }
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (name != NULL && *name != 0) {
            offer(s, name, &symbol, seen);
        }
    }
}

static void offer_tables(search *s, Elf *elf, GElf_Word type, bool seen) {
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) != NULL && header.sh_type == type) {
            offer_table(s, elf, section, &header, seen);
        }
    }
}

static bool has_table(Elf *elf, GElf_Word type) {
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) != NULL && header.sh_type == type) {
            return true;
        }
    }
    return false;
}

static const char *soname_of(Elf *elf) {
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == NULL || header.sh_type != SHT_DYNAMIC ||
            header.sh_entsize == 0) {
            continue;
        }
        Elf_Data *data = elf_getdata(section, NULL);
        GElf_Dyn entry;
        for (int i = 0; data != NULL && gelf_getdyn(data, i, &entry) != NULL; i++) {
            const char *name =
                entry.d_tag == DT_SONAME ? elf_strptr(elf, header.sh_link, entry.d_un.d_val) : NULL;
            if (name != NULL) {
                return store_text(name, strlen(name));
            }
        }
    }
    return "";
}

static Elf *open_elf(const char *path, int *fd) {
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf = *fd >= 0 ? elf_begin(*fd, ELF_C_READ, NULL) : NULL;
    if (elf != NULL && elf_kind(elf) == ELF_K_ELF) {
        return elf;
    }
    (void)elf_end(elf);
    if (*fd >= 0) {
        close(*fd);
    }
    return NULL;
}

/* A stripped file's functions, if the debug file of its build id is installed. */
static void search_debug_file(search *s, Elf *stripped) {
    const void *bytes = NULL;
    const ssize_t size = dwelf_elf_gnu_build_id(stripped, &bytes);
    if (size < 2 || size > 64) {
        return;
    }
    const uint8_t *id = bytes;
    char *path = store_format("/usr/lib/debug/.build-id/%02x/", id[0]);
    for (ssize_t i = 1; i < size; i++) {
        path = store_format("%s%02x", path, id[i]);
    }
    int fd;
    Elf *elf = open_elf(store_format("%s.debug", path), &fd);
    if (elf == NULL) {
        return;
    }
    offer_tables(s, elf, SHT_SYMTAB, false);
    (void)elf_end(elf);
    close(fd);
}

static void search_file(search *s, const char *path) {
    int fd;
    Elf *elf = open_elf(path, &fd);
    if (elf == NULL) {
        return;
    }
    bool any = false;
    s->path = path;
    s->soname = soname_of(elf);
    for (size_t i = 0; i < s->rule_count; i++) {
        const chi_session_rule *rule = &s->in->session->rules[i];
        s->fits[i] = is_by_name(rule) && is_about(rule, s);
        any = any || s->fits[i];
    }
    if (any && has_table(elf, SHT_SYMTAB)) {
        offer_tables(s, elf, SHT_SYMTAB, true);
    } else if (any) {
        offer_tables(s, elf, SHT_DYNSYM, true);
        search_debug_file(s, elf);
    }
    (void)elf_end(elf);
    close(fd);
}

static void warn_inlined(const launch *in, size_t rule_count, const char *path) {
    for (size_t i = 0; i < rule_count; i++) {
        const chi_session_rule *rule = &in->session->rules[i];
        const char *first = "";
        const size_t copies = is_by_name(rule) && rule->module[0] == 0
                                  ? hotfn_inlined(path, rule->function, &first)
                                  : 0;
        if (copies > 0) {
            message_note("warning: \"%s\" was inlined at %zu place%s (%s): what it does there is "
                         "not seen",
                         rule->function, copies, copies == 1 ? "" : "s", first);
        }
    }
}

int hotfn_expand(launch *in, const char *path) {
    bool any = false;
    for (size_t i = 0; i < in->rule_count; i++) {
        any = any || is_by_name(&in->session->rules[i]);
    }
    if (!any || elf_version(EV_CURRENT) == EV_NONE) {
        return EXIT_DONE;
    }
    closure *files = STORE_NEW(closure);
    search *s = STORE_NEW(search);
    s->in = in;
    s->rule_count = in->rule_count;
    s->code = EXIT_DONE;
    closure_of(files, path);
    for (size_t i = 0; i < files->count && s->code == EXIT_DONE; i++) {
        search_file(s, files->paths[i]);
    }
    if (s->code == EXIT_DONE) {
        warn_inlined(in, s->rule_count, path);
    }
    return s->code;
}
