/* pipeline.c: messages run through three stages with a ring between: read into a borrowed buffer,
 * unpacked into a larger one, counted and given back. */
#include <coldheap/bufpool.h>

#include <string.h>

#include "plain.h"
#include "workload.h"

#define CH_RING_NAME queue
#define CH_RING_TYPE ch_buffer
#define CH_RING_CAP  16
#include <coldheap/tmpl/ring.h>

enum { BURST_MAX = 12, MESSAGE_MAX = 400 };

static const ch_bufpool_class CLASSES[] = {{64, 32}, {256, 32}, {1024, 32}};
static const ch_bufpool_options OPTIONS = {
    .classes = CLASSES, .class_count = 3, .keep_contents = true, .name = "messages"};

static ch_bufpool buffers;
static queue arrived;
static queue unpacked;
static uint8_t wire[4096];

static bool receive(uint64_t *state) {
    uint64_t random = workload_random(state);
    size_t length = 8 + (random % 3 == 0 ? random / 3 % (MESSAGE_MAX - 8) : random / 3 % 48);
    ch_buffer buffer = {0};
    if (ch_bufpool_acquire(&buffers, &buffer, length) != CH_OK) {
        return false;
    }
    return ch_buffer_write(&buffer, wire + (random >> 40) % (sizeof wire - MESSAGE_MAX), length) ==
               CH_OK &&
           queue_push(&arrived, &buffer) == CH_OK;
}

/* Every byte becomes two digits. */
static bool unpack(void) {
    ch_buffer packed;
    ch_buffer text = {0};
    if (queue_pop(&arrived, &packed) != CH_OK ||
        ch_bufpool_acquire(&buffers, &text, 2 * packed.length) != CH_OK) {
        return false;
    }
    for (size_t i = 0; i < packed.length; i++) {
        text.data[2 * i] = (uint8_t)("0123456789abcdef"[packed.data[i] >> 4]);
        text.data[2 * i + 1] = (uint8_t)("0123456789abcdef"[packed.data[i] & 15]);
    }
    text.length = 2 * packed.length;
    return ch_bufpool_release(&buffers, &packed) == CH_OK && queue_push(&unpacked, &text) == CH_OK;
}

static bool count(uint64_t *hash) {
    ch_buffer text;
    if (queue_pop(&unpacked, &text) != CH_OK) {
        return false;
    }
    for (size_t i = 0; i < text.length; i += 3) {
        *hash = workload_mix(*hash, text.data[i]);
    }
    return ch_bufpool_release(&buffers, &text) == CH_OK;
}

static size_t footprint(bool twin) {
    return twin ? ch_bufpool_twin_footprint(&OPTIONS) : ch_bufpool_footprint(&OPTIONS);
}

static bool init(void *memory, size_t size_bytes, const ch_allocator *heap) {
    (void)size_bytes;
    uint64_t state = 3;
    for (size_t i = 0; i < sizeof wire; i++) {
        wire[i] = (uint8_t)workload_random(&state);
    }
    ch_status status = heap == NULL
                           ? ch_bufpool_init(&buffers, memory, size_bytes, &OPTIONS)
                           : ch_bufpool_init_twin(&buffers, memory, size_bytes, &OPTIONS, heap);
    return status == CH_OK && queue_init(&arrived) == CH_OK && queue_init(&unpacked) == CH_OK;
}

static uint64_t one_round(uint64_t number) {
    uint64_t state = number;
    uint64_t hash = 1;
    size_t burst = 1 + workload_random(&state) % BURST_MAX;
    bool passed = true;
    for (size_t i = 0; i < burst; i++) {
        passed = receive(&state) && passed;
    }
    for (size_t i = 0; i < burst; i++) {
        passed = unpack() && passed;
    }
    for (size_t i = 0; i < burst; i++) {
        passed = count(&hash) && passed;
    }
    return passed ? hash : 0;
}

static void fini(void) {
    (void)ch_bufpool_fini(&buffers);
}

const workload WORKLOAD(pipeline) = {"pipeline",
                                     "buffers, ring",
                                     "a burst of 1 to 12 messages through three stages",
                                     footprint,
                                     init,
                                     one_round,
                                     fini};
