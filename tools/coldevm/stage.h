/* stage.h: everything a message needs to run: a machine (ours, or a foreign EVMC library), a state,
 * and the rules. Commands open a stage, load a world, and then play messages on it, each between
 * stage_begin and stage_rollback or stage_end; only stage_call may be timed or sealed.
 *
 * Limits that the user did not set are derived from the gas, but never above what one machine can
 * reasonably reserve: beyond that, the limit is met at run time and answers EXIT_LIMIT. */
#ifndef COLDEVM_STAGE_H
#define COLDEVM_STAGE_H

#include "foreign.h"
#include "options.h"
#include "twin.h"
#include "world.h"

#include <coldevm/managed.h>

typedef struct stage_options {
    chevm_fork fork;
    chevm_engine engine;
    uint64_t gas;          /* largest gas of a message */
    uint64_t memory_bytes; /* cap for EVM memory; 0 = derived from the gas */
    bool cache_off;        /* analyse code on every run */
    bool malloc_twin;      /* the malloc backend */
    bool managed;          /* the manager's backend (coldevm/managed.h), made so large that it is
                              not exhausted before the machine's own limits are met */
    bool tracks;           /* the manager counts what it gives */
    foreign_vm *foreign;   /* NULL: our machine */
    struct stage *share;   /* not NULL: on this stage's state, with this stage's heap */
} stage_options;

typedef struct stage {
    stage_options options;
    chevm *vm; /* NULL if foreign */
    chevm_state *state;
    bool owns_state;
    twin own_heap;
    twin *heap;            /* of the malloc backend, else NULL */
    ch_manager *manager;   /* of the manager's backend, else NULL */
    size_t memory_limit;   /* bytes of EVM memory that were reserved */
    size_t reserved_bytes; /* machine and own state */
} stage;

/* stage_open: an exit code, its message out. */
int stage_open(stage *target, const stage_options *options);
void stage_close(stage *target);

/* stage_load loads the world's accounts; an exit code. */
int stage_load(stage *target, const world *source);

/* stage_limits clips the gas to what machine and state are sized for. */
void stage_limits(const stage_options *wanted, chevm_options *machine, chevm_state_options *state);

/* stage_begin starts a transaction, stage_call plays one message of it (depth 0), stage_end keeps
 * the changes, stage_rollback undoes them. The result's output is valid until the next call.
 * stage_address comes between begin and call: it sets the recipient of a creation and the code
 * address of a call (a delegation is followed), and raises the sender's nonce for a creation, for a
 * call only if it `is_transaction`. */
chevm_status stage_begin(stage *target, const chevm_tx_context *context);
chevm_status stage_address(stage *target, chevm_message *message, bool is_transaction);
void stage_call(stage *target, const chevm_message *message, chevm_result *result);
void stage_end(stage *target);
void stage_rollback(stage *target);

/* stage_exit_code tells what a machine's trouble means for the process: EXIT_DONE for outcomes of
 * the EVM, good or bad. */
int stage_exit_code(chevm_status status);

#endif
