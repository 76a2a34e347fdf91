/* image.h: the files that are looked into: objects, archives, executables, shared libraries, as
 * modules with sections, relocations and symbols. Reading is libdw's; here everything gets one
 * address space per module (sections of objects are laid out one behind the other) and one shape.
 *
 * Bytes of inputs are untrusted: what does not fit is left out or ends the reading of that file
 * with a message that names it. Everything lives in the store until the program ends. */
#ifndef COLDHEAP_TOOL_IMAGE_H
#define COLDHEAP_TOOL_IMAGE_H

#include <coldheap/base.h>

#include <elfutils/libdwfl.h>
#include <gelf.h>

typedef struct image_section {
    const char *name;
    const uint8_t *bytes; /* NULL: none in the file */
    uint64_t address;
    uint64_t size;
    uint64_t flags;
    uint32_t type;
} image_section;

/* Where a symbol stands, or that it is somebody else's. */
typedef struct image_symbol {
    const char *name;
    uint64_t address;
    uint64_t size;
    uint32_t section; /* 0: not defined here */
    uint8_t type;     /* STT_ */
    uint8_t binding;  /* STB_ */
    bool undefined;   /* another module's; common and absolute symbols have no section either */
    bool hidden;      /* cannot be replaced by another module's */
} image_symbol;

/* At `address` stands the address of a symbol plus `addend`, or with symbol UINT32_MAX the address
 * `addend` itself. `relative` ones are distances from the place. */
typedef struct image_relocation {
    uint64_t address;
    int64_t addend;
    uint32_t symbol;
    uint8_t size; /* bytes at the place */
    bool relative;
    bool through_slot; /* the place points to a word that holds the address (GOT) */
    bool resolver;     /* the word gets what the function at `addend` returns (IFUNC) */
} image_relocation;

/* Which of the symbols read came from which section. */
typedef struct image_table {
    uint32_t section;
    uint32_t first;
    uint32_t count;
} image_table;

typedef struct image {
    const char *path;        /* archive(member) for members */
    const char *base;        /* its last part */
    struct image_file *file; /* where it was read from; NULL: lines are not asked for */
    uint32_t member;         /* number in that file */
    Elf *elf;                /* what the bytes of sections lie in */
    image_section *sections; /* [0] is none */
    uint32_t section_count;
    const image_section **placed; /* those in memory, ascending by address */
    size_t placed_count;
    image_symbol *symbols;
    uint32_t symbol_count;
    size_t symbol_room;
    image_table tables[2];         /* static, dynamic */
    image_relocation *relocations; /* ascending by address */
    size_t relocation_count;
    uint32_t index; /* among all images, in order of reading */
    uint16_t machine;
    bool linked;  /* executable or shared library */
    bool library; /* read only to see what others call in it */
    struct image *next;
} image;

/* A file whose lines of source may be asked for; libdwfl opens it then. */
typedef struct image_file {
    const char *path;
    Dwfl *session;
    struct image_lines *modules; /* by member */
    uint32_t module_count;
    bool opened;
    int fd;
    Elf *elf; /* an archive's own; NULL: the one image has it */
    struct image_file *next;
} image_file;

typedef struct image_set {
    image *first;
    image *last;
    uint32_t count;
    image_file *files;
} image_set;

/* image_read adds the file's images to the set; an exit code, its message out. A folder gives all
 * objects in it and below; archives and programs there are made of those, and passed over. */
int image_read(image_set *set, const char *path);

/* image_close ends the reading of all files of the set: no section has bytes any more. */
void image_close(image_set *set);

/* image_add_elf adds one object or program; `file` is where its lines may be asked for, NULL for a
 * member of a library. False if it cannot be read. image_member_name is "archive(member)", to be
 * asked for before elf_next, which takes the name of the last member away; NULL if it has none. */
bool image_add_elf(image_set *set, Elf *elf, const char *name, image_file *file, uint32_t member);
const char *image_member_name(const char *archive, Elf *member);

/* An archive of which members are read one by one, by the names that they define. */
typedef struct image_archive {
    const char *path;
    int fd;
    Elf *elf;
    Elf_Arsym *names;
    size_t name_count;
    struct image_archive *next;
} image_archive;

/* image_open_archive opens a library; an exit code, its message out. image_read_member reads the
 * member that defines `name`, marked as a library's; false if there is none. */
int image_open_archive(image_archive *out, const char *path);
bool image_read_member(image_set *set, image_archive *from, const char *name);

/* image_archive_has tells whether a member defines `name`. */
bool image_archive_has(const image_archive *in, const char *name);

/* image_read_library reads all members of the archive, marked as a library's; an exit code, its
 * message out. */
int image_read_library(image_set *set, image_archive *from);

/* image_close_archive ends it, after image_close of the sets that have members of it. */
void image_close_archive(image_archive *from);

/* image_add_frames adds the functions of a linked image that only its table of unwinding knows. */
void image_add_frames(image *out);

/* image_section_at finds the section of an address; NULL if there is none. */
const image_section *image_section_at(const image *in, uint64_t address);

/* image_relocation_in finds the first relocation in [address, address + size); NULL if none. */
const image_relocation *image_relocation_in(const image *in, uint64_t address, uint64_t size);

/* image_line finds file and line of a code address; false if there is no debug information. */
bool image_line(const image *in, uint64_t address, const char **file, int *line, int *column);

#endif
