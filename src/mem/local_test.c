/* local_test.c: one thread's memory: set-up, marks, configuration, overflow in its three forms,
 * misuse, figures, self-check, and random steps. Threads and signals: local_thread_test.c. */
#include "local_rig.h"

#include <stdio.h>

#include "harness.h"
#include "mem/checked.h"
#include "mem/local_parts.h"
#include "model.h"

#define KIB ((size_t)1024)
#define MIB (KIB * 1024)

static void start(const ch_local_options *options) {
    CHECK_EQUAL(ch_local_fini(), CH_OK);
    CHECK_EQUAL(ch_local_configure(options), CH_OK);
    CHECK_EQUAL(ch_local_prepare(), CH_OK);
}

static void finish(void) {
    unsigned invariant = 0;
    CHECK_EQUAL(ch_local_check(&invariant), CH_OK);
    CHECK_EQUAL(invariant, 0);
    CHECK_EQUAL(ch_local_fini(), CH_OK);
    CHECK_EQUAL(ch_local_configure(NULL), CH_OK);
    CHECK(ch_local_current == NULL);
}

static size_t mappings(void) {
    FILE *file = fopen("/proc/self/maps", "r");
    size_t lines = 0;
    for (int c; file != NULL && (c = fgetc(file)) != EOF;) {
        lines += c == '\n';
    }
    if (file != NULL) {
        fclose(file);
    }
    return lines;
}

TEST(local_first_use_sets_up_and_later_use_finds_the_same) { /* M46 */
    CHECK_EQUAL(ch_local_fini(), CH_OK);
    ch_arena *arena = ch_local_arena();
    CHECK(arena != NULL && arena == ch_local_arena());
    CHECK_EQUAL(ch_arena_capacity(arena), CH_LOCAL_ARENA_DEFAULT);
    uint8_t *block = ch_arena_alloc(arena, 1000, 64);
    CHECK(block != NULL && (uintptr_t)block % 64 == 0);
    uint8_t *scratch = ch_scratch_alloc(100, 16);
    CHECK(scratch != NULL && (uintptr_t)scratch % 16 == 0);
    CHECK_EQUAL(ch_arena_capacity(&ch_local_current->scratch), CH_LOCAL_SCRATCH_DEFAULT);
    CHECK_EQUAL(ch_local_prepare(), CH_OK);
    CHECK(ch_local_arena() == arena);
    finish();
    CHECK_EQUAL(ch_local_fini(), CH_OK);
    CHECK(ch_scratch_alloc(1, 1) != NULL);
    finish();
}

TEST(local_scratch_scopes_nest_and_marks_before_set_up_mean_empty) { /* M46 */
    CHECK_EQUAL(ch_local_fini(), CH_OK);
    {
        CH_SCRATCH_SCOPE();
        CHECK(ch_local_current == NULL);
        CHECK(ch_scratch_alloc(100, 1) != NULL);
        size_t used = ch_arena_used(&ch_local_current->scratch);
        {
            CH_SCRATCH_SCOPE();
            CHECK(ch_scratch_alloc(200, 1) != NULL);
        }
        CHECK_EQUAL(ch_arena_used(&ch_local_current->scratch), used);
    }
    CHECK_EQUAL(ch_arena_used(&ch_local_current->scratch), 0);
    CHECK(ch_scratch_alloc(100, 1) != NULL);
    CHECK_EQUAL(ch_scratch_reset(), CH_OK);
    CHECK_EQUAL(ch_arena_used(&ch_local_current->scratch), 0);
    finish();
}

