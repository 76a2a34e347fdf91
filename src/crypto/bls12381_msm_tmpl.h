/** bls12381_msm_tmpl.h: the sum of products of one group, compiled for G1 and G2.
 *
 *  The one idea: an endomorphism multiplies a point by some 128 or 64 bits for a field
 *  multiplication or two, so a scalar of 255 bits becomes 2 or 4 parts of that length, each with
 * its own point; all parts of a chunk of terms share one run of doublings (Straus), a digit of a
 *  non-adjacent form being added about every fifth bit.
 *
 *  Scratch of a chunk of n terms, everything in step n so that blst makes the multiples affine with
 *  one inversion:
 *
 *      table[part][k][term]   (2k + 1) * endomorphism^part(point), affine, k = 0 .. 3
 *      parts[term]            the scalar's parts
 *      multiples[k][term]     3, 5 and 7 times the point, projective; then, in the same place,
 *      digits[bit][part][term]
 *
 *  Parameters (all undefined at the end):
 *    MSM_POINT, MSM_AFFINE    blst's types
 *    MSM_BLST(verb)           blst's function of the group
 *    MSM_MANY_TO_AFFINE       blst's function of many points
 *    MSM_OWN(verb)            ours, MSM_LOCAL(verb) those of this file
 *    MSM_NEGATE(y)            changes the sign of a coordinate
 *    MSM_CODEC(verb)          that of the codec
 *    MSM_PARTS, MSM_PART_BITS, MSM_CHUNK, MSM_POINT_BYTES, MSM_PER_TERM
 *    MSM_SPLIT(parts, scalar) cuts a scalar below r
 *
 *  Source: Gallant, Lambert, Vanstone, "Faster point multiplication", CRYPTO 2001; Galbraith, Lin,
 *  Scott, "Endomorphisms for faster elliptic curve cryptography", EUROCRYPT 2009. */
#if !defined(MSM_POINT) || !defined(MSM_AFFINE) || !defined(MSM_BLST) || !defined(MSM_OWN) ||      \
    !defined(MSM_LOCAL) || !defined(MSM_CODEC) || !defined(MSM_PARTS) ||                           \
    !defined(MSM_PART_BITS) || !defined(MSM_CHUNK) || !defined(MSM_POINT_BYTES) ||                 \
    !defined(MSM_PER_TERM) || !defined(MSM_SPLIT) || !defined(MSM_NEGATE) ||                       \
    !defined(MSM_MANY_TO_AFFINE)
#error "bls12381_msm_tmpl.h: a parameter is missing"
#endif

#define MSM_DIGITS     (MSM_PART_BITS + 1u)
#define MSM_TERM_BYTES (MSM_POINT_BYTES + CHEVMI_BLS_SCALAR_BYTES)

_Static_assert(MSM_DIGITS *MSM_PARTS <= 3u * sizeof(MSM_POINT), "digits fit where multiples were");
_Static_assert(MSM_CHUNK *MSM_PER_TERM <= CHEVMI_BLS_MSM_SCRATCH_BYTES, "stated scratch suffices");

typedef struct MSM_LOCAL(chunk) {
    size_t count; /* terms: infinity and zero scalars are not among them */
    MSM_AFFINE *table;
    scalar_parts *parts;
    MSM_POINT *multiples;
    int8_t *digits;
} MSM_LOCAL(chunk);

/* The parts of the scratch for up to `capacity` terms. */
static MSM_LOCAL(chunk) MSM_LOCAL(chunk_in)(void *scratch, size_t capacity) {
    MSM_AFFINE *const table = scratch;
    scalar_parts *const parts = (scalar_parts *)(table + 4 * MSM_PARTS * capacity);
    MSM_POINT *const multiples = (MSM_POINT *)(parts + capacity);
    return (MSM_LOCAL(chunk)){0, table, parts, multiples, (int8_t *)multiples};
}

static void MSM_LOCAL(put)(MSM_LOCAL(chunk) * chunk, const MSM_AFFINE *point,
                           const chevm_u256 *scalar) {
    chevm_u256 reduced;
    chevm_u256_mod(&reduced, scalar, &ORDER);
    if (MSM_BLST(affine_is_inf)(point) || chevm_u256_is_zero(&reduced)) {
        return;
    }
    chunk->table[chunk->count] = *point;
    MSM_SPLIT(&chunk->parts[chunk->count], &reduced);
    chunk->count++;
}

/* 3, 5 and 7 times each point, then the same of its images. No sum here meets infinity or equal
 * operands: the order of the points is a large prime. */
