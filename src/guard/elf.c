/* elf.c: symbol names and build id out of an ELF file, read with pread(2) in small pieces. The file
 * is not trusted: every offset is only a place to read from, every count is bounded, and a name is
 * cut. .symtab is preferred; a stripped file has .dynsym only. */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "place.h"

#define SECTION_MAX  65536u
#define SEGMENT_MAX  256u
#define SYMBOL_MAX   (1u << 23)
#define SYMBOL_CHUNK 32u

typedef struct elf_file {
    int fd;
    Elf64_Ehdr header;
    Elf64_Shdr symbols; /* sh_type SHT_NULL: none */
    Elf64_Shdr strings;
} elf_file;

static bool read_at(const elf_file *file, void *bytes, size_t size, uint64_t offset) {
    return offset <= INT64_MAX && pread(file->fd, bytes, size, (off_t)offset) == (ssize_t)size;
}

static bool open_elf(elf_file *file, const char *path) {
    memset(file, 0, sizeof *file);
    file->fd = path[0] == '/' ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file->fd < 0) {
        return false;
    }
    const Elf64_Ehdr *header = &file->header;
    if (read_at(file, &file->header, sizeof file->header, 0) &&
        memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_ident[EI_CLASS] == ELFCLASS64 &&
        header->e_shentsize == sizeof(Elf64_Shdr) && header->e_phentsize == sizeof(Elf64_Phdr)) {
        return true;
    }
    close(file->fd);
    return false;
}

static bool read_section(const elf_file *file, Elf64_Shdr *section, uint64_t index) {
    return index < file->header.e_shnum &&
           read_at(file, section, sizeof *section, file->header.e_shoff + index * sizeof *section);
}

/* The first note of a section: size of name, size of content, type, name, content. */
static void read_build_id(const elf_file *file, chi_module *module, const Elf64_Shdr *section) {
    struct {
        Elf64_Nhdr note;
        char name[4];
        uint8_t content[CHI_BUILD_BYTES];
    } id;
    memset(&id, 0, sizeof id);
    const size_t size = section->sh_size < sizeof id ? (size_t)section->sh_size : sizeof id;
    if (!read_at(file, &id, size, section->sh_offset) || id.note.n_type != NT_GNU_BUILD_ID ||
        id.note.n_namesz != 4 || memcmp(id.name, "GNU", 4) != 0) {
        return;
    }
    const uint32_t length = id.note.n_descsz;
    module->build_id_size = length < CHI_BUILD_BYTES ? length : CHI_BUILD_BYTES;
    memcpy(module->build_id, id.content, module->build_id_size);
}

static void read_sections(elf_file *file, chi_module *module) {
    for (uint64_t i = 0; i < file->header.e_shnum && i < SECTION_MAX; i++) {
        Elf64_Shdr section;
        if (!read_section(file, &section, i)) {
            return;
        }
        if (section.sh_type == SHT_NOTE && module->build_id_size == 0) {
            read_build_id(file, module, &section);
        }
        const bool better = section.sh_type == SHT_SYMTAB ||
                            (section.sh_type == SHT_DYNSYM && file->symbols.sh_type == SHT_NULL);
        Elf64_Shdr strings;
        if (better && section.sh_entsize == sizeof(Elf64_Sym) &&
            read_section(file, &strings, section.sh_link)) {
            file->symbols = section;
            file->strings = strings;
        }
    }
}

/* File offsets become ELF addresses by way of the segment that holds them. */
static void find_addresses(const elf_file *file, chi_places *places, int index) {
    for (uint64_t i = 0; i < file->header.e_phnum && i < SEGMENT_MAX; i++) {
        Elf64_Phdr segment;
        if (!read_at(file, &segment, sizeof segment, file->header.e_phoff + i * sizeof segment)) {
            return;
        }
        if (segment.p_type != PT_LOAD) {
            continue;
        }
        for (size_t p = 0; p < places->place_count; p++) {
            chi_place *place = &places->places[p];
            if (place->module == index && place->file_offset >= segment.p_offset &&
                place->file_offset - segment.p_offset < segment.p_filesz) {
                place->module_offset = place->file_offset - segment.p_offset + segment.p_vaddr;
            }
        }
    }
}

static void offer_symbol(chi_places *places, int index, const Elf64_Sym *symbol) {
    const unsigned type = ELF64_ST_TYPE(symbol->st_info);
    if (symbol->st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_GNU_IFUNC)) {
        return;
    }
    for (size_t p = 0; p < places->place_count; p++) {
        chi_place *place = &places->places[p];
        if (place->module == index && place->module_offset >= symbol->st_value &&
            place->module_offset - symbol->st_value < symbol->st_size &&
            (!place->has_symbol || symbol->st_value > place->symbol_value)) {
            place->has_symbol = true;
            place->symbol_value = symbol->st_value;
            place->symbol_offset = place->module_offset - symbol->st_value;
            place->name_offset = symbol->st_name;
        }
    }
}

static void find_symbols(const elf_file *file, chi_places *places, int index) {
    uint64_t count = file->symbols.sh_size / sizeof(Elf64_Sym);
    count = count < SYMBOL_MAX ? count : SYMBOL_MAX;
    for (uint64_t done = 0; done < count;) {
        Elf64_Sym chunk[SYMBOL_CHUNK];
        const size_t take = count - done < SYMBOL_CHUNK ? (size_t)(count - done) : SYMBOL_CHUNK;
        if (!read_at(file, chunk, take * sizeof chunk[0],
                     file->symbols.sh_offset + done * sizeof chunk[0])) {
            return;
        }
        for (size_t i = 0; i < take; i++) {
            offer_symbol(places, index, &chunk[i]);
        }
        done += take;
    }
}

static void read_names(const elf_file *file, chi_places *places, int index) {
    for (size_t p = 0; p < places->place_count; p++) {
        chi_place *place = &places->places[p];
        if (place->module != index || !place->has_symbol) {
            continue;
        }
        const uint64_t offset = file->strings.sh_offset + place->name_offset;
        const ssize_t got = offset <= INT64_MAX ? pread(file->fd, place->symbol,
                                                        sizeof place->symbol - 1, (off_t)offset)
                                                : -1;
        place->symbol[got > 0 ? got : 0] = 0;
        place->has_symbol = place->symbol[0] != 0;
    }
}

void chi_places_from_elf(chi_places *places, int index, bool names) {
    elf_file file;
    if (!open_elf(&file, places->modules[index].path)) {
        return;
    }
    read_sections(&file, &places->modules[index]);
    find_addresses(&file, places, index);
    if (names) {
        find_symbols(&file, places, index);
        read_names(&file, places, index);
    }
    close(file.fd);
}
