/* memory_test.c: life, gas, growth, frames, limits and readers of the EVM's memory, on a reserved
 * region, on plain bytes full of rubbish and on the malloc twin. */
#include "memory_rig.h"

#include "harness.h"

#include <pthread.h>

#define MIB (1024u * 1024u)

static memory_rig rig;

static chevm_memory *start(memory_kind kind, size_t limit) {
    CHECK(rig_init(&rig, kind, limit));
    return &rig.memory;
}

static void finish(void) {
    CHECK(chevm_memory_check(&rig.memory) == CH_OK);
    rig_fini(&rig);
    CHECK_EQUAL(rig.live, 0);
}

static bool all_zero(const chevm_memory *m) {
    uint8_t sum = 0;
    for (uint64_t i = 0; i < m->size; i++) {
        sum |= m->data[i];
    }
    return sum == 0;
}

#define FOR_EACH_KIND(kind) for (memory_kind kind = 0; kind < MEMORY_KINDS; kind++)

/* ---- Price ----------------------------------------------------------------------------------- */

/* 3 w + w * w / 512 in 256 bits. */
static uint64_t exact_price(uint64_t words) {
    chevm_u256 w;
    chevm_u256 square;
    chevm_u256_set_u64(&w, words);
    chevm_u256_mul(&square, &w, &w);
    chevm_u256_shr_bits(&square, &square, 9);
    CHECK(chevm_u256_fits_u64(&square));
    return square.limbs[0] + 3 * words;
}

TEST(price_is_exact_to_2_32_words) {
    for (uint64_t words = 0; words < 5000; words++) {
        CHECK(chevm_memory_price(words) == exact_price(words));
    }
    for (unsigned i = 0; i < 100000; i++) {
        const uint64_t words = ch_test_random_below(CHEVM_MEMORY_WORDS_MAX + 1);
        CHECK(chevm_memory_price(words) == exact_price(words));
    }
    for (uint64_t words = CHEVM_MEMORY_WORDS_MAX - 100; words <= CHEVM_MEMORY_WORDS_MAX; words++) {
        CHECK(chevm_memory_price(words) == exact_price(words));
    }
    CHECK_EQUAL(chevm_memory_price(1), 3);
    CHECK_EQUAL(chevm_memory_price(22), 66);
    CHECK_EQUAL(chevm_memory_price(23), 70);
    CHECK_EQUAL(chevm_memory_price(CHEVM_MEMORY_WORDS_MAX + 1), UINT64_MAX);
    CHECK_EQUAL(chevm_memory_price(UINT64_MAX), UINT64_MAX);
}

TEST(words_round_up_at_both_ends_of_the_range) {
    CHECK_EQUAL(chevm_memory_words(0), 0);
    CHECK_EQUAL(chevm_memory_words(1), 1);
    CHECK_EQUAL(chevm_memory_words(32), 1);
    CHECK_EQUAL(chevm_memory_words(33), 2);
    CHECK_EQUAL(chevm_memory_words(UINT64_MAX - 31), (UINT64_C(1) << 59) - 1);
    CHECK_EQUAL(chevm_memory_words(UINT64_MAX), UINT64_C(1) << 59);
}

TEST(growth_takes_the_difference_in_price) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind, MIB);
        int64_t gas = 10000000;
        uint64_t end = 0;
        while (end < MIB) {
            const int64_t before = gas;
            const uint64_t cost = m->cost;
            end += 1 + ch_test_random_below(3000);
            end = end < MIB ? end : MIB;
            if (!CHECK(chevm_memory_grow(m, end, &gas))) {
                break;
            }
            CHECK_EQUAL(m->cost, exact_price((end + 31) / 32));
            CHECK_EQUAL(before - gas, m->cost - cost);
            CHECK_EQUAL(m->size, (end + 31) / 32 * 32);
            CHECK_EQUAL(m->word_end, m->size - 31);
            CHECK(chevm_memory_grow(m, end, &gas) && chevm_memory_grow(m, 0, &gas));
            CHECK_EQUAL(before - gas, m->cost - cost);
        }
        CHECK(all_zero(m));
        finish();
    }
}

