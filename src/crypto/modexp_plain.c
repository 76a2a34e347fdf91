/* modexp_plain.c: long multiplication in portable C: a row of one limb at a time. */
#include "field256.h"
#include "modexp_kernel.h"

#define BLOCK 8u

/* z[0..8] = z[0..8) + a * b, the carry limb from and to z[8]. */
static void row_limb(uint64_t *z, const uint64_t *a, uint64_t b) {
    uint64_t high = 0;
    for (unsigned i = 0; i < BLOCK; i++) {
        z[i] = chevm_limb_muladd(&high, a[i], b, z[i], high);
    }
    z[BLOCK] = high;
}

static void row(uint64_t *z, const uint64_t *a, size_t blocks, const uint64_t *b, uint64_t *c) {
    for (size_t j = 0; j < blocks; j++) {
        uint64_t sum[2 * BLOCK];
        uint64_t carry = 0;
        for (unsigned i = 0; i < BLOCK; i++) {
            sum[i] = c[i];
        }
        for (unsigned i = 0; i < BLOCK; i++) {
            row_limb(sum + i, a + BLOCK * j, b[i]);
        }
        for (unsigned i = 0; i < BLOCK; i++) {
            z[BLOCK * j + i] = chevm_limb_add(z[BLOCK * j + i], sum[i], &carry);
        }
        for (unsigned i = 0; i < BLOCK; i++) {
            c[i] = chevm_limb_add(sum[BLOCK + i], 0, &carry);
        }
    }
}

static void reduce_block(uint64_t *c, uint64_t *u, const uint64_t *t, const uint64_t *m,
                         uint64_t k) {
    uint64_t sum[2 * BLOCK];
    for (unsigned i = 0; i < BLOCK; i++) {
        sum[i] = t[i];
    }
    for (unsigned i = 0; i < BLOCK; i++) {
        u[i] = sum[i] * k;
        row_limb(sum + i, m, u[i]);
    }
    for (unsigned i = 0; i < BLOCK; i++) {
        c[i] = sum[BLOCK + i];
    }
}

static uint64_t add_block(uint64_t *z, const uint64_t *c, uint64_t carry) {
    for (unsigned i = 0; i < BLOCK; i++) {
        z[i] = chevm_limb_add(z[i], c[i], &carry);
    }
    return carry;
}

static void four(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const chevmi_four *m) {
    chevmi_field256_plain.mul(r, a, b, m->m, m->k);
}

static void four_folded(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                        const chevmi_four *m) {
    four(r, a, b, m);
}

#define CHEVMI_MODEXP_KERNEL chevmi_modexp_plain
#define CHEVMI_MODEXP_NEEDS  0
#include "modexp_tmpl.h"
