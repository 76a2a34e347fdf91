/* book.c: an order book: orders come, are cancelled and are filled, each one object of a pool in
 * the list of its price. */
#include <coldheap/pool.h>

#include <string.h>

#include "plain.h"
#include "workload.h"

enum { ORDERS = 4096, PRICES = 256, EVENTS = 64 };

typedef struct order {
    struct order *next;
    struct order *previous;
    uint64_t id;
    uint32_t price;
    uint32_t quantity;
    uint8_t note[32];
} order;

typedef struct level {
    order *first;
    order *last;
} level;

static const ch_pool_options OPTIONS = {
    .object_bytes = sizeof(order), .align = 8, .count = ORDERS, .name = "orders"};

static ch_pool orders;
static level levels[PRICES];
static order *known[ORDERS]; /* by id, NULL: not open */
static uint64_t event_state;

static void unlink_order(order *one) {
    level *at = &levels[one->price];
    *(one->previous != NULL ? &one->previous->next : &at->first) = one->next;
    *(one->next != NULL ? &one->next->previous : &at->last) = one->previous;
    known[one->id] = NULL;
}

static uint64_t add(uint64_t id, uint64_t random) {
    order *one = ch_pool_acquire(&orders);
    if (one == NULL) {
        return 0;
    }
    memset(one, 0, sizeof *one);
    one->id = id;
    one->price = (uint32_t)(random >> 8) % PRICES;
    one->quantity = 1 + (uint32_t)(random >> 40) % 100;
    level *at = &levels[one->price];
    one->previous = at->last;
    *(at->last != NULL ? &at->last->next : &at->first) = one;
    at->last = one;
    known[id] = one;
    return one->quantity;
}

static uint64_t cancel(order *one) {
    uint64_t left = one->quantity;
    unlink_order(one);
    return ch_pool_release(&orders, one) == CH_OK ? left : 0;
}

/* Takes up to `wanted` of a price's oldest orders. */
static uint64_t fill(uint32_t price, uint32_t wanted) {
    uint64_t filled = 0;
    while (wanted > 0 && levels[price].first != NULL) {
        order *one = levels[price].first;
        uint32_t taken = one->quantity < wanted ? one->quantity : wanted;
        one->quantity -= taken;
        wanted -= taken;
        filled = workload_mix(filled, one->id + taken);
        if (one->quantity == 0) {
            (void)cancel(one);
        }
    }
    return filled;
}

static size_t footprint(bool twin) {
    return twin ? ch_pool_twin_footprint(&OPTIONS) : ch_pool_footprint(&OPTIONS);
}

static bool init(void *memory, size_t size_bytes, const ch_allocator *heap) {
    (void)size_bytes;
    memset(levels, 0, sizeof levels);
    memset(known, 0, sizeof known);
    event_state = 1;
    return (heap == NULL ? ch_pool_init(&orders, memory, size_bytes, &OPTIONS)
                         : ch_pool_init_twin(&orders, memory, size_bytes, &OPTIONS, heap)) == CH_OK;
}

static uint64_t one_round(uint64_t number) {
    uint64_t hash = number;
    for (unsigned i = 0; i < EVENTS; i++) {
        uint64_t random = workload_random(&event_state);
        uint64_t id = (random >> 20) % ORDERS;
        if (known[id] == NULL) {
            hash = workload_mix(hash, add(id, random));
        } else if (random % 4 != 0) {
            hash = workload_mix(hash, cancel(known[id]));
        } else {
            hash = workload_mix(hash, fill((uint32_t)(random >> 32) % PRICES, 150));
        }
    }
    return hash;
}

static void fini(void) {
    for (size_t id = 0; id < ORDERS; id++) {
        if (known[id] != NULL) {
            (void)cancel(known[id]);
        }
    }
    (void)ch_pool_fini(&orders);
}

const workload WORKLOAD(book) = {
    "book", "pool", "64 orders added, cancelled or filled", footprint, init, one_round, fini};
