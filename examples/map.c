/* map.c: how often each word occurs, in a map of fixed capacity: it holds exactly that many,
 * answers when it is full, still updates what it has, and forgets without leaving tombstones. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct word {
    char letters[16]; /* filled up with zeros: keys are compared by their bytes */
} word;

#define CH_MAP_NAME  counts
#define CH_MAP_KEY   word
#define CH_MAP_VALUE uint32_t
#define CH_MAP_CAP   6
#include <coldheap/tmpl/map.h>

int main(void) {
    static const char *const TEXT[] = {"hot", "path", "cold",   "heap", "hot",  "path",
                                       "a",   "cold", "memory", "is",   "a",    "memory",
                                       "not", "lost", "cold",   "heap", "path", "hot"};
    static counts seen;
    unsigned refused = 0;
    if (counts_init(&seen, 42) != CH_OK) { /* a seed that nobody outside knows */
        return 1;
    }
    for (size_t i = 0; i < sizeof TEXT / sizeof TEXT[0]; i++) {
        word key = {{0}};
        bool fresh = false;
        memcpy(key.letters, TEXT[i], strlen(TEXT[i]));
        uint32_t *count = counts_upsert(&seen, &key, &fresh);
        if (count == NULL) {
            refused++; /* full; words that it knows are still counted */
            continue;
        }
        *count = fresh ? 1 : *count + 1;
    }
    const word hot = {"hot"};
    const word lost = {"lost"};
    printf("%zu words, %u refused, 'hot' %u times, 'lost' %s\n", counts_count(&seen), refused,
           *counts_get(&seen, &hot), counts_has(&seen, &lost) ? "known" : "unknown");
    bool good = counts_full(&seen) && *counts_get(&seen, &hot) == 3 && refused == 3;
    return good && counts_remove(&seen, &hot) == CH_OK && !counts_has(&seen, &hot) ? 0 : 1;
}
