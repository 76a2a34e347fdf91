/* xxhash.c: calls of libxxhash, counted; see count.h. */
#include "count.h"

#include <xxhash.h>

#define SIZE 65536

static char text[SIZE];
static unsigned long long sum;
static XXH3_state_t *made;
static XXH3_state_t *state;

static int hash_32(void) {
    sum += XXH32(text, SIZE, 1);
    return 0;
}

static int hash_64(void) {
    sum += XXH64(text, SIZE, 1);
    return 0;
}

static int hash_3(void) {
    sum += XXH3_64bits(text, SIZE);
    return 0;
}

static int hash_128(void) {
    sum += XXH3_128bits(text, SIZE).low64;
    return 0;
}

static int create(void) {
    made = XXH3_createState();
    return made == NULL;
}

static void make(void) {
    (void)create();
}

static int drop(void) {
    return XXH3_freeState(made) != XXH_OK;
}

static void drop_after(void) {
    (void)drop();
}

static void open_state(void) {
    state = XXH3_createState();
    if (state != NULL) {
        (void)XXH3_64bits_reset(state);
    }
}

static int update(void) {
    return XXH3_64bits_update(state, text, SIZE) != XXH_OK;
}

static int digest(void) {
    sum += XXH3_64bits_digest(state);
    return 0;
}

static void close_state(void) {
    (void)XXH3_freeState(state);
}

static const count_case CASES[] = {
    {"XXH32", NULL, hash_32, NULL},
    {"XXH64", NULL, hash_64, NULL},
    {"XXH3_64bits", NULL, hash_3, NULL},
    {"XXH3_128bits", NULL, hash_128, NULL},
    {"XXH3_64bits_update", open_state, update, close_state},
    {"XXH3_64bits_digest", open_state, digest, close_state},
    {"XXH3_createState", NULL, create, drop_after},
    {"XXH3_freeState", make, drop, NULL},
};

int main(void) {
    count_fill(text, sizeof text);
    return count_all(CASES, sizeof CASES / sizeof CASES[0]);
}
