/* functions.c: section headers, symbol tables and strings of a mapped ELF file. Every offset is
 * checked against the file before it is used, every string against the end of its table. */
#define _GNU_SOURCE
#include "functions.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECTION_MAX 65536u
#define DYNAMIC_MAX 4096u

static bool inside(const chi_functions *f, uint64_t offset, uint64_t size) {
    return offset <= f->size_bytes && size <= f->size_bytes - offset;
}

static bool copy(void *to, const chi_functions *f, uint64_t offset, size_t size) {
    if (!inside(f, offset, size)) {
        return false;
    }
    memcpy(to, f->bytes + offset, size);
    return true;
}

/* A string of the table at `table`; "" if it does not end there. */
static const char *text_at(const chi_functions *f, uint64_t table, uint64_t table_size,
                           uint64_t offset) {
    if (offset >= table_size || !inside(f, table, table_size)) {
        return "";
    }
    const char *text = (const char *)f->bytes + table + offset;
    return memchr(text, 0, (size_t)(table_size - offset)) != NULL ? text : "";
}

static bool section_at(const chi_functions *f, const Elf64_Ehdr *header, Elf64_Shdr *section,
                       uint64_t index) {
    return index < header->e_shnum &&
           copy(section, f, header->e_shoff + index * sizeof *section, sizeof *section);
}

static void take_symbols(chi_functions *f, const Elf64_Ehdr *header, const Elf64_Shdr *section) {
    Elf64_Shdr names;
    const bool whole = section->sh_type == SHT_SYMTAB;
    if ((!whole && (section->sh_type != SHT_DYNSYM || !f->stripped)) ||
        section->sh_entsize != sizeof(Elf64_Sym) ||
        !inside(f, section->sh_offset, section->sh_size) ||
        !section_at(f, header, &names, section->sh_link) ||
        !inside(f, names.sh_offset, names.sh_size)) {
        return;
    }
    f->symbols = section->sh_offset;
    f->symbol_count = section->sh_size / sizeof(Elf64_Sym);
    f->names = names.sh_offset;
    f->names_size = names.sh_size;
    f->stripped = !whole;
}

static void take_soname(chi_functions *f, const Elf64_Ehdr *header, const Elf64_Shdr *section) {
    Elf64_Shdr names;
    if (section->sh_type != SHT_DYNAMIC || !section_at(f, header, &names, section->sh_link)) {
        return;
    }
    for (uint64_t i = 0; i < section->sh_size / sizeof(Elf64_Dyn) && i < DYNAMIC_MAX; i++) {
        Elf64_Dyn entry;
        if (!copy(&entry, f, section->sh_offset + i * sizeof entry, sizeof entry) ||
            entry.d_tag == DT_NULL) {
            return;
        }
        if (entry.d_tag == DT_SONAME) {
            f->soname = text_at(f, names.sh_offset, names.sh_size, entry.d_un.d_val);
        }
    }
}

static void read_sections(chi_functions *f, const Elf64_Ehdr *header) {
    Elf64_Shdr titles;
    if (!section_at(f, header, &titles, header->e_shstrndx)) {
        memset(&titles, 0, sizeof titles);
    }
    for (uint64_t i = 0; i < header->e_shnum && i < SECTION_MAX; i++) {
        Elf64_Shdr section;
        if (!section_at(f, header, &section, i)) {
            return;
        }
        take_symbols(f, header, &section);
        take_soname(f, header, &section);
        if ((section.sh_flags & SHF_EXECINSTR) != 0 &&
            strcmp(text_at(f, titles.sh_offset, titles.sh_size, section.sh_name), "ch_hot_text") ==
                0) {
            f->marked = section.sh_addr;
            f->marked_size = section.sh_size;
        }
    }
}

/* By the system calls themselves: libc's functions may be interposed. */
static const uint8_t *map_file(int fd, size_t size_bytes) {
    const long at = syscall(SYS_mmap, NULL, size_bytes, PROT_READ, MAP_PRIVATE, fd, 0L);
    return at == -1 ? NULL : (const uint8_t *)at;
}

bool chi_functions_open(chi_functions *functions, const char *path) {
    memset(functions, 0, sizeof *functions);
    functions->stripped = true;
    functions->soname = "";
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        functions->bytes = map_file(fd, (size_t)status.st_size);
        functions->size_bytes = functions->bytes != NULL ? (size_t)status.st_size : 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    Elf64_Ehdr header;
    if (!copy(&header, functions, 0, sizeof header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_shentsize != sizeof(Elf64_Shdr)) {
        chi_functions_close(functions);
        return false;
    }
    read_sections(functions, &header);
    return true;
}

void chi_functions_close(chi_functions *functions) {
    if (functions->bytes != NULL) {
        (void)syscall(SYS_munmap, functions->bytes, functions->size_bytes);
    }
    functions->bytes = NULL;
}

bool chi_functions_next(const chi_functions *functions, chi_function *function, uint64_t *index) {
    while (*index < functions->symbol_count) {
        Elf64_Sym symbol;
        if (!copy(&symbol, functions, functions->symbols + *index * sizeof symbol, sizeof symbol)) {
            return false;
        }
        (*index)++;
        const unsigned type = ELF64_ST_TYPE(symbol.st_info);
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_size == 0 ||
            (type != STT_FUNC && type != STT_GNU_IFUNC)) {
            continue;
        }
        function->name =
            text_at(functions, functions->names, functions->names_size, symbol.st_name);
        function->address = symbol.st_value;
        function->size_bytes = symbol.st_size;
        return true;
    }
    return false;
}
