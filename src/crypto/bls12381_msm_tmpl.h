/** bls12381_msm_tmpl.h: the sum of products of one group, compiled for G1 and G2.
 *
 *  The one idea: an endomorphism multiplies a point by some 128 or 64 bits for a field
 *  multiplication or two, so a scalar of 255 bits becomes 2 or 4 parts of that length, each with
 * its own point. Terms are taken in chunks that fit the scratch. A small chunk is summed by Straus'
 *  method: odd multiples of each point, one run of doublings for all parts, a digit of a
 *  non-adjacent form added about every fifth bit. A large one by Pippenger's buckets, which are
 *  blst's, with the caller's memory and no chance of infinity among the points.
 *
 *  Scratch of a chunk of n terms:
 *
 *      scalars[term]          32 bytes: the parts, little-endian, one behind the other
 *    then small, in step n so that blst makes the multiples affine with one inversion
 *      table[part][k][term]   (2k + 1) * endomorphism^part(point), affine, k = 0 .. 3
 *      multiples[k][term]     3, 5 and 7 times the point, projective; then, in the same place,
 *      digits[bit][part][term]
 *    or large
 *      table[term][part]      endomorphism^part(point), affine
 *      buckets                for one window of bits
 *
 *  Parameters (all undefined at the end):
 *    MSM_POINT, MSM_AFFINE    blst's types
 *    MSM_BLST(verb)           blst's function of the group, MSM_BLST_MANY(verb) of many points
 *    MSM_OWN(verb)            ours, MSM_LOCAL(verb) those of this file
 *    MSM_CODEC(verb)          that of the codec
 *    MSM_NEGATE(y)            changes the sign of a coordinate
 *    MSM_PARTS, MSM_PART_BYTES, MSM_POINT_BYTES
 *    MSM_SMALL, MSM_LARGE     the most terms of a chunk of either kind
 *    MSM_SPLIT(scalar, value) cuts a value below r
 *
 *  Source: Gallant, Lambert, Vanstone, "Faster point multiplication", CRYPTO 2001; Galbraith, Lin,
 *  Scott, "Endomorphisms for faster elliptic curve cryptography", EUROCRYPT 2009. */
#if !defined(MSM_POINT) || !defined(MSM_AFFINE) || !defined(MSM_BLST) ||                           \
    !defined(MSM_BLST_MANY) || !defined(MSM_OWN) || !defined(MSM_LOCAL) || !defined(MSM_CODEC) ||  \
    !defined(MSM_NEGATE) || !defined(MSM_PARTS) || !defined(MSM_PART_BYTES) ||                     \
    !defined(MSM_POINT_BYTES) || !defined(MSM_SMALL) || !defined(MSM_LARGE) || !defined(MSM_SPLIT)
#error "bls12381_msm_tmpl.h: a parameter is missing"
#endif

#define MSM_BITS       (8u * MSM_PART_BYTES)
#define MSM_DIGITS     (MSM_BITS + 1u)
#define MSM_TERM_BYTES (MSM_POINT_BYTES + CHEVMI_BLS_SCALAR_BYTES)

/* A bucket of blst is a point in four coordinates. */
#define MSM_BUCKET_BYTES (2u * sizeof(MSM_AFFINE))
/* What a term takes beside its scalar. */
#define MSM_SMALL_TERM_BYTES (4u * MSM_PARTS * sizeof(MSM_AFFINE) + 3u * sizeof(MSM_POINT))
#define MSM_LARGE_TERM_BYTES (MSM_PARTS * sizeof(MSM_AFFINE))
#define MSM_MOST_BUCKETS     ((size_t)1 << (WINDOW_MAX - 1u))

_Static_assert(MSM_DIGITS *MSM_PARTS <= 3u * sizeof(MSM_POINT), "digits fit where multiples were");
_Static_assert(MSM_SMALL *MSM_SMALL_TERM_BYTES <= MSM_LARGE * MSM_LARGE_TERM_BYTES, "large rules");
_Static_assert(MSM_LARGE *(sizeof(scalar_parts) + MSM_LARGE_TERM_BYTES) +
                       MSM_MOST_BUCKETS * MSM_BUCKET_BYTES <=
                   CHEVMI_BLS_MSM_SCRATCH_BYTES,
               "the stated scratch suffices");

typedef struct MSM_LOCAL(chunk) {
    size_t count; /* terms: infinity and zero scalars are not among them */
    scalar_parts *scalars;
    MSM_AFFINE *table; /* the points in its first places, until a method spreads them */
} MSM_LOCAL(chunk);

/* The scratch, for up to `capacity` terms. */
static MSM_LOCAL(chunk) MSM_LOCAL(chunk_in)(void *scratch, size_t capacity) {
    scalar_parts *const scalars = scratch;
    return (MSM_LOCAL(chunk)){0, scalars, (MSM_AFFINE *)(scalars + capacity)};
}

