/* statetest.h: the parts of `coldevm statetest`.
 *
 *    statetest.c        flags -> plan
 *    statetest_files.c  PATHs and stdin -> files
 *    statetest_read.c   JSON -> tests and cases
 *    statetest_fields.c the transaction of a case that has no signed bytes
 *    statetest_play.c   one case: state, transaction, verdict -> record
 *    statetest_listen.c trace lines, their hash and check, counts of opcodes
 *    statetest_work.c   files through workers, each with its machine, state and store
 *    statetest_report.c records in their order -> stdout, exports, totals
 *
 * A case is a test's fork and entry of `post`. Everything from the first case to the last runs with
 * the heap sealed. Source: spec cli.md C4, fixtures.md §3. */
#ifndef COLDEVM_STATETEST_H
#define COLDEVM_STATETEST_H

#include "export.h"
#include "opcode_count.h"
#include "pattern.h"
#include "seal.h"
#include "stage.h"
#include "trace.h"
#include "trace_compare.h"
#include "trace_session.h"
#include "turnstile.h"

#include <coldevm/hash.h>
#include <coldevm/transaction.h>

#define STATETEST_WORKERS_MAX 256u

typedef enum statetest_tracing {
    STATETEST_TRACE_NEVER,
    STATETEST_TRACE_ALWAYS,
    STATETEST_TRACE_FAILING
} statetest_tracing;

/* What to do, checked and complete. */
typedef struct statetest_plan {
    const pattern *run; /* NULL: every name */
    const char *fork;   /* NULL: every fork */
    uint64_t index;     /* UINT64_MAX: every case */
    uint64_t chunk;     /* 1 to chunk_count */
    uint64_t chunk_count;
    uint32_t workers;
    bool batch;
    bool fail_fast;
    bool list;
    bool human;
    bool bench;
    bool dump;
    bool allocations; /* on managers that count */
    bool markers;
    statetest_tracing tracing;
    bool strict;
    bool profiles;         /* a trace is a profile, or one is exported */
    trace_request profile; /* of it */
    bool hashes;           /* a hash of each case's trace */
    trace_fields show;
    sink *trace_out;
    chevm_engine engine;
    bool both_engines;
    uint64_t memory_bytes;
    seal_mode sealing;
    const char *opcode_count; /* path, NULL: none */
    const char *again;        /* flags that a line for reproduction must repeat */
    export_list exports;
} statetest_plan;

/* ---- Files ----------------------------------------------------------------------------------- */

typedef struct statetest_files {
    const char **paths; /* in the store */
    size_t count;
} statetest_files;

/* statetest_files_add collects the files of a PATH: itself, or all *.json below a folder, by name.
 * What cannot be read becomes a file of the list, to be reported where it stands. */
void statetest_files_add(statetest_files *files, const char *path);

/* statetest_files_line reads the next line of stdin; false at an empty line or the end. */
bool statetest_files_line(char *line, size_t size);

/* ---- Tests ----------------------------------------------------------------------------------- */

typedef struct statetest_case {
    const char *fork_name;
    const json_node *entry;
    uint32_t index; /* in the fork's list */
} statetest_case;

/* The transaction of a test, whose lists its cases choose from. */
typedef struct statetest_fields {
    const json_node *whole;
    const json_node **data;
    const json_node **gas_limits;
    const json_node **values;
    const json_node **access_lists;
    size_t data_count, gas_limit_count, value_count, access_list_count;
} statetest_fields;

typedef struct statetest {
    const json_document *document;
    const json_node *node;
    const char *name;
    world world; /* accounts; of the context coinbase, number, time, gas limit, base fee, randao */
    bool has_base_fee;
    chevm_u256 difficulty, random;
    bool has_random;
    uint64_t excess_blob_gas;
    chevm_u256 chain_id;
    const json_node *blob_schedules; /* of the fixture; NULL: none */
    statetest_fields fields;
    statetest_case *cases;
    size_t case_count;
} statetest;

/* What a case says, decoded. */
typedef struct statetest_entry {
    uint64_t data_index, gas_index, value_index;
    chevm_u256 hash, logs;
    byte_range txbytes; /* bytes NULL: none */
    const char *expected;
} statetest_entry;

/* Each of these is an exit code; what was printed is in message_last. */

/* statetest_read_cases lists the cases of a test that the plan selects, by fork and index;
 * statetest_read_test reads all the rest of it. */
int statetest_read_cases(statetest *test, const json_document *document, const json_node *node,
                         const statetest_plan *plan);
int statetest_read_test(statetest *test);
int statetest_read_entry(const statetest *test, const statetest_case *one, statetest_entry *entry);

