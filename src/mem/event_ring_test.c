/* event_ring_test.c: the owner of a side: the first thread that comes, in verify builds. */
#define _GNU_SOURCE
#include <coldheap/event_ring.h>

#include "mem/checked.h"
#include "mem/mem_rig.h"

#include <pthread.h>

#include "harness.h"

static ch_ring_side side;
static ch_status answer;

static void *enter(void *context) {
    answer = ch_ring_side_enter(&side, context, "call");
    return NULL;
}

static ch_status enter_elsewhere(void *ring) {
    pthread_t thread;
    CHECK_EQUAL(pthread_create(&thread, NULL, enter, ring), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    return answer;
}

TEST(event_ring_side_belongs_to_the_first_thread_in_verify_builds) { /* M6 M66 */
    int ring = 0;
    bool watched = chi_thread_token() != NULL;
    const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
    rig_seen = (rig_recorder){0};
    side.thread = NULL;
    CHECK_EQUAL(ch_ring_side_enter(&side, &ring, "call"), CH_OK);
    CHECK_EQUAL(ch_ring_side_enter(&side, &ring, "call"), CH_OK);
    CHECK(side.thread == chi_thread_token());
    CHECK_EQUAL(enter_elsewhere(&ring), watched ? CH_ETHREAD : CH_OK);
    CHECK_EQUAL(rig_misused(&ring, CH_ETHREAD), watched);
    side.thread = NULL; /* reset */
    CHECK_EQUAL(enter_elsewhere(&ring), CH_OK);
    CHECK_EQUAL(ch_ring_side_enter(&side, &ring, "call"), watched ? CH_ETHREAD : CH_OK);
    (void)ch_on_misuse(before);
}
