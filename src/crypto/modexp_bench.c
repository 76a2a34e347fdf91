/* Powers with a full exponent by lengths, odd and even moduli, GMP and OpenSSL beside ours where
 * they are installed. Targets: spec performance.md section 2. */
#include "field256.h"
#include "modexp.h"
#include "modexp_kernel.h"

#include "num/cpu.h"

#include "bench.h"

#include <string.h>

#if defined(CHEVM_TEST_GMP)
#include <gmp.h>
#endif
#if defined(CHEVM_TEST_OPENSSL)
#include <openssl/bn.h>
#endif

#define OPERAND_MAX 1024u

typedef struct power_work {
    const chevmi_modexp_kernel *build;
    size_t size, exponent_size;
    uint8_t base[OPERAND_MAX], exponent[OPERAND_MAX], modulus[OPERAND_MAX], out[OPERAND_MAX];
} power_work;

static uint64_t memory[16384];

static uint64_t digest(const uint8_t *bytes, size_t size) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    }
    return hash;
}

static uint64_t own(void *context, uint64_t iterations) {
    power_work *const work = context;
    const chevmi_span base = {work->base, work->size, work->size};
    const chevmi_span exponent = {work->exponent, work->exponent_size, work->exponent_size};
    const chevmi_span modulus = {work->modulus, work->size, work->size};
    (void)chevmi_modexp_select(work->build->features);
    (void)chevmi_field256_select(work->build->features != 0);
    for (uint64_t i = 0; i < iterations; i++) {
        chevmi_modexp(work->out, &base, &exponent, &modulus, memory);
    }
    return digest(work->out, work->size);
}

#if defined(CHEVM_TEST_GMP)
static uint64_t gmp(void *context, uint64_t iterations) {
    power_work *const work = context;
    mpz_t base, exponent, modulus, power;
    mpz_inits(base, exponent, modulus, power, NULL);
    for (uint64_t i = 0; i < iterations; i++) {
        mpz_import(base, work->size, 1, 1, 0, 0, work->base);
        mpz_import(exponent, work->exponent_size, 1, 1, 0, 0, work->exponent);
        mpz_import(modulus, work->size, 1, 1, 0, 0, work->modulus);
        mpz_powm(power, base, exponent, modulus);
        memset(work->out, 0, work->size);
        const size_t length = mpz_sgn(power) == 0 ? 0 : (mpz_sizeinbase(power, 2) + 7) / 8;
        mpz_export(work->out + work->size - length, NULL, 1, 1, 0, 0, power);
    }
    mpz_clears(base, exponent, modulus, power, NULL);
    return digest(work->out, work->size);
}
#endif

#if defined(CHEVM_TEST_OPENSSL)
static uint64_t openssl(void *context, uint64_t iterations) {
    power_work *const work = context;
    BN_CTX *const pool = BN_CTX_new();
    BIGNUM *const power = BN_new();
    for (uint64_t i = 0; i < iterations; i++) {
        BIGNUM *const base = BN_bin2bn(work->base, (int)work->size, NULL);
        BIGNUM *const exponent = BN_bin2bn(work->exponent, (int)work->exponent_size, NULL);
        BIGNUM *const modulus = BN_bin2bn(work->modulus, (int)work->size, NULL);
        (void)BN_mod_exp(power, base, exponent, modulus, pool);
        (void)BN_bn2binpad(power, work->out, (int)work->size);
        BN_free(base);
        BN_free(exponent);
        BN_free(modulus);
    }
    BN_free(power);
    BN_CTX_free(pool);
    return digest(work->out, work->size);
}
#endif

/* `zeros` bytes at the end of the modulus are 0. target_ns 0: none. */
static void measure(size_t size, size_t exponent_size, size_t zeros, double target_ns) {
    static power_work works[2];
    const chevmi_modexp_kernel *builds[2] = {&chevmi_modexp_plain, NULL};
#if defined(__x86_64__) && defined(__GNUC__)
    if ((chevmi_modexp_adx.features & ~chevmi_cpu_features()) == 0) {
        builds[0] = &chevmi_modexp_adx;
        builds[1] = &chevmi_modexp_plain;
    }
#endif
    power_work *const work = &works[0];
    *work = (power_work){.build = builds[0], .size = size, .exponent_size = exponent_size};
    for (size_t i = 0; i < size; i++) {
        work->base[i] = (uint8_t)ch_bench_random();
        work->modulus[i] = i + zeros < size ? (uint8_t)ch_bench_random() : 0;
    }
    for (size_t i = 0; i < exponent_size; i++) {
        work->exponent[i] = (uint8_t)ch_bench_random();
    }
    work->modulus[0] |= 0x80;
    work->exponent[0] |= 0x80;
    work->modulus[size - zeros - 1] |= 1;
    ch_bench_check_iterations(1);
    ch_bench_add(builds[0]->name + strlen("chevmi_modexp_"), own, work);
    ch_bench_expect_no_heap();
    if (builds[1] != NULL) {
        works[1] = works[0];
        works[1].build = builds[1];
        ch_bench_add("plain", own, &works[1]);
        ch_bench_expect_no_heap();
    }
#if defined(CHEVM_TEST_GMP)
    ch_bench_add("gmp", gmp, work);
#endif
#if defined(CHEVM_TEST_OPENSSL)
    ch_bench_add("openssl", openssl, work);
#endif
    if (target_ns != 0 && builds[1] != NULL) {
        ch_bench_target("full exponent, odd modulus", target_ns);
    }
    (void)ch_bench_run();
}

#define MEASURE(name, size, exponent_size, zeros, target)                                          \
    BENCH_GROUP(name) {                                                                            \
        measure((size), (exponent_size), (zeros), (target));                                       \
    }

MEASURE(modexp_8, 8, 8, 0, 0)
MEASURE(modexp_32, 32, 32, 0, 8e3)
MEASURE(modexp_48, 48, 48, 0, 0)
MEASURE(modexp_64, 64, 64, 0, 0)
MEASURE(modexp_72, 72, 72, 0, 0)
MEASURE(modexp_128, 128, 128, 0, 450e3)
MEASURE(modexp_256, 256, 256, 0, 3300e3)
MEASURE(modexp_512, 512, 512, 0, 0)
MEASURE(modexp_1024, 1024, 1024, 0, 170e6)
MEASURE(modexp_256_by_65537, 256, 3, 0, 0)
MEASURE(modexp_32_half_even, 32, 32, 16, 0)
MEASURE(modexp_256_half_even, 256, 256, 128, 0)
MEASURE(modexp_256_slightly_even, 256, 256, 1, 0)
