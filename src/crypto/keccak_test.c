/* Every build of Keccak-256 against a reference written from the definition, against OpenSSL's
 * SHA3-256 (the same sponge with another padding byte), against known values; one call against
 * many; input at the very end of readable memory. */
#include "keccak.h"

#include "base/os.h"
#include "num/cpu.h"

#include "harness.h"

#include <string.h>

#if defined(CHEVM_TEST_OPENSSL)
#include <openssl/evp.h>
#endif

#define SHA3_DOMAIN 0x06u
#define LENGTHS     601u /* more than four blocks */

static const chevmi_keccak_build *const ALL[] = {
#define BUILD_ADDRESS(name) &name,
    CHEVMI_KECCAK_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
};
#define COUNT (sizeof ALL / sizeof ALL[0])

static bool runs_here(const chevmi_keccak_build *build) {
    return (build->features & ~chevmi_cpu_features()) == 0;
}

/* ---- The definition: FIPS 202, 3.2 and 3.3, with constants and offsets derived ----------------
 */

static uint64_t rotate(uint64_t x, unsigned bits) {
    return bits == 0 ? x : x << bits | x >> (64 - bits);
}

static bool next_constant_bit(unsigned *lfsr) {
    const bool bit = (*lfsr & 1u) != 0;
    *lfsr = (*lfsr & 0x80u) != 0 ? *lfsr << 1 ^ 0x171u : *lfsr << 1;
    return bit;
}

static void reference_permute(uint64_t a[25]) {
    unsigned lfsr = 1;
    for (unsigned round = 0; round < 24; round++) {
        uint64_t parity[5], moved[25];
        for (unsigned x = 0; x < 5; x++) {
            parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        }
        for (unsigned i = 0; i < 25; i++) {
            a[i] ^= parity[(i + 4) % 5] ^ rotate(parity[(i + 1) % 5], 1);
        }
        unsigned x = 1, y = 0;
        moved[0] = a[0];
        for (unsigned t = 0; t < 24; t++) {
            const unsigned next = (2 * x + 3 * y) % 5;
            moved[y + 5 * next] = rotate(a[x + 5 * y], (t + 1) * (t + 2) / 2 % 64);
            x = y, y = next;
        }
        for (unsigned i = 0; i < 25; i++) {
            const unsigned row = i - i % 5;
            a[i] = moved[i] ^ (~moved[row + (i + 1) % 5] & moved[row + (i + 2) % 5]);
        }
        for (unsigned j = 0; j <= 6; j++) {
            a[0] ^= (uint64_t)next_constant_bit(&lfsr) << ((1u << j) - 1);
        }
    }
}

static void reference_hash(uint8_t out[32], const uint8_t *data, size_t size, uint8_t domain) {
    uint64_t state[25] = {0};
    size_t at = 0;
    for (size_t i = 0; i < size; i++) {
        state[at / 8] ^= (uint64_t)data[i] << (8 * (at % 8));
        if (++at == CHEVM_KECCAK_RATE) {
            reference_permute(state);
            at = 0;
        }
    }
    state[at / 8] ^= (uint64_t)domain << (8 * (at % 8));
    state[CHEVM_KECCAK_RATE / 8 - 1] ^= (uint64_t)0x80 << 56;
    reference_permute(state);
    for (unsigned i = 0; i < 32; i++) {
        out[i] = (uint8_t)(state[i / 8] >> (8 * (i % 8)));
    }
}

static void fill(uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)ch_test_random();
    }
}

TEST(every_permutation_is_the_definition) {
    for (unsigned n = 0; n < 200; n++) {
        uint64_t start[25], want[25];
        for (unsigned i = 0; i < 25; i++) { /* sparse, full and random states */
            start[i] = n == 0 ? 0 : n < 26 ? (uint64_t)(i == n - 1) << (n * 2) : ch_test_random();
        }
        memcpy(want, start, sizeof want);
        reference_permute(want);
        for (size_t b = 0; b < COUNT; b++) {
            if (runs_here(ALL[b])) {
                uint64_t got[25];
                memcpy(got, start, sizeof got);
                ALL[b]->permute(got);
                CHECK_BYTES(got, want, sizeof want);
            }
        }
    }
}

TEST(every_build_hashes_every_length) {
    uint8_t data[LENGTHS], want[32], got[32];
    fill(data, sizeof data);
    for (size_t size = 0; size < LENGTHS; size++) {
        const uint8_t domain = size % 3 == 0 ? SHA3_DOMAIN : CHEVMI_KECCAK_DOMAIN;
        reference_hash(want, data, size, domain);
        for (size_t b = 0; b < COUNT; b++) {
            if (runs_here(ALL[b])) {
                ALL[b]->hash(got, data, size, domain);
                CHECK_BYTES(got, want, 32);
            }
        }
    }
}

TEST(sha3_of_openssl_is_the_same_sponge) {
#if defined(CHEVM_TEST_OPENSSL)
    uint8_t data[LENGTHS], want[64], got[32];
    fill(data, sizeof data);
    for (size_t size = 0; size < LENGTHS; size++) {
        unsigned length = 0;
        if (!CHECK(EVP_Digest(data, size, want, &length, EVP_sha3_256(), NULL) == 1) ||
            !CHECK_EQUAL(length, 32)) {
            return;
        }
        for (size_t b = 0; b < COUNT; b++) {
            if (runs_here(ALL[b])) {
                ALL[b]->hash(got, data, size, SHA3_DOMAIN);
                CHECK_BYTES(got, want, 32);
            }
        }
    }
#else
    ch_test_skip("OpenSSL is not installed (Debian: libssl-dev); the reference above covers it");
#endif
}

