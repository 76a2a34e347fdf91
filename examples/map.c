/* map.c: how often each word of a text occurs, in a table whose size is decided beforehand. Keys
 * are compared and hashed by their bytes, so they are filled with zeros to the end. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct word {
    char letters[16];
} word;

#define CH_MAP_NAME  counts
#define CH_MAP_KEY   word
#define CH_MAP_VALUE uint32_t
#define CH_MAP_CAP   100
#include <coldheap/tmpl/map.h>

static word word_of(const char *text, size_t length) {
    word w = {{0}};
    memcpy(w.letters, text, length < sizeof w.letters ? length : sizeof w.letters - 1);
    return w;
}

/* False: more different words than the table has room for. */
static bool count_word(counts *table, word w) {
    bool fresh = false;
    uint32_t *count = counts_upsert(table, &w, &fresh);
    if (count == NULL) {
        return false;
    }
    *count = fresh ? 1 : *count + 1;
    return true;
}

int main(void) {
    static counts table; /* the whole map: nothing is allocated, nothing grows */
    const char *text = "the hot path and the cold heap and the path between the two";
    if (counts_init(&table, 2024) != CH_OK) { /* the seed; secret where words come from strangers */
        return 1;
    }
    for (size_t length; *text != 0; text += length + (text[length] == ' ')) {
        length = strcspn(text, " ");
        if (!count_word(&table, word_of(text, length))) {
            return 1;
        }
    }
    size_t position = 0;
    for (const counts_entry *e; (e = counts_next(&table, &position)) != NULL;) {
        printf("%s %u\n", e->key.letters, e->value);
    }
    word the = word_of("the", 3);
    return counts_count(&table) == 8 && *counts_get(&table, &the) == 4 ? 0 : 1;
}