TEST(out_of_gas_by_one_leaves_everything_unchanged) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind, MIB);
        int64_t gas = 100;
        CHECK(chevm_memory_grow(m, 64, &gas));
        CHECK_EQUAL(gas, 94);
        static const uint64_t ends[] = {65, 4000, 70000, MIB, 2 * MIB, CHEVM_MEMORY_END_MAX};
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
            const chevm_memory before = *m;
            const int64_t need = (int64_t)(exact_price((ends[i] + 31) / 32) - m->cost);
            gas = need - 1;
            CHECK(!chevm_memory_grow(m, ends[i], &gas));
            CHECK(m->failure == CHEVM_OUT_OF_GAS);
            CHECK_EQUAL(gas, need - 1);
            m->failure = before.failure;
            CHECK(memcmp(m, &before, sizeof before) == 0);
        }
        gas = (int64_t)(exact_price(2048) - m->cost);
        CHECK(chevm_memory_grow(m, 65536, &gas));
        CHECK_EQUAL(gas, 0);
        finish();
    }
}

TEST(limit_is_met_to_the_byte_and_asked_after_gas) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind, 100000); /* 3125 words, not whole pages */
        int64_t gas = INT64_MAX;
        CHECK_EQUAL(chevm_memory_limit(m), 100000);
        CHECK(!chevm_memory_grow(m, 100001, &gas));
        CHECK(m->failure == CHEVM_MEMORY_LIMIT_EXCEEDED);
        CHECK(!chevm_memory_grow(m, CHEVM_MEMORY_END_MAX, &gas));
        CHECK(m->failure == CHEVM_MEMORY_LIMIT_EXCEEDED);
        CHECK_EQUAL(gas, INT64_MAX);
        gas = 5;
        CHECK(!chevm_memory_grow(m, 100001, &gas));
        CHECK(m->failure == CHEVM_OUT_OF_GAS);
        gas = INT64_MAX;
        CHECK(chevm_memory_is_empty(m) && chevm_memory_grow(m, 100000, &gas));
        CHECK(all_zero(m));
        memset(chevm_memory_data(m), 0xff, 100000);
        CHECK(!chevm_memory_grow(m, 100001, &gas));
        CHECK(chevm_memory_ensure(m, 100001, NULL) == CHEVM_MEMORY_LIMIT_EXCEEDED);
        finish();
    }
}

/* ---- Frames ---------------------------------------------------------------------------------- */

TEST(child_starts_empty_and_leaves_the_parent_alone) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind, MIB);
        chevm_memory_frame parent;
        CHECK(chevm_memory_set_data(m, 0, (const uint8_t *)"parent", 6) == CHEVM_OK);
        for (unsigned round = 0; round < 3; round++) {
            chevm_memory_open(m, &parent);
            CHECK(chevm_memory_is_empty(m));
            CHECK_EQUAL(m->word_end, 0);
            CHECK_EQUAL(m->cost, 0);
            int64_t gas = 1000;
            CHECK(chevm_memory_grow(m, 2048, &gas));
            CHECK_EQUAL(1000 - gas, exact_price(64));
            CHECK(all_zero(m));
            memset(chevm_memory_data(m), 0xee, 2048);
            chevm_memory_close(m, &parent);
            CHECK_EQUAL(m->size, 32);
            CHECK_EQUAL(m->word_end, 1);
            CHECK_EQUAL(m->cost, 3);
            CHECK_BYTES(chevm_memory_data_const(m), "parent\0", 7);
            CHECK(chevm_memory_check(m) == CH_OK);
        }
        CHECK(chevm_memory_ensure(m, 4096, NULL) == CHEVM_OK);
        memset(chevm_memory_data(m), 0, 6);
        CHECK(all_zero(m)); /* nothing of the children shows */
        CHECK_EQUAL(chevm_memory_peak(m), 4096);
        finish();
    }
}

