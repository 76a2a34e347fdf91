/* lines.c: file and line of code, by libdwfl; see image.h. clang writes no table of the addresses
 * that a unit covers, so units are asked for their own ranges where libdw finds nothing. */
#include "image.h"
#include "sort.h"
#include "store.h"

#include <string.h>

static const Dwfl_Callbacks CALLBACKS = {.find_elf = dwfl_build_id_find_elf,
                                         .find_debuginfo = dwfl_standard_find_debuginfo,
                                         .section_address = dwfl_offline_section_address};

/* Addresses of one unit. */
typedef struct unit_range {
    uint64_t low;
    uint64_t high;
    Dwarf_Die unit;
} unit_range;

typedef struct image_lines {
    Dwfl_Module *module;
    unit_range *ranges; /* ascending */
    size_t range_count;
    Dwarf_Addr bias; /* of them to libdwfl's addresses */
    bool is_read;
} image_lines;

static int note_module(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr start,
                       void *argument) {
    (void)user;
    (void)name;
    (void)start;
    image_file *file = argument;
    file->modules[file->module_count++].module = module;
    return DWARF_CB_OK;
}

static int count_module(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr start,
                        void *argument) {
    (void)module;
    (void)user;
    (void)name;
    (void)start;
    ++*(size_t *)argument;
    return DWARF_CB_OK;
}

static void open_lines(image_file *file) {
    file->opened = true;
    file->session = dwfl_begin(&CALLBACKS);
    if (file->session != NULL &&
        dwfl_report_offline(file->session, file->path, file->path, -1) != NULL) {
        dwfl_report_end(file->session, NULL, NULL);
        size_t count = 0;
        (void)dwfl_getmodules(file->session, count_module, &count, 0);
        file->modules = STORE_ARRAY(image_lines, count + 1);
        (void)dwfl_getmodules(file->session, note_module, file, 0);
    }
}

/* The address that libdwfl has given to a place; it lays objects out in its own way. */
static bool dwfl_address(const image *in, Dwfl_Module *module, uint64_t address,
                         Dwarf_Addr *found) {
    GElf_Addr bias;
    GElf_Shdr header;
    Elf *elf = dwfl_module_getelf(module, &bias);
    const image_section *section = image_section_at(in, address);
    if (elf == NULL || section == NULL) {
        return false;
    }
    Elf_Scn *scn = elf_getscn(elf, (size_t)(section - in->sections));
    if (scn == NULL || gelf_getshdr(scn, &header) == NULL) {
        return false;
    }
    *found = header.sh_addr + (address - section->address) + bias;
    return true;
}

static size_t each_range(Dwarf_Die *unit, unit_range *out, size_t room) {
    Dwarf_Addr base;
    Dwarf_Addr low;
    Dwarf_Addr high;
    size_t count = 0;
    for (ptrdiff_t at = 0; (at = dwarf_ranges(unit, at, &base, &low, &high)) > 0; count++) {
        if (count < room) {
            out[count] = (unit_range){.low = low, .high = high, .unit = *unit};
        }
    }
    return count;
}

static int by_low(const void *left, const void *right) {
    const unit_range *a = left;
    const unit_range *b = right;
    return (a->low > b->low) - (a->low < b->low);
}

static void read_ranges(image_lines *of) {
    size_t room = 0;
    Dwarf_Addr bias = 0;
    of->is_read = true;
    for (Dwarf_Die *at = NULL; (at = dwfl_module_nextcu(of->module, at, &bias)) != NULL;) {
        room += each_range(at, NULL, 0);
    }
    of->ranges = STORE_ARRAY(unit_range, room);
    for (Dwarf_Die *at = NULL; (at = dwfl_module_nextcu(of->module, at, &bias)) != NULL;) {
        of->range_count += each_range(at, of->ranges + of->range_count, room - of->range_count);
        of->bias = bias;
    }
    of->range_count = of->range_count < room ? of->range_count : room;
    sort_items(of->ranges, of->range_count, sizeof *of->ranges, by_low);
}

static bool line_by_ranges(image_lines *of, Dwarf_Addr place, const char **file, int *line,
                           int *column) {
    if (!of->is_read) {
        read_ranges(of);
    }
    size_t low = 0;
    size_t high = of->range_count;
    Dwarf_Addr address = place - of->bias;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (of->ranges[middle].low <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || address >= of->ranges[low - 1].high) {
        return false;
    }
    Dwarf_Line *found = dwarf_getsrc_die(&of->ranges[low - 1].unit, address);
    const char *name = found != NULL ? dwarf_linesrc(found, NULL, NULL) : NULL;
    if (name == NULL || dwarf_lineno(found, line) != 0) {
        return false;
    }
    (void)dwarf_linecol(found, column);
    *file = name;
    return true;
}

bool image_line(const image *in, uint64_t address, const char **file, int *line, int *column) {
    Dwarf_Addr place;
    if (in->file == NULL) {
        return false;
    }
    if (!in->file->opened) {
        open_lines(in->file);
    }
    if (in->member >= in->file->module_count) {
        return false;
    }
    image_lines *lines = &in->file->modules[in->member];
    if (!dwfl_address(in, lines->module, address, &place)) {
        return false;
    }
    Dwfl_Line *found = dwfl_module_getsrc(lines->module, place);
    const char *name = found != NULL ? dwfl_lineinfo(found, NULL, line, column, NULL, NULL) : NULL;
    if (name != NULL) {
        *file = name;
        return true;
    }
    return line_by_ranges(lines, place, file, line, column);
}
