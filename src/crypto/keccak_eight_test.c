/* Many hashes at one time against one at a time: every count, every length up to four blocks, mixed
 * lengths, outputs inside their own input, input at the very end of readable memory, every build.
 */
#include "keccak.h"

#include "num/cpu.h"

#include "harness.h"

#include <string.h>

#define LENGTHS 601u
#define JOBS    21u

static const chevmi_keccak_build *const ALL[] = {
#define BUILD_ADDRESS(name) &name,
    CHEVMI_KECCAK_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
};

static uint8_t data[JOBS][LENGTHS];
static uint8_t outputs[JOBS][32];

static void fill(void) {
    for (size_t i = 0; i < sizeof data; i++) {
        data[i / LENGTHS][i % LENGTHS] = (uint8_t)ch_test_random();
    }
}

static void check_jobs(const size_t *sizes, size_t count) {
    chevm_keccak_job jobs[JOBS] = {{.size = 0}};
    for (size_t i = 0; i < count; i++) {
        jobs[i] = (chevm_keccak_job){data[i], sizes[i], outputs[i]};
    }
    memset(outputs, 0, sizeof outputs);
    chevm_keccak256_many(jobs, count);
    for (size_t i = 0; i < count; i++) {
        uint8_t want[32];
        chevmi_keccak_plain.hash(want, data[i], sizes[i], CHEVMI_KECCAK_DOMAIN);
        CHECK_BYTES(outputs[i], want, sizeof want);
    }
    for (size_t i = count; i < JOBS; i++) {
        CHECK_BYTES(outputs[i], (uint8_t[32]){0}, 32);
    }
}

static void on_each_build(void (*check)(void)) {
    const unsigned features = chevmi_cpu_features();
    fill();
    for (size_t i = 0; i < sizeof ALL / sizeof ALL[0]; i++) {
        if ((ALL[i]->features & ~features) == 0) {
            chevmi_keccak_select(ALL[i]->features);
            check();
        }
    }
}

static void equal_lengths(void) {
    size_t sizes[JOBS];
    for (size_t length = 0; length < LENGTHS; length++) {
        for (size_t i = 0; i < JOBS; i++) {
            sizes[i] = length;
        }
        check_jobs(sizes, 8);
        check_jobs(sizes, length % (JOBS + 1));
    }
}

static void mixed_lengths(void) {
    size_t sizes[JOBS];
    for (unsigned round = 0; round < 2000; round++) {
        for (size_t i = 0; i < JOBS; i++) {
            sizes[i] = ch_test_random_below(LENGTHS);
        }
        check_jobs(sizes, ch_test_random_below(JOBS + 1));
    }
}

static void in_place(void) {
    chevm_keccak_job jobs[8];
    uint8_t want[8][32];
    for (size_t size = 32; size < 300; size += 67) {
        fill();
        for (size_t i = 0; i < 8; i++) {
            chevmi_keccak_plain.hash(want[i], data[i], size + i, CHEVMI_KECCAK_DOMAIN);
            jobs[i] = (chevm_keccak_job){data[i], size + i, data[i] + i};
        }
        chevm_keccak256_many(jobs, 8);
        for (size_t i = 0; i < 8; i++) {
            CHECK_BYTES(data[i] + i, want[i], 32);
        }
    }
}

static void nothing_hashed(void) {
    chevm_keccak_job jobs[8];
    uint8_t want[32];
    chevm_keccak256(want, NULL, 0);
    for (size_t i = 0; i < 8; i++) {
        jobs[i] = (chevm_keccak_job){NULL, 0, outputs[i]};
    }
    chevm_keccak256_many(NULL, 0);
    chevm_keccak256_many(jobs, 8);
    CHECK_BYTES(outputs[0], want, 32);
    CHECK_BYTES(outputs[7], want, 32);
}

TEST(many_of_equal_length) {
    on_each_build(equal_lengths);
}

TEST(many_of_mixed_lengths) {
    on_each_build(mixed_lengths);
}

TEST(outputs_may_lie_in_their_own_input) {
    on_each_build(in_place);
}

TEST(nothing_is_hashed_like_anything) {
    on_each_build(nothing_hashed);
}
