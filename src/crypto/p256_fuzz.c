/* p256_fuzz.c: the input is a call as it stands, then a private key, a nonce, a hash and where to
 * damage: all ways to compute must say the same, a signature made of those must be accepted, and
 * no longer after a change of one bit. */
#include "p256_rig.h"

#include "fuzz.h"

#define PARTS 98u

static bool verify(const uint8_t *input, size_t size) {
    size_t first = 0;
    for (unsigned way = 0; way < P256_RIG_WAYS; way++) {
        uint8_t out[32];
        p256_rig_select(way);
        const size_t got = chevmi_p256_verify_call(out, input, size);
        CH_REQUIRE(way == 0 || got == first);
        CH_REQUIRE(got == 0 || (got == 32 && out[31] == 1));
        first = got;
    }
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
