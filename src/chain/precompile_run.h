/* precompile_run.h: what a precompile does once it is paid for, one function each; internal to
 * src/chain. */
#ifndef CHEVMI_PRECOMPILE_RUN_H
#define CHEVMI_PRECOMPILE_RUN_H

#include <coldevm/precompile.h>

/* One run: its input, its memory, and its output in either. */
typedef struct chevmi_run {
    const uint8_t *input;
    size_t size;
    uint8_t *scratch;
    size_t scratch_size;
    const uint8_t *output;
    size_t output_size;
} chevmi_run;

/* Answers OK, PRECOMPILE_FAILURE or MEMORY_LIMIT_EXCEEDED. */
typedef chevm_status chevmi_run_function(chevmi_run *run);

chevmi_run_function chevmi_run_ecrecover;
chevmi_run_function chevmi_run_sha256;
chevmi_run_function chevmi_run_ripemd160;
chevmi_run_function chevmi_run_identity;
chevmi_run_function chevmi_run_modexp;      /* any length that scratch holds */
chevmi_run_function chevmi_run_modexp_7823; /* at most 1024 bytes each */
chevmi_run_function chevmi_run_bn254_add;
chevmi_run_function chevmi_run_bn254_mul;
chevmi_run_function chevmi_run_bn254_pairing;
chevmi_run_function chevmi_run_blake2f;
chevmi_run_function chevmi_run_point_evaluation;
chevmi_run_function chevmi_run_bls_g1_add;
chevmi_run_function chevmi_run_bls_g1_msm;
chevmi_run_function chevmi_run_bls_g2_add;
chevmi_run_function chevmi_run_bls_g2_msm;
chevmi_run_function chevmi_run_bls_pairing;
chevmi_run_function chevmi_run_bls_map_g1;
chevmi_run_function chevmi_run_bls_map_g2;
chevmi_run_function chevmi_run_p256_verify;

#endif
