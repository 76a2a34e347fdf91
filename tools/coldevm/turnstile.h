/* turnstile.h: several threads work, one order comes out. Work is numbered; each lane (thread)
 * takes the next number, puts what it has to say, and is done with it. What the holder of the turn
 * (the lowest number not yet done) puts is delivered at once; others collect in a buffer of fixed
 * size and wait, when it is full, until it is their turn.
 *
 *    numbers   0 done | 1 done | 2 turn: delivered as it comes | 3 done, kept | 4 collecting ...
 *
 * So the order of delivery never depends on the number of lanes, and memory not on the work.
 * Deliveries never overlap. Nothing here calls the heap. */
#ifndef COLDEVM_TURNSTILE_H
#define COLDEVM_TURNSTILE_H

#include "pad.h"

#include <pthread.h>
#include <stdatomic.h>

#define TURNSTILE_WINDOW     4096u /* how far the fastest lane may be ahead, in numbers */
#define TURNSTILE_LANE_BYTES ((size_t)32 << 20)

/* Gets what was put, one call each. `live`: it comes straight from the lane that has the turn. */
typedef void (*turnstile_deliver)(void *context, uint32_t kind, const void *bytes, size_t size,
                                  bool live);

struct turnstile_lane;

typedef struct turnstile_slot {
    struct turnstile_lane *lane; /* NULL: not done */
    size_t start;
    size_t end;
} turnstile_slot;

typedef struct turnstile {
    pthread_mutex_t lock;
    pthread_cond_t turned;
    _Atomic uint64_t turn;
    _Atomic bool stopped;
    uint64_t next;
    uint64_t count;
    turnstile_deliver deliver;
    void *context;
    turnstile_slot slots[TURNSTILE_WINDOW];
} turnstile;

typedef struct turnstile_lane {
    turnstile *gate;
    pad buffer;
    size_t used;
    size_t start;     /* of the current number's share of the buffer */
    uint64_t number;  /* current */
    uint32_t pending; /* numbers that are done and still in the buffer */
    bool live;
} turnstile_lane;

/* turnstile_open prepares numbers 0 to count - 1; turnstile_join a lane, an exit code.
 * turnstile_leave gives its buffer back. Requires: no lane is at work any more, since one may have
 * to deliver what another has kept. */
void turnstile_open(turnstile *gate, uint64_t count, turnstile_deliver deliver, void *context);
int turnstile_join(turnstile_lane *lane, turnstile *gate);
void turnstile_leave(turnstile_lane *lane);

/* turnstile_take gives the lane its next number; false if there is none or the gate was stopped. */
bool turnstile_take(turnstile_lane *lane, uint64_t *number);

/* turnstile_put says something about the current number. Requires: fewer bytes than the buffer. */
void turnstile_put(turnstile_lane *lane, uint32_t kind, const void *bytes, size_t size);

/* turnstile_done ends the current number. */
void turnstile_done(turnstile_lane *lane);

/* turnstile_stop lets no further number be taken; turnstile_is_stopped tells. */
void turnstile_stop(turnstile *gate);
bool turnstile_is_stopped(turnstile *gate);

#endif
