/* program.c: see program.h. */
#include "program.h"

#include "codes.h"
#include "message.h"
#include "store.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SCRIPT_LINE_MAX 255u /* what the kernel reads of it */

enum { NOT_RUNNABLE = 126, NOT_FOUND = 127 };

/* ---- the file ---- */

static bool is_runnable(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

const char *program_find(const char *name) {
    if (strchr(name, '/') != NULL) {
        return name;
    }
    const char *folders = getenv("PATH");
    for (const char *at = folders != NULL ? folders : "/bin:/usr/bin"; *name != 0;) {
        const size_t length = strcspn(at, ":");
        const char *path = length == 0 ? store_format("./%s", name)
                                       : store_format("%.*s/%s", (int)length, at, name);
        if (is_runnable(path)) {
            return path;
        }
        if (at[length] == 0) {
            break;
        }
        at += length + 1;
    }
    return NULL;
}

/* ---- names that tell something ---- */

typedef struct telling {
    const char *name; /* of a function, or of a library, as far as it goes */
    const char *what;
} telling;

static const telling HEAP_FUNCTIONS[] = {
    {"je_malloc", "jemalloc (je_)"},
    {"je_mallocx", "jemalloc (je_)"},
    {"_rjem_malloc", "jemalloc (_rjem_)"},
    {"_rjem_mallocx", "jemalloc (_rjem_)"},
    {"mi_malloc", "mimalloc (mi_)"},
    {"mi_heap_malloc", "mimalloc (mi_)"},
    {"tc_malloc", "tcmalloc (tc_)"},
    {"tc_new", "tcmalloc (tc_)"},
    {"rpmalloc", "rpmalloc (rp)"},
    {"rpcalloc", "rpmalloc (rp)"},
    {"JNI_CreateJavaVM", "JVM"},
    {"JLI_Launch", "JVM"},
    {"runtime.mallocgc", "Go"},
};

static const telling HEAP_LIBRARIES[] = {
    {"libjvm.so", "JVM"}, {"libjli.so", "JVM"},    {"libnode.so", "V8"},   {"libv8", "V8"},
    {"libgo.so", "Go"},   {"libmonosgen", "Mono"}, {"libcoreclr", ".NET"}, {"libhostfxr", ".NET"},
};

static const telling SANITIZERS[] = {
    {"__asan_init", "libasan"},
    {"__tsan_init", "libtsan"},
    {"__msan_init", "libmsan"},
    {"__lsan_init", "liblsan"},
};

static const telling CLANG_RUNTIMES[] = {
    {"libclang_rt.asan", "__asan_init"},
    {"libclang_rt.tsan", "__tsan_init"},
    {"libclang_rt.msan", "__msan_init"},
    {"libclang_rt.lsan", "__lsan_init"},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static void note_heap_function(program *out, const char *name) {
    for (size_t i = 0; out->heap == NULL && i < COUNT(HEAP_FUNCTIONS); i++) {
        if (strcmp(name, HEAP_FUNCTIONS[i].name) == 0) {
            out->heap = HEAP_FUNCTIONS[i].what;
        }
    }
    if (out->heap == NULL && (begins(name, "_ZN2v88internal4Heap") || begins(name, "_ZN2v87Iso"))) {
        out->heap = "V8";
    }
    if (strcmp(name, "PyObject_Malloc") == 0 || strcmp(name, "_PyObject_Malloc") == 0) {
        out->heap_note =
            "Python's small objects are no calls of malloc, unless PYTHONMALLOC=malloc";
    }
}

/* The sanitizers in the order in which one is part of the other. */
static void note_sanitizer(program *out, size_t index, const char *library) {
    const program_sanitizer found = (program_sanitizer)(index + 1);
    if (out->sanitizer == PROGRAM_NO_SANITIZER || found < out->sanitizer) {
        out->sanitizer = found;
    }
    if (library != NULL && found == out->sanitizer) {
        out->sanitizer_library = library;
    }
}

static void note_defined(program *out, const char *name) {
    note_heap_function(out, name);
    for (size_t i = 0; i < COUNT(SANITIZERS); i++) {
        if (strcmp(name, SANITIZERS[i].name) == 0) {
            note_sanitizer(out, i, NULL);
        }
    }
    out->guard = out->guard || strcmp(name, "chi_guard_identity") == 0;
}

static void note_needed(program *out, const char *name) {
    if (out->needed_count < PROGRAM_NEEDED_MAX) {
        out->needed[out->needed_count++] = name;
    }
    for (size_t i = 0; out->heap == NULL && i < COUNT(HEAP_LIBRARIES); i++) {
        if (begins(name, HEAP_LIBRARIES[i].name)) {
            out->heap = HEAP_LIBRARIES[i].what;
        }
    }
    for (size_t i = 0; i < COUNT(SANITIZERS); i++) {
        if (begins(name, SANITIZERS[i].what) || begins(name, CLANG_RUNTIMES[i].name)) {
            note_sanitizer(out, i, name);
        }
    }
    out->guard = out->guard || begins(name, "libcoldheap-guard.so");
    if (begins(name, "libpython")) {
        note_heap_function(out, "PyObject_Malloc");
    }
}

/* ---- ELF ---- */

static void read_section_name(program *out, const char *name, const GElf_Shdr *header) {
    out->symbol_table = out->symbol_table || header->sh_type == SHT_SYMTAB;
    out->go = out->go || strcmp(name, ".go.buildinfo") == 0;
    out->pascal = out->pascal || begins(name, ".fpc") || begins(name, "fpc.");
    out->marks = out->marks || strcmp(name, "ch_marks") == 0;
    out->hot_text = out->hot_text || strcmp(name, "ch_hot_text") == 0;
}

static void read_needed(program *out, Elf *elf, Elf_Scn *scn, const GElf_Shdr *header) {
    Elf_Data *data = elf_getdata(scn, NULL);
    const size_t count =
        data != NULL && header->sh_entsize != 0 ? data->d_size / header->sh_entsize : 0;
    for (size_t i = 0; i < count && i <= INT_MAX; i++) {
        GElf_Dyn entry;
        if (gelf_getdyn(data, (int)i, &entry) == NULL || entry.d_tag != DT_NEEDED) {
            continue;
        }
        const char *name = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
        if (name != NULL) {
            note_needed(out, store_text(name, strlen(name)));
        }
    }
}

static bool is_named_function(const GElf_Sym *symbol) {
    const unsigned type = GELF_ST_TYPE(symbol->st_info);
    return symbol->st_shndx != SHN_UNDEF &&
           (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE);
}

/* `names` NULL: only counts. */
static size_t read_functions(program *out, Elf *elf, Elf_Scn *scn, const GElf_Shdr *header,
                             const char **names) {
    Elf_Data *data = elf_getdata(scn, NULL);
    const size_t count =
        data != NULL && header->sh_entsize != 0 ? data->d_size / header->sh_entsize : 0;
    size_t found = 0;
    for (size_t i = 0; i < count && i <= INT_MAX; i++) {
        GElf_Sym symbol;
        if (gelf_getsym(data, (int)i, &symbol) == NULL || !is_named_function(&symbol)) {
            continue;
        }
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (name == NULL || *name == 0) {
            continue;
        }
        if (names != NULL) {
            names[found] = store_text(name, strcspn(name, "@"));
            note_defined(out, names[found]);
        }
        found++;
    }
    return found;
}

static void read_sections(program *out, Elf *elf, size_t names, bool counting) {
    size_t used = 0;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn)) != NULL;) {
        GElf_Shdr header;
        if (gelf_getshdr(scn, &header) == NULL) {
            continue;
        }
        if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) {
            used += read_functions(out, elf, scn, &header, counting ? NULL : out->functions + used);
        }
        const char *name = elf_strptr(elf, names, header.sh_name);
        if (counting && name != NULL) {
            read_section_name(out, name, &header);
        }
        if (counting && header.sh_type == SHT_DYNAMIC) {
            read_needed(out, elf, scn, &header);
        }
    }
    out->function_count = used;
}