TEST(output_of_an_ended_child_can_be_read_until_growth) {
    for (memory_kind kind = MEMORY_REGION; kind <= MEMORY_PLAIN; kind++) {
        chevm_memory *m = start(kind, MIB);
        chevm_memory_frame parent;
        CHECK(chevm_memory_ensure(m, 64, NULL) == CHEVM_OK);
        chevm_memory_open(m, &parent);
        CHECK(chevm_memory_set_data(m, 0, (const uint8_t *)"output", 6) == CHEVM_OK);
        const uint8_t *output = m->data;
        chevm_memory_close(m, &parent);
        CHECK_BYTES(output, "output", 6);
        CHECK(chevm_memory_ensure(m, 96, NULL) == CHEVM_OK);
        CHECK(all_zero(m));
        chevm_memory_open(m, &parent);
        CHECK(chevm_memory_set_data(m, 0, (const uint8_t *)"wiped", 5) == CHEVM_OK);
        output = m->data;
        chevm_memory_close_wiped(m, &parent);
        CHECK_BYTES(output, "\0\0\0\0\0", 5);
        CHECK(m->clean_end > m->size);
        finish();
    }
}

TEST(frames_nest_1025_deep) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind, 1025 * 2048);
        static chevm_memory_frame frames[CHEVM_DEPTH_MAX];
        for (unsigned depth = 0;; depth++) {
            CHECK(chevm_memory_ensure(m, 32 * (1 + depth % 60), NULL) == CHEVM_OK);
            CHECK(all_zero(m));
            memset(chevm_memory_data(m), (int)(depth % 251 + 1), (size_t)m->size);
            if (depth == CHEVM_DEPTH_MAX) {
                break;
            }
            chevm_memory_open(m, &frames[depth]);
        }
        for (unsigned depth = CHEVM_DEPTH_MAX; depth-- > 0;) {
            chevm_memory_close(m, &frames[depth]);
            if (!CHECK_EQUAL(m->size, 32 * (1 + depth % 60)) ||
                !CHECK_EQUAL(m->data[0], depth % 251 + 1) ||
                !CHECK_EQUAL(m->data[m->size - 1], depth % 251 + 1)) {
                break;
            }
        }
        finish();
    }
}

TEST(limit_counts_all_frames_together) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind, 8192);
        chevm_memory_frame parent;
        CHECK(chevm_memory_ensure(m, 6144, NULL) == CHEVM_OK);
        chevm_memory_open(m, &parent);
        CHECK(chevm_memory_ensure(m, 2049, NULL) == CHEVM_MEMORY_LIMIT_EXCEEDED);
        CHECK(chevm_memory_is_empty(m));
        CHECK(chevm_memory_ensure(m, 2048, NULL) == CHEVM_OK);
        chevm_memory_close(m, &parent);
        CHECK(chevm_memory_ensure(m, 8192, NULL) == CHEVM_OK);
        CHECK(all_zero(m));
        finish();
    }
}

TEST(reset_and_shrink_forget_the_bytes) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind, MIB);
        CHECK(chevm_memory_resize(m, 5000) == CHEVM_OK);
        memset(chevm_memory_data(m), 0x77, (size_t)m->size);
        CHECK(chevm_memory_resize(m, 1000) == CHEVM_OK);
        CHECK_EQUAL(m->size, 1024);
        CHECK_EQUAL(m->cost, exact_price(32));
        CHECK_EQUAL(m->data[1023], 0x77);
        CHECK(chevm_memory_resize(m, 5000) == CHEVM_OK);
        for (unsigned i = 1024; i < 5024; i++) {
            CHECK(m->data[i] == 0);
        }
        chevm_memory_reset(m);
        CHECK(chevm_memory_is_empty(m) && m->cost == 0);
        CHECK(chevm_memory_resize(m, 5000) == CHEVM_OK && all_zero(m));
        CHECK(chevm_memory_resize(m, 0) == CHEVM_OK && m->word_end == 0);
        CHECK_EQUAL(chevm_memory_peak(m), 5024);
        finish();
    }
}

