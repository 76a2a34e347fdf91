/* modexp_ring.c: the ways to multiply, into Montgomery form and out of it, the sliding window. */
#include "modexp_ring.h"

#include "field256.h"

#include <coldevm/u256_limb.h>

#include <string.h>

uint64_t *chevmi_limbs_take(chevmi_limbs *work, size_t count) {
    uint64_t *const taken = work->next;
    work->next += count;
    return taken;
}

size_t chevmi_ring_limbs(size_t count) {
    return count == 1   ? 1
           : count <= 4 ? 4
                        : (count + CHEVMI_BLOCK - 1) / CHEVMI_BLOCK * CHEVMI_BLOCK;
}

/* Newton: 3 good bits to begin with (x * x = 1 mod 8), doubled five times. */
uint64_t chevmi_inverse_limb(uint64_t x) {
    uint64_t inverse = x;
    for (unsigned i = 0; i < 5; i++) {
        inverse *= 2 - x * inverse;
    }
    return inverse;
}

/* ---- Numbers in bytes ----------------------------------------------------------------------- */

uint64_t chevmi_span_bits(const chevmi_span *number) {
    size_t i = 0;
    while (i < number->present && number->bytes[i] == 0) {
        i++;
    }
    if (i == number->present) {
        return 0;
    }
    return 8 * (number->size - i) - (chevm_limb_clz(number->bytes[i]) - 56);
}

static uint8_t byte_at(const chevmi_span *number, uint64_t from_end) {
    if (from_end >= number->size) {
        return 0;
    }
    const uint64_t at = number->size - 1 - from_end;
    return at < number->present ? number->bytes[at] : 0;
}

void chevmi_span_limbs(uint64_t *limbs, const chevmi_span *number, uint64_t first, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint64_t low = 8 * (first + i); /* bytes below this limb */
        if (low + 8 <= number->size && number->size - low <= number->present) {
            limbs[i] = chevm_limb_load_be(number->bytes + (number->size - low - 8));
            continue;
        }
        limbs[i] = 0;
        for (unsigned j = 0; j < 8; j++) {
            limbs[i] |= (uint64_t)byte_at(number, low + j) << (8 * j);
        }
    }
}

/* ---- One limb ------------------------------------------------------------------------------- */

/* Elements are any limb; a carry out of the limb is worth R = R - m. */
static void mul_1(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, const uint64_t *b) {
    uint64_t high, cancelled;
    const uint64_t low = chevm_limb_mul(&high, *a, *b);
    (void)chevm_limb_mul(&cancelled, low * ring->k, *ring->m);
    uint64_t carry = low != 0;
    const uint64_t sum = chevm_limb_add(high, cancelled, &carry);
    *r = sum - (*ring->m & (0 - carry));
}

static void sqr_1(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, unsigned times) {
    for (uint64_t x = *a; times-- > 0; x = *r) {
        mul_1(ring, r, &x, &x);
    }
}

/* ---- Four limbs: elements below m ----------------------------------------------------------- */

static void mul_4(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, const uint64_t *b) {
    ring->mul_four(r, a, b, &ring->four);
}

static void sqr_4(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, unsigned times) {
    for (; times-- > 0; a = r) {
        ring->mul_four(r, a, a, &ring->four);
    }
}

static void add_4(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, const uint64_t *b) {
    chevmi_field256_plain.add(r, a, b, ring->m);
}

/* ---- Blocks --------------------------------------------------------------------------------- */

static void mul_blocks(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, const uint64_t *b) {
    const size_t blocks = ring->limbs / CHEVMI_BLOCK;
    ring->kernel->product(ring->t, a, b, blocks);
    ring->kernel->reduce(r, ring->t, ring->m, blocks, ring->k);
}

static void sqr_blocks(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, unsigned times) {
    const size_t blocks = ring->limbs / CHEVMI_BLOCK;
    for (; times-- > 0; a = r) {
        ring->kernel->square(ring->t, a, blocks);
        ring->kernel->reduce(r, ring->t, ring->m, blocks, ring->k);
    }
}

static uint64_t subtract(uint64_t *r, const uint64_t *m, size_t limbs) {
    uint64_t borrow = 0;
    for (size_t i = 0; i < limbs; i++) {
        r[i] = chevm_limb_sub(r[i], m[i], &borrow);
    }
    return borrow;
}

