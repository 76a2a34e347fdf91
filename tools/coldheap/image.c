/* image.c: files, their sections, symbols and relocations by libelf; see image.h. lines.c asks
 * libdwfl for lines. */
#include "image.h"

#include "codes.h"
#include "message.h"
#include "sort.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <ar.h>
#include <unistd.h>

static const char *copy(const char *text) {
    return store_text(text, strlen(text));
}

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* ---- sections ---- */

static void read_section(image *out, Elf *elf, Elf_Scn *scn, size_t names) {
    GElf_Shdr header;
    size_t index = elf_ndxscn(scn);
    if (gelf_getshdr(scn, &header) == NULL || index >= out->section_count) {
        return;
    }
    image_section *section = &out->sections[index];
    const char *name = elf_strptr(elf, names, header.sh_name);
    *section = (image_section){.name = name != NULL ? copy(name) : "?",
                               .address = header.sh_addr,
                               .size = header.sh_size,
                               .flags = header.sh_flags,
                               .type = header.sh_type};
    if (header.sh_type == SHT_NOBITS || (header.sh_flags & SHF_ALLOC) == 0) {
        return;
    }
    Elf_Data *data = elf_rawdata(scn, NULL);
    if (data != NULL && data->d_buf != NULL && data->d_size >= header.sh_size) {
        section->bytes = data->d_buf;
    }
}

static int by_section_address(const void *left, const void *right) {
    const image_section *a = *(const image_section *const *)left;
    const image_section *b = *(const image_section *const *)right;
    return (a->address > b->address) - (a->address < b->address);
}

/* Sections that are in memory, ascending; thread-local ones have no place of their own. */
static void sort_sections(image *out) {
    out->placed = STORE_ARRAY(const image_section *, out->section_count);
    for (uint32_t i = 1; i < out->section_count; i++) {
        const image_section *section = &out->sections[i];
        if ((section->flags & SHF_ALLOC) != 0 && (section->flags & SHF_TLS) == 0 &&
            section->size > 0) {
            out->placed[out->placed_count++] = section;
        }
    }
    sort_items(out->placed, out->placed_count, sizeof *out->placed, by_section_address);
}

const image_section *image_section_at(const image *in, uint64_t address) {
    size_t low = 0;
    size_t high = in->placed_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (in->placed[middle]->address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const image_section *found = low > 0 ? in->placed[low - 1] : NULL;
    return found != NULL && address - found->address < found->size ? found : NULL;
}

/* ---- symbols ---- */

static uint64_t section_base(const image *out, uint32_t section) {
    return out->linked ? 0 : out->sections[section].address;
}

static size_t entries_of(const GElf_Shdr *header) {
    size_t count = header->sh_entsize != 0 ? header->sh_size / header->sh_entsize : 0;
    return count <= INT32_MAX ? count : 0;
}

static void read_symbol(image *out, Elf *elf, const GElf_Shdr *header, const GElf_Sym *symbol,
                        image_symbol *target) {
    const char *name = elf_strptr(elf, header->sh_link, symbol->st_name);
    uint32_t section = symbol->st_shndx < out->section_count ? symbol->st_shndx : 0;
    target->type = GELF_ST_TYPE(symbol->st_info);
    target->binding = GELF_ST_BIND(symbol->st_info);
    target->hidden = GELF_ST_VISIBILITY(symbol->st_other) != STV_DEFAULT;
    target->section = section;
    target->undefined = symbol->st_shndx == SHN_UNDEF;
    target->size = symbol->st_size;
    target->address = symbol->st_value + (section != 0 ? section_base(out, section) : 0);
    target->name = "";
    if (target->type == STT_SECTION && section != 0) {
        target->name = out->sections[section].name;
    } else if (name != NULL) {
        target->name = store_text(name, strcspn(name, "@"));
    }
}

#define VERSION_HIDDEN 0x8000u

/* The versions of dynamic symbols, a 16-bit word each; NULL if there are none. */
static Elf_Data *versions_of(Elf *elf, const GElf_Shdr *header) {
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn)) != NULL;) {
        GElf_Shdr other;
        if (header->sh_type == SHT_DYNSYM && gelf_getshdr(scn, &other) != NULL &&
            other.sh_type == SHT_GNU_versym) {
            return elf_getdata(scn, NULL);
        }
    }
    return NULL;
}

