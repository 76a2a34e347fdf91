/* lookup.h: the part of resolve.h that reads the file: libdwfl over one ELF file and its separate
 * debug file. It may crash or hang on damaged input, and never gives memory back: it is meant for
 * a process of its own. */
#ifndef COLDHEAP_TOOL_LOOKUP_H
#define COLDHEAP_TOOL_LOOKUP_H

#include <elfutils/libdwfl.h>

#include <stdbool.h>
#include <stdint.h>

#define LOOKUP_PROBLEM_BYTES 512u

/* A range of code addresses and the entry of DWARF that covers it. */
typedef struct lookup_range {
    uint64_t low;
    uint64_t high;
    uint64_t reach; /* the highest `high` of this range and all before it */
    uint64_t offset;
} lookup_range;

typedef struct lookup_ranges {
    lookup_range *rows; /* ascending by low */
    size_t count;
    size_t room;
} lookup_ranges;

/* The functions of one compilation unit, read when it is first asked for. */
typedef struct lookup_unit {
    Dwarf_Die lines; /* where the table of lines hangs */
    Dwarf_Die code;  /* where the functions are: the same, or that of the .dwo file */
    lookup_ranges functions;
    bool is_read;
} lookup_unit;

typedef struct lookup {
    Dwfl *session;
    Dwfl_Module *module;
    uint64_t bias; /* of ELF addresses in the session */
    Dwarf *dwarf;  /* NULL: none */
    uint64_t dwarf_bias;
    lookup_ranges units; /* offset: index into unit_rows */
    lookup_unit *unit_rows;
    size_t unit_count;
    size_t unit_room;
} lookup;

typedef struct lookup_frame {
    const char *symbol; /* linker name; NULL: unknown */
    const char *name;   /* as the source has it; NULL: unknown */
    const char *file;   /* NULL: unknown */
    uint32_t line;
    uint32_t column;
} lookup_frame;

typedef enum lookup_result { LOOKUP_LINES, LOOKUP_SYMBOLS, LOOKUP_NOTHING } lookup_result;

/* lookup_open opens the file, or the debug file of the build id if the file is not the one that was
 * recorded; `problem` gets a line, or stays empty. symbols_only: DWARF is left alone. */
lookup_result lookup_open(lookup *out, const char *path, const uint8_t *build_id,
                          size_t build_id_size, bool symbols_only,
                          char problem[LOOKUP_PROBLEM_BYTES]);

/* lookup_find writes the frames at an ELF address, innermost first; how many. *symbol_offset is the
 * distance from the symbol's begin, if the frame has no line. */
size_t lookup_find(lookup *in, uint64_t address, lookup_frame *frames, size_t frames_max,
                   uint64_t *symbol_offset);

/* lookup_scopes.c: the functions at an address of DWARF, and the table of units. */
void lookup_read_units(lookup *in);
size_t lookup_scopes(lookup *in, uint64_t address, lookup_frame *frames, size_t frames_max);

#endif