/* ---- Set-up ---------------------------------------------------------------------------------- */

TEST(init_refuses_what_cannot_work) {
    chevm_memory m = {.size = 77};
    ch_region region;
    const ch_region_options wish = {.size_bytes = 65536};
    CHECK(ch_region_reserve(&region, &wish) == CH_OK);
    chevm_memory_options options = {.limit_bytes = 32768, .zeroed = true};
    CHECK(chevm_memory_init(NULL, &region, 0, &options) == CH_EINVAL);
    CHECK(chevm_memory_init(&m, NULL, 0, &options) == CH_EINVAL);
    CHECK(chevm_memory_init(&m, &region, 0, NULL) == CH_EINVAL);
    CHECK(chevm_memory_init(&m, &region, 64, &options) == CH_EALIGN);
    CHECK(chevm_memory_init(&m, &region, 36864, &options) == CH_ERANGE);
    CHECK(chevm_memory_init(&m, &region, SIZE_MAX & ~(size_t)4095, &options) == CH_ERANGE);
    CHECK(chevm_memory_init_plain(&m, region.base + 1, 32768, &options) == CH_EALIGN);
    CHECK(chevm_memory_init_plain(&m, region.base, 32767, &options) == CH_EFULL);
    CHECK(chevm_memory_init_plain(&m, NULL, 32768, &options) == CH_EINVAL);
    CHECK(chevm_memory_init_twin(&m, NULL, &options) == CH_EINVAL);
    static const uint64_t limits[] = {0, 31, UINT64_MAX, CHEVM_MEMORY_LIMIT_MAX + 1};
    for (size_t i = 0; i < 4; i++) {
        options.limit_bytes = limits[i];
        CHECK(chevm_memory_init(&m, &region, 0, &options) == CH_EINVAL);
        CHECK(chevm_memory_init_plain(&m, region.base, SIZE_MAX, &options) == CH_EINVAL);
    }
    CHECK_EQUAL(m.size, 77);
    options.limit_bytes = 32768;
    CHECK(chevm_memory_init(&m, &region, 32768, &options) == CH_OK);
    CHECK(chevm_memory_check(&m) == CH_OK);
    chevm_memory_fini(&m);
    chevm_memory_fini(&m);
    chevm_memory_fini(NULL);
    CHECK(m.data == NULL && chevm_memory_check(&m) == CH_ECORRUPT);
    CHECK(ch_region_fini(&region) == CH_OK);
}

TEST(first_page_is_ready_and_pages_come_by_doubling) {
    chevm_memory *m = start(MEMORY_REGION, 64 * MIB);
    CHECK_EQUAL(m->committed, 4096);
    CHECK_EQUAL(m->clean_end, 4096);
    const uint64_t calls = rig.region.system_calls;
    for (uint64_t end = 32; end <= 64 * MIB; end += 32) {
        if (!CHECK(chevm_memory_ensure(m, end, NULL) == CHEVM_OK)) {
            break;
        }
    }
    CHECK(rig.region.system_calls - calls <= 14); /* 4 KiB to 64 MiB in doublings */
    for (unsigned round = 0; round < 3; round++) {
        chevm_memory_reset(m);
        const uint64_t warm = rig.region.system_calls;
        CHECK(chevm_memory_ensure(m, 64 * MIB, NULL) == CHEVM_OK);
        CHECK_EQUAL(rig.region.system_calls, warm);
    }
    finish();
}

