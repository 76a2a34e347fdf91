/* atomic.h in one thread: what each operation does to its word. What threads see of each other is
 * tested where they do (rings, pools between threads) and by walks through all interleavings. */
#include <coldheap/atomic.h>

#include "harness.h"

TEST(atomic_words_keep_what_is_stored) { /* M6 */
    static const size_t VALUES[] = {0, 1, SIZE_MAX / 2, SIZE_MAX - 4, SIZE_MAX};
    size_t word = 5;
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        ch_atomic_store_release(&word, VALUES[i]);
        CHECK_EQUAL(ch_atomic_load(&word), VALUES[i]);
        CHECK_EQUAL(ch_atomic_load_acquire(&word), VALUES[i]);
    }
}

TEST(atomic_advance_stores_only_over_what_was_expected) { /* M6 */
    size_t word = SIZE_MAX;
    size_t expected = 7;
    CHECK(!ch_atomic_advance(&word, &expected, 9));
    CHECK_EQUAL(word, SIZE_MAX);
    CHECK_EQUAL(expected, SIZE_MAX);                  /* now it knows */
    while (!ch_atomic_advance(&word, &expected, 0)) { /* it may fail for no reason */
        CHECK_EQUAL(expected, SIZE_MAX);
    }
    CHECK_EQUAL(word, 0);
}

TEST(atomic_hints_change_nothing) { /* M6 */
    size_t words[2] = {3, 4};
    ch_atomic_want(&words[0]);
    ch_atomic_near(&words[1]);
    ch_atomic_pause();
    CHECK_EQUAL(words[0], 3);
    CHECK_EQUAL(words[1], 4);
}
