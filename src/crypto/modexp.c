/* modexp.c: the shapes of a modulus and how their results join; the choice of the build. */
#include "modexp_ring.h"

#include <coldevm/u256_limb.h>

#include <stdatomic.h>
#include <string.h>

/* ---- Builds --------------------------------------------------------------------------------- */

static const chevmi_modexp_kernel *const BUILDS[] = {
#define BUILD_ADDRESS(name) &name,
    CHEVMI_MODEXP_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
};

static _Atomic(const chevmi_modexp_kernel *) current_build = &chevmi_modexp_plain;

const chevmi_modexp_kernel *chevmi_modexp_select(unsigned features) {
    const chevmi_modexp_kernel *chosen = &chevmi_modexp_plain;
    for (size_t i = sizeof BUILDS / sizeof BUILDS[0]; i-- > 0;) {
        if ((BUILDS[i]->features & ~features) == 0) {
            chosen = BUILDS[i];
        }
    }
    atomic_store_explicit(&current_build, chosen, memory_order_relaxed);
    return chosen;
}

const chevmi_modexp_kernel *chevmi_modexp_current(void) {
    return atomic_load_explicit(&current_build, memory_order_relaxed);
}

/* ---- Memory --------------------------------------------------------------------------------- */

/* Numbers of the modulus's length that are alive at one time, beside the powers of the window: 3
 * (modulus, odd part, its result) and 4 of the ring; or, when results are joined, 4 and 8. */
#define OPERANDS 12u

size_t chevmi_modexp_workspace(uint64_t modulus_size, uint64_t exponent_bits) {
    const uint64_t operands = OPERANDS + chevmi_window_powers(exponent_bits);
    const uint64_t block_bytes = 8 * CHEVMI_BLOCK;
    const uint64_t blocks = modulus_size / block_bytes + (modulus_size % block_bytes != 0);
    return blocks > SIZE_MAX / block_bytes / operands ? SIZE_MAX
                                                      : (size_t)(blocks * block_bytes * operands);
}

static size_t whole_blocks(uint64_t bits) {
    return (size_t)((bits + 511) / 512) * CHEVMI_BLOCK;
}

/* ---- Joining -------------------------------------------------------------------------------- */

static void subtract(uint64_t *r, const uint64_t *a, const uint64_t *b, size_t limbs) {
    uint64_t borrow = 0;
    for (size_t i = 0; i < limbs; i++) {
        r[i] = chevm_limb_sub(a[i], b[i], &borrow);
    }
}

/* The first `limbs` limbs of x, which has `count`. */
static uint64_t *resized(const uint64_t *x, size_t count, size_t limbs, chevmi_limbs *work) {
    uint64_t *const copy = chevmi_limbs_take(work, limbs);
    const size_t common = count < limbs ? count : limbs;
    memcpy(copy, x, 8 * common);
    memset(copy + common, 0, 8 * (limbs - common));
    return copy;
}

/* inverse = 1/q mod 2^(64 limbs) for odd q: Newton's x (2 - q x), right to 1 limb, then 2, 4, 8,
 * and block by block from there. */
static void invert_low(uint64_t *inverse, const uint64_t *q, size_t limbs, chevmi_limbs work) {
    const chevmi_modexp_kernel *const kernel = chevmi_modexp_current();
    uint64_t *const error = chevmi_limbs_take(&work, limbs);
    uint64_t *const better = chevmi_limbs_take(&work, limbs);
    memset(inverse, 0, 8 * limbs);
    inverse[0] = chevmi_inverse_limb(q[0]);
    for (size_t right = 1; right < limbs; right *= 2) {
        const size_t wanted = 2 * right < limbs ? 2 * right : limbs;
        const size_t blocks = (wanted + CHEVMI_BLOCK - 1) / CHEVMI_BLOCK;
        const size_t width = blocks * CHEVMI_BLOCK;
        uint64_t borrow = 0;
        kernel->product_low(error, q, inverse, blocks);
        for (size_t i = 0; i < width; i++) {
            error[i] = chevm_limb_sub(i == 0 ? 2 : 0, error[i], &borrow);
        }
        kernel->product_low(better, inverse, error, blocks);
        memcpy(inverse, better, 8 * width);
    }
}

/* The number below q * 2^width that is x modulo q and `low` modulo 2^width: x + q y for
 * y = (low - x) / q mod 2^width. q and x have q_limbs limbs, low has whole blocks; low is spoilt.
 * Returns its limbs, at least as many as the modulus has. */