/* Known values: the empty string (as in every empty account), "abc", and the selector of
 * transfer(address,uint256). */
TEST(known_hashes) {
    static const struct {
        const char *text;
        uint8_t start[8];
    } known[] = {
        {"", {0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c}},
        {"abc", {0x4e, 0x03, 0x65, 0x7a, 0xea, 0x45, 0xa9, 0x4f}},
        {"transfer(address,uint256)", {0xa9, 0x05, 0x9c, 0xbb}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        for (size_t b = 0; b < COUNT; b++) {
            uint8_t got[32];
            if (runs_here(ALL[b])) {
                CHECK(chevmi_keccak_select(ALL[b]->features) == ALL[b]);
                chevm_keccak256(got, (const uint8_t *)known[i].text, strlen(known[i].text));
                CHECK_BYTES(got, known[i].start, i == 2 ? 4 : 8);
            }
        }
    }
    chevm_hash_init();
}

TEST(fixed_lengths_and_null_for_nothing) {
    uint8_t data[64], want[32], got[32];
    fill(data, sizeof data);
    for (size_t b = 0; b < COUNT; b++) {
        if (runs_here(ALL[b])) {
            chevmi_keccak_select(ALL[b]->features);
            reference_hash(want, data, 32, CHEVMI_KECCAK_DOMAIN);
            chevm_keccak256_32(got, data);
            CHECK_BYTES(got, want, 32);
            reference_hash(want, data, 64, CHEVMI_KECCAK_DOMAIN);
            chevm_keccak256_64(got, data);
            CHECK_BYTES(got, want, 32);
            reference_hash(want, data, 0, CHEVMI_KECCAK_DOMAIN);
            chevm_keccak256(got, NULL, 0);
            CHECK_BYTES(got, want, 32);
        }
    }
    chevm_hash_init();
}

TEST(out_may_lie_inside_the_data) {
    uint8_t data[300], copy[300], want[32];
    for (size_t at = 0; at + 32 <= sizeof data; at += 17) {
        fill(copy, sizeof copy);
        reference_hash(want, copy, sizeof copy, CHEVMI_KECCAK_DOMAIN);
        for (size_t b = 0; b < COUNT; b++) {
            if (runs_here(ALL[b])) {
                memcpy(data, copy, sizeof data);
                ALL[b]->hash(data + at, data, sizeof data, CHEVMI_KECCAK_DOMAIN);
                CHECK_BYTES(data + at, want, 32);
            }
        }
    }
}

TEST(parts_of_any_size_give_the_hash_of_the_whole) {
    uint8_t data[1000], want[32], got[32];
    fill(data, sizeof data);
    for (unsigned n = 0; n < 400; n++) {
        const size_t size = ch_test_random_below(sizeof data + 1);
        const chevmi_keccak_build *const build = ALL[n % COUNT];
        chevmi_keccak_select(runs_here(build) ? build->features : 0);
        reference_hash(want, data, size, CHEVMI_KECCAK_DOMAIN);
        chevm_keccak hash;
        chevm_keccak_init(&hash);
        for (size_t at = 0; at < size;) {
            const size_t limit = n % 2 == 0 ? 9 : 400;
            size_t part = ch_test_random_below(limit);
            part = part < size - at ? part : size - at;
            chevm_keccak_update(&hash, part == 0 ? NULL : data + at, part);
            at += part;
        }
        chevm_keccak_final(&hash, got);
        CHECK_BYTES(got, want, 32);
    }
    chevm_hash_init();
}

/* The last readable byte is the last byte of the data, and the first its first. */
TEST(nothing_outside_the_data_is_read) {
    const size_t page = chi_os_page_bytes();
    uint8_t *base;
    if (!CHECK(chi_os_reserve(&base, 3 * page) == CH_OK) ||
        !CHECK(chi_os_commit(base + page, page) == CH_OK)) {
        return;
    }
    uint8_t *const first = base + page, *const end = base + 2 * page;
    fill(first, page);
    for (size_t size = 0; size < 300; size++) {
        uint8_t low[32], high[32], got[32];
        reference_hash(low, first, size, CHEVMI_KECCAK_DOMAIN);
        reference_hash(high, end - size, size, CHEVMI_KECCAK_DOMAIN);
        for (size_t b = 0; b < COUNT; b++) {
            if (runs_here(ALL[b])) {
                ALL[b]->hash(got, first, size, CHEVMI_KECCAK_DOMAIN);
                CHECK_BYTES(got, low, 32);
                ALL[b]->hash(got, end - size, size, CHEVMI_KECCAK_DOMAIN);
                CHECK_BYTES(got, high, 32);
            }
        }
    }
    CHECK(chi_os_unreserve(base, 3 * page) == CH_OK);
}

TEST(select_takes_the_first_build_that_fits) {
    CHECK(chevmi_keccak_select(0) == &chevmi_keccak_plain);
    CHECK(chevmi_keccak_select(~0u) == ALL[0]);
    CHECK_EQUAL(ALL[COUNT - 1]->features, 0);
    chevm_hash_init();
}