static void read_segments(program *out, Elf *elf) {
    size_t count = 0;
    if (elf_getphdrnum(elf, &count) != 0) {
        return;
    }
    for (size_t i = 0; i < count && i <= INT_MAX; i++) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, (int)i, &header) != NULL && header.p_type == PT_INTERP) {
            out->loaded = true;
        }
    }
}

static void read_elf(program *out, Elf *elf) {
    GElf_Ehdr header;
    size_t names = 0;
    if (elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == NULL) {
        return;
    }
    out->elf = true;
    out->other_machine = header.e_machine != EM_X86_64 || gelf_getclass(elf) != ELFCLASS64;
    out->position_free = header.e_type == ET_DYN;
    read_segments(out, elf);
    if (elf_getshdrstrndx(elf, &names) == 0) {
        read_sections(out, elf, names, true);
        out->functions = STORE_ARRAY(const char *, out->function_count + 1);
        read_sections(out, elf, names, false);
    }
}

static void read_rights(program *out, int fd, const struct stat *status) {
    char value[64];
    out->privileged_mode = (status->st_mode & (S_ISUID | S_ISGID)) != 0;
    out->capabilities = fgetxattr(fd, "security.capability", value, sizeof value) > 0;
}

/* A text without an interpreter line is the shell's. */
static void read_script(program *out, int fd) {
    char line[SCRIPT_LINE_MAX + 1];
    const ssize_t got = pread(fd, line, SCRIPT_LINE_MAX, 0);
    if (got < 0 || memchr(line, 0, (size_t)got) != NULL) {
        return;
    }
    line[got] = 0;
    if (!begins(line, "#!")) {
        out->script = "/bin/sh";
        return;
    }
    const char *first = line + 2 + strspn(line + 2, " \t");
    out->script = store_text(first, strcspn(first, "\n"));
}

