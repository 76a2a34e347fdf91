/* keccak.c: Keccak-256 over a permutation picked at run time. */
#include <coldevm/hash.h>
#include <coldevm/u256.h>

#include "keccak.h"

#include <string.h>

#define RATE_WORDS (CHEVM_KECCAK_RATE / 8u)

static chevmi_keccak_permutation *permute = chevmi_keccak_permute_plain;

void chevm_hash_init(void) {
    chevm_num_init();
}

static uint64_t load_le(const uint8_t *bytes) {
    uint64_t x = 0;
    for (unsigned i = 8; i-- > 0;) {
        x = x << 8 | bytes[i];
    }
    return x;
}

static void absorb(uint64_t *state, const uint8_t *data, size_t word_count) {
    for (size_t i = 0; i < word_count; i++) {
        state[i] ^= load_le(data + 8 * i);
    }
}

static void squeeze(uint8_t out[32], const uint64_t *state) {
    for (unsigned i = 0; i < 32; i++) {
        out[i] = (uint8_t)(state[i / 8] >> (8 * (i % 8)));
    }
}

void chevmi_keccak_hash(uint8_t out[32], const uint8_t *data, size_t size, uint8_t domain) {
    uint64_t state[25] = {0};
    for (; size >= CHEVM_KECCAK_RATE; size -= CHEVM_KECCAK_RATE, data += CHEVM_KECCAK_RATE) {
        absorb(state, data, RATE_WORDS);
        permute(state);
    }
    const size_t words = size / 8;
    absorb(state, data, words);
    uint64_t last = (uint64_t)domain << (8 * (size % 8));
    for (size_t i = 0; i < size % 8; i++) {
        last |= (uint64_t)data[8 * words + i] << (8 * i);
    }
    state[words] ^= last;
    state[RATE_WORDS - 1] ^= (uint64_t)1 << 63;
    permute(state);
    squeeze(out, state);
}

void chevm_keccak256(uint8_t out[32], const uint8_t *data, size_t size) {
    chevmi_keccak_hash(out, data, size, CHEVMI_KECCAK_DOMAIN);
}

void chevm_keccak256_32(uint8_t out[32], const uint8_t data[32]) {
    chevm_keccak256(out, data, 32);
}

void chevm_keccak256_64(uint8_t out[32], const uint8_t data[64]) {
    chevm_keccak256(out, data, 64);
}

void chevm_keccak_init(chevm_keccak *hash) {
    memset(hash, 0, sizeof *hash);
}

void chevm_keccak_update(chevm_keccak *hash, const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const uint32_t at = hash->used_bytes;
        hash->state[at / 8] ^= (uint64_t)data[i] << (8 * (at % 8));
        if (++hash->used_bytes == CHEVM_KECCAK_RATE) {
            permute(hash->state);
            hash->used_bytes = 0;
        }
    }
}

void chevm_keccak_final(chevm_keccak *hash, uint8_t out[32]) {
    const uint32_t at = hash->used_bytes;
    hash->state[at / 8] ^= (uint64_t)CHEVMI_KECCAK_DOMAIN << (8 * (at % 8));
    hash->state[RATE_WORDS - 1] ^= (uint64_t)1 << 63;
    permute(hash->state);
    squeeze(out, hash->state);
}