/* An old version that new programs are not linked to: its name must not stand for the new one. */
static bool is_old_version(Elf_Data *versions, size_t index, const image_symbol *symbol) {
    GElf_Versym version;
    return versions != NULL && symbol->section != 0 && *symbol->name != 0 &&
           gelf_getversym(versions, (int)index, &version) != NULL &&
           (version & VERSION_HIDDEN) != 0;
}

static void read_symbols(image *out, Elf *elf, Elf_Scn *scn) {
    GElf_Shdr header;
    Elf_Data *data = elf_getdata(scn, NULL);
    if (data == NULL || gelf_getshdr(scn, &header) == NULL) {
        return;
    }
    size_t count = entries_of(&header);
    Elf_Data *versions = versions_of(elf, &header);
    for (size_t i = 0; i < count && out->symbol_count < out->symbol_room; i++) {
        GElf_Sym symbol;
        image_symbol *target = &out->symbols[out->symbol_count++];
        target->name = "";
        if (gelf_getsym(data, (int)i, &symbol) != NULL) {
            read_symbol(out, elf, &header, &symbol, target);
        }
        if (is_old_version(versions, i, target)) {
            target->name = store_format("%s@old", target->name);
        }
    }
}

/* ---- relocations ---- */

typedef struct relocation_shape {
    uint8_t size;
    bool relative;
    bool through_slot;
    bool resolver;
} relocation_shape;

static bool shape_of(uint32_t type, relocation_shape *shape) {
    *shape = (relocation_shape){.size = 4};
    switch (type) {
    case R_X86_64_64:
    case R_X86_64_GLOB_DAT:
    case R_X86_64_JUMP_SLOT:
    case R_X86_64_RELATIVE:
        shape->size = 8;
        return true;
    case R_X86_64_IRELATIVE:
        shape->size = 8;
        shape->resolver = true;
        return true;
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
        shape->relative = true;
        return true;
    case R_X86_64_32:
    case R_X86_64_32S:
        return true;
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
        shape->relative = true;
        shape->through_slot = true;
        return true;
    case R_X86_64_PC64:
        shape->size = 8;
        shape->relative = true;
        return true;
    default:
        return false;
    }
}

static int by_address(const void *left, const void *right) {
    const image_relocation *a = left;
    const image_relocation *b = right;
    return (a->address > b->address) - (a->address < b->address);
}

/* One section of relocations, and where the symbols that it names begin among those read. */
typedef struct relocation_table {
    Elf_Data *data;
    GElf_Shdr header;
    uint64_t base;
    size_t count;
    uint32_t symbols;
    uint32_t symbol_count;
} relocation_table;

static bool open_relocations(relocation_table *table, const image *in, Elf_Scn *scn) {
    *table = (relocation_table){.data = elf_getdata(scn, NULL)};
    if (table->data == NULL || gelf_getshdr(scn, &table->header) == NULL ||
        table->header.sh_type != SHT_RELA) {
        return false;
    }
    uint32_t target = table->header.sh_info;
    if (!in->linked) {
        if (target == 0 || target >= in->section_count ||
            (in->sections[target].flags & SHF_ALLOC) == 0) {
            return false;
        }
        table->base = in->sections[target].address;
    }
    for (size_t i = 0; i < 2; i++) {
        if (in->tables[i].section == table->header.sh_link) {
            table->symbols = in->tables[i].first;
            table->symbol_count = in->tables[i].count;
        }
    }
    table->count = entries_of(&table->header);
    return true;
}

static void add_relocations(image *out, const relocation_table *table) {
    for (size_t i = 0; i < table->count; i++) {
        GElf_Rela entry;
        relocation_shape shape;
        if (gelf_getrela(table->data, (int)i, &entry) == NULL ||
            !shape_of((uint32_t)GELF_R_TYPE(entry.r_info), &shape)) {
            continue;
        }
        uint64_t symbol = GELF_R_SYM(entry.r_info);
        if (symbol >= table->symbol_count && symbol != 0) {
            continue;
        }
        out->relocations[out->relocation_count++] = (image_relocation){
            .address = table->base + entry.r_offset,
            .addend = entry.r_addend,
            .symbol = symbol == 0 ? UINT32_MAX : table->symbols + (uint32_t)symbol,
            .size = shape.size,
            .relative = shape.relative,
            .through_slot = shape.through_slot,
            .resolver = shape.resolver};
    }
}

