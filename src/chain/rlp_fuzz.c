/* rlp_fuzz.c: any bytes are judged as the slow judge does (rlp_rig.h), and what is accepted is read
 * item by item and written again: the same bytes must come out. */
#include "rlp_rig.h"

#include "fuzz.h"

#define DEPTH 32u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t again[RLP_RIG_SIZE_MAX];
    if (size > RLP_RIG_SIZE_MAX) {
        size = RLP_RIG_SIZE_MAX;
    }
    const chevm_rlp_status status = chevm_rlp_check(data, size, DEPTH);
    (void)chevm_rlp_check(data, size, CHEVM_RLP_DEPTH_MAX);
    if (status == CHEVM_RLP_TOO_DEEP) {
        return 0; /* the judge is recursive */
    }
    if (status != CHEVM_RLP_OK) {
        /* A depth the judge's stack bears: what was refused for another reason before. */
        CH_REQUIRE(size > 512 || !rlp_rig_canonical(data, size));
        return 0;
    }
    CH_REQUIRE(rlp_rig_canonical(data, size));
    chevm_rlp_reader reader;
    chevm_rlp_item item;
    chevm_rlp_reader_init(&reader, data, size);
    CH_REQUIRE(chevm_rlp_next(&reader, &item) == CHEVM_RLP_OK);
    CH_REQUIRE(rlp_rig_copy(again, &item) == again + size);
    CH_REQUIRE(memcmp(again, data, size) == 0);
    return 0;
}
