/* track_address.c: blocks without trailers: address -> site and size, in a table of fixed size. An
 * address may stand in any of the WINDOW places from its hash on, so it can go without leaving a
 * mark for searches. An address is put in after the block was given out and taken out before it is
 * given back: no two threads are ever at work on the same one. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "track.h"

#define PLACES_BITS 20
#define WINDOW      64u
#define MIX         UINT64_C(0x9e3779b97f4a7c15)

typedef struct address_row {
    uint64_t key; /* 0: free; else address * 8 + kind + 1 */
    chi_track_block block;
} address_row;

static address_row *rows; /* a WINDOW longer than the hash reaches */

bool chi_track_address_init(void) {
    const size_t count = ((size_t)1 << PLACES_BITS) + WINDOW;
    if (rows != NULL) {
        (void)munmap(rows, count * sizeof rows[0]);
    }
    void *memory = mmap(NULL, count * sizeof rows[0], PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    rows = memory != MAP_FAILED ? (address_row *)memory : NULL;
    return rows != NULL;
}

static address_row *home_of(uint64_t key) {
    return &rows[key * MIX >> (64 - PLACES_BITS)];
}

bool chi_track_address_put(uint64_t key, const chi_track_block *block) {
    address_row *row = home_of(key);
    for (unsigned i = 0; i < WINDOW; i++, row++) {
        uint64_t nobody = 0;
        if (__atomic_load_n(&row->key, __ATOMIC_RELAXED) == 0 &&
            __atomic_compare_exchange_n(&row->key, &nobody, key, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
            row->block = *block;
            return true;
        }
    }
    return false;
}

static address_row *row_of(uint64_t key) {
    address_row *row = home_of(key);
    for (unsigned i = 0; i < WINDOW; i++, row++) {
        if (__atomic_load_n(&row->key, __ATOMIC_RELAXED) == key) {
            return row;
        }
    }
    return NULL;
}

bool chi_track_address_look(uint64_t key, chi_track_block *block) {
    const address_row *row = row_of(key);
    if (row != NULL) {
        *block = row->block;
    }
    return row != NULL;
}

bool chi_track_address_take(uint64_t key, chi_track_block *block) {
    address_row *row = row_of(key);
    if (row != NULL) {
        *block = row->block;
        __atomic_store_n(&row->key, 0, __ATOMIC_RELEASE);
    }
    return row != NULL;
}