static void MSM_LOCAL(fill_table)(const MSM_LOCAL(chunk) * chunk) {
    const size_t count = chunk->count;
    MSM_POINT *const multiples = chunk->multiples;
    for (size_t i = 0; i < count; i++) {
        MSM_POINT twice;
        MSM_BLST(from_affine)(&twice, &chunk->table[i]);
        MSM_BLST(double)(&twice, &twice);
        MSM_BLST(add_affine)(&multiples[i], &twice, &chunk->table[i]);
        MSM_BLST(add)(&multiples[count + i], &multiples[i], &twice);
        MSM_BLST(add)(&multiples[2 * count + i], &multiples[count + i], &twice);
    }
    const MSM_POINT *const sources[] = {multiples, NULL}; /* blst: the rest follows the first */
    MSM_MANY_TO_AFFINE(chunk->table + count, sources, 3 * count);
    for (size_t i = 4 * count; i < 4 * MSM_PARTS * count; i++) {
        MSM_OWN(endomorphism)(&chunk->table[i], &chunk->table[i - 4 * count]);
    }
}

static void MSM_LOCAL(fill_digits)(const MSM_LOCAL(chunk) * chunk) {
    const size_t step = MSM_PARTS * chunk->count;
    for (size_t i = 0; i < chunk->count; i++) {
        for (unsigned part = 0; part < MSM_PARTS; part++) {
            const uint64_t *const limbs = &chunk->parts[i].limbs[part * (MSM_PART_BITS / 64u)];
            const uint64_t high = MSM_PART_BITS == 128u ? limbs[MSM_PART_BITS / 128u] : 0;
            recode(chunk->digits + part * chunk->count + i, step, limbs[0], high, MSM_DIGITS);
        }
    }
}

static void MSM_LOCAL(add_digit)(MSM_POINT *sum, const MSM_AFFINE *row, size_t count, int digit) {
    const MSM_AFFINE *const entry = row + (size_t)((digit < 0 ? -digit : digit) >> 1) * count;
    if (digit > 0) {
        MSM_BLST(add_or_double_affine)(sum, sum, entry);
    } else {
        MSM_AFFINE negative = *entry;
        MSM_NEGATE(&negative.y);
        MSM_BLST(add_or_double_affine)(sum, sum, &negative);
    }
}

static void MSM_LOCAL(chunk_sum)(MSM_POINT *out, const MSM_LOCAL(chunk) * chunk) {
    const size_t count = chunk->count;
    memset(out, 0, sizeof *out);
    if (count == 0) {
        return;
    }
    MSM_LOCAL(fill_table)(chunk);
    MSM_LOCAL(fill_digits)(chunk);
    for (size_t bit = MSM_DIGITS; bit-- > 0;) {
        const int8_t *const digits = chunk->digits + bit * MSM_PARTS * count;
        MSM_BLST(double)(out, out);
        for (size_t part = 0; part < MSM_PARTS; part++) {
            for (size_t i = 0; i < count; i++) {
                const int digit = digits[part * count + i];
                if (digit != 0) {
                    MSM_LOCAL(add_digit)(out, &chunk->table[4 * part * count + i], count, digit);
                }
            }
        }
    }
}

size_t MSM_OWN(msm_scratch)(size_t term_count) {
    return (term_count < MSM_CHUNK ? term_count : MSM_CHUNK) * MSM_PER_TERM;
}

bool MSM_OWN(msm)(uint8_t out[MSM_POINT_BYTES], const uint8_t *in, size_t term_count, void *scratch,
                  size_t scratch_size) {
    if (term_count == 0) {
        return false;
    }
    CH_REQUIRE(scratch_size >= MSM_OWN(msm_scratch)(term_count));
    CH_REQUIRE((uintptr_t)scratch % sizeof(uint64_t) == 0);
    MSM_POINT total;
    memset(&total, 0, sizeof total);
    for (size_t done = 0; done < term_count;) {
        const size_t left = term_count - done;
        const size_t count = left < MSM_CHUNK ? left : MSM_CHUNK;
        MSM_LOCAL(chunk) chunk = MSM_LOCAL(chunk_in)(scratch, count);
        for (size_t i = 0; i < count; i++, done++) {
            const uint8_t *const term = in + done * MSM_TERM_BYTES;
            MSM_AFFINE point;
            chevm_u256 scalar;
            if (!MSM_CODEC(decode_in_group)(&point, term)) {
                return false;
            }
            chevm_u256_from_be32(&scalar, term + MSM_POINT_BYTES);
            MSM_LOCAL(put)(&chunk, &point, &scalar);
        }
        MSM_POINT sum;
        MSM_LOCAL(chunk_sum)(&sum, &chunk);
        MSM_BLST(add_or_double)(&total, &total, &sum);
    }
    MSM_CODEC(encode)(out, &total);
    return true;
}

#undef MSM_POINT
#undef MSM_AFFINE
#undef MSM_BLST
#undef MSM_MANY_TO_AFFINE
#undef MSM_OWN
#undef MSM_LOCAL
#undef MSM_CODEC
#undef MSM_PARTS
#undef MSM_PART_BITS
#undef MSM_CHUNK
#undef MSM_POINT_BYTES
#undef MSM_PER_TERM
#undef MSM_SPLIT
#undef MSM_NEGATE
#undef MSM_DIGITS
#undef MSM_TERM_BYTES
