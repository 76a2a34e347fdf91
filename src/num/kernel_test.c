/* Every build of division, modular sums and products, and powers, with and without the cache of
 * divisors: against the slow reference, against operands built around a known quotient, and against
 * each other. */
#include <coldevm/u256.h>

#include "harness.h"
#include "kernel_rig.h"
#include "operands.h"
#include "reference.h"

#define CHECK_WORDS(got, want) CHECK_BYTES((got).limbs, (want).limbs, sizeof(chevm_u256))

static chevm_num_cache caches[KERNEL_RIG_COUNT];

static bool check_answers(const kernel_answers *got, const kernel_answers *want) {
    bool good = CHECK_WORDS(got->div, want->div);
    good &= CHECK_WORDS(got->mod, want->mod);
    good &= CHECK_WORDS(got->sdiv, want->sdiv);
    good &= CHECK_WORDS(got->smod, want->smod);
    good &= CHECK_WORDS(got->addmod, want->addmod);
    good &= CHECK_WORDS(got->mulmod, want->mulmod);
    return good;
}

/* All builds, the plain functions and the cached ones: the second call of a divisor fills its
 * entry, the third uses it. */
static bool check_builds(const chevm_u256 *a, const chevm_u256 *b, const chevm_u256 *m,
                         const kernel_answers *want) {
    bool good = true;
    for (size_t i = 0; i < KERNEL_RIG_COUNT && good; i++) {
        if (!kernel_rig_select(i)) {
            continue;
        }
        for (unsigned call = 0; call < 4 && good; call++) {
            const kernel_answers got = kernel_rig_answer(a, b, m, call == 0 ? NULL : &caches[i]);
            good = check_answers(&got, want);
        }
    }
    return good;
}

static kernel_answers slow_answers(const chevm_u256 *a, const chevm_u256 *b, const chevm_u256 *m) {
    kernel_answers want;
    reference_divmod(&want.div, &want.mod, a, b);
    reference_sdivmod(&want.sdiv, &want.smod, a, b);
    reference_addmod(&want.addmod, a, b, m);
    reference_mulmod(&want.mulmod, a, b, m);
    return want;
}

static bool check_slowly(const chevm_u256 *a, const chevm_u256 *b, const chevm_u256 *m) {
    const kernel_answers want = slow_answers(a, b, m);
    return check_builds(a, b, m, &want);
}

TEST(all_words_of_extreme_limbs) {
    static const uint64_t limb[3] = {0, 0x8000000000000000u, 0xffffffffffffffffu};
    for (unsigned i = 0; i < 81; i++) {
        const chevm_u256 a = {{limb[i % 3], limb[i / 3 % 3], limb[i / 9 % 3], limb[i / 27]}};
        for (unsigned j = 0; j < 81; j++) {
            const chevm_u256 b = {{limb[j % 3], limb[j / 3 % 3], limb[j / 9 % 3], limb[j / 27]}};
            const chevm_u256 m = operand_word(ch_test_random);
            if (!check_slowly(&a, &b, &m) || !check_slowly(&a, &m, &b)) {
                return;
            }
        }
    }
}

TEST(random_words_against_the_reference) {
    for (unsigned i = 0; i < 3000; i++) {
        const chevm_u256 a = operand_word(ch_test_random), b = operand_word(ch_test_random);
        const chevm_u256 m = operand_word(ch_test_random);
        if (!check_slowly(&a, &b, &m)) {
            return;
        }
    }
}

/* a = q b + r for chosen q, b and r < b, where that fits: digits of all ones, remainders next to
 * zero and to b, divisors whose top limbs mislead the estimate. */
