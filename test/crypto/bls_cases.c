/* bls_cases.c: random cases of EIP-2537 and point evaluation with our answers, one a line, for
 * another implementation to judge: OPERATION INPUT OUTPUT, in hex, OUTPUT "-" for a refusal.
 *
 *   bls_cases OPERATION COUNT SEED */
#include "crypto/kzg_rig.h"

#include <stdio.h>
#include <stdlib.h>

#define TERMS_MAX 40u /* into the buckets of both groups */
#define PAIRS_MAX 5u
#define BYTES_MAX (TERMS_MAX * CHEVMI_BLS_G2_TERM_BYTES)

static uint64_t state;

/* splitmix64 */
static uint64_t next(void) {
    uint64_t x = state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t scratch[CHEVMI_BLS_MSM_SCRATCH_BYTES / 8];

/* A point of either group: mostly of the subgroup, at times infinity, the one before it or its
 * negative; one in `outside` outside the subgroup (0: none). */
static void point(uint8_t *out, size_t size, const uint8_t *before, uint64_t outside) {
    if (outside != 0 && rig_below(outside) == 0) {
        (size == CHEVMI_BLS_G1_BYTES ? rig_g1_outside : rig_g2_outside)(out);
        return;
    }
    switch (rig_below(8)) {
    case 0:
        memset(out, 0, size);
        return;
    case 1:
        if (before != NULL) {
            memmove(out, before, size);
            return;
        }
        break;
    case 2:
        if (before != NULL) {
            memmove(out, before, size);
            for (size_t at = size / 2; at < size; at += 64) {
                blst_fp y;
                CH_REQUIRE(chevmi_bls_fp_decode(&y, out + at));
                blst_fp_cneg(&y, &y, true);
                blst_bendian_from_fp(out + at + 16, &y);
            }
            return;
        }
        break;
    default:
        break;
    }
    (size == CHEVMI_BLS_G1_BYTES ? rig_g1 : rig_g2)(out);
}

/* One case in sixteen has a bit changed, one a field element that is p or more. */
static void spoil(uint8_t *in, size_t size) {
    const uint64_t kind = rig_below(16);
    if (kind == 0) {
        in[rig_below(size)] ^= (uint8_t)(1u << rig_below(8));
    } else if (kind == 1 && size >= 64) {
        memset(in + 16, 0xff, 48);
    }
}

static size_t make_add(uint8_t *in, size_t point_size) {
    point(in, point_size, NULL, 4);
    point(in + point_size, point_size, in, 4);
    spoil(in, 2 * point_size);
    return 2 * point_size;
}

static size_t make_msm(uint8_t *in, size_t point_size) {
    const size_t count = rig_below(16) == 0 ? 1 + rig_below(TERMS_MAX) : 1 + rig_below(6);
    const size_t term = point_size + CHEVMI_BLS_SCALAR_BYTES;
    for (size_t i = 0; i < count; i++) {
        uint8_t *const at = in + i * term;
        point(at, point_size, i != 0 ? at - term : NULL, 64);
        rig_scalar(at + point_size);
    }
    spoil(in, count * term);
    return count * term;
}

static size_t make_pairing(uint8_t *in) {
    const size_t count = 1 + rig_below(PAIRS_MAX);
    rig_pairs(in, count);
    if (rig_below(3) == 0) {
        uint8_t *const pair = in + rig_below(count) * CHEVMI_BLS_PAIR_BYTES;
        const bool first = rig_below(2) == 0;
        point(pair + (first ? 0 : CHEVMI_BLS_G1_BYTES),
              first ? CHEVMI_BLS_G1_BYTES : CHEVMI_BLS_G2_BYTES, NULL, 3);
    }
    spoil(in, count * CHEVMI_BLS_PAIR_BYTES);
    return count * CHEVMI_BLS_PAIR_BYTES;
}

/* Field elements: any, small ones, and p - 1. */
static size_t make_map(uint8_t *in, size_t size) {
    for (size_t at = 0; at < size; at += 64) {
        rig_fp(in + at);
        if (rig_below(8) == 0) {
            memset(in + at, 0, 63);
        }
    }
    spoil(in, size);
    return size;
}

static size_t make_kzg(uint8_t *in) {
    rig_opening(in, (unsigned)rig_below(RIG_POWERS + 1));
    switch (rig_below(6)) {
    case 0: /* any one bit */
        in[rig_below(CHEVMI_KZG_INPUT_BYTES)] ^= (uint8_t)(1u << rig_below(8));
        break;
    case 1: /* any one bit of the commitment, with its hash */
        in[96 + rig_below(48)] ^= (uint8_t)(1u << rig_below(8));
        rig_versioned_hash(in);
        break;
    case 2: /* another scalar */
        rig_scalar(in + 32 + 32 * rig_below(2));
        break;
    default:
        break;
    }
    return CHEVMI_KZG_INPUT_BYTES;
}

typedef struct operation {
    const char *name;
    size_t out_size;
} operation;

enum { G1_ADD, G1_MSM, G2_ADD, G2_MSM, PAIRING, MAP_G1, MAP_G2, KZG, OPERATIONS };

static const operation OPERATION[OPERATIONS] = {{"g1_add", 128}, {"g1_msm", 128}, {"g2_add", 256},
                                                {"g2_msm", 256}, {"pairing", 32}, {"map_g1", 128},
                                                {"map_g2", 256}, {"kzg", 64}};

static size_t make(unsigned which, uint8_t *in) {
    switch (which) {
    case G1_ADD:
    case G2_ADD:
        return make_add(in, which == G1_ADD ? CHEVMI_BLS_G1_BYTES : CHEVMI_BLS_G2_BYTES);
    case G1_MSM:
    case G2_MSM:
        return make_msm(in, which == G1_MSM ? CHEVMI_BLS_G1_BYTES : CHEVMI_BLS_G2_BYTES);
    case PAIRING:
        return make_pairing(in);
    case MAP_G1:
    case MAP_G2:
        return make_map(in, which == MAP_G1 ? 64 : 128);
    default:
        return make_kzg(in);
    }
}

static bool answer(unsigned which, uint8_t *out, const uint8_t *in, size_t size) {
    switch (which) {
    case G1_ADD:
        return chevmi_bls_g1_add(out, in);
    case G1_MSM:
        return chevmi_bls_g1_msm(out, in, size / CHEVMI_BLS_G1_TERM_BYTES, scratch, sizeof scratch);
    case G2_ADD:
        return chevmi_bls_g2_add(out, in);
    case G2_MSM:
        return chevmi_bls_g2_msm(out, in, size / CHEVMI_BLS_G2_TERM_BYTES, scratch, sizeof scratch);
    case PAIRING:
        return chevmi_bls_pairing_check(out, in, size / CHEVMI_BLS_PAIR_BYTES);
    case MAP_G1:
        return chevmi_bls_map_fp_to_g1(out, in);
    case MAP_G2:
        return chevmi_bls_map_fp2_to_g2(out, in);
    default:
        return chevmi_kzg_point_evaluation(out, in);
    }
}

static void print_hex(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        printf("%02x", bytes[i]);
    }
}

static void print_case(unsigned which) {
    static uint8_t in[BYTES_MAX];
    uint8_t out[CHEVMI_BLS_G2_BYTES];
    const size_t size = make(which, in);
    printf("%s ", OPERATION[which].name);
    print_hex(in, size);
    printf(" ");
    if (answer(which, out, in, size)) {
        print_hex(out, OPERATION[which].out_size);
        printf("\n");
    } else {
        printf("-\n");
    }
}

int main(int argc, char **argv) {
    unsigned which = 0;
    while (argc == 4 && which < OPERATIONS && strcmp(argv[1], OPERATION[which].name) != 0) {
        which++;
    }
    if (argc != 4 || which == OPERATIONS) {
        (void)fprintf(stderr, "usage: bls_cases OPERATION COUNT SEED\n");
        return 2;
    }
    state = strtoull(argv[3], NULL, 10);
    rig_random = next;
    chevmi_kzg_init();
    for (unsigned long left = strtoul(argv[2], NULL, 10); left > 0; left--) {
        print_case(which);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