static void MSM_LOCAL(put)(MSM_LOCAL(chunk) * chunk, const MSM_AFFINE *point,
                           const chevm_u256 *scalar) {
    chevm_u256 reduced;
    chevm_u256_mod(&reduced, scalar, &ORDER);
    if (MSM_BLST(affine_is_inf)(point) || chevm_u256_is_zero(&reduced)) {
        return;
    }
    chunk->table[chunk->count] = *point;
    MSM_SPLIT(&chunk->scalars[chunk->count], &reduced);
    chunk->count++;
}

/* ---- Small chunks ---------------------------------------------------------------------------- */

/* 3, 5 and 7 times each point, then the same of its images. No sum here meets infinity or equal
 * operands: the order of the points is a large prime. */
static void MSM_LOCAL(fill_table)(const MSM_LOCAL(chunk) * chunk, MSM_POINT *multiples) {
    const size_t count = chunk->count;
    for (size_t i = 0; i < count; i++) {
        MSM_POINT twice;
        MSM_BLST(from_affine)(&twice, &chunk->table[i]);
        MSM_BLST(double)(&twice, &twice);
        MSM_BLST(add_affine)(&multiples[i], &twice, &chunk->table[i]);
        MSM_BLST(add)(&multiples[count + i], &multiples[i], &twice);
        MSM_BLST(add)(&multiples[2 * count + i], &multiples[count + i], &twice);
    }
    const MSM_POINT *const sources[] = {multiples, NULL}; /* blst: the rest follows the first */
    MSM_BLST_MANY(to_affine)(chunk->table + count, sources, 3 * count);
    for (size_t i = 4 * count; i < 4 * MSM_PARTS * count; i++) {
        MSM_OWN(endomorphism)(&chunk->table[i], &chunk->table[i - 4 * count]);
    }
}

static void MSM_LOCAL(fill_digits)(const MSM_LOCAL(chunk) * chunk, int8_t *digits) {
    for (size_t i = 0; i < chunk->count; i++) {
        for (size_t part = 0; part < MSM_PARTS; part++) {
            recode(digits + part * chunk->count + i, MSM_PARTS * chunk->count,
                   chunk->scalars[i].bytes + part * MSM_PART_BYTES, MSM_PART_BYTES);
        }
    }
}

/* blst's plain addition is a fifth faster than the one that doubles equal points, and answers
 * infinity for them; so for infinity the slow one is asked. */
static void MSM_LOCAL(add_affine)(MSM_POINT *sum, const MSM_AFFINE *point) {
    const MSM_POINT before = *sum;
    MSM_BLST(add_affine)(sum, sum, point);
    if (CH_UNLIKELY(MSM_BLST(is_inf)(sum))) {
        MSM_BLST(add_or_double_affine)(sum, &before, point);
    }
}

static void MSM_LOCAL(add_digit)(MSM_POINT *sum, const MSM_AFFINE *row, size_t count, int digit) {
    const MSM_AFFINE *const entry = row + (size_t)((digit < 0 ? -digit : digit) >> 1) * count;
    if (digit > 0) {
        MSM_LOCAL(add_affine)(sum, entry);
    } else {
        MSM_AFFINE negative = *entry;
        MSM_NEGATE(&negative.y);
        MSM_LOCAL(add_affine)(sum, &negative);
    }
}

static void MSM_LOCAL(small_sum)(MSM_POINT *out, const MSM_LOCAL(chunk) * chunk) {
    const size_t count = chunk->count;
    MSM_POINT *const multiples = (MSM_POINT *)(chunk->table + 4 * MSM_PARTS * count);
    int8_t *const digits = (int8_t *)multiples;
    MSM_LOCAL(fill_table)(chunk, multiples);
    MSM_LOCAL(fill_digits)(chunk, digits);
    for (size_t bit = MSM_DIGITS; bit-- > 0;) {
        const int8_t *const row = digits + bit * MSM_PARTS * count;
        MSM_BLST(double)(out, out);
        for (size_t part = 0; part < MSM_PARTS; part++) {
            for (size_t i = 0; i < count; i++) {
                const int digit = row[part * count + i];
                if (digit != 0) {
                    MSM_LOCAL(add_digit)(out, &chunk->table[4 * part * count + i], count, digit);
                }
            }
        }
    }
}

/* ---- Large chunks ---------------------------------------------------------------------------- */

static void MSM_LOCAL(spread_images)(const MSM_LOCAL(chunk) * chunk) {
    for (size_t i = chunk->count; i-- > 0;) { /* from the last: in place */
        MSM_AFFINE *const images = chunk->table + i * MSM_PARTS;
        images[0] = chunk->table[i];
        for (size_t part = 1; part < MSM_PARTS; part++) {
            MSM_OWN(endomorphism)(&images[part], &images[part - 1]);
        }
    }
}