static void read_relocations(image *out, Elf *elf) {
    size_t room = 0;
    relocation_table table;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn)) != NULL;) {
        room += open_relocations(&table, out, scn) ? table.count : 0;
    }
    out->relocations = STORE_ARRAY(image_relocation, room);
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn)) != NULL;) {
        if (open_relocations(&table, out, scn)) {
            add_relocations(out, &table);
        }
    }
    sort_items(out->relocations, out->relocation_count, sizeof *out->relocations, by_address);
}

const image_relocation *image_relocation_in(const image *in, uint64_t address, uint64_t size) {
    size_t low = 0;
    size_t high = in->relocation_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (in->relocations[middle].address < address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < in->relocation_count && in->relocations[low].address - address < size;
    return found ? &in->relocations[low] : NULL;
}

/* ---- modules ---- */

/* The static symbols first, then the dynamic ones. */
static void read_symbol_tables(image *out, Elf *elf) {
    static const uint32_t TYPES[] = {SHT_SYMTAB, SHT_DYNSYM};
    size_t room = 0;
    for (size_t pass = 0; pass < 4; pass++) {
        for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn)) != NULL;) {
            GElf_Shdr header;
            if (gelf_getshdr(scn, &header) == NULL || header.sh_type != TYPES[pass % 2]) {
                continue;
            }
            if (pass < 2) {
                room += entries_of(&header);
                continue;
            }
            image_table *table = &out->tables[pass - 2];
            table->section = (uint32_t)elf_ndxscn(scn);
            table->first = out->symbol_count;
            read_symbols(out, elf, scn);
            table->count = out->symbol_count - table->first;
            break;
        }
        if (pass == 1) {
            out->symbols = STORE_ARRAY(image_symbol, room);
            out->symbol_room = room;
        }
    }
}

/* Objects have no addresses yet: sections are placed one behind the other. */
static void place_sections(image *out) {
    uint64_t next = 16;
    for (uint32_t i = 1; i < out->section_count; i++) {
        if ((out->sections[i].flags & SHF_ALLOC) != 0) {
            out->sections[i].address = next;
            next += (out->sections[i].size + 31) & ~UINT64_C(15);
        }
    }
}

bool image_add_elf(image_set *set, Elf *elf, const char *name, image_file *file, uint32_t member) {
    GElf_Ehdr header;
    size_t section_count;
    size_t names;
    if (elf == NULL || gelf_getehdr(elf, &header) == NULL ||
        elf_getshdrnum(elf, &section_count) != 0 || elf_getshdrstrndx(elf, &names) != 0 ||
        section_count > UINT32_MAX / 2) {
        return false;
    }
    image *out = STORE_NEW(image);
    out->path = copy(name);
    out->base = base_of(out->path);
    out->file = file;
    out->elf = elf;
    out->member = member;
    out->machine = header.e_machine;
    out->linked = header.e_type != ET_REL;
    out->library = file == NULL;
    out->section_count = (uint32_t)section_count;
    out->sections = STORE_ARRAY(image_section, section_count);
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn)) != NULL;) {
        read_section(out, elf, scn, names);
    }
    if (!out->linked) {
        place_sections(out);
    }
    sort_sections(out);
    read_symbol_tables(out, elf);
    read_relocations(out, elf);
    if (out->linked) {
        image_add_frames(out);
    }
    out->index = set->count++;
    *(set->last != NULL ? &set->last->next : &set->first) = out;
    set->last = out;
    return true;
}

void image_close(image_set *set) {
    for (image *at = set->first; at != NULL; at = at->next) {
        elf_end(at->elf);
        at->elf = NULL;
    }
    for (image_file *file = set->files; file != NULL; file = file->next) {
        if (file->session != NULL) {
            dwfl_end(file->session);
        }
        elf_end(file->elf);
        close(file->fd);
    }
    *set = (image_set){.first = NULL};
}

/* ---- files ---- */

typedef enum file_kind {
    FILE_OTHER,
    FILE_OBJECT,
    FILE_LINKED,
    FILE_ARCHIVE,
    FILE_BITCODE
} file_kind;

