/* The variant that looks the next allocator up, with its boot arena. The module is included, so
 * that the arena can be looked at; whole programs run on it in guard/matrix. */
#define CHI_GUARD_NEXT_DLSYM 1
#include "next_dlsym.c"

#include <stdlib.h>

#include "harness.h"

TEST(g12_boot_blocks_are_disjoint_and_aligned) {
    unsigned char *blocks[20];
    const size_t sizes[20] = {0,  1,  8, 15, 16, 17, 100, 1000, 3,  5,
                              31, 33, 7, 64, 65, 2,  9,   11,   13, 6};
    looking_up = true; /* as in a call that the lookup makes */
    const int known_before = next_known;
    next_known = 0;
    for (size_t i = 0; i < 20; i++) {
        blocks[i] = (unsigned char *)(i % 3 == 0   ? chi_next_malloc(sizes[i])
                                      : i % 3 == 1 ? chi_next_calloc(sizes[i], 1)
                                                   : chi_next_memalign(64, sizes[i]));
        CHECK(boot_owns(blocks[i]));
        CHECK_EQUAL((uintptr_t)blocks[i] % (i % 3 == 2 ? 64 : 16), 0);
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    looking_up = false;
    next_known = known_before;
    for (size_t i = 0; i < 20; i++) {
        for (size_t b = 0; b < sizes[i]; b++) {
            CHECK_EQUAL(blocks[i][b], i + 1);
        }
        unsigned char *moved = (unsigned char *)chi_next_realloc(blocks[i], sizes[i] + 50);
        CHECK(moved != NULL && !boot_owns(moved));
        for (size_t b = 0; b < sizes[i]; b++) {
            CHECK_EQUAL(moved[b], i + 1);
        }
        chi_next_free(blocks[i]);
        chi_next_free(moved);
    }
    CHECK(chi_next_realloc(blocks[1], 0) == NULL);
    chi_next_free(NULL);
}

TEST(g12_boot_arena_ends_with_enomem) {
    looking_up = true;
    const int known_before = next_known;
    const size_t used_before = boot_used;
    next_known = 0;
    errno = 0;
    CHECK(chi_next_malloc(BOOT_BYTES + 1) == NULL && errno == ENOMEM);
    CHECK(chi_next_malloc(SIZE_MAX) == NULL);
    CHECK(chi_next_calloc(SIZE_MAX / 2, 3) == NULL);
    CHECK(chi_next_memalign(BOOT_BYTES * 2, 1) == NULL);
    size_t count = 0;
    while (chi_next_malloc(1000) != NULL && count < BOOT_BYTES) {
        count++;
    }
    CHECK(count > 32 && count < BOOT_BYTES / 1000);
    CHECK(chi_next_malloc(1) == NULL || boot_used <= BOOT_BYTES);
    boot_used = used_before;
    looking_up = false;
    next_known = known_before;
}

TEST(g12_lookup_finds_libc) {
    void *block = chi_next_malloc(100);
    CHECK(block != NULL && !boot_owns(block));
    CHECK(next_known != 0);
    CHECK(next.malloc != malloc);
    block = chi_next_realloc(block, 1000);
    CHECK(chi_next_usable_size(block) >= 1000);
    chi_next_free(block);
    block = chi_next_valloc(1);
    CHECK_EQUAL((uintptr_t)block % page_bytes(), 0);
    chi_next_free(block);
    block = chi_next_pvalloc(1);
    CHECK(chi_next_usable_size(block) >= page_bytes());
    chi_next_free(block);
}
