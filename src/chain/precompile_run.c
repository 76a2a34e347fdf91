/* precompile_run.c: between the EVM's bytes and the functions of src/crypto: input of any length is
 * cut or continued by zeros where the rules say so, output goes to scratch. */
#include "precompile_run.h"

#include "precompile_gas.h"

#include "crypto/bls12381.h"
#include "crypto/bn254.h"
#include "crypto/ecrecover.h"
#include "crypto/kzg.h"
#include "crypto/modexp.h"
#include "crypto/p256.h"

#include <coldevm/hash.h>
#include <coldheap/bits.h>

#include <string.h>

static chevm_status answer(chevmi_run *run, size_t output_size) {
    run->output = run->scratch;
    run->output_size = output_size;
    return CHEVM_OK;
}

/* A hash or address of `size` bytes as a number of 32. */
static chevm_status answer_number(chevmi_run *run, size_t size) {
    memset(run->scratch, 0, 32 - size);
    return answer(run, 32);
}

/* ---- Hashes and copies ---------------------------------------------------------------------- */

chevm_status chevmi_run_identity(chevmi_run *run) {
    run->output = run->input;
    run->output_size = run->size;
    return CHEVM_OK;
}

chevm_status chevmi_run_sha256(chevmi_run *run) {
    chevm_sha256(run->scratch, run->input, run->size);
    return answer(run, 32);
}

chevm_status chevmi_run_ripemd160(chevmi_run *run) {
    chevm_ripemd160(run->scratch + 12, run->input, run->size);
    return answer_number(run, 20);
}

static void load_words(uint64_t *words, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        words[i] = ch_bits_load_le64(bytes + 8 * i);
    }
}

/* The bytes of a word in little-endian order: turning them round is its own inverse. */
static void store_words(uint8_t *bytes, const uint64_t *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint64_t word = ch_bits_load_le64(&words[i]);
        memcpy(bytes + 8 * i, &word, sizeof word);
    }
}

/* EIP-152: rounds, 4 bytes big-endian; state 64, message 128, counter 16, little-endian; flag 1. */
chevm_status chevmi_run_blake2f(chevmi_run *run) {
    const uint8_t *const input = run->input;
    if (run->size != 213 || input[212] > 1) {
        return CHEVM_PRECOMPILE_FAILURE;
    }
    const uint32_t rounds = (uint32_t)input[0] << 24 | (uint32_t)input[1] << 16 |
                            (uint32_t)input[2] << 8 | (uint32_t)input[3];
    uint64_t h[8];
    uint64_t m[16];
    uint64_t t[2];
    load_words(h, input + 4, 8);
    load_words(m, input + 68, 16);
    load_words(t, input + 196, 2);
    chevm_blake2f(h, m, t, input[212] != 0, rounds);
    store_words(run->scratch, h, 8);
    return answer(run, 64);
}

/* ---- Signatures ----------------------------------------------------------------------------- */

chevm_status chevmi_run_ecrecover(chevmi_run *run) {
    return answer(run, chevmi_ecrecover_call(run->scratch, run->input, run->size));
}

chevm_status chevmi_run_p256_verify(chevmi_run *run) {
    return answer(run, chevmi_p256_verify_call(run->scratch, run->input, run->size));
}

/* ---- BN254 ---------------------------------------------------------------------------------- */

/* Output of `size` bytes if all was well. */
static chevm_status answer_if(chevmi_run *run, bool good, size_t size) {
    return good ? answer(run, size) : CHEVM_PRECOMPILE_FAILURE;
}

#define BN254_PAIR_BYTES 192u

/* EIP-196: input is cut to `size` bytes or continued by zeros. */
static void fit(uint8_t *out, const chevmi_run *run, size_t size) {
    const size_t present = run->size < size ? run->size : size;
    if (present != 0) {
        memcpy(out, run->input, present);
    }
    memset(out + present, 0, size - present);
}

chevm_status chevmi_run_bn254_add(chevmi_run *run) {
    uint8_t in[128];
    fit(in, run, sizeof in);
    return answer_if(run, chevmi_bn254_add(run->scratch, in), 64);
}

chevm_status chevmi_run_bn254_mul(chevmi_run *run) {
    uint8_t in[96];
    fit(in, run, sizeof in);
    return answer_if(run, chevmi_bn254_mul(run->scratch, in), 64);
}

chevm_status chevmi_run_bn254_pairing(chevmi_run *run) {
    bool one = false;
    const bool good = run->size % BN254_PAIR_BYTES == 0 &&
                      chevmi_bn254_pairing(&one, run->input, run->size / BN254_PAIR_BYTES);
    if (!good) {
        return CHEVM_PRECOMPILE_FAILURE;
    }
    memset(run->scratch, 0, 31);
    run->scratch[31] = one;
    return answer(run, 32);
}

