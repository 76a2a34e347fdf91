/* power.c: EXP. */
#include <coldevm/u256.h>

void chevm_u256_exp(chevm_u256 *out, const chevm_u256 *base, const chevm_u256 *exponent) {
    chevm_u256 result, b, e;
    chevm_u256_set_u64(&result, 1);
    chevm_u256_copy(&b, base);
    chevm_u256_copy(&e, exponent);
    for (unsigned i = chevm_u256_bit_length(&e); i-- > 0;) {
        chevm_u256_mul(&result, &result, &result);
        if (e.limbs[i >> 6] >> (i & 63u) & 1u) {
            chevm_u256_mul(&result, &result, &b);
        }
    }
    chevm_u256_copy(out, &result);
}