/* statetest_read_fork finds the rules and blobs of a case; false if the fork is not supported. */
bool statetest_fork_of(const char *name, chevm_fork *fork);
int statetest_read_block(const statetest *test, const char *fork_name, chevm_block *block);

/* statetest_read_fields makes the transaction of a case that has no txbytes. Where a value does not
 * fit, *why says so and the transaction is unusable. */
int statetest_read_fields(const statetest *test, const statetest_entry *entry,
                          chevm_transaction *transaction, chevm_rejection *why);

/* ---- Playing --------------------------------------------------------------------------------- */

#define STATETEST_SENDERS 4096u /* remembered: forks of a test share their transactions */

/* What becomes of a running machine's instructions; several at a time. */
enum {
    STATETEST_SHOW = 1,    /* lines to the trace's sink */
    STATETEST_HASH = 2,    /* lines into a hash */
    STATETEST_CHECK = 4,   /* lines against the schema */
    STATETEST_COMPARE = 8, /* lines with those of another engine */
    STATETEST_COUNT = 16,  /* counts of opcodes */
    STATETEST_PROFILE = 32 /* call paths */
};

typedef struct statetest_listener {
    chevm_tracer tracer;
    unsigned does;
    trace_writer writer;
    trace_compare compare;
    opcode_count opcodes;
    trace_session profile; /* has parts if there is something to profile */
    chevm_keccak hash;
    const chevm_outcome *outcome; /* of the running transaction */
    sink *out;
    uint64_t bad_line; /* first that breaks the schema; 0: none */
    const char *wrong;
} statetest_listener;

int statetest_listener_open(statetest_listener *listener, const statetest_plan *plan, sink *out,
                            size_t memory_bytes);
int statetest_listener_close(statetest_listener *listener);

/* statetest_listen starts a run of a machine, statetest_unlisten ends it; gas_left is what the
 * outermost frame left, -1 if it never ran. */
void statetest_listen(statetest_listener *listener, chevm *vm, unsigned does,
                      const trace_case *which, const chevm_outcome *outcome);
void statetest_unlisten(statetest_listener *listener, chevm *vm, int64_t gas_left);

/* One worker: a thread with all it needs. */
typedef struct statetest_worker {
    const statetest_plan *plan;
    stage on;
    pad root_scratch;
    chevm_sender_cache senders;
    statetest_listener listener;
    turnstile_lane lane;
    sink err;   /* messages and markers, and the trace if it has no file */
    sink trace; /* to the trace's file */
    sink dump;
    char err_buffer[65536], trace_buffer[65536], dump_buffer[65536];
    pthread_t thread;
    int code; /* of opening */
} statetest_worker;

/* statetest_play_open takes all that playing needs, before the heap is sealed; an exit code. */
int statetest_play_open(statetest_worker *worker);
int statetest_play_close(statetest_worker *worker);

/* statetest_play_load loads a test's accounts, once for all its cases; an exit code. */
int statetest_play_load(statetest_worker *worker, const statetest *test);

/* statetest_play plays a case on the loaded accounts and leaves them as they were. The record's
 * texts live in the store; the end marker and the dump are out. */
void statetest_play(statetest_worker *worker, const statetest *test, const statetest_case *one,
                    statetest_record *record);

/* statetest_mark writes the end marker of a record. */
void statetest_mark(statetest_worker *worker, const statetest_record *record, const uint8_t *output,
                    size_t output_size);

/* ---- Work and report ------------------------------------------------------------------------- */

/* What is put through the turnstile. */
enum {
    STATETEST_ERR,
    STATETEST_TRACE,
    STATETEST_DUMP,
    STATETEST_HEAD,
    STATETEST_RECORD,
    STATETEST_LISTED,
    STATETEST_FILE
};

void statetest_put_record(statetest_worker *worker, uint32_t kind, const statetest_record *record);

/* Totals and the open array. */
typedef struct statetest_report {
    const statetest_plan *plan;
    turnstile *gate;
    export_totals totals;
    uint64_t items; /* of the open array */
    uint64_t files_done, file_count;
    bool stopped; /* --fail-fast has seen a failure: nothing more is shown */
    int code;     /* the worst */
} statetest_report;

void statetest_report_open(statetest_report *report, const statetest_plan *plan);
void statetest_report_begin(statetest_report *report, uint64_t file_count);
void statetest_report_deliver(void *report, uint32_t kind, const void *bytes, size_t size,
                              bool live);
void statetest_report_end(statetest_report *report);

/* statetest_worse chooses between two exit codes the one that says more. */
int statetest_worse(int one, int other);

/* statetest_work runs the files (in batch mode those that stdin names); an exit code. */
int statetest_work(const statetest_plan *plan, const statetest_files *files,
                   statetest_report *report);

#endif
