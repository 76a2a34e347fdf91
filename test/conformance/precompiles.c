/* precompiles.c: the published vectors of the precompiles (fixtures.md 7), one case a file, each
 * vector with the builds this machine has and with the portable ones. A vector must give its output
 * for exactly its gas, fail for one less, and a failing one must fail and keep all gas. */
#include "rig.h"

#include "seal.h"
#include "store.h"

#include "crypto/blake2f.h"
#include "crypto/bn254_field.h"
#include "crypto/field256.h"
#include "crypto/keccak.h"
#include "crypto/modexp_kernel.h"

#include <coldevm/hash.h>
#include <coldevm/precompile.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SPARE_GAS   7
#define FAILING_GAS INT64_C(50000000) /* more than any vector costs */

// clang-format off
/* X(file, fork, precompile, vectors that work, vectors that fail, gas of the file is right) */
#define FILE_ROWS(X)                                                                  \
    X("geth/ecRecover",                 OSAKA,     ECRECOVER,         5,   0,  true)  \
    X("geth/modexp",                    BYZANTIUM, MODEXP,            17,  0,  true)  \
    X("geth/modexp_eip2565",            BERLIN,    MODEXP,            47,  0,  true)  \
    X("geth/modexp_eip7883",            OSAKA,     MODEXP,            45,  0,  true)  \
    X("geth/bn256Add",                  ISTANBUL,  BN254_ADD,         16,  0,  true)  \
    X("geth/bn256ScalarMul",            ISTANBUL,  BN254_MUL,         19,  0,  true)  \
    X("geth/bn256Pairing",              ISTANBUL,  BN254_PAIRING,     14,  0,  true)  \
    X("geth/blake2F",                   ISTANBUL,  BLAKE2F,           5,   0,  true)  \
    X("geth/fail-blake2f",              ISTANBUL,  BLAKE2F,           0,   4,  true)  \
    X("geth/pointEvaluation",           CANCUN,    POINT_EVALUATION,  1,   0,  true)  \
    X("kzg/point_evaluation_from_ckzg", CANCUN,    POINT_EVALUATION,  54,  68, true)  \
    X("geth/blsG1Add",                  PRAGUE,    BLS_G1_ADD,        112, 0,  true)  \
    X("geth/blsG1Mul",                  PRAGUE,    BLS_G1_MSM,        11,  0,  true)  \
    X("geth/blsG1MultiExp",             PRAGUE,    BLS_G1_MSM,        154, 0,  true)  \
    X("geth/blsG2Add",                  PRAGUE,    BLS_G2_ADD,        112, 0,  true)  \
    X("geth/blsG2Mul",                  PRAGUE,    BLS_G2_MSM,        11,  0,  true)  \
    X("geth/blsG2MultiExp",             PRAGUE,    BLS_G2_MSM,        153, 0,  true)  \
    X("geth/blsMapG1",                  PRAGUE,    BLS_MAP_G1,        105, 0,  true)  \
    X("geth/blsMapG2",                  PRAGUE,    BLS_MAP_G2,        105, 0,  true)  \
    X("geth/blsPairing",                PRAGUE,    BLS_PAIRING,       106, 0,  true)  \
    X("geth/fail-blsG1Add",             PRAGUE,    BLS_G1_ADD,        0,   6,  true)  \
    X("geth/fail-blsG1Mul",             PRAGUE,    BLS_G1_MSM,        0,   7,  true)  \
    X("geth/fail-blsG1MultiExp",        PRAGUE,    BLS_G1_MSM,        0,   7,  true)  \
    X("geth/fail-blsG2Add",             PRAGUE,    BLS_G2_ADD,        0,   6,  true)  \
    X("geth/fail-blsG2Mul",             PRAGUE,    BLS_G2_MSM,        0,   7,  true)  \
    X("geth/fail-blsG2MultiExp",        PRAGUE,    BLS_G2_MSM,        0,   7,  true)  \
    X("geth/fail-blsMapG1",             PRAGUE,    BLS_MAP_G1,        0,   5,  true)  \
    X("geth/fail-blsMapG2",             PRAGUE,    BLS_MAP_G2,        0,   5,  true)  \
    X("geth/fail-blsPairing",           PRAGUE,    BLS_PAIRING,       0,   9,  true)  \
    X("eip2537/add_G1_bls",             PRAGUE,    BLS_G1_ADD,        9,   0,  true)  \
    X("eip2537/add_G2_bls",             PRAGUE,    BLS_G2_ADD,        9,   0,  true)  \
    X("eip2537/map_fp_to_G1_bls",       PRAGUE,    BLS_MAP_G1,        5,   0,  true)  \
    X("eip2537/map_fp2_to_G2_bls",      PRAGUE,    BLS_MAP_G2,        5,   0,  true)  \
    X("eip2537/msm_G1_bls",             PRAGUE,    BLS_G1_MSM,        163, 0,  true)  \
    X("eip2537/mul_G1_bls",             PRAGUE,    BLS_G1_MSM,        11,  0,  true)  \
    X("eip2537/mul_G2_bls",             PRAGUE,    BLS_G2_MSM,        11,  0,  true)  \
    X("eip2537/pairing_check_bls",      PRAGUE,    BLS_PAIRING,       15,  0,  true)  \
    X("eip2537/fail-add_G1_bls",        PRAGUE,    BLS_G1_ADD,        0,   7,  true)  \
    X("eip2537/fail-add_G2_bls",        PRAGUE,    BLS_G2_ADD,        0,   7,  true)  \
    X("eip2537/fail-map_fp_to_G1_bls",  PRAGUE,    BLS_MAP_G1,        0,   5,  true)  \
    X("eip2537/fail-map_fp2_to_G2_bls", PRAGUE,    BLS_MAP_G2,        0,   5,  true)  \
    X("eip2537/fail-msm_G1_bls",        PRAGUE,    BLS_G1_MSM,        0,   8,  true)  \
    X("eip2537/fail-msm_G2_bls",        PRAGUE,    BLS_G2_MSM,        0,   8,  true)  \
    X("eip2537/fail-mul_G1_bls",        PRAGUE,    BLS_G1_MSM,        0,   8,  true)  \
    X("eip2537/fail-mul_G2_bls",        PRAGUE,    BLS_G2_MSM,        0,   8,  true)  \
    X("eip2537/fail-pairing_check_bls", PRAGUE,    BLS_PAIRING,       0,   25, true)  \
    X("geth/p256Verify",                OSAKA,     P256_VERIFY,       782, 0,  true)  \
    X("p256/eip7951_test-vectors",      OSAKA,     P256_VERIFY,       781, 0,  false)
