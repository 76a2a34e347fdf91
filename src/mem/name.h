/* name.h: the names that objects carry, cut at CH_NAME_MAX bytes. */
#ifndef CHI_NAME_H
#define CHI_NAME_H

#include <coldheap/region.h>

/* chi_name_set copies `name` (NULL: empty) and fills the rest with 0. */
static inline void chi_name_set(char target[CH_NAME_MAX + 1], const char *name) {
    size_t length = 0;
    while (name != NULL && length < CH_NAME_MAX && name[length] != 0) {
        target[length] = name[length];
        length++;
    }
    while (length <= CH_NAME_MAX) {
        target[length++] = 0;
    }
}

#endif
