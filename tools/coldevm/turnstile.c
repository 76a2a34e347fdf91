/* turnstile.c: order among threads; see turnstile.h. */
#include "turnstile.h"

#include "codes.h"

#include <string.h>

/* What stands before each piece in a lane's buffer. */
typedef struct piece {
    uint32_t kind;
    uint32_t size; /* of the bytes behind it; the next piece follows at a multiple of 8 */
} piece;

static size_t piece_bytes(size_t size) {
    return sizeof(piece) + (size + 7) / 8 * 8;
}

void turnstile_open(turnstile *gate, uint64_t count, turnstile_deliver deliver, void *context) {
    memset(gate, 0, sizeof *gate);
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->turned, NULL);
    gate->count = count;
    gate->deliver = deliver;
    gate->context = context;
}

int turnstile_join(turnstile_lane *lane, turnstile *gate) {
    memset(lane, 0, sizeof *lane);
    lane->gate = gate;
    return pad_open(&lane->buffer, TURNSTILE_LANE_BYTES, "output");
}

void turnstile_leave(turnstile_lane *lane) {
    pad_close(&lane->buffer);
}

static void deliver_pieces(turnstile *gate, const char *bytes, size_t start, size_t end) {
    while (start < end) {
        piece head;
        memcpy(&head, bytes + start, sizeof head);
        gate->deliver(gate->context, head.kind, bytes + start + sizeof head, head.size, false);
        start += piece_bytes(head.size);
    }
}

bool turnstile_take(turnstile_lane *lane, uint64_t *number) {
    turnstile *gate = lane->gate;
    pthread_mutex_lock(&gate->lock);
    while (gate->next < gate->count && gate->next - gate->turn >= TURNSTILE_WINDOW) {
        pthread_cond_wait(&gate->turned, &gate->lock);
    }
    bool taken = gate->next < gate->count && !gate->stopped;
    if (taken) {
        *number = lane->number = gate->next++;
        lane->used = lane->pending == 0 ? 0 : lane->used;
        lane->start = lane->used;
        lane->live = gate->turn == lane->number;
    }
    pthread_mutex_unlock(&gate->lock);
    return taken;
}

/* Delivers what the lane has collected for its number, whose turn it is. */
static void become_live(turnstile_lane *lane) {
    deliver_pieces(lane->gate, lane->buffer.bytes, lane->start, lane->used);
    lane->used = lane->start;
    lane->live = true;
}

static void wait_for_turn(turnstile_lane *lane) {
    turnstile *gate = lane->gate;
    pthread_mutex_lock(&gate->lock);
    while (gate->turn != lane->number) {
        pthread_cond_wait(&gate->turned, &gate->lock);
    }
    pthread_mutex_unlock(&gate->lock);
}

void turnstile_put(turnstile_lane *lane, uint32_t kind, const void *bytes, size_t size) {
    turnstile *gate = lane->gate;
    CH_REQUIRE(size < TURNSTILE_LANE_BYTES - sizeof(piece));
    if (!lane->live && atomic_load(&gate->turn) == lane->number) {
        become_live(lane);
    }
    if (!lane->live && !pad_need(&lane->buffer, lane->used + piece_bytes(size))) {
        wait_for_turn(lane);
        become_live(lane);
    }
    if (lane->live) {
        gate->deliver(gate->context, kind, bytes, size, true);
        return;
    }
    piece head = {kind, (uint32_t)size};
    memcpy(lane->buffer.bytes + lane->used, &head, sizeof head);
    memcpy(lane->buffer.bytes + lane->used + sizeof head, bytes, size);
    lane->used += piece_bytes(size);
}

/* Hands the turn on, past all numbers that are done already. Under the lock. */
static void advance(turnstile *gate) {
    uint64_t turn = gate->turn + 1;
    turnstile_slot *slot = &gate->slots[turn % TURNSTILE_WINDOW];
    while (slot->lane != NULL) {
        deliver_pieces(gate, slot->lane->buffer.bytes, slot->start, slot->end);
        slot->lane->pending--;
        slot->lane = NULL;
        slot = &gate->slots[++turn % TURNSTILE_WINDOW];
    }
    atomic_store(&gate->turn, turn);
    pthread_cond_broadcast(&gate->turned);
}

void turnstile_done(turnstile_lane *lane) {
    turnstile *gate = lane->gate;
    if (!lane->live && atomic_load(&gate->turn) == lane->number) {
        become_live(lane);
    }
    pthread_mutex_lock(&gate->lock);
    if (!lane->live && gate->turn == lane->number) {
        become_live(lane);
    }
    if (lane->live) {
        advance(gate);
    } else {
        turnstile_slot *slot = &gate->slots[lane->number % TURNSTILE_WINDOW];
        *slot = (turnstile_slot){lane, lane->start, lane->used};
        lane->pending++;
    }
    lane->live = false;
    pthread_mutex_unlock(&gate->lock);
}

void turnstile_stop(turnstile *gate) {
    atomic_store(&gate->stopped, true);
}

bool turnstile_is_stopped(turnstile *gate) {
    return atomic_load(&gate->stopped);
}
