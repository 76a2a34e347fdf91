/* hash.c: picks the builds of all hashes and fields at once. */
#include <coldevm/hash.h>
#include <coldevm/u256.h>

#include "blake2f.h"
#include "bn254.h"
#include "field256.h"
#include "keccak.h"
#include "kzg.h"
#include "modexp_kernel.h"
#include "p256_curve.h"

#include "num/cpu.h"

void chevm_hash_init(void) {
    const unsigned features = chevmi_cpu_features();
    chevm_num_init();
    (void)chevmi_keccak_select(features);
    (void)chevmi_blake2f_select(features);
    (void)chevmi_modexp_select(features);
    (void)chevmi_p256_select(features);
    chevmi_field256_init();
    chevmi_bn254_init();
    chevmi_kzg_init();
}
