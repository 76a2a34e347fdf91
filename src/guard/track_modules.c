/* track_modules.c: which files the program's code came from: a row of the record for each
 * executable mapping of a file, with what is needed to find a function in the file. The process map
 * is read at the start, and again when a new site lies in no known row. Rows of closed libraries
 * stay: sites refer to them. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "track.h"

#include "maps.h"

#define SEGMENT_MAX 64u
#define NOTE_BYTES  256u
#define NAMELESS    32u /* ranges of code that is in no file */

typedef struct range {
    uint64_t start;
    uint64_t end;
} range;

static range nameless[NAMELESS];
static uint32_t nameless_count;
static uint32_t scanning;

static chi_track_module *module_at(uint32_t index) {
    chi_track_record *record = CHI_PLAN->record;
    return (chi_track_module *)(void *)((uint8_t *)record + record->modules_offset) + index;
}

void chi_track_modules_forget(void) {
    scanning = 0;
    nameless_count = 0;
}

static bool is_known(uint64_t address) {
    const uint32_t count = __atomic_load_n(&CHI_PLAN->record->module_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count && i < CHI_TRACK_MODULES; i++) {
        const chi_track_module *module = module_at(i);
        if (__atomic_load_n(&module->state, __ATOMIC_ACQUIRE) == CHI_ROW_READY &&
            address >= module->start && address < module->end) {
            return true;
        }
    }
    for (uint32_t i = 0; i < nameless_count && i < NAMELESS; i++) {
        if (address >= nameless[i].start && address < nameless[i].end) {
            return true;
        }
    }
    return false;
}

/* ---- the ELF file ---- */

static bool read_at(int fd, void *bytes, size_t size, uint64_t offset) {
    return offset <= INT64_MAX && pread(fd, bytes, size, (off_t)offset) == (ssize_t)size;
}

static size_t padded(size_t size) {
    return (size + 3) & ~(size_t)3;
}

static void find_build_id(chi_track_module *module, const uint8_t *notes, size_t size) {
    for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= size;) {
        Elf64_Nhdr note;
        memcpy(&note, notes + at, sizeof note);
        const size_t name = at + sizeof note;
        if (note.n_namesz > size || note.n_descsz > size ||
            name + padded(note.n_namesz) + note.n_descsz > size) {
            return;
        }
        const size_t content = name + padded(note.n_namesz);
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            memcmp(notes + name, "GNU", 4) == 0) {
            const size_t most = sizeof module->build_id;
            module->build_id_size = (uint32_t)(note.n_descsz < most ? note.n_descsz : most);
            memcpy(module->build_id, notes + content, module->build_id_size);
            return;
        }
        at = content + padded(note.n_descsz);
    }
}

static void read_segment(int fd, chi_track_module *module, const Elf64_Phdr *segment,
                         uint64_t file_offset) {
    if (segment->p_type == PT_LOAD && file_offset >= (segment->p_offset & ~UINT64_C(4095)) &&
        file_offset < segment->p_offset + segment->p_filesz) {
        module->bias = module->start - (segment->p_vaddr + (file_offset - segment->p_offset));
    }
    if (segment->p_type == PT_NOTE && module->build_id_size == 0) {
        uint8_t notes[NOTE_BYTES];
        const size_t size = segment->p_filesz < sizeof notes ? segment->p_filesz : sizeof notes;
        if (read_at(fd, notes, size, segment->p_offset)) {
            find_build_id(module, notes, size);
        }
    }
}

static void read_elf(chi_track_module *module, uint64_t file_offset) {
    const int fd = open(module->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return;
    }
    Elf64_Ehdr header;
    if (read_at(fd, &header, sizeof header, 0) && memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
        header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_phentsize == sizeof(Elf64_Phdr)) {
        for (uint64_t i = 0; i < header.e_phnum && i < SEGMENT_MAX; i++) {
            Elf64_Phdr segment;
            if (!read_at(fd, &segment, sizeof segment, header.e_phoff + i * sizeof segment)) {
                break;
            }
            read_segment(fd, module, &segment, file_offset);
        }
    }
    close(fd);
}

/* ---- the process map ---- */

static bool same_line(const chi_track_module *module, const chi_map_line *line) {
    return module->start == line->start && module->end == line->end &&
           strcmp(module->path, line->path) == 0;
}

static void add_module(const chi_map_line *line) {
    chi_track_record *record = CHI_PLAN->record;
    for (uint32_t i = 0; i < record->module_count; i++) {
        if (same_line(module_at(i), line)) {
            return;
        }
    }
    if (record->module_count == CHI_TRACK_MODULES) {
        return;
    }
    chi_track_module *module = module_at(record->module_count);
    module->start = line->start;
    module->end = line->end;
    module->bias = line->start - line->offset;
    memcpy(module->path, line->path, strlen(line->path) + 1);
    read_elf(module, line->offset);
    __atomic_store_n(&module->state, CHI_ROW_READY, __ATOMIC_RELEASE);
    __atomic_store_n(&record->module_count, record->module_count + 1, __ATOMIC_RELEASE);
}

static bool visit(void *context, const chi_map_line *line) {
    (void)context;
    if (!line->executable) {
        return true;
    }
    if (line->path[0] == '/') {
        add_module(line);
    } else {
        const uint32_t at = __atomic_fetch_add(&nameless_count, 1, __ATOMIC_RELAXED) % NAMELESS;
        nameless[at] = (range){line->start, line->end};
    }
    return true;
}

/* One thread reads at a time; another one that comes meanwhile goes on without. */
void chi_track_modules_see(uint64_t address) {
    if (is_known(address) || __atomic_exchange_n(&scanning, 1, __ATOMIC_ACQUIRE) != 0) {
        return;
    }
    const int errno_before = errno;
    nameless_count = 0;
    (void)chi_maps_each(visit, NULL);
    errno = errno_before;
    __atomic_store_n(&scanning, 0, __ATOMIC_RELEASE);
}