/* Windows of signed digits from the top; the topmost has the bits that are left over, perhaps none,
 * and the carry. */
static void MSM_LOCAL(large_sum)(MSM_POINT *out, const MSM_LOCAL(chunk) * chunk) {
    const size_t count = chunk->count * MSM_PARTS;
    const size_t window = best_window(count, MSM_BITS);
    const MSM_AFFINE *const points[] = {chunk->table, NULL};
    const uint8_t *const scalars[] = {chunk->scalars[0].bytes, NULL};
    limb_t *const buckets = (limb_t *)(chunk->table + count);
    MSM_LOCAL(spread_images)(chunk);
    memset(buckets, 0, MSM_BUCKET_BYTES << (window - 1));
    for (size_t bit = MSM_BITS - MSM_BITS % window;; bit -= window) {
        MSM_POINT tile;
        MSM_BLST_MANY(tile_pippenger)
        (&tile, points, count, scalars, MSM_BITS, buckets, bit, window);
        MSM_BLST(add_or_double)(out, out, &tile);
        if (bit == 0) {
            return;
        }
        for (size_t i = 0; i < window; i++) {
            MSM_BLST(double)(out, out);
        }
    }
}

/* ---- The precompile -------------------------------------------------------------------------- */

static void MSM_LOCAL(chunk_sum)(MSM_POINT *out, const MSM_LOCAL(chunk) * chunk) {
    memset(out, 0, sizeof *out);
    if (chunk->count > MSM_SMALL) {
        MSM_LOCAL(large_sum)(out, chunk);
    } else if (chunk->count != 0) {
        MSM_LOCAL(small_sum)(out, chunk);
    }
}

size_t MSM_OWN(msm_scratch)(size_t term_count) {
    const size_t count = term_count < MSM_LARGE ? term_count : MSM_LARGE;
    const size_t small = (count < MSM_SMALL ? count : MSM_SMALL) * MSM_SMALL_TERM_BYTES;
    const size_t large = count * MSM_LARGE_TERM_BYTES + MSM_MOST_BUCKETS * MSM_BUCKET_BYTES;
    const size_t need =
        count <= MSM_SMALL || small > large ? small : large; /* infinity drops out */
    return count * sizeof(scalar_parts) + need;
}

/* One chunk of the input, decoded and summed. */
static bool MSM_LOCAL(chunk_of_input)(MSM_POINT *out, const uint8_t *in, size_t count,
                                      void *scratch) {
    MSM_LOCAL(chunk) chunk = MSM_LOCAL(chunk_in)(scratch, count);
    for (size_t i = 0; i < count; i++, in += MSM_TERM_BYTES) {
        MSM_AFFINE point;
        chevm_u256 scalar;
        if (!MSM_CODEC(decode_in_group)(&point, in)) {
            return false;
        }
        chevm_u256_from_be32(&scalar, in + MSM_POINT_BYTES);
        MSM_LOCAL(put)(&chunk, &point, &scalar);
    }
    MSM_LOCAL(chunk_sum)(out, &chunk);
    return true;
}

bool MSM_OWN(msm)(uint8_t out[MSM_POINT_BYTES], const uint8_t *in, size_t term_count, void *scratch,
                  size_t scratch_size) {
    CH_REQUIRE(scratch_size >= MSM_OWN(msm_scratch)(term_count));
    CH_REQUIRE((uintptr_t)scratch % sizeof(uint64_t) == 0);
    MSM_POINT total, sum;
    memset(&total, 0, sizeof total);
    for (size_t left = term_count; left > 0;) {
        const size_t chunks = (left - 1) / MSM_LARGE + 1; /* of about the same size */
        const size_t count = (left - 1) / chunks + 1;
        if (!MSM_LOCAL(chunk_of_input)(&sum, in, count, scratch)) {
            return false;
        }
        MSM_BLST(add_or_double)(&total, &total, &sum);
        in += count * MSM_TERM_BYTES;
        left -= count;
    }
    if (term_count == 0) {
        return false;
    }
    MSM_CODEC(encode)(out, &total);
    return true;
}

#undef MSM_POINT
#undef MSM_AFFINE
#undef MSM_BLST
#undef MSM_BLST_MANY
#undef MSM_OWN
#undef MSM_LOCAL
#undef MSM_CODEC
#undef MSM_NEGATE
#undef MSM_PARTS
#undef MSM_PART_BYTES
#undef MSM_POINT_BYTES
#undef MSM_SMALL
#undef MSM_LARGE
#undef MSM_SPLIT
#undef MSM_BITS
#undef MSM_DIGITS
#undef MSM_TERM_BYTES
#undef MSM_BUCKET_BYTES
#undef MSM_SMALL_TERM_BYTES
#undef MSM_LARGE_TERM_BYTES
#undef MSM_MOST_BUCKETS
