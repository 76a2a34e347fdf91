/* bn254_cases.c: random cases of EIP-196 and EIP-197 with our answers, one a line, for another
 * implementation to judge: OPERATION INPUT OUTPUT, in hex, OUTPUT "-" for a refusal. Each case is
 * answered by the next of the builds.
 *
 *   bn254_cases OPERATION COUNT SEED */
#include "crypto/bn254_rig.h"

#include <stdio.h>

#define PAIRS_MAX 5u
#define BYTES_MAX (192 * PAIRS_MAX)

static uint64_t state;

/* splitmix64 */
static uint64_t next(void) {
    uint64_t x = state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t below(uint64_t limit) {
    return next() % limit;
}

/* A point of G1: any, infinity, the one before it or its negative. */
static void random_g1(uint8_t out[64], const uint8_t *before) {
    const uint64_t kind = below(8);
    chevmi_bn_g1 a;
    if (kind == 0) {
        memset(out, 0, 64);
    } else if (kind <= 2 && before != NULL && chevmi_bn_g1_load(&a, before)) {
        if (kind == 2) {
            chevmi_bn_fp_neg(&a.y, &a.y);
        }
        chevmi_bn_g1_store(out, &a);
    } else {
        bn_rig_g1(&a, next);
        chevmi_bn_g1_store(out, &a);
    }
}

/* One case in sixteen has a bit changed, one a coordinate of the points that is p more. */
static void spoil(uint8_t *in, size_t size, size_t points_size) {
    const uint64_t kind = below(16);
    uint64_t x[4];
    if (kind == 0) {
        in[below(size)] ^= (uint8_t)(1u << below(8));
    } else if (kind == 1) {
        uint8_t *const at = in + 32 * below(points_size / 32);
        chevmi_f256_load(x, at);
        (void)chevm_limb4_add(x, x, chevmi_modulus_bn254_p.p);
        chevmi_f256_store(at, x);
    }
}

static size_t make_add(uint8_t *in) {
    random_g1(in, NULL);
    random_g1(in + 64, in);
    spoil(in, 128, 128);
    return 128;
}

/* Scalars: any, short ones, multiples of n and their neighbours. */
static size_t make_mul(uint8_t *in) {
    const uint64_t few[4] = {below(40)};
    const uint64_t kind = below(6);
    uint64_t k[4];
    random_g1(in, NULL);
    bn_rig_scalar(k, next);
    if (kind <= 1) {
        memset(k, 0, sizeof k);
        for (uint64_t i = below(6); i > 0; i--) {
            (void)chevm_limb4_add(k, k, chevmi_modulus_bn254_n.p);
        }
        (void)(kind == 0 ? chevm_limb4_add(k, k, few) : chevm_limb4_sub(k, k, few));
    } else if (kind == 2) {
        k[1 + below(3)] = k[3] = 0;
    }
    chevmi_f256_store(in + 64, k);
    spoil(in, 96, 64);
    return 96;
}

/* A point of the twist outside G2, at times of the least order there is. */
static void outside_g2(uint8_t out[128]) {
    chevmi_bn_g2 a, b;
    bn_rig_twist(&a, next);
    if (below(2) == 0) {
        uint64_t part[4], rest = 0;
        bn_rig_cofactor(part);
        for (unsigned i = 256; i-- > 0;) { /* part /= 10069 */
            const uint64_t bit = (uint64_t)1 << (i % 64);
            rest = rest << 1 | (part[i / 64] >> (i % 64) & 1);
            part[i / 64] = rest >= 10069 ? part[i / 64] | bit : part[i / 64] & ~bit;
            rest -= rest >= 10069 ? 10069 : 0;
        }
        bn_rig_mul(&b, &a, chevmi_modulus_bn254_n.p);
        bn_rig_mul(&a, &b, part);
    }
    bn_rig_store_g2(out, &a);
}

/* Pairs (k a, l b); in half of the cases the sum of the k l is 0 mod n and the product one. */
static void related_pairs(uint8_t *in, size_t count) {
    chevmi_bn_g1 a, ka;
    chevmi_bn_g2 b, lb;
    uint64_t sum[4] = {0}, k[4], l[4], product[4];
    const chevmi_modulus *const n = &chevmi_modulus_bn254_n;
    const bool is_balanced = below(2) == 0;
    bn_rig_g1(&a, next);
    bn_rig_g2(&b, next);
    for (size_t i = 0; i < count; i++) {
        memset(l, 0, sizeof l);
        l[0] = 1 + below(3);
        bn_rig_scalar(k, next);
        bn_rig_mod_n(k, k);
        if (i == count - 1 && is_balanced) {
            const uint64_t zero[4] = {0};
            l[0] = 1;
            chevmi_field256_plain.sub(k, zero, sum, n->p);
        }
        chevmi_field256_plain.mul(product, k, l, n->p, n->n0);
        chevmi_field256_plain.mul(product, product, n->square, n->p, n->n0);
        chevmi_field256_plain.add(sum, sum, product, n->p);
        chevmi_bn_g1_mul(&ka, &a, k);
        bn_rig_mul(&lb, &b, l);
        bn_rig_store_pair(in + 192 * i, &ka, &lb);
    }
}

static size_t make_pairing(uint8_t *in) {
    const size_t count = 1 + below(PAIRS_MAX);
    related_pairs(in, count);
    uint8_t *const pair = in + 192 * below(count);
    switch (below(8)) {
    case 0:
        memset(pair, 0, 64);
        break;
    case 1:
        memset(pair + 64, 0, 128);
        break;
    case 2:
        outside_g2(pair + 64);
        break;
    case 3:
        random_g1(pair, NULL);
        break;
    default:
        break;
    }
    spoil(in, 192 * count, 192 * count);
    return 192 * count;
}

static void print_hex(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        printf("%02x", bytes[i]);
    }
}

static bool answer(uint8_t out[64], char operation, const uint8_t *in, size_t size) {
    if (operation == 'a') {
        return chevmi_bn254_add(out, in);
    }
    if (operation == 'm') {
        return chevmi_bn254_mul(out, in);
    }
    bool one = false;
    const bool good = chevmi_bn254_pairing(&one, in, size / 192);
    memset(out, 0, 32);
    out[31] = one;
    return good;
}

static void print_case(const char *name, unsigned build) {
    static uint8_t in[BYTES_MAX];
    uint8_t out[64];
    const char operation = name[0];
    bn_rig_use(0);
    const size_t size = operation == 'a'   ? make_add(in)
                        : operation == 'm' ? make_mul(in)
                                           : make_pairing(in);
    bn_rig_use(build);
    printf("%s ", name);
    print_hex(in, size);
    printf(" ");
    if (answer(out, operation, in, size)) {
        print_hex(out, operation == 'p' ? 32 : 64);
        printf("\n");
    } else {
        printf("-\n");
    }
}

int main(int argc, char **argv) {
    const bool is_known =
        argc == 4 && (strcmp(argv[1], "add") == 0 || strcmp(argv[1], "mul") == 0 ||
                      strcmp(argv[1], "pairing") == 0);
    if (!is_known) {
        (void)fprintf(stderr, "usage: bn254_cases add|mul|pairing COUNT SEED\n");
        return 2;
    }
    const unsigned long count = strtoul(argv[2], NULL, 10);
    state = strtoull(argv[3], NULL, 10);
    for (unsigned long i = 0; i < count; i++) {
        print_case(argv[1], (unsigned)(i % BN_RIG_BUILDS));
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