TEST(local_calls_without_set_up_answer) { /* M3 M46 */
    ch_local_figures figures;
    const ch_arena gone = {0};
    const ch_arena_point empty = ch_scratch_mark();
    ch_arena_point old = empty;
    CHECK_EQUAL(ch_local_stats(&figures), CH_ESTATE);
    CHECK_EQUAL(ch_local_stats(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_local_totals(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_local_config_info(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_scratch_alloc_try(NULL, 1, 1), CH_EINVAL);
    CHECK_EQUAL(ch_scratch_reset(), CH_OK);
    CHECK_EQUAL(ch_scratch_release(empty), CH_OK);
    CHECK_EQUAL(ch_local_check(NULL), CH_OK);
    old.place = 5;
    old.arena = &gone;
    CHECK_EQUAL(ch_scratch_release(old), CH_ESTATE);
    CHECK(ch_local_current == NULL);
}

TEST(local_misuse_has_its_status_and_changes_nothing) { /* M4 M46 */
    start(NULL);
    const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
    ch_arena *scratch = &ch_local_current->scratch;
    void *out = &out;
    CHECK(ch_scratch_alloc(64, 8) != NULL);
    const ch_arena_point high = ch_scratch_mark();
    CHECK_EQUAL(ch_scratch_reset(), CH_OK);
    const ch_arena_point low = ch_scratch_mark();
    CHECK_EQUAL(ch_scratch_release(high), CH_EORDER); /* from before a reset */
    CHECK(rig_misused(scratch, CH_EORDER));
    CHECK(ch_scratch_alloc(64, 8) != NULL);
    const ch_arena_point above = ch_scratch_mark();
    CHECK_EQUAL(ch_scratch_release(low), CH_OK);
    CHECK_EQUAL(ch_scratch_release(above), CH_EORDER);
    CHECK(rig_misused(scratch, CH_EORDER));
    CHECK_EQUAL(ch_scratch_release(ch_arena_mark(ch_local_arena())), CH_EORDER);
    CHECK(rig_misused(scratch, CH_EORDER));
    CHECK(ch_scratch_alloc(8, 3) == NULL);
    CHECK(rig_misused(scratch, CH_EALIGN));
    CHECK_EQUAL(ch_scratch_alloc_try(&out, 8, 2 * CH_ALIGN_MAX), CH_EALIGN);
    CHECK(rig_misused(scratch, CH_EALIGN));
    CHECK(out == &out);
    CHECK_EQUAL(ch_arena_used(scratch), 0);
    (void)ch_on_misuse(before);
    finish();
}

/* ---- Configuration --------------------------------------------------------------------------- */

TEST(local_configure_checks_every_bound) { /* M5 M47 */
    const struct {
        ch_local_options options;
        ch_status want;
    } cases[] = {
        {{.arena_bytes = 64 * KIB}, CH_OK},
        {{.arena_bytes = 64 * KIB - 1}, CH_ERANGE},
        {{.arena_bytes = 1024 * MIB}, CH_OK},
        {{.arena_bytes = 1024 * MIB + 1}, CH_ERANGE},
        {{.arena_bytes = SIZE_MAX}, CH_ERANGE},
        {{.scratch_bytes = 4 * KIB}, CH_OK},
        {{.scratch_bytes = 4 * KIB - 1}, CH_ERANGE},
        {{.scratch_bytes = 64 * MIB}, CH_OK},
        {{.scratch_bytes = 64 * MIB + 1}, CH_ERANGE},
        {{.overflow = CH_LOCAL_FALLBACK}, CH_OK},
        {{.overflow = (ch_local_overflow)(CH_LOCAL_FALLBACK + 1)}, CH_EINVAL},
        {{.zero = (ch_local_switch)3}, CH_EINVAL},
        {{.prefault = (ch_local_switch)3}, CH_EINVAL},
    };
    ch_local_config now;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_EQUAL(ch_local_configure(NULL), CH_OK);
        CHECK_EQUAL(ch_local_configure(&cases[i].options), cases[i].want);
        CHECK_EQUAL(ch_local_config_info(&now), CH_OK);
        const bool taken = cases[i].want == CH_OK && cases[i].options.arena_bytes != 0;
        CHECK_EQUAL(now.arena_bytes, taken ? cases[i].options.arena_bytes : CH_LOCAL_ARENA_DEFAULT);
        CHECK_EQUAL(now.arena_origin, taken ? CH_LOCAL_FROM_CALL : CH_LOCAL_FROM_DEFAULT);
    }
    CHECK_EQUAL(ch_local_configure(NULL), CH_OK);
}

TEST(local_configure_is_for_threads_set_up_later) { /* M47 */
    start(&(ch_local_options){.scratch_bytes = 8 * KIB});
    CHECK_EQUAL(ch_local_configure(&(ch_local_options){.scratch_bytes = 16 * KIB}), CH_OK);
    CHECK_EQUAL(ch_local_prepare(), CH_OK);
    CHECK_EQUAL(ch_arena_capacity(&ch_local_current->scratch), 8 * KIB);
    CHECK_EQUAL(ch_local_fini(), CH_OK);
    CHECK_EQUAL(ch_local_prepare(), CH_OK);
    CHECK_EQUAL(ch_arena_capacity(&ch_local_current->scratch), 16 * KIB);
    finish();
}

static const char *variables[4];

static const char *look(const char *name) {
    static const char *const names[4] = {"COLDHEAP_ARENA", "COLDHEAP_SCRATCH", "COLDHEAP_OVERFLOW",
                                         "COLDHEAP_ZERO"};
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(name, names[i]) == 0) {
            return variables[i];
        }
    }
    ch_test_check(false, "a known variable", __FILE__, __LINE__);
    return NULL;
}

