/* evmc12_slots_test.c: the pool of slots: geometry, exhaustion, reuse, and many threads at once. */
#include "evmc12_slots.h"

#include "harness.h"

#include <pthread.h>
#include <string.h>

static ch_region region;
static chevmi_slots slots;

static bool start(uint32_t count, size_t bytes) {
    const size_t footprint = chevmi_slots_footprint(count, bytes);
    const ch_region_options wish = {.size_bytes = footprint + 4096};
    return CHECK(footprint != 0) && CHECK(ch_region_reserve(&region, &wish) == CH_OK) &&
           CHECK(chevmi_slots_init(&slots, &region, 4096, count, bytes) == CH_OK);
}

static void finish(void) {
    CHECK_EQUAL(chevmi_slots_held(&slots), 0);
    CHECK(ch_region_fini(&region) == CH_OK);
}

TEST(footprint_refuses_what_cannot_be) {
    CHECK_EQUAL(chevmi_slots_footprint(0, 4096), 0);
    CHECK_EQUAL(chevmi_slots_footprint(1, 0), 0);
    CHECK_EQUAL(chevmi_slots_footprint(CHEVMI_SLOT_COUNT_MAX + 1, 4096), 0);
    CHECK_EQUAL(chevmi_slots_footprint(1, SIZE_MAX), 0);
    CHECK(chevmi_slots_footprint(1, 1) != 0);
    CHECK(start(4, 5000));
    CHECK(chevmi_slots_init(&slots, &region, 4096, 5, 5000) == CH_ERANGE);
    CHECK(chevmi_slots_init(&slots, &region, 100, 4, 5000) == CH_EINVAL);
    CHECK(chevmi_slots_init(&slots, &region, 4096, 0, 5000) == CH_EINVAL);
    finish();
}

TEST(slots_are_aligned_disjoint_zero_and_found_by_address) {
    CHECK(start(5, 20000));
    uint8_t *taken[5];
    for (unsigned i = 0; i < 5; i++) {
        taken[i] = chevmi_slots_acquire(&slots);
        if (!CHECK(taken[i] != NULL)) {
            return;
        }
        CHECK_EQUAL((uintptr_t)taken[i] & (((uintptr_t)1 << slots.stride_log2) - 1), 0);
        CHECK(chevmi_slot_of(taken[i] + 19999, slots.stride_log2) == taken[i]);
        for (unsigned k = 0; k < 20000; k++) {
            CHECK(taken[i][k] == 0);
        }
        memset(taken[i], (int)i + 1, 20000);
    }
    CHECK(chevmi_slots_acquire(&slots) == NULL);
    CHECK_EQUAL(chevmi_slots_held(&slots), 5);
    for (unsigned i = 0; i < 5; i++) {
        CHECK(taken[i][0] == i + 1 && taken[i][19999] == i + 1);
    }
    chevmi_slots_release(&slots, taken[3]);
    CHECK(chevmi_slots_acquire(&slots) == taken[3]); /* the last one released */
    CHECK_EQUAL(taken[3][7], 4);
    for (unsigned i = 0; i < 5; i++) {
        chevmi_slots_release(&slots, taken[i]);
    }
    finish();
}

TEST(larger_slots_get_larger_strides) {
    static const struct {
        size_t bytes;
        uint32_t log2;
    } cases[] = {
        {1, 23}, {(size_t)1 << 23, 23}, {((size_t)1 << 23) + 1, 25}, {(size_t)1 << 31, 31}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(start(2, cases[i].bytes));
        CHECK_EQUAL(slots.stride_log2, cases[i].log2);
        finish();
    }
}

TEST(a_slot_the_system_refuses_pages_for_is_not_lost) {
    CHECK(start(2, 8192));
    const uint32_t magic = region.magic;
    region.magic = 0; /* commit answers CH_ESTATE */
    CHECK(chevmi_slots_acquire(&slots) == NULL);
    CHECK_EQUAL(chevmi_slots_held(&slots), 0);
    region.magic = magic;
    uint8_t *first = chevmi_slots_acquire(&slots);
    uint8_t *second = chevmi_slots_acquire(&slots);
    CHECK(first != NULL && second != NULL && first != second);
    CHECK(chevmi_slots_acquire(&slots) == NULL);
    chevmi_slots_release(&slots, first);
    chevmi_slots_release(&slots, second);
    finish();
}

#define THREADS 4u
#define ROUNDS  50000u

/* Each thread holds two slots at a time and marks them: nobody else may hold them. */
static void *take_and_give(void *context) {
    const uintptr_t me = (uintptr_t)context;
    uintptr_t wrong = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uintptr_t *a = chevmi_slots_acquire(&slots);
        uintptr_t *b = chevmi_slots_acquire(&slots);
        if (a != NULL) {
            *a = me;
        }
        if (b != NULL) {
            *b = me + 100;
        }
        wrong += (a != NULL && *a != me) || (b != NULL && *b != me + 100) || (a != NULL && a == b);
        if (a != NULL) {
            chevmi_slots_release(&slots, a);
        }
        if (b != NULL) {
            chevmi_slots_release(&slots, b);
        }
    }
    return (void *)wrong;
}

TEST(threads_never_share_a_slot) {
    CHECK(start(6, 4096)); /* fewer than THREADS * 2: exhaustion happens too */
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, take_and_give, (void *)(i + 1)) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        CHECK(pthread_join(threads[i], &wrong) == 0 && wrong == NULL);
    }
    uint8_t *taken[6];
    for (unsigned i = 0; i < 6; i++) {
        taken[i] = chevmi_slots_acquire(&slots);
        CHECK(taken[i] != NULL);
    }
    CHECK(chevmi_slots_acquire(&slots) == NULL);
    for (unsigned i = 0; i < 6; i++) {
        chevmi_slots_release(&slots, taken[i]);
    }
    finish();
}
