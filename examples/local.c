/* local.c: two threads, each with memory of its own that nobody passes around: results in the arena
 * until the thread ends, temporaries in scratch until the end of a block. */
#include <coldheap/local.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* A word turned round in scratch, for as long as the caller's scope lasts. */
static const char *turned(const char *word) {
    size_t length = strlen(word);
    char *out = ch_scratch_alloc(length + 1, 1);
    if (out == NULL) {
        return "?";
    }
    for (size_t i = 0; i < length; i++) {
        out[i] = word[length - 1 - i];
    }
    out[length] = 0;
    return out;
}

static void *count_palindromes(void *context) {
    static const char *const WORDS[] = {"level", "arena", "radar", "scratch", "noon"};
    if (ch_local_prepare() != CH_OK) { /* all set-up happens here, nothing later */
        return NULL;
    }
    uint64_t *count = CH_ARENA_NEW(ch_local_arena(), uint64_t);
    if (count == NULL) {
        return NULL;
    }
    *count = 0;
    for (size_t round = 0; round < 1000; round++) {
        CH_SCRATCH_SCOPE();
        const char *word = WORDS[round % 5];
        *count += strcmp(word, turned(word)) == 0;
    }
    *(uint64_t *)context = *count;
    return context; /* the thread's memory goes back by itself */
}

int main(void) {
    pthread_t threads[2];
    uint64_t counts[2] = {0};
    for (size_t i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, count_palindromes, &counts[i]) != 0) {
            return 1;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    ch_local_sums sums = {0};
    (void)ch_local_totals(&sums);
    printf("palindromes %llu and %llu; threads now %llu, ever %llu, overflows %llu\n",
           (unsigned long long)counts[0], (unsigned long long)counts[1],
           (unsigned long long)sums.threads, (unsigned long long)sums.threads_ever,
           (unsigned long long)sums.overflows);
    return counts[0] == 600 && counts[1] == 600 ? 0 : 1;
}
