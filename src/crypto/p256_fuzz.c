/* p256_fuzz.c: the input is a call as it stands, then a private key, a nonce, a hash and where to
 * damage: both sets of kernels must say the same, a signature made of those must be accepted, and
 * no longer after a change of one bit. */
#include "p256_rig.h"

#include "fuzz.h"

#define PARTS 98u

static bool verify(const uint8_t *input, size_t size) {
    uint8_t out[2][32];
    const bool borrowed = chevmi_field256_select(true);
    const size_t first = chevmi_p256_verify_call(out[0], input, size);
    (void)chevmi_field256_select(false);
    const size_t second = chevmi_p256_verify_call(out[1], input, size);
    CH_REQUIRE(first == second && (first == 0 || first == 32));
    (void)chevmi_field256_select(borrowed);
    return first == 32;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t call[CHEVMI_P256_INPUT];
    uint64_t d[4], k[4];
    (void)verify(data, size);
    if (size < PARTS) {
        return 0;
    }
    chevmi_f256_load(d, data);
    chevmi_f256_load(k, data + 32);
    if (p256_rig_sign(call, data + 64, d, k)) {
        CH_REQUIRE(verify(call, sizeof call));
        const unsigned bit = (unsigned)(data[96] << 8 | data[97]) % (8 * CHEVMI_P256_INPUT);
        call[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CH_REQUIRE(!verify(call, sizeof call));
    }
    return 0;
}
