/** blake2f.h: the builds of BLAKE2b's compression function; internal to src/crypto. */
#ifndef CHEVMI_BLAKE2F_H
#define CHEVMI_BLAKE2F_H

#include <coldevm/hash.h>

typedef struct chevmi_blake2f_build {
    const char *name;
    unsigned features; /* bits of num/cpu.h that the build needs */
    void (*compress)(uint64_t h[8], const uint64_t m[16], const uint64_t t[2], bool last,
                     uint32_t rounds);
} chevmi_blake2f_build;

/** The builds there are, the fastest first; the last one runs anywhere. */
#if defined(__x86_64__) && defined(__GNUC__)
#define CHEVMI_BLAKE2F_ROWS(X) X(chevmi_blake2f_avx2) X(chevmi_blake2f_plain)
#else
#define CHEVMI_BLAKE2F_ROWS(X) X(chevmi_blake2f_plain)
#endif

#define CHEVMI_BLAKE2F_DECLARE(name) extern const chevmi_blake2f_build name;
CHEVMI_BLAKE2F_ROWS(CHEVMI_BLAKE2F_DECLARE)
#undef CHEVMI_BLAKE2F_DECLARE

/** chevmi_blake2f_select: as chevmi_keccak_select. */
const chevmi_blake2f_build *chevmi_blake2f_select(unsigned features);

extern const uint64_t chevmi_blake2b_initial[8];

/** Message words in the order in which a round takes them, by round modulo 10. */
extern const uint8_t chevmi_blake2b_schedule[10][16];

#endif