// clang-format on

typedef struct vector_file {
    const char *name;
    chevm_fork fork;
    chevm_precompile precompile;
    unsigned working, failing;
    bool gas_is_current;
} vector_file;

static const vector_file FILES[] = {
#define FILE_ROW(name, fork, precompile, working, failing, gas)                                    \
    {(name), CHEVM_##fork, CHEVM_PRECOMPILE_##precompile, (working), (failing), (gas)},
    FILE_ROWS(FILE_ROW)
#undef FILE_ROW
};

/* ---- One vector ----------------------------------------------------------------------------- */

typedef struct vector {
    const char *name;
    const uint8_t *input, *output;
    size_t size, output_size;
    uint64_t gas;
    bool fails;
} vector;

typedef struct memory {
    uint8_t *scratch;
    size_t size;
} memory;

/* Runs sealed; the result's output stays valid until the next run. */
static chevm_result run(rig *r, const vector_file *file, const vector *v, int64_t gas,
                        const memory *m) {
    chevm_result result;
    seal_begin(SEAL_COUNT);
    chevm_precompile_run(file->fork, file->precompile, v->input, v->size, gas, m->scratch, m->size,
                         &result);
    const seal_count heap = seal_end();
    r->plays++;
    r->heap_calls += heap.calls;
    if (heap.calls != 0) {
        rig_complain(r, "%s: %" PRIu64 " heap calls while sealed", v->name, heap.calls);
    }
    return result;
}

static void check_failing(rig *r, const vector_file *file, const vector *v, const memory *m,
                          const char *build) {
    const chevm_result result = run(r, file, v, FAILING_GAS, m);
    if (result.status != CHEVM_PRECOMPILE_FAILURE || result.gas_left != 0 ||
        result.output_size != 0) {
        rig_complain(r, "%s, %s: %s instead of a failure", v->name, build,
                     chevm_status_name(result.status));
    }
}

static void check_working(rig *r, const vector_file *file, const vector *v, const memory *m,
                          const char *build) {
    const uint64_t price = chevm_precompile_gas(file->fork, file->precompile, v->input, v->size);
    if (file->gas_is_current && price != v->gas) {
        rig_complain(r, "%s: costs %" PRIu64 ", not %" PRIu64, v->name, price, v->gas);
    }
    chevm_result result = run(r, file, v, (int64_t)price + SPARE_GAS, m);
    if (result.status != CHEVM_OK || result.gas_left != SPARE_GAS) {
        rig_complain(r, "%s, %s: %s", v->name, build, chevm_status_name(result.status));
    } else if (result.output_size != v->output_size ||
               (v->output_size != 0 && memcmp(result.output, v->output, v->output_size) != 0)) {
        rig_complain(r, "%s, %s: wrong output", v->name, build);
    }
    if (price > 0) {
        result = run(r, file, v, (int64_t)price - 1, m);
        if (result.status != CHEVM_OUT_OF_GAS || result.gas_left != 0) {
            rig_complain(r, "%s: runs for less than its price", v->name);
        }
    }
}

static void check_builds(rig *r, const vector_file *file, const vector *v, const memory *m) {
    for (unsigned portable = 0; portable < 2; portable++) {
        chevm_hash_init();
        if (portable != 0) {
            (void)chevmi_keccak_select(0);
            (void)chevmi_blake2f_select(0);
            (void)chevmi_modexp_select(0);
            (void)chevmi_field256_select(false);
            (void)chevmi_bn_select(0);
        }
        (v->fails ? check_failing : check_working)(r, file, v, m, portable ? "portable" : "fast");
    }
    chevm_hash_init();
}

/* ---- One file ------------------------------------------------------------------------------- */

static int nibble(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Hex without 0x. False if it is none. */
static bool bytes_of(const json_node *node, const uint8_t **bytes, size_t *size) {
    const char *const text = json_text(node);
    *size = strlen(text) / 2;
    uint8_t *const out = store_alloc(*size + 1, 1);
    *bytes = out;
    for (size_t i = 0; i < *size; i++) {
        const int high = nibble(text[2 * i]);
        const int low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return json_is_text(node) && strlen(text) % 2 == 0;
}

static bool vector_of(const json_document *document, const json_node *node, vector *v) {
    *v = (vector){.name = json_text(json_get(node, "Name")),
                  .fails = json_get(node, "ExpectedError") != NULL};
    return bytes_of(json_get(node, "Input"), &v->input, &v->size) &&
           (v->fails || (bytes_of(json_get(node, "Expected"), &v->output, &v->output_size) &&
                         json_get(node, "Gas") != NULL &&
                         json_u64(document, json_get(node, "Gas"), &v->gas) == 0));
}

static unsigned run_file(rig *r, const vector_file *file, const char *path, const memory *m) {
    json_document document;
    unsigned count[2] = {0, 0};
    if (json_open(&document, path) != 0) {
        rig_complain(r, "cannot be read");
        return 0;
    }
    for (const json_node *node = json_first(document.root); node != NULL; node = json_next(node)) {
        const ch_arena_point mark = store_mark();
        vector v;
        if (vector_of(&document, node, &v)) {
            check_builds(r, file, &v, m);
            count[v.fails]++;
        } else {
            rig_complain(r, "malformed vector");
        }
        store_release(mark);
    }
    if (count[0] != file->working || count[1] != file->failing) {
        rig_complain(r, "%u working and %u failing vectors", count[0], count[1]);
    }
    return count[0] + count[1];
}

void precompiles_run(rig *r, const char *root) {
    unsigned passed = 0;
    (void)root;
    if (rig_fixtures() == NULL) {
        rig_skip_suite(r, "precompiles");
        return;
    }
    memory m = {.size = chevm_precompile_scratch((uint64_t)FAILING_GAS)};
    m.scratch = store_alloc(m.size, CHEVM_PRECOMPILE_ALIGN);
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        const ch_arena_point mark = store_mark();
        const char *const path =
            store_format("%s/precompiles/%s.json", rig_fixtures(), FILES[i].name);
        if (rig_begin_case(r, FILES[i].name)) {
            const unsigned count = run_file(r, &FILES[i], path, &m);
            passed += r->case_failed ? 0 : count;
            rig_end_case(r);
        }
        store_release(mark);
    }
    printf("# precompiles: %u vectors passed\n", passed);
}
