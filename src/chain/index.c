/* index.c: growing, removing, emptying; what a lookup does not need. */
#include "index.h"

#include <string.h>

#define CELLS_FIRST 64u

static void clear(chevmi_index *index, uint64_t first, uint64_t count) {
    memset(index->cells + first, 0, (size_t)count * sizeof index->cells[0]);
}

void chevmi_index_init(chevmi_index *index, uint64_t *cells, uint64_t room) {
    CH_ASSERT(room >= 2 && (room & (room - 1)) == 0);
    *index = (chevmi_index){.cells = cells, .mask_max = room - 1};
    index->mask = (room < CELLS_FIRST ? room : CELLS_FIRST) - 1;
    clear(index, 0, index->mask + 1);
}

void chevmi_index_reset(chevmi_index *index) {
    chevmi_index_init(index, index->cells, index->mask_max + 1);
}

/* Takes the cells out and in again one by one, beginning behind the last empty one, that is with
 * the chain that may run over the end. A cell then lands at its old place at the latest (in the
 * lower or the upper half): everything between its new home and there has been taken out before, so
 * nothing that is still to come is passed over. */
CH_COLD void chevmi_index_grow(chevmi_index *index) {
    const uint64_t old_mask = index->mask;
    clear(index, old_mask + 1, old_mask + 1);
    index->mask = 2 * old_mask + 1;
    uint64_t first = old_mask;
    while (index->cells[first] != 0) {
        first--;
    }
    for (uint64_t i = 1; i <= old_mask; i++) {
        const uint64_t from = (first + i) & old_mask;
        const uint64_t cell = index->cells[from];
        if (cell == 0) {
            continue;
        }
        index->cells[from] = 0;
        uint64_t at = (cell >> 32) & index->mask;
        while (index->cells[at] != 0) {
            at = (at + 1) & index->mask;
        }
        index->cells[at] = cell;
    }
}

void chevmi_index_remove(chevmi_index *index, uint32_t hash, uint32_t number) {
    const uint64_t mask = index->mask;
    uint64_t hole = hash & mask;
    while ((uint32_t)index->cells[hole] != number) {
        CH_ASSERT(index->cells[hole] != 0);
        hole = (hole + 1) & mask;
    }
    for (uint64_t at = (hole + 1) & mask; index->cells[at] != 0; at = (at + 1) & mask) {
        const uint64_t home = (index->cells[at] >> 32) & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            index->cells[hole] = index->cells[at];
            hole = at;
        }
    }
    index->cells[hole] = 0;
    index->count--;
}
