/* The self-test sees what it must, in any state, and leaves no trace. That it fails when calls do
 * not arrive is shown in guard/arming. */
#include "state.h"

#include <pthread.h>

#include "harness.h"

static void probe_and_check(void) {
    ch_heap_calls count;
    const char *missed = "?";
    ch_count_begin(&count);
    const uint64_t state = chi_guard_self.state;
    CHECK(chi_guard_probe(&missed));
    CHECK(missed == NULL);
    CHECK_EQUAL(chi_guard_self.state, state);
    CHECK_EQUAL(chi_guard_self.probing, 0);
    ch_count_end(&count);
    CHECK_EQUAL(count.allocs + count.frees + count.reallocs + count.bytes, 0);
    CHECK_EQUAL(ch_guard_violations(), 0);
    CHECK(ch_guard_selftest());
    CHECK(ch_guard_armed());
    CHECK_EQUAL(ch_guard_ops() & CH_OP_HEAP, CH_OP_HEAP);
}

TEST(g18_self_test_passes_when_cold) {
    probe_and_check();
}

TEST(g18_self_test_passes_when_hot) {
    CH_HOT_SCOPE("tick");
    probe_and_check();
}

TEST(g18_self_test_passes_when_permitted) {
    CH_PERMIT_SCOPE("anything");
    probe_and_check();
}

TEST(g18_self_test_passes_when_sealed) {
    CHECK(ch_seal("ready"));
    probe_and_check();
    CHECK(ch_unseal());
}

static void *probe_in_thread(void *armed) {
    *(bool *)armed = ch_guard_selftest();
    return NULL;
}

TEST(g18_self_test_passes_in_a_thread) {
    pthread_t thread;
    bool armed = false;
    CHECK_EQUAL(pthread_create(&thread, NULL, probe_in_thread, &armed), 0);
    pthread_join(thread, NULL);
    CHECK(armed);
}