static const uint64_t *join(const uint64_t *x, const uint64_t *q, size_t q_limbs, uint64_t *low,
                            uint64_t width, chevmi_limbs *work) {
    const chevmi_modexp_kernel *const kernel = chevmi_modexp_current();
    const size_t low_limbs = whole_blocks(width);
    const size_t longer = low_limbs > q_limbs ? low_limbs : whole_blocks(64 * (uint64_t)q_limbs);
    uint64_t *const result = chevmi_limbs_take(work, 2 * longer);
    uint64_t *const y = chevmi_limbs_take(work, longer);
    chevmi_limbs rest = *work;
    uint64_t *const inverse = chevmi_limbs_take(&rest, low_limbs);
    const uint64_t *const q_low = resized(q, q_limbs, low_limbs, &rest);
    subtract(low, low, resized(x, q_limbs, low_limbs, &rest), low_limbs);
    invert_low(inverse, q_low, low_limbs, rest);
    memset(y, 0, 8 * longer);
    kernel->product_low(y, low, inverse, low_limbs / CHEVMI_BLOCK);
    if (width % 512 != 0) {
        const size_t whole = (size_t)(width / 64);
        y[whole] &= ((uint64_t)1 << (width % 64)) - 1;
        memset(y + whole + 1, 0, 8 * (low_limbs - whole - 1));
    }
    kernel->product(result, resized(q, q_limbs, longer, work), y, longer / CHEVMI_BLOCK);
    uint64_t carry = 0;
    for (size_t i = 0; i < 2 * longer; i++) {
        result[i] = chevm_limb_add(result[i], i < q_limbs ? x[i] : 0, &carry);
    }
    return result;
}

/* ---- The whole ------------------------------------------------------------------------------ */

/* out = m >> shift in `limbs` limbs. */
static void shift_down(uint64_t *out, const uint64_t *m, size_t count, uint64_t shift,
                       size_t limbs) {
    const size_t whole = (size_t)(shift / 64);
    for (size_t i = 0; i < limbs; i++) {
        const uint64_t low = i + whole < count ? m[i + whole] : 0;
        const uint64_t high = i + whole + 1 < count ? m[i + whole + 1] : 0;
        out[i] = chevm_limb_shr(high, low, (unsigned)(shift % 64));
    }
}

static uint64_t twos_in(const uint64_t *m) {
    size_t zeros = 0;
    while (m[zeros] == 0) {
        zeros++;
    }
    return 64 * (uint64_t)zeros + chevm_limb_ctz(m[zeros]);
}

static void store(uint8_t *out, uint64_t size, const uint64_t *limbs, size_t count) {
    const uint64_t bytes = 8 * (uint64_t)count < size ? 8 * (uint64_t)count : size;
    for (uint64_t i = 0; i < bytes; i++) {
        out[size - 1 - i] = (uint8_t)(limbs[i / 8] >> (8 * (i % 8)));
    }
}

void chevmi_modexp(uint8_t *out, const chevmi_span *base, const chevmi_span *exponent,
                   const chevmi_span *modulus, uint64_t *memory) {
    chevmi_limbs work = {memory};
    const uint64_t modulus_bits = chevmi_span_bits(modulus);
    const uint64_t bits = chevmi_span_bits(exponent);
    memset(out, 0, (size_t)modulus->size);
    if (modulus_bits < 2) {
        return; /* by 0 and by 1 */
    }
    if (bits == 0) {
        out[modulus->size - 1] = 1;
        return;
    }
    const size_t count = (size_t)((modulus_bits + 63) / 64);
    uint64_t *const m = chevmi_limbs_take(&work, count);
    chevmi_span_limbs(m, modulus, 0, count);
    const uint64_t twos = twos_in(m);
    const uint64_t odd_bits = modulus_bits - twos;
    const size_t odd_limbs = chevmi_ring_limbs((size_t)((odd_bits + 63) / 64));
    uint64_t *const odd = chevmi_limbs_take(&work, odd_limbs);
    uint64_t *const x = chevmi_limbs_take(&work, odd_limbs);
    shift_down(odd, m, count, twos, odd_limbs);
    if (odd_bits > 1) {
        chevmi_power_odd(x, base, exponent, bits, odd, odd_limbs, work);
    }
    if (twos == 0) {
        store(out, modulus->size, x, count);
        return;
    }
    const size_t low_limbs = whole_blocks(twos);
    uint64_t *const low = chevmi_limbs_take(&work, low_limbs);
    chevmi_power_low(low, base, exponent, bits, twos, work);
    if (odd_bits > 1) {
        store(out, modulus->size, join(x, odd, odd_limbs, low, twos, &work), count);
    } else {
        store(out, modulus->size, low, low_limbs);
    }
}
