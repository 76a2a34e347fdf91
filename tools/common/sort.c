/* sort.c: heapsort; see sort.h. */
#include "sort.h"

#include <coldheap/base.h>

#include <string.h>

typedef int (*comparison)(const void *left, const void *right);

static void swap(char *one, char *other, size_t size) {
    char saved[SORT_ITEM_MAX];
    memcpy(saved, one, size);
    memcpy(one, other, size);
    memcpy(other, saved, size);
}

/* Lets the item at `root` sink to where its children are no larger. */
static void sift(char *items, size_t root, size_t count, size_t size, comparison compare) {
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && compare(items + child * size, items + (child + 1) * size) < 0) {
            child++;
        }
        if (compare(items + root * size, items + child * size) >= 0) {
            return;
        }
        swap(items + root * size, items + child * size, size);
        root = child;
    }
}

void sort_items(void *items, size_t count, size_t size, comparison compare) {
    CH_REQUIRE(size <= SORT_ITEM_MAX);
    for (size_t i = count / 2; i > 0; i--) {
        sift(items, i - 1, count, size, compare);
    }
    for (size_t end = count; end > 1; end--) {
        swap(items, (char *)items + (end - 1) * size, size);
        sift(items, 0, end - 1, size, compare);
    }
}