TEST(division_gives_back_the_quotient_it_was_built_from) {
    const chevm_u256 one = {{1, 0, 0, 0}};
    unsigned built = 0;
    while (built < 60000) {
        const chevm_u256 b = operand_word(ch_test_random);
        chevm_u256 q = operand_word(ch_test_random), r = operand_word(ch_test_random), a;
        const unsigned q_bits = chevm_u256_bit_length(&q), b_bits = chevm_u256_bit_length(&b);
        if (b_bits == 0) {
            continue;
        }
        if (q_bits + b_bits > 510) {
            chevm_u256_set_u64(&q, 0);
        } else if (q_bits + b_bits > 255) {
            chevm_u256_shr_bits(&q, &q, q_bits + b_bits - 255);
        }
        if (!chevm_u256_less(&r, &b)) { /* 0 or b - 1 */
            chevm_u256_set_u64(&r, 0);
            if (built % 2 == 0) {
                chevm_u256_sub(&r, &b, &one);
            }
        }
        chevm_u256_mul(&a, &q, &b);
        chevm_u256_add(&a, &a, &r);
        for (size_t i = 0; i < KERNEL_RIG_COUNT; i++) {
            chevm_u256 quotient, remainder;
            if (!kernel_rig_select(i)) {
                continue;
            }
            chevm_num_cache *const cache = built % 3 == 0 ? NULL : &caches[i];
            chevm_u256_div_cached(&quotient, &a, &b, cache);
            chevm_u256_mod_cached(&remainder, &a, &b, cache);
            if (!CHECK_WORDS(quotient, q) || !CHECK_WORDS(remainder, r)) {
                return;
            }
            chevm_u256_divmod(&quotient, &remainder, &a, &b);
            if (!CHECK_WORDS(quotient, q) || !CHECK_WORDS(remainder, r)) {
                return;
            }
        }
        built++;
    }
}

TEST(divmod_by_zero_is_zero_twice) {
    const chevm_u256 a = {{5, 6, 7, 8}}, zero = {{0}};
    chevm_u256 quotient = a, remainder = a;
    chevm_u256_divmod(&quotient, &remainder, &a, &zero);
    CHECK_WORDS(quotient, zero);
    CHECK_WORDS(remainder, zero);
}

TEST(out_may_be_any_operand) {
    for (unsigned n = 0; n < 2000; n++) {
        const chevm_u256 a = operand_word(ch_test_random), b = operand_word(ch_test_random);
        const chevm_u256 m = operand_word(ch_test_random);
        const kernel_answers want = slow_answers(&a, &b, &m);
        for (size_t i = 0; i < KERNEL_RIG_COUNT; i++) {
            if (!kernel_rig_select(i)) {
                continue;
            }
            chevm_u256 x = a, y = b, z = m, q = a, r = b;
#define IN_PLACE_2(op, target, field)                                                              \
    x = a, y = b, chevm_u256_##op(&target, &x, &y), CHECK_WORDS(target, want.field)
#define IN_PLACE_3(op, target, field)                                                              \
    x = a, y = b, z = m, chevm_u256_##op(&target, &x, &y, &z), CHECK_WORDS(target, want.field)
            IN_PLACE_2(div, x, div);
            IN_PLACE_2(div, y, div);
            IN_PLACE_2(mod, x, mod);
            IN_PLACE_2(mod, y, mod);
            IN_PLACE_2(sdiv, x, sdiv);
            IN_PLACE_2(sdiv, y, sdiv);
            IN_PLACE_2(smod, x, smod);
            IN_PLACE_2(smod, y, smod);
            IN_PLACE_3(addmod, x, addmod);
            IN_PLACE_3(addmod, y, addmod);
            IN_PLACE_3(addmod, z, addmod);
            IN_PLACE_3(mulmod, x, mulmod);
            IN_PLACE_3(mulmod, y, mulmod);
            IN_PLACE_3(mulmod, z, mulmod);
#undef IN_PLACE_2
#undef IN_PLACE_3
            chevm_u256_divmod(&q, &r, &q, &r);
            CHECK_WORDS(q, want.div);
            if (!CHECK_WORDS(r, want.mod)) {
                return;
            }
        }
    }
}

/* Moduli of every length, products far above and just below them: m, m - 1 and multiples. */
TEST(mulmod_around_the_modulus) {
    const chevm_u256 one = {{1, 0, 0, 0}};
    for (unsigned bits = 1; bits <= 256; bits++) {
        for (unsigned n = 0; n < 6; n++) {
            chevm_u256 m = operand_word(ch_test_random), a, b;
            m.limbs[3] |= (uint64_t)1 << 63;
            chevm_u256_shr_bits(&m, &m, 256 - bits);
            chevm_u256_sub(&a, &m, &one);
            chevm_u256_copy(&b, &a);
            if (n % 2 == 1) { /* unreduced: up to the word's end */
                chevm_u256_shl_bits(&b, &b, (256 - bits) / 2);
            }
            if (n % 3 == 1) {
                b = operand_word(ch_test_random);
            }
            if (!check_slowly(&a, &b, &m) || !check_slowly(&b, &a, &m)) {
                return;
            }
        }
    }
}

