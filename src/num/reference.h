/** reference.h: the EVM's word arithmetic once more, slow and plain, for tests and fuzz targets
 * only.
 *
 *  The one idea: numbers are 32-bit digits, most of them unused, and division is done bit by bit as
 *  on paper; nothing here shares a line or a trick with the real code. */
#ifndef CHEVMI_NUM_REFERENCE_H
#define CHEVMI_NUM_REFERENCE_H

#include <coldevm/u256.h>

#include <string.h>

#define REFERENCE_DIGITS 17u /* 544 bits: a product of two words and room for a carry */

#define REFERENCE_WORD 8u /* digits of one word */

typedef struct reference {
    uint32_t digits[REFERENCE_DIGITS]; /* least significant first */
} reference;

static inline reference reference_of(const chevm_u256 *a) {
    reference x;
    memset(&x, 0, sizeof x);
    for (unsigned i = 0; i < REFERENCE_WORD; i++) {
        x.digits[i] = (uint32_t)(a->limbs[i / 2] >> (32 * (i % 2)));
    }
    return x;
}

static inline void reference_to(chevm_u256 *out, const reference *x) {
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < REFERENCE_WORD; i++) {
        out->limbs[i / 2] |= (uint64_t)x->digits[i] << (32 * (i % 2));
    }
}

/* x modulo 2^256. */
static inline void reference_cut(reference *x) {
    memset(x->digits + REFERENCE_WORD, 0, sizeof x->digits - 4 * REFERENCE_WORD);
}

static inline bool reference_bit(const reference *x, unsigned i) {
    return (x->digits[i / 32] >> (i % 32) & 1) != 0;
}

static inline reference reference_add(const reference *a, const reference *b) {
    reference sum;
    uint64_t carry = 0;
    for (unsigned i = 0; i < REFERENCE_DIGITS; i++) {
        carry += (uint64_t)a->digits[i] + b->digits[i];
        sum.digits[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return sum;
}

/* a - b modulo 2^544. */
static inline reference reference_sub(const reference *a, const reference *b) {
    reference difference;
    uint64_t borrow = 0;
    for (unsigned i = 0; i < REFERENCE_DIGITS; i++) {
        const uint64_t x = a->digits[i], y = b->digits[i] + borrow;
        difference.digits[i] = (uint32_t)(x - y);
        borrow = x < y;
    }
    return difference;
}

static inline bool reference_less(const reference *a, const reference *b) {
    for (unsigned i = REFERENCE_DIGITS; i-- > 0;) {
        if (a->digits[i] != b->digits[i]) {
            return a->digits[i] < b->digits[i];
        }
    }
    return false;
}

static inline reference reference_mul(const reference *a, const reference *b) {
    reference product;
    memset(&product, 0, sizeof product);
    for (unsigned i = 0; i < REFERENCE_DIGITS; i++) {
        uint64_t carry = 0;
        for (unsigned j = 0; i + j < REFERENCE_DIGITS; j++) {
            carry += product.digits[i + j] + (uint64_t)a->digits[i] * b->digits[j];
            product.digits[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    return product;
}

/* Quotient of a / b, remainder into *r; b is not zero. */
static inline reference reference_divide(reference *r, const reference *a, const reference *b) {
    reference quotient;
    memset(&quotient, 0, sizeof quotient);
    memset(r, 0, sizeof *r);
    unsigned count = REFERENCE_DIGITS;
    while (count > 0 && a->digits[count - 1] == 0) {
        count--;
    }
    for (unsigned i = 32 * count; i-- > 0;) {
        *r = reference_add(r, r);
        r->digits[0] |= (uint32_t)reference_bit(a, i);
        if (!reference_less(r, b)) {
            *r = reference_sub(r, b);
            quotient.digits[i / 32] |= 1u << (i % 32);
        }
    }
    return quotient;
}

static inline bool reference_is_zero(const chevm_u256 *a) {
    return a->limbs[0] == 0 && a->limbs[1] == 0 && a->limbs[2] == 0 && a->limbs[3] == 0;
}

/* ---- The EVM's operations ---------------------------------------------------------------------
 */

static inline void reference_divmod(chevm_u256 *quotient, chevm_u256 *remainder,
                                    const chevm_u256 *a, const chevm_u256 *b) {
    memset(quotient, 0, sizeof *quotient);
    memset(remainder, 0, sizeof *remainder);
    if (!reference_is_zero(b)) {
        const reference x = reference_of(a), y = reference_of(b);
        reference r;
        const reference q = reference_divide(&r, &x, &y);
        reference_to(quotient, &q);
        reference_to(remainder, &r);
    }
}

static inline void reference_negate(chevm_u256 *out, const chevm_u256 *a) {
    const reference zero = {{0}}, x = reference_of(a);
    const reference negated = reference_sub(&zero, &x);
    reference_to(out, &negated);
}

/* Truncated division of two's-complement numbers; the remainder has the sign of a. */
static inline void reference_sdivmod(chevm_u256 *quotient, chevm_u256 *remainder,
                                     const chevm_u256 *a, const chevm_u256 *b) {
    const bool a_negative = a->limbs[3] >> 63 != 0, b_negative = b->limbs[3] >> 63 != 0;
    chevm_u256 x = *a, y = *b;
    if (a_negative) {
        reference_negate(&x, a);
    }
    if (b_negative) {
        reference_negate(&y, b);
    }
    reference_divmod(quotient, remainder, &x, &y);
    if (a_negative != b_negative) {
        reference_negate(quotient, quotient);
    }
    if (a_negative) {
        reference_negate(remainder, remainder);
    }
}

static inline void reference_reduce(chevm_u256 *out, const reference *a, const chevm_u256 *m) {
    memset(out, 0, sizeof *out);
    if (!reference_is_zero(m)) {
        const reference y = reference_of(m);
        reference r;
        (void)reference_divide(&r, a, &y);
        reference_to(out, &r);
    }
}

static inline void reference_addmod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                                    const chevm_u256 *m) {
    const reference x = reference_of(a), y = reference_of(b);
    const reference sum = reference_add(&x, &y);
    reference_reduce(out, &sum, m);
}

static inline void reference_mulmod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                                    const chevm_u256 *m) {
    const reference x = reference_of(a), y = reference_of(b);
    const reference product = reference_mul(&x, &y);
    reference_reduce(out, &product, m);
}

static inline void reference_exp(chevm_u256 *out, const chevm_u256 *base,
                                 const chevm_u256 *exponent) {
    const reference e = reference_of(exponent);
    chevm_u256 power = *base;
    reference result = {{1}};
    for (unsigned i = 0; i < 256; i++) {
        const reference square = reference_of(&power);
        if (reference_bit(&e, i)) {
            result = reference_mul(&result, &square);
            reference_cut(&result);
        }
        const reference next = reference_mul(&square, &square);
        reference_to(&power, &next);
    }
    reference_to(out, &result);
}

#endif
