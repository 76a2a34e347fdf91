/** divide_tmpl.h: schoolbook division (Knuth's algorithm D) with reciprocals, for any limb width.
 *
 *  The one idea: the algorithm is written against a handful of limb primitives, so that the very
 *  lines that divide 64-bit limbs in the EVM are also compiled with limbs of 3 or 4 bits, where a
 *  test tries every operand there is.
 *
 *  Parameters (all undefined at the end):
 *    NUM_LIMB              the limb's C type, at least as wide as the limb
 *    NUM_LIMB_BITS         bits of a limb
 *    NUM_WRAP(x)           x modulo 2^NUM_LIMB_BITS
 *    NUM_ADD(a, b, carry)  a + b + *carry, the carry left in *carry (NUM_SUB likewise)
 *    NUM_MUL(high, a, b)   low limb of the product, the high one stored
 *    NUM_RECIPROCAL(d)     floor((B^2 - 1) / d) - B for a d with its top bit set, B = 2^bits
 *
 *  Source: Möller and Granlund, "Improved division by invariant integers", IEEE TC 2011; Knuth,
 *  The Art of Computer Programming 2, 4.3.1. */
#if !defined(NUM_LIMB) || !defined(NUM_LIMB_BITS) || !defined(NUM_WRAP) || !defined(NUM_ADD) ||    \
    !defined(NUM_SUB) || !defined(NUM_MUL) || !defined(NUM_RECIPROCAL)
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

/* Algorithm 4: (u1, u0) / d with u1 < d and v the reciprocal of d. */
CH_INLINE num_limb num_divide_2by1(num_limb *remainder, num_limb u1, num_limb u0, num_limb d,
                                   num_limb v) {
    num_limb q1, carry = 0;
    num_limb q0 = NUM_MUL(&q1, v, u1);
    q0 = NUM_ADD(q0, u0, &carry);
    q1 = NUM_ADD(q1, u1, &carry);
    q1 = NUM_WRAP(q1 + 1);
    num_limb r = NUM_WRAP(u0 - q1 * d);
    if (r > q0) {
        q1 = NUM_WRAP(q1 - 1);
        r = NUM_WRAP(r + d);
    }
    if (CH_UNLIKELY(r >= d)) {
        q1 = NUM_WRAP(q1 + 1);
        r = NUM_WRAP(r - d);
    }
    *remainder = r;
    return q1;
}

/* Algorithm 5: (u2, u1, u0) / (d1, d0) with (u2, u1) < (d1, d0) and v their reciprocal. */
CH_INLINE num_limb num_divide_3by2(num_limb remainder[2], num_limb u2, num_limb u1, num_limb u0,
                                   num_limb d1, num_limb d0, num_limb v) {
    num_limb q1, t1, carry = 0;
    num_limb q0 = NUM_MUL(&q1, v, u2);
    q0 = NUM_ADD(q0, u1, &carry);
    q1 = NUM_ADD(q1, u2, &carry);
    num_limb r1 = NUM_WRAP(u1 - q1 * d1);
    const num_limb t0 = NUM_MUL(&t1, d0, q1);
    carry = 0;
    num_limb r0 = NUM_SUB(u0, t0, &carry);
    r1 = NUM_SUB(r1, t1, &carry);
    carry = 0;
    r0 = NUM_SUB(r0, d0, &carry);
    r1 = NUM_SUB(r1, d1, &carry);
    q1 = NUM_WRAP(q1 + 1);
    if (r1 >= q0) {
        q1 = NUM_WRAP(q1 - 1);
        carry = 0;
        r0 = NUM_ADD(r0, d0, &carry);
        r1 = NUM_ADD(r1, d1, &carry);
    }
    if (CH_UNLIKELY(r1 >= d1) && (r1 > d1 || r0 >= d0)) {
        q1 = NUM_WRAP(q1 + 1);
        carry = 0;
        r0 = NUM_SUB(r0, d0, &carry);
        r1 = NUM_SUB(r1, d1, &carry);
    }
    remainder[0] = r0;
    remainder[1] = r1;
    return q1;
}

/* u[0..count) -= q * d[0..count); returns what is still to be subtracted above. */
CH_INLINE num_limb num_submul(num_limb *u, const num_limb *d, unsigned count, num_limb q) {
    num_limb borrow = 0;
    for (unsigned i = 0; i < count; i++) {
        num_limb high, carry = 0;
        num_limb low = NUM_MUL(&high, q, d[i]);
        low = NUM_ADD(low, borrow, &carry);
        high = NUM_WRAP(high + carry);
        carry = 0;
        u[i] = NUM_SUB(u[i], low, &carry);
        borrow = NUM_WRAP(high + carry);
    }
    return borrow;
}

/* One digit: divides the window u[0..count] by the normalised d[0..count), count >= 2, leaves the
 * remainder in the window (its top limb 0) and returns the quotient digit. v is the reciprocal of
 * the two top limbs. Needs u[1..count] < d. */
CH_INLINE num_limb num_divide_digit(num_limb *u, const num_limb *d, unsigned count, num_limb v) {
    const num_limb d1 = d[count - 1], d0 = d[count - 2];
    if (CH_UNLIKELY(u[count] == d1 && u[count - 1] == d0)) {
        /* the digit is B - 1 exactly: u is less than d by fewer than B^(count-2) units of B */
        (void)num_submul(u, d, count, NUM_WRAP((num_limb)0 - 1));
        u[count] = 0;
        return NUM_WRAP((num_limb)0 - 1);
    }
    num_limb r[2];
    num_limb q = num_divide_3by2(r, u[count], u[count - 1], u[count - 2], d1, d0, v);
    num_limb carry = 0;
    const num_limb rest = num_submul(u, d, count - 2, q);
    u[count - 2] = NUM_SUB(r[0], rest, &carry);
    u[count - 1] = NUM_SUB(r[1], 0, &carry);
    u[count] = 0;
    if (CH_UNLIKELY(carry != 0)) { /* the low limbs of d made the estimate one too large */
        q = NUM_WRAP(q - 1);
        carry = 0;
        for (unsigned i = 0; i < count; i++) {
            u[i] = NUM_ADD(u[i], d[i], &carry);
        }
    }
    return q;
}

/* u[0..u_count] / d[0..count) for normalised d: quotient digits into q[0..u_count - count], unless
 * q is NULL, remainder into u[0..count). Needs u[u_count-count+1 .. u_count] < d. */
CH_INLINE void num_divide(num_limb *q, num_limb *u, unsigned u_count, const num_limb *d,
                          unsigned count, num_limb v) {
    if (count == 1) {
        num_limb r = u[u_count];
        for (unsigned i = u_count; i-- > 0;) {
            const num_limb digit = num_divide_2by1(&r, r, u[i], d[0], v);
            if (q != NULL) {
                q[i] = digit;
            }
        }
        u[0] = r;
        return;
    }
    for (unsigned i = u_count - count + 1; i-- > 0;) {
        const num_limb digit = num_divide_digit(u + i, d, count, v);
        if (q != NULL) {
            q[i] = digit;
        }
    }
}

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