/* More divisors than entries, each several times in a row or scattered: whatever the cache holds,
 * the answers are those without it. */
TEST(cache_never_changes_an_answer) {
    chevm_u256 divisors[40];
    for (unsigned i = 0; i < 40; i++) {
        divisors[i] = operand_word(ch_test_random);
    }
    for (size_t i = 0; i < KERNEL_RIG_COUNT; i++) {
        if (!kernel_rig_select(i)) {
            continue;
        }
        chevm_num_cache cache = {0};
        for (unsigned n = 0; n < 40000; n++) {
            const chevm_u256 *const b = &divisors[ch_test_random_below(1 + n % 40)];
            const chevm_u256 *const m = &divisors[ch_test_random_below(40)];
            const chevm_u256 a = operand_word(ch_test_random);
            const kernel_answers want = kernel_rig_answer(&a, b, m, NULL);
            const kernel_answers got = kernel_rig_answer(&a, b, m, &cache);
            if (!check_answers(&got, &want)) {
                return;
            }
        }
    }
}

TEST(a_frequent_divisor_stays_in_the_cache_among_strangers) {
    for (size_t i = 0; i < KERNEL_RIG_COUNT; i++) {
        if (!kernel_rig_select(i)) {
            continue;
        }
        chevm_num_cache cache = {0};
        const chevm_u256 m = {{3, 5, 7, 0x30644e72e131a029u}};
        chevm_u256 out;
        for (unsigned n = 0; n < 1000; n++) {
            const chevm_u256 a = {{n, ~(uint64_t)0, n, ~(uint64_t)0}};
            const chevm_u256 stranger = {{ch_test_random(), 1, 1, 0x40000000u + n}};
            chevm_u256_mulmod_cached(&out, &a, &a, &m, &cache);
            chevm_u256_mulmod_cached(&out, &a, &a, &m, &cache);
            chevm_u256_mulmod_cached(&out, &a, &a, &stranger, &cache);
        }
        bool kept = false;
        for (size_t e = 0; e < CHEVM_NUM_CACHE_DIVISORS; e++) {
            kept |=
                cache.divisors[e].ready != 0 && chevm_u256_equal(&cache.divisors[e].divisor, &m);
        }
        CHECK(kept);
    }
}

/* ---- Powers -----------------------------------------------------------------------------------
 */

static bool check_power(const chevm_u256 *base, const chevm_u256 *exponent,
                        const chevm_u256 *want) {
    bool good = true;
    for (size_t i = 0; i < KERNEL_RIG_COUNT; i++) {
        if (kernel_rig_select(i)) {
            chevm_u256 out, x = *base, y = *exponent;
            chevm_u256_exp(&out, &x, &y);
            good &= CHECK_WORDS(out, *want);
            chevm_u256_exp(&x, &x, &y);
            good &= CHECK_WORDS(x, *want);
            x = *base;
            chevm_u256_exp(&y, &x, &y);
            good &= CHECK_WORDS(y, *want);
        }
    }
    return good;
}

TEST(powers_of_every_kind_of_base_with_every_small_exponent) {
    for (unsigned n = 0; n < 120; n++) {
        chevm_u256 base = {{n, 0, 0, 0}}, want;
        if (n >= 40) {
            base = operand_word(ch_test_random);
        }
        reference power = {{1}};
        const reference factor = reference_of(&base);
        for (unsigned e = 0; e < 300; e++) {
            const chevm_u256 exponent = {{e, 0, 0, 0}};
            reference_to(&want, &power);
            if (!check_power(&base, &exponent, &want)) {
                return;
            }
            power = reference_mul(&power, &factor);
            reference_cut(&power);
        }
    }
}

TEST(powers_with_long_exponents) {
    for (unsigned n = 0; n < 300; n++) {
        const chevm_u256 base = operand_word(ch_test_random);
        const chevm_u256 exponent = operand_word(ch_test_random);
        chevm_u256 want;
        reference_exp(&want, &base, &exponent);
        if (!check_power(&base, &exponent, &want)) {
            return;
        }
    }
}