int program_read(program *out, const char *path) {
    struct stat status;
    *out = (program){.path = path};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        const int why = errno;
        if (fd >= 0) {
            close(fd);
        }
        return message_error(why == ENOENT || why == ENOTDIR ? NOT_FOUND : NOT_RUNNABLE, path, 0,
                             "%s", strerror(why));
    }
    int code = EXIT_DONE;
    if (!is_runnable(path)) {
        code = message_error(NOT_RUNNABLE, path, 0, "%s",
                             strerror(S_ISREG(status.st_mode) ? EACCES : EISDIR));
    } else {
        elf_version(EV_CURRENT);
        Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
        read_rights(out, fd, &status);
        if (elf != NULL) {
            read_elf(out, elf);
            elf_end(elf);
        }
        if (!out->elf) {
            read_script(out, fd);
        }
    }
    close(fd);
    return code;
}

/* ---- names like another ---- */

typedef struct near_name {
    const char *name;
    size_t distance;
} near_name;

/* A name that has the wanted one in it is nearer than any that has not. */
static size_t distance_of(const char *name, const char *wanted) {
    if (strstr(name, wanted) != NULL) {
        return strlen(name) - strlen(wanted);
    }
    if (strlen(name) >= TEXT_NAME_MAX) {
        return SIZE_MAX;
    }
    const size_t distance = text_distance(name, wanted);
    const size_t limit = 1 + strlen(wanted) / 3;
    return distance <= limit ? 1000 + distance : SIZE_MAX;
}

size_t program_nearest(const program *in, const char *name, const char **found, size_t room) {
    char wanted[TEXT_NAME_MAX];
    near_name best[8];
    size_t used = 0;
    size_t length = 0;
    for (; *name != 0 && length + 1 < sizeof wanted; name++) {
        wanted[length] = *name;
        length += strchr("*?[]", *name) == NULL;
    }
    wanted[length] = 0;
    room = room < COUNT(best) ? room : COUNT(best);
    for (size_t i = 0; length > 0 && room > 0 && i < in->function_count; i++) {
        const near_name one = {in->functions[i], distance_of(in->functions[i], wanted)};
        size_t at = used;
        bool known = one.distance == SIZE_MAX;
        for (size_t j = 0; j < used && !known; j++) {
            known = strcmp(best[j].name, one.name) == 0;
        }
        while (!known && at > 0 && best[at - 1].distance > one.distance) {
            at--;
        }
        if (known || at == room) {
            continue;
        }
        used += used < room;
        memmove(&best[at + 1], &best[at], (used - at - 1) * sizeof best[0]);
        best[at] = one;
    }
    for (size_t i = 0; i < used; i++) {
        found[i] = best[i].name;
    }
    return used;
}
