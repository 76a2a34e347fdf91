/* memory_bound.c: how many bytes of memory a gas limit can buy in nested frames, computed before
 * anything runs. One function per case: one frame (exact), frames that share all gas, and frames
 * that keep one 64th each (EIP-150). Integers only, every rounding upward.
 *
 * Notation: frame i = 0 .. n-1 holds w_i words, has paid p_i = 3 w_i + floor(w_i^2 / 512) for them,
 * and had g_i gas when it started; W = sum w_i at one moment, the moment of the deepest call.
 *
 * All gas (before Tangerine Whistle): sum p_i <= gas. The real price 3 w + w^2/512 exceeds p by
 * less than 1 and is convex, so by Jensen n * real(W / n) <= sum real(w_i) < gas + n: W / n is
 * below w' + 1, where w' is the largest integer with real(w') <= gas / n + 1, and W < n (w' + 1).
 *
 * 63 of 64: the child gets at most r - floor(r / 64) of the r = g_i - p_i that are left (a stipend
 * never exceeds what the value transfer costs the caller), and r - floor(r/64) - 63 <= 63/64 (r -
 * 63). With s_i = g_i - 63:   s_{i+1} <= 63/64 (s_i - p_i).                                     (1)
 * Take any numbers m_0 >= m_1 >= ... > 0 with m_{i+1} >= 63/64 m_i. While s_{i+1} >= 0, (1) gives
 *     s_i / m_i >= p_i / m_i + (64/63) s_{i+1} / m_i >= p_i / m_i + s_{i+1} / m_{i+1}. (2) Let t be
 * the first frame with s_t < 0, or with m_t <= 3, or t = n. Summing (2) over i < t: sum_{i<t} p_i /
 * m_i + s_t / m_t <= gas / m_0          (for s_t < 0 without that term)      (3) Frames t and
 * deeper pay at least 3 gas per word out of g_t, so they hold at most g_t / 3 words: if s_t < 0
 * less than 21; if m_t <= 3 at most s_t / 3 + 21 <= s_t / m_t + 21; if t = n none. Hence   W <=
 * sum_{i<t} (w_i - p_i / m_i) + gas / m_0 + 21. As p_i > 3 w_i + w_i^2/512 - 1, each bracket is at
 * most max_w(w - (3w + w^2/512)/m_i) + 1/m_i, which for m_i > 3 is attained at w = 256 (m_i - 3)
 * and equals 128 (m_i - 6 + 9/m_i) + 1/m_i >= 0. So W <= gas / m_0 + sum_{i<n, m_i>3} (128 (m_i - 6
 * + 9/m_i) + 1/m_i) + 21        for every m_0.  (4) The best m_0 is where the maximising w_i use up
 * the gas: 128 m_0 sum (m_i - 9/m_i) = gas. It is found by bisection; a wrong choice would only
 * loosen the bound. */
#include <coldevm/memory.h>

#define FRACTION  24u /* m_i are fixed-point numbers with 24 binary digits behind the point */
#define ONE       (UINT64_C(1) << FRACTION)
#define RATE_MOST (UINT64_C(1) << (29 + FRACTION)) /* m_0: 128 m_0^2 > 2^64 */

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* Most words whose price is at most `gas`, at most 2^32 - 1 (an end beyond has no price). */
static uint64_t words_for(uint64_t gas) {
    uint64_t low = 0;
    uint64_t high = CHEVM_MEMORY_WORDS_MAX - 1;
    while (low < high) {
        const uint64_t middle = low + (high - low + 1) / 2;
        if (chevm_memory_price(middle) <= gas) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/* 63/64 of a rate, rounded up: m_{i+1} >= 63/64 m_i. */
static uint64_t next_rate(uint64_t rate) {
    return rate - rate / 64;
}

/* gas / rate in words, rounded up by less than one word + 1/3000. */
static uint64_t words_at(uint64_t gas, uint64_t rate) {
    const uint64_t whole = gas / rate;
    const uint64_t rest = gas % rate; /* < 2^53; rate >= 3 * 2^24 */
    return whole * ONE + (rest << 10) / (rate >> (FRACTION - 10)) + 1;
}

/* True if the maximising words for this m_0 cost more than gas. */
static bool costs_more(uint64_t first_rate, uint64_t frames, uint64_t gas) {
    const uint64_t words = words_at(gas, first_rate);
    uint64_t sum = 0; /* of m_i - 9 / m_i: at most 64 m_0, so below 2^59 */
    uint64_t rate = first_rate;
    for (uint64_t i = 0; i < frames && rate > 3 * ONE; i++) {
        sum += rate - 9 * ONE * ONE / rate;
        rate = next_rate(rate);
    }
    return sum >> (FRACTION - 7) > words; /* 128 sum */
}

/* The right side of (4) in words. */
static uint64_t bound_words(uint64_t first_rate, uint64_t frames, uint64_t gas) {
    uint64_t words = words_at(gas, first_rate) + 21;
    uint64_t rate = first_rate;
    for (uint64_t i = 0; i < frames && rate > 3 * ONE; i++) {
        const uint64_t inverse = ONE * ONE / rate + 1;
        const uint64_t value = 128 * (rate - 6 * ONE + 9 * inverse) + inverse;
        words += (value >> FRACTION) + 1;
        rate = next_rate(rate);
    }
    return words;
}

static uint64_t words_63_of_64(uint64_t gas, uint64_t frames) {
    uint64_t low = 3 * ONE + 1;
    uint64_t high = RATE_MOST;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (costs_more(middle, frames, gas)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return bound_words(low, frames, gas);
}

uint64_t chevm_memory_worst_case(uint64_t gas, uint32_t depth_max, chevm_memory_rule rule) {
    const uint64_t frames = (uint64_t)least(depth_max, CHEVM_DEPTH_MAX) + 1;
    if (frames == 1) {
        return 32 * words_for(gas);
    }
    uint64_t words = frames * (words_for(gas / frames + 1) + 1);
    words = least(words, gas / 3); /* a word costs at least 3 */
    if (rule == CHEVM_MEMORY_63_OF_64) {
        words = least(words, words_63_of_64(gas, frames));
    }
    return 32 * words;
}
