/** modexp.h: base ^ exponent mod modulus for numbers of any length, in the caller's memory;
 * internal to the library (EIP-198's arithmetic; what it costs is src/chain/precompile_gas.c's
 * matter).
 *
 *   modulus = odd * 2^k      odd part: Montgomery, sliding window
 *                            2^k: truncated products; joined by the Chinese remainder theorem
 *
 *  Nothing here hides timing. Pure functions; chevmi_modexp_select picks the build of the products
 *  (called by chevm_hash_init). docs/design/036 has the choices and figures. */
#ifndef CHEVMI_MODEXP_H
#define CHEVMI_MODEXP_H

#include <coldheap/base.h>

/** A big-endian number of `size` bytes: `present` of them at `bytes`, zeros behind, as the input of
 *  the precompile is continued by zeros. bytes may be NULL if present is 0. */
typedef struct chevmi_span {
    const uint8_t *bytes;
    size_t present; /* <= size */
    uint64_t size;
} chevmi_span;

/** Longest number, in bytes; a longer exponent would take longer than anyone lives. */
#define CHEVMI_SPAN_MAX ((uint64_t)1 << 60)

/** chevmi_span_bits is the number's length in bits, 0 for 0.
 *  Requires: size <= CHEVMI_SPAN_MAX. */
uint64_t chevmi_span_bits(const chevmi_span *number);

/** chevmi_modexp_workspace is the memory in bytes that chevmi_modexp needs for a modulus of so many
 *  bytes and an exponent of at most so many bits; it grows with both. SIZE_MAX if it is larger. */
size_t chevmi_modexp_workspace(uint64_t modulus_size, uint64_t exponent_bits);

/** chevmi_modexp_window_step: the workspace grows with the exponent in steps; given the first
 * length in bits of one step (1 is the first), the first length of the next, 0 behind the last. */
uint64_t chevmi_modexp_window_step(uint64_t exponent_bits);

/** chevmi_modexp writes base ^ exponent mod modulus to out[0..modulus.size), big-endian; 0 for a
 *  modulus of 0. 0 ^ 0 is 1.
 *  Requires: sizes <= CHEVMI_SPAN_MAX; work of chevmi_modexp_workspace(modulus size, exponent bits)
 *  bytes, aligned to 8; out overlaps nothing.
 *  Cost:     exponent bits * (modulus limbs)^2, and base limbs * modulus limbs. */
void chevmi_modexp(uint8_t *out, const chevmi_span *base, const chevmi_span *exponent,
                   const chevmi_span *modulus, uint64_t *work);

#endif
