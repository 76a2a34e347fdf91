/* sort.h: sorting without the heap, which qsort takes for large arrays. */
#ifndef TOOLS_COMMON_SORT_H
#define TOOLS_COMMON_SORT_H

#include <stddef.h>

/* sort_items puts `count` items of `size` bytes (at most SORT_ITEM_MAX) in ascending order of
 * `compare`, as qsort does; equal ones in no particular order. Cost: O(n log n), in place. */
#define SORT_ITEM_MAX 128u
void sort_items(void *items, size_t count, size_t size,
                int (*compare)(const void *left, const void *right));

#endif
