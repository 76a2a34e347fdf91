/* ring.c: the last ten measurements of a stream, however long it is: the oldest goes when a new one
 * comes, and their mean is taken where they lie. */
#include <stdint.h>
#include <stdio.h>

#define CH_RING_NAME samples
#define CH_RING_TYPE uint32_t
#define CH_RING_CAP  10 /* any number, all of it usable */
#include <coldheap/tmpl/ring.h>

static uint32_t mean(const samples *window) {
    uint64_t sum = 0;
    for (size_t i = 0; i < samples_count(window); i++) {
        sum += *samples_get(window, i);
    }
    return samples_empty(window) ? 0 : (uint32_t)(sum / samples_count(window));
}

int main(void) {
    samples window;
    if (samples_init(&window) != CH_OK) {
        return 1;
    }
    for (uint32_t i = 1; i <= 100; i++) {
        if (samples_push_over(&window, &i) != CH_OK) {
            return 1;
        }
    }
    printf("mean of the last %zu: %u; dropped: %llu\n", samples_count(&window),
           (unsigned)mean(&window), (unsigned long long)samples_dropped(&window));
    return mean(&window) == 95 && samples_dropped(&window) == 90 ? 0 : 1;
}
