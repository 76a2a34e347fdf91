/* precompile_gas.h: price formulas of the precompiles. Each takes two numbers of its row, base and
 * step, and the input; UINT64_MAX stands for "more than any gas". */
#ifndef CHEVMI_PRECOMPILE_GAS_H
#define CHEVMI_PRECOMPILE_GAS_H

#include <coldevm/types.h>

typedef uint64_t chevmi_gas_function(uint64_t base, uint64_t step, const uint8_t *input,
                                     size_t size);

chevmi_gas_function chevmi_gas_words;     /* base + step for each started 32 bytes */
chevmi_gas_function chevmi_gas_pairs_192; /* base + step for each whole 192 bytes */
chevmi_gas_function chevmi_gas_pairs_384; /* the same for 384 */
chevmi_gas_function chevmi_gas_rounds;    /* the first four bytes, if there are 213 (EIP-152) */
chevmi_gas_function chevmi_gas_msm_g1; /* base per point, discounted by their number (EIP-2537) */
chevmi_gas_function chevmi_gas_msm_g2;
chevmi_gas_function chevmi_gas_modexp_198;  /* EIP-198 */
chevmi_gas_function chevmi_gas_modexp_2565; /* EIP-2565; base: least price */
chevmi_gas_function chevmi_gas_modexp_7883; /* EIP-7883; base: least price */

/* The longest operand (base or modulus, in bytes, at most 2^40) that `gas` pays for in any fork,
 * where the exponent takes `iterations` squarings, at least 1. */
uint64_t chevmi_gas_modexp_operand_max(uint64_t gas, uint64_t iterations);

#endif
