/* The inline half of u256.h, against definitions written out bit by bit. This file is compiled
 * three times: with the limb primitives of this machine, with the compiler's 128-bit type, and in
 * plain 64-bit C. */
#include <coldevm/u256.h>

#include "harness.h"
#include "operands.h"
#include "reference.h"

#define CHECK_WORDS(got, want) CHECK_BYTES((got).limbs, (want).limbs, sizeof(chevm_u256))
#define RANDOM_CASES           20000u

typedef void unary(chevm_u256 *out, const chevm_u256 *a);
typedef void binary(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b);

static bool bit(const chevm_u256 *a, unsigned i) {
    return i < 256 && (a->limbs[i / 64] >> (i % 64) & 1) != 0;
}

static void set_bit(chevm_u256 *a, unsigned i, bool value) {
    a->limbs[i / 64] |= (uint64_t)value << (i % 64);
}

/* out is given as its own object, as a, as b, and as both: all four must agree. */
static bool check_binary(binary *op, const chevm_u256 *a, const chevm_u256 *b,
                         const chevm_u256 *want) {
    chevm_u256 out, x = *a, y = *b;
    op(&out, &x, &y);
    bool good = CHECK_WORDS(out, *want);
    op(&x, &x, &y);
    good &= CHECK_WORDS(x, *want);
    x = *a;
    op(&y, &x, &y);
    good &= CHECK_WORDS(y, *want);
    if (chevm_u256_equal(a, b)) {
        op(&x, &x, &x);
        good &= CHECK_WORDS(x, *want);
    }
    return good;
}

static void add(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_add(out, a, b);
}

static void sub(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_sub(out, a, b);
}

static void mul(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_mul(out, a, b);
}

static bool check_arithmetic(const chevm_u256 *a, const chevm_u256 *b) {
    const reference x = reference_of(a), y = reference_of(b);
    const reference sum = reference_add(&x, &y), product = reference_mul(&x, &y);
    const reference difference = reference_sub(&x, &y);
    chevm_u256 want, out;
    reference_to(&want, &sum);
    bool good = check_binary(add, a, b, &want);
    reference_to(&want, &difference);
    good &= check_binary(sub, a, b, &want);
    reference_to(&want, &product);
    good &= check_binary(mul, a, b, &want);
    reference_negate(&want, a);
    chevm_u256_negate(&out, a);
    good &= CHECK_WORDS(out, want);
    out = *a;
    chevm_u256_negate(&out, &out);
    good &= CHECK_WORDS(out, want);
    good &= CHECK(chevm_u256_less(a, b) == reference_less(&x, &y));
    good &= CHECK(chevm_u256_equal(a, b) == (memcmp(a, b, sizeof *a) == 0));
    const bool a_negative = bit(a, 255), b_negative = bit(b, 255);
    good &= CHECK(chevm_u256_less_signed(a, b) ==
                  (a_negative != b_negative ? a_negative : reference_less(&x, &y)));
    return good;
}

TEST(add_sub_mul_compare_at_every_limb_boundary) {
    static const uint64_t limb[4] = {0, 1, 0x8000000000000000u, 0xffffffffffffffffu};
    for (unsigned i = 0; i < 256; i++) {
        const chevm_u256 a = {{limb[i % 4], limb[i / 4 % 4], limb[i / 16 % 4], limb[i / 64]}};
        for (unsigned j = 0; j < 256; j++) {
            const chevm_u256 b = {{limb[j % 4], limb[j / 4 % 4], limb[j / 16 % 4], limb[j / 64]}};
            if (!check_arithmetic(&a, &b)) {
                return;
            }
        }
    }
}

TEST(add_sub_mul_compare_random) {
    for (unsigned i = 0; i < RANDOM_CASES; i++) {
        const chevm_u256 a = operand_word(ch_test_random), b = operand_word(ch_test_random);
        if (!check_arithmetic(&a, &b)) {
            return;
        }
    }
}

static void and (chevm_u256 * out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_and(out, a, b);
}

static void or (chevm_u256 * out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_or(out, a, b);
}

