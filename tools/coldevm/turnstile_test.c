/* turnstile_test.c: whatever the lanes do, numbers come out in order and whole; a lane that is far
 * ahead waits; stopping ends the taking. */
#include "turnstile.h"

#include "codes.h"
#include "harness.h"

#include <string.h>

#define LANES 5u

static turnstile gate;
static uint64_t expected_number;
static uint64_t expected_part;
static uint64_t delivered;
static bool in_order;

typedef struct word {
    uint64_t number, part, parts;
    unsigned char bytes[20000];
} word;

static uint64_t parts_of(uint64_t number) {
    return number % 97 == 0 ? 300 : number % 4;
}

static void take_word(void *context, uint32_t kind, const void *bytes, size_t size, bool live) {
    word got;
    (void)context;
    (void)live;
    memset(&got, 0, sizeof got);
    memcpy(&got, bytes, size < sizeof got ? size : sizeof got);
    while (parts_of(expected_number) == expected_part) {
        expected_number++;
        expected_part = 0;
    }
    in_order = in_order && kind == 7 && got.number == expected_number &&
               got.part == expected_part && got.bytes[size - 1 - 24] == (got.number & 0xff);
    expected_part++;
    delivered++;
}

static void *work(void *argument) {
    turnstile_lane *lane = argument;
    uint64_t number;
    static _Thread_local word said;
    while (turnstile_take(lane, &number)) {
        for (uint64_t part = 0; part < parts_of(number); part++) {
            size_t size = 1 + (size_t)(number * 7919 + part * 104729) % sizeof said.bytes;
            said.number = number;
            said.part = part;
            said.bytes[size - 1] = (unsigned char)number;
            turnstile_put(lane, 7, &said, 24 + size);
        }
        turnstile_done(lane);
    }
    return NULL;
}

static void run_lanes(unsigned count, uint64_t numbers) {
    static turnstile_lane lanes[LANES];
    pthread_t threads[LANES];
    expected_number = expected_part = delivered = 0;
    in_order = true;
    turnstile_open(&gate, numbers, take_word, NULL);
    for (unsigned i = 0; i < count; i++) {
        CHECK_EQUAL(turnstile_join(&lanes[i], &gate), EXIT_DONE);
        CHECK_EQUAL(pthread_create(&threads[i], NULL, work, &lanes[i]), 0);
    }
    for (unsigned i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < count; i++) { /* what one has kept, another may have to deliver */
        turnstile_leave(&lanes[i]);
    }
}

TEST(order_is_that_of_the_numbers_for_any_count_of_lanes) {
    uint64_t total = 0;
    for (uint64_t number = 0; number < 6000; number++) {
        total += parts_of(number);
    }
    for (unsigned lanes = 1; lanes <= LANES; lanes++) {
        run_lanes(lanes, 6000);
        CHECK(in_order);
        CHECK_EQUAL(delivered, total);
    }
}

static void ignore_all(void *context, uint32_t kind, const void *bytes, size_t size, bool live) {
    (void)context, (void)kind, (void)bytes, (void)size;
    delivered += live ? 1 : 1000;
}

TEST(only_the_lowest_number_is_delivered_live) {
    static turnstile_lane first, second;
    uint64_t number = 0;
    delivered = 0;
    turnstile_open(&gate, 3, ignore_all, NULL);
    CHECK_EQUAL(turnstile_join(&first, &gate), EXIT_DONE);
    CHECK_EQUAL(turnstile_join(&second, &gate), EXIT_DONE);
    CHECK(turnstile_take(&first, &number) && number == 0);
    CHECK(turnstile_take(&second, &number) && number == 1);
    turnstile_put(&second, 1, "b", 1);
    CHECK_EQUAL(delivered, 0);
    turnstile_put(&first, 1, "a", 1);
    CHECK_EQUAL(delivered, 1);
    turnstile_done(&second);
    CHECK_EQUAL(delivered, 1);
    turnstile_done(&first);
    CHECK_EQUAL(delivered, 1001);
    turnstile_stop(&gate);
    CHECK(!turnstile_take(&first, &number));
    CHECK(turnstile_is_stopped(&gate));
    turnstile_leave(&first);
    turnstile_leave(&second);
}
