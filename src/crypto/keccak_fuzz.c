/* keccak_fuzz.c: the input's first byte cuts the rest into parts; hashing the parts and the whole,
 * by every build, must give one value. */
#include "keccak.h"

#include "num/cpu.h"

#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const chevmi_keccak_build *const all[] = {
#define BUILD_ADDRESS(name) &name,
        CHEVMI_KECCAK_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
    };
    if (size == 0) {
        return 0;
    }
    const size_t step = data[0] == 0 ? 1 : data[0];
    data++, size--;
    const unsigned features = chevmi_cpu_features();
    uint8_t want[32], got[32];
    chevmi_keccak_plain.hash(want, data, size, CHEVMI_KECCAK_DOMAIN);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if ((all[i]->features & ~features) != 0) {
            continue;
        }
        chevmi_keccak_select(all[i]->features);
        chevm_keccak256(got, data, size);
        CH_REQUIRE(memcmp(got, want, sizeof got) == 0);
        chevm_keccak hash;
        chevm_keccak_init(&hash);
        for (size_t at = 0; at < size; at += step) {
            chevm_keccak_update(&hash, data + at, size - at < step ? size - at : step);
        }
        chevm_keccak_final(&hash, got);
        CH_REQUIRE(memcmp(got, want, sizeof got) == 0);
    }
    return 0;
}