static void with(const char *arena, const char *scratch, const char *overflow, const char *zero) {
    const char *const values[4] = {arena, scratch, overflow, zero};
    memcpy(variables, values, sizeof variables);
    chi_local_read_environment(look);
}

TEST(local_environment_stands_between_call_and_default) { /* M47 */
    ch_local_config now;
    with("128K", "1m", "fallback", "1");
    CHECK_EQUAL(ch_local_config_info(&now), CH_OK);
    CHECK_EQUAL(now.arena_bytes, 128 * KIB);
    CHECK_EQUAL(now.scratch_bytes, MIB);
    CHECK_EQUAL(now.overflow, CH_LOCAL_FALLBACK);
    CHECK(now.zero && !now.prefault);
    CHECK_EQUAL(now.arena_origin, CH_LOCAL_FROM_ENVIRONMENT);
    CHECK_EQUAL(now.zero_origin, CH_LOCAL_FROM_ENVIRONMENT);
    CHECK_EQUAL(now.ignored_count, 0);
    const ch_local_options said = {
        .arena_bytes = MIB, .overflow = CH_LOCAL_ABORT, .zero = CH_LOCAL_OFF};
    CHECK_EQUAL(ch_local_configure(&said), CH_OK);
    CHECK_EQUAL(ch_local_config_info(&now), CH_OK);
    CHECK_EQUAL(now.arena_bytes, MIB);
    CHECK_EQUAL(now.scratch_bytes, MIB);
    CHECK_EQUAL(now.overflow, CH_LOCAL_ABORT);
    CHECK(!now.zero);
    CHECK_EQUAL(now.arena_origin, CH_LOCAL_FROM_CALL);
    CHECK_EQUAL(now.scratch_origin, CH_LOCAL_FROM_ENVIRONMENT);
    with(NULL, NULL, NULL, NULL);
    CHECK_EQUAL(ch_local_configure(NULL), CH_OK);
    CHECK_EQUAL(ch_local_config_info(&now), CH_OK);
    CHECK_EQUAL(now.overflow, CH_LOCAL_ERROR);
    CHECK_EQUAL(now.overflow_origin, CH_LOCAL_FROM_DEFAULT);
}

