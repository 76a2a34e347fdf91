/* lookup_scopes.c: from an address of DWARF to the function there and what is inlined in it. Units
 * are found by their own ranges, because clang and rustc write no .debug_aranges; the functions of
 * a unit are listed when it is first asked for. */
#include "lookup.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#define NESTING_MAX 64u

static void add_range(lookup_ranges *to, uint64_t low, uint64_t high, uint64_t offset) {
    if (low >= high) {
        return;
    }
    if (to->count == to->room) {
        const size_t room = to->room > 0 ? to->room * 2 : 64;
        lookup_range *rows = realloc(to->rows, room * sizeof *rows);
        if (rows == NULL) {
            return;
        }
        to->rows = rows;
        to->room = room;
    }
    to->rows[to->count++] = (lookup_range){.low = low, .high = high, .offset = offset};
}

static void add_ranges_of(lookup_ranges *to, Dwarf_Die *die, uint64_t offset) {
    Dwarf_Addr base;
    Dwarf_Addr low;
    Dwarf_Addr high;
    ptrdiff_t position = 0;
    while ((position = dwarf_ranges(die, position, &base, &low, &high)) > 0) {
        if (low != 0) { /* 0: code that the linker threw away */
            add_range(to, low, high, offset);
        }
    }
}

static int by_low(const void *left, const void *right) {
    const lookup_range *a = left;
    const lookup_range *b = right;
    return a->low != b->low ? (a->low < b->low ? -1 : 1)
                            : (a->high > b->high) - (a->high < b->high);
}

static void sort_ranges(lookup_ranges *of) {
    uint64_t reach = 0;
    if (of->count > 0) {
        qsort(of->rows, of->count, sizeof *of->rows, by_low);
    }
    for (size_t i = 0; i < of->count; i++) {
        reach = of->rows[i].high > reach ? of->rows[i].high : reach;
        of->rows[i].reach = reach;
    }
}

/* The last range that begins at or before the address and has it, before `limit`; NULL if none. */
static const lookup_range *range_before(const lookup_ranges *in, size_t limit, uint64_t address) {
    for (size_t i = limit; i > 0 && in->rows[i - 1].reach > address; i--) {
        if (address < in->rows[i - 1].high) {
            return &in->rows[i - 1];
        }
    }
    return NULL;
}

