/* hash.c: picks the builds of all hashes and fields at once. */
#include <coldevm/hash.h>
#include <coldevm/u256.h>

#include "blake2f.h"
#include "field256.h"
#include "keccak.h"

#include "num/cpu.h"

void chevm_hash_init(void) {
    const unsigned features = chevmi_cpu_features();
    chevm_num_init();
    (void)chevmi_keccak_select(features);
    (void)chevmi_blake2f_select(features);
    chevmi_field256_init();
}
