/* rig.h: what the suites share: TAP, sampling, and playing one message on every build of the loop,
 * each sealed, each result held against what the caller expects. */
#ifndef CONFORMANCE_RIG_H
#define CONFORMANCE_RIG_H

#include "json.h"
#include "stage.h"

/* Builds of the loop that every case is played on. */
typedef enum rig_build {
    RIG_FAST,
    RIG_FUSED,
    RIG_PORTABLE,
    RIG_PORTABLE_FUSED,
    RIG_BUILD_COUNT
} rig_build;

typedef struct rig {
    stage on;
    unsigned ran, failed, skipped;
    uint64_t plays;
    uint64_t heap_calls;
    unsigned sample; /* one case in so many */
    const char *case_name;
    bool case_failed;
} rig;

/* Opens machine and state; false with a message if the system refuses. */
bool rig_open(rig *r, uint64_t gas);
void rig_close(rig *r);

/* rig_begin_case is false if the case is not in the sample. rig_end_case prints its line. */
bool rig_begin_case(rig *r, const char *name);
void rig_end_case(rig *r);

/* Notes a failure of the case with a diagnostic line. */
void rig_complain(rig *r, const char *format, ...) CH_PRINTF(2, 3);

void rig_skip_suite(rig *r, const char *what);

/* Checks of one play; `build` names it in complaints. The transaction is still open and may be
 * ended: whatever becomes of it is undone. */
typedef void (*rig_check)(rig *r, void *context, const chevm_result *result, const char *build);

/* Loads the world, then plays the message on each build of `builds` (a mask, 0: all), sealed, in a
 * transaction that is checked and undone. */
void rig_play(rig *r, const world *source, const chevm_message *message, unsigned builds,
              rig_check check, void *context);

/* The unpacked fixtures, NULL if COLDHEAP_FIXTURES names none. */
const char *rig_fixtures(void);

/* Calls `each` for every *.json below `folder`, in the order of the names. */
void rig_walk(const char *folder, void (*each)(void *context, const char *path), void *context);

/* One test of a file: a member of its object or an element of its list, `path` the file's. */
typedef void (*rig_test)(rig *r, const char *path, const json_document *document,
                         const json_node *test);

/* A case that fails because the file cannot be read. */
void rig_cannot_read(rig *r, const char *path);

/* rig_run_document and rig_run_file run each test as a case; one without a name gets the file's and
 * a number.
 * rig_run_folder does that for every *.json below `folder` of the fixtures; without fixtures it
 * skips, loudly. */
void rig_run_document(rig *r, const char *path, const json_document *document, rig_test run);
void rig_run_file(rig *r, const char *path, rig_test run);
void rig_run_folder(rig *r, const char *folder, rig_test run);

/* Between them no heap call may happen; rig_unseal complains about those that did. */
void rig_seal(void);
void rig_unseal(rig *r);

/* Holds an output against text as fixtures write it: hex, or "keccak:0x...:len=N". */
bool rig_output_is(const chevm_result *result, const char *text);

/* The suites; `root` is the project's folder. */
void vm_tests_run(rig *r, const char *root);
void opcode_vectors_run(rig *r, const char *root);
void samples_run(rig *r, const char *root);
void transaction_tests_run(rig *r, const char *root);
void transaction_bytes_run(rig *r, const char *root);
void precompiles_run(rig *r, const char *root);
void rlp_tests_run(rig *r, const char *root);
void trie_tests_run(rig *r, const char *root);
void difficulty_tests_run(rig *r, const char *root);

/* One row of a table without rules, which follows the schedule of the network in its path. */
void difficulty_tests_basic(rig *r, const char *path, const json_document *document,
                            const json_node *test);
void key_tests_keys(rig *r, const char *path, const json_document *document, const json_node *test);
void basic_tests_run(rig *r, const char *root);
void genesis_tests_run(rig *r, const char *root);
void managed_run(rig *r, const char *root);

#endif