static const lookup_range *range_at(const lookup_ranges *in, uint64_t address) {
    size_t low = 0;
    size_t high = in->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (in->rows[middle].low <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return range_before(in, low, address);
}

/* ---- units ---- */

static void add_functions(lookup_ranges *to, Dwarf_Die *parent, unsigned depth) {
    Dwarf_Die child;
    if (depth == NESTING_MAX || dwarf_child(parent, &child) != 0) {
        return;
    }
    do {
        switch (dwarf_tag(&child)) {
        case DW_TAG_subprogram:
            add_ranges_of(to, &child, dwarf_dieoffset(&child));
            add_functions(to, &child, depth + 1); /* functions in functions */
            break;
        case DW_TAG_lexical_block:
        case DW_TAG_namespace:
        case DW_TAG_module:
        case DW_TAG_class_type:
        case DW_TAG_structure_type:
        case DW_TAG_union_type:
        case DW_TAG_enumeration_type: /* Rust: functions of an enum */
            add_functions(to, &child, depth + 1);
            break;
        default:
            break;
        }
    } while (dwarf_siblingof(&child, &child) == 0);
}

static lookup_unit *new_unit(lookup *in, const Dwarf_Die *lines, const Dwarf_Die *code) {
    if (in->unit_count == in->unit_room) {
        const size_t room = in->unit_room > 0 ? in->unit_room * 2 : 64;
        lookup_unit *rows = realloc(in->unit_rows, room * sizeof *rows);
        if (rows == NULL) {
            return NULL;
        }
        in->unit_rows = rows;
        in->unit_room = room;
    }
    in->unit_rows[in->unit_count] = (lookup_unit){.lines = *lines, .code = *code};
    return &in->unit_rows[in->unit_count++];
}

static void read_functions(lookup_unit *unit) {
    if (!unit->is_read) {
        unit->is_read = true;
        add_functions(&unit->functions, &unit->code, 0);
        sort_ranges(&unit->functions);
    }
}

/* A unit that does not say where its code is: where its functions are. */
static void add_unit_by_functions(lookup *in, lookup_unit *unit, size_t index) {
    read_functions(unit);
    for (size_t i = 0; i < unit->functions.count; i++) {
        add_range(&in->units, unit->functions.rows[i].low, unit->functions.rows[i].high, index);
    }
}

void lookup_read_units(lookup *in) {
    Dwarf_CU *at = NULL;
    Dwarf_CU *next;
    Dwarf_Die die;
    Dwarf_Die split;
    uint8_t type;
    while (dwarf_get_units(in->dwarf, at, &next, NULL, &type, &die, &split) == 0) {
        at = next;
        if (type != DW_UT_compile && type != DW_UT_skeleton) {
            continue;
        }
        const bool is_split = type == DW_UT_skeleton && split.addr != NULL;
        lookup_unit *unit = new_unit(in, &die, is_split ? &split : &die);
        if (unit == NULL) {
            break;
        }
        const size_t index = in->unit_count - 1;
        const size_t before = in->units.count;
        add_ranges_of(&in->units, &die, index);
        if (in->units.count == before) {
            add_unit_by_functions(in, unit, index);
        }
    }
    sort_ranges(&in->units);
}

/* ---- names and places ---- */

static const char *text_of(Dwarf_Die *die, unsigned name) {
    Dwarf_Attribute attribute;
    return dwarf_formstring(dwarf_attr_integrate(die, name, &attribute));
}

static void name_frame(lookup_frame *out, Dwarf_Die *die) {
    out->name = text_of(die, DW_AT_name);
    out->symbol = text_of(die, DW_AT_linkage_name);
    if (out->symbol == NULL) {
        out->symbol = text_of(die, DW_AT_MIPS_linkage_name);
    }
    if (out->name == NULL) {
        out->name = out->symbol;
    }
}

static uint32_t number_of(Dwarf_Die *die, unsigned name) {
    Dwarf_Attribute attribute;
    Dwarf_Word number = 0;
    if (dwarf_formudata(dwarf_attr(die, name, &attribute), &number) != 0) {
        return 0;
    }
    return number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* Where the inlined function is called. */
static void place_call(lookup_frame *out, Dwarf_Die *unit, Dwarf_Die *inlined) {
    Dwarf_Files *files;
    size_t count;
    const uint32_t file = number_of(inlined, DW_AT_call_file);
    if (dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count) {
        out->file = dwarf_filesrc(files, file, NULL, NULL);
    }
    out->line = number_of(inlined, DW_AT_call_line);
    out->column = number_of(inlined, DW_AT_call_column);
}

static void place_address(lookup_frame *out, Dwarf_Die *unit, uint64_t address) {
    int line = 0;
    int column = 0;
    Dwarf_Line *found = dwarf_getsrc_die(unit, address);
    out->file = found != NULL ? dwarf_linesrc(found, NULL, NULL) : NULL;
    if (found != NULL && dwarf_lineno(found, &line) == 0 && line > 0) {
        out->line = (uint32_t)line;
    }
    if (found != NULL && dwarf_linecol(found, &column) == 0 && column > 0) {
        out->column = (uint32_t)column;
    }
}

/* ---- functions ---- */

/* The block or inlined function directly in `in` that has the address. */
static bool inner_scope(Dwarf_Die *in, uint64_t address, Dwarf_Die *out) {
    if (dwarf_child(in, out) != 0) {
        return false;
    }
    do {
        const int tag = dwarf_tag(out);
        if ((tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block) &&
            dwarf_haspc(out, address) > 0) {
            return true;
        }
    } while (dwarf_siblingof(out, out) == 0);
    return false;
}

/* The function and what is inlined there, outermost first. */
static size_t find_nest(Dwarf_Die *nest, size_t nest_max, Dwarf_Die *function, uint64_t address) {
    Dwarf_Die at = *function;
    Dwarf_Die inner;
    size_t count = 0;
    nest[count++] = at;
    for (unsigned depth = 0; depth < 4 * NESTING_MAX && inner_scope(&at, address, &inner);
         depth++) {
        at = inner;
        if (dwarf_tag(&at) == DW_TAG_inlined_subroutine && count < nest_max) {
            nest[count++] = at;
        }
    }
    return count;
}

size_t lookup_scopes(lookup *in, uint64_t address, lookup_frame *frames, size_t frames_max) {
    Dwarf_Die nest[NESTING_MAX];
    Dwarf_Die function;
    const lookup_range *range = range_at(&in->units, address);
    if (range == NULL) {
        return 0;
    }
    lookup_unit *unit = &in->unit_rows[range->offset];
    read_functions(unit);
    frames[0] = (lookup_frame){.name = NULL};
    place_address(&frames[0], &unit->lines, address);
    const lookup_range *found = range_at(&unit->functions, address);
    Dwarf *dwarf = dwarf_cu_getdwarf(unit->code.cu);
    if (found == NULL || dwarf_offdie(dwarf, found->offset, &function) == NULL) {
        return 1;
    }
    const size_t count =
        find_nest(nest, frames_max < NESTING_MAX ? frames_max : NESTING_MAX, &function, address);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            frames[i] = (lookup_frame){.name = NULL};
            place_call(&frames[i], &unit->code, &nest[count - i]);
        }
        name_frame(&frames[i], &nest[count - 1 - i]);
    }
    return count;
}
