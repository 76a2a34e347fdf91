/* reciprocal_table.c and the reciprocal of a limb derived from it, against their definitions. */
#include "divide.h"

#include "harness.h"

TEST(reciprocal_table_is_its_formula) {
    for (unsigned i = 0; i < 256; i++) {
        CHECK_EQUAL(chevmi_reciprocal_table[i], ((1u << 19) - 3u * (1u << 8)) / (256u + i));
    }
}

/* v = floor((B^2 - 1) / d) - B means: (B + v) d <= B^2 - 1 < (B + v + 1) d, B = 2^64. */
static bool is_reciprocal(uint64_t v, uint64_t d) {
    uint64_t high, carry = 0;
    uint64_t low = chevm_limb_mul(&high, v, d); /* + B d: high + d must not pass B - 1 */
    high = chevm_limb_add(high, d, &carry);
    if (carry != 0) {
        return false;
    }
    low = chevm_limb_add(low, d, &carry); /* one more d must */
    (void)low;
    return high == ~(uint64_t)0 && carry == 1;
}

TEST(reciprocal_of_a_limb_is_exact) {
    for (unsigned i = 0; i < 256; i++) {
        const uint64_t start = (uint64_t)(256 + i) << 55, end = start + (((uint64_t)1 << 55) - 1);
        for (uint64_t off = 0; off < 300; off++) { /* both ends of each table step */
            CHECK(is_reciprocal(chevmi_reciprocal(start + off), start + off));
            CHECK(is_reciprocal(chevmi_reciprocal(end - off), end - off));
        }
    }
    for (unsigned i = 0; i < 64; i++) { /* near powers of two below the top bit */
        const uint64_t d = (uint64_t)1 << 63 | (uint64_t)1 << i;
        CHECK(is_reciprocal(chevmi_reciprocal(d), d));
        const uint64_t below = (d - 1) | (uint64_t)1 << 63;
        CHECK(is_reciprocal(chevmi_reciprocal(below), below));
    }
    for (unsigned i = 0; i < 1000000; i++) {
        const uint64_t d = ch_test_random() | (uint64_t)1 << 63;
        if (!CHECK(is_reciprocal(chevmi_reciprocal(d), d))) {
            return;
        }
    }
}
