/** kzg.h: the point evaluation precompile of EIP-4844; internal to libcoldevm.
 *
 *  Input: versioned hash (32 bytes), z (32), y (32), commitment (48), proof (48). Output: the
 * number of field elements in a blob and the modulus of their field, 32 bytes each, big-endian. No
 * heap; 39 KB of static memory for chevmi_kzg_init. Source: EIP-4844, "Point evaluation
 * precompile"; the ceremony's tau * G2 (kzg.c). */
#ifndef CHEVMI_KZG_H
#define CHEVMI_KZG_H

#include <coldheap/base.h>

#define CHEVMI_KZG_INPUT_BYTES  192u
#define CHEVMI_KZG_OUTPUT_BYTES 64u
#define CHEVMI_KZG_STACK_BYTES  (24u << 10)

/** chevmi_kzg_init prepares the two fixed points of the pairing, once; chevm_hash_init calls it.
 *  Until it is through, evaluations take a slower way; results never differ.
 *  Threads: may be called from any thread, any number of times.
 *  Cost:    about 0.3 ms, once. */
void chevmi_kzg_init(void);

/** chevmi_kzg_point_evaluation proves that the polynomial of the commitment has value y at z.
 *  Returns: true and out written, or false and out untouched: the hash is not that of the
 *           commitment, z or y is not below the modulus, commitment or proof is no point of the
 *           subgroup, or the proof does not hold. out may lie inside in.
 *  Stack:   CHEVMI_KZG_STACK_BYTES.
 *  Threads: pure.
 *  Cost:    bench kzg_point_evaluation. */
bool chevmi_kzg_point_evaluation(uint8_t out[CHEVMI_KZG_OUTPUT_BYTES],
                                 const uint8_t in[CHEVMI_KZG_INPUT_BYTES]);

#endif
