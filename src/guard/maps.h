/** maps.h: the mappings of the process, one after the other, out of /proc/self/maps by read(2). */
#ifndef CH_GUARD_MAPS_H
#define CH_GUARD_MAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "place.h"

#pragma GCC visibility push(hidden)

typedef struct chi_map_line {
    uint64_t start;
    uint64_t end;
    uint64_t offset; /* in the file */
    uint64_t inode;  /* 0: no file */
    bool readable;
    bool executable;
    char path[CHI_PATH_BYTES]; /* empty: no file; cut if it is longer */
} chi_map_line;

/** chi_maps_each calls `visit` for each mapping, by ascending address, until it returns false.
 *  Returns: false if the mappings cannot be read. */
bool chi_maps_each(bool (*visit)(void *context, const chi_map_line *line), void *context);

#pragma GCC visibility pop

#endif