static void xor
    (chevm_u256 * out, const chevm_u256 *a, const chevm_u256 *b) { chevm_u256_xor(out, a, b); }

    TEST(bitwise_and_tests_of_value) {
    for (unsigned n = 0; n < RANDOM_CASES; n++) {
        const chevm_u256 a = operand_word(ch_test_random), b = operand_word(ch_test_random);
        chevm_u256 both = {{0}}, either = {{0}}, one = {{0}}, none = {{0}}, out, copy;
        unsigned length = 0;
        for (unsigned i = 0; i < 256; i++) {
            set_bit(&both, i, bit(&a, i) && bit(&b, i));
            set_bit(&either, i, bit(&a, i) || bit(&b, i));
            set_bit(&one, i, bit(&a, i) != bit(&b, i));
            set_bit(&none, i, !bit(&a, i));
            length = bit(&a, i) ? i + 1 : length;
        }
        chevm_u256_not(&out, &a);
        chevm_u256_copy(&copy, &a);
        if (!check_binary(and, &a, &b, &both) || !check_binary(or, &a, &b, &either) ||
            !check_binary(xor, &a, &b, &one) || !CHECK_WORDS(out, none) || !CHECK_WORDS(copy, a) ||
            !CHECK_EQUAL(chevm_u256_bit_length(&a), length) ||
            !CHECK(chevm_u256_is_zero(&a) == (length == 0)) ||
            !CHECK(chevm_u256_fits_u64(&a) == (length <= 64)) ||
            !CHECK(chevm_u256_is_negative(&a) == (length == 256))) {
            return;
        }
        chevm_u256_clz(&out, &a);
        if (!CHECK(chevm_u256_fits_u64(&out)) || !CHECK_EQUAL(out.limbs[0], 256 - length)) {
            return;
        }
    }
}

static void shl(chevm_u256 *out, const chevm_u256 *shift, const chevm_u256 *value) {
    chevm_u256_shl(out, shift, value);
}

static void shr(chevm_u256 *out, const chevm_u256 *shift, const chevm_u256 *value) {
    chevm_u256_shr(out, shift, value);
}

static void sar(chevm_u256 *out, const chevm_u256 *shift, const chevm_u256 *value) {
    chevm_u256_sar(out, shift, value);
}

/* count: what the shift means; 256 for all that is larger. */
static bool check_shifts(const chevm_u256 *shift, unsigned count, const chevm_u256 *value) {
    chevm_u256 up = {{0}}, down = {{0}}, signed_down = {{0}};
    for (unsigned i = 0; i < 256; i++) {
        set_bit(&up, i, i >= count && bit(value, i - count));
        set_bit(&down, i, bit(value, i + count));
        set_bit(&signed_down, i, i + count < 256 ? bit(value, i + count) : bit(value, 255));
    }
    return check_binary(shl, shift, value, &up) && check_binary(shr, shift, value, &down) &&
           check_binary(sar, shift, value, &signed_down);
}

TEST(shifts_by_every_count) {
    for (unsigned n = 0; n < 40; n++) {
        chevm_u256 value = operand_word(ch_test_random);
        value.limbs[3] ^= (uint64_t)n << 63; /* both signs */
        for (unsigned count = 0; count < 300; count++) {
            const chevm_u256 shift = {{count, 0, 0, 0}};
            if (!check_shifts(&shift, count < 256 ? count : 256, &value)) {
                return;
            }
        }
        for (unsigned limb = 0; limb < 4; limb++) { /* huge, low bits small */
            chevm_u256 shift = {{7, 0, 0, 0}};
            shift.limbs[limb] |= (uint64_t)1 << (limb == 0 ? 8 + n : n);
            if (!check_shifts(&shift, 256, &value)) {
                return;
            }
        }
    }
}

static void byte(chevm_u256 *out, const chevm_u256 *index, const chevm_u256 *value) {
    chevm_u256_byte(out, index, value);
}

static void signextend(chevm_u256 *out, const chevm_u256 *index, const chevm_u256 *value) {
    chevm_u256_signextend(out, index, value);
}

