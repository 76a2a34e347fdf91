/* The same heap calls in every run, none of them realloc: what other tools count of it can be
 * compared to the last byte. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define KEPT  256u
#define STEPS 20000u

static uint64_t state = 1;

static uint32_t next(uint32_t limit) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((state >> 33) % limit);
}

__attribute__((noinline)) static void *small(void) {
    return malloc(1 + next(200)); /* DHAT takes 0 bytes for 1 */
}

__attribute__((noinline)) static void *large(void) {
    return malloc(1000 + next(200000));
}

__attribute__((noinline)) static void *cleared(void) {
    return calloc(1 + next(9), 1 + next(300));
}

__attribute__((noinline)) static void *aligned(void) {
    void *block = NULL;
    return posix_memalign(&block, (size_t)16 << next(6), 1 + next(5000)) == 0 ? block : NULL;
}

__attribute__((noinline)) static void *text(void) {
    static const char words[] = "a text of some length, from which a part is taken";
    return strdup(words + next(sizeof words - 1));
}

int main(void) {
    void *(*const kinds[])(void) = {small, small, small, large, cleared, aligned, text};
    static void *kept[KEPT];
    for (uint32_t step = 0; step < STEPS; step++) {
        const uint32_t at = next(KEPT);
        free(kept[at]);
        kept[at] = kinds[next(sizeof kinds / sizeof kinds[0])]();
    }
    for (uint32_t at = 0; at < KEPT; at += 2) { /* the others leak */
        free(kept[at]);
    }
    return 0;
}