TEST(local_bad_values_of_the_environment_are_ignored_and_counted) { /* M47 */
    static const char *const bad[] = {"",     "K",     "-1",  "64Q",
                                      "1.5M", " 1M",   "1M ", "0x1",
                                      "1KB",  "65535", "2G",  "99999999999999999999",
                                      "0",    "1MM",   "4k",  "1048577K"};
    ch_local_config now;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        with(bad[i], NULL, NULL, NULL);
        CHECK_EQUAL(ch_local_config_info(&now), CH_OK);
        CHECK_EQUAL(now.arena_bytes, CH_LOCAL_ARENA_DEFAULT);
        CHECK_EQUAL(now.ignored_count, 1);
        CHECK_TEXT(now.ignored, "COLDHEAP_ARENA");
    }
    with("1", "65M", "Abort", "2");
    CHECK_EQUAL(ch_local_config_info(&now), CH_OK);
    CHECK_EQUAL(now.ignored_count, 4);
    CHECK_EQUAL(now.scratch_bytes, CH_LOCAL_SCRATCH_DEFAULT);
    CHECK_EQUAL(now.overflow, CH_LOCAL_ERROR);
    with(NULL, NULL, "abort", "0");
    CHECK_EQUAL(ch_local_config_info(&now), CH_OK);
    CHECK_EQUAL(now.overflow, CH_LOCAL_ABORT);
    CHECK_EQUAL(now.ignored_count, 0);
    with(NULL, NULL, NULL, NULL);
}

/* ---- Overflow -------------------------------------------------------------------------------- */

TEST(local_overflow_by_error_is_null_and_counted) { /* M48 */
    start(&(ch_local_options){.scratch_bytes = 4 * KIB});
    ch_local_figures figures;
    void *out = &out;
    CHECK(ch_scratch_alloc(4 * KIB + 1, 1) == NULL);
    CHECK_EQUAL(ch_scratch_alloc_try(&out, 5 * KIB, 1), CH_EFULL);
    CHECK_EQUAL(ch_scratch_alloc_try(&out, SIZE_MAX, 4096), CH_EFULL);
    CHECK(ch_arena_alloc(ch_local_arena(), 2 * MIB, 1) == NULL);
    CHECK(out == &out);
    CHECK_EQUAL(ch_local_stats(&figures), CH_OK);
    CHECK_EQUAL(figures.overflows, 4);
    CHECK_EQUAL(figures.fallbacks, 0);
    CHECK_EQUAL(figures.scratch.used_bytes, 0);
    CHECK_EQUAL(figures.scratch.failures_full, 3);
    finish();
}

static void overflow_arena(void *context) {
    const size_t size = *(const size_t *)context;
    CHECK_EQUAL(ch_local_configure(&(ch_local_options){.overflow = CH_LOCAL_ABORT}), CH_OK);
    (void)ch_arena_alloc(ch_local_arena(), 24, 8);
    (void)ch_arena_alloc(ch_local_arena(), size, 8);
}

TEST(local_overflow_by_abort_says_thread_size_used_and_capacity) { /* M48 */
    char text[1024];
    char want[64];
    size_t size = MIB + 8;
    CHECK_EQUAL(ch_local_fini(), CH_OK);
    if (chi_checked()) {
        CHECK(ch_test_child_dies(overflow_arena, &size, text, sizeof text));
        CHECK(strstr(text, "coldheap: arena overflow: thread ") != NULL);
        return;
    }
    CHECK(ch_test_child_dies(overflow_arena, &size, text, sizeof text));
    const char *line = strstr(text, "coldheap: arena overflow: thread ");
    snprintf(want, sizeof want, ", used 24, capacity %zu\n", MIB);
    CHECK(line != NULL && strstr(line, want) != NULL && strstr(line, ", size ") != NULL);
}