/* Any number of limbs; the carry goes by at most four subtractions, as m >= R / 4. */
static void add_any(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, const uint64_t *b) {
    uint64_t carry = 0;
    for (size_t i = 0; i < ring->limbs; i++) {
        r[i] = chevm_limb_add(a[i], b[i], &carry);
    }
    while (carry != 0) {
        carry -= subtract(r, ring->m, ring->limbs);
    }
}

static void mul_low(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, const uint64_t *b) {
    ring->kernel->product_low(ring->t, a, b, ring->limbs / CHEVMI_BLOCK);
    memcpy(r, ring->t, 8 * ring->limbs);
}

static void sqr_low(const chevmi_ring *ring, uint64_t *r, const uint64_t *a, unsigned times) {
    for (; times-- > 0; a = r) {
        mul_low(ring, r, a, a);
    }
}

/* ---- Powers --------------------------------------------------------------------------------- */

// clang-format off
/* X(bits from which on, bits of a window): table and products together are fewest. */
#define WINDOW_ROWS(X) \
    X(1,   1)          \
    X(21,  3)          \
    X(81,  4)          \
    X(241, 5)          \
    X(673, 6)
// clang-format on

static unsigned window_of(uint64_t bits) {
    unsigned window = 1;
#define WINDOW_ROW(from, width) window = bits >= (from) ? (width) : window;
    WINDOW_ROWS(WINDOW_ROW)
#undef WINDOW_ROW
    return window;
}

size_t chevmi_window_powers(uint64_t exponent_bits) {
    return (size_t)1 << (window_of(exponent_bits) - 1);
}

uint64_t chevmi_modexp_window_step(uint64_t exponent_bits) {
#define WINDOW_ROW(from, width)                                                                    \
    if (exponent_bits < (from)) {                                                                  \
        return (from);                                                                             \
    }
    WINDOW_ROWS(WINDOW_ROW)
#undef WINDOW_ROW
    return 0;
}

/* The odd powers of powers[0], as many as the window asks for; r is scratch. */
static void fill_powers(const chevmi_ring *ring, uint64_t *powers, size_t count, uint64_t *r) {
    if (count > 1) {
        ring->sqr(ring, r, powers, 1);
    }
    for (size_t i = 1; i < count; i++) {
        ring->mul(ring, powers + i * ring->limbs, powers + (i - 1) * ring->limbs, r);
    }
}

/* The limbs of an exponent around the bit that comes next. */
typedef struct bit_reader {
    const chevmi_span *number;
    uint64_t limbs[2]; /* index - 1, index */
    uint64_t index;
} bit_reader;

/* The 64 bits below bit `top`, the highest first; zeros below bit 0. */
CH_INLINE uint64_t bits_below(bit_reader *reader, uint64_t top) {
    const uint64_t index = (top - 1) / 64;
    if (CH_UNLIKELY(index != reader->index)) {
        reader->index = index;
        reader->limbs[0] = 0;
        if (index == 0) {
            chevmi_span_limbs(reader->limbs + 1, reader->number, 0, 1);
        } else {
            chevmi_span_limbs(reader->limbs, reader->number, index - 1, 2);
        }
    }
    return chevm_limb_shl(reader->limbs[1], reader->limbs[0], (unsigned)((0 - top) % 64));
}

/* r = powers[0] ^ (the low `bits` bits of the exponent), the highest of them set. A turn takes a
 * run of zeros and the digit behind it, which begins and ends in a one, with one loop of squarings.
 */
static void power(const chevmi_ring *ring, uint64_t *r, uint64_t *powers,
                  const chevmi_span *exponent, uint64_t bits) {
    const unsigned window = window_of(bits);
    bit_reader reader = {exponent, {0, 0}, UINT64_MAX};
    bool started = false;
    fill_powers(ring, powers, chevmi_window_powers(bits), r);
    for (uint64_t top = bits; top > 0;) { /* bits still to come */
        const uint64_t next = bits_below(&reader, top);
        const unsigned zeros = next != 0 ? chevm_limb_clz(next) : 64;
        if (CH_UNLIKELY(zeros > 64 - window)) {
            const unsigned run = zeros < top ? zeros : (unsigned)top;
            ring->sqr(ring, r, r, run);
            top -= run;
            continue;
        }
        const uint64_t digit = next << zeros >> (64 - window);
        const unsigned even = chevm_limb_ctz(digit);
        const unsigned width = zeros + window - even;
        const uint64_t *const factor = powers + (size_t)(digit >> even >> 1) * ring->limbs;
        if (CH_LIKELY(started)) {
            ring->sqr(ring, r, r, width);
            ring->mul(ring, r, r, factor);
        } else {
            memcpy(r, factor, 8 * ring->limbs);
            started = true;
        }
        top -= width;
    }
}

