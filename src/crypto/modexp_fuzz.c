/* modexp_fuzz.c: the input is three lengths and the numbers; every build must give what plain C
 * gives, and GMP where there is one, in exactly the memory it asked for. */
#include "field256.h"
#include "modexp.h"
#include "modexp_kernel.h"

#include "num/cpu.h"

#include "fuzz.h"

#include <string.h>

#if defined(CHEVM_TEST_GMP)
#include <gmp.h>
#endif

#define OPERAND_MAX  160u
#define EXPONENT_MAX 48u

static uint64_t work[8192];

static void run(uint8_t *out, const chevmi_span spans[3]) {
    const size_t bytes = chevmi_modexp_workspace(spans[2].size, chevmi_span_bits(&spans[1]));
    CH_REQUIRE(bytes < sizeof work);
    work[bytes / 8] = 0x5ca1ab1e;
    chevmi_modexp(out, &spans[0], &spans[1], &spans[2], work);
    CH_REQUIRE(work[bytes / 8] == 0x5ca1ab1e);
}

#if defined(CHEVM_TEST_GMP)
static void check_outside(const uint8_t *got, const chevmi_span spans[3]) {
    uint8_t want[OPERAND_MAX] = {0};
    mpz_t number[3];
    for (unsigned i = 0; i < 3; i++) {
        mpz_init(number[i]);
        mpz_import(number[i], spans[i].present, 1, 1, 0, 0, spans[i].bytes);
        mpz_mul_2exp(number[i], number[i], 8 * (spans[i].size - spans[i].present));
    }
    if (mpz_sgn(number[2]) != 0) {
        mpz_powm(number[0], number[0], number[1], number[2]);
        const size_t length = mpz_sgn(number[0]) == 0 ? 0 : (mpz_sizeinbase(number[0], 2) + 7) / 8;
        mpz_export(want + spans[2].size - length, NULL, 1, 1, 0, 0, number[0]);
    }
    CH_REQUIRE(memcmp(got, want, (size_t)spans[2].size) == 0);
    for (unsigned i = 0; i < 3; i++) {
        mpz_clear(number[i]);
    }
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const chevmi_modexp_kernel *const builds[] = {
#define BUILD_ADDRESS(name) &name,
        CHEVMI_MODEXP_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
    };
    static const size_t limits[3] = {OPERAND_MAX, EXPONENT_MAX, OPERAND_MAX};
    chevmi_span spans[3];
    uint8_t want[OPERAND_MAX], got[OPERAND_MAX];
    if (size < 3) {
        return 0;
    }
    const uint8_t *at = data + 3;
    size -= 3;
    for (unsigned i = 0; i < 3; i++) {
        const size_t whole = data[i] % (limits[i] + 1);
        const size_t present = whole < size ? whole : size;
        spans[i] = (chevmi_span){at, present, whole};
        at += present;
        size -= present;
    }
    (void)chevmi_field256_select(false);
    (void)chevmi_modexp_select(0);
    run(want, spans);
#if defined(CHEVM_TEST_GMP)
    check_outside(want, spans);
#endif
    const unsigned features = chevmi_cpu_features();
    (void)chevmi_field256_select(true);
    for (size_t i = 0; i < sizeof builds / sizeof builds[0]; i++) {
        if ((builds[i]->features & ~features) == 0) {
            (void)chevmi_modexp_select(builds[i]->features);
            run(got, spans);
            CH_REQUIRE(memcmp(got, want, (size_t)spans[2].size) == 0);
        }
    }
    return 0;
}
