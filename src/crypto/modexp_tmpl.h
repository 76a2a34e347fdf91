/* modexp_tmpl.h: products and reductions out of three steps on blocks; compiled once per machine
 * class (modexp_plain.c, modexp_adx.c). The including file defines CHEVMI_MODEXP_KERNEL, the name
 * of the kernel to fill, CHEVMI_MODEXP_NEEDS, and before that
 *
 *   row           z[0..8 blocks) and c become z + c + a[0..8 blocks) * b[0..8): the low part stays
 *                 in z, the carry of eight limbs in c
 *   reduce_block  u = t * k modulo 2^512 limb by limb, so that t + u * m[0..8) ends in eight zero
 *                 limbs; c = the eight above them
 *   add_block     z[0..8) += c + carry, carry returned
 *   four, four_folded  the kernel's multiplications of four limbs, which fit the registers whole
 *
 * A block is what fits the registers: eight limbs of the running sum stay in them while the rows go
 * by, so a product costs no load or store of its sum. */
#include "modexp_kernel.h"

#include <coldevm/u256_limb.h>

#include "num/cpu.h"

#include <string.h>

static void product(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t blocks) {
    memset(t, 0, 8 * CHEVMI_BLOCK * blocks);
    for (size_t i = 0; i < blocks; i++) {
        uint64_t *const c = t + CHEVMI_BLOCK * (i + blocks);
        memset(c, 0, 8 * CHEVMI_BLOCK);
        row(t + CHEVMI_BLOCK * i, a, blocks, b + CHEVMI_BLOCK * i, c);
    }
}

static void product_low(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t blocks) {
    uint64_t c[CHEVMI_BLOCK];
    memset(t, 0, 8 * CHEVMI_BLOCK * blocks);
    for (size_t i = 0; i < blocks; i++) {
        memset(c, 0, sizeof c);
        row(t + CHEVMI_BLOCK * i, a, blocks - i, b + CHEVMI_BLOCK * i, c);
    }
}

/* t[0..count) * 2. */
static void twice(uint64_t *t, size_t count) {
    for (size_t i = count - 1; i > 0; i--) {
        t[i] = t[i] << 1 | t[i - 1] >> 63;
    }
    t[0] = t[0] << 1;
}

/* Blocks above the diagonal, doubled, and the squares on it. */
static void square(uint64_t *t, const uint64_t *a, size_t blocks) {
    memset(t, 0, 8 * CHEVMI_BLOCK * (blocks + 1));
    for (size_t i = 0; i < blocks; i++) {
        uint64_t *const c = t + CHEVMI_BLOCK * (i + blocks);
        memset(c, 0, 8 * CHEVMI_BLOCK);
        row(t + CHEVMI_BLOCK * (2 * i + 1), a + CHEVMI_BLOCK * (i + 1), blocks - 1 - i,
            a + CHEVMI_BLOCK * i, c);
    }
    twice(t, 2 * CHEVMI_BLOCK * blocks);
    uint64_t carry = 0;
    for (size_t i = 0; i < blocks; i++) {
        uint64_t c[CHEVMI_BLOCK] = {carry};
        uint64_t *const z = t + 2 * CHEVMI_BLOCK * i;
        row(z, a + CHEVMI_BLOCK * i, 1, a + CHEVMI_BLOCK * i, c);
        carry = add_block(z + CHEVMI_BLOCK, c, 0);
    }
}

static void reduce(uint64_t *r, uint64_t *t, const uint64_t *m, size_t blocks, uint64_t k) {
    const size_t count = CHEVMI_BLOCK * blocks;
    uint64_t u[CHEVMI_BLOCK];
    uint64_t c[CHEVMI_BLOCK];
    uint64_t carry = 0;
    for (size_t i = 0; i < blocks; i++) {
        uint64_t *const z = t + CHEVMI_BLOCK * i;
        reduce_block(c, u, z, m, k);
        row(z + CHEVMI_BLOCK, m + CHEVMI_BLOCK, blocks - 1, u, c);
        carry = add_block(z + count, c, carry);
    }
    if (CH_LIKELY(carry == 0)) {
        memcpy(r, t + count, 8 * count);
        return;
    }
    uint64_t borrow = 0;
    for (size_t i = 0; i < count; i++) {
        r[i] = chevm_limb_sub(t[count + i], m[i], &borrow);
    }
}

#define MODEXP_TEXT(name) #name
#define MODEXP_NAME(name) MODEXP_TEXT(name)
const chevmi_modexp_kernel CHEVMI_MODEXP_KERNEL = {
    .name = MODEXP_NAME(CHEVMI_MODEXP_KERNEL),
    .features = CHEVMI_MODEXP_NEEDS,
    .product = product,
    .square = square,
    .product_low = product_low,
    .reduce = reduce,
    .four = four,
    .four_folded = four_folded,
};