/* Tells what the file is by its first bytes. */
static int look_at(const char *path, file_kind *kind) {
    unsigned char bytes[20] = {0}; /* up to the type of the ELF header */
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return message_error(EXIT_NOT_ARMED, path, 0, "%s", strerror(errno));
    }
    ssize_t size = read(fd, bytes, sizeof bytes);
    *kind = FILE_OTHER;
    if (size >= (ssize_t)SARMAG && memcmp(bytes, ARMAG, SARMAG) == 0) {
        *kind = FILE_ARCHIVE;
    } else if (size == sizeof bytes && memcmp(bytes, "BC\xc0\xde", 4) == 0) {
        *kind = FILE_BITCODE;
    } else if (size == sizeof bytes && memcmp(bytes, ELFMAG, SELFMAG) == 0) {
        unsigned low = bytes[bytes[EI_DATA] == ELFDATA2MSB ? 17 : 16];
        *kind = low == ET_REL ? FILE_OBJECT : FILE_LINKED;
    }
    close(fd);
    return EXIT_DONE;
}

/* One file: itself, or each member of an archive. */
static bool read_members(image_set *set, Elf *elf, image_file *file) {
    if (elf_kind(elf) != ELF_K_AR) {
        bool read = image_add_elf(set, elf, file->path, file, 0);
        file->elf = read ? NULL : elf;
        return read;
    }
    file->elf = elf;
    bool any = false;
    Elf *member;
    uint32_t number = 0;
    for (Elf_Cmd next = ELF_C_READ_MMAP; (member = elf_begin(file->fd, next, elf)) != NULL;) {
        const char *name = image_member_name(file->path, member);
        next = elf_next(member);
        bool read = false;
        if (name != NULL && elf_kind(member) == ELF_K_ELF) { /* not the index, the names */
            read = image_add_elf(set, member, name, file, number++);
        }
        if (!read) {
            elf_end(member);
        }
        any = any || read;
    }
    return any;
}

static int no_machine_code(const char *path) {
    return message_error(EXIT_NOT_ARMED, path, 0,
                         "compiled for link-time optimisation: there is no machine code in it yet; "
                         "prove the linked program");
}

/* gcc's objects of -flto, unless they are fat ones. */
static bool is_only_for_lto(const image *in) {
    bool lto = false;
    for (uint32_t i = 1; i < in->section_count; i++) {
        const image_section *section = &in->sections[i];
        lto = lto || strncmp(section->name, ".gnu.lto_", 9) == 0;
        if ((section->flags & SHF_EXECINSTR) != 0 && section->size > 0) {
            return false;
        }
    }
    return lto;
}

static int read_file(image_set *set, const char *path) {
    image *before = set->last;
    image_file *file = STORE_NEW(image_file);
    file->path = copy(path);
    elf_version(EV_CURRENT);
    file->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (file->fd < 0) {
        return message_error(EXIT_NOT_ARMED, path, 0, "%s", strerror(errno));
    }
    file->next = set->files;
    set->files = file;
    Elf *elf = elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
    if (elf == NULL || !read_members(set, elf, file)) {
        return message_error(EXIT_NOT_ARMED, path, 0, "no code in it that can be read");
    }
    for (image *at = before != NULL ? before->next : set->first; at != NULL; at = at->next) {
        if (is_only_for_lto(at)) {
            return no_machine_code(at->path);
        }
    }
    return EXIT_DONE;
}

static int by_name(const FTSENT **left, const FTSENT **right) {
    return strcmp((*left)->fts_name, (*right)->fts_name);
}

static int read_folder(image_set *set, const char *path) {
    char *paths[] = {store_text(path, strlen(path)), NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    int code = EXIT_DONE;
    for (FTSENT *entry; code == EXIT_DONE && walk != NULL && (entry = fts_read(walk)) != NULL;) {
        file_kind kind = FILE_OTHER;
        if (entry->fts_info == FTS_F) {
            code = look_at(entry->fts_path, &kind);
        }
        if (kind == FILE_BITCODE) {
            code = no_machine_code(entry->fts_path);
        } else if (kind == FILE_OBJECT) {
            code = read_file(set, entry->fts_path);
        }
    }
    if (walk != NULL) {
        fts_close(walk);
    }
    return code;
}

int image_read(image_set *set, const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) {
        return message_error(EXIT_NOT_ARMED, path, 0, "%s", strerror(errno));
    }
    if (S_ISDIR(status.st_mode)) {
        return read_folder(set, path);
    }
    file_kind kind;
    int code = look_at(path, &kind);
    if (code == EXIT_DONE && kind == FILE_BITCODE) {
        code = no_machine_code(path);
    }
    if (code == EXIT_DONE && kind == FILE_OTHER) {
        code = message_error(EXIT_NOT_ARMED, path, 0, "neither an ELF file nor an archive of them");
    }
    return code == EXIT_DONE ? read_file(set, path) : code;
}
