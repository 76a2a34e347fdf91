/* arena_kinds_test.c: set-up of every kind of arena, growth and shrinking by pages. */
#include "arena_rig.h"

#include <pthread.h>

#include "harness.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static arena_rig rig;

static ch_arena *start(arena_kind kind, ch_arena_options options) {
    rig = (arena_rig){0};
    CHECK_EQUAL(rig_start(&rig, kind, &options), CH_OK);
    ch_on_misuse(&rig_hook);
    return &rig.arena;
}

static void finish(void) {
    unsigned broken = 0;
    CHECK_EQUAL(ch_arena_check(&rig.arena, &broken), CH_OK);
    CHECK_EQUAL(broken, 0);
    CHECK(rig_stop(&rig));
    CHECK_EQUAL(rig_seen.count, 0);
    ch_on_misuse(NULL);
}

/* ---- Set-up ---------------------------------------------------------------------------------- */

TEST(init_uses_its_memory_to_the_byte_and_no_more) { /* M2 M17 */
    static const size_t sizes[] = {1, 2, 15, 16, 17, 63, 64, 255, 4096, 4097};
    static CH_ALIGNED(16) uint8_t bytes[4097 + 32];
    for (size_t i = 0; i < COUNT(sizes); i++) {
        const ch_arena_options options = {.limit_bytes = sizes[i], .no_redzone = true};
        ch_arena arena;
        memset(bytes, 0x5a, sizeof bytes);
        memset(&arena, 0x5a, sizeof arena);
        CHECK_EQUAL(ch_arena_footprint(&options), sizes[i]);
        CHECK_EQUAL(ch_arena_init(&arena, bytes + 16, sizes[i] - 1, &options), CH_EFULL);
        CHECK(rig_is_filled((const uint8_t *)&arena, sizeof arena, 0x5a));
        CHECK_EQUAL(ch_arena_init(&arena, bytes + 16, sizes[i], &options), CH_OK);
        uint8_t *block = ch_arena_alloc(&arena, sizes[i], 1);
        if (CHECK(block == bytes + 16)) {
            memset(block, 0xff, sizes[i]);
        }
        CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
        CHECK(rig_is_filled(bytes, 16, 0x5a));
        CHECK(rig_is_filled(bytes + 16, sizes[i], 0xff));
        CHECK(rig_is_filled(bytes + 16 + sizes[i], sizeof bytes - 16 - sizes[i], 0x5a));
    }
    CHECK_EQUAL(ch_arena_align(), 1);
}

