/* precompile_run.h: what a precompile does once it is paid for, one function each; internal to
 * src/chain. */
#ifndef CHEVMI_PRECOMPILE_RUN_H
#define CHEVMI_PRECOMPILE_RUN_H

#include <coldevm/precompile.h>

/* Least scratch of every run; only functions that need more look at scratch_size. */
#define CHEVMI_RUN_SCRATCH_MIN 256u

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
chevmi_run_function chevmi_run_blake2f;
#define chevmi_run_absent NULL

#endif
