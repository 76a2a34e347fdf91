/* precompile_gas.c: the formulas. Lengths in the input of modexp are 256-bit numbers; they are cut
 * to 64 bits (which no gas pays for) and the rest is exact in 256 bits. */
#include "precompile_gas.h"

#include <string.h>

static uint64_t per_item(uint64_t base, uint64_t step, uint64_t count) {
    if (step != 0 && count > (UINT64_MAX - base) / step) {
        return UINT64_MAX;
    }
    return base + step * count;
}

uint64_t chevmi_gas_words(uint64_t base, uint64_t step, const uint8_t *input, size_t size) {
    (void)input;
    return per_item(base, step, size / 32 + (size % 32 != 0));
}

uint64_t chevmi_gas_pairs_192(uint64_t base, uint64_t step, const uint8_t *input, size_t size) {
    (void)input;
    return per_item(base, step, size / 192);
}

uint64_t chevmi_gas_pairs_384(uint64_t base, uint64_t step, const uint8_t *input, size_t size) {
    (void)input;
    return per_item(base, step, size / 384);
}

uint64_t chevmi_gas_rounds(uint64_t base, uint64_t step, const uint8_t *input, size_t size) {
    if (size != 213) {
        return base;
    }
    const uint64_t rounds = (uint64_t)input[0] << 24 | (uint64_t)input[1] << 16 |
                            (uint64_t)input[2] << 8 | (uint64_t)input[3];
    return per_item(base, step, rounds);
}

/* ---- Multi-scalar multiplication (EIP-2537): thousandths of the full price, by points ------- */

#define MSM_STEPS 128u

// clang-format off
static const uint16_t DISCOUNT_G1[MSM_STEPS] = {
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677,
     673, 669, 665, 661, 658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627,
     625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604, 603, 601, 599, 598,
     596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576,
     575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559,
     558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545, 544,
     543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531,
     530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519};

static const uint16_t DISCOUNT_G2[MSM_STEPS] = {
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717,
     711, 704, 699, 693, 688, 683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646,
     643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615, 613, 611, 609, 607,
     606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582,
     580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562,
     561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548, 547,
     546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535,
     534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524};
// clang-format on

static uint64_t msm(const uint16_t discounts[MSM_STEPS], uint64_t base, uint64_t points) {
    if (points == 0) {
        return 0;
    }
    const uint64_t discount = discounts[(points < MSM_STEPS ? points : MSM_STEPS) - 1];
    const uint64_t full = per_item(0, base * discount, points);
    return full == UINT64_MAX ? full : full / 1000;
}

uint64_t chevmi_gas_msm_g1(uint64_t base, uint64_t step, const uint8_t *input, size_t size) {
    (void)input;
    (void)step;
    return msm(DISCOUNT_G1, base, size / 160);
}

uint64_t chevmi_gas_msm_g2(uint64_t base, uint64_t step, const uint8_t *input, size_t size) {
    (void)input;
    (void)step;
    return msm(DISCOUNT_G2, base, size / 288);
}

/* ---- Modular exponentiation ----------------------------------------------------------------- */

#define DIVISOR_198  20u
#define DIVISOR_2565 3u

/* 32 bytes at `offset` of the input, zero beyond its end. */
static void read_word(chevm_u256 *word, const uint8_t *input, size_t size, uint64_t offset) {
    uint8_t bytes[32] = {0};
    if (offset < size) {
        const size_t rest = size - (size_t)offset;
        memcpy(bytes, input + offset, rest < sizeof bytes ? rest : sizeof bytes);
    }
    chevm_u256_from_be32(word, bytes);
}

static uint64_t read_length(const uint8_t *input, size_t size, uint64_t offset) {
    chevm_u256 word;
    read_word(&word, input, size, offset);
    return chevm_u256_fits_u64(&word) ? word.limbs[0] : UINT64_MAX;
}

typedef struct modexp_shape {
    uint64_t operand_size; /* the longer of base and modulus */
    uint64_t exponent_size;
    unsigned head_bits; /* length of the exponent's first 32 bytes, as a number */
} modexp_shape;

static modexp_shape shape_of(const uint8_t *input, size_t size) {
    const uint64_t base_size = read_length(input, size, 0);
    const uint64_t exponent_size = read_length(input, size, 32);
    const uint64_t modulus_size = read_length(input, size, 64);
    const uint64_t offset = base_size > UINT64_MAX - 96 ? UINT64_MAX : base_size + 96;
    chevm_u256 head;
    read_word(&head, input, size, offset);
    if (exponent_size < 32) {
        chevm_u256_shr_bits(&head, &head, 8 * (31 - (unsigned)exponent_size));
        chevm_u256_shr_bits(&head, &head, 8);
    }
    return (modexp_shape){
        .operand_size = base_size > modulus_size ? base_size : modulus_size,
        .exponent_size = exponent_size,
        .head_bits = chevm_u256_bit_length(&head),
    };
}

