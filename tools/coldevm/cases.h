/* cases.h: what `bench` runs: one call with everything around it and what it must answer. Cases
 * come from the embedded contracts, state-test files, folders of hex files, or the archives'
 * layouts, and lie in the store as a list in the order they were asked for.
 *
 * Readers return an exit code, their message out. What cannot be a case here (a blockchain test, a
 * case its archive calls unusable) is noted on stderr and left out. */
#ifndef COLDEVM_CASES_H
#define COLDEVM_CASES_H

#include "world.h"

/* The base fee that fixtures mean where they name none; one contract stores whether it is 0. */
#define CASES_BASE_FEE 10u

/* What is known of the answer. */
typedef struct case_expected {
    bool has_gas, has_output, has_log_count, has_logs_hash;
    bool output_hashed; /* only size and keccak256 of the output are known */
    uint64_t gas;       /* execution gas: no intrinsic gas, no refund */
    uint64_t log_count;
    byte_range output; /* bytes are those of the hash if output_hashed */
    chevm_u256 output_hash;
    chevm_u256 logs_hash;
} case_expected;

/* Addresses and slots that are warm from the start (an access list). */
typedef struct case_warm {
    chevm_address address;
    const chevm_u256 *slots;
    size_t slot_count;
} case_warm;

typedef struct bench_case {
    struct bench_case *next;
    const char *name;
    const char *source; /* the file, for messages */
    world world;
    bool deploys; /* initcode makes the called account first */
    byte_range initcode;
    uint64_t deploy_gas; /* expected execution gas of that, 0 = unknown */
    chevm_message message;
    const case_warm *warm;
    size_t warm_count;
    case_expected expected;
} bench_case;

typedef struct case_list {
    bench_case *first;
    bench_case **last; /* &first of an empty list */
    size_t count;
    size_t skipped; /* left out, with a note */
} case_list;

void cases_init(case_list *list);

/* cases_new appends an empty case (world_init has been called). */
bench_case *cases_new(case_list *list, const char *name, const char *source);

/* cases_skip notes on stderr what is left out, and why. */
void cases_skip(case_list *list, const char *what, const char *reason);

/* cases_embedded appends the project's own contracts. */
void cases_embedded(case_list *list);

/* cases_read appends what lies at `path`: a file, or a folder and what is in it. */
int cases_read(case_list *list, const char *path);

/* cases_read_state_tests appends the cases of a state-test document. */
int cases_read_state_tests(case_list *list, const json_document *document);

/* cases_contract is the common case of one contract and one caller: code (initcode if `deploys`),
 * calldata, everything else as the archives run it. */
void cases_contract(bench_case *target, byte_range code, bool deploys, byte_range input);

/* ---- Expectations (`X_expected.json`, expected.json) --------------------------------------------
 */

typedef struct expectation {
    json_document document;
    const json_node *entry;
    const char *folder; /* that paths in the entry start from */
} expectation;

/* expectation_find looks for the entry that says what the case `name` of the file or folder `path`
 * answers: in FOLDER_expected.json beside, or expected.json in, each folder around it, nearest
 * first. entry is NULL if there is none. */
int expectation_find(expectation *found, const char *path, const char *name);

/* expectation_read fills what the entry says. *usable is false if it says the case is broken. */
int expectation_read(const expectation *from, bench_case *target, bool *usable);

#endif
