/* bls12381_fuzz.c: any bytes into each of the seven precompiles. The first byte picks one, the
 * second may mend the input so that it gets past the first checks: points of the subgroup in the
 * place of some, chosen by the bytes that stood there. Whatever is accepted answers in canonical
 * form, and a sum of terms equals the sum taken in two halves. */
#include "bls12381_rig.h"

#include "fuzz.h"

#define BYTES_MAX 2880u /* ten terms of G2 */

static uint64_t scratch[CHEVMI_BLS_MSM_SCRATCH_BYTES / 8];
static uint64_t stream;

static uint64_t next(void) {
    stream = stream * 6364136223846793005u + 1442695040888963407u;
    return stream >> 33;
}

static void mend(uint8_t *in, size_t size, size_t unit, uint8_t how) {
    for (size_t at = 0; at + unit <= size; at += unit) {
        memcpy(&stream, in + at + 20, sizeof stream);
        if ((how >> (at / unit % 8) & 1) == 0) {
            continue;
        }
        if (unit == 256 || unit == 160) {
            rig_g1(in + at);
        } else if (unit == 64 || unit == 128) {
            memset(in + at, 0, 16);
        } else if (unit == 384) {
            rig_g1(in + at);
            rig_g2(in + at + CHEVMI_BLS_G1_BYTES);
        } else {
            rig_g2(in + at);
        }
    }
}

static void check_g1_sum(const uint8_t *in, size_t count) {
    uint8_t whole[CHEVMI_BLS_G1_BYTES], halves[2 * CHEVMI_BLS_G1_BYTES];
    const size_t first = count / 2;
    blst_p1_affine point;
    if (!chevmi_bls_g1_msm(whole, in, count, scratch, sizeof scratch)) {
        return;
    }
    CH_REQUIRE(chevmi_bls_p1_decode_in_group(&point, whole));
    if (first != 0) {
        CH_REQUIRE(chevmi_bls_g1_msm(halves, in, first, scratch, sizeof scratch));
        CH_REQUIRE(chevmi_bls_g1_msm(halves + CHEVMI_BLS_G1_BYTES,
                                     in + first * CHEVMI_BLS_G1_TERM_BYTES, count - first, scratch,
                                     sizeof scratch));
        CH_REQUIRE(chevmi_bls_g1_add(halves, halves));
        CH_REQUIRE(memcmp(halves, whole, sizeof whole) == 0);
    }
}

static void check_g2_sum(const uint8_t *in, size_t count) {
    uint8_t whole[CHEVMI_BLS_G2_BYTES], halves[2 * CHEVMI_BLS_G2_BYTES];
    const size_t first = count / 2;
    blst_p2_affine point;
    if (!chevmi_bls_g2_msm(whole, in, count, scratch, sizeof scratch)) {
        return;
    }
    CH_REQUIRE(chevmi_bls_p2_decode_in_group(&point, whole));
    if (first != 0) {
        CH_REQUIRE(chevmi_bls_g2_msm(halves, in, first, scratch, sizeof scratch));
        CH_REQUIRE(chevmi_bls_g2_msm(halves + CHEVMI_BLS_G2_BYTES,
                                     in + first * CHEVMI_BLS_G2_TERM_BYTES, count - first, scratch,
                                     sizeof scratch));
        CH_REQUIRE(chevmi_bls_g2_add(halves, halves));
        CH_REQUIRE(memcmp(halves, whole, sizeof whole) == 0);
    }
}

static void run(unsigned which, const uint8_t *in, size_t count) {
    uint8_t out[CHEVMI_BLS_G2_BYTES];
    blst_p1_affine p1;
    blst_p2_affine p2;
    switch (which) {
    case 0:
        CH_REQUIRE(count == 0 || !chevmi_bls_g1_add(out, in) || chevmi_bls_p1_decode(&p1, out));
        break;
    case 1:
        check_g1_sum(in, count);
        break;
    case 2:
        CH_REQUIRE(count == 0 || !chevmi_bls_g2_add(out, in) || chevmi_bls_p2_decode(&p2, out));
        break;
    case 3:
        check_g2_sum(in, count);
        break;
    case 4:
        CH_REQUIRE(!chevmi_bls_pairing_check(out, in, count) || out[31] <= 1);
        break;
    case 5:
        CH_REQUIRE(count == 0 || !chevmi_bls_map_fp_to_g1(out, in) ||
                   chevmi_bls_p1_decode_in_group(&p1, out));
        break;
    default:
        CH_REQUIRE(count == 0 || !chevmi_bls_map_fp2_to_g2(out, in) ||
                   chevmi_bls_p2_decode_in_group(&p2, out));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const size_t units[] = {256, 160, 512, 288, 384, 64, 128};
    uint8_t in[BYTES_MAX];
    if (size < 2) {
        return 0;
    }
    const unsigned which = data[0] % 7;
    const uint8_t how = data[1];
    data += 2, size -= 2;
    size = size < BYTES_MAX ? size : BYTES_MAX;
    memcpy(in, data, size);
    rig_random = next;
    mend(in, size, which == 2 ? 256 + 256 : units[which], how);
    run(which, in, size / units[which]);
    return 0;
}