TEST(local_fallbacks_hold_their_data_and_give_every_mapping_back) { /* M49 */
    enum { COUNT = 100 };
    start(&(ch_local_options){.scratch_bytes = 4 * KIB, .overflow = CH_LOCAL_FALLBACK});
    const size_t before = mappings();
    for (int round = 0; round < 3; round++) {
        uint8_t *blocks[COUNT];
        ch_local_figures figures;
        const ch_arena_point empty = ch_scratch_mark();
        ch_arena_point half = empty;
        for (size_t i = 0; i < COUNT; i++) {
            half = i == COUNT / 2 ? ch_scratch_mark() : half;
            blocks[i] = ch_scratch_alloc(4 * KIB + 1 + 37 * i, (size_t)1 << i % 13);
            if (!CHECK(blocks[i] != NULL)) {
                return;
            }
            memset(blocks[i], (int)i + 1, 4 * KIB + 1 + 37 * i);
        }
        for (size_t i = 0; i < COUNT; i++) {
            CHECK(rig_is_filled(blocks[i], 4 * KIB + 1 + 37 * i, (uint8_t)(i + 1)));
        }
        CHECK_EQUAL(ch_local_stats(&figures), CH_OK);
        CHECK_EQUAL(figures.fallbacks, (uint64_t)COUNT * (unsigned)(round + 1));
        CHECK_EQUAL(figures.overflows, figures.fallbacks);
        CHECK(figures.fallback_bytes >= COUNT * 4 * KIB);
        CHECK_EQUAL(ch_local_check(NULL), CH_OK);
        CHECK_EQUAL(ch_scratch_release(half), CH_OK);
        CHECK(rig_is_filled(blocks[COUNT / 2 - 1], 4 * KIB, COUNT / 2));
        CHECK_EQUAL(round == 0 ? ch_scratch_reset() : ch_scratch_release(empty), CH_OK);
        CHECK_EQUAL(ch_local_stats(&figures), CH_OK);
        CHECK_EQUAL(figures.fallback_held_bytes, 0);
        CHECK(chi_checked() || mappings() <= before);
    }
    CHECK(ch_scratch_alloc(100 * KIB, 8) != NULL); /* one is left to fini */
    finish();
}

TEST(local_fallback_is_capped_then_an_error) { /* M49 */
    start(&(ch_local_options){
        .scratch_bytes = 4 * KIB, .overflow = CH_LOCAL_FALLBACK, .fallback_limit_bytes = 20 * KIB});
    ch_local_figures figures;
    const ch_arena_point empty = ch_scratch_mark();
    CHECK(ch_scratch_alloc(10 * KIB, 8) != NULL);
    CHECK(ch_scratch_alloc(10 * KIB, 8) == NULL); /* its header does not fit */
    CHECK(ch_arena_alloc(ch_local_arena(), 2 * MIB, 8) == NULL);
    CHECK(ch_scratch_alloc(100, 8) != NULL);
    CHECK_EQUAL(ch_local_stats(&figures), CH_OK);
    CHECK_EQUAL(figures.overflows, 3);
    CHECK_EQUAL(figures.fallbacks, 1);
    CHECK_EQUAL(ch_scratch_release(empty), CH_OK);
    CHECK(ch_scratch_alloc(10 * KIB, 8) != NULL);
    finish();
}

TEST(local_zero_makes_every_block_zero) { /* M47 */
    start(&(ch_local_options){.zero = CH_LOCAL_ON, .overflow = CH_LOCAL_FALLBACK});
    for (int round = 0; round < 3; round++) {
        CH_SCRATCH_SCOPE();
        uint8_t *small = ch_scratch_alloc(3000, 8);
        uint8_t *large = ch_scratch_alloc(70000, 8);
        CHECK(small != NULL && rig_is_filled(small, 3000, 0));
        CHECK(large != NULL && rig_is_filled(large, 70000, 0));
        memset(small, 0xee, 3000);
        memset(large, 0xee, 70000);
    }
    finish();
}

TEST(local_prefault_leaves_the_memory_as_any_other) { /* M46 */
    start(&(ch_local_options){.prefault = CH_LOCAL_ON, .zero = CH_LOCAL_ON});
    ch_local_config now;
    CHECK_EQUAL(ch_local_config_info(&now), CH_OK);
    CHECK(now.prefault);
    const uint8_t *block = ch_arena_alloc(ch_local_arena(), 500 * KIB, 8);
    CHECK(block != NULL && rig_is_filled(block, 500 * KIB, 0));
    finish();
}

