/* The word of an address, its table, and what happens to it when code changes. */
#include "shortcut.h"

#include <pthread.h>
#include <stdlib.h>

#include "harness.h"

static uint64_t way_of(uintptr_t address) {
    return chi_shortcut(address, chi_shortcut_salt()) & CHI_SHORTCUT_WAY;
}

TEST(g23_shortcut_of_data_is_outside) {
    static int data;
    CHECK_EQUAL(way_of((uintptr_t)&data), CHI_WAY_OUTSIDE);
    CHECK_EQUAL(way_of(0), CHI_WAY_OUTSIDE);
}

#ifdef __x86_64__
TEST(g23_shortcut_at_the_start_of_a_function) {
    const uint64_t word = chi_shortcut((uintptr_t)&chi_shortcut_find, chi_shortcut_salt());
    CHECK_EQUAL(word & CHI_SHORTCUT_WAY, CHI_WAY_STACK);
    CHECK_EQUAL(chi_shortcut_cfa(word), 8); /* only the return address is there */
    CHECK_EQUAL(chi_shortcut_slot(word), 0);
    CHECK_EQUAL(word & CHI_SHORTCUT_HOT, 0);
}
#endif

TEST(g23_shortcut_is_kept_until_code_changes) {
    const uintptr_t address = (uintptr_t)&chi_shortcut_find;
    const uint64_t salt = chi_shortcut_salt();
    const uint64_t word = chi_shortcut(address, salt);
    size_t row = 0;
    while (row < 1u << CHI_SHORTCUT_ROWS_LOG &&
           (chi_shortcut_rows[row].word ^ chi_shortcut_rows[row].check) != (address ^ salt)) {
        row++;
    }
    if (!CHECK(row < 1u << CHI_SHORTCUT_ROWS_LOG)) {
        return;
    }
    CHECK_EQUAL(chi_shortcut_rows[row].word, word);
    chi_code_changed();
    CHECK(chi_shortcut_salt() != salt);
    CHECK_EQUAL(chi_shortcut(address, chi_shortcut_salt()), word);
    CHECK((chi_shortcut_rows[row].word ^ chi_shortcut_rows[row].check) != (address ^ salt));
}

/* A row with halves of two writers fits no address: it is worked out again. */
TEST(g23_shortcut_half_a_row_is_none) {
    const uintptr_t address = (uintptr_t)&chi_shortcut_find;
    const uint64_t word = chi_shortcut(address, chi_shortcut_salt());
    for (size_t i = 0; i < 1u << CHI_SHORTCUT_ROWS_LOG; i++) {
        chi_shortcut_rows[i].word ^= 0x10;
    }
    CHECK_EQUAL(chi_shortcut(address, chi_shortcut_salt()), word);
}

static void *look(void *argument) {
    size_t *bad = argument;
    const uintptr_t address = (uintptr_t)&chi_shortcut_find;
    const uint64_t first = chi_shortcut(address, chi_shortcut_salt());
    for (uint32_t i = 0; i < 200000; i++) {
        const uint64_t salt = chi_shortcut_salt();
        *bad += chi_shortcut(address, salt) != first;
        (void)chi_shortcut(address + i % 64, salt);
    }
    return NULL;
}

TEST(g23_shortcut_threads_agree) {
    pthread_t threads[4];
    size_t bad[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQUAL(pthread_create(&threads[i], NULL, look, &bad[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CHECK_EQUAL(bad[i], 0);
    }
}
