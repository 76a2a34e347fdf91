/* divide.c: quotients and remainders of 256-bit words. */
#include "divide.h"

static unsigned limb_count(const uint64_t *limbs, unsigned count) {
    while (count > 0 && limbs[count - 1] == 0) {
        count--;
    }
    return count;
}

/* a[0..a_count) / b, b != 0, a_count <= 8; quotient (a_count limbs) may be NULL. */
static void divide(uint64_t *quotient, uint64_t remainder[4], const uint64_t *a, unsigned a_count,
                   const uint64_t b[4]) {
    uint64_t u[9] = {0}, d[5], q[9] = {0};
    const unsigned count = limb_count(b, 4);
    const unsigned shift = chevm_limb_clz(b[count - 1]);
    const unsigned u_count = limb_count(a, a_count);
    num_shift_up(d, b, count, shift);
    num_shift_up(u, a, u_count, shift);
    if (u_count >= count) {
        const uint64_t v =
            count == 1 ? chevmi_reciprocal(d[0]) : num_reciprocal_3by2(d[count - 1], d[count - 2]);
        num_divide(q, u, u_count, d, count, v);
    }
    uint64_t r[4] = {0};
    num_shift_down(r, u, count, shift);
    if (quotient != NULL) {
        memcpy(quotient, q, a_count * sizeof *q);
    }
    memcpy(remainder, r, sizeof r);
}

void chevm_u256_divmod(chevm_u256 *quotient, chevm_u256 *remainder, const chevm_u256 *a,
                       const chevm_u256 *b) {
    if (chevm_u256_is_zero(b)) {
        chevm_u256_set_u64(quotient, 0);
        chevm_u256_set_u64(remainder, 0);
        return;
    }
    divide(quotient->limbs, remainder->limbs, a->limbs, 4, b->limbs);
}

void chevm_u256_div_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                           chevm_num_cache *cache) {
    (void)cache;
    chevm_u256 q, r;
    chevm_u256_divmod(&q, &r, a, b);
    chevm_u256_copy(out, &q);
}

void chevm_u256_mod_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                           chevm_num_cache *cache) {
    (void)cache;
    chevm_u256 q, r;
    chevm_u256_divmod(&q, &r, a, b);
    chevm_u256_copy(out, &r);
}

void chevm_u256_sdiv_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                            chevm_num_cache *cache) {
    chevm_u256 x, y;
    const bool negative = chevm_u256_is_negative(a) != chevm_u256_is_negative(b);
    if (chevm_u256_is_negative(a)) {
        chevm_u256_negate(&x, a);
    } else {
        chevm_u256_copy(&x, a);
    }
    if (chevm_u256_is_negative(b)) {
        chevm_u256_negate(&y, b);
    } else {
        chevm_u256_copy(&y, b);
    }
    chevm_u256_div_cached(out, &x, &y, cache);
    if (negative) {
        chevm_u256_negate(out, out);
    }
}

void chevm_u256_smod_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                            chevm_num_cache *cache) {
    chevm_u256 x, y;
    const bool negative = chevm_u256_is_negative(a);
    if (negative) {
        chevm_u256_negate(&x, a);
    } else {
        chevm_u256_copy(&x, a);
    }
    if (chevm_u256_is_negative(b)) {
        chevm_u256_negate(&y, b);
    } else {
        chevm_u256_copy(&y, b);
    }
    chevm_u256_mod_cached(out, &x, &y, cache);
    if (negative) {
        chevm_u256_negate(out, out);
    }
}

void chevm_u256_addmod_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                              const chevm_u256 *m, chevm_num_cache *cache) {
    (void)cache;
    uint64_t sum[5], r[4];
    if (chevm_u256_is_zero(m)) {
        chevm_u256_set_u64(out, 0);
        return;
    }
    sum[4] = chevm_limb4_add(sum, a->limbs, b->limbs);
    divide(NULL, r, sum, 5, m->limbs);
    chevm_u256_set_limbs(out, r[0], r[1], r[2], r[3]);
}

void chevm_u256_mulmod_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                              const chevm_u256 *m, chevm_num_cache *cache) {
    (void)cache;
    uint64_t product[8] = {0}, r[4];
    if (chevm_u256_is_zero(m)) {
        chevm_u256_set_u64(out, 0);
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (unsigned j = 0; j < 4; j++) {
            product[i + j] =
                chevm_limb_muladd(&carry, a->limbs[i], b->limbs[j], product[i + j], carry);
        }
        product[i + 4] = carry;
    }
    divide(NULL, r, product, 8, m->limbs);
    chevm_u256_set_limbs(out, r[0], r[1], r[2], r[3]);
}

void chevm_u256_div(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_div_cached(out, a, b, NULL);
}

void chevm_u256_mod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_mod_cached(out, a, b, NULL);
}

void chevm_u256_sdiv(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_sdiv_cached(out, a, b, NULL);
}

void chevm_u256_smod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b) {
    chevm_u256_smod_cached(out, a, b, NULL);
}

void chevm_u256_addmod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                       const chevm_u256 *m) {
    chevm_u256_addmod_cached(out, a, b, m, NULL);
}

void chevm_u256_mulmod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                       const chevm_u256 *m) {
    chevm_u256_mulmod_cached(out, a, b, m, NULL);
}

void chevm_num_init(void) {
}