TEST(init_first_bytes_are_ready_as_asked) {
    const ch_region_options wish = {.size_bytes = MIB};
    chevm_memory_options options = {.limit_bytes = MIB, .first_bytes = 100000, .zeroed = true};
    CHECK(ch_region_reserve(&rig.region, &wish) == CH_OK);
    CHECK(chevm_memory_init(&rig.memory, &rig.region, 0, &options) == CH_OK);
    CHECK_EQUAL(rig.memory.committed, 102400);
    chevm_memory_fini(&rig.memory);
    options.first_bytes = UINT64_MAX;
    CHECK(chevm_memory_init(&rig.memory, &rig.region, 0, &options) == CH_OK);
    CHECK_EQUAL(rig.memory.committed, MIB);
    finish();
}

TEST(trim_gives_pages_back_and_keeps_bytes) {
    chevm_memory *m = start(MEMORY_REGION, 100000);
    chevm_memory_frame parent;
    CHECK(chevm_memory_ensure(m, 100000, NULL) == CHEVM_OK);
    memset(m->data, 0x5c, 100000);
    chevm_memory_reset(m);
    CHECK(chevm_memory_ensure(m, 5000, NULL) == CHEVM_OK);
    chevm_memory_open(m, &parent);
    CHECK(chevm_memory_set_byte(m, 7000, 9) == CHEVM_OK);
    CHECK(chevm_memory_trim(m, 0) == CH_OK);
    CHECK_EQUAL(m->committed, 12288);
    CHECK(chevm_memory_check(m) == CH_OK);
    CHECK_EQUAL(m->data[7000], 9);
    CHECK(chevm_memory_trim(m, UINT64_MAX / 2) == CH_OK);
    CHECK(chevm_memory_ensure(m, 94944, NULL) == CHEVM_OK);
    m->data[7000] = 0;
    CHECK(all_zero(m));
    chevm_memory_close(m, &parent);
    finish();
}

TEST(refused_memory_is_a_status_and_changes_nothing) {
    chevm_memory *m = start(MEMORY_TWIN, MIB);
    int64_t gas = 100000;
    CHECK(chevm_memory_set_byte(m, 511, 3) == CHEVM_OK);
    rig.refusing = true;
    CHECK(!chevm_memory_grow(m, 513, &gas));
    CHECK(m->failure == CHEVM_OUT_OF_MEMORY);
    CHECK_EQUAL(gas, 100000);
    CHECK(chevm_memory_ensure(m, 513, NULL) == CHEVM_OUT_OF_MEMORY);
    CHECK(m->size == 512 && m->data[511] == 3);
    rig.refusing = false;
    CHECK(chevm_memory_grow(m, 513, &gas) && m->data[511] == 3);
    finish();
}

TEST(check_sees_broken_invariants) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind, MIB);
        CHECK(chevm_memory_ensure(m, 100, NULL) == CHEVM_OK);
        const chevm_memory good = *m;
        uint64_t *const fields[] = {&m->size, &m->word_end, &m->clean_end, &m->cost};
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
            *fields[i] ^= 1;
            CHECK(chevm_memory_check(m) == CH_ECORRUPT);
            *m = good;
        }
        m->data[130] = 1; /* behind the size, in the known-zero part */
        CHECK(chevm_memory_check(m) == CH_ECORRUPT);
        m->data[130] = 0;
        finish();
    }
}

/* ---- Stress ---------------------------------------------------------------------------------- */

TEST(rapid_growth_and_release_never_shows_old_bytes) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind, 256 * 1024);
        for (unsigned round = 0; round < 3000; round++) {
            chevm_memory_frame parent;
            chevm_memory_open(m, &parent);
            const uint64_t most = round % 100 == 0 ? 256 * 1024 : 2000;
            while (m->size < most) {
                const uint64_t old = m->size;
                const uint64_t next = old + 1 + ch_test_random_below(most / 4);
                CHECK(chevm_memory_ensure(m, next < most ? next : most, NULL) == CHEVM_OK);
                for (uint64_t i = old; i < m->size; i++) {
                    if (!CHECK(m->data[i] == 0)) {
                        return;
                    }
                }
                memset(m->data + old, 0xb7, (size_t)(m->size - old));
            }
            chevm_memory_close(m, &parent);
        }
        finish();
    }
}

