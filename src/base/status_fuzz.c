/* Any integer as a status is answered with a name and a sentence. */
#include <coldheap/base.h>
#include <coldheap/status.h>

#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int value = 0;
    memcpy(&value, data, size < sizeof value ? size : sizeof value);
    CH_REQUIRE(strncmp(ch_status_name((ch_status)value), "CH_", 3) == 0);
    CH_REQUIRE(ch_status_text((ch_status)value)[0] != 0);
    return 0;
}