/* ---- Odd modulus ---------------------------------------------------------------------------- */

static size_t bit_length(const uint64_t *x, size_t limbs) {
    while (x[limbs - 1] == 0) {
        limbs--;
    }
    return 64 * limbs - chevm_limb_clz(x[limbs - 1]);
}

/* out = m + m * 2^s with s >= 1 such that the sum fills the limbs up to their last or last but one
 * bit; m itself if it does so already. */
static void fill_up(uint64_t *out, const uint64_t *m, size_t limbs) {
    const size_t bits = bit_length(m, limbs);
    memcpy(out, m, 8 * limbs);
    if (bits + 1 >= 64 * limbs) {
        return;
    }
    const size_t shift = 64 * limbs - 1 - bits;
    const size_t whole = shift / 64;
    uint64_t carry = 0;
    for (size_t i = whole; i < limbs; i++) {
        const uint64_t below = i > whole ? m[i - whole - 1] : 0;
        const uint64_t part = chevm_limb_shl(m[i - whole], below, (unsigned)(shift % 64));
        out[i] = chevm_limb_add(out[i], part, &carry);
    }
}

/* fold = (1 + k m) / 2^64; m of four limbs is at least 2^254. */
static void open_four(chevmi_ring *ring) {
    chevmi_four *const four = &ring->four;
    uint64_t carry = 1;
    four->k = ring->k;
    for (unsigned i = 0; i < 4; i++) {
        four->m[i] = ring->m[i];
        const uint64_t limb = chevm_limb_muladd(&carry, ring->m[i], ring->k, carry, 0);
        if (i > 0) {
            four->fold[i - 1] = limb;
        }
    }
    four->fold[3] = carry;
    const bool folds = ring->m[3] < ~(uint64_t)1; /* m <= 2^256 - 2^193 */
    ring->mul_four = folds ? ring->kernel->four_folded : ring->kernel->four;
}

static void ring_open(chevmi_ring *ring, const uint64_t *m, size_t limbs, chevmi_limbs *work) {
    uint64_t *const filled = chevmi_limbs_take(work, limbs);
    fill_up(filled, m, limbs);
    *ring = (chevmi_ring){
        .mul = limbs == 1   ? mul_1
               : limbs == 4 ? mul_4
                            : mul_blocks,
        .sqr = limbs == 1   ? sqr_1
               : limbs == 4 ? sqr_4
                            : sqr_blocks,
        .add = limbs == 4 ? add_4 : add_any,
        .kernel = chevmi_modexp_current(),
        .limbs = limbs,
        .m = filled,
        .k = 0 - chevmi_inverse_limb(filled[0]),
        .t = chevmi_limbs_take(work, 2 * limbs),
    };
    if (limbs == 4) {
        open_four(ring);
    }
}

/* A number below R becomes an element: with four limbs it must be below m >= R / 4. */
static void settle(const chevmi_ring *ring, uint64_t *x) {
    if (ring->limbs == 4) {
        while (!chevm_limb4_less(x, ring->m)) {
            (void)subtract(x, ring->m, 4);
        }
    }
}

/* square = R^2: R = 2^(64 limbs), so it is 2 raised to that in Montgomery form; its first steps are
 * doublings. */
static void make_square(const chevmi_ring *ring, uint64_t *square) {
    const size_t target = 64 * ring->limbs;
    size_t reached = target;
    unsigned steps = 0;
    while (reached > (ring->limbs < 8 ? 8 : ring->limbs)) {
        reached >>= 1;
        steps++;
    }
    memset(square, 0, 8 * ring->limbs);
    (void)subtract(square, ring->m, ring->limbs); /* R - m */
    settle(ring, square);
    for (size_t i = 0; i < reached; i++) {
        ring->add(ring, square, square, square);
    }
    while (steps-- > 0) {
        ring->sqr(ring, square, square, 1);
        if ((target >> steps & 1u) != 0) {
            ring->add(ring, square, square, square);
        }
    }
}

/* x = base in Montgomery form, the base cut to pieces below R: x = x R + piece, from the top. */
static void enter(const chevmi_ring *ring, uint64_t *x, const chevmi_span *base,
                  const uint64_t *square, uint64_t *piece) {
    const uint64_t base_limbs = (chevmi_span_bits(base) + 63) / 64;
    uint64_t left = (base_limbs + ring->limbs - 1) / ring->limbs;
    memset(x, 0, 8 * ring->limbs);
    for (bool first = true; left-- > 0; first = false) {
        chevmi_span_limbs(piece, base, left * ring->limbs, ring->limbs);
        settle(ring, piece);
        ring->mul(ring, piece, piece, square);
        if (!first) {
            ring->mul(ring, x, x, square);
        }
        ring->add(ring, x, x, piece);
    }
}

