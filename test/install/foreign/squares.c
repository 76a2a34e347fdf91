/* squares.c: an instance of the map template with the functions that a Rust program wants of it. */
#include <stdint.h>

#define CH_MAP_NAME  number_map
#define CH_MAP_KEY   uint64_t
#define CH_MAP_VALUE uint64_t
#define CH_MAP_CAP   100
#include <coldheap/tmpl/map.h>

static number_map map;

int squares_begin(uint64_t seed);
int squares_enter(uint64_t key, uint64_t value);
const uint64_t *squares_find(uint64_t key);

int squares_begin(uint64_t seed) {
    return number_map_init(&map, seed);
}

int squares_enter(uint64_t key, uint64_t value) {
    return number_map_put(&map, &key, &value);
}

const uint64_t *squares_find(uint64_t key) {
    return number_map_get(&map, &key);
}