/* ---- BLS12-381 ------------------------------------------------------------------------------ */

chevm_status chevmi_run_point_evaluation(chevmi_run *run) {
    const bool good = run->size == CHEVMI_KZG_INPUT_BYTES &&
                      chevmi_kzg_point_evaluation(run->scratch, run->input);
    return answer_if(run, good, CHEVMI_KZG_OUTPUT_BYTES);
}

chevm_status chevmi_run_bls_g1_add(chevmi_run *run) {
    const bool good =
        run->size == 2 * CHEVMI_BLS_G1_BYTES && chevmi_bls_g1_add(run->scratch, run->input);
    return answer_if(run, good, CHEVMI_BLS_G1_BYTES);
}

chevm_status chevmi_run_bls_g2_add(chevmi_run *run) {
    const bool good =
        run->size == 2 * CHEVMI_BLS_G2_BYTES && chevmi_bls_g2_add(run->scratch, run->input);
    return answer_if(run, good, CHEVMI_BLS_G2_BYTES);
}

/* The result stands before the scratch of the sums, in both groups. */
#define MSM_RESULT_BYTES  CHEVMI_BLS_G2_BYTES
#define MSM_SCRATCH_BYTES (MSM_RESULT_BYTES + CHEVMI_BLS_MSM_SCRATCH_BYTES)

chevm_status chevmi_run_bls_g1_msm(chevmi_run *run) {
    const size_t terms = run->size / CHEVMI_BLS_G1_TERM_BYTES;
    const bool good =
        terms != 0 && run->size % CHEVMI_BLS_G1_TERM_BYTES == 0 &&
        chevmi_bls_g1_msm(run->scratch, run->input, terms, run->scratch + MSM_RESULT_BYTES,
                          run->scratch_size - MSM_RESULT_BYTES);
    return answer_if(run, good, CHEVMI_BLS_G1_BYTES);
}

chevm_status chevmi_run_bls_g2_msm(chevmi_run *run) {
    const size_t terms = run->size / CHEVMI_BLS_G2_TERM_BYTES;
    const bool good =
        terms != 0 && run->size % CHEVMI_BLS_G2_TERM_BYTES == 0 &&
        chevmi_bls_g2_msm(run->scratch, run->input, terms, run->scratch + MSM_RESULT_BYTES,
                          run->scratch_size - MSM_RESULT_BYTES);
    return answer_if(run, good, CHEVMI_BLS_G2_BYTES);
}

chevm_status chevmi_run_bls_pairing(chevmi_run *run) {
    const size_t pairs = run->size / CHEVMI_BLS_PAIR_BYTES;
    const bool good = pairs != 0 && run->size % CHEVMI_BLS_PAIR_BYTES == 0 &&
                      chevmi_bls_pairing_check(run->scratch, run->input, pairs);
    return answer_if(run, good, 32);
}

chevm_status chevmi_run_bls_map_g1(chevmi_run *run) {
    const bool good = run->size == 64 && chevmi_bls_map_fp_to_g1(run->scratch, run->input);
    return answer_if(run, good, CHEVMI_BLS_G1_BYTES);
}

chevm_status chevmi_run_bls_map_g2(chevmi_run *run) {
    const bool good = run->size == 128 && chevmi_bls_map_fp2_to_g2(run->scratch, run->input);
    return answer_if(run, good, CHEVMI_BLS_G2_BYTES);
}

/* ---- Modular exponentiation ----------------------------------------------------------------- */

typedef struct modexp_input {
    chevmi_span base, exponent, modulus;
} modexp_input;

/* The number of 32 bytes at `offset`, cut to 64 bits; which no gas pays for. */
static uint64_t length_at(const chevmi_run *run, size_t offset) {
    uint64_t length = 0;
    bool large = false;
    for (size_t i = 0; i < 32; i++) {
        const uint8_t byte = offset + i < run->size ? run->input[offset + i] : 0;
        large |= i < 24 && byte != 0;
        length = length << 8 | byte;
    }
    return large ? UINT64_MAX : length;
}

/* `size` bytes of the input from *offset on, which moves behind them. */
static chevmi_span part_of(const chevmi_run *run, uint64_t *offset, uint64_t size) {
    chevmi_span span = {NULL, 0, size};
    if (*offset < run->size) {
        const size_t rest = run->size - (size_t)*offset;
        span.bytes = run->input + *offset;
        span.present = rest < size ? rest : (size_t)size;
    }
    *offset = *offset > UINT64_MAX - size ? UINT64_MAX : *offset + size;
    return span;
}

