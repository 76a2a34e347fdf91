/* The division template with narrow limbs, where every operand can be tried: each window, each
 * normalised divisor, both ways of estimating a digit. The width is a variable here, so that one
 * instance serves all. Then the signs, which divide.c adds. */
#include <coldevm/u256.h>

#include "harness.h"
#include "reference.h"

static unsigned width;   /* bits of a limb */
static uint64_t largest; /* B - 1 */

static uint64_t narrow_add(uint64_t *x, const uint64_t *b, unsigned count) {
    uint64_t carry = 0;
    for (unsigned i = 0; i < count; i++) {
        carry += x[i] + b[i];
        x[i] = carry & largest;
        carry >>= width;
    }
    return carry;
}

static uint64_t narrow_sub(uint64_t *x, const uint64_t *b, unsigned count) {
    uint64_t borrow = 0;
    for (unsigned i = 0; i < count; i++) {
        const uint64_t difference = x[i] - b[i] - borrow;
        x[i] = difference & largest;
        borrow = difference >> 63;
    }
    return borrow;
}

static uint64_t narrow_mul(uint64_t *high, uint64_t a, uint64_t b) {
    *high = a * b >> width;
    return a * b & largest;
}

static uint64_t narrow_divide(uint64_t *remainder, uint64_t high, uint64_t low, uint64_t d) {
    CHECK(high < d); /* the machine's division would trap */
    *remainder = (high << width | low) % d;
    return (high << width | low) / d;
}

#define NUM_LIMB               uint64_t
#define NUM_LIMB_BITS          width
#define NUM_WRAP(x)            ((x)&largest)
#define NUM_ADD(x, b, count)   narrow_add((x), (b), (count))
#define NUM_SUB(x, b, count)   narrow_sub((x), (b), (count))
#define NUM_MUL(high, a, b)    narrow_mul((high), (a), (b))
#define NUM_RECIPROCAL(d)      ((((uint64_t)1 << 2 * width) - 1) / (d) - ((uint64_t)1 << width))
#define NUM_DIRECT             1
#define NUM_DIVIDE(r, h, l, d) narrow_divide((r), (h), (l), (d))
#include "divide_tmpl.h"

static void set_width(unsigned bits) {
    width = bits;
    largest = ((uint64_t)1 << bits) - 1;
}

static uint64_t value_of(const uint64_t *limbs, unsigned count) {
    uint64_t value = 0;
    for (unsigned i = count; i-- > 0;) {
        value = value << width | limbs[i];
    }
    return value;
}

static void limbs_of(uint64_t *limbs, unsigned count, uint64_t value) {
    for (unsigned i = 0; i < count; i++, value >>= width) {
        limbs[i] = value & largest;
    }
}

TEST(limb_by_limb_exhaustive) {
    set_width(6);
    for (uint64_t d = 32; d < 64; d++) {
        const uint64_t v = (((uint64_t)1 << 2 * width) - 1) / d - 64;
        for (uint64_t u = 0; u < d << width; u++) {
            uint64_t r;
            const uint64_t q = num_divide_2by1(&r, u >> width, u & largest, d, v);
            if (!CHECK_EQUAL(q, u / d) || !CHECK_EQUAL(r, u % d)) {
                return;
            }
        }
    }
}

TEST(reciprocal_of_two_limbs_exhaustive) {
    for (unsigned bits = 2; bits <= 7; bits++) {
        set_width(bits);
        const uint64_t base = largest + 1, cube = base * base * base - 1;
        for (uint64_t d = base * base / 2; d < base * base; d++) {
            if (!CHECK_EQUAL(num_reciprocal_3by2(d >> width, d & largest), cube / d - base)) {
                return;
            }
        }
    }
}

