/* bits.h against loops that do the same bit by bit and byte by byte. */
#include <coldheap/bits.h>

#include "harness.h"

/* Every pattern with one or two bits, and random ones of every density. */
enum { RANDOM_CASES = 20000 };

static uint64_t sparse_random(void) {
    uint64_t value = ch_test_random();
    for (uint64_t i = ch_test_random_below(5); i > 0; i--) {
        value &= ch_test_random();
    }
    return value;
}

static void check_counts(uint64_t value) {
    unsigned low = 64;
    unsigned high = 0;
    unsigned count = 0;
    for (unsigned bit = 0; bit < 64; bit++) {
        if ((value >> bit & 1) != 0) {
            low = low == 64 ? bit : low;
            high = bit;
            count++;
        }
    }
    CHECK_EQUAL(ch_bits_count(value), count);
    if (value != 0) {
        CHECK_EQUAL(ch_bits_low(value), low);
        CHECK_EQUAL(ch_bits_high(value), high);
    }
    if ((uint32_t)value != 0) {
        CHECK_EQUAL(ch_bits_low32((uint32_t)value), low);
    }
}

TEST(bits_are_counted_and_found) { /* M69 */
    check_counts(0);
    check_counts(UINT64_MAX);
    for (unsigned i = 0; i < 64; i++) {
        for (unsigned k = 0; k < 64; k++) {
            check_counts(UINT64_C(1) << i | UINT64_C(1) << k);
        }
    }
    for (unsigned i = 0; i < RANDOM_CASES; i++) {
        check_counts(sparse_random());
    }
}

TEST(bits_rotate_through_every_count) {
    const uint64_t value = 0x8000000000000123u;
    uint64_t turned = value;
    for (unsigned count = 0; count < 64; count++) {
        CHECK_EQUAL(ch_bits_rotate_left(value, count), turned);
        turned = turned << 1 | turned >> 63;
    }
    CHECK_EQUAL(turned, value);
}

/* The product, by halves of 32 bits added up in school manner, bit by bit for the carries. */
static uint64_t slow_product(uint64_t *low, uint64_t a, uint64_t b) {
    uint64_t high = 0;
    *low = 0;
    for (unsigned bit = 64; bit-- > 0;) {
        high = high << 1 | *low >> 63;
        *low <<= 1;
        if ((b >> bit & 1) != 0) {
            *low += a;
            high += *low < a;
        }
    }
    return high;
}

static void check_product(uint64_t a, uint64_t b) {
    uint64_t want_low;
    uint64_t got_low;
    uint64_t want_high = slow_product(&want_low, a, b);
    CHECK_EQUAL(ch_bits_mul_wide(&got_low, a, b), want_high);
    CHECK_EQUAL(got_low, want_low);
    CHECK_EQUAL(ch_bits_mul_fold(a, b), want_high ^ want_low);
}

TEST(bits_wide_products_are_exact) { /* M5 */
    static const uint64_t EDGES[] = {0,          1,           2,          UINT32_MAX,
                                     1ull << 32, 1ull << 63u, UINT64_MAX, UINT64_MAX - 1};
    for (size_t i = 0; i < sizeof EDGES / sizeof EDGES[0]; i++) {
        for (size_t k = 0; k < sizeof EDGES / sizeof EDGES[0]; k++) {
            check_product(EDGES[i], EDGES[k]);
        }
    }
    for (unsigned i = 0; i < RANDOM_CASES; i++) {
        check_product(sparse_random(), ch_test_random());
    }
}

TEST(bits_loads_take_the_lowest_byte_first_at_any_address) {
    uint8_t bytes[24];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)ch_test_random();
    }
    for (size_t at = 0; at + 8 <= sizeof bytes; at++) {
        uint64_t want = 0;
        for (unsigned i = 8; i-- > 0;) {
            want = want << 8 | bytes[at + i];
        }
        CHECK_EQUAL(ch_bits_load_le64(bytes + at), want);
        CHECK_EQUAL(ch_bits_load_le32(bytes + at), (uint32_t)want);
    }
}

TEST(bytes_are_equal_only_if_every_one_is) { /* M63 */
    uint8_t a[72];
    uint8_t b[72];
    for (size_t size = 0; size <= 64; size++) {
        for (size_t i = 0; i < sizeof a; i++) {
            a[i] = b[i] = (uint8_t)ch_test_random();
        }
        CHECK(ch_bytes_equal(a + 1, b + 1, size));
        b[0] ^= 1; /* bytes around do not count */
        b[size + 1] ^= 1;
        CHECK(ch_bytes_equal(a + 1, b + 1, size));
        for (size_t i = 1; i <= size; i++) {
            b[i] ^= 0x80;
            CHECK(!ch_bytes_equal(a + 1, b + 1, size));
            b[i] ^= 0x80;
        }
    }
}