TEST(sparse_writes_leave_zeros_between) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind, 4 * MIB);
        for (unsigned i = 0; i < 64; i++) {
            CHECK(chevm_memory_set_byte(m, (uint64_t)i * 65536 + i, (uint8_t)(i + 1)) == CHEVM_OK);
        }
        uint64_t sum = 0;
        for (uint64_t i = 0; i < m->size; i++) {
            sum += m->data[i];
        }
        CHECK_EQUAL(sum, 64 * 65 / 2);
        finish();
    }
}

TEST(pressure_near_the_limit_stays_exact) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind, 65536);
        chevm_memory_frame frames[8];
        for (unsigned round = 0; round < 200; round++) {
            uint64_t left = 65536;
            unsigned depth = 0;
            for (; depth < 8 && left > 0; depth++) {
                const uint64_t part = depth == 7 ? left : 32 * ch_test_random_below(left / 32 + 1);
                CHECK(chevm_memory_ensure(m, left + 1, NULL) == CHEVM_MEMORY_LIMIT_EXCEEDED);
                CHECK(chevm_memory_ensure(m, part, NULL) == CHEVM_OK);
                memset(m->data, 0xff, (size_t)part);
                left -= part;
                chevm_memory_open(m, &frames[depth]);
            }
            while (depth-- > 0) {
                chevm_memory_close(m, &frames[depth]);
            }
            chevm_memory_reset(m);
        }
        finish();
    }
}

static void *read_all(void *context) {
    const chevm_memory *m = context;
    uint64_t wrong = 0;
    for (unsigned round = 0; round < 20; round++) {
        for (uint64_t offset = 0; offset + 32 <= chevm_memory_size(m); offset += 32) {
            chevm_u256 value = {{0, 0, 0, 0}};
            const uint8_t *slice = NULL;
            wrong += chevm_memory_get_u256(m, &value, offset) != CHEVM_OK;
            wrong += value.limbs[0] != offset;
            wrong += chevm_memory_get_slice(m, &slice, offset, 32) != CHEVM_OK;
            wrong += slice[31] != (uint8_t)offset;
        }
    }
    return wrong == 0 ? context : NULL;
}

TEST(readers_may_run_side_by_side) {
    FOR_EACH_KIND(kind) {
        chevm_memory *m = start(kind, MIB);
        for (uint64_t offset = 0; offset < 65536; offset += 32) {
            const chevm_u256 value = {{offset, 0, 0, 0}};
            CHECK(chevm_memory_set_u256(m, offset, &value) == CHEVM_OK);
        }
        pthread_t readers[4];
        for (unsigned i = 0; i < 4; i++) {
            CHECK(pthread_create(&readers[i], NULL, read_all, m) == 0);
        }
        for (unsigned i = 0; i < 4; i++) {
            void *answer = NULL;
            CHECK(pthread_join(readers[i], &answer) == 0 && answer == m);
        }
        finish();
    }
}

TEST(one_expansion_to_1_gib_works) {
    chevm_memory *m = start(MEMORY_REGION, (size_t)1 << 30);
    int64_t gas = INT64_MAX;
    CHECK(chevm_memory_grow(m, UINT64_C(1) << 30, &gas));
    CHECK_EQUAL(INT64_MAX - gas, exact_price(UINT64_C(1) << 25));
    CHECK(chevm_memory_set_byte(m, (UINT64_C(1) << 30) - 1, 1) == CHEVM_OK);
    CHECK(chevm_memory_data_const(m)[UINT64_C(1) << 29] == 0);
    rig_fini(&rig);
}
