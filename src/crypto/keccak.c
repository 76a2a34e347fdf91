/* keccak.c: the public face of Keccak-256 and the choice of its build. */
#include "keccak.h"

#include <stdatomic.h>
#include <string.h>

const uint64_t chevmi_keccak_round_constants[CHEVMI_KECCAK_ROUNDS + 8] = {
    0x0000000000000001u, 0x0000000000008082u, 0x800000000000808au, 0x8000000080008000u,
    0x000000000000808bu, 0x0000000080000001u, 0x8000000080008081u, 0x8000000000008009u,
    0x000000000000008au, 0x0000000000000088u, 0x0000000080008009u, 0x000000008000000au,
    0x000000008000808bu, 0x800000000000008bu, 0x8000000000008089u, 0x8000000000008003u,
    0x8000000000008002u, 0x8000000000000080u, 0x000000000000800au, 0x800000008000000au,
    0x8000000080008081u, 0x8000000000008080u, 0x0000000080000001u, 0x8000000080008008u,
};

static const chevmi_keccak_build *const BUILDS[] = {
#define BUILD_ADDRESS(name) &name,
    CHEVMI_KECCAK_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
};

static _Atomic(const chevmi_keccak_build *) current_build = &chevmi_keccak_plain;

CH_INLINE const chevmi_keccak_build *build(void) {
    return atomic_load_explicit(&current_build, memory_order_relaxed);
}

const chevmi_keccak_build *chevmi_keccak_select(unsigned features) {
    const chevmi_keccak_build *chosen = &chevmi_keccak_plain;
    for (size_t i = sizeof BUILDS / sizeof BUILDS[0]; i-- > 0;) {
        if ((BUILDS[i]->features & ~features) == 0) {
            chosen = BUILDS[i];
        }
    }
    atomic_store_explicit(&current_build, chosen, memory_order_relaxed);
    return chosen;
}

void chevm_keccak256(uint8_t out[32], const uint8_t *data, size_t size) {
    build()->hash(out, data, size, CHEVMI_KECCAK_DOMAIN);
}

void chevm_keccak256_32(uint8_t out[32], const uint8_t data[32]) {
    build()->hash(out, data, 32, CHEVMI_KECCAK_DOMAIN);
}

void chevm_keccak256_64(uint8_t out[32], const uint8_t data[64]) {
    build()->hash(out, data, 64, CHEVMI_KECCAK_DOMAIN);
}

void chevm_keccak256_many(const chevm_keccak_job *jobs, size_t count) {
    const chevmi_keccak_build *const chosen = build();
    while (count != 0) {
        const size_t part = count < CHEVMI_KECCAK_EIGHT ? count : CHEVMI_KECCAK_EIGHT;
        if (chosen->eight != NULL && part >= CHEVMI_KECCAK_EIGHT_MIN) {
            chosen->eight(jobs, part);
        } else {
            for (size_t i = 0; i < part; i++) {
                chosen->hash(jobs[i].out, jobs[i].data, jobs[i].size, CHEVMI_KECCAK_DOMAIN);
            }
        }
        jobs += part;
        count -= part;
    }
}

void chevm_keccak_init(chevm_keccak *hash) {
    memset(hash, 0, sizeof *hash);
}

/* Adds bytes to the state at byte offset `at`; at + size <= rate. */
static void absorb(uint64_t *state, size_t at, const uint8_t *data, size_t size) {
    size_t i = 0;
    for (; i < size && (at + i) % 8 != 0; i++) {
        state[(at + i) / 8] ^= (uint64_t)data[i] << (8 * ((at + i) % 8));
    }
    for (; i + 8 <= size; i += 8) {
        uint64_t word = 0;
        for (size_t j = 0; j < 8; j++) {
            word |= (uint64_t)data[i + j] << (8 * j); /* one load where bytes are little-endian */
        }
        state[(at + i) / 8] ^= word;
    }
    for (; i < size; i++) {
        state[(at + i) / 8] ^= (uint64_t)data[i] << (8 * ((at + i) % 8));
    }
}

void chevm_keccak_update(chevm_keccak *hash, const uint8_t *data, size_t size) {
    CH_REQUIRE(hash->used_bytes < CHEVM_KECCAK_RATE);
    while (size > 0) {
        const size_t room = CHEVM_KECCAK_RATE - hash->used_bytes;
        const size_t part = size < room ? size : room;
        absorb(hash->state, hash->used_bytes, data, part);
        hash->used_bytes += (uint32_t)part;
        data += part;
        size -= part;
        if (hash->used_bytes == CHEVM_KECCAK_RATE) {
            build()->permute(hash->state);
            hash->used_bytes = 0;
        }
    }
}

void chevm_keccak_final(chevm_keccak *hash, uint8_t out[32]) {
    CH_REQUIRE(hash->used_bytes < CHEVM_KECCAK_RATE);
    const uint8_t first = CHEVMI_KECCAK_DOMAIN, last = 0x80;
    absorb(hash->state, hash->used_bytes, &first, 1);
    absorb(hash->state, CHEVM_KECCAK_RATE - 1, &last, 1);
    build()->permute(hash->state);
    for (size_t i = 0; i < 32; i++) {
        out[i] = (uint8_t)(hash->state[i / 8] >> (8 * (i % 8)));
    }
}
