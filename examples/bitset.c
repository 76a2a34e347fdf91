/* bitset.c: the primes below 100, by striking out; the set lies in two words of the caller's. */
#include <coldheap/bitset.h>

#include <stdio.h>

enum { LIMIT = 100 };

int main(void) {
    uint64_t words[2];
    ch_bitset primes;
    if (ch_bitset_init(&primes, words, sizeof words, LIMIT) != CH_OK) {
        return 1;
    }
    ch_bitset_fill(&primes);
    (void)ch_bitset_clear(&primes, 0);
    (void)ch_bitset_clear(&primes, 1);
    size_t prime = 0;
    for (size_t from = 0; ch_bitset_find_next(&primes, &prime, from) == CH_OK; from = prime + 1) {
        for (size_t multiple = 2 * prime; multiple < LIMIT; multiple += prime) {
            (void)ch_bitset_clear(&primes, multiple);
        }
        printf("%zu ", prime);
    }
    printf("\nthat is %zu\n", ch_bitset_count(&primes));
    return ch_bitset_count(&primes) == 25 && ch_bitset_set(&primes, LIMIT) == CH_ERANGE ? 0 : 1;
}
