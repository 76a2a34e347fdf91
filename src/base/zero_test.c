/* ch_zero clears exactly what it is told to, of every size at every place; and the compiler cannot
 * drop it: the bytes of a buffer that nobody reads again are gone. */
#include <coldheap/zero.h>

#include "harness.h"

enum { ROOM = 2200, EDGE = 32 };

static CH_ALIGNED(64) uint8_t room[ROOM + 2 * EDGE];

static bool is_filled(size_t from, size_t to, uint8_t value) {
    uint8_t differs = 0;
    for (size_t i = from; i < to; i++) {
        differs |= (uint8_t)(room[i] ^ value);
    }
    return differs == 0;
}

TEST(zero_clears_exactly_its_bytes) { /* M10 */
    for (size_t size = 0; size <= ROOM - EDGE; size++) {
        for (size_t start = EDGE; start < EDGE + (size < 200 ? 17u : 3u); start++) {
            memset(room, 0xa5, sizeof room);
            ch_zero(room + start, size);
            const bool right = is_filled(0, start, 0xa5) && is_filled(start, start + size, 0) &&
                               is_filled(start + size, sizeof room, 0xa5);
            if (!CHECK(right)) {
                return;
            }
        }
    }
}

#define CONSTANT(size)                                                                             \
    do {                                                                                           \
        memset(room, 0xa5, sizeof room);                                                           \
        ch_zero(room + EDGE, (size));                                                              \
        CHECK(is_filled(0, EDGE, 0xa5) && is_filled(EDGE, EDGE + (size), 0));                      \
        CHECK(is_filled(EDGE + (size), sizeof room, 0xa5));                                        \
    } while (0)

TEST(zero_of_constant_sizes_clears_exactly_its_bytes) { /* M10 */
    CONSTANT(0);
    CONSTANT(1);
    CONSTANT(15);
    CONSTANT(16);
    CONSTANT(63);
    CONSTANT(64);
    CONSTANT(65);
    CONSTANT(256);
    CONSTANT(1000);
    CONSTANT(1024);
    CONSTANT(1025);
    CONSTANT(2048);
}

#if defined(__SANITIZE_ADDRESS__)
#define FRAMES_ARE_WATCHED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define FRAMES_ARE_WATCHED true
#endif
#endif
#ifndef FRAMES_ARE_WATCHED
#define FRAMES_ARE_WATCHED false
#endif

/* The secret is cleared as the last thing before the frame goes: a dead store to a compiler. */
static CH_NOINLINE uintptr_t keep_secret(uint8_t value) {
    uint8_t secret[512];
    uint8_t *at = secret;
    CH_OPAQUE(at);
    memset(at, value, sizeof secret);
    const uintptr_t where = (uintptr_t)at;
    ch_zero(secret, sizeof secret);
    return where;
}

/* Counts what is left of it there, from a frame of its own. */
static CH_NOINLINE size_t count_left(uintptr_t where, uint8_t value) {
    const volatile uint8_t *at = (const volatile uint8_t *)where;
    size_t left = 0;
    for (size_t i = 0; i < 512; i++) {
        left += at[i] == value;
    }
    return left;
}

TEST(zero_is_never_dropped) { /* M10 */
    if (FRAMES_ARE_WATCHED) {
        ch_test_skip("a sanitizer watches frames that have gone");
        return;
    }
    const uintptr_t where = keep_secret(0x6b);
    CHECK(count_left(where, 0x6b) < 64); /* calls since may have written there, never that value */
}
