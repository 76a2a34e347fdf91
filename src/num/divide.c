/* divide.c: the public face of division, modular sums and products, and powers: signs are dealt
 * with here, the rest in the kernel that chevm_num_init picked. */
#include <coldevm/u256.h>

#include "cpu.h"
#include "kernel.h"

#include <stdatomic.h>

static const chevmi_num_kernel *const KERNELS[] = {
#define KERNEL_ADDRESS(name) &name,
    CHEVMI_NUM_KERNEL_ROWS(KERNEL_ADDRESS)
#undef KERNEL_ADDRESS
};

static _Atomic(const chevmi_num_kernel *) current_kernel = &chevmi_num_plain;

CH_INLINE const chevmi_num_kernel *kernel(void) {
    return atomic_load_explicit(&current_kernel, memory_order_relaxed);
}

const chevmi_num_kernel *chevmi_num_select(unsigned features) {
    const chevmi_num_kernel *chosen = &chevmi_num_plain;
    for (size_t i = sizeof KERNELS / sizeof KERNELS[0]; i-- > 0;) {
        if ((KERNELS[i]->features & ~features) == 0) {
            chosen = KERNELS[i];
        }
    }
    atomic_store_explicit(&current_kernel, chosen, memory_order_relaxed);
    return chosen;
}

void chevm_num_init(void) {
    (void)chevmi_num_select(chevmi_cpu_features());
}

void chevm_u256_div_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                           chevm_num_cache *cache) {
    kernel()->div(out, a, b, cache);
}

void chevm_u256_mod_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                           chevm_num_cache *cache) {
    kernel()->mod(out, a, b, cache);
}

/* out = negative ? -a : a, without a branch. */
CH_INLINE void negate_if(chevm_u256 *out, const chevm_u256 *a, bool negative) {
    const uint64_t mask = 0 - (uint64_t)negative;
    const chevm_u256 flipped = {
        {a->limbs[0] ^ mask, a->limbs[1] ^ mask, a->limbs[2] ^ mask, a->limbs[3] ^ mask}};
    const chevm_u256 minus_one = {{mask, mask, mask, mask}};
    chevm_u256_sub(out, &flipped, &minus_one);
}

void chevm_u256_sdiv_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                            chevm_num_cache *cache) {
    const bool a_negative = chevm_u256_is_negative(a);
    const bool b_negative = chevm_u256_is_negative(b);
    if (CH_LIKELY(!a_negative && !b_negative)) {
        kernel()->div(out, a, b, cache);
        return;
    }
    chevm_u256 x, y;
    negate_if(&x, a, a_negative);
    negate_if(&y, b, b_negative);
    kernel()->div(&x, &x, &y, cache);
    negate_if(out, &x, a_negative != b_negative);
}

void chevm_u256_smod_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                            chevm_num_cache *cache) {
    const bool negative = chevm_u256_is_negative(a);
    chevm_u256 x, y;
    negate_if(&x, a, negative);
    negate_if(&y, b, chevm_u256_is_negative(b));
    kernel()->mod(&x, &x, &y, cache);
    negate_if(out, &x, negative);
}

void chevm_u256_addmod_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                              const chevm_u256 *m, chevm_num_cache *cache) {
    kernel()->addmod(out, a, b, m, cache);
}

void chevm_u256_mulmod_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                              const chevm_u256 *m, chevm_num_cache *cache) {
    kernel()->mulmod(out, a, b, m, cache);
}

void chevm_u256_div(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    kernel()->div(out, a, b, NULL);
}

void chevm_u256_mod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    kernel()->mod(out, a, b, NULL);
}

void chevm_u256_divmod(chevm_u256 *quotient, chevm_u256 *remainder, const chevm_u256 *a,
                       const chevm_u256 *b) {
    chevm_u256 q, product;
    kernel()->div(&q, a, b, NULL);
    chevm_u256_mul(&product, &q, b);
    if (chevm_u256_is_zero(b)) {
        chevm_u256_set_u64(remainder, 0);
    } else {
        chevm_u256_sub(remainder, a, &product);
    }
    chevm_u256_copy(quotient, &q);
}

void chevm_u256_sdiv(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_sdiv_cached(out, a, b, NULL);
}

void chevm_u256_smod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_smod_cached(out, a, b, NULL);
}

void chevm_u256_addmod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                       const chevm_u256 *m) {
    kernel()->addmod(out, a, b, m, NULL);
}

void chevm_u256_mulmod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                       const chevm_u256 *m) {
    kernel()->mulmod(out, a, b, m, NULL);
}

void chevm_u256_exp(chevm_u256 *out, const chevm_u256 *base, const chevm_u256 *exponent) {
    kernel()->exp(out, base, exponent);
}
