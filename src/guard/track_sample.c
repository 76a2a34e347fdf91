/* track_sample.c: sampling that does not lean to either side. Along the bytes that a thread asks
 * for, points are drawn at random, `sample_bytes` apart in the mean; a block is booked if a point
 * falls into it, which has the probability p = 1 - exp(-size / sample_bytes), and then stands for
 * 1/p blocks of its size. So the mean of what is booked is what would have been booked in full. */
#include "track.h"

#define MIX UINT64_C(0x9e3779b97f4a7c15)

/* xorshift64*: the high bits are good enough for distances. */
static uint64_t random_next(chi_track_thread *self) {
    uint64_t x = self->random;
    if (x == 0) {
        x = ((uint64_t)(uintptr_t)self ^ chi_track_now_ns()) * MIX | 1;
    }
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    self->random = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

/* ln of a number in (0, 1], without a library: by halves, then the series of atanh. */
static double log_of(double x) {
    double sum = 0;
    while (x < 0.70710678118654752) {
        x *= 2;
        sum -= 0.69314718055994531;
    }
    const double t = (x - 1) / (x + 1);
    const double square = t * t;
    double power = t;
    for (int k = 1; k < 21; k += 2) {
        sum += 2 * power / k;
        power *= square;
    }
    return sum;
}

/* exp(-x) for x >= 0: the series for a 1024th of it, and ten squarings. */
static double exp_of_minus(double x) {
    if (x > 700) {
        return 0;
    }
    const double part = -x / 1024;
    double power = 1 + part * (1 + part / 2 * (1 + part / 3 * (1 + part / 4 * (1 + part / 5))));
    for (int i = 0; i < 10; i++) {
        power *= power;
    }
    return power;
}

static int64_t draw_distance(chi_track_thread *self) {
    const double uniform = ((double)(random_next(self) >> 11) + 1) * 0x1p-53;
    const double distance = -log_of(uniform) * (double)CHI_PLAN->sample_bytes;
    return distance < 0x1p62 ? (int64_t)distance : INT64_MAX / 2;
}

bool chi_track_sample(size_t size_bytes) {
    chi_track_thread *self = &chi_track_self;
    if (CH_UNLIKELY(self->random == 0)) {
        self->sample_left = draw_distance(self);
    }
    const uint64_t step = size_bytes < INT64_MAX / 2 ? size_bytes : INT64_MAX / 2;
    self->sample_left -= (int64_t)step;
    if (CH_LIKELY(self->sample_left >= 0)) {
        return false;
    }
    self->sample_left = draw_distance(self);
    return true;
}

/* A part of one is rounded up or down, as the block's time has it: as good as at random, and the
 * same when the block comes back. */
static uint64_t round_by(double value, uint64_t time_ns) {
    const uint64_t hash = (time_ns ^ time_ns >> 32) * MIX;
    return (uint64_t)(value + (double)(hash >> 11) * 0x1p-53);
}

chi_track_weight chi_track_weigh(size_t size_bytes, uint64_t time_ns) {
    chi_track_weight weight = {1, size_bytes};
    if ((CHI_PLAN->options & CHI_TRACK_SAMPLED) == 0) {
        return weight;
    }
    const double share = 1 - exp_of_minus((double)size_bytes / (double)CHI_PLAN->sample_bytes);
    if (share > 0) {
        weight.blocks = round_by(1 / share, time_ns);
        weight.bytes = round_by((double)size_bytes / share, time_ns);
    }
    return weight;
}
