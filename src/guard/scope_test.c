/* Scopes against a model: what is denied is what the innermost changes left, and every end restores
 * exactly what its beginning found. */
#include "state.h"

#include "harness.h"

#define OPS_CHECKED (CH_OP_ALLOC | CH_OP_FREE | CH_OP_REALLOC | CH_OP_MAP)

TEST(g02_token_is_the_state_before) {
    static const ch_hot_mark mark = {"a", "f.c", "f", 1, CH_OP_HEAP};
    int here;
    const uint64_t before = chi_guard_self.state;
    const uint64_t outer = ch_hot_enter(&mark, &here);
    CHECK_EQUAL(outer, before | CHI_STATE_TOKEN);
    const uint64_t inside = chi_guard_self.state;
    CHECK_EQUAL((uint32_t)inside, (uint32_t)before + 1);
    const uint64_t inner = ch_hot_enter(&mark, &here);
    CHECK_EQUAL(inner, inside | CHI_STATE_TOKEN);
    ch_hot_leave(inner);
    CHECK_EQUAL(chi_guard_self.state, inside);
    ch_hot_leave(outer);
    CHECK_EQUAL(chi_guard_self.state, before);
}

TEST(g02_macros_open_and_close) {
    CHECK_EQUAL(chi_guard_self.state, 0);
    {
        CH_HOT_SCOPE("outer");
        CHECK_EQUAL(chi_guard_denied(), CH_OP_HEAP);
        CHECK_EQUAL((uint32_t)chi_guard_self.state, 1);
        CHECK_TEXT(chi_guard_self.records[0].mark->name, "outer");
        CHECK_TEXT(chi_guard_self.records[0].mark->func, __func__);
        CHECK(chi_guard_self.records[0].frame > (uintptr_t)__builtin_frame_address(0) - 4096);
        CHECK(chi_guard_self.records[0].frame < (uintptr_t)__builtin_frame_address(0) + 4096);
    }
    CHECK_EQUAL(chi_guard_self.state, 0);
}

TEST(g03_bits_are_separate) {
    for (uint32_t ops = 0; ops <= OPS_CHECKED; ops++) {
        const ch_hot_mark hot = {"h", "f.c", "f", 1, ops};
        int here;
        const uint64_t token = ch_hot_enter(&hot, &here);
        CHECK_EQUAL(chi_guard_denied(), ops);
        for (uint32_t permitted = 0; permitted <= OPS_CHECKED; permitted++) {
            const ch_hot_mark permit = {"p", "f.c", "f", 1, permitted | CH_MARK_PERMIT};
            const uint64_t inner = ch_hot_enter(&permit, &here);
            CHECK_EQUAL(chi_guard_denied(), ops & ~permitted);
            ch_hot_leave(inner);
        }
        ch_hot_leave(token);
    }
    CHECK_EQUAL(chi_guard_denied(), 0);
}

/* The model keeps, per open scope, the sets before it. Leaving may skip scopes, as a jump does. */
#define MODEL_DEPTH 200

TEST(g04_random_nesting_matches_model) {
    uint32_t denied[MODEL_DEPTH + 1] = {0};
    uint64_t tokens[MODEL_DEPTH];
    ch_hot_mark marks[MODEL_DEPTH];
    uint32_t depth = 0;
    for (int step = 0; step < 100000; step++) {
        const uint64_t dice = ch_test_random();
        if (depth < MODEL_DEPTH && (dice & 1) != 0) {
            const uint32_t ops = (uint32_t)(dice >> 8) & OPS_CHECKED;
            const bool permits = (dice & 6) == 0;
            marks[depth] =
                (ch_hot_mark){"m", "f.c", "f", depth, ops | (permits ? CH_MARK_PERMIT : 0)};
            tokens[depth] = ch_hot_enter(&marks[depth], &tokens[depth]);
            denied[depth + 1] = permits ? denied[depth] & ~ops : denied[depth] | ops;
            depth++;
        } else if (depth > 0) {
            const bool skips = (dice & 0xf0) == 0;
            depth = skips ? (uint32_t)(ch_test_random_below(depth)) : depth - 1;
            ch_hot_leave(tokens[depth]);
        }
        if (!CHECK_EQUAL(chi_guard_denied(), denied[depth]) ||
            !CHECK_EQUAL((uint32_t)chi_guard_self.state, depth)) {
            break;
        }
        const uint32_t named = depth < CHI_RECORD_MAX ? depth : CHI_RECORD_MAX;
        if (named > 0 && !CHECK_EQUAL(chi_guard_self.records[named - 1].mark->line, named - 1)) {
            break;
        }
    }
    ch_hot_leave(0);
    CHECK_EQUAL(chi_guard_self.state, 0);
}

TEST(g04_names_are_kept_for_64_levels) {
    uint64_t tokens[100];
    ch_hot_mark marks[100];
    for (uint32_t i = 0; i < 100; i++) {
        marks[i] = (ch_hot_mark){"m", "f.c", "f", i, CH_OP_HEAP};
        tokens[i] = ch_hot_enter(&marks[i], &tokens[i]);
    }
    CHECK_EQUAL((uint32_t)chi_guard_self.state, 100);
    CHECK_EQUAL(chi_guard_self.records[63].mark->line, 63);
    ch_hot_leave(tokens[0]);
    CHECK_EQUAL(chi_guard_self.state, 0);
}

TEST(g05_save_and_restore) {
    const uint64_t cold = ch_hot_save();
    CHECK_EQUAL(cold, CHI_STATE_TOKEN);
    CH_HOT_SCOPE("tick");
    const uint64_t hot = ch_hot_save();
    ch_hot_restore(cold);
    CHECK_EQUAL(chi_guard_denied(), 0);
    ch_hot_restore(hot);
    CHECK_EQUAL(chi_guard_denied(), CH_OP_HEAP);
    ch_hot_restore(0);
    CHECK_EQUAL(chi_guard_denied(), CH_OP_HEAP);
}

TEST(g10_count_survives_the_end_of_a_scope) {
    ch_heap_calls count;
    {
        CH_HOT_SCOPE("tick");
        ch_count_begin(&count);
    }
    CHECK_EQUAL(chi_guard_self.state, CHI_STATE_COUNTING);
    ch_count_end(&count);
    CHECK_EQUAL(chi_guard_self.state, 0);
}