/* All windows below d * B over all normalised d of `count` limbs. */
static bool check_digits(unsigned count) {
    const uint64_t top = (uint64_t)1 << (count * width);
    for (uint64_t divisor = top / 2; divisor < top; divisor++) {
        uint64_t d[4];
        limbs_of(d, count, divisor);
        const uint64_t v = num_reciprocal_3by2(d[count - 1], d[count - 2]);
        for (uint64_t window = 0; window < divisor << width; window++) {
            uint64_t u[5], direct[5];
            limbs_of(u, count + 1, window);
            limbs_of(direct, count + 1, window);
            const uint64_t q = num_divide_digit(u, d, count, v);
            const uint64_t q_direct = num_divide_digit_direct(direct, d, count);
            if (q != window / divisor || q_direct != q ||
                value_of(u, count) != window - q * divisor ||
                value_of(direct, count) != window - q * divisor) {
                return CHECK_EQUAL(q, window / divisor) && CHECK_EQUAL(q_direct, q) &&
                       CHECK_EQUAL(value_of(u, count), window % divisor) &&
                       CHECK_EQUAL(value_of(direct, count), window % divisor);
            }
        }
    }
    return true;
}

TEST(digits_by_two_limbs_exhaustive) {
    for (unsigned bits = 2; bits <= 4; bits++) {
        set_width(bits);
        CHECK(check_digits(2));
    }
}

TEST(digits_by_three_limbs_exhaustive) {
    for (unsigned bits = 2; bits <= 3; bits++) {
        set_width(bits);
        CHECK(check_digits(3));
    }
}

TEST(digits_by_four_limbs_exhaustive) {
    set_width(2);
    CHECK(check_digits(4));
}

/* Four limbs of 3 bits are 33 million windows: one in 16, another sixteenth each run. */
TEST(digits_by_four_limbs_of_three_bits_sampled) {
    set_width(3);
    const uint64_t start = ch_test_random_below(16);
    for (uint64_t divisor = 2048 + start; divisor < 4096; divisor += 16) {
        uint64_t d[4];
        limbs_of(d, 4, divisor);
        const uint64_t v = num_reciprocal_3by2(d[3], d[2]);
        for (uint64_t window = 0; window < divisor << width; window++) {
            uint64_t u[5], direct[5];
            limbs_of(u, 5, window);
            limbs_of(direct, 5, window);
            const bool right = num_divide_digit(u, d, 4, v) == window / divisor &&
                               num_divide_digit_direct(direct, d, 4) == window / divisor &&
                               value_of(u, 4) == window % divisor &&
                               value_of(direct, 4) == window % divisor;
            if (!right && !CHECK(right)) {
                return;
            }
        }
    }
}

TEST(shifting_up_and_down_gives_the_same_back) {
    set_width(5);
    for (uint64_t value = 0; value < (uint64_t)1 << 15; value++) {
        for (unsigned shift = 0; shift < 5; shift++) {
            uint64_t limbs[3], up[4], down[3];
            limbs_of(limbs, 3, value);
            num_shift_up(up, limbs, 3, shift);
            num_shift_down(down, up, 3, shift);
            if (!CHECK_EQUAL(value_of(up, 4), value << shift) ||
                !CHECK_EQUAL(value_of(down, 3), (value << shift & 0x7fff) >> shift)) {
                return;
            }
        }
    }
}

/* ---- Signs ------------------------------------------------------------------------------------
 */

static chevm_u256 word_of(int64_t value) {
    const uint64_t fill = value < 0 ? ~(uint64_t)0 : 0;
    return (chevm_u256){{(uint64_t)value, fill, fill, fill}};
}

TEST(signed_division_truncates_and_the_remainder_follows_the_dividend) {
    for (int64_t a = -20; a <= 20; a++) {
        for (int64_t b = -20; b <= 20; b++) {
            const chevm_u256 x = word_of(a), y = word_of(b);
            const chevm_u256 quotient = word_of(b == 0 ? 0 : a / b);
            const chevm_u256 remainder = word_of(b == 0 ? 0 : a % b);
            chevm_u256 out;
            chevm_u256_sdiv(&out, &x, &y);
            CHECK_BYTES(&out, &quotient, sizeof out);
            chevm_u256_smod(&out, &x, &y);
            CHECK_BYTES(&out, &remainder, sizeof out);
        }
    }
}

TEST(least_negative_by_minus_one_stays) {
    const chevm_u256 least = {{0, 0, 0, (uint64_t)1 << 63}}, minus_one = word_of(-1);
    const chevm_u256 zero = {{0}};
    chevm_u256 out;
    chevm_u256_sdiv(&out, &least, &minus_one);
    CHECK_BYTES(&out, &least, sizeof out);
    chevm_u256_smod(&out, &least, &minus_one);
    CHECK_BYTES(&out, &zero, sizeof out);
}
