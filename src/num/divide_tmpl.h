/** divide_tmpl.h: schoolbook division (Knuth's algorithm D) for any limb width.
 *
 *  The one idea: the algorithm is written against a handful of limb primitives, so that the very
 *  lines that divide 64-bit limbs in the EVM are also compiled with limbs of 3 or 4 bits, where a
 *  test tries every operand there is.
 *
 *  Parameters (all undefined at the end):
 *    NUM_LIMB              the limb's C type, at least as wide as the limb
 *    NUM_LIMB_BITS         bits of a limb
 *    NUM_WRAP(x)           x modulo B = 2^NUM_LIMB_BITS
 *    NUM_ADD(x, b, count)  x[0..count) += b[0..count) for a constant count of 2 to 4, returns the
 *                          carry; NUM_SUB likewise, returns the borrow
 *    NUM_MUL(high, a, b)   low limb of the product, the high one stored
 *    NUM_RECIPROCAL(d)     floor((B^2 - 1) / d) - B for a d with its top bit set
 *    NUM_DIRECT            1: estimate digits by the machine's division, 0: by a reciprocal
 *    NUM_DIVIDE(r, h, l, d) if NUM_DIRECT: (h B + l) / d for h < d, the remainder stored in r
 *
 *  Where a comparison is as good as random its result becomes a mask: a mispredicted branch costs
 *  as much as two digits.
 *
 *  Source: Möller and Granlund, "Improved division by invariant integers", IEEE TC 2011; Knuth,
 *  The Art of Computer Programming 2, 4.3.1. */
#if !defined(NUM_LIMB) || !defined(NUM_LIMB_BITS) || !defined(NUM_WRAP) || !defined(NUM_ADD) ||    \
    !defined(NUM_SUB) || !defined(NUM_MUL) || !defined(NUM_RECIPROCAL) || !defined(NUM_DIRECT)
#error "divide_tmpl.h: a parameter is missing"
#endif

typedef NUM_LIMB num_limb;

/* Algorithm 6 of the paper: from the reciprocal of d1 alone to that of (d1, d0), d1 normalised. */
CH_INLINE num_limb num_reciprocal_3by2(num_limb d1, num_limb d0) {
    num_limb v = NUM_RECIPROCAL(d1);
    num_limb p = NUM_WRAP(d1 * v + d0);
    if (p < d0) {
        v = NUM_WRAP(v - 1);
        if (p >= d1) {
            v = NUM_WRAP(v - 1);
            p = NUM_WRAP(p - d1);
        }
        p = NUM_WRAP(p - d1);
    }
    num_limb high;
    const num_limb low = NUM_MUL(&high, v, d0);
    p = NUM_WRAP(p + high);
    if (p < high) {
        v = NUM_WRAP(v - 1);
        if (CH_UNLIKELY(p >= d1) && (p > d1 || low >= d0)) {
            v = NUM_WRAP(v - 1);
        }
    }
    return v;
}

/* All ones if the condition holds, else 0. */
CH_INLINE num_limb num_mask(bool condition) {
    return NUM_WRAP((num_limb)0 - (num_limb)condition);
}

/* Algorithm 4: (u1, u0) / d with u1 < d and v the reciprocal of d. */
CH_INLINE num_limb num_divide_2by1(num_limb *remainder, num_limb u1, num_limb u0, num_limb d,
                                   num_limb v) {
    num_limb q[2];
    const num_limb u[2] = {u0, u1};
    q[0] = NUM_MUL(&q[1], v, u1);
    (void)NUM_ADD(q, u, 2);
    num_limb digit = NUM_WRAP(q[1] + 1);
    num_limb r = NUM_WRAP(u0 - digit * d);
    const num_limb mask = num_mask(r > q[0]);
    digit = NUM_WRAP(digit + mask);
    r = NUM_WRAP(r + (mask & d));
    if (CH_UNLIKELY(r >= d)) {
        digit = NUM_WRAP(digit + 1);
        r = NUM_WRAP(r - d);
    }
    *remainder = r;
    return digit;
}

/* Algorithm 5: (u2, u1, u0) / (d1, d0) with (u2, u1) < (d1, d0) and v their reciprocal. d is the
 * pair (d0, d1), as is the remainder. */
CH_INLINE num_limb num_divide_3by2(num_limb r[2], num_limb u2, num_limb u1, num_limb u0,
                                   const num_limb d[2], num_limb v) {
    num_limb q[2], t[2];
    const num_limb u[2] = {u1, u2};
    q[0] = NUM_MUL(&q[1], v, u2);
    (void)NUM_ADD(q, u, 2);
    t[0] = NUM_MUL(&t[1], d[0], q[1]);
    r[0] = u0;
    r[1] = NUM_WRAP(u1 - q[1] * d[1]);
    (void)NUM_SUB(r, t, 2);
    (void)NUM_SUB(r, d, 2);
    const num_limb mask = num_mask(r[1] >= q[0]);
    const num_limb back[2] = {mask & d[0], mask & d[1]};
    num_limb digit = NUM_WRAP(q[1] + 1 + mask);
    (void)NUM_ADD(r, back, 2);
    if (CH_UNLIKELY(r[1] >= d[1]) && (r[1] > d[1] || r[0] >= d[0])) {
        digit = NUM_WRAP(digit + 1);
        (void)NUM_SUB(r, d, 2);
    }
    return digit;
}

