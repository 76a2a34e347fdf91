/* The slow path of a call: what is counted, what is denied, what is no event at all. */
#include "state.h"

#include "harness.h"

static chi_guard_call call_of(uint32_t op, size_t size_bytes) {
    return (chi_guard_call){.op = op,
                            .name = CHI_CALL_MALLOC,
                            .size_bytes = size_bytes,
                            .caller = __builtin_return_address(0)};
}

TEST(g10_calls_are_counted_by_kind) {
    ch_heap_calls count;
    const chi_guard_call alloc = call_of(CH_OP_ALLOC, 10);
    const chi_guard_call release = call_of(CH_OP_FREE, 0);
    const chi_guard_call resize = call_of(CH_OP_REALLOC, 100);
    ch_count_begin(&count);
    CHECK(chi_guard_event(&alloc) && chi_guard_event(&alloc) && chi_guard_event(&alloc));
    CHECK(chi_guard_event(&release) && chi_guard_event(&release));
    CHECK(chi_guard_event(&resize));
    ch_count_end(&count);
    CHECK_EQUAL(count.allocs, 3);
    CHECK_EQUAL(count.frees, 2);
    CHECK_EQUAL(count.reallocs, 1);
    CHECK_EQUAL(count.bytes, 130);
}

TEST(g16_calls_of_the_run_time_are_no_events) {
    ch_heap_calls count;
    const chi_guard_call alloc = call_of(CH_OP_ALLOC, 10);
    ch_count_begin(&count);
    {
        CH_HOT_SCOPE("tick");
        CHI_HOOK_SCOPE;
        CHECK(chi_guard_event(&alloc));
    }
    ch_count_end(&count);
    CHECK_EQUAL(count.allocs, 0);
    CHECK_EQUAL(ch_guard_violations(), 0);
}

TEST(g18_calls_of_the_self_test_are_only_noted) {
    ch_heap_calls count;
    const chi_guard_call alloc = call_of(CH_OP_ALLOC, 10);
    ch_count_begin(&count);
    chi_guard_self.probing = 1;
    chi_guard_self.probe_hits = 0;
    CHECK(chi_guard_event(&alloc));
    CHECK_EQUAL(chi_guard_self.probe_hits, 0); /* not denied: not seen */
    {
        CH_HOT_SCOPE("tick");
        CHECK(chi_guard_event(&alloc));
    }
    CHECK_EQUAL(chi_guard_self.probe_hits, 1);
    chi_guard_self.probing = 0;
    ch_count_end(&count);
    CHECK_EQUAL(count.allocs, 0);
    CHECK_EQUAL(ch_guard_violations(), 0);
}

TEST(g24_seal_is_denied_less_what_is_permitted) {
    CHECK(ch_seal_ops("some", CH_OP_ALLOC | CH_OP_FREE));
    CHECK_EQUAL(chi_guard_denied(), CH_OP_ALLOC | CH_OP_FREE);
    {
        CH_PERMIT_SCOPE_OPS("frees", CH_OP_FREE);
        CHECK_EQUAL(chi_guard_denied(), CH_OP_ALLOC);
        CH_HOT_SCOPE_OPS("no reallocs", CH_OP_REALLOC);
        CHECK_EQUAL(chi_guard_denied(), CH_OP_ALLOC | CH_OP_REALLOC);
    }
    CHECK(ch_unseal());
    CHECK_EQUAL(chi_guard_denied(), 0);
}