/* r = r / R mod m, fully reduced; m is the modulus itself. r / R + m bounds what one pass gives. */
static void leave(const chevmi_ring *ring, uint64_t *r, const uint64_t *m) {
    const size_t limbs = ring->limbs;
    const uint64_t k = 0 - chevmi_inverse_limb(m[0]);
    memcpy(ring->t, r, 8 * limbs);
    memset(ring->t + limbs, 0, 8 * limbs);
    if (limbs % CHEVMI_BLOCK == 0) {
        ring->kernel->reduce(r, ring->t, m, limbs / CHEVMI_BLOCK, k);
    } else {
        for (size_t i = 0; i < limbs; i++) {
            const uint64_t u = ring->t[i] * k;
            uint64_t carry = 0;
            for (size_t j = 0; j < limbs; j++) {
                ring->t[i + j] = chevm_limb_muladd(&carry, m[j], u, ring->t[i + j], carry);
            }
            ring->t[i + limbs] = carry; /* was 0 */
        }
        memcpy(r, ring->t + limbs, 8 * limbs);
    }
    if (memcmp(r, m, 8 * limbs) == 0) { /* at most m */
        memset(r, 0, 8 * limbs);
    }
}

void chevmi_power_odd(uint64_t *r, const chevmi_span *base, const chevmi_span *exponent,
                      uint64_t bits, const uint64_t *m, size_t limbs, chevmi_limbs work) {
    chevmi_ring ring;
    ring_open(&ring, m, limbs, &work);
    uint64_t *const powers = chevmi_limbs_take(&work, limbs * chevmi_window_powers(bits));
    uint64_t *const square = chevmi_limbs_take(&work, limbs);
    make_square(&ring, square);
    enter(&ring, powers, base, square, r);
    power(&ring, r, powers, exponent, bits);
    leave(&ring, r, m);
}

/* ---- Powers of two -------------------------------------------------------------------------- */

static void cut(uint64_t *x, uint64_t width, size_t limbs) {
    const size_t whole = (size_t)(width / 64);
    if (whole < limbs) {
        x[whole] &= ((uint64_t)1 << (width % 64)) - 1;
        memset(x + whole + 1, 0, 8 * (limbs - whole - 1));
    }
}

/* Is base ^ exponent a multiple of 2^width because the base is even? */
static bool vanishes(const uint64_t *base, size_t limbs, const chevmi_span *exponent, uint64_t bits,
                     uint64_t width) {
    size_t zeros = 0; /* whole limbs */
    while (zeros < limbs && base[zeros] == 0) {
        zeros++;
    }
    if (zeros == limbs) {
        return true;
    }
    const uint64_t twos = 64 * (uint64_t)zeros + chevm_limb_ctz(base[zeros]);
    uint64_t times;
    chevmi_span_limbs(&times, exponent, 0, 1);
    return twos != 0 && (bits > 64 || times >= (width + twos - 1) / twos);
}

/* An odd number's order modulo 2^width divides 2^width: only so many bits of the exponent count. */
void chevmi_power_low(uint64_t *r, const chevmi_span *base, const chevmi_span *exponent,
                      uint64_t bits, uint64_t width, chevmi_limbs work) {
    const size_t limbs = (size_t)((width + 511) / 512) * CHEVMI_BLOCK;
    const chevmi_ring ring = {
        .mul = mul_low,
        .sqr = sqr_low,
        .kernel = chevmi_modexp_current(),
        .limbs = limbs,
        .t = chevmi_limbs_take(&work, limbs),
    };
    uint64_t *const powers = chevmi_limbs_take(&work, limbs * chevmi_window_powers(bits));
    chevmi_span_limbs(powers, base, 0, limbs);
    cut(powers, width, limbs);
    memset(r, 0, 8 * limbs);
    if (vanishes(powers, limbs, exponent, bits, width)) {
        return;
    }
    uint64_t counted = bits < width ? bits : width;
    while (counted > 0 && (byte_at(exponent, (counted - 1) / 8) >> (counted - 1) % 8 & 1) == 0) {
        counted--;
    }
    r[0] = 1;
    if (counted > 0) {
        power(&ring, r, powers, exponent, counted);
    }
    cut(r, width, limbs);
}
