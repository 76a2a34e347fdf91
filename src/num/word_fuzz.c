/* word_fuzz.c: three words and a choice out of the input; every build, with and without cache,
 * against the slow reference. Short inputs give short operands: both kinds matter. */
#include <coldevm/u256.h>

#include "fuzz.h"
#include "kernel_rig.h"
#include "reference.h"

/* The first byte says how many of the next bytes make the word. */
static chevm_u256 take_word(const uint8_t **data, size_t *size) {
    chevm_u256 word = {{0, 0, 0, 0}};
    if (*size > 0) {
        size_t length = (*data)[0] % 33u;
        (*data)++, (*size)--;
        length = length < *size ? length : *size;
        chevm_u256_from_be(&word, *data, length);
        *data += length, *size -= length;
    }
    return word;
}

static void check(const chevm_u256 *got, const chevm_u256 *want) {
    CH_REQUIRE(memcmp(got, want, sizeof *got) == 0);
}

static void check_text(const chevm_u256 *a) {
    char text[CHEVM_U256_DECIMAL_SIZE];
    chevm_u256 back;
    CH_REQUIRE(chevm_u256_from_decimal(&back, text, chevm_u256_to_decimal(text, a)));
    check(&back, a);
    CH_REQUIRE(chevm_u256_from_hex(&back, text, chevm_u256_to_hex(text, a)));
    check(&back, a);
}

/* Whatever the input is read as, writing it gives the same characters less leading zeros. */
static void check_any_text(const char *text, size_t size) {
    char written[CHEVM_U256_DECIMAL_SIZE];
    chevm_u256 word;
    if (chevm_u256_from_decimal(&word, text, size)) {
        const size_t length = chevm_u256_to_decimal(written, &word);
        CH_REQUIRE(length <= size);
        CH_REQUIRE(memcmp(text + size - length, written, length) == 0);
    }
    if (chevm_u256_from_hex(&word, text, size)) {
        const size_t length = chevm_u256_to_hex(written, &word) - 2;
        CH_REQUIRE(length <= size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static chevm_num_cache caches[KERNEL_RIG_COUNT];
    if (size > 0) {
        check_any_text((const char *)data, size);
    }
    const chevm_u256 a = take_word(&data, &size), b = take_word(&data, &size);
    const chevm_u256 m = take_word(&data, &size);
    kernel_answers want;
    chevm_u256 power, got;
    reference_divmod(&want.div, &want.mod, &a, &b);
    reference_sdivmod(&want.sdiv, &want.smod, &a, &b);
    reference_addmod(&want.addmod, &a, &b, &m);
    reference_mulmod(&want.mulmod, &a, &b, &m);
    reference_exp(&power, &a, &b);
    for (size_t i = 0; i < KERNEL_RIG_COUNT; i++) {
        if (!kernel_rig_select(i)) {
            continue;
        }
        for (unsigned call = 0; call < 3; call++) {
            const kernel_answers all = kernel_rig_answer(&a, &b, &m, call == 0 ? NULL : &caches[i]);
            check(&all.div, &want.div);
            check(&all.mod, &want.mod);
            check(&all.sdiv, &want.sdiv);
            check(&all.smod, &want.smod);
            check(&all.addmod, &want.addmod);
            check(&all.mulmod, &want.mulmod);
        }
        chevm_u256_exp(&got, &a, &b);
        check(&got, &power);
    }
    check_text(&a);
    return 0;
}