TEST(init_takes_each_option_at_its_ends_and_nothing_beyond) { /* M2 M17 */
    static uint8_t bytes[64];
    ch_arena arena;
    struct {
        ch_arena_options options;
        ch_status status;
    } rows[] = {
        {{.zeroing = CH_ZERO_NONE}, CH_OK},
        {{.zeroing = CH_ZERO_ON_ALLOC}, CH_OK},
        {{.zeroing = (ch_zeroing)3}, CH_EINVAL},
        {{.zeroing = (ch_zeroing)-1}, CH_EINVAL},
        {{.growth_percent = 99}, CH_EINVAL},
        {{.growth_percent = 100}, CH_OK},
        {{.growth_percent = 1000}, CH_OK},
        {{.growth_percent = 1001}, CH_EINVAL},
        {{.limit_bytes = 1}, CH_OK},
        {{.limit_bytes = 64}, CH_OK},
        {{.limit_bytes = 65}, CH_EFULL},
        {{.limit_bytes = SIZE_MAX}, CH_EFULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        ch_region region;
        memset(&arena, 0x5a, sizeof arena);
        CHECK_EQUAL(ch_arena_init(&arena, bytes, 64, &rows[i].options), rows[i].status);
        CHECK(rows[i].status == CH_OK ||
              rig_is_filled((const uint8_t *)&arena, sizeof arena, 0x5a));
        CHECK(rows[i].status != CH_OK || ch_arena_fini(&arena) == CH_OK);
        CHECK_EQUAL(ch_region_from(&region, bytes, 64), CH_OK);
        CHECK_EQUAL(ch_arena_init_region(&arena, &region, &rows[i].options), rows[i].status);
        CHECK(rows[i].status != CH_OK || ch_arena_fini(&arena) == CH_OK);
        if (rows[i].status == CH_EINVAL) {
            CHECK_EQUAL(ch_arena_footprint(&rows[i].options), 0);
        }
    }
    memset(&arena, 0x5a, sizeof arena);
    CHECK_EQUAL(ch_arena_init(NULL, bytes, 64, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init(&arena, NULL, 64, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init(&arena, bytes, SIZE_MAX, NULL), CH_ERANGE);
    CHECK_EQUAL(ch_arena_init_region(&arena, NULL, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_region(&arena, &(ch_region){0}, NULL), CH_ESTATE);
    CHECK_EQUAL(ch_arena_footprint(NULL), 0);
    CHECK(rig_is_filled((const uint8_t *)&arena, sizeof arena, 0x5a));
}

TEST(init_from_a_source_checks_source_and_sizes) { /* M2 M20 */
    rig_source source = {0};
    const ch_allocator whole = rig_source_allocator(&source);
    const ch_allocator no_alloc = {.free = rig_free};
    const ch_allocator no_free = {.alloc = rig_alloc};
    const ch_arena_options tiny = {.first_bytes = 16};
    const ch_arena_options crossed = {.first_bytes = 4096, .chunk_max_bytes = 4095};
    const ch_arena_options unknown = {.zeroing = (ch_zeroing)3};
    ch_arena arena;
    memset(&arena, 0x5a, sizeof arena);
    CHECK_EQUAL(ch_arena_init_chunked(NULL, &whole, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_chunked(&arena, NULL, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_chunked(&arena, &no_alloc, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_chunked(&arena, &no_free, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_chunked(&arena, &whole, &tiny), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_chunked(&arena, &whole, &crossed), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_chunked(&arena, &whole, &unknown), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_twin(NULL, &whole, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_twin(&arena, NULL, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_twin(&arena, &no_alloc, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_twin(&arena, &no_free, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_init_twin(&arena, &whole, &unknown), CH_EINVAL);
    CHECK_EQUAL(source.calls, 0);
    source.refusing = true;
    CHECK_EQUAL(ch_arena_init_chunked(&arena, &whole, NULL), CH_EFULL);
    CHECK(rig_is_filled((const uint8_t *)&arena, sizeof arena, 0x5a));
}

TEST(arena_that_is_not_live_answers_estate) { /* M2 M3 */
    ch_arena arena = {0};
    ch_arena_figures figures;
    void *out = NULL;
    ch_on_misuse(&rig_hook);
    for (unsigned round = 0; round < 2; round++) {
        CHECK(ch_arena_alloc(&arena, 1, 1) == NULL);
        CHECK(ch_arena_calloc(&arena, SIZE_MAX, 2, 1) == NULL);
        CHECK_EQUAL(ch_arena_alloc_try(&arena, &out, 1, 1), CH_ESTATE);
        CHECK_EQUAL(ch_arena_extend(&arena, &out, 0, 1), CH_ESTATE);
        CHECK_EQUAL(ch_arena_reset(&arena), CH_ESTATE);
        CHECK_EQUAL(ch_arena_trim(&arena, 0), CH_ESTATE);
        CHECK_EQUAL(ch_arena_stats(&arena, &figures), CH_ESTATE);
        CHECK_EQUAL(ch_arena_release_slow(&arena, NULL, 0, NULL), CH_ESTATE);
        CHECK_EQUAL(ch_arena_check(&arena, NULL), CH_ECORRUPT);
        CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
        CHECK_EQUAL(ch_arena_remaining_for(&arena, 1), 0);
        uint8_t byte;
        CHECK_EQUAL(ch_arena_init(&arena, &byte, 1, NULL), CH_OK);
        CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
    }
    CHECK_EQUAL(ch_arena_alloc_try(NULL, &out, 1, 1), CH_EINVAL);
    CHECK_EQUAL(ch_arena_extend(NULL, &out, 0, 1), CH_EINVAL);
    CHECK_EQUAL(ch_arena_reset(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_trim(NULL, 0), CH_EINVAL);
    CHECK_EQUAL(ch_arena_fini(NULL), CH_OK);
    CHECK_EQUAL(rig_seen.count, 0);
    ch_on_misuse(NULL);
}

/* ---- Pages ----------------------------------------------------------------------------------- */

TEST(region_arena_fills_to_the_byte_in_few_system_calls) { /* M19 */
    static const size_t limits[] = {4096, 4097, 100001, (size_t)8 << 20, ((size_t)8 << 20) + 1};
    for (size_t i = 0; i < COUNT(limits); i++) {
        ch_arena *arena =
            start(REGION, (ch_arena_options){.limit_bytes = limits[i], .first_bytes = 4096});
        const uint8_t *base = rig.region.base;
        CHECK_EQUAL(arena->committed_bytes, 4096);
        size_t room = 0;
        while ((room = ch_arena_remaining_for(arena, 1)) > 0) {
            uint8_t *block = ch_arena_alloc(arena, room < 999 ? room : 999, 1);
            if (!CHECK(block != NULL)) {
                break;
            }
            block[0] = 1;
            block[(room < 999 ? room : 999) - 1] = 1;
        }
        CHECK(ch_arena_alloc(arena, 1, 1) == NULL);
        CHECK(limits[i] - ch_arena_used(arena) <= ch_arena_redzone_bytes() + 8);
        CHECK(arena->committed_bytes <= limits[i]);
        CHECK(arena->source_calls <= 13); /* 4 KiB to 8 MiB in doublings, and one more */
        const uint64_t calls = arena->source_calls;
        for (unsigned round = 0; round < 1000; round++) {
            CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
            CHECK(ch_arena_alloc(arena, ch_arena_remaining_for(arena, 1), 1) != NULL);
        }
        CHECK_EQUAL(arena->source_calls, calls);
        CHECK(rig.region.base == base);
        finish();
    }
}

TEST(region_arena_commits_at_most_64_mib_at_once) { /* M19 */
    const size_t step = (size_t)64 << 20;
    ch_arena *arena =
        start(REGION, (ch_arena_options){.limit_bytes = 5 * step, .first_bytes = step});
    CHECK_EQUAL(arena->committed_bytes, step);
    CHECK(ch_arena_alloc(arena, step, 1) != NULL);
    CHECK(ch_arena_alloc(arena, 1, 1) != NULL);
    CHECK_EQUAL(arena->committed_bytes, 2 * step);
    CHECK(ch_arena_alloc(arena, step, 1) != NULL);
    CHECK_EQUAL(arena->committed_bytes, 3 * step);
    finish();
}

TEST(region_arena_trim_gives_pages_back_and_keeps_blocks) { /* M19 */
    ch_arena *arena = start(REGION, (ch_arena_options){.limit_bytes = (size_t)1 << 20});
    uint8_t *kept = ch_arena_alloc(arena, 5000, 8);
    memset(kept, 9, 5000);
    const ch_arena_point mark = ch_arena_mark(arena);
    uint8_t *gone = ch_arena_alloc(arena, 500000, 8);
    memset(gone, 9, 500000);
    const size_t peak = ch_arena_used(arena);
    CHECK_EQUAL(ch_arena_release(arena, mark), CH_OK);
    CHECK_EQUAL(ch_arena_trim(arena, 100000), CH_OK);
    CHECK_EQUAL(arena->committed_bytes, 102400);
    CHECK_EQUAL(ch_arena_check(arena, NULL), CH_OK);
    CHECK_EQUAL(ch_arena_trim(arena, 0), CH_OK);
    CHECK_EQUAL(arena->committed_bytes, 8192);
    CHECK_EQUAL(ch_arena_trim(arena, SIZE_MAX), CH_OK);
    CHECK_EQUAL(arena->committed_bytes, 8192);
    CHECK_EQUAL(ch_arena_peak(arena), peak);
    CHECK(rig_is_filled(kept, 5000, 9));
    gone = ch_arena_calloc(arena, 500000, 1, 8);
    CHECK(gone != NULL && rig_is_filled(gone, 500000, 0));
    CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
    CHECK_EQUAL(ch_arena_trim(arena, 0), CH_OK);
    CHECK_EQUAL(arena->committed_bytes, 0);
    CHECK(ch_arena_alloc(arena, 1, 1) != NULL);
    finish();
}

/* ---- Hand-over ------------------------------------------------------------------------------- */

static void *adopt_and_use(void *context) {
    ch_arena *arena = context;
    CHECK_EQUAL(ch_arena_adopt(arena), CH_OK);
    CHECK(ch_arena_alloc(arena, 16, 8) != NULL);
    CHECK_EQUAL(ch_arena_reset(arena), CH_OK);
    return NULL;
}

TEST(adopt_hands_an_arena_to_another_thread_and_back) { /* M6 */
    static ch_arena none;
    CHECK_EQUAL(ch_arena_adopt(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_arena_adopt(&none), CH_ESTATE);
    pthread_t thread;
    ch_arena *arena = start(FIXED, (ch_arena_options){0});
    CHECK(ch_arena_alloc(arena, 16, 8) != NULL);
    CHECK_EQUAL(pthread_create(&thread, NULL, adopt_and_use, arena), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_EQUAL(ch_arena_adopt(arena), CH_OK);
    CHECK(ch_arena_alloc(arena, 16, 8) != NULL);
    finish(); /* and no misuse was seen */
}
