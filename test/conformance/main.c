/* main.c: conformance SUITE ROOT: runs one suite and prints TAP; exit status 1 if a case failed. */
#include "rig.h"

#include "seal.h"
#include "store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    uint64_t gas;  /* the largest a case asks for sizes the machine */
    bool is_small; /* always whole, whatever the sample */
    void (*run)(rig *r, const char *root);
} SUITES[] = {
    // clang-format off
    {"vm_tests", 30000000, false, vm_tests_run},
    {"opcode_vectors", 1000000, true, opcode_vectors_run},
    {"samples", 1000000, false, samples_run},
    {"precompiles", 1000000, false, precompiles_run},
    {"transaction_tests", 1000000, false, transaction_tests_run},
    {"transaction_bytes", 1000000, false, transaction_bytes_run},
    {"rlp_tests", 1000000, true, rlp_tests_run},
    {"trie_tests", 1000000, true, trie_tests_run},
    {"difficulty_tests", 1000000, false, difficulty_tests_run},
    {"basic_tests", 1000000, false, basic_tests_run},
    {"genesis_tests", 1000000, true, genesis_tests_run},
    {"managed", 1000000, false, managed_run},
    // clang-format on
};

static int run(size_t suite, const char *root) {
    rig r;
    if (!rig_open(&r, SUITES[suite].gas)) {
        return 2;
    }
    r.sample = SUITES[suite].is_small ? 1 : r.sample;
    printf("TAP version 14\n");
    SUITES[suite].run(&r, root);
    printf("1..%u\n", r.ran);
    printf("# %s: %u cases, %u failed, %" PRIu64 " plays, %" PRIu64 " heap calls while sealed%s\n",
           SUITES[suite].name, r.ran, r.failed, r.plays, r.heap_calls,
           seal_is_armed() ? "" : " (not armed in this build)");
    if (r.sample > 1) {
        printf("# one case in %u, by a hash of its name\n", r.sample);
    }
    rig_close(&r);
    return r.failed > 0 || r.ran == 0;
}

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 3 && i < sizeof SUITES / sizeof SUITES[0]; i++) {
        if (strcmp(argv[1], SUITES[i].name) == 0 && store_open() == 0) {
            int code = run(i, argv[2]);
            store_close();
            return code;
        }
    }
    fprintf(stderr, "usage: conformance SUITE ROOT, where SUITE is one of");
    for (size_t i = 0; i < sizeof SUITES / sizeof SUITES[0]; i++) {
        fprintf(stderr, " %s", SUITES[i].name);
    }
    fprintf(stderr, "\n");
    return 2;
}
