/* forbidden.c: what the symbol test must catch; linked into nothing. */
#include <stdlib.h>

void *forbidden_block(size_t size);

void *forbidden_block(size_t size) {
    return malloc(size);
}