/* ---- Figures and self-check ------------------------------------------------------------------ */

TEST(local_json_is_whole_cut_at_every_length_and_null_before_set_up) { /* M9 M51 */
    char whole[2048];
    char text[2048];
    CHECK_EQUAL(ch_local_fini(), CH_OK);
    size_t length = ch_local_stats_json(whole, sizeof whole);
    CHECK(strstr(whole, "{\"object\":\"local\",\"thread\":null,\"totals\":{\"used_bytes\":0,") ==
          whole);
    start(&(ch_local_options){.scratch_bytes = 4 * KIB});
    CHECK(ch_scratch_alloc(9000, 1) == NULL);
    length = ch_local_stats_json(whole, sizeof whole);
    CHECK_EQUAL(length, strlen(whole));
    CHECK(strstr(whole, "\"thread\":{\"overflows\":1,\"fallbacks\":0,\"fallback_bytes\":0,"
                        "\"fallback_held_bytes\":0,\"arena\":{\"used_bytes\":0,"
                        "\"capacity_bytes\":1048576,") != NULL);
    CHECK(strstr(whole, "\"scratch\":{\"used_bytes\":0,\"capacity_bytes\":4096,\"peak_bytes\":0,"
                        "\"allocations\":0,\"total_bytes\":0,\"failures_full\":1,"
                        "\"failures_invalid\":0,\"utilization\":0.000000}},"
                        "\"totals\":{") != NULL);
    for (size_t size = 0; size <= length + 1; size++) {
        memset(text, '#', sizeof text);
        CHECK_EQUAL(ch_local_stats_json(size != 0 ? text : NULL, size), length);
        CHECK(size == 0 || (strlen(text) == size - 1 && memcmp(text, whole, size - 1) == 0));
        CHECK(text[size] == '#');
    }
    finish();
}

TEST(local_check_sees_every_flipped_byte_of_the_state) { /* M7 */
    start(&(ch_local_options){.overflow = CH_LOCAL_FALLBACK, .scratch_bytes = 4 * KIB});
    CHECK(ch_scratch_alloc(5 * KIB, 1) != NULL);
    chi_local *mine = chi_local_self();
    uint8_t *bytes = (uint8_t *)mine;
    for (size_t i = offsetof(chi_local, fixed); i < sizeof *mine; i++) {
        unsigned invariant = 0;
        bytes[i] ^= 1;
        CHECK_EQUAL(ch_local_check(&invariant), CH_ECORRUPT);
        CHECK_EQUAL(invariant, 1);
        bytes[i] ^= 1;
    }
    unsigned invariant = 0;
    mine->fallback_held_bytes++;
    CHECK_EQUAL(ch_local_check(&invariant), CH_ECORRUPT);
    CHECK_EQUAL(invariant, 3);
    mine->fallback_held_bytes--;
    mine->areas.scratch.chunk_count++;
    CHECK_EQUAL(ch_local_check(&invariant), CH_ECORRUPT);
    CHECK_EQUAL(invariant, 26);
    mine->areas.scratch.chunk_count--;
    finish();
}

TEST(local_memory_agrees_with_its_model) { /* M46 M49 M77 */
    static const ch_model_operation operations[] = {{"alloc", 16, local_alloc_step},
                                                    {"mark", 5, local_mark_step},
                                                    {"release", 4, local_release_step},
                                                    {"reset", 1, local_reset_step}};
    static local_rig rig;
    for (unsigned kind = 0; kind < 4; kind++) {
        CHECK(
            local_begin(&rig, (kind & 1u) != 0, (kind & 2u) != 0, 1u << 18, ch_test_random_below));
        CHECK(ch_model_run(&(ch_model){.operations = operations,
                                       .operation_count = 4,
                                       .check = local_agrees,
                                       .context = &rig,
                                       .steps = RIG_SLOW || chi_checked() ? 10000 : 250000}));
        CHECK(local_end());
    }
}
