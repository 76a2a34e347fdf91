/* lookup.c: opening the right file, and its symbols; see lookup.h. */
#include "lookup.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_MAX    64u
#define HEX_BYTES (2 * ID_MAX + 1)

static char no_path[] = "";
static char *debug_path = no_path; /* libdwfl's default: beside the file, and /usr/lib/debug */

static const Dwfl_Callbacks CALLBACKS = {.find_elf = dwfl_build_id_find_elf,
                                         .find_debuginfo = dwfl_standard_find_debuginfo,
                                         .section_address = dwfl_offline_section_address};
static const Dwfl_Callbacks CALLBACKS_ALONE = {.find_elf = dwfl_build_id_find_elf,
                                               .section_address = dwfl_offline_section_address,
                                               .debuginfo_path = &debug_path};

static int open_regular(const char *path) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static const char *hex(char text[HEX_BYTES], const uint8_t *id, size_t size) {
    static const char digits[] = "0123456789abcdef";
    size = size < ID_MAX ? size : ID_MAX;
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[id[i] >> 4];
        text[2 * i + 1] = digits[id[i] & 15];
    }
    text[2 * size] = 0;
    return text;
}

/* Whether the file is ELF with the recorded build id. */
static bool is_recorded(int fd, const uint8_t *build_id, size_t size,
                        char problem[LOOKUP_PROBLEM_BYTES]) {
    char theirs[HEX_BYTES];
    char ours[HEX_BYTES];
    const void *found = NULL;
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP_PRIVATE, NULL);
    bool same = elf != NULL && elf_kind(elf) == ELF_K_ELF;
    if (!same) {
        (void)snprintf(problem, LOOKUP_PROBLEM_BYTES, "is no ELF file");
    } else if (size > 0) {
        const ssize_t found_size = dwelf_elf_gnu_build_id(elf, &found);
        same = found_size > 0 && (size_t)found_size == size && memcmp(found, build_id, size) == 0;
        if (!same) {
            (void)snprintf(problem, LOOKUP_PROBLEM_BYTES,
                           "is another build than the recorded one: build id %s, recorded %s",
                           found_size > 0 ? hex(theirs, found, (size_t)found_size) : "none",
                           hex(ours, build_id, size));
        }
    }
    elf_end(elf);
    return same;
}

/* The debug file of a build id, as distributions lay them out. */
static int open_by_id(const uint8_t *build_id, size_t size, char *path, size_t path_size) {
    char text[HEX_BYTES];
    char ignored[LOOKUP_PROBLEM_BYTES];
    if (size < 2) {
        return -1;
    }
    hex(text, build_id, size);
    (void)snprintf(path, path_size, "/usr/lib/debug/.build-id/%.2s/%s.debug", text, text + 2);
    int fd = open_regular(path);
    if (fd >= 0 && !is_recorded(fd, build_id, size, ignored)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool begin(lookup *out, const char *path, int fd, bool symbols_only) {
    out->session = dwfl_begin(symbols_only ? &CALLBACKS_ALONE : &CALLBACKS);
    if (out->session == NULL) {
        return false;
    }
    out->module = dwfl_report_offline(out->session, path, path, fd);
    dwfl_report_end(out->session, NULL, NULL);
    return out->module != NULL && dwfl_module_getelf(out->module, &out->bias) != NULL;
}

lookup_result lookup_open(lookup *out, const char *path, const uint8_t *build_id,
                          size_t build_id_size, bool symbols_only,
                          char problem[LOOKUP_PROBLEM_BYTES]) {
    char other[LOOKUP_PROBLEM_BYTES];
    *out = (lookup){.module = NULL};
    problem[0] = 0;
    (void)elf_version(EV_CURRENT);
    (void)unsetenv("DEBUGINFOD_URLS"); /* no network */
    int fd = open_regular(path);
    if (fd < 0) {
        (void)snprintf(problem, LOOKUP_PROBLEM_BYTES, "cannot be read");
    } else if (!is_recorded(fd, build_id, build_id_size, problem)) {
        close(fd);
        fd = -1;
    }
    if (fd < 0 && !symbols_only) {
        path = other;
        fd = open_by_id(build_id, build_id_size, other, sizeof other);
    }
    if (fd < 0) {
        return LOOKUP_NOTHING;
    }
    problem[0] = 0;
    if (!begin(out, path, fd, symbols_only)) {
        (void)snprintf(problem, LOOKUP_PROBLEM_BYTES, "cannot be read: %s", dwfl_errmsg(-1));
        return LOOKUP_NOTHING;
    }
    if (!symbols_only) {
        out->dwarf = dwfl_module_getdwarf(out->module, &out->dwarf_bias);
    }
    if (out->dwarf == NULL) {
        return LOOKUP_SYMBOLS;
    }
    lookup_read_units(out);
    return LOOKUP_LINES;
}

static const char *symbol_at(lookup *in, uint64_t address, uint64_t *offset) {
    GElf_Sym symbol;
    GElf_Word section;
    GElf_Off distance = 0;
    const char *name = dwfl_module_addrinfo(in->module, address + in->bias, &distance, &symbol,
                                            &section, NULL, NULL);
    *offset = distance;
    return name;
}

/* Where debug information is only lines, the function's own symbol still is the full name. */
static void complete_name(lookup *in, uint64_t address, lookup_frame *function) {
    uint64_t offset;
    const char *symbol = function->symbol == NULL ? symbol_at(in, address, &offset) : NULL;
    if (symbol != NULL && strncmp(symbol, "_Z", 2) == 0) {
        function->symbol = symbol;
    }
}

size_t lookup_find(lookup *in, uint64_t address, lookup_frame *frames, size_t frames_max,
                   uint64_t *symbol_offset) {
    size_t count = 0;
    if (in->dwarf != NULL) {
        count = lookup_scopes(in, address + in->bias - in->dwarf_bias, frames, frames_max);
    }
    if (count > 0 && frames[count - 1].name == NULL) {
        count--; /* lines without a function: assembly */
        frames[count].symbol = symbol_at(in, address, symbol_offset);
        count += frames[count].symbol != NULL || frames[count].file != NULL;
    } else if (count == 0) {
        frames[0] = (lookup_frame){.symbol = symbol_at(in, address, symbol_offset)};
        count = frames[0].symbol != NULL;
    } else {
        complete_name(in, address, &frames[count - 1]);
    }
    return count;
}