static modexp_input parse(const chevmi_run *run) {
    uint64_t offset = 96;
    modexp_input in;
    in.base = part_of(run, &offset, length_at(run, 0));
    in.exponent = part_of(run, &offset, length_at(run, 32));
    in.modulus = part_of(run, &offset, length_at(run, 64));
    return in;
}

static size_t whole_lines(uint64_t size) {
    return (size_t)((size + CHEVM_PRECOMPILE_ALIGN - 1) & ~(uint64_t)(CHEVM_PRECOMPILE_ALIGN - 1));
}

/* Output of a modulus of so many bytes and the memory to make it; SIZE_MAX if that is too much. */
static size_t modexp_scratch(uint64_t modulus_size, uint64_t exponent_bits) {
    const size_t work = chevmi_modexp_workspace(modulus_size, exponent_bits);
    return work > SIZE_MAX / 2 ? SIZE_MAX : whole_lines(modulus_size) + work;
}

static chevm_status raise(chevmi_run *run, const modexp_input *in) {
    if (in->modulus.size == 0) {
        return answer(run, 0);
    }
    if (in->exponent.size > CHEVMI_SPAN_MAX || in->base.size > CHEVMI_SPAN_MAX ||
        in->modulus.size > CHEVMI_SPAN_MAX ||
        modexp_scratch(in->modulus.size, chevmi_span_bits(&in->exponent)) > run->scratch_size) {
        return CHEVM_MEMORY_LIMIT_EXCEEDED;
    }
    uint8_t *const work = run->scratch + whole_lines(in->modulus.size);
    chevmi_modexp(run->scratch, &in->base, &in->exponent, &in->modulus, (uint64_t *)(void *)work);
    return answer(run, (size_t)in->modulus.size);
}

chevm_status chevmi_run_modexp(chevmi_run *run) {
    const modexp_input in = parse(run);
    return raise(run, &in);
}

chevm_status chevmi_run_modexp_7823(chevmi_run *run) {
    const modexp_input in = parse(run);
    if (in.base.size > 1024 || in.exponent.size > 1024 || in.modulus.size > 1024) {
        return CHEVM_PRECOMPILE_FAILURE;
    }
    return raise(run, &in);
}

/* For each step of the window: the shortest exponent of the step leaves most gas for operands. */
static size_t modexp_scratch_for(uint64_t gas_limit) {
    size_t most = 0;
    for (uint64_t bits = 1; bits != 0; bits = chevmi_modexp_window_step(bits)) {
        const uint64_t operand = chevmi_gas_modexp_operand_max(gas_limit, bits == 1 ? 1 : bits - 1);
        const size_t needed = modexp_scratch(operand, bits);
        most = needed > most ? needed : most;
    }
    return most;
}

/* ---- Memory --------------------------------------------------------------------------------- */

static size_t modexp_need(const uint8_t *input, size_t size) {
    const chevmi_run run = {.input = input, .size = size};
    const modexp_input in = parse(&run);
    if (in.modulus.size == 0) {
        return 0;
    }
    if (in.exponent.size > CHEVMI_SPAN_MAX || in.base.size > CHEVMI_SPAN_MAX ||
        in.modulus.size > CHEVMI_SPAN_MAX) {
        return SIZE_MAX;
    }
    return modexp_scratch(in.modulus.size, chevmi_span_bits(&in.exponent));
}

size_t chevm_precompile_need(chevm_precompile precompile, const uint8_t *input, size_t size) {
    switch (precompile) {
    case CHEVM_PRECOMPILE_NONE:
    case CHEVM_PRECOMPILE_IDENTITY:
        return 0;
    case CHEVM_PRECOMPILE_MODEXP:
        return modexp_need(input, size);
    case CHEVM_PRECOMPILE_BLS_G1_MSM:
    case CHEVM_PRECOMPILE_BLS_G2_MSM:
        return MSM_SCRATCH_BYTES;
    case CHEVM_PRECOMPILE_BLS_G1_ADD:
    case CHEVM_PRECOMPILE_BLS_MAP_G1:
        return CHEVMI_BLS_G1_BYTES;
    case CHEVM_PRECOMPILE_BLS_G2_ADD:
    case CHEVM_PRECOMPILE_BLS_MAP_G2:
        return CHEVMI_BLS_G2_BYTES;
    default:
        return CHEVMI_KZG_OUTPUT_BYTES; /* outputs of 32 or 64 bytes */
    }
}

/* Any number of terms of a sum take the same, and all but MODEXP take less. */
size_t chevm_precompile_scratch(uint64_t gas_limit) {
    const size_t modexp = modexp_scratch_for(gas_limit);
    return modexp > MSM_SCRATCH_BYTES ? modexp : MSM_SCRATCH_BYTES;
}
