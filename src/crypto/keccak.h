/** keccak.h: the builds of Keccak and how one is picked; internal to src/crypto.
 *
 *  The one idea: a build is a whole hash, not only a permutation, so that each can move bytes into
 *  its own registers without a detour through memory. */
#ifndef CHEVMI_KECCAK_H
#define CHEVMI_KECCAK_H

#include <coldevm/hash.h>

#define CHEVMI_KECCAK_DOMAIN 0x01u /* first padding byte of Keccak-256; SHA3-256 has 0x06 */
#define CHEVMI_KECCAK_ROUNDS 24u
#define CHEVMI_KECCAK_LANES  25u

typedef struct chevmi_keccak_build {
    const char *name;
    unsigned features; /* bits of num/cpu.h that the build needs */
    /** Keccak-f[1600] in place; lane (x, y) is state[x + 5 y]. */
    void (*permute)(uint64_t state[CHEVMI_KECCAK_LANES]);
    /** The 32-byte hash of data with the first padding byte given; out may lie inside data. */
    void (*hash)(uint8_t out[32], const uint8_t *data, size_t size, uint8_t domain);
    /** Keccak-256 of 1 to 8 messages side by side; NULL if one after the other is as good. */
    void (*eight)(const chevm_keccak_job *jobs, size_t count);
} chevmi_keccak_build;

#define CHEVMI_KECCAK_EIGHT     8u
#define CHEVMI_KECCAK_EIGHT_MIN 3u /* fewer messages are faster one after the other */

/** keccak_eight.c: for builds with AVX-512. */
void chevmi_keccak_eight(const chevm_keccak_job *jobs, size_t count);

/** The builds there are, the fastest first; the last one runs anywhere. */
#if defined(__x86_64__) && defined(__GNUC__)
#define CHEVMI_KECCAK_ROWS(X) X(chevmi_keccak_avx512) X(chevmi_keccak_bmi2) X(chevmi_keccak_plain)
#else
#define CHEVMI_KECCAK_ROWS(X) X(chevmi_keccak_plain)
#endif

#define CHEVMI_KECCAK_DECLARE(name) extern const chevmi_keccak_build name;
CHEVMI_KECCAK_ROWS(CHEVMI_KECCAK_DECLARE)
#undef CHEVMI_KECCAK_DECLARE

/** chevmi_keccak_select makes the first build whose needs are all in `features` the current one
 *  and returns it. Tests use it to walk all builds. */
const chevmi_keccak_build *chevmi_keccak_select(unsigned features);

/** Round constants, padded so that a whole vector may be read from any of them. */
extern const uint64_t chevmi_keccak_round_constants[CHEVMI_KECCAK_ROUNDS + 8];

#endif
