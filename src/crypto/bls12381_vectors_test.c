/* The published vectors of EIP-2537: go-ethereum's and the EIP's own, with COLDHEAP_FIXTURES. The
 * length of the input is judged here as the precompiles' caller will. */
#include "bls12381.h"

#include "precompile_vectors_rig.h"

static uint64_t scratch[CHEVMI_BLS_MSM_SCRATCH_BYTES / 8];

typedef enum kind { G1_ADD, G1_MSM, G2_ADD, G2_MSM, PAIRING, MAP_G1, MAP_G2 } kind;

static kind current;

/* Returns the size of the output, 0 for a failure. */
static size_t run(uint8_t *out, const uint8_t *in, size_t size) {
    static const size_t units[] = {256, 160, 512, 288, 384, 64, 128};
    const size_t count = size / units[current];
    if (count * units[current] != size) {
        return 0;
    }
    switch (current) {
    case G1_ADD:
        return count == 1 && chevmi_bls_g1_add(out, in) ? 128 : 0;
    case G1_MSM:
        return chevmi_bls_g1_msm(out, in, count, scratch, sizeof scratch) ? 128 : 0;
    case G2_ADD:
        return count == 1 && chevmi_bls_g2_add(out, in) ? 256 : 0;
    case G2_MSM:
        return chevmi_bls_g2_msm(out, in, count, scratch, sizeof scratch) ? 256 : 0;
    case PAIRING:
        return chevmi_bls_pairing_check(out, in, count) ? 32 : 0;
    case MAP_G1:
        return count == 1 && chevmi_bls_map_fp_to_g1(out, in) ? 128 : 0;
    case MAP_G2:
        return count == 1 && chevmi_bls_map_fp2_to_g2(out, in) ? 256 : 0;
    }
    return 0;
}

static void check(const vector *v) {
    uint8_t out[256];
    const size_t size = run(out, v->input, v->input_size);
    if (!CHECK_EQUAL(size, v->fails ? 0 : v->expected_size) ||
        !CHECK_BYTES(out, v->expected, v->expected_size)) {
        printf("# %s\n", v->name);
    }
}

static void expect(kind of, const char *file, size_t count) {
    current = of;
    const size_t ran = vectors_run(file, check);
    if (ran != 0 && !CHECK_EQUAL(ran, count)) {
        printf("# %s\n", file);
    }
}

TEST(bls_vectors_of_geth) {
    expect(G1_ADD, "geth/blsG1Add", 112);
    expect(G1_MSM, "geth/blsG1Mul", 11);
    expect(G1_MSM, "geth/blsG1MultiExp", 154);
    expect(G2_ADD, "geth/blsG2Add", 112);
    expect(G2_MSM, "geth/blsG2Mul", 11);
    expect(G2_MSM, "geth/blsG2MultiExp", 153);
    expect(PAIRING, "geth/blsPairing", 106);
    expect(MAP_G1, "geth/blsMapG1", 105);
    expect(MAP_G2, "geth/blsMapG2", 105);
}

TEST(bls_failing_vectors_of_geth) {
    expect(G1_ADD, "geth/fail-blsG1Add", 6);
    expect(G1_MSM, "geth/fail-blsG1Mul", 7);
    expect(G1_MSM, "geth/fail-blsG1MultiExp", 7);
    expect(G2_ADD, "geth/fail-blsG2Add", 6);
    expect(G2_MSM, "geth/fail-blsG2Mul", 7);
    expect(G2_MSM, "geth/fail-blsG2MultiExp", 7);
    expect(PAIRING, "geth/fail-blsPairing", 9);
    expect(MAP_G1, "geth/fail-blsMapG1", 5);
    expect(MAP_G2, "geth/fail-blsMapG2", 5);
}

TEST(bls_vectors_of_the_eip) {
    expect(G1_ADD, "eip2537/add_G1_bls", 9);
    expect(G2_ADD, "eip2537/add_G2_bls", 9);
    expect(G1_MSM, "eip2537/msm_G1_bls", 163);
    expect(G1_MSM, "eip2537/mul_G1_bls", 11);
    expect(G2_MSM, "eip2537/mul_G2_bls", 11);
    expect(PAIRING, "eip2537/pairing_check_bls", 15);
    expect(MAP_G1, "eip2537/map_fp_to_G1_bls", 5);
    expect(MAP_G2, "eip2537/map_fp2_to_G2_bls", 5);
}

TEST(bls_failing_vectors_of_the_eip) {
    expect(G1_ADD, "eip2537/fail-add_G1_bls", 7);
    expect(G2_ADD, "eip2537/fail-add_G2_bls", 7);
    expect(G1_MSM, "eip2537/fail-msm_G1_bls", 8);
    expect(G2_MSM, "eip2537/fail-msm_G2_bls", 8);
    expect(G1_MSM, "eip2537/fail-mul_G1_bls", 8);
    expect(G2_MSM, "eip2537/fail-mul_G2_bls", 8);
    expect(PAIRING, "eip2537/fail-pairing_check_bls", 25);
    expect(MAP_G1, "eip2537/fail-map_fp_to_G1_bls", 5);
    expect(MAP_G2, "eip2537/fail-map_fp2_to_G2_bls", 5);
}
