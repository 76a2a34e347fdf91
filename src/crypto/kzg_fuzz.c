/* kzg_fuzz.c: any bytes as an input; with the first byte odd, a valid opening with those bytes laid
 * over it by exclusive or, from the second byte's place on. What is accepted
 * must be refused with another y. */
#include "kzg_rig.h"

#include "fuzz.h"

static uint64_t stream;

static uint64_t next(void) {
    stream = stream * 6364136223846793005u + 1442695040888963407u;
    return stream >> 33;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t in[CHEVMI_KZG_INPUT_BYTES] = {0}, out[CHEVMI_KZG_OUTPUT_BYTES];
    size_t at = 0;
    if (size < 2) {
        return 0;
    }
    const uint8_t how = data[0];
    rig_random = next;
    stream = size * 257 + data[1];
    if ((how & 1) != 0) {
        rig_opening(in, how % (RIG_POWERS + 1));
        at = data[1];
    }
    for (size_t i = 2; i < size && at < sizeof in; i++, at++) {
        in[at] ^= data[i];
    }
    if ((how & 2) != 0) {
        rig_versioned_hash(in);
    }
    if ((how & 4) != 0) {
        chevmi_kzg_init();
    }
    if (chevmi_kzg_point_evaluation(out, in)) {
        in[95] ^= 1;
        CH_REQUIRE(!chevmi_kzg_point_evaluation(out, in));
    }
    return 0;
}
