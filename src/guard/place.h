/** place.h: from a code address to module, symbol and offset, without libc's help: the process map
 *  and the ELF files are read with read(2) into one fixed workspace, nothing is allocated or
 *  locked. Slow, and meant for reports only. */
#ifndef CH_GUARD_PLACE_H
#define CH_GUARD_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

#define CHI_PLACE_MAX    32u
#define CHI_MODULE_MAX   16u
#define CHI_PATH_BYTES   256u
#define CHI_SYMBOL_BYTES 256u
#define CHI_PLACES_MAX   8u /* reports at the same time */
#define CHI_BUILD_BYTES  20u

typedef struct chi_place {
    uint64_t address;       /* what was asked */
    uint64_t file_offset;   /* in the module */
    uint64_t module_offset; /* ELF address, as addr2line wants it; the file offset if unknown */
    uint64_t symbol_offset;
    uint64_t symbol_value;
    uint64_t name_offset; /* in the string table; elf.c */
    int module;           /* index, -1: in no file */
    bool has_symbol;
    char symbol[CHI_SYMBOL_BYTES];
} chi_place;

typedef struct chi_module {
    char path[CHI_PATH_BYTES];
    uint8_t build_id[CHI_BUILD_BYTES];
    uint32_t build_id_size; /* 0: unknown */
} chi_module;

typedef struct chi_places {
    chi_place places[CHI_PLACE_MAX];
    chi_module modules[CHI_MODULE_MAX];
    size_t place_count;
    size_t module_count;
    bool named;
} chi_places;

/** chi_places_find looks `count` addresses up (at most CHI_PLACE_MAX; return addresses: the
 *  instruction before is meant) and returns a workspace, to be given back by chi_places_done.
 *  chi_places_locate finds modules and offsets only, which is much faster; chi_places_name adds
 *  the symbols later.
 *  Returns: NULL if other reports are using all of them. */
chi_places *chi_places_find(const void *const *addresses, size_t count);
chi_places *chi_places_locate(const void *const *addresses, size_t count);
void chi_places_name(chi_places *places);
void chi_places_done(chi_places *places);

/* maps.c: fills module and file_offset. */
void chi_places_from_maps(chi_places *places);

/* elf.c: fills module_offset and build id of all places in module `index`; with `names` their
 * symbols. */
void chi_places_from_elf(chi_places *places, int index, bool names);

#pragma GCC visibility pop

#endif