/* u[0..count] -= q d[0..count) for the digit B - 1; the new u[count] is left out. */
CH_INLINE void num_submul_largest(num_limb *u, const num_limb *d, unsigned count) {
    /* u - (B - 1) d = u + d - B d */
    num_limb carry = 0, borrow = 0;
    for (unsigned i = 0; i < count; i++) {
        num_limb sum[2] = {u[i], 0};
        const num_limb up[2] = {d[i], 0}, in[2] = {carry, 0}, down[2] = {i > 0 ? d[i - 1] : 0, 0};
        num_limb left[2] = {0, 0};
        const num_limb out[2] = {borrow, 0};
        (void)NUM_ADD(sum, up, 2);
        (void)NUM_ADD(sum, in, 2);
        left[0] = sum[0];
        borrow = NUM_SUB(left, down, 2);
        borrow = NUM_WRAP(borrow + NUM_SUB(left, out, 2));
        u[i] = left[0];
        carry = sum[1];
    }
}

/* The low limbs' share of a digit: the window's three top limbs are already reduced to (top, r) by
 * the estimate q; takes q times the lower limbs off, repairs an estimate that was one too large,
 * and leaves the remainder in u[0..count), u[count] unspecified. */
CH_INLINE num_limb num_finish_digit(num_limb *u, const num_limb *d, unsigned count, num_limb top,
                                    const num_limb r[2], num_limb q) {
    u[count - 2] = r[0];
    u[count - 1] = r[1];
    if (count == 2) {
        return q;
    }
    num_limb product[4] = {0, 0, 0, 0};
    product[0] = NUM_MUL(&product[1], q, d[0]);
    if (count == 4) {
        num_limb upper[2];
        upper[0] = NUM_MUL(&upper[1], q, d[1]);
        (void)NUM_ADD(product + 1, upper, 2);
    }
    if (CH_UNLIKELY(NUM_SUB(u, product, count) > top)) {
        q = NUM_WRAP(q - 1);
        (void)NUM_ADD(u, d, count);
    }
    return q;
}

/* One digit: divides the window u[0..count] by the normalised d[0..count), count 2 to 4, leaves
 * the remainder in u[0..count) and returns the quotient digit. v is the reciprocal of the two top
 * limbs. Needs u[1..count] < d. */
CH_INLINE num_limb num_divide_digit(num_limb *u, const num_limb *d, unsigned count, num_limb v) {
    if (CH_UNLIKELY(u[count] == d[count - 1] && u[count - 1] == d[count - 2])) {
        /* u[1..count] falls short of d in its low limbs only, so the digit is exactly B - 1 */
        num_submul_largest(u, d, count);
        return num_mask(true);
    }
    num_limb r[2];
    const num_limb q = num_divide_3by2(r, u[count], u[count - 1], u[count - 2], d + count - 2, v);
    return num_finish_digit(u, d, count, 0, r, q);
}

#if NUM_DIRECT
/* The same by the machine's own division: Knuth's estimate from two limbs, corrected by a third. */
CH_INLINE num_limb num_divide_digit_direct(num_limb *u, const num_limb *d, unsigned count) {
    const num_limb *const high = d + count - 2;
    num_limb q, t[2], r[2], top = 0;
    if (CH_LIKELY(u[count] < high[1])) {
        q = NUM_DIVIDE(&r[1], u[count], u[count - 1], high[1]);
    } else { /* equal: the estimate is B - 1, and the rest may need a third limb */
        q = num_mask(true);
        r[1] = NUM_WRAP(u[count - 1] + high[1]);
        top = r[1] < high[1];
    }
    r[0] = u[count - 2];
    t[0] = NUM_MUL(&t[1], q, high[0]);
    const num_limb borrow = NUM_SUB(r, t, 2);
    const num_limb mask = num_mask(borrow > top); /* below zero: one less */
    const num_limb back[2] = {mask & high[0], mask & high[1]};
    top = top & ~borrow;
    q = NUM_WRAP(q + mask);
    if (CH_UNLIKELY(NUM_ADD(r, back, 2) < (mask & 1u))) { /* still below zero: one less again */
        q = NUM_WRAP(q - 1);
        (void)NUM_ADD(r, high, 2);
    }
    return num_finish_digit(u, d, count, top, r, q);
}
#endif

/* out[0..count] = a[0..count) << shift, out[0..count) = a[0..count] >> shift; shift < bits. */
CH_INLINE void num_shift_up(num_limb *out, const num_limb *a, unsigned count, unsigned shift) {
    num_limb below = 0;
    for (unsigned i = 0; i < count; i++) {
        const num_limb limb = a[i];
        out[i] = NUM_WRAP(limb << shift | below >> 1 >> (NUM_LIMB_BITS - 1 - shift));
        below = limb;
    }
    out[count] = below >> 1 >> (NUM_LIMB_BITS - 1 - shift);
}

CH_INLINE void num_shift_down(num_limb *out, const num_limb *a, unsigned count, unsigned shift) {
    for (unsigned i = 0; i < count; i++) {
        const num_limb above = i + 1 < count ? a[i + 1] : 0;
        out[i] = NUM_WRAP(a[i] >> shift | above << 1 << (NUM_LIMB_BITS - 1 - shift));
    }
}

#undef NUM_LIMB
#undef NUM_LIMB_BITS
#undef NUM_WRAP
#undef NUM_ADD
#undef NUM_SUB
#undef NUM_MUL
#undef NUM_RECIPROCAL
#undef NUM_DIRECT
#undef NUM_DIVIDE