static bool check_byte(const chevm_u256 *index, unsigned position, const chevm_u256 *value) {
    chevm_u256 want_byte = {{0}}, want_extended = {{0}};
    for (unsigned i = 0; i < 256; i++) {
        if (position < 32 && i < 8) {
            set_bit(&want_byte, i, bit(value, 8 * (31 - position) + i));
        }
        const unsigned top = 8 * position + 7;
        set_bit(&want_extended, i, bit(value, position < 31 && i > top ? top : i));
    }
    return check_binary(byte, index, value, &want_byte) &&
           check_binary(signextend, index, value, &want_extended);
}

TEST(byte_and_signextend_at_every_index) {
    for (unsigned n = 0; n < 200; n++) {
        const chevm_u256 value = operand_word(ch_test_random);
        for (unsigned position = 0; position < 40; position++) {
            const chevm_u256 index = {{position, 0, 0, 0}};
            if (!check_byte(&index, position, &value)) {
                return;
            }
        }
        for (unsigned limb = 0; limb < 4; limb++) {
            chevm_u256 index = {{3, 0, 0, 0}};
            index.limbs[limb] |= (uint64_t)1 << (limb == 0 ? 6 + n % 50 : n % 64);
            if (!check_byte(&index, 1000, &value)) {
                return;
            }
        }
    }
}

TEST(bytes_both_ways_at_any_alignment_and_size) {
    uint8_t bytes[48], back[48];
    for (unsigned n = 0; n < 1000; n++) {
        for (unsigned i = 0; i < sizeof bytes; i++) {
            bytes[i] = (uint8_t)ch_test_random();
        }
        const uint8_t *const start = bytes + n % 16;
        chevm_u256 word, part;
        chevm_u256_from_be32(&word, start);
        for (unsigned i = 0; i < 32; i++) {
            CHECK_EQUAL(word.limbs[i / 8] >> (8 * (i % 8)) & 0xff, start[31 - i]);
        }
        chevm_u256_to_be32(back + n % 16, &word);
        CHECK_BYTES(back + n % 16, start, 32);
        for (unsigned size = 0; size <= 32; size++) {
            chevm_u256 want;
            chevm_u256_from_be(&part, size == 0 ? NULL : start, size);
            chevm_u256_copy(&want, &word);
            const chevm_u256 shift = {{8 * (32 - size), 0, 0, 0}};
            chevm_u256_shr(&want, &shift, &word);
            CHECK_WORDS(part, want);
        }
    }
}

TEST(limb_chains_carry_and_borrow_over_two_to_four_limbs) {
    for (unsigned n = 0; n < RANDOM_CASES; n++) {
        const chevm_u256 a = operand_word(ch_test_random), b = operand_word(ch_test_random);
        uint64_t got[4], want[4];
        for (unsigned count = 2; count <= 4; count++) {
            uint64_t carry = 0, borrow = 0;
            memcpy(got, a.limbs, sizeof got);
            for (unsigned i = 0; i < count; i++) {
                want[i] = a.limbs[i] + b.limbs[i] + carry;
                carry = want[i] < a.limbs[i] || (carry != 0 && want[i] == a.limbs[i]);
            }
            const uint64_t up = count == 2   ? chevm_limbs_add(got, b.limbs, 2)
                                : count == 3 ? chevm_limbs_add(got, b.limbs, 3)
                                             : chevm_limbs_add(got, b.limbs, 4);
            CHECK_BYTES(got, want, count * sizeof *got);
            CHECK_EQUAL(up, carry);
            memcpy(got, a.limbs, sizeof got);
            for (unsigned i = 0; i < count; i++) {
                want[i] = a.limbs[i] - b.limbs[i] - borrow;
                borrow = a.limbs[i] < b.limbs[i] || (borrow != 0 && a.limbs[i] == b.limbs[i]);
            }
            const uint64_t down = count == 2   ? chevm_limbs_sub(got, b.limbs, 2)
                                  : count == 3 ? chevm_limbs_sub(got, b.limbs, 3)
                                               : chevm_limbs_sub(got, b.limbs, 4);
            CHECK_BYTES(got, want, count * sizeof *got);
            CHECK_EQUAL(down, borrow);
        }
    }
}
