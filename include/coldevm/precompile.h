/** precompile.h: the contracts that are not code: which addresses they have in which fork, what
 * they cost, and running them.
 *
 *  Memory is the caller's: how much a run can need follows from its gas, and is asked for before
 *  anything runs. chevm_hash_init picks the fastest builds; without it results are the same.
 *  Pure functions. Stack: below 64 KiB; the machine's promise of 256 KiB covers them.
 *  Source: EIP-152, 196-198, 1108, 2537, 2565, 4844, 7823, 7883, 7951. */
#ifndef CHEVM_PRECOMPILE_H
#define CHEVM_PRECOMPILE_H

#include <coldevm/types.h>

// clang-format off
/** X(NAME, address) */
#define CHEVM_PRECOMPILE_ROWS(X)   \
    X(ECRECOVER,        0x01)      \
    X(SHA256,           0x02)      \
    X(RIPEMD160,        0x03)      \
    X(IDENTITY,         0x04)      \
    X(MODEXP,           0x05)      \
    X(BN254_ADD,        0x06)      \
    X(BN254_MUL,        0x07)      \
    X(BN254_PAIRING,    0x08)      \
    X(BLAKE2F,          0x09)      \
    X(POINT_EVALUATION, 0x0a)      \
    X(BLS_G1_ADD,       0x0b)      \
    X(BLS_G1_MSM,       0x0c)      \
    X(BLS_G2_ADD,       0x0d)      \
    X(BLS_G2_MSM,       0x0e)      \
    X(BLS_PAIRING,      0x0f)      \
    X(BLS_MAP_G1,       0x10)      \
    X(BLS_MAP_G2,       0x11)      \
    X(P256_VERIFY,      0x100)
// clang-format on

/** Values are the addresses. */
typedef enum chevm_precompile {
    CHEVM_PRECOMPILE_NONE = 0,
#define CHEVM_PRECOMPILE_ENUM(name, address) CHEVM_PRECOMPILE_##name = (address),
    CHEVM_PRECOMPILE_ROWS(CHEVM_PRECOMPILE_ENUM)
#undef CHEVM_PRECOMPILE_ENUM
} chevm_precompile;

/** Alignment of scratch. */
#define CHEVM_PRECOMPILE_ALIGN 64u

CH_API_BEGIN

/** chevm_precompile_at returns the precompile that `address` is in `fork`, NONE if it is none. */
chevm_precompile chevm_precompile_at(chevm_fork fork, const chevm_address *address);

/** chevm_precompile_name returns the row's name ("BN254_ADD"), "?" if unknown. Static. */
const char *chevm_precompile_name(chevm_precompile precompile);

/** chevm_precompile_gas is the price of a run on that input; UINT64_MAX if it is larger.
 *  Requires: precompile active in fork; input may be NULL if size is 0. */
uint64_t chevm_precompile_gas(chevm_fork fork, chevm_precompile precompile, const uint8_t *input,
                              size_t size);

/** chevm_precompile_scratch is the most scratch, in bytes, that any run of any fork with at most
 *  gas_limit gas needs: at least 249 KiB, growing with gas_limit (30,000,000: 1.3 MB).
 *  Only MODEXP's lengths are bound by gas alone: n bytes and one squaring cost n^2/320 + 24 n -
 * 9984 gas in Byzantium (n > 1024) and n^2/192 from Berlin on; Osaka takes 1024 bytes at most. See
 *  docs/design/036. */
size_t chevm_precompile_scratch(uint64_t gas_limit);

/** chevm_precompile_need is the scratch, in bytes, that a paid run on that input takes: 0 if it
 *  takes none (IDENTITY), SIZE_MAX for lengths that no gas pays for.
 *  Requires: input may be NULL if size is 0. */
size_t chevm_precompile_need(chevm_precompile precompile, const uint8_t *input, size_t size);

/** chevm_precompile_run charges and runs: OK with gas_left and output; OUT_OF_GAS or
 *  PRECOMPILE_FAILURE with no gas; MEMORY_LIMIT_EXCEEDED, a status of the machine, if scratch_size
 *  does not suffice. output points into input or scratch.
 *  Requires: precompile active in fork, gas >= 0; scratch aligned to CHEVM_PRECOMPILE_ALIGN and
 *  apart from the input, scratch_size at least chevm_precompile_scratch(0) or
 *  chevm_precompile_need of this run; chevm_precompile_scratch(gas) bytes always suffice. */
void chevm_precompile_run(chevm_fork fork, chevm_precompile precompile, const uint8_t *input,
                          size_t size, int64_t gas, uint8_t *scratch, size_t scratch_size,
                          chevm_result *result);

CH_API_END

#endif