/* Squarings: bits of the exponent after its first, bytes beyond 32 counted at `byte_weight`. */
static void iterations(chevm_u256 *count, const modexp_shape *shape, uint64_t byte_weight) {
    chevm_u256 weight;
    chevm_u256 head;
    chevm_u256_set_u64(&weight, byte_weight);
    chevm_u256_set_u64(count, shape->exponent_size > 32 ? shape->exponent_size - 32 : 0);
    chevm_u256_mul(count, count, &weight);
    chevm_u256_set_u64(&head, shape->head_bits != 0 ? shape->head_bits - 1 : 0);
    chevm_u256_add(count, count, &head);
    if (chevm_u256_is_zero(count)) {
        chevm_u256_set_u64(count, 1);
    }
}

/* complexity * count / divisor, at least `least`. */
static uint64_t price(const chevm_u256 *complexity, const chevm_u256 *count, uint64_t divisor,
                      uint64_t least) {
    chevm_u256 gas;
    chevm_u256 by;
    chevm_u256_mul(&gas, complexity, count);
    chevm_u256_set_u64(&by, divisor);
    chevm_u256_div(&gas, &gas, &by);
    if (!chevm_u256_fits_u64(&gas)) {
        return UINT64_MAX;
    }
    return gas.limbs[0] > least ? gas.limbs[0] : least;
}

static void square(chevm_u256 *out, uint64_t value) {
    chevm_u256 word;
    chevm_u256_set_u64(&word, value);
    chevm_u256_mul(out, &word, &word);
}

/* x^2 / divisor + slope * x - rest, EIP-198's pieces of a parabola. */
static void piece(chevm_u256 *out, uint64_t x, unsigned shift, uint64_t slope, uint64_t rest) {
    chevm_u256 linear;
    chevm_u256 factor;
    square(out, x);
    chevm_u256_shr_bits(out, out, shift);
    chevm_u256_set_u64(&linear, x);
    chevm_u256_set_u64(&factor, slope);
    chevm_u256_mul(&linear, &linear, &factor);
    chevm_u256_add(out, out, &linear);
    chevm_u256_set_u64(&factor, rest);
    chevm_u256_sub(out, out, &factor);
}

static void complexity_198(chevm_u256 *out, uint64_t operand_size) {
    if (operand_size <= 64) {
        piece(out, operand_size, 0, 0, 0);
    } else if (operand_size <= 1024) {
        piece(out, operand_size, 2, 96, 3072);
    } else {
        piece(out, operand_size, 4, 480, 199680);
    }
}

static void complexity_2565(chevm_u256 *out, uint64_t operand_size) {
    square(out, operand_size / 8 + (operand_size % 8 != 0));
}

uint64_t chevmi_gas_modexp_198(uint64_t base, uint64_t step, const uint8_t *input, size_t size) {
    const modexp_shape shape = shape_of(input, size);
    chevm_u256 complexity;
    chevm_u256 count;
    (void)step;
    complexity_198(&complexity, shape.operand_size);
    iterations(&count, &shape, 8);
    return price(&complexity, &count, DIVISOR_198, base);
}

uint64_t chevmi_gas_modexp_2565(uint64_t base, uint64_t step, const uint8_t *input, size_t size) {
    const modexp_shape shape = shape_of(input, size);
    chevm_u256 complexity;
    chevm_u256 count;
    (void)step;
    complexity_2565(&complexity, shape.operand_size);
    iterations(&count, &shape, 8);
    return price(&complexity, &count, DIVISOR_2565, base);
}

uint64_t chevmi_gas_modexp_7883(uint64_t base, uint64_t step, const uint8_t *input, size_t size) {
    const modexp_shape shape = shape_of(input, size);
    chevm_u256 complexity;
    chevm_u256 count;
    (void)step;
    chevm_u256_set_u64(&complexity, 16);
    if (shape.operand_size > 32) {
        complexity_2565(&complexity, shape.operand_size);
        chevm_u256_shl_bits(&complexity, &complexity, 1);
    }
    iterations(&count, &shape, 16);
    return price(&complexity, &count, 1, base);
}

static bool affordable(uint64_t gas, uint64_t operand_size, const chevm_u256 *count) {
    chevm_u256 first;
    chevm_u256 second;
    complexity_198(&first, operand_size);
    complexity_2565(&second, operand_size);
    return price(&first, count, DIVISOR_198, 0) <= gas ||
           price(&second, count, DIVISOR_2565, 0) <= gas;
}

/* Osaka's price is above Berlin's everywhere, so two of the three formulas bound all. */
uint64_t chevmi_gas_modexp_operand_max(uint64_t gas, uint64_t iteration_count) {
    uint64_t good = 0;
    uint64_t step = (uint64_t)1 << 39;
    chevm_u256 count;
    chevm_u256_set_u64(&count, iteration_count);
    for (; step != 0; step /= 2) {
        good += affordable(gas, good + step, &count) ? step : 0;
    }
    return good;
}
